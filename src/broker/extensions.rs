//! Extensions of a grant: what they are worth now, and how they change together with their grant.
//!
//! An extension is proved from the log and judged by both policies before each use, like the first request. The number
//! of earlier extensions is counted in the log of the first request, and never taken from a client.

use std::sync::Arc;

use jiff::Timestamp;

use super::ledger::Append;
use super::ledger::Expects;
use super::ledger::LedgerError;
use super::notify;
use super::policies::Standing;
use super::problem::Fault;
use super::shared::Shared;
use crate::audit::Subject;
use crate::grant::Change;
use crate::grant::Digest;
use crate::grant::Extension;
use crate::grant::Request;
use crate::grant::Signed;
use crate::grant::State;
use crate::judgement::Case;
use crate::judgement::extensions;
use crate::judgement::extensions::Worth;
use crate::judgement::mint;
use crate::judgement::stop;
use crate::protocol::ExtendsView;
use crate::protocol::ExtensionView;

/// The value of each extension of a grant now, in order. `None` if a request changed meanwhile and the caller must read
/// again.
pub async fn worths(
    shared: &Shared,
    standing: &Standing,
    first: &Request,
    now: Timestamp,
) -> Result<Option<Vec<Worth>>, Fault> {
    let mut worths = Vec::with_capacity(first.extensions.len());
    for (before, extension) in (0_u32..).zip(&first.extensions) {
        match worth(shared, standing, (first, extension), before, now).await? {
            Some(worth) => worths.push(worth),
            None => return Ok(None),
        }
    }
    Ok(Some(worths))
}

async fn worth(
    shared: &Shared,
    standing: &Standing,
    (first, extension): (&Request, &Extension),
    before: u32,
    now: Timestamp,
) -> Result<Option<Worth>, Fault> {
    let nothing = |why: String| Ok(Some(Worth::Nothing(why)));
    let id = extension.digest.request_id();
    let Some((request, _)) = shared.ledger.prove(&id).await? else {
        return nothing("the log does not know it".to_owned());
    };
    let known = shared.ledger.index().open(&extension.digest).cloned();
    match known {
        Some(known) if known.version != request.version => return Ok(None),
        Some(known) if *known != request => {
            return nothing("the database and the broker's memory differ".to_owned());
        }
        _ => {}
    }
    // The policies are not asked about an extension that does not stand, so that a lost revision cannot block the
    // grant.
    if let Err(why) = extensions::check_standing(first, extension, &request) {
        return nothing(why);
    }
    let bench = shared.bench(&request.statement, standing).await?;
    let gathered = shared.facts(&bench, &request.statement.role, now).await;
    let case = Case { before, facts: &gathered.facts, ..Case::of(&request, now) };
    Ok(Some(mint::worth(&bench, (first, extension), &request, &case, None, &gathered)))
}

/// The grant that a request extends, in its current state.
pub fn first_of(shared: &Shared, request: &Request) -> Option<Arc<Request>> {
    shared.ledger.index().open(&request.extends()?).cloned()
}

/// A request as a case for the rules. An extension carries its place among the extensions of its grant.
pub fn case_of<'a>(shared: &Shared, request: &'a Request, now: Timestamp) -> Case<'a> {
    let before = first_of(shared, request)
        .map_or(u32::MAX, |first| extensions::count_before(&first, &request.statement, &request.digest));
    Case { before, ..Case::of(request, now) }
}

/// Applies an approved extension: it takes effect at once and moves the grant's end, in the same append or not at all.
pub fn move_end(append: &mut Append, extension: &Digest, first: &Request, until: Timestamp, signed: &Signed) {
    let change = |request: Digest, change: Change| Subject::Request { request, change };
    append.subjects.push(change(*extension, Change::Activated { until }));
    append.subjects.push(change(first.digest, Change::Extended { signed: signed.clone(), until }));
    append.expects = match (append.expects.received(), append.expects.versions().first()) {
        (Some(received), _) => Expects::NewBeside(Arc::clone(received), first.digest, first.version),
        (None, Some((digest, version))) => {
            Expects::Versions(vec![(*digest, *version), (first.digest, first.version)])
        }
        (None, None) => Expects::Version(first.digest, first.version),
    };
}

/// An append that ends a request, and with a grant all its extensions. Ending or revoking an extension in force ends
/// its grant: added time cannot be cut out of the middle.
pub fn closing(shared: &Shared, request: &Request, at: Timestamp, policy: Digest, change: &Change) -> Append {
    let index = shared.ledger.index();
    let first = index.open(&request.extends().unwrap_or(request.digest));
    let extensions =
        first.into_iter().flat_map(|first| index.extensions_of(first.requester(), &first.digest));
    let family = first.into_iter().chain(extensions).map(AsRef::as_ref);
    let mut append = shared.changes(request, at, policy, vec![change.clone()]);
    let mut versions = vec![(request.digest, request.version)];
    for (member, change) in stop::beside(request, change, family, at) {
        append.subjects.push(Subject::Request { request: member.digest, change });
        versions.push((member.digest, member.version));
    }
    append.expects = Expects::Versions(versions);
    append
}

/// Records the end of a request that its requester did not ask for, and queues the notices to the requester.
pub async fn record_end(
    shared: &Shared,
    request: &Request,
    change: &Change,
    now: Timestamp,
) -> Result<(), LedgerError> {
    let policy = shared.in_force().policy;
    let mut append = closing(shared, request, now, policy.revision, change);
    append.notices = notify::notices_of_end(&policy, request, change);
    let is_told = !append.notices.is_empty();
    let event = shared.ledger.append(append).await?;
    if is_told {
        shared.outbox.queue(request.digest, event);
    }
    Ok(())
}

/// The grant that a request extends.
pub fn view_extends(shared: &Shared, request: &Request) -> Option<ExtendsView> {
    let digest = request.extends()?;
    let index = shared.ledger.index();
    let until = index.open(&digest).and_then(|first| {
        let given = first.extensions.iter().find(|extension| extension.digest == request.digest);
        given.map(|extension| extension.from).or(first.active_until)
    });
    Some(ExtendsView { id: digest.request_id(), until })
}

/// The extensions of a grant, in force or pending.
pub fn view_extensions(shared: &Shared, first: &Request, now: Timestamp) -> Vec<ExtensionView> {
    let index = shared.ledger.index();
    let given = first.extensions.iter().map(|extension| ExtensionView {
        id: extension.digest.request_id(),
        until: Some(extension.until),
        signed: extension.signed.clone(),
    });
    let waits = index
        .extensions_of(first.requester(), &first.digest)
        .filter(|open| open.state_at(now) == State::Pending)
        .map(|open| ExtensionView { id: open.id(), until: None, signed: open.signed.clone() });
    given.chain(waits).collect()
}
