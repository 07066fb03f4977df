//! Text that people write for other people: refused at intake when it could deceive, sanitised again at display.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::is_nfc;
use unicode_properties::GeneralCategory;
use unicode_properties::UnicodeGeneralCategory;

/// The longest reason or comment, in bytes.
pub const MAX_TEXT: usize = 1024;

/// Why a reason or comment is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// More than [`MAX_TEXT`] bytes.
    #[error("the text is {0} bytes long; at most {MAX_TEXT} are allowed")]
    TooLong(usize),
    /// A control, bidirectional, invisible or unassigned character.
    #[error("the text has a character that cannot be seen (U+{0:04X})")]
    Invisible(u32),
    /// Not in Unicode normalization form C.
    #[error("the text is not in Unicode normalization form C")]
    NotNormalized,
}

/// Checks a reason or comment as it stands in a statement: NFC, at most [`MAX_TEXT`] bytes, nothing invisible.
pub fn check(text: &str) -> Result<(), TextError> {
    if text.len() > MAX_TEXT {
        return Err(TextError::TooLong(text.len()));
    }
    if let Some(character) = text.chars().find(|character| is_deceptive(*character)) {
        return Err(TextError::Invisible(u32::from(character)));
    }
    if is_nfc(text) { Ok(()) } else { Err(TextError::NotNormalized) }
}

/// Brings what somebody typed into normalization form C; the signer's client does this before it builds a statement.
pub fn normalize(text: &str) -> String {
    text.trim().nfc().collect()
}

/// Makes any text harmless for a terminal, in one line: what cannot be seen is shown as `\u{…}`.
pub fn sanitise(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        if is_deceptive(character) {
            safe.push_str(&format!("\\u{{{:x}}}", u32::from(character)));
        } else {
            safe.push(character);
        }
    }
    safe
}

/// Makes a JSON text harmless for a terminal without changing what it means: what cannot be seen is written as `\uXXXX`.
/// Outside of texts JSON has no such characters, but for line ends, which stay.
pub fn sanitise_json(json: &str) -> String {
    let mut safe = String::with_capacity(json.len());
    for character in json.chars() {
        if character != '\n' && is_deceptive(character) {
            let mut units = [0; 2];
            for unit in character.encode_utf16(&mut units) {
                safe.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            safe.push(character);
        }
    }
    safe
}

/// Control, bidirectional, invisible, private-use and unassigned characters; line ends too, as nothing here has lines.
fn is_deceptive(character: char) -> bool {
    matches!(
        character.general_category(),
        GeneralCategory::Control
            | GeneralCategory::Format
            | GeneralCategory::Surrogate
            | GeneralCategory::PrivateUse
            | GeneralCategory::Unassigned
            | GeneralCategory::LineSeparator
            | GeneralCategory::ParagraphSeparator
    ) || matches!(
        character,
        // Letters and marks that render as nothing: combining grapheme joiner, Hangul fillers, Khmer inherent vowels,
        // Mongolian and ordinary variation selectors, Braille blank.
        '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{2800}'
            | '\u{3164}' | '\u{ffa0}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_keeps_its_meaning_and_shows_nothing_that_cannot_be_seen() {
        let evil = serde_json::json!({ "a": "x\u{1b}[2J\u{9b}1m\u{202e}\u{e0041}\n\"é" });
        for text in [serde_json::to_string_pretty(&evil).unwrap(), evil.to_string()] {
            let safe = sanitise_json(&text);
            assert!(!safe.chars().any(|one| one != '\n' && is_deceptive(one)), "{safe}");
            assert_eq!(serde_json::from_str::<serde_json::Value>(&safe).unwrap(), evil);
        }
    }

    #[test]
    fn refuses_what_cannot_be_seen() {
        for bad in ["a\nb", "\u{1b}[2J", "a\u{202e}b", "a\u{200b}b", "\u{2066}x", "a\u{e0041}b", "x\u{3164}"]
        {
            assert!(check(bad).is_err(), "{bad:?}");
            assert!(sanitise(bad).is_ascii(), "{bad:?}");
        }
        assert!(check("INC-42 fail over orders-db — naïve 日本").is_ok());
        assert_eq!(check(&"x".repeat(1025)), Err(TextError::TooLong(1025)));
        assert_eq!(check("e\u{301}"), Err(TextError::NotNormalized));
        assert!(check(&normalize(" e\u{301} ")).is_ok());
    }
}
