//! The features that a plan lacks for private repositories.
//!
//! Sources: "About rulesets" and "Managing environments for deployment", their notes on plans.

use super::answer::Fault;
use super::world::World;

/// An organisation's plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Plan {
    /// Neither rules nor environments in private repositories.
    Free,
    /// Both, but no required reviewers and no timers.
    Team,
    /// Everything.
    Enterprise,
}

impl Plan {
    /// The name in answers.
    pub fn name(self) -> &'static str {
        match self {
            Self::Free => "free",
            Self::Team => "team",
            Self::Enterprise => "enterprise",
        }
    }
}

impl World {
    /// Checks that the owner's plan includes rules and environments of a private repository.
    ///
    /// # Errors
    /// 403: it needs a higher plan.
    pub fn paid_for(&self, id: u64, least: Plan) -> Result<(), Fault> {
        let repository = self.repository(id);
        if repository.private && self.accounts[&repository.owner].plan < least {
            let message = "Upgrade to GitHub Pro or make this repository public to enable this feature.";
            return Err(Fault::new(403, message));
        }
        Ok(())
    }
}
