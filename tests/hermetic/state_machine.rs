//! Property tests of a request's life: terminal states stay, nothing is minted outside an active grant, time never goes
//! back, and replaying the changes gives the same request.

use jiff::SignedDuration;
use jiff::Timestamp;
use jit::grant::Change;
use jit::grant::Digest;
use jit::grant::Name;
use jit::grant::Request;
use jit::grant::Signed;
use jit::grant::State;
use jit::grant::Statement;
use jit::grant::Verdict;
use jit::grant::change::Lapse;
use jit::grant::span::Span;
use jit::grant::statement::Header;
use jit::grant::statement::RequestStatement;
use jit::grant::statement::ReviewStatement;
use jit::grant::statement::Way;
use jit::secret::seal::RecipientKey;
use proptest::prelude::*;

const START: i64 = 1_795_428_000;

fn instant(seconds: i64) -> Timestamp {
    Timestamp::from_second(START + seconds).unwrap()
}

fn header(who: &str) -> Header {
    Header {
        authority: "https://jit.example.com".to_owned(),
        who: who.parse().unwrap(),
        at: instant(0),
        nonce: "0123456789abcdef".to_owned(),
    }
}

fn signed(statement: &Statement) -> Signed {
    Signed { statement: statement.canonical_text(), signature: "not looked at here".to_owned() }
}

fn asked_by(way: Way, start: Option<i64>) -> Statement {
    Statement::Request(Box::new(asking(way, start)))
}

fn asking(way: Way, start: Option<i64>) -> RequestStatement {
    RequestStatement {
        header: header("ana"),
        way,
        interactive: true,
        agent: false,
        role: "prod-admin".parse().unwrap(),
        target: "aws:arn:aws:iam::111122223333:role/prod-admin?region=eu-west-1".parse().unwrap(),
        scope: None,
        duration: Span::of_seconds(3_600).unwrap(),
        start: start.map(instant),
        reason: "INC-42".to_owned(),
        recipient: RecipientKey::generate(&[1; 32]).public().unwrap(),
        workload: None,
        job: None,
        purpose: None,
        policy: Digest::of(b"policy"),
        created: instant(0),
        not_after: instant(40_000),
    }
}

/// How an attempt to move the end of the grant differs from a valid one.
#[derive(Debug, Clone, Copy)]
enum Odd {
    Nothing,
    Digest,
    Person,
    Role,
    Kind,
    Start,
}

/// An attempt to move the end of the grant: the requested time, and how far the statement's bound and the change's end
/// are from the end, in seconds.
#[derive(Debug, Clone, Copy)]
struct More {
    duration: u64,
    bound: i64,
    until: i64,
    odd: Odd,
}

impl More {
    /// The statement and the change, for a grant with this end.
    fn change(self, end: Timestamp) -> (RequestStatement, Change) {
        let first = Digest::of(asked_by(Way::Request, None).canonical_text().as_bytes());
        let mut statement = RequestStatement {
            way: Way::Extend(first),
            duration: Span::of_seconds(self.duration).unwrap(),
            not_after: (end + SignedDuration::from_secs(self.bound)).max(instant(1)),
            ..asking(Way::Request, None)
        };
        match self.odd {
            Odd::Nothing => {}
            Odd::Digest => statement.way = Way::Extend(Digest::of(b"another")),
            Odd::Person => statement.header.who = "bo".parse().unwrap(),
            Odd::Role => statement.role = "other".parse().unwrap(),
            Odd::Kind => statement.way = Way::Request,
            Odd::Start => statement.start = Some(instant(5)),
        }
        let signed = signed(&Statement::Request(Box::new(statement.clone())));
        (statement, Change::Extended { signed, until: end + SignedDuration::from_secs(self.until) })
    }
}

fn more() -> impl Strategy<Value = More> {
    let odd = prop_oneof![
        10 => Just(Odd::Nothing),
        1 => Just(Odd::Digest),
        1 => Just(Odd::Person),
        1 => Just(Odd::Role),
        1 => Just(Odd::Kind),
        1 => Just(Odd::Start),
    ];
    (1_u64..4_000, -100_i64..4_000, -100_i64..4_000, odd).prop_map(|(duration, bound, until, odd)| More {
        duration,
        bound,
        until,
        odd,
    })
}

/// One step of a life: a fixed change, or an extension of the grant as it is then.
#[derive(Debug, Clone)]
enum Step {
    Change(Change),
    More(More),
}

/// A life in which a grant probably begins and is extended.
fn moved_lives() -> impl Strategy<Value = Vec<(i64, Step)>> {
    let step = prop_oneof![
        3 => changes().prop_map(Step::Change),
        4 => more().prop_map(Step::More),
        2 => (1_u32..4, 0_i64..60_000)
            .prop_map(|(lease, expires)| Step::Change(Change::Minted { lease, expires: instant(expires), handle: None, last_end: None })),
    ];
    let pause = prop_oneof![8 => 0_i64..300, 1 => 0_i64..5_000, 1 => -900_i64..0];
    proptest::collection::vec((pause, step), 1..40)
}

fn approved_for(seconds: u64, until: i64) -> Change {
    Change::Approved {
        duration: Span::of_seconds(seconds).unwrap(),
        unused_until: instant(until),
        by: vec!["bo".parse().unwrap()],
        scope: None,
    }
}

fn requested(start: Option<i64>) -> Change {
    requested_by(Way::Request, start)
}

fn requested_by(way: Way, start: Option<i64>) -> Change {
    Change::Requested { signed: signed(&asked_by(way, start)), pending_until: instant(10_000), source: None }
}

fn review(by: &str, verdict: Verdict) -> Change {
    Change::Reviewed { by: by.parse().unwrap(), verdict, signed: word(Way::Request, by, verdict) }
}

/// A signed review of the request that was made by this way.
fn word(way: Way, by: &str, verdict: Verdict) -> Signed {
    let request = Digest::of(asked_by(way, None).canonical_text().as_bytes());
    signed(&Statement::Review(ReviewStatement {
        header: header(by),
        request,
        verdict,
        comment: String::new(),
        duration: None,
        scope: None,
    }))
}

fn names() -> impl Strategy<Value = Name> {
    prop_oneof![Just("ana"), Just("bo"), Just("cy")].prop_map(|name| name.parse().unwrap())
}

/// The two ways whose requests belong to no other.
fn ways() -> impl Strategy<Value = Way> {
    prop_oneof![Just(Way::Request), Just(Way::BreakGlass)]
}

fn verdicts() -> impl Strategy<Value = Verdict> {
    prop_oneof![Just(Verdict::Approve), Just(Verdict::Deny)]
}

fn changes() -> impl Strategy<Value = Change> {
    prop_oneof![
        1 => Just(requested(None)),
        4 => (names(), verdicts()).prop_map(|(by, verdict)| review(by.as_str(), verdict)),
        4 => (names(), ways(), verdicts()).prop_map(|(by, way, verdict)| Change::Acknowledged {
            signed: word(way, by.as_str(), verdict),
            by,
        }),
        6 => (1_u64..7_200, 5_000_i64..60_000).prop_map(|(duration, until)| Change::GlassBroken {
            duration: Span::of_seconds(duration).unwrap(),
            unused_until: instant(until),
        }),
        1 => Just(Change::Reminded),
        6 => (1_u64..7_200, 5_000_i64..60_000).prop_map(|(duration, until)| Change::Approved {
            duration: Span::of_seconds(duration).unwrap(),
            unused_until: instant(until),
            by: Vec::new(),
            scope: None,
        }),
        1 => names().prop_map(|by| Change::Denied { by, on_page: None }),
        6 => (0_i64..8_000).prop_map(|until| Change::Activated { until: instant(until) }),
        6 => (0_u32..4, 0_i64..60_000)
            .prop_map(|(lease, expires)| Change::Minted { lease, expires: instant(expires), handle: None, last_end: None }),
        1 => names().prop_map(|by| Change::Cancelled { by }),
        1 => proptest::option::of(names()).prop_map(|by| Change::Ended { by }),
        1 => names().prop_map(|by| Change::Revoked { by: Some(by), reason: String::new(), signed: None }),
        1 => prop_oneof![Just(Lapse::NobodyDecided), Just(Lapse::NeverUsed)]
            .prop_map(|lapse| Change::Expired { lapse }),
    ]
}

/// Steps of time, mostly forwards, sometimes back.
fn steps() -> impl Strategy<Value = Vec<(i64, Change)>> {
    proptest::collection::vec(
        (prop_oneof![4 => 0_i64..600, 1 => 0_i64..20_000, 1 => -900_i64..0], changes()),
        1..60,
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn every_path_keeps_the_rules(way in ways(), steps in steps()) {
        let first = requested_by(way, None);
        let mut request = Request::begin(instant(0), &first).unwrap();
        let mut kept = vec![(instant(0), first)];
        let mut now = instant(0);
        for (step, change) in steps {
            now += SignedDuration::from_secs(step);
            let before = request.clone();
            let seen_before = before.state_at(now);
            let outcome = request.apply(now, &change);
            if outcome.is_err() {
                prop_assert_eq!(&request, &before, "a refused change left a trace");
                continue;
            }
            if before.state.is_terminal() {
                let afterwards = matches!(change, Change::Acknowledged { .. });
                prop_assert!(afterwards, "{:?} left {:?}", change, before.state);
                let kept = (request.state, &request.closing, &request.leases);
                prop_assert_eq!(kept, (before.state, &before.closing, &before.leases));
            }
            prop_assert!(now >= before.changed, "time ran backwards");
            prop_assert_eq!(request.version, before.version + 1);
            match &change {
                Change::Requested { .. } => prop_assert!(false, "asked twice"),
                Change::Minted { lease, .. } => {
                    prop_assert_eq!(seen_before, State::Active, "minted outside an active grant");
                    prop_assert!(before.leases.iter().all(|minted| minted.lease < *lease), "a number used twice");
                    prop_assert!(now < before.active_until.unwrap(), "minted after the grant's end");
                }
                Change::Activated { until } => {
                    prop_assert_eq!(seen_before, State::Approved);
                    prop_assert!(*until <= request.statement.not_after);
                    prop_assert!(*until <= before.approved_duration.unwrap().after(now));
                }
                Change::Approved { duration, .. } => {
                    prop_assert_eq!(way, Way::Request, "an emergency is never approved");
                    prop_assert!(*duration <= request.statement.duration);
                }
                Change::GlassBroken { duration, .. } => {
                    prop_assert_eq!(way, Way::BreakGlass);
                    prop_assert_eq!(seen_before, State::Pending);
                    prop_assert!(*duration <= request.statement.duration);
                }
                Change::Reviewed { by, .. } => {
                    prop_assert_eq!(way, Way::Request, "an emergency is reviewed afterwards");
                    prop_assert!(by != request.requester(), "reviewed oneself");
                }
                Change::Acknowledged { by, .. } => {
                    prop_assert!(before.is_unreviewed() && !request.is_unreviewed());
                    prop_assert!(by != request.requester(), "reviewed oneself");
                    prop_assert_eq!(request.state, before.state);
                }
                Change::Reminded => {
                    prop_assert_eq!((seen_before, before.reminded), (State::Pending, None));
                }
                _ => {}
            }
            kept.push((now, change));
        }
        let replayed = Request::replay(kept.iter().map(|(at, change)| (*at, change))).unwrap();
        prop_assert_eq!(replayed, request);
    }

    #[test]
    fn an_end_that_moves_keeps_the_rules(steps in moved_lives(), length in 60_u64..3_600) {
        let first = requested(None);
        let mut request = Request::begin(instant(0), &first).unwrap();
        let begun = Change::Activated { until: instant(2) + SignedDuration::from_secs(length.cast_signed()) };
        let mut kept = vec![(instant(0), first)];
        for (at, change) in [(1, approved_for(length, 20_000)), (2, begun)] {
            request.apply(instant(at), &change).unwrap();
            kept.push((instant(at), change));
        }
        // The latest end that the statements signed so far allow.
        let mut signed_until = request.statement.not_after;
        let mut now = instant(2);
        for (step, what) in steps {
            now += SignedDuration::from_secs(step);
            let before = request.clone();
            let end = before.active_until.unwrap();
            let (statement, change) = match what {
                Step::Change(change) => (None, change),
                Step::More(more) => {
                    let (statement, change) = more.change(end);
                    (Some((more, statement)), change)
                }
            };
            if request.apply(now, &change).is_err() {
                prop_assert_eq!(&request, &before, "a refused change left a trace");
                continue;
            }
            prop_assert!(!before.state.is_terminal(), "{:?} left {:?}", change, before.state);
            prop_assert!(now >= before.changed, "time ran backwards");
            match (&change, statement) {
                (Change::Extended { until, .. }, Some((more, statement))) => {
                    prop_assert_eq!(before.state_at(now), State::Active, "moved what was not active");
                    prop_assert!(matches!(more.odd, Odd::Nothing), "{:?} was taken", more.odd);
                    prop_assert!(now < end && *until > end, "an end never moves back, nor after it came");
                    prop_assert!(*until <= statement.not_after, "beyond what was signed");
                    prop_assert!(*until <= statement.duration.after(end), "longer than what was asked");
                    prop_assert_eq!(request.extensions.len(), before.extensions.len() + 1);
                    signed_until = signed_until.max(statement.not_after);
                }
                (Change::Minted { .. }, _) => prop_assert!(now < end, "minted after the end"),
                _ => prop_assert_eq!(request.active_until, before.active_until, "only more time moves the end"),
            }
            prop_assert!(request.active_until.unwrap() <= signed_until);
            prop_assert_eq!(request.state_at(signed_until).is_terminal(), true, "nothing outlives what was signed");
            kept.push((now, change));
        }
        let replayed = Request::replay(kept.iter().map(|(at, change)| (*at, change))).unwrap();
        prop_assert_eq!(replayed, request);
    }

    #[test]
    fn an_extension_is_never_a_grant_of_its_own(steps in moved_lives(), until in 3_i64..60_000) {
        let statement = RequestStatement { way: Way::Extend(Digest::of(b"the first")), ..asking(Way::Request, None) };
        let signed = signed(&Statement::Request(Box::new(statement)));
        let first = Change::Requested { signed, pending_until: instant(10_000), source: None };
        let mut request = Request::begin(instant(0), &first).unwrap();
        request.apply(instant(1), &approved_for(3_600, 40_000)).unwrap();
        let begins = request.apply(instant(2), &Change::Activated { until: instant(until) });
        prop_assert_eq!(begins.is_ok(), until <= 40_000, "never beyond its own `not_after`");
        let mut now = instant(2);
        for (step, what) in steps {
            now += SignedDuration::from_secs(step);
            let end = request.active_until.unwrap_or(instant(until));
            let change = match what {
                Step::Change(change) => change,
                Step::More(more) => more.change(end).1,
            };
            let barren = matches!(change, Change::Minted { .. } | Change::Extended { .. });
            let terminal = request.state.is_terminal();
            if request.apply(now, &change).is_ok() {
                prop_assert!(!barren, "{:?}", change);
                prop_assert!(!terminal);
            }
        }
        prop_assert!(request.leases.is_empty() && request.extensions.is_empty());
    }

    #[test]
    fn the_clocks_end_what_nobody_ends(pending in 1_i64..9_000, idle in 0_i64..50_000, active in 0_i64..50_000) {
        let mut request = Request::begin(instant(0), &requested(None)).unwrap();
        prop_assert_eq!(request.state_at(instant(10_000)), State::Expired);
        let approved = Change::Approved {
            duration: Span::of_seconds(600).unwrap(),
            unused_until: instant(pending + 1_000),
            by: vec!["bo".parse().unwrap()],
            scope: None,
        };
        request.apply(instant(pending), &approved).unwrap();
        let use_at = pending + idle;
        let activated = Change::Activated { until: request.end_if_activated(instant(use_at)) };
        if idle >= 1_000 {
            prop_assert_eq!(request.state_at(instant(use_at)), State::Expired);
            prop_assert!(request.apply(instant(use_at), &activated).is_err());
        } else {
            request.apply(instant(use_at), &activated).unwrap();
            let expected = if active < 600 { State::Active } else { State::Ended };
            prop_assert_eq!(request.state_at(instant(use_at + active)), expected);
            let minted = Change::Minted { lease: 1, expires: instant(use_at + active + 900), handle: None, last_end: None };
            prop_assert_eq!(request.apply(instant(use_at + active), &minted).is_ok(), active < 600);
        }
    }
}

#[test]
fn the_same_extension_moves_the_end_once() {
    let mut request = Request::begin(instant(0), &requested(None)).unwrap();
    request.apply(instant(1), &approved_for(600, 5_000)).unwrap();
    request.apply(instant(2), &Change::Activated { until: instant(602) }).unwrap();
    let more = More { duration: 600, bound: 600, until: 300, odd: Odd::Nothing };
    let (_, change) = more.change(instant(602));
    request.apply(instant(3), &change).unwrap();
    let Change::Extended { signed, .. } = change else { unreachable!() };
    // The bytes would still fit the later end, but they have been used.
    let again = Change::Extended { signed, until: instant(1_000) };
    assert!(request.apply(instant(4), &again).is_err());
    assert_eq!(request.active_until, Some(instant(902)));
    assert_eq!(request.state_at(instant(901)), State::Active);
    assert_eq!(request.state_at(instant(902)), State::Ended);
}

#[test]
fn a_denial_is_final_and_an_approval_may_turn_into_one() {
    let mut request = Request::begin(instant(0), &requested(None)).unwrap();
    request.apply(instant(1), &review("bo", Verdict::Approve)).unwrap();
    request.apply(instant(2), &review("bo", Verdict::Deny)).unwrap();
    assert!(request.apply(instant(3), &review("bo", Verdict::Approve)).is_err());
    assert!(request.apply(instant(3), &review("ana", Verdict::Approve)).is_err());
    request.apply(instant(4), &Change::Denied { by: "bo".parse().unwrap(), on_page: None }).unwrap();
    assert_eq!(request.state, State::Denied);
}

#[test]
fn a_review_of_another_request_does_not_count() {
    let mut request = Request::begin(instant(0), &requested(Some(60))).unwrap();
    assert!(request.apply(instant(1), &review("bo", Verdict::Approve)).is_err());
}

#[test]
fn a_later_start_is_kept() {
    let mut request = Request::begin(instant(0), &requested(Some(500))).unwrap();
    let approved = Change::Approved {
        duration: Span::of_seconds(600).unwrap(),
        unused_until: instant(5_000),
        by: Vec::new(),
        scope: None,
    };
    request.apply(instant(1), &approved).unwrap();
    let early = Change::Activated { until: request.end_if_activated(instant(499)) };
    assert!(request.apply(instant(499), &early).is_err());
    let due = Change::Activated { until: request.end_if_activated(instant(500)) };
    assert!(request.apply(instant(500), &due).is_ok());
}

#[test]
fn no_grant_outlives_not_after() {
    let mut request = Request::begin(instant(0), &requested(None)).unwrap();
    let approved = Change::Approved {
        duration: Span::of_seconds(3_600).unwrap(),
        unused_until: instant(90_000),
        by: Vec::new(),
        scope: None,
    };
    request.apply(instant(9_000), &approved).unwrap();
    assert_eq!(request.end_if_activated(instant(39_000)), instant(40_000));
    assert_eq!(request.state_at(instant(40_000)), State::Expired);
}

#[test]
fn an_emergency_is_reviewed_once_whatever_has_become_of_it() {
    let by = |name: &str, verdict| Change::Acknowledged {
        by: name.parse().unwrap(),
        signed: word(Way::BreakGlass, name, verdict),
    };
    let broken = Change::GlassBroken { duration: Span::of_seconds(600).unwrap(), unused_until: instant(600) };
    let begin = || Request::begin(instant(0), &requested_by(Way::BreakGlass, None)).unwrap();
    assert!(begin().apply(instant(1), &by("bo", Verdict::Approve)).is_err(), "nothing was broken yet");
    let lapsed = Change::Expired { lapse: Lapse::NeverUsed };
    for close in [Some(lapsed), Some(Change::Cancelled { by: "ana".parse().unwrap() }), None] {
        let mut request = begin();
        request.apply(instant(0), &broken).unwrap();
        assert!(request.is_unreviewed());
        if let Some(close) = &close {
            let at = if matches!(close, Change::Expired { .. }) { 600 } else { 10 };
            request.apply(instant(at), close).unwrap();
        }
        let state = request.state;
        assert!(request.apply(instant(700), &by("ana", Verdict::Approve)).is_err(), "one's own");
        let foreign = Change::Acknowledged {
            by: "bo".parse().unwrap(),
            signed: word(Way::Request, "bo", Verdict::Approve),
        };
        assert!(request.apply(instant(700), &foreign).is_err(), "of another request");
        let lent = Change::Acknowledged {
            by: "cy".parse().unwrap(),
            signed: word(Way::BreakGlass, "bo", Verdict::Approve),
        };
        assert!(request.apply(instant(700), &lent).is_err(), "somebody else's word");
        request.apply(instant(700), &by("bo", Verdict::Deny)).unwrap();
        assert_eq!(request.state, state);
        assert!(request.apply(instant(701), &by("cy", Verdict::Approve)).is_err(), "twice");
    }
}
