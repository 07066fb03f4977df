//! One call of a service that answers in JSON, with retries where they may help.

use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::Value;
use zeroize::Zeroizing;

use super::ProviderError;
use super::redact::redact;
use super::redact::shorten;
use super::timing::MAX_SKEW;
use super::timing::pause;
use super::timing::read_date;
use super::timing::skew;
use super::voucher::Voucher;
use crate::grant::text::count;
use crate::system::Clock;
use crate::system::Entropy;
use crate::system::Http;
use crate::system::System;
use crate::system::http::HttpError;
use crate::system::http::Request;
use crate::system::http::Response;

/// The most retries of a call.
const MAX_REPEATS: u32 = 3;

/// The time limit of one exchange.
pub const TIME_LIMIT: Duration = Duration::from_secs(10);

/// The outside world that a call needs, and the service that is called.
#[derive(Clone, Copy)]
pub struct World<'a> {
    /// The network.
    pub http: &'a dyn Http,
    /// The time.
    pub clock: &'a dyn Clock,
    /// Randomises the pauses between retries.
    pub entropy: &'a dyn Entropy,
    /// The caller.
    pub voucher: Voucher,
    /// The service, as the subject of a sentence: `the server https://vault.example.com`.
    pub service: &'a str,
}

impl<'a> World<'a> {
    /// The world of a system, for calls of this service.
    pub fn of(system: &'a System, voucher: Voucher, service: &'a str) -> Self {
        Self { http: &*system.http, clock: &*system.clock, entropy: &*system.entropy, voucher, service }
    }
}

/// Why a service refused, and whether the same call may succeed in a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The error for people.
    pub error: ProviderError,
    /// Whether to retry automatically.
    pub again: bool,
}

impl Refusal {
    /// A refusal that stays.
    pub fn last(message: String, hint: &str) -> Self {
        Self { error: ProviderError { message, hint: Some(hint.to_owned()), passing: false }, again: false }
    }

    /// A refusal that may pass.
    pub fn passing(message: String, hint: &str) -> Self {
        Self { error: ProviderError { message, hint: Some(hint.to_owned()), passing: true }, again: true }
    }
}

/// Makes a call and returns the body of its answer, whose status is one of success. At most [`MAX_REPEATS`] retries, with
/// randomised pauses. `build` makes each request anew, so that each has a token of its own. `refuse` gives the meaning of an
/// error in JSON, by its status.
///
/// # Errors
/// The service refused, cannot be reached, answers something else than JSON, or its clock differs from ours by more than a minute.
pub async fn call(
    world: World<'_>,
    mut build: impl FnMut() -> Result<Request, ProviderError> + Send,
    refuse: impl Fn(u16, &Value) -> Refusal + Send + Sync,
) -> Result<Zeroizing<Vec<u8>>, ProviderError> {
    let mut repeats = 0;
    loop {
        let refusal = match exchange(world, build()?, &refuse).await {
            Ok(body) => return Ok(body),
            Err(refusal) => refusal,
        };
        if !refusal.again || repeats == MAX_REPEATS {
            return Err(refusal.error);
        }
        world.clock.sleep(pause(world.entropy, repeats)).await;
        repeats += 1;
    }
}

/// Reads an answer.
///
/// # Errors
/// It is no JSON of this shape. The error shows nothing of it, because it may contain credentials.
pub fn read<T: DeserializeOwned>(world: World<'_>, body: &[u8]) -> Result<T, ProviderError> {
    serde_json::from_slice(body).map_err(|_| ProviderError {
        message: format!(
            "{} answered {} bytes that are not what it should answer",
            world.service,
            body.len()
        ),
        hint: Some("check the address, and that no proxy answers for it".to_owned()),
        passing: false,
    })
}

async fn exchange(
    world: World<'_>,
    request: Request,
    refuse: &(impl Fn(u16, &Value) -> Refusal + Send + Sync),
) -> Result<Zeroizing<Vec<u8>>, Refusal> {
    let sent = world.clock.now();
    let response = world.http.send(request).await.map_err(|error| unreachable(&error, world.voucher))?;
    let received = world.clock.now();
    let skew = response.header("date").and_then(read_date).map(|date| skew(date, sent, received));
    let skew = skew.filter(|seconds| *seconds > MAX_SKEW);
    if (200..300).contains(&response.status) {
        let body = Zeroizing::new(response.body);
        return match skew {
            Some(seconds) => Err(clocks_disagree(world, seconds)),
            None => Ok(body),
        };
    }
    let mut refusal = refused(world, &response, refuse);
    if let Some(seconds) = skew {
        // A wrong clock explains most refusals, and a retry does not correct it.
        let clocks = clocks_disagree(world, seconds).error;
        refusal.error.message = format!("{}; {}", refusal.error.message, clocks.message);
        refusal.error.hint = clocks.hint;
        refusal.error.passing = false;
        refusal.again = false;
    }
    Err(refusal)
}

fn refused(
    world: World<'_>,
    response: &Response,
    refuse: &(impl Fn(u16, &Value) -> Refusal + Send + Sync),
) -> Refusal {
    let (status, service) = (response.status, world.service);
    if (300..400).contains(&status) {
        return Refusal::last(
            format!("{service} answered with a redirect (HTTP {status}), which is never followed"),
            "check the address: a proxy or a login page seems to answer for it",
        );
    }
    if let Ok(told) = serde_json::from_slice::<Value>(&response.body) {
        return refuse(status, &told);
    }
    let text = redact(&String::from_utf8_lossy(&response.body));
    let beginning = shorten(text.trim(), 200);
    let shown = if beginning.is_empty() { "nothing".to_owned() } else { format!("{beginning:?}") };
    let message = format!("{service} answered HTTP {status} and no JSON, but {shown}");
    if status >= 500 || status == 429 {
        Refusal::passing(
            message,
            "try again in a moment; if it stays, a proxy may be answering for the service",
        )
    } else {
        Refusal::last(message, "check the address, and that no proxy answers for it")
    }
}

fn unreachable(error: &HttpError, voucher: Voucher) -> Refusal {
    let asker = voucher.machine();
    let message = match error {
        HttpError::Connect { host, cause } => format!("{asker} cannot connect to {host}: {cause}"),
        HttpError::TimeOut { host } => format!("{host} did not answer {asker} in time"),
        HttpError::Broken { .. } | HttpError::TooLarge { .. } => error.to_string(),
    };
    let message = redact(&message);
    match error {
        // The call may have been heard; nothing is bought twice by asking a person to try again.
        HttpError::Connect { host, .. } => Refusal {
            again: false,
            ..Refusal::passing(message, &format!("check that {asker} may reach {host}"))
        },
        HttpError::TimeOut { .. } | HttpError::Broken { .. } => {
            Refusal { again: false, ..Refusal::passing(message, "try again in a moment") }
        }
        HttpError::TooLarge { .. } => {
            Refusal::last(message, "check the address, and that no proxy answers for it")
        }
    }
}

fn clocks_disagree(world: World<'_>, seconds: i64) -> Refusal {
    Refusal::last(
        format!(
            "{} clock and that of {} differ by {}; more than {MAX_SKEW} are not accepted",
            world.voucher.whose(),
            world.service,
            count(seconds, "second")
        ),
        match world.voucher {
            Voucher::Person => "set the clock by NTP (`timedatectl set-ntp true`), then try again",
            Voucher::Broker | Voucher::Own | Voucher::Denying => {
                "the broker's operator must set its clock by NTP (`timedatectl set-ntp true`); then try again"
            }
            Voucher::Job => "the runner's clock must be set by NTP; then try again",
        },
    )
}
