//! The meaning of an API server's errors for people, and which of them to retry.
//!
//! The server answers with an object of the kind `Status`, whose `reason` and `message` are compared (`k8s.io/apimachinery`,
//! `StatusReason`).

use serde_json::Value;

use crate::grant::cloud::kubernetes::SYSTEM;
use crate::provider::exchange::Refusal;
use crate::provider::exchange::World;
use crate::provider::redact::redact;
use crate::provider::redact::shorten;

/// The call that was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    /// The question who a token is, with the requester's token.
    Review,
    /// The making of the Secret to which a service account's token is bound.
    Secret,
    /// The making of a service account's token.
    Token,
    /// The deletion of the Secret.
    Delete,
}

/// The message of the server's error, redacted, in one line of at most 400 bytes. Empty if it has none.
pub fn said(told: &Value) -> String {
    let text = told["message"].as_str().or_else(|| told["reason"].as_str()).unwrap_or_default();
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    shorten(&redact(&line), 400)
}

/// The user that a refusal of the server's authorization names: `… is forbidden: User "ana" cannot create resource …`
/// (`k8s.io/apiserver`, `responsewriters/errors.go`). `None` if it names none.
pub fn forbidden_user(told: &Value) -> Option<String> {
    let (_, rest) = told["message"].as_str()?.split_once(": User \"")?;
    let (user, _) = rest.split_once("\" cannot ")?;
    Some(shorten(&redact(user), 200))
}

/// The refusal of a call, by its status and the answer. `place` is what the call was about, in the words of the cluster.
pub fn refused(world: World<'_>, call: Call, (status, told): (u16, &Value), place: &str) -> Refusal {
    let said = said(told);
    let shown = if said.is_empty() { format!("HTTP {status}") } else { format!("HTTP {status}: {said}") };
    let service = world.service;
    let last = |what: &str, hint: &str| Refusal::last(format!("{what} ({shown})"), hint);
    let passing = |what: &str, hint: &str| Refusal::passing(format!("{what} ({shown})"), hint);
    let trust = "run `jit setup trust ROLE` and compare it with what the cluster has";
    match (status, call) {
        (429, _) => passing(&format!("{service} is asked too often"), "try again in a moment"),
        (500.., _) => passing(&format!("{service} failed"), "try again in a moment"),
        (401, Call::Review) => last(
            &format!("{service} does not accept the token"),
            "the cluster must trust the broker's issuer and this audience: run `jit setup trust ROLE` and compare it with the \
             configuration of the API server",
        ),
        (401, _) => last(
            &format!("{service} does not accept the broker's own token"),
            "the broker's operator must renew the file that holds it",
        ),
        (403, Call::Review) => last(
            &format!("{service} does not let the token ask who it is"),
            "bind the group system:authenticated to the cluster's role system:basic-user, as it is by default",
        ),
        (403, _) => last(&format!("{service} does not let the broker do this: {place}"), trust),
        (404, Call::Token) => last(
            &format!("{service} has no service account {place}"),
            "make it as `jit setup trust ROLE` prints, or name another one in the policy",
        ),
        (404, Call::Secret) => {
            last(&format!("{service} has no namespace for {place}"), "name another one in the policy")
        }
        (409, _) => {
            passing(&format!("{service} is changing this at the same moment"), "try again in a moment")
        }
        (400 | 422, _) => last(
            &format!("{service} does not take what it was asked"),
            "check that its version is 1.22 or newer, then tell the broker's administrator",
        ),
        _ => last(&format!("{service} refused"), trust),
    }
}

/// Why a cluster's word about a token is not accepted. `None` if it is.
pub fn not_ours(world: World<'_>, user: &str, groups: &[String]) -> Option<Refusal> {
    let service = world.service;
    let hint = "the API server must trust the issuer with user and group names of jit's own: run `jit setup trust ROLE`";
    if user == "system:anonymous" {
        return Some(Refusal::last(format!("{service} takes the token for nobody's"), hint));
    }
    let power = format!("{SYSTEM}masters");
    groups.contains(&power).then(|| {
        Refusal::last(format!("{service} puts the token into {power}, which may do everything"), hint)
    })
}
