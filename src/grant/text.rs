//! Text that people write for other people. The author's client cleans it, the authority refuses deceptive text, and
//! the display sanitises it again.

mod context;
mod lines;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::is_nfc;
use unicode_properties::GeneralCategory;
use unicode_properties::UnicodeGeneralCategory;

pub use lines::COLUMNS;
pub use lines::hanging;
pub use lines::marked;

/// The longest reason or comment, in bytes.
pub const MAX_TEXT: usize = 1024;
/// The most blanks in a row in new text. Some people type two after a full stop.
const MOST_BLANKS: usize = 2;

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
    /// More than two blanks in a row.
    #[error("the text has more than {MOST_BLANKS} blanks in a row")]
    Blanks,
}

/// A number with its noun: `1 role`, `2 roles`. For nouns that take an s.
pub fn count<N: Copy + std::fmt::Display + PartialEq + From<u8>>(number: N, noun: &str) -> String {
    let ending = if number == N::from(1) { "" } else { "s" };
    format!("{number} {noun}{ending}")
}

/// Checks a reason or comment in a statement of any age: NFC, at most [`MAX_TEXT`] bytes, and no invisible characters
/// except joiners and emoji selectors in their proper place.
pub fn check(text: &str) -> Result<(), TextError> {
    if text.len() > MAX_TEXT {
        return Err(TextError::TooLong(text.len()));
    }
    let characters: Vec<char> = text.chars().collect();
    let hidden = (0..characters.len()).find(|place| is_hidden(&characters, *place));
    if let Some(character) = hidden.and_then(|place| characters.get(place)) {
        return Err(TextError::Invisible(u32::from(*character)));
    }
    if is_nfc(text) { Ok(()) } else { Err(TextError::NotNormalized) }
}

/// Checks a reason or comment in a new statement: as [`check`], and no runs of blanks that could draw columns. Older
/// statements verify without this rule.
pub fn check_new(text: &str) -> Result<(), TextError> {
    check(text)?;
    let mut run = 0;
    for character in text.chars() {
        run = if is_blank(character) { run + 1 } else { 0 };
        if run > MOST_BLANKS {
            return Err(TextError::Blanks);
        }
    }
    Ok(())
}

/// Normalises typed or pasted text into the form that is signed. The signer's client does this before it builds a
/// statement. Tabs, line ends and long runs of blanks become one blank. Characters without shape or meaning are removed
/// (soft hyphens, zero-width blanks, misplaced joiners). The rest becomes Unicode normalization form C. Bidirectional
/// and other controls stay, so that [`check`] refuses them.
pub fn normalize(text: &str) -> String {
    let mut normal = pass(text);
    // A character that a pass removes may let marks change places, and so take the meaning from a joiner that had one. Each further pass
    // removes at least one character.
    loop {
        let next = pass(&normal);
        if next == normal {
            return normal;
        }
        normal = next;
    }
}

/// One pass of [`normalize`].
fn pass(text: &str) -> String {
    let kept: String = text.chars().filter(|character| !context::carries_nothing(*character)).collect();
    let composed: Vec<char> = shorten(&kept).nfc().collect();
    let mut placed: Vec<char> = Vec::with_capacity(composed.len());
    for (place, character) in composed.iter().enumerate() {
        let after = composed.get(place + 1..).unwrap_or_default();
        if !context::is_contextual(*character) || context::fits(&placed, *character, after) {
            placed.push(*character);
        }
    }
    let text: String = placed.into_iter().nfc().collect();
    shorten(text.trim())
}

/// Replaces each run of white space by one blank if it is long or contains other characters than blanks.
fn shorten(text: &str) -> String {
    runs(text, |run| run.chars().count() > MOST_BLANKS || !run.chars().all(is_blank))
}

/// Replaces each run of white space for which `is_to_go` is true by one blank.
fn runs(text: &str, is_to_go: impl Fn(&str) -> bool) -> String {
    let mut short = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(begin) = rest.find(char::is_whitespace) {
        let (before, from) = rest.split_at(begin);
        let end = from.find(|character: char| !character.is_whitespace()).unwrap_or(from.len());
        let (run, after) = from.split_at(end);
        short.push_str(before);
        short.push_str(if is_to_go(run) { " " } else { run });
        rest = after;
    }
    short.push_str(rest);
    short
}

/// Makes any text safe to print on one terminal line. Invisible characters appear as `\u{…}`.
pub fn sanitise(text: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    let mut safe = String::with_capacity(text.len());
    for (place, character) in characters.iter().enumerate() {
        if is_hidden(&characters, place) {
            safe.push_str(&format!("\\u{{{:x}}}", u32::from(*character)));
        } else {
            safe.push(*character);
        }
    }
    safe
}

/// Makes a JSON text safe for a terminal without changing its meaning: invisible characters become `\uXXXX`. Outside of
/// strings JSON contains no such characters except line ends, which stay.
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

/// Makes foreign prose safe for a terminal: as [`sanitise`], and each run of blanks becomes one, so that it cannot draw
/// columns. Prose longer than the rest of its line belongs in [`marked`].
pub fn prose(text: &str) -> String {
    runs(&sanitise(text), |run| run.chars().nth(1).is_some())
}

/// Whether a character is a Unicode space separator.
fn is_blank(character: char) -> bool {
    character.general_category() == GeneralCategory::SpaceSeparator
}

/// Whether the character at a place is invisible or misplaced.
fn is_hidden(characters: &[char], place: usize) -> bool {
    let Some(character) = characters.get(place) else { return false };
    if context::is_contextual(*character) {
        let (before, after) = characters.split_at(place);
        return !context::fits(before, *character, after.get(1..).unwrap_or_default());
    }
    is_deceptive(*character)
}

/// Control, bidirectional, invisible, private-use and unassigned characters. Line ends too, as these texts have one
/// line.
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
mod tests;
