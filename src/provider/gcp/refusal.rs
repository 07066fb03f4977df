//! The meaning of Google's errors for people, and which of them to retry.
//!
//! STS answers `{"error": code, "error_description": text}` (RFC 6749 §5.2), and `tokeninfo` the same. IAM Credentials answers
//! `{"error": {"code", "status", "message", "details"}}` (google.rpc.Status). The texts are those that users of Google's client
//! libraries have reported; where one is not known, the code decides.

use serde_json::Value;

use crate::grant::cloud::gcp::GcpTarget;
use crate::provider::exchange::Refusal;
use crate::provider::exchange::World;
use crate::provider::redact::redact;
use crate::provider::redact::shorten;

/// The call that was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    /// The exchange of our JWT.
    Federate,
    /// The making of the access token.
    Impersonate,
    /// The same with a person's own identity.
    Direct,
    /// The exchange that applies a boundary.
    Narrow,
}

/// An error of Google, in one form.
struct Told {
    code: String,
    reason: String,
    text: String,
}

impl Told {
    fn read(told: &Value) -> Self {
        let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let error = &told["error"];
        if let Some(code) = error.as_str() {
            return Self {
                code: code.to_owned(),
                reason: String::new(),
                text: word(&told["error_description"]),
            };
        }
        let details = error["details"].as_array().map(Vec::as_slice).unwrap_or_default();
        let reason = details.iter().find_map(|detail| detail["reason"].as_str());
        Self {
            code: word(&error["status"]),
            reason: reason.unwrap_or_default().to_owned(),
            text: word(&error["message"]),
        }
    }

    /// The error as an error of ours may show it.
    fn shown(&self, status: u16) -> String {
        let line = self.text.split_whitespace().collect::<Vec<_>>().join(" ");
        let parts = [self.code.as_str(), line.as_str()];
        let said = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(": ");
        let said = shorten(&redact(&said), 400);
        if said.is_empty() { format!("HTTP {status}") } else { format!("HTTP {status}: {said}") }
    }

    fn says(&self, words: &[&str]) -> bool {
        let text = self.text.to_ascii_lowercase();
        words.iter().any(|word| text.contains(word))
    }
}

/// The refusal of a call, by its status and the answer.
pub fn refused(world: World<'_>, call: Call, (status, told): (u16, &Value), target: &GcpTarget) -> Refusal {
    let told = Told::read(told);
    let shown = told.shown(status);
    if let Some(passing) = passing(world, status, &told, &shown) {
        return passing;
    }
    match call {
        Call::Federate => federate(world, &told, &shown, target),
        Call::Impersonate => impersonate(world, &told, &shown, target),
        Call::Direct => direct(world, &told, &shown, target),
        Call::Narrow => Refusal::last(
            format!("{} does not apply the access boundary of the scope ({shown})", world.service),
            "compare the scope's JSON file with \"Credential Access Boundaries\" in Google's documentation",
        ),
    }
}

/// An error that may pass: 429 and 5xx are all that Google's clients retry.
fn passing(world: World<'_>, status: u16, told: &Told, shown: &str) -> Option<Refusal> {
    let service = world.service;
    if status == 429 || told.code == "RESOURCE_EXHAUSTED" {
        let hint = "try again in a moment; if it stays, the project's quota is used up";
        return Some(Refusal::passing(format!("{service} is asked too often ({shown})"), hint));
    }
    if status >= 500 {
        return Some(Refusal::passing(format!("{service} failed ({shown})"), "try again in a moment"));
    }
    // Google fetches the issuer's documents while it answers.
    let unreachable =
        told.says(&["error connecting", "could not connect", "unable to fetch", "failed to fetch"]);
    unreachable.then(|| {
        Refusal::passing(
            format!("{service} cannot fetch the issuer's documents ({shown})"),
            "the issuer's address must be reachable from the internet, or its keys uploaded to the provider (`jwksJson`)",
        )
    })
}

/// Why a JWT was not taken.
fn federate(world: World<'_>, told: &Told, shown: &str, target: &GcpTarget) -> Refusal {
    let service = world.service;
    let provider = &target.provider;
    let last = |what: String, hint: &str| Refusal::last(format!("{what} ({shown})"), hint);
    let compare = "run `jit setup trust ROLE` and compare it with the provider";
    match told.code.as_str() {
        "unauthorized_client" => last(
            format!("the provider's attribute condition rejects the role's subject: {provider}"),
            "the condition must name this role's subject: compare it with `jit setup trust ROLE`",
        ),
        "invalid_target" => last(
            format!("there is no provider {provider}, or it is disabled or deleted"),
            "check `provider` of the role in the policy: it has the project's number, not its id; a deleted name stays taken for 30 days",
        ),
        "invalid_client" => last(
            format!("{service} refused the call's own authentication"),
            "check that no proxy adds an Authorization header",
        ),
        _ if told.says(&["audience"]) => last(
            format!("the provider expects a token for another audience than {}", target.audience()),
            "leave the provider's allowed audiences empty, or add this one",
        ),
        _ if told.says(&["stale", "expired", "issued in the future", "future", "not yet valid"]) => last(
            format!("{service} says that the token is not valid now"),
            "compare the clock of this machine with the world's: `timedatectl`",
        ),
        _ if told.says(&["issuer"]) => {
            last(format!("the provider trusts another issuer: {provider}"), compare)
        }
        _ if told.says(&["signature", "key id", "kid", "jwk", "verification key"]) => last(
            format!("{service} does not find the key that signed the token"),
            "after a change of keys, upload the key set again if the provider has one (`jwksJson`)",
        ),
        _ if told.says(&["mapped attribute", "attribute mapping", "google.subject"]) => {
            last(format!("the provider's attribute mapping does not fit jit's token: {provider}"), compare)
        }
        _ => last(format!("{service} does not accept the token"), compare),
    }
}

/// Why there is no access token of the service account.
fn impersonate(world: World<'_>, told: &Told, shown: &str, target: &GcpTarget) -> Refusal {
    let account = &target.service_account;
    let last = |what: String, hint: &str| Refusal::last(format!("{what} ({shown})"), hint);
    let disabled_service = told.reason == "SERVICE_DISABLED" || told.says(&["has not been used in project"]);
    match told.code.as_str() {
        _ if disabled_service => last(
            "the IAM Service Account Credentials API is not enabled in the pool's project".to_owned(),
            "`gcloud services enable iamcredentials.googleapis.com`, then wait a few minutes",
        ),
        _ if told.says(&["lifetime", "allowserviceaccountcredentiallifetimeextension"]) => last(
            format!("{account} may not have tokens that live that long"),
            "give the role a shorter `lease` in the policy: access that lasts longer is renewed",
        ),
        _ if told.says(&["constraint", "organization policy", "org policy"]) => last(
            format!("a policy of the organisation forbids tokens of {account}"),
            "ask the organisation's administrator which constraint it is",
        ),
        _ if told.says(&["disabled"]) => last(
            format!("the service account {account} is disabled"),
            "enable it: `gcloud iam service-accounts enable ACCOUNT`",
        ),
        "NOT_FOUND" => last(
            format!("there is no service account {account}"),
            "check `service_account` of the role in the policy",
        ),
        "PERMISSION_DENIED" => last(
            format!("the role's subject may not act as {account}"),
            "bind roles/iam.workloadIdentityUser to it as `jit setup trust ROLE` prints; new bindings take some minutes",
        ),
        "INVALID_ARGUMENT" if told.says(&["scope"]) => last(
            "Google does not know one of the OAuth scopes".to_owned(),
            "check `oauth_scopes` of the role and its scope in the policy",
        ),
        _ => last(
            format!("{} gave no token of {account}", world.service),
            "run `jit setup trust ROLE` and compare it with the service account's bindings",
        ),
    }
}

/// Why a person's own identity gets no access token of the service account.
fn direct(world: World<'_>, told: &Told, shown: &str, target: &GcpTarget) -> Refusal {
    let account = &target.service_account;
    let last = |what: String, hint: &str| Refusal::last(format!("{what} ({shown})"), hint);
    match told.code.as_str() {
        "UNAUTHENTICATED" => last(
            "Google does not accept your own identity".to_owned(),
            "sign in again: `gcloud auth login`, or `gcloud auth application-default login`",
        ),
        "PERMISSION_DENIED"
            if told.reason != "SERVICE_DISABLED" && !told.says(&["has not been used", "disabled"]) =>
        {
            last(
                format!("your own identity may not act as {account}"),
                "it needs roles/iam.serviceAccountTokenCreator on the service account; without it, ask for a role: `jit roles`",
            )
        }
        "NOT_FOUND" => last(
            format!("there is no service account {account}"),
            "check `service_account` of the role in config.toml",
        ),
        "INVALID_ARGUMENT" if told.says(&["scope"]) => last(
            "Google does not know one of the OAuth scopes".to_owned(),
            "check `oauth_scopes` of the role in config.toml",
        ),
        _ => impersonate(world, told, shown, target),
    }
}

/// Why Google does not say whose a token is.
pub fn own(world: World<'_>, status: u16, told: &Value) -> Refusal {
    let told = Told::read(told);
    let shown = told.shown(status);
    passing(world, status, &told, &shown).unwrap_or_else(|| {
        Refusal::last(
            format!("{} does not know this token ({shown})", world.service),
            "it may have expired, or have an access boundary: of such a token nobody can tell whose it is. Get another one with `jit \
             exec` or `jit env`",
        )
    })
}
