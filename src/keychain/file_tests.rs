//! The passphrase file: one prompt, and never overwritten if it cannot be read.

use std::fs;
use std::path::Path;

use super::*;
use crate::system::fake::FakeClock;
use crate::system::fake::FakeConsole;
use crate::system::fake::FakeHttp;
use crate::system::fake::FakeWorld;

const HORSE: &str = "correct horse battery";
const HOUSE: &str = "correct house battery";

/// A process of a person who types these answers.
fn process(root: &Path, answers: &[&str]) -> (FileKeychain, Arc<FakeConsole>) {
    let world = FakeWorld::new(root, &FakeClock::at("2026-11-23T10:00:00Z"), &FakeHttp::default(), 1);
    let console = Arc::new(FakeConsole::answering(answers));
    let system = System { console: Arc::clone(&console) as Arc<dyn Console>, ..world.system };
    // A low work factor keeps the tests fast.
    (FileKeychain { work_factor: 2, ..FileKeychain::new(&system) }, console)
}

fn secret(text: &str) -> Secret<Vec<u8>> {
    Secret::new(text.as_bytes().to_vec())
}

fn written(root: &Path) -> Vec<u8> {
    fs::read(root.join("state/keychain.age")).unwrap()
}

#[test]
fn asks_twice_to_make_it_and_once_a_process_to_open_it() {
    let folder = tempfile::tempdir().unwrap();
    let (first, console) = process(folder.path(), &[HORSE, HORSE]);
    assert_eq!(first.get("session").unwrap(), None, "nobody is asked while there is no file");
    first.delete("session").unwrap();
    first.set("session", &secret("one")).unwrap();
    first.set("session", &secret("two")).unwrap();
    first.set("lease", &secret("three")).unwrap();
    first.delete("lease").unwrap();
    assert_eq!(console.said().matches('?').count(), 2, "{}", console.said());
    let (second, console) = process(folder.path(), &[HORSE]);
    assert_eq!(second.get("session").unwrap(), Some(secret("two")));
    assert_eq!(second.get("lease").unwrap(), None);
    second.set("lease", &secret("four")).unwrap();
    assert_eq!(console.said().matches('?').count(), 1);
    assert_eq!(first.get("lease").unwrap(), Some(secret("four")), "the first process sees the change");
}

#[cfg(unix)]
#[test]
fn the_file_is_private_and_shows_nothing() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let (keychain, _) = process(folder.path(), &[HORSE, HORSE]);
    keychain.set("session", &secret("canary-value")).unwrap();
    let path = folder.path().join("state/keychain.age");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let content = written(folder.path());
    assert!(content.starts_with(b"age-encryption.org/v1\n-> scrypt "));
    let shown = String::from_utf8_lossy(&content).into_owned();
    for hidden in ["canary-value", "session", &BASE64.encode(b"canary-value")] {
        assert!(!shown.contains(hidden), "{hidden}");
    }
}

#[test]
fn real_files_cost_real_work_and_stay_within_what_is_accepted() {
    let folder = tempfile::tempdir().unwrap();
    let with_real_work =
        |answers| FileKeychain { work_factor: WORK_FACTOR, ..process(folder.path(), answers).0 };
    with_real_work(&[HORSE, HORSE]).set("session", &secret("one")).unwrap();
    let header = String::from_utf8_lossy(&written(folder.path())).into_owned();
    assert!(header.lines().nth(1).unwrap().ends_with(" 17"), "{header}");
    assert_eq!(with_real_work(&[HORSE]).get("session").unwrap(), Some(secret("one")));
}

#[test]
fn a_wrong_passphrase_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    process(folder.path(), &[HORSE, HORSE]).0.set("session", &secret("one")).unwrap();
    let before = written(folder.path());
    let (keychain, console) = process(folder.path(), &["a", "b", "c", "a", "b", "c"]);
    assert!(matches!(keychain.get("session"), Err(KeychainError::Failed(cause)) if cause.contains("wrong")));
    assert!(matches!(keychain.set("session", &secret("two")), Err(KeychainError::Failed(_))));
    assert_eq!(console.said().matches('?').count(), 6);
    assert_eq!(written(folder.path()), before);
    let (keychain, _) = process(folder.path(), &["a", HORSE]);
    assert_eq!(keychain.get("session").unwrap(), Some(secret("one")), "the second try is enough");
}

#[test]
fn with_nobody_to_ask_it_is_locked() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(process(folder.path(), &[]).0.set("session", &secret("one")), Err(KeychainError::Locked));
    assert!(!folder.path().join("state/keychain.age").exists());
    process(folder.path(), &[HORSE, HORSE]).0.set("session", &secret("one")).unwrap();
    let (keychain, _) = process(folder.path(), &[]);
    assert_eq!(keychain.get("session"), Err(KeychainError::Locked));
    let (keychain, _) = process(folder.path(), &["^C"]);
    assert!(matches!(keychain.get("session"), Err(KeychainError::Failed(cause)) if cause == "interrupted"));
}

#[test]
fn a_passphrase_must_be_something_typed_twice() {
    let folder = tempfile::tempdir().unwrap();
    let (keychain, _) = process(folder.path(), &["", HORSE, HOUSE, HORSE, HORSE]);
    keychain.set("session", &secret("one")).unwrap();
    let (keychain, _) = process(folder.path(), &[HORSE]);
    assert_eq!(keychain.get("session").unwrap(), Some(secret("one")));
    let other = tempfile::tempdir().unwrap();
    // Short passphrases can be guessed.
    let (keychain, console) = process(other.path(), &["", "seven77", "11 letters!"]);
    assert!(matches!(keychain.set("session", &secret("one")), Err(KeychainError::Failed(_))));
    assert_eq!(console.said().matches("That is too short").count(), 3, "{}", console.said());
    assert!(!other.path().join("state/keychain.age").exists());
    let (keychain, _) = process(other.path(), &["twelve signs", "twelve signs"]);
    keychain.set("session", &secret("one")).unwrap();
}

#[test]
fn a_changed_or_cut_file_is_damaged_and_stays_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    process(folder.path(), &[HORSE, HORSE]).0.set("session", &secret("one")).unwrap();
    let good = written(folder.path());
    let mut tail = good.clone();
    *tail.last_mut().unwrap() ^= 1;
    let header_end = good.windows(4).position(|window| window == b"--- ").unwrap();
    let mut header = good.clone();
    header[header_end + 6] = if header[header_end + 6] == b'A' { b'B' } else { b'A' };
    let demanding = String::from_utf8_lossy(&good[..header_end]).replacen(" 2\n", " 40\n", 1).into_bytes();
    let demanding = [&demanding, &good[header_end..]].concat();
    let bad = [
        ("empty", Vec::new()),
        ("cut", good[..good.len() - 1].to_vec()),
        ("cut header", good[..30].to_vec()),
        ("tail", tail),
        ("header", header),
        ("demanding", demanding),
        ("garbage", vec![0xff; 1000]),
        ("huge", vec![b'a'; MAX_FILE + 1]),
    ];
    for (name, content) in bad {
        fs::write(folder.path().join("state/keychain.age"), &content).unwrap();
        let (keychain, _) = process(folder.path(), &[HORSE, HORSE, HORSE]);
        let read = keychain.get("session");
        assert!(matches!(read, Err(KeychainError::Damaged(_))), "{name}: {read:?}");
        let wrote = keychain.set("session", &secret("two"));
        assert!(wrote.is_err(), "{name}");
        assert_eq!(written(folder.path()), content, "{name}");
    }
}

#[test]
fn two_processes_at_once_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    process(folder.path(), &[HORSE, HORSE]).0.set("session", &secret("one")).unwrap();
    std::thread::scope(|scope| {
        for writer in 0..2 {
            let root = folder.path();
            scope.spawn(move || {
                let (keychain, _) = process(root, &[HORSE]);
                for number in 0..10 {
                    keychain.set(&format!("lease:{writer}-{number}"), &secret("x")).unwrap();
                }
            });
        }
    });
    let (keychain, _) = process(folder.path(), &[HORSE]);
    for name in (0..2).flat_map(|writer| (0..10).map(move |number| format!("lease:{writer}-{number}"))) {
        assert_eq!(keychain.get(&name).unwrap(), Some(secret("x")), "{name}");
    }
}
