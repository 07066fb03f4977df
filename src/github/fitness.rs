//! Whether GitHub can give what a request asks for at all: what it does not tell, and what only a broker does.

use super::Refusal;
use crate::grant::statement::RequestStatement;
use crate::grant::statement::Way;
use crate::judgement::Bench;
use crate::policy::Obstacle;

/// Refuses what GitHub cannot give, by either policy. A condition on an address would be judged without one, and one that
/// forbids would then forbid nothing.
///
/// # Errors
/// The role, or the way into it, cannot be had from GitHub.
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
    // A role without the way is refused by the policy itself; this keeps it so whatever the policy says.
    if emergency {
        let cause = "an emergency cannot be had from GitHub: nobody would be told";
        return Err(Refusal::Policy(cause.to_owned()));
    }
    Ok(())
}
