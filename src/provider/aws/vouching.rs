//! The callers of STS, and whose token each of them shows. A refusal means the same for all, but the advice differs.

use super::iam;
use super::refusal::Again;
use super::refusal::NOT_TRUSTED;
use super::refusal::VALUES;
use crate::provider::ProviderError;
pub use crate::provider::voucher::Voucher;

/// The text of a refusal, and the hint.
pub type Words = (&'static str, Option<&'static str>);

impl Voucher {
    /// The words for an STS error code, which came with this message. `broker` are the words if a broker calls.
    pub fn words(self, code: &str, said: &str, again: Again, broker: Words) -> Words {
        match self {
            Self::Broker => broker,
            Self::Own => of_own(code, said, again, broker),
            Self::Denying => iam::words(code).unwrap_or_else(|| of_own(code, said, again, broker)),
            Self::Job => of_job(code, again, broker),
            Self::Person => of_person(code, broker),
        }
    }
}

/// The words if a role does not let the broker's identity in, or not with what it sends.
const DENIED: [&str; 3] = [
    "the role does not let in the broker's own identity",
    "the role or the broker's own identity does not allow to set session tags (sts:TagSession)",
    "the role or the broker's own identity does not allow to set a source identity (sts:SetSourceIdentity)",
];

/// The words if the broker's keys are no longer valid.
const STALE: [&str; 2] = [
    "the broker's own AWS credentials have expired",
    "the cloud does not know the broker's own AWS credentials",
];

/// Whether a role refused the broker's identity.
pub fn is_denial(error: &ProviderError) -> bool {
    DENIED.iter().any(|words| error.message.starts_with(words))
}

/// Whether the broker's keys were refused, so that newer ones may help.
pub fn is_stale(error: &ProviderError) -> bool {
    STALE.iter().any(|words| error.message.starts_with(words))
}

/// For roles that the broker's own identity opens, and for how it gets that identity.
fn of_own(code: &str, said: &str, again: Again, broker: Words) -> Words {
    let [denied, tags, source] = DENIED;
    let [expired, unknown] = STALE;
    let put = "put on the role what `jit setup aws-trust ROLE --principal ARN` prints";
    let (what, hint) = match (code, again) {
        _ if broker.0 == NOT_TRUSTED && said.contains("sts:TagSession") => (tags, put),
        _ if broker.0 == NOT_TRUSTED && said.contains("sts:SetSourceIdentity") => (source, put),
        _ if broker.0 == NOT_TRUSTED => (denied, put),
        ("PackedPolicyTooLarge", _) => (
            "the session policy and the session tags are too large together",
            "shorten the scope's policy document; the broker's own identity may bring tags along too, as a pod's does",
        ),
        ("ExpiredToken", _) => (
            expired,
            "the broker's operator must look at where its identity comes from; the broker says it when it starts",
        ),
        ("InvalidClientTokenId" | "UnrecognizedClientException", _) => (
            unknown,
            "the broker's operator must check that the key still exists, and that it belongs to the role's partition of AWS",
        ),
        ("SignatureDoesNotMatch" | "InvalidSignatureException", _) => (
            "the cloud does not accept the broker's signature",
            "the broker's operator must check its clock, then the secret key",
        ),
        ("ValidationError" | "InvalidParameterValue", _) if said.contains("chaining") => (
            "a role that another role's session opens lasts an hour at most",
            "write lease = \"1h\" or less in the role's file",
        ),
        ("IDPCommunicationError", _) | ("InvalidIdentityToken", Again::Soon) => {
            ("the cloud could not fetch the keys of the token's issuer", "try again in a moment")
        }
        ("InvalidIdentityToken" | "IDPRejectedClaim", _) => (
            "the cloud does not accept the token of the broker's own identity",
            "the broker's operator must compare the OIDC provider in IAM and the role's trust policy with the token's issuer, audience and subject",
        ),
        ("ExpiredTokenException", _) => (
            "the cloud says that the token of the broker's own identity has expired",
            "the broker's operator must see why nothing renews the token's file",
        ),
        _ => return broker,
    };
    (what, Some(hint))
}

/// For direct roles, and calls with existing credentials, in which no broker takes part.
fn of_person(code: &str, broker: Words) -> Words {
    let hint = match code {
        _ if broker.0 == NOT_TRUSTED => {
            "the role's trust policy must let in your own cloud identity, which `aws sts get-caller-identity` names; a role that is new may need a few minutes"
        }
        "RegionDisabledException" => {
            "enable the region in the account, or give the role another region in config.toml"
        }
        "ValidationError" | "InvalidParameterValue" if broker.0 == VALUES => {
            "if the duration is the reason, lower the role's `duration` in config.toml, or raise the role's maximum session duration in IAM"
        }
        "InvalidClientTokenId" | "UnrecognizedClientException" => {
            "check the profile and its region, and that the key still exists"
        }
        "SignatureDoesNotMatch" | "InvalidSignatureException" | "RequestTimeTooSkewed" | "RequestExpired" => {
            "check this machine's clock, then the secret key of the profile"
        }
        _ => return broker,
    };
    (broker.0, Some(hint))
}

fn of_job(code: &str, again: Again, broker: Words) -> Words {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::aws::answers::Told;
    use crate::provider::aws::refusal::refused;

    /// A direct role has no broker, so no hint mentions one.
    #[test]
    fn a_person_is_sent_to_nothing_of_the_brokers() {
        for code in [
            "AccessDenied",
            "RegionDisabledException",
            "ValidationError",
            "SignatureDoesNotMatch",
            "InvalidClientTokenId",
        ] {
            let told = || Some(Told { code: Some(code.to_owned()), message: None, request_id: None });
            let (person, broker) = (
                refused(403, told(), b"", Voucher::Person).error,
                refused(403, told(), b"", Voucher::Broker).error,
            );
            let (hint, of_broker) = (person.hint.unwrap(), broker.hint.unwrap());
            assert!(
                !hint.contains("aws-trust") && !hint.contains("policy or") && !hint.contains("broker"),
                "{hint}"
            );
            assert!(!of_broker.contains("this machine") && !of_broker.contains("profile"), "{of_broker}");
        }
    }

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
