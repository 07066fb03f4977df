//! Who vouches to STS for those who ask: a refusal means the same, and what to do about it differs.

use super::refusal::Again;
use super::refusal::NOT_TRUSTED;

/// Whose token is shown, if any.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Voucher {
    /// The broker's, or none.
    Broker,
    /// That of a workflow's job, signed by GitHub.
    Job,
}

/// What a refusal is called, and what to do about it.
pub type Words = (&'static str, Option<&'static str>);

impl Voucher {
    /// The words for a code of STS, which are these where the broker vouches.
    pub fn words(self, code: &str, again: Again, broker: Words) -> Words {
        if self == Self::Broker {
            return broker;
        }
        let (what, hint) = match (code, again) {
            ("IDPRejectedClaim", _) => (
                "the cloud says that the job's ID token was rejected",
                "compare the OIDC provider in IAM with the issuer of the repository's tokens",
            ),
            ("IDPCommunicationError", _) | ("InvalidIdentityToken", Again::Soon) => {
                ("the cloud could not fetch the keys of the tokens' issuer", "try again in a moment")
            }
            ("InvalidIdentityToken", _) => (
                "the cloud does not accept the job's ID token",
                "the OIDC provider in IAM must have exactly the address of the tokens' issuer, and the audience sts.amazonaws.com",
            ),
            ("ExpiredTokenException", _) => {
                ("the cloud says that the job's ID token has expired", "try again in a moment")
            }
            _ if broker.0 == NOT_TRUSTED => (
                NOT_TRUSTED,
                "put the trust policy that `jit ci init` prints for it on the role; a role that is new may need a few minutes",
            ),
            _ => return broker,
        };
        (what, Some(hint))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::aws::answers::Told;
    use crate::provider::aws::refusal::refused;

    #[test]
    fn nobody_is_sent_to_a_broker_that_is_not_there() {
        let mut lines = String::new();
        for (code, message) in [
            ("IDPRejectedClaim", ""),
            ("IDPCommunicationError", ""),
            ("InvalidIdentityToken", "Couldn't retrieve verification key from your identity provider"),
            ("InvalidIdentityToken", "Incorrect token audience"),
            ("ExpiredTokenException", ""),
            ("AccessDenied", ""),
            ("ValidationError", ""),
            ("SomethingNew", ""),
        ] {
            let told = || {
                let (code, message) = (Some(code.to_owned()), Some(message.to_owned()));
                Some(Told { code, message, request_id: None })
            };
            let broker = refused(403, told(), b"", Voucher::Broker);
            let job = refused(403, told(), b"", Voucher::Job);
            assert_eq!((broker.again, broker.error.passing), (job.again, job.error.passing), "{code}");
            let (said, hint) = (&job.error.message, job.error.hint.unwrap_or_default());
            assert!(!said.contains("broker") && !hint.contains("broker"), "{said} {hint}");
            assert!(!hint.contains("jit setup"), "{hint}");
            lines.push_str(&format!("{}\n", said.split(" (").next().unwrap()));
        }
        insta::assert_snapshot!(lines, @"
        the cloud says that the job's ID token was rejected
        the cloud could not fetch the keys of the tokens' issuer
        the cloud could not fetch the keys of the tokens' issuer
        the cloud does not accept the job's ID token
        the cloud says that the job's ID token has expired
        the role does not trust this caller
        the cloud refuses the call's values
        the cloud refused
        ");
    }
}
