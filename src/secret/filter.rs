//! Takes secrets out of text that others read: as they are, and in the usual encodings.
//!
//! It looks for every short piece of a secret and not for the whole, so a secret that is cut, wrapped or printed in part is
//! found too. It catches accidents. Text that was encoded in another way passes.

use std::collections::BTreeMap;
use std::collections::HashSet;

use data_encoding::BASE64_NOPAD;
use data_encoding::BASE64URL_NOPAD;
use data_encoding::HEXLOWER;
use data_encoding::HEXUPPER;
use percent_encoding::AsciiSet;
use percent_encoding::NON_ALPHANUMERIC;
use percent_encoding::utf8_percent_encode;

use super::Secret;

/// The text in the place of a secret.
pub const REMOVED: &str = "[removed: a credential]";
/// The length of the pieces that are looked for in plain, escaped and percent-encoded text.
const PLAIN: usize = 8;
/// The same in base64: nine characters are the least that eight bytes decide.
const BASE64: usize = 9;
/// The same in hexadecimal: eight bytes.
const HEX: usize = 16;
/// A shorter secret is not looked for.
const SHORTEST: usize = 6;
/// The characters that RFC 3986 leaves as they are.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// The secrets to take out.
#[derive(Default)]
pub struct Filter {
    /// By their length, all pieces of all secrets in all encodings, each as a number.
    pieces: BTreeMap<usize, HashSet<u128>>,
}

impl Filter {
    /// Adds one more secret.
    pub fn add(&mut self, secret: &Secret<String>) {
        let text = secret.expose();
        let bytes = text.as_bytes();
        let percent = utf8_percent_encode(text, UNRESERVED).to_string();
        let whole = utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let quoted = serde_json::Value::from(text.as_str()).to_string();
        let quoted = quoted.trim_matches('"').to_owned();
        let slashed = quoted.replace('/', "\\/");
        for text in [text, &percent, &whole, &lower(&percent), &lower(&whole), &quoted, &slashed] {
            self.note(text.as_bytes(), PLAIN);
        }
        for encoding in [&BASE64_NOPAD, &BASE64URL_NOPAD] {
            for shift in 0..3 {
                let shifted = [&vec![0; shift], bytes].concat();
                let encoded = encoding.encode(&shifted);
                // The first and the last character depend on what stands around the secret.
                let from = (shift * 8).div_ceil(6);
                let until = shifted.len() * 8 / 6;
                self.note(encoded.as_bytes().get(from..until).unwrap_or_default(), BASE64);
            }
        }
        for encoding in [&HEXLOWER, &HEXUPPER] {
            self.note(encoding.encode(bytes).as_bytes(), HEX);
        }
    }

    fn note(&mut self, text: &[u8], length: usize) {
        let length = length.min(text.len());
        if length >= SHORTEST {
            let pieces = self.pieces.entry(length).or_default();
            pieces.extend(text.windows(length).map(number));
        }
    }

    /// The text without the secrets.
    pub fn clean(&self, text: &[u8]) -> Vec<u8> {
        let mut marked = vec![false; text.len()];
        for (length, pieces) in &self.pieces {
            let mut until = 0;
            for (place, window) in text.windows(*length).enumerate() {
                if pieces.contains(&number(window)) {
                    let end = place + length;
                    marked.get_mut(place.max(until)..end).unwrap_or_default().fill(true);
                    until = end;
                }
            }
        }
        let mut cleaned = Vec::with_capacity(text.len());
        let mut was_marked = false;
        for (byte, is_marked) in text.iter().zip(marked) {
            match is_marked {
                true if !was_marked => cleaned.extend_from_slice(REMOVED.as_bytes()),
                true => {}
                false => cleaned.push(*byte),
            }
            was_marked = is_marked;
        }
        cleaned
    }
}

/// A piece of at most sixteen bytes as a number.
fn number(piece: &[u8]) -> u128 {
    piece.iter().fold(0, |number, byte| (number << 8) | u128::from(*byte))
}

/// Percent-encoded text with lower-case digits.
fn lower(percent: &str) -> String {
    let mut lower = String::with_capacity(percent.len());
    let mut digits = 0;
    for character in percent.chars() {
        match character {
            '%' => digits = 3,
            _ => digits = usize::saturating_sub(digits, 1),
        }
        lower.push(if digits > 0 { character.to_ascii_lowercase() } else { character });
    }
    lower
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECRET: &str = "IQoJb3JpZ2luX2VjEPT//wEaCXVzLWVhc3QtMSJHMEUCIQD+abc/\"q==";

    fn filter(secret: &str) -> Filter {
        let mut filter = Filter::default();
        filter.add(&Secret::from(secret));
        filter
    }

    fn cleaned(secret: &str, text: &str) -> String {
        String::from_utf8(filter(secret).clean(text.as_bytes())).unwrap()
    }

    #[test]
    fn every_usual_encoding_is_removed_whole() {
        let percent = utf8_percent_encode(SECRET, UNRESERVED).to_string();
        let forms = [
            SECRET.to_owned(),
            serde_json::Value::from(SECRET).to_string().trim_matches('"').to_owned(),
            serde_json::Value::from(SECRET).to_string().trim_matches('"').replace('/', "\\/"),
            percent.clone(),
            lower(&percent),
            utf8_percent_encode(SECRET, NON_ALPHANUMERIC).to_string(),
            HEXLOWER.encode(SECRET.as_bytes()),
            HEXUPPER.encode(SECRET.as_bytes()),
        ];
        for form in forms {
            assert_eq!(cleaned(SECRET, &format!("a {form} b")), format!("a {REMOVED} b"), "{form}");
        }
    }

    #[test]
    fn base64_is_found_wherever_the_secret_begins() {
        for before in ["", "a", "ab", "abc", "{\"token\":\""] {
            for encoding in [&BASE64_NOPAD, &BASE64URL_NOPAD] {
                let text = encoding.encode(format!("{before}{SECRET}\"}}").as_bytes());
                let cleaned = cleaned(SECRET, &text);
                assert!(cleaned.contains(REMOVED) && cleaned.len() < before.len() * 2 + REMOVED.len() + 12);
            }
        }
    }

    #[test]
    fn other_text_stays() {
        let text = "arn:aws:iam::000000000042:role/orders-admin\n{\"Arn\": \"x\"}\n";
        assert_eq!(cleaned(SECRET, text), text);
        assert_eq!(Filter::default().clean(b"as it is"), b"as it is");
    }

    proptest! {
        /// Cut anywhere, no eight bytes of a secret remain.
        #[test]
        fn no_part_of_eight_bytes_remains(secret in "[A-Za-z0-9+/=._-]{16,80}", from in 0_usize..16, length in 0_usize..80) {
            let until = (from + length).min(secret.len());
            let part = &secret[from..until];
            let left = cleaned(&secret, &format!("<<{part}>>")).replace(REMOVED, "\u{0}");
            for window in secret.as_bytes().windows(8) {
                prop_assert!(!left.contains(std::str::from_utf8(window).unwrap()));
            }
            prop_assert!(left.starts_with("<<") && left.ends_with(">>"));
        }

        /// No text makes it panic.
        #[test]
        fn any_bytes_are_taken(text in proptest::collection::vec(any::<u8>(), 0..300)) {
            filter(SECRET).clean(&text);
        }
    }
}
