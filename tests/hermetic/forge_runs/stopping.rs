//! The end of a grant, by its owner and by others, and what remains of it.

use jit::authority::Authority;
use jit::authority::Listing;
use jit::authority::StatementAuthority;
use jit::grant::Signed;
use jit::grant::State;
use jit::grant::Statement;
use jit::grant::statement::Header;
use jit::grant::statement::RevokeStatement;
use jit::identity::statement::sign;
use jit::system::Clock;

use super::laptop::Laptop;
use crate::forge::case::signer;
use crate::forge::hub::Asked;
use crate::forge::hub::Hub;

pub fn revocation(hub: &Hub, who: &str, asked: &Asked) -> Signed {
    let statement = Statement::Revoke(RevokeStatement {
        header: Header {
            authority: jit::github::authority(hub.repository),
            who: who.parse().unwrap(),
            at: jit::grant::span::whole_seconds(hub.clock.now()),
            nonce: "r".repeat(43),
        },
        request: asked.digest,
        reason: "not any more".to_owned(),
    });
    sign(&statement, &signer(who)).unwrap()
}

fn pull_state(hub: &Hub, asked: &Asked) -> String {
    hub.wait(hub.client("ana").pull(asked.pull)).unwrap().state
}

#[test]
fn an_end_is_recorded_and_closes_the_pull_request_with_a_summary() {
    let hub = Hub::new();
    let asked = hub.approved(1);
    let laptop = Laptop::of(&hub, "ana");
    laptop.lease(&asked, None).unwrap();
    assert_eq!(pull_state(&hub, &asked), "open");
    let view = hub.wait(laptop.authority.end(&asked.digest.request_id(), true)).unwrap();
    assert_eq!((view.state, pull_state(&hub, &asked).as_str()), (State::Ended, "closed"));
    let comments = hub.wait(hub.client("ana").comments(asked.pull)).unwrap();
    let summary =
        comments.iter().filter_map(|comment| comment.body.as_deref()).find(|body| body.contains("is ended"));
    assert!(summary.unwrap().contains("Credentials were minted 1 times."), "{summary:?}");
    let refused = laptop.lease(&asked, Some(1)).unwrap_err();
    assert!(refused.to_string().contains("the request is ended"), "{refused}");
    // What is over stays so, and costs no run.
    let runs = laptop.runs().len();
    let again = hub.wait(laptop.authority.end(&asked.digest.request_id(), true)).unwrap();
    assert_eq!((again.state, laptop.runs().len()), (State::Ended, runs));
}

#[test]
fn an_end_that_is_not_waited_for_is_accepted_and_recorded_later() {
    let hub = Hub::new();
    let asked = hub.approved(1);
    let laptop = Laptop::of(&hub, "ana");
    let id = asked.digest.request_id();
    laptop.lease(&asked, None).unwrap();
    let began = hub.clock.now();
    let view = hub.wait(laptop.authority.end(&id, false)).unwrap();
    assert_eq!((view.state, laptop.runs().len()), (State::Active, 2));
    assert_eq!(hub.clock.now(), began, "nothing was waited for");
    // Typed again, it is the same run.
    hub.wait(laptop.authority.end(&id, false)).unwrap();
    assert_eq!(laptop.runs().len(), 2);
    hub.finish_all();
    assert_eq!(hub.wait(laptop.authority.request(&id)).unwrap().state, State::Ended);
    // The next look at one's own requests closes the pull request.
    hub.wait(laptop.authority.requests(Listing::Mine)).unwrap();
    assert_eq!(pull_state(&hub, &asked), "closed");
    // A run that failed is no end: the next command starts another one, and `--wait` says how it ended.
    let asked = hub.ask(2, |statement| statement.reason = "INC-43".to_owned());
    let id = asked.digest.request_id();
    laptop.stop_runners(true);
    hub.wait(laptop.authority.end(&id, false)).unwrap();
    let run = laptop.runs().last().unwrap().id;
    hub.github.world().finish(run, "failure");
    hub.wait(laptop.authority.end(&id, false)).unwrap();
    assert_eq!(laptop.runs().len(), 4);
    laptop.stop_runners(false);
    assert_eq!(hub.wait(laptop.authority.end(&id, true)).unwrap().state, State::Cancelled);
    assert_eq!(laptop.runs().len(), 4);
}

#[test]
fn what_waits_is_taken_back_and_what_was_denied_stays_so() {
    let hub = Hub::new();
    let laptop = Laptop::of(&hub, "ana");
    let asked = hub.ask(1, |_| {});
    let view = hub.wait(laptop.authority.end(&asked.digest.request_id(), true)).unwrap();
    assert_eq!((view.state, pull_state(&hub, &asked).as_str()), (State::Cancelled, "closed"));
    let asked = hub.ask(2, |statement| statement.reason = "INC-43".to_owned());
    hub.review("bo", &asked, "REQUEST_CHANGES");
    let refused = laptop.lease(&asked, None).unwrap_err();
    assert!(refused.to_string().contains("bo denied it"), "{refused}");
    assert_eq!(laptop.handed_over(), 0);
}

#[test]
fn whoever_may_revoke_does_and_nobody_else() {
    let hub = Hub::new();
    let asked = hub.approved(1);
    let laptop = Laptop::of(&hub, "ana");
    let id = asked.digest.request_id();
    laptop.lease(&asked, None).unwrap();
    let bo = laptop.again("bo");
    let own = revocation(&hub, "ana", &asked);
    let refused = hub.wait(laptop.authority.revoke(&id, &own)).unwrap_err();
    assert!(refused.to_string().contains("only those who may approve this request"), "{refused}");
    assert_eq!(refused.code(), Some("forbidden"));
    let view = hub.wait(bo.revoke(&id, &revocation(&hub, "bo", &asked))).unwrap();
    assert_eq!((view.state, pull_state(&hub, &asked).as_str()), (State::Revoked, "closed"));
    assert!(laptop.lease(&asked, Some(1)).is_err());
    assert_eq!(laptop.runs().iter().filter(|run| run.conclusion == Some("success")).count(), 2);
}

#[test]
fn a_log_that_was_put_back_is_noticed_by_whoever_saw_more() {
    let hub = Hub::new();
    let asked = hub.approved(1);
    let laptop = Laptop::of(&hub, "ana");
    let id = asked.digest.request_id();
    laptop.lease(&asked, None).unwrap();
    let olga = hub.id("olga");
    let old = |path: &str| {
        let tip = hub.tip("jit-log");
        hub.github.world().file(hub.repository, &tip, path).unwrap()
    };
    let events = format!("requests/{}/{id}.jsonl", &id.as_str()[..2]);
    let before = [("index.json", old("index.json")), (events.as_str(), old(&events))];
    hub.wait(laptop.authority.end(&id, true)).unwrap();
    for (path, text) in &before {
        hub.github.world().write(hub.repository, "jit-log", olga, &[(path, Some(text))]);
    }
    let noticed = hub.wait(laptop.authority.request(&id)).unwrap_err();
    assert!(noticed.to_string().contains("was shortened or replaced"), "{noticed}");
    assert!(noticed.hint().unwrap().contains("an administrator must look"));
    // Another program on the same machine notices too. A client that never saw it trusts what it reads.
    assert!(hub.wait(laptop.again("ana").request(&id)).is_err());
    assert!(laptop.lease(&asked, Some(1)).is_err());
}

/// A reviewer's list of current access comes from the log and the open pull requests.
#[test]
fn reviewers_see_what_is_open_and_take_it_away() {
    let hub = Hub::new();
    let first = hub.approved(1);
    let laptop = Laptop::of(&hub, "ana");
    laptop.lease(&first, None).unwrap();
    let waits = hub.ask(2, |statement| statement.reason = "INC-43".to_owned());
    let bo = laptop.again("bo");
    let open = |whose: &dyn StatementAuthority| {
        let views = hub.wait(whose.requests(Listing::Open)).unwrap();
        let mut found: Vec<_> = views
            .into_iter()
            .map(|view| (view.digest == first.digest, view.state, view.may_revoke))
            .collect();
        found.sort_by_key(|(first, ..)| !first);
        found
    };
    assert_eq!(open(&bo), [(true, State::Active, true), (false, State::Pending, true)]);
    assert_eq!(open(&laptop.authority), [], "ana reviews nothing, and audits nothing");
    for asked in [&first, &waits] {
        let id = asked.digest.request_id();
        let view = hub.wait(bo.revoke(&id, &revocation(&hub, "bo", asked))).unwrap();
        assert_eq!(view.state, State::Revoked);
    }
    assert_eq!(open(&bo), []);
}
