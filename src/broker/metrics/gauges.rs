//! The values that the broker reads from its state when somebody asks for the metrics.

use std::sync::atomic::AtomicI64;
use std::sync::atomic::AtomicU64;

use jiff::SignedDuration;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;
use prometheus_client::registry::Unit;

use super::labels::Built;
use super::labels::InState;
use crate::broker::shared::Shared;
use crate::grant::State;

type Seconds = Gauge<f64, AtomicU64>;
type Count = Gauge<i64, AtomicI64>;

/// The gauges.
pub(super) struct Gauges {
    requests: Family<InState, Count>,
    oldest_pending: Seconds,
    unreviewed: Count,
    waiting: Count,
    policy_age: Seconds,
    policy_healthy: Count,
    policy_serves: Count,
    log_head: Count,
    clock_ahead: Seconds,
    clock_trusted: Count,
    issuer_healthy: Count,
}

impl Gauges {
    /// Makes them, with their names.
    pub(super) fn registered(registry: &mut Registry) -> Self {
        let gauges = Self {
            requests: Family::default(),
            oldest_pending: Seconds::default(),
            unreviewed: Count::default(),
            waiting: Count::default(),
            policy_age: Seconds::default(),
            policy_healthy: Count::default(),
            policy_serves: Count::default(),
            log_head: Count::default(),
            clock_ahead: Seconds::default(),
            clock_trusted: Count::default(),
            issuer_healthy: Count::default(),
        };
        let version = env!("CARGO_PKG_VERSION");
        registry.register("build", "The version of the program", Info::new(Built { version }));
        registry.register(
            "requests_open",
            "Requests that are not over, by their state",
            gauges.requests.clone(),
        );
        let told = "The age of the oldest request that waits for reviewers, 0 without one";
        registry.register_with_unit(
            "request_oldest_pending",
            told,
            Unit::Seconds,
            gauges.oldest_pending.clone(),
        );
        let told = "Requests with break-glass that nobody has reviewed afterwards";
        registry.register("emergencies_unreviewed", told, gauges.unreviewed.clone());
        registry.register(
            "callers_waiting",
            "Calls that wait for a request to change",
            gauges.waiting.clone(),
        );
        let told = "The time since the policy was last read without a problem";
        registry.register_with_unit("policy_age", told, Unit::Seconds, gauges.policy_age.clone());
        registry.register("policy_healthy", "1 if the policy loads", gauges.policy_healthy.clone());
        let told = "1 if the policy in force may still grant anything";
        registry.register("policy_serves", told, gauges.policy_serves.clone());
        registry.register("log_head", "The number of the newest event of the log", gauges.log_head.clone());
        let told = "How far the clock is ahead of a clock that nobody sets; negative if it was set back";
        registry.register_with_unit("clock_ahead", told, Unit::Seconds, gauges.clock_ahead.clone());
        let told = "1 if events that open something may be recorded by the clock's time";
        registry.register("clock_trusted", told, gauges.clock_trusted.clone());
        let told = "1 if clouds find the issuer's documents and keys as they should";
        registry.register("issuer_healthy", told, gauges.issuer_healthy.clone());
        gauges
    }

    /// Reads them all.
    pub(super) fn read(&self, shared: &Shared) {
        let (now, clock) = (shared.now(), shared.clock());
        {
            let index = shared.ledger.index();
            let mut counts = [(State::Pending, 0), (State::Approved, 0), (State::Active, 0)];
            let mut oldest = None;
            for request in index.all_open() {
                let state = request.state_at(now);
                if state == State::Pending {
                    let created = request.statement.created;
                    oldest = Some(oldest.map_or(created, |oldest: jiff::Timestamp| oldest.min(created)));
                }
                for (counted, count) in &mut counts {
                    *count += i64::from(*counted == state);
                }
            }
            for (state, count) in counts {
                self.requests.get_or_create(&InState { state: state.as_str() }).set(count);
            }
            self.oldest_pending.set(oldest.map_or(0.0, |oldest| positive(now.duration_since(oldest))));
            self.unreviewed.set(counted(index.all_unreviewed().count()));
            self.log_head.set(i64::try_from(index.head().sequence).unwrap_or(i64::MAX));
        }
        self.waiting.set(counted(shared.waiting()));
        let standing = shared.policies.standing();
        self.policy_age.set(positive(clock.duration_since(standing.good_at)));
        self.policy_healthy.set(i64::from(standing.is_healthy()));
        self.policy_serves.set(i64::from(standing.serves(clock)));
        self.clock_ahead.set(shared.ledger.clock_ahead().as_secs_f64());
        let trusted = !shared.clock_is_behind() && shared.now() <= shared.ledger.latest();
        self.clock_trusted.set(i64::from(trusted));
        let issuer = shared.publication.standing(&shared.issuer, shared.system.clock.now());
        self.issuer_healthy.set(i64::from(issuer.problems.is_empty()));
    }
}

fn positive(span: SignedDuration) -> f64 {
    span.as_secs_f64().max(0.0)
}

fn counted(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
