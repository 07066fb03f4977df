//! Tests of the index over logs that the tests write.

use jiff::SignedDuration;

use super::*;
use crate::audit::LogKey;
use crate::grant::Signed;
use crate::grant::Statement;
use crate::grant::Target;
use crate::grant::statement::Header;
use crate::grant::statement::RequestStatement;
use crate::grant::statement::Way;
use crate::secret::seal::RecipientKey;

const START: &str = "2026-11-23T12:00:00Z";

pub(crate) fn start() -> Timestamp {
    START.parse().unwrap()
}

pub(crate) fn asked(role: &str) -> RequestStatement {
    RequestStatement {
        header: Header {
            authority: "https://jit.example.com".to_owned(),
            who: "ana".parse().unwrap(),
            at: start(),
            nonce: "a-nonce-for-the-test".to_owned(),
        },
        way: Way::Request,
        interactive: true,
        agent: false,
        role: role.parse().unwrap(),
        target: Target::aws(
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
        created: start(),
        not_after: start() + SignedDuration::from_hours(30),
    }
}

pub(crate) struct Log {
    key: LogKey,
    pub(crate) index: Index,
    links: Vec<Link>,
}

impl Log {
    pub(crate) fn new() -> Self {
        Self { key: LogKey::new(&[7; 32]), index: Index::default(), links: Vec::new() }
    }

    pub(crate) fn write(&mut self, at: Timestamp, subject: Subject) -> Result<(), IndexError> {
        let event = Event {
            sequence: self.index.head().sequence + 1,
            at,
            policy: Digest::of(b"policy"),
            source: None,
            subject,
        };
        let link = Link::forge(&self.key, &self.index.head(), &event).unwrap();
        self.index.take(&link, &event)?;
        self.links.push(link);
        Ok(())
    }

    pub(crate) fn ask(&mut self, role: &str) -> Digest {
        let statement = Statement::Request(Box::new(asked(role))).canonical_text();
        let digest = Digest::of(statement.as_bytes());
        let signed = Signed { statement, signature: String::new() };
        let pending_until = start() + SignedDuration::from_hours(24);
        let change = Change::Requested { signed, pending_until, source: None };
        self.write(start(), Subject::Request { request: digest, change }).unwrap();
        digest
    }
}

#[test]
fn times_of_asking_are_kept_for_an_hour_and_without_what_asked_nobody() {
    let mut log = Log::new();
    let ana: Name = "ana".parse().unwrap();
    let count = |log: &Log| log.index.asked_by(&ana).count();
    let approved = || Change::Approved {
        duration: "1h".parse().unwrap(),
        unused_until: start() + SignedDuration::from_hours(1),
        by: Vec::new(),
        scope: None,
    };
    log.ask("prod");
    let alone = log.ask("play");
    assert_eq!(count(&log), 2);
    log.write(start(), Subject::Request { request: alone, change: approved() }).unwrap();
    assert_eq!(count(&log), 1, "it was approved as it came in");
    for way in [Way::BreakGlass, Way::Request] {
        for (number, minutes) in [(1, 1), (2, 60)] {
            let role = format!("{}-{number}", if way == Way::Request { "later" } else { "glass" });
            // An emergency asks nobody, and a time that is an hour old counts no more.
            let at = start() + SignedDuration::from_mins(if way == Way::Request { minutes } else { 0 });
            let (digest, bytes) = signed(RequestStatement { way, ..asked(&role) });
            let pending_until = start() + SignedDuration::from_hours(24);
            let change = Change::Requested { signed: bytes, pending_until, source: None };
            log.write(at, Subject::Request { request: digest, change }).unwrap();
        }
    }
    let times: Vec<Timestamp> = log.index.asked_by(&ana).collect();
    assert_eq!(times, [1, 60].map(|minutes| start() + SignedDuration::from_mins(minutes)));
    assert_eq!(log.index.asked_by(&"bo".parse().unwrap()).count(), 0);
}

#[test]
fn denials_are_kept_by_person_and_forgotten_after_a_month() {
    let mut log = Log::new();
    let by: Name = "cy".parse().unwrap();
    let deny = |digest: Digest| Subject::Request {
        request: digest,
        change: Change::Denied { by: by.clone(), on_page: None },
    };
    let first = log.ask("prod");
    log.write(start(), deny(first)).unwrap();
    let ana: Name = "ana".parse().unwrap();
    let kept = |log: &Log| log.index.denials_of(&ana).map(|denial| denial.digest).collect::<Vec<_>>();
    assert_eq!(kept(&log), [first]);
    assert!(log.index.denials_of(&by).next().is_none(), "nobody asked in the name of the reviewer");
    // Pending for a day only, so that it is asked later: the clock of a request would end it first.
    let late = start() + SignedDuration::from_hours(31 * 24);
    let statement = RequestStatement {
        header: Header { at: late, ..asked("other").header },
        created: late,
        not_after: late + SignedDuration::from_hours(30),
        ..asked("other")
    };
    let (second, bytes) = signed(statement);
    let change = Change::Requested {
        signed: bytes,
        pending_until: late + SignedDuration::from_hours(24),
        source: None,
    };
    log.write(late, Subject::Request { request: second, change }).unwrap();
    log.write(late, deny(second)).unwrap();
    assert_eq!(kept(&log), [second], "the old one is forgotten");
}

#[test]
fn a_replay_wants_every_event_and_no_other() {
    let mut log = Log::new();
    let digest = log.ask("prod");
    let other = log.ask("other");
    let cancelled = Change::Cancelled { by: "ana".parse().unwrap() };
    log.write(start(), Subject::Request { request: digest, change: cancelled }).unwrap();
    let trace = *log.index.trace(&digest.request_id()).unwrap();
    let own: Vec<Link> = vec![log.links[0].clone(), log.links[2].clone()];
    assert_eq!(replay(&log.key, &trace, &own).unwrap().len(), 2);
    assert!(replay(&log.key, &trace, &own[..1]).is_err(), "one left out");
    assert!(replay(&log.key, &trace, &[own[1].clone(), own[0].clone()]).is_err(), "turned around");
    assert!(replay(&log.key, &trace, &log.links).is_err(), "a stranger among them");
    let foreign = *log.index.trace(&other.request_id()).unwrap();
    assert!(replay(&log.key, &foreign, &own).is_err());
}

#[test]
fn impossible_events_are_refused_and_change_nothing() {
    let mut log = Log::new();
    let digest = log.ask("prod");
    let minted = Change::Minted {
        lease: 1,
        expires: start() + SignedDuration::from_hours(1),
        handle: None,
        last_end: None,
    };
    let stray = Subject::Request { request: Digest::of(b"nobody asked"), change: minted.clone() };
    assert_eq!(log.write(start(), stray), Err(IndexError::Stray(2)));
    let early = Subject::Request { request: digest, change: minted };
    assert!(matches!(log.write(start(), early), Err(IndexError::Impossible { sequence: 2, .. })));
    let before = start() - SignedDuration::from_secs(1);
    let late = Subject::Policy { revision: Digest::of(b"x"), commit: None };
    assert_eq!(log.write(before, late), Err(IndexError::Backwards(2)));
    assert_eq!(log.index.head().sequence, 1);
    assert_eq!(log.index.open(&digest).unwrap().version, 1);
}

/// A revision is as old as the first event that names it, unless another one was in force since.
#[test]
fn a_revision_has_been_in_force_since_its_first_event() {
    let mut log = Log::new();
    assert_eq!(log.index.revised(), None);
    for (second, revision, commit, since) in
        [(1, b"x", None, 1), (2, b"x", Some("c"), 1), (3, b"y", None, 3), (4, b"x", None, 4)]
    {
        let at = |second| start() + SignedDuration::from_secs(second);
        let subject = Subject::Policy { revision: Digest::of(revision), commit: commit.map(str::to_owned) };
        log.write(at(second), subject).unwrap();
        assert_eq!(log.index.revised(), Some(at(since)), "{second}");
    }
}

#[test]
fn the_oldest_session_gives_way_and_a_logged_out_one_is_gone() {
    let mut log = Log::new();
    let token = |number: usize| Digest::of(&number.to_be_bytes());
    for number in 0..=MAX_SESSIONS {
        let at = start() + SignedDuration::from_secs(i64::try_from(number).unwrap());
        let subject = Subject::LoggedIn {
            person: "ana".parse().unwrap(),
            key: "SHA256:x".to_owned(),
            session: token(number),
            expires: start() + SignedDuration::from_hours(12),
        };
        log.write(at, subject).unwrap();
    }
    let now = start() + SignedDuration::from_mins(1);
    assert!(log.index.session(&token(0), now).is_none());
    assert!(log.index.session(&token(1), now).is_some());
    let out = Subject::LoggedOut { person: "ana".parse().unwrap(), session: token(1) };
    log.write(now, out).unwrap();
    assert!(log.index.session(&token(1), now).is_none());
    assert!(log.index.session(&token(2), start() + SignedDuration::from_hours(12)).is_none());
}

pub(crate) fn signed(statement: RequestStatement) -> (Digest, Signed) {
    let statement = Statement::Request(Box::new(statement)).canonical_text();
    (Digest::of(statement.as_bytes()), Signed { statement, signature: String::new() })
}

/// A log with an active grant that expires after one hour, and a statement that asks for a 30-minute extension.
pub(crate) fn extended() -> (Log, Digest, RequestStatement) {
    let mut log = Log::new();
    let first = log.ask("prod");
    let end = start() + SignedDuration::from_hours(1);
    let approved =
        Change::Approved { duration: "1h".parse().unwrap(), unused_until: end, by: Vec::new(), scope: None };
    for change in [approved, Change::Activated { until: end }] {
        log.write(start(), Subject::Request { request: first, change }).unwrap();
    }
    let duration: crate::grant::span::Span = "30m".parse().unwrap();
    let not_after = duration.after(end);
    (log, first, RequestStatement { way: Way::Extend(first), duration, not_after, ..asked("prod") })
}

#[test]
fn an_end_moves_only_as_far_as_its_extension_says() {
    let (mut log, first, more) = extended();
    let until = more.not_after;
    let (digest, bytes) = signed(more);
    let on = |request: Digest, change: Change| Subject::Request { request, change };
    let moved = |until: Timestamp| on(first, Change::Extended { signed: bytes.clone(), until });
    let impossible = |outcome| matches!(outcome, Err(IndexError::Impossible { .. }));
    assert!(impossible(log.write(start(), moved(until))), "nobody asked");
    let asked = Change::Requested { signed: bytes.clone(), pending_until: until, source: None };
    log.write(start(), on(digest, asked)).unwrap();
    assert!(impossible(log.write(start(), moved(until))), "nobody approved");
    let short = until - SignedDuration::from_mins(10);
    let approved = Change::Approved {
        duration: "20m".parse().unwrap(),
        unused_until: until,
        by: Vec::new(),
        scope: None,
    };
    log.write(start(), on(digest, approved)).unwrap();
    log.write(start(), on(digest, Change::Activated { until: short })).unwrap();
    assert!(impossible(log.write(start(), moved(until))), "approved for less");
    log.write(start(), moved(short)).unwrap();
    assert_eq!(log.index.open(&first).unwrap().active_until, Some(short));
    assert!(impossible(log.write(start(), moved(short))), "twice");
}
