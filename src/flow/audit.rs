//! The log: what happened, verified by whoever reads it.

use super::Connected;
use super::Failure;
use crate::authority::Record;
use crate::grant::RequestId;

/// Which events are wanted.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Only those of this request.
    pub request: Option<RequestId>,
    /// Only those after this number; 0 for all.
    pub after: u64,
    /// Only this many of the newest ones; all where nothing is said.
    pub last: Option<usize>,
}

/// Reads the log, verifies it from the number on that is wanted, and picks.
pub async fn list(connected: &Connected, wanted: &Wanted) -> Result<Vec<Record>, Failure> {
    let mut records = connected.authority.records(wanted.after).await?;
    if let Some(request) = &wanted.request {
        records.retain(|record| record.request.as_ref() == Some(request));
    }
    if let Some(last) = wanted.last {
        records.drain(..records.len().saturating_sub(last));
    }
    Ok(records)
}
