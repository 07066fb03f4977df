//! The settings of a broker, and the checks that refuse unsafe ones.

use std::net::IpAddr;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use url::Url;

use super::hook::HookKey;
use super::limits::Limits;
use super::policies::Branch;
use super::policies::PolicySource;
use super::policies::is_commit;
use super::receivers::ReceiverSettings;
use super::receivers::Receivers;
use crate::address;
use crate::audit::Head;
use crate::identity::passkey::Site;
use crate::provider::Provider;
use crate::provider::kubernetes::OwnTokens;
use crate::secret::Secret;

/// The settings of a broker.
#[derive(Clone)]
pub struct BrokerSettings {
    /// The source of the policy.
    pub policy: PolicySource,
    /// The secret that signs calls of the policy's webhook. `None` turns the webhook off.
    pub policy_hook: Option<Secret<String>>,
    /// The tokens of the receivers of the identity provider's news.
    pub receivers: ReceiverSettings,
    /// The folder of the database and the policy's kept revisions.
    pub data: PathBuf,
    /// The folder of the log key, the head of the log and the issuer's keys. Default: `data/keys`. Never back it up
    /// with the data.
    pub keys: Option<PathBuf>,
    /// The end of an older database that is accepted although the key folder records later events.
    pub accepted_gap: Option<Head>,
    /// The URL by which people know this broker, and which statements name: https, or http on this machine, without a
    /// trailing slash.
    pub url: String,
    /// The issuer that the tokens for clouds name, if it is another URL than the broker's. The same rules hold for it.
    pub issuer: Option<String>,
    /// A folder in which the issuer's documents are kept fresh for another web host.
    pub issuer_folder: Option<PathBuf>,
    /// The address at which it listens.
    pub listen: SocketAddr,
    /// Whether a proxy in front terminates TLS, so that plain http beyond loopback is intended.
    pub behind_tls_proxy: bool,
    /// Proxies whose `X-Forwarded-For` is trusted.
    pub trusted_proxies: Vec<IpAddr>,
    /// Whether the approval page is served under `/web`.
    pub web: bool,
    /// The address at which the metrics are served. `None` if they are not.
    pub metrics: Option<SocketAddr>,
    /// Whether other machines may read the metrics.
    pub metrics_reachable: bool,
    /// The files with the broker's own tokens for Kubernetes, by the API server's address.
    pub clusters: Arc<OwnTokens>,
    /// A provider that replaces the policy's clouds, for tests.
    pub provider: Option<Arc<dyn Provider>>,
    /// The limits for callers.
    pub limits: Limits,
}

/// The broker's own token for a cluster: `SERVER=FILE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterToken {
    /// The address of the API server, as roles name it.
    pub server: String,
    /// The file with the token.
    pub file: PathBuf,
}

impl FromStr for ClusterToken {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const FORM: &str = "write SERVER=FILE, like https://k8s.example.com=/run/token";
        let (server, file) = text.split_once('=').ok_or(FORM)?;
        let url = Url::parse(server).map_err(|_| FORM)?;
        let is_server =
            address::is_private(&url) && address::is_bare(&url) && address::is_own_form(&url, server);
        if !is_server || file.is_empty() || text.chars().any(char::is_control) {
            return Err(FORM);
        }
        Ok(Self { server: server.trim_end_matches('/').to_owned(), file: file.into() })
    }
}

/// Why settings are refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// The broker's address is not a URL that clients can compare byte for byte.
    #[error("{0:?} cannot be the broker's address: {1}")]
    Url(String, &'static str),
    /// The issuer is not a URL that clouds can compare byte for byte.
    #[error("{0:?} cannot be the issuer: {1}")]
    Issuer(String, &'static str),
    /// The documents are written to a folder, and the broker's own address is the issuer.
    #[error("the issuer's documents are to be written to a folder, but the broker serves them itself")]
    IssuerFolder,
    /// Plain http on an address that other machines can reach.
    #[error("{0} can be reached from other machines, and the broker speaks plain http")]
    Plain(SocketAddr),
    /// Metrics on an address that other machines can reach.
    #[error("{0} can be reached from other machines, and the metrics have no password")]
    Metrics(SocketAddr),
    /// The webhook's secret cannot be used for signing.
    #[error("the secret of the policy's webhook cannot be used: {0}")]
    Hook(&'static str),
    /// The token of a receiver cannot be used.
    #[error("the token of a receiver cannot be used: {0}")]
    Receiver(&'static str),
    /// Passkeys belong to a host name, and the broker's address has none.
    #[error(
        "the approval page cannot be served at {0:?}: passkeys belong to a host name, and this address has none"
    )]
    Web(String),
    /// The accepted commit is not a commit, or the policy does not come from a repository.
    #[error("{0:?} cannot be accepted: {1}")]
    Accepted(String, &'static str),
}

impl SettingsError {
    /// How to fix it.
    pub fn hint(&self) -> String {
        match self {
            Self::Url(..) => "write it like https://jit.example.com, or http://127.0.0.1:8765 on one machine".to_owned(),
            Self::Issuer(..) => {
                "write the address of the web host that serves the two documents, like https://jit-issuer.example.com".to_owned()
            }
            Self::IssuerFolder => {
                "name the address at which a web host serves this folder: --issuer https://jit-issuer.example.com; or leave `--issuer-dir` out".to_owned()
            }
            Self::Web(_) => {
                "write it like https://jit.example.com, or http://localhost:8765 on one machine; or leave `--web` out".to_owned()
            }
            Self::Hook(_) | Self::Receiver(_) => {
                "make one, like `openssl rand -hex 32`, and give it to both sides".to_owned()
            }
            Self::Accepted(..) => "write the whole id that the broker named when it refused the commit".to_owned(),
            Self::Metrics(_) => {
                "serve them on 127.0.0.1, or add `--metrics-reachable` if a firewall lets only the monitoring in".to_owned()
            }
            Self::Plain(_) => {
                "listen on 127.0.0.1 behind a proxy that speaks TLS, or add `--behind-tls-proxy` if there is one in front".to_owned()
            }
        }
    }
}

impl BrokerSettings {
    /// Makes settings with a policy, a data folder, the broker's URL and the address to listen at. The rest has default
    /// values.
    pub fn new(policy: impl Into<PolicySource>, data: PathBuf, url: String, listen: SocketAddr) -> Self {
        Self {
            policy: policy.into(),
            policy_hook: None,
            receivers: ReceiverSettings::default(),
            data,
            keys: None,
            accepted_gap: None,
            url,
            issuer: None,
            issuer_folder: None,
            listen,
            behind_tls_proxy: false,
            trusted_proxies: Vec::new(),
            web: false,
            metrics: None,
            metrics_reachable: false,
            clusters: Arc::default(),
            provider: None,
            limits: Limits::default(),
        }
    }

    /// The key folder.
    pub fn key_folder(&self) -> PathBuf {
        self.keys.clone().unwrap_or_else(|| self.data.join("keys"))
    }

    /// The issuer that the tokens for clouds name.
    pub fn issuer_url(&self) -> &str {
        self.issuer.as_deref().unwrap_or(&self.url)
    }

    /// The issuer's URL, if another host than the broker serves its documents.
    pub fn issuer_elsewhere(&self) -> Option<&str> {
        self.issuer.as_deref().filter(|issuer| *issuer != self.url)
    }

    /// Whether all callers appear to come from one address. The broker speaks plain http, so an https URL means a
    /// proxy in front, and only a trusted proxy tells the callers apart.
    pub fn has_one_address_for_all(&self) -> bool {
        self.url.starts_with("https:") && self.trusted_proxies.is_empty()
    }

    /// The key that verifies calls of the policy's webhook.
    pub(super) fn hook_key(&self) -> Result<Option<HookKey>, SettingsError> {
        let key = self.policy_hook.as_ref().map(HookKey::read).transpose();
        key.map_err(SettingsError::Hook)
    }

    /// The receivers of the identity provider's news.
    pub(super) fn open_receivers(&self) -> Result<Receivers, SettingsError> {
        Receivers::of(&self.receivers).map_err(SettingsError::Receiver)
    }

    /// Refuses unsafe settings.
    pub fn check(&self) -> Result<(), SettingsError> {
        check_url(&self.url).map_err(|why| SettingsError::Url(self.url.clone(), why))?;
        if let Some(issuer) = &self.issuer {
            check_url(issuer).map_err(|why| SettingsError::Issuer(issuer.clone(), why))?;
        }
        if self.issuer_folder.is_some() && self.issuer_elsewhere().is_none() {
            return Err(SettingsError::IssuerFolder);
        }
        self.hook_key()?;
        self.open_receivers()?;
        if self.web && Site::of(&self.url).is_none() {
            return Err(SettingsError::Web(self.url.clone()));
        }
        if let PolicySource::Repository(Branch { accepted: Some(commit), .. }) = &self.policy
            && !is_commit(commit)
        {
            return Err(SettingsError::Accepted(commit.clone(), "it is not the id of a commit"));
        }
        if let Some(metrics) = self.metrics.filter(|metrics| !metrics.ip().is_loopback())
            && !self.metrics_reachable
        {
            return Err(SettingsError::Metrics(metrics));
        }
        if self.listen.ip().is_loopback() || self.behind_tls_proxy {
            Ok(())
        } else {
            Err(SettingsError::Plain(self.listen))
        }
    }
}

/// Whether a URL may be the broker's or the issuer's.
fn check_url(text: &str) -> Result<(), &'static str> {
    let url = Url::parse(text).map_err(|_| "it is not a URL")?;
    if !address::is_private_broker(&url) {
        return Err("it must be https, or http on this machine");
    }
    if !address::is_bare(&url) {
        return Err("it must be only scheme, host and path");
    }
    if text.ends_with('/') {
        return Err("it must not end in a slash");
    }
    // Clients and clouds compare it byte for byte, so it must be in its normal form.
    if url.as_str().trim_end_matches('/') != text {
        return Err("it is not spelled in its plain form (lower case, no default port)");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_cannot_be_compared_or_trusted() {
        for good in [
            "https://jit.example.com",
            "https://jit.example.com/team",
            "http://127.0.0.1:8420",
            "http://[::1]:1",
        ] {
            assert_eq!(check_url(good), Ok(()), "{good}");
        }
        for bad in [
            "",
            "jit.example.com",
            "http://jit.example.com",
            "https://jit.example.com/",
            "https://a@b.example",
            "https://jit.example.com?x",
            "https://jit.example.com#x",
            "https://JIT.example.com",
            "https://jit.example.com:443",
            "http://127.0.0.1.evil.example",
            "ftp://127.0.0.1",
        ] {
            assert!(check_url(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn plain_http_stays_on_this_machine_unless_told() {
        let mut settings = BrokerSettings::new(
            PathBuf::from("p"),
            "d".into(),
            "https://jit.example.com".to_owned(),
            "0.0.0.0:80".parse().unwrap(),
        );
        assert!(matches!(settings.check(), Err(SettingsError::Plain(_))));
        settings.behind_tls_proxy = true;
        assert_eq!(settings.check(), Ok(()));
    }

    #[test]
    fn the_issuer_may_be_elsewhere_and_only_then_has_a_folder() {
        let listen = "127.0.0.1:80".parse().unwrap();
        let url = "https://jit.example.com";
        let mut settings = BrokerSettings::new(PathBuf::from("p"), "d".into(), url.to_owned(), listen);
        assert_eq!((settings.issuer_url(), settings.issuer_elsewhere()), (url, None));
        settings.issuer_folder = Some("site".into());
        assert_eq!(settings.check(), Err(SettingsError::IssuerFolder));
        settings.issuer = Some(url.to_owned());
        assert_eq!(settings.check(), Err(SettingsError::IssuerFolder), "the broker's own address");
        let issuer = "https://jit-issuer.example.com";
        settings.issuer = Some(issuer.to_owned());
        assert_eq!(settings.check(), Ok(()));
        assert_eq!((settings.issuer_url(), settings.issuer_elsewhere()), (issuer, Some(issuer)));
        for bad in ["http://jit-issuer.example.com", "https://jit-issuer.example.com/", "https://a@b.example"]
        {
            settings.issuer = Some(bad.to_owned());
            assert!(matches!(settings.check(), Err(SettingsError::Issuer(..))), "{bad}");
        }
    }
}
