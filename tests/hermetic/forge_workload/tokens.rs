//! The token in a request's file: each claim that could be wrong, on evidence that is otherwise correct.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use data_encoding::BASE64URL_NOPAD;
use jit::forge::request_file;
use jit::github::RequestEvidence;
use jit::github::api::requests::Which;
use jit::github::evidence::Dispatch;
use jit::github::gather::Ground;
use jit::github::gather::gather_request;
use jit::github::id_token;
use jit::github::tree::Reader;
use jit::github::verify::verify_request;
use jit::github::workload::asking_audience;
use jit::github::workload::taking_audience;
use jit::grant::Digest;
use jit::grant::Signed;
use jit::policy::Policy;
use jit::system::Clock;
use jit::system::fake_router::RouterHost;
use serde_json::Value;
use serde_json::json;

use super::shop::Shop;
use super::shop::by_workflow;
use crate::support::github::actions::issuer;

/// A request that two people approved, as a run finds it.
struct Approved {
    shop: Shop,
    evidence: RequestEvidence,
    dispatch: Dispatch,
    signed: Signed,
    claims: Value,
}

fn approved() -> Approved {
    let shop = Shop::new();
    let run = shop.push("first");
    shop.approve(&run);
    let asked = shop.asked(&run);
    let client = shop.hub.client("ana");
    let evidence = shop.hub.wait(async {
        let mut reader = Reader::new(&client);
        let (survey, mut found) = client.requests(Which::Number(asked.pull)).await.unwrap();
        let ground = Ground::of(&mut reader, survey).await.unwrap();
        gather_request(&mut reader, &ground, found.remove(0).into()).await.unwrap()
    });
    let payload = asked.signed.signature.split('.').nth(1).unwrap();
    let claims = serde_json::from_slice(&BASE64URL_NOPAD.decode(payload.as_bytes()).unwrap()).unwrap();
    let dispatch = Dispatch { pull: asked.pull, digest: asked.digest };
    Approved { shop, evidence, dispatch, signed: asked.signed, claims }
}

impl Approved {
    /// Checks whether the request is accepted with another token in the place of its own.
    fn with_token(&self, token: &str) -> Result<(), String> {
        let mut evidence = self.evidence.clone();
        let signed = Signed { signature: token.to_owned(), ..self.signed.clone() };
        evidence.content = Some(request_file::write(&signed).into_bytes());
        self.verify(&evidence)
    }

    fn verify(&self, evidence: &RequestEvidence) -> Result<(), String> {
        let now = self.shop.hub.clock.now();
        let verified = verify_request(evidence, &self.dispatch, self.shop.bot, now);
        let verified = verified.map_err(|refusal| refusal.to_string())?;
        verified.check_actor().map_err(|refusal| refusal.to_string())?;
        verified.terms(now).map(|_| ()).map_err(|refusal| refusal.to_string())
    }

    fn with_claims(&self, change: impl Fn(&mut Value)) -> Result<(), String> {
        let mut claims = self.claims.clone();
        change(&mut claims);
        self.with_token(&issuer::sign(&claims))
    }
}

#[test]
fn every_claim_counts() {
    let case = approved();
    assert_eq!(case.verify(&case.evidence), Ok(()));
    assert_eq!(case.with_claims(|_| {}), Ok(()));
    let other = Digest::of(b"another");
    let digest = case.dispatch.digest;
    let later = |seconds: i64| {
        move |claims: &mut Value| {
            for claim in ["iat", "nbf", "exp"] {
                claims[claim] = json!(claims[claim].as_i64().unwrap() + seconds);
            }
        }
    };
    let set = |claim: &'static str, value: Value| move |claims: &mut Value| claims[claim] = value.clone();
    type Change<'a> = Box<dyn Fn(&mut Value) + 'a>;
    let attacks: Vec<(&str, Change<'_>, &str)> = vec![
        ("another request's", Box::new(set("aud", json!(asking_audience(&other)))), "something else"),
        ("a cloud's", Box::new(set("aud", json!("sts.amazonaws.com"))), "something else"),
        ("one for taking", Box::new(set("aud", json!(taking_audience(&digest, "x")))), "something else"),
        ("for several", Box::new(set("aud", json!([asking_audience(&digest)]))), "refused"),
        ("another issuer's", Box::new(set("iss", json!("https://evil.example"))), "refused"),
        ("expired when asked", Box::new(later(-3600)), "has expired"),
        ("made after asking", Box::new(later(3600)), "not valid yet"),
        (
            "another repository of the same name",
            Box::new(set("repository_id", json!("1"))),
            "does not know it",
        ),
        (
            "another workflow",
            Box::new(set("job_workflow_ref", json!("acme/shop/.github/workflows/x.yml@refs/heads/main"))),
            "does not know it",
        ),
        (
            "a pull request's run",
            Box::new(set("event_name", json!("pull_request"))),
            "started by pull_request",
        ),
        ("the target's run", Box::new(set("event_name", json!("pull_request_target"))), "started by"),
        ("a comment's run", Box::new(set("event_name", json!("issue_comment"))), "started by"),
        ("a merge that is tried", Box::new(set("ref", json!("refs/pull/1/merge"))), "no branch or tag"),
        ("another attempt", Box::new(set("run_attempt", json!("2"))), "run again"),
        ("another commit", Box::new(set("sha", json!("3".repeat(40)))), "another sha"),
        ("another branch", Box::new(set("ref", json!("refs/heads/dev"))), "another ref"),
        ("another run", Box::new(set("run_id", json!("1"))), "another run_id"),
        (
            "another caller",
            Box::new(set("workflow_ref", json!("acme/shop/.github/workflows/x.yml@refs/heads/main"))),
            "another workflow_ref",
        ),
        ("a number for a text", Box::new(set("run_id", json!(1))), "refused"),
        ("nobody who started it", Box::new(set("actor_id", json!("ana"))), "who started the run"),
    ];
    for (what, change, words) in attacks {
        let refusal = case.with_claims(change).unwrap_err();
        assert!(refusal.contains(words), "{what}: {refusal}");
    }
    for claim in ["sha", "repository_id", "exp", "aud", "iss", "sub", "run_attempt", "event_name"] {
        let refusal = case.with_claims(|claims| {
            claims.as_object_mut().unwrap().remove(claim);
        });
        assert!(refusal.unwrap_err().contains("the workload's token does not count"), "{claim}");
    }
}

#[test]
fn what_is_not_signed_by_the_issuer_is_no_token() {
    let case = approved();
    let token = &case.signed.signature;
    let parts: Vec<&str> = token.split('.').collect();
    let header = |value: &Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
    let id = |header: &str| -> Value {
        serde_json::from_slice(&BASE64URL_NOPAD.decode(header.as_bytes()).unwrap()).unwrap()
    };
    let kid = id(parts[0])["kid"].clone();
    let none = header(&json!({"alg": "none", "kid": kid}));
    let symmetric = header(&json!({"alg": "HS256", "kid": kid}));
    for (what, forged) in [
        ("unsigned", format!("{none}.{}.", parts[1])),
        ("with a shared key", format!("{symmetric}.{}.{}", parts[1], parts[2])),
        ("of another's words", format!("{}.{}.{}", parts[0], header(&json!({"x": 1})), parts[2])),
        ("cut off", token[..token.len() - 4].to_owned()),
        ("an SSH signature", "-----BEGIN SSH SIGNATURE-----\nAAAA\n-----END SSH SIGNATURE-----\n".to_owned()),
        ("nothing", String::new()),
        ("far too long", "a".repeat(30_000)),
    ] {
        assert!(case.with_token(&forged).unwrap_err().contains("does not count"), "{what}");
    }
}

/// The issuer withdraws a key while a request is pending: the request can no longer be granted, and can still be ended.
#[test]
fn a_key_that_the_issuer_gave_up_proves_nothing_more() {
    let case = approved();
    let origin = case.shop.hub.github.origins().issuer;
    let discovery = json!({"issuer": origin, "jwks_uri": format!("{origin}/keys")}).to_string();
    let router = Router::new()
        .route("/.well-known/openid-configuration", get(move || async move { discovery }))
        .route("/keys", get(|| async { r#"{"keys": []}"# }));
    case.shop.hub.http.route(&origin, Arc::new(RouterHost(router)));
    let world = case.shop.hub.shell.world(&Default::default());
    let system = &world.system;
    let keys =
        case.shop.hub.wait(id_token::keys(system.http.as_ref(), system.clock.as_ref(), &origin)).unwrap();
    let evidence = RequestEvidence { keys: Some(keys), ..case.evidence.clone() };
    let refusal = case.verify(&evidence).unwrap_err();
    assert!(refusal.contains("no token proves (any more) which workload asks"), "{refusal}");
    let now = case.shop.hub.clock.now();
    assert!(
        verify_request(&evidence, &case.dispatch, case.shop.bot, now).is_ok_and(|verified| !verified.proven)
    );
    // Without any keys, the token is not examined.
    let evidence = RequestEvidence { keys: None, ..case.evidence.clone() };
    assert!(case.verify(&evidence).unwrap_err().contains("keys are not at hand"));
}

#[test]
fn the_app_that_the_policy_names_brings_it_and_nobody_else() {
    let case = approved();
    let with = |change: &dyn Fn(&mut RequestEvidence)| {
        let mut evidence = case.evidence.clone();
        change(&mut evidence);
        case.verify(&evidence).unwrap_err()
    };
    let ana = case.shop.hub.id("ana");
    let refusal = with(&|evidence| {
        let user = evidence.pull.user.as_mut().unwrap();
        (user.id, user.login, user.kind) = (ana, "ana".to_owned(), "User".to_owned());
    });
    assert!(refusal.contains("another account brought it"), "{refusal}");
    let refusal = with(&|evidence| evidence.pull.user.as_mut().unwrap().kind = "User".to_owned());
    assert!(refusal.contains("people log in"), "{refusal}");
    // The same files in another access repository, which knows the same workload by the same app.
    let refusal = with(&|evidence| {
        evidence.repository.id += 1;
        let id = Some(jit::github::api::models::RepositoryId { id: evidence.repository.id });
        (evidence.pull.head.repo, evidence.pull.base.repo) = (id.clone(), id);
    });
    assert!(refusal.contains("it asks another authority"), "{refusal}");
    let policy = |claims: &str, from: &str, to: &str| {
        let files = case.shop.policy(claims).into_iter();
        let files = files.map(|(path, text)| (path, text.replace(from, to).into_bytes()));
        Arc::new(Policy::compile(files.collect()).unwrap())
    };
    let claims = format!("repository_id = \"{}\", {}", case.shop.id, by_workflow());
    let app = format!("workload_app = {}", case.shop.bot);
    let refusal = with(&|evidence| evidence.force = policy(&claims, &app, ""));
    assert!(refusal.contains("names no workload_app"), "{refusal}");
    let refusal = with(&|evidence| evidence.force = policy(&claims, &app, "workload_app = 1"));
    assert!(refusal.contains("another account"), "{refusal}");
    // The policy changed, and the workload is another one now.
    let other = format!("repository_id = \"1\", {}", by_workflow());
    let refusal = with(&|evidence| evidence.force = policy(&other, "\n\n", "\n"));
    assert!(refusal.contains("does not know it as deploy's"), "{refusal}");
}

/// A person's signature on a statement that names a run is not valid for a workload, and a workload's token is not
/// valid for a person.
#[test]
fn persons_and_workloads_do_not_pass_for_each_other() {
    let case = approved();
    let signed = {
        let kind = jit::grant::statement::Kind::Request;
        let signer = crate::forge::case::signer("ana");
        use jit::identity::Signer;
        signer.sign(&kind.namespace(), case.signed.statement.as_bytes()).unwrap()
    };
    assert!(case.with_token(&signed).unwrap_err().contains("not a signed JWT"));
    let asked = case.shop.hub.ask(9, |_| {});
    let mut evidence = case.evidence.clone();
    let token = issuer::sign(&{
        let mut claims = case.claims.clone();
        claims["aud"] = json!(asking_audience(&asked.digest));
        claims
    });
    let client = case.shop.hub.client("ana");
    let persons = case.shop.hub.wait(async {
        let mut reader = Reader::new(&client);
        let (survey, mut found) = client.requests(Which::Number(asked.pull)).await.unwrap();
        let ground = Ground::of(&mut reader, survey).await.unwrap();
        gather_request(&mut reader, &ground, found.remove(0).into()).await.unwrap()
    });
    evidence.content =
        Some(request_file::write(&Signed { signature: token, ..asked.signed.clone() }).into_bytes());
    let evidence = RequestEvidence { content: evidence.content, ..persons };
    let dispatch = Dispatch { pull: asked.pull, digest: asked.digest };
    let now = case.shop.hub.clock.now();
    let refusal = verify_request(&evidence, &dispatch, case.shop.hub.id("ana"), now).err().unwrap();
    assert!(refusal.to_string().contains("signature"), "{refusal}");
    case.shop.hub.clock.advance(Duration::from_secs(1));
}
