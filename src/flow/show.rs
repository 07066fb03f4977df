//! One request, whole.

use super::Connected;
use super::Failure;
use super::Standing;
use super::find;

/// Finds a request by a role of one's own or the beginning of its id.
pub async fn show(connected: &Connected, typed: &str) -> Result<Standing, Failure> {
    find::for_reading(connected, typed).await
}
