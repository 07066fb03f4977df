//! The broker's counters, in the OpenMetrics format, for a listener of its own.
//!
//! Invariant: no label holds a name, an address or an id. Each label has a handful of values, which this program sets.

mod answers;
mod gauges;
mod labels;
mod page;

use std::fmt::Debug;
use std::hash::Hash;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use prometheus_client::registry::Unit;

use super::problem::Code;
use super::problem::Fault;
use crate::audit::Event;
use crate::audit::Subject;
use crate::grant::Change;
use crate::grant::Cloud;
use crate::grant::Verdict;
pub use answers::measure;
use gauges::Gauges;
use labels::Answered;
use labels::Changed;
use labels::Decided;
use labels::Minted;
use labels::Noticed;
use labels::OfCloud;
use labels::Outcome;
use labels::Reviewed;
use labels::Routed;
pub use page::router;

/// The upper bounds of the buckets for answers, in seconds.
const ANSWERS: [f64; 8] = [0.005, 0.02, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0];
/// The upper bounds of the buckets for leases, in seconds: five minutes to half a day.
const LEASES: [f64; 6] = [300.0, 900.0, 1_800.0, 3_600.0, 14_400.0, 43_200.0];

/// A histogram of seconds with labels.
type Seconds<L> = Family<L, Histogram, fn() -> Histogram>;

/// The outcome of a login, a mint or a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attempt {
    /// It succeeded.
    Succeeded,
    /// It was refused: by the policy, by its state, by a limit, or because it was not valid.
    Refused,
    /// The cloud refused.
    RefusedByCloud,
    /// The cloud could not be reached.
    CloudUnreachable,
    /// The broker could not do it at that moment.
    Unready,
}

impl Attempt {
    const ALL: [Self; 5] =
        [Self::Succeeded, Self::Refused, Self::RefusedByCloud, Self::CloudUnreachable, Self::Unready];

    fn is_of_cloud(self) -> bool {
        matches!(self, Self::RefusedByCloud | Self::CloudUnreachable)
    }

    /// The outcome that an answer stands for.
    pub fn of_answer<T>(answer: &Result<T, Fault>) -> Self {
        match answer.as_ref().map_err(Fault::code) {
            Ok(_) => Self::Succeeded,
            Err(Code::Cloud) => Self::RefusedByCloud,
            Err(Code::CloudUnready) => Self::CloudUnreachable,
            Err(Code::Unready) => Self::Unready,
            Err(_) => Self::Refused,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Refused => "refused",
            Self::RefusedByCloud => "refused_by_cloud",
            Self::CloudUnreachable => "cloud_unreachable",
            Self::Unready => "unready",
        }
    }
}

/// Everything that the broker counts since its start.
pub struct Metrics {
    registry: Registry,
    changes: Family<Changed, Counter>,
    reviews: Family<Reviewed, Counter>,
    decisions: Family<Decided, Counter>,
    logins: Family<Outcome, Counter>,
    mints: Family<Minted, Counter>,
    leases: Seconds<OfCloud>,
    notices: Family<Noticed, Counter>,
    answers: Family<Answered, Counter>,
    durations: Seconds<Routed>,
    gauges: Gauges,
}

/// A counter with labels, under its name.
fn counter<L>(registry: &mut Registry, name: &str, help: &str) -> Family<L, Counter>
where
    L: EncodeLabelSet + Clone + Debug + Eq + Hash + Send + Sync + 'static,
{
    let counter = Family::<L, Counter>::default();
    registry.register(name, help, counter.clone());
    counter
}

/// A histogram of seconds with labels, under its name.
fn seconds<L>(registry: &mut Registry, name: &str, help: &str, make: fn() -> Histogram) -> Seconds<L>
where
    L: EncodeLabelSet + Clone + Debug + Eq + Hash + Send + Sync + 'static,
{
    let histogram = Family::new_with_constructor(make);
    registry.register_with_unit(name, help, Unit::Seconds, histogram.clone());
    histogram
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("jit");
        let named = &mut registry;
        let changes = counter(named, "request_changes", "Changes of requests, by the word of the event");
        let reviews = counter(named, "reviews", "Reviews that people gave");
        let decisions = counter(named, "decisions", "Decisions on requests");
        let logins = counter(named, "logins", "Tries to log in");
        let mints = counter(named, "mints", "Tries to get credentials from a cloud");
        let leases = seconds(named, "lease", "How long credentials are valid", || Histogram::new(LEASES));
        let notices = counter(named, "notices", "Tries to tell people");
        let answers = counter(named, "http_answers", "Answers of the API");
        let told = "How long an answer took, without calls that wait for a change";
        let durations = seconds(named, "http_answer", told, || Histogram::new(ANSWERS));
        let gauges = Gauges::registered(named);
        let metrics = Self {
            registry,
            changes,
            reviews,
            decisions,
            logins,
            mints,
            leases,
            notices,
            answers,
            durations,
            gauges,
        };
        metrics.begin();
        metrics
    }
}

impl Metrics {
    /// Begins the known series at zero, so that their first increase is seen.
    fn begin(&self) {
        for verdict in ["approve", "deny"] {
            drop(self.reviews.get_or_create(&Reviewed { verdict }));
        }
        for decision in ["approved", "approved_without_review", "denied", "break_glass"] {
            drop(self.decisions.get_or_create(&Decided { decision }));
        }
        for outcome in ["delivered", "retried", "failed"] {
            drop(self.notices.get_or_create(&Noticed { outcome }));
        }
        drop(self.changes.get_or_create(&Changed { change: "requested" }));
        for attempt in Attempt::ALL {
            let outcome = attempt.word();
            if !attempt.is_of_cloud() {
                drop(self.logins.get_or_create(&Outcome { outcome }));
            }
            for cloud in Cloud::ALL {
                drop(self.mints.get_or_create(&Minted { cloud: cloud.as_str(), outcome }));
            }
        }
        for cloud in Cloud::ALL {
            drop(self.leases.get_or_create(&OfCloud { cloud: cloud.as_str() }));
        }
    }

    /// Counts an event that is durably recorded.
    pub fn recorded(&self, event: &Event) {
        let Subject::Request { change, .. } = &event.subject else { return };
        self.changes.get_or_create(&Changed { change: change.word() }).inc();
        if let Change::Reviewed { verdict, .. } = change {
            let verdict = match verdict {
                Verdict::Approve => "approve",
                Verdict::Deny => "deny",
            };
            self.reviews.get_or_create(&Reviewed { verdict }).inc();
        }
        let decision = match change {
            Change::Approved { by, .. } if by.is_empty() => "approved_without_review",
            Change::Approved { .. } => "approved",
            Change::Denied { .. } => "denied",
            Change::GlassBroken { .. } => "break_glass",
            _ => return,
        };
        self.decisions.get_or_create(&Decided { decision }).inc();
    }

    /// Counts a try to log in.
    pub fn logged_in(&self, outcome: Attempt) {
        self.logins.get_or_create(&Outcome { outcome: outcome.word() }).inc();
    }

    /// Counts a try to mint.
    pub fn minted(&self, cloud: Cloud, outcome: Attempt) {
        self.mints.get_or_create(&Minted { cloud: cloud.as_str(), outcome: outcome.word() }).inc();
    }

    /// Measures how long credentials are valid.
    pub fn leased(&self, cloud: Cloud, valid: Duration) {
        self.leases.get_or_create(&OfCloud { cloud: cloud.as_str() }).observe(valid.as_secs_f64());
    }

    /// Counts a try to tell somebody: `delivered`, `retried` or `failed`.
    pub fn noticed(&self, outcome: &'static str) {
        self.notices.get_or_create(&Noticed { outcome }).inc();
    }
}
