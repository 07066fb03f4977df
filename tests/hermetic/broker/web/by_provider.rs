//! Signing a browser in with the company's account: what it may do afterwards, what the log keeps, and what ends it.

use jit::audit::Event;
use jit::audit::LetIn;
use jit::audit::Subject;
use jit::grant::State;
use jit::judgement::let_in;
use jit::protocol::EventList;
use serde_json::Value;
use serde_json::json;

use crate::broker::signed_in::House;
use crate::broker::signed_in::LIN;
use crate::broker::web::browser::Browser;
use crate::broker::web::browser::FLOW;
use crate::broker::web::browser::Page;
use crate::broker::world::AUTHORITY;
use crate::support::authenticator::Passkey;
use crate::support::provider::CLIENT;
use crate::support::provider::ISSUER;

/// The form that begins the sign-in, and the path of the provider's answer.
pub const WAY: &str = "/web/sign-in/oidc";

impl House {
    /// Sets the claims of the person who signs in at the provider from here on.
    pub fn at_provider(&self, person: Value) {
        self.provider.with(|provider| provider.person = person);
    }

    /// The events that record a browser.
    pub async fn opened(&self) -> Vec<Event> {
        let eve = self.world.person("eve").await;
        let list: EventList = self.world.get("/v1/events?limit=500", &eve).await.read();
        let opened = list.events.iter().filter(|event| event.word == "page_opened");
        opened.map(|event| Event::parse(event.body.as_bytes()).unwrap()).collect()
    }

    /// A browser that signed in with this account.
    pub async fn browser(&self, person: Value) -> Browser<'_> {
        self.at_provider(person);
        let browser = Browser::new(&self.world);
        let back = self.provider.sign_in(&browser.begin("").await.onward());
        let page = browser.arrive(&back).await;
        assert_eq!((page.status(), page.onward().as_str()), (200, "/web"), "{}", page.text());
        assert!(browser.is_signed_in());
        browser
    }
}

impl Browser<'_> {
    /// Sends the form of the first section.
    pub async fn begin(&self, next: &str) -> Page {
        let token = self.get("/web").await.token(WAY);
        self.post(WAY, &[("token", &token), ("next", next)]).await
    }
}

pub fn uma() -> Value {
    json!({"sub": "uma", "groups": ["sre"], "email": "uma@example.com"})
}

#[tokio::test]
async fn an_account_signs_in_reads_and_denies_and_lands_where_it_came_from() {
    let house = House::with_page("").await;
    let world = &house.world;
    let (view, _) = world.ask(&world.person("ana").await, "desk").await;
    let browser = Browser::new(world);
    let path = format!("/web/r/{}", view.id);
    let page = browser.get(&path).await;
    assert_eq!(page.status(), 401);
    let text = page.text();
    let ways = ["With your company's account", "With a code from your terminal"];
    assert!(text.find(ways[0]).unwrap() < text.find(ways[1]).unwrap() && !text.contains("With GitHub"));
    assert!(text.contains("Sign in at login.example.com"), "{text}");
    let token = page.token(WAY);
    let page = browser.post(WAY, &[("token", &token), ("next", &path[5..])]).await;
    assert_eq!(page.status(), 200);
    assert!(page.text().contains("Continue to login.example.com"), "{}", page.text());
    let address = page.onward();
    assert!(!address.contains("offline_access"), "the page keeps no refresh token: {address}");
    house.at_provider(uma());
    let back = house.provider.sign_in(&address);
    assert!(back.starts_with(&format!("{AUTHORITY}{WAY}?")), "{back}");
    let page = browser.arrive(&back).await;
    assert_eq!((page.status(), page.onward()), (200, path.clone()), "{}", page.text());
    assert_eq!(page.header("cache-control"), Some("no-store"));
    assert!(browser.is_signed_in() && !browser.cookies.borrow().contains_key(FLOW));
    // Nobody had ever heard of uma here.
    let page = browser.get(&path).await;
    assert!(page.status() == 200 && page.text().contains("INC-42"), "{}", page.text());
    let page = browser.deny(view.id.as_str(), "not today").await;
    assert_eq!(page.status(), 303, "{}", page.text());
    let shown = world.show(&world.person("ana").await, &view).await;
    assert_eq!(shown.state, State::Denied);
    assert_eq!(shown.closing.unwrap().why, "uma denied it on the approval page: not today");
    // A key was enrolled by none of this, and the cookie is nothing at `/v1`.
    let list = world.get("/v1/events?limit=500", &world.person("eve").await).await;
    assert!(list.read::<EventList>().events.iter().all(|event| event.word != "enrolled"));
    let cookie = browser.cookies.borrow()["__Host-jit"].clone();
    assert_eq!(world.call("GET", "/v1/requests", &cookie, None::<&()>).await.status(), 401);
}

#[tokio::test]
async fn the_log_keeps_the_proof_and_a_reader_verifies_it() {
    let house = House::with_page("").await;
    let browser = house.browser(uma()).await;
    let [event] = house.opened().await.try_into().unwrap();
    assert_eq!(event.source.as_deref(), Some("127.0.0.1"));
    let body = String::from_utf8(event.body().unwrap()).unwrap();
    for cookie in browser.cookies.borrow().values() {
        assert!(!body.contains(cookie), "a cookie is in the log");
    }
    for canary in ["canary-access", "canary-refresh", "canary-code"] {
        assert!(!body.contains(canary), "{canary}");
    }
    assert_eq!(
        event.subject.describe(),
        format!("uma signed a browser in on the approval page, by {ISSUER}")
    );
    let Subject::PageOpened { person, way, .. } = event.subject else { panic!() };
    assert_eq!(person.as_str(), "uma");
    assert_eq!(let_in::check(&way, event.at), Ok(()));
    // The check finds every change in it.
    let forged = [
        ("random", json!("another-nonce"), "does not verify"),
        ("subject", json!("dee"), "says something else"),
        ("issued", json!("2026-11-23T12:00:01Z"), "says something else"),
        ("issuer", json!("https://evil.example"), "does not verify"),
        ("jwk", json!("{}"), "does not verify"),
        ("random", Value::Null, "does not say which nonce"),
    ];
    for (member, value, expected) in forged {
        let mut changed = serde_json::to_value(&way).unwrap();
        let evidence = changed["evidence"].as_object_mut().unwrap();
        if value.is_null() {
            evidence.remove(member)
        } else {
            evidence.insert(member.to_owned(), value)
        };
        let changed: LetIn = serde_json::from_value(changed).unwrap();
        let error = let_in::check(&changed, event.at).unwrap_err().to_string();
        assert!(error.contains(expected), "{member}: {error}");
    }
    let LetIn::Login { client, evidence } = way else { panic!() };
    assert_eq!(client, CLIENT);
    let other = LetIn::Login { client: "another-client".to_owned(), evidence };
    assert!(let_in::check(&other, event.at).is_err());
}

/// The newest proof of a person may be that of a browser. A mint verifies it again like any other.
#[tokio::test]
async fn a_mint_verifies_the_proof_again() {
    let mut house = House::with_page("").await;
    let quinn = house.sign_in("quinn", &["dev"]).await;
    house.tick();
    house.browser(json!({"sub": "quinn", "groups": ["dev"]})).await;
    let cy = house.world.person("cy").await;
    let view = house.approved(&quinn, &cy).await;
    assert_eq!(house.world.mint(&quinn, &view).await.status(), 201);
    let line = format!("client_id = \"{CLIENT}\"");
    house.world.change_policy("access.toml", &line, "client_id = \"another-client\"").await;
    assert!(house.world.mint(&quinn, &view).await.status() >= 400, "it was for another client");
}

#[tokio::test]
async fn a_listed_person_is_themselves() {
    let house = House::with_page("").await;
    let browser = house.browser(json!({"sub": LIN, "groups": ["sre", "security"]})).await;
    let page = browser.get("/web").await.text();
    assert!(page.contains("<span class=\"who\">lin</span>"), "{page}");
    let (view, _) = house.world.ask(&house.world.person("ana").await, "desk").await;
    // The token's groups are not lin's.
    assert_eq!(browser.get(&format!("/web/r/{}", view.id)).await.status(), 404);
}

#[tokio::test]
async fn the_browser_ends_by_itself_and_by_its_person() {
    let house = House::with_page("").await;
    let browser = house.browser(uma()).await;
    house.world.pass("29m");
    assert_eq!(browser.get("/web").await.status(), 200);
    house.world.pass("1m");
    assert_eq!(browser.get("/web").await.status(), 401, "after 30 minutes");
    let browser = house.browser(uma()).await;
    let cookie = browser.cookies.borrow()["__Host-jit"].clone();
    let token = browser.get("/web").await.token("/web/sign-out");
    assert_eq!(browser.post("/web/sign-out", &[("token", &token)]).await.status(), 303);
    browser.cookies.borrow_mut().insert("__Host-jit".to_owned(), cookie);
    assert_eq!(browser.get("/web").await.status(), 401, "after signing out, for the server too");
    // The sixth browser of one login replaces the first.
    let mut browsers = Vec::new();
    for _ in 0..6 {
        house.tick();
        browsers.push(house.browser(uma()).await);
    }
    let mut seen = Vec::new();
    for browser in &browsers {
        seen.push(browser.get("/web").await.status());
    }
    assert_eq!(seen, [401, 200, 200, 200, 200, 200]);
}

/// Everything that ends a person's sessions ends their browsers too, at the next call.
#[tokio::test]
async fn who_leaves_loses_the_page() {
    let house = House::with_page("vouchers = [\"group:security\"]").await;
    let browser = house.browser(uma()).await;
    house.tick();
    let dee = house.world.person("dee").await;
    assert_eq!(house.remove(&dee, "uma").await.status(), 200);
    assert_eq!(browser.get("/web").await.status(), 401, "removed by a colleague");
    // A key of theirs was dropped.
    house.tick();
    let uma_at_home = house.sign_in_lasting("uma", &["sre"], "uma-laptop").await;
    let browser = house.browser(uma()).await;
    house.tick();
    assert_eq!(house.drop_key(&uma_at_home, "uma-laptop").await.status(), 204);
    assert_eq!(browser.get("/web").await.status(), 401, "cut");
    house.tick();
    assert_eq!(house.browser(uma()).await.get("/web").await.status(), 200, "a newer sign-in counts");
}

#[tokio::test]
async fn the_policy_ends_browsers() {
    let another = format!("issuer = \"{ISSUER}/2\"");
    let issuer = format!("issuer = \"{ISSUER}\"");
    for (person, file, from, to) in [
        (uma(), "access.toml", issuer.as_str(), another.as_str()),
        (json!({"sub": LIN, "groups": []}), "people.toml", "[people.lin]", "[people.linda]"),
        (json!({"sub": LIN, "groups": []}), "people.toml", LIN, "00u-another"),
    ] {
        let mut house = House::with_page("").await;
        let kept = house.browser(person).await.cookies.borrow().clone();
        if to == "[people.linda]" {
            let text = house.world.policy[file].replace("\"lin\"", "\"linda\"");
            house.world.write_policy(file, &text);
        }
        house.world.change_policy(file, from, to).await;
        let browser = Browser::new(&house.world);
        browser.cookies.replace(kept);
        assert_eq!(browser.get("/web").await.status(), 401, "{to}");
    }
    let mut house = House::with_page("").await;
    let kept = house.browser(uma()).await.cookies.borrow().clone();
    house.world.stop().await;
    house.world.start_page().await;
    let browser = Browser::new(&house.world);
    browser.cookies.replace(kept);
    assert_eq!(browser.get("/web").await.status(), 401, "after a restart");
}

#[tokio::test]
async fn without_a_provider_in_the_policy_there_is_no_such_way() {
    let world = crate::broker::world::World::with_page().await;
    let browser = Browser::new(&world);
    let page = browser.get("/web").await;
    assert!(!page.text().contains(WAY), "{}", page.text());
    // The form's token does not exist, and that of another form does not fit.
    let token = page.token("/web/sign-in");
    assert_eq!(browser.post(WAY, &[("token", &token)]).await.status(), 422);
    assert_eq!(browser.get(WAY).await.status(), 403);
    // Neither where the policy says so, nor for who began before it did.
    let mut house = House::with_page("").await;
    house.at_provider(uma());
    let (back, kept, form) = {
        let browser = Browser::new(&house.world);
        let back = house.provider.sign_in(&browser.begin("").await.onward());
        let form = browser.get("/web").await.token(WAY);
        (back, browser.cookies.borrow().clone(), form)
    };
    let groups = "groups = \"groups\"\n";
    house.world.change_policy("access.toml", groups, &format!("{groups}page = false\n")).await;
    let browser = Browser::new(&house.world);
    browser.cookies.replace(kept);
    assert!(!browser.get("/web").await.text().contains(WAY));
    assert_eq!(browser.arrive(&back).await.status(), 404);
    assert_eq!(browser.post(WAY, &[("token", &form)]).await.status(), 404);
    assert!(!browser.is_signed_in());
}

/// The page enrols no key: approving takes a passkey that was enrolled before, and a proof of the groups that is new enough.
#[tokio::test]
async fn approving_takes_an_enrolled_passkey_and_a_new_proof() {
    let house = House::with_page("").await;
    let world = &house.world;
    let ana = world.person("ana").await;
    let (first, _) = world.ask(&ana, "desk").await;
    let browser = house.browser(uma()).await;
    let page = browser.get(&format!("/web/r/{}", first.id)).await.text();
    assert!(page.contains("The policy has no passkey of yours") && !page.contains("data-verdict"), "{page}");
    // uma enrols one by `jit login`, as the same person.
    let passkey = Passkey::new(1, "jit.example.com");
    let call = house.enrolment_of(house.claims("uma", &["sre"]), &passkey.line(), true);
    assert_eq!(house.post_enrolment(&call).await.status(), 200);
    let page = browser.approve_by(world, &passkey, &first, "uma").await;
    assert_eq!(page.status(), 204, "{}", page.text());
    assert_eq!(world.show(&ana, &first).await.state, State::Approved);
    let page = world.post_nothing(&format!("/v1/requests/{}/leases", first.id), &ana).await;
    assert_eq!(page.status(), 201, "a mint verifies all of it again");
    world.post_nothing(&format!("/v1/requests/{}/end", first.id), &ana).await;
    // Sixteen minutes later nothing rests on what the provider said then. A denial does not need it.
    world.pass("16m");
    let (second, _) = world.ask(&ana, "desk").await;
    let page = browser.get(&format!("/web/r/{}", second.id)).await.text();
    assert!(page.contains("The identity provider last proved uma"), "{page}");
    let page = browser.approve_by(world, &passkey, &second, "uma").await;
    let text = page.text();
    assert!(
        page.status() == 403 && text.contains("\"groups\"") && text.contains("sign out and in again"),
        "{text}"
    );
    assert_eq!(world.show(&ana, &second).await.state, State::Pending);
    let again = house.browser(uma()).await;
    assert_eq!(again.approve_by(world, &passkey, &second, "uma").await.status(), 204);
    assert_eq!(browser.deny(second.id.as_str(), "on second thought").await.status(), 303);
}

/// The page names a colleague who vouches only where the policy names vouchers.
#[tokio::test]
async fn a_key_that_is_not_confirmed_is_told_what_confirms_it() {
    for (line, has_vouchers) in [("", false), ("vouchers = [\"group:security\"]", true)] {
        let house = House::with_page(line).await;
        house.sign_in_lasting("uma", &["sre"], "uma-laptop").await;
        house.tick();
        let browser = house.browser(uma()).await;
        let (view, _) = house.world.ask(&house.world.person("ana").await, "prod").await;
        let text = browser.get(&format!("/web/r/{}", view.id)).await.text();
        assert!(text.contains("jit key confirm"), "{text}");
        assert_eq!(text.contains("jit key vouch uma"), has_vouchers, "{line}: {text}");
    }
}
