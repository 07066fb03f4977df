//! The meaning of Entra's refusals, for people, and which of them to retry.
//!
//! Entra answers `{"error", "error_description", "error_codes", …}` (Microsoft's documentation: authentication and
//! authorization error codes). The numbers decide, never the text. Those of federated credentials are 70021 and its like;
//! 90061, 50166 and 501661 are reported by users whose issuer was out of Entra's reach, 900612 by one whose key set could
//! not be read. No live tenant has been seen.

use serde_json::Value;

use crate::grant::cloud::azure::AzureTarget;
use crate::provider::exchange::Refusal;
use crate::provider::exchange::World;
use crate::provider::redact::redact;
use crate::provider::redact::shorten;

const COMPARE: &str = "compare the application's federated credentials with what `jit setup trust ROLE` prints, each letter; a new or changed \
                       one takes some minutes";

/// The refusal of a sign-in, by its status and the answer.
pub fn refused(
    world: World<'_>,
    (status, told): (u16, &Value),
    target: &AzureTarget,
    audience: &str,
) -> Refusal {
    let codes: Vec<u64> =
        told["error_codes"].as_array().into_iter().flatten().filter_map(Value::as_u64).collect();
    let shown = shown(status, told);
    let known = codes.iter().find_map(|code| meaning(*code, world, (&shown, target), audience));
    if let Some(refusal) = known {
        return refusal;
    }
    let service = world.service;
    match status {
        429 => Refusal::passing(format!("{service} is asked too often ({shown})"), "try again in a moment"),
        500.. => Refusal::passing(format!("{service} failed ({shown})"), "try again in a moment"),
        _ => Refusal::last(
            format!("{service} gave no token ({shown})"),
            "look the number up at https://login.microsoftonline.com/error; `jit setup trust ROLE` prints what must be there",
        ),
    }
}

/// The error as an error of ours may show it.
fn shown(status: u16, told: &Value) -> String {
    let word = |key: &str| told[key].as_str().unwrap_or_default();
    let line = word("error_description").split_whitespace().collect::<Vec<_>>().join(" ");
    let said = if line.is_empty() { word("error") } else { &line };
    let said = shorten(&redact(said), 400);
    if said.is_empty() { format!("HTTP {status}") } else { format!("HTTP {status}: {said}") }
}

/// A refusal that time alone may end, in minutes: the same call does not help in a moment.
fn later(message: String, hint: &str) -> Refusal {
    Refusal { again: false, ..Refusal::passing(message, hint) }
}

/// The refusal that a number stands for. `None` for a number that is not known here.
fn meaning(
    code: u64,
    world: World<'_>,
    (shown, target): (&str, &AzureTarget),
    audience: &str,
) -> Option<Refusal> {
    let service = world.service;
    let AzureTarget { tenant, client_id, authority, .. } = target;
    let last = |what: String, hint: &str| Some(Refusal::last(format!("{what} ({shown})"), hint));
    match code {
        70021 => Some(later(
            format!("no federated credential of the application {client_id} fits jit's token ({shown})"),
            "add it as `jit setup trust ROLE` prints; a new one takes some minutes to spread, so try again then",
        )),
        700_211 => last(format!("no federated credential of {client_id} names this issuer"), COMPARE),
        700_212 => last(
            format!(
                "no federated credential of {client_id} has the audience {}",
                authority.exchange_audience()
            ),
            COMPARE,
        ),
        700_213 | 7_002_131 | 7_002_138 => {
            last(format!("no federated credential of {client_id} names the role's subject"), COMPARE)
        }
        700_024 => last(
            format!("{service} says that jit's token is not valid now"),
            "compare the clock of the authority with the world's: `timedatectl`",
        ),
        50027 => last(
            format!("{service} cannot read jit's token"),
            "check that no proxy changes requests; otherwise tell jit's developers",
        ),
        700_027 | 5_000_811 => Some(later(
            format!("{service} does not find the key that signed jit's token ({shown})"),
            "the issuer's address must serve its newest key set; Entra fetches it again within minutes, and reads the first 100 keys",
        )),
        90061 | 50166 | 501_661 => Some(Refusal::passing(
            format!("{service} cannot fetch the issuer's documents ({shown})"),
            "the issuer's address must be reachable from the internet: see `jit doctor`",
        )),
        900_612 => last(
            format!("{service} cannot read the issuer's key set"),
            "see `jit doctor`: the issuer's host must serve the key set as it was written",
        ),
        7_000_229 => last(
            format!("the application {client_id} has no service principal in the tenant {tenant}"),
            "make it: `az ad sp create --id CLIENT_ID`",
        ),
        90002 => last(
            format!("there is no tenant {tenant} at {}", authority.url()),
            "check `tenant` of the role, and `authority` if it is in a national cloud",
        ),
        700_016 => last(
            format!("there is no application {client_id} in the tenant {tenant}"),
            "check `client_id` of the role: it is the application's id, not its object's",
        ),
        7_000_112 => last(
            format!("the application {client_id} is disabled in the tenant {tenant}"),
            "let an administrator of the tenant enable it",
        ),
        500_011 => {
            last(format!("the tenant {tenant} knows no resource {audience}"), "check `audiences` of the role")
        }
        70011 | 1_002_012 => last(
            format!("{service} does not accept the scope {audience}/.default"),
            "check `audiences` of the role: each is a resource's URI or id, without /.default",
        ),
        501_051 => last(
            format!("the application {client_id} has no role of {audience}"),
            "assign it one of that application's roles: it demands an assignment",
        ),
        53003 => last(
            format!("a conditional access policy of the tenant blocks the application {client_id}"),
            "let an administrator of the tenant admit the authority's address",
        ),
        _ => None,
    }
}
