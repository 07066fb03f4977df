//! The keys that sign-ins enrolled: listing, confirming, vouching, dropping.

pub mod add;
pub mod confirm;
pub mod drop;
pub mod list;
pub mod vouch;

use crate::flow::Failure;
use crate::grant::text::sanitise;
use crate::protocol::KeyView;

/// A key's fingerprint as typed: whole, or its beginning, with or without `SHA256:`.
fn is_named(view: &KeyView, typed: &str) -> bool {
    let typed = typed.strip_prefix("SHA256:").unwrap_or(typed);
    let whole = view.key.strip_prefix("SHA256:").unwrap_or(&view.key);
    !typed.is_empty() && whole.starts_with(typed)
}

/// The only key that is meant: the one typed, or the only one if none was typed.
///
/// # Errors
/// There is none, or there are several.
fn the_one(keys: Vec<KeyView>, typed: Option<&str>, none: &str) -> Result<KeyView, Failure> {
    let named = |view: &KeyView| typed.is_none_or(|typed| is_named(view, typed));
    let mut found = keys.into_iter().filter(named);
    let Some(key) = found.next() else {
        let message =
            typed.map_or_else(|| none.to_owned(), |typed| format!("no such key: {}", sanitise(typed)));
        return Err(Failure::refused(message).hint("`jit key list` shows the keys"));
    };
    let others: Vec<String> = found.map(|view| view.key).collect();
    if others.is_empty() {
        return Ok(key);
    }
    Err(Failure::usage("several keys fit, so say which one")
        .cause(format!("{}, {}", key.key, others.join(", ")))
        .hint("write the beginning of its fingerprint, as `jit key list` shows it"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grant::Assurance;

    fn key(fingerprint: &str) -> KeyView {
        KeyView {
            person: "ana".parse().unwrap(),
            label: "Ana".to_owned(),
            key: fingerprint.to_owned(),
            line: String::new(),
            until: None,
            worth: Assurance::Account,
            may_confirm: true,
        }
    }

    #[test]
    fn a_key_is_named_by_the_beginning_of_its_fingerprint() {
        let keys = || vec![key("SHA256:abcd"), key("SHA256:abxy")];
        for typed in ["abc", "SHA256:abc", "SHA256:abcd"] {
            assert_eq!(the_one(keys(), Some(typed), "").unwrap().key, "SHA256:abcd", "{typed}");
        }
        for typed in [Some("ab"), Some(""), Some("SHA256:"), Some("bcd"), None] {
            assert!(the_one(keys(), typed, "none").is_err(), "{typed:?}");
        }
        assert_eq!(the_one(vec![key("SHA256:abcd")], None, "none").unwrap().key, "SHA256:abcd");
    }
}
