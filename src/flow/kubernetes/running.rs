//! The credentials for clusters of the `jit exec` that runs this command, by its private kubeconfig.

use std::path::Path;

use crate::deliver::aws::fetch;
use crate::deliver::aws::profiles::FETCH_COMMAND;
use crate::deliver::kubernetes::kubeconfig;
use crate::flow::Failure;
use crate::grant::Credentials;
use crate::grant::cloud::kubernetes::KubernetesCredentials;
use crate::system::System;
use crate::system::files;

/// The tokens for clusters, as a command under `jit exec` finds them. Empty outside of it.
///
/// # Errors
/// The `jit exec` that wrote the kubeconfig serves no token any more.
pub async fn of_environment(system: &System) -> Result<Vec<Credentials>, Failure> {
    let Some(path) = system.environment.get("KUBECONFIG") else { return Ok(Vec::new()) };
    let text = files::read(Path::new(path)).ok().flatten().unwrap_or_default();
    let mut found = Vec::new();
    for cluster in kubeconfig::running(&String::from_utf8_lossy(&text), FETCH_COMMAND) {
        let token = fetch::fetch_token(&cluster.card, &*system.clock).await.map_err(|error| {
            let failure = Failure::failed(format!("there is no token for the cluster {}", cluster.server));
            let failure = failure.cause(error.to_string());
            match error.hint() {
                Some(hint) => failure.hint(hint),
                None => failure,
            }
        })?;
        found.push(Credentials::Kubernetes(KubernetesCredentials {
            token,
            server: cluster.server,
            ca: cluster.ca,
            namespace: None,
            service_account: None,
        }));
    }
    Ok(found)
}
