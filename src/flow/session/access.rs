//! Credentials in hand.

use jiff::Timestamp;

use crate::grant::Lease;
use crate::grant::Name;
use crate::grant::RequestId;

/// A lease and what it belongs to.
#[derive(Debug, Clone)]
pub struct Access {
    /// The role.
    pub role: Name,
    /// The request; none for a direct role.
    pub request: Option<RequestId>,
    /// The credentials.
    pub lease: Lease,
    /// When the access ends; credentials may be renewed until then.
    pub until: Timestamp,
}

impl Access {
    /// Whether it is a direct role, which nobody approved.
    pub fn is_direct(&self) -> bool {
        self.request.is_none()
    }
}
