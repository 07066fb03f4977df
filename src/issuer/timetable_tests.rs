//! Tests of the times of keys, with and without another host.

use proptest::prelude::*;

use super::*;

proptest! {
    #[test]
    fn a_key_signs_only_when_known_and_is_known_while_its_tokens_live(
        steps in prop::collection::vec((0_i64..200_000, prop::bool::ANY), 1..60),
    ) {
        let timetable = Timetable::default();
        let day = SignedDuration::from_hours(24);
        let token_and_tolerance = SignedDuration::from_secs(60 + 300);
        let start: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let mut schedule = Schedule::beginning("key-0", start);
        let mut now = start;
        let mut published_since = vec![("key-0".to_owned(), start)];
        let mut tokens: Vec<(String, Timestamp)> = Vec::new();
        for (index, (seconds, rotate)) in steps.into_iter().enumerate() {
            now += SignedDuration::from_secs(seconds);
            if rotate && schedule.waiting(now).is_none() {
                let kid = format!("key-{}", index + 1);
                schedule.add(&kid, now, timetable);
                published_since.push((kid, now));
                schedule.forget_retired(now);
            }
            let signing = schedule.signing(now, None).unwrap().to_owned();
            prop_assert!(schedule.is_published(&signing, now));
            let since = published_since.iter().find(|(kid, _)| *kid == signing).unwrap().1;
            prop_assert!(signing == "key-0" || now.duration_since(since) >= day);
            tokens.push((signing, now));
            for (kid, signed) in &tokens {
                if now.duration_since(*signed) <= token_and_tolerance {
                    prop_assert!(schedule.is_published(kid, now));
                }
            }
        }
    }
}

#[test]
fn a_clock_set_back_uses_the_key_known_longest() {
    let start: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    let mut schedule = Schedule::beginning("old", start);
    schedule.add("new", start, Timetable::default());
    assert_eq!(schedule.signing("2025-01-01T00:00:00Z".parse().unwrap(), None), Some("old"));
    assert_eq!(schedule.signing("2026-01-01T23:59:59Z".parse().unwrap(), None), Some("old"));
    assert_eq!(schedule.signing("2026-01-02T00:00:00Z".parse().unwrap(), None), Some("new"));
    assert!(schedule.is_published("old", "2026-01-02T23:59:59Z".parse().unwrap()));
    assert!(!schedule.is_published("old", "2026-01-03T00:00:00Z".parse().unwrap()));
}

/// A broker that is its own issuer writes the form that every version reads.
#[test]
fn the_form_of_older_versions_stays_while_the_issuer_is_the_broker() {
    let old = r#"{"version":1,"keys":[{"kid":"0000000000000000000000000000000000000000000","created":"2026-01-01T00:00:00Z","use_from":"2026-01-01T00:00:00Z","retired":null}]}"#;
    let schedule = Schedule::from_json(old.as_bytes()).unwrap();
    let again: serde_json::Value = serde_json::from_str(&schedule.to_json()).unwrap();
    assert_eq!(again, serde_json::from_str::<serde_json::Value>(old).unwrap());
}

const URL: &str = "https://jit-issuer.example.com";

fn at(hours: i64) -> Timestamp {
    "2026-01-01T00:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_hours(hours)
}

/// One look at a host that serves these keys, and the key that signs after it.
fn look<'a>(schedule: &'a mut Schedule, hours: i64, served: &[&str]) -> Option<&'a str> {
    let served: Vec<String> = served.iter().map(|kid| (*kid).to_owned()).collect();
    schedule.saw(URL, &served, at(hours));
    schedule.put_off(URL, at(hours), Timetable::default());
    schedule.signing(at(hours), Some(URL))
}

#[test]
fn a_key_that_arrives_late_signs_a_day_after_it_arrived() {
    let mut schedule = Schedule::beginning("old", at(0));
    assert_eq!(schedule.signing(at(0), Some(URL)), None, "no host serves it");
    assert_eq!(schedule.due(at(0)), Some("old"));
    assert_eq!(look(&mut schedule, 1, &["old"]), Some("old"), "the first key need not wait");
    schedule.add("new", at(100), Timetable::default());
    for hours in [101, 123, 124, 125, 150, 170] {
        assert_eq!(look(&mut schedule, hours, &["old"]), Some("old"), "{hours}");
        assert!(schedule.is_published("old", at(hours)) && schedule.is_published("new", at(hours)));
    }
    assert_eq!(look(&mut schedule, 180, &["old", "new"]), Some("old"));
    assert_eq!(look(&mut schedule, 203, &["old", "new"]), Some("old"));
    assert_eq!(look(&mut schedule, 204, &["old", "new"]), Some("new"));
    assert!(schedule.is_published("old", at(227)) && !schedule.is_published("old", at(228)));
    let gone = schedule.forget_retired(at(228));
    assert_eq!(gone, ["old"]);
    for _ in 0..30 {
        schedule.remember(&gone);
    }
    assert_eq!(schedule.removed(), ["old"; MOST_REMOVED]);
}

#[test]
fn a_key_that_the_host_loses_does_not_sign_and_no_key_signs_before_its_time() {
    let mut schedule = Schedule::beginning("old", at(0));
    look(&mut schedule, 0, &["old"]);
    assert_eq!(look(&mut schedule, 1, &[]), None);
    schedule.add("new", at(10), Timetable::default());
    assert_eq!(look(&mut schedule, 11, &["new"]), None, "it has not been published for a day");
    assert_eq!(look(&mut schedule, 34, &["new"]), Some("new"), "and the other one is gone");
    assert_eq!(look(&mut schedule, 35, &["old"]), Some("old"), "the host shows an older copy");
    assert_eq!(look(&mut schedule, 36, &["old", "new"]), Some("old"), "a day anew for the new one");
    assert_eq!(look(&mut schedule, 60, &["old", "new"]), Some("new"));
    // The broker saw the keys at one address. At another address nobody has seen them.
    assert_eq!(schedule.signing(at(61), Some("https://other.example.com")), None);
    assert_eq!(schedule.signing(at(61), None), Some("new"));
}

proptest! {
    /// At every time, the signing key is one that the host served at the last look, and it is in the key set. If an older key
    /// could sign too, the host has served the signing key for a day without a break.
    #[test]
    fn only_what_the_host_serves_signs(
        steps in prop::collection::vec((0_i64..40, prop::bool::ANY, 0_u8..8), 1..80),
    ) {
        let name = |number: usize| format!("{number:0>43}");
        let mut schedule = Schedule::beginning(&name(0), at(0));
        let mut kids = vec![name(0)];
        let mut since = std::collections::BTreeMap::<String, i64>::new();
        let mut hours = 0;
        for (passed, rotates, mask) in steps {
            hours += passed;
            if rotates && schedule.waiting(at(hours)).is_none() {
                let kid = name(kids.len());
                schedule.add(&kid, at(hours), Timetable::default());
                schedule.forget_retired(at(hours));
                kids.push(kid);
            }
            schedule.put_off(URL, at(hours), Timetable::default());
            let recent = kids.iter().rev().take(3).enumerate();
            let served: Vec<&str> = recent
                .filter(|(place, kid)| mask & (1 << place) != 0 && schedule.is_published(kid, at(hours)))
                .map(|(_, kid)| kid.as_str())
                .collect();
            since.retain(|kid, _| served.contains(&kid.as_str()));
            for kid in &served {
                since.entry((*kid).to_owned()).or_insert(hours);
            }
            let before: Vec<String> = schedule.records().iter().map(|key| key.kid.clone()).collect();
            let Some(signing) = look(&mut schedule, hours, &served).map(str::to_owned) else { continue };
            prop_assert!(served.contains(&signing.as_str()) && schedule.is_published(&signing, at(hours)));
            let place = before.iter().position(|kid| *kid == signing).unwrap();
            let newest = place + 1 == before.len();
            let others = before[..place].iter().any(|kid| served.contains(&kid.as_str()));
            prop_assert!(!newest || !others || hours - since[&signing] >= 24);
            let ordered = schedule.records().windows(2).all(|two| two[0].use_from <= two[1].use_from);
            prop_assert!(ordered && Schedule::from_json(schedule.to_json().as_bytes()).is_ok());
        }
    }
}

#[test]
fn refuses_a_file_that_jit_did_not_write() {
    for bad in ["", "{}", r#"{"version":1,"keys":[]}"#, r#"{"version":2,"keys":[]}"#] {
        assert!(Schedule::from_json(bad.as_bytes()).is_err(), "{bad}");
    }
    let path = r#"{"version":1,"keys":[{"kid":"../../etc/passwd","created":"2026-01-01T00:00:00Z","use_from":"2026-01-01T00:00:00Z","retired":null}]}"#;
    assert!(Schedule::from_json(path.as_bytes()).is_err());
}
