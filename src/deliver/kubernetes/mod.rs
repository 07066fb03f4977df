//! Delivery to programs of Kubernetes: a kubeconfig whose user is an exec plugin, which is `jit` itself.
//!
//! Invariant: no kubeconfig holds a token. The plugin fetches one from the `jit exec` that runs the command, or from the keychain.

pub mod exec_credential;
pub mod kubeconfig;

use std::path::Path;

use crate::deliver::environment::Variables;
use crate::system::Environment;

/// The variables that name a kubeconfig: of client-go, and of Terraform's providers, which do not read the first.
const CONFIGS: [&str; 2] = ["KUBECONFIG", "KUBE_CONFIG_PATH"];

/// The variables of `kubectl` and other programs on client-go (`tools/clientcmd`), of Helm (`pkg/cli/environment.go`), of Terraform's
/// providers for Kubernetes and Helm, and of Ansible's collection.
pub const VARIABLES: Variables = Variables {
    names: &[],
    served: &CONFIGS,
    scrubbed: &[
        "HELM_KUBE*",
        "K8S_AUTH_*",
        "KUBECONFIG",
        "KUBERNETES_MASTER",
        "KUBE_CLIENT_CERT_DATA",
        "KUBE_CLIENT_KEY_DATA",
        "KUBE_CLUSTER_CA_CERT_DATA",
        "KUBE_CONFIG_PATH",
        "KUBE_CONFIG_PATHS",
        "KUBE_CTX",
        "KUBE_CTX_AUTH_INFO",
        "KUBE_CTX_CLUSTER",
        "KUBE_HOST",
        "KUBE_INSECURE",
        "KUBE_PASSWORD",
        "KUBE_PROXY_URL",
        "KUBE_TLS_SERVER_NAME",
        "KUBE_TOKEN",
        "KUBE_USER",
    ],
    redirecting: &[],
    own_redirections: &[],
};

/// Leads the programs to a kubeconfig.
pub fn serve(environment: &mut Environment, config: &Path) {
    for name in CONFIGS {
        environment.set(name, config.as_os_str());
    }
}
