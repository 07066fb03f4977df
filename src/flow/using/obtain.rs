//! Getting a lease: from the keychain while it lasts, else minted by the authority and opened with the request's
//! one-use key. Before it is stored, it is compared with the signed request and with the cloud's own answer.

use std::time::Duration;

use jiff::SignedDuration;
use jiff::Timestamp;
use tokio::sync::Notify;

use crate::authority::opening;
use crate::authority::opening::Signed;
use crate::flow::Access;
use crate::flow::Client;
use crate::flow::Connected;
use crate::flow::Failure;
use crate::flow::Kind;
use crate::flow::Standing;
use crate::flow::asking::extend;
use crate::flow::session::vault::Vault;
use crate::grant::Cloud;
use crate::grant::Lease;
use crate::grant::Name;
use crate::grant::Purpose;
use crate::keychain::lock;
use crate::keychain::lock::Held;
use crate::state::index;
use crate::state::index::Entry;

/// A lease with less than this left is renewed if the grant lasts longer. SDKs try to refresh from fifteen minutes
/// before the end, and insist on it from ten (botocore).
const RENEW: SignedDuration = SignedDuration::from_mins(15);
/// The same for Kubernetes, whose tokens live for 15 minutes. Its clients refresh only when they are told that a token has ended,
/// which is a minute early.
const RENEW_KUBERNETES: SignedDuration = SignedDuration::from_mins(3);
/// How much longer than a mint itself another process waits for it.
const LOCK_MARGIN: Duration = Duration::from_secs(5);

/// The stored lease of an active grant. Asks no authority. `None` if it is missing or due for renewal, or if the grant is for one
/// command: only the signed request says which.
pub fn cached(client: &Client<'_>, entry: &Entry) -> Result<Option<Access>, Failure> {
    let Some(id) = entry.id.as_ref().filter(|_| entry.run.is_none()) else { return Ok(None) };
    let lease = client.vault()?.lease(id)?;
    Ok(lease.filter(|lease| is_fresh(lease, entry.until, client.now())).map(|lease| Access {
        role: entry.role.clone(),
        scope: entry.scope.clone(),
        request: entry.id.clone(),
        lease,
        until: entry.until,
        purpose: None,
    }))
}

pub(in crate::flow) fn is_fresh(lease: &Lease, until: Timestamp, now: Timestamp) -> bool {
    let lasts = lease.expires > now;
    // Near the end of a grant, some places give no newer ones.
    let is_last = lease.credentials.least_left().is_some_and(|least| least.after(now) > until);
    lasts && (is_last || !falls_short(lease, until) || lease.expires.duration_since(now) >= ahead(lease))
}

/// How long before its end a lease is renewed.
fn ahead(lease: &Lease) -> SignedDuration {
    match lease.credentials.cloud() {
        Cloud::Kubernetes => RENEW_KUBERNETES,
        _ => RENEW,
    }
}

/// Whether a lease ends so long before its grant that a new one is worth minting.
pub(in crate::flow) fn falls_short(lease: &Lease, until: Timestamp) -> bool {
    until > lease.expires + SignedDuration::from_mins(1)
}

/// A lease for an approved or active grant. Starts the grant if it has not started.
///
/// # Errors
/// The grant is for one command: [`super::once::obtain`] has that. Or the authority gives none.
pub async fn obtain(
    client: &Client<'_>,
    connected: &Connected,
    standing: &Standing,
) -> Result<Access, Failure> {
    match &standing.asked.purpose {
        Some(agreed) => Err(refusal(&standing.asked.role, agreed)),
        None => obtain_for_its_command(client, connected, standing).await,
    }
}

/// The refusal of access for one command, without the reason.
pub(super) fn for_one_command(role: &Name) -> Failure {
    Failure::new(Kind::Refused, format!("the access to {role} is for one command"))
}

/// The refusal of access for one command to everything else.
pub(super) fn refusal(role: &Name, agreed: &Purpose) -> Failure {
    for_one_command(role)
        .cause(format!("reviewers agreed to: {}", agreed.line()))
        .hint(format!("run it: jit exec {role} -- {}", agreed.line()))
        .hint(format!(
            "or ask for access that any command may use: `jit end {role}`, then `jit request {role}`"
        ))
}

/// The same, also for a grant that is for one command: the caller runs exactly that.
pub(super) async fn obtain_for_its_command(
    client: &Client<'_>,
    connected: &Connected,
    standing: &Standing,
) -> Result<Access, Failure> {
    let is_enough = |lease: &Lease, until: Timestamp| is_fresh(lease, until, client.now());
    match fetch(client, connected, standing, is_enough).await {
        Ok(access) => Ok(access),
        // Unexpired credentials still work when the broker is unreachable.
        Err(Missed { passing: Some(problem), before: Some((lease, until)), .. })
            if lease.expires > client.now() =>
        {
            client.console().say(&format!("warning: {problem}; using the credentials at hand"));
            remember(client, client.vault()?, standing, lease, until)
        }
        Err(missed) => Err(missed.failure),
    }
}

/// A new lease that expires later than `before`.
pub(in crate::flow) async fn renew(
    client: &Client<'_>,
    connected: &Connected,
    standing: &Standing,
    before: Timestamp,
) -> Result<Access, Failure> {
    let is_enough = |lease: &Lease, _: Timestamp| lease.expires > before && lease.expires > client.now();
    fetch(client, connected, standing, is_enough).await.map_err(|missed| missed.failure)
}

/// A failure to get a new lease, with the old one.
struct Missed {
    failure: Failure,
    /// The error in words, if it may pass by itself.
    passing: Option<String>,
    /// The stored lease, and the end of its grant.
    before: Option<(Lease, Timestamp)>,
}

impl From<Failure> for Missed {
    fn from(failure: Failure) -> Self {
        Self { failure, passing: None, before: None }
    }
}

/// The stored lease if it is enough, else a new one from the authority, under the grant's lock.
async fn fetch(
    client: &Client<'_>,
    connected: &Connected,
    standing: &Standing,
    is_enough: impl Fn(&Lease, Timestamp) -> bool + Send,
) -> Result<Access, Missed> {
    let vault = client.vault()?;
    let missing = || if vault.forgets() { forgotten(standing) } else { foreign(standing) };
    let key = vault.recipient(&standing.digest)?.ok_or_else(missing)?;
    let patience = connected.authority.patience() + LOCK_MARGIN;
    let _lock = hold(client, standing, patience).await?;
    // The previous holder of the lock may have fetched it already.
    let before = vault.lease(&standing.view.id)?;
    if let (Some(lease), Some(until)) = (&before, standing.view.active_until)
        && is_enough(lease, until)
    {
        return Ok(remember(client, vault, standing, lease.clone(), until)?);
    }
    let number = before.as_ref().map(|lease| lease.number);
    let sealed = match connected.authority.obtain(&standing.view.id, number).await {
        Ok(sealed) => sealed,
        Err(error) => {
            let passing = error.is_passing().then(|| error.to_string());
            let failure = Failure::from(error).because(format!("no credentials for {}", standing.asked.role));
            if failure.kind == Kind::Refused {
                learn(client, connected, standing).await;
            }
            return Err(Missed { failure, passing, before: before.zip(standing.view.active_until) });
        }
    };
    let signed = Signed {
        authority: connected.authority.url(),
        digest: &standing.digest,
        asked: &standing.asked,
        narrowed: standing.view.approved_scope_document.as_ref(),
        latest: standing.latest(),
        before: number,
        advice: "nothing was stored; tell the broker's administrator",
    };
    let lease = opening::open(client.system, &key, &sealed, &signed).await.map_err(Failure::from)?;
    let until = sealed.active_until.min(standing.latest());
    let access = remember(client, vault, standing, lease, until)?;
    if let Err(error) = connected.authority.received(&standing.view.id, &sealed).await {
        // The rest is sealed, and expires after a day.
        tracing::debug!(%error, "the sealed credentials were not removed from the authority");
    }
    Ok(access)
}

/// Updates this machine after a refused mint: a request that has ended, through a reviewer or a policy change, is
/// removed with its secrets.
async fn learn(client: &Client<'_>, connected: &Connected, standing: &Standing) {
    let authority = connected.authority.as_ref();
    let Ok(view) = authority.request(&standing.view.id).await else { return };
    let learned = Standing::read(view, authority).and_then(|standing| extend::learn(client, &standing));
    if let Err(failure) = learned {
        tracing::debug!(%failure, "the request's state cannot be recorded");
    }
}

fn remember(
    client: &Client<'_>,
    vault: &Vault,
    standing: &Standing,
    lease: Lease,
    until: Timestamp,
) -> Result<Access, Failure> {
    vault.keep_lease(&standing.view.id, &lease)?;
    let mut entry = standing.entry();
    entry.state = crate::grant::State::Active;
    entry.until = until;
    index::put(&client.system.files, &entry)?;
    client.sweep()?;
    let purpose = standing.asked.purpose.clone();
    Ok(Access { role: entry.role, scope: entry.scope, request: entry.id, lease, until, purpose })
}

/// Allows one mint at a time per grant. Never held while a person is asked.
async fn hold(client: &Client<'_>, standing: &Standing, patience: Duration) -> Result<Held, Failure> {
    let console = client.console();
    let shown = Notify::new();
    let on_wait = |holder: Option<u32>| {
        let holder = holder.map_or_else(String::new, |process| format!(" (process {process})"));
        console.progress(&format!("another jit{holder} is getting these credentials"));
        shown.notify_one();
    };
    // Until a progress line is shown, Ctrl-C ends the process as usual. A shown line must be removed first.
    let interrupted = async {
        shown.notified().await;
        client.system.processes.interrupted().await;
    };
    let held = tokio::select! {
        biased;
        held = lock::hold_within(client.system, standing.view.id.as_str(), patience, on_wait) => Some(held),
        () = interrupted => None,
    };
    console.settle();
    Ok(held.ok_or_else(Failure::interrupted)??)
}

fn foreign(standing: &Standing) -> Failure {
    Failure::failed(format!("the credentials for {} cannot be opened on this machine", standing.asked.role))
        .cause(format!("request {} was made on another machine, or its key was removed", standing.view.id))
        .hint(format!(
            "use it on the machine that asked, or `jit end {}` and ask again here",
            standing.view.id
        ))
}

fn forgotten(standing: &Standing) -> Failure {
    let role = &standing.asked.role;
    let id = &standing.view.id;
    Failure::failed(format!("the credentials for {role} cannot be opened any more"))
        .cause(format!(
            "the keychain of your login is `none`: the key of request {id} went with the command that asked"
        ))
        .hint(format!("ask and use in one command: `jit end {id}`, then `jit exec {role} -- COMMAND`"))
        .hint("or choose a keychain that keeps keys: `jit login --keychain os` (or keyutils, or file)")
}
