//! Direct roles: the person's own cloud identity assumes them. They need no approval and are never shown as approved.

mod aws;
mod others;

use crate::config::DirectRole;
use crate::config::OwnIdentity;
use crate::flow::Access;
use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::asking::namesakes;
use crate::flow::using::obtain;
use crate::grant::Lease;
use crate::grant::State;
use crate::provider::clouds;
use crate::provider::whose;
use crate::state::index;
use crate::state::index::Entry;

/// A session of a direct role: the stored one while it lasts, else a new one. May ask for an MFA code on a terminal.
pub async fn obtain(client: &Client<'_>, role: &DirectRole) -> Result<Access, Failure> {
    let vault = client.vault_if_any()?;
    if let Some(lease) = vault.direct(&role.name)?
        && obtain::is_fresh(&lease, lease.expires, client.now())
        && clouds::misfit_of_role(&lease.credentials, &role.target).is_none()
    {
        return Ok(access(role, lease));
    }
    let lease = assume(client, role).await?;
    if vault.forgets() {
        return Ok(access(role, lease));
    }
    vault.keep_direct(&role.name, &lease)?;
    let now = client.now();
    index::put(
        &client.system.files,
        &Entry {
            id: None,
            authority: None,
            extends: None,
            role: role.name.clone(),
            scope: None,
            cloud: role.target.cloud(),
            place: lease.credentials.place(),
            state: State::Active,
            until: lease.expires,
            asked: now,
            emergency: false,
            who: None,
            elsewhere: false,
            shadows: namesakes::is_doubled(client, &role.name),
            run: None,
        },
    )?;
    Ok(access(role, lease))
}

fn access(role: &DirectRole, lease: Lease) -> Access {
    Access { role: role.name.clone(), scope: None, request: None, until: lease.expires, lease, purpose: None }
}

async fn assume(client: &Client<'_>, role: &DirectRole) -> Result<Lease, Failure> {
    if role.target.is_sandbox() {
        return Err(Failure::usage("a direct role opens a real cloud"));
    }
    let minted = match &role.own {
        OwnIdentity::Aws(own) => aws::assume(client, role, own).await,
        OwnIdentity::Azure => others::assume_azure(client, role).await,
        OwnIdentity::Gcp(own) => others::assume_google(client, role, *own).await,
        OwnIdentity::Kubernetes(own) => others::assume_kubernetes(client, role, own).await,
    };
    let minted =
        minted.map_err(|error| Failure::from(error).because(format!("{} was not assumed", role.name)))?;
    whose::check(client.system, &minted.credentials, &role.target).await?;
    Ok(Lease { number: 1, expires: minted.expires, credentials: minted.credentials })
}

/// The description of a direct role, in lines, for the person who is about to use it.
pub fn describe(role: &DirectRole) -> Vec<String> {
    let mut lines = vec![format!("{}: {}", role.name, role.target.describe())];
    if !role.description.is_empty() {
        lines.push(format!("  {}", crate::grant::text::sanitise(&role.description)));
    }
    lines.push(format!("  for       {}", role.duration));
    lines.push("  direct    your own cloud identity assumes it, without approval".to_owned());
    lines
}
