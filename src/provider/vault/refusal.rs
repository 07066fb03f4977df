//! The meaning of the server's errors for people, and which of them to retry.
//!
//! The server answers `{"errors": ["…"]}`. It has no codes, so the text of OpenBao 2.7 and of Vault's `auth/jwt` plugin is compared,
//! which both have from the same source.

use serde_json::Value;

use crate::grant::cloud::vault::VaultTarget;
use crate::provider::exchange::Refusal;
use crate::provider::exchange::World;
use crate::provider::redact::redact;
use crate::provider::redact::shorten;

/// The call that was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    /// The sign-in with our JWT.
    SignIn,
    /// The making of the requester's token.
    Child,
    /// A call with the requester's token: who it is, or its end.
    Own,
    /// The revocation of a requester's token by its accessor.
    Revoke,
}

/// The beginning of the answer to a token that the server knows and takes from this address, and whose policies forbid the call. To every
/// other token the server says `permission denied` alone (OpenBao 2.7).
const BY_POLICY: &str = "1 error occurred";

/// Whether the server's errors say that it has no such accessor: its token was revoked, or has expired.
pub fn is_unknown_accessor(told: &Value) -> bool {
    let said = said(told);
    said.contains("invalid accessor") || said.contains("token not found")
}

/// The server's errors, redacted, in one line of at most 400 bytes. Empty if it gave none.
pub fn said(told: &Value) -> String {
    let errors = told["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
    let texts: Vec<&str> = errors.iter().filter_map(Value::as_str).collect();
    let line = texts.join("; ").split_whitespace().collect::<Vec<_>>().join(" ");
    shorten(&redact(&line), 400)
}

/// The refusal of a call, by its status and the answer.
pub fn refused(world: World<'_>, call: Call, (status, told): (u16, &Value), target: &VaultTarget) -> Refusal {
    let said = said(told);
    let shown = if said.is_empty() { format!("HTTP {status}") } else { format!("HTTP {status}: {said}") };
    let service = world.service;
    let place = format!("auth/{}/role/{}", target.mount, target.role);
    let last = |what: &str, hint: String| Refusal::last(format!("{what} ({shown})"), &hint);
    let passing = |what: &str, hint: &str| Refusal::passing(format!("{what} ({shown})"), hint);
    match (status, call) {
        (503, _) if said.contains("sealed") => {
            passing(&format!("{service} is sealed"), "its operator must unseal it; then try again")
        }
        (429 | 473, _) => {
            passing(&format!("{service} is asked too often, or is a standby"), "try again in a moment")
        }
        (500.., _) => passing(&format!("{service} failed"), "try again in a moment"),
        (400, Call::SignIn) => sign_in(world, &said, &shown, target, &place),
        // OpenBao 2.7 answers the same to both.
        (403, Call::SignIn) => last(
            &format!(
                "{service} has no JWT authentication at auth/{}, or the role there takes no sign-in from the caller's address",
                target.mount
            ),
            format!(
                "compare `token_bound_cidrs` of {place} with the address of the caller, which is the broker; else enable it with \
                 `bao auth enable -path={} jwt`, or name its path with `mount` in the policy",
                target.mount
            ),
        ),
        (404, _) => last(
            &format!("{service} has no such namespace or path"),
            "check `namespace` and `mount` of the role in the policy".to_owned(),
        ),
        (400, Call::Child) if said.contains("subset of parent") => last(
            "the server's role does not give every policy that the role or its scope names",
            format!("add them to token_policies of {place}, or take them out of the policy"),
        ),
        (400, Call::Child) if said.contains("restricted use") => last(
            "tokens of the server's role may be used only a few times, so they make no children",
            format!("set token_num_uses=0 on {place}"),
        ),
        (403, Call::Child) => last(
            "the server's role may not make the token that ends with the access",
            format!(
                "give {place} a policy with `path \"auth/token/create\" {{ capabilities = [\"update\"] }}`"
            ),
        ),
        (403, Call::Own) if said.contains(BY_POLICY) => last(
            "no policy of the server's lets the token look itself up or revoke itself",
            "add the policy `default` to the server's role".to_owned(),
        ),
        (403, Call::Own) => last(
            "the server takes no such token from here: it has expired, was revoked, or is bound to other addresses",
            "get another one; if that is refused too, compare `token_bound_cidrs` of the server's role with the addresses of the \
             broker and of this machine: both must be among them"
                .to_owned(),
        ),
        (403, Call::Revoke) => last(
            "the server's role for revoking may not revoke tokens by their accessors",
            format!(
                "give {place} a policy with `path \"auth/token/revoke-accessor\" {{ capabilities = [\"update\"] }}`"
            ),
        ),
        _ => last(
            &format!("{service} refused"),
            format!("run `jit setup trust ROLE` and compare it with {place}"),
        ),
    }
}

/// Why a JWT was not taken.
fn sign_in(world: World<'_>, said: &str, shown: &str, target: &VaultTarget, place: &str) -> Refusal {
    let service = world.service;
    let last = |what: &str, hint: &str| Refusal::last(format!("{what} ({shown})"), hint);
    let compare = format!("run `jit setup trust ROLE` and compare it with {place}");
    if said.contains("could not be found") && said.contains("role") {
        return last(
            &format!("{service} has no role {} at auth/{}", target.role, target.mount),
            "make it as `jit setup trust ROLE` prints",
        );
    }
    if said.contains("fetching keys") || said.contains("get keys failed") || said.contains("error fetching") {
        return Refusal::passing(
            format!("{service} cannot fetch the issuer's keys ({shown})"),
            "check that the server reaches the issuer's address",
        );
    }
    let what = if said.contains("audience") {
        format!("{service} expects a token for another audience than {}", target.audience())
    } else if said.contains("subject") {
        "the server's role is bound to another subject than this role's".to_owned()
    } else if said.contains("issuer") {
        format!("{service} trusts another issuer")
    } else if said.contains("signature") {
        format!("{service} does not find the key that signed the token")
    } else if said.contains("expired") || said.contains("not yet valid") {
        return last(
            &format!("{service} says that the token is not valid now"),
            "compare the clocks of both machines",
        );
    } else if said.contains("claim") {
        "the server's role demands a claim that the token does not have".to_owned()
    } else {
        format!("{service} does not accept the token")
    };
    last(&what, &compare)
}
