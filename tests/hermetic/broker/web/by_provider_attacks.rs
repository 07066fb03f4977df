//! Sign-ins at the identity provider that must gain nothing: foreign, replayed, forged, refused, and in floods.

use jit::system::http::HttpError;
use serde_json::Value;
use serde_json::json;

use crate::broker::signed_in::House;
use crate::broker::web::browser::Browser;
use crate::broker::web::browser::FLOW;
use crate::broker::web::browser::OWN;
use crate::broker::web::browser::Page;
use crate::broker::web::by_provider::WAY;
use crate::broker::web::by_provider::uma;
use crate::broker::world::AUTHORITY;
use crate::support::provider::ISSUER;

/// An address with one member of its query replaced, or without it.
fn with(address: &str, member: &str, value: Option<&str>) -> String {
    let mut url = url::Url::parse(address).unwrap();
    let kept: Vec<(String, String)> =
        url.query_pairs().into_owned().filter(|(name, _)| name != member).collect();
    url.query_pairs_mut().clear().extend_pairs(kept);
    if let Some(value) = value {
        url.query_pairs_mut().append_pair(member, value);
    }
    url.into()
}

fn member(address: &str, wanted: &str) -> String {
    let url = url::Url::parse(address).unwrap();
    url.query_pairs().find(|(name, _)| name == wanted).unwrap().1.into_owned()
}

#[track_caller]
fn refused(browser: &Browser<'_>, page: &Page, status: u16, why: &str) {
    let text = page.text();
    assert_eq!(page.status(), status, "{text}");
    assert!(text.to_lowercase().contains(&why.to_lowercase()), "{why}: {text}");
    assert!(text.contains("<h1>The sign-in failed</h1>") && text.contains("Back to the sign-in"), "{text}");
    assert!(!text.contains("jit login"), "nobody types that into a browser: {text}");
    assert!(!browser.is_signed_in());
}

/// A change of the provider's answer on its way.
type Change = fn(&str) -> String;

const FOREIGN: &str = "belongs to no sign-in that this browser has begun";

#[tokio::test]
async fn an_answer_counts_in_its_own_browser_once() {
    let house = House::with_page("").await;
    house.at_provider(uma());
    let (mine, theirs, none) =
        (Browser::new(&house.world), Browser::new(&house.world), Browser::new(&house.world));
    let back = house.provider.sign_in(&mine.begin("").await.onward());
    // Login CSRF: somebody else's browser is led to my answer, with a sign-in of its own in progress or without.
    theirs.begin("").await;
    for other in [&theirs, &none] {
        refused(other, &other.arrive(&back).await, 403, FOREIGN);
    }
    // Their own state with my code, and mine with their cookie: PKCE and the binding refuse.
    let own = house.provider.sign_in(&theirs.begin("").await.onward());
    let mixed = with(&own, "code", Some(&member(&back, "code")));
    refused(&theirs, &theirs.arrive(&mixed).await, 422, "the identity provider refuses");
    refused(&theirs, &theirs.arrive(&own).await, 403, FOREIGN);
    // My code is used up by that at the provider.
    refused(&mine, &mine.arrive(&back).await, 422, "the identity provider refuses");
    assert!(house.opened().await.is_empty());
    // In order, and then again: the second time is too late, with the cookie and without.
    let back = house.provider.sign_in(&mine.begin("").await.onward());
    let flow = mine.cookies.borrow()[FLOW].clone();
    assert_eq!(mine.arrive(&back).await.status(), 200);
    none.cookies.borrow_mut().insert(FLOW.to_owned(), flow);
    refused(&none, &none.arrive(&back).await, 403, FOREIGN);
    assert_eq!(mine.arrive(&back).await.status(), 403);
    assert_eq!(mine.get("/web").await.status(), 200, "the first sign-in stays");
    assert_eq!(house.opened().await.len(), 1);
}

#[tokio::test]
async fn two_answers_at_once_are_one_sign_in() {
    let house = House::with_page("").await;
    house.at_provider(uma());
    let browser = Browser::new(&house.world);
    let back = house.provider.sign_in(&browser.begin("").await.onward());
    let (first, second) = tokio::join!(browser.arrive(&back), browser.arrive(&back));
    let mut seen = [first.status(), second.status()];
    seen.sort_unstable();
    assert_eq!(seen, [200, 403]);
    assert_eq!(house.opened().await.len(), 1);
}

/// Mail and chat scanners, prefetchers and pages that embed the address.
#[tokio::test]
async fn a_scanner_changes_nothing() {
    let house = House::with_page("").await;
    house.at_provider(uma());
    let (browser, scanner) = (Browser::new(&house.world), Browser::new(&house.world));
    let back = house.provider.sign_in(&browser.begin("").await.onward());
    let path = back.strip_prefix(AUTHORITY).unwrap();
    for address in [path, WAY, &format!("{WAY}?state=x&code=y"), &format!("{WAY}?error=access_denied")] {
        for method in ["GET", "HEAD"] {
            let page = scanner.send(method, address, &[], None).await;
            assert_eq!(page.status(), 403, "{method} {address}");
            assert!(page.header("set-cookie").is_none());
        }
    }
    // In the browser itself, but not because its person goes there.
    for headers in [
        [("sec-fetch-mode", "no-cors"), ("sec-fetch-dest", "image")],
        [("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "iframe")],
    ] {
        assert_eq!(browser.send("GET", path, &headers, None).await.status(), 403);
    }
    assert_eq!(browser.send("HEAD", path, &[], None).await.status(), 403);
    // A guessed or doubled state ends nothing either.
    for bad in [
        with(&back, "state", Some("guessed")),
        with(&back, "state", None),
        format!("{back}&state={}", member(&back, "state")),
    ] {
        refused(&browser, &browser.arrive(&bad).await, 403, FOREIGN);
    }
    assert!(house.opened().await.is_empty());
    assert_eq!(browser.arrive(&back).await.status(), 200, "the sign-in was still there");
}

#[tokio::test]
async fn another_provider_and_a_refusal_end_the_sign_in() {
    let house = House::with_page("").await;
    house.at_provider(uma());
    let browser = Browser::new(&house.world);
    let answers: [(Change, u16, &str); 6] = [
        (|back| with(back, "iss", Some("https://evil.example")), 422, "another identity provider"),
        (|back| with(back, "iss", None), 422, "another identity provider"),
        (|back| format!("{back}&iss={ISSUER}"), 422, "another identity provider"),
        (
            |back| with(&with(back, "code", None), "error", Some("access_denied")),
            422,
            "agree on the provider",
        ),
        (
            |back| {
                let back = with(&with(back, "code", None), "error", Some("<script>x</script>"));
                with(&back, "error_description", Some("\u{1b}[2J\u{202e}<img src=x>"))
            },
            422,
            "the identity provider refuses",
        ),
        (|back| with(back, "code", None), 422, "it has no code"),
    ];
    for (change, status, why) in answers {
        let back = house.provider.sign_in(&browser.begin("").await.onward());
        let page = browser.arrive(&change(&back)).await;
        refused(&browser, &page, status, why);
        assert!(
            !page.text().contains("<script>x")
                && !page.text().contains("<img")
                && !page.text().contains('\u{1b}')
        );
        assert!(!browser.cookies.borrow().contains_key(FLOW));
        // It is over: the good answer comes too late.
        refused(&browser, &browser.arrive(&back).await, 403, FOREIGN);
    }
    assert!(house.opened().await.is_empty());
}

#[tokio::test]
async fn tokens_of_others_are_refused() {
    let house = House::with_page("").await;
    let now = house.world.now().as_second();
    let browser = Browser::new(&house.world);
    for (claims, status, why) in [
        (json!({"nonce": "of-another-sign-in"}), 422, "it belongs to another sign-in"),
        (json!({}), 422, "it belongs to another sign-in"),
        (json!({"aud": "another-client"}), 422, "it is for another client"),
        (json!({"aud": ["jit-public", "another-client"]}), 422, "it is for another client"),
        (json!({"iss": "https://evil.example"}), 422, "it is from another issuer"),
        (json!({"exp": now - 3_600, "iat": now - 7_200}), 422, "it has expired"),
        (json!({"events": {}}), 422, "it is not an ID token"),
        (json!({"sub": ""}), 422, "sub"),
        (json!({"sub": "cy"}), 403, "cy is listed in people.toml"),
    ] {
        // Every case but the first two carries the nonce of its own sign-in.
        let keeps = claims.as_object().unwrap().keys().any(|name| name != "nonce");
        let mut person = uma();
        for (name, value) in claims.as_object().unwrap() {
            person[name] = value.clone();
        }
        house.provider.with(|provider| (provider.person, provider.drops_nonce) = (person, !keeps));
        let back = house.provider.sign_in(&browser.begin("").await.onward());
        refused(&browser, &browser.arrive(&back).await, status, why);
    }
    assert!(house.opened().await.is_empty());
}

#[tokio::test]
async fn a_provider_that_is_down_or_slow_or_unfit_signs_nobody_in() {
    let house = House::with_page("").await;
    house.at_provider(uma());
    let browser = Browser::new(&house.world);
    let slow = HttpError::TimeOut { host: "login.example.com".to_owned() };
    let down = HttpError::Connect { host: "login.example.com".to_owned(), cause: "refused".to_owned() };
    let unfit = [
        (json!({"authorization_endpoint": Value::Null}), "has no sign-in by a browser"),
        (json!({"code_challenge_methods_supported": ["plain"]}), "has no PKCE with S256"),
        (json!({"issuer": "https://evil.example"}), "calls itself by another issuer"),
        (json!({"authorization_endpoint": "javascript:alert(1)"}), "is not an address that jit calls"),
        (json!({"token_endpoint": "http://169.254.169.254/token"}), "is not an address that jit calls"),
    ];
    for (discovery, why) in unfit {
        house.provider.with(|provider| provider.discovery = discovery);
        house.world.pass("1m");
        let page = browser.begin("").await;
        assert!(page.status() >= 400 && page.text().contains(why), "{why}: {}", page.text());
        assert!(!browser.cookies.borrow().contains_key(FLOW));
    }
    house.provider.with(|provider| provider.discovery = json!({}));
    for failure in [slow, down] {
        house.provider.with(|provider| provider.failure = Some(failure.clone()));
        house.world.pass("1m");
        let asked = house.provider.asked().len();
        for _ in 0..3 {
            let page = browser.begin("").await;
            refused(&browser, &page, 503, "the identity provider does not answer");
            assert!(page.header("retry-after").is_some());
        }
        assert_eq!(house.provider.asked().len(), asked + 1, "a provider that is away is not asked each time");
        house.world.pass("5s");
        // It fails between the two steps.
        house.provider.with(|provider| provider.failure = None);
        let back = house.provider.sign_in(&browser.begin("").await.onward());
        house.provider.with(|provider| provider.failure = Some(failure));
        refused(&browser, &browser.arrive(&back).await, 503, "the identity provider does not answer");
        house.provider.with(|provider| provider.failure = None);
    }
    // A sign-in that took more than ten minutes.
    let back = house.provider.sign_in(&browser.begin("").await.onward());
    house.world.pass("10m");
    refused(&browser, &browser.arrive(&back).await, 403, FOREIGN);
    assert!(house.opened().await.is_empty());
    let back = house.provider.sign_in(&browser.begin("").await.onward());
    assert_eq!(browser.arrive(&back).await.status(), 200);
}

#[tokio::test]
async fn another_provider_in_the_policy_meanwhile_ends_the_sign_in() {
    let mut house = House::with_page("").await;
    house.at_provider(uma());
    let (back, kept) = {
        let browser = Browser::new(&house.world);
        let back = house.provider.sign_in(&browser.begin("").await.onward());
        (back, browser.cookies.borrow().clone())
    };
    house.world.change_policy("access.toml", "\"jit-public\"", "\"another-client\"").await;
    let browser = Browser::new(&house.world);
    browser.cookies.replace(kept);
    refused(&browser, &browser.arrive(&back).await, 409, "another identity provider now");
    // The kept document is the old issuer's, and the new one has none.
    let another = format!("issuer = \"{ISSUER}/2\"");
    house.world.change_policy("access.toml", &format!("issuer = \"{ISSUER}\""), &another).await;
    let browser = Browser::new(&house.world);
    let page = browser.begin("").await;
    assert!(page.status() >= 400 && !browser.cookies.borrow().contains_key(FLOW), "{}", page.text());
}

#[tokio::test]
async fn forms_of_other_sites_and_browsers_begin_nothing() {
    let house = House::with_page("").await;
    let (mine, theirs) = (Browser::new(&house.world), Browser::new(&house.world));
    let token = mine.get("/web").await.token(WAY);
    let other = mine.get("/web").await.token("/web/sign-in");
    theirs.get("/web").await;
    let origins: [&[(&str, &str)]; 4] = [
        &[],
        &[("origin", "null")],
        &[("origin", "https://evil.example")],
        &[("origin", AUTHORITY), ("sec-fetch-site", "cross-site")],
    ];
    for headers in origins {
        assert_eq!(mine.post_from(headers, WAY, &[("token", &token)]).await.status(), 403);
    }
    for (browser, token) in [(&mine, ""), (&mine, other.as_str()), (&theirs, token.as_str())] {
        assert_eq!(browser.post_from(&OWN, WAY, &[("token", token)]).await.status(), 422);
    }
    assert!(house.provider.asked().is_empty(), "the provider was asked");
    for browser in [&mine, &theirs] {
        assert!(!browser.cookies.borrow().contains_key(FLOW));
    }
}

/// One caller fills neither the place of all nor the provider's log.
#[tokio::test]
async fn a_flood_is_limited() {
    let house = House::with_page("").await;
    let mut seen = Vec::new();
    for _ in 0..34 {
        let browser = Browser::new(&house.world);
        seen.push(browser.begin("").await.status());
    }
    assert_eq!((seen[31], &seen[32..]), (200, [429, 429].as_slice()));
    assert_eq!(house.provider.asked().len(), 1, "its document is kept");
    house.world.pass("10m");
    // One browser that begins again and again takes one place.
    let browser = Browser::new(&house.world);
    for _ in 0..40 {
        assert_eq!(browser.begin("").await.status(), 200);
    }
    assert_eq!(house.provider.asked().len(), 2, "it is fetched anew after a minute");
}

/// A person whom nothing of the policy names is signed in, as at `jit login`, and sees nothing.
#[tokio::test]
async fn who_may_nothing_sees_nothing() {
    let house = House::with_page("").await;
    let (view, _) = house.world.ask(&house.world.person("ana").await, "desk").await;
    let path = format!("/web/r/{}", view.id);
    let browser = house.browser(json!({"sub": "tess", "groups": ["sales"]})).await;
    let page = browser.get("/web").await.text();
    assert!(page.contains("Nothing waits for you") && !page.contains("INC-42"), "{page}");
    assert_eq!(browser.get(&path).await.status(), 404);
    // The group went between two proofs: the browser that was let in with it loses what rests on it.
    let browser = house.browser(uma()).await;
    assert_eq!(browser.get(&path).await.status(), 200);
    house.tick();
    house.browser(json!({"sub": "uma", "groups": ["sales"]})).await;
    assert_eq!(browser.get(&path).await.status(), 404);
    // Groups that the token leaves open are unknown, and the page says so.
    for claims in [
        json!({"sub": "vic"}),
        json!({"sub": "vic", "groups": "sre"}),
        json!({"sub": "vic", "_claim_names": {"groups": "src1"}}),
    ] {
        house.tick();
        let browser = house.browser(claims).await;
        let why = "The identity provider did not say which groups vic is in, so nothing rests on them.";
        assert!(browser.get("/web").await.text().contains(why));
        let page = browser.get(&path).await;
        assert!(page.status() == 403 && page.text().contains(why), "{}", page.text());
    }
}
