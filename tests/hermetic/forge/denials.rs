//! A denial on the web, wherever its pull request is moved afterwards: no equal request is approved without a review
//! for a day, and a run that ends the request records the denial.

use std::sync::Arc;
use std::time::Duration;

use http::Method;
use jiff::SignedDuration;
use jit::forge::review_body;
use jit::grant::Statement;
use jit::grant::Verdict;
use jit::grant::statement::Header;
use jit::grant::statement::ReviewStatement;
use jit::grant::statement::Way;
use jit::identity::statement::sign;
use serde_json::Value;
use serde_json::json;

use super::case::signer;
use super::hostile::call;
use super::hub::Asked;
use super::hub::Hub;
use super::hub::outcome;
use super::hub::said;
use super::limits::AUTOMATIC;
use super::limits::Duty;
use super::limits::refused;
use super::limits::write;

const WORDS: &str = "a reviewer denied it on pull request ";

/// A hub whose role is approved automatically for people on call, and ana is on call.
fn on_call() -> Hub {
    let hub = Hub::new();
    write(&hub, "[facts.oncall]\nurl = \"https://duty.example.com/now\"\n", AUTOMATIC);
    hub.http.route("https://duty.example.com", Arc::new(Duty(Some("ana"))));
    hub
}

fn change(hub: &Hub, asked: &Asked, body: &Value) {
    let (status, answer) = call(hub, "ana", Method::PATCH, &format!("/pulls/{}", asked.pull), body);
    assert_eq!(status, 200, "{answer}");
}

fn branch(hub: &Hub, name: &str) {
    let main = hub.tip("main");
    hub.wait(hub.client("olga").create_branch(name, &main)).unwrap();
}

/// Ana asks for the same again, and a run would have to approve it automatically.
#[track_caller]
fn again(hub: &Hub, seed: u8, denied: &Asked) {
    let asked = hub.ask(seed, |statement| statement.reason = format!("INC-{seed}"));
    let words = format!("{WORDS}{}", denied.pull);
    refused(&hub.run("ana", &hub.inputs("mint", &asked)), &words);
    hub.wait(hub.client("ana").close_pull(asked.pull)).unwrap();
}

#[test]
fn a_denial_counts_into_whichever_branch_its_pull_request_leads_and_in_every_state() {
    let hub = on_call();
    branch(&hub, "dev");
    let denied = hub.ask(1, |_| {});
    hub.review("bo", &denied, "REQUEST_CHANGES");
    change(&hub, &denied, &json!({ "base": "dev" }));
    hub.wait(hub.client("ana").close_pull(denied.pull)).unwrap();
    again(&hub, 2, &denied);
    // Back into main, and closed as before.
    change(&hub, &denied, &json!({ "base": "main" }));
    again(&hub, 3, &denied);
    change(&hub, &denied, &json!({ "base": "dev" }));
    // Merged into a branch that no rule protects.
    change(&hub, &denied, &json!({ "state": "open" }));
    hub.github.world().repository_mut(hub.repository).pulls.get_mut(&denied.pull).unwrap().draft = false;
    let merge = format!("/pulls/{}/merge", denied.pull);
    assert_eq!(call(&hub, "cy", Method::PUT, &merge, &json!({})).0, 200);
    again(&hub, 4, &denied);
    // A day later it no longer counts.
    hub.clock.advance(Duration::from_secs(25 * 3600));
    let late = hub.ask(5, |statement| statement.reason = "INC-5".to_owned());
    let run = hub.run("ana", &hub.inputs("mint", &late));
    assert_eq!(run.conclusion, Some("success"), "{}", said(&run, "decide"));
}

/// A request with a start weeks ahead can be denied long after it was opened.
#[test]
fn a_denial_of_an_old_request_counts_from_when_it_was_given() {
    let hub = on_call();
    let denied = hub.ask(1, |statement| {
        let start = statement.created + SignedDuration::from_hours(20 * 24);
        statement.start = Some(start);
        statement.not_after = start + SignedDuration::from_hours(30);
    });
    hub.clock.advance(Duration::from_secs(19 * 24 * 3600));
    hub.review("bo", &denied, "REQUEST_CHANGES");
    hub.wait(hub.client("ana").close_pull(denied.pull)).unwrap();
    again(&hub, 2, &denied);
}

/// A signed denial counts as its signer's whoever posted it, here as on the request itself.
#[test]
fn a_signed_denial_counts_whoever_brought_it() {
    let hub = on_call();
    let denied = hub.ask(1, |_| {});
    let statement = ReviewStatement {
        header: Header {
            authority: jit::github::authority(hub.repository),
            who: "bo".parse().unwrap(),
            at: "2026-11-23T12:00:00Z".parse().unwrap(),
            nonce: "m".repeat(43),
        },
        request: denied.digest,
        verdict: Verdict::Deny,
        comment: "not now".to_owned(),
        duration: None,
        scope: None,
    };
    let signed = sign(&Statement::Review(statement), &signer("bo")).unwrap();
    let eve = hub.client("eve");
    hub.wait(async {
        let head = eve.pull(denied.pull).await.unwrap().head.sha;
        let body = review_body::write("From bo.", &signed);
        eve.create_review(denied.pull, &head, "COMMENT", &body).await.unwrap();
    });
    hub.wait(hub.client("ana").close_pull(denied.pull)).unwrap();
    again(&hub, 2, &denied);
}

/// A page that changes while it is read hides nothing.
#[test]
fn more_pull_requests_than_a_page_hide_no_denial() {
    let hub = on_call();
    let denied = hub.ask(1, |_| {});
    hub.review("bo", &denied, "REQUEST_CHANGES");
    hub.wait(hub.client("ana").close_pull(denied.pull)).unwrap();
    hub.wait(async {
        let (cy, main) = (hub.client("cy"), hub.tip("main"));
        let base = cy.commit(&main).await.unwrap().tree.sha;
        for number in 0..35 {
            let file = jit::github::api::repositories::NewFile {
                path: format!("notes/{number}.md"),
                content: "x".to_owned(),
            };
            let tree = cy.create_tree(Some(&base), &[file]).await.unwrap();
            let commit = cy.create_commit("x", &tree, &[&main]).await.unwrap();
            cy.create_branch(&format!("notes-{number}"), &commit).await.unwrap();
            cy.create_pull("x", &format!("notes-{number}"), "main", "").await.unwrap();
        }
    });
    again(&hub, 2, &denied);
}

/// An extension that was denied on the web needs a review when it is requested again.
#[test]
fn a_denial_of_more_time_counts_when_it_is_asked_for_again() {
    let hub = Hub::new();
    let mut policy = hub.policy("account", None);
    policy.retain(|path, _| path.starts_with("roles/"));
    let role = policy["roles/prod-admin.toml"]
        .replace("[sandbox]", "extend = { times = 2, approval = \"none\" }\n[sandbox]");
    hub.write_main(&[("roles/prod-admin.toml".to_owned(), role)].into());
    branch(&hub, "dev");
    let first = hub.approved(1);
    let run = hub.run("ana", &hub.inputs("mint", &first));
    assert_eq!(run.conclusion, Some("success"), "{}", said(&run, "decide"));
    let end = super::hub::delivered(&run).active_until;
    let more = |seed: u8| {
        hub.ask(seed, |statement| {
            statement.way = Way::Extend(first.digest);
            statement.duration = "30m".parse().unwrap();
            statement.not_after = end + SignedDuration::from_mins(30);
            statement.reason = format!("INC-{seed}");
        })
    };
    let denied = more(2);
    hub.review("bo", &denied, "REQUEST_CHANGES");
    refused(&hub.run("ana", &hub.inputs("extend", &denied)), "bo denied it");
    change(&hub, &denied, &json!({ "base": "dev", "state": "closed" }));
    let again = more(3);
    refused(&hub.run("ana", &hub.inputs("extend", &again)), &format!("{WORDS}{}", denied.pull));
    // With a review it is granted.
    hub.clock.advance(Duration::from_secs(60));
    assert_eq!(hub.tip("jit-log").len(), 40);
}

/// The end of a request records the denial on it.
#[test]
fn whatever_ends_a_request_records_the_denial_that_stands_on_it() {
    let hub = on_call();
    let events = |asked: &Asked| {
        let (tip, id) = (hub.tip("jit-log"), asked.digest.request_id());
        let path = format!("requests/{}/{id}.jsonl", &id.as_str()[..2]);
        hub.github.world().file(hub.repository, &tip, &path).unwrap()
    };
    let index = || {
        let tip = hub.tip("jit-log");
        hub.github.world().file(hub.repository, &tip, "index.json").unwrap()
    };
    let ended = hub.ask(1, |_| {});
    hub.review("bo", &ended, "REQUEST_CHANGES");
    assert_eq!(hub.run("ana", &hub.inputs("end", &ended)).conclusion, Some("success"));
    assert!(index().contains("denied") && !events(&ended).contains("cancelled"), "{}", events(&ended));
    hub.wait(hub.client("ana").close_pull(ended.pull)).unwrap();
    // By the log alone, whatever happened to the pull request.
    hub.github.world().repository_mut(hub.repository).pulls.remove(&ended.pull);
    let asked = hub.ask(2, |statement| statement.reason = "INC-43".to_owned());
    refused(&hub.run("ana", &hub.inputs("mint", &asked)), "reviews are missing");
    // A colleague's revocation does not hide it either.
    hub.review("bo", &asked, "REQUEST_CHANGES");
    let mut inputs = hub.inputs("revoke", &asked);
    inputs.insert("statement", hub.revocation("cy", &asked));
    let run = hub.run("cy", &inputs);
    assert_eq!(run.conclusion, Some("success"), "{}", said(&run, "decide"));
    assert!(!events(&asked).contains("revoked"), "{}", events(&asked));
}

/// Pending requests count whatever base their pull requests have, because one click brings them back.
/// GitHub lets whoever may write change the words of others. What an account approved is then no longer known.
#[test]
fn an_approval_whose_words_a_colleague_changed_opens_nothing() {
    let hub = Hub::new();
    let asked = hub.approved(1);
    let eve = hub.id("eve");
    let review = hub.github.world().repository(hub.repository).pulls[&asked.pull].reviews[0].clone();
    hub.github.world().edit_review(hub.repository, asked.pull, review.id, eve, "Seen, for ten days.");
    let run = hub.run("ana", &hub.inputs("mint", &asked));
    assert_eq!(outcome(&run, "decide"), "failure");
    assert!(said(&run, "decide").contains("missing"), "{}", said(&run, "decide"));
    // The reviewer's own new review counts again.
    hub.review("bo", &asked, "APPROVE");
    let run = hub.run("ana", &hub.inputs("mint", &asked));
    assert_eq!(outcome(&run, "mint"), "success", "{}", said(&run, "decide"));
}

#[test]
fn requests_that_wait_are_counted_into_whichever_branch_they_lead() {
    let hub = Hub::new();
    branch(&hub, "dev");
    let first = hub.ask(1, |_| {});
    change(&hub, &first, &json!({ "base": "dev" }));
    let twin = hub.ask(2, |statement| statement.reason = "INC-43".to_owned());
    hub.review("bo", &twin, "APPROVE");
    hub.review("dee", &twin, "APPROVE");
    let words = format!("request {} for prod-admin is open already", first.digest.request_id());
    refused(&hub.run("ana", &hub.inputs("mint", &twin)), &words);
}
