//! Files that look like a part of the policy and are not.

use super::Lint;
use super::in_file;
use crate::policy::Policy;
use crate::policy::files::problem::Position;
use crate::policy::roles::catalogue;

/// The most findings shown.
const MOST: usize = 50;

/// Finds files beside `access.toml` that are not read.
pub(super) fn find(policy: &Policy, lints: &mut Vec<Lint>) {
    lints.extend(policy.unread.iter().take(MOST).map(|path| {
        let message = format!("jit does not read {path}");
        in_file(catalogue::UNREAD_FILE, path, Position::START, &message)
    }));
}
