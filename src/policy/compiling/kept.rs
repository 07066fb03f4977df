//! The policies that this process compiled last.
//!
//! A revision is the hash of every file, and compiling has no other input. So a commit that changes something else, or
//! a folder that is read again, needs no second compilation.

use std::collections::BTreeMap;
use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

use crate::grant::Digest;
use crate::policy::Policy;

/// How many are kept: the one in force, and those that open requests were made under.
const KEPT: usize = 8;

static LAST: Mutex<VecDeque<Policy>> = Mutex::new(VecDeque::new());

fn hold() -> MutexGuard<'static, VecDeque<Policy>> {
    LAST.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The policy of this revision, with exactly these files.
pub(super) fn find(revision: &Digest, files: &BTreeMap<String, Vec<u8>>) -> Option<Policy> {
    let mut last = hold();
    let place = last.iter().position(|policy| policy.revision == *revision && policy.files == *files)?;
    let found = last.remove(place)?;
    last.push_front(found.clone());
    Some(found)
}

/// Keeps a policy, in place of the one that was not needed for longest.
pub(super) fn keep(policy: &Policy) {
    let mut last = hold();
    last.push_front(policy.clone());
    last.truncate(KEPT);
}
