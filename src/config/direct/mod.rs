//! Direct roles: roles that the user's own cloud identity may already assume. They add no power and are never shown as
//! approved.

mod aws;
mod azure;
mod gcp;
mod kubernetes;

use std::path::Path;
use std::path::PathBuf;

use serde::Deserialize;
use serde_spanned::Spanned;

use super::ConfigError;
use crate::grant::Name;
use crate::grant::Target;
use crate::grant::span::Span;
use crate::system::aws_files::route::CredentialSource;

/// A role that the user's own cloud identity may assume without an approval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectRole {
    /// Its name on this machine.
    pub name: Name,
    /// The description from the settings. May be empty.
    pub description: String,
    /// The target that it opens.
    pub target: Target,
    /// The identity that assumes it.
    pub own: OwnIdentity,
    /// How long its credentials last.
    pub duration: Span,
    /// Whether its name means this role even if an authority has a role of the same name.
    pub shadows: bool,
}

impl DirectRole {
    /// How AWS is called. `None` for a role of another place.
    pub fn own_aws(&self) -> Option<&OwnAws> {
        match &self.own {
            OwnIdentity::Aws(own) => Some(own),
            OwnIdentity::Azure | OwnIdentity::Gcp(_) | OwnIdentity::Kubernetes(_) => None,
        }
    }
}

/// The user's own identity at a place, and what the role demands of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OwnIdentity {
    /// AWS, by its own files, environment or sign-in.
    Aws(Box<OwnAws>),
    /// Azure, by the Azure CLI.
    Azure,
    /// Google Cloud, by gcloud.
    Gcp(OwnGcp),
    /// Kubernetes, by kubectl.
    Kubernetes(OwnKubernetes),
}

/// How AWS's `AssumeRole` is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnAws {
    /// The profile of `~/.aws/config` to start from.
    pub profile: Option<String>,
    /// The credential source to start from, instead of a profile. With neither, the first credentials that AWS's CLI
    /// would find.
    pub source: Option<CredentialSource>,
    /// The session name, if the role demands a certain one. With `None`, the person's name.
    pub session_name: Option<String>,
    /// The external ID that another company's role demands.
    pub external_id: Option<String>,
    /// The ARN or serial number of the MFA device that the role demands.
    pub mfa_serial: Option<String>,
}

/// The one of gcloud's two identities that impersonates the service account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwnGcp {
    /// The account of `gcloud auth login`.
    Gcloud,
    /// The application default credentials, of `gcloud auth application-default login`.
    ApplicationDefault,
}

/// The user of a kubeconfig that asks for the service account's token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnKubernetes {
    /// The context whose user asks. `None` for the current one.
    pub context: Option<String>,
    /// The file with the authorities of the server's certificate. `None` for those that the machine trusts.
    pub ca: Option<PathBuf>,
}

/// The surroundings of a role's table: its file, the file's text, and the home folder.
#[derive(Clone, Copy)]
pub(super) struct Around<'a> {
    pub path: &'a Path,
    pub source: &'a str,
    pub home: &'a Path,
}

impl Around<'_> {
    fn wrong(&self, offset: usize, message: &str) -> ConfigError {
        ConfigError::at(self.path, self.source, offset, message)
    }

    /// A duration within limits, in seconds. `otherwise` where there is none.
    fn duration(
        &self,
        duration: Option<Spanned<Span>>,
        otherwise: Span,
        (limits, message): (std::ops::RangeInclusive<u64>, &str),
    ) -> Result<Span, ConfigError> {
        match duration {
            None => Ok(otherwise),
            Some(duration) if limits.contains(&duration.get_ref().seconds()) => Ok(duration.into_inner()),
            Some(duration) => Err(self.wrong(duration.span().start, message)),
        }
    }
}

/// A place's table after its check: the target, the person's own identity there, and the longest time of one access.
struct Opened {
    target: Target,
    own: OwnIdentity,
    duration: Span,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RoleTable {
    approval: Spanned<String>,
    description: Option<String>,
    #[serde(default)]
    shadows: bool,
    aws: Option<Spanned<aws::AwsTable>>,
    azure: Option<Spanned<azure::AzureTable>>,
    gcp: Option<Spanned<gcp::GcpTable>>,
    kubernetes: Option<Spanned<kubernetes::KubernetesTable>>,
}

impl RoleTable {
    pub(super) fn check(self, around: Around<'_>, name: Name) -> Result<DirectRole, ConfigError> {
        let start = self.approval.span().start;
        if self.approval.get_ref() != "none" {
            return Err(around
                .wrong(
                    start,
                    "only a broker can enforce an approval: a role here can only say approval = \"none\"",
                )
                .hint("a role that needs approval belongs in a broker's policy; see `jit policy init`"));
        }
        let opened = match (self.aws, self.azure, self.gcp, self.kubernetes) {
            (Some(aws), None, None, None) => aws::check(aws, around)?,
            (None, Some(azure), None, None) => azure::check(azure, around)?,
            (None, None, Some(gcp), None) => gcp::check(gcp, around)?,
            (None, None, None, Some(kubernetes)) => kubernetes::check(kubernetes, around)?,
            (None, None, None, None) => {
                let message = "the role opens nothing";
                return Err(around.wrong(start, message).hint(format!(
                    "add [roles.{name}.aws], [roles.{name}.azure], [roles.{name}.gcp] or [roles.{name}.kubernetes]"
                )));
            }
            _ => return Err(around.wrong(start, "a role opens one target, and this one has several")),
        };
        let Opened { target, own, duration } = opened;
        let description = self.description.unwrap_or_default();
        Ok(DirectRole { name, description, target, own, duration, shadows: self.shadows })
    }
}

#[cfg(test)]
mod tests;
