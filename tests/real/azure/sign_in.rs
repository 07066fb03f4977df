//! The body with which an application signs in, beside the one that MSAL sends for the same: nothing published describes it.

use std::collections::BTreeMap;
use std::process::Command;
use std::sync::Arc;

use async_trait::async_trait;
use jit::issuer::Issuer;
use jit::provider::MintOrder;
use jit::provider::Provider;
use jit::provider::clouds::Clouds;
use jit::system::fake::FakeClock;
use jit::system::fake::FakeHttp;
use jit::system::fake::FakeWorld;
use jit::system::fake::Host;
use jit::system::http::HttpError;
use jit::system::http::Request;
use jit::system::http::Response;
use serde_json::Value;
use serde_json::json;

const AUTHORITY: &str = "https://login.microsoftonline.com";
const TENANT: &str = "0f5a3c1e-4b1d-4c5e-9f00-2a7d1b6c8e90";
const APP: &str = "7c1e2d3f-aaaa-4bbb-8ccc-123456789abc";

struct Entra;

#[async_trait]
impl Host for Entra {
    async fn answer(&self, _request: Request) -> Result<Response, HttpError> {
        let body = json!({ "token_type": "Bearer", "expires_in": 3600, "access_token": "entra.1" });
        Ok(Response { status: 200, headers: Vec::new(), body: body.to_string().into_bytes() })
    }
}

/// The address and the fields of our sign-in.
fn ours() -> (String, BTreeMap<String, String>) {
    let folder = tempfile::tempdir().unwrap();
    let http = FakeHttp::default();
    let clock = FakeClock::at("2026-11-23T12:00:00Z");
    let world = FakeWorld::new(folder.path(), &clock, &http, 1);
    http.route(AUTHORITY, Arc::new(Entra));
    let now = "2026-11-23T12:00:00Z".parse().unwrap();
    let issuer = Arc::new(Issuer::open(folder.path(), now).unwrap());
    let clouds = Clouds::new(issuer, "https://jit.example.com".to_owned(), Arc::default(), &world.system);
    let end = "2026-11-23T16:00:00Z".parse().unwrap();
    let order = MintOrder {
        target: format!("azure:{APP}?tenant={TENANT}&audiences=https://management.azure.com")
            .parse()
            .unwrap(),
        role: "prod-ops".parse().unwrap(),
        request: "7F3KQ2M8ZD".parse().unwrap(),
        person: "ana".parse().unwrap(),
        until: end,
        grant_until: end,
        scope: None,
        source: None,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(clouds.mint(&order)).unwrap();
    let request = http.sent().remove(0);
    (request.url, url::form_urlencoded::parse(&request.body).into_owned().collect())
}

/// The same of MSAL's, for this assertion.
fn of_msal(assertion: &str) -> (String, BTreeMap<String, String>) {
    let output = Command::new(super::peer("venv/bin/python"))
        .arg(super::script("msal_form.py"))
        .arg(format!("{AUTHORITY}/{TENANT}"))
        .args([APP, "https://management.azure.com/.default", assertion])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", super::text(&output));
    let sent: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    let [call] = &sent[..] else { panic!("{sent:?}") };
    let field = |(name, value): (&String, &Value)| {
        (name.clone(), value.as_str().map_or_else(|| value.to_string(), str::to_owned))
    };
    let fields = call["fields"].as_object().unwrap().iter().map(field).collect();
    (call["url"].as_str().unwrap().to_owned(), fields)
}

#[test]
fn we_sign_in_as_msal_does() {
    let (url, fields) = ours();
    let (wanted_url, mut wanted) = of_msal(&fields["client_assertion"]);
    // With it MSAL asks for facts about a person beside the token. An application has none.
    assert_eq!(wanted.remove("client_info").as_deref(), Some("1"));
    assert_eq!((url, fields), (wanted_url, wanted));
}
