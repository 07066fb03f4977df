//! Accounts, organisations, the device flow, and apps.

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::KeyPair;
use aws_lc_rs::signature::RsaKeyPair;
use data_encoding::BASE64URL_NOPAD;
use http::Method;
use jit::system::http::Request;
use serde_json::Value;
use serde_json::json;
use std::time::Duration;

use crate::support::github::access::Level;
use crate::support::github::fixture::Hub;

#[test]
fn people_have_numbers_keys_and_organisations() {
    let hub = Hub::new();
    hub.github.world().add_key("ana", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExample");
    assert_eq!(hub.call("ana", "GET", "/user", Value::Null).expect(200)["id"], hub.id("ana"));
    let keys = hub.call("", "GET", "/users/ana/keys", Value::Null).expect(200);
    assert!(keys[0]["key"].as_str().unwrap().starts_with("ssh-ed25519 "));
    let members = hub.call("ana", "GET", "/orgs/acme/members", Value::Null).expect(200);
    assert_eq!(members.as_array().unwrap().len(), 5);
    let owners = hub.call("ana", "GET", "/orgs/acme/members?role=admin", Value::Null).expect(200);
    assert_eq!(owners[0]["login"], "olga");
    hub.call("ana", "GET", "/orgs/acme/members/ben", Value::Null).expect(204);
    hub.call("ana", "GET", "/orgs/acme/members/eve", Value::Null).expect(404);
    // Outsiders cannot see a membership that is not public.
    assert_eq!(hub.call("eve", "GET", "/orgs/acme/members", Value::Null).expect(200), json!([]));
    assert_eq!(hub.call("eve", "GET", "/orgs/acme/members/ana", Value::Null).status, 302);
    let seen = hub.on("ana", "GET", "collaborators/dora/permission", Value::Null).expect(200);
    assert_eq!((seen["permission"].as_str(), seen["role_name"].as_str()), (Some("read"), Some("read")));
    hub.on("dora", "GET", "collaborators/ana/permission", Value::Null).refused(403);
}

fn form(
    hub: &Hub,
    path: &str,
    pairs: &[(&str, &str)],
    accept: &str,
) -> crate::support::github::fixture::Answered {
    let body: String = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    let url = format!("{}{path}", hub.github.origins().web);
    hub.send(
        Request::new(Method::POST, url)
            .header("accept", accept)
            .body("application/x-www-form-urlencoded", body),
    )
}

#[test]
fn a_device_gets_a_token_when_its_person_agrees_and_not_before() {
    let hub = Hub::new();
    let json = "application/json";
    let begun = form(&hub, "/login/device/code", &[("client_id", "c1"), ("scope", "repo")], json).expect(200);
    let code = begun["device_code"].as_str().unwrap().to_owned();
    let grant = "urn:ietf:params:oauth:grant-type:device_code";
    let pairs = [("client_id", "c1"), ("device_code", code.as_str()), ("grant_type", grant)];
    let poll = || form(&hub, "/login/oauth/access_token", &pairs, json).expect(200);
    let slow = poll();
    assert_eq!((slow["error"].as_str(), slow["interval"].as_u64()), (Some("slow_down"), Some(10)));
    hub.clock.advance(Duration::from_secs(10));
    assert_eq!(poll()["error"], "authorization_pending");
    hub.github.world().decide_device(begun["user_code"].as_str().unwrap(), Ok("ana"));
    hub.clock.advance(Duration::from_secs(10));
    let token = poll()["access_token"].as_str().unwrap().to_owned();
    assert_eq!(hub.call(&token, "GET", "/user", Value::Null).expect(200)["login"], "ana");
    assert_eq!(poll()["error"], "incorrect_device_code");
    // Without `Accept` the answer is a form.
    let other = form(&hub, "/login/device/code", &[("client_id", "c1")], "*/*");
    assert!(String::from_utf8_lossy(&other.bytes).contains("device_code="));
    let begun = form(&hub, "/login/device/code", &[("client_id", "c1")], json).expect(200);
    let code = begun["device_code"].as_str().unwrap().to_owned();
    let pairs = [("client_id", "c1"), ("device_code", code.as_str()), ("grant_type", grant)];
    hub.github.world().decide_device(begun["user_code"].as_str().unwrap(), Err(()));
    hub.clock.advance(Duration::from_secs(6));
    assert_eq!(form(&hub, "/login/oauth/access_token", &pairs, json).body["error"], "access_denied");
    hub.clock.advance(Duration::from_secs(900));
    assert_eq!(form(&hub, "/login/oauth/access_token", &pairs, json).body["error"], "expired_token");
}

/// A JWT of an app, signed with this key.
fn app_jwt(hub: &Hub, key: &RsaKeyPair, app: u64, minutes: i64) -> String {
    let now = hub.github.world().now().as_second();
    let part = |value: &Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
    let claims = json!({"iss": app.to_string(), "iat": now - 60, "exp": now + minutes * 60});
    let text = format!("{}.{}", part(&json!({"alg": "RS256", "typ": "JWT"})), part(&claims));
    let mut signature = vec![0; key.public_modulus_len()];
    let random = aws_lc_rs::rand::SystemRandom::new();
    key.sign(&aws_lc_rs::signature::RSA_PKCS1_SHA256, &random, text.as_bytes(), &mut signature).unwrap();
    format!("{text}.{}", BASE64URL_NOPAD.encode(&signature))
}

#[test]
fn an_app_gets_an_hour_within_what_it_was_installed_with() {
    let hub = Hub::new();
    let key = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
    let public: aws_lc_rs::encoding::PublicKeyX509Der<'_> = key.public_key().as_der().unwrap();
    let pem = format!(
        "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
        data_encoding::BASE64.encode(public.as_ref())
    );
    let named = [("contents", Level::Write), ("metadata", Level::Read)];
    let app = hub.github.world().add_app("scribe", &pem, "acme", &[hub.repository], &named);
    let jwt = app_jwt(&hub, &key, app, 9);
    let installation = hub.on(&jwt, "GET", "installation", Value::Null).expect(200)["id"].clone();
    let path = format!("/app/installations/{installation}/access_tokens");
    let token = hub.call(&jwt, "POST", &path, json!({})).expect(201)["token"].as_str().unwrap().to_owned();
    hub.on(&token, "POST", "git/blobs", json!({"content": "x"})).expect(201);
    hub.on(&token, "GET", "pulls", Value::Null).refused(403);
    assert_eq!(hub.call(&token, "GET", "/user", Value::Null).status, 403);
    let more = json!({"permissions": {"administration": "write"}});
    assert_eq!(hub.call(&jwt, "POST", &path, more).status, 422);
    let reading = json!({"permissions": {"contents": "read"}});
    let weak = hub.call(&jwt, "POST", &path, reading).expect(201)["token"].as_str().unwrap().to_owned();
    hub.on(&weak, "POST", "git/blobs", json!({"content": "x"})).refused(403);
    for wrong in [
        app_jwt(&hub, &key, app, 30),
        app_jwt(&hub, &RsaKeyPair::generate(KeySize::Rsa2048).unwrap(), app, 9),
    ] {
        hub.call(&wrong, "POST", &path, json!({})).refused(401);
    }
    hub.clock.advance(Duration::from_secs(3_601));
    hub.on(&token, "GET", "", Value::Null).refused(401);
}
