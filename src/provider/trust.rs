//! The configuration of a place, by which it trusts a role's tokens and nobody else's: as its own commands or documents, and for
//! Terraform. This file chooses the place's code that writes it, as [`super::clouds`] does.

use super::azure;
use super::gcp;
use super::kubernetes;
use super::kubernetes::trust::IssuerAddress;
use super::token;
use super::vault;
use crate::grant::Name;
use crate::grant::Target;
use crate::grant::cloud::kubernetes::Way;

/// The configuration by which the other side trusts a role's tokens and nobody else's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trust {
    /// The document or the commands.
    pub document: String,
    /// The steps that an administrator takes with it, in lines.
    pub instructions: String,
}

/// One document with its title.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// The title above the document.
    pub title: String,
    /// The document, or the commands.
    pub text: String,
}

/// An issuer, as a place is told of it.
#[derive(Debug, Clone, Copy)]
pub struct TrustedIssuer<'a> {
    /// Its address, byte for byte as tokens name it.
    pub url: &'a str,
    /// Its key set as JSON, if the place is to take it by hand ([`takes_key_set`]) and to fetch nothing.
    pub key_set: Option<&'a str>,
    /// The tokens of a role.
    pub tokens: RoleTokens<'a>,
}

impl<'a> TrustedIssuer<'a> {
    /// An authority's own issuer, which the place asks for its keys.
    pub fn own(url: &'a str) -> Self {
        Self { url, key_set: None, tokens: RoleTokens::Own }
    }
}

/// The tokens of a role, as its place tells them from others.
#[derive(Debug, Clone, Copy)]
pub enum RoleTokens<'a> {
    /// Those of an authority's own issuer: their subject names the role, and their claims name person and request.
    Own,
    /// Those of a repository's workflow.
    Workflow {
        /// The whole subject of the role's job.
        subject: &'a str,
        /// The job's environment, which is in the claim `environment`.
        environment: &'a str,
    },
}

impl RoleTokens<'_> {
    /// The subject of the role's tokens.
    pub fn subject(&self, role: &Name) -> String {
        match self {
            Self::Own => super::subject(role),
            Self::Workflow { subject, .. } => (*subject).to_owned(),
        }
    }
}

/// Whether the place of a target takes an issuer's key set by hand. The issuer then need not be on the internet.
pub fn takes_key_set(target: &Target) -> bool {
    match target {
        Target::Gcp(_) => true,
        Target::Aws(_)
        | Target::Sandbox(_)
        | Target::Token(_)
        | Target::Vault(_)
        | Target::Kubernetes(_)
        | Target::Azure(_) => false,
    }
}

/// The configuration of a place for a role. `lease` is the longest life of the credentials, in seconds. `None` for AWS, which has
/// several documents ([`super::aws::trust_policy`], [`super::aws::hub_trust`]), and for the sandbox cloud, which needs none.
pub fn of(role: &Name, target: &Target, issuer: TrustedIssuer<'_>, lease: i64) -> Option<Trust> {
    match target {
        Target::Aws(_) | Target::Sandbox(_) => None,
        Target::Token(target) => Some(Trust {
            document: token::trust(role, target, issuer.url),
            instructions: "Let the other side check issuer, audience and subject, each byte for byte, and the signature with the \
                           keys that the discovery document names."
                .to_owned(),
        }),
        Target::Vault(target) => Some(Trust {
            document: vault::trust::commands(role, target, issuer, lease),
            instructions: "Run these commands as an administrator of the server; with HashiCorp's `vault`, replace `bao` and BAO_. \
                           The server must reach the issuer's address."
                .to_owned(),
        }),
        Target::Gcp(target) => Some(Trust {
            document: gcp::trust::commands(role, target, issuer),
            instructions: format!("Run these commands as an administrator of the project. {}", google_finds(issuer)),
        }),
        Target::Azure(target) => Some(Trust {
            document: azure::trust::commands(role, target, issuer),
            instructions: "Run these commands as an owner of the application; Entra must reach the issuer's address.".to_owned(),
        }),
        Target::Kubernetes(target) => Some(Trust {
            document: kubernetes::trust::manifest(role, target, IssuerAddress { url: issuer.url, discovery: None }),
            instructions: match &target.way {
                Way::Token { .. } => "Give the first document to the API server by `--authentication-config`, and apply the others \
                                      with `kubectl apply -f`. The API server must reach the issuer's address."
                    .to_owned(),
                Way::ServiceAccount { .. } => "Apply these objects with `kubectl apply -f`.".to_owned(),
            },
        }),
    }
}

/// The commands that make `role` at the place, by which the authority takes back the credentials that it handed out. `None` for a place
/// where the authority takes nothing back so.
pub fn to_take_back(target: &Target, role: &str) -> Option<String> {
    target.as_vault().map(|target| vault::trust::to_take_back(target, role))
}

/// The same as Terraform's configuration, beside that of [`terraform`].
pub fn terraform_to_take_back(target: &Target, role: &str) -> Option<String> {
    target.as_vault().map(|target| vault::trust::terraform_to_take_back(target, role))
}

/// The same as Terraform's configuration. `None` for AWS ([`super::aws::terraform`]), and for a place without one.
pub fn terraform(role: &Name, target: &Target, issuer: TrustedIssuer<'_>, lease: i64) -> Option<Trust> {
    match target {
        Target::Gcp(target) => Some(Trust {
            document: gcp::trust::terraform(role, target, issuer),
            instructions: google_finds(issuer).to_owned(),
        }),
        Target::Azure(target) => Some(Trust {
            document: azure::trust::terraform(role, target, issuer),
            instructions: "Entra must reach the issuer's address.".to_owned(),
        }),
        Target::Vault(target) => Some(Trust {
            document: vault::trust::terraform(role, target, issuer, lease),
            instructions: "This is for Terraform's provider `vault`, whose address is the server's. The server must reach the \
                           issuer's address."
                .to_owned(),
        }),
        Target::Kubernetes(target) => Some(Trust {
            document: kubernetes::terraform::document(
                role,
                target,
                IssuerAddress { url: issuer.url, discovery: None },
            ),
            instructions: match &target.way {
                Way::Token { .. } => "Give the file to the API server by `--authentication-config`. The API server must reach the \
                                      issuer's address."
                    .to_owned(),
                Way::ServiceAccount { .. } => {
                    "Import what exists first, such as the service account: `terraform import`.".to_owned()
                }
            },
        }),
        Target::Aws(_) | Target::Sandbox(_) | Target::Token(_) => None,
    }
}

/// How Google finds the issuer's keys.
fn google_finds(issuer: TrustedIssuer<'_>) -> &'static str {
    match issuer.key_set {
        None => "Google must reach the issuer's address.",
        Some(_) => {
            "The keys are uploaded, so Google fetches nothing. Upload them again before the issuer signs with a new one."
        }
    }
}
