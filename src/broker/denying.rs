//! Denies in the cloud the credentials of a grant that ended early, or takes them back there, where the role says so: `revoke =
//! "deny"`, or `revoke_role`. Tokens of service accounts end by other work ([`unbinding`]), and their answers are given here too.
//!
//! Invariants: the grant ends first, and never waits for the cloud. The broker learns from the log which credentials to deny, so a restart
//! forgets nothing. It reads from the cloud which requests are denied already. A place that is asked twice to take back the same
//! credentials answers that they are gone. A cloud's failure is told and retried, until the credentials have expired. No target waits for
//! another one's cloud.

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use jiff::Timestamp;
use tokio::task::Id;
use tokio::task::JoinError;
use tokio::task::JoinSet;

use super::denials::Denials;
use super::denials::Outcome;
use super::shared::Shared;
use super::unbinding;
use crate::grant::Request;
use crate::grant::Target;
use crate::grant::text::sanitise;
use crate::policy::Policy;
use crate::protocol::DenialView;
use crate::provider::Deny;
use crate::provider::ProviderError;
use crate::provider::TakeBack;

/// The pause between two looks.
const TICK: Duration = Duration::from_secs(2);

/// How long an answer waits for the cloud.
const PATIENCE: Duration = Duration::from_secs(5);

/// The pause after the first failure. It doubles up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: SignedDuration = SignedDuration::from_secs(4);

/// The longest pause between two tries.
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_mins(5);

/// How what was handed out for a request is ended early.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Way {
    /// The cloud denies it.
    Deny,
    /// The broker takes it back, by this role at the place.
    TakeBack(String),
}

/// A grant that ended early, and what is done about it.
struct Ended {
    request: Arc<Request>,
    way: Way,
}

/// The tries at one target.
#[derive(Default)]
struct Tries {
    /// When the next try may begin. `None` for at once.
    not_before: Option<Timestamp>,
    pause: SignedDuration,
    /// When something can be taken out again. `None` if nothing is there.
    next_sweep: Option<Timestamp>,
}

/// Denies what must be, and takes out what has ended, until the broker closes.
pub async fn run(shared: Arc<Shared>) {
    let mut closing = shared.closing.subscribe();
    let mut targets = Targets { waiting: at_start(&shared), at_work: HashMap::new(), work: JoinSet::new() };
    let work = async {
        loop {
            targets.look(&shared).await;
            shared.denials.round();
            tokio::select! {
                () = shared.system.clock.sleep(TICK) => {}
                () = shared.denials.wanted() => {}
                Some(done) = targets.work.join_next_with_id() => targets.put_back(&shared, done),
            }
        }
    };
    tokio::select! {
        () = work => {}
        _ = closing.wait_for(|closing| *closing) => {}
    }
}

/// The roles that deny: an earlier run may have left something there that has ended since.
fn at_start(shared: &Shared) -> BTreeMap<Target, Tries> {
    let policy = shared.in_force().policy;
    let targets = policy.roles().filter(|role| role.deny_revoked).map(|role| role.target.clone());
    let due = || Tries { next_sweep: Some(Timestamp::MIN), ..Tries::default() };
    targets.map(|target| (target, due())).collect()
}

/// Every target that denies, with its tries. One whose cloud is being told is at work, and not looked at.
struct Targets {
    waiting: BTreeMap<Target, Tries>,
    at_work: HashMap<Id, Target>,
    work: JoinSet<(Target, Tries)>,
}

impl Targets {
    /// Takes a target back whose cloud was told, or whose work broke down.
    fn put_back(&mut self, shared: &Shared, done: Result<(Id, (Target, Tries)), JoinError>) {
        let (id, back) = match done {
            Ok((id, (target, tried))) => (id, Some((target, tried))),
            Err(error) => {
                tracing::error!(%error, "what ended early could not be denied in the cloud, or taken back there");
                let not_before = shared.clock().checked_add(LONGEST_PAUSE).ok();
                let tried = Tries { not_before, pause: LONGEST_PAUSE, ..Tries::default() };
                (error.id(), self.at_work.get(&error.id()).cloned().map(|target| (target, tried)))
            }
        };
        self.at_work.remove(&id);
        self.waiting.extend(back);
    }

    /// One look at everything that ended early, and at what can be taken out. Begins what is due.
    async fn look(&mut self, shared: &Arc<Shared>) {
        let now = shared.now();
        let mut wanted = self.wanted(shared, now).await;
        let due: Vec<Target> = self
            .waiting
            .iter()
            .filter(|(target, tried)| {
                let ended = wanted.get(target).map_or(&[][..], Vec::as_slice);
                is_due(shared, ended, tried, now)
            })
            .map(|(target, _)| target.clone())
            .collect();
        for target in due {
            let tried = self.waiting.remove(&target).unwrap_or_default();
            let ended = wanted.remove(&target).unwrap_or_default();
            let work = write(Arc::clone(shared), target.clone(), ended, tried, now);
            let id = self.work.spawn(work).id();
            self.at_work.insert(id, target);
        }
    }

    /// The requests that ended early while their credentials are still valid, by target. Marks every target that has some, or that may
    /// still have a denial from before a restart, as one to call.
    async fn wanted(&mut self, shared: &Shared, now: Timestamp) -> BTreeMap<Target, Vec<Ended>> {
        let outlived: Vec<Arc<Request>> = shared.ledger.index().outlived().map(Arc::clone).collect();
        let mut wanted: BTreeMap<Target, Vec<Ended>> = BTreeMap::new();
        let is_at_work = |target: &Target| self.at_work.values().any(|other| other == target);
        for request in outlived {
            let Some(way) = way(shared, &request).await else { continue };
            let target = request.statement.target.clone();
            if request.credentials_until(now).is_some() {
                wanted.entry(target).or_default().push(Ended { request, way });
            } else if way == Way::Deny && !is_at_work(&target) {
                // It is over, and may still be written there from before a restart.
                let sweep = || Tries { next_sweep: Some(Timestamp::MIN), ..Tries::default() };
                self.waiting.entry(target).or_insert_with(sweep);
            }
        }
        shared
            .denials
            .outcomes()
            .retain(|digest, _| wanted.values().flatten().any(|ended| ended.request.digest == *digest));
        for target in wanted.keys().filter(|target| !is_at_work(target)) {
            self.waiting.entry(target.clone()).or_default();
        }
        wanted
    }
}

/// Whether a target's cloud is to be told now.
fn is_due(shared: &Shared, ended: &[Ended], tried: &Tries, now: Timestamp) -> bool {
    let (is_new, is_open) = {
        let outcomes = shared.denials.outcomes();
        let known = || ended.iter().map(|ended| outcomes.get(&ended.request.digest));
        (known().any(|outcome| outcome.is_none()), known().any(|outcome| outcome != Some(&Outcome::Denied)))
    };
    let may_sweep = tried.next_sweep.is_some_and(|at| at <= now);
    let is_over = tried.not_before.is_none_or(|at| at <= shared.clock());
    // Somebody waits for the first try of what has just ended, whatever failed before.
    is_new || is_over && (is_open || may_sweep)
}

/// Writes one target's denials, and notes the outcome. Returns the target with its tries.
async fn write(
    shared: Arc<Shared>,
    target: Target,
    ended: Vec<Ended>,
    mut tried: Tries,
    now: Timestamp,
) -> (Target, Tries) {
    let requests: Vec<&Request> = ended.iter().map(|ended| &*ended.request).collect();
    let denied = ended.iter().filter(|ended| ended.way == Way::Deny);
    let ends = denied.filter_map(|ended| Some((ended.request.id(), ended.request.credentials_until(now)?)));
    let order =
        Deny { target: target.clone(), requests: ends.collect(), taking: taking(&shared, &ended, now) };
    let (failure, failed) = match shared.provider.deny(&order).await {
        Ok(denying) => {
            tried.next_sweep = denying.next_sweep;
            let (left_out, error) =
                denying.left_out.map_or((Vec::new(), None), |(ids, error)| (ids, Some(error)));
            (error, left_out)
        }
        Err(error) => {
            // An earlier denial still holds.
            let outcomes = shared.denials.outcomes();
            let open = requests.iter().filter(|open| outcomes.get(&open.digest) != Some(&Outcome::Denied));
            (Some(error), open.map(|open| open.id()).collect())
        }
    };
    note_try(&shared, &target, &mut tried, failure.as_ref());
    let mut outcomes = shared.denials.outcomes();
    for request in &requests {
        let why = failure.as_ref().filter(|_| failed.contains(&request.id()));
        let outcome = why.map_or(Outcome::Denied, |error| Outcome::Failed(told(error)));
        let is_denied = outcome == Outcome::Denied;
        if outcomes.insert(request.digest, outcome) != Some(Outcome::Denied) && is_denied {
            tracing::info!(request = %request.id(), "what was handed out is denied in the cloud, or taken back there");
        }
    }
    drop(outcomes);
    (target, tried)
}

/// Notes the outcome of a try: after a failure, the pause until the next one. The first failure is logged.
fn note_try(shared: &Shared, target: &Target, tried: &mut Tries, failure: Option<&ProviderError>) {
    let Some(error) = failure else {
        (tried.pause, tried.not_before) = (SignedDuration::ZERO, None);
        return;
    };
    let is_first = tried.pause == SignedDuration::ZERO;
    tried.pause = if is_first { FIRST_PAUSE } else { (tried.pause * 2).min(LONGEST_PAUSE) };
    tried.not_before = shared.clock().checked_add(tried.pause).ok();
    if is_first {
        let role = target.describe();
        tracing::warn!(%error, %role, "what ended early is not denied in the cloud, or taken back there, yet");
    }
}

fn told(error: &ProviderError) -> String {
    match &error.hint {
        Some(hint) => sanitise(&format!("{}; {hint}", error.message)),
        None => sanitise(&error.message),
    }
}

/// The orders to take back: for each request that is not done, the handles of its credentials that have not expired.
fn taking(shared: &Shared, ended: &[Ended], now: Timestamp) -> Vec<TakeBack> {
    let outcomes = shared.denials.outcomes();
    let one = |ended: &Ended| {
        let Way::TakeBack(role) = &ended.way else { return None };
        let request = &ended.request;
        let valid = request.leases.iter().filter(|minted| minted.expires > now);
        let handles = valid.filter_map(|minted| minted.handle.clone()).collect();
        let is_open = outcomes.get(&request.digest) != Some(&Outcome::Denied);
        is_open.then(|| TakeBack { request: request.id(), role: role.clone(), handles })
    };
    ended.iter().filter_map(one).collect()
}

/// How what was handed out is ended early: by the policy in force, or by the one under which it was asked for. `None` if it expires by
/// itself.
async fn way(shared: &Shared, request: &Request) -> Option<Way> {
    let says = |policy: &Policy| {
        let role = policy.role(&request.statement.role)?;
        if role.deny_revoked {
            return Some(Way::Deny);
        }
        // Another server has no role of that name, and must not see the token with which the broker signs in to this one.
        let is_there = server(&role.target) == server(&request.statement.target);
        role.revoke_role.clone().filter(|_| is_there).map(Way::TakeBack)
    };
    if let Some(way) = says(&shared.in_force().policy) {
        return Some(way);
    }
    says(&*shared.policies.revision(&request.statement.policy).await.ok().flatten()?)
}

/// The server of Vault at which a target signs in: its address, namespace and mount, and the token's audience. `None` for other places.
fn server(target: &Target) -> Option<(&str, Option<&str>, &str, &str)> {
    let vault = target.as_vault()?;
    Some((&vault.address, vault.namespace.as_deref(), &vault.mount, vault.audience()))
}

/// The grant that an ended request belongs to, if it ended before what was handed out and that is ended early, and what the broker knows
/// of it.
async fn subject<'a>(shared: &'a Shared, request: &Request) -> Option<(Arc<Request>, &'a Denials)> {
    let digest = request.extends().unwrap_or(request.digest);
    let grant =
        shared.ledger.index().outlived().find(|outlived| outlived.digest == digest).map(Arc::clone)?;
    grant.credentials_until(shared.now())?;
    if unbinding::is_account(&grant) {
        return Some((grant, &shared.unbindings));
    }
    way(shared, &grant).await.map(|_| (grant, &shared.denials))
}

/// Waits until the cloud denies what a request that just ended had been given, or has taken it back, or for five seconds.
pub async fn wait(shared: &Shared, request: &Request) {
    let Some((grant, known)) = subject(shared, request).await else { return };
    let mut closing = shared.closing.subscribe();
    tokio::select! {
        () = known.settle(&grant.digest) => {}
        () = shared.system.clock.sleep(PATIENCE) => {}
        _ = closing.wait_for(|closing| *closing) => {}
    }
}

/// The denial of an ended request's credentials, as far as the broker knows. `None` if none of them is valid, or nobody ends them before
/// they expire.
pub async fn view(shared: &Shared, request: &Request) -> Option<DenialView> {
    let (grant, known) = subject(shared, request).await?;
    Some(known.view(&grant.digest))
}
