//! The log's index by itself: who signed it, for which repository, and when.

use jit::forge::log::JournalIndex;
use jit::forge::log::JournalKey;
use jit::forge::log::LogError;
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
    // Another key's, and one of this key in which a number was changed.
    assert_eq!(open(&index.seal(&other).unwrap(), "github:42", now), Err(LogError::Index));
    let changed = text.replace("\\\"sequence\\\":0", "\\\"sequence\\\":7");
    assert_ne!(changed, text);
    assert_eq!(open(&changed, "github:42", now), Err(LogError::Index));
    // Of this key, for another repository that trusts it too.
    assert_eq!(open(&text, "github:43", now), Err(LogError::Index));
    // Two runners need not agree to the second; a clock that runs behind decides nothing.
    let behind = |seconds: i64| now - jiff::SignedDuration::from_secs(seconds);
    assert!(open(&text, "github:42", behind(30)).is_ok());
    assert_eq!(open(&text, "github:42", behind(31)), Err(LogError::Clock));
}
