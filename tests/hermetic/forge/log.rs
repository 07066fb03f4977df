//! The log's index alone: who signed it, for which repository, and when.

use jit::forge::log::JournalError;
use jit::forge::log::JournalIndex;
use jit::forge::log::JournalKey;
use jit::secret::Secret;

use super::case::at;

fn key(letter: &str) -> JournalKey {
    JournalKey::read(&Secret::new(letter.repeat(43))).unwrap()
}

#[test]
fn an_index_is_of_one_key_one_repository_and_no_later_than_now() {
    let (own, other) = (key("A"), key("E"));
    let keys = [own.public().unwrap()];
    let now = at("2026-11-23T12:00:00Z");
    let open = |text: &str, authority: &str, now| JournalIndex::open(text.as_bytes(), &keys, authority, now);
    let index = JournalIndex::empty("github:42".to_owned(), now);
    let text = index.seal(&own).unwrap();
    assert_eq!(open(&text, "github:42", now).unwrap(), index);
    // Signed with another key, and signed with this key but with a changed number.
    assert_eq!(open(&index.seal(&other).unwrap(), "github:42", now), Err(JournalError::Index));
    let changed = text.replace("\\\"sequence\\\":0", "\\\"sequence\\\":7");
    assert_ne!(changed, text);
    assert_eq!(open(&changed, "github:42", now), Err(JournalError::Index));
    // Signed with this key, for another repository that trusts it too.
    assert_eq!(open(&text, "github:43", now), Err(JournalError::Index));
    // The clocks of two runners may differ by seconds. A clock that is behind decides nothing.
    let behind = |seconds: i64| now - jiff::SignedDuration::from_secs(seconds);
    assert!(open(&text, "github:42", behind(30)).is_ok());
    assert_eq!(open(&text, "github:42", behind(31)), Err(JournalError::Clock));
}
