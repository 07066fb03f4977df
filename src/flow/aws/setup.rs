//! The setup that an operator makes in the cloud once.

use std::path::Path;

use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::asking::lookup;
use crate::flow::operating::issuer::address;
use crate::flow::operating::issuer::issuer_of;
use crate::flow::policy;
use crate::grant::AuthorityAddress;
use crate::grant::Name;
use crate::grant::Target;
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

/// The kind of document. All but the first exist only for roles behind a hub.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Part {
    /// The role's own trust policy.
    #[default]
    Target,
    /// The hub's trust policy.
    Hub,
    /// The hub's permissions.
    HubPermissions,
}

/// A role and its target.
struct Known {
    name: Name,
    target: Target,
}

/// Writes the trust policy for a role of the broker's policy, or of a policy folder. `issuer` is the address of the issuer,
/// or the broker's future address that is its own issuer. `None` asks the broker.
pub async fn aws_trust(
    client: &Client<'_>,
    role: &Name,
    folder: Option<&Path>,
    issuer: Option<&str>,
    part: Part,
) -> Result<AwsTrust, Failure> {
    if issuer.is_none() || folder.is_none() {
        not_of_github(client)?;
    }
    let named = issuer.map(address).transpose()?;
    let (issuer, found, all) = match folder {
        Some(folder) => {
            let issuer = match (named, client.settings.authority()) {
                (Some(issuer), _) => issuer,
                (None, Some(url)) => issuer_of(client.system, url).await?,
                (None, None) => {
                    return Err(Failure::usage("the issuer's address is not known").hint(
                        "name it: --issuer https://jit-issuer.example.com, or the broker's address if it has none: --url https://jit.example.com",
                    ));
                }
            };
            let folder = policy::locate(client.system, Some(folder))?;
            let loaded = folder.load().map_err(|problems| policy::does_not_load(&problems))?;
            let found =
                loaded.role(role).ok_or_else(|| Failure::usage(format!("there is no role {role} there")))?;
            let all =
                loaded.roles().map(|role| Known { name: role.name.clone(), target: role.target.clone() });
            (issuer, Known { name: found.name.clone(), target: found.target.clone() }, all.collect())
        }
        None => {
            let connected = client.connect().await?;
            let view = lookup::role(&connected, role).await?;
            let roles = connected.authority.roles().await?;
            let all: Vec<Known> =
                roles.into_iter().map(|role| Known { name: role.name, target: role.target }).collect();
            let issuer = match named {
                Some(issuer) => issuer,
                None => issuer_of(client.system, connected.authority.url()).await?,
            };
            (issuer, Known { name: view.name, target: view.target }, all)
        }
    };
    let Known { name, target } = found;
    if target.is_sandbox() {
        return Err(Failure::usage(format!("{name} opens the sandbox cloud, which needs no trust policy")));
    }
    let arn = target.role_arn().ok_or_else(|| {
        Failure::usage(format!("{name} opens {}, which is not an AWS role", target.describe()))
    })?;
    let warning = trust_policy::warning(&issuer);
    if let Some(hub) = target.via() {
        let behind: Vec<&Known> = all.iter().filter(|known| known.target.via() == Some(hub)).collect();
        return Ok(AwsTrust {
            warning,
            document: match part {
                Part::Target => hub_trust::target_trust(hub),
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
                Part::Target => hub_trust::instructions(&issuer, &name, arn, hub),
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
