//! The log as its readers see it: verified as far as a reader can, then put in words.

use jiff::Timestamp;
use serde::Serialize;

use crate::grant::RequestId;

/// One event of the log, whose bytes and place hold.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Record {
    /// Counts from 1 without gaps.
    pub sequence: u64,
    /// When.
    pub at: Timestamp,
    /// The request that it is about, if it is about one.
    pub request: Option<RequestId>,
    /// What happened, each in a line that is safe to show.
    pub happened: Vec<String>,
    /// Where it came from: an address, or a run of the workflow.
    pub source: Option<String>,
    /// The event as it is chained.
    pub event: serde_json::Value,
    /// Its hash, in lower-case hexadecimal; the next event names it.
    pub hash: String,
}
