//! The person's grants and requests: from the authority if it can be asked, else from the index.

use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::session::reconcile;
use crate::flow::using::cloud;
use crate::grant::Name;
use crate::grant::Place;
use crate::grant::RequestId;
use crate::provider::CallerIdentity;
use crate::provider::clouds;
use crate::state::index;
use crate::state::index::Entry;

/// The access that a person has and waits for.
#[derive(Debug, Clone)]
pub struct Status {
    /// Requests and grants, the newest first, and direct sessions.
    pub entries: Vec<Entry>,
    /// Why the broker's view is missing. `None` if it is not.
    pub stale: Option<Failure>,
}

/// Updates the index from the authority, if there is a session, and reads it.
pub async fn status(client: &Client<'_>) -> Result<Status, Failure> {
    let remembered = client.index();
    let is_alone = client.settings.authority().is_none();
    let stale = if is_alone { None } else { refresh(client).await.err() };
    let mut entries = if is_alone { remembered } else { index::read(&client.system.files).entries };
    let now = client.now();
    entries.retain(|entry| entry.is_open(now));
    // Of several from the same second, the last one written is the newest.
    entries.reverse();
    entries.sort_by_key(|entry| std::cmp::Reverse(entry.asked));
    Ok(Status { entries, stale })
}

async fn refresh(client: &Client<'_>) -> Result<(), Failure> {
    let connected = client.connect().await?;
    reconcile::mine(client, &connected).await.map(|_| ())
}

/// The cloud's answer about the credentials of one role.
#[derive(Debug, Clone)]
pub struct CloudAnswer {
    /// The role.
    pub role: Name,
    /// Its request. `None` for a direct role.
    pub request: Option<RequestId>,
    /// The place of the access.
    pub place: Place,
    /// Whose word it is, where the place itself does not say whose the credentials are. `None` where it does.
    pub hearsay: Option<&'static str>,
    /// The cloud's answer, or why there is none.
    pub identity: Result<CallerIdentity, Failure>,
}

/// Asks the cloud for the owner of the stored credentials.
pub async fn verify(client: &Client<'_>, entries: &[Entry]) -> Result<Vec<CloudAnswer>, Failure> {
    let now = client.now();
    let active: Vec<&Entry> = entries.iter().filter(|entry| entry.is_active(now)).collect();
    if active.is_empty() {
        return Ok(Vec::new());
    }
    let vault = client.vault()?;
    let mut answers = Vec::new();
    for entry in active {
        let lease = match &entry.id {
            Some(id) => vault.lease(id)?,
            None => vault.direct(&entry.role)?,
        };
        let Some(lease) = lease.filter(|lease| lease.expires > now) else { continue };
        let identity = cloud::identify(client.system, &lease.credentials).await;
        answers.push(CloudAnswer {
            role: entry.role.clone(),
            request: entry.id.clone(),
            place: entry.place.clone(),
            hearsay: clouds::hearsay(&lease.credentials),
            identity,
        });
    }
    Ok(answers)
}
