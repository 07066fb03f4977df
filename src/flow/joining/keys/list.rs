//! The enrolled keys that the person sees.

use crate::flow::Connected;
use crate::flow::Failure;
use crate::protocol::KeyView;

/// The person's own enrolled keys, and those that they may vouch for, oldest first.
///
/// # Errors
/// The authority does not answer, or has no enrolled keys.
pub async fn list(connected: &Connected) -> Result<Vec<KeyView>, Failure> {
    Ok(connected.authority.people()?.keys().await?)
}
