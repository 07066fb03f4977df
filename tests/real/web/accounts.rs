//! Signing in on the page with an account: at a real OpenID provider, and with GitHub's device flow.

use std::sync::Arc;
use std::sync::Mutex;

use axum::Json;
use axum::Router;
use axum::routing::get;
use axum::routing::post;
use serde_json::Value;
use serde_json::json;

use crate::oidc::browser::Browser;
use crate::oidc::provider::Provider;
use crate::peers::peer::wait_for;
use crate::peers::person::Person;
use crate::peers::person::Signs;
use crate::peers::site::Site;
use crate::peers::team::Team;
use crate::web::signature;
use crate::web::world::APPROVE;
use crate::web::world::Page;

const COMPANY: &str = "form[action='/web/sign-in/oidc'] button";
const GITHUB: &str = "form[action='/web/sign-in/github'] button";
const CONTINUE: &str = "form[action='/web/sign-in/github/continue'] button";

/// The part of GitHub that a sign-in needs. The account is bo's once the test says that the code was typed.
fn github(typed: &Arc<Mutex<bool>>) -> Site {
    let typed = Arc::clone(typed);
    let address = Arc::new(Mutex::new(String::new()));
    let shown = Arc::clone(&address);
    let begin = move || async move {
        let page = format!("{}/login/device", shown.lock().unwrap());
        Json(json!({
            "device_code": "the-device-code", "user_code": "WDJB-MJHT", "verification_uri": page,
            "expires_in": 900, "interval": 1
        }))
    };
    let poll = move || async move {
        let typed = *typed.lock().unwrap();
        Json(if typed { json!({"access_token": "gho_x"}) } else { json!({"error": "authorization_pending"}) })
    };
    let user = || async { Json(json!({"id": 4711, "login": "bo-on-github", "type": "User"})) };
    let site = Site::start(
        Router::new()
            .route("/login/device/code", post(begin))
            .route("/login/oauth/access_token", post(poll))
            .route("/user", get(user)),
    );
    address.lock().unwrap().clone_from(&site.url);
    site
}

struct Scene {
    page: Page,
    provider: Provider,
    typed: Arc<Mutex<bool>>,
    _github: Site,
}

impl Scene {
    /// Bo has a passkey in the policy, accounts at both, and a browser that is signed out.
    fn new() -> Self {
        let typed = Arc::new(Mutex::new(false));
        let site = github(&typed);
        let mut provider = None;
        let mut page = Page::prepared(|team: &Team| {
            let started = Provider::start(team.folder());
            let access = format!(
                "version = 1\nauditors = [\"person:bo\"]\n[identity.oidc]\nissuer = \"{}\"\nclient_id = \"jit\"\n\
                 groups = \"groups\"\n[identity.github]\nclient_id = \"Ov23-test\"\napi = \"{}\"\n",
                started.issuer, site.url
            );
            team.broker.write_policy("access.toml", &access);
            let people = std::fs::read_to_string(team.folder().join("broker/policy/people.toml")).unwrap();
            let bo = "[people.bo]\noidc = \"bo-at-work\"\ngithub = 4711\n";
            team.broker.write_policy("people.toml", &people.replace("[people.bo]\n", bo));
            provider = Some(started);
        });
        page.register();
        page.enrol();
        page.sign_out();
        Self { page, provider: provider.unwrap(), typed, _github: site }
    }
}

impl Page {
    fn sign_out(&mut self) {
        self.browser.click(".out button");
        self.browser.wait("h1", "Sign in");
    }

    /// Signs in at the provider, from the sign-in page. Returns the origin of the provider's form.
    fn at_company(&mut self, subject: &str) -> Value {
        self.browser.click(COMPANY);
        self.browser.wait("form input[name=login]", "");
        let at = self.browser.run("() => location.origin", &json!(null));
        self.browser.fill("input[name=login]", subject);
        self.browser.fill("input[name=password]", "any");
        self.browser.click("button[type=submit]");
        self.browser.wait("button[type=submit]", "Continue");
        self.browser.click("button[type=submit]");
        at
    }
}

/// Starts a command of somebody that signs in at the provider, and signs in there by plain HTTP.
fn by_provider(person: &Person, words: &[&str]) {
    let mut running = person.start(words);
    running.says("code_challenge_method=S256");
    let said = running.stderr();
    let rest = said.lines().find_map(|line| line.strip_prefix("  http")).unwrap();
    let mut browser = Browser::of(&person.name);
    let back = browser.sign_in(&format!("http{rest}"));
    assert_eq!(browser.visit(&back).status, 200);
    let ended = running.end();
    assert_eq!(ended.code, 0, "{}\n{}", ended.stdout, ended.stderr);
}

/// No file names uma. Her account says who she is, her passkey signs, and a colleague has confirmed that it is hers.
#[test]
fn somebody_whom_no_file_names_approves_with_a_passkey_of_their_own() {
    let mut provider = None;
    let mut page = Page::prepared(|team: &Team| {
        let started = Provider::start(team.folder());
        started.set_groups(&json!({"uma": ["sre"]}));
        let access = format!(
            "version = 1\nauditors = [\"person:bo\"]\n[identity.oidc]\nissuer = \"{}\"\nclient_id = \"jit\"\n\
             groups = \"groups\"\nvouchers = [\"person:bo\"]\n",
            started.issuer
        );
        team.broker.write_policy("access.toml", &access);
        provider = Some(started);
    });
    let provider = provider.unwrap();
    page.sign_out();
    let uma = Person::new(page.team.folder(), "uma", Signs::File);
    by_provider(&uma, &["login", &page.team.broker.url, "--no-browser"]);
    page.at_company("uma");
    page.browser.wait(".who", "uma");
    page.register();
    let line = page.passkey.clone();
    by_provider(&uma, &["key", "add", "--no-browser", &line]);
    let keys: Value = serde_json::from_str(&uma.run(&["key", "list", "--json"]).ok()).unwrap();
    let key = keys.as_array().unwrap().iter().find(|key| key["until"].is_null()).unwrap();
    assert_eq!(key["worth"], "account", "{keys}");
    let id = page.team.ana.ask("orders-admin");
    page.open(&format!("/r/{id}"));
    let before = page.browser.text("main");
    assert!(before.contains("ask a colleague for jit key vouch uma"), "{before}");
    let passkeys = page.browser.ask("count", json!({"at": APPROVE}));
    assert_eq!(passkeys["count"], 0, "her key counts for nothing yet");
    let mut findings = Vec::new();
    page.look("unconfirmed", &mut findings);
    assert_eq!(findings, Vec::<String>::new());
    page.team.bo.run(&["key", "vouch", "uma", key["key"].as_str().unwrap(), "-y"]).ok();
    page.open(&format!("/r/{id}"));
    page.browser.wait("#checked", "Your browser derived these words");
    page.browser.click(APPROVE);
    page.browser.wait(".state", "approved");
    let view = page.stored(&id);
    assert_eq!(view["reviews"][0]["by"], "uma");
    signature::judge(&page, &view["reviews"][0]["signed"]);
    drop(provider);
}

#[test]
fn an_account_signs_in_lands_on_the_request_and_a_passkey_approves_it() {
    let mut scene = Scene::new();
    let page = &mut scene.page;
    let id = page.team.ana.ask("orders-admin");
    // From the link of a notice.
    assert_eq!(page.open(&format!("/r/{id}")), 401);
    let mut findings = Vec::new();
    page.look("sign-in-ways", &mut findings);
    assert_eq!(
        page.at_company("bo-at-work"),
        json!(scene.provider.issuer),
        "the browser was at the provider"
    );
    page.browser.wait("#checked", "Your browser derived these words");
    let at = page.browser.run("() => location.href", &json!(null));
    assert_eq!(at, json!(page.url(&format!("/r/{id}"))), "without code and state");
    assert_eq!(page.browser.text(".who"), "bo");
    page.browser.click(APPROVE);
    page.browser.wait(".state", "approved");
    let view = page.stored(&id);
    signature::judge(page, &view["reviews"][0]["signed"]);
    // The cookies that are left: one that signs in, strict, and no sign-in in progress.
    let cookies = page.browser.ask("cookies", json!({}));
    let cookies = cookies["cookies"].as_array().unwrap();
    let own: Vec<&Value> =
        cookies.iter().filter(|cookie| cookie["name"].as_str().unwrap().starts_with("__Host-jit")).collect();
    assert!(own.iter().all(|cookie| cookie["sameSite"] == "Strict"), "{own:?}");
    assert!(own.iter().all(|cookie| cookie["name"] != "__Host-jit-flow"), "{own:?}");
    // The back button leads to no used answer.
    page.browser.ask("back", json!({}));
    let text = page.browser.text("body");
    assert!(!text.contains("The sign-in failed"), "{text}");
    // An auditor's client verifies the proof in the log.
    let log = page.team.bo.run(&["audit", "list"]).ok();
    let line = format!("bo signed a browser in on the approval page, by {}", scene.provider.issuer);
    assert!(log.contains(&line), "{log}");
    let faults = page.browser.ask("faults", json!({}));
    let errors: Vec<&str> =
        faults["errors"].as_array().unwrap().iter().map(|error| error.as_str().unwrap()).collect();
    assert!(!errors.iter().any(|error| error.contains("Content Security Policy")), "{errors:?}");
    assert_eq!(findings, Vec::<String>::new());
}

#[test]
fn without_javascript_both_accounts_sign_in() {
    let mut scene = Scene::new();
    let page = &mut scene.page;
    let mut findings = Vec::new();
    page.browser.ask("scripts", json!({"on": false}));
    page.open("");
    page.at_company("bo-at-work");
    page.browser.wait("h1", "Requests that wait for you");
    page.sign_out();
    page.browser.click(GITHUB);
    page.browser.wait("strong.code", "WDJB-MJHT");
    page.browser.click(CONTINUE);
    page.browser.wait("[role=alert]", "GitHub has not said who you are yet");
    page.browser.ask("scripts", json!({"on": true}));
    page.look("sign-in-github", &mut findings);
    page.browser.ask("scripts", json!({"on": false}));
    *scene.typed.lock().unwrap() = true;
    let browser = &mut page.browser;
    wait_for("GitHub's answer", || {
        if browser.ask("count", json!({"at": CONTINUE}))["count"] == 1 {
            browser.click(CONTINUE);
        }
        browser.text("body").contains("Requests that wait for you")
    });
    assert_eq!(page.browser.text(".who"), "bo");
    page.sign_out();
    // A refusal of the provider, as it looks. Nobody has begun this sign-in.
    page.browser.ask("scripts", json!({"on": true}));
    assert_eq!(page.open("/sign-in/oidc?error=access_denied&state=x"), 403);
    page.browser.wait("h1", "The sign-in failed");
    page.look("sign-in-failed", &mut findings);
    assert_eq!(findings, Vec::<String>::new());
}
