//! The token with which a job takes approved credentials: of another job, for another request, too old, or shown by
//! somebody else.

use std::collections::BTreeMap;
use std::time::Duration;

use jit::github::job_log;
use jit::github::lease::Delivered;
use jit::github::workload::taking_audience;
use jit::grant::Digest;
use jit::grant::Lease;
use jit::grant::lease::associated_data;
use jit::secret::seal::RecipientKey;
use serde_json::Value;
use serde_json::json;

use super::shop::Shop;
use super::shop::outcome;
use super::shop::said;
use crate::forge::hub::Asked;
use crate::support::github::access::Level;
use crate::support::github::access::Token;
use crate::support::github::access::TokenKind;
use crate::support::github::actions::issuer;
use crate::support::github::actions::run::Run;
use crate::support::github::seed::permissions;

/// A request that two people approved, and the token of the job that may take it.
struct Ready {
    shop: Shop,
    asked: Asked,
    key: RecipientKey,
    claims: Value,
}

fn ready() -> Ready {
    let mut shop = Shop::new();
    let run = shop.push("first");
    shop.approve(&run);
    let asked = shop.asked(&run);
    // The app's token, as a job has it.
    let named = [("actions", Level::Write), ("contents", Level::Read), ("pull_requests", Level::Write)];
    let mut world = shop.hub.github.world();
    let kind = TokenKind::Installation(1, [shop.hub.repository].into(), permissions(&named));
    world.tokens.insert("ghs_asker".to_owned(), Token { account: shop.bot, kind, expires_at: None });
    let key = RecipientKey::generate(&[42; 32]);
    let audience = taking_audience(&asked.digest, &key.public().unwrap());
    let job = run.job("deploy").unwrap().id;
    let claims = world.claims(run.id, job, Some(&audience));
    drop(world);
    shop.hub.tokens.insert("asker", "ghs_asker".to_owned());
    Ready { shop, asked, key, claims }
}

impl Ready {
    fn take(&self, who: &str, action: &str, proof: Option<String>) -> Run {
        let mut inputs: BTreeMap<&'static str, String> = self.shop.hub.inputs(action, &self.asked);
        if let Some(proof) = proof {
            inputs.insert("proof", proof);
        }
        let run = self.shop.hub.dispatch(who, &inputs);
        self.shop.go_on(run)
    }

    fn proof(&self, change: impl Fn(&mut Value)) -> Option<String> {
        let mut claims = self.claims.clone();
        change(&mut claims);
        Some(issuer::sign(&claims))
    }
}

fn delivered(run: &Run) -> Delivered {
    job_log::read(run.job("mint").unwrap().log.as_bytes()).unwrap()
}

#[test]
fn it_is_sealed_to_the_key_that_the_job_named_whoever_shows_its_token() {
    let ready = ready();
    let run = ready.take("asker", "mint", ready.proof(|_| {}));
    assert_eq!(run.conclusion, Some("success"), "{}{}", said(&run, "decide"), said(&run, "mint"));
    let first = delivered(&run);
    let authority = jit::github::authority(ready.shop.hub.repository);
    let open = |key: &RecipientKey, delivered: &Delivered| {
        let associated = associated_data(&authority, &ready.asked.digest, &delivered.run, delivered.number);
        key.open(&delivered.sealed, &associated)
    };
    let lease = Lease::from_secret_json(&open(&ready.key, &first).unwrap()).unwrap();
    assert_eq!(lease.number, 1);
    assert!(open(&RecipientKey::generate(&[43; 32]), &first).is_err());
    // A person who reads the token in the run's inputs may use it again, but cannot open the result.
    let again = ready.take("asker", "mint", ready.proof(|_| {}));
    assert_eq!(again.conclusion, Some("success"), "{}", said(&again, "decide"));
    assert!(open(&RecipientKey::generate(&[43; 32]), &delivered(&again)).is_err());
    assert_eq!(delivered(&again).number, 2);
    // When the app ends it, it has ended.
    let end = ready.take("asker", "end", None);
    assert_eq!(outcome(&end, "decide"), "success", "{}", said(&end, "decide"));
    let late = ready.take("asker", "mint", ready.proof(|_| {}));
    assert!(said(&late, "decide").contains("the request is ended"), "{}", said(&late, "decide"));
}

#[test]
fn tokens_of_other_jobs_take_nothing() {
    let ready = ready();
    let other = Digest::of(b"another");
    let public = ready.key.public().unwrap();
    let set = |claim: &'static str, value: Value| ready.proof(move |claims| claims[claim] = value.clone());
    let digest = ready.asked.digest;
    let attacks = [
        ("none", None, "has no token of its job"),
        ("the one in the file", Some(ready.asked.signed.signature.clone()), "something else"),
        ("another request's", set("aud", json!(taking_audience(&other, &public))), "something else"),
        ("for no key", set("aud", json!(taking_audience(&digest, "x"))), "not a valid X25519 key"),
        ("a cloud's", set("aud", json!("sts.amazonaws.com")), "something else"),
        ("another commit's", set("sha", json!("3".repeat(40))), "its sha is another one"),
        ("another run's", set("run_id", json!("1")), "its run_id is another one"),
        ("a second attempt's", set("run_attempt", json!("2")), "its run_attempt is another one"),
        ("another repository's", set("repository_id", json!("1")), "its repository_id is another one"),
        ("another branch's", set("ref", json!("refs/heads/x")), "its ref is another one"),
        (
            "another workflow's",
            set("workflow_ref", json!("acme/shop/.github/workflows/x.yml@refs/heads/main")),
            "its workflow_ref is another one",
        ),
        (
            "a called workflow's",
            set("job_workflow_ref", json!("evil/x/.github/workflows/x.yml@refs/heads/main")),
            "does not know it as deploy's",
        ),
        (
            "forged",
            ready.proof(|_| {}).map(|proof| format!("{}AA", &proof[..proof.len() - 2])),
            "does not count",
        ),
        ("a shell's", Some("$(id)".to_owned()), "JIT_PROOF has an invalid value"),
    ];
    for (what, proof, words) in attacks {
        let run = ready.take("asker", "mint", proof);
        assert_eq!(outcome(&run, "decide"), "failure", "{what}");
        assert!(said(&run, "decide").contains(words), "{what}: {}", said(&run, "decide"));
    }
    // Another person who has the token.
    for who in ["ana", "bo", "eve"] {
        let run = ready.take(who, "mint", ready.proof(|_| {}));
        assert!(
            said(&run, "decide").contains("somebody else dispatched the run"),
            "{}",
            said(&run, "decide")
        );
    }
    ready.shop.hub.clock.advance(Duration::from_secs(20 * 60));
    let run = ready.take("asker", "mint", ready.proof(|_| {}));
    assert!(said(&run, "decide").contains("has expired"), "{}", said(&run, "decide"));
    ready.shop.nothing_gained();
}

/// The app may dispatch, and gets nothing that a person requested.
#[test]
fn the_app_takes_nothing_that_a_person_asked_for() {
    let ready = ready();
    let persons = ready.shop.hub.approved(7);
    let inputs = ready.shop.hub.inputs("mint", &persons);
    let run = ready.shop.hub.dispatch("asker", &inputs);
    let run = ready.shop.go_on(run);
    assert!(said(&run, "decide").contains("somebody else dispatched the run"), "{}", said(&run, "decide"));
    ready.shop.nothing_gained();
}

/// The requesting account approves its own request, and so does another app's account.
#[test]
fn a_workload_does_not_review() {
    let mut ready = ready();
    let second = ready.shop.push("second");
    ready.asked = ready.shop.asked(&second);
    let reviews = format!("/repos/acme/access/pulls/{}/reviews", ready.asked.pull);
    let yes = json!({"event": "APPROVE", "body": "Yes."});
    // GitHub itself lets nobody approve their own pull request.
    assert_eq!(ready.shop.send("asker", &reviews, &yes).status, 422);
    let named = [("pull_requests", Level::Write)];
    let mut world = ready.shop.hub.github.world();
    let kind = TokenKind::Installation(2, [ready.shop.hub.repository].into(), permissions(&named));
    world.put_account(777, "helper[bot]", crate::support::github::world::Kind::Bot);
    world.tokens.insert("ghs_helper".to_owned(), Token { account: 777, kind, expires_at: None });
    drop(world);
    ready.shop.hub.tokens.insert("helper", "ghs_helper".to_owned());
    assert_eq!(ready.shop.send("helper", &reviews, &yes).status, 200);
    ready.shop.hub.review("bo", &ready.asked, "APPROVE");
    let audience = taking_audience(&ready.asked.digest, &ready.key.public().unwrap());
    let job = second.job("deploy").unwrap().id;
    ready.claims = ready.shop.hub.github.world().claims(second.id, job, Some(&audience));
    let run = ready.take("asker", "mint", ready.proof(|_| {}));
    assert!(said(&run, "decide").contains("reviews are missing: 1 of group:"), "{}", said(&run, "decide"));
    ready.shop.nothing_gained();
}
