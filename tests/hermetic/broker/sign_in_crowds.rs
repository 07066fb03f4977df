//! A thousand sign-ins at once: of a thousand people, of one liar, and of both together.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use jit::grant::State;
use jit::identity::oidc::enrolment;
use jit::protocol::EnrolAnswer;
use jit::protocol::EnrolCall;
use jit::system::fake::Host;
use jit::system::http::HttpError;
use jit::system::http::Request;
use jit::system::http::Response;
use serde_json::json;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::broker::sign_in_attacks::recorded;
use crate::broker::signed_in::House;
use crate::broker::world::AUTHORITY;
use crate::broker::world::Answer;
use crate::broker::world::Person;
use crate::broker::world::key_of;
use crate::support::provider::ORIGIN;
use crate::support::provider::Provider;
use crate::support::provider::key;
use crate::support::provider::sign;

const MANY: usize = 1_000;

/// A broker behind a proxy that says from which address each call comes.
async fn house() -> Arc<House> {
    let mut house = House::unstarted("");
    let mut settings = house.world.settings();
    settings.trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
    house.world.start_with(settings).await.unwrap();
    Arc::new(house)
}

/// A token that the provider did not sign, with a key of its own name.
fn forged(house: &House, number: usize) -> EnrolCall {
    let mut call = house.enrolment(house.claims("quinn", &["sre"]), &key_of("thief"), true);
    let mut claims = house.claims("quinn", &["sre"]);
    claims["nonce"] = json!(enrolment::nonce(AUTHORITY, &call.key, &call.random));
    call.token = sign(&json!({"alg": "RS256", "kid": format!("stolen-{number}")}), &claims, &key("rsa-2"));
    call
}

async fn post(house: &House, address: &str, call: &EnrolCall) -> Answer {
    house.world.call_from(&[address.as_bytes()], "POST", "/v1/login/enrol", "", Some(call)).await
}

/// Posts all calls at once, each from its address. Returns the answers.
async fn at_once(house: &Arc<House>, calls: Vec<(String, EnrolCall)>) -> Vec<Answer> {
    let mut posted = JoinSet::new();
    for (address, call) in calls {
        let house = Arc::clone(house);
        posted.spawn(async move { post(&house, &address, &call).await });
    }
    posted.join_all().await
}

/// The address of one of a thousand machines.
fn address(number: usize) -> String {
    format!("198.51.{}.{}", number / 250, number % 250 + 1)
}

/// A limit's answer says when to come back.
fn is_told_when(answer: &Answer) -> bool {
    let after = answer.0.header("retry-after").and_then(|seconds| seconds.parse::<u64>().ok());
    answer.status() == 429 && after.is_some_and(|seconds| (1..=60).contains(&seconds))
}

#[tokio::test]
async fn a_thousand_forged_tokens_from_one_address_cost_two_fetches_and_stop_nobody() {
    let house = house().await;
    let before = recorded(&house).await;
    let calls = (0..MANY).map(|number| ("192.0.2.66".to_owned(), forged(&house, number))).collect();
    let answers = at_once(&house, calls).await;
    let refused = answers.iter().filter(|answer| answer.status() == 422).count();
    // As many failures as an address may have, and then it is told to wait.
    assert_eq!(refused, 30);
    assert_eq!(answers.iter().filter(|answer| is_told_when(answer)).count(), MANY - 30);
    // Once for the keys, and once for all the names of keys that nobody knows.
    assert!(house.provider.key_fetches() <= 2, "{}", house.provider.key_fetches());
    assert_eq!(recorded(&house).await, before, "and nothing was recorded");
    // The same address is that of honest people too: an office. Theirs is no failure, so nothing stops it.
    let call = house.enrolment(house.claims("uma", &["dev"]), &key_of("uma-laptop"), true);
    let answer: EnrolAnswer = post(&house, "192.0.2.66", &call).await.read();
    assert_eq!(answer.person.as_str(), "uma");
    house.world.pass("1m");
    assert_eq!(post(&house, "192.0.2.66", &forged(&house, 0)).await.status(), 422, "the limit fills again");
}

#[tokio::test]
async fn a_thousand_people_from_as_many_addresses_sign_in_while_a_thousand_forgeries_come() {
    let house = house().await;
    let honest = |number: usize| {
        let subject = format!("person-{number}");
        let call = house.enrolment(house.claims(&subject, &["dev"]), &key_of(&subject), true);
        (address(number), call)
    };
    let calls: Vec<(String, EnrolCall)> =
        (0..MANY).flat_map(|number| [honest(number), (address(number), forged(&house, number))]).collect();
    let answers = at_once(&house, calls).await;
    let mut people = BTreeSet::new();
    for answer in answers {
        match answer.status() {
            200 => drop(people.insert(answer.read::<EnrolAnswer>().person)),
            // One failure from each address is within every limit.
            status => assert_eq!(status, 422),
        }
    }
    assert_eq!(people.len(), MANY);
    assert!(house.provider.key_fetches() <= 2, "{}", house.provider.key_fetches());
    // Everybody is there, and one of them goes on as always.
    let last = format!("person-{}", MANY - 1);
    let mut person = Person { name: last.parse().unwrap(), signer: key_of(&last), token: String::new() };
    person.token = house.world.log_in(&person).await;
    assert_eq!(house.world.ask(&person, "desk").await.0.state, State::Pending);
}

/// A provider that answers only when it is let.
struct Slow {
    provider: Provider,
    gate: Semaphore,
}

#[async_trait]
impl Host for Slow {
    async fn answer(&self, request: Request) -> Result<Response, HttpError> {
        let _passed = self.gate.acquire().await.unwrap();
        self.provider.answer(request).await
    }
}

#[tokio::test]
async fn a_thousand_sign_ins_wait_for_a_slow_provider_and_hold_up_nobody_else() {
    let house = house().await;
    let slow = Arc::new(Slow { provider: house.provider.clone(), gate: Semaphore::new(0) });
    house.world.http.route(ORIGIN, Arc::clone(&slow) as Arc<dyn Host>);
    let mut posted = JoinSet::new();
    for number in 0..MANY {
        let subject = format!("person-{number}");
        let call = house.enrolment(house.claims(&subject, &["dev"]), &key_of(&subject), true);
        let house = Arc::clone(&house);
        posted.spawn(async move { post(&house, &address(number), &call).await.status() });
    }
    // A person with a listed key logs in, asks and is reviewed meanwhile.
    let (ana, cy) = (house.world.person("ana").await, house.world.person("cy").await);
    let (view, _) = house.world.ask(&ana, "prod").await;
    assert_eq!(house.world.approve(&cy, &view).await.state, State::Approved);
    assert!(posted.try_join_next().is_none(), "nobody has an answer yet");
    slow.gate.add_permits(1);
    assert!(posted.join_all().await.iter().all(|status| *status == 200));
    assert_eq!(house.provider.key_fetches(), 1);
}

/// An attacker who reads a call on its way gains nothing by sending it again: it enrols the key that it always enrolled.
#[tokio::test]
async fn one_call_a_thousand_times_enrols_one_key_once() {
    let house = house().await;
    let before = recorded(&house).await;
    let call = house.enrolment(house.claims("uma", &["dev"]), &key_of("uma-laptop"), true);
    let calls = (0..MANY).map(|number| (address(number), call.clone())).collect();
    let answers = at_once(&house, calls).await;
    let taken = answers.iter().filter(|answer| answer.status() == 200).count();
    // As many calls as a person has at once, from however many addresses.
    assert_eq!(taken, 120);
    assert!(answers.iter().all(|answer| answer.status() == 200 || is_told_when(answer)));
    assert_eq!(recorded(&house).await, before + 1);
}
