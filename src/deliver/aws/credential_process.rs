//! Documents with credentials on standard output, for programs that start `jit` to get them.

use jiff::Timestamp;
use serde::Serialize;

use crate::grant::cloud::aws::AwsCredentials;
use crate::grant::span::whole_seconds;
use crate::secret::Secret;

/// The members of a `credential_process` document, version 1 (AWS SDKs and Tools Reference Guide, process credential
/// provider). Without `Expiration` the tools would never refresh.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(in crate::deliver) struct Processed<'a> {
    /// The access key.
    pub access_key_id: &'a str,
    /// The secret key.
    pub secret_access_key: &'a str,
    /// The session token.
    pub session_token: &'a str,
    /// RFC 3339 in UTC, in whole seconds.
    pub expiration: &'a str,
    /// The account's twelve digits.
    pub account_id: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Versioned<'a> {
    /// The version, as a number; a string is not accepted.
    version: u8,
    #[serde(flatten)]
    rest: Processed<'a>,
}

impl Processed<'_> {
    pub(in crate::deliver) fn into_document(self) -> Result<Secret<String>, serde_json::Error> {
        serde_json::to_string(&Versioned { version: 1, rest: self }).map(Secret::new)
    }
}

/// The output of `credential_process` for a session that is used until `expires`.
pub fn document(
    credentials: &AwsCredentials,
    expires: Timestamp,
) -> Result<Secret<String>, serde_json::Error> {
    Processed {
        access_key_id: &credentials.access_key_id,
        secret_access_key: credentials.secret_access_key.expose(),
        session_token: credentials.session_token.expose(),
        expiration: &whole_seconds(expires).to_string(),
        account_id: &credentials.account,
    }
    .into_document()
}

/// The session's members under `jit`'s own names.
#[derive(Serialize)]
pub struct Described<'a> {
    account: &'a str,
    region: &'a str,
    access_key_id: &'a str,
    secret_access_key: &'a str,
    session_token: &'a str,
}

impl<'a> Described<'a> {
    /// The members of a session.
    pub fn of(credentials: &'a AwsCredentials) -> Self {
        Self {
            account: &credentials.account,
            region: &credentials.region,
            access_key_id: &credentials.access_key_id,
            secret_access_key: credentials.secret_access_key.expose(),
            session_token: credentials.session_token.expose(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deliver::environment;

    #[test]
    fn the_document_is_the_one_that_the_tools_read() {
        let until = "2026-11-23T10:30:00.7Z".parse().unwrap();
        let example = environment::example();
        let document = document(example.credentials.as_aws().unwrap(), until).unwrap();
        let read: serde_json::Value = serde_json::from_str(document.expose()).unwrap();
        assert_eq!(
            read,
            serde_json::json!({
                "Version": 1, "AccessKeyId": "ASIAEXAMPLE", "SecretAccessKey": "hush",
                "SessionToken": "it's \\ `quiet` $here", "Expiration": "2026-11-23T10:30:00Z",
                "AccountId": "111122223333",
            })
        );
    }
}
