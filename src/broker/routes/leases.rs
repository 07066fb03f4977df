//! `POST /v1/requests/{id}/leases`: prove, judge, mint, record, seal, answer.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;

use crate::broker::caller::Body;
use crate::broker::caller::Caller;
use crate::broker::caller::Segment;
use crate::broker::extensions::record_end;
use crate::broker::extensions::worths;
use crate::broker::intake::check_fresh;
use crate::broker::intake::open_own;
use crate::broker::ledger::LedgerError;
use crate::broker::metrics::Attempt;
use crate::broker::policies::Standing;
use crate::broker::problem::Code;
use crate::broker::problem::Fault;
use crate::broker::shared::Shared;
use crate::broker::signing_in::check_evidence;
use crate::grant::Change;
use crate::grant::Digest;
use crate::grant::Lease;
use crate::grant::Name;
use crate::grant::Request;
use crate::grant::RequestId;
use crate::grant::ScopeDocument;
use crate::grant::Signed;
use crate::grant::State as Stand;
use crate::grant::Statement;
use crate::grant::Target;
use crate::grant::lease::associated_data;
use crate::grant::statement::Kind;
use crate::judgement::Bench;
use crate::judgement::Case;
use crate::judgement::Terms;
use crate::judgement::household::Household;
use crate::judgement::mint as rules;
use crate::judgement::mint::Past;
use crate::judgement::mint::Ruling;
use crate::judgement::mint::Window;
use crate::judgement::refusal::Refusal;
use crate::judgement::signer::check_proof;
use crate::judgement::source_of;
use crate::protocol::LeaseCall;
use crate::protocol::Problem;
use crate::protocol::SealedLease;
use crate::provider::MintOrder;
use crate::provider::MintedCredentials;
use crate::provider::ProviderError;
use crate::secret::seal::seal;

/// The name of the run in a broker's leases.
pub const RUN: &str = "broker";

/// How often a mint is prepared again because the request changed.
const PATIENCE: usize = 4;

/// Why the broker minted nothing, besides the rules.
#[derive(Debug, thiserror::Error)]
enum LeaseError {
    #[error("the broker's clock is more than a minute behind its own log")]
    Clock,
    #[error("the database and the broker's memory differ about the request")]
    Unproved,
    #[error("the cloud's credentials had expired before they came")]
    Over,
    #[error(transparent)]
    Cloud(#[from] ProviderError),
}

impl From<LeaseError> for Fault {
    fn from(error: LeaseError) -> Self {
        let text = error.to_string();
        match error {
            LeaseError::Clock => Self::new(Code::Unready, text).retry_after(60),
            LeaseError::Unproved => Self::internal("the broker minted nothing", &error),
            LeaseError::Over => Self::new(Code::Cloud, text),
            LeaseError::Cloud(error) => {
                let code = if error.passing { Code::CloudUnready } else { Code::Cloud };
                let fault = Self::new(code, error.message);
                let fault = if error.passing { fault.retry_after(5) } else { fault };
                match error.hint {
                    Some(hint) => fault.hint(hint),
                    None => fault,
                }
            }
        }
    }
}

/// Mints credentials for the requester, sealed to the request's one-use key. The first mint starts the grant.
#[utoipa::path(post, path = "/v1/requests/{id}/leases", operation_id = "request_mint", tag = "requests", security(("session" = [])),
    params(("id" = String, Path, description = "The whole id")), request_body(content = Option<LeaseCall>, description = "The key to seal to, for a workload's request only"),
    responses(
        (status = 201, description = "Sealed credentials", body = SealedLease),
        (status = 400, description = "The path cannot be read", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No session", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The policy refuses", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such request of the caller", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "Not in this state", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "The request was made under an unknown policy", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too fast", body = Problem, content_type = "application/problem+json"),
        (status = 502, description = "The cloud refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Not now", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn mint(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    Segment(id): Segment,
    body: Option<Body<Option<LeaseCall>>>,
) -> Result<(StatusCode, Json<SealedLease>), Fault> {
    let id: RequestId = id.parse().map_err(|_| Fault::not_found())?;
    let known = shared.find(&id).await?.filter(|request| *request.requester() == caller.person);
    let known = known.ok_or_else(Fault::not_found)?;
    let recipient =
        recipient(&shared, &known, body.and_then(|Body(call)| call?.take).as_ref(), &caller).await?;
    let cloud = known.statement.target.cloud();
    let outcome = mint_alone(&shared, (&caller, &recipient), &id, &known.digest).await;
    shared.metrics.minted(cloud, Attempt::of_answer(&outcome));
    if let Ok((_, Json(sealed))) = &outcome {
        let valid = sealed.expires.duration_since(shared.now());
        shared.metrics.leased(cloud, Duration::try_from(valid).unwrap_or_default());
    }
    outcome
}

/// Mints while no other mint of this request runs.
async fn mint_alone(
    shared: &Shared,
    taker: (&Caller, &str),
    id: &RequestId,
    digest: &Digest,
) -> Result<(StatusCode, Json<SealedLease>), Fault> {
    let lock = shared.mint_lock(digest);
    let _alone = lock.lock_owned().await;
    shared.publication.refresh(&shared.issuer, &shared.system).await;
    for _ in 0..PATIENCE {
        let order = prepare(shared, id).await?;
        let minted = shared.provider.mint(&order.order()).await.map_err(LeaseError::from)?;
        if let Some(sealed) = record(shared, &order, minted, taker).await? {
            return Ok((StatusCode::CREATED, Json(sealed)));
        }
    }
    Err(LedgerError::Conflict.into())
}

/// The key to seal to: the request's own, or the one that a workload's job names in a signed statement.
async fn recipient(
    shared: &Shared,
    request: &Request,
    signed: Option<&Signed>,
    caller: &Caller,
) -> Result<String, Fault> {
    let asked = &request.statement;
    let Some(job) = &asked.job else { return Ok(asked.recipient.clone()) };
    let signed = signed.ok_or_else(|| {
        Fault::new(Code::BadRequest, "a workload names the key to which its credentials are sealed")
    })?;
    let standing = shared.standing().await;
    let opened = open_own(signed, Kind::Take, &shared.authority, &standing.policy, &caller.person)?;
    check_fresh(&opened, shared.now())?;
    // Another run of the same workload must not take what was approved for this one.
    let is_same = {
        let index = shared.ledger.index();
        index.job(opened.fingerprint()).is_some_and(|own| own.job == job.as_str())
    };
    match opened.statement() {
        Statement::Take(take) if take.request == request.digest && is_same => Ok(take.recipient.clone()),
        _ => Err(Fault::new(
            Code::Statement,
            "the request was made by another job, or the statement is of another request",
        )),
    }
}

/// The decision, before the cloud is called.
struct Prepared {
    request: Request,
    standing: Standing,
    role: Name,
    /// The role's target in the policy: equal to the statement's, and with the certificates that the statement only pins.
    target: Target,
    now: Timestamp,
    /// The durations of the credentials and the grant, and the lease's number.
    window: Window,
    /// The limit of the credentials' permissions.
    scope: Option<ScopeDocument>,
    /// The only address that the credentials may be used from.
    source: Option<IpAddr>,
}

impl Prepared {
    fn order(&self) -> MintOrder {
        MintOrder {
            target: self.target.clone(),
            role: self.role.clone(),
            request: self.request.id(),
            person: self.request.requester().clone(),
            until: self.window.expires,
            grant_until: self.window.grant_until,
            scope: self.scope.clone(),
            source: self.source,
        }
    }
}

/// Prepares a mint, and starts over if the request changes meanwhile.
async fn prepare(shared: &Shared, id: &RequestId) -> Result<Prepared, Fault> {
    for _ in 0..PATIENCE {
        if let Some(prepared) = prepare_once(shared, id).await? {
            return Ok(prepared);
        }
    }
    Err(LedgerError::Conflict.into())
}

/// Proves the request from the log, judges it by both policies, and computes how long it may last. `None` if the
/// request changed meanwhile.
async fn prepare_once(shared: &Shared, id: &RequestId) -> Result<Option<Prepared>, Fault> {
    if shared.clock_is_behind() {
        return Err(LeaseError::Clock.into());
    }
    let (now, estimate) = (shared.now(), shared.ledger.latest());
    if now > estimate {
        return Err(LedgerError::Ahead { now, estimate }.into());
    }
    let standing = shared.serving().await?;
    shared.ledger.contains_head().await?;
    let (request, changes) = shared.ledger.prove(id).await?.ok_or_else(Fault::not_found)?;
    let now = shared.now();
    rules::check_way(&request.statement)?;
    rules::check_state(&request, now)?;
    rules::check_others(&*shared.ledger.index(), &request.digest, &request.statement, now)?;
    let known = shared.ledger.index().open(&request.digest).map(Arc::clone);
    match known {
        Some(known) if *known == request => {}
        Some(known) if known.version == request.version => return Err(LeaseError::Unproved.into()),
        _ => return Ok(None),
    }
    let bench = shared.bench(&request.statement, &standing).await?;
    check_proof(&bench.force, request.requester(), now)?;
    check_evidence(shared, &bench.force, &request).await?;
    let Some(terms) = judge(shared, &bench, &standing, &request, now).await? else { return Ok(None) };
    rules::check_start(&request.statement, now)?;
    let Some(worths) = worths(shared, &standing, &request, now).await? else { return Ok(None) };
    let window = rules::window(&request, &terms, begun(&changes), &worths, now)?;
    let role = bench.force.role(&request.statement.role);
    let role = role.filter(|role| role.target == request.statement.target).ok_or_else(Fault::not_found)?;
    let (role, target) = (role.name.clone(), role.target.clone());
    let source = if terms.bind_ip { source_of(&request) } else { None };
    let scope = terms.scope;
    Ok(Some(Prepared { request, standing, role, target, now, window, scope, source }))
}

/// When the grant began and when it was due to end then, from the log.
fn begun(changes: &[(Timestamp, Change)]) -> Option<(Timestamp, Timestamp)> {
    changes.iter().find_map(|(at, change)| match change {
        Change::Activated { until } => Some((*at, *until)),
        _ => None,
    })
}

/// The decision of both policies now. `None` if the request changed meanwhile. Ends a request whose role opens
/// something else now.
async fn judge(
    shared: &Shared,
    bench: &Bench,
    standing: &Standing,
    request: &Request,
    now: Timestamp,
) -> Result<Option<Terms>, Fault> {
    let gathered = shared.facts(bench, &request.statement.role, now).await;
    let case = Case { facts: &gathered.facts, ..Case::of(request, now) };
    let past = {
        let index = shared.ledger.index();
        let index = Household::of(&*index, &standing.policy);
        Past::of(&index, request, standing.is_healthy(), now)
    };
    let judgement = bench.judge(&past.case(case));
    let explain = |why: String| gathered.explain(why);
    match rules::rule(judgement, &request.statement, past, explain) {
        Ruling::Terms(terms) => Ok(Some(terms)),
        Ruling::Waits(_) => {
            let why = "the policy now needs more reviews than the request has".to_owned();
            Err(Refusal::Changed(explain(why)).into())
        }
        Ruling::Refuses(refusal) => Err(refusal.into()),
        Ruling::Ends(change, refusal) => match record_end(shared, request, &change, now).await {
            Ok(()) => Err(refusal.into()),
            Err(LedgerError::Conflict) => Ok(None),
            Err(error) => Err(error.into()),
        },
    }
}

/// Whether a mint that was prepared before the cloud's call would be prepared alike now. The policy may have changed
/// meanwhile, and so may the people and keys that sign-ins prove.
///
/// # Errors
/// It is refused now.
async fn is_unchanged(shared: &Shared, prepared: &Prepared) -> Result<bool, Fault> {
    let (before, now) = (&prepared.standing.policy, shared.in_force().policy);
    if (before.revision, before.edition()) == (now.revision, now.edition()) {
        return Ok(true);
    }
    let again = prepare_once(shared, &prepared.request.id()).await?;
    Ok(again.is_some_and(|again| {
        again.request.statement.target == prepared.request.statement.target
            && (&again.scope, again.source) == (&prepared.scope, prepared.source)
            && again.window.number == prepared.window.number
            && again.window.grant_until >= prepared.window.expires
    }))
}

/// Records the mint in the log, and only then seals and returns the credentials. Unrecorded credentials never leave.
/// `None` if the request changed meanwhile and is still a grant, because its end may have moved.
async fn record(
    shared: &Shared,
    prepared: &Prepared,
    minted: MintedCredentials,
    (caller, recipient): (&Caller, &str),
) -> Result<Option<SealedLease>, Fault> {
    let request = &prepared.request;
    let Window { number, grant_until, .. } = prepared.window;
    let expires = minted.expires.min(grant_until);
    if expires <= shared.now() {
        return Err(LeaseError::Over.into());
    }
    if !is_unchanged(shared, prepared).await? {
        return Ok(None);
    }
    let credentials = &minted.credentials;
    let changes = prepared.window.changes(expires, credentials.handle(), credentials.last_end());
    let mut append = shared.changes(request, prepared.now, prepared.standing.policy.revision, changes);
    append.source = caller.origin.recorded();
    match shared.ledger.append(append).await {
        Ok(_) => {}
        Err(LedgerError::Conflict) => {
            // The request was denied, revoked, ended or extended during the cloud's call: the credentials are dropped
            // here.
            let state = shared.find(&request.id()).await?.map_or(request.state, |request| request.state);
            return match state {
                Stand::Approved | Stand::Active => Ok(None),
                _ => Err(Refusal::NotMintable(state).into()),
            };
        }
        Err(error) => return Err(error.into()),
    }
    let lease = Lease { number, expires, credentials: minted.credentials };
    let associated = associated_data(&shared.authority, &request.digest, RUN, number);
    let plain = lease.to_secret_json();
    let sealed = seal(recipient, plain.expose(), &associated, shared.system.entropy.seed())
        .map_err(|error| Fault::internal("the credentials cannot be sealed", &error))?;
    tracing::info!(request = %request.id(), number, %expires, "minted");
    let run = RUN.to_owned();
    Ok(Some(SealedLease { number, run, sealed, expires, active_until: grant_until }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grant::span::Span;

    #[test]
    fn the_start_of_a_grant_is_read_from_the_log() {
        let at: Timestamp = "2026-11-23T10:00:00Z".parse().unwrap();
        let until = Span::of_minutes(60).after(at);
        let later = Change::Activated { until: Timestamp::MAX };
        assert_eq!(begun(&[(at, Change::Activated { until }), (until, later)]), Some((at, until)));
        assert_eq!(begun(&[]), None);
    }
}
