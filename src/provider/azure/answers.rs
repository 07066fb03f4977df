//! Entra's answer to a sign-in: an access token, and how long it lives.

use serde::Deserialize;
use serde_json::Value;

use crate::grant::cloud::azure::LONGEST_LIFE;
use crate::provider::ProviderError;
use crate::provider::exchange;
use crate::provider::exchange::World;
use crate::provider::timing::MAX_SKEW;
use crate::secret::Secret;

/// The longest token that is taken, in bytes. Entra's have one to four thousand.
const MAX_TOKEN: usize = 16 * 1024;

#[derive(Deserialize)]
struct Granted {
    access_token: Secret<String>,
    token_type: String,
    expires_in: Value,
}

/// Reads the token and its life, in seconds.
///
/// # Errors
/// It is no bearer token, no header can carry it, or it lives longer than plans say.
pub fn read(world: World<'_>, body: &[u8]) -> Result<(Secret<String>, i64), ProviderError> {
    let Granted { access_token, token_type, expires_in } = exchange::read(world, body)?;
    if !is_token(&access_token) || !token_type.eq_ignore_ascii_case("bearer") {
        return Err(unlike(world));
    }
    let life = seconds(&expires_in).ok_or_else(|| unlike(world))?;
    if life < 1 {
        return Err(ProviderError {
            message: format!("{} answered with a token that has already expired", world.service),
            hint: Some(format!("check {} clock", world.voucher.whose())),
            passing: false,
        });
    }
    let longest = i64::try_from(LONGEST_LIFE.seconds()).unwrap_or(i64::MAX);
    if life > longest + MAX_SKEW {
        return Err(too_long(world, life));
    }
    Ok((access_token, life))
}

/// Whether a header can carry a text as a token.
pub fn is_token(token: &Secret<String>) -> bool {
    let text = token.expose();
    (1..=MAX_TOKEN).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// A number of seconds. Some of Entra's endpoints write numbers as texts.
pub fn seconds(told: &Value) -> Option<i64> {
    match told {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

/// Every plan says how long a token lives at most, so a longer one is not given away.
fn too_long(world: World<'_>, life: i64) -> ProviderError {
    ProviderError {
        message: format!(
            "{} answered with a token that lives for {life} seconds, and jit takes none that lives longer than {LONGEST_LIFE}",
            world.service
        ),
        hint: Some(
            "look for a policy of token lifetimes on the application or the tenant, and take the application out of it"
                .to_owned(),
        ),
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
