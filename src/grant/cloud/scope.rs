//! The permissions of a scope, in the words of its role's cloud.

use super::Cloud;
use crate::grant::Digest;
use crate::grant::cloud::aws_scope::AwsScopeDocument;
use crate::grant::cloud::aws_scope::DocumentError;
use crate::grant::cloud::azure_scope::AzureScopeDocument;
use crate::grant::cloud::claims::Claims;
use crate::grant::cloud::gcp_scope::GcpScopeDocument;
use crate::grant::cloud::kubernetes::KubernetesScopeDocument;
use crate::grant::cloud::vault::VaultScopeDocument;

/// The document of a scope: what credentials for it may do at most. One variant for each cloud that has such documents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScopeDocument {
    /// A session policy, for AWS and for the sandbox cloud.
    Aws(AwsScopeDocument),
    /// The claims of a token, in place of its role's.
    Token(Claims),
    /// The policies of OpenBao or Vault to which a token is limited.
    Vault(VaultScopeDocument),
    /// The OAuth scopes and the access boundary of a token of Google Cloud.
    Gcp(GcpScopeDocument),
    /// The groups of Kubernetes that a token names, in place of all of its role's.
    Kubernetes(KubernetesScopeDocument),
    /// The audiences of tokens of Azure, some of the role's.
    Azure(AzureScopeDocument),
}

impl ScopeDocument {
    /// Reads a document for a role of this cloud; `expand` is applied to every text value in it.
    pub fn parse(cloud: Cloud, text: &str, expand: impl Fn(&str) -> String) -> Result<Self, DocumentError> {
        match cloud {
            Cloud::Aws | Cloud::Sandbox => AwsScopeDocument::parse(text, expand).map(Self::Aws),
            Cloud::Token => {
                Claims::parse(text).map(Self::Token).map_err(|error| DocumentError::Other(error.to_string()))
            }
            Cloud::Vault => VaultScopeDocument::parse(text)
                .map(Self::Vault)
                .ok_or_else(|| DocumentError::Other(r#"this is not {"policies": […]}"#.to_owned())),
            Cloud::Gcp => GcpScopeDocument::parse(text).map(Self::Gcp).ok_or_else(|| {
                DocumentError::Other("these are no OAuth scopes and no access boundary".to_owned())
            }),
            Cloud::Kubernetes => KubernetesScopeDocument::parse(text)
                .map(Self::Kubernetes)
                .ok_or_else(|| DocumentError::Other(r#"this is not {"groups": […]}"#.to_owned())),
            Cloud::Azure => AzureScopeDocument::parse(text)
                .map(Self::Azure)
                .ok_or_else(|| DocumentError::Other(r#"this is not {"audiences": […]}"#.to_owned())),
        }
    }

    /// The whole document in compact form.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Aws(document) => document.as_str(),
            Self::Token(claims) => claims.as_str(),
            Self::Vault(document) => document.as_str(),
            Self::Gcp(document) => document.as_str(),
            Self::Kubernetes(document) => document.as_str(),
            Self::Azure(document) => document.as_str(),
        }
    }

    /// The SHA-256 of [`ScopeDocument::as_str`]: what a request names, and what ends it when it changes.
    pub fn digest(&self) -> Digest {
        match self {
            Self::Aws(document) => document.digest(),
            Self::Token(claims) => claims.digest(),
            Self::Vault(document) => document.digest(),
            Self::Gcp(document) => document.digest(),
            Self::Kubernetes(document) => document.digest(),
            Self::Azure(document) => document.digest(),
        }
    }

    /// The session policy, where it is one. `None` for other clouds.
    pub fn as_aws(&self) -> Option<&AwsScopeDocument> {
        match self {
            Self::Aws(document) => Some(document),
            Self::Token(_) | Self::Vault(_) | Self::Gcp(_) | Self::Kubernetes(_) | Self::Azure(_) => None,
        }
    }

    /// The claims, where it is a token's. `None` for other places.
    pub fn as_token(&self) -> Option<&Claims> {
        match self {
            Self::Token(claims) => Some(claims),
            Self::Aws(_) | Self::Vault(_) | Self::Gcp(_) | Self::Kubernetes(_) | Self::Azure(_) => None,
        }
    }

    /// The policies, where it is a limit of OpenBao's or Vault's. `None` for other places.
    pub fn as_vault(&self) -> Option<&VaultScopeDocument> {
        match self {
            Self::Vault(document) => Some(document),
            Self::Aws(_) | Self::Token(_) | Self::Gcp(_) | Self::Kubernetes(_) | Self::Azure(_) => None,
        }
    }

    /// The OAuth scopes and the access boundary, where it is a limit of Google Cloud's. `None` for other places.
    pub fn as_gcp(&self) -> Option<&GcpScopeDocument> {
        match self {
            Self::Gcp(document) => Some(document),
            Self::Aws(_) | Self::Token(_) | Self::Vault(_) | Self::Kubernetes(_) | Self::Azure(_) => None,
        }
    }

    /// The groups, where it is a limit of Kubernetes. `None` for other places.
    pub fn as_kubernetes(&self) -> Option<&KubernetesScopeDocument> {
        match self {
            Self::Kubernetes(document) => Some(document),
            Self::Gcp(_) | Self::Azure(_) => None,
            Self::Aws(_) | Self::Token(_) | Self::Vault(_) => None,
        }
    }

    /// The audiences, where it is a limit of Azure's. `None` for other places.
    pub fn as_azure(&self) -> Option<&AzureScopeDocument> {
        match self {
            Self::Azure(document) => Some(document),
            Self::Aws(_) | Self::Token(_) | Self::Vault(_) | Self::Gcp(_) | Self::Kubernetes(_) => None,
        }
    }
}
