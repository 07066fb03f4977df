//! The form of a report. Its JSON is documented in docs/reports.md, and members are only added.

use jiff::Timestamp;
use serde::Serialize;

use crate::grant::Name;
use crate::grant::RequestId;
use crate::grant::Verdict;
use crate::policy::Alone;

/// The version of the JSON form.
pub const VERSION: u32 = 1;

/// A report: each access with its person, time and reviewers, and the findings.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// The version of this form.
    pub version: u32,
    /// When it was made.
    pub made_at: Timestamp,
    /// The authority, as its log's statements name it. `None` if the log has no statement.
    pub authority: Option<String>,
    /// The filter.
    pub filter: Filter,
    /// The log that was read.
    pub log: LogSeen,
    /// The verified facts, in sentences.
    pub verified: Vec<String>,
    /// The facts that are unverified or not in the log, in sentences.
    pub not_verified: Vec<String>,
    /// The figures.
    pub totals: Totals,
    /// Every request that the filter takes, the oldest first.
    pub requests: Vec<Row>,
    /// Approvals less than ten seconds after the request.
    pub fast_approvals: Vec<Fast>,
    /// Emergency access that nobody has reviewed yet.
    pub unreviewed_emergencies: Vec<RequestId>,
    /// The people whose approval alone decided requests of this report, with the number of those.
    pub approved_alone: Vec<Count>,
    /// The ways into roles that one person can approve alone, or that need no review, by the policy that was given.
    /// `None` without one.
    pub could_approve_alone: Option<Vec<Alone>>,
    /// The roles that nobody used. `None` if the roles are not known.
    pub unused_roles: Option<Vec<Name>>,
    /// Requesters and reviewers of this report whom the given policy does not have. `None` without one.
    pub not_in_policy: Option<Vec<Name>>,
}

/// The filter of a report. A request is taken if it was asked for, decided or active in the period.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Filter {
    /// The beginning of the period. `None` for the beginning of the log.
    pub since: Option<Timestamp>,
    /// The end of the period, which is not part of it. `None` for now.
    pub until: Option<Timestamp>,
    /// Only requests for this role.
    pub role: Option<Name>,
    /// Only requests that this person made or reviewed.
    pub person: Option<Name>,
}

/// The log that a report was made from.
#[derive(Debug, Clone, Serialize)]
pub struct LogSeen {
    /// The number of its events.
    pub events: usize,
    /// The time of the first event.
    pub first_at: Option<Timestamp>,
    /// The time of the last event.
    pub last_at: Option<Timestamp>,
    /// The number of the last event.
    pub last: Option<u64>,
    /// Its hash.
    pub hash: Option<String>,
}

/// The kind of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// An ordinary request.
    Request,
    /// More time for a grant.
    Extension,
    /// Break-glass.
    Emergency,
}

impl Kind {
    /// The word in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Extension => "extension",
            Self::Emergency => "emergency",
        }
    }
}

/// How a request was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// People approved it.
    Approved,
    /// The policy approved it without a review.
    WithoutReview,
    /// Break-glass: taken without an approval.
    Taken,
    /// A person denied it.
    Denied,
    /// It expired before anybody decided.
    NobodyDecided,
    /// It was taken back or stopped before anybody decided.
    Withdrawn,
    /// Nobody has decided it yet.
    Pending,
}

impl Decision {
    /// The word in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::WithoutReview => "without_review",
            Self::Taken => "taken",
            Self::Denied => "denied",
            Self::NobodyDecided => "nobody_decided",
            Self::Withdrawn => "withdrawn",
            Self::Pending => "pending",
        }
    }
}

/// One review.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Said {
    /// The reviewer.
    pub by: Name,
    /// Approve or deny.
    pub verdict: Verdict,
    /// When the authority received it.
    pub at: Timestamp,
    /// The whole seconds since the request.
    pub seconds: u64,
}

/// One request, from asking to its end.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    /// Its id.
    pub request: RequestId,
    /// The requester.
    pub person: Name,
    /// The person whose agent the requester is, by the given policy. `None` for anybody else, or without a policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_of: Option<Name>,
    /// Its kind.
    pub kind: Kind,
    /// The request whose grant it extends.
    pub extends: Option<RequestId>,
    /// The role.
    pub role: Name,
    /// The scope that was asked for. `None` for the whole role.
    pub scope: Option<Name>,
    /// The scope that was approved. `None` for the whole role, or without an approval.
    pub approved_scope: Option<Name>,
    /// The target, in words.
    pub opens: String,
    /// The requester's reason.
    pub reason: String,
    /// When it was asked for, by the authority's clock.
    pub asked_at: Timestamp,
    /// The requested duration, in seconds.
    pub asked_seconds: u64,
    /// How it was decided.
    pub decision: Decision,
    /// When. `None` while it is pending.
    pub decided_at: Option<Timestamp>,
    /// The whole seconds from asking to a decision of people. `None` for other decisions.
    pub decision_seconds: Option<u64>,
    /// The people whose reviews satisfied the rule.
    pub agreed: Vec<Name>,
    /// Every review, in order.
    pub reviews: Vec<Said>,
    /// The approved duration, in seconds.
    pub approved_seconds: Option<u64>,
    /// When the access began. `None` if it was never used.
    pub active_from: Option<Timestamp>,
    /// When the access ended, or will end.
    pub active_until: Option<Timestamp>,
    /// The person who ended or revoked it. `None` if its time was up, or the policy revoked it.
    pub stopped_by: Option<Name>,
    /// Whether it was revoked.
    pub revoked: bool,
    /// How many times credentials were handed out.
    pub credentials: u32,
    /// When the last of these credentials stop working at their place.
    pub credentials_until: Option<Timestamp>,
    /// How many extensions took effect.
    pub extended: u32,
    /// The review of emergency access afterwards.
    pub acknowledged: Option<Said>,
}

impl Row {
    /// The role and the scope as one word.
    pub fn what(&self) -> String {
        self.scope.as_ref().map_or_else(|| self.role.to_string(), |scope| format!("{}/{scope}", self.role))
    }

    /// Whether it is emergency access that nobody has reviewed.
    pub fn is_unreviewed(&self) -> bool {
        self.kind == Kind::Emergency && self.decision == Decision::Taken && self.acknowledged.is_none()
    }

    /// The approvals in less than ten seconds.
    pub fn fast(&self) -> impl Iterator<Item = &Said> {
        self.reviews.iter().filter(|said| said.verdict == Verdict::Approve && said.seconds < FAST)
    }
}

/// An approval within less than so many seconds may not have been read.
pub const FAST: u64 = 10;

/// An approval that came too fast to have been considered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fast {
    /// The request.
    pub request: RequestId,
    /// The reviewer.
    pub by: Name,
    /// The whole seconds since the request.
    pub seconds: u64,
}

/// A person with a number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Count {
    /// The person.
    pub person: Name,
    /// The number.
    pub count: usize,
}

/// The figures of the requests that the filter takes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// All requests of every kind. Each has exactly one decision.
    pub all: usize,
    /// Ordinary requests.
    pub requests: usize,
    /// Requests for more time.
    pub extensions: usize,
    /// Break-glass requests.
    pub emergencies: usize,
    /// Requests that people approved.
    pub approved: usize,
    /// Requests that the policy approved without a review.
    pub without_review: usize,
    /// Break-glass that was taken.
    pub taken: usize,
    /// Requests that people denied.
    pub denied: usize,
    /// Requests that expired before a decision.
    pub nobody_decided: usize,
    /// Requests that were taken back or stopped before a decision.
    pub withdrawn: usize,
    /// Requests that wait.
    pub pending: usize,
    /// Requests whose access was used.
    pub used: usize,
    /// Requests whose access was revoked.
    pub revoked: usize,
    /// How many times credentials were handed out.
    pub credentials: usize,
    /// How many extensions took effect.
    pub extended: usize,
    /// Approvals less than ten seconds after the request.
    pub fast_approvals: usize,
    /// Emergency access that nobody has reviewed yet.
    pub unreviewed_emergencies: usize,
    /// How many requests people decided.
    pub decided_by_people: usize,
    /// The median of the seconds from asking to a decision of people. Of an even number of decisions, the mean of the two
    /// in the middle, rounded down. `None` without any.
    pub median_decision_seconds: Option<u64>,
}
