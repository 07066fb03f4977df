//! Choosing a keychain, and the lock around login and mint.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jit::keychain::Choice;
use jit::keychain::Item;
use jit::keychain::choice;
use jit::keychain::lock;
use jit::keychain::lock::LockError;
use jit::secret::Secret;
use jit::system::Clock;
use jit::system::KeychainSource;
use jit::system::fake::FakeClock;
use jit::system::fake::FakeHttp;
use jit::system::fake::FakeWorld;
use jit::system::files::Lock;
use jit::system::keychain::KeychainError;

const NOW: &str = "2026-11-23T10:00:00Z";

/// A world whose clock advances when somebody waits.
fn world(root: &Path, clock: &FakeClock) -> FakeWorld {
    let mut world = FakeWorld::new(root, clock, &FakeHttp::default(), 1);
    world.system.clock = Arc::new(clock.advancing());
    world
}

fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

#[test]
fn stores_are_chosen_by_name() {
    for name in ["os", "keyutils", "file", "none"] {
        assert_eq!(name.parse::<Choice>().unwrap().to_string(), name);
    }
    for bad in ["", "OS", "memory", "plain", "file\u{1b}[2J"] {
        let error = bad.parse::<Choice>().unwrap_err().to_string();
        assert!(error.contains("use os, keyutils, file or none") && !error.contains('\u{1b}'), "{error}");
    }
}

#[test]
fn what_is_handed_in_wins_and_nothing_falls_back() {
    let folder = tempfile::tempdir().unwrap();
    let mut world = world(folder.path(), &FakeClock::at(NOW));
    assert_eq!(choice::resolve(&world.system, Some(Choice::Os)).unwrap().name(), "memory");
    world.system.keychain = KeychainSource::Recorded;
    let error = choice::resolve(&world.system, None).err().unwrap();
    assert!(matches!(error, KeychainError::Absent(_)), "{error}");
    assert!(error.hint().unwrap().contains("--keychain file"));
    let none = choice::resolve(&world.system, Some(Choice::None)).unwrap();
    assert_eq!(none.name(), "none");
    choice::prove(none.as_ref(), &world.system).unwrap();
    assert_eq!(choice::resolve(&world.system, Some(Choice::File)).unwrap().name(), "file");
    assert!(!folder.path().join("state").exists(), "opening is lazy");
}

#[test]
fn a_store_that_forgets_or_lies_is_not_proved() {
    struct Forgets;
    impl jit::system::Keychain for Forgets {
        fn name(&self) -> &'static str {
            "forgets"
        }
        fn get(&self, _: &str) -> Result<Option<Secret<Vec<u8>>>, KeychainError> {
            Ok(None)
        }
        fn set(&self, _: &str, _: &Secret<Vec<u8>>) -> Result<(), KeychainError> {
            Ok(())
        }
        fn delete(&self, _: &str) -> Result<(), KeychainError> {
            Ok(())
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let world = world(folder.path(), &FakeClock::at(NOW));
    assert!(matches!(choice::prove(&Forgets, &world.system), Err(KeychainError::Damaged(_))));
    choice::prove(world.keychain.as_ref(), &world.system).unwrap();
    assert!(world.keychain.items().is_empty(), "a probe leaves nothing behind");
}

#[test]
fn the_lock_is_taken_and_freed() {
    let folder = tempfile::tempdir().unwrap();
    let world = world(folder.path(), &FakeClock::at(NOW));
    let name = Item::Lease("7F3KQ2M8ZD".parse().unwrap()).to_string();
    let held = block_on(lock::hold(&world.system, &name, |_| panic!("nobody holds it"))).unwrap();
    drop(held);
    drop(block_on(lock::hold(&world.system, &name, |_| panic!("it was freed"))).unwrap());
    let files: Vec<_> = std::fs::read_dir(folder.path().join("state/locks")).unwrap().flatten().collect();
    assert_eq!(files[0].file_name(), "lease_7F3KQ2M8ZD.lock");
}

#[test]
fn whoever_waits_hears_who_holds_it_after_a_second_and_gives_up_after_thirty() {
    let folder = tempfile::tempdir().unwrap();
    let clock = FakeClock::at(NOW);
    let world = world(folder.path(), &clock);
    let path = folder.path().join("state/locks/lease_x.lock");
    let held = Lock::try_take(&path).unwrap().unwrap();
    let mut told = None;
    let began = clock.now();
    let error = block_on(lock::hold(&world.system, "lease:x", |holder| {
        told = Some((holder, clock.now() - began));
    }))
    .unwrap_err();
    let (holder, after) = told.unwrap();
    assert_eq!(holder, Some(std::process::id()));
    assert_eq!(after.as_millis(), 1000);
    assert_eq!((clock.now() - began).as_secs(), 30);
    assert!(matches!(error, LockError::Held { .. }), "{error}");
    assert!(error.to_string().contains(&format!("process {}", std::process::id())), "{error}");
    assert!(error.hint().unwrap().contains("ps -p"));
    drop(held);
    drop(block_on(lock::hold(&world.system, "lease:x", |_| ())).unwrap());
}

#[test]
fn a_lock_freed_while_waiting_is_got() {
    let folder = tempfile::tempdir().unwrap();
    let clock = FakeClock::at(NOW);
    let world = FakeWorld::new(folder.path(), &clock, &FakeHttp::default(), 1);
    let path = folder.path().join("state/locks/lease_x.lock");
    let held = Lock::try_take(&path).unwrap().unwrap();
    block_on(async {
        let waiting = lock::hold(&world.system, "lease:x", |_| panic!("less than a second"));
        let freeing = async {
            tokio::task::yield_now().await;
            drop(held);
            clock.advance(Duration::from_millis(100));
        };
        let (got, ()) = tokio::join!(waiting, freeing);
        drop(got.unwrap());
    });
}

#[test]
fn names_cannot_leave_the_folder_of_locks() {
    let folder = tempfile::tempdir().unwrap();
    let world = world(folder.path(), &FakeClock::at(NOW));
    for name in ["../../escape", "/etc/passwd", "..", "", "a\0b", &"x".repeat(1000), "session:https://jit/é"]
    {
        drop(block_on(lock::hold(&world.system, name, |_| ())).unwrap());
    }
    let outside: Vec<_> = std::fs::read_dir(folder.path()).unwrap().flatten().collect();
    assert_eq!(outside.len(), 1, "{outside:?}");
    assert_eq!(std::fs::read_dir(folder.path().join("state")).unwrap().count(), 1);
}
