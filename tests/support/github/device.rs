//! The device flow of the web site.
//!
//! Source: <https://docs.github.com/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps#device-flow>.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::Response;
use jiff::SignedDuration;
use jiff::Timestamp;
use serde_json::Value;
use serde_json::json;

use super::access::Token;
use super::access::TokenKind;
use super::receive::Received;
use super::world::World;

/// A device flow in progress.
#[derive(Debug, Clone)]
pub struct Device {
    /// The code that the person enters.
    pub user_code: String,
    client: String,
    scopes: String,
    /// The account that authorised it, or a refusal.
    pub decision: Option<Result<u64, ()>>,
    interval: i64,
    asked_at: Timestamp,
    expires_at: Timestamp,
}

/// Answers the two paths of the flow. Errors have status 200.
pub fn receive(world: &mut World, received: &Received<'_>) -> Response<Body> {
    let content =
        |name: &str| received.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut given: BTreeMap<String, String> =
        url::form_urlencoded::parse(received.query.as_bytes()).into_owned().collect();
    if content("content-type").contains("json") {
        let body: Value = serde_json::from_slice(received.body).unwrap_or_default();
        for (name, value) in body.as_object().into_iter().flatten() {
            given.insert(name.clone(), value.as_str().unwrap_or_default().to_owned());
        }
    } else {
        given.extend(url::form_urlencoded::parse(received.body).into_owned());
    }
    let answer = match (received.method, received.path) {
        ("POST", "/login/device/code") => begin(world, &given),
        ("POST", "/login/oauth/access_token") => poll(world, &given),
        _ => return Response::builder().status(404).body(Body::empty()).unwrap(),
    };
    if content("accept").contains("json") {
        let kind = "application/json; charset=utf-8";
        return Response::builder()
            .header("content-type", kind)
            .body(Body::from(answer.to_string()))
            .unwrap();
    }
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in answer.as_object().into_iter().flatten() {
        form.append_pair(name, &value.as_str().map_or_else(|| value.to_string(), str::to_owned));
    }
    let kind = "application/x-www-form-urlencoded; charset=utf-8";
    Response::builder().header("content-type", kind).body(Body::from(form.finish())).unwrap()
}

fn error(name: &str, description: &str) -> Value {
    json!({"error": name, "error_description": description, "error_uri": "https://docs.github.com"})
}

fn begin(world: &mut World, given: &BTreeMap<String, String>) -> Value {
    let Some(client) = given.get("client_id") else {
        return error("incorrect_client_credentials", "The client_id is not valid.");
    };
    let device_code = world.next_secret("");
    let digits = world.next_secret("")[..8].to_uppercase();
    let user_code = format!("{}-{}", &digits[..4], &digits[4..]);
    let now = world.now();
    let device = Device {
        user_code: user_code.clone(),
        client: client.clone(),
        scopes: given.get("scope").cloned().unwrap_or_default(),
        decision: None,
        interval: 5,
        asked_at: now,
        expires_at: now + SignedDuration::from_secs(900),
    };
    world.devices.insert(device_code.clone(), device);
    json!({
        "device_code": device_code, "user_code": user_code, "expires_in": 900, "interval": 5,
        "verification_uri": format!("{}/login/device", world.origins.web),
    })
}

fn poll(world: &mut World, given: &BTreeMap<String, String>) -> Value {
    if given.get("grant_type").map(String::as_str) != Some("urn:ietf:params:oauth:grant-type:device_code") {
        return error("unsupported_grant_type", "The grant type is not supported.");
    }
    let code = given.get("device_code").cloned().unwrap_or_default();
    let now = world.now();
    let Some(device) = world.devices.get_mut(&code) else {
        return error("incorrect_device_code", "The device_code provided is not valid.");
    };
    if given.get("client_id") != Some(&device.client) {
        return error("incorrect_client_credentials", "The client_id is not valid.");
    }
    if device.expires_at <= now {
        return error("expired_token", "The device code has expired.");
    }
    if now < device.asked_at + SignedDuration::from_secs(device.interval) {
        device.interval += 5;
        device.asked_at = now;
        let mut answer = error("slow_down", "Too many requests have been made in the same timeframe.");
        answer["interval"] = json!(device.interval);
        return answer;
    }
    device.asked_at = now;
    let scopes = device.scopes.clone();
    match device.decision {
        None => {
            let visitor = world.device_visitor.as_deref().map(|login| world.account(login).unwrap().id);
            if let Some(device) = world.devices.get_mut(&code).filter(|_| visitor.is_some()) {
                device.decision = visitor.map(Ok);
                world.device_codes_typed.push(device.user_code.clone());
            }
            error("authorization_pending", "The authorization request is still pending.")
        }
        Some(Err(())) => error("access_denied", "The authorization request was denied."),
        Some(Ok(account)) => {
            world.devices.remove(&code);
            let text = world.next_secret("gho_");
            let split = scopes.split([' ', ',']).filter(|scope| !scope.is_empty()).map(str::to_owned);
            let kind = TokenKind::Classic(split.collect());
            world.tokens.insert(text.clone(), Token { account, kind, expires_at: None });
            json!({"access_token": text, "token_type": "bearer", "scope": scopes.replace(' ', ",")})
        }
    }
}

impl World {
    /// Enters a device's code as a person, and authorises or refuses it.
    pub fn decide_device(&mut self, user_code: &str, decision: Result<&str, ()>) {
        let decision = decision.map(|login| self.account(login).unwrap().id);
        let device = self.devices.values_mut().find(|device| device.user_code == user_code);
        device.unwrap().decision = Some(decision);
    }
}
