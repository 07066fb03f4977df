//! The output of an exec plugin (`client.authentication.k8s.io`, kind `ExecCredential`).

use jiff::SignedDuration;
use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;
use zeroize::Zeroizing;

use crate::grant::cloud::kubernetes::KubernetesCredentials;
use crate::grant::span::whole_seconds;
use crate::secret::Secret;

/// The variable in which a client tells its plugin what it expects.
pub const INFO: &str = "KUBERNETES_EXEC_INFO";

/// The versions of the document, the one for a client that names none first. They do not differ in what `jit` writes.
pub const VERSIONS: [&str; 3] = [
    "client.authentication.k8s.io/v1",
    "client.authentication.k8s.io/v1beta1",
    "client.authentication.k8s.io/v1alpha1",
];

/// How long before its end a client is told that a token has ended. Clients compare with their own clock and refresh no earlier.
const MARGIN: SignedDuration = SignedDuration::from_secs(60);

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ExecCredential<'a> {
    api_version: &'a str,
    kind: &'static str,
    status: Status<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Status<'a> {
    token: &'a str,
    expiration_timestamp: Timestamp,
}

/// The document for a token that is used until `expires`. `info` is the content of [`INFO`]: the client accepts only the version that
/// it names there.
///
/// # Errors
/// It cannot be written.
pub fn document(
    credentials: &KubernetesCredentials,
    (expires, now): (Timestamp, Timestamp),
    info: Option<&str>,
) -> Result<Secret<String>, serde_json::Error> {
    write(credentials.token.expose(), (expires, now), info)
}

fn write(
    token: &str,
    (expires, now): (Timestamp, Timestamp),
    info: Option<&str>,
) -> Result<Secret<String>, serde_json::Error> {
    let status = Status { token, expiration_timestamp: told(expires, now) };
    let document = ExecCredential { api_version: version(info), kind: "ExecCredential", status };
    serde_json::to_string(&document).map(Secret::new)
}

/// The end as the client is told it. Within the last minute the real one: with one in the past, clients run the plugin for every
/// request.
fn told(expires: Timestamp, now: Timestamp) -> Timestamp {
    let early = expires - MARGIN;
    whole_seconds(if early > now { early } else { expires })
}

/// The version that the client expects.
fn version(info: Option<&str>) -> &'static str {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Info {
        api_version: String,
    }
    let [usual, ..] = VERSIONS;
    let info = info.and_then(|info| serde_json::from_str::<Info>(info).ok());
    let named = info.and_then(|info| VERSIONS.into_iter().find(|version| *version == info.api_version));
    named.unwrap_or(usual)
}

/// A token on the way from a running `jit exec` to the plugin.
#[derive(Serialize)]
struct Served<'a> {
    kubernetes_token: &'a str,
    expires: Timestamp,
}

/// The same, read back.
#[derive(Deserialize)]
pub struct Received {
    kubernetes_token: Secret<String>,
    expires: Timestamp,
}

/// The body of the endpoint's answer.
///
/// # Errors
/// It cannot be written.
pub fn served(
    credentials: &KubernetesCredentials,
    expires: Timestamp,
) -> Result<Zeroizing<Vec<u8>>, serde_json::Error> {
    let served = Served { kubernetes_token: credentials.token.expose(), expires: whole_seconds(expires) };
    serde_json::to_vec(&served).map(Zeroizing::new)
}

impl Received {
    /// The token alone.
    pub fn into_token(self) -> Secret<String> {
        self.kubernetes_token
    }

    /// The document of the plugin.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn to_document(
        &self,
        now: Timestamp,
        info: Option<&str>,
    ) -> Result<Secret<String>, serde_json::Error> {
        write(self.kubernetes_token.expose(), (self.expires, now), info)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credentials() -> KubernetesCredentials {
        KubernetesCredentials {
            token: "a.b.c".into(),
            server: "https://k8s.example.com".to_owned(),
            ca: None,
            namespace: None,
            service_account: None,
        }
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn the_document_is_the_one_that_clients_read() {
        let times = (at("2026-11-23T12:15:00.9Z"), at("2026-11-23T12:00:00Z"));
        let document = document(&credentials(), times, None).unwrap();
        assert_eq!(
            document.expose(),
            r#"{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"a.b.c","expirationTimestamp":"2026-11-23T12:14:00Z"}}"#
        );
        let last = told(at("2026-11-23T12:00:50Z"), at("2026-11-23T12:00:00Z"));
        assert_eq!(last, at("2026-11-23T12:00:50Z"), "never one in the past");
    }

    #[test]
    fn the_version_is_the_clients() {
        let info =
            |version: &str| format!(r#"{{"apiVersion":"{version}","kind":"ExecCredential","spec":{{}}}}"#);
        for known in VERSIONS {
            assert_eq!(version(Some(&info(known))), known);
        }
        for other in ["", "{}", "[", &info("client.authentication.k8s.io/v9"), &info("v1\\nx")] {
            assert_eq!(version(Some(other)), VERSIONS[0], "{other}");
        }
    }

    #[test]
    fn what_is_served_reads_back() {
        let body = served(&credentials(), at("2026-11-23T12:15:00Z")).unwrap();
        let received: Received = serde_json::from_slice(&body).unwrap();
        let times = (at("2026-11-23T12:15:00Z"), at("2026-11-23T12:00:00Z"));
        let direct = document(&credentials(), times, None).unwrap();
        assert_eq!(received.to_document(times.1, None).unwrap().expose(), direct.expose());
    }
}
