//! Nobody gains anything by bad tokens, foreign keys, circles of vouching, providers in trouble or changed policies.

use std::collections::BTreeSet;
use std::sync::Arc;

use jit::broker::BrokerError;
use jit::grant::Assurance;
use jit::grant::State;
use jit::grant::Verdict;
use jit::identity::Signer;
use jit::identity::oidc::enrolment;
use jit::protocol::Challenge;
use jit::protocol::EnrolAnswer;
use jit::protocol::Session;
use jit::system::http::HttpError;
use serde_json::Value;
use serde_json::json;

use crate::broker::database::sql;
use crate::broker::signed_in::House;
use crate::broker::signed_in::LIN;
use crate::broker::world::Person;
use crate::broker::world::key_of;
use crate::support::provider::key;

/// The vouchers are a group of people.toml, and one that only tokens name.
const KEYHOLDERS: &str = "vouchers = [\"group:security\", \"group:keyholders\"]";

/// How many events the log has.
pub async fn recorded(house: &House) -> usize {
    let eve = house.world.person("eve").await;
    let list: Value = house.world.get("/v1/events?limit=500", &eve).await.read();
    let events = list["events"].as_array().unwrap();
    events.iter().filter(|event| event["word"] != "logged_in").count()
}

#[tokio::test]
async fn tokens_and_keys_that_do_not_belong_together_enrol_nothing() {
    let house = House::new().await;
    let quinn = house.sign_in_lasting("quinn", &["dev"], "quinn-laptop").await;
    let before = recorded(&house).await;
    let (new, other) = (key_of("new"), key_of("other"));
    let good = || house.enrolment(house.claims("uma", &["sre"]), &new, false);
    let mut replayed = good();
    replayed.key = other.public_key().to_owned();
    let mut random = good();
    random.random = house.enrolment(house.claims("uma", &["sre"]), &new, false).random;
    let mut short = good();
    short.random.truncate(20);
    let mut commented = good();
    commented.key.push_str(" somebody@example.com");
    let mut elsewhere = good();
    let mut claims = house.claims("uma", &["sre"]);
    claims["nonce"] = json!(enrolment::nonce("https://other.example.com", &elsewhere.key, &elsewhere.random));
    elsewhere.token = house.token(&claims);
    let mut without = good();
    without.token = house.token(&house.claims("uma", &["sre"]));
    let hardware = house.enrolment(house.claims("uma", &["sre"]), &key_of("uma-touch"), false);
    let cases = [
        ("the token of another key", replayed, "statement"),
        ("another random text", random, "statement"),
        ("a short random text", short, "statement"),
        ("a key with a comment", commented, "statement"),
        ("the nonce of another broker", elsewhere, "statement"),
        ("no nonce", without, "statement"),
        ("a hardware key for a session", hardware, "statement"),
        (
            "another client",
            house.enrolment(with(&house, "uma", "aud", json!("other")), &new, false),
            "statement",
        ),
        ("a future token", house.enrolment(later(&house), &new, false), "statement"),
        (
            "a subject that people.toml has as a name",
            house.enrolment(house.claims("ana", &["sre"]), &new, false),
            "policy",
        ),
        (
            "the key of a listed person",
            house.enrolment(house.claims("uma", &["sre"]), &key_of("cy"), true),
            "conflict",
        ),
        (
            "the key of an enrolled person",
            house.enrolment(house.claims("uma", &[]), &key_of("quinn-laptop"), true),
            "conflict",
        ),
    ];
    for (what, call, code) in cases {
        assert_eq!(house.post_enrolment(&call).await.problem(), code, "{what}");
    }
    assert_eq!(recorded(&house).await, before, "and nothing was recorded");
    // The groups of a session are read only from a token of its own person.
    let foreign = house.prove_again(&quinn, &house.claims("uma", &["sre"])).await;
    assert_eq!(foreign.problem(), "forbidden");
}

fn with(house: &House, subject: &str, claim: &str, value: Value) -> Value {
    let mut claims = house.claims(subject, &["sre"]);
    claims[claim] = value;
    claims
}

fn later(house: &House) -> Value {
    let future = house.world.now().as_second() + 600;
    let mut claims = with(house, "uma", "iat", json!(future));
    claims["exp"] = json!(future + 600);
    claims
}

#[tokio::test]
async fn one_key_at_two_logins_at_once_is_the_first_ones() {
    let house = House::new().await;
    let shared = key_of("shared");
    let [quinn, uma] =
        ["quinn", "uma"].map(|who| house.enrolment(house.claims(who, &["dev"]), &shared, true));
    let (first, second) = tokio::join!(house.post_enrolment(&quinn), house.post_enrolment(&uma));
    let answers = [first, second];
    let taken = answers.iter().filter(|answer| answer.status() == 200).count();
    assert_eq!(taken, 1);
    assert!(answers.iter().all(|answer| answer.status() == 200 || answer.problem() == "conflict"));
}

#[tokio::test]
async fn who_may_not_vouch_confirms_nothing() {
    let house = House::with(KEYHOLDERS).await;
    let world = &house.world;
    let uma = house.sign_in_lasting("uma", &["sre"], "uma-laptop").await;
    let quinn = house.sign_in_lasting("quinn", &["keyholders"], "quinn-laptop").await;
    let tess = house.sign_in_lasting("tess", &["keyholders"], "tess-laptop").await;
    let cy = world.person("cy").await;
    assert_eq!(house.vouch(&cy, &uma.name, "uma-laptop").await.problem(), "forbidden", "no voucher");
    // The provider says that quinn and tess are vouchers. Their own keys are only enrolled.
    assert_eq!(house.vouch(&quinn, &uma.name, "uma-laptop").await.problem(), "policy");
    assert_eq!(house.vouch(&quinn, &tess.name, "tess-laptop").await.problem(), "policy");
    assert_eq!(house.vouch(&tess, &quinn.name, "quinn-laptop").await.problem(), "policy", "nor in a circle");
    assert_eq!(house.confirm(&uma, "uma-laptop").await.problem(), "policy", "nor by itself");
    assert_eq!(house.vouch(&quinn, &quinn.name, "quinn-laptop").await.problem(), "policy", "nor for oneself");
    // A session's key never signs for another, and never becomes more.
    house.tick();
    let session = house.sign_in("uma", &["sre"]).await;
    assert_eq!(house.confirm(&session, "uma-laptop").await.problem(), "policy");
    let dee = world.person("dee").await;
    let fingerprint = session.signer.fingerprint();
    let statement = jit::grant::statement::VouchStatement {
        header: world.header(&dee.name),
        person: uma.name.clone(),
        key: fingerprint.to_owned(),
    };
    let signed =
        jit::identity::statement::sign(&jit::grant::Statement::Vouch(statement), &dee.signer).unwrap();
    assert_eq!(world.post("/v1/keys/confirm", &dee, &signed).await.problem(), "policy", "a session's key");
    // Somebody else's key, a listed one, and one that nobody enrolled.
    assert_eq!(house.vouch(&dee, &quinn.name, "uma-laptop").await.problem(), "not_found");
    assert_eq!(house.vouch(&dee, &cy.name, "cy").await.problem(), "not_found");
    assert_eq!(house.vouch(&dee, &uma.name, "nobody").await.problem(), "not_found");
    // The word of somebody else does not come over this session.
    let statement = jit::grant::statement::VouchStatement {
        header: world.header(&dee.name),
        person: uma.name.clone(),
        key: key_of("uma-laptop").fingerprint().to_owned(),
    };
    let signed =
        jit::identity::statement::sign(&jit::grant::Statement::Vouch(statement), &dee.signer).unwrap();
    assert_eq!(world.post("/v1/keys/confirm", &cy, &signed).await.problem(), "forbidden");
    assert_eq!(house.worth(&uma, "uma-laptop").await, Some(Assurance::Account));
    // Once a listed voucher confirms quinn, quinn vouches; and all of it falls with the first one.
    assert_eq!(house.vouch(&dee, &quinn.name, "quinn-laptop").await.status(), 200);
    assert_eq!(house.vouch(&quinn, &uma.name, "uma-laptop").await.status(), 200);
    assert_eq!(house.worth(&uma, "uma-laptop").await, Some(Assurance::Key));
    let mut house = house;
    house.world.change_policy("people.toml", r#"["dee", "eve"]"#, r#"["eve"]"#).await;
    assert_eq!(house.worth(&uma, "uma-laptop").await, Some(Assurance::Account));
}

#[tokio::test]
async fn a_token_from_before_a_drop_or_a_removal_enrols_nothing() {
    let house = House::new().await;
    let world = &house.world;
    let early = house.enrolment(house.claims("uma", &["sre"]), &key_of("uma-second"), true);
    let never = house.enrolment(house.claims("tess", &["sre"]), &key_of("tess-laptop"), true);
    let uma = house.sign_in_lasting("uma", &["sre"], "uma-laptop").await;
    assert_eq!(house.drop_key(&uma, "uma-laptop").await.status(), 204);
    assert_eq!(house.post_enrolment(&early).await.problem(), "statement");
    assert_eq!(world.get("/v1/session", &uma).await.problem(), "unauthenticated");
    house.tick();
    let uma = house.sign_in("uma", &["sre"]).await;
    let early = house.enrolment(house.claims("uma", &["sre"]), &key_of("uma-second"), true);
    let (view, _) = world.ask(&uma, "desk").await;
    let (cy, dee) = (world.person("cy").await, world.person("dee").await);
    assert_eq!(house.remove(&cy, "uma").await.problem(), "forbidden");
    let removal: Value = house.remove(&dee, "uma").await.read();
    assert_eq!(removal["requests"], json!([view.id]), "{removal}");
    assert_eq!((&removal["sessions"], &removal["keys"]), (&json!(1), &json!(1)));
    assert_eq!(house.post_enrolment(&early).await.problem(), "statement");
    assert_eq!(world.get("/v1/session", &uma).await.problem(), "unauthenticated");
    // Somebody who left before they ever signed in: a token from before enrols nothing either.
    house.remove(&dee, "tess").await.read::<Value>();
    assert_eq!(house.post_enrolment(&never).await.problem(), "statement");
    house.tick();
    house.sign_in("tess", &["sre"]).await;
}

#[tokio::test]
async fn an_older_token_brings_no_group_back() {
    let house = House::new().await;
    let world = &house.world;
    let old = house.claims("quinn", &["dev"]);
    let early = house.enrolment(old.clone(), &key_of("quinn-second"), false);
    let quinn = house.sign_in("quinn", &["dev"]).await;
    house.tick();
    house.prove_again(&quinn, &house.claims("quinn", &["sales"])).await.read::<Session>();
    assert_eq!(house.prove_again(&quinn, &old).await.problem(), "statement");
    assert_eq!(house.post_enrolment(&early).await.problem(), "statement");
    assert_eq!(world.get("/v1/roles/desk", &quinn).await.problem(), "not_found");
}

/// The claims of a person without their groups.
type Forget<'a> = &'a dyn Fn(&str) -> Value;

#[tokio::test]
async fn groups_that_the_token_leaves_open_stop_requests_reviews_and_mints() {
    let house = House::new().await;
    let world = &house.world;
    let overage = |who: &str| {
        let mut claims = house.claims(who, &[]);
        claims.as_object_mut().unwrap().remove("groups");
        // Entra ID's pointer for people in very many groups.
        claims["_claim_names"] = json!({"groups": "src1"});
        claims["_claim_sources"] = json!({"src1": {"endpoint": "https://graph.example.com/groups"}});
        claims
    };
    let absent = |who: &str| {
        let mut claims = house.claims(who, &[]);
        claims.as_object_mut().unwrap().remove("groups");
        claims
    };
    let ana = world.person("ana").await;
    let kinds: [(&str, Forget<'_>); 2] = [("overage", &overage), ("absent", &absent)];
    for (what, unknown) in kinds {
        let quinn = house.sign_in("quinn", &["dev"]).await;
        let uma = house.sign_in("uma", &["sre"]).await;
        let (statement, _) = world.plan(&quinn, "desk").await;
        let view = house.approved(&quinn, &uma).await;
        let (other, _) = world.ask(&ana, "desk").await;
        house.tick();
        let session: Session = house.prove_again(&quinn, &unknown("quinn")).await.read();
        assert!(session.provider.unwrap().groups_unknown, "{what}");
        house.prove_again(&uma, &unknown("uma")).await.read::<Session>();
        assert_eq!(world.mint(&quinn, &view).await.problem(), "groups", "{what}");
        let statement = jit::grant::statement::RequestStatement {
            role: "prod".parse().unwrap(),
            target: world.get("/v1/roles/prod", &ana).await.read::<jit::protocol::RoleView>().target,
            ..statement
        };
        assert_eq!(world.ask_signed(&quinn, statement).await.problem(), "groups", "{what}");
        assert_eq!(world.review(&uma, &other, Verdict::Approve).await.problem(), "groups", "{what}");
        // The grant did not end: the provider may say more the next time.
        house.tick();
        house.prove_again(&quinn, &house.claims("quinn", &["dev"])).await.read::<Session>();
        house.prove_again(&uma, &house.claims("uma", &["sre"])).await.read::<Session>();
        assert_eq!(world.mint(&quinn, &view).await.status(), 201, "{what}");
        for (view, person) in [(&view, &quinn), (&other, &ana)] {
            world.post_nothing(&format!("/v1/requests/{}/end", view.id), person).await.read::<Value>();
        }
    }
}

#[tokio::test]
async fn a_group_that_disappears_between_review_and_mint_stops_the_mint() {
    let house = House::new().await;
    let world = &house.world;
    let quinn = house.sign_in("quinn", &["dev"]).await;
    let uma = house.sign_in("uma", &["sre"]).await;
    let view = house.approved(&quinn, &uma).await;
    house.tick();
    house.prove_again(&uma, &house.claims("uma", &["sales"])).await.read::<Session>();
    let refused = world.mint(&quinn, &view).await;
    assert_eq!((refused.problem().as_str(), refused.status()), ("policy", 403), "{}", refused.detail());
    house.tick();
    house.prove_again(&uma, &house.claims("uma", &["sre"])).await.read::<Session>();
    assert_eq!(world.mint(&quinn, &view).await.status(), 201);
    house.tick();
    house.prove_again(&quinn, &house.claims("quinn", &["sales"])).await.read::<Session>();
    assert!(world.mint(&quinn, &view).await.status() >= 400);
}

#[tokio::test]
async fn a_provider_in_trouble_records_nothing_and_says_try_again() {
    let house = House::new().await;
    let before = recorded(&house).await;
    let signer = key_of("quinn-laptop");
    let try_it = || house.enrol(house.claims("quinn", &["dev"]), &signer, true);
    house.provider.with(|provider| provider.status = 500);
    let refused = try_it().await;
    assert_eq!((refused.status(), refused.problem().as_str()), (503, "unready"));
    assert!(refused.0.header("retry-after").is_some());
    house.provider.with(|provider| {
        provider.status = 200;
        provider.failure = Some(HttpError::TimeOut { host: "login.example.com:443".to_owned() });
    });
    house.world.pass("1m");
    assert_eq!(try_it().await.problem(), "unready");
    assert_eq!(recorded(&house).await, before);
    house.provider.with(|provider| provider.failure = None);
    house.world.pass("1m");
    assert_eq!(try_it().await.status(), 200);
    // The provider rotates its keys during a login: the broker fetches the new ones.
    house.provider.with(|provider| provider.keys = vec![key("ec-1").jwk("ec-1")]);
    house.world.pass("2m");
    let mut call = house.enrolment(house.claims("uma", &["sre"]), &key_of("uma-laptop"), true);
    let mut claims = house.claims("uma", &["sre"]);
    claims["nonce"] = json!(enrolment::nonce(crate::broker::world::AUTHORITY, &call.key, &call.random));
    call.token =
        crate::support::provider::sign(&json!({"alg": "ES256", "kid": "ec-1"}), &claims, &key("ec-1"));
    assert_eq!(house.post_enrolment(&call).await.status(), 200);
}

#[tokio::test]
async fn an_address_counts_only_verified_and_only_for_one_account() {
    let house = House::with("person = \"email\"\nvouchers = [\"group:security\"]").await;
    let claims = |subject: &str, verified: Value| {
        let mut claims = house.claims(subject, &["dev"]);
        claims["email"] = json!("quinn@example.com");
        claims["email_verified"] = verified;
        claims
    };
    let signer = key_of("quinn-laptop");
    for verified in [json!("true"), json!(false), json!(null)] {
        assert_eq!(house.enrol(claims("00u1", verified), &signer, true).await.problem(), "policy");
    }
    let answer: EnrolAnswer = house.enrol(claims("00u1", json!(true)), &signer, true).await.read();
    assert_eq!(answer.person.as_str(), "quinn@example.com");
    // The provider gives the address to another account: that one is not the person who had it.
    let other = house.enrol(claims("00u2", json!(true)), &key_of("other"), true).await;
    assert_eq!(other.problem(), "policy");
    let dee = house.world.person("dee").await;
    house.remove(&dee, "quinn@example.com").await.read::<Value>();
    house.tick();
    assert_eq!(house.enrol(claims("00u2", json!(true)), &key_of("other"), true).await.status(), 200);
}

#[tokio::test]
async fn two_people_with_one_address_stay_two_people() {
    let house = House::new().await;
    let claims = |subject: &str| with(&house, subject, "email", json!("team@example.com"));
    let first: EnrolAnswer = house.enrol(claims("quinn"), &key_of("quinn-laptop"), true).await.read();
    let second: EnrolAnswer = house.enrol(claims("uma"), &key_of("uma-laptop"), true).await.read();
    assert_ne!(first.person, second.person);
    assert_eq!(first.label, second.label);
}

#[tokio::test]
async fn a_policy_that_takes_other_tokens_or_none_mints_nothing_on_the_old_ones() {
    let changes = [
        ("client_id = \"jit-public\"", "client_id = \"another\""),
        ("issuer = \"https://login.example.com/acme\"", "issuer = \"https://login.example.com/other\""),
    ];
    for (from, to) in changes {
        let mut house = House::new().await;
        let quinn = house.sign_in("quinn", &["dev"]).await;
        let uma = house.sign_in("uma", &["sre"]).await;
        let view = house.approved(&quinn, &uma).await;
        house.world.change_policy("access.toml", from, to).await;
        let refused = house.world.mint(&quinn, &view).await;
        assert!(refused.status() == 401 || refused.problem() == "policy", "{to}: {}", refused.detail());
        assert!(house.world.cloud.orders.lock().unwrap().is_empty(), "{to}");
    }
    // No tokens at all: lin's mapping goes too, or the policy would not load.
    let mut house = House::new().await;
    let lin = house.sign_in(LIN, &[]).await;
    let cy = house.world.person("cy").await;
    let view = house.approved(&lin, &cy).await;
    house.world.write_policy("access.toml", "version = 1\nauditors = [\"group:watch\"]\n");
    house.world.change_policy("people.toml", "oidc = \"00u-lin\"\n", "").await;
    assert_eq!(house.world.mint(&lin, &view).await.problem(), "unauthenticated");
    let by_key = house.world.person("lin").await;
    assert!(house.world.mint(&by_key, &view).await.status() >= 400, "a key that nobody knows signed it");
    assert!(house.world.cloud.orders.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_changed_or_deleted_enrolment_in_the_database_is_noticed() {
    let changes = [
        r#"UPDATE events SET body = CAST(replace(CAST(body AS TEXT), '"person":"uma"', '"person":"ana"') AS BLOB) WHERE CAST(body AS TEXT) LIKE '%"enrolled"%'"#,
        r#"DELETE FROM events WHERE CAST(body AS TEXT) LIKE '%"enrolled"%'"#,
        r#"DELETE FROM events WHERE CAST(body AS TEXT) LIKE '%"confirmed"%'"#,
    ];
    for change in changes {
        let mut house = House::new().await;
        let uma = house.sign_in_lasting("uma", &["sre"], "uma-laptop").await;
        let dee = house.world.person("dee").await;
        house.vouch(&dee, &uma.name, "uma-laptop").await;
        let ana = house.world.person("ana").await;
        let (view, _) = house.world.ask(&ana, "prod").await;
        house.world.approve(&uma, &view).await;
        sql(&house.world, change).await;
        assert!(house.world.mint(&ana, &view).await.status() >= 400, "{change}");
        assert!(house.world.cloud.orders.lock().unwrap().is_empty(), "{change}");
        house.world.stop().await;
        let error = house.world.start().await.err().unwrap_or_else(|| panic!("{change}: it started"));
        assert!(matches!(error, BrokerError::Log(_)), "{change}: {error}");
    }
}

#[tokio::test]
async fn an_accepted_gap_forgets_every_sign_in() {
    let mut house = House::new().await;
    house.sign_in_lasting("uma", &["sre"], "uma-laptop").await;
    let early = house.enrolment(house.claims("tess", &["sre"]), &key_of("tess-laptop"), true);
    house.world.stop().await;
    let backup = house.world.folder.path().join("backup.db");
    std::fs::copy(house.world.database(), &backup).unwrap();
    house.world.start().await.unwrap();
    house.sign_in("quinn", &["dev"]).await;
    house.world.stop().await;
    for name in ["broker.db-wal", "broker.db-shm"] {
        let _ = std::fs::remove_file(house.world.folder.path().join("data").join(name));
    }
    std::fs::copy(&backup, house.world.database()).unwrap();
    let Err(BrokerError::Gap { ends, .. }) = house.world.start().await else { panic!("it starts") };
    let mut settings = house.world.settings();
    settings.accepted_gap = Some(ends);
    house.world.start_with(settings).await.unwrap();
    let dee = house.world.person("dee").await;
    assert_eq!(house.worth(&dee, "uma-laptop").await, None);
    // The lost events may have removed anybody, so a token from before enrols nothing, whoever it names.
    assert_eq!(house.post_enrolment(&early).await.problem(), "statement");
    house.tick();
    house.sign_in_lasting("uma", &["sre"], "uma-laptop").await;
}

#[tokio::test]
async fn a_thousand_sign_ins_at_once_are_a_thousand_people() {
    const MANY: usize = 1_000;
    let house = Arc::new(House::new().await);
    let mut posted = tokio::task::JoinSet::new();
    for number in 0..MANY {
        let subject = format!("person-{number}");
        let call = house.enrolment(house.claims(&subject, &["dev"]), &key_of(&subject), true);
        let house = Arc::clone(&house);
        posted.spawn(async move { house.post_enrolment(&call).await.read::<EnrolAnswer>().person });
    }
    let names: BTreeSet<_> = posted.join_all().await.into_iter().collect();
    assert_eq!(names.len(), MANY);
    // The provider's keys were fetched once or twice for all of them, and not once each.
    assert!(house.provider.key_fetches() <= 2, "{}", house.provider.key_fetches());
    let last = format!("person-{}", MANY - 1);
    let mut person = Person { name: last.parse().unwrap(), signer: key_of(&last), token: String::new() };
    person.token = house.world.log_in(&person).await;
    assert_eq!(house.world.ask(&person, "desk").await.0.state, State::Pending);
    assert_eq!(house.worth(&person, &last).await, Some(Assurance::Account));
}

/// A key that stays is no way around the provider: it logs in, vouches and removes only while the provider proves its person.
#[tokio::test]
async fn whom_the_provider_no_longer_proves_does_nothing_with_a_key_that_stays() {
    let house = House::with(KEYHOLDERS).await;
    let tess = house.sign_in_lasting("tess", &["keyholders"], "tess-laptop").await;
    let dee = house.world.person("dee").await;
    house.vouch(&dee, &tess.name, "tess-laptop").await;
    let uma = house.sign_in_lasting("uma", &["sre"], "uma-laptop").await;
    house.world.pass("16m");
    let vouched = house.vouch(&tess, &uma.name, "uma-laptop").await;
    assert_eq!((vouched.status(), vouched.problem().as_str()), (403, "groups"));
    assert_eq!(house.remove(&tess, "uma").await.problem(), "groups");
    house.world.pass("13h");
    let challenge: Challenge = house.world.call("POST", "/v1/login/challenge", "", None::<&()>).await.read();
    let signed = house.world.login_statement(&tess, &challenge.challenge);
    let answer = house.world.call("POST", "/v1/login", "", Some(&signed)).await;
    assert_eq!(answer.detail(), "the identity provider last proved this person more than 12 hours ago");
}

/// The provider's administrator puts a person of theirs, whose key is confirmed, into the group of the vouchers. The policy
/// lists its members, and the provider adds none.
#[tokio::test]
async fn the_provider_adds_no_voucher_to_a_group_that_the_policy_lists() {
    let house = House::with(KEYHOLDERS).await;
    let dee = house.world.person("dee").await;
    let mal = house.sign_in_lasting("mal", &["dev", "security"], "mal-laptop").await;
    let uma = house.sign_in_lasting("uma", &["sre"], "uma-forged").await;
    assert_eq!(house.vouch(&dee, &mal.name, "mal-laptop").await.status(), 200);
    assert_eq!(house.worth(&mal, "mal-laptop").await, Some(Assurance::Key));
    assert_eq!(house.vouch(&mal, &uma.name, "uma-forged").await.problem(), "forbidden");
    assert_eq!(house.worth(&uma, "uma-forged").await, Some(Assurance::Account));
    assert_eq!(house.remove(&mal, "uma").await.problem(), "forbidden");
    // A key that somebody else enrolled is not theirs to see either.
    assert_eq!(house.worth(&mal, "uma-forged").await, None);
    // The other group is the provider's own: the policy says that it names vouchers.
    house.tick();
    house.prove_again(&mal, &house.claims("mal", &["keyholders"])).await.read::<Session>();
    assert_eq!(house.vouch(&mal, &uma.name, "uma-forged").await.status(), 200);
}
