//! Signing a browser in with the account on GitHub, and what gains nothing.

use std::time::Duration;

use jit::audit::Event;
use jit::audit::LetIn;
use jit::audit::Subject;
use jit::identity::Signer;
use jit::protocol::EventList;
use jit::secret::Secret;
use serde_json::Value;
use serde_json::json;

use crate::broker::github_sign_in::Scene;
use crate::broker::github_sign_in::TOKEN;
use crate::broker::web::browser::Browser;
use crate::broker::web::browser::OWN;
use crate::broker::web::browser::Page;
use crate::broker::world::key_of;

const WAY: &str = "/web/sign-in/github";
const CONTINUE: &str = "/web/sign-in/github/continue";
const DEVICE: &str = "__Host-jit-device";

impl Browser<'_> {
    async fn get_code(&self, next: &str) -> Page {
        let token = self.get("/web").await.token(WAY);
        self.post(WAY, &[("token", &token), ("next", next)]).await
    }

    async fn proceed(&self, shown: &Page) -> Page {
        let token = shown.token(CONTINUE);
        self.post(CONTINUE, &[("token", &token), ("next", "")]).await
    }
}

impl Scene {
    /// Lets the person decide on GitHub, and continues.
    async fn decided(&self, browser: &Browser<'_>, shown: &Page, answer: Value) -> Page {
        self.github.polls.lock().unwrap().push(answer);
        self.world.clock.advance(Duration::from_secs(5));
        browser.proceed(shown).await
    }

    async fn events(&self, word: &str) -> Vec<Event> {
        let eve = self.world.person("eve").await;
        let list: EventList = self.world.get("/v1/events?limit=500", &eve).await.read();
        let found = list.events.iter().filter(|event| event.word == word);
        found.map(|event| Event::parse(event.body.as_bytes()).unwrap()).collect()
    }
}

#[tokio::test]
async fn an_account_signs_in_and_lands_where_it_came_from() {
    let mut scene = Scene::new().await;
    scene.world.change_policy("people.toml", "sre = [", "sre = [\"ana\", ").await;
    let bo = scene.world.person("bo").await;
    let (view, _) = scene.world.ask(&bo, "prod").await;
    let browser = Browser::new(&scene.world);
    let path = format!("/web/r/{}", view.id);
    let text = browser.get(&path).await.text();
    assert!(text.find("With GitHub").unwrap() < text.find("With a code from your terminal").unwrap());
    let shown = browser.get_code(&path[5..]).await;
    assert_eq!(shown.status(), 200);
    let text = shown.text();
    assert!(
        text.contains("WDJB-MJHT") && text.contains("href=\"https://github.com/login/device\""),
        "{text}"
    );
    let handle = browser.cookies.borrow()[DEVICE].clone();
    assert!(!text.contains(&handle), "only the cookie has the secret name");
    // Too early: GitHub is not asked.
    let early = browser.proceed(&shown).await;
    assert!(early.status() == 200 && early.text().contains("continue in 5 s"), "{}", early.text());
    assert!(early.text().contains("WDJB-MJHT") && scene.github.asked("/login/oauth/access_token") == 0);
    let page = scene.decided(&browser, &early, Scene::granted()).await;
    assert_eq!((page.status(), page.header("location")), (303, Some(path.as_str())), "{}", page.text());
    assert!(browser.is_signed_in() && !browser.cookies.borrow().contains_key(DEVICE));
    assert_eq!(browser.get(&path).await.status(), 200);
    assert_eq!(browser.deny(view.id.as_str(), "no").await.status(), 303);
    let [event] = scene.events("page_opened").await.try_into().unwrap();
    let Subject::PageOpened { way: LetIn::Login { client, .. }, person, .. } = &event.subject else {
        panic!()
    };
    assert_eq!((client.as_str(), person.as_str()), ("Ov23-test", "ana"));
    assert_eq!(event.subject.describe(), "ana signed a browser in on the approval page, by GitHub");
    assert!(scene.events("enrolled").await.is_empty());
    let log = std::fs::read(scene.world.database()).unwrap();
    assert!(!log.windows(TOKEN.len()).any(|piece| piece == TOKEN.as_bytes()), "the token is kept nowhere");
    // The same code again signs nobody in.
    let page = browser.proceed(&shown).await;
    assert_eq!(page.status(), 403);
    // Without the table, GitHub's word counts no more.
    let kept = browser.cookies.borrow().clone();
    let table = "[identity.github]\nclient_id = \"Ov23-test\"\n";
    scene.world.change_policy("access.toml", table, "").await;
    let browser = Browser::new(&scene.world);
    browser.cookies.replace(kept);
    assert_eq!(browser.get("/web").await.status(), 401);
}

#[tokio::test]
async fn nobody_else_gets_in() {
    let scene = Scene::new().await;
    let users = [
        (json!({ "id": 4712, "login": "<b>x", "type": "User" }), 403, "does not know the account"),
        (json!({ "id": 4711, "login": "ana[bot]", "type": "Bot" }), 403, "is not a person"),
    ];
    let good = scene.github.user.lock().unwrap().clone();
    for (user, status, why) in users {
        *scene.github.user.lock().unwrap() = user;
        let browser = Browser::new(&scene.world);
        let shown = browser.get_code("").await;
        let page = scene.decided(&browser, &shown, Scene::granted()).await;
        assert!(page.status() == status && page.text().contains(why), "{}", page.text());
        assert!(!page.text().contains("<b>x") && !browser.is_signed_in());
    }
    *scene.github.user.lock().unwrap() = good;
    for (answer, why) in [
        (json!({ "error": "access_denied" }), "it was refused on GitHub"),
        (json!({ "error": "expired_token" }), "nobody typed the code in time"),
    ] {
        let browser = Browser::new(&scene.world);
        let shown = browser.get_code("").await;
        let page = scene.decided(&browser, &shown, answer).await;
        assert!(page.status() == 422 && page.text().contains(why), "{}", page.text());
        assert!(page.text().contains("The sign-in failed") && !page.text().contains("jit login"));
        assert_eq!(browser.proceed(&shown).await.status(), 422, "it is over");
        assert!(!browser.is_signed_in());
    }
    let browser = Browser::new(&scene.world);
    let shown = browser.get_code("").await;
    scene.world.pass("15m");
    assert_eq!(browser.proceed(&shown).await.status(), 422, "the code expired");
    assert!(scene.events("page_opened").await.is_empty());
}

/// A sign-in belongs to one browser, and to the page or to a terminal.
#[tokio::test]
async fn a_sign_in_serves_its_own_browser_and_purpose() {
    let scene = Scene::new().await;
    let (mine, theirs) = (Browser::new(&scene.world), Browser::new(&scene.world));
    let shown = mine.get_code("").await;
    let other = theirs.get("/web").await;
    // Without the cookie, with my form in their browser, with a guessed cookie.
    let token = other.token("/web/sign-in");
    for token in [shown.token(CONTINUE), token] {
        assert_eq!(theirs.post(CONTINUE, &[("token", &token)]).await.status(), 422);
    }
    for headers in [[("origin", "https://evil.example"), OWN[1]], [OWN[0], ("sec-fetch-site", "cross-site")]]
    {
        let token = shown.token(CONTINUE);
        assert_eq!(mine.post_from(&headers, CONTINUE, &[("token", &token)]).await.status(), 403);
    }
    let own = theirs.get_code("").await;
    theirs.cookies.borrow_mut().insert(DEVICE.to_owned(), "A".repeat(43));
    assert_eq!(theirs.proceed(&own).await.status(), 422);
    theirs.cookies.borrow_mut().remove(DEVICE);
    assert_eq!(theirs.proceed(&own).await.status(), 403);
    // The page's sign-in enrols no key, and a terminal's lets no browser in.
    let handle = mine.cookies.borrow()[DEVICE].clone();
    assert_eq!(scene.poll(&Secret::new(handle.clone())).await.status(), 422);
    let terminal = scene.begin(key_of("a key of one session").public_key(), false).await;
    mine.cookies.borrow_mut().insert(DEVICE.to_owned(), terminal.handle.expose().clone());
    let page = scene.decided(&mine, &shown, Scene::granted()).await;
    assert_eq!(page.status(), 422);
    assert!(!mine.is_signed_in() && scene.github.asked("/login/oauth/access_token") == 0);
    // Neither was ended by that.
    assert_eq!(scene.poll(&terminal.handle).await.status(), 200);
    scene.github.polls.lock().unwrap().push(Scene::granted());
    scene.world.clock.advance(Duration::from_secs(5));
    mine.cookies.borrow_mut().insert(DEVICE.to_owned(), handle);
    assert_eq!(mine.proceed(&shown).await.status(), 303);
}

#[tokio::test]
async fn nothing_acts_on_get_and_a_flood_is_limited() {
    let scene = Scene::new().await;
    let mut browser = Browser::new(&scene.world);
    for path in [WAY, CONTINUE] {
        for method in ["GET", "HEAD"] {
            assert_eq!(browser.send(method, path, &[], None).await.status(), 405, "{method} {path}");
        }
    }
    let mut seen = Vec::new();
    for _ in 0..9 {
        browser = Browser::new(&scene.world);
        seen.push(browser.get_code("").await.status());
    }
    assert_eq!(seen, [200, 200, 200, 200, 200, 200, 200, 200, 429]);
    scene.world.pass("15m");
    for _ in 0..20 {
        assert_eq!(browser.get_code("").await.status(), 200, "one browser takes one place");
    }
    // GitHub limits the codes of an app, so a browser that asks again gets the one that it has.
    assert_eq!(scene.github.asked("/login/device/code"), 9);
    scene.world.pass("15m");
    browser.get_code("").await;
    assert_eq!(scene.github.asked("/login/device/code"), 10, "the first one expired");
}
