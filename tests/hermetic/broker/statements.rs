//! Statements that are stale, replayed, edited, or meant for another authority.

use std::time::Duration;

use jit::grant::Digest;
use jit::grant::Signed;
use jit::grant::State;
use jit::grant::Statement;
use jit::grant::Verdict;
use jit::grant::statement::Kind;
use jit::identity::Signer;
use jit::identity::statement::sign;
use jit::protocol::Challenge;
use jit::protocol::RequestView;

use crate::broker::world::World;
use crate::broker::world::stranger;

#[tokio::test]
async fn a_statement_for_another_broker_is_refused() {
    let world = World::new().await;
    let (ana, cy) = (world.person("ana").await, world.person("cy").await);
    let (view, _) = world.ask(&ana, "prod").await;
    for other in
        ["https://jit.example.com/", "https://jit.example.org", "HTTPS://jit.example.com", "github:1"]
    {
        let mut review = world.review_statement(&cy, &view.digest, Verdict::Approve);
        review.header.authority = other.to_owned();
        assert_eq!(world.review_signed(&cy, &view, review).await.problem(), "statement", "{other}");
        let (mut asked, _) = world.plan(&ana, "other").await;
        asked.header.authority = other.to_owned();
        assert_eq!(world.ask_signed(&ana, asked).await.problem(), "statement", "{other}");
    }
    assert_eq!(world.show(&ana, &view).await.version, 1);
}

#[tokio::test]
async fn a_statement_of_another_kind_or_namespace_is_refused() {
    let world = World::new().await;
    let (ana, cy) = (world.person("ana").await, world.person("cy").await);
    let (view, _) = world.ask(&ana, "prod").await;
    let path = format!("/v1/requests/{}/reviews", view.id);
    let review = Statement::Review(world.review_statement(&cy, &view.digest, Verdict::Approve));
    let text = review.canonical_text();
    for namespace in ["jit.login.v1", "jit.revoke.v1", "git", "file", "jit.review.v2"] {
        let signature = cy.signer.sign(namespace, text.as_bytes()).unwrap();
        let signed = Signed { statement: text.clone(), signature };
        assert_eq!(world.post(&path, &cy, &signed).await.problem(), "statement", "{namespace}");
    }
    let login = world.login_statement(&cy, "a-challenge-that-nobody-issued");
    assert_eq!(world.post(&path, &cy, &login).await.problem(), "statement");
    let good = sign(&review, &cy.signer).unwrap();
    assert_eq!(
        world.post(&format!("/v1/requests/{}/revoke", view.id), &cy, &good).await.problem(),
        "statement"
    );
    assert_eq!(world.post("/v1/requests", &cy, &good).await.problem(), "statement");
    assert_eq!(world.show(&ana, &view).await.version, 1);
}

#[tokio::test]
async fn a_review_of_another_request_is_refused() {
    let world = World::new().await;
    let (ana, cy) = (world.person("ana").await, world.person("cy").await);
    let (harmless, _) = world.ask(&ana, "other").await;
    let (view, _) = world.ask(&ana, "prod").await;
    let review = world.review_statement(&cy, &harmless.digest, Verdict::Approve);
    assert_eq!(world.review_signed(&cy, &view, review).await.problem(), "statement");
    assert_eq!(world.show(&ana, &view).await.state, State::Pending);
}

#[tokio::test]
async fn an_edited_or_respelled_statement_is_refused() {
    let world = World::new().await;
    let (ana, cy) = (world.person("ana").await, world.person("cy").await);
    let (view, _) = world.ask(&ana, "prod").await;
    let path = format!("/v1/requests/{}/reviews", view.id);
    let good = sign(&Statement::Review(world.review_statement(&cy, &view.digest, Verdict::Deny)), &cy.signer)
        .unwrap();
    let edits = [
        good.statement.replace("deny", "approve"),
        good.statement.replace('{', "{ "),
        good.statement.replace("\"comment\":\"\"", "\"comment\":\"\",\"comment\":\"\""),
        good.statement.replace(view.digest.to_string().as_str(), Digest::of(b"x").to_string().as_str()),
    ];
    for statement in edits {
        assert_ne!(statement, good.statement);
        let signed = Signed { statement, signature: good.signature.clone() };
        assert_eq!(world.post(&path, &cy, &signed).await.problem(), "statement");
    }
    assert_eq!(world.show(&ana, &view).await.version, 1);
}

#[tokio::test]
async fn nobody_signs_for_somebody_else() {
    let world = World::new().await;
    let (ana, cy, mallory) =
        (world.person("ana").await, world.person("cy").await, world.person("mallory").await);
    let (view, _) = world.ask(&ana, "prod").await;
    let path = format!("/v1/requests/{}/reviews", view.id);
    // Mallory's key under cy's name, with cy's stolen session.
    let review = Statement::Review(world.review_statement(&cy, &view.digest, Verdict::Approve));
    let forged = sign(&review, &mallory.signer).unwrap();
    assert_eq!(world.post(&path, &cy, &forged).await.problem(), "statement");
    // Mallory's own name with cy's stolen session.
    let own = Statement::Review(world.review_statement(&mallory, &view.digest, Verdict::Approve));
    let own = sign(&own, &mallory.signer).unwrap();
    assert_eq!(world.post(&path, &cy, &own).await.problem(), "forbidden");
    // A key that belongs to nobody.
    let nobody = sign(&review, &stranger("nobody").signer).unwrap();
    assert_eq!(world.post(&path, &cy, &nobody).await.problem(), "statement");
    // Cy's real review, sent by another person.
    let real = sign(&review, &cy.signer).unwrap();
    assert_eq!(world.post(&path, &ana, &real).await.problem(), "forbidden");
    assert_eq!(world.post(&path, &mallory, &real).await.problem(), "not_found");
    assert_eq!(world.show(&ana, &view).await.version, 1);
    // A request in ana's name.
    let (asked, _) = world.plan(&ana, "other").await;
    let forged = sign(&Statement::Request(Box::new(asked)), &mallory.signer).unwrap();
    assert_eq!(world.post("/v1/requests", &ana, &forged).await.problem(), "statement");
}

#[tokio::test]
async fn a_challenge_is_answered_once_and_soon_and_by_its_key() {
    let world = World::new().await;
    let ana = stranger("ana");
    let challenge: Challenge = world.call("POST", "/v1/login/challenge", "", None::<&()>).await.read();
    let login = world.login_statement(&ana, &challenge.challenge);
    assert_eq!(world.call("POST", "/v1/login", "", Some(&login)).await.status(), 200);
    assert_eq!(world.call("POST", "/v1/login", "", Some(&login)).await.problem(), "statement");
    let again = world.login_statement(&ana, &challenge.challenge);
    assert_eq!(world.call("POST", "/v1/login", "", Some(&again)).await.problem(), "statement");

    let late: Challenge = world.call("POST", "/v1/login/challenge", "", None::<&()>).await.read();
    world.clock.advance(Duration::from_secs(121));
    let login = world.login_statement(&ana, &late.challenge);
    assert_eq!(world.call("POST", "/v1/login", "", Some(&login)).await.problem(), "statement");
    let made_up = world.login_statement(&ana, &"A".repeat(86));
    assert_eq!(world.call("POST", "/v1/login", "", Some(&made_up)).await.problem(), "statement");

    let fresh: Challenge = world.call("POST", "/v1/login/challenge", "", None::<&()>).await.read();
    let mut impostor = stranger("ana");
    impostor.signer = stranger("mallory").signer;
    let login = world.login_statement(&impostor, &fresh.challenge);
    assert_eq!(world.call("POST", "/v1/login", "", Some(&login)).await.problem(), "statement");
    // The impostor did not use it up.
    let login = world.login_statement(&ana, &fresh.challenge);
    assert_eq!(world.call("POST", "/v1/login", "", Some(&login)).await.status(), 200);
}

#[tokio::test]
async fn a_replayed_request_is_the_same_request_for_ever() {
    let world = World::new().await;
    let (ana, cy) = (world.person("ana").await, world.person("cy").await);
    let (asked, _) = world.plan(&ana, "prod").await;
    let signed = sign(&Statement::Request(Box::new(asked)), &ana.signer).unwrap();
    let first = world.post("/v1/requests", &ana, &signed).await;
    assert_eq!(first.status(), 201);
    let view: RequestView = first.read();
    assert_eq!(world.post("/v1/requests", &ana, &signed).await.status(), 200);
    let denied: RequestView = world.review(&cy, &view, Verdict::Deny).await.read();
    assert_eq!(denied.state, State::Denied);
    world.pass("1h");
    let replayed: RequestView = world.post("/v1/requests", &ana, &signed).await.read();
    assert_eq!((replayed.id, replayed.state), (view.id, State::Denied));
}

#[tokio::test]
async fn a_replayed_review_changes_nothing_and_never_undoes_a_denial() {
    let world = World::new().await;
    let (ana, cy, dee, eve) = (
        world.person("ana").await,
        world.person("cy").await,
        world.person("dee").await,
        world.person("eve").await,
    );
    let (view, _) = world.ask(&ana, "vault").await;
    let path = format!("/v1/requests/{}/reviews", view.id);
    let review = Statement::Review(world.review_statement(&cy, &view.digest, Verdict::Approve));
    let signed = sign(&review, &cy.signer).unwrap();
    let once: RequestView = world.post(&path, &cy, &signed).await.read();
    let twice: RequestView = world.post(&path, &cy, &signed).await.read();
    assert_eq!((once.version, twice.version), (2, 2));
    let approved = world.approve(&eve, &view).await;
    assert_eq!(approved.state, State::Approved);
    // An approval may change to a denial until the grant begins, and never back.
    let denied: RequestView = world.review(&cy, &view, Verdict::Deny).await.read();
    assert_eq!(denied.state, State::Denied);
    assert_eq!(world.post(&path, &cy, &signed).await.problem(), "state");
    assert_eq!(world.review(&cy, &view, Verdict::Approve).await.problem(), "state");
    assert_eq!(world.review(&dee, &view, Verdict::Approve).await.problem(), "state");
    assert_eq!(world.mint(&ana, &view).await.problem(), "state");
}

#[tokio::test]
async fn an_older_review_does_not_take_the_place_of_a_newer_one() {
    let world = World::new().await;
    let (ana, cy) = (world.person("ana").await, world.person("cy").await);
    let (view, _) = world.ask(&ana, "vault").await;
    let wide = world.review_statement(&cy, &view.digest, Verdict::Approve);
    world.review_signed(&cy, &view, wide.clone()).await.read::<RequestView>();
    world.clock.advance(Duration::from_secs(10));
    let mut narrow = world.review_statement(&cy, &view.digest, Verdict::Approve);
    narrow.duration = Some("10m".parse().unwrap());
    world.review_signed(&cy, &view, narrow).await.read::<RequestView>();
    let replayed = world.review_signed(&cy, &view, wide).await;
    assert_eq!(replayed.problem(), "statement");
}

#[tokio::test]
async fn stale_statements_are_refused_either_way() {
    let world = World::new().await;
    let (ana, cy) = (world.person("ana").await, world.person("cy").await);
    let (view, _) = world.ask(&ana, "other").await;
    for (minutes, accepted) in [(-6, false), (6, false), (-5, true)] {
        let shift = jiff::SignedDuration::from_mins(minutes);
        let (mut asked, _) = world.plan(&ana, "prod").await;
        asked.created += shift;
        asked.header.at = asked.created;
        asked.not_after += shift;
        let mut review = world.review_statement(&cy, &view.digest, Verdict::Approve);
        review.header.at += shift;
        let (ask, review) =
            (world.ask_signed(&ana, asked).await, world.review_signed(&cy, &view, review).await);
        if accepted {
            assert_eq!((ask.status(), review.status()), (201, 200), "{minutes}");
        } else {
            assert_eq!(
                (ask.problem().as_str(), review.problem().as_str()),
                ("statement", "statement"),
                "{minutes}"
            );
        }
    }
}

#[tokio::test]
async fn a_request_may_not_stretch_what_its_role_says() {
    let world = World::new().await;
    let ana = world.person("ana").await;
    let refused = async |edit: &dyn Fn(&mut jit::grant::statement::RequestStatement), code: &str| {
        let (mut asked, _) = world.plan(&ana, "prod").await;
        edit(&mut asked);
        let answer = world.ask_signed(&ana, asked).await;
        assert_eq!(answer.problem(), code, "{}", answer.detail());
    };
    let hour = jiff::SignedDuration::from_hours(1);
    refused(&|asked| asked.not_after += jiff::SignedDuration::from_secs(1), "statement").await;
    refused(&|asked| asked.duration = "5h".parse().unwrap(), "policy").await;
    refused(&|asked| asked.policy = Digest::of(b"made up"), "statement").await;
    refused(&|asked| asked.role = "production".parse().unwrap(), "statement").await;
    refused(&|asked| asked.role = "nothing".parse().unwrap(), "policy").await;
    refused(&|asked| asked.start = Some(asked.created - hour), "statement").await;
    refused(&|asked| asked.start = Some(asked.created + hour * 24 * 32), "statement").await;
    refused(&|asked| asked.reason = String::new(), "policy").await;
    let elsewhere = "aws arn:aws:iam::999999999999:role/prod eu-west-1";
    let (asked, _) = world.plan(&ana, "other").await;
    refused(&|edited| edited.target = asked.target.clone(), "statement").await;
    assert!(elsewhere.parse::<jit::grant::Target>().is_err() || elsewhere != asked.target.to_string());
    let mallory = world.person("mallory").await;
    let (mut asked, _) = world.plan(&ana, "prod").await;
    asked.header.who = mallory.name.clone();
    assert_eq!(world.ask_signed(&mallory, asked).await.problem(), "policy", "not among the requesters");
}

#[tokio::test]
async fn reasons_that_could_deceive_are_refused() {
    let world = World::new().await;
    let ana = world.person("ana").await;
    let (asked, _) = world.plan(&ana, "prod").await;
    let good = Statement::Request(Box::new(asked)).canonical_text();
    let long = "x".repeat(1_100);
    for reason in [
        "\\u001b[2J",
        "a\u{202e}b",
        "a\u{200b}b",
        "e\u{301}",
        "INC-42   scope",
        "a\u{a0}\u{3000} b",
        long.as_str(),
    ] {
        let statement = good.replace("INC-42 fail over orders-db", reason);
        let signature = ana.signer.sign(&Kind::Request.namespace(), statement.as_bytes()).unwrap();
        let answer = world.post("/v1/requests", &ana, &Signed { statement, signature }).await;
        assert_eq!(answer.problem(), "statement", "{reason:?}");
        assert!(answer.detail().chars().all(|character| !character.is_control()));
    }
    let huge = good.replace("INC-42 fail over orders-db", &"x".repeat(1024 * 1024));
    let answer =
        world.post("/v1/requests", &ana, &Signed { statement: huge, signature: String::new() }).await;
    assert_eq!(answer.problem(), "too_large");
}

/// Nothing can be sealed to a point of low order, so a request with one is refused.
#[tokio::test]
async fn a_recipient_of_low_order_is_refused_at_intake() {
    let world = World::new().await;
    let ana = world.person("ana").await;
    for point in LOW_ORDER {
        let bytes = data_encoding::HEXLOWER.decode(point.as_bytes()).unwrap();
        let (mut asked, _) = world.plan(&ana, "prod").await;
        asked.recipient = data_encoding::BASE64URL_NOPAD.encode(&bytes);
        let refused = world.ask_signed(&ana, asked).await;
        assert_eq!(refused.problem(), "statement", "{point}");
        assert!(refused.detail().contains("recipient key"), "{}", refused.detail());
    }
}

/// The points of small order of X25519, and their encodings above the field's prime (RFC 7748 §6.1, RFC 9180 §7.1.4).
const LOW_ORDER: [&str; 7] = [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
];
