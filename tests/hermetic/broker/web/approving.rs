//! Approving with a passkey: what the script sends, taken by the same function as a review of `/v1`.

use data_encoding::BASE64URL_NOPAD;
use jit::grant::State;
use jit::grant::Statement;
use jit::grant::Verdict;
use jit::grant::span::Span;
use jit::grant::statement::ReviewStatement;
use jit::grant::statement::Way;
use jit::identity::Signer;
use jit::identity::fake::TestSigner;
use jit::identity::passkey::Assertion;
use jit::identity::passkey::Site;
use jit::identity::passkey::challenge;
use jit::protocol::Problem;
use jit::protocol::RequestView;
use serde_json::json;

use crate::broker::web::browser::Browser;
use crate::broker::web::browser::OWN;
use crate::broker::web::browser::Page;
use crate::broker::world::AUTHORITY;
use crate::broker::world::Person;
use crate::broker::world::World;
use crate::broker::world::stranger;
use crate::support::authenticator::PRESENT;
use crate::support::authenticator::Passkey;
use crate::support::authenticator::VERIFIED;
use crate::support::authenticator::client_data;

const RP_ID: &str = "jit.example.com";
const NAMESPACE: &str = "jit.review.v1";

fn site() -> Site {
    Site::of(AUTHORITY).unwrap()
}

/// A broker with the page, and dora with an SSH key and a passkey, who reviews for prod and for what wants a touch.
async fn team() -> (World, Person, Passkey) {
    let mut world = World::with_page().await;
    let passkey = Passkey::new(1, RP_ID);
    let key = TestSigner::ed25519(1);
    let person =
        format!("[people.dora]\nkeys = [\"{}\", \"{}\"]\n[groups]", key.public_key(), passkey.line());
    world.change_policy("people.toml", "[groups]", &person).await;
    world.change_policy("people.toml", "hardware = [", "hardware = [\"dora\", ").await;
    world.change_policy("people.toml", "sre = [", "sre = [\"dora\", ").await;
    let mut dora = Person { name: "dora".parse().unwrap(), signer: key, token: String::new() };
    dora.token = world.log_in(&dora).await;
    (world, dora, passkey)
}

impl Browser<'_> {
    /// The token that the page gave its script for a request's review.
    async fn review_token(&self, view: &RequestView) -> String {
        let page = self.get(&format!("/web/r/{}", view.id)).await.text();
        let (_, form) = page.split_once("data-token=\"").unwrap_or_else(|| panic!("{page}"));
        form.split('"').next().unwrap().to_owned()
    }

    /// Approves with a passkey, as its person.
    pub async fn approve_by(&self, world: &World, passkey: &Passkey, view: &RequestView, who: &str) -> Page {
        let token = self.review_token(view).await;
        let statement = text(world.review_statement(&stranger(who), &view.digest, Verdict::Approve));
        let assertion = passkey.assert(&site(), NAMESPACE, statement.as_bytes());
        self.send_review(view, &token, &statement, &assertion).await
    }

    async fn send_review(
        &self,
        view: &RequestView,
        token: &str,
        statement: &str,
        assertion: &Assertion,
    ) -> Page {
        let body = json!({
            "token": token,
            "statement": statement,
            "authenticator_data": BASE64URL_NOPAD.encode(&assertion.authenticator_data),
            "client_data_json": BASE64URL_NOPAD.encode(&assertion.client_data_json),
            "signature": BASE64URL_NOPAD.encode(&assertion.signature),
        });
        let body = Some(("application/json", body.to_string().into_bytes()));
        self.send("POST", &format!("/web/r/{}/review", view.id), &OWN, body).await
    }
}

fn text(review: ReviewStatement) -> String {
    Statement::Review(review).canonical_text()
}

#[track_caller]
fn refused(page: &Page, code: &str, because: &str) {
    let problem: Problem = serde_json::from_slice(&page.0.body).unwrap_or_else(|_| panic!("{}", page.text()));
    assert_eq!(problem.code, code, "{}", problem.detail);
    assert!(problem.detail.contains(because), "{}", problem.detail);
}

#[tokio::test]
async fn a_passkey_approves_what_wants_a_touch() {
    let (world, dora, passkey) = team().await;
    let ana = world.person("ana").await;
    let (view, _) = world.ask(&ana, "sealed").await;
    let browser = world.signed_in(&dora).await;
    let page = browser.get(&format!("/web/r/{}", view.id)).await.text();
    assert!(
        page.contains("data-verdict=\"approve\"") && page.contains("data-rp=\"jit.example.com\""),
        "{page}"
    );
    let token = browser.review_token(&view).await;
    let mut review = world.review_statement(&dora, &view.digest, Verdict::Approve);
    review.duration = Some("30m".parse().unwrap());
    review.comment = "fine".to_owned();
    let statement = text(review);
    let assertion = passkey.assert(&site(), NAMESPACE, statement.as_bytes());
    // A double click, and the same again after that.
    let (first, second) = tokio::join!(
        browser.send_review(&view, &token, &statement, &assertion),
        browser.send_review(&view, &token, &statement, &assertion)
    );
    assert_eq!((first.status(), second.status()), (204, 204), "{} {}", first.text(), second.text());
    let approved = world.show(&ana, &view).await;
    assert_eq!((approved.state, approved.reviews.len()), (State::Approved, 1));
    assert_eq!(approved.approved_duration.unwrap().to_string(), "30m");
    assert_eq!(browser.send_review(&view, &token, &statement, &assertion).await.status(), 204);
    assert_eq!(world.show(&ana, &view).await.version, approved.version);
    // The stored review verifies like any SSH signature, and mints.
    let signed = &approved.reviews[0].signed;
    assert_eq!(signed.statement, statement);
    assert!(signed.signature.starts_with("-----BEGIN SSH SIGNATURE-----"));
    assert_eq!(world.mint(&ana, &view).await.status(), 201);
}

#[tokio::test]
async fn what_a_passkey_did_not_sign_here_approves_nothing() {
    let (world, dora, passkey) = team().await;
    let (ana, bo) = (world.person("ana").await, world.person("bo").await);
    let (view, _) = world.ask(&ana, "prod").await;
    let (other, _) = world.ask(&bo, "prod").await;
    let browser = world.signed_in(&dora).await;
    let token = browser.review_token(&view).await;
    let statement = text(world.review_statement(&dora, &view.digest, Verdict::Approve));
    let bytes = statement.as_bytes();
    let good = passkey.assert(&site(), NAMESPACE, bytes);
    let words = |kind: &str, origin: &str| client_data(kind, &challenge(NAMESPACE, bytes).unwrap(), origin);
    let changed = |from: &str, to: &str| {
        let data = String::from_utf8(words("webauthn.get", AUTHORITY)).unwrap().replace(from, to);
        passkey.get(data.as_bytes())
    };
    let mut unverified = passkey.clone();
    unverified.flags = PRESENT;
    let mut untouched = passkey.clone();
    untouched.flags = VERIFIED;
    let foreign = Passkey { rp_id: "evil.example".to_owned(), ..passkey.clone() };
    let cases: [(&str, Assertion); 11] = [
        ("another person's passkey", Passkey::new(2, RP_ID).assert(&site(), NAMESPACE, bytes)),
        ("another relying party", foreign.get(&words("webauthn.get", AUTHORITY))),
        ("another origin", passkey.get(&words("webauthn.get", "https://evil.example"))),
        ("another port", passkey.get(&words("webauthn.get", "https://jit.example.com:8443"))),
        ("a registration", passkey.get(&words("webauthn.create", AUTHORITY))),
        ("a frame", changed("\"crossOrigin\":false", "\"crossOrigin\":true")),
        ("a frame's top", changed("false}", "false,\"topOrigin\":\"https://evil.example\"}")),
        ("nobody verified", unverified.get(&words("webauthn.get", AUTHORITY))),
        ("nobody touched it", untouched.get(&words("webauthn.get", AUTHORITY))),
        ("another namespace", passkey.assert(&site(), "jit.revoke.v1", bytes)),
        ("another message", passkey.assert(&site(), NAMESPACE, b"{}")),
    ];
    for (name, assertion) in &cases {
        let page = browser.send_review(&view, &token, &statement, assertion).await;
        assert_eq!(page.status(), 422, "{name}: {}", page.text());
        refused(&page, "statement", "this passkey's signature is not accepted");
    }
    // A good assertion, replayed for other words, for another request, or in another browser.
    let denied = statement.replace("approve", "deny");
    refused(&browser.send_review(&view, &token, &denied, &good).await, "statement", "not accepted");
    let elsewhere = browser.review_token(&other).await;
    refused(
        &browser.send_review(&other, &elsewhere, &statement, &good).await,
        "statement",
        "another request",
    );
    refused(&browser.send_review(&other, &token, &statement, &good).await, "forbidden", "this form");
    let pat = world.person("cy").await;
    let theirs = world.signed_in(&pat).await;
    let own = theirs.get(&format!("/web/r/{}", view.id)).await.text();
    let own = own.split("data-token=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    refused(&theirs.send_review(&view, &own, &statement, &good).await, "statement", "no passkey of yours");
    // A statement in somebody else's name, of another broker, or too old.
    let as_cy = text(world.review_statement(&pat, &view.digest, Verdict::Approve));
    let signed = passkey.assert(&site(), NAMESPACE, as_cy.as_bytes());
    assert_eq!(browser.send_review(&view, &token, &as_cy, &signed).await.status(), 422);
    let afar = statement.replace("https://jit.example.com", "https://jit.example.org");
    let signed = passkey.assert(&site(), NAMESPACE, afar.as_bytes());
    refused(&browser.send_review(&view, &token, &afar, &signed).await, "statement", "another broker");
    let still = world.show(&ana, &view).await;
    assert_eq!((still.state, still.reviews.len(), still.version), (State::Pending, 0, 1));
    world.pass("6m");
    let page = browser.send_review(&view, &token, &statement, &good).await;
    refused(&page, "statement", "");
    assert_eq!(world.show(&ana, &view).await.state, State::Pending);
}

/// A denial by passkey is final, and its assertion revives nothing.
#[tokio::test]
async fn a_replayed_approval_does_not_follow_a_denial() {
    let (world, dora, passkey) = team().await;
    let ana = world.person("ana").await;
    let (view, _) = world.ask(&ana, "prod").await;
    let browser = world.signed_in(&dora).await;
    let token = browser.review_token(&view).await;
    let yes = text(world.review_statement(&dora, &view.digest, Verdict::Approve));
    let yes_signed = passkey.assert(&site(), NAMESPACE, yes.as_bytes());
    assert_eq!(browser.deny(view.id.as_str(), "no").await.status(), 303);
    refused(&browser.send_review(&view, &token, &yes, &yes_signed).await, "state", "denied");
    assert_eq!(world.show(&ana, &view).await.state, State::Denied);
}

/// The cookie alone approves nothing, however it asks.
#[tokio::test]
async fn a_cookie_is_no_signature() {
    let (world, dora, passkey) = team().await;
    let ana = world.person("ana").await;
    let (view, _) = world.ask(&ana, "prod").await;
    let browser = world.signed_in(&dora).await;
    let token = browser.review_token(&view).await;
    let statement = text(world.review_statement(&dora, &view.digest, Verdict::Approve));
    let ssh = dora.signer.sign(NAMESPACE, statement.as_bytes()).unwrap();
    let good = passkey.assert(&site(), NAMESPACE, statement.as_bytes());
    let nothing = Assertion { signature: Vec::new(), ..good.clone() };
    let key = Assertion { signature: ssh.into_bytes(), ..good };
    for assertion in [nothing, key] {
        assert_eq!(browser.send_review(&view, &token, &statement, &assertion).await.status(), 422);
    }
    let action = format!("/web/r/{}/review", view.id);
    let page = browser.post(&action, &[("token", &token), ("verdict", "approve")]).await;
    assert_eq!(page.status(), 400);
    assert_eq!(world.show(&ana, &view).await.version, 1);
}

#[tokio::test]
async fn a_break_glass_is_reviewed_by_signature_only() {
    let (mut world, dora, passkey) = team().await;
    let glass = "[break_glass]\nrequesters = [\"group:dev\"]\nmax_duration = \"30m\"\n[aws]";
    world
        .change_policy("access.toml", "auditors", "notify = { command = [\"/usr/bin/tell\"] }\nauditors")
        .await;
    world.change_policy("roles/prod.toml", "[aws]", glass).await;
    let ana = world.person("ana").await;
    let (mut asked, _) = world.plan(&ana, "prod").await;
    asked.way = Way::BreakGlass;
    asked.duration = "20m".parse().unwrap();
    asked.not_after = "40m".parse::<Span>().unwrap().after(asked.created);
    let view: RequestView = world.ask_signed(&ana, asked).await.read();
    let browser = world.signed_in(&dora).await;
    assert!(browser.get("/web").await.text().contains("ana broke the glass for prod"));
    let path = format!("/web/r/{}", view.id);
    let page = browser.get(&path).await;
    assert!(page.text().contains("It was not: end it"), "{}", page.text());
    let token = page.token(&format!("{path}/deny"));
    let page = browser.post(&format!("{path}/deny"), &[("token", &token), ("comment", "no")]).await;
    assert_eq!(page.status(), 403, "{}", page.text());
    assert!(world.show(&ana, &view).await.acknowledged.is_none());
    let mut review = world.review_statement(&dora, &view.digest, Verdict::Deny);
    review.comment = "no incident".to_owned();
    let statement = text(review);
    let assertion = passkey.assert(&site(), NAMESPACE, statement.as_bytes());
    let token = browser.review_token(&view).await;
    let page = browser.send_review(&view, &token, &statement, &assertion).await;
    assert_eq!(page.status(), 204, "{}", page.text());
    let reviewed = world.show(&ana, &view).await;
    assert_eq!(reviewed.state, State::Revoked);
    assert_eq!(reviewed.acknowledged.unwrap().signed.statement, statement);
    assert!(browser.get(&path).await.text().contains("no incident"));
}

#[tokio::test]
async fn a_registration_answers_with_a_line_and_grants_nothing() {
    let (world, dora, _) = team().await;
    let browser = world.signed_in(&dora).await;
    let page = browser.get("/web/passkey").await.text();
    let token = page.split("data-token=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let ask = |body: serde_json::Value| Some(("application/json", body.to_string().into_bytes()));
    let challenge = async || {
        let page = browser.send("POST", "/web/passkey/challenge", &OWN, ask(json!({ "token": token }))).await;
        let answer: serde_json::Value = serde_json::from_slice(&page.0.body).unwrap();
        answer["challenge"].as_str().unwrap().to_owned()
    };
    let new = Passkey::new(7, RP_ID);
    let send = async |passkey: &Passkey, text: &str, origin: &str| {
        let made = passkey.register(&BASE64URL_NOPAD.decode(text.as_bytes()).unwrap(), origin);
        let body = json!({
            "token": token, "challenge": text,
            "attestation_object": BASE64URL_NOPAD.encode(&made.attestation_object),
            "client_data_json": BASE64URL_NOPAD.encode(&made.client_data_json),
        });
        browser.send("POST", "/web/passkey", &OWN, ask(body)).await
    };
    let text = challenge().await;
    let page = send(&new, &text, AUTHORITY).await;
    let answer: serde_json::Value = serde_json::from_slice(&page.0.body).unwrap();
    assert_eq!(answer["line"].as_str(), Some(new.line().as_str()), "{}", page.text());
    assert!(answer["pull"].as_str().unwrap().contains("[people.dora]"));
    refused(&send(&new, &text, AUTHORITY).await, "statement", "was sent before");
    for (passkey, origin) in [
        (&new, "https://evil.example"),
        (&Passkey::new(7, "evil.example"), AUTHORITY),
        (&Passkey { flags: PRESENT, ..new.clone() }, AUTHORITY),
    ] {
        assert_eq!(send(passkey, &challenge().await, origin).await.status(), 422, "{origin}");
    }
    let late = challenge().await;
    world.pass("2m");
    refused(&send(&new, &late, AUTHORITY).await, "statement", "longer than two minutes");
    // It approves nothing until it is in the policy.
    let ana = world.person("ana").await;
    let (view, _) = world.ask(&ana, "prod").await;
    let token = browser.review_token(&view).await;
    let statement = self::text(world.review_statement(&dora, &view.digest, Verdict::Approve));
    let page = browser
        .send_review(&view, &token, &statement, &new.assert(&site(), NAMESPACE, statement.as_bytes()))
        .await;
    assert_eq!(page.status(), 422);
}
