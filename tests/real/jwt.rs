//! Independent libraries verify our tokens: PyJWT and jose accept what the provider signs, and refuse every bad token.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::Mutex;

use crate::peers::issuer_site::IssuerSite;
use crate::peers::script::ask;
use async_trait::async_trait;
use aws_lc_rs::hmac;
use data_encoding::BASE64URL_NOPAD;
use jiff::Timestamp;
use jit::grant::Target;
use jit::issuer::Issuer;
use jit::issuer::Timetable;
use jit::provider::MintOrder;
use jit::provider::Provider;
use jit::provider::aws::AwsProvider;
use jit::system::System;
use jit::system::http::Http;
use jit::system::http::HttpError;
use jit::system::http::Request;
use jit::system::http::Response;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

const AUDIENCE: &str = "sts.amazonaws.com";
const SUBJECT: &str = "jit:role:lister";

/// Records what is sent to the cloud, and returns nothing useful.
#[derive(Default)]
struct Recorder(Mutex<Vec<Request>>);

#[async_trait]
impl Http for Recorder {
    async fn send(&self, request: Request) -> Result<Response, HttpError> {
        self.0.lock().unwrap().push(request);
        Ok(Response { status: 403, headers: Vec::new(), body: Vec::new() })
    }
}

/// The token that the provider sends to STS.
fn token_of_the_provider(issuer: &Arc<Issuer>, issuer_url: &str) -> String {
    let recorder = Arc::new(Recorder::default());
    let mut system = System::real();
    system.http = Arc::clone(&recorder) as Arc<dyn Http>;
    let provider = AwsProvider::new(Arc::clone(issuer), issuer_url.to_owned(), &system);
    let end = Timestamp::now() + jiff::SignedDuration::from_hours(1);
    let arn = "arn:aws:iam::111122223333:role/lister".parse().unwrap();
    let order = MintOrder {
        target: Target::aws(arn, "eu-west-1".to_owned(), None).unwrap(),
        role: "lister".parse().unwrap(),
        request: "7F3KQ2M8ZD".parse().unwrap(),
        person: "ana".parse().unwrap(),
        until: end,
        grant_until: end,
        scope: None,
        source: None,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(provider.mint(&order)).unwrap_err();
    let sent = recorder.0.lock().unwrap();
    let form = std::str::from_utf8(&sent[0].body).unwrap();
    let token = form.split('&').find_map(|field| field.strip_prefix("WebIdentityToken="));
    token.expect("the form carries the token").to_owned()
}

/// Claims that are valid now, some of them replaced or, if null, left out.
fn claims(issuer_url: &str, changes: &Value) -> Map<String, Value> {
    let now = Timestamp::now().as_second();
    let mut claims = json!({"iss": issuer_url, "sub": SUBJECT, "aud": AUDIENCE, "iat": now, "exp": now + 60,
        "jti": "one"});
    let members = claims.as_object_mut().unwrap();
    for (name, value) in changes.as_object().unwrap() {
        members.insert(name.clone(), value.clone());
    }
    members.retain(|_, value| !value.is_null());
    members.clone()
}

fn encoded(value: &Value) -> String {
    BASE64URL_NOPAD.encode(value.to_string().as_bytes())
}

/// Both libraries' verdicts on these tokens.
fn verdicts(issuer_url: &str, tokens: &BTreeMap<&str, String>) -> [Value; 2] {
    let question = json!({"issuer": issuer_url, "audience": AUDIENCE, "subject": SUBJECT, "tokens": tokens});
    [ask("jwt_pyjwt.py", &question), ask("jwt_jose.mjs", &question)]
}

#[test]
fn other_libraries_accept_what_the_provider_signs() {
    let folder = tempfile::tempdir().unwrap();
    let site = IssuerSite::start(folder.path());
    let tokens = BTreeMap::from([("good", token_of_the_provider(&site.issuer, &site.url))]);
    for verdict in verdicts(&site.url, &tokens) {
        let claims = &verdict["good"];
        assert_eq!(claims["iss"], site.url.as_str(), "{verdict}");
        assert_eq!(claims["sub"], SUBJECT);
        assert_eq!(claims["aud"], AUDIENCE);
        assert_eq!(claims["https://aws.amazon.com/roles"], json!(["arn:aws:iam::111122223333:role/lister"]));
        assert_eq!(claims["https://aws.amazon.com/source_identity"], "ana");
        assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 60);
    }
    assert_eq!(site.fetched(), 2, "each library fetched the keys");
}

#[test]
fn other_libraries_refuse_bad_tokens_and_for_the_right_reason() {
    let folder = tempfile::tempdir().unwrap();
    let site = IssuerSite::start(folder.path());
    let now = Timestamp::now();
    let sign =
        |issuer: &Issuer, claims: &Map<String, Value>| issuer.sign(claims, now).unwrap().expose().clone();
    let with = |changes: Value| sign(&site.issuer, &claims(&site.url, &changes));

    let good = with(json!({}));
    let [header, payload, signature] = good.split('.').collect::<Vec<_>>()[..] else { panic!("{good}") };
    let kid = site.issuer.records()[0].kid.clone();
    let edited = encoded(&Value::Object(claims(&site.url, &json!({"exp": now.as_second() + 3600}))));

    // Another key, under its own name and under ours.
    let stranger = Issuer::open(&folder.path().join("stranger"), now).unwrap();
    let strange = sign(&stranger, &claims(&site.url, &json!({})));
    let strange_signature = strange.rsplit('.').next().unwrap();

    // The public key as if it were a shared secret (RFC 8725 §2.1).
    let confused = format!("{}.{payload}", encoded(&json!({"alg": "HS256", "kid": kid, "typ": "JWT"})));
    let shared = hmac::Key::new(hmac::HMAC_SHA256, site.issuer.key_set_json(now).as_bytes());
    let confused =
        format!("{confused}.{}", BASE64URL_NOPAD.encode(hmac::sign(&shared, confused.as_bytes()).as_ref()));

    let unsigned = format!("{}.{payload}.", encoded(&json!({"alg": "none", "kid": kid, "typ": "JWT"})));
    let past = json!({"iat": now.as_second() - 120, "exp": now.as_second() - 60});
    let cases = [
        ("good", good.clone(), "", ""),
        (
            "another audience",
            with(json!({"aud": "sts.amazonaws.com.example"})),
            "InvalidAudienceError",
            "ERR_JWT_CLAIM_VALIDATION_FAILED aud",
        ),
        (
            "another issuer",
            with(json!({"iss": format!("{}/", site.url)})),
            "InvalidIssuerError",
            "ERR_JWT_CLAIM_VALIDATION_FAILED iss",
        ),
        (
            "another role",
            with(json!({"sub": "jit:role:reader"})),
            "InvalidSubjectError",
            "ERR_JWT_CLAIM_VALIDATION_FAILED sub",
        ),
        (
            "no subject",
            with(json!({"sub": null})),
            "MissingRequiredClaimError",
            "ERR_JWT_CLAIM_VALIDATION_FAILED sub",
        ),
        ("expired", with(past), "ExpiredSignatureError", "ERR_JWT_EXPIRED exp"),
        (
            "edited",
            format!("{header}.{edited}.{signature}"),
            "InvalidSignatureError",
            "ERR_JWS_SIGNATURE_VERIFICATION_FAILED",
        ),
        ("a stranger's key", strange.clone(), "PyJWKClientError", "ERR_JWKS_NO_MATCHING_KEY"),
        (
            "a stranger's key under our name",
            format!("{header}.{payload}.{strange_signature}"),
            "InvalidSignatureError",
            "ERR_JWS_SIGNATURE_VERIFICATION_FAILED",
        ),
        ("unsigned", unsigned, "InvalidAlgorithmError", "ERR_JOSE_ALG_NOT_ALLOWED"),
        ("public key as secret", confused, "InvalidAlgorithmError", "ERR_JOSE_ALG_NOT_ALLOWED"),
        (
            "no signature",
            format!("{header}.{payload}."),
            "InvalidSignatureError",
            "ERR_JWS_SIGNATURE_VERIFICATION_FAILED",
        ),
        ("garbage", "eyJ.garbage".to_owned(), "DecodeError", "ERR_JWS_INVALID"),
    ];
    let tokens = cases.iter().map(|(name, token, ..)| (*name, token.clone())).collect();
    let [python, javascript] = verdicts(&site.url, &tokens);
    for (name, _, by_python, by_javascript) in cases {
        if name == "good" {
            assert!(python[name].is_object() && javascript[name].is_object(), "{python} {javascript}");
        } else {
            assert_eq!(python[name], by_python, "{name}");
            assert_eq!(javascript[name], by_javascript, "{name}");
        }
    }
}

#[test]
fn both_keys_of_a_rotation_are_accepted() {
    let folder = tempfile::tempdir().unwrap();
    let site = IssuerSite::start(folder.path());
    let now = Timestamp::now();
    let before = site.issuer.sign(&claims(&site.url, &json!({})), now).unwrap();
    let kid = site.issuer.rotate(now).unwrap();
    // The tokens of this issuer once the new key signs, with claims that are valid now.
    let later = now + Timetable::default().publish_before_use;
    let after = site.issuer.sign(&claims(&site.url, &json!({})), later).unwrap();
    let header = BASE64URL_NOPAD.decode(after.expose().split('.').next().unwrap().as_bytes()).unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&header).unwrap()["kid"], kid.as_str());
    let tokens = BTreeMap::from([("before", before.expose().clone()), ("after", after.expose().clone())]);
    for verdict in verdicts(&site.url, &tokens) {
        assert!(verdict["before"].is_object() && verdict["after"].is_object(), "{verdict}");
    }
}
