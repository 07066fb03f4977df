//! A run checks who started it before it reads anything else, so that a colleague outside the policy cannot use up
//! anybody's API calls.

use std::collections::BTreeMap;

use super::hub::Asked;
use super::hub::Hub;
use super::hub::outcome;
use super::hub::said;
use crate::support::github::access::Role;

/// The number of calls that a run makes, and its output.
fn asked_by(hub: &Hub, who: &str, inputs: &BTreeMap<&'static str, String>) -> (usize, String) {
    let run = hub.dispatch(who, inputs);
    let before = hub.http.sent().len();
    let run = hub.finish(run);
    assert_eq!(outcome(&run, "decide"), "failure");
    (hub.http.sent().len() - before, said(&run, "decide"))
}

/// A policy with forty more roles: each file that is read costs a call.
fn large(hub: &Hub) -> Asked {
    let role = hub.policy("account", None)["roles/prod-admin.toml"].clone();
    let more = (0..40).map(|number| (format!("roles/more-{number}.toml"), role.clone()));
    let asked = hub.approved(1);
    hub.write_main(&more.collect());
    // The check of the pull request makes its own calls.
    hub.finish_all();
    asked
}

#[test]
fn a_run_whose_actor_is_not_the_author_is_refused_within_two_questions() {
    let hub = Hub::new();
    let asked = large(&hub);
    for action in ["mint", "extend", "end"] {
        // A colleague whom no policy knows, and one who may review.
        for who in ["eve", "bo"] {
            let (count, log) = asked_by(&hub, who, &hub.inputs(action, &asked));
            let words = match action {
                "end" => "only its requester ends a request",
                _ => "somebody else dispatched the run",
            };
            assert!(log.contains(words), "{log}");
            assert_eq!(count, 2, "{action} by {who}");
        }
    }
}

/// The other two actions belong to reviewers: they cost an outsider as little.
#[test]
fn what_reviewers_start_costs_an_outsider_hardly_more() {
    let hub = Hub::new();
    let asked = large(&hub);
    let (count, log) = asked_by(&hub, "eve", &hub.inputs("deny", &asked));
    assert!(log.contains("did not deny the request"), "{log}");
    assert_eq!(count, 2);
    let with = |statement: Option<String>| {
        let mut inputs = hub.inputs("revoke", &asked);
        inputs.extend(statement.map(|statement| ("statement", statement)));
        inputs
    };
    let (count, log) = asked_by(&hub, "eve", &with(None));
    assert!(log.contains("JIT_STATEMENT"), "{log}");
    assert_eq!(count, 0);
    let (count, log) = asked_by(&hub, "eve", &with(Some("AAAA".to_owned())));
    assert_eq!(count, 0, "{log}");
    // For another request, which the person may revoke.
    let other = hub.ask(2, |statement| statement.reason = "INC-43".to_owned());
    hub.finish_all();
    let (count, log) = asked_by(&hub, "eve", &with(Some(hub.revocation("bo", &other))));
    assert!(log.contains("about another request"), "{log}");
    assert_eq!(count, 0);
    // Signed with a key of their own.
    let (count, log) = asked_by(&hub, "eve", &with(Some(hub.revocation("eve", &asked))));
    assert!(log.contains("as a key of eve"), "{log}");
    assert!(count <= 5, "{count}");
    // Bo's, which everybody can read once it is given, sent by an outsider.
    let (count, log) = asked_by(&hub, "eve", &with(Some(hub.revocation("bo", &asked))));
    assert!(log.contains("the account that dispatched the run is nobody's"), "{log}");
    assert!(count <= 5, "{count}");
    let run = hub.run("cy", &with(Some(hub.revocation("bo", &asked))));
    assert_eq!(run.conclusion, Some("success"), "{}", said(&run, "decide"));
}

#[test]
fn a_forks_branch_of_the_same_name_blocks_nothing() {
    let hub = Hub::new();
    let asked = hub.approved(1);
    let branch = jit::forge::request_file::branch_of(&asked.digest.request_id());
    let fork = serde_json::json!({ "organization": "acme", "name": "copy" });
    assert_eq!(super::hostile::call(&hub, "eve", http::Method::POST, "/forks", &fork).0, 202);
    let copy = hub.github.world().repository_id("acme", "copy").unwrap();
    hub.github.world().collaborate(copy, "eve", Role::Write);
    let pull = serde_json::json!({
        "title": "x", "head": format!("acme:{branch}"), "head_repo": "copy", "base": "main",
    });
    let (status, made) = super::hostile::call(&hub, "eve", http::Method::POST, "/pulls", &pull);
    assert_eq!(status, 201, "{made}");
    assert_eq!(made["head"]["repo"]["id"], copy);
    // GitHub's own filter by head lists both.
    let listed = format!("/pulls?state=all&head=acme:{branch}");
    let (_, listed) = super::hostile::call(&hub, "ana", http::Method::GET, &listed, &serde_json::Value::Null);
    assert_eq!(listed.as_array().map(Vec::len), Some(2));
    // And one the other way: from the request's own branch into the fork, where numbers mean something else.
    let mut other = hub.github.world().repository(hub.repository).pulls[&asked.pull].clone();
    other.number = 77;
    hub.github.world().repository_mut(copy).pulls.insert(77, other);
    let run = hub.run("ana", &hub.inputs("mint", &asked));
    assert_eq!(run.conclusion, Some("success"), "{}", said(&run, "decide"));
}

#[test]
fn a_request_is_a_draft_and_cannot_be_merged() {
    let hub = Hub::new();
    let asked = hub.approved(1);
    let (_, pull) = super::hostile::call(
        &hub,
        "ana",
        http::Method::GET,
        &format!("/pulls/{}", asked.pull),
        &serde_json::Value::Null,
    );
    assert_eq!(pull["draft"], true);
    let merge = format!("/pulls/{}/merge", asked.pull);
    assert_eq!(super::hostile::call(&hub, "cy", http::Method::PUT, &merge, &serde_json::json!({})).0, 405);
    // Drafts are reviewed and used like other pull requests.
    let run = hub.run("ana", &hub.inputs("mint", &asked));
    assert_eq!(run.conclusion, Some("success"), "{}", said(&run, "decide"));
}

/// A second policy at the root does not replace the one in its folder.
#[test]
fn two_policies_in_a_repository_are_none() {
    let hub = Hub::new();
    let asked = hub.approved(1);
    let files = hub.policy("account", None).into_iter().map(|(path, text)| (format!("access/{path}"), text));
    hub.write_main(&files.collect());
    let run = hub.run("ana", &hub.inputs("mint", &asked));
    assert!(said(&run, "decide").contains("which policy is meant"), "{}", said(&run, "decide"));
}
