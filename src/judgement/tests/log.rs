//! The rules that look at what the log knows of other requests.

use super::*;
use crate::grant::ExtensionError;
use crate::grant::Purpose;
use crate::grant::WorkloadRun;

#[test]
fn after_a_denial_an_equal_request_is_not_approved_by_itself_for_a_day() {
    let nobody = policy(|role| role.replace("\"1 of group:sre\"", "\"none\""));
    let bench = bench(&nobody, &nobody);
    let denied = |role: &str, scope: Option<&str>, at: Timestamp| Sheet {
        denied: vec![(
            Digest::of(b"before"),
            Way::Request,
            role.parse().unwrap(),
            scope.map(|scope| scope.parse().unwrap()),
            at,
        )],
        ..Sheet::default()
    };
    let second = SignedDuration::from_secs(1);
    let judged = |sheet: &Sheet| decided(&bench, sheet, &asked(&bench), "ana").map(|_| ());
    assert_eq!(judged(&denied("prod", None, later(-24) + second)), Err(Rule::DeniedBefore));
    assert_eq!(judged(&denied("prod", None, later(-24))), Ok(()), "a day is over");
    assert_eq!(judged(&denied("other", None, noon())), Ok(()));
    assert_eq!(judged(&denied("prod", Some("logs"), noon())), Ok(()), "another piece");
    let may = |sheet: &Sheet| docket::may_be_automatic(sheet, &Digest::of(b"new"), &asked(&bench), noon());
    assert!(!may(&denied("prod", None, noon())));
    assert!(!may(&Sheet { lost: Some(later(-23)), ..Sheet::default() }), "one may have been lost");
    assert!(may(&Sheet { lost: Some(later(-24)), ..Sheet::default() }));
    let own = Sheet { denied: denied("prod", None, noon()).denied, ..Sheet::default() };
    assert!(
        docket::may_be_automatic(&own, &Digest::of(b"before"), &asked(&bench), noon()),
        "its own is no other's"
    );
}

#[test]
fn only_a_denial_of_the_same_is_one_of_an_equal_request() {
    let bench = same();
    let plain = asked(&bench);
    let purpose = |word: &str| Purpose {
        command: vec![word.to_owned()],
        program: Digest::of(b"program"),
        files: BTreeMap::new(),
        plan: None,
        folder: ".".to_owned(),
        commit: None,
    };
    let (true_, false_) = (purpose("true"), purpose("false"));
    let bound = RequestStatement { purpose: Some(true_.clone()), ..plain.clone() };
    let more = RequestStatement { way: Way::Extend(Digest::of(b"first")), ..plain.clone() };
    let bot: Name = "ana-bot".parse().unwrap();
    let what = |way: Way, who: &Name, errand: Errand<'_>, asked: &RequestStatement| {
        let denial = Denial {
            digest: Digest::of(b"before"),
            way,
            who,
            role: &plain.role,
            scope: None,
            errand,
            at: noon(),
            by: None,
            said: "",
        };
        denial.what(asked)
    };
    let extended = Way::Extend(Digest::of(b"first"));
    let rows = [
        (Way::Request, &*ANA, Errand::Any, &plain, "an equal request"),
        (Way::Request, &*ANA, Errand::One(&true_), &bound, "an equal request"),
        (Way::Request, &*ANA, Errand::One(&false_), &bound, "a request for prod, for another command,"),
        (Way::Request, &*ANA, Errand::One(&true_), &plain, "a request for prod, for one command,"),
        (Way::Request, &*ANA, Errand::Any, &bound, "a request for prod, for any command,"),
        (Way::Request, &*ANA, Errand::Unknown, &plain, "a request for prod"),
        (Way::Request, &*ANA, Errand::Any, &more, "a request for prod"),
        (Way::Request, &bot, Errand::Any, &plain, "a request of ana-bot for prod"),
        (extended, &*ANA, Errand::Any, &plain, "more time for prod"),
        (extended, &bot, Errand::Any, &plain, "more time for prod of ana-bot"),
        (Way::BreakGlass, &*ANA, Errand::Any, &plain, "emergency access to prod"),
    ];
    for (way, who, errand, asked, words) in rows {
        assert_eq!(what(way, who, errand, asked), words);
    }
}

#[test]
fn another_open_grant_for_the_same_prevents_a_mint() {
    let bench = same();
    let asked = asked(&bench);
    let digest = Digest::of(b"new");
    let other = |change: fn(&mut RequestStatement)| {
        let mut statement = asked.clone();
        statement.header.nonce = "o".repeat(43);
        change(&mut statement);
        let signed = open_by("ana", &statement).signed().clone();
        let change = Change::Requested { signed, pending_until: later(12), source: None };
        Request::begin(noon(), &change).unwrap()
    };
    let until = later(1);
    let activate = |mut request: Request| {
        let approved =
            Change::Approved { duration: asked.duration, unused_until: until, by: Vec::new(), scope: None };
        request.apply(noon(), &approved).unwrap();
        request.apply(noon(), &Change::Activated { until }).unwrap();
        request
    };
    let check = |request: Request| {
        let sheet = Sheet { open: vec![request], ..Sheet::default() };
        mint::check_others(&sheet, &digest, &asked, noon())
    };
    assert!(matches!(check(activate(other(|_| {}))), Err(Rule::Open { .. })));
    assert_eq!(check(other(|_| {})), Ok(()), "it waits");
    assert_eq!(check(activate(other(|asked| asked.role = "other".parse().unwrap()))), Ok(()));
    let own = activate(other(|_| {}));
    let sheet = Sheet { open: vec![own.clone()], ..Sheet::default() };
    assert_eq!(mint::check_others(&sheet, &own.digest, &asked, noon()), Ok(()), "its own is no other's");
}

fn numbered(bench: &Bench, number: usize) -> (Digest, RequestStatement) {
    let asked = RequestStatement { role: format!("role-{number}").parse().unwrap(), ..asked(bench) };
    (Digest::of(&number.to_be_bytes()), asked)
}

#[test]
fn ten_requests_wait_and_no_eleventh_of_whatever_way() {
    let bench = same();
    let new = asked(&bench);
    let digest = Digest::of(b"new");
    let room = |sheet: &Sheet, asked: &RequestStatement| docket::check_room(sheet, &digest, asked, noon());
    let waiting = |count: usize| Sheet {
        waiting: (0..count).map(|number| numbered(&bench, number)).collect(),
        ..Sheet::default()
    };
    assert_eq!(room(&waiting(9), &new), Ok(()));
    assert_eq!(room(&waiting(10), &new), Err(Rule::TooManyPending));
    assert_eq!(Rule::TooManyPending.to_string(), "10 requests wait for reviews already");
    let mut mixed = waiting(10);
    mixed.waiting[0].1.way = Way::Extend(Digest::of(b"grant"));
    assert_eq!(room(&mixed, &new), Err(Rule::TooManyPending), "more time waits for reviewers too");
    let own = Sheet { waiting: vec![(digest, new.clone())], ..waiting(9) };
    assert_eq!(room(&own, &new), Ok(()), "a request is not in its own way");
    let twin = Sheet { waiting: vec![(Digest::of(b"twin"), new.clone())], ..Sheet::default() };
    let id = Digest::of(b"twin").request_id();
    assert_eq!(room(&twin, &new), Err(Rule::Open { id, role: new.role.clone() }));
}

#[test]
fn each_run_of_a_workload_asks_for_itself() {
    let bench = same();
    let run = |run_id: u64| WorkloadRun {
        repository_id: 1,
        sha: "a".repeat(40),
        reference: "refs/heads/main".to_owned(),
        run_id,
        run_attempt: 1,
        workflow_ref: "acme/shop/.github/workflows/deploy.yml@refs/heads/main".to_owned(),
    };
    let of = |run_id: u64| RequestStatement { workload: Some(run(run_id)), ..asked(&bench) };
    let sheet = Sheet { waiting: vec![(Digest::of(b"one"), of(1))], ..Sheet::default() };
    let check = |asked: &RequestStatement| docket::check_room(&sheet, &Digest::of(b"new"), asked, noon());
    assert_eq!(check(&of(2)), Ok(()));
    assert!(matches!(check(&of(1)), Err(Rule::Open { .. })));
}

#[test]
fn an_emergency_is_one_at_a_time() {
    let bench = same();
    let glass = RequestStatement {
        way: Way::BreakGlass,
        duration: "20m".parse().unwrap(),
        not_after: noon() + SignedDuration::from_mins(40),
        ..asked(&bench)
    };
    checked(&bench, &glass).unwrap();
    let taken = decided(&bench, &Sheet::default(), &glass, "ana").unwrap();
    let lapses = noon() + SignedDuration::from_mins(20);
    assert!(
        matches!(taken.changes.as_slice(), [_, Change::GlassBroken { unused_until, .. }] if *unused_until == lapses)
    );
    let late = RequestStatement { start: Some(later(1)), ..glass.clone() };
    assert_eq!(checked(&bench, &late), Err(Rule::EmergencyStart));
    let long = RequestStatement { duration: "31m".parse().unwrap(), ..glass.clone() };
    assert_eq!(checked(&bench, &long).unwrap_err().code(), Code::Policy);
    let strange = RequestStatement {
        header: Header { who: "cy".parse().unwrap(), ..glass.header.clone() },
        ..glass.clone()
    };
    assert_eq!(checked(&bench, &strange), Err(Rule::NoEmergency("prod".parse().unwrap())));
    let admit = |sheet: &Sheet| docket::admit(sheet, &Digest::of(b"new"), &glass, None, noon());
    assert_eq!(admit(&Sheet::default()), Ok(()));
    let wrong = (Digest::of(b"before"), Way::BreakGlass, "prod".parse().unwrap(), None, later(-23));
    assert!(matches!(
        admit(&Sheet { denied: vec![wrong.clone()], ..Sheet::default() }),
        Err(Rule::FoundWrong { .. })
    ));
    let ordinary =
        Sheet { denied: vec![(wrong.0, Way::Request, wrong.2, None, wrong.4)], ..Sheet::default() };
    assert_eq!(admit(&ordinary), Ok(()), "nobody denied an emergency");
    let waits = Sheet { waiting: vec![(Digest::of(b"ordinary"), asked(&bench))], ..Sheet::default() };
    assert_eq!(admit(&waits), Ok(()), "what waits does not stand in the way of an emergency");
    let opened = open_by("ana", &glass);
    let mut first = Request::begin_read(noon(), &taken.changes[0], opened.received()).unwrap();
    first.apply(noon(), &taken.changes[1]).unwrap();
    let unreviewed = Sheet { unreviewed: Some(first.clone()), ..Sheet::default() };
    assert!(matches!(admit(&unreviewed), Err(Rule::Unreviewed { .. })));
    assert!(matches!(admit(&Sheet { open: vec![first], ..Sheet::default() }), Err(Rule::Held { .. })));
}

/// A grant of ana's that began at noon, and a request for half an hour more.
fn grant(bench: &Bench) -> (Request, RequestStatement) {
    let opened = open_by("ana", &asked(bench));
    let change =
        Change::Requested { signed: opened.signed().clone(), pending_until: later(24), source: None };
    let mut first = Request::begin(noon(), &change).unwrap();
    let duration: Span = "1h".parse().unwrap();
    let approved =
        Change::Approved { duration, unused_until: later(12), by: vec!["cy".parse().unwrap()], scope: None };
    first.apply(noon(), &approved).unwrap();
    first.apply(noon(), &Change::Activated { until: later(1) }).unwrap();
    let half: Span = "30m".parse().unwrap();
    let more = RequestStatement {
        way: Way::Extend(first.digest),
        duration: half,
        not_after: half.after(later(1)),
        ..asked(bench)
    };
    (first, more)
}

#[test]
fn more_time_fits_an_active_grant_of_the_same_person_and_the_policies() {
    let bench = same();
    let (first, more) = grant(&bench);
    let check = |asked: &RequestStatement, first: Option<&Request>, before: u32, now: Timestamp| {
        let opened = open_by("ana", asked);
        ask::check(&bench, &Case { before, ..Case::taken(&opened, now).unwrap() }, first)
    };
    assert_eq!(check(&more, Some(&first), 0, noon()), Ok(()));
    assert_eq!(check(&more, None, 0, noon()), Err(ExtensionError::Unknown.into()));
    let over = check(&more, Some(&first), 0, later(1)).unwrap_err();
    assert_eq!((over.code(), over.hint().is_some()), (Code::State, true));
    assert_eq!(
        check(&more, Some(&first), 1, noon()).unwrap_err().code(),
        Code::Policy,
        "once, says the policy"
    );
    let long = RequestStatement { not_after: later(2), ..more.clone() };
    assert_eq!(check(&long, Some(&first), 0, noon()).unwrap_err().code(), Code::Statement);
}
