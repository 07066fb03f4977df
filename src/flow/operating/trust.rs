//! The configuration of the other side of a role, by which it trusts the authority's tokens for this role and no others.

use std::path::Path;

use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::asking::lookup;
use crate::flow::operating::issuer::address;
use crate::flow::operating::issuer::issuer_of;
use crate::flow::operating::issuer::of_broker;
use crate::flow::policy;
use crate::grant::AuthorityAddress;
use crate::grant::Name;
use crate::grant::Target;
use crate::grant::span::Span;
use crate::issuer::Documents;
use crate::policy::Role;
use crate::protocol::RoleView;
use crate::provider::trust;
pub use crate::provider::trust::Trust;
use crate::provider::trust::TrustedIssuer;
use crate::system::files;

/// A role and its target.
#[derive(Debug, Clone)]
pub struct Known {
    /// The role.
    pub name: Name,
    /// The target that it opens.
    pub target: Target,
    /// The life of its credentials.
    pub lease: Span,
    /// Whether the broker denies what it handed out when access ends early.
    pub deny_revoked: bool,
    /// The role at the place by which the broker takes back what it handed out when access ends early.
    pub revoke_role: Option<String>,
}

impl Known {
    /// The life of its credentials, in seconds.
    pub fn longest(&self) -> i64 {
        i64::try_from(self.lease.seconds()).unwrap_or(i64::MAX)
    }

    fn of_view(role: RoleView) -> Self {
        let RoleView { name, target, lease, deny_revoked, revoke_role, .. } = role;
        Self { name, target, lease, deny_revoked, revoke_role }
    }

    fn of(role: &Role) -> Self {
        let (name, target) = (role.name.clone(), role.target.clone());
        let (deny_revoked, revoke_role) = (role.deny_revoked, role.revoke_role.clone());
        Self { name, target, lease: role.lease, deny_revoked, revoke_role }
    }
}

/// A role, the others of its policy, and the issuer that the other side must trust.
#[derive(Debug, Clone)]
pub struct Found {
    /// The issuer's address.
    pub issuer: String,
    /// The role.
    pub role: Known,
    /// Every role that can be seen, this one among them.
    pub all: Vec<Known>,
}

/// Finds a role in the broker's policy, or in a policy folder. `issuer` is the address of the issuer, or the broker's future
/// address that is its own issuer. `None` asks the broker.
///
/// # Errors
/// There is no such role, or nobody says who the issuer is.
pub async fn find(
    client: &Client<'_>,
    role: &Name,
    folder: Option<&Path>,
    issuer: Option<&str>,
) -> Result<Found, Failure> {
    if issuer.is_none() || folder.is_none() {
        not_of_github(client)?;
    }
    let named = issuer.map(address).transpose()?;
    let Some(folder) = folder else {
        let connected = client.connect().await?;
        let view = lookup::role(&connected, role).await?;
        let roles = connected.authority.roles().await?.roles;
        let all = roles.into_iter().map(Known::of_view);
        let issuer = match named {
            Some(issuer) => issuer,
            None => issuer_of(client.system, connected.authority.url()).await?,
        };
        return Ok(Found { issuer, role: Known::of_view(view), all: all.collect() });
    };
    let folder = policy::locate(client.system, Some(folder))?;
    let loaded = folder.load().map_err(|problems| policy::does_not_load(&problems))?;
    let found = loaded.role(role).ok_or_else(|| Failure::usage(format!("there is no role {role} there")))?;
    let issuer = match (named, client.settings.authority()) {
        (Some(issuer), _) => issuer,
        // No issuer takes part where the broker's own identity opens the role.
        _ if found.target.is_by_broker() => String::new(),
        (None, Some(url)) => issuer_of(client.system, url).await?,
        (None, None) => {
            return Err(Failure::usage("the issuer's address is not known").hint(
                "name it: --issuer https://jit-issuer.example.com, or the broker's address if it has none: --url https://jit.example.com",
            ));
        }
    };
    Ok(Found { issuer, role: Known::of(found), all: loaded.roles().map(Known::of).collect() })
}

/// The configuration of the place of a role, with that for taking back if the role has it. `None` for roles of AWS and of the sandbox
/// cloud, whose documents are [`crate::flow::aws::setup::aws_trust`]'s. `key_set` is the issuer's key set, from [`key_set`].
pub fn trust(found: &Found, key_set: Option<&str>) -> Option<Trust> {
    let Found { issuer, role, .. } = found;
    let issuer = TrustedIssuer { key_set, ..TrustedIssuer::own(issuer) };
    let mut trust = trust::of(&role.name, &role.target, issuer, role.longest())?;
    if let Some(revoking) = &role.revoke_role {
        trust.document += &trust::to_take_back(&role.target, revoking).unwrap_or_default();
    }
    Some(trust)
}

/// The same as Terraform's configuration. `None` for roles of AWS, whose documents are [`crate::flow::aws::terraform::of`]'s.
///
/// # Errors
/// The role's place has none here.
pub fn terraform(found: &Found, key_set: Option<&str>) -> Result<Option<Trust>, Failure> {
    let Found { issuer, role, .. } = found;
    let issuer = TrustedIssuer { key_set, ..TrustedIssuer::own(issuer) };
    let Some(mut trust) = trust::terraform(&role.name, &role.target, issuer, role.longest()) else {
        if role.target.role_arn().is_some() {
            return Ok(None);
        }
        let message = format!("jit writes no Terraform for {}", role.target.cloud());
        return Err(Failure::usage(message).hint("leave `--format` out"));
    };
    if let Some(revoking) = &role.revoke_role {
        trust.document += &trust::terraform_to_take_back(&role.target, revoking).unwrap_or_default();
    }
    Ok(Some(trust))
}

/// The word for the key set that the broker serves.
pub const OF_BROKER: &str = "broker";

/// The issuer's key set as JSON, for a place that takes it by hand: of a file, or the broker's ([`OF_BROKER`]).
///
/// # Errors
/// The role's place fetches the keys itself, the file has another form than the key sets that jit writes, or the broker's issuer is
/// another one.
pub async fn key_set(client: &Client<'_>, found: &Found, named: &str) -> Result<String, Failure> {
    let Found { issuer, role, .. } = found;
    if !trust::takes_key_set(&role.target) {
        let message = format!("{} takes no key set by hand: it fetches the issuer's", role.target.cloud());
        return Err(Failure::usage(message).hint("leave `--jwks` out"));
    }
    if named == OF_BROKER {
        let url = client.settings.authority().ok_or_else(|| {
            Failure::usage("there is no broker to ask for its keys").hint("name a file: --jwks jwks.json")
        })?;
        let documents = of_broker(client.system, url).await?;
        if documents.issuer() != issuer {
            let message = format!("the broker's keys are those of {}, not of {issuer}", documents.issuer());
            return Err(Failure::usage(message).hint("leave `--issuer` out, or name the issuer's own file"));
        }
        return Ok(documents.key_set_json());
    }
    let path = Path::new(named);
    let unread = |cause: String| {
        Failure::usage(format!("{named} is not the issuer's key set"))
            .cause(cause)
            .hint("name the file `.well-known/jwks.json` that `jit setup issuer` writes, or `--jwks broker`")
    };
    let content = files::read(path)
        .map_err(|error| unread(error.to_string()))?
        .ok_or_else(|| unread("there is no such file".to_owned()))?;
    let text = String::from_utf8(content).map_err(|_| unread("it is not text".to_owned()))?;
    // The reader takes public keys of jit's own form alone, so that no private key is ever uploaded.
    Documents::of(issuer, &text)
        .map(|documents| documents.key_set_json())
        .map_err(|error| unread(error.to_string()))
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
