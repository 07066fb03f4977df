//! Verifies what a log says of the browsers that were signed in on the approval page.

use crate::audit::Subject;
use crate::authority::Record;
use crate::flow::Failure;
use crate::judgement::let_in;

/// Why an event of these records does not hold, with its number. `None` if all do.
pub(super) fn first_broken(records: &[Record]) -> Option<(u64, String)> {
    records.iter().find_map(|record| {
        record.subjects.iter().find_map(|subject| match subject {
            Subject::PageOpened { way, .. } => {
                let error = let_in::check(way, record.at).err()?;
                Some((record.sequence, error.to_string()))
            }
            _ => None,
        })
    })
}

/// Checks every such event of these records.
///
/// # Errors
/// One does not hold.
pub(super) fn check(records: &[Record]) -> Result<(), Failure> {
    let Some((number, cause)) = first_broken(records) else { return Ok(()) };
    Err(Failure::failed(format!("event {number} of the log does not hold"))
        .cause(cause)
        .hint("keep a copy of the broker's database and ask who runs the broker"))
}
