//! Checking a broker's settings without starting it.

use crate::broker::BrokerSettings;
use crate::broker::PolicySource;
use crate::flow::Failure;
use crate::flow::operating::clusters;
use crate::flow::operating::serve::refused;
use crate::grant::Digest;
use crate::policy::Policy;
use crate::system::System;
use crate::system::guarded_file::check_folder;

/// The policy that a broker with these settings would have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundPolicy {
    /// Its revision.
    pub revision: Digest,
    /// How many people it has.
    pub people: usize,
    /// How many roles it has.
    pub roles: usize,
    /// Notes on the settings beside it, one sentence each.
    pub notes: Vec<String>,
}

/// Checks the settings, and loads the policy if it is a folder. Writes nothing and calls nobody. `None` if the policy
/// comes from a repository, which only a start fetches.
///
/// # Errors
/// A broker would not start with these settings.
pub fn check(system: &System, settings: &BrokerSettings) -> Result<Option<FoundPolicy>, Failure> {
    settings.check().map_err(refused)?;
    let PolicySource::Folder(folder) = &settings.policy else { return Ok(None) };
    let folder = system.files.working.join(folder);
    check_folder(&folder).map_err(|error| {
        Failure::failed("the policy does not load")
            .cause(error.to_string())
            .hint("the broker takes no policy that every user of its machine may change")
    })?;
    let policy = Policy::load(&folder).map_err(|problems| {
        Failure::failed("the policy does not load")
            .cause(problems.to_string())
            .hint("run `jit policy check` to see every problem")
    })?;
    Ok(Some(FoundPolicy {
        revision: policy.revision,
        people: policy.people().len(),
        roles: policy.roles().len(),
        notes: clusters::notes(&policy, &settings.clusters),
    }))
}
