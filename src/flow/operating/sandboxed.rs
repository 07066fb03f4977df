//! The sandbox cloud beside a broker. It has those roles of the policy in force that open the sandbox.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpListener;

use crate::broker::InForce;
use crate::flow::Failure;
use crate::grant::cloud::azure::Authority;
use crate::grant::cloud::kubernetes::Way;
use crate::grant::cloud::sandbox::SandboxTarget;
use crate::policy::Policy;
use crate::policy::Role;
use crate::provider;
use crate::sandbox::Sandbox;
use crate::sandbox::SandboxAccount;
use crate::sandbox::SandboxApp;
use crate::sandbox::SandboxCluster;
use crate::sandbox::SandboxRole;
use crate::sandbox::Settings;
use crate::system::System;

/// The sandbox cloud, either listening or switched off.
pub struct Sandboxed(Option<(TcpListener, SocketAddr, Sandbox)>);

impl Sandboxed {
    /// No sandbox cloud.
    pub fn none() -> Self {
        Self(None)
    }

    /// Listens at the address in the policy's sandbox roles.
    ///
    /// # Errors
    /// No role opens the sandbox, the roles name different addresses, or the address is in use.
    pub async fn open(policy: InForce, issuer: &str, system: &System) -> Result<Self, Failure> {
        let address = place(&policy.policy())?;
        let listener = TcpListener::bind(address).await.map_err(|error| {
            Failure::failed(format!("the sandbox cloud cannot listen on {address}"))
                .cause(error.to_string())
                .hint("another program may use the port: name another one in `endpoint_url` of the policy's sandbox roles")
        })?;
        let sandbox = Sandbox::new(
            Settings::new(issuer, Vec::new()),
            Arc::clone(&system.http),
            Arc::clone(&system.clock),
            Arc::clone(&system.entropy),
        );
        let (of_google, of_clusters, of_entra) = (policy.clone(), policy.clone(), policy.clone());
        let sandbox = sandbox
            .following(Arc::new(move || roles(&policy.policy())))
            .with_accounts(Arc::new(move || accounts(&of_google.policy())))
            .with_clusters(Arc::new(move || clusters(&of_clusters.policy())))
            .with_apps(Arc::new(move || apps(&of_entra.policy())));
        let address = listener.local_addr().unwrap_or(address);
        Ok(Self(Some((listener, address, sandbox))))
    }

    /// The address at which it listens.
    pub fn address(&self) -> Option<SocketAddr> {
        self.0.as_ref().map(|(_, address, _)| *address)
    }

    /// Serves it. Never returns if there is none.
    pub async fn serve(self) {
        let Some((listener, _, sandbox)) = self.0 else { return std::future::pending().await };
        let service = sandbox.router().into_make_service_with_connect_info::<SocketAddr>();
        if let Err(error) = axum::serve(listener, service).await {
            tracing::error!(%error, "the sandbox cloud stopped");
        }
    }
}

/// The roles of a policy that open the sandbox.
fn targets(policy: &Policy) -> impl Iterator<Item = (String, &SandboxTarget)> {
    policy.roles().filter_map(|role| Some((provider::subject(&role.name), role.target.as_sandbox()?)))
}

fn roles(policy: &Policy) -> Vec<SandboxRole> {
    targets(policy)
        .map(|(subject, target)| SandboxRole::for_subject(target.role_arn.clone(), subject))
        .collect()
}

/// The service accounts of roles that open Google Cloud at an address on this machine.
fn accounts(policy: &Policy) -> Vec<SandboxAccount> {
    let of_role = |role: &Role| {
        let target = role.target.as_gcp().filter(|target| target.endpoint.is_some())?;
        let subject = provider::subject(&role.name);
        Some(SandboxAccount::for_subject(&target.service_account, &target.provider, subject))
    };
    policy.roles().filter_map(of_role).collect()
}

/// The roles that name groups of a cluster at an address on this machine.
fn clusters(policy: &Policy) -> Vec<SandboxCluster> {
    let of_role = |role: &Role| {
        let target = role.target.as_kubernetes().filter(|target| target.server.starts_with("http://"))?;
        let Way::Token { audience, groups } = &target.way else { return None };
        Some(SandboxCluster {
            audience: audience.clone(),
            subject: provider::subject(&role.name),
            groups: groups.names().to_vec(),
            reviews_tokens: false,
        })
    };
    policy.roles().filter_map(of_role).collect()
}

/// The applications of roles that open Azure at an address on this machine.
fn apps(policy: &Policy) -> Vec<SandboxApp> {
    let of_role = |role: &Role| {
        let target =
            role.target.as_azure().filter(|target| matches!(target.authority, Authority::Loopback(_)))?;
        let ids = (&target.tenant, &target.client_id);
        Some(SandboxApp::for_subject(ids, target.audiences.names(), provider::subject(&role.name)))
    };
    policy.roles().filter_map(of_role).collect()
}

/// The address of the cloud in the roles.
fn place(policy: &Policy) -> Result<SocketAddr, Failure> {
    let mut urls: Vec<&str> = targets(policy).map(|(_, target)| target.endpoint_url.as_str()).collect();
    urls.sort_unstable();
    urls.dedup();
    let url = match urls.as_slice() {
        [] => {
            return Err(Failure::usage("no role of the policy opens the sandbox cloud").hint(
                "leave `--sandbox` out, or add a role with [sandbox] role_arn and endpoint_url = \"http://127.0.0.1:8766\"",
            ));
        }
        [url] => *url,
        [one, another, ..] => {
            return Err(Failure::usage("the policy's sandbox roles name different places")
                .cause(format!("{one} and {another}"))
                .hint("write the same endpoint_url in all of them"));
        }
    };
    let address = url::Url::parse(url).ok().and_then(|url| {
        let addresses = url.socket_addrs(|| None).ok()?;
        addresses.into_iter().find(|address| address.ip().is_loopback())
    });
    address.ok_or_else(|| Failure::usage(format!("the sandbox cloud cannot listen on {url:?}")))
}
