//! Text of a cloud as an error may show it.

use std::sync::LazyLock;

use regex::Regex;

use crate::grant::text::sanitise;

/// External text with everything removed that looks like a token or key, sanitised for terminals.
pub fn redact(text: &str) -> String {
    // JWTs, and base64 at least as long as a secret key (40). A UUID (36) and an ordinary word are shorter.
    static SECRET: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"eyJ[A-Za-z0-9_.=-]*|[A-Za-z0-9+/=_%-]{37,}").ok());
    match SECRET.as_ref() {
        Some(pattern) => sanitise(&pattern.replace_all(text, "[removed]")),
        None => "[removed]".to_owned(),
    }
}

/// The beginning of a text, at most this many bytes.
pub fn shorten(text: &str, most: usize) -> String {
    if text.len() <= most {
        return text.to_owned();
    }
    let mut end = most;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}…", &text[..end])
}
