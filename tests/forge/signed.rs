//! A role that wants signed reviews, on the double: what the web gives is not enough, and what was signed is recorded.

use jit::forge::log::JournalLink;
use jit::forge::review_body;
use jit::grant::Change;
use jit::grant::Statement;
use jit::grant::Verdict;
use jit::grant::statement::Header;
use jit::grant::statement::ReviewStatement;
use jit::identity::statement::sign;
use jit::system::Clock;

use super::case::signer;
use super::hub::Asked;
use super::hub::Hub;
use super::hub::outcome;
use super::hub::said;

/// Reviews as `jit approve` would.
fn approve(hub: &Hub, who: &str, asked: &Asked) {
    let statement = Statement::Review(ReviewStatement {
        header: Header {
            authority: jit::forge::authority(hub.repository),
            who: who.parse().unwrap(),
            at: jit::grant::span::whole_seconds(hub.clock.now()),
            nonce: "m".repeat(43),
        },
        request: asked.digest,
        verdict: Verdict::Approve,
        comment: String::new(),
        duration: "20m".parse().ok(),
        scope: None,
    });
    let body = review_body::write("I agree.", &sign(&statement, &signer(who)).unwrap());
    let client = hub.client(who);
    hub.wait(async {
        let head = client.pull(asked.pull).await.unwrap().head.sha;
        client.create_review(asked.pull, &head, "APPROVE", &body).await.unwrap();
    });
}

#[test]
fn signed_reviews_count_are_heeded_and_recorded() {
    let hub = Hub::new();
    let mut policy = hub.policy("key", None);
    policy.retain(|path, _| path.starts_with("roles/"));
    hub.write_main(&policy);
    let asked = hub.approved(1);
    let run = hub.run("ana", &hub.inputs("mint", &asked));
    assert_eq!(outcome(&run, "decide"), "failure");
    assert!(said(&run, "decide").contains("reviews are missing"), "{}", said(&run, "decide"));
    approve(&hub, "bo", &asked);
    approve(&hub, "dee", &asked);
    let run = hub.run("ana", &hub.inputs("mint", &asked));
    assert_eq!(run.conclusion, Some("success"), "{}", said(&run, "decide"));
    let id = asked.digest.request_id();
    let path = format!("requests/{}/{id}.jsonl", &id.as_str()[..2]);
    let tip = hub.tip("jit-log");
    let text = hub.github.world().file(hub.repository, &tip, &path).unwrap();
    let link: JournalLink = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    let public = jit::forge::log::JournalKey::read(&hub.key).unwrap().public().unwrap();
    let entry = link.verify(&[public], &jit::forge::authority(hub.repository)).unwrap();
    let words: Vec<&str> = entry.steps.iter().map(|step| step.change.word()).collect();
    assert_eq!(words, ["requested", "reviewed", "reviewed", "approved", "activated", "minted"]);
    // Their ceiling holds.
    let approved = entry.steps.iter().find_map(|step| match &step.change {
        Change::Approved { duration, by, .. } => Some((duration.to_string(), by.len())),
        _ => None,
    });
    assert_eq!(approved, Some(("20m".to_owned(), 2)));
    assert_eq!((entry.run, entry.actor, entry.reviews.len()), (run.id, hub.id("ana"), 4));
    assert!(link.verify(&[[7; 32]], &jit::forge::authority(hub.repository)).is_err());
    assert!(link.verify(&[public], "github:1").is_err());
}
