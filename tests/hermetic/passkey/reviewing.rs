//! A review that a passkey signed, from the policy's line to the credentials.

use jit::grant::Digest;
use jit::grant::Signed;
use jit::grant::State;
use jit::grant::Statement;
use jit::grant::Verdict;
use jit::grant::statement::Header;
use jit::grant::statement::ReviewStatement;
use jit::identity::Signer;
use jit::identity::fake::TestSigner;
use jit::identity::passkey::Site;
use jit::identity::passkey::challenge;
use jit::identity::passkey::enrol;
use jit::identity::passkey::pack;
use jit::identity::statement::sign;
use jit::protocol::RequestView;

use super::RP_ID;
use super::SITE;
use crate::broker::world::AUTHORITY;
use crate::broker::world::Person;
use crate::broker::world::World;
use crate::cli::stage;
use crate::support::authenticator::Passkey;
use crate::support::authenticator::client_data;

/// A review of some request, for an authority.
pub fn review(authority: &str) -> Statement {
    Statement::Review(ReviewStatement {
        header: Header {
            authority: authority.to_owned(),
            who: "bo".parse().unwrap(),
            at: "2026-11-23T10:00:00Z".parse().unwrap(),
            nonce: "n".repeat(43),
        },
        request: Digest::of(b"request"),
        verdict: Verdict::Approve,
        comment: "fine".to_owned(),
        duration: None,
        scope: None,
    })
}

/// A broker, and dora, who logs in with an SSH key and approves with a passkey: both are hers in the policy.
async fn team(passkey: &Passkey) -> (World, Person) {
    let mut world = World::new().await;
    let registration = passkey.register(b"enrol", &format!("https://{}", passkey.rp_id));
    let site = Site::of(&format!("https://{}", passkey.rp_id)).unwrap();
    let line = enrol(&registration, b"enrol", &site).unwrap();
    let key = TestSigner::ed25519(1);
    let person = format!("[people.dora]\nkeys = [\"{}\", \"{line} phone\"]\n[groups]", key.public_key());
    world.change_policy("people.toml", "[groups]", &person).await;
    world.change_policy("people.toml", "hardware = [", "hardware = [\"dora\", ").await;
    let mut dora = Person { name: "dora".parse().unwrap(), signer: key, token: String::new() };
    dora.token = world.log_in(&dora).await;
    (world, dora)
}

/// Dora's approval as her browser makes it on a page of the broker.
fn approval(world: &World, dora: &Person, view: &RequestView, passkey: &Passkey) -> Signed {
    let statement = Statement::Review(world.review_statement(dora, &view.digest, Verdict::Approve));
    let message = statement.canonical_text();
    let namespace = statement.kind().namespace();
    let assertion = passkey.assert(&SITE, &namespace, message.as_bytes());
    let signature = pack(&passkey.line(), &SITE, &namespace, message.as_bytes(), &assertion).unwrap();
    Signed { statement: message, signature }
}

#[tokio::test]
async fn a_passkey_approves_a_role_that_wants_a_touch() {
    let passkey = Passkey::new(1, RP_ID);
    let (mut world, dora) = team(&passkey).await;
    let ana = world.person("ana").await;
    let (view, _) = world.ask(&ana, "sealed").await;
    let path = format!("/v1/requests/{}/reviews", view.id);
    // Her SSH key is not enough.
    let weak = world.review(&dora, &view, Verdict::Approve).await;
    assert_eq!(weak.problem(), "policy");
    assert!(weak.detail().contains("touch"), "{}", weak.detail());
    let signed = approval(&world, &dora, &view, &passkey);
    let approved: RequestView = world.post(&path, &dora, &signed).await.read();
    assert_eq!(approved.state, State::Approved);
    assert_eq!(approved.approved_by, ["dora".parse().unwrap()]);
    assert_eq!(approved.reviews[0].signed, signed, "the broker keeps what the browser signed");
    assert_eq!(world.mint(&ana, &view).await.status(), 201);
    // Everything is proved again from the log, also after a restart.
    world.stop().await;
    world.start().await.unwrap();
    assert_eq!(world.mint(&ana, &view).await.status(), 201);

    let terminal = stage::Person::new(1, &world.clock, &world.http);
    let shot = terminal.run(&format!("login {AUTHORITY} --as dora"), &[]).await;
    assert_eq!(shot.code, 0, "{shot}");
    let shown = terminal.run(&format!("show {}", view.id), &[]).await;
    assert!(shown.stdout.contains("dora says approve"), "{shown}");
    assert!(shown.stdout.contains("approval  1 of group:hardware"), "{shown}");

    // The passkey that leaves the policy takes its approval with it.
    let line = passkey.line();
    world.change_policy("people.toml", &format!(", \"{line} phone\""), "").await;
    assert_eq!(world.mint(&ana, &view).await.problem(), "policy");
}

#[tokio::test]
async fn a_broker_refuses_what_was_not_signed_for_it() {
    let passkey = Passkey::new(1, RP_ID);
    let (world, dora) = team(&passkey).await;
    let ana = world.person("ana").await;
    let (view, _) = world.ask(&ana, "sealed").await;
    let (other, _) = world.ask(&ana, "prod").await;
    let path = format!("/v1/requests/{}/reviews", view.id);
    let good = approval(&world, &dora, &view, &passkey);
    let refused = async |signed: &Signed, because: &str| {
        let answer = world.post(&path, &dora, signed).await;
        answer.problem();
        assert!(answer.detail().contains(because), "{}", answer.detail());
    };
    // Another person's passkey, which nobody has enrolled.
    let strange = approval(&world, &dora, &view, &Passkey::new(2, RP_ID));
    refused(&strange, "as a key of dora").await;
    // An approval of another request, and words that were changed after signing.
    refused(&approval(&world, &dora, &other, &passkey), "another request").await;
    let changed = Signed { statement: good.statement.replace("approve", "deny"), ..good.clone() };
    refused(&changed, "made over other bytes").await;
    // A page of another site that has the same passkey signed through a frame.
    let statement = good.statement.as_bytes();
    let framed = String::from_utf8(client_data(
        "webauthn.get",
        &challenge("jit.review.v1", statement).unwrap(),
        AUTHORITY,
    ))
    .unwrap()
    .replace("false", "true");
    let error = pack(&passkey.line(), &SITE, "jit.review.v1", statement, &passkey.get(framed.as_bytes()));
    assert!(error.unwrap_err().to_string().contains("in a frame of another site"));
    // An SSH signature by somebody else under dora's name.
    let forged = sign(&Statement::parse(statement).unwrap(), &TestSigner::ed25519(9)).unwrap();
    refused(&forged, "as a key of dora").await;
    let pending = world.show(&ana, &view).await;
    assert_eq!((pending.state, pending.reviews.len()), (State::Pending, 0));
    // The same approval counts once, and what was approved stays as it is.
    let approved: RequestView = world.post(&path, &dora, &good).await.read();
    let again: RequestView = world.post(&path, &dora, &good).await.read();
    assert_eq!((again.state, again.version), (State::Approved, approved.version));
}

/// The line of a passkey that was made at another site is one of the policy, and can sign nothing here.
#[tokio::test]
async fn a_passkey_of_another_site_in_the_policy_signs_nothing() {
    let passkey = Passkey::new(1, "other.example.com");
    let (world, dora) = team(&passkey).await;
    let ana = world.person("ana").await;
    let (view, _) = world.ask(&ana, "sealed").await;
    let statement = Statement::Review(world.review_statement(&dora, &view.digest, Verdict::Approve));
    let message = statement.canonical_text();
    let site = Site::of("https://other.example.com").unwrap();
    let assertion = passkey.assert(&site, "jit.review.v1", message.as_bytes());
    let signature = pack(&passkey.line(), &site, "jit.review.v1", message.as_bytes(), &assertion).unwrap();
    let answer = world
        .post(&format!("/v1/requests/{}/reviews", view.id), &dora, &Signed { statement: message, signature })
        .await;
    answer.problem();
    assert!(
        answer.detail().contains("a passkey of other.example.com, not of jit.example.com"),
        "{}",
        answer.detail()
    );
}
