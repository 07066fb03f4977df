//! Servers that misbehave, and people who want more than was approved. None of them gains anything.

use std::sync::Arc;

use jit::provider::MintOrder;
use jit::provider::Provider;
use jit::provider::tokens::Tokens;
use jit::provider::vault::VaultProvider;
use jit::system::Keychain;
use jit::system::fake::FakeClock;
use jit::system::fake::FakeHttp;
use jit::system::fake::FakeWorld;
use jit::system::http::Response;
use serde_json::json;

use super::bao::ADDRESS;
use super::bao::Bao;
use super::round_trip::get;
use super::round_trip::team;

/// If the server answers anything else than a sign-in or a child, jit stores nothing, and the message says what to do.
#[tokio::test]
async fn a_server_that_misbehaves_gives_nothing() {
    let (mut team, bao) = team().await;
    get(&team, "secrets", &[]).await;
    let json = |status: u16, body: serde_json::Value| Response {
        status,
        headers: Vec::new(),
        body: body.to_string().into_bytes(),
    };
    let text =
        |status: u16, body: &str| Response { status, headers: Vec::new(), body: body.as_bytes().to_vec() };
    let auth = |changes: serde_json::Value| {
        let mut auth = json!({ "client_token": "s.canary", "accessor": "a", "policies": ["default", "kv-read", "kv-write"],
            "lease_duration": 600, "renewable": false, "token_type": "service" });
        for (name, value) in changes.as_object().unwrap() {
            auth[name] = value.clone();
        }
        json!({ "auth": auth })
    };
    let cases = [
        ("auth/jwt/login", text(200, "<html>log in</html>"), "not what it should answer"),
        ("auth/jwt/login", text(302, ""), "redirect"),
        ("auth/jwt/login", json(200, auth(json!({ "token_type": "batch", "accessor": "" }))), "batch tokens"),
        ("auth/jwt/login", json(200, auth(json!({ "policies": ["root"] }))), "may do everything"),
        ("auth/jwt/login", json(200, auth(json!({ "lease_duration": 0 }))), "without an end"),
        ("auth/token/create", json(200, auth(json!({ "renewable": true }))), "another token than the one"),
        (
            "auth/token/create",
            json(200, auth(json!({ "policies": ["default", "kv-read", "admin"] }))),
            "another token than",
        ),
        ("auth/token/create", json(200, auth(json!({ "accessor": "" }))), "another token than the one"),
        (
            "auth/token/create",
            json(403, json!({ "errors": ["1 error occurred:\n\t* permission denied\n\n"] })),
            "auth/token/create",
        ),
        (
            "auth/token/lookup-self",
            json(200, json!({ "data": { "accessor": "other", "display_name": "token-jit-x" } })),
            "another accessor",
        ),
        (
            "auth/token/lookup-self",
            json(403, json!({ "errors": ["permission denied"] })),
            "takes no such token from here",
        ),
    ];
    for (path, response, said) in cases {
        *bao.instead.lock().unwrap() = Some((path, response));
        let ran = team.ana.run("exec secrets -- true", &[]).await;
        assert_eq!(ran.code, 125, "{path}: {ran}");
        assert!(ran.stderr.contains(said) && ran.stderr.contains("hint: "), "{path}: {said}: {ran}");
        assert!(!ran.stderr.contains("canary"), "{ran}");
    }
    assert!(team.ana.world.processes.started.lock().unwrap().is_empty(), "no command ran");
    *bao.instead.lock().unwrap() = None;
    let ran = team.ana.run("exec secrets -- true", &[]).await;
    assert_eq!(ran.code, 0, "a server that behaves again gives a token: {ran}");
    team.stop().await;
}

/// A token with which the authority signs in is nowhere a client can look.
#[tokio::test]
async fn our_jwt_and_the_first_token_stay_at_the_authority() {
    let (mut team, bao) = team().await;
    get(&team, "secrets", &[]).await;
    let ran = team.ana.run("exec secrets -- true", &[]).await;
    assert_eq!(ran.code, 0, "{ran}");
    let parent = {
        let tokens = bao.tokens.lock().unwrap();
        tokens.iter().find(|(_, token)| token.parent.is_none()).map(|(id, _)| id.clone()).unwrap()
    };
    let of_broker = |request: &jit::system::http::Request| {
        request.url.ends_with("/login") || request.url.ends_with("/create")
    };
    let seen: Vec<String> = team
        .http
        .sent()
        .iter()
        .filter(|request| !(request.url.starts_with(ADDRESS) && of_broker(request)))
        .map(|request| format!("{request:?}{}", String::from_utf8_lossy(&request.body)))
        .collect();
    let keychain = &team.ana.world.keychain;
    let kept = |item: &String| {
        keychain.get(item).unwrap().map(|value| String::from_utf8_lossy(value.expose()).into_owned())
    };
    let kept: Vec<String> = keychain.items().iter().filter_map(kept).collect();
    assert!(kept.concat().contains("s.canary"), "the lease is looked at too");
    let looked = [seen.concat(), team.ana.disk(), ran.to_string(), kept.concat()].concat();
    assert!(!looked.contains(&parent), "the first token left the authority");
    assert!(!looked.contains("eyJ"), "a JWT left the authority");
    team.stop().await;
}

/// A policy must not say any of these, so that nobody gets more by a role than it shows.
#[tokio::test]
async fn a_policy_cannot_give_what_a_cloud_would_exchange() {
    let (mut team, _) = team().await;
    let path = team.policy().join("roles/registry.toml");
    let good = std::fs::read_to_string(&path).unwrap();
    for (from, to, said) in [
        ("https://registry.example.com", "sts.amazonaws.com", "token exchange"),
        ("https://registry.example.com", "api://AzureADTokenExchange", "token exchange"),
        ("admin = true", "sub = \"jit:role:orders-admin\"", "written by jit alone"),
        ("admin = true", "aud = \"sts.amazonaws.com\"", "written by jit alone"),
        ("admin = true", "jit_person = \"bo\"", "written by jit alone"),
        ("admin = true", "\"https://aws.amazon.com/roles\" = [\"x\"]", "written by jit alone"),
    ] {
        assert!(good.contains(from));
        std::fs::write(&path, good.replace(from, to)).unwrap();
        let folder = team.policy().display().to_string();
        let checked = team.ana.run_words(&["policy", "check", &folder], &[]).await;
        assert!(checked.code != 0 && checked.to_string().contains(said), "{to}: {checked}");
    }
    std::fs::write(&path, good).unwrap();
    let path = team.policy().join("roles/secrets.toml");
    let good = std::fs::read_to_string(&path).unwrap();
    for (from, to, said) in [
        ("[\"kv-read\"]", "[\"kv-read\", \"admin\"]", "policies that its role does not have"),
        ("[\"kv-read\", \"kv-write\"]", "[\"root\"]", "cannot be the policy"),
        ("https://vault", "http://vault", "not an https address"),
        ("\"prod\"", "\"../sys\"", "cannot be the role"),
    ] {
        assert!(good.contains(from), "{from}");
        std::fs::write(&path, good.replacen(from, to, if from.len() < 12 { 9 } else { 1 })).unwrap();
        let folder = team.policy().display().to_string();
        let checked = team.ana.run_words(&["policy", "check", &folder], &[]).await;
        assert!(checked.code != 0 && checked.to_string().contains(said), "{to}: {checked}");
    }
    team.stop().await;
}

/// A server that is busy, or answers a page, is asked again three times; one that refuses is asked once.
#[tokio::test]
async fn a_busy_server_is_asked_again_and_no_more_than_that() {
    for (status, body, calls) in [
        (502, "<html>bad gateway</html>", 4),
        (503, r#"{"errors":["Vault is sealed"]}"#, 4),
        (429, r#"{"errors":["rate limit quota exceeded"]}"#, 4),
        (400, r#"{"errors":["error validating token: invalid subject (sub) claim"]}"#, 1),
        (302, "", 1),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let clock = FakeClock::at("2026-11-23T12:00:00Z");
        let http = FakeHttp::default();
        let world = FakeWorld::new(folder.path(), &clock.advancing(), &http, 1);
        let bao = Arc::new(Bao::new("prod", "jit:role:secrets"));
        let response = Response { status, headers: Vec::new(), body: body.as_bytes().to_vec() };
        *bao.instead.lock().unwrap() = Some(("/login", response));
        http.route(ADDRESS, bao);
        let tokens = Tokens::Given("eyJhbGciOiJSUzI1NiJ9.e30.c2ln".into());
        let order = MintOrder {
            target: format!("vault:{ADDRESS}?role=prod&mount=jwt").parse().unwrap(),
            role: "secrets".parse().unwrap(),
            request: "7F3KQ2M8ZD".parse().unwrap(),
            person: "ana".parse().unwrap(),
            until: "2026-11-23T13:00:00Z".parse().unwrap(),
            grant_until: "2026-11-23T13:00:00Z".parse().unwrap(),
            scope: None,
            source: None,
        };
        let error = VaultProvider::new(tokens, &world.system).mint(&order).await.unwrap_err();
        assert_eq!(http.sent().len(), calls, "{status}: {error}");
        assert_eq!(error.passing, calls > 1, "{status}: {error}");
        assert!(error.hint.is_some() && !error.message.contains("eyJ"), "{error}");
    }
}
