//! `jit login` with the account at an identity provider, and what follows: groups, renewal, logout.

use std::time::Duration;

use jit::config::LoginRecord;
use jit::flow::Client;
use jit::identity::Signer;
use jit::identity::fake::TestSigner;
use jit::identity::signer::KeyChoice;
use jit::protocol::LoginWay;
use jit::system::Clock;
use jit::system::http::HttpError;
use jit::system::keychain::Keychain;
use jit::system::loopback;
use serde_json::json;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;

use crate::cli::stage::Shot;
use crate::oidc::desk::BROKER;
use crate::oidc::desk::Scene;
use crate::oidc::desk::oidc;
use crate::support::provider::ISSUER;

const LOGIN: &str = "login https://jit.example.com";

/// The address to which the program's own page sent the browser.
async fn opened(scene: &Scene) -> String {
    loop {
        let visits = scene.ana.world.processes.visits.lock().unwrap().pop();
        let location = visits.and_then(|answer| {
            let line = answer.lines().find(|line| line.to_lowercase().starts_with("location: "))?;
            Some(line["location: ".len()..].trim().to_owned())
        });
        match location {
            Some(location) => return location,
            None => tokio::task::yield_now().await,
        }
    }
}

/// Sends one request to an address of this machine. `None` if nobody listens.
pub async fn visit(address: &str) -> Option<String> {
    let url = url::Url::parse(address).unwrap();
    let mut stream = loopback::connect(url.port().unwrap(), Duration::from_secs(5)).await.ok()?;
    let target = url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
    let host = format!("{}:{}", url.host_str().unwrap(), url.port().unwrap());
    stream.write_all(format!("GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n").as_bytes()).await.ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.ok()?;
    Some(answer)
}

async fn sign_in(scene: &Scene, line: &str) -> Shot {
    let browse = async {
        let back = scene.provider.sign_in(&opened(scene).await);
        let page = visit(&back).await.unwrap();
        assert!(page.starts_with("HTTP/1.1 200") && page.contains("Go back to the terminal"), "{page}");
        assert!(!page.contains("canary"), "the page repeats nothing: {page}");
    };
    tokio::join!(scene.ana.run(line, &[]), browse).0
}

fn items(scene: &Scene) -> Vec<String> {
    scene.ana.world.keychain.items()
}

fn record(scene: &Scene) -> jit::config::login::Account {
    LoginRecord::load(&scene.ana.world.system.files).unwrap().account.unwrap()
}

#[tokio::test]
async fn a_browser_signs_in_and_a_key_of_the_keychain_signs_from_then_on() {
    let scene = Scene::new(false);
    let shot = sign_in(&scene, &format!("login {BROKER}")).await;
    assert_eq!(shot.code, 0, "{shot}");
    assert!(shot.stdout.contains(&format!("logged in to {BROKER} as ana")), "{shot}");
    assert!(shot.stderr.contains(&format!("sign in at {ISSUER}:")), "the address is always printed: {shot}");
    assert!(shot.stderr.contains("worth     account"), "{shot}");
    // Five calls to the broker and two to the provider; the broker itself fetches two documents once.
    let sent = scene.ana.world.http.sent();
    let paths: Vec<String> =
        sent.iter().map(|request| url::Url::parse(&request.url).unwrap().path().to_owned()).collect();
    let discovery = "/acme/.well-known/openid-configuration";
    let expected = [
        "/v1/login/ways",
        discovery,
        "/acme/token",
        "/v1/login/enrol",
        discovery,
        "/acme/keys",
        "/v1/login/challenge",
        "/v1/login",
        "/v1/roles",
    ];
    assert_eq!(paths, expected);
    let kept: Vec<String> =
        ["refresh", "session-key", "session"].iter().map(|kind| format!("{kind}:{BROKER}")).collect();
    assert!(kept.iter().all(|item| items(&scene).contains(item)), "{:?}", items(&scene));
    assert!(!scene.ana.disk().contains("canary"), "no token on the disk");
    let account = record(&scene);
    assert!(account.keeps_key() && account.provider.as_ref().unwrap().issuer == ISSUER);
    assert_eq!(scene.desk.books.lock().unwrap().enrolled[&account.key], ("ana".parse().unwrap(), false));
    // The opener's arguments name this machine only: every user can read them.
    let started = scene.ana.world.processes.started.lock().unwrap()[0].clone();
    let argument = started.arguments.last().unwrap().to_string_lossy().into_owned();
    assert!(argument.starts_with("http://127.0.0.1:") && !argument.contains("state"), "{argument}");
    // Another command finds the key in the keychain, and only there.
    let client = Client::open(&scene.ana.world.system).unwrap();
    let choice = KeyChoice { public: account.key.clone(), file: None };
    let signature = client.signer(&choice).unwrap().sign("jit.request.v1", b"text").unwrap();
    let verified = jit::identity::verify("jit.request.v1", b"text", &signature).unwrap();
    assert_eq!(verified.fingerprint, jit::identity::key::parse_line(&account.key).unwrap().fingerprint);
    let whoami = scene.ana.run("whoami", &[]).await;
    assert!(whoami.stdout.contains(&format!("provider  {ISSUER}, proved just now")), "{whoami}");
    let whoami = scene.ana.run("whoami --json", &[]).await;
    let whoami: serde_json::Value = serde_json::from_str(&whoami.stdout).unwrap();
    assert_eq!(whoami["provider"]["worth"], "account");
}

#[tokio::test]
async fn another_program_at_the_port_gains_nothing_and_ends_nothing() {
    let scene = Scene::new(false);
    let browse = async {
        let address = opened(&scene).await;
        let back = scene.provider.sign_in(&address);
        let right = url::Url::parse(&back).unwrap();
        let mut forged = right.clone();
        forged.query_pairs_mut().clear().append_pair("code", "theirs").append_pair("state", "guessed");
        let mut twice = right.clone();
        twice.query_pairs_mut().append_pair("state", "second");
        let mut elsewhere = right.clone();
        elsewhere.set_path("/other");
        for (wrong, status) in [(forged, "403"), (twice, "403"), (elsewhere, "404")] {
            let answer = visit(wrong.as_str()).await.unwrap();
            assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{wrong}: {answer}");
        }
        assert!(visit(&back).await.unwrap().starts_with("HTTP/1.1 200"));
    };
    let (shot, ()) = tokio::join!(scene.ana.run(LOGIN, &[]), browse);
    assert_eq!(shot.code, 0, "{shot}");
}

#[tokio::test]
async fn a_code_on_another_machine_signs_in_and_slows_down_for_good() {
    let scene = Scene::new(true);
    let polls = ["authorization_pending", "slow_down", "authorization_pending"];
    scene.provider.with(|behaviour| behaviour.polls = polls.into());
    let before = scene.clock.now();
    let shot = scene.ana.run(&format!("login {BROKER} --device"), &[]).await;
    assert_eq!(shot.code, 0, "{shot}");
    assert!(shot.stderr.contains(&format!("open {ISSUER}/activate and type WDJB-MJHT")), "{shot}");
    // Two polls after 5 s each, and two after 10 s each.
    assert_eq!(scene.clock.now().duration_since(before).as_secs(), 30);
    assert!(scene.ana.world.processes.started.lock().unwrap().is_empty(), "no browser");
}

#[tokio::test]
async fn without_a_display_or_over_ssh_a_code_is_shown_unasked() {
    for (remove, set) in [(Some("DISPLAY"), None), (None, Some("SSH_CONNECTION"))] {
        let mut scene = Scene::new(true);
        let environment = &mut scene.ana.world.system.environment;
        remove.inspect(|name| environment.remove(name));
        set.inspect(|name| environment.set(*name, "192.0.2.1 1 192.0.2.2 22"));
        let shot = scene.ana.run(&format!("login {BROKER}"), &[]).await;
        assert!(shot.code == 0 && shot.stderr.contains("type WDJB-MJHT"), "{shot}");
    }
}

#[tokio::test]
async fn a_code_that_nobody_or_somebody_else_approved_logs_nobody_in() {
    let scene = Scene::new(true);
    for (error, told) in [
        ("access_denied", "agree on the provider's page"),
        ("expired_token", "run `jit login` again"),
        ("unauthorized_client", "does not know jit's client"),
    ] {
        scene.provider.with(|behaviour| behaviour.polls = [error].into());
        let shot = scene.ana.run(&format!("login {BROKER} --device"), &[]).await;
        assert!(shot.code == 1 && shot.stderr.contains(error) && shot.stderr.contains(told), "{shot}");
        assert!(
            !shot.stderr.contains('\u{1b}'),
            "the provider's text is sanitised: {shot:?}",
            shot = shot.stderr
        );
    }
    let endless = std::iter::repeat_n("authorization_pending", 1000);
    scene.provider.with(|behaviour| behaviour.polls = endless.collect());
    let shot = scene.ana.run(&format!("login {BROKER} --device"), &[]).await;
    assert!(shot.stderr.contains("nobody finished the sign-in in time"), "{shot}");
    scene.provider.with(|behaviour| behaviour.polls.clear());
    assert!(items(&scene).is_empty());
    // Ana is known here, and Bo approves her code.
    let shot = scene.ana.run(&format!("login {BROKER} --device"), &[]).await;
    assert_eq!(shot.code, 0, "{shot}");
    let before = record(&scene);
    scene.provider.with(|behaviour| behaviour.person = json!({"sub": "bo"}));
    let shot = scene.ana.run(&format!("login {BROKER} --device"), &[]).await;
    assert_eq!(shot.code, 5, "{shot}");
    assert!(shot.stderr.contains(&format!("bo signed in at {ISSUER}, and not ana")), "{shot}");
    assert!(shot.stderr.contains("`jit login --as bo`"), "{shot}");
    assert_eq!(record(&scene), before);
    let shot = scene.ana.run("whoami", &[]).await;
    assert!(shot.stdout.starts_with("ana "), "the session of before stays: {shot}");
    let shot = scene.ana.run(&format!("login {BROKER} --device --as bo"), &[]).await;
    assert!(shot.code == 0 && shot.stdout.contains("as bo"), "{shot}");
}

#[tokio::test]
async fn a_token_without_our_nonce_is_refused_before_the_broker_sees_it() {
    let scene = Scene::new(true);
    scene.provider.with(|behaviour| behaviour.drops_nonce = true);
    let shot = scene.ana.run(&format!("login {BROKER} --device"), &[]).await;
    assert!(shot.code == 1 && shot.stderr.contains("does not carry the nonce"), "{shot}");
    assert!(scene.desk.books.lock().unwrap().enrolled.is_empty());
}

#[tokio::test]
async fn a_refusal_of_the_provider_ends_the_wait_with_its_reason() {
    let scene = Scene::new(false);
    let browse = async {
        let back = url::Url::parse(&scene.provider.sign_in(&opened(&scene).await)).unwrap();
        let state = back.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
        let mut refusal = back.clone();
        refusal
            .query_pairs_mut()
            .clear()
            .append_pair("error", "access_denied")
            .append_pair("error_description", "\u{1b}[31mno consent\u{202e}")
            .append_pair("state", &state)
            .append_pair("iss", ISSUER);
        visit(refusal.as_str()).await.unwrap()
    };
    let (shot, page) = tokio::join!(scene.ana.run(LOGIN, &[]), browse);
    assert!(shot.code == 1 && shot.stderr.contains("no consent"), "{shot}");
    assert!(!shot.stderr.contains(['\u{1b}', '\u{202e}']) && !page.contains("no consent"), "{shot}");
    // An answer of another provider (mix-up) is refused too, though it knows the state.
    let browse = async {
        let back = url::Url::parse(&scene.provider.sign_in(&opened(&scene).await)).unwrap();
        let other = back.as_str().replace("login.example.com%2Facme", "evil.example");
        assert_ne!(other, back.as_str());
        visit(&other).await.unwrap()
    };
    let (shot, _) = tokio::join!(scene.ana.run(LOGIN, &[]), browse);
    assert!(shot.code == 1 && shot.stderr.contains("another identity provider"), "{shot}");
}

#[tokio::test]
async fn a_provider_that_is_down_or_wrong_is_named_first() {
    let scene = Scene::new(true);
    let silent = HttpError::TimeOut { host: "login.example.com".to_owned() };
    scene.provider.with(|behaviour| behaviour.failure = Some(silent));
    let shot = scene.ana.run(&format!("login {BROKER}"), &[]).await;
    assert!(shot.code == 1 && shot.stderr.contains("login.example.com did not answer in time"), "{shot}");
    scene.provider.with(|behaviour| {
        behaviour.failure = None;
        behaviour.discovery = json!({"code_challenge_methods_supported": ["plain"]});
    });
    let shot = scene.ana.run(&format!("login {BROKER} --no-browser"), &[]).await;
    assert!(shot.code == 1 && shot.stderr.contains("no PKCE with S256"), "{shot}");
    scene.provider.with(|behaviour| behaviour.discovery = json!({"device_authorization_endpoint": null}));
    let shot = scene.ana.run(&format!("login {BROKER} --device"), &[]).await;
    assert!(shot.code == 1 && shot.stderr.contains("no device flow"), "{shot}");
}

#[tokio::test]
async fn groups_are_proved_again_when_the_broker_wants_them() {
    let scene = Scene::new(true);
    scene.ana.run(&format!("login {BROKER} --device"), &[]).await;
    let kept = || {
        scene
            .ana
            .world
            .keychain
            .get(&format!("refresh:{BROKER}"))
            .unwrap()
            .map(|value| value.expose().clone())
    };
    for proofs in 1..=2 {
        let before = kept().unwrap();
        scene.desk.books.lock().unwrap().wants_groups = true;
        let shot = scene.ana.run("whoami", &[]).await;
        assert_eq!(shot.code, 0, "{shot}");
        assert_eq!(scene.desk.books.lock().unwrap().proofs, proofs);
        assert_ne!(kept().unwrap(), before, "the provider replaced the refresh token");
    }
    // Somebody else's token proves nothing.
    scene.provider.with(|behaviour| behaviour.person = json!({"sub": "bo"}));
    scene.desk.books.lock().unwrap().wants_groups = true;
    let shot = scene.ana.run("whoami", &[]).await;
    assert!(shot.code != 0 && shot.stderr.contains("another person's"), "{shot}");
    // A provider may refresh without an ID token.
    scene.provider.with(|behaviour| behaviour.refreshes_without_token = true);
    let shot = scene.ana.run("whoami", &[]).await;
    assert!(shot.code != 0 && shot.stderr.contains("15 minutes ago"), "{shot}");
    // The person left: the refresh token has ended, and is not kept.
    scene.provider.forget();
    let shot = scene.ana.run("whoami", &[]).await;
    assert!(shot.code != 0 && shot.stderr.contains("15 minutes ago"), "{shot}");
    assert_eq!(kept(), None);
}

#[tokio::test]
async fn a_session_that_ended_is_renewed_only_by_a_token_with_our_nonce() {
    let scene = Scene::new(true);
    scene.ana.run(&format!("login {BROKER} --device"), &[]).await;
    scene.desk.books.lock().unwrap().sessions.clear();
    let shot = scene.ana.run("whoami", &[]).await;
    assert_eq!(shot.code, 3, "{shot}");
    scene.provider.with(|behaviour| behaviour.repeats_nonce = true);
    let shot = scene.ana.run("whoami", &[]).await;
    assert!(shot.code == 0 && shot.stdout.starts_with("ana "), "{shot}");
    let shot = scene.ana.run("whoami", &[]).await;
    assert_eq!(shot.code, 0, "{shot}");
}

#[tokio::test]
async fn logout_forgets_key_and_refresh_token() {
    let scene = Scene::new(true);
    scene.ana.run(&format!("login {BROKER} --device"), &[]).await;
    assert_eq!(items(&scene).len(), 3);
    let shot = scene.ana.run("logout", &[]).await;
    assert_eq!(shot.code, 0, "{shot}");
    assert!(items(&scene).is_empty(), "{:?}", items(&scene));
    assert!(scene.desk.books.lock().unwrap().sessions.is_empty());
    let shot = scene.ana.run("whoami", &[]).await;
    assert_eq!(shot.code, 3, "{shot}");
}

#[tokio::test]
async fn ones_own_ssh_key_is_enrolled_lastingly_on_request() {
    let scene = Scene::new(true);
    let shot = scene.ana.run(&format!("login {BROKER} --device --ssh"), &[]).await;
    assert_eq!(shot.code, 0, "{shot}");
    let own = TestSigner::ed25519(1).public_key().to_owned();
    assert_eq!(scene.desk.books.lock().unwrap().enrolled[&own], ("ana".parse().unwrap(), true));
    assert!(!items(&scene).contains(&format!("session-key:{BROKER}")));
    assert_eq!(record(&scene).key, own);
    // Its session is renewed through the agent, as after any login with an SSH key.
    scene.desk.books.lock().unwrap().sessions.clear();
    let shot = scene.ana.run("whoami", &[]).await;
    assert!(shot.code == 0 && shot.stderr.contains("logged in again as ana"), "{shot}");
}

/// A passkey signs in a browser, so the terminal only enrols its line.
#[tokio::test]
async fn a_key_that_signs_elsewhere_is_enrolled_by_a_sign_in_of_its_own() {
    let scene = Scene::new(true);
    let shot = scene.ana.run(&format!("login {BROKER} --device"), &[]).await;
    assert_eq!(shot.code, 0, "{shot}");
    let before = (items(&scene), record(&scene));
    let line = TestSigner::touch(9).public_key().to_owned();
    // As it is pasted: with a comment, and without quotes.
    let words: Vec<&str> =
        ["key", "add", "--device"].into_iter().chain(line.split(' ')).chain(["phone"]).collect();
    let shot = scene.ana.run_words(&words, &[]).await;
    assert_eq!(shot.code, 0, "{shot}");
    assert!(shot.stdout.contains("is enrolled; its signatures are worth: account"), "{shot}");
    assert!(shot.stderr.contains("`jit key confirm`"), "{shot}");
    assert_eq!(scene.desk.books.lock().unwrap().enrolled[&line], ("ana".parse().unwrap(), true));
    assert_eq!((items(&scene), record(&scene)), before, "nothing of that sign-in is kept");
    let bad = scene.ana.run("key add nonsense --device", &[]).await;
    assert!(bad.code == 2 && bad.stderr.contains("not the line of a public key"), "{bad}");
    *scene.desk.offers.lock().unwrap() = vec![LoginWay::Ssh];
    let none = scene.ana.run_words(&["key", "add", &line], &[]).await;
    assert!(none.code == 2 && none.stderr.contains("people.toml"), "{none}");
}

#[tokio::test]
async fn an_account_on_github_signs_in_by_the_brokers_own_code() {
    let scene = Scene::new(true);
    *scene.desk.offers.lock().unwrap() = vec![LoginWay::GitHub, LoginWay::Ssh];
    let before = scene.clock.now();
    let shot = scene.ana.run(&format!("login {BROKER} --device"), &[]).await;
    assert_eq!(shot.code, 0, "{shot}");
    assert!(shot.stderr.contains("open https://github.com/login/device and type GH-1234"), "{shot}");
    assert_eq!(scene.clock.now().duration_since(before).as_secs(), 12, "the broker's pauses");
    let account = record(&scene);
    assert!(account.keeps_key() && account.provider.unwrap().issuer == "https://github.com");
    assert!(scene.provider.asked().is_empty(), "no other provider is asked");
    let shot = scene.ana.run("whoami", &[]).await;
    assert!(shot.code == 0 && shot.stdout.starts_with("ana "), "{shot}");
}

#[tokio::test]
async fn the_broker_says_which_ways_there_are() {
    let scene = Scene::new(true);
    let offer = |ways: &[LoginWay]| *scene.desk.offers.lock().unwrap() = ways.to_vec();
    offer(&[LoginWay::Unknown]);
    let shot = scene.ana.run(&format!("login {BROKER}"), &[]).await;
    assert!(shot.code == 1 && shot.stderr.contains("update jit"), "{shot}");
    offer(&[LoginWay::Ssh]);
    let shot = scene.ana.run(&format!("login {BROKER} --device"), &[]).await;
    assert!(shot.code == 2 && shot.stderr.contains("offers no login with a code"), "{shot}");
    offer(&[oidc()]);
    let shot = scene.ana.run(&format!("login {BROKER} --key SHA256:x"), &[]).await;
    assert!(shot.code == 2 && shot.stderr.contains("add --ssh"), "{shot}");
    // A script has nobody to sign in, and its key may be listed.
    offer(&[oidc(), LoginWay::Ssh]);
    let shot = scene.ana.run(&format!("login {BROKER} --as ana"), &[]).await;
    assert!(shot.code != 0 && shot.stderr.contains("nobody has this key"), "{shot}");
    let shot = scene.ana.run(&format!("login {BROKER} --device --keychain none"), &[]).await;
    assert_eq!(shot.code, 0, "a given keychain stands above the flag: {shot}");
}
