//! Running the broker until it is stopped.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpListener;

use crate::broker;
use crate::broker::Broker;
use crate::broker::BrokerSettings;
use crate::broker::SettingsError;
use crate::flow::Failure;
use crate::flow::operating::clusters;
use crate::flow::operating::issuer::OVER_HTTP;
#[cfg(feature = "demo")]
use crate::flow::operating::sandboxed::Sandboxed;
use crate::grant::Digest;
use crate::grant::text::count;
use crate::provider::clouds;
use crate::system::System;

/// A listening broker, as its operator should see it.
#[derive(Debug, Clone)]
pub struct Started {
    /// The address at which it listens.
    pub address: SocketAddr,
    /// The policy revision in force.
    pub revision: Digest,
    /// The commit of the policy, if it comes from a repository.
    pub commit: Option<String>,
    /// How many people the policy has.
    pub people: usize,
    /// How many roles it has.
    pub roles: usize,
    /// Whether the approval page is served.
    pub web: bool,
    /// The address of the metrics, if they are served.
    pub metrics: Option<SocketAddr>,
    /// The address of the sandbox cloud, if it runs.
    pub sandbox: Option<SocketAddr>,
    /// Notes on these settings for the operator, one sentence each.
    pub notes: Vec<String>,
}

/// Opens the broker and serves it, with the sandbox cloud beside it if wanted. Calls `ready` once it listens.
pub async fn serve(
    system: &System,
    settings: BrokerSettings,
    sandbox: bool,
    ready: impl FnOnce(Started),
) -> Result<(), Failure> {
    let listen = settings.listen;
    settings.check().map_err(refused)?;
    // Binds the port before anything is written, so that a second broker fails early.
    let listener = bind(listen, "--listen").await?;
    let web = settings.web;
    let metrics = match settings.metrics {
        Some(metrics) => Some(bind(metrics, "--metrics").await?),
        None => None,
    };
    let address = listener.local_addr().unwrap_or(listen);
    let issuer = settings.issuer_url().to_owned();
    let one_address = settings.has_one_address_for_all();
    let own_tokens = Arc::clone(&settings.clusters);
    let opened = Broker::open(settings, system).await.map_err(|error| {
        let failure = Failure::failed("the broker does not start").cause(error.to_string());
        match error.hint() {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    })?;
    let beside = match beside(&opened, &issuer, sandbox, system).await {
        Ok(beside) => beside,
        Err(failure) => {
            opened.close().await;
            return Err(failure);
        }
    };
    let metrics_address = metrics.as_ref().and_then(|metrics| metrics.local_addr().ok());
    if let Some(metrics) = metrics {
        opened.show_metrics(metrics);
    }
    let policy = opened.in_force().policy();
    let mut notes = notes(&policy, &issuer, beside.address().is_some(), one_address);
    notes.extend(own_identity(&policy, system).await);
    notes.extend(clusters::notes(&policy, &own_tokens));
    ready(Started {
        address,
        revision: policy.revision,
        commit: opened.in_force().commit(),
        people: policy.people().len(),
        roles: policy.roles().len(),
        web,
        metrics: metrics_address,
        sandbox: beside.address(),
        notes,
    });
    let processes = Arc::clone(&system.processes);
    let shutdown = async move { processes.interrupted().await };
    tokio::select! {
        served = broker::serve(opened, listener, shutdown) => {
            served.map_err(|error| Failure::failed("the broker stopped").cause(error.to_string()))
        }
        () = beside.serve() => Err(Failure::failed("the sandbox cloud stopped")),
    }
}

/// Listens at an address, which this flag chooses.
async fn bind(address: SocketAddr, flag: &str) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).await.map_err(|error| {
        Failure::failed(format!("{address} cannot be listened on"))
            .cause(error.to_string())
            .hint(format!("another program may use the port: choose one with `{flag} 127.0.0.1:PORT`"))
    })
}

/// The failure for settings that a broker does not start with.
#[expect(clippy::needless_pass_by_value, reason = "the form that `map_err` takes")]
pub(super) fn refused(error: SettingsError) -> Failure {
    Failure::usage(error.to_string()).hint(error.hint())
}

/// Notes for the operator before the first request.
fn notes(policy: &crate::policy::Policy, issuer: &str, has_sandbox: bool, one_address: bool) -> Vec<String> {
    let mut notes = Vec::new();
    if issuer.starts_with("http:") {
        notes.push(format!(
            "clouds cannot verify {issuer}: {OVER_HTTP}. For AWS, start with `--url https://…`; people \
             then log in again, and open requests are asked again. Or let a web host serve the issuer: `--issuer https://…`"
        ));
    }
    let sandboxed = policy.roles().filter(|role| role.target.is_sandbox()).count();
    if sandboxed > 0 && !has_sandbox {
        notes.push(format!(
            "{sandboxed} of the roles open{} the sandbox cloud, which does not run: add `--sandbox`",
            if sandboxed == 1 { "s" } else { "" }
        ));
    }
    if one_address {
        notes.push(
            "no proxy is trusted, so everybody seems to come from one address: `source_ip`, `bind_ip` and the log name the proxy. \
             Trust it: `--trusted-proxy IP`, which is 127.0.0.1 for a proxy on this machine"
                .to_owned(),
        );
    }
    notes
}

/// Says as whom the broker opens roles with its own identity in the cloud, or why it cannot. `None` if it opens none so.
async fn own_identity(policy: &crate::policy::Policy, system: &System) -> Option<String> {
    let mut by_broker = policy.roles().filter(|role| role.target.is_by_broker());
    let first = by_broker.next()?;
    let all = count(1 + by_broker.count(), "role");
    Some(match clouds::own_identity(&first.target, system).await {
        Ok(identity) => format!("it opens {all} with its own identity, {identity}"),
        Err(error) => {
            let hint = error.hint.map_or_else(String::new, |hint| format!(": {hint}"));
            format!("it cannot open {all} with its own identity yet. {}{hint}", error.message)
        }
    })
}

#[cfg(feature = "demo")]
async fn beside(broker: &Broker, issuer: &str, wanted: bool, system: &System) -> Result<Sandboxed, Failure> {
    if wanted { Sandboxed::open(broker.in_force(), issuer, system).await } else { Ok(Sandboxed::none()) }
}

/// Without the sandbox there is nothing to serve beside the broker.
#[cfg(not(feature = "demo"))]
struct Sandboxed;

#[cfg(not(feature = "demo"))]
impl Sandboxed {
    fn address(&self) -> Option<SocketAddr> {
        None
    }

    async fn serve(self) {
        std::future::pending().await
    }
}

#[cfg(not(feature = "demo"))]
async fn beside(_: &Broker, _: &str, _: bool, _: &System) -> Result<Sandboxed, Failure> {
    Ok(Sandboxed)
}
