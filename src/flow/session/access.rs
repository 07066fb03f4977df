//! Fetched credentials.

use jiff::Timestamp;

use super::standing;
use crate::flow::Client;
use crate::grant::Lease;
use crate::grant::Name;
use crate::grant::Purpose;
use crate::grant::RequestId;

/// A lease, its role and its request.
#[derive(Debug, Clone)]
pub struct Access {
    /// The role.
    pub role: Name,
    /// The scope. `None` for the whole role.
    pub scope: Option<Name>,
    /// The request. `None` for a direct role.
    pub request: Option<RequestId>,
    /// The credentials.
    pub lease: Lease,
    /// When the access ends. Credentials may be renewed until then.
    pub until: Timestamp,
    /// The one command that it is for, and with which it ends. `None` if any command may use it.
    pub purpose: Option<Purpose>,
}

impl Access {
    /// The role, with `/` and the scope if the access is for one.
    pub fn what(&self) -> String {
        standing::named(&self.role, self.scope.as_ref())
    }

    /// Whether it is a direct role, which needs no approval.
    pub fn is_direct(&self) -> bool {
        self.request.is_none()
    }

    /// Whether it is emergency access by this machine's index. Nobody extends that.
    pub fn is_emergency(&self, client: &Client<'_>) -> bool {
        client.index().iter().any(|entry| entry.emergency && entry.id == self.request)
    }
}
