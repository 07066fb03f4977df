//! A person leaves: their sessions, enrolled keys, requests and access end.

use std::sync::Arc;

use super::extensions::record_end;
use super::ledger::LedgerError;
use super::roster;
use super::shared::Shared;
use crate::audit::Subject;
use crate::audit::index::LoginRecord;
use crate::grant::Name;
use crate::grant::Request;
use crate::grant::Signed;
use crate::judgement::stop;
use crate::policy::Known;
use crate::policy::Policy;
use crate::protocol::Removal;

/// How often the end of one request is tried again because it changed.
const PATIENCE: usize = 4;

/// The news that a person left.
pub struct News {
    /// The person.
    pub person: Name,
    /// The reason, or the source of the news. Safe to show.
    pub why: String,
    /// The person who said so. `None` if the identity provider did.
    pub by: Option<Name>,
    /// Their signed statement.
    pub signed: Option<Signed>,
    /// The source address.
    pub source: Option<String>,
}

/// Ends everything of a person, first what could begin anything new. Repeating it ends what is left. It goes on if the caller
/// goes away.
pub async fn leave(shared: &Arc<Shared>, news: News) -> Result<Removal, LedgerError> {
    let shared = Arc::clone(shared);
    let work = tokio::spawn(async move { leave_whole(&shared, news).await });
    work.await.map_err(|_| LedgerError::Closed)?
}

async fn leave_whole(shared: &Shared, news: News) -> Result<Removal, LedgerError> {
    let standing = shared.in_force();
    let now = shared.now();
    let News { person, why, by, signed, source } = news;
    let (sessions, keys, logins) = {
        let index = shared.ledger.index();
        let sessions = index.sessions(now).filter(|(_, session)| session.person == person).count();
        let theirs = index.logins().filter(|login| is_of(&standing.policy, login, &person));
        let (mut keys, mut renamed) = (0, Vec::new());
        for login in theirs {
            keys += login.keys.len();
            if login.person != person {
                renamed.push(login.evidence.login());
            }
        }
        (sessions, keys, renamed)
    };
    let reason = format!("{person} left: {why}");
    let subject = Subject::Left { person: person.clone(), logins, why, by, signed };
    let mut append = shared.nothing_expected(now, standing.policy.revision, subject);
    append.source = source;
    shared.ledger.append(append).await?;
    tracing::info!(%person, sessions, keys, "a person left");
    let open: Vec<Arc<Request>> = {
        let index = shared.ledger.index();
        // Their agents asked for them.
        let all = standing.policy.household(&person).into_iter();
        all.flat_map(|who| index.open_of(who).map(Arc::clone).collect::<Vec<_>>()).collect()
    };
    let mut requests = Vec::new();
    let mut failed = None;
    for request in open {
        match end(shared, &request, &reason).await {
            Ok(true) => requests.push(request.id()),
            Ok(false) => {}
            // The others end all the same, and the background work tries this one again.
            Err(error) => failed = Some(error),
        }
    }
    failed.map_or(Ok(Removal { person, sessions, keys, requests }), Err)
}

/// Whether a login is this person's: it was last proved under the name, or the policy in force gives its person the name.
fn is_of(policy: &Policy, login: &LoginRecord, person: &Name) -> bool {
    let now = match roster::enrolled(login).known {
        Known::Token(claims) => policy.person_of_claims(&claims).ok().map(|known| known.name),
        Known::GitHub(id) => policy.person_of_github(id).map(|known| known.name.clone()),
    };
    login.person == *person || now.as_ref() == Some(person)
}

/// Ends one request. Returns whether it was still open.
async fn end(shared: &Shared, request: &Request, reason: &str) -> Result<bool, LedgerError> {
    for _ in 0..PATIENCE {
        let Some(open) = shared.ledger.index().open(&request.digest).map(Arc::clone) else {
            return Ok(false);
        };
        let now = shared.now();
        if open.state_at(now).is_terminal() {
            return Ok(false);
        }
        match record_end(shared, &open, &stop::by_policy(reason.to_owned()), now).await {
            Ok(()) => return Ok(true),
            Err(LedgerError::Conflict | LedgerError::State(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Err(LedgerError::Conflict)
}
