//! The person's requests as the authority has them, with this machine's index updated to match. Every listing goes this
//! way, so that a grant that was ended, denied or revoked elsewhere disappears from here, with its secrets, at the next
//! use.

use std::collections::BTreeSet;

use jiff::SignedDuration;

use crate::authority::AuthorityError;
use crate::authority::Listing;
use crate::flow::Client;
use crate::flow::Connected;
use crate::flow::Failure;
use crate::flow::Standing;
use crate::grant::Name;
use crate::grant::RequestId;
use crate::grant::State;
use crate::state::index;
use crate::state::index::Entry;

/// A younger request is not forgotten when the authority does not find it: GitHub may take a while to list it.
const YOUNG: SignedDuration = SignedDuration::from_mins(5);

/// The person's requests, the newest first. A request that does not match its bytes is left out, so that it does not
/// hide the others.
///
/// # Errors
/// The authority cannot be asked, or the index cannot be written.
pub async fn mine(client: &Client<'_>, connected: &Connected) -> Result<Vec<Standing>, Failure> {
    let authority = connected.authority.as_ref();
    // Read first: another command may add a request after the listing, and its entry must stay.
    let before = index::read(&client.system.files).entries;
    let listed = authority.requests(Listing::Mine).await?;
    let mut found: Vec<Standing> = listed
        .into_iter()
        .filter_map(|view| Standing::read(view, authority).ok())
        .filter(|standing| standing.asked.header.who == connected.person)
        .collect();
    let mut over = BTreeSet::new();
    for entry in before.iter().filter(|entry| entry.authority.as_deref() == Some(authority.url())) {
        let Some(id) = entry.id.as_ref().filter(|id| found.iter().all(|known| known.view.id != **id)) else {
            continue;
        };
        // A listing has a limit, and an old request may be missing from it.
        match unlisted(client, connected, entry, id).await {
            Unlisted::Stands(standing) => found.push(*standing),
            Unlisted::Over => {
                over.insert(id.clone());
            }
            Unlisted::Unknown => {}
        }
    }
    let fresh = sort_out(client, &before, &found, &mut over);
    write(client, authority.url(), &before, fresh, &over)?;
    Ok(found)
}

/// The fate of a request that is in the index but not in the listing.
enum Unlisted {
    Stands(Box<Standing>),
    Over,
    /// The authority cannot say now.
    Unknown,
}

async fn unlisted(client: &Client<'_>, connected: &Connected, entry: &Entry, id: &RequestId) -> Unlisted {
    if entry.who.as_ref().is_some_and(|who| *who != connected.person) {
        return Unlisted::Over;
    }
    let authority = connected.authority.as_ref();
    match authority.request(id).await {
        Ok(view) => match Standing::read(view, authority) {
            Ok(standing) if standing.asked.header.who == connected.person => {
                Unlisted::Stands(Box::new(standing))
            }
            Ok(_) => Unlisted::Over,
            Err(_) => Unlisted::Unknown,
        },
        Err(error) => {
            let is_young = client.now().duration_since(entry.asked) < YOUNG;
            if is_nothing(&error) && !is_young { Unlisted::Over } else { Unlisted::Unknown }
        }
    }
}

/// Whether the authority reports that there is no such request, as opposed to being unable to answer.
fn is_nothing(error: &AuthorityError) -> bool {
    match error {
        AuthorityError::Nothing(_) | AuthorityError::Refused(_) => true,
        AuthorityError::Problem(problem) => matches!(problem.status, 404 | 410),
        _ => false,
    }
}

/// The entries that the index should have for the found requests. Adds the ended ones to `over`.
fn sort_out(
    client: &Client<'_>,
    before: &[Entry],
    found: &[Standing],
    over: &mut BTreeSet<RequestId>,
) -> Vec<Entry> {
    let now = client.now();
    let mut fresh = Vec::new();
    for standing in found {
        let id = &standing.view.id;
        let known = before.iter().find(|entry| entry.id.as_ref() == Some(id));
        // An approved extension shows as the end of its grant.
        let shows = standing.asked.extends().is_none() || standing.view.state == State::Pending;
        let entry = standing.entry();
        if shows && !standing.state_at(now).is_terminal() && entry.is_open(now) {
            let elsewhere = known.map_or_else(|| !is_openable(client, standing), |known| known.elsewhere);
            fresh.push(Entry { elsewhere, ..entry }.after(known));
        } else if known.is_some() {
            over.insert(id.clone());
        }
    }
    // The newest is written last, as if each had been requested on this machine.
    fresh.reverse();
    fresh
}

/// Whether the one-use key of a request is on this machine.
pub(in crate::flow) fn is_openable(client: &Client<'_>, standing: &Standing) -> bool {
    client.vault().is_ok_and(|vault| vault.recipient(&standing.digest).is_ok_and(|key| key.is_some()))
}

/// Writes the index. If the keychain does not open, ended requests stay in the index as ended until their secrets can
/// be removed.
fn write(
    client: &Client<'_>,
    authority: &str,
    before: &[Entry],
    mut fresh: Vec<Entry>,
    over: &BTreeSet<RequestId>,
) -> Result<(), Failure> {
    let is_dropped = |id: &RequestId| client.vault().is_ok_and(|vault| vault.drop_request(id).is_ok());
    let (gone, kept): (Vec<_>, Vec<_>) = over.iter().partition(|id| is_dropped(id));
    Ok(index::update(&client.system.files, |entries| {
        // An entry that another command wrote in between is newer than the listing.
        fresh.retain(|fresh| entries.iter().all(|entry| entry.id != fresh.id || before.contains(entry)));
        let is_fresh = |id: &RequestId| fresh.iter().any(|fresh| fresh.id.as_ref() == Some(id));
        let own = |entry: &Entry| entry.id.clone().filter(|_| entry.authority.as_deref() == Some(authority));
        entries.retain(|entry| own(entry).is_none_or(|id| !gone.contains(&&id) && !is_fresh(&id)));
        for entry in entries.iter_mut() {
            if own(entry).is_some_and(|id| kept.contains(&&id)) {
                entry.state = State::Ended;
            }
        }
        entries.append(&mut fresh);
    })?)
}

/// Forgets other people's requests to this authority on this machine, with their secrets, because another person has
/// logged in.
///
/// # Errors
/// The keychain does not open, or the index cannot be written.
pub(in crate::flow) fn forget_others(
    client: &Client<'_>,
    authority: &str,
    person: &Name,
    before: Option<&Name>,
) -> Result<(), Failure> {
    // Entries of an older version have no name. They belong to the person of the login before.
    let is_others = |entry: &Entry| {
        !entry.is_direct()
            && entry.authority.as_deref() == Some(authority)
            && entry.who.as_ref().or(before).is_some_and(|who| who != person)
    };
    let entries = index::read(&client.system.files).entries;
    let over = entries.into_iter().filter(is_others).filter_map(|entry| entry.id).collect();
    write(client, authority, &[], Vec::new(), &over)
}
