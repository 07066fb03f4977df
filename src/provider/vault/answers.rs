//! The server's answers to a sign-in, to the making of a token, and to the question who a token is.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::grant::cloud::vault::Policies;
use crate::grant::cloud::vault::VaultTarget;
use crate::provider::ProviderError;
use crate::provider::exchange;
use crate::provider::exchange::World;
use crate::secret::Secret;

/// A token of the server, as `auth/<mount>/login` and `auth/token/create` answer it.
#[derive(Debug)]
pub struct Login {
    /// The token.
    pub token: Secret<String>,
    /// Its accessor. Empty for a batch token.
    pub accessor: String,
    /// How long it lives, in seconds.
    pub seconds: i64,
    /// The names of its policies.
    pub policies: Vec<String>,
    /// Whether its life can be prolonged.
    pub is_renewable: bool,
    /// `service` or `batch`.
    pub kind: String,
}

#[derive(Deserialize)]
struct Answer {
    auth: Auth,
}

#[derive(Deserialize)]
struct Auth {
    client_token: Secret<String>,
    #[serde(default)]
    accessor: String,
    #[serde(default)]
    policies: Vec<String>,
    lease_duration: i64,
    #[serde(default)]
    renewable: bool,
    #[serde(default)]
    token_type: String,
}

/// Reads a token from an answer.
pub fn read_login(world: World<'_>, body: &[u8]) -> Result<Login, ProviderError> {
    let Answer { auth } = exchange::read(world, body)?;
    Ok(Login {
        token: auth.client_token,
        accessor: auth.accessor,
        seconds: auth.lease_duration,
        policies: auth.policies,
        is_renewable: auth.renewable,
        kind: auth.token_type,
    })
}

/// Refuses a sign-in whose token can make no child that ends when it should.
pub fn check_parent(world: World<'_>, login: &Login, target: &VaultTarget) -> Result<(), ProviderError> {
    let fail =
        |message: String, hint: String| Err(ProviderError { message, hint: Some(hint), passing: false });
    let role = format!("auth/{}/role/{}", target.mount, target.role);
    if login.kind == "batch" {
        return fail(
            format!("{} gives batch tokens, which make no children and cannot be revoked", world.service),
            format!("set token_type=service on {role}"),
        );
    }
    check_no_root(world, login, target)?;
    if login.seconds < 1 {
        return fail(
            format!("{} gives tokens without an end, or with none of their life left", world.service),
            format!("set token_ttl on {role} to the longest lease that a role of jit may have"),
        );
    }
    Ok(())
}

/// Refuses a sign-in whose token may do everything.
pub fn check_no_root(world: World<'_>, login: &Login, target: &VaultTarget) -> Result<(), ProviderError> {
    if !login.policies.iter().any(|policy| policy == "root") {
        return Ok(());
    }
    Err(ProviderError {
        message: format!("{} gives a token that may do everything", world.service),
        hint: Some(format!("take the policy `root` off auth/{}/role/{}", target.mount, target.role)),
        passing: false,
    })
}

/// Refuses a child that is not what was ordered: with further policies, without an accessor, or one that can be prolonged.
pub fn check_child(world: World<'_>, child: &Login, wanted: Option<&Policies>) -> Result<(), ProviderError> {
    // `default` is added by the server: with it a token may look up and revoke itself.
    let is_wanted =
        |name: &String| name == "default" || wanted.is_none_or(|wanted| wanted.names().contains(name));
    let fits = !child.is_renewable
        && child.kind != "batch"
        && is_accessor(&child.accessor)
        && child.seconds >= 1
        && child.policies.iter().all(is_wanted);
    if fits {
        return Ok(());
    }
    Err(ProviderError {
        message: format!("{} answered with another token than the one that was asked for", world.service),
        hint: Some("check the address: it does not behave like OpenBao or Vault".to_owned()),
        passing: false,
    })
}

/// Whether a text has the shape of an accessor: letters and digits, with the id of a namespace behind a point. It goes into the
/// authority's log.
fn is_accessor(text: &str) -> bool {
    (1..=128).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}

/// The answer of `auth/token/lookup-self` about a token.
#[derive(Deserialize)]
pub struct Lookup {
    /// The token's facts.
    pub data: Looked,
}

/// The facts of a token that `jit` compares.
#[derive(Deserialize)]
pub struct Looked {
    /// Its accessor.
    #[serde(default)]
    pub accessor: String,
    /// The name that the server shows, which says the request it was made for: `token-jit-<request>`.
    #[serde(default)]
    pub display_name: String,
    /// The metadata that its maker wrote into it. `None` if there are none.
    #[serde(default)]
    pub meta: Option<BTreeMap<String, String>>,
}
