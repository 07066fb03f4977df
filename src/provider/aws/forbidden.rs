//! Tests the forbidden path: whether the person's own identity can assume a role without an approval.

use super::direct;
use super::direct::BaseCredentials;
use super::direct::DirectOrder;
use super::endpoint;
use super::refusal;
use super::vouching::Voucher;
use crate::grant::Target;
use crate::provider::ProviderError;
use crate::system::System;
use crate::system::http::Request;

/// The lifetime of the credentials if they are issued: a session policy ends them, and they are dropped unread.
const LIFE: jiff::SignedDuration = jiff::SignedDuration::from_secs(60);

/// Whether the role can be assumed. Leaves an entry in the account's CloudTrail, as the person, named `jit-doctor`.
///
/// # Errors
/// The test failed for another reason than the role's trust policy.
pub async fn is_open(
    target: &Target,
    base: &dyn BaseCredentials,
    system: &System,
) -> Result<bool, ProviderError> {
    let order = DirectOrder {
        target: target.clone(),
        session_name: "jit-doctor".to_owned(),
        until: system.clock.now() + LIFE,
        mfa_serial: None,
        external_id: None,
    };
    match direct::assume(&order, base, system).await {
        Ok(_) => Ok(true),
        Err(error) if error.message.contains(refusal::NOT_TRUSTED) => Ok(false),
        Err(error) => Err(error),
    }
}

/// How many seconds this machine's clock differs from the cloud's, by the `Date` of any answer of its STS. `None` if
/// the answer has no date.
///
/// # Errors
/// The region does not fit the role, or the STS cannot be reached.
pub async fn clock_difference(target: &Target, system: &System) -> Result<Option<i64>, ProviderError> {
    let place = endpoint::place_of(target)?;
    let sent = system.clock.now();
    let request = Request::new(http::Method::GET, place.url);
    let answer = system
        .http
        .send(request)
        .await
        .map_err(|error| refusal::unreachable(&error, Voucher::Person).error)?;
    let date = answer.header("date").and_then(crate::provider::timing::read_date);
    Ok(date.map(|date| crate::provider::timing::skew(date, sent, system.clock.now())))
}
