//! Tests of what is read from a host, and what differs.

use std::sync::Mutex;

use async_trait::async_trait;
use serde_json::json;

use super::*;
use crate::issuer::discovery_json;

const ISSUER: &str = "https://jit-issuer.example.com";

/// A host with one answer for each document. It records what it is asked for.
struct Host {
    discovery: Result<Response, HttpError>,
    keys: Result<Response, HttpError>,
    asked: Mutex<Vec<Request>>,
}

#[async_trait]
impl Http for Host {
    async fn send(&self, request: Request) -> Result<Response, HttpError> {
        let is_keys = request.url.ends_with(KEY_SET_PATH);
        self.asked.lock().unwrap().push(request);
        if is_keys { self.keys.clone() } else { self.discovery.clone() }
    }
}

fn answer(status: u16, kind: &str, body: impl Into<Vec<u8>>) -> Result<Response, HttpError> {
    let headers = vec![
        ("content-type".to_owned(), kind.to_owned()),
        ("location".to_owned(), "https://elsewhere.example".to_owned()),
    ];
    Ok(Response { status, headers, body: body.into() })
}

fn json_of(body: impl Into<Vec<u8>>) -> Result<Response, HttpError> {
    answer(200, "application/json", body)
}

fn key(kid: &str, n: &str) -> Value {
    json!({"kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid, "n": n, "e": "AQAB"})
}

fn set(keys: &[Value]) -> String {
    json!({ "keys": keys }).to_string()
}

fn right() -> Documents {
    Documents::of(ISSUER, &set(&[key("one", "AQ"), key("two", "Ag")])).unwrap()
}

async fn look_at(
    discovery: Result<Response, HttpError>,
    keys: Result<Response, HttpError>,
) -> Result<Served, LookError> {
    let host = Host { discovery, keys, asked: Mutex::default() };
    let served = look(&host, ISSUER).await;
    let asked = host.asked.lock().unwrap();
    assert!(asked.iter().all(|request| request.url.starts_with(&format!("{ISSUER}/.well-known/"))));
    assert!(asked.iter().all(|request| request.time_limit == LIMIT && request.headers.is_empty()));
    served
}

/// The usable keys, and the differences in words.
async fn compared(discovery: String, keys: String) -> (Vec<String>, String) {
    let served = look_at(json_of(discovery), json_of(keys)).await.unwrap();
    let found = compare(&right(), &served);
    let words: Vec<String> = found.differences.iter().map(ToString::to_string).collect();
    (found.usable, words.join("\n"))
}

#[tokio::test]
async fn the_right_documents_have_no_difference() {
    let (usable, words) = compared(discovery_json(ISSUER), right().key_set_json()).await;
    assert_eq!((usable.join(" ").as_str(), words.as_str()), ("one two", ""));
    // Neither the order of members nor white space matters, nor does a member of which jit knows nothing.
    let discovery = discovery_json(ISSUER).replacen('{', "{ \"service_documentation\": \"x\",\n", 1);
    let keys = r#"{"keys":[{"e":"AQAB","n":"Ag","kid":"two","alg":"RS256","use":"sig","kty":"RSA"}, {"n":"AQ","e":"AQAB","kid":"one","alg":"RS256","use":"sig","kty":"RSA"}]}"#;
    let (usable, words) = compared(discovery, keys.to_owned()).await;
    assert_eq!((usable.join(" ").as_str(), words.as_str()), ("one two", ""));
}

#[tokio::test]
async fn each_difference_is_named_and_costs_the_key() {
    let mut with_uses = key("two", "Ag");
    with_uses["key_ops"] = json!(["verify"]);
    for (keys, usable, words) in [
        (set(&[key("one", "AQ")]), "one", "it does not serve the key two"),
        (
            set(&[key("one", "AQ"), key("two", "Aw")]),
            "one",
            "it serves another key as two, which differs in n",
        ),
        (
            set(&[key("one", "AQ"), with_uses]),
            "one",
            "it serves another key as two, which differs in key_ops",
        ),
        (
            set(&[key("one", "AQ"), key("two", "Ag"), key("two", "Aw")]),
            "one",
            "it serves several keys as two",
        ),
        (
            set(&[key("one", "AQ"), key("two", "Ag"), key("evil\u{202e}", "Aw")]),
            "one two",
            "it serves the key evil\\u{202e}, which is not the broker's",
        ),
        (
            set(&[key("one", "AQ"), key("two", "Ag"), json!("x")]),
            "one two",
            "it serves the key without an id, which is not the broker's",
        ),
        (set(&[]), "", "it does not serve the key one\nit does not serve the key two"),
    ] {
        let found = compared(discovery_json(ISSUER), keys).await;
        let shown = words.replace("\\u{202e}", &sanitise("\u{202e}"));
        assert_eq!((found.0.join(" ").as_str(), found.1.as_str()), (usable, shown.as_str()));
    }
}

/// Clouds go from the discovery document to the keys: where it leads elsewhere, no key is usable.
#[tokio::test]
async fn a_discovery_document_of_somebody_else_leads_to_no_key() {
    let own = discovery_json(ISSUER);
    for (discovery, words) in [
        (
            own.replacen(ISSUER, &format!("{ISSUER}/"), 1),
            r#"its discovery document has issuer "https://jit-issuer.example.com/" instead of "https://jit-issuer.example.com""#,
        ),
        (
            own.replace(&format!("{ISSUER}/.well-known/jwks.json"), "https://evil.example/jwks.json"),
            r#"its discovery document has jwks_uri "https://evil.example/jwks.json" instead of "https://jit-issuer.example.com/.well-known/jwks.json""#,
        ),
        (
            own.replace("\"RS256\"", "\"none\""),
            r#"its discovery document has id_token_signing_alg_values_supported ["none"] instead of ["RS256"]"#,
        ),
        (
            own.replace("\"subject_types_supported\":", "\"x\":"),
            r#"its discovery document lacks subject_types_supported ["public"]"#,
        ),
    ] {
        assert_ne!(discovery, own);
        let found = compared(discovery, right().key_set_json()).await;
        assert_eq!((found.0.join(" ").as_str(), found.1.as_str()), ("", words));
    }
}

#[tokio::test]
async fn what_is_no_document_is_an_error_with_its_address() {
    let down = || Err(HttpError::Connect { host: "jit-issuer.example.com".into(), cause: "refused".into() });
    let good = || json_of(discovery_json(ISSUER));
    let at = format!("{ISSUER}{KEY_SET_PATH} cannot be read: ");
    for (keys, why) in [
        (down(), "cannot connect to jit-issuer.example.com: refused"),
        (Err(HttpError::TimeOut { host: "h".into() }), "h did not answer in time"),
        (Err(HttpError::TooLarge { host: "h".into() }), "it is larger than 65536 bytes"),
        (json_of(vec![b' '; LARGEST + 1]), "it is larger than 65536 bytes"),
        (answer(404, "text/html", "<html>"), "the host answers 404"),
        (answer(500, "text/html", "<html>"), "the host answers 500"),
        (answer(204, "text/html", ""), "the host answers 204"),
        (
            answer(302, "text/html", ""),
            "the host redirects to https://elsewhere.example, and clouds need not follow",
        ),
        (answer(200, "text/html", "<html>sign in</html>"), "it is not a key set (JWKS)"),
        (json_of("{\"keys\": 1}"), "it is not a key set (JWKS)"),
        (json_of("[]"), "it is not a key set (JWKS)"),
    ] {
        let error = look_at(good(), keys).await.unwrap_err().to_string();
        assert_eq!(error, format!("{at}{why}"));
    }
    let error = look_at(answer(200, "text/html", "<html>"), json_of(set(&[]))).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("{ISSUER}{DISCOVERY_PATH} cannot be read: it is not a discovery document (OpenID Connect)")
    );
}

#[tokio::test]
async fn another_content_type_is_said_and_costs_nothing() {
    let keys = right().key_set_json();
    for (kind, is_other) in [
        ("application/json", false),
        ("Application/JSON; charset=utf-8", false),
        ("application/jwk-set+json", false),
        ("application/octet-stream", true),
        ("text/html+json", true),
    ] {
        let served = look_at(json_of(discovery_json(ISSUER)), answer(200, kind, keys.clone())).await.unwrap();
        let found = compare(&right(), &served);
        assert_eq!(found.usable.len(), 2, "{kind}");
        assert_eq!(found.differences.len(), usize::from(is_other), "{kind}");
        assert!(found.differences.iter().all(Difference::is_mild));
    }
}

/// Only the key itself can have its thumbprint for a name, and only in our form.
#[tokio::test]
async fn an_old_key_is_told_from_another_one_under_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let old = crate::issuer::Issuer::open(folder.path(), jiff::Timestamp::UNIX_EPOCH).unwrap();
    let old: Value = serde_json::from_str(&old.key_set_json(jiff::Timestamp::UNIX_EPOCH)).unwrap();
    let old = old["keys"][0].clone();
    let with = |name: &str, value: &str| {
        let mut key = old.clone();
        key[name] = json!(value);
        key
    };
    for (key, is_old) in [
        (old.clone(), true),
        (with("n", "AQ"), false),
        (with("e", "AQ"), false),
        (with("kty", "EC"), false),
        (with("x5u", "https://evil.example"), false),
    ] {
        let keys = set(&[key]);
        let served = look_at(json_of(discovery_json(ISSUER)), json_of(keys)).await.unwrap();
        let found = compare(&right(), &served).differences;
        let strange = found.iter().find_map(|difference| match difference {
            Difference::Strange { kid, is_thumbprint } => Some((kid.as_str(), *is_thumbprint)),
            _ => None,
        });
        assert_eq!(strange, Some((old["kid"].as_str().unwrap(), is_old)));
    }
}
