//! The labels of the counters. Each value is a word of this program, never text of a caller.

use prometheus_client::encoding::EncodeLabelSet;

/// The change of a request.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Changed {
    pub change: &'static str,
}

/// A review.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Reviewed {
    pub verdict: &'static str,
}

/// A decision.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Decided {
    pub decision: &'static str,
}

/// The outcome of a try.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Outcome {
    pub outcome: &'static str,
}

/// A mint.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Minted {
    pub cloud: &'static str,
    pub outcome: &'static str,
}

/// A cloud.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct OfCloud {
    pub cloud: &'static str,
}

/// The outcome of a notice.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Noticed {
    pub outcome: &'static str,
}

/// The state of a request.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct InState {
    pub state: &'static str,
}

/// A route, as the OpenAPI document spells it, and a method.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Routed {
    pub route: String,
    pub method: &'static str,
}

/// An answer of a route.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Answered {
    pub route: String,
    pub method: &'static str,
    pub status: u16,
}

/// The program's version.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Built {
    pub version: &'static str,
}
