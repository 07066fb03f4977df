//! Tests of the ledger over a store that fails on command, before or after the commit.

use std::path::Path;
use std::sync::atomic::AtomicU8;
use std::sync::atomic::Ordering;

use async_trait::async_trait;

use super::*;
use crate::broker::store::Notice;
use crate::broker::store::Row;
use crate::broker::store::SqliteStore;
use crate::grant::Signed;
use crate::grant::State;
use crate::grant::Statement;
use crate::grant::statement::Header;
use crate::grant::statement::RequestStatement;
use crate::grant::statement::Way;
use crate::secret::seal::RecipientKey;
use crate::system::fake::FakeClock;

const WELL: u8 = 0;
const BEFORE: u8 = 1;
const AFTER: u8 = 2;
/// The commit is in the database, and its answer is delayed.
const SLOW: u8 = 3;

struct Moody {
    store: SqliteStore,
    mood: AtomicU8,
    /// Signals that a slow commit is in the database.
    written: tokio::sync::Notify,
    /// Releases its answer.
    goes_on: tokio::sync::Notify,
}

#[async_trait]
impl Store for Moody {
    async fn append(&self, rows: &[Row], notices: &[Notice]) -> Result<(), StoreError> {
        let failed = || Err(StoreError::Write(sqlx::Error::WorkerCrashed));
        match self.mood.load(Ordering::Relaxed) {
            BEFORE => failed(),
            AFTER => {
                self.store.append(rows, notices).await?;
                failed()
            }
            SLOW => {
                self.store.append(rows, notices).await?;
                self.written.notify_one();
                self.goes_on.notified().await;
                Ok(())
            }
            _ => self.store.append(rows, notices).await,
        }
    }

    async fn note(&self, notices: &[Notice]) -> Result<bool, StoreError> {
        self.store.note(notices).await
    }

    async fn events_after(&self, sequence: u64, limit: u32) -> Result<Vec<Link>, StoreError> {
        self.store.events_after(sequence, limit).await
    }

    async fn event(&self, sequence: u64) -> Result<Option<Link>, StoreError> {
        self.store.event(sequence).await
    }

    async fn events_of(&self, request: &Digest) -> Result<Vec<Link>, StoreError> {
        self.store.events_of(request).await
    }

    async fn notices_of(&self, request: &Digest) -> Result<Vec<Notice>, StoreError> {
        self.store.notices_of(request).await
    }

    async fn waiting_notices(&self, limit: u32) -> Result<Vec<Notice>, StoreError> {
        self.store.waiting_notices(limit).await
    }

    async fn settle(&self, notices: &[Notice]) -> Result<(), StoreError> {
        self.store.settle(notices).await
    }

    async fn close(&self) {
        self.store.close().await;
    }
}

async fn open(folder: &Path) -> Result<(Ledger, Arc<Moody>), LedgerError> {
    let store = SqliteStore::open(&folder.join("broker.db")).await?;
    let moody = Arc::new(Moody {
        store,
        mood: AtomicU8::new(WELL),
        written: tokio::sync::Notify::new(),
        goes_on: tokio::sync::Notify::new(),
    });
    let store: Arc<dyn Store> = Arc::clone(&moody) as Arc<dyn Store>;
    let clock = Arc::new(FakeClock::at("2026-11-23T12:00:00Z"));
    let metrics = Arc::default();
    let opening = Opening { head: &folder.join("head"), expected: false, accepted: None, clock, metrics };
    Ok((Ledger::open(store, LogKey::new(&[7; 32]), opening).await?, moody))
}

fn noon() -> Timestamp {
    "2026-11-23T12:00:00Z".parse().unwrap()
}

fn later(hours: i64) -> Timestamp {
    noon() + SignedDuration::from_hours(hours)
}

fn request(who: &str, role: &str) -> (Digest, Change) {
    let statement = Statement::Request(Box::new(RequestStatement {
        header: Header {
            authority: "https://jit.example.com".to_owned(),
            who: who.parse().unwrap(),
            at: noon(),
            nonce: format!("a-nonce-for-{who}-and-{role}"),
        },
        way: Way::Request,
        interactive: true,
        agent: false,
        role: role.parse().unwrap(),
        target: crate::grant::Target::aws(
            "arn:aws:iam::111122223333:role/x".parse().unwrap(),
            "eu-west-1".to_owned(),
            None,
        )
        .unwrap(),
        scope: None,
        duration: "1h".parse().unwrap(),
        start: None,
        reason: "why not".to_owned(),
        recipient: RecipientKey::generate(&[3; 32]).public().unwrap(),
        workload: None,
        job: None,
        purpose: None,
        policy: Digest::of(b"policy"),
        created: noon(),
        not_after: later(40),
    }));
    let signed = Signed { statement: statement.canonical_text(), signature: String::new() };
    let digest = Digest::of(signed.statement.as_bytes());
    (digest, Change::Requested { signed, pending_until: later(24), source: None })
}

fn new(change: &Change) -> Expects {
    let Change::Requested { signed, .. } = change else { panic!("nobody asks by it") };
    Expects::New(Arc::new(Received::read(signed.clone()).unwrap()))
}

fn append(expects: Expects, digest: Digest, change: Change) -> Append {
    Append {
        agents: Vec::new(),
        at: noon(),
        policy: Digest::of(b"policy"),
        source: None,
        expects,
        subjects: vec![Subject::Request { request: digest, change }],
        notices: vec![("request", "somewhere".to_owned())],
    }
}

async fn ask(ledger: &Ledger, who: &str, role: &str) -> Result<u64, LedgerError> {
    let (digest, change) = request(who, role);
    ledger.append(append(new(&change), digest, change)).await
}

#[tokio::test]
async fn a_commit_that_failed_left_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (ledger, moody) = open(folder.path()).await.unwrap();
    assert_eq!(ask(&ledger, "ana", "one").await.unwrap(), 1);
    moody.mood.store(BEFORE, Ordering::Relaxed);
    assert!(matches!(ask(&ledger, "ana", "two").await, Err(LedgerError::Unwritten(_))));
    assert_eq!(ledger.index().head().sequence, 1);
    moody.mood.store(WELL, Ordering::Relaxed);
    assert_eq!(ask(&ledger, "ana", "two").await.unwrap(), 2);
    ledger.contains_head().await.unwrap();
    drop(ledger);
    let (again, _) = open(folder.path()).await.unwrap();
    assert_eq!(again.index().head().sequence, 2);
}

#[tokio::test]
async fn a_commit_that_reached_the_disk_after_all_is_taken_up() {
    let folder = tempfile::tempdir().unwrap();
    let (ledger, moody) = open(folder.path()).await.unwrap();
    moody.mood.store(AFTER, Ordering::Relaxed);
    assert!(matches!(ask(&ledger, "ana", "one").await, Err(LedgerError::Unwritten(_))));
    moody.mood.store(WELL, Ordering::Relaxed);
    // The retry finds that the request exists. Nothing is doubled, and the log continues.
    assert!(matches!(ask(&ledger, "ana", "one").await, Err(LedgerError::Refused(Refusal::TakenBefore(_)))));
    assert_eq!(ask(&ledger, "ana", "two").await.unwrap(), 2);
    let (digest, _) = request("ana", "one");
    assert!(ledger.prove(&digest.request_id()).await.unwrap().is_some());
    drop(ledger);
    assert_eq!(open(folder.path()).await.unwrap().0.index().head().sequence, 2);
}

#[tokio::test]
async fn a_crash_between_commit_and_head_is_mended_and_a_lost_commit_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let (ledger, _) = open(folder.path()).await.unwrap();
    ask(&ledger, "ana", "one").await.unwrap();
    let head = std::fs::read(folder.path().join("head")).unwrap();
    ask(&ledger, "ana", "two").await.unwrap();
    ledger.store().close().await;
    drop(ledger);
    let newest = std::fs::read(folder.path().join("head")).unwrap();
    std::fs::write(folder.path().join("head"), &head).unwrap();
    let (ledger, _) = open(folder.path()).await.unwrap();
    assert_eq!(ledger.index().head().sequence, 2, "the chain vouches for what the head does not know yet");
    assert_eq!(HeadFile::open(&folder.path().join("head")).unwrap().1.sequence, 2);
    ledger.store().close().await;
    drop(ledger);
    std::fs::remove_file(folder.path().join("broker.db")).unwrap();
    std::fs::write(folder.path().join("head"), &newest).unwrap();
    assert!(matches!(
        open(folder.path()).await,
        Err(LedgerError::Gap { lost: Some(Head { sequence: 2, .. }), .. })
    ));
}

#[tokio::test]
async fn of_many_at_once_one_wins_and_the_limits_hold() {
    let folder = tempfile::tempdir().unwrap();
    let (ledger, _) = open(folder.path()).await.unwrap();
    let ledger = Arc::new(ledger);
    let mut asking = tokio::task::JoinSet::new();
    for number in 0..40 {
        let ledger = Arc::clone(&ledger);
        asking.spawn(async move { ask(&ledger, "ana", &format!("role-{number}")).await });
        // Everybody else's requests are accepted meanwhile.
    }
    for number in 0..40 {
        let ledger = Arc::clone(&ledger);
        asking.spawn(async move { ask(&ledger, &format!("person-{number}"), "role").await });
    }
    let outcomes = asking.join_all().await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 10 + 40);

    let (digest, _) = request("person-0", "role");
    let mut ending = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let ledger = Arc::clone(&ledger);
        let cancelled = Change::Cancelled { by: "person-0".parse().unwrap() };
        let append = append(Expects::Version(digest, 1), digest, cancelled);
        ending.spawn(async move { ledger.append(append).await });
    }
    let outcomes = ending.join_all().await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Ok(_) | Err(LedgerError::Conflict))));
    let (proved, changes) = ledger.prove(&digest.request_id()).await.unwrap().unwrap();
    assert_eq!((proved.version, changes.len()), (2, 2));
    assert_eq!(ledger.store().notices_of(&digest).await.unwrap().len(), 2);
}

/// An event that is in the database and not yet in the index is not reported as tampering.
#[tokio::test]
async fn a_commit_that_the_index_does_not_know_yet_raises_no_alarm() {
    let folder = tempfile::tempdir().unwrap();
    let (ledger, moody) = open(folder.path()).await.unwrap();
    ask(&ledger, "ana", "one").await.unwrap();
    let (digest, _) = request("ana", "one");
    moody.mood.store(SLOW, Ordering::Relaxed);
    let cancelled = Change::Cancelled { by: "ana".parse().unwrap() };
    let cancelling = ledger.append(append(Expects::Version(digest, 1), digest, cancelled));
    let proving = async {
        moody.written.notified().await;
        assert_eq!(ledger.index().trace(&digest.request_id()).map(|trace| trace.count), Some(1));
        let id = digest.request_id();
        let (proved, ()) = tokio::join!(ledger.prove(&id), async {
            // The proving task has read the database by now, and waits.
            for _ in 0..100 {
                tokio::task::yield_now().await;
            }
            moody.goes_on.notify_one();
        });
        proved
    };
    let (cancelled, proved) = tokio::join!(cancelling, proving);
    cancelled.unwrap();
    let (request, changes) = proved.unwrap().unwrap();
    assert_eq!((request.state, changes.len()), (State::Cancelled, 2));
}

/// An extra or missing event raises an alarm at once.
#[tokio::test]
async fn an_event_that_stays_unknown_to_the_index_is_an_alarm() {
    let folder = tempfile::tempdir().unwrap();
    let (ledger, moody) = open(folder.path()).await.unwrap();
    ask(&ledger, "ana", "one").await.unwrap();
    let (digest, _) = request("ana", "one");
    // An attacker inserts one of the broker's own events again.
    let link = moody.store.event(1).await.unwrap().unwrap();
    let twice = Link { sequence: 2, ..link };
    moody.store.append(&[Row { link: twice, request: Some(digest) }], &[]).await.unwrap();
    assert!(matches!(ledger.prove(&digest.request_id()).await, Err(LedgerError::Chain(_))));
}

/// A clock that ran ahead leaves only events in the log that take access away.
#[tokio::test]
async fn nothing_is_recorded_more_than_a_minute_ahead_of_the_time_that_passed() {
    let folder = tempfile::tempdir().unwrap();
    let (ledger, _) = open(folder.path()).await.unwrap();
    ask(&ledger, "ana", "one").await.unwrap();
    let (digest, change) = request("bo", "one");
    let ahead = Append { at: later(1), ..append(new(&change), digest, change) };
    assert!(matches!(ledger.append(ahead).await, Err(LedgerError::Ahead { .. })));
    let (digest, _) = request("ana", "one");
    let denied = Change::Denied { by: "cy".parse().unwrap(), on_page: None };
    let ahead = Append { at: later(1), ..append(Expects::Version(digest, 1), digest, denied) };
    ledger.append(ahead).await.unwrap();
    let newest = ledger.index().newest().unwrap();
    assert_eq!(newest, noon() + SignedDuration::from_secs(60));
    let (digest, change) = request("bo", "one");
    let meanwhile = Append { at: newest, ..append(new(&change), digest, change) };
    ledger.append(meanwhile).await.unwrap();
}
