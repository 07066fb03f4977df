//! Single roles: nobody may ask, patterns that match anywhere, credentials with a short lifetime.

use regex_syntax::hir::Look;

use crate::grant::span::Span;

use super::Lint;
use crate::policy::analysis::difference::Side;
use crate::policy::analysis::ways;
use crate::policy::roles::catalogue;
use crate::policy::roles::opening;
use crate::policy::roles::opening::LONGEST_CHAINED;
use crate::policy::roles::reason::ReasonRule;

/// SDKs start to refresh credentials 15 minutes before their end (botocore, `_advisory_refresh_timeout`).
const COMFORTABLE_LEASE: Span = Span::of_minutes(30);

/// Checks each role on its own.
pub(super) fn find(side: &Side<'_>, lints: &mut Vec<Lint>) {
    let policy = side.policy;
    for role in policy.roles() {
        if ways::of(role).first().is_some_and(|way| side.may_go(way).is_empty()) {
            let message = "nobody may ask for this role".to_owned();
            lints.push(policy.lint_in(catalogue::NOBODY_MAY_ASK, role, &["requesters"], message));
        }
        // Tokens that their kind keeps short are not the author's choice.
        let is_own_choice =
            opening::longest_lease(&role.target).is_none_or(|(longest, ..)| role.lease < longest);
        if role.lease < COMFORTABLE_LEASE && is_own_choice {
            let message = format!("credentials that live for {} are renewed all the time", role.lease);
            lints.push(policy.lint_in(catalogue::SHORT_LEASE, role, &["lease"], message));
        }
        if let Some(shortest) =
            opening::overrun(&role.target).filter(|shortest| role.max_duration < *shortest)
        {
            let message = format!(
                "access of {} at most, and its credentials live {shortest} unless the broker ends them",
                role.max_duration
            );
            lints.push(policy.lint_in(catalogue::SHORT_ACCESS, role, &["max_duration"], message));
        }
        if role.target.is_by_broker() && role.lease > LONGEST_CHAINED {
            let message = format!(
                "credentials by the broker's own identity live for an hour at most, and not for {}, unless that identity is an IAM user",
                role.lease
            );
            lints.push(policy.lint_in(catalogue::LONG_LEASE, role, &["lease"], message));
        }
        if let ReasonRule::Pattern { pattern, .. } = &role.reason
            && !is_anchored(pattern.as_str())
        {
            let message = "the pattern may match in the middle of a reason".to_owned();
            lints.push(policy.lint_in(catalogue::UNANCHORED_PATTERN, role, &["reason", "pattern"], message));
        }
    }
}

/// Whether every match begins at the start of the text, in all alternatives.
fn is_anchored(pattern: &str) -> bool {
    let hir = regex_syntax::parse(pattern);
    hir.is_ok_and(|hir| hir.properties().look_set_prefix().contains(Look::Start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_anchor_must_hold_every_alternative() {
        for good in [r"^INC-\d+", r"^(INC|CHG)-\d+\b", r"\AINC", "^INC|^CHG", "(?:^a|^b)c"] {
            assert!(is_anchored(good), "{good}");
        }
        for bad in ["INC", "^INC|CHG", ".*^INC", "(?m)^INC", "", "(^a)?b"] {
            assert!(!is_anchored(bad), "{bad}");
        }
    }
}
