//! Checks whether a repository authority can grant a request at all: some facts are unknown on GitHub, and some
//! features need a broker.

use super::Refusal;
use crate::grant::statement::RequestStatement;
use crate::grant::statement::Way;
use crate::judgement::Bench;
use crate::policy::Obstacle;

/// Refuses what a repository authority cannot grant, by either policy. A condition on an address would be evaluated
/// without one, and a condition that denies would then never deny.
///
/// # Errors
/// The role, or the way into it, is not possible on GitHub.
pub fn check(bench: &Bench, statement: &RequestStatement) -> Result<(), Refusal> {
    let emergency = statement.way == Way::BreakGlass;
    for policy in [&bench.under, &bench.force] {
        let Some(role) = policy.role(&statement.role) else { continue };
        let stands =
            |obstacle: &Obstacle| obstacle.is_whole() || emergency && *obstacle == Obstacle::Emergency;
        if let Some(obstacle) = policy.obstacles(role).into_iter().find(stands) {
            return Err(Refusal::Policy(format!("{}: {obstacle}", role.name)));
        }
    }
    // The policy itself refuses a role without break-glass. This check refuses it whatever the policy says.
    if emergency {
        let cause = "GitHub gives no emergency access: it tells nobody";
        return Err(Refusal::Policy(cause.to_owned()));
    }
    Ok(())
}
