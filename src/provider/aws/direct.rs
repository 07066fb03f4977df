//! Direct roles, which the person's own cloud identity may already assume (docs/trust.md, "Direct roles"). They are
//! never shown as approved.

use jiff::Timestamp;

use super::MIN_SESSION;
use super::accept;
use super::answers;
use super::answers::Minted;
use super::endpoint;
use super::endpoint::Place;
use super::fit_session_name;
use super::identify::signed;
pub use super::own::BaseCredentials;
pub use super::own::Chain;
pub use super::own::Whose;
use super::refusal;
use super::session_policy::session_policy;
use super::session_seconds;
use super::signing::Keys;
use super::vouching::Voucher;
use super::whole_seconds;
use super::wire;
use super::wire::World;
use crate::grant::Target;
use crate::grant::cloud::aws::RoleArn;
use crate::provider::MintedCredentials;
use crate::provider::ProviderError;
use crate::secret::Secret;
use crate::system::System;
use crate::system::console::ConsoleError;

/// The role to assume, and how the session is recorded.
#[derive(Debug, Clone)]
pub struct DirectOrder {
    /// The role.
    pub target: Target,
    /// The session's name, for the account's audit trail. Characters that STS does not accept become `-`.
    pub session_name: String,
    /// When the credentials expire. A session policy enforces this even for less than 900 seconds.
    pub until: Timestamp,
    /// The MFA device whose code is requested, if the role demands one.
    pub mfa_serial: Option<String>,
    /// The external ID that the role's trust policy demands from another company.
    pub external_id: Option<String>,
}

/// Assumes a role with the person's own credentials (`AssumeRole`). Prompts for the MFA code if a device is named.
///
/// # Errors
/// There are no base credentials, no code was entered, or the cloud refused.
pub async fn assume(
    order: &DirectOrder,
    base: &dyn BaseCredentials,
    system: &System,
) -> Result<MintedCredentials, ProviderError> {
    let place = endpoint::place_of(&order.target)?;
    let keys = base.keys().await?;
    let code = order.mfa_serial.as_deref().map(|serial| ask_for_code(serial, system)).transpose()?;
    // The clock is read after the prompt, because a person may take a minute to find the device.
    let now = system.clock.now();
    let end = whole_seconds(order.until);
    let policy = session_policy(end);
    let call = Call {
        role: &place.role,
        session: &fit_session_name(&order.session_name),
        seconds: Some(session_seconds(now, end)?),
        policy: (end.duration_since(now).as_secs() < MIN_SESSION).then_some(policy.as_str()),
        external_id: order.external_id.as_deref(),
        mfa: order.mfa_serial.as_deref().zip(code.as_ref()),
    };
    let minted = exchange(&call, &place, &keys, system, Voucher::Person).await?;
    accept(minted, &order.target, &place, end, system.clock.now(), Voucher::Person)
}

/// The parameters of one `AssumeRole` call.
pub(super) struct Call<'a> {
    pub(super) role: &'a RoleArn,
    pub(super) session: &'a str,
    /// The duration. `None` for STS's own default.
    pub(super) seconds: Option<i64>,
    pub(super) policy: Option<&'a str>,
    pub(super) external_id: Option<&'a str>,
    /// The device and its code.
    pub(super) mfa: Option<(&'a str, &'a Secret<String>)>,
}

/// Makes the call, signed with these keys.
pub(super) async fn exchange(
    call: &Call<'_>,
    place: &Place,
    keys: &Keys,
    system: &System,
    voucher: Voucher,
) -> Result<Minted, ProviderError> {
    let seconds = call.seconds.map(|seconds| seconds.to_string());
    let mut parameters = vec![("RoleArn", call.role.as_str()), ("RoleSessionName", call.session)];
    parameters.extend(seconds.as_deref().map(|seconds| ("DurationSeconds", seconds)));
    parameters.extend(call.policy.map(|policy| ("Policy", policy)));
    parameters.extend(call.external_id.map(|id| ("ExternalId", id)));
    if let Some((serial, code)) = call.mfa {
        parameters.extend([("SerialNumber", serial), ("TokenCode", code.expose())]);
    }
    let form = wire::form("AssumeRole", &parameters);
    let world = World { http: &*system.http, clock: &*system.clock, entropy: &*system.entropy, voucher };
    let answer =
        wire::call(&world, || signed(&place.url, &form, keys, &place.region, &*system.clock)).await?;
    answers::read_minted(&answer).ok_or_else(|| refusal::unreadable(answer.len()).error)
}

/// Prompts for the current code of the device.
pub(super) fn ask_for_code(serial: &str, system: &System) -> Result<Secret<String>, ProviderError> {
    let refuse =
        |message: String, hint: &str| ProviderError { message, hint: Some(hint.to_owned()), passing: false };
    let question = format!("Code of the MFA device {}", refusal::redact(serial));
    let answer = system.console.ask_secret(&question).map_err(|error| match error {
        ConsoleError::NotInteractive => refuse(
            "the role needs the code of an MFA device, and there is no terminal to ask on".to_owned(),
            "run the command on a terminal, once: the credentials are then kept until they expire",
        ),
        error => refuse(format!("the code of the MFA device was not given: {error}"), "try again"),
    })?;
    let code = Secret::from(answer.expose().trim());
    if code.expose().len() == 6 && code.expose().bytes().all(|byte| byte.is_ascii_digit()) {
        Ok(code)
    } else {
        Err(refuse(
            "the code of an MFA device has six digits".to_owned(),
            "try again with the code that it shows now",
        ))
    }
}
