//! The bodies of the provider's calls, against the descriptions that Google publishes.

use std::collections::BTreeMap;
use std::io::Write;
use std::process::Command;
use std::process::Stdio;
use std::sync::Arc;

use async_trait::async_trait;
use jit::grant::Cloud;
use jit::grant::ScopeDocument;
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

/// Answers each call with something else, so that the next one is made.
struct Google;

#[async_trait]
impl Host for Google {
    async fn answer(&self, request: Request) -> Result<Response, HttpError> {
        let token = format!("ya29.{}", request.body.len());
        let body = json!({
            "access_token": token,
            "accessToken": token,
            "expireTime": "2026-11-23T12:10:00Z",
            "issued_token_type": "urn:ietf:params:oauth:token-type:access_token",
            "token_type": "Bearer",
        });
        Ok(Response { status: 200, headers: Vec::new(), body: body.to_string().into_bytes() })
    }
}

/// The calls of one mint with a boundary, as lines for the script.
fn calls() -> Vec<Value> {
    let folder = tempfile::tempdir().unwrap();
    let http = FakeHttp::default();
    let clock = FakeClock::at("2026-11-23T12:00:00Z");
    let world = FakeWorld::new(folder.path(), &clock, &http, 1);
    let google: Arc<dyn Host> = Arc::new(Google);
    for host in ["https://sts.googleapis.com", "https://iamcredentials.googleapis.com"] {
        http.route(host, Arc::clone(&google));
    }
    let now = "2026-11-23T12:00:00Z".parse().unwrap();
    let issuer = Arc::new(Issuer::open(folder.path(), now).unwrap());
    let clouds = Clouds::new(issuer, "https://jit.example.com".to_owned(), Arc::default(), &world.system);
    let boundary = r#"{"boundary":{"accessBoundaryRules":[{"availableResource":"//storage.googleapis.com/projects/_/buckets/b","availablePermissions":["inRole:roles/storage.objectViewer"]}]}}"#;
    let end = "2026-11-23T12:15:00Z".parse().unwrap();
    let order = MintOrder {
        target: "gcp:db-admin@prod-123456.iam.gserviceaccount.com?project=prod-123456&\
                 provider=projects/42/locations/global/workloadIdentityPools/jit-pool/providers/jit1"
            .parse()
            .unwrap(),
        role: "prod-db".parse().unwrap(),
        request: "7F3KQ2M8ZD".parse().unwrap(),
        person: "ana".parse().unwrap(),
        until: end,
        grant_until: end,
        scope: Some(ScopeDocument::parse(Cloud::Gcp, boundary, str::to_owned).unwrap()),
        source: None,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(clouds.mint(&order)).unwrap();
    let line = |request: Request| {
        if request.url.ends_with("/v1/token") {
            let form: BTreeMap<String, String> =
                url::form_urlencoded::parse(&request.body).into_owned().collect();
            json!({ "api": "sts.v1", "schema": "GoogleIdentityStsV1ExchangeTokenRequest", "body": form })
        } else {
            let body: Value = serde_json::from_slice(&request.body).unwrap();
            json!({ "api": "iamcredentials.v1", "schema": "GenerateAccessTokenRequest", "body": body })
        }
    };
    http.sent().into_iter().map(line).collect()
}

fn judge(calls: &[Value]) -> String {
    let mut child = Command::new(super::peer("venv/bin/python"))
        .arg(super::script("discovery.py"))
        .arg(super::peer("discovery"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines: String = calls.iter().map(|call| format!("{call}\n")).collect();
    child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap()
}

#[test]
fn each_body_is_what_google_describes() {
    let mut calls = calls();
    insta::assert_snapshot!(judge(&calls), @r"
    GoogleIdentityStsV1ExchangeTokenRequest audience grantType requestedTokenType scope subjectToken subjectTokenType
    GenerateAccessTokenRequest lifetime scope
    GoogleIdentityStsV1ExchangeTokenRequest grantType options requestedTokenType subjectToken subjectTokenType
    ");
    // The judge sees what is wrong.
    calls[0]["body"]["subject"] = "x".into();
    calls[1]["body"]["lifetime"] = 899.into();
    calls[2]["body"].as_object_mut().unwrap().remove("subject_token");
    let said = judge(&calls);
    assert_eq!(said.matches("BAD").count(), 3, "{said}");
}
