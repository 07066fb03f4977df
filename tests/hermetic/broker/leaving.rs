//! People leave: by the policy, by a colleague's word, and by a security event of the identity provider (CAEP).

use std::time::Duration;

use jit::broker::ReceiverSettings;
use jit::grant::State;
use jit::protocol::Challenge;
use jit::protocol::RequestView;
use jit::protocol::Session;
use jit::secret::Secret;
use jit::system::Http;
use jit::system::http::Request;
use serde_json::Value;
use serde_json::json;

use crate::broker::signed_in::House;
use crate::broker::signed_in::LIN;
use crate::broker::world::AUTHORITY;
use crate::broker::world::Answer;
use crate::broker::world::Person;
use crate::broker::world::World;
use crate::broker::world::key_of;
use crate::support::provider::CLIENT;
use crate::support::provider::ISSUER;
use crate::support::provider::key;
use crate::support::provider::sign as sign_token;

pub const EVENTS: &str = "token-of-the-transmitter";
pub const SCIM: &str = "token-of-the-scim-client";
const REVOKED: &str = "https://schemas.openid.net/secevent/caep/event-type/session-revoked";

/// Waits for the background work, for at most a minute of the broker's clock.
pub async fn within_a_minute(
    world: &World,
    viewer: &Person,
    view: &RequestView,
    state: State,
) -> RequestView {
    // A look, another one, the tick of the background work, and once more.
    for _ in 0..5 {
        let shown = world.show(viewer, view).await;
        if shown.state == state {
            return shown;
        }
        let path = format!("/v1/requests/{}?after={}&wait=60", view.id, shown.version);
        let news = world.get(&path, viewer);
        let passing = async {
            tokio::task::yield_now().await;
            world.pass("3s");
        };
        let both = async { tokio::join!(news, passing) };
        let _ = tokio::time::timeout(Duration::from_secs(2), both).await;
    }
    let ready = world.call("GET", "/readyz", "", None::<&()>).await;
    let ready = String::from_utf8_lossy(&ready.0.body).into_owned();
    panic!("{} of {} is not {} after a minute; {ready}", view.id, view.version, state.as_str());
}

#[tokio::test]
async fn whom_the_policy_forgets_loses_requests_and_access_within_a_minute() {
    for (from, to) in [
        ("dev = [\"ana\", \"bo\", \"lin\"]", "dev = [\"bo\", \"lin\"]"),
        ("[people.ana]\nkeys", "[people.anna]\nkeys"),
    ] {
        let mut house = House::new().await;
        let (ana, cy) = (house.world.person("ana").await, house.world.person("cy").await);
        let (active, _) = house.world.ask(&ana, "desk").await;
        house.world.approve(&cy, &active).await;
        assert_eq!(house.world.mint(&ana, &active).await.status(), 201);
        let (waits, _) = house.world.ask(&ana, "prod").await;
        let forgets = from.starts_with("[people");
        if forgets {
            house.world.write_policy("people.toml", &renamed(&house, "ana", "anna"));
        }
        if !forgets {
            house.world.change_policy("people.toml", from, to).await;
        }
        for view in [&active, &waits] {
            let ended = within_a_minute(&house.world, &cy, view, State::Revoked).await;
            let why = ended.closing.unwrap().why;
            assert!(why.contains("ana may no longer") || why.contains("ana is no longer"), "{why}");
        }
    }
}

/// people.toml with another name for somebody.
fn renamed(house: &House, from: &str, to: &str) -> String {
    let path = house.world.folder.path().join("policy/people.toml");
    let text = std::fs::read_to_string(path).unwrap();
    text.replace(&format!("[people.{from}]"), &format!("[people.{to}]"))
        .replace(&format!("\"{from}\""), &format!("\"{to}\""))
}

#[tokio::test]
async fn who_lost_the_group_loses_the_access_when_the_broker_hears_of_it() {
    let house = House::new().await;
    let (quinn, cy) = (house.sign_in("quinn", &["dev"]).await, house.world.person("cy").await);
    let view = house.approved(&quinn, &cy).await;
    assert_eq!(house.world.mint(&quinn, &view).await.status(), 201);
    house.tick();
    house.prove_again(&quinn, &house.claims("quinn", &["sales"])).await.read::<Session>();
    let ended = within_a_minute(&house.world, &cy, &view, State::Revoked).await;
    assert!(ended.closing.unwrap().why.contains("quinn may no longer ask for desk"));
}

#[tokio::test]
async fn a_person_may_end_everything_of_their_own() {
    let house = House::new().await;
    let quinn = house.sign_in("quinn", &["dev"]).await;
    let removal: Value = house.remove(&quinn, "quinn").await.read();
    assert_eq!((&removal["sessions"], &removal["keys"]), (&json!(1), &json!(1)));
    assert_eq!(house.world.get("/v1/session", &quinn).await.problem(), "unauthenticated");
}

/// The policy gives somebody another name, and a voucher ends what they have before they sign in again.
#[tokio::test]
async fn another_name_in_the_policy_keeps_nobodys_keys() {
    let mut house = House::new().await;
    let mut lin = house.sign_in_lasting(LIN, &[], "lin-laptop").await;
    let text = renamed(&house, "lin", "linda");
    house.world.write_policy("people.toml", &text);
    house.world.change_policy("people.toml", "[people.linda]", "[people.linda]").await;
    lin.name = "linda".parse().unwrap();
    lin.token = house.world.log_in(&lin).await;
    let dee = house.world.person("dee").await;
    let removal: Value = house.remove(&dee, "linda").await.read();
    assert_eq!((&removal["sessions"], &removal["keys"]), (&json!(1), &json!(1)));
    assert_eq!(house.world.get("/v1/session", &lin).await.problem(), "unauthenticated");
    let challenge: Challenge = house.world.call("POST", "/v1/login/challenge", "", None::<&()>).await.read();
    let signed = house.world.login_statement(&lin, &challenge.challenge);
    let refused = house.world.call("POST", "/v1/login", "", Some(&signed)).await;
    assert!(refused.status() >= 400, "the key still opens a session");
    house.world.stop().await;
    house.world.start().await.unwrap();
    assert_eq!(house.world.get("/v1/session", &lin).await.problem(), "unauthenticated");
}

/// A house whose broker takes events and SCIM calls.
pub async fn listening(more: &str) -> House {
    let mut house = House::unstarted(more);
    let mut settings = house.world.settings();
    settings.receivers =
        ReceiverSettings { events: Some(Secret::from(EVENTS)), scim: Some(Secret::from(SCIM)) };
    house.world.start_with(settings).await.unwrap();
    house
}

pub async fn send(house: &House, method: &str, path: &str, token: &str, media: &str, body: String) -> Answer {
    let mut request = Request::new(method.parse().unwrap(), format!("{AUTHORITY}{path}"));
    if !token.is_empty() {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    if !body.is_empty() {
        request = request.body(media, body.into_bytes());
    }
    Answer(house.world.http.send(request).await.unwrap())
}

fn event(house: &House, id: &str, subject: &Value) -> Value {
    json!({
        "iss": ISSUER, "aud": AUTHORITY, "jti": id, "iat": house.world.now().as_second(),
        "sub_id": subject, "events": {REVOKED: {"event_timestamp": house.world.now().as_second()}},
    })
}

fn signed(claims: &Value) -> String {
    sign_token(&json!({"alg": "RS256", "kid": "rsa-1", "typ": "secevent+jwt"}), claims, &key("rsa-1"))
}

async fn push(house: &House, token: &str, set: String) -> Answer {
    send(house, "POST", "/v1/hooks/events", token, "application/secevent+jwt", set).await
}

fn error_of(answer: &Answer) -> (u16, String) {
    let body: Value = serde_json::from_slice(&answer.0.body).unwrap();
    assert!(body["description"].is_string(), "{body}");
    (answer.status(), body["err"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn a_revoked_session_at_the_provider_ends_everything_of_the_person() {
    let house = listening("").await;
    let (quinn, cy) = (house.sign_in("quinn", &["dev"]).await, house.world.person("cy").await);
    let view = house.approved(&quinn, &cy).await;
    house.tick();
    let subject = json!({"format": "iss_sub", "iss": ISSUER, "sub": "quinn"});
    let set = signed(&event(&house, "one", &subject));
    assert_eq!(push(&house, EVENTS, set.clone()).await.status(), 202);
    assert_eq!(house.world.get("/v1/session", &quinn).await.problem(), "unauthenticated");
    let shown = house.world.show(&cy, &view).await;
    assert_eq!(shown.state, State::Revoked);
    assert!(shown.closing.unwrap().why.contains("the identity provider revoked their sessions"));
    // The same event again, and a copy of it after a new sign-in, end nothing.
    house.tick();
    let quinn = house.sign_in("quinn", &["dev"]).await;
    assert_eq!(push(&house, EVENTS, set).await.status(), 202);
    let mut copy = event(&house, "two", &subject);
    copy["iat"] = json!(house.world.now().as_second() - 1);
    assert_eq!(push(&house, EVENTS, signed(&copy)).await.status(), 202);
    assert_eq!(house.world.get("/v1/session", &quinn).await.status(), 200);
    // A person whom the policy lists is found by their subject too.
    let lin = house.world.person("lin").await;
    let user = json!({"format": "complex", "user": {"format": "iss_sub", "iss": ISSUER, "sub": LIN}});
    assert_eq!(push(&house, EVENTS, signed(&event(&house, "three", &user))).await.status(), 202);
    assert_eq!(house.world.get("/v1/session", &lin).await.problem(), "unauthenticated");
}

#[tokio::test]
async fn events_of_strangers_and_damaged_ones_end_nothing() {
    let house = listening("").await;
    let quinn = house.sign_in("quinn", &["dev"]).await;
    house.tick();
    let subject = json!({"format": "iss_sub", "iss": ISSUER, "sub": "quinn"});
    let good = || event(&house, "one", &subject);
    let with = |name: &str, value: Value| {
        let mut claims = good();
        claims[name] = value;
        signed(&claims)
    };
    let now = house.world.now().as_second();
    let id_token = sign_token(&json!({"alg": "RS256", "kid": "rsa-1"}), &good(), &key("rsa-1"));
    let other_key =
        sign_token(&json!({"alg": "RS256", "kid": "rsa-1", "typ": "secevent+jwt"}), &good(), &key("rsa-2"));
    let refused = [
        ("another issuer", with("iss", json!("https://evil.example")), "invalid_issuer"),
        ("another audience", with("aud", json!(["https://other.example"])), "invalid_audience"),
        ("no id", with("jti", json!("")), "invalid_request"),
        ("the future", with("iat", json!(now + 600)), "invalid_request"),
        ("two days ago", with("iat", json!(now - 2 * 86_400)), "invalid_request"),
        ("no events", with("events", json!([])), "invalid_request"),
        ("an ID token", id_token, "invalid_request"),
        ("another key", other_key, "invalid_key"),
        ("no token", "nonsense".to_owned(), "invalid_request"),
    ];
    for (what, set, code) in refused {
        assert_eq!(error_of(&push(&house, EVENTS, set).await), (400, code.to_owned()), "{what}");
    }
    for token in ["", SCIM, "token-of-the-transmitteR"] {
        let answer = push(&house, token, signed(&good())).await;
        assert_eq!(error_of(&answer), (401, "authentication_failed".to_owned()), "{token}");
    }
    let media = send(&house, "POST", "/v1/hooks/events", EVENTS, "application/json", signed(&good())).await;
    assert_eq!(error_of(&media), (400, "invalid_request".to_owned()));
    // Acknowledged, and about nobody here or nothing that ends a session.
    let nobody = [
        json!({"format": "iss_sub", "iss": ISSUER, "sub": "stranger"}),
        json!({"format": "iss_sub", "iss": "https://evil.example", "sub": "quinn"}),
        json!({"format": "email", "email": "quinn@example.com"}),
        json!({"format": "complex", "user": {"format": "complex", "user": subject}}),
        json!("quinn"),
    ];
    for (number, subject) in nobody.iter().enumerate() {
        let set = signed(&event(&house, &format!("nobody-{number}"), subject));
        assert_eq!(push(&house, EVENTS, set).await.status(), 202, "{subject}");
    }
    let other = with(
        "events",
        json!({"https://schemas.openid.net/secevent/caep/event-type/token-claims-change": {}}),
    );
    assert_eq!(push(&house, EVENTS, other).await.status(), 202);
    assert_eq!(house.world.get("/v1/session", &quinn).await.status(), 200);
    // The audience may be the client, and the event may name its subject itself, as drafts had it.
    let mut old = good();
    old["aud"] = json!([CLIENT]);
    old.as_object_mut().unwrap().remove("sub_id");
    old["jti"] = json!("last");
    old["events"] = json!({REVOKED: {"subject": {"format": "iss_sub", "iss": ISSUER, "sub": "quinn"}}});
    assert_eq!(push(&house, EVENTS, signed(&old)).await.status(), 202);
    assert_eq!(house.world.get("/v1/session", &quinn).await.problem(), "unauthenticated");
}

#[tokio::test]
async fn an_address_in_an_event_counts_only_where_the_policy_names_people_by_it() {
    let house = listening("person = \"email\"").await;
    let mut claims = house.claims("00u1", &["dev"]);
    claims["email"] = json!("quinn@example.com");
    claims["email_verified"] = json!(true);
    let signer = key_of("quinn-laptop");
    house.enrol(claims, &signer, true).await.read::<Value>();
    let mut quinn = Person { name: "quinn@example.com".parse().unwrap(), signer, token: String::new() };
    quinn.token = house.world.log_in(&quinn).await;
    house.tick();
    // The account of the token leads to the same person.
    let by_account = json!({"format": "iss_sub", "iss": ISSUER, "sub": "00u2"});
    push(&house, EVENTS, signed(&event(&house, "one", &by_account))).await;
    assert_eq!(house.world.get("/v1/session", &quinn).await.status(), 200);
    let by_address = json!({"format": "email", "email": "quinn@example.com"});
    assert_eq!(push(&house, EVENTS, signed(&event(&house, "two", &by_address))).await.status(), 202);
    assert_eq!(house.world.get("/v1/session", &quinn).await.problem(), "unauthenticated");
}

#[tokio::test]
async fn a_receiver_without_a_token_of_its_own_is_not_there() {
    let house = House::new().await;
    let more =
        ["/scim/v2/Schemas", "/scim/v2/ResourceTypes/User", "/scim/v2/Groups", "/scim/v2/", "/scim/v2/Bulk"];
    for path in
        ["/scim/v2/Users", "/scim/v2/ServiceProviderConfig", "/scim/v2/Users/cXVpbm4"].into_iter().chain(more)
    {
        assert_eq!(send(&house, "GET", path, SCIM, "", String::new()).await.problem(), "not_found", "{path}");
    }
    assert_eq!(push(&house, EVENTS, String::from("x")).await.problem(), "not_found");
    let mut house = House::unstarted("");
    let mut settings = house.world.settings();
    settings.receivers.scim = Some(Secret::from("short"));
    assert!(house.world.start_with(settings).await.is_err(), "a short token is no token");
}
