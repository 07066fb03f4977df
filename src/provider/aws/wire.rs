//! One call of the STS query protocol: a form out, an answer or refusal in, with retries where the table says so.

use std::time::Duration;

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
use crate::provider::timing::MAX_SKEW;
use crate::provider::timing::pause;
use crate::provider::timing::read_date;
use crate::provider::timing::skew;
use crate::system::Clock;
use crate::system::Entropy;
use crate::system::Http;
use crate::system::http::Request;

/// The content type of every call (AWS query protocol).
pub const FORM: &str = "application/x-www-form-urlencoded; charset=utf-8";

/// The version of the STS API.
const VERSION: &str = "2011-06-15";

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
}
