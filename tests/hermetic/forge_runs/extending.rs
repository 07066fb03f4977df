//! Extensions of a grant: each is its own request, judged again at each mint. And attacks with one.

use std::time::Duration;

use jiff::SignedDuration;
use jit::authority::Authority;
use jit::authority::StatementAuthority;
use jit::grant::State;
use jit::grant::statement::RequestStatement;
use jit::grant::statement::Way;

use super::laptop::Laptop;
use super::stopping::revocation;
use crate::forge::hub::Asked;
use crate::forge::hub::Hub;

/// The policy allows two extensions of an hour, with one approval of sre.
fn extensible(hub: &Hub, times: u32) {
    let mut policy = hub.policy("account", None);
    policy.retain(|path, _| path.starts_with("roles/"));
    let role = policy["roles/prod-admin.toml"].replace(
        "[sandbox]",
        &format!("extend = {{ times = {times}, approval = \"1 of group:sre\" }}\n[sandbox]"),
    );
    policy.insert("roles/prod-admin.toml".to_owned(), role);
    hub.write_main(&policy);
}

/// Asks as ana for an extension of a grant.
fn ask(
    hub: &Hub,
    seed: u8,
    first: &Asked,
    end: jiff::Timestamp,
    change: impl FnOnce(&mut RequestStatement),
) -> Asked {
    hub.ask(seed, |statement| {
        statement.way = Way::Extend(first.digest);
        statement.duration = "30m".parse().unwrap();
        statement.not_after = end + SignedDuration::from_mins(30);
        statement.reason = format!("INC-{seed}");
        change(statement);
    })
}

/// A grant with its first credentials, and the laptop that has it.
fn granted(hub: &Hub) -> (Asked, Laptop<'_>, jiff::Timestamp) {
    extensible(hub, 2);
    let asked = hub.approved(1);
    let laptop = Laptop::of(hub, "ana");
    let sealed = laptop.lease(&asked, None).unwrap();
    (asked, laptop, sealed.active_until)
}

fn refused(hub: &Hub, laptop: &Laptop<'_>, more: &Asked, words: &str) {
    let before = laptop.handed_over();
    let run = hub.run("ana", &hub.inputs("extend", more));
    let log = crate::forge::hub::said(&run, "decide");
    assert_eq!(crate::forge::hub::outcome(&run, "decide"), "failure", "{log}");
    assert!(log.contains(words), "{log}");
    assert_eq!(laptop.handed_over(), before);
}

#[test]
fn more_time_moves_the_end_of_the_first_grant() {
    let hub = Hub::new();
    let (first, laptop, end) = granted(&hub);
    let more = ask(&hub, 2, &first, end, |_| {});
    let id = more.digest.request_id();
    refused(&hub, &laptop, &more, "reviews are missing");
    let pending = hub.wait(laptop.authority.request(&id)).unwrap();
    assert_eq!((pending.state, pending.extends.unwrap().until), (State::Pending, Some(end)));
    hub.review("cy", &more, "APPROVE");
    assert_eq!(hub.wait(laptop.authority.request(&id)).unwrap().state, State::Approved);
    hub.wait(laptop.authority.take_effect(&id)).unwrap();
    let later = end + SignedDuration::from_mins(30);
    let view = hub.wait(laptop.authority.request(&id)).unwrap();
    assert_eq!((view.state, view.active_until), (State::Active, Some(later)));
    let view = hub.wait(laptop.authority.request(&first.digest.request_id())).unwrap();
    assert_eq!((view.state, view.active_until, view.extensions.len()), (State::Active, Some(later), 1));
    // Its pull request is closed, and counts all the same. Nothing runs twice.
    assert_eq!(hub.wait(hub.client("ana").pull(more.pull)).unwrap().state, "closed");
    let runs = laptop.runs().len();
    hub.wait(laptop.authority.take_effect(&id)).unwrap();
    assert_eq!(laptop.runs().len(), runs);
    // Credentials until the new end, also past the first request's own end.
    hub.clock.advance(Duration::from_secs(80 * 60));
    let sealed = laptop.lease(&first, Some(1)).unwrap();
    assert_eq!((sealed.active_until, sealed.expires), (later, later));
    assert_eq!(laptop.open(&first, &sealed).expires, later);
    // And its extension has none of its own.
    let own = laptop.lease(&more, None).unwrap_err();
    assert!(
        own.to_string().contains("it is closed") || own.to_string().contains("no credentials of its own"),
        "{own}"
    );
}

#[test]
fn a_grant_lasts_past_its_own_clock_and_twice_is_enough() {
    let hub = Hub::new();
    extensible(&hub, 2);
    // The first request's own `not_after` is the end of its grant.
    let asked = hub.ask(1, |statement| {
        statement.not_after = statement.created + SignedDuration::from_mins(61);
    });
    hub.review("bo", &asked, "APPROVE");
    hub.review("dee", &asked, "APPROVE");
    let laptop = Laptop::of(&hub, "ana");
    let mut end = laptop.lease(&asked, None).unwrap().active_until;
    for seed in [2, 3] {
        let more = ask(&hub, seed, &asked, end, |_| {});
        hub.review("cy", &more, "APPROVE");
        hub.wait(laptop.authority.take_effect(&more.digest.request_id())).unwrap();
        end += SignedDuration::from_mins(30);
    }
    let third = ask(&hub, 4, &asked, end, |_| {});
    hub.review("cy", &third, "APPROVE");
    refused(&hub, &laptop, &third, "extended");
    // Past the first request's own clock, and past the first extension's.
    hub.clock.advance(Duration::from_secs(100 * 60));
    let sealed = laptop.lease(&asked, Some(1)).unwrap();
    assert_eq!(sealed.active_until, end);
    // Another event in between makes the log forget ended requests. An extension that still counts has not ended.
    let other = hub.ask(9, |statement| statement.role = statement.role.clone());
    hub.review("bo", &other, "REQUEST_CHANGES");
    assert_eq!(hub.run("bo", &hub.inputs("deny", &other)).conclusion, Some("success"));
    assert_eq!(laptop.lease(&asked, Some(2)).unwrap().active_until, end);
}

#[test]
fn an_extension_that_no_longer_passes_adds_nothing() {
    let hub = Hub::new();
    let (first, laptop, end) = granted(&hub);
    let more = ask(&hub, 2, &first, end, |_| {});
    hub.review("cy", &more, "APPROVE");
    hub.wait(laptop.authority.take_effect(&more.digest.request_id())).unwrap();
    // An eligible reviewer denies it after all: it counts, dismissed or not.
    hub.review("bo", &more, "REQUEST_CHANGES");
    let sealed = laptop.lease(&first, Some(1)).unwrap();
    assert_eq!(sealed.active_until, end);
    hub.clock.advance(Duration::from_secs(70 * 60));
    let over = laptop.lease(&first, Some(2)).unwrap_err();
    assert!(over.to_string().contains("counts no more: bo denied it"), "{over}");
}

#[test]
fn more_time_is_asked_for_ones_own_grant_while_it_lasts_and_for_the_same_thing() {
    let hub = Hub::new();
    let (first, laptop, end) = granted(&hub);
    let approved = |seed: u8, change: &dyn Fn(&mut RequestStatement)| {
        let more = ask(&hub, seed, &first, end, |statement| change(statement));
        hub.review("cy", &more, "APPROVE");
        more
    };
    // Of a request that does not exist.
    let more = approved(2, &|statement| statement.way = Way::Extend(jit::grant::Digest::of(b"x")));
    refused(&hub, &laptop, &more, "it names no grant of yours");
    // With a later end than allowed.
    let more = approved(3, &|statement| statement.not_after = end + SignedDuration::from_hours(9));
    refused(&hub, &laptop, &more, "its `not_after` must lie after the grant's end");
    // Longer than the role allows.
    let more = approved(4, &|statement| {
        statement.duration = "9h".parse().unwrap();
        statement.not_after = end + SignedDuration::from_hours(9);
    });
    refused(&hub, &laptop, &more, "longer");
    // A plain request, run as if it were an extension, and an extension, run as if it had credentials.
    let plain = hub.ask(5, |statement| statement.reason = "INC-5".to_owned());
    hub.review("bo", &plain, "APPROVE");
    hub.review("dee", &plain, "APPROVE");
    refused(&hub, &laptop, &plain, "it names no grant of yours");
    let more = approved(6, &|_| {});
    let run = hub.run("ana", &hub.inputs("mint", &more));
    assert!(crate::forge::hub::said(&run, "decide").contains("no credentials of its own"));
    // Dispatched by another person.
    let run = hub.run("eve", &hub.inputs("extend", &more));
    assert!(crate::forge::hub::said(&run, "decide").contains("somebody else dispatched"));
    // Twice.
    hub.wait(laptop.authority.take_effect(&more.digest.request_id())).unwrap();
    refused(&hub, &laptop, &more, "it is closed");
    hub.github.world().repository_mut(hub.repository).pulls.get_mut(&more.pull).unwrap().open = true;
    refused(&hub, &laptop, &more, "must lie after the grant's end");
    // Of a grant that was revoked.
    let late = approved(7, &|statement| statement.not_after = end + SignedDuration::from_mins(60));
    let bo = laptop.again("bo");
    hub.wait(bo.revoke(&first.digest.request_id(), &revocation(&hub, "bo", &first))).unwrap();
    refused(&hub, &laptop, &late, "it names no grant of yours");
    // The extension ended with it.
    assert_eq!(hub.wait(laptop.authority.request(&more.digest.request_id())).unwrap().state, State::Revoked);
}

#[test]
fn another_persons_grant_is_not_extended_and_neither_is_one_that_is_over() {
    let hub = Hub::new();
    let (first, laptop, end) = granted(&hub);
    let more = ask(&hub, 2, &first, end, |_| {});
    hub.review("cy", &more, "APPROVE");
    hub.clock.advance(Duration::from_secs(61 * 60));
    refused(&hub, &laptop, &more, "it names no grant of yours");
    // In bo's name, for ana's grant: the key tells the person.
    let stolen = hub.ask(3, |statement| {
        statement.way = Way::Extend(first.digest);
        statement.header.who = "bo".parse().unwrap();
        statement.not_after = end + SignedDuration::from_mins(30);
    });
    let run = hub.run("ana", &hub.inputs("extend", &stolen));
    assert!(crate::forge::hub::said(&run, "decide").contains("the policy does not know"));
}

#[test]
fn ending_more_time_that_is_in_force_ends_the_grant() {
    let hub = Hub::new();
    let (first, laptop, end) = granted(&hub);
    let more = ask(&hub, 2, &first, end, |_| {});
    hub.review("cy", &more, "APPROVE");
    hub.wait(laptop.authority.take_effect(&more.digest.request_id())).unwrap();
    let waiting = ask(&hub, 3, &first, end + SignedDuration::from_mins(30), |_| {});
    // A pending extension is cancelled alone.
    let view = hub.wait(laptop.authority.end(&waiting.digest.request_id(), true)).unwrap();
    assert_eq!(view.state, State::Cancelled);
    assert_eq!(hub.wait(laptop.authority.request(&first.digest.request_id())).unwrap().state, State::Active);
    let view = hub.wait(laptop.authority.end(&more.digest.request_id(), true)).unwrap();
    assert_eq!(view.state, State::Ended);
    assert_eq!(hub.wait(laptop.authority.request(&first.digest.request_id())).unwrap().state, State::Ended);
    assert!(laptop.lease(&first, Some(1)).is_err());
}
