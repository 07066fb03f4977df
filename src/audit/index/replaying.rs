//! The events of one request, verified.

use jiff::Timestamp;

use super::Trace;
use crate::audit::ChainError;
use crate::audit::Link;
use crate::audit::LogKey;
use crate::audit::Subject;
use crate::audit::chain::extend_trace;
use crate::grant::Change;

/// Verifies the stored events of one request against its trace.
pub fn replay(key: &LogKey, trace: &Trace, links: &[Link]) -> Result<Vec<(Timestamp, Change)>, ChainError> {
    let incomplete = || ChainError::Incomplete(trace.digest.request_id().to_string());
    let mut changes = Vec::with_capacity(links.len());
    let mut hash = [0; 32];
    for link in links {
        let event = link.verify(key)?;
        match event.subject {
            Subject::Request { request, change } if request == trace.digest => {
                changes.push((event.at, change));
            }
            _ => return Err(incomplete()),
        }
        hash = extend_trace(&hash, &link.hash);
    }
    if links.len() as u64 != trace.count || hash != trace.hash {
        return Err(incomplete());
    }
    Ok(changes)
}
