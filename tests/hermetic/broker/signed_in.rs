//! A broker whose policy takes people from an identity provider, and people who sign in there.

use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering;

use data_encoding::BASE64URL_NOPAD;
use jit::grant::Assurance;
use jit::grant::Digest;
use jit::grant::Name;
use jit::grant::Statement;
use jit::grant::statement::EnrolStatement;
use jit::grant::statement::RemoveStatement;
use jit::grant::statement::VouchStatement;
use jit::identity::Signer;
use jit::identity::fake::TestSigner;
use jit::identity::oidc::enrolment;
use jit::identity::statement::sign;
use jit::protocol::DropCall;
use jit::protocol::EnrolAnswer;
use jit::protocol::EnrolCall;
use jit::protocol::GroupsCall;
use jit::protocol::KeyList;
use jit::protocol::RequestView;
use serde_json::Value;
use serde_json::json;

use crate::broker::world::AUTHORITY;
use crate::broker::world::Answer;
use crate::broker::world::Person;
use crate::broker::world::World;
use crate::broker::world::first_policy;
use crate::broker::world::key_of;
use crate::support::provider::CLIENT;
use crate::support::provider::ISSUER;
use crate::support::provider::ORIGIN;
use crate::support::provider::Provider;
use crate::support::provider::key;
use crate::support::provider::sign as sign_token;

/// The subject of lin's tokens, as people.toml lists it.
pub const LIN: &str = "00u-lin";

/// A broker with its provider. The role `desk` takes signatures worth an account, and every other role of the world a key.
pub struct House {
    pub world: World,
    pub provider: Provider,
    count: AtomicU32,
}

impl House {
    pub async fn new() -> Self {
        Self::with("vouchers = [\"group:security\"]").await
    }

    /// With more lines under `[identity.oidc]`.
    pub async fn with(more: &str) -> Self {
        let mut house = Self::unstarted(more);
        house.world.start().await.unwrap();
        house
    }

    pub fn unstarted(more: &str) -> Self {
        let mut world = World::unstarted();
        for (path, text) in first_policy() {
            match path.as_str() {
                "access.toml" => world.write_policy(&path, &format!("{text}{}", identity(more))),
                "people.toml" => {
                    let lin = format!(
                        "[people.lin]\nkeys = [\"{}\"]\noidc = \"{LIN}\"\n[groups]",
                        key_of("lin").public_key()
                    );
                    let text =
                        text.replace("[groups]", &lin).replace(r#"["ana", "bo"]"#, r#"["ana", "bo", "lin"]"#);
                    world.write_policy(&path, &text);
                }
                "roles/prod.toml" => {
                    let text = text.replace("aliases = [\"production\"]", "signed = \"account\"");
                    world.write_policy("roles/desk.toml", &text.replace("role/prod", "role/desk"));
                }
                _ => {}
            }
        }
        let provider = Provider::new(&world.clock);
        world.http.route(ORIGIN, Arc::new(provider.clone()));
        Self { world, provider, count: AtomicU32::new(0) }
    }

    /// With the approval page, behind a proxy, so that callers have addresses of their own.
    pub async fn with_page(more: &str) -> Self {
        let mut house = Self::unstarted(more);
        let mut settings = house.world.settings();
        settings.web = true;
        settings.trusted_proxies = vec!["10.0.0.1".parse().unwrap()];
        house.world.start_with(settings).await.unwrap();
        house
    }

    /// The claims of a subject who is in these groups, without a nonce.
    pub fn claims(&self, subject: &str, groups: &[&str]) -> Value {
        let now = self.world.now().as_second();
        json!({
            "iss": ISSUER, "aud": CLIENT, "sub": subject, "iat": now, "exp": now + 3_600,
            "email": format!("{subject}@example.com"), "email_verified": true, "groups": groups,
        })
    }

    /// A token of these claims, signed by the provider.
    pub fn token(&self, claims: &Value) -> String {
        sign_token(&json!({"alg": "RS256", "kid": "rsa-1"}), claims, &key("rsa-1"))
    }

    /// The call that enrols a key by these claims, whose nonce names the key.
    pub fn enrolment(&self, claims: Value, signer: &TestSigner, lasting: bool) -> EnrolCall {
        self.enrolment_of(claims, signer.public_key(), lasting)
    }

    /// The same for a key by its line.
    pub fn enrolment_of(&self, mut claims: Value, line: &str, lasting: bool) -> EnrolCall {
        let count = self.count.fetch_add(1, Ordering::Relaxed);
        let random = BASE64URL_NOPAD.encode(Digest::of(&count.to_be_bytes()).bytes());
        claims["nonce"] = json!(enrolment::nonce(AUTHORITY, line, &random));
        EnrolCall { token: self.token(&claims), key: line.to_owned(), random, lasting }
    }

    pub async fn post_enrolment(&self, call: &EnrolCall) -> Answer {
        self.world.call("POST", "/v1/login/enrol", "", Some(call)).await
    }

    pub async fn enrol(&self, claims: Value, signer: &TestSigner, lasting: bool) -> Answer {
        self.post_enrolment(&self.enrolment(claims, signer, lasting)).await
    }

    /// Somebody who signed in with a new key for the session.
    pub async fn sign_in(&self, subject: &str, groups: &[&str]) -> Person {
        let count = self.count.fetch_add(1, Ordering::Relaxed);
        self.sign_in_with(subject, groups, &format!("session-{count}-of-{subject}"), false).await
    }

    /// Somebody who signed in with a key of their own, named for [`key_of`].
    pub async fn sign_in_lasting(&self, subject: &str, groups: &[&str], key: &str) -> Person {
        self.sign_in_with(subject, groups, key, true).await
    }

    async fn sign_in_with(&self, subject: &str, groups: &[&str], key: &str, lasting: bool) -> Person {
        let signer = key_of(key);
        let claims = self.claims(subject, groups);
        let answer: EnrolAnswer = self.enrol(claims, &signer, lasting).await.read();
        assert_eq!(answer.until.is_none(), lasting);
        let mut person = Person { name: answer.person, signer, token: String::new() };
        person.token = self.world.log_in(&person).await;
        person
    }

    /// Brings a newer token of the person, with these groups.
    pub async fn prove_again(&self, person: &Person, claims: &Value) -> Answer {
        let call = GroupsCall { token: self.token(claims) };
        self.world.post("/v1/session/groups", person, &call).await
    }

    /// A key of one's own is confirmed by the signer of `by`.
    pub async fn confirm(&self, by: &Person, key: &str) -> Answer {
        let statement =
            EnrolStatement { header: self.world.header(&by.name), key: key_of(key).fingerprint().to_owned() };
        let signed = sign(&Statement::Enrol(statement), &by.signer).unwrap();
        self.world.post("/v1/keys/confirm", by, &signed).await
    }

    pub async fn vouch(&self, by: &Person, person: &Name, key: &str) -> Answer {
        let statement = VouchStatement {
            header: self.world.header(&by.name),
            person: person.clone(),
            key: key_of(key).fingerprint().to_owned(),
        };
        let signed = sign(&Statement::Vouch(statement), &by.signer).unwrap();
        self.world.post("/v1/keys/confirm", by, &signed).await
    }

    pub async fn drop_key(&self, person: &Person, key: &str) -> Answer {
        let call = DropCall { key: key_of(key).fingerprint().to_owned() };
        self.world.post("/v1/keys/drop", person, &call).await
    }

    pub async fn remove(&self, by: &Person, person: &str) -> Answer {
        let statement = RemoveStatement {
            header: self.world.header(&by.name),
            person: person.parse().unwrap(),
            reason: "left the company".to_owned(),
        };
        let signed = sign(&Statement::Remove(statement), &by.signer).unwrap();
        self.world.post("/v1/people/remove", by, &signed).await
    }

    /// The worth of a key in the list of somebody who sees it.
    pub async fn worth(&self, viewer: &Person, key: &str) -> Option<Assurance> {
        let list: KeyList = self.world.get("/v1/keys", viewer).await.read();
        let fingerprint = key_of(key).fingerprint().to_owned();
        list.keys.iter().find(|view| view.key == fingerprint).map(|view| view.worth)
    }

    /// Lets a second pass: tokens and events have whole seconds.
    pub fn tick(&self) {
        self.world.pass("1s");
    }

    /// A request of `who` for `desk` that the session of `reviewer` approved.
    pub async fn approved(&self, who: &Person, reviewer: &Person) -> RequestView {
        let (view, _) = self.world.ask(who, "desk").await;
        self.world.approve(reviewer, &view).await
    }
}

fn identity(more: &str) -> String {
    let groups = if more.contains("groups =") { "" } else { "groups = \"groups\"\n" };
    format!("[identity.oidc]\nissuer = \"{ISSUER}\"\nclient_id = \"{CLIENT}\"\n{groups}{more}\n")
}
