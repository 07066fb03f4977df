//! Sign-in at an identity provider: people whom tokens name ask, review and mint, and what a key of theirs is worth.

use jit::grant::Assurance;
use jit::grant::State;
use jit::grant::Verdict;
use jit::identity::Signer;
use jit::protocol::EnrolAnswer;
use jit::protocol::EventList;
use jit::protocol::LoginWay;
use jit::protocol::LoginWays;
use jit::protocol::RequestView;
use jit::protocol::SealedLease;
use jit::protocol::Session;

use crate::broker::signed_in::House;
use crate::broker::signed_in::LIN;
use crate::broker::world::Person;
use crate::broker::world::key_of;
use crate::broker::world::open;
use crate::support::provider::ISSUER;

#[tokio::test]
async fn people_whom_only_tokens_know_ask_review_and_mint() {
    let house = House::new().await;
    let world = &house.world;
    let ways: LoginWays = world.call("GET", "/v1/login/ways", "", None::<&()>).await.read();
    let [LoginWay::Oidc(way), LoginWay::Ssh] = ways.ways.as_slice() else { panic!("{ways:?}") };
    assert_eq!(way.issuer, ISSUER);
    let quinn = house.sign_in("quinn", &["dev"]).await;
    let uma = house.sign_in("uma", &["sre", "Some Group of the Company"]).await;
    let session: Session = world.get("/v1/session", &quinn).await.read();
    let provider = session.provider.unwrap();
    assert_eq!((provider.worth, provider.groups_unknown), (Assurance::Account, false));
    assert_eq!(session.groups, ["dev".parse().unwrap()]);
    let (view, recipient) = world.ask(&quinn, "desk").await;
    assert_eq!(view.state, State::Pending);
    assert_eq!(world.approve(&uma, &view).await.state, State::Approved);
    let sealed: SealedLease = world.mint(&quinn, &view).await.read();
    open(&sealed, &view, &recipient);
    // A role that demands a key takes no session of theirs, and says so.
    let (view, _) = world.ask(&quinn, "other").await;
    assert_eq!(world.review(&uma, &view, Verdict::Approve).await.problem(), "policy");
    // A person with none of the groups sees nothing of it.
    let tess = house.sign_in("tess", &["sales"]).await;
    assert_eq!(world.review(&tess, &view, Verdict::Approve).await.problem(), "not_found");
    assert_eq!(world.get("/v1/roles/desk", &tess).await.problem(), "not_found");
}

#[tokio::test]
async fn a_listed_person_signs_in_as_themselves_with_the_groups_of_the_policy() {
    let house = House::new().await;
    let world = &house.world;
    let by_token = house.sign_in(LIN, &["sre", "security"]).await;
    assert_eq!(by_token.name.as_str(), "lin");
    let session: Session = world.get("/v1/session", &by_token).await.read();
    assert_eq!(session.groups, ["dev".parse().unwrap()], "the token's groups are not read");
    // The SSH key and the account are one person: neither reviews what the other asked for.
    let by_key = world.person("lin").await;
    let (view, _) = world.ask(&by_token, "desk").await;
    assert_eq!(world.show(&by_key, &view).await.id, view.id);
    assert_eq!(world.review(&by_key, &view, Verdict::Approve).await.problem(), "forbidden");
    let cy = world.person("cy").await;
    world.approve(&cy, &view).await;
    // A listed person needs no newer token, because nothing of the old one is read.
    world.pass("20m");
    assert_eq!(world.mint(&by_token, &view).await.status(), 201);
    assert_eq!(world.mint(&by_key, &view).await.status(), 201);
    // Their listed key stays worth a key, and their session an account.
    assert_eq!(house.worth(&by_key, "lin").await, None, "a listed key is not an enrolled one");
}

#[tokio::test]
async fn a_proof_older_than_fifteen_minutes_heals_with_a_newer_token() {
    let house = House::new().await;
    let world = &house.world;
    let quinn = house.sign_in("quinn", &["dev"]).await;
    let uma = house.sign_in("uma", &["sre"]).await;
    let view = house.approved(&quinn, &uma).await;
    world.pass("15m");
    assert_eq!(world.mint(&quinn, &view).await.status(), 201, "not older yet");
    house.tick();
    let refused = world.mint(&quinn, &view).await;
    assert_eq!((refused.status(), refused.problem().as_str()), (403, "groups"));
    house.prove_again(&quinn, &house.claims("quinn", &["dev"])).await.read::<Session>();
    assert_eq!(world.mint(&quinn, &view).await.status(), 201);
    // A review rests on the reviewer's groups, so it needs a fresh proof of them too. A denial never does.
    let (other, _) = world.ask(&world.person("ana").await, "desk").await;
    assert_eq!(world.review(&uma, &other, Verdict::Approve).await.problem(), "groups");
    assert_eq!(world.review(&uma, &other, Verdict::Deny).await.status(), 200);
}

#[tokio::test]
async fn a_key_becomes_worth_more_by_the_signature_of_another_one() {
    let house = House::new().await;
    let world = &house.world;
    let uma = house.sign_in_lasting("uma", &["sre"], "uma-laptop").await;
    assert_eq!(house.worth(&uma, "uma-laptop").await, Some(Assurance::Account));
    let (view, _) = world.ask(&world.person("ana").await, "prod").await;
    assert_eq!(world.review(&uma, &view, Verdict::Approve).await.problem(), "policy");
    // dee is a voucher, by the key in people.toml.
    let dee = world.person("dee").await;
    assert_eq!(house.worth(&dee, "uma-laptop").await, Some(Assurance::Account), "a voucher sees it");
    assert_eq!(house.vouch(&dee, &uma.name, "uma-laptop").await.status(), 200);
    assert_eq!(house.worth(&uma, "uma-laptop").await, Some(Assurance::Key));
    assert_eq!(world.approve(&uma, &view).await.state, State::Approved);
    let ana = world.person("ana").await;
    assert_eq!(world.mint(&ana, &view).await.status(), 201);
    // A confirmed key confirms another one of the same person, for as much as it is worth itself.
    house.tick();
    let touch = house.sign_in_lasting("uma", &["sre"], "uma-touch").await;
    assert_eq!(house.worth(&uma, "uma-touch").await, Some(Assurance::Account));
    assert_eq!(house.confirm(&uma, "uma-touch").await.status(), 200);
    assert_eq!(house.worth(&uma, "uma-touch").await, Some(Assurance::Key), "the weaker key bounds it");
    // A voucher confirms that it is theirs, so it is worth what its kind is.
    assert_eq!(house.vouch(&dee, &uma.name, "uma-touch").await.status(), 200);
    assert_eq!(house.worth(&touch, "uma-touch").await, Some(Assurance::Touch));
    // The same again is answered and recorded once.
    let events = |list: EventList| list.events.iter().filter(|event| event.word == "confirmed").count();
    let eve = world.person("eve").await;
    let before = events(world.get("/v1/events?limit=500", &eve).await.read());
    assert_eq!(house.vouch(&dee, &uma.name, "uma-touch").await.status(), 200);
    assert_eq!(events(world.get("/v1/events?limit=500", &eve).await.read()), before);
}

#[tokio::test]
async fn a_listed_key_confirms_an_enrolled_one() {
    let house = House::new().await;
    let lin = house.world.person("lin").await;
    house.sign_in_lasting(LIN, &[], "lin-phone").await;
    assert_eq!(house.worth(&lin, "lin-phone").await, Some(Assurance::Account));
    assert_eq!(house.confirm(&lin, "lin-phone").await.status(), 200);
    assert_eq!(house.worth(&lin, "lin-phone").await, Some(Assurance::Key));
    // To enrol it again loses nothing, and never makes it a session's: everybody knows a public key.
    house.tick();
    for lasting in [true, false] {
        let claims = house.claims(LIN, &[]);
        let again: EnrolAnswer = house.enrol(claims, &key_of("lin-phone"), lasting).await.read();
        assert_eq!((again.worth, again.until), (Assurance::Key, None), "{lasting}");
    }
}

#[tokio::test]
async fn the_policy_can_trust_the_provider() {
    let house = House::with("enrol = \"trusted\"").await;
    let world = &house.world;
    let uma = house.sign_in_lasting("uma", &["sre"], "uma-laptop").await;
    assert_eq!(house.worth(&uma, "uma-laptop").await, Some(Assurance::Key));
    let (view, _) = world.ask(&world.person("ana").await, "prod").await;
    // A session's key stays worth an account.
    house.tick();
    let session = house.sign_in("uma", &["sre"]).await;
    assert_eq!(world.review(&session, &view, Verdict::Approve).await.problem(), "policy");
    assert_eq!(world.approve(&uma, &view).await.state, State::Approved);
}

#[tokio::test]
async fn a_session_key_signs_for_its_session_and_counts_afterwards() {
    let house = House::new().await;
    let world = &house.world;
    let quinn = house.sign_in("quinn", &["dev"]).await;
    let uma = house.sign_in("uma", &["sre"]).await;
    world.pass("710m");
    house.prove_again(&quinn, &house.claims("quinn", &["dev"])).await.read::<Session>();
    house.prove_again(&uma, &house.claims("uma", &["sre"])).await.read::<Session>();
    let view = house.approved(&quinn, &uma).await;
    world.pass("11m");
    assert_eq!(world.mint(&quinn, &view).await.problem(), "unauthenticated", "the session expired");
    let (new, again) = (house.sign_in("quinn", &["dev"]).await, house.sign_in("uma", &["sre"]).await);
    assert_eq!(world.mint(&new, &view).await.status(), 201, "what the old keys signed then still counts");
    // The old key signs nothing new, whoever brings it.
    let (other, _) = world.ask(&world.person("ana").await, "desk").await;
    let old = Person { name: uma.name.clone(), signer: uma.signer, token: again.token.clone() };
    assert_eq!(world.review(&old, &other, Verdict::Approve).await.problem(), "statement");
    assert_eq!(world.review(&again, &other, Verdict::Approve).await.status(), 200);
}

#[tokio::test]
async fn a_restart_keeps_people_keys_and_what_they_are_worth() {
    let mut house = House::new().await;
    let quinn = house.sign_in("quinn", &["dev"]).await;
    let uma = house.sign_in_lasting("uma", &["sre"], "uma-laptop").await;
    let dee = house.world.person("dee").await;
    house.vouch(&dee, &uma.name, "uma-laptop").await;
    let (view, _) = house.world.ask(&quinn, "prod").await;
    house.world.approve(&uma, &view).await;
    house.world.stop().await;
    house.world.start().await.unwrap();
    assert_eq!(house.worth(&uma, "uma-laptop").await, Some(Assurance::Key));
    assert_eq!(house.world.show(&quinn, &view).await.state, State::Approved);
    assert_eq!(house.world.mint(&quinn, &view).await.status(), 201);
    // The provider may be gone by then: what the log keeps proves it.
    house.provider.with(|provider| provider.status = 503);
    assert_eq!(house.world.mint(&quinn, &view).await.status(), 201);
}

#[tokio::test]
async fn what_the_provider_enrols_is_in_the_log_and_in_the_list_of_keys() {
    let house = House::new().await;
    let uma = house.sign_in_lasting("uma", &["sre"], "uma-laptop").await;
    let dee = house.world.person("dee").await;
    house.vouch(&dee, &uma.name, "uma-laptop").await;
    house.tick();
    // An administrator of the provider signs in as uma, with a key of their own.
    let forged = house.sign_in_lasting("uma", &["sre"], "admin").await;
    assert_eq!(house.worth(&uma, "admin").await, Some(Assurance::Account), "uma sees it in the list");
    let (view, _) = house.world.ask(&house.world.person("ana").await, "prod").await;
    assert_eq!(house.world.review(&forged, &view, Verdict::Approve).await.problem(), "policy");
    assert_eq!(house.confirm(&forged, "admin").await.problem(), "policy", "not by itself");
    let eve = house.world.person("eve").await;
    let log: EventList = house.world.get("/v1/events?limit=500", &eve).await.read();
    let enrolled: Vec<String> =
        log.events.iter().filter(|event| event.word == "enrolled").map(|event| event.body.clone()).collect();
    assert!(enrolled.iter().any(|text| text.contains(key_of("admin").fingerprint())), "{enrolled:?}");
    assert!(
        enrolled.iter().all(|text| text.contains(r#""person":"uma""#) && text.contains(ISSUER)),
        "{enrolled:?}"
    );
    // uma drops it: its session is over, and the token that enrolled it enrols nothing again.
    assert_eq!(house.drop_key(&uma, "admin").await.status(), 204);
    assert_eq!(house.world.get("/v1/session", &forged).await.problem(), "unauthenticated");
    assert_eq!(house.worth(&uma, "uma-laptop").await, Some(Assurance::Key));
    assert_eq!(house.world.approve(&uma, &view).await.state, State::Approved);
    house.world.get(&format!("/v1/requests/{}", view.id), &uma).await.read::<RequestView>();
}

/// An administrator of the provider can put anybody into any group and sign in as them, also with a security key. That key is in
/// hardware, and nobody has said that it is the person's.
#[tokio::test]
async fn a_security_key_that_an_administrator_enrols_for_somebody_is_no_touch() {
    let house = House::new().await;
    let world = &house.world;
    let uma = house.sign_in_lasting("uma", &["hardware"], "uma-laptop").await;
    house.tick();
    let forged = house.sign_in_lasting("uma", &["hardware"], "admin-touch").await;
    assert_eq!(house.worth(&uma, "admin-touch").await, Some(Assurance::Account));
    let (view, _) = world.ask(&world.person("ana").await, "sealed").await;
    let refused = world.review(&forged, &view, Verdict::Approve).await;
    assert_eq!(refused.problem(), "policy", "{}", refused.detail());
    assert_eq!(house.confirm(&forged, "admin-touch").await.problem(), "policy", "not by itself");
    assert_eq!(world.show(&uma, &view).await.state, State::Pending);
    // Only a voucher's signature makes it what it is, and by that the touch is uma's.
    let dee = world.person("dee").await;
    house.vouch(&dee, &uma.name, "admin-touch").await.read::<serde_json::Value>();
    assert_eq!(house.worth(&uma, "admin-touch").await, Some(Assurance::Touch));
    assert_eq!(world.approve(&forged, &view).await.state, State::Approved);
}
