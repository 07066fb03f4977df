//! `[roles.NAME.kubernetes]`: a service account whose token the user's own kubeconfig asks for.

use serde::Deserialize;
use serde_spanned::Spanned;

use super::Around;
use super::ConfigError;
use super::Opened;
use super::OwnIdentity;
use super::OwnKubernetes;
use crate::config::file::from_home;
use crate::grant::Target;
use crate::grant::cloud::certificates::Certificates;
use crate::grant::cloud::kubernetes::KubernetesTarget;
use crate::grant::cloud::kubernetes::Way;
use crate::grant::span::Span;
use crate::system::files;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KubernetesTable {
    server: String,
    ca: Option<Spanned<String>>,
    namespace: String,
    service_account: String,
    context: Option<Spanned<String>>,
    duration: Option<Spanned<Span>>,
}

pub(super) fn check(table: Spanned<KubernetesTable>, around: Around<'_>) -> Result<Opened, ConfigError> {
    let start = table.span().start;
    let cluster = table.into_inner();
    let ca = cluster.ca.map(|named| (from_home(named.get_ref(), around.home), named.span().start));
    let certificates = match &ca {
        None => None,
        Some((path, start)) => {
            let wrong = |why: &str| around.wrong(*start, &format!("{}: {why}", path.display()));
            let content = files::read(path).map_err(|error| wrong(&error.to_string()))?;
            let content = content.ok_or_else(|| wrong("there is no such file"))?;
            let text = String::from_utf8(content).map_err(|_| wrong("it is not text"))?;
            Some(Certificates::of_pem(&text).map_err(|error| wrong(&error.to_string()))?)
        }
    };
    let server = cluster.server.trim_end_matches('/').to_owned();
    let way = Way::ServiceAccount { namespace: cluster.namespace, name: cluster.service_account };
    let target = KubernetesTarget { server, ca: certificates, way }.check();
    let target = target.map_err(|error| around.wrong(start, &error.to_string()))?;
    let context = match cluster.context {
        // kubectl reads `--context=NAME`; an empty name would mean the current one.
        Some(named) if named.get_ref().is_empty() || named.get_ref().chars().any(char::is_control) => {
            return Err(around.wrong(named.span().start, "this is not the name of a context"));
        }
        named => named.map(Spanned::into_inner),
    };
    let limits = (600..=43_200, "Kubernetes makes tokens of 10m or longer, and jit asks for 12h at most");
    let duration = around.duration(cluster.duration, Span::of_minutes(60), limits)?;
    let own = OwnKubernetes { context, ca: ca.map(|(path, _)| path) };
    Ok(Opened { target: Target::Kubernetes(target), own: OwnIdentity::Kubernetes(own), duration })
}
