//! The state that all routes and background tasks share.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use jiff::SignedDuration;
use jiff::Timestamp;
use tokio::sync::Semaphore;
use tokio::sync::watch;

use super::challenges::Challenges;
use super::denials::Denials;
use super::extensions::record_end;
use super::hook::HookKey;
use super::judged::Judgements;
use super::ledger::Append;
use super::ledger::Expects;
use super::ledger::Ledger;
use super::ledger::LedgerError;
use super::limits::Buckets;
use super::limits::Limits;
use super::metrics::Metrics;
use super::notify::Outbox;
use super::policies::Policies;
use super::policies::PoliciesError;
use super::policies::Standing;
use super::problem::Code;
use super::problem::Fault;
use super::publication::Publication;
use super::receivers::Receivers;
use super::roster::Roster;
use super::signing_in::Flows;
use super::signing_in::Providers;
use super::web::Web;
use crate::audit::Subject;
use crate::audit::index::SessionRecord;
use crate::grant::Change;
use crate::grant::Digest;
use crate::grant::Name;
use crate::grant::Request;
use crate::grant::RequestId;
use crate::grant::span::whole_seconds;
use crate::grant::statement::RequestStatement;
use crate::issuer::Issuer;
use crate::judgement::Bench;
use crate::judgement::docket;
use crate::judgement::facts::Gathered;
use crate::judgement::facts::Sources;
use crate::judgement::household::Household;
use crate::judgement::refusal::Refusal;
use crate::provider::Provider;
use crate::system::System;

/// How far the clock may be behind the newest event before the broker stops minting.
const CLOCK_SLACK: SignedDuration = SignedDuration::from_secs(60);

/// The rate limits in use.
pub struct Limiters {
    /// Failed logins, per address. All unknown addresses share one bucket.
    pub login: Buckets<Option<IpAddr>>,
    /// Calls with a session or a valid signature, per person.
    pub person: Buckets<Name>,
    /// Unauthenticated calls, per address. All unknown addresses share one bucket.
    pub address: Buckets<Option<IpAddr>>,
    /// Slots for callers that wait for changes.
    pub waiters: Arc<Semaphore>,
    /// How many slots there are.
    places: usize,
}

impl Limiters {
    pub fn new(limits: &Limits) -> Self {
        Self {
            login: Buckets::new(limits.login),
            person: Buckets::new(limits.person),
            address: Buckets::new(limits.address),
            waiters: Arc::new(Semaphore::new(limits.waiters)),
            places: limits.waiters,
        }
    }
}

/// The state that all routes and background tasks share.
pub struct Shared {
    pub system: System,
    /// The broker's own URL, which statements must name byte for byte. The issuer of tokens may have another.
    pub authority: String,
    pub ledger: Ledger,
    pub policies: Policies,
    /// The sign-ins with GitHub in progress.
    pub flows: Flows,
    /// The keys of identity providers.
    pub providers: Providers,
    /// The policies with the people whom sign-ins proved.
    pub roster: Roster,
    pub sources: Arc<Sources>,
    /// The cached decisions on open requests.
    pub judgements: Judgements,
    /// The key that verifies calls of the policy's webhook. `None` if there is no webhook.
    pub hook: Option<HookKey>,
    /// The receivers of the identity provider's news.
    pub receivers: Receivers,
    pub challenges: Challenges,
    /// The keys that sign tokens for clouds.
    pub issuer: Arc<Issuer>,
    /// The publication of these keys, on the broker itself or on another host.
    pub publication: Publication,
    pub provider: Arc<dyn Provider>,
    pub limiters: Limiters,
    pub metrics: Arc<Metrics>,
    pub trusted_proxies: Vec<IpAddr>,
    /// Whether an untrusted proxy stands in front, so that all callers share its address.
    pub one_address_for_all: bool,
    /// One lock per request, so that its mints run one at a time.
    pub mints: Mutex<HashMap<Digest, Arc<tokio::sync::Mutex<()>>>>,
    /// The approval page. `None` if it is not served.
    pub web: Option<Web>,
    /// Limits how many notices are sent at once.
    pub couriers: Arc<Semaphore>,
    /// The state in memory between notices: queued, due and recent ones.
    pub outbox: Outbox,
    /// The denials of credentials of ended grants.
    pub denials: Denials,
    /// The ends of service accounts' tokens in Kubernetes.
    pub unbindings: Denials,
    /// True once the broker is stopping.
    pub closing: watch::Sender<bool>,
}

impl Shared {
    /// The time for events and grants, in whole seconds. Never earlier than the newest event.
    pub fn now(&self) -> Timestamp {
        let clock = self.clock();
        self.ledger.index().newest().map_or(clock, |newest| newest.max(clock))
    }

    /// The real time, in whole seconds: for rate limits, looks at the policy, and the freshness of statements that end
    /// access. It may be earlier than the newest event, if the clock once ran ahead.
    pub fn clock(&self) -> Timestamp {
        whole_seconds(self.system.clock.now())
    }

    /// How many callers wait for changes.
    pub fn waiting(&self) -> usize {
        self.limiters.places.saturating_sub(self.limiters.waiters.available_permits())
    }

    /// Whether the clock is so far behind the newest event that one of the two must be wrong.
    pub fn clock_is_behind(&self) -> bool {
        let clock = self.system.clock.now();
        self.ledger.index().newest().is_some_and(|newest| newest.duration_since(clock) > CLOCK_SLACK)
    }

    /// The policy in force. Reads its folder first if the last look is long enough ago. Callers never wait for a
    /// repository.
    pub async fn standing(&self) -> Standing {
        self.standing_alone().await;
        self.in_force()
    }

    /// The session that a token's digest belongs to. The time is read first: reading it takes the index too, and a second
    /// read of the index by one task could wait for ever behind a writer.
    pub fn session(&self, token: &Digest) -> Option<SessionRecord> {
        let now = self.now();
        self.ledger.index().session(token, now).cloned()
    }

    /// The policy in force without the people whom sign-ins proved.
    pub async fn standing_alone(&self) -> Standing {
        if self.policies.looks_are_quick() {
            self.look().await;
        }
        self.policies.standing()
    }

    /// The policy in force as of the last look, with everybody whom sign-ins proved so far.
    pub fn in_force(&self) -> Standing {
        let standing = self.policies.standing();
        let policy = self.roster.admit(Arc::clone(&standing.policy), &self.ledger.index());
        standing.of(policy)
    }

    /// Reads the policy's source, if the last look is long enough ago.
    pub async fn look(&self) {
        self.policies
            .look(self.clock(), |revision, subject| async move {
                let append = self.nothing_expected(self.now(), revision, subject);
                self.ledger.append(append).await.map(|_| ()).map_err(|error| error.to_string())
            })
            .await;
    }

    /// The policy in force, if it may still grant anything.
    pub async fn serving(&self) -> Result<Standing, Fault> {
        let standing = self.standing().await;
        if standing.serves(self.clock()) {
            Ok(standing)
        } else {
            Err(Fault::new(
                Code::Unready,
                "the policy has not loaded for 15 minutes, so the broker grants nothing",
            )
            .hint("tell the broker's operator; `jit doctor` shows whether it is mended")
            .retry_after(30))
        }
    }

    /// An append that is about no request.
    pub fn nothing_expected(&self, at: Timestamp, policy: Digest, subject: Subject) -> Append {
        Append {
            agents: Vec::new(),
            at,
            policy,
            source: None,
            expects: Expects::Nothing,
            subjects: vec![subject],
            notices: Vec::new(),
        }
    }

    /// Both policies that a request must pass.
    pub async fn bench(&self, request: &RequestStatement, standing: &Standing) -> Result<Bench, Fault> {
        let under = match self.policies.revision(&request.policy).await {
            Ok(Some(policy)) => self.roster.admit(policy, &self.ledger.index()),
            Ok(None) => return Err(Refusal::Revision.into()),
            Err(error @ PoliciesError::Changed(_)) => {
                return Err(Fault::internal("a kept revision of the policy was changed", &error));
            }
            Err(error) => {
                return Err(Fault::internal("a kept revision of the policy cannot be read", &error));
            }
        };
        Ok(Bench { authority: self.authority.clone(), under, force: Arc::clone(&standing.policy) })
    }

    /// The facts for a role's conditions.
    pub async fn facts(&self, bench: &Bench, role: &Name, now: Timestamp) -> Gathered {
        self.sources.gather(&self.system, bench, role, now).await
    }

    /// Whether conditions may approve this without a review. False while the policy does not load, and for 24
    /// hours after a denial of an equal request.
    pub fn may_approve_itself(
        &self,
        digest: &Digest,
        request: &RequestStatement,
        standing: &Standing,
        now: Timestamp,
    ) -> bool {
        let index = self.ledger.index();
        let index = Household::of(&*index, &standing.policy);
        standing.is_healthy() && docket::may_be_automatic(&index, digest, request, now)
    }

    /// A request in its current state. Records due expiries first.
    pub async fn find(&self, id: &RequestId) -> Result<Option<Arc<Request>>, Fault> {
        let Some(request) = self.read(id).await? else { return Ok(None) };
        let now = self.now();
        let Some(due) = request.due(now) else { return Ok(Some(request)) };
        match record_end(self, &request, &due, now).await {
            Ok(()) | Err(LedgerError::Conflict | LedgerError::State(_)) => self.read(id).await,
            // An expiry that cannot be recorded still applies, because every view and decision checks the clocks again.
            Err(error) => {
                tracing::warn!(%error, "an expiry could not be recorded");
                Ok(Some(request))
            }
        }
    }

    async fn read(&self, id: &RequestId) -> Result<Option<Arc<Request>>, Fault> {
        let open = {
            let index = self.ledger.index();
            let Some(trace) = index.trace(id) else { return Ok(None) };
            index.open(&trace.digest).map(Arc::clone)
        };
        match open {
            Some(request) => Ok(Some(request)),
            None => Ok(self.ledger.prove(id).await?.map(|(request, _)| Arc::new(request))),
        }
    }

    /// An append of changes to a request at the version that was read.
    pub fn changes(&self, request: &Request, at: Timestamp, policy: Digest, changes: Vec<Change>) -> Append {
        let subjects =
            changes.into_iter().map(|change| Subject::Request { request: request.digest, change }).collect();
        Append {
            agents: Vec::new(),
            at,
            policy,
            source: None,
            expects: Expects::Version(request.digest, request.version),
            subjects,
            notices: Vec::new(),
        }
    }

    /// The lock that serialises the mints of one request.
    pub fn mint_lock(&self, request: &Digest) -> Arc<tokio::sync::Mutex<()>> {
        let mut mints = self.mints.lock().unwrap_or_else(PoisonError::into_inner);
        if mints.len() > 1_024 {
            mints.retain(|_, lock| Arc::strong_count(lock) > 1);
        }
        Arc::clone(mints.entry(*request).or_default())
    }
}
