//! Signing a browser in, and what ends that.

use jit::protocol::EventList;
use jit::protocol::PageAnswer;

use crate::broker::web::browser::Browser;
use crate::broker::web::browser::OWN;
use crate::broker::world::World;

#[tokio::test]
async fn a_code_and_a_yes_sign_one_browser_in() {
    let world = World::with_page().await;
    let cy = world.person("cy").await;
    let (ana, browser) = (world.person("ana").await, Browser::new(&world));
    let (view, _) = world.ask(&ana, "prod").await;
    let code = world.page_code(&cy).await;
    assert_eq!(code.url, "https://jit.example.com/web");
    let path = format!("/web/r/{}", view.id);
    let page = browser.get(&path).await;
    assert_eq!(page.status(), 401);
    assert!(page.text().contains(&format!("value=\"r/{}\"", view.id)), "{}", page.text());
    assert!(!page.text().contains("INC-42"), "a stranger reads a request");
    let token = page.token("/web/sign-in");
    let fields = [("token", token.as_str()), ("code", &code.code), ("next", &path[5..])];
    let agent = [OWN.as_slice(), &[("user-agent", "Mozilla/5.0 \u{202e}(evil)")]].concat();
    let (page, entry) =
        tokio::join!(browser.post_from(&agent, "/web/sign-in", &fields), world.answer(&cy, true));
    assert_eq!((page.status(), page.header("location")), (303, Some(path.as_str())));
    assert!(browser.is_signed_in());
    let shown = entry.browser.unwrap();
    assert_eq!(shown.address.as_deref(), Some("127.0.0.1"));
    assert_eq!(shown.agent, "Mozilla/5.0 \\u{202e}(evil)");
    let page = browser.get(&path).await;
    assert!(page.status() == 200 && page.text().contains("INC-42"));
    // It is on record, by digests only.
    let eve = world.person("eve").await;
    let events: EventList = world.get("/v1/events", &eve).await.read();
    let event = events.events.iter().find(|event| event.word == "page_opened").unwrap();
    assert!(event.body.contains("\"person\":\"cy\"") && event.body.contains("\"source\":\"127.0.0.1\""));
    let cookie = browser.cookies.borrow()["__Host-jit"].clone();
    assert!(!event.body.contains(&cookie));
    // The code is used up, for this browser and for any other.
    for other in [&browser, &Browser::new(&world)] {
        other.cookies.borrow_mut().remove("__Host-jit");
        assert_eq!(other.sign_in(&code.code, "").await.status(), 422);
        assert!(!other.is_signed_in());
    }
    assert_eq!(world.get("/v1/page/code", &cy).await.problem(), "not_found");
}

/// Somebody who talks a person out of their code still needs the person's yes, beside their own address.
#[tokio::test]
async fn a_browser_that_the_terminal_refuses_stays_out() {
    let world = World::with_page().await;
    let cy = world.person("cy").await;
    let browser = Browser::new(&world);
    let code = world.page_code(&cy).await.code;
    let (page, _) = tokio::join!(browser.sign_in(&code, ""), world.answer(&cy, false));
    assert_eq!(page.status(), 422);
    assert!(!browser.is_signed_in());
    let page = browser.sign_in(&code, "").await;
    assert_eq!(page.status(), 422, "a refused code is used up");
    // Nobody else can answer, nor twice, nor about another browser.
    let code = world.page_code(&cy).await.code;
    let dee = world.person("dee").await;
    let other = PageAnswer { browser: "somebody".to_owned(), allow: true };
    let answers = async {
        let entry: jit::protocol::PageEntry = world.get("/v1/page/code", &cy).await.read();
        let own = PageAnswer { browser: entry.browser.unwrap().id, allow: true };
        assert_eq!(world.post("/v1/page/code/answer", &cy, &other).await.problem(), "conflict");
        assert_eq!(world.post("/v1/page/code/answer", &dee, &own).await.problem(), "conflict");
        assert_eq!(world.post("/v1/page/code/answer", &cy, &own).await.status(), 204);
        assert_eq!(world.post("/v1/page/code/answer", &cy, &own).await.problem(), "conflict");
    };
    let (page, ()) = tokio::join!(browser.sign_in(&code, ""), answers);
    assert_eq!(page.status(), 303);
}

#[tokio::test]
async fn without_an_answer_the_browser_stays_out() {
    let world = World::with_page().await;
    let cy = world.person("cy").await;
    let browser = Browser::new(&world);
    let code = world.page_code(&cy).await.code;
    let late = async {
        let _: jit::protocol::PageEntry = world.get("/v1/page/code", &cy).await.read();
        world.pass("1m");
    };
    let (page, ()) = tokio::join!(browser.sign_in(&code, ""), late);
    assert_eq!(page.status(), 422);
    // An expired code is none.
    let code = world.page_code(&cy).await.code;
    world.pass("10m");
    assert_eq!(browser.sign_in(&code, "").await.status(), 422);
    // A new code ends the one before.
    let (first, second) = (world.page_code(&cy).await.code, world.page_code(&cy).await.code);
    assert_ne!(first, second);
    assert_eq!(browser.sign_in(&first, "").await.status(), 422);
    assert!(!browser.is_signed_in());
}

#[tokio::test]
async fn codes_cannot_be_guessed_without_end() {
    let mut world = World::unstarted();
    let mut settings = world.settings();
    settings.web = true;
    settings.trusted_proxies = vec!["192.0.2.1".parse().unwrap()];
    world.start_with(settings).await.unwrap();
    let cy = world.person("cy").await;
    world.page_code(&cy).await;
    let browser = Browser::new(&world);
    let mut last = 0;
    for _ in 0..40 {
        last = browser.sign_in("BCDF-GHJK", "").await.status();
    }
    assert_eq!(last, 429);
}

/// The sign-in form works only in the browser that got it: nobody can sign somebody else's browser in by a link.
#[tokio::test]
async fn the_form_is_bound_to_its_browser() {
    let world = World::with_page().await;
    let cy = world.person("cy").await;
    let (mine, theirs) = (Browser::new(&world), Browser::new(&world));
    let token = mine.get("/web").await.token("/web/sign-in");
    theirs.get("/web").await;
    let code = world.page_code(&cy).await.code;
    for token in [token.as_str(), "", "AAAA"] {
        let page = theirs.post("/web/sign-in", &[("token", token), ("code", &code)]).await;
        assert_eq!(page.status(), 422, "{token}");
    }
    let none = Browser::new(&world);
    assert_eq!(none.post("/web/sign-in", &[("token", &token), ("code", &code)]).await.status(), 422);
    assert!(!theirs.is_signed_in() && !none.is_signed_in());
    // The code was not used up.
    let (page, _) = tokio::join!(mine.sign_in(&code, "https://evil.example/"), world.answer(&cy, true));
    assert_eq!(page.header("location"), Some("/web"), "only our own pages follow");
}

#[tokio::test]
async fn the_cookie_ends() {
    let mut world = World::with_page().await;
    let cy = world.person("cy").await;
    {
        let browser = world.signed_in(&cy).await;
        world.pass("29m");
        assert_eq!(browser.get("/web").await.status(), 200);
        world.pass("1m");
        assert_eq!(browser.get("/web").await.status(), 401, "after 30 minutes");

        let browser = world.signed_in(&cy).await;
        let token = browser.get("/web").await.token("/web/sign-out");
        let cookie = browser.cookies.borrow()["__Host-jit"].clone();
        assert_eq!(browser.post("/web/sign-out", &[("token", &token)]).await.status(), 303);
        assert!(!browser.is_signed_in());
        browser.cookies.borrow_mut().insert("__Host-jit".to_owned(), cookie);
        assert_eq!(browser.get("/web").await.status(), 401, "after signing out, for the server too");

        let browser = world.signed_in(&cy).await;
        assert_eq!(world.call("DELETE", "/v1/session", &cy.token, None::<&()>).await.status(), 204);
        assert_eq!(browser.get("/web").await.status(), 401, "after `jit logout`");
    }
    let cy = world.person("cy").await;
    let kept = {
        let browser = world.signed_in(&cy).await;
        browser.cookies.borrow().clone()
    };
    let key = format!("[people.cy]\nkeys = [\"{}\"]\n", jit::identity::Signer::public_key(&cy.signer));
    world.change_policy("people.toml", &key, "").await;
    world.change_policy("people.toml", "\"cy\", ", "").await;
    world.change_policy("people.toml", ", \"cy\"", "").await;
    let browser = Browser::new(&world);
    browser.cookies.replace(kept);
    assert_eq!(browser.get("/web").await.status(), 401, "after leaving the policy");
}

#[tokio::test]
async fn a_restart_signs_browsers_out_and_keeps_the_log() {
    let mut world = World::with_page().await;
    let cy = world.person("cy").await;
    let kept = world.signed_in(&cy).await.cookies.borrow().clone();
    world.stop().await;
    world.start_page().await;
    let browser = Browser::new(&world);
    browser.cookies.replace(kept);
    assert_eq!(browser.get("/web").await.status(), 401);
}

/// A session of a minute lets a browser in for a minute.
#[tokio::test]
async fn the_cookie_never_outlives_the_session() {
    let world = World::with_page().await;
    let cy = world.person("cy").await;
    world.pass("11h50m");
    let browser = world.signed_in(&cy).await;
    world.pass("9m");
    assert_eq!(browser.get("/web").await.status(), 200);
    world.pass("1m");
    assert_eq!(browser.get("/web").await.status(), 401);
}
