//! The permissions of a scope, in the words of its role's cloud.

use super::Cloud;
use crate::grant::Digest;
use crate::grant::cloud::aws_scope::AwsScopeDocument;
use crate::grant::cloud::aws_scope::DocumentError;

/// The document of a scope: what credentials for it may do at most. One variant for each cloud that has such documents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScopeDocument {
    /// A session policy, for AWS and for the sandbox cloud.
    Aws(AwsScopeDocument),
}

impl ScopeDocument {
    /// Reads a document for a role of this cloud; `expand` is applied to every text value in it.
    pub fn parse(cloud: Cloud, text: &str, expand: impl Fn(&str) -> String) -> Result<Self, DocumentError> {
        match cloud {
            Cloud::Aws | Cloud::Sandbox => AwsScopeDocument::parse(text, expand).map(Self::Aws),
        }
    }

    /// The whole document in compact form.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Aws(document) => document.as_str(),
        }
    }

    /// The SHA-256 of [`ScopeDocument::as_str`]: what a request names, and what ends it when it changes.
    pub fn digest(&self) -> Digest {
        match self {
            Self::Aws(document) => document.digest(),
        }
    }

    /// The session policy, where it is one. `None` for other clouds.
    pub fn as_aws(&self) -> Option<&AwsScopeDocument> {
        match self {
            Self::Aws(document) => Some(document),
        }
    }
}
