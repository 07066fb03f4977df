//! The setup that an operator makes in the cloud once.

use std::path::Path;

use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::aws::own;
use crate::flow::operating::trust;
use crate::flow::operating::trust::Found;
pub(super) use crate::flow::operating::trust::Known;
use crate::grant::Name;
use crate::grant::cloud::aws::RoleArn;
use crate::provider::aws::hub_trust;
use crate::provider::aws::trust_policy;

/// The trust policy of a role, and how to install it.
#[derive(Debug, Clone)]
pub struct AwsTrust {
    /// Why AWS refuses the issuer. It is shown first.
    pub warning: Option<String>,
    /// The document, as JSON.
    pub document: String,
    /// The steps to install it, in words and commands.
    pub instructions: String,
}

/// The kind of document. All but the first exist only for roles behind a hub, or that the broker's own identity opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Part {
    /// The role's own trust policy.
    #[default]
    Target,
    /// The hub's trust policy.
    Hub,
    /// The hub's permissions.
    HubPermissions,
    /// The permissions of the broker's own identity, for roles that it opens.
    BrokerPermissions,
}

/// The order for a document.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The role.
    pub role: &'a Name,
    /// The policy's folder. `None` for the broker's policy.
    pub folder: Option<&'a Path>,
    /// The address of the issuer, or the broker's future address that is its own issuer. `None` asks the broker.
    pub issuer: Option<&'a str>,
    /// The kind of document.
    pub part: Part,
    /// The broker's own identity in AWS: an ARN, or [`HERE`].
    pub principal: Option<&'a str>,
}

/// The word for the identity that a broker on this machine would have.
pub const HERE: &str = "here";

/// Writes a document for a role of the broker's policy, or of a policy folder.
pub async fn aws_trust(client: &Client<'_>, wanted: Wanted<'_>) -> Result<AwsTrust, Failure> {
    let found = trust::find(client, wanted.role, wanted.folder, wanted.issuer).await?;
    of(client, &found, wanted).await
}

/// The same for a role that was found.
///
/// # Errors
/// The role is none of AWS, or has no document of this kind.
pub async fn of(client: &Client<'_>, found: &Found, wanted: Wanted<'_>) -> Result<AwsTrust, Failure> {
    let (part, whole) = (wanted.part, wanted.folder.is_some());
    let Found { issuer, role: Known { name, target, deny_revoked, .. }, all } = found;
    if target.is_sandbox() {
        return Err(Failure::usage(format!("{name} opens the sandbox cloud, which needs no trust policy")));
    }
    let arn = target.role_arn().ok_or_else(|| {
        Failure::usage(format!("{name} opens {}, which is not an AWS role", target.describe()))
    })?;
    if target.is_by_broker() || part == Part::BrokerPermissions && *deny_revoked {
        return own::documents(client, &wanted, (name, arn), all).await;
    }
    if part == Part::BrokerPermissions || wanted.principal.is_some() {
        return Err(Failure::usage(format!("{name} is opened with a token, not by the broker's own identity"))
            .hint("leave `--principal` and `--part broker-permissions` out, or write by = \"broker\" or revoke = \"deny\" in the role's [aws]"));
    }
    let warning = trust_policy::warning(issuer);
    if let Some(hub) = target.via() {
        let behind: Vec<&Known> = all.iter().filter(|known| known.target.via() == Some(hub)).collect();
        return Ok(AwsTrust {
            warning,
            document: match part {
                Part::Target | Part::BrokerPermissions => hub_trust::target_trust(hub),
                Part::Hub => {
                    let names: Vec<Name> = behind.iter().map(|known| known.name.clone()).collect();
                    hub_trust::hub_trust(issuer, &names, hub)
                }
                Part::HubPermissions => {
                    let targets: Vec<RoleArn> =
                        behind.iter().filter_map(|known| known.target.role_arn().cloned()).collect();
                    hub_trust::hub_permissions(&targets)
                }
            },
            instructions: match part {
                Part::Target | Part::BrokerPermissions => hub_trust::instructions(issuer, name, arn, hub),
                Part::Hub | Part::HubPermissions => of_hub(&behind, whole),
            },
        });
    }
    if part != Part::Target {
        return Err(Failure::usage(format!("{name} is reached directly, not through a hub"))
            .hint("leave `--part` out"));
    }
    Ok(AwsTrust {
        warning,
        document: trust_policy::trust_policy(issuer, name, arn),
        instructions: trust_policy::instructions(issuer, arn),
    })
}

/// A note before the installation of a hub's document: it names roles, and must name all of them.
fn of_hub(behind: &[&Known], whole: bool) -> String {
    let names: Vec<&str> = behind.iter().map(|known| known.name.as_str()).collect();
    let complete = if whole {
        "these are all roles of this policy behind the hub"
    } else {
        "these are the roles behind the hub that you may see; with `--policy DIR` it names all of them"
    };
    format!("It names {}: {complete}.\n", names.join(", "))
}
