//! My grants and requests: from the authority when it can be asked, else from the index.

use super::Client;
use super::Failure;
use super::Standing;
use super::cloud;
use crate::authority::Listing;
use crate::grant::Name;
use crate::grant::State;
use crate::prompt::index;
use crate::prompt::index::Entry;
use crate::provider::CallerIdentity;

/// What somebody holds and waits for.
#[derive(Debug, Clone)]
pub struct Status {
    /// Requests and grants, the newest first, and direct sessions.
    pub entries: Vec<Entry>,
    /// Why the broker's word is missing, if it is.
    pub stale: Option<Failure>,
}

/// Reads the index and brings it up to the authority's word, if there is a session.
pub async fn status(client: &Client<'_>) -> Result<Status, Failure> {
    let mut entries = client.index();
    let stale =
        if client.settings.authority().is_none() { None } else { refresh(client, &mut entries).await.err() };
    let now = client.now();
    entries.retain(|entry| entry.is_open(now));
    entries.sort_by_key(|entry| std::cmp::Reverse(entry.asked));
    Ok(Status { entries, stale })
}

async fn refresh(client: &Client<'_>, entries: &mut Vec<Entry>) -> Result<(), Failure> {
    let connected = client.connect().await?;
    let authority = connected.authority.as_ref();
    let now = client.now();
    let fresh: Vec<Entry> = authority
        .requests(Listing::Mine)
        .await?
        .into_iter()
        .filter_map(|view| Standing::read(view, authority).ok())
        // More time that was given shows as the end of its grant.
        .filter(|standing| standing.asked.extends().is_none() || standing.view.state == State::Pending)
        .map(|standing| standing.entry())
        .filter(|entry| entry.is_open(now))
        .collect();
    let change = |entries: &mut Vec<Entry>| {
        entries.retain(|entry| {
            !fresh.iter().any(|fresh| fresh.id == entry.id && fresh.authority == entry.authority)
        });
        // What the authority holds open no more has ended; it stays until its secrets are swept away.
        for entry in entries.iter_mut().filter(|entry| entry.authority.as_deref() == Some(authority.url())) {
            entry.state = State::Ended;
        }
        entries.extend(fresh.iter().cloned());
    };
    change(entries);
    Ok(index::update(&client.system.files, change)?)
}

/// What the cloud says of the credentials of one role.
#[derive(Debug, Clone)]
pub struct Verdict {
    /// The role.
    pub role: Name,
    /// The cloud's word, or why there is none.
    pub identity: Result<CallerIdentity, Failure>,
}

/// Asks the cloud who the credentials at hand belong to.
pub async fn verify(client: &Client<'_>, entries: &[Entry]) -> Result<Vec<Verdict>, Failure> {
    let now = client.now();
    let active: Vec<&Entry> = entries.iter().filter(|entry| entry.is_active(now)).collect();
    if active.is_empty() {
        return Ok(Vec::new());
    }
    let vault = client.vault()?;
    let mut verdicts = Vec::new();
    for entry in active {
        let lease = match &entry.id {
            Some(id) => vault.lease(id)?,
            None => vault.direct(&entry.role)?,
        };
        let Some(lease) = lease.filter(|lease| lease.expires > now) else { continue };
        let identity = cloud::identify(client.system, &lease.credentials).await;
        verdicts.push(Verdict { role: entry.role.clone(), identity });
    }
    Ok(verdicts)
}
