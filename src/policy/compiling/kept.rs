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

/// The most policies that are kept: the one in force, and those of open requests.
const KEPT: usize = 8;
/// The most bytes of their files together. The newest policy is kept whatever its size.
const KEPT_BYTES: usize = 64 * 1024 * 1024;

static LAST: Mutex<VecDeque<Policy>> = Mutex::new(VecDeque::new());

fn hold() -> MutexGuard<'static, VecDeque<Policy>> {
    LAST.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The policy of this revision, with exactly these files.
pub(super) fn find(revision: &Digest, files: &BTreeMap<String, Vec<u8>>) -> Option<Policy> {
    let mut last = hold();
    let place = last.iter().position(|policy| policy.revision == *revision && *policy.files == *files)?;
    let found = last.remove(place)?;
    last.push_front(found.clone());
    Some(found)
}

/// Keeps a policy, in place of those that were not needed for longest.
pub(super) fn keep(policy: &Policy) {
    let mut last = hold();
    last.push_front(policy.clone());
    let sizes = last.iter().map(|policy| policy.files.values().map(Vec::len).sum());
    let fitting = how_many(sizes);
    last.truncate(fitting);
}

/// The number of policies to keep, of those with these sizes in bytes, the newest first.
fn how_many(sizes: impl Iterator<Item = usize>) -> usize {
    let totals = sizes.scan(0_usize, |total, size| {
        *total = total.saturating_add(size);
        Some(*total)
    });
    totals.take(KEPT).take_while(|total| *total <= KEPT_BYTES).count().max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_policies_are_kept_and_few_bytes() {
        let small = |count| std::iter::repeat_n(1_000, count);
        assert_eq!(how_many(small(1)), 1);
        assert_eq!(how_many(small(KEPT)), KEPT);
        assert_eq!(how_many(small(100)), KEPT);
        assert_eq!(how_many([16 << 20; 8].into_iter()), 4);
        assert_eq!(how_many([KEPT_BYTES + 1, 1].into_iter()), 1);
        assert_eq!(how_many([1, KEPT_BYTES, 1].into_iter()), 1);
        assert_eq!(how_many([usize::MAX, usize::MAX].into_iter()), 1);
    }
}
