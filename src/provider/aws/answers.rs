//! Parses the XML of STS, leniently where implementations differ: unknown children, any order, any namespace prefix,
//! white space.
//!
//! The HTTP status tells whether a body is an answer or an error. The parser does not check the root's name.

use jiff::Timestamp;
use serde::Deserialize;

use crate::secret::Secret;

/// The answer of `AssumeRoleWithWebIdentity` and `AssumeRole`.
#[derive(Deserialize)]
pub struct AssumeAnswer {
    #[serde(rename = "AssumeRoleWithWebIdentityResult", alias = "AssumeRoleResult")]
    result: AssumeResult,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AssumeResult {
    credentials: CredentialsElement,
    assumed_role_user: Option<AssumedRoleUser>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AssumedRoleUser {
    arn: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CredentialsElement {
    access_key_id: String,
    secret_access_key: Secret<String>,
    session_token: Secret<String>,
    expiration: String,
}

/// The minted credentials, checked to be complete.
#[derive(Debug)]
pub struct Minted {
    /// The id of the access key.
    pub access_key_id: String,
    /// The secret key.
    pub secret_access_key: Secret<String>,
    /// The session token.
    pub session_token: Secret<String>,
    /// When the session expires, according to the cloud.
    pub expiration: Timestamp,
    /// The ARN of the session, if the STS returns it.
    pub session_arn: Option<String>,
}

/// Parses credentials. `None` if the text is not such an answer. No reason is returned, because it could quote a
/// secret.
pub fn read_minted(xml: &str) -> Option<Minted> {
    let AssumeAnswer { result } = quick_xml::de::from_str(xml).ok()?;
    let credentials = result.credentials;
    let trimmed = |secret: &Secret<String>| Secret::from(secret.expose().trim());
    let minted = Minted {
        access_key_id: credentials.access_key_id.trim().to_owned(),
        secret_access_key: trimmed(&credentials.secret_access_key),
        session_token: trimmed(&credentials.session_token),
        expiration: credentials.expiration.trim().parse().ok()?,
        session_arn: result.assumed_role_user.and_then(|user| present(user.arn)),
    };
    let printable = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
    let whole = printable(&minted.access_key_id)
        && printable(minted.secret_access_key.expose())
        && printable(minted.session_token.expose());
    whole.then_some(minted)
}

#[derive(Deserialize)]
struct IdentityAnswer {
    #[serde(rename = "GetCallerIdentityResult")]
    result: IdentityResult,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct IdentityResult {
    account: String,
    arn: String,
}

/// Parses account and ARN from a `GetCallerIdentity` answer.
pub fn read_identity(xml: &str) -> Option<(String, String)> {
    let IdentityAnswer { result } = quick_xml::de::from_str(xml).ok()?;
    Some((present(Some(result.account))?, present(Some(result.arn))?))
}

#[derive(Deserialize)]
struct ErrorAnswer {
    #[serde(rename = "Error")]
    error: ErrorElement,
    #[serde(rename = "RequestId")]
    request_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ErrorElement {
    code: Option<String>,
    message: Option<String>,
}

/// The content of an `ErrorResponse`.
#[derive(Debug, Default)]
pub struct Told {
    /// The error code. An error body may lack it.
    pub code: Option<String>,
    /// The cloud's message.
    pub message: Option<String>,
    /// The cloud's id of the request, for its support.
    pub request_id: Option<String>,
}

/// Parses an error. `None` if the text is not an STS error.
pub fn read_error(xml: &str) -> Option<Told> {
    let ErrorAnswer { error, request_id } = quick_xml::de::from_str(xml).ok()?;
    Some(Told { code: present(error.code), message: present(error.message), request_id: present(request_id) })
}

/// Trims surrounding white space, which the parser does not. `None` if nothing is left.
fn present(text: Option<String>) -> Option<String> {
    text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    const CREDENTIALS: &str = "<Credentials><Expiration>\n 2026-11-23T13:15:00.25Z </Expiration><Novelty a=\"1\"><Deep/></Novelty>\
        <SessionToken>\n  tok+/=\n</SessionToken><SecretAccessKey>hush</SecretAccessKey><AccessKeyId>AKID</AccessKeyId></Credentials>";

    #[test]
    fn reads_the_answers_of_different_speakers() {
        for xml in [
            format!(
                "<AssumeRoleWithWebIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleWithWebIdentityResult>{CREDENTIALS}<AssumedRoleUser/></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>"
            ),
            format!(
                "<?xml version=\"1.0\"?>\n<R><AssumeRoleResult><Provider/>{CREDENTIALS}</AssumeRoleResult><ResponseMetadata/></R>"
            ),
            format!(
                "<s:R xmlns:s=\"x\"><s:AssumeRoleResult>{}</s:AssumeRoleResult></s:R>",
                CREDENTIALS.replace("</", "</s:").replace('<', "<s:").replace("<s:/s:", "</s:")
            ),
        ] {
            let minted = read_minted(&xml).unwrap_or_else(|| panic!("{xml}"));
            assert_eq!(minted.access_key_id, "AKID");
            assert_eq!(minted.session_token.expose(), "tok+/=");
            assert_eq!(minted.expiration.to_string(), "2026-11-23T13:15:00.25Z");
            assert_eq!(minted.session_arn, None);
            assert!(!format!("{minted:?}").contains("hush"));
        }
    }

    #[test]
    fn half_an_answer_is_none() {
        let whole = format!("<R><AssumeRoleResult>{CREDENTIALS}</AssumeRoleResult></R>");
        assert!(read_minted(&whole).is_some());
        for cut in 0..whole.len() {
            assert!(read_minted(&whole[..cut]).is_none(), "{}", &whole[..cut]);
        }
        for (gone, with) in [
            ("hush", ""),
            ("AKID", " "),
            ("tok+/=", "a b"),
            ("2026-11-23T13:15:00.25Z", "soon"),
            ("hush", "&secret;"),
        ] {
            assert!(read_minted(&whole.replace(gone, with)).is_none(), "{gone}");
        }
        let twice =
            whole.replace("<SecretAccessKey>", "<SecretAccessKey>x</SecretAccessKey><SecretAccessKey>");
        assert!(read_minted(&twice).is_none());
    }

    #[test]
    fn reads_errors_with_entities_and_without_codes() {
        let told = read_error("<ErrorResponse xmlns=\"x\"><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>isn&#39;t &lt;it&gt;</Message></Error><RequestId>7b</RequestId></ErrorResponse>").unwrap();
        assert_eq!(told.code.as_deref(), Some("AccessDenied"));
        assert_eq!(told.message.as_deref(), Some("isn't <it>"));
        assert_eq!(told.request_id.as_deref(), Some("7b"));
        assert!(read_error("<R><Error><Message>no</Message></Error></R>").unwrap().code.is_none());
        for no_error in ["", "{}", "<html><body>502</body></html>", "upstream connect error"] {
            assert!(read_error(no_error).is_none(), "{no_error}");
        }
    }
}
