//! Google's answers: tokens, and whose a token is.

use jiff::Timestamp;
use serde::Deserialize;

use crate::provider::ProviderError;
use crate::provider::exchange;
use crate::provider::exchange::World;
use crate::secret::Secret;

/// The longest token that Google gives, in bytes (STS v1).
const MAX_TOKEN: usize = 12_288;

/// An access token, and when it expires by Google's word, in whole seconds.
#[derive(Debug)]
pub struct AccessToken {
    /// The token.
    pub token: Secret<String>,
    /// When it expires.
    pub expires: Timestamp,
}

#[derive(Deserialize)]
struct Exchanged {
    access_token: Secret<String>,
    issued_token_type: String,
    token_type: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Generated {
    access_token: Secret<String>,
    expire_time: Timestamp,
}

/// Reads a federated token.
pub fn read_federated(world: World<'_>, body: &[u8]) -> Result<Secret<String>, ProviderError> {
    read_exchanged(world, body)
}

/// Reads a token that a boundary limits. Its own `expires_in` is not needed: it lives as long as the token that it was made of.
pub fn read_narrowed(world: World<'_>, body: &[u8]) -> Result<Secret<String>, ProviderError> {
    read_exchanged(world, body)
}

fn read_exchanged(world: World<'_>, body: &[u8]) -> Result<Secret<String>, ProviderError> {
    let Exchanged { access_token, issued_token_type, token_type } = exchange::read(world, body)?;
    if issued_token_type != super::form::ACCESS_TOKEN || !token_type.eq_ignore_ascii_case("bearer") {
        return Err(unlike(world));
    }
    check_token(world, access_token)
}

/// Reads an access token of a service account.
pub fn read_access(world: World<'_>, body: &[u8]) -> Result<AccessToken, ProviderError> {
    let Generated { access_token, expire_time } = exchange::read(world, body)?;
    let token = check_token(world, access_token)?;
    Ok(AccessToken { token, expires: crate::provider::whole_seconds(expire_time) })
}

/// Refuses what no header and no variable can carry.
fn check_token(world: World<'_>, token: Secret<String>) -> Result<Secret<String>, ProviderError> {
    let text = token.expose();
    let fits = (1..=MAX_TOKEN).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
    if fits { Ok(token) } else { Err(unlike(world)) }
}

/// Refuses an access token that has expired already, or that lives longer than was asked for.
pub fn check_life(
    world: World<'_>,
    access: &AccessToken,
    (now, latest): (Timestamp, Timestamp),
) -> Result<(), ProviderError> {
    if access.expires <= now {
        return Err(ProviderError {
            message: format!("{} answered with a token that has already expired", world.service),
            hint: Some(format!("check {} clock", world.voucher.whose())),
            passing: false,
        });
    }
    if access.expires > latest {
        return Err(ProviderError {
            message: format!("{} answered with a token that lives longer than was asked for", world.service),
            hint: Some("check the address: it does not behave like Google's".to_owned()),
            passing: false,
        });
    }
    Ok(())
}

/// The error of a boundary that limited nothing.
pub fn not_narrowed(world: World<'_>) -> ProviderError {
    ProviderError {
        message: format!("{} answered a boundary with the same token as before", world.service),
        hint: Some("check the address: it does not behave like Google's".to_owned()),
        passing: false,
    }
}

fn unlike(world: World<'_>) -> ProviderError {
    ProviderError {
        message: format!("{} answered with something else than an access token", world.service),
        hint: Some("check the address, and that no proxy answers for it".to_owned()),
        passing: false,
    }
}

/// The answer of `tokeninfo` about a token. Google writes numbers as texts here, and the address only for a token with the scope
/// `userinfo.email`.
#[derive(Deserialize)]
pub struct TokenInfo {
    /// The address of the account.
    pub email: Option<String>,
}
