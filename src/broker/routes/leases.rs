//! `POST /v1/requests/{id}/leases`: prove, judge, mint, record, seal, answer.

use std::net::IpAddr;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::SignedDuration;
use jiff::Timestamp;

use crate::broker::caller::Caller;
use crate::broker::caller::Segment;
use crate::broker::extensions::Worth;
use crate::broker::extensions::closing;
use crate::broker::extensions::worth;
use crate::broker::ledger::LedgerError;
use crate::broker::policies::Standing;
use crate::broker::problem::Code;
use crate::broker::problem::Fault;
use crate::broker::shared::Shared;
use crate::grant::Change;
use crate::grant::Lease;
use crate::grant::Name;
use crate::grant::Request;
use crate::grant::RequestId;
use crate::grant::State as Stand;
use crate::grant::lease::associated_data;
use crate::grant::scope::Document;
use crate::judgement::Bench;
use crate::judgement::Case;
use crate::judgement::Judgement;
use crate::judgement::Terms;
use crate::judgement::docket;
use crate::judgement::source_of;
use crate::protocol::Problem;
use crate::protocol::SealedLease;
use crate::provider::MintOrder;
use crate::provider::MintedCredentials;
use crate::provider::ProviderError;
use crate::secret::seal::seal;

/// What a lease of a broker names as its run.
pub const RUN: &str = "broker";
/// With less than this left of a grant, nothing is minted.
const TOO_SHORT: SignedDuration = SignedDuration::from_secs(5);

/// How often a mint is prepared again because the request moved on.
const PATIENCE: usize = 4;

/// Why nothing is minted.
#[derive(Debug, thiserror::Error)]
enum LeaseError {
    #[error("the request is {}", .0.as_str())]
    State(Stand),
    #[error("more time has no credentials of its own: they belong to the request that it extends")]
    Extension,
    #[error("the access starts at {0}")]
    NotYet(Timestamp),
    #[error("the access ends in a few seconds")]
    TooShort,
    #[error("the broker's clock stands behind its own log by more than a minute")]
    Clock,
    #[error("{0}")]
    Refused(String),
    #[error("{why}; without it the access ended at {until}")]
    Lost { why: String, until: Timestamp },
    #[error("what the database proves about the request is not what this broker knows")]
    Unproved,
    #[error("the cloud's credentials were over before they came")]
    Over,
    #[error(transparent)]
    Cloud(#[from] ProviderError),
}

impl From<LeaseError> for Fault {
    fn from(error: LeaseError) -> Self {
        let text = error.to_string();
        match error {
            LeaseError::State(Stand::Pending) => {
                Self::new(Code::State, text).hint("`jit wait` waits for the reviews that are missing")
            }
            LeaseError::State(_) | LeaseError::TooShort => {
                Self::new(Code::State, text).hint("ask again with `jit request`")
            }
            LeaseError::NotYet(_) | LeaseError::Extension => Self::new(Code::State, text),
            LeaseError::Clock => Self::new(Code::Unready, text).retry_after(60),
            LeaseError::Refused(_) | LeaseError::Lost { .. } => Self::new(Code::Policy, text).hint(
                "the policy, the time or a fact changed since the approval; ask again with `jit request` if it stays so",
            ),
            LeaseError::Unproved => Self::internal("nothing is minted", &error),
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

/// Credentials for the requester, sealed to the request's one-use key. The first ones begin the grant.
#[utoipa::path(post, path = "/v1/requests/{id}/leases", operation_id = "request_mint", tag = "requests", security(("session" = [])),
    params(("id" = String, Path, description = "The whole id")),
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
) -> Result<(StatusCode, Json<SealedLease>), Fault> {
    let id: RequestId = id.parse().map_err(|_| Fault::not_found())?;
    let known = shared.find(&id).await?.filter(|request| *request.requester() == caller.person);
    let digest = known.ok_or_else(Fault::not_found)?.digest;
    let lock = shared.mint_lock(&digest);
    let _alone = lock.lock_owned().await;
    for _ in 0..PATIENCE {
        let order = prepare(&shared, &id).await?;
        let minted = shared.provider.mint(&order.order()).await.map_err(LeaseError::from)?;
        if let Some(sealed) = record(&shared, &order, minted, &caller).await? {
            return Ok((StatusCode::CREATED, Json(sealed)));
        }
    }
    Err(LedgerError::Conflict.into())
}

/// Everything that was decided before the cloud was asked.
struct Prepared {
    request: Request,
    standing: Standing,
    role: Name,
    now: Timestamp,
    /// Whether this mint begins the grant.
    begins: bool,
    until: Timestamp,
    grant_until: Timestamp,
    /// What the credentials may do at most.
    scope: Option<Document>,
    /// The only address that they may work from.
    source: Option<IpAddr>,
}

impl Prepared {
    fn order(&self) -> MintOrder {
        MintOrder {
            target: self.request.statement.target.clone(),
            role: self.role.clone(),
            request: self.request.id(),
            person: self.request.requester().clone(),
            until: self.until,
            grant_until: self.grant_until,
            scope: self.scope.clone(),
            source: self.source,
        }
    }
}

/// Prepares a mint, again if the request moves on meanwhile.
async fn prepare(shared: &Shared, id: &RequestId) -> Result<Prepared, Fault> {
    for _ in 0..PATIENCE {
        if let Some(prepared) = prepare_once(shared, id).await? {
            return Ok(prepared);
        }
    }
    Err(LedgerError::Conflict.into())
}

/// Proves the request from the log, judges it by both policies, and works out how long it may last. Nothing comes back
/// when the request changed in the middle of it.
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
    let state = request.state_at(now);
    if request.extends().is_some() {
        return Err(LeaseError::Extension.into());
    }
    if !matches!(state, Stand::Approved | Stand::Active) {
        return Err(LeaseError::State(state).into());
    }
    let known = shared.ledger.index().open(&request.digest).map(Arc::clone);
    match known {
        Some(known) if *known == request => {}
        Some(known) if known.version == request.version => return Err(LeaseError::Unproved.into()),
        _ => return Ok(None),
    }
    let bench = shared.bench(&request.statement, &standing).await?;
    let terms = match judge(shared, &bench, &standing, &request, now).await {
        Ok(terms) => terms,
        Err(Verdict::Moved) => return Ok(None),
        Err(Verdict::No(fault)) => return Err(fault),
    };
    if let Some(start) = request.statement.start.filter(|start| *start > now) {
        return Err(LeaseError::NotYet(start).into());
    }
    let begins = state == Stand::Approved;
    let (began, planned) =
        if begins { (now, request.end_if_activated(now)) } else { begun(&changes).unwrap_or((now, now)) };
    let approved = request.approved_duration.map_or(terms.duration, |approved| approved.min(terms.duration));
    let own_until = planned.min(approved.after(began)).min(request.statement.not_after);
    let (grant_until, lost) = match worth(shared, &standing, &request, own_until, now).await? {
        Worth::Until(until, lost) => (until, lost),
        Worth::Moved => return Ok(None),
    };
    if grant_until.duration_since(now) < TOO_SHORT {
        if lost.is_empty() {
            return Err(LeaseError::TooShort.into());
        }
        return Err(LeaseError::Lost { why: lost.join("; "), until: grant_until }.into());
    }
    let until = terms.lease.after(now).min(grant_until);
    let role = bench.force.role(&request.statement.role).map(|role| role.name.clone());
    let role = role.ok_or_else(Fault::not_found)?;
    let source = if terms.bind_ip { source_of(&request) } else { None };
    let scope = terms.scope;
    Ok(Some(Prepared { request, standing, role, now, begins, until, grant_until, scope, source }))
}

/// When the grant began, and when it was to end then, by the log.
fn begun(changes: &[(Timestamp, Change)]) -> Option<(Timestamp, Timestamp)> {
    changes.iter().find_map(|(at, change)| match change {
        Change::Activated { until } => Some((*at, *until)),
        _ => None,
    })
}

/// Why both policies together do not agree.
enum Verdict {
    /// The request changed meanwhile.
    Moved,
    /// No.
    No(Fault),
}

async fn judge(
    shared: &Shared,
    bench: &Bench,
    standing: &Standing,
    request: &Request,
    now: Timestamp,
) -> Result<Terms, Verdict> {
    let no = |error: LeaseError| Err(Verdict::No(error.into()));
    let gathered = shared.facts(bench, &request.statement.role, now).await;
    let case = Case::of(request, now);
    // An approval by a condition alone does not outlive a denial; a grant that has begun does.
    let denied = request.state != Stand::Active
        && docket::denied_before(&*shared.ledger.index(), &request.digest, &request.statement, now).is_some();
    let automatic = case.automatic && !denied;
    match bench.judge(&Case { facts: &gathered.facts, automatic, ..case }) {
        Judgement::Approved(terms) => Ok(terms),
        Judgement::Changed(why) => {
            let change = Change::Revoked { by: None, reason: why.clone(), signed: None };
            let append = closing(shared, request, now, standing.policy.revision, &change);
            match shared.ledger.append(append).await {
                Ok(_) => no(LeaseError::Refused(why)),
                Err(LedgerError::Conflict) => Err(Verdict::Moved),
                Err(error) => Err(Verdict::No(error.into())),
            }
        }
        Judgement::Refused(why) => no(LeaseError::Refused(gathered.explain(why))),
        Judgement::Denied(by) => no(LeaseError::Refused(format!("{by} denied it"))),
        Judgement::Waiting(_) => {
            let why = "the policy wants more reviews now than the request has";
            no(LeaseError::Refused(gathered.explain(why.to_owned())))
        }
    }
}

/// Writes the mint into the log, and only then seals and hands out. What could not be recorded never leaves. Nothing comes
/// back when the request moved on meanwhile and still is a grant: its end may be another one.
async fn record(
    shared: &Shared,
    prepared: &Prepared,
    minted: MintedCredentials,
    caller: &Caller,
) -> Result<Option<SealedLease>, Fault> {
    let request = &prepared.request;
    let number = request.next_lease();
    let expires = minted.expires.min(prepared.grant_until);
    if expires <= shared.now() {
        return Err(LeaseError::Over.into());
    }
    let mut changes = Vec::new();
    if prepared.begins {
        changes.push(Change::Activated { until: prepared.grant_until });
    }
    changes.push(Change::Minted { lease: number, expires });
    let mut append = shared.changes(request, prepared.now, prepared.standing.policy.revision, changes);
    append.source = caller.origin.recorded();
    match shared.ledger.append(append).await {
        Ok(_) => {}
        Err(LedgerError::Conflict) => {
            // Denied, revoked, ended or extended while the cloud was asked: the credentials are dropped here.
            let state = shared.find(&request.id()).await?.map_or(request.state, |request| request.state);
            return match state {
                Stand::Approved | Stand::Active => Ok(None),
                _ => Err(LeaseError::State(state).into()),
            };
        }
        Err(error) => return Err(error.into()),
    }
    let lease = Lease { number, expires, credentials: minted.credentials };
    let associated = associated_data(&shared.authority, &request.digest, RUN, number);
    let plain = lease.to_secret_json();
    let sealed =
        seal(&request.statement.recipient, plain.expose(), &associated, shared.system.entropy.seed())
            .map_err(|error| Fault::internal("the credentials cannot be sealed", &error))?;
    tracing::info!(request = %request.id(), number, %expires, "minted");
    let active_until = prepared.grant_until;
    Ok(Some(SealedLease { number, run: RUN.to_owned(), sealed, expires, active_until }))
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
