//! Grants that ended before the credentials that were handed out for them.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::SignedDuration;

use super::Index;
use crate::grant::Digest;
use crate::grant::Request;

/// How long they are kept after those credentials expired: a broker that was stopped meanwhile may have left a trace of them in
/// the cloud.
const KEPT: SignedDuration = SignedDuration::from_hours(7 * 24);

/// The grants, by their requests' digests.
#[derive(Default)]
pub(super) struct Outlived(HashMap<Digest, Arc<Request>>);

impl Outlived {
    /// Takes a request that has ended.
    pub(super) fn take(&mut self, request: &Request) {
        let Some(closing) = &request.closing else { return };
        if request.credentials_until(closing.at).is_none() {
            return;
        }
        self.0.retain(|_, old| old.credentials_until(closing.at - KEPT).is_some());
        self.0.insert(request.digest, Arc::new(request.clone()));
    }
}

impl Index {
    /// Every request that ended before its credentials, for a week after these expired.
    pub fn outlived(&self) -> impl Iterator<Item = &Arc<Request>> {
        self.outlived.0.values()
    }
}
