//! How long a grant lasts, and that there is only one at a time: the shorter duration of both policies, at every mint.

use std::collections::BTreeMap;
use std::time::Duration;

use jit::forge::request_file;
use jit::grant::Statement;
use jit::grant::statement::Header;
use jit::grant::statement::RevokeStatement;
use jit::identity::statement::sign;
use jit::system::Clock;

use super::case::signer;
use super::hub::CLOUD;
use super::hub::Hub;
use super::hub::delivered;
use super::hub::outcome;
use super::hub::said;
use crate::support::github::actions::run::Run;
use crate::support::github::actions::runner::Runner;

#[track_caller]
fn refused(run: &Run, words: &str) {
    let log = said(run, "decide");
    assert_eq!(outcome(run, "decide"), "failure", "{log}");
    assert!(log.contains(words), "{words}: {log}");
    assert_ne!(outcome(run, "mint"), "success");
}

/// Changes the role on main.
fn rewrite(hub: &Hub, change: impl Fn(&str) -> String) {
    let path = "roles/prod-admin.toml";
    let role = hub.policy("account", None)[path].clone();
    let changed = change(&role);
    assert_ne!(changed, role);
    hub.write_main(&BTreeMap::from([(path.to_owned(), changed)]));
}

#[test]
fn a_person_has_one_open_grant_for_a_role() {
    let hub = Hub::new();
    let first = hub.approved(1);
    let run = hub.run("ana", &hub.inputs("mint", &first));
    assert_eq!(run.conclusion, Some("success"), "{}", said(&run, "decide"));
    let second = hub.approved(2);
    let words = format!("request {} for prod-admin is open already", first.digest.request_id());
    refused(&hub.run("ana", &hub.inputs("mint", &second)), &words);
    assert_eq!(hub.run("ana", &hub.inputs("end", &first)).conclusion, Some("success"));
    let run = hub.run("ana", &hub.inputs("mint", &second));
    assert_eq!(run.conclusion, Some("success"), "{}", said(&run, "decide"));
}

#[test]
fn a_policy_that_became_stricter_shortens_what_was_begun() {
    let hub = Hub::new();
    let asked = hub.approved(1);
    let run = hub.run("ana", &hub.inputs("mint", &asked));
    assert_eq!(run.conclusion, Some("success"), "{}", said(&run, "decide"));
    let before = delivered(&run).active_until;
    rewrite(&hub, |role| {
        let role = role.replace("max_duration = \"4h\"", "max_duration = \"30m\"");
        role.replace("\nduration = \"1h\"", "\nduration = \"30m\"")
    });
    hub.clock.advance(Duration::from_secs(10 * 60));
    let run = hub.run("ana", &hub.inputs("mint", &asked));
    assert_eq!(run.conclusion, Some("success"), "{}", said(&run, "decide"));
    let after = delivered(&run);
    assert_eq!(before.duration_since(after.active_until).as_mins(), 30);
    assert!(after.expires <= after.active_until);
    hub.clock.advance(Duration::from_secs(25 * 60));
    refused(&hub.run("ana", &hub.inputs("mint", &asked)), "the access ends in a few seconds");
}

/// As on a broker: a role that opens something else ends what was asked for, and putting the policy back brings nothing back.
#[test]
fn a_role_that_opens_something_else_ends_the_request_for_good() {
    let hub = Hub::new();
    let begun = hub.approved(1);
    let run = hub.run("ana", &hub.inputs("mint", &begun));
    assert_eq!(run.conclusion, Some("success"), "{}", said(&run, "decide"));
    assert_eq!(hub.run("ana", &hub.inputs("end", &begun)).conclusion, Some("success"));
    let (begun, waits) = (hub.approved(2), hub.approved(3));
    let run = hub.run("ana", &hub.inputs("mint", &begun));
    assert_eq!(run.conclusion, Some("success"), "{}", said(&run, "decide"));
    rewrite(&hub, |role| role.replace("role/prod-admin", "role/other"));
    for asked in [&begun, &waits] {
        refused(&hub.run("ana", &hub.inputs("mint", asked)), "the policy changed: prod-admin now opens");
    }
    let path = "roles/prod-admin.toml";
    hub.write_main(&BTreeMap::from([(path.to_owned(), hub.policy("account", None)[path].clone())]));
    for asked in [&begun, &waits] {
        refused(&hub.run("ana", &hub.inputs("mint", asked)), "the request is revoked");
    }
}

#[test]
fn what_starts_later_is_not_had_before() {
    let hub = Hub::new();
    let asked = hub.ask(1, |statement| {
        statement.start = Some(statement.created + jiff::SignedDuration::from_hours(2));
    });
    hub.review("bo", &asked, "APPROVE");
    hub.review("dee", &asked, "APPROVE");
    refused(&hub.run("ana", &hub.inputs("mint", &asked)), "the access starts at");
    hub.clock.advance(Duration::from_secs(2 * 3600));
    let run = hub.run("ana", &hub.inputs("mint", &asked));
    assert_eq!(run.conclusion, Some("success"), "{}", said(&run, "decide"));
}

#[test]
fn a_revocation_takes_away_what_it_names() {
    let hub = Hub::new();
    let first = hub.approved(1);
    let run = hub.run("ana", &hub.inputs("mint", &first));
    assert_eq!(run.conclusion, Some("success"), "{}", said(&run, "decide"));
    // Bo's own statement, for another request, and one that bo did not sign.
    let other = hub.ask(2, |statement| statement.reason = "INC-43".to_owned());
    let mut inputs = hub.inputs("revoke", &first);
    inputs.insert("statement", hub.revocation("bo", &other));
    refused(&hub.run("dee", &inputs), "the statement is about another request");
    let forged = Statement::Revoke(RevokeStatement {
        header: Header {
            authority: jit::github::authority(hub.repository),
            who: "bo".parse().unwrap(),
            at: jit::grant::span::whole_seconds(hub.clock.now()),
            nonce: "r".repeat(43),
        },
        request: first.digest,
        reason: "not any more".to_owned(),
    });
    let forged = sign(&forged, &signer("eve")).unwrap();
    let packed = data_encoding::BASE64URL_NOPAD.encode(request_file::write(&forged).as_bytes());
    inputs.insert("statement", packed);
    refused(&hub.run("dee", &inputs), "as a key of bo");
    // A clock that is ahead signs for later. A revocation of another time cannot be kept.
    inputs.insert("statement", hub.revocation("bo", &first));
    hub.clock.set(hub.clock.now() - jiff::SignedDuration::from_mins(6));
    let early = hub.run("dee", &inputs);
    assert_ne!(early.conclusion, Some("success"), "{}", said(&early, "decide"));
    hub.clock.set(hub.clock.now() + jiff::SignedDuration::from_mins(6));
    assert_eq!(hub.run("dee", &inputs).conclusion, Some("success"));
}

#[test]
fn what_is_taken_away_between_two_jobs_is_not_minted() {
    let hub = Hub::new();
    let asked = hub.approved(1);
    let minting = hub.dispatch("ana", &hub.inputs("mint", &asked));
    let runner = Runner::new(&hub.github, &hub.shell);
    assert_eq!(runner.run_next(Some(minting)).unwrap().1, "decide");
    let mut inputs = hub.inputs("revoke", &asked);
    inputs.insert("statement", hub.revocation("bo", &asked));
    let revoking = hub.dispatch("bo", &inputs);
    assert_eq!(runner.run_next(Some(revoking)).unwrap().1, "decide");
    let cloud = |hub: &Hub| hub.http.sent().iter().filter(|request| request.url.starts_with(CLOUD)).count();
    let before = cloud(&hub);
    let run = hub.finish(minting);
    assert_eq!((outcome(&run, "decide"), outcome(&run, "mint")), ("success", "failure"));
    assert!(said(&run, "mint").contains("the request is revoked"), "{}", said(&run, "mint"));
    assert_eq!(cloud(&hub), before);
}
