//! What a broker is started with, and which settings are refused.

use std::net::IpAddr;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use url::Url;

use super::hook::HookKey;
use super::limits::Limits;
use super::policies::Branch;
use super::policies::PolicySource;
use super::policies::is_commit;
use crate::address;
use crate::audit::Head;
use crate::provider::Provider;
use crate::secret::Secret;

/// What a broker is started with.
#[derive(Clone)]
pub struct BrokerSettings {
    /// Where the policy comes from.
    pub policy: PolicySource,
    /// The secret with which calls of the policy's webhook are signed; without it there is no such webhook.
    pub policy_hook: Option<Secret<String>>,
    /// The database and the policy's kept revisions.
    pub data: PathBuf,
    /// The log key, the head of the log, and the issuer's keys: `data/keys` if not given. Never back it up with the data.
    pub keys: Option<PathBuf>,
    /// The end of an older database that is accepted, although the key folder remembers later events.
    pub accepted_gap: Option<Head>,
    /// The URL under which people and clouds know this broker. https, or http on loopback; no slash at its end.
    pub issuer: String,
    /// Where it listens.
    pub listen: SocketAddr,
    /// A proxy in front speaks TLS, so plain http beyond loopback is meant.
    pub behind_tls_proxy: bool,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpAddr>,
    /// Another cloud than the policy's, for tests.
    pub provider: Option<Arc<dyn Provider>>,
    /// How much callers may do.
    pub limits: Limits,
}

/// Why settings are refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// Not a URL that clouds and clients could compare byte for byte.
    #[error("{0:?} cannot be the broker's address: {1}")]
    Issuer(String, &'static str),
    /// Plain http on an address that others can reach.
    #[error("{0} can be reached from other machines, and the broker speaks plain http")]
    Plain(SocketAddr),
    /// Not a secret that anything could be signed with.
    #[error("the secret of the policy's webhook cannot be used: {0}")]
    Hook(&'static str),
    /// Not a commit, or there is no repository that it could be in.
    #[error("{0:?} cannot be accepted: {1}")]
    Accepted(String, &'static str),
}

impl SettingsError {
    /// What to do about it.
    pub fn hint(&self) -> String {
        match self {
            Self::Issuer(..) => "write it like https://jit.example.com, or http://127.0.0.1:8420 on one machine".to_owned(),
            Self::Hook(_) => "make one, like `openssl rand -hex 32`, and give it to both sides".to_owned(),
            Self::Accepted(..) => "write the whole id that the broker named when it refused the commit".to_owned(),
            Self::Plain(_) => {
                "listen on 127.0.0.1 behind a proxy that speaks TLS, or add `--behind-tls-proxy` if there is one in front".to_owned()
            }
        }
    }
}

impl BrokerSettings {
    /// Settings for a policy and a data folder on this issuer; everything else as it is by default.
    pub fn new(policy: impl Into<PolicySource>, data: PathBuf, issuer: String, listen: SocketAddr) -> Self {
        Self {
            policy: policy.into(),
            policy_hook: None,
            data,
            keys: None,
            accepted_gap: None,
            issuer,
            listen,
            behind_tls_proxy: false,
            trusted_proxies: Vec::new(),
            provider: None,
            limits: Limits::default(),
        }
    }

    /// The folder of keys.
    pub fn key_folder(&self) -> PathBuf {
        self.keys.clone().unwrap_or_else(|| self.data.join("keys"))
    }

    /// Whether all callers seem to come from one address. The broker speaks plain http, so with an https address there is a
    /// proxy in front, and only a trusted proxy says for whom it calls.
    pub fn has_one_address_for_all(&self) -> bool {
        self.issuer.starts_with("https:") && self.trusted_proxies.is_empty()
    }

    /// What calls of the policy's webhook are signed with.
    pub(super) fn hook_key(&self) -> Result<Option<HookKey>, SettingsError> {
        let key = self.policy_hook.as_ref().map(HookKey::read).transpose();
        key.map_err(SettingsError::Hook)
    }

    /// Refuses what would be unsafe.
    pub fn check(&self) -> Result<(), SettingsError> {
        check_issuer(&self.issuer).map_err(|why| SettingsError::Issuer(self.issuer.clone(), why))?;
        self.hook_key()?;
        if let PolicySource::Repository(Branch { accepted: Some(commit), .. }) = &self.policy
            && !is_commit(commit)
        {
            return Err(SettingsError::Accepted(commit.clone(), "it is not the id of a commit"));
        }
        if self.listen.ip().is_loopback() || self.behind_tls_proxy {
            Ok(())
        } else {
            Err(SettingsError::Plain(self.listen))
        }
    }
}

fn check_issuer(issuer: &str) -> Result<(), &'static str> {
    let url = Url::parse(issuer).map_err(|_| "it is not a URL")?;
    if !address::is_private_broker(&url) {
        return Err("it must be https, or http on this machine");
    }
    if !address::is_bare(&url) {
        return Err("it must be scheme, host and path, and nothing more");
    }
    if issuer.ends_with('/') {
        return Err("it must not end in a slash");
    }
    // Clouds compare it byte for byte, so it must already be spelled as everybody would spell it.
    if url.as_str().trim_end_matches('/') != issuer {
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
            assert_eq!(check_issuer(good), Ok(()), "{good}");
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
            assert!(check_issuer(bad).is_err(), "{bad}");
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
}
