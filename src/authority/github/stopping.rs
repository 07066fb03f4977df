//! Ending, revoking and denying: runs of `jit.yml` that write into the log.

use super::GitHubAuthority;
use super::Reading;
use crate::authority::AuthorityError;
use crate::grant::RequestId;
use crate::grant::Signed;
use crate::protocol::RequestView;

impl GitHubAuthority {
    /// Ends one's own grant, or takes one's own request back.
    pub(super) async fn have_ended(&self, id: &RequestId) -> Result<RequestView, AuthorityError> {
        let reading = self.read(id).await?;
        Err(not_yet(&reading, "ending"))
    }

    /// Ends somebody's access by a signed statement.
    pub(super) async fn have_revoked(
        &self,
        id: &RequestId,
        _signed: &Signed,
    ) -> Result<RequestView, AuthorityError> {
        let reading = self.read(id).await?;
        Err(not_yet(&reading, "revoking"))
    }

    /// Has a denial written into the log, where it outlives its pull request. It counts without that, as long as the
    /// review is there.
    pub(super) async fn have_denial_recorded(&self, reading: &Reading) -> Result<(), AuthorityError> {
        Err(not_yet(reading, "recording the denial of"))
    }
}

fn not_yet(reading: &Reading, what: &str) -> AuthorityError {
    AuthorityError::NotHere {
        what: format!("{what} request {}", reading.request.id()),
        hint: "this version of jit cannot dispatch `jit.yml` yet".to_owned(),
    }
}
