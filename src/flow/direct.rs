//! Direct roles: the person's own cloud identity assumes them; nobody is asked, and nothing is shown as approved.

use super::Access;
use super::Client;
use super::Failure;
use super::obtain;
use crate::config::DirectRole;
use crate::grant::Lease;
use crate::grant::State;
use crate::prompt::index;
use crate::prompt::index::Entry;

/// A session of a direct role: the one at hand while it lasts, else a new one. May ask for an MFA code on a terminal.
pub async fn obtain(client: &Client<'_>, role: &DirectRole) -> Result<Access, Failure> {
    let vault = client.vault()?;
    if let Some(lease) = vault.direct(&role.name)?
        && obtain::is_fresh(&lease, lease.expires, client.now())
        && lease.credentials.account == role.target.role_arn().account()
    {
        return Ok(access(role, lease));
    }
    let lease = assume(client, role).await?;
    vault.keep_direct(&role.name, &lease)?;
    let now = client.now();
    index::put(
        &client.system.files,
        now,
        &Entry {
            id: None,
            authority: None,
            role: role.name.clone(),
            account: lease.credentials.account.clone(),
            state: State::Active,
            until: lease.expires,
            asked: now,
        },
    )?;
    Ok(access(role, lease))
}

fn access(role: &DirectRole, lease: Lease) -> Access {
    Access { role: role.name.clone(), request: None, until: lease.expires, lease }
}

async fn assume(client: &Client<'_>, role: &DirectRole) -> Result<Lease, Failure> {
    let _ = client;
    Err(Failure::failed(format!("{} cannot be assumed: not built yet", role.name)))
}

/// What a direct role is, in lines, for the person who is about to use it.
pub fn describe(role: &DirectRole) -> Vec<String> {
    let mut lines = vec![format!("{}: {}", role.name, role.target.describe())];
    if !role.description.is_empty() {
        lines.push(format!("  {}", crate::grant::text::sanitise(&role.description)));
    }
    lines.push(format!("  for       {}", role.duration));
    lines.push("  direct    your own cloud identity assumes it; nobody approves it".to_owned());
    lines
}
