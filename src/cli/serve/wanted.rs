//! The settings of `jit serve`: a flag wins over the settings file, the file over the environment, that over
//! the default.

use std::net::SocketAddr;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use super::Serve;
use crate::broker::BrokerSettings;
use crate::broker::ClusterToken;
use crate::broker::PolicySource;
use crate::broker::settings_file::SettingsFile;
use crate::broker::settings_file::keys;
use crate::config;
use crate::flow::Failure;
use crate::flow::operating::issuer;
use crate::provider::kubernetes::OwnTokens;
use crate::provider::kubernetes::service_account;
use crate::secret::Secret;
use crate::system::System;
use crate::system::files;

/// The address to listen at by default.
const LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 8765);

/// The wanted broker.
pub struct Wanted {
    /// The source of the policy, as it was written.
    pub policy: String,
    /// The broker's settings.
    pub settings: BrokerSettings,
    /// Whether the sandbox cloud runs beside it.
    pub sandbox: bool,
}

impl Wanted {
    /// Puts the flags over the settings file.
    ///
    /// # Errors
    /// The file does not load, there is no policy, or a value cannot be used.
    pub fn of(serve: Serve, system: &System) -> Result<Self, Failure> {
        let working = &system.files.working;
        let file = serve.config.as_ref().map(|path| SettingsFile::read(&working.join(path))).transpose()?;
        let file = file.as_ref();
        let text = |key: &str| file.and_then(|file| file.text(key)).map(str::to_owned);
        let place = |key: &str| file.and_then(|file| file.place(key));
        let switch = |flag: Option<bool>, key: &str| {
            flag.or(file.and_then(|file| file.switch(key))).unwrap_or_default()
        };
        let listen = serve.listen.or_else(|| file?.parsed(keys::LISTEN)).unwrap_or(LISTEN);
        let url = serve.url.or_else(|| text(keys::URL)).unwrap_or_else(|| format!("http://{listen}"));
        let url = config::authority_address(&url).map_err(|cause| {
            Failure::usage(format!("{url:?} cannot be the broker's address"))
                .cause(cause)
                .hint("say how people reach it: --url https://jit.example.com")
        })?;
        let issuer = serve.issuer.or_else(|| text(keys::ISSUER));
        let issuer = issuer.map(|typed| issuer::address(&typed)).transpose()?;
        let accept = serve.policy_accept.or_else(|| text(keys::POLICY_ACCEPT));
        let (policy, source) =
            match (serve.policy, file.and_then(|file| Some((file, file.text(keys::POLICY)?)))) {
                (Some(typed), _) => (typed.clone(), source(&typed, accept, working)?),
                (None, Some((file, typed))) => {
                    let source = match source(typed, accept, file.folder())? {
                        PolicySource::Folder(folder) => PolicySource::Folder(file.folder().join(folder)),
                        repository => repository,
                    };
                    (typed.to_owned(), source)
                }
                (None, None) => return Err(no_policy(file)),
            };
        let data =
            serve.data.or_else(|| place(keys::DATA)).unwrap_or_else(|| system.files.state.join("broker"));
        let mut settings = BrokerSettings::new(source, data, url, listen);
        settings.issuer = issuer;
        settings.issuer_folder = serve.issuer_dir.or_else(|| place(keys::ISSUER_DIR));
        settings.keys = serve.keys.or_else(|| place(keys::KEYS_FOLDER));
        settings.policy_hook = hook_secret(system, serve.policy_hook_secret.as_deref(), file)?;
        settings.receivers = serve.receivers.read(system, file)?;
        settings.accepted_gap = serve.accept_gap.or_else(|| file?.parsed(keys::ACCEPT_GAP));
        settings.behind_tls_proxy = switch(serve.behind_tls_proxy, keys::BEHIND_TLS_PROXY);
        settings.trusted_proxies = match serve.trusted_proxies {
            proxies if proxies.is_empty() => {
                file.and_then(|file| file.list(keys::TRUSTED_PROXIES)).unwrap_or_default()
            }
            proxies => proxies,
        };
        settings.clusters = Arc::new(clusters(serve.clusters, working, file)?);
        settings.web = switch(serve.web, keys::WEB);
        settings.metrics = serve.metrics.or_else(|| file?.parsed(keys::METRICS));
        settings.metrics_reachable = switch(serve.metrics_reachable, keys::METRICS_REACHABLE);
        #[cfg(feature = "demo")]
        let flag = serve.sandbox;
        #[cfg(not(feature = "demo"))]
        let flag = None;
        let sandbox = switch(flag, keys::SANDBOX);
        if sandbox && cfg!(not(feature = "demo")) {
            return Err(Failure::usage("this jit was built without the sandbox cloud")
                .hint("leave the key `sandbox` out"));
        }
        Ok(Self { policy, settings, sandbox })
    }
}

/// The files with the broker's own tokens: those of the flags, else those of the settings file.
///
/// # Errors
/// A file cannot be read, or holds no token.
fn clusters(
    flags: Vec<ClusterToken>,
    working: &Path,
    file: Option<&SettingsFile>,
) -> Result<OwnTokens, Failure> {
    let (folder, tokens) = if flags.is_empty() {
        let tokens = file.and_then(|file| file.list(keys::KUBERNETES)).unwrap_or_default();
        (file.map_or(working, SettingsFile::folder), tokens)
    } else {
        (working, flags)
    };
    let tokens: OwnTokens =
        tokens.into_iter().map(|ClusterToken { server, file }| (server, folder.join(file))).collect();
    service_account::check_own(&tokens).map_err(|error| {
        Failure::usage(error.message).hint(
            "write SERVER=FILE, where FILE holds the token of a service account that the broker has in that cluster: docs/places.md, \
             [kubernetes]",
        )
    })?;
    Ok(tokens)
}

fn no_policy(file: Option<&SettingsFile>) -> Failure {
    let failure = Failure::usage("no policy is named");
    match file {
        Some(file) => failure.hint(format!("write `policy = \"…\"` into {}", file.path().display())),
        None => {
            failure.hint("name a folder or a git repository: --policy DIR, or a settings file: --config FILE")
        }
    }
}

/// The source of the policy.
fn source(typed: &str, accept: Option<String>, working: &Path) -> Result<PolicySource, Failure> {
    let source = PolicySource::parse(typed, working)
        .map_err(|error| Failure::usage(error.to_string()).hint(error.hint))?;
    match (source, accept) {
        (PolicySource::Repository(mut branch), accept) => {
            branch.accepted = accept;
            Ok(PolicySource::Repository(branch))
        }
        (source, None) => Ok(source),
        (_, Some(_)) => Err(Failure::usage("--policy-accept names a commit, and the policy is a folder")
            .hint("leave it out, or name the repository: --policy URL#BRANCH")),
    }
}

/// The secret of the policy's webhook. `None` if there is no webhook.
fn hook_secret(
    system: &System,
    flag: Option<&Path>,
    file: Option<&SettingsFile>,
) -> Result<Option<Secret<String>>, Failure> {
    let path: Option<PathBuf> = match (flag, file) {
        (Some(path), _) => Some(system.files.working.join(path)),
        (None, Some(file)) => file.place(keys::POLICY_HOOK_SECRET_FILE),
        (None, None) => None,
    };
    if let Some(path) = path {
        return secret_in(&path).map(Some);
    }
    let Some(variable) = file.and_then(|file| file.text(keys::POLICY_HOOK_SECRET_ENV)) else {
        return Ok(system.environment.get(config::variables::POLICY_HOOK_SECRET).map(Secret::from));
    };
    match system.environment.get(variable) {
        Some(secret) => Ok(Some(Secret::from(secret))),
        None => Err(Failure::usage(format!("the environment has no variable {variable}"))
            .cause(format!("{} names it", keys::POLICY_HOOK_SECRET_ENV))
            .hint("put the webhook's secret into it, or leave the key out")),
    }
}

/// The text of a file that holds a secret.
fn secret_in(path: &Path) -> Result<Secret<String>, Failure> {
    let fail = |cause: String| {
        Failure::usage(format!("the secret in {} cannot be read", path.display())).cause(cause).hint(
            "write the secret into that file, readable by the broker's user alone, or name another file",
        )
    };
    let bytes = files::read(path).map_err(|error| fail(error.to_string()))?;
    let bytes = Secret::new(bytes.ok_or_else(|| fail("there is no such file".to_owned()))?);
    let text = std::str::from_utf8(bytes.expose()).map_err(|_| fail("it is not text".to_owned()))?;
    Ok(Secret::from(text))
}
