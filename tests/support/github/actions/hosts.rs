//! Self-hosted runners: who owns them, and which jobs run on them.
//!
//! Sources: <https://docs.github.com/rest/actions/self-hosted-runners>,
//! <https://docs.github.com/rest/actions/self-hosted-runner-groups>; "Choosing the runner for a job": a job goes to a
//! runner that has all labels that it names, whoever made them.

use serde_json::Value;
use serde_json::json;

use super::workflow::texts;
use crate::support::github::access::Level;
use crate::support::github::access::Role;
use crate::support::github::access::TokenKind;
use crate::support::github::answer::Answer;
use crate::support::github::answer::Fault;
use crate::support::github::answer::Outcome;
use crate::support::github::call::Call;
use crate::support::github::world::World;

/// A self-hosted runner.
#[derive(Debug, Clone)]
pub struct Host {
    /// Its id.
    pub id: u64,
    /// Its name.
    pub name: String,
    /// Its labels.
    pub labels: Vec<String>,
    /// The repository or organisation that it was added to.
    pub owner: u64,
}

/// The group that every organisation has.
const DEFAULT_GROUP: u64 = 1;

impl World {
    /// Adds a runner to a repository or an organisation.
    pub fn add_host(&mut self, owner: u64, name: &str, labels: &[&str]) -> u64 {
        let id = self.next_id();
        let labels = labels.iter().map(|label| (*label).to_owned()).collect();
        self.hosts.push(Host { id, name: name.to_owned(), labels, owner });
        id
    }

    /// The self-hosted runner for a job of a repository, if one has all its labels. It takes precedence over GitHub's
    /// own.
    pub fn host_for(&self, repository: u64, labels: &Value) -> Option<&Host> {
        let owner = self.repository(repository).owner;
        let wanted = texts(Some(labels));
        self.hosts.iter().filter(|host| host.owner == repository || host.owner == owner).find(|host| {
            let has = |label: &String| host.labels.iter().any(|own| own.eq_ignore_ascii_case(label));
            !wanted.is_empty() && wanted.iter().all(has)
        })
    }
}

fn document(host: &Host) -> Value {
    let label = |name: &String| json!({"id": host.id, "name": name, "type": "custom"});
    json!({
        "id": host.id, "name": host.name, "os": "linux", "status": "online", "busy": false, "ephemeral": false,
        "runner_group_id": DEFAULT_GROUP, "labels": host.labels.iter().map(label).collect::<Vec<_>>(),
    })
}

/// `GET actions/runners`: for administrators only.
pub fn of_repository(world: &World, call: &Call, id: u64) -> Outcome {
    world.require(&call.caller, id, "administration", Level::Read, Role::Admin)?;
    let own = world.hosts.iter().filter(|host| host.owner == id);
    Answer::named("runners", own.map(document).collect())
}

/// Checks that the caller owns the organisation and has a token for its runners: a classic one needs `admin:org`.
/// Returns its id.
fn owned(world: &World, call: &Call, login: &str) -> Result<u64, Fault> {
    let organisation = world.account_or_404(login)?;
    let account = call.caller.somebody()?;
    let allowed = match call.caller.token.as_ref().map(|token| &token.kind) {
        Some(TokenKind::Classic(scopes)) => scopes.contains("admin:org"),
        Some(TokenKind::FineGrained(_, permissions)) => {
            permissions.contains_key("organization_self_hosted_runners")
        }
        _ => false,
    };
    if !allowed || organisation.members.get(&account) != Some(&true) {
        return Err(Fault::new(403, "Must have admin rights to Organization."));
    }
    Ok(organisation.id)
}

/// `GET /orgs/{org}/actions/runner-groups`
pub fn groups(world: &World, call: &Call, login: &str) -> Outcome {
    owned(world, call, login)?;
    let url = format!("{}/orgs/{login}/actions/runner-groups/{DEFAULT_GROUP}", world.origins.api);
    let group = json!({
        "id": DEFAULT_GROUP, "name": "Default", "visibility": "all", "default": true, "inherited": false,
        "runners_url": format!("{url}/runners"), "allows_public_repositories": false,
        "restricted_to_workflows": false, "selected_workflows": [], "workflow_restrictions_read_only": false,
    });
    Answer::named("runner_groups", vec![group])
}

/// `GET /orgs/{org}/actions/runner-groups/{id}/runners`
pub fn in_group(world: &World, call: &Call, login: &str, group: &str) -> Outcome {
    let id = owned(world, call, login)?;
    if group != DEFAULT_GROUP.to_string() {
        return Err(Fault::not_found());
    }
    let own = world.hosts.iter().filter(|host| host.owner == id);
    Answer::named("runners", own.map(document).collect())
}
