use super::*;
use crate::audit::TokenEvidence;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn token(subject: &str, issued: i64) -> Evidence {
    Evidence::Token(TokenEvidence {
        token: "canary".to_owned(),
        jwk: "canary".to_owned(),
        random: None,
        issued: at(issued),
        issuer: "https://login.example.com".to_owned(),
        subject: subject.to_owned(),
        account: None,
        label: String::new(),
        groups: Some(Vec::new()),
    })
}

fn enrolled(person: &str, key: &str, until: Option<i64>, evidence: Evidence) -> Subject {
    let (key, line) = (key.to_owned(), String::new());
    Subject::Enrolled { person: person.parse().unwrap(), key, line, until: until.map(at), evidence }
}

/// A roster after these events, one a second from 100 on.
fn after(subjects: &[Subject]) -> Roster {
    let mut roster = Roster::default();
    for (number, subject) in subjects.iter().enumerate() {
        let number = u64::try_from(number).unwrap();
        roster.take(number + 1, at(100 + i64::try_from(number).unwrap()), subject, None);
    }
    roster
}

/// The keys by their logins, which must be those that a look-up by key finds.
fn keys(roster: &Roster) -> Vec<(String, String)> {
    let all = roster.logins().flat_map(|login| login.keys.iter().map(move |key| (login, key)));
    let found: Vec<_> = all.map(|(login, key)| (login.evidence.login(), key.fingerprint.clone())).collect();
    for (login, key) in &found {
        assert_eq!(roster.enrolled_key(key).unwrap().0.evidence.login(), *login);
    }
    assert_eq!(roster.by_key.len(), found.len());
    found
}

fn confirmed(person: &str, key: &str) -> Subject {
    Subject::Confirmed {
        person: person.parse().unwrap(),
        key: key.to_owned(),
        by: "dee".parse().unwrap(),
        with: "SHA256:dee".to_owned(),
        signed: crate::grant::Signed { statement: String::new(), signature: String::new() },
    }
}

fn entered(key: &str, token: &str) -> Subject {
    Subject::Entered {
        workload: "deploy".parse().unwrap(),
        key: key.to_owned(),
        until: at(10_000),
        job: "run_id=1".to_owned(),
        token: token.to_owned(),
        jwk: String::new(),
        issuer: "https://ci.example.com".to_owned(),
        claims: BTreeMap::new(),
    }
}

#[test]
fn a_token_of_a_job_enters_once_whatever_its_signature() {
    // Two calls at once, and another valid signature of the same text.
    let roster =
        after(&[entered("first", "a.b.one"), entered("second", "a.b.one"), entered("third", "a.b.two")]);
    assert_eq!(roster.jobs().map(|job| job.fingerprint.as_str()).collect::<Vec<_>>(), ["first"]);
    assert!(roster.has_entered(&token_digest("a.b.three")));
    // The key of a job cannot be enrolled.
    let roster = after(&[entered("key", "a.b.one"), enrolled("ana", "key", None, token("ana", 100))]);
    assert_eq!(keys(&roster), []);
}

#[test]
fn sessions_never_displace_a_key_that_stays() {
    let mut subjects = vec![enrolled("ana", "stays", None, token("ana", 100)), confirmed("ana", "stays")];
    for number in 0..100 {
        subjects.push(enrolled("ana", &format!("session-{number}"), Some(9_999), token("ana", 100)));
    }
    let roster = after(&subjects);
    assert_eq!(keys(&roster).len(), MAX_KEYS);
    assert_eq!(roster.enrolled_key("stays").unwrap().1.confirmed.len(), 1);
    assert!(roster.enrolled_key("session-0").is_none() && roster.enrolled_key("session-99").is_some());
}

#[test]
fn an_expired_session_is_forgotten_at_the_next_sign_in() {
    let first = enrolled("ana", "one", Some(101), token("ana", 100));
    let roster =
        after(&[first, confirmed("ana", "one"), enrolled("ana", "two", Some(999), token("ana", 101))]);
    assert_eq!(keys(&roster), [("token https://login.example.com ana".to_owned(), "two".to_owned())]);
}

#[test]
fn a_key_of_a_listed_person_moves_between_their_logins_with_its_confirmations() {
    let github = Evidence::GitHub { id: 7, login: "ana".to_owned() };
    let subjects = [
        enrolled("ana", "laptop", None, token("00u1", 100)),
        confirmed("ana", "laptop"),
        confirmed("ana", "laptop"),
        enrolled("ana", "laptop", Some(999), github),
    ];
    let roster = after(&subjects);
    assert_eq!(keys(&roster), [("github 7".to_owned(), "laptop".to_owned())]);
    let key = roster.enrolled_key("laptop").unwrap().1;
    assert_eq!((key.until, key.confirmed.len()), (None, 1), "it stays, and a confirmation counts once");
}

#[test]
fn a_key_of_somebody_else_and_proofs_that_come_late_change_nothing() {
    let left = Subject::Left {
        person: "bo".parse().unwrap(),
        logins: Vec::new(),
        why: String::new(),
        by: None,
        signed: None,
    };
    let roster = after(&[
        enrolled("ana", "laptop", None, token("ana", 100)),
        enrolled("cy", "laptop", None, token("cy", 101)),
        Subject::Proved { person: "ana".parse().unwrap(), evidence: token("ana", 90) },
        left,
        enrolled("bo", "bo", None, token("bo", 103)),
        enrolled("bo", "bo-2", None, token("bo", 104)),
    ]);
    assert_eq!(roster.enrolled_key("laptop").unwrap().0.person.as_str(), "ana");
    assert_eq!(roster.login("token https://login.example.com ana").unwrap().proved, at(100));
    assert!(roster.enrolled_key("bo").is_none() && roster.enrolled_key("bo-2").is_some());
    let texts = format!("{roster:?}");
    assert!(!texts.contains("canary"), "tokens stay in the log");
}

#[test]
fn an_accepted_gap_forgets_all_and_counts_nothing_from_before() {
    let gap = Subject::GapAccepted { lost: None, hash: None };
    let roster = after(&[
        enrolled("ana", "laptop", None, token("ana", 100)),
        gap,
        enrolled("cy", "cy", None, token("cy", 101)),
        enrolled("cy", "cy-2", None, token("cy", 102)),
    ]);
    assert_eq!(keys(&roster).len(), 1);
    assert!(roster.enrolled_key("cy-2").is_some());
}

/// Evidence of an account that another claim names.
fn named(subject: &str, account: &str, issued: i64) -> Evidence {
    let Evidence::Token(token) = token(subject, issued) else { unreachable!("it is a token") };
    Evidence::Token(TokenEvidence { account: Some(account.to_owned()), ..token })
}

/// Two sign-ins at once may both have passed the check of their route: the first name of an account counts.
#[test]
fn an_account_has_one_name_until_somebody_else_ends_its_person() {
    let first = enrolled("quinn", "one", None, named("quinn", "00u1", 100));
    let second = enrolled("quentin", "two", None, named("quentin", "00u1", 100));
    let roster = after(&[first.clone(), second.clone()]);
    assert_eq!(keys(&roster), [("token https://login.example.com quinn".to_owned(), "one".to_owned())]);
    let proved =
        Subject::Proved { person: "quentin".parse().unwrap(), evidence: named("quentin", "00u1", 100) };
    assert_eq!(after(&[first.clone(), proved]).logins().count(), 1);
    // Another account, and another value of the claim for a person whom the policy lists, are let in.
    let other = enrolled("quentin", "two", None, named("quentin", "00u2", 100));
    let same = enrolled("quinn", "two", None, named("quinn@example.com", "00u1", 100));
    assert_eq!(after(&[first.clone(), other]).logins().count(), 2);
    assert_eq!(after(&[first.clone(), same]).logins().count(), 2);
    let left = |by: Option<&str>| Subject::Left {
        person: "quinn".parse().unwrap(),
        logins: Vec::new(),
        why: String::new(),
        by: by.map(|by| by.parse().unwrap()),
        signed: None,
    };
    for (by, freed) in [(None, 0), (Some("quinn"), 0), (Some("dee"), 1)] {
        assert_eq!(after(&[first.clone(), left(by), second.clone()]).logins().count(), freed, "{by:?}");
    }
}
