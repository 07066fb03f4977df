//! The meaning of STS error codes for people, and which of them to retry.

use super::answers::Told;
use super::vouching::Voucher;
use crate::grant::text::count;
use crate::provider::ProviderError;
pub use crate::provider::redact::redact;
use crate::provider::redact::shorten;
use crate::system::http::HttpError;

/// Whether to retry a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Again {
    /// No: the answer would be the same.
    No,
    /// After a moment: the cloud was busy, or could not reach the issuer.
    Soon,
    /// Once, with a fresh token.
    FreshToken,
}

/// Why STS returned no credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The error for people.
    pub error: ProviderError,
    /// Whether to retry automatically.
    pub again: Again,
}

/// The message if the role itself refuses.
pub const NOT_TRUSTED: &str = "the role does not trust this caller";

/// The message if a parameter is refused.
pub const VALUES: &str = "the cloud refuses the call's values";

/// The refusal for clocks that differ by this many seconds. The clock is that of the calling machine.
pub fn clocks_disagree(seconds: i64, voucher: Voucher) -> Refusal {
    let hint = match voucher {
        Voucher::Person => "set the clock by NTP (`timedatectl set-ntp true`), then try again",
        Voucher::Broker | Voucher::Own | Voucher::Denying => {
            "the broker's operator must set its clock by NTP (`timedatectl set-ntp true`); then try again"
        }
        Voucher::Job => "the runner's clock must be set by NTP; then try again",
    };
    Refusal {
        error: ProviderError {
            message: format!(
                "{} clock and the cloud's differ by {}; more than 60 are not accepted",
                voucher.whose(),
                count(seconds, "second")
            ),
            hint: Some(hint.to_owned()),
            passing: false,
        },
        again: Again::No,
    }
}

/// The refusal for an answer without the cloud's time.
pub fn no_date() -> Refusal {
    let message = "the cloud's answer does not say its time, so its clock cannot be compared with ours";
    plain(message.to_owned(), Some("if a proxy removes the Date header, let it pass"), false)
}

/// The refusal if the calling machine received no answer.
pub fn unreachable(error: &HttpError, voucher: Voucher) -> Refusal {
    let asker = voucher.machine();
    let hint = match error {
        HttpError::Connect { .. } => {
            format!("check that {asker} may reach the STS of the role's region, and that the region exists")
        }
        HttpError::TimeOut { .. } | HttpError::Broken { .. } => "try again in a moment".to_owned(),
        HttpError::TooLarge { .. } => {
            "check that the endpoint is an STS, and that no proxy answers for it".to_owned()
        }
    };
    let message = match error {
        HttpError::Connect { host, cause } => format!("{asker} cannot connect to {host}: {cause}"),
        HttpError::TimeOut { host } => format!("{host} did not answer {asker} in time"),
        HttpError::Broken { .. } | HttpError::TooLarge { .. } => error.to_string(),
    };
    let passing = !matches!(error, HttpError::TooLarge { .. });
    plain(redact(&message), Some(&hint), passing)
}

/// The refusal for an answer of status 200 that does not parse. It hides the text, which may contain credentials.
pub fn unreadable(length: usize) -> Refusal {
    plain(
        format!("the cloud answered {length} bytes that are not an answer of STS"),
        Some("check that the endpoint is an STS, and that no proxy changes its answers"),
        false,
    )
}

/// The refusal for a status other than 200, with the error that it contains, or else the beginning of the body.
pub fn refused(status: u16, told: Option<Told>, body: &[u8], voucher: Voucher) -> Refusal {
    let Some(told) = told else {
        return not_an_error_of_sts(status, body);
    };
    let code = told.code.unwrap_or_default();
    let said =
        told.message.map_or_else(String::new, |message| format!(": {}", shorten(&redact(&message), 600)));
    let (what, hint, again) = meaning(&code, &said, status);
    let (what, hint) = voucher.words(&code, &said, again, (what, hint));
    let named = if code.is_empty() { format!("HTTP {status}") } else { shorten(&redact(&code), 64) };
    let request = told
        .request_id
        .map_or_else(String::new, |id| format!("; the cloud's request id is {}", shorten(&redact(&id), 64)));
    Refusal {
        error: ProviderError {
            message: format!("{what} ({named}{said}{request})"),
            hint: hint.map(str::to_owned),
            passing: again != Again::No,
        },
        again,
    }
}

fn meaning(code: &str, said: &str, status: u16) -> (&'static str, Option<&'static str>, Again) {
    match code {
        "MalformedPolicyDocument" => (
            "the cloud does not accept the session policy",
            Some("this is a mistake in jit or in the role's scope: please report it"),
            Again::No,
        ),
        "PackedPolicyTooLarge" => (
            "the session policy and tags are too large together",
            Some("shorten the scope's policy document"),
            Again::No,
        ),
        "IDPRejectedClaim" => (
            "the cloud says that the broker's token was rejected",
            Some("check that the broker's clock is right, and that its issuer URL is the provider's in IAM"),
            Again::No,
        ),
        "IDPCommunicationError" => (
            "the cloud could not reach the broker's key set",
            Some("check that the issuer URL is reachable from the internet within five seconds"),
            Again::Soon,
        ),
        "InvalidIdentityToken" if said.to_ascii_lowercase().contains("retrieve verification key") => (
            "the cloud could not fetch the broker's keys",
            Some("check that the issuer URL is reachable from the internet within five seconds"),
            Again::Soon,
        ),
        "InvalidIdentityToken" => (
            "the cloud does not accept the broker's token",
            Some(
                "run `jit setup aws-trust ROLE` and compare: the OIDC provider in IAM must have exactly this issuer URL and audience",
            ),
            Again::No,
        ),
        "ExpiredTokenException" => (
            "the cloud says that the broker's token has expired",
            Some("check the broker's clock"),
            Again::FreshToken,
        ),
        "RegionDisabledException" => (
            "STS is not enabled in this region for the account",
            Some("enable the region in the account, or give the role another region in the policy"),
            Again::No,
        ),
        "AccessDenied" if said.contains("MultiFactorAuthentication") => (
            "the code of the MFA device was not accepted",
            Some("wait for the next code and try again"),
            Again::No,
        ),
        "AccessDenied" | "AccessDeniedException" => (
            NOT_TRUSTED,
            Some(
                "put the trust policy that `jit setup aws-trust ROLE` prints on the role; a role that is new may need a few minutes",
            ),
            Again::No,
        ),
        "ValidationError" | "InvalidParameterValue" if said.contains("chaining") => (
            "a role assumed from another role's session lasts at most one hour",
            Some("ask for an hour or less, or use a profile that does not itself assume a role"),
            Again::No,
        ),
        "ValidationError" | "InvalidParameterValue" => (
            VALUES,
            Some(
                "if the duration is the reason, lower the role's lease in the policy or raise the role's maximum session duration in IAM",
            ),
            Again::No,
        ),
        "ExpiredToken" => (
            "these credentials have expired",
            Some("get fresh ones: `jit request ROLE`, or log in to your profile again"),
            Again::No,
        ),
        "InvalidClientTokenId" | "UnrecognizedClientException" => (
            "the cloud does not know these credentials",
            Some("the session of the hub was not accepted; try again in a moment"),
            Again::No,
        ),
        "SignatureDoesNotMatch" | "InvalidSignatureException" | "RequestTimeTooSkewed" | "RequestExpired" => {
            ("the cloud does not accept the signature", Some("check the broker's clock"), Again::No)
        }
        _ if is_throttling(code) || status == 429 => {
            ("the cloud is asked too often", Some("try again in a moment"), Again::Soon)
        }
        _ if status >= 500 || matches!(code, "InternalFailure" | "InternalError") => {
            ("the cloud failed", Some("try again in a moment; see the cloud's status page"), Again::Soon)
        }
        _ => ("the cloud refused", None, Again::No),
    }
}

fn is_throttling(code: &str) -> bool {
    matches!(
        code,
        "Throttling"
            | "ThrottlingException"
            | "ThrottledException"
            | "RequestThrottled"
            | "TooManyRequestsException"
            | "RequestLimitExceeded"
            | "SlowDown"
    )
}

fn not_an_error_of_sts(status: u16, body: &[u8]) -> Refusal {
    if (300..400).contains(&status) {
        return plain(
            format!("the cloud answered with a redirect (HTTP {status}), which is never followed"),
            Some("check the endpoint: a proxy or a login page seems to answer for it"),
            false,
        );
    }
    let text = redact(&String::from_utf8_lossy(body));
    let beginning = shorten(text.trim(), 200);
    let shown = if beginning.is_empty() { "nothing".to_owned() } else { format!("{beginning:?}") };
    let busy = status >= 500 || status == 429;
    Refusal {
        error: ProviderError {
            message: format!("the cloud answered HTTP {status} and no error of STS, but {shown}"),
            hint: Some(if busy {
                "try again in a moment; if it stays, a proxy may be answering for the cloud".to_owned()
            } else {
                "check that the endpoint is an STS, and that no proxy answers for it".to_owned()
            }),
            passing: busy,
        },
        again: if busy { Again::Soon } else { Again::No },
    }
}

fn plain(message: String, hint: Option<&str>, passing: bool) -> Refusal {
    Refusal { error: ProviderError { message, hint: hint.map(str::to_owned), passing }, again: Again::No }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(code: &str, message: &str) -> Option<Told> {
        Some(Told { code: Some(code.to_owned()), message: Some(message.to_owned()), request_id: None })
    }

    #[test]
    fn every_code_of_the_table_has_its_meaning() {
        let cases = [
            ("MalformedPolicyDocument", 400, "", Again::No),
            ("PackedPolicyTooLarge", 400, "", Again::No),
            ("IDPRejectedClaim", 403, "", Again::No),
            ("IDPCommunicationError", 400, "", Again::Soon),
            (
                "InvalidIdentityToken",
                400,
                "Couldn't retrieve verification key from your identity provider",
                Again::Soon,
            ),
            ("InvalidIdentityToken", 400, "Incorrect token audience", Again::No),
            ("ExpiredTokenException", 400, "", Again::FreshToken),
            ("RegionDisabledException", 403, "", Again::No),
            ("AccessDenied", 403, "", Again::No),
            ("ValidationError", 400, "", Again::No),
            ("InvalidParameterValue", 400, "", Again::No),
            ("Throttling", 400, "", Again::Soon),
            ("ServiceUnavailable", 503, "", Again::Soon),
            ("InternalFailure", 500, "", Again::Soon),
            ("ExpiredToken", 403, "", Again::No),
            ("InvalidClientTokenId", 403, "", Again::No),
            ("SignatureDoesNotMatch", 403, "", Again::No),
            ("SomethingNew", 400, "", Again::No),
        ];
        let mut lines = String::new();
        for (code, status, message, again) in cases {
            let refusal = refused(status, told(code, message), b"", Voucher::Broker);
            assert_eq!(refusal.again, again, "{code}");
            assert_eq!(refusal.error.passing, again != Again::No, "{code}");
            assert!(refusal.error.message.contains(code));
            assert_eq!(refusal.error.hint.is_some(), code != "SomethingNew", "{code}");
            lines.push_str(refusal.error.message.split(" (").next().unwrap());
            lines.push('\n');
        }
        insta::assert_snapshot!(lines, @"
        the cloud does not accept the session policy
        the session policy and tags are too large together
        the cloud says that the broker's token was rejected
        the cloud could not reach the broker's key set
        the cloud could not fetch the broker's keys
        the cloud does not accept the broker's token
        the cloud says that the broker's token has expired
        STS is not enabled in this region for the account
        the role does not trust this caller
        the cloud refuses the call's values
        the cloud refuses the call's values
        the cloud is asked too often
        the cloud failed
        the cloud failed
        these credentials have expired
        the cloud does not know these credentials
        the cloud does not accept the signature
        the cloud refused
        ");
    }

    /// The message names the machine that called STS.
    #[test]
    fn the_machine_that_asked_is_named() {
        let connect = || HttpError::Connect { host: "sts.x".to_owned(), cause: "refused".to_owned() };
        for (voucher, machine, not) in [
            (Voucher::Broker, "the broker", "this machine"),
            (Voucher::Job, "the runner", "this machine"),
            (Voucher::Person, "this machine", "broker"),
        ] {
            let late = HttpError::TimeOut { host: "sts.x".to_owned() };
            for refusal in
                [unreachable(&connect(), voucher), unreachable(&late, voucher), clocks_disagree(61, voucher)]
            {
                let shown = format!("{} {}", refusal.error.message, refusal.error.hint.unwrap_or_default());
                assert!(shown.contains(machine) && !shown.contains(not), "{shown}");
            }
        }
    }

    #[test]
    fn a_refusal_shows_no_secret_and_no_escape() {
        let jwt = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl";
        let key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
        let text = format!("bad token {jwt}\u{1b}[2J and {key}, and %2F{key}");
        for refusal in [
            refused(400, told("InvalidIdentityToken", &text), b"", Voucher::Broker),
            refused(400, told(&text, "x"), b"", Voucher::Broker),
            refused(
                400,
                Some(Told { request_id: Some(text.clone()), ..Told::default() }),
                b"",
                Voucher::Broker,
            ),
            refused(502, None, text.as_bytes(), Voucher::Broker),
            unreachable(&HttpError::Connect { host: "sts".to_owned(), cause: text.clone() }, Voucher::Person),
        ] {
            let shown = format!("{refusal:?} {}", refusal.error);
            for secret in ["eyJ", "c2lnbmF0dXJl", "wJalr", "bPxRfi", "EXAMPLEKEY", "\u{1b}"] {
                assert!(!shown.contains(secret), "{secret} in {shown}");
            }
        }
    }

    #[test]
    fn what_is_no_error_of_sts_keeps_status_and_a_short_beginning() {
        let page = format!("<html>{}</html>", "bad gateway ".repeat(100));
        let refusal = refused(502, None, page.as_bytes(), Voucher::Broker);
        assert_eq!(refusal.again, Again::Soon);
        assert!(refusal.error.message.contains("502") && refusal.error.message.len() < 320, "{refusal:?}");
        assert_eq!(refused(302, None, b"", Voucher::Broker).again, Again::No);
        assert_eq!(refused(400, None, b"", Voucher::Broker).again, Again::No);
        assert!(refused(400, None, b"\xff\xfe", Voucher::Broker).error.message.contains("400"));
    }
}
