//! Names of roles, scopes, people and groups.

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;

use serde::Deserialize;
use serde::Serialize;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// The text is not a valid name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not a name: use 1 to 63 of a-z, 0-9, `.`, `_`, `@` and `-`, starting with a letter or digit"
)]
pub struct NameError(pub String);

/// A name that matches `^[a-z0-9][a-z0-9._@-]{0,62}$`, so it is safe in prompts, file names, URLs and logs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Name(String);

impl Name {
    /// The longest name, in characters.
    pub const MAX_LENGTH: usize = 63;

    /// The text of the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Derives a free name from a foreign text: lower case, letters without diacritics, `-` for every other character,
    /// and a number appended if the name is taken. `fallback` replaces a text of which nothing is left; it must be a
    /// valid name.
    pub fn like(text: &str, fallback: &str, is_taken: impl Fn(&Self) -> bool) -> Option<Self> {
        let allowed = |character: char| character.is_ascii_alphanumeric() || "._@-".contains(character);
        let mut plain = String::new();
        for character in text.trim().to_lowercase().nfkd() {
            match character {
                'ß' => plain.push_str("ss"),
                'æ' => plain.push_str("ae"),
                'œ' => plain.push_str("oe"),
                'ø' => plain.push('o'),
                'đ' | 'ð' => plain.push('d'),
                'ł' => plain.push('l'),
                'ı' => plain.push('i'),
                'þ' => plain.push_str("th"),
                mark if is_combining_mark(mark) => {}
                character => plain.push(if allowed(character) { character } else { '-' }),
            }
        }
        let begin: String = plain
            .trim_matches(|character: char| !character.is_ascii_alphanumeric())
            .chars()
            .take(Self::MAX_LENGTH - 4)
            .collect();
        let begin = begin.trim_end_matches(|character: char| !character.is_ascii_alphanumeric());
        let begin = if begin.is_empty() { fallback } else { begin };
        let candidates =
            std::iter::once(begin.to_owned()).chain((2..1000).map(|number| format!("{begin}-{number}")));
        candidates.filter_map(|text| text.parse().ok()).find(|name| !is_taken(name))
    }
}

impl FromStr for Name {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let allowed = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'@' | b'-');
        let starts_well =
            text.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
        if starts_well && text.len() <= Self::MAX_LENGTH && text.bytes().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            let shown: String = text.chars().filter(|character| !character.is_control()).take(64).collect();
            Err(NameError(shown))
        }
    }
}

impl TryFrom<String> for Name {
    type Error = NameError;

    fn try_from(text: String) -> Result<Self, NameError> {
        text.parse()
    }
}

impl From<Name> for String {
    fn from(name: Name) -> Self {
        name.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.0)
    }
}

impl Borrow<str> for Name {
    fn borrow(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    /// Names beyond ASCII.
    #[test]
    fn names_of_others_keep_what_they_can() {
        let like =
            |text: &str| Name::like(text, "role", |name| name.as_str() == "taken").unwrap().to_string();
        for (text, name) in [
            ("Kim Dev Tenant.Administrator", "kim-dev-tenant.administrator"),
            ("My Account:ReadOnly", "my-account-readonly"),
            ("Prüfung Straße", "prufung-strasse"),
            ("Łódź_Ærø", "lodz_aero"),
            ("ｆｕｌｌ", "full"),
            ("本番管理者", "role"),
            ("本番 admin", "admin"),
            ("--", "role"),
            ("taken", "taken-2"),
        ] {
            assert_eq!(like(text), name, "{text}");
        }
        assert_eq!(like(&"x".repeat(99)).len(), 59);
    }

    use super::Name;

    #[test]
    fn refuses_what_could_act() {
        for bad in ["", "A", "-x", ".x", "a b", "a/b", "a$(id)", "ä", "a\n", "a'b", &"a".repeat(64)] {
            assert!(bad.parse::<Name>().is_err(), "{bad:?}");
        }
        for good in ["a", "0", "prod-admin", "ana@example.com", "payments-prod.admin", &"a".repeat(63)] {
            assert!(good.parse::<Name>().is_ok(), "{good:?}");
        }
    }
}
