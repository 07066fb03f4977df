//! One call of the STS query protocol: a form out, an answer or refusal in, with retries where the table says so.

use std::time::Duration;

use jiff::SignedDuration;
use jiff::Timestamp;
use percent_encoding::AsciiSet;
use percent_encoding::NON_ALPHANUMERIC;
use percent_encoding::utf8_percent_encode;
use zeroize::Zeroizing;

use super::answers;
use super::refusal;
use super::refusal::Again;
use super::refusal::Refusal;
use super::vouching::Voucher;
use crate::provider::ProviderError;
use crate::system::Clock;
use crate::system::Entropy;
use crate::system::Http;
use crate::system::http::Request;

/// The content type of every call (AWS query protocol).
pub const FORM: &str = "application/x-www-form-urlencoded; charset=utf-8";

/// The version of the STS API.
const VERSION: &str = "2011-06-15";

/// The largest accepted difference between the cloud's clock and ours, in seconds.
const MAX_SKEW: i64 = 60;

/// The most retries of a call.
const MAX_REPEATS: u32 = 3;

/// The time limit of one exchange.
const TIME_LIMIT: Duration = Duration::from_secs(10);

/// The characters to encode: all but the unreserved ones (RFC 3986 §2.3). A space becomes `%20`, because some servers
/// read `+` as itself.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The outside world that a call needs.
pub struct World<'a> {
    /// The network.
    pub http: &'a dyn Http,
    /// The time.
    pub clock: &'a dyn Clock,
    /// Randomises the pauses between retries.
    pub entropy: &'a dyn Entropy,
    /// The caller, and whose token it shows.
    pub voucher: Voucher,
}

/// The body of a call of STS.
pub fn form(action: &str, parameters: &[(&str, &str)]) -> Zeroizing<String> {
    form_of(VERSION, action, parameters)
}

/// The body of a call of a service with this version.
pub fn form_of(version: &str, action: &str, parameters: &[(&str, &str)]) -> Zeroizing<String> {
    let mut body = Zeroizing::new(format!("Action={action}&Version={version}"));
    for (name, value) in parameters {
        body.push('&');
        body.push_str(name);
        body.push('=');
        body.extend(utf8_percent_encode(value, ENCODED));
    }
    body
}

/// A `POST` of a form.
pub fn post(url: &str, form: &str) -> Request {
    Request::new(http::Method::POST, url).body(FORM, form.as_bytes()).time_limit(TIME_LIMIT)
}

/// Makes a call, with retries where they may help: at most [`MAX_REPEATS`], with randomised pauses, and only once for
/// an expired token. `build` makes each request anew, so that each has its own token and signature.
///
/// # Errors
/// The cloud refused, cannot be reached, or its clock differs from ours.
pub async fn call(
    world: &World<'_>,
    mut build: impl FnMut() -> Result<Request, ProviderError> + Send,
) -> Result<Zeroizing<String>, ProviderError> {
    let mut repeats = 0;
    let mut fresh_token_used = false;
    loop {
        let refusal = match exchange(world, build()?).await {
            Ok(body) => return Ok(body),
            Err(refusal) => refusal,
        };
        let worth_it = match refusal.again {
            Again::No => false,
            Again::Soon => true,
            Again::FreshToken => !std::mem::replace(&mut fresh_token_used, true),
        };
        if !worth_it || repeats == MAX_REPEATS {
            return Err(refusal.error);
        }
        world.clock.sleep(pause(world.entropy, repeats)).await;
        repeats += 1;
    }
}

/// The pause: between half and all of 200 ms, 400 ms, 800 ms …
fn pause(entropy: &dyn Entropy, repeats: u32) -> Duration {
    let whole = 200_u64 << repeats.min(8);
    let mut chance = [0; 8];
    entropy.fill(&mut chance);
    Duration::from_millis(whole / 2 + u64::from_le_bytes(chance) % (whole / 2 + 1))
}

async fn exchange(world: &World<'_>, request: Request) -> Result<Zeroizing<String>, Refusal> {
    let sent = world.clock.now();
    let response =
        world.http.send(request).await.map_err(|error| refusal::unreachable(&error, world.voucher))?;
    let received = world.clock.now();
    let skew = response.header("date").and_then(read_date).map(|date| skew(date, sent, received));
    let body = Zeroizing::new(response.body);
    if response.status == 200 {
        match skew {
            None => return Err(refusal::no_date()),
            Some(seconds) if seconds > MAX_SKEW => {
                return Err(refusal::clocks_disagree(seconds, world.voucher));
            }
            Some(_) => {}
        }
        return String::from_utf8(body.to_vec())
            .map(Zeroizing::new)
            .map_err(|_| refusal::unreadable(body.len()));
    }
    let told = std::str::from_utf8(&body).ok().and_then(answers::read_error);
    let mut refusal = refusal::refused(response.status, told, &body, world.voucher);
    if let Some(seconds) = skew.filter(|seconds| *seconds > MAX_SKEW) {
        // A wrong clock explains most refusals, and a retry does not correct it.
        let clocks = refusal::clocks_disagree(seconds, world.voucher).error;
        refusal.error.message = format!("{}; {}", refusal.error.message, clocks.message);
        refusal.error.hint = clocks.hint;
        refusal.error.passing = false;
        refusal.again = Again::No;
    }
    Err(refusal)
}

/// Parses an HTTP date (RFC 9110 §5.6.7).
pub(super) fn read_date(text: &str) -> Option<Timestamp> {
    jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text.trim()).ok()
}

/// How many seconds, rounded up, the cloud's time is outside the period between call and answer.
pub(super) fn skew(date: Timestamp, sent: Timestamp, received: Timestamp) -> i64 {
    let ahead = date.duration_since(received);
    let behind = sent.duration_since(date);
    let span = ahead.max(behind).max(SignedDuration::ZERO);
    span.as_secs() + i64::from(span.subsec_nanos() > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_encoded_as_rfc_3986_says() {
        assert_eq!(
            form("A", &[("Policy", "{\"a b\":\"+/=*~é\"}")]).as_str(),
            "Action=A&Version=2011-06-15&Policy=%7B%22a%20b%22%3A%22%2B%2F%3D%2A~%C3%A9%22%7D"
        );
    }

    #[test]
    fn dates_are_compared_with_the_span_of_the_exchange() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let date = read_date("Mon, 23 Nov 2026 13:15:00 GMT").unwrap();
        assert_eq!(date, at("2026-11-23T13:15:00Z"));
        assert_eq!(skew(date, at("2026-11-23T13:14:50Z"), at("2026-11-23T13:15:10Z")), 0);
        assert_eq!(skew(date, at("2026-11-23T13:16:00Z"), at("2026-11-23T13:16:10Z")), 60);
        assert_eq!(skew(date, at("2026-11-23T13:16:00.5Z"), at("2026-11-23T13:16:10Z")), 61);
        assert_eq!(skew(date, at("2026-11-23T13:13:50Z"), at("2026-11-23T13:13:59Z")), 61);
        for bad in ["", "yesterday", "2026-11-23T13:15:00Z"] {
            assert!(read_date(bad).is_none(), "{bad}");
        }
    }
}
