//! Direct roles of Kubernetes: the user of the person's own kubeconfig asks for a token of a service account (docs/trust.md, "Direct
//! roles").
//!
//! kubectl makes the call (`kubectl create token`, `TokenRequest`), so jit reads no kubeconfig, and every kind of user in it works.
//!
//! Invariant: the user of a context is shown to the cluster of that context alone. kubectl says first where the context leads
//! (`kubectl config view`, which leaves secrets out): to the role's server, and with a check of its certificates.

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;

use super::certificates_of;
use super::claims;
use super::identify::user_of;
use super::service_account::SHORTEST;
use crate::grant::Name;
use crate::grant::cloud::kubernetes::KubernetesCredentials;
use crate::grant::cloud::kubernetes::KubernetesTarget;
use crate::grant::cloud::kubernetes::Way;
use crate::grant::text::sanitise;
use crate::provider::MintedCredentials;
use crate::provider::ProviderError;
use crate::provider::redact::redact;
use crate::provider::redact::shorten;
use crate::secret::Secret;
use crate::system::System;
use crate::system::processes::Command;

/// The time limit for kubectl, whose user may be a plugin.
const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Deserialize)]
struct Answer {
    status: Status,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    token: Secret<String>,
    expiration_timestamp: Timestamp,
}

/// Asks for a token of the target's service account that lives until `until`, with the user of a context, or of the current one. `ca` is
/// the file of the target's certificates.
///
/// # Errors
/// The target is no service account, the context's user is `role` itself, kubectl does not run, or the cluster refused.
pub async fn assume(
    role: &Name,
    target: &KubernetesTarget,
    context: Option<&str>,
    ca: Option<&Path>,
    until: Timestamp,
    system: &System,
) -> Result<MintedCredentials, ProviderError> {
    let fail =
        |message: String, hint: &str| ProviderError { message, hint: Some(hint.to_owned()), passing: false };
    let Way::ServiceAccount { namespace, name } = &target.way else {
        let message = "a direct role of Kubernetes is a service account".to_owned();
        return Err(fail(message, "write namespace and service_account"));
    };
    check_context(role, target, context, system).await?;
    let seconds = until.duration_since(system.clock.now()).as_secs().max(SHORTEST);
    // A name begins with a letter or digit, and each value stands behind its `=`: none becomes another argument.
    let mut arguments = vec![
        "create".to_owned(),
        "token".to_owned(),
        name.clone(),
        format!("--namespace={namespace}"),
        format!("--duration={seconds}s"),
        "--output=json".to_owned(),
        format!("--server={}", target.server),
    ];
    arguments.extend(context.map(|context| format!("--context={context}")));
    arguments.extend(ca.map(|ca| format!("--certificate-authority={}", ca.display())));
    let printed = kubectl(arguments, system).await?.map_err(|said| {
        fail(
            format!("the cluster {} gives you no token of {namespace}/{name}: {said}", target.server),
            "your own user must be allowed to create serviceaccounts/token there; without it, ask for a role: `jit roles`",
        )
    })?;
    let answer: Answer = serde_json::from_slice(printed.expose()).map_err(|_| {
        fail(
            "kubectl printed something else than a token".to_owned(),
            "check `kubectl version`: 1.24 or newer",
        )
    })?;
    let Status { token, expiration_timestamp } = answer.status;
    let is_named = claims::read(&token).is_some_and(|said| said.sub == user_of(namespace, name));
    if !is_named || expiration_timestamp <= system.clock.now() {
        let message =
            format!("the cluster {} answered with another token than the one asked for", target.server);
        return Err(fail(message, "check `server` of the role in config.toml"));
    }
    let credentials = KubernetesCredentials {
        token,
        server: target.server.clone(),
        ca: certificates_of(target)?,
        namespace: Some(namespace.clone()),
        service_account: Some(name.clone()),
    };
    Ok(MintedCredentials { credentials: credentials.into(), expires: expiration_timestamp.min(until) })
}

/// Runs kubectl, and returns its output. If it fails, the inner error is its own message, redacted, in one line of at most 300 bytes.
///
/// # Errors
/// It does not run.
async fn kubectl(
    arguments: Vec<String>,
    system: &System,
) -> Result<Result<Secret<Vec<u8>>, String>, ProviderError> {
    let command = Command {
        program: "kubectl".into(),
        arguments: arguments.into_iter().map(Into::into).collect(),
        environment: system.environment.clone(),
    };
    let output =
        system.processes.run_collected(&command, &[], PATIENCE).await.map_err(|error| ProviderError {
            message: format!("kubectl, which has your own identity in the cluster, does not run: {error}"),
            hint: Some("install Kubernetes' command line, version 1.24 or newer".to_owned()),
            passing: false,
        })?;
    let printed = Secret::new(output.stdout);
    if output.code == 0 {
        return Ok(Ok(printed));
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    Ok(Err(shorten(&redact(&sanitise(&said)), 300)))
}

/// The part of a kubeconfig that `kubectl config view --minify` prints for one context.
#[derive(Deserialize)]
struct Minified {
    clusters: Vec<NamedCluster>,
    /// `None` for a context without a user (kubectl prints `null`).
    #[serde(default)]
    users: Option<Vec<NamedUser>>,
}

#[derive(Deserialize)]
struct NamedUser {
    #[serde(default)]
    user: User,
}

#[derive(Default, Deserialize)]
struct User {
    /// The program that gets the user's token (`client.authentication.k8s.io`).
    exec: Option<Plugin>,
}

#[derive(Deserialize)]
struct Plugin {
    command: String,
    /// `None` is written too (kubectl prints `null`).
    #[serde(default)]
    args: Option<Vec<String>>,
}

impl Plugin {
    /// Whether it is jit, for this role.
    fn is_jit_for(&self, role: &Name, system: &System) -> bool {
        let stem = |path: &str| Path::new(path).file_stem().map(std::ffi::OsStr::to_os_string);
        let is_jit = stem(&self.command) == stem("jit")
            || stem(&self.command) == stem(&system.program().to_string_lossy());
        is_jit && self.args.iter().flatten().any(|argument| argument == role.as_str())
    }
}

#[derive(Deserialize)]
struct NamedCluster {
    cluster: Cluster,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Cluster {
    server: String,
    #[serde(default)]
    insecure_skip_tls_verify: bool,
}

/// Refuses a context that leads elsewhere than the role, or to anybody: its user's token would be shown there. Refuses one whose user is
/// the role itself: jit would start kubectl, which would start jit, and so on.
async fn check_context(
    role: &Name,
    target: &KubernetesTarget,
    context: Option<&str>,
    system: &System,
) -> Result<(), ProviderError> {
    let fail =
        |message: String, hint: &str| ProviderError { message, hint: Some(hint.to_owned()), passing: false };
    let named =
        context.map_or_else(|| "the current context".to_owned(), |name| format!("the context {name}"));
    let mut arguments = ["config", "view", "--minify", "--output=json"].map(str::to_owned).to_vec();
    arguments.extend(context.map(|context| format!("--context={context}")));
    const NAME_IT: &str = "name a context of that cluster in config.toml: context = \"…\"";
    let printed = kubectl(arguments, system)
        .await?
        .map_err(|said| fail(format!("kubectl does not say where {named} leads: {said}"), NAME_IT))?;
    let read = serde_json::from_slice::<Minified>(printed.expose()).ok();
    let mut plugins =
        read.iter().flat_map(|read| read.users.iter().flatten()).filter_map(|named| named.user.exec.as_ref());
    if plugins.any(|plugin| plugin.is_jit_for(role, system)) {
        return Err(fail(
            format!(
                "the user of {named} is `jit` for the role {role}, so the role would ask itself for a token"
            ),
            "name a context in config.toml whose user is you, without jit: context = \"…\"",
        ));
    }
    let Some([NamedCluster { cluster }]) = read.as_ref().map(|read| read.clusters.as_slice()) else {
        return Err(fail(format!("kubectl does not say where {named} leads"), NAME_IT));
    };
    let address = |text: &str| url::Url::parse(text.trim_end_matches('/')).ok();
    let there = address(&cluster.server);
    if there.is_none() || there != address(&target.server) {
        let message = format!(
            "{named} leads to another cluster, {}, and the role opens {}",
            shorten(&redact(&sanitise(&cluster.server)), 200),
            target.server
        );
        return Err(fail(message, NAME_IT));
    }
    if cluster.insecure_skip_tls_verify {
        let message = format!("{named} checks no certificates, so anybody on the way could take your token");
        return Err(fail(
            message,
            "take insecure-skip-tls-verify out of its cluster, and name its certificates",
        ));
    }
    Ok(())
}
