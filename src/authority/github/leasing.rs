//! Credentials: a run of `jit.yml` that mints, and what it left behind.

use super::GitHubAuthority;
use crate::authority::AuthorityError;
use crate::grant::RequestId;
use crate::protocol::SealedLease;

impl GitHubAuthority {
    /// Has credentials minted for a request whose rule is met. The number of the run is the `run` of what comes back.
    pub(super) async fn have_minted(&self, id: &RequestId) -> Result<SealedLease, AuthorityError> {
        let reading = self.read(id).await?;
        Err(AuthorityError::NotHere {
            what: format!("getting credentials for request {}", reading.request.id()),
            hint: "this version of jit cannot dispatch `jit.yml` yet".to_owned(),
        })
    }

    /// Removes what the run left behind, once the credentials are opened and stored.
    pub(super) async fn clear_away(
        &self,
        _id: &RequestId,
        _sealed: &SealedLease,
    ) -> Result<(), AuthorityError> {
        Ok(())
    }
}
