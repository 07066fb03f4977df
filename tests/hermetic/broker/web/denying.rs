//! A denial by a signed-in browser: no signature, attested by the broker, and as final as any other.

use jit::grant::State;
use jit::grant::Verdict;
use jit::protocol::EventList;
use jit::protocol::RequestView;

use crate::broker::world::World;

#[tokio::test]
async fn a_denial_is_recorded_as_what_it_is() {
    let mut world = World::with_page().await;
    let (ana, cy, eve) = (world.person("ana").await, world.person("cy").await, world.person("eve").await);
    let (view, _) = world.ask(&ana, "prod").await;
    {
        let browser = world.signed_in(&cy).await;
        let path = format!("/web/r/{}", view.id);
        let page = browser.deny(view.id.as_str(), " not  today ").await;
        assert_eq!((page.status(), page.header("location")), (303, Some(path.as_str())));
        let page = browser.get(&path).await.text();
        assert!(page.contains("cy denied it on the approval page: not today"), "{page}");
        assert!(!page.contains("/deny\""), "there is nothing left to decide");
    }
    let check = |denied: RequestView| {
        assert_eq!(denied.state, State::Denied);
        let closing = denied.closing.unwrap();
        assert_eq!(closing.by.unwrap().as_str(), "cy");
        assert_eq!(closing.why, "cy denied it on the approval page: not  today");
        assert!(denied.reviews.is_empty(), "nobody signed a review");
    };
    check(world.show(&ana, &view).await);
    assert_eq!(world.mint(&ana, &view).await.problem(), "state");
    let events: EventList = world.get("/v1/events", &eve).await.read();
    let event = events.events.last().unwrap();
    assert!(event.body.contains(r#""change":"denied","on_page":{"comment":"not  today"}"#), "{}", event.body);
    // The log replays to the same, and an equal request shows the denial.
    world.stop().await;
    world.start_page().await;
    check(world.show(&ana, &view).await);
    let (again, _) = world.ask(&ana, "prod").await;
    let before = again.denied_before.unwrap();
    assert_eq!(
        (before.why.as_str(), before.said.as_deref()),
        ("cy denied an equal request", Some("not  today"))
    );
}

#[tokio::test]
async fn a_second_click_and_a_stale_tab_change_nothing() {
    let world = World::with_page().await;
    let (ana, cy, dee) = (world.person("ana").await, world.person("cy").await, world.person("dee").await);
    let (view, _) = world.ask(&ana, "prod").await;
    let action = format!("/web/r/{}/deny", view.id);
    let (browser, other) = (world.signed_in(&cy).await, world.signed_in(&dee).await);
    let token = browser.get(&action[..action.len() - 5]).await.token(&action);
    let stale = other.get(&action[..action.len() - 5]).await.token(&action);
    let fields = [("token", token.as_str()), ("comment", "no")];
    let (first, second) = tokio::join!(browser.post(&action, &fields), browser.post(&action, &fields));
    assert_eq!((first.status(), second.status()), (303, 303));
    let version = world.show(&ana, &view).await.version;
    assert_eq!(browser.post(&action, &fields).await.status(), 303, "the back button");
    let page = other.post(&action, &[("token", &stale), ("comment", "no")]).await;
    assert_eq!(page.status(), 409);
    assert!(page.text().contains("The request is denied"), "{}", page.text());
    assert_eq!(world.show(&ana, &view).await.version, version);
}

#[tokio::test]
async fn only_those_who_may_deny_do() {
    let world = World::with_page().await;
    let (ana, cy) = (world.person("ana").await, world.person("cy").await);
    let (view, _) = world.ask(&ana, "prod").await;
    let path = format!("/web/r/{}", view.id);
    let action = format!("{path}/deny");
    let token_of = world.signed_in(&cy).await.get(&path).await.token(&action);
    for name in ["bo", "mallory"] {
        let person = world.person(name).await;
        let browser = world.signed_in(&person).await;
        let (page, none) = (browser.get(&path).await, browser.get("/web/r/AAAAAAAAAA").await);
        assert_eq!((page.status(), none.status()), (404, 404), "{name}");
        assert!(!page.text().contains("INC-42"));
        assert_eq!(browser.post(&action, &[("token", &token_of), ("comment", "no")]).await.status(), 403);
        assert!(!browser.get("/web").await.text().contains(view.id.as_str()));
    }
    // The requester and an auditor read, and have nothing to decide.
    for name in ["ana", "eve"] {
        let person = world.person(name).await;
        let browser = world.signed_in(&person).await;
        let page = browser.get(&path).await;
        assert_eq!(page.status(), 200);
        assert!(!page.text().contains(&action) && !page.text().contains("data-verdict"), "{name}");
    }
    assert_eq!(world.show(&ana, &view).await.version, 1);
}

#[tokio::test]
async fn a_denial_needs_words_that_can_be_seen() {
    let world = World::with_page().await;
    let (ana, cy) = (world.person("ana").await, world.person("cy").await);
    let (view, _) = world.ask(&ana, "prod").await;
    let browser = world.signed_in(&cy).await;
    for (comment, status) in
        [("", 400), ("   ", 400), ("a\u{202e}b", 422), ("a\u{1b}[31mb", 422), (&"x".repeat(1_025), 422)]
    {
        assert_eq!(browser.deny(view.id.as_str(), comment).await.status(), status, "{comment:?}");
    }
    assert_eq!(world.show(&ana, &view).await.version, 1);
}

/// A denial after an approval ends it before its use; in use, only a signed revocation does.
#[tokio::test]
async fn a_denial_counts_until_the_access_begins() {
    let world = World::with_page().await;
    let (ana, cy, dee) = (world.person("ana").await, world.person("cy").await, world.person("dee").await);
    let (view, _) = world.ask(&ana, "prod").await;
    world.approve(&dee, &view).await;
    let browser = world.signed_in(&cy).await;
    assert_eq!(browser.deny(view.id.as_str(), "no").await.status(), 303);
    assert_eq!(world.show(&ana, &view).await.state, State::Denied);

    let (view, _) = world.ask(&ana, "other").await;
    let action = format!("/web/r/{}/deny", view.id);
    let token = browser.get(&action[..action.len() - 5]).await.token(&action);
    world.approve(&dee, &view).await;
    assert_eq!(world.mint(&ana, &view).await.status(), 201);
    assert_eq!(browser.post(&action, &[("token", &token), ("comment", "no")]).await.status(), 409);
    assert_eq!(world.show(&ana, &view).await.state, State::Active);
    let page = browser.get(&action[..action.len() - 5]).await.text();
    assert!(page.contains("jit revoke"), "{page}");
}

/// A person who denied by signature before is shown that denial.
#[tokio::test]
async fn a_signed_denial_stands() {
    let world = World::with_page().await;
    let (ana, cy) = (world.person("ana").await, world.person("cy").await);
    let (view, _) = world.ask(&ana, "prod").await;
    let browser = world.signed_in(&cy).await;
    let action = format!("/web/r/{}/deny", view.id);
    let token = browser.get(&action[..action.len() - 5]).await.token(&action);
    world.review(&cy, &view, Verdict::Deny).await.read::<RequestView>();
    assert_eq!(browser.post(&action, &[("token", &token), ("comment", "no")]).await.status(), 303);
    assert_eq!(world.show(&ana, &view).await.reviews.len(), 1);
}
