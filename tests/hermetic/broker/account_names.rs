//! Names that an account has at the provider: one human stays one person, whatever the name, its letters, and what is shown.

use jit::protocol::EnrolAnswer;
use jit::protocol::Session;
use serde_json::Value;
use serde_json::json;

use crate::broker::leaving::SCIM;
use crate::broker::leaving::listening;
use crate::broker::leaving::send;
use crate::broker::signed_in::House;
use crate::broker::signed_in::LIN;
use crate::broker::world::Person;
use crate::broker::world::key_of;

fn with(house: &House, subject: &str, claim: &str, value: Value) -> Value {
    let mut claims = house.claims(subject, &["dev", "sre"]);
    claims[claim] = value;
    claims
}

/// Many providers let people change the name that others see. An account that signs in under a second name would approve what
/// it asked for under the first one.
#[tokio::test]
async fn an_account_under_another_name_is_no_second_person() {
    let house = House::with("person = \"preferred_username\"\nvouchers = [\"group:security\"]").await;
    let claims = |name: &str| with(&house, "00u1", "preferred_username", json!(name));
    let signer = key_of("quinn-laptop");
    let quinn: EnrolAnswer = house.enrol(claims("quinn"), &signer, true).await.read();
    assert_eq!(quinn.person.as_str(), "quinn");
    house.tick();
    let refused = house.enrol(claims("quentin"), &key_of("other"), true).await;
    assert_eq!((refused.problem().as_str(), refused.status()), ("policy", 403), "{}", refused.detail());
    assert!(refused.detail().contains("quinn has it here"), "{}", refused.detail());
    // Neither the person nor the provider frees the account: whom nobody denied anything would come back.
    let mut quinn = Person { name: quinn.person, signer, token: String::new() };
    quinn.token = house.world.log_in(&quinn).await;
    assert_eq!(house.prove_again(&quinn, &claims("quentin")).await.problem(), "policy");
    house.remove(&quinn, "quinn").await.read::<Value>();
    house.tick();
    assert_eq!(house.enrol(claims("quentin"), &key_of("other"), true).await.problem(), "policy");
    let dee = house.world.person("dee").await;
    house.remove(&dee, "quinn").await.read::<Value>();
    house.tick();
    let quentin: EnrolAnswer = house.enrol(claims("quentin"), &key_of("other"), true).await.read();
    assert_eq!(quentin.person.as_str(), "quentin");
}

/// Two tokens of one account under two names, both good, at the same moment.
#[tokio::test]
async fn two_names_of_an_account_at_once_are_one_person() {
    let house = House::with("person = \"preferred_username\"").await;
    let calls = ["quinn", "quentin"].map(|name| {
        let claims = with(&house, "00u1", "preferred_username", json!(name));
        house.enrolment(claims, &key_of(name), true)
    });
    let (first, second) = tokio::join!(house.post_enrolment(&calls[0]), house.post_enrolment(&calls[1]));
    let taken = [&first, &second].iter().filter(|answer| answer.status() == 200).count();
    assert_eq!(taken, 1, "{} {}", first.status(), second.status());
}

/// The policy lists somebody who came by token before: another name of the same login, and no other person.
#[tokio::test]
async fn the_policy_gives_a_login_another_name() {
    let mut house = House::with("person = \"preferred_username\"").await;
    let claims = |house: &House| with(house, "00u1", "preferred_username", json!("quinn"));
    house.enrol(claims(&house), &key_of("quinn-laptop"), true).await.read::<EnrolAnswer>();
    let listed = "[people.quinn-smith]\noidc = \"quinn\"\n[groups]";
    house.world.change_policy("people.toml", "[groups]", listed).await;
    house.tick();
    let quinn: EnrolAnswer = house.enrol(claims(&house), &key_of("quinn-laptop"), true).await.read();
    assert_eq!(quinn.person.as_str(), "quinn-smith");
}

fn addressed(house: &House, address: &str) -> Value {
    with(house, "00u1", "email", json!(address))
}

/// A name that people type has no case at the provider. In other letters it is the same person: the one whom the policy lists,
/// the one who signed in before, and the one whose account ends.
#[tokio::test]
async fn other_letters_of_a_name_are_no_second_person() {
    let mut house = House::unstarted("person = \"email\"\nvouchers = [\"group:security\"]");
    let path = house.world.folder.path().join("policy/people.toml");
    let people = std::fs::read_to_string(path).unwrap();
    house.world.write_policy("people.toml", &people.replace(LIN, "Lin@Example.com"));
    house.world.start().await.unwrap();
    for (address, key) in [("lin@example.com", "lin-one"), ("LIN@example.com", "lin-two")] {
        let lin: EnrolAnswer = house.enrol(addressed(&house, address), &key_of(key), true).await.read();
        assert_eq!(lin.person.as_str(), "lin", "{address}");
    }
    let other = |address: &str| with(&house, "00u2", "email", json!(address));
    for (address, key) in [("Quinn@Example.com", "quinn-one"), ("quinn@example.com", "quinn-two")] {
        let quinn: EnrolAnswer = house.enrol(other(address), &key_of(key), true).await.read();
        assert_eq!(quinn.person.as_str(), "quinn@example.com", "{address}");
    }
}

#[tokio::test]
async fn the_end_of_an_account_is_heard_in_other_letters() {
    let ended = json!({"userName": "Quinn@Example.COM", "active": false}).to_string();
    let house = listening("person = \"email\"").await;
    let signer = key_of("quinn-laptop");
    let answer: EnrolAnswer = house.enrol(addressed(&house, "quinn@example.com"), &signer, true).await.read();
    let mut quinn = Person { name: answer.person, signer, token: String::new() };
    quinn.token = house.world.log_in(&quinn).await;
    house.world.get("/v1/session", &quinn).await.read::<Session>();
    house.tick();
    let answer = send(&house, "POST", "/scim/v2/Users", SCIM, "application/scim+json", ended).await;
    assert_eq!(answer.status(), 201);
    assert_eq!(house.world.get("/v1/session", &quinn).await.problem(), "unauthenticated");
}

/// The page tells a reviewer who asks. An address that the provider has not verified may be anybody's, and what only a token
/// says is not the policy's word.
#[tokio::test]
async fn the_name_to_show_is_not_taken_for_the_policys_word() {
    let house = House::with_page("vouchers = [\"group:security\"]").await;
    let cy = house.world.person("cy").await;
    let browser = house.world.signed_in(&cy).await;
    let shown = async |subject: &str, verified: Value| {
        let mut claims = with(&house, subject, "email", json!("cy@example.com"));
        claims["email_verified"] = verified;
        let signer = key_of(subject);
        let answer: EnrolAnswer = house.enrol(claims, &signer, true).await.read();
        let mut person = Person { name: answer.person, signer, token: String::new() };
        person.token = house.world.log_in(&person).await;
        let (view, _) = house.world.ask(&person, "desk").await;
        let page = browser.get(&format!("/web/r/{}", view.id)).await.text();
        assert!(page.contains("cy@example.com") && !page.contains("by the policy"), "{page}");
        page
    };
    assert!(!shown("quinn", json!(true)).await.contains("not verified"));
    for (subject, verified) in [("uma", json!(false)), ("tess", json!("true")), ("vic", Value::Null)] {
        let page = shown(subject, verified).await;
        assert!(page.contains("not verified: cy@example.com"), "{page}");
    }
}
