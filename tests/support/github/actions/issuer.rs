//! The issuer of Actions' ID tokens: the jobs' token endpoint, discovery and keys.
//!
//! Source: <https://docs.github.com/actions/reference/security/oidc>.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::KeyPair;
use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use aws_lc_rs::signature::RsaKeyPair;
use axum::body::Body;
use axum::http::Response;
use data_encoding::BASE64URL_NOPAD;
use data_encoding::HEXLOWER;
use serde_json::Value;
use serde_json::json;

use super::subject::subject;
use crate::support::github::receive::Received;
use crate::support::github::world::World;

/// The credential with which a job requests ID tokens.
#[derive(Debug, Clone)]
pub struct TokenRequest {
    /// The id of the run.
    pub run: u64,
    /// The job.
    pub job: u64,
}

/// A key, generated once per test process.
struct Key {
    pair: RsaKeyPair,
    id: String,
}

fn key() -> &'static Key {
    static KEY: OnceLock<Key> = OnceLock::new();
    KEY.get_or_init(|| {
        let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
        let public: aws_lc_rs::encoding::PublicKeyX509Der<'_> = pair.public_key().as_der().unwrap();
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, public.as_ref());
        let id = HEXLOWER.encode(&digest.as_ref()[..20]).to_uppercase();
        Key { pair, id }
    })
}

/// Signs claims with the issuer's key. Tests also sign wrong ones with it.
pub fn sign(claims: &Value) -> String {
    let header = json!({"typ": "JWT", "alg": "RS256", "kid": key().id});
    let part = |value: &Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
    let text = format!("{}.{}", part(&header), part(claims));
    let mut signature = vec![0; key().pair.public_modulus_len()];
    key().pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature).unwrap();
    format!("{text}.{}", BASE64URL_NOPAD.encode(&signature))
}

fn key_set() -> Value {
    let public = key().pair.public_key();
    let number = |bytes: &[u8]| BASE64URL_NOPAD.encode(bytes);
    json!({"keys": [{
        "kty": "RSA", "alg": "RS256", "use": "sig", "kid": key().id,
        "n": number(public.modulus().big_endian_without_leading_zero()),
        "e": number(public.exponent().big_endian_without_leading_zero()),
    }]})
}

impl World {
    /// The claims of a job's token.
    pub fn claims(&mut self, run: u64, job: u64, audience: Option<&str>) -> Value {
        let (now, jti) = (self.now().as_second(), self.next_secret(""));
        let run = &self.runs[&run];
        let job = run.jobs.iter().find(|candidate| candidate.id == job).unwrap();
        let repository = self.repository(run.repository);
        let name = self.full_name(run.repository);
        let owner = self.login(repository.owner);
        let workflow = format!("{name}/{}@{}", run.path, run.reference);
        let mut claims: BTreeMap<String, Value> = BTreeMap::new();
        for (claim, value) in [
            ("actor", json!(self.login(run.actor))),
            ("actor_id", json!(run.actor.to_string())),
            (
                "base_ref",
                json!(run.pull.map(|pull| repository.pulls[&pull].base_branch.clone()).unwrap_or_default()),
            ),
            (
                "head_ref",
                json!(run.pull.map(|pull| repository.pulls[&pull].head_branch.clone()).unwrap_or_default()),
            ),
            ("check_run_id", json!(job.id.to_string())),
            ("event_name", json!(run.event)),
            ("job_workflow_ref", json!(workflow)),
            ("job_workflow_sha", json!(run.sha)),
            ("ref", json!(run.reference)),
            ("ref_protected", json!(self.is_protected_reference(run.repository, &run.reference).to_string())),
            ("ref_type", json!(if run.reference.starts_with("refs/tags/") { "tag" } else { "branch" })),
            ("repository", json!(name)),
            ("repository_id", json!(run.repository.to_string())),
            ("repository_owner", json!(owner)),
            ("repository_owner_id", json!(repository.owner.to_string())),
            ("repository_visibility", json!(if repository.private { "private" } else { "public" })),
            ("run_id", json!(run.id.to_string())),
            ("run_number", json!(run.number.to_string())),
            ("run_attempt", json!(run.attempt.to_string())),
            ("runner_environment", json!(if job.host.is_some() { "self-hosted" } else { "github-hosted" })),
            ("sha", json!(run.sha)),
            ("workflow", json!(run.workflow.name.clone().unwrap_or_else(|| run.path.clone()))),
            ("workflow_ref", json!(workflow)),
            ("workflow_sha", json!(run.sha)),
        ] {
            claims.insert(claim.to_owned(), value);
        }
        if let Some(environment) = &job.environment {
            claims.insert("environment".to_owned(), json!(environment));
        }
        let sub = subject(self, run, job.environment.as_deref(), &claims);
        let default = format!("{}/{owner}", self.origins.web);
        for (claim, value) in [
            ("sub", json!(sub)),
            ("iss", json!(self.origins.issuer)),
            ("aud", json!(audience.unwrap_or(&default))),
            ("jti", json!(jti)),
            ("iat", json!(now)),
            ("nbf", json!(now - 600)),
            ("exp", json!(now + 300)),
        ] {
            claims.insert(claim.to_owned(), value);
        }
        json!(claims)
    }
}

fn document(status: u16, value: &Value) -> Response<Body> {
    let builder =
        Response::builder().status(status).header("content-type", "application/json; charset=utf-8");
    builder.body(Body::from(value.to_string())).unwrap()
}

/// Answers for the issuer's site.
pub fn receive(world: &mut World, received: &Received<'_>) -> Response<Body> {
    let issuer = world.origins.issuer.clone();
    if let Some((_, fault)) = world.faults.take(received.method, received.path) {
        return document(fault.status, &fault.body);
    }
    match (received.method, received.path) {
        ("GET", "/.well-known/jwks") => document(200, &key_set()),
        ("GET", "/.well-known/openid-configuration") => document(
            200,
            &json!({
                "issuer": issuer, "jwks_uri": format!("{issuer}/.well-known/jwks"),
                "subject_types_supported": ["public", "pairwise"], "response_types_supported": ["id_token"],
                "id_token_signing_alg_values_supported": ["RS256"], "scopes_supported": ["openid"],
                "claims_supported": ["sub", "aud", "exp", "iat", "iss", "jti", "nbf", "ref", "sha", "repository",
                    "repository_id", "repository_owner", "repository_owner_id", "run_id", "run_number", "run_attempt",
                    "actor", "actor_id", "workflow", "workflow_ref", "workflow_sha", "head_ref", "base_ref",
                    "event_name", "ref_type", "ref_protected", "environment", "job_workflow_ref", "job_workflow_sha",
                    "repository_visibility", "runner_environment", "check_run_id"],
            }),
        ),
        ("GET", path) if path.ends_with("/idtoken") => {
            let bearer = received.headers.get("authorization").and_then(|value| value.to_str().ok());
            let known = bearer
                .and_then(|bearer| bearer.split_once(' '))
                .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
            let Some(request) = known.and_then(|(_, token)| world.token_requests.get(token).cloned()) else {
                return document(401, &json!({"message": "Unauthorized"}));
            };
            let query: BTreeMap<String, String> =
                url::form_urlencoded::parse(received.query.as_bytes()).into_owned().collect();
            if !query.contains_key("api-version") {
                return document(400, &json!({"message": "The api-version is missing"}));
            }
            let claims = world.claims(request.run, request.job, query.get("audience").map(String::as_str));
            document(200, &json!({"count": 1, "value": sign(&claims)}))
        }
        _ => document(404, &json!({"message": "Not Found"})),
    }
}
