//! The setup that an operator makes in the cloud once.

use std::path::Path;

use crate::config;
use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::asking::lookup;
use crate::flow::aws::own;
use crate::flow::policy;
use crate::grant::AuthorityAddress;
use crate::grant::Name;
use crate::grant::Target;
use crate::grant::cloud::aws::RoleArn;
use crate::policy::Role;
use crate::protocol::RoleView;
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
    /// The broker's future address, for a folder.
    pub url: Option<&'a str>,
    /// The kind of document.
    pub part: Part,
    /// The broker's own identity in AWS: an ARN, or [`HERE`].
    pub principal: Option<&'a str>,
}

/// The word for the identity that a broker on this machine would have.
pub const HERE: &str = "here";

/// A role and its target.
pub(super) struct Known {
    pub(super) name: Name,
    pub(super) target: Target,
    /// Whether the broker denies what it handed out when access ends early.
    pub(super) deny_revoked: bool,
}

impl Known {
    fn of_view(role: RoleView) -> Self {
        Self { name: role.name, target: role.target, deny_revoked: role.deny_revoked }
    }

    fn of(role: &Role) -> Self {
        Self { name: role.name.clone(), target: role.target.clone(), deny_revoked: role.deny_revoked }
    }
}

/// Writes a document for a role of the broker's policy, or of a policy folder with the broker's future address.
pub async fn aws_trust(client: &Client<'_>, wanted: Wanted<'_>) -> Result<AwsTrust, Failure> {
    let Wanted { role, folder, part, .. } = wanted;
    let (issuer, found, all) = match folder {
        Some(folder) => {
            if wanted.url.is_none() {
                not_of_github(client)?;
            }
            let folder = policy::locate(client.system, Some(folder))?;
            let loaded = folder.load().map_err(|problems| policy::does_not_load(&problems))?;
            let found =
                loaded.role(role).ok_or_else(|| Failure::usage(format!("there is no role {role} there")))?;
            let all: Vec<Known> = loaded.roles().map(Known::of).collect();
            // No issuer takes part where the broker's own identity opens the role.
            let issuer =
                if found.target.is_by_broker() { String::new() } else { future_issuer(client, wanted.url)? };
            (issuer, Known::of(found), all)
        }
        None => {
            not_of_github(client)?;
            let connected = client.connect().await?;
            let view = lookup::role(&connected, role).await?;
            let roles = connected.authority.roles().await?;
            let all: Vec<Known> = roles.into_iter().map(Known::of_view).collect();
            (connected.authority.url().to_owned(), Known::of_view(view), all)
        }
    };
    let Known { name, target, deny_revoked } = found;
    if target.is_sandbox() {
        return Err(Failure::usage(format!("{name} opens the sandbox cloud, which needs no trust policy")));
    }
    let arn = target.role_arn().ok_or_else(|| {
        Failure::usage(format!("{name} opens {}, which is not an AWS role", target.describe()))
    })?;
    if target.is_by_broker() || part == Part::BrokerPermissions && deny_revoked {
        return own::documents(client, &wanted, (&name, arn), &all).await;
    }
    if part == Part::BrokerPermissions || wanted.principal.is_some() {
        return Err(Failure::usage(format!("{name} is opened with a token, not by the broker's own identity"))
            .hint("leave `--principal` and `--part broker-permissions` out, or write by = \"broker\" or revoke = \"deny\" in the role's [aws]"));
    }
    let warning = trust_policy::warning(&issuer);
    if let Some(hub) = target.via() {
        let behind: Vec<&Known> = all.iter().filter(|known| known.target.via() == Some(hub)).collect();
        return Ok(AwsTrust {
            warning,
            document: match part {
                Part::Target | Part::BrokerPermissions => hub_trust::target_trust(hub),
                Part::Hub => {
                    let names: Vec<Name> = behind.iter().map(|known| known.name.clone()).collect();
                    hub_trust::hub_trust(&issuer, &names, hub)
                }
                Part::HubPermissions => {
                    let targets: Vec<RoleArn> =
                        behind.iter().filter_map(|known| known.target.role_arn().cloned()).collect();
                    hub_trust::hub_permissions(&targets)
                }
            },
            instructions: match part {
                Part::Target | Part::BrokerPermissions => hub_trust::instructions(&issuer, &name, arn, hub),
                Part::Hub | Part::HubPermissions => of_hub(&behind, folder.is_some()),
            },
        });
    }
    if part != Part::Target {
        return Err(Failure::usage(format!("{name} is reached directly, not through a hub"))
            .hint("leave `--part` out"));
    }
    Ok(AwsTrust {
        warning,
        document: trust_policy::trust_policy(&issuer, &name, arn),
        instructions: trust_policy::instructions(&issuer, arn),
    })
}

/// The address of the broker for whose policy folder a document is written.
fn future_issuer(client: &Client<'_>, url: Option<&str>) -> Result<String, Failure> {
    let url = url.or(client.settings.authority()).ok_or_else(|| {
        Failure::usage("the broker's address is not known").hint("name it: --url https://jit.example.com")
    })?;
    config::broker_address(url)
        .map_err(|cause| Failure::usage(format!("{url:?} is not a broker's address")).cause(cause))
}

/// Refuses if the authority is a repository. A cloud then trusts the tokens of its workflow, and only GitHub knows
/// their form.
fn not_of_github(client: &Client<'_>) -> Result<(), Failure> {
    let Some(address @ AuthorityAddress::GitHub(repository)) = client.settings.address() else {
        return Ok(());
    };
    Err(Failure::usage(format!("{address} is not a broker: clouds trust its workflow, not an address")).hint(format!(
        "in a checkout of {repository}, `GITHUB_TOKEN=$(gh auth token) jit ci init …` prints what each role's cloud must trust"
    )))
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
