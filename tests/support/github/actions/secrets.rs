//! Names of secrets. Nobody can read their values, and tests set them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::json;

use crate::support::github::access::Level;
use crate::support::github::access::Role;
use crate::support::github::answer::Answer;
use crate::support::github::answer::Fault;
use crate::support::github::answer::Outcome;
use crate::support::github::call::Call;
use crate::support::github::world::World;

fn names(secrets: &BTreeMap<String, (String, Timestamp)>) -> Outcome {
    let row = |(name, (_, at)): (&String, &(String, Timestamp))| json!({"name": name, "created_at": at.to_string(), "updated_at": at.to_string()});
    Answer::named("secrets", secrets.iter().map(row).collect())
}

/// `GET environments/{name}/secrets`
pub fn of_environment(world: &World, call: &Call, id: u64, name: &str) -> Outcome {
    world.require(&call.caller, id, "environments", Level::Read, Role::Write)?;
    names(&world.repository(id).environment(name).ok_or_else(Fault::not_found)?.secrets)
}

/// `GET actions/secrets`
pub fn of_repository(world: &World, call: &Call, id: u64) -> Outcome {
    world.require(&call.caller, id, "secrets", Level::Read, Role::Write)?;
    names(&world.repository(id).secrets)
}

/// `GET actions/organization-secrets`
pub fn of_organisation(world: &World, call: &Call, id: u64) -> Outcome {
    world.require(&call.caller, id, "secrets", Level::Read, Role::Write)?;
    names(&world.repository(id).lent_secrets)
}

impl World {
    /// Puts a secret into an environment, or into the repository itself.
    pub fn put_secret(&mut self, id: u64, environment: Option<&str>, name: &str, value: &str) {
        let entry = (value.to_owned(), self.now());
        if let Some(environment) = environment {
            self.add_environment(id, environment);
        }
        let repository = self.repository_mut(id);
        let secrets = match environment {
            Some(environment) => &mut repository.environment_mut(environment).unwrap().secrets,
            None => &mut repository.secrets,
        };
        secrets.insert(name.to_uppercase(), entry);
    }
}
