//! Posting a notice.

use crate::broker::shared::Shared;
use crate::system::http::Request;

/// Posts, and takes any status from 200 to 299 for a delivery.
///
/// # Errors
/// The text is shown by `jit show`. It never repeats the address, which may be a secret.
pub(super) async fn post(shared: &Shared, request: Request) -> Result<(), String> {
    let answer = shared.system.http.send(request).await.map_err(|error| error.to_string())?;
    if (200..300).contains(&answer.status) {
        Ok(())
    } else {
        Err(format!("it answered with status {}", answer.status))
    }
}
