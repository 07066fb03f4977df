//! A broker with a policy, and its people: ana asks, bo reviews.

use std::path::Path;

use tempfile::TempDir;

use super::broker::Broker;
use super::person::Person;
use super::person::Signs;
use super::site::SandboxCloud;
use super::site::arn;

/// The roles of the sandbox that every team has.
const ROLES: [&str; 2] = ["orders-admin", "orders-reader"];

/// A team. Its policy determines its cloud.
pub struct Team {
    /// Asks. Her key is in an ssh-agent.
    pub ana: Person,
    /// Reviews. His key is in a file.
    pub bo: Person,
    /// Decides and mints.
    pub broker: Broker,
    folder: TempDir,
}

impl Team {
    /// People and a policy. The broker is not started, and there are no roles yet.
    pub fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("jit-team-").tempdir().unwrap();
        let ana = Person::new(folder.path(), "ana", Signs::Agent);
        let bo = Person::new(folder.path(), "bo", Signs::File);
        let broker = Broker::new(&folder.path().join("broker"));
        broker.write_policy("access.toml", "version = 1\nauditors = [\"person:bo\"]\n");
        broker.write_policy(
            "people.toml",
            &format!(
                "[people.ana]\nname = \"Ana\"\nkeys = [\"{}\"]\n[people.bo]\nname = \"Bo\"\nkeys = [\"{}\"]\n\
                 [groups]\ndev = [\"ana\"]\nsre = [\"bo\"]\n",
                ana.key, bo.key
            ),
        );
        Self { ana, bo, broker, folder }
    }

    /// A working team: the broker and the sandbox cloud run, and both people are logged in.
    pub fn with_sandbox() -> (Self, SandboxCloud) {
        let mut team = Self::new();
        let cloud = team.add_sandbox(None);
        team.open();
        (team, cloud)
    }

    /// Adds the sandbox cloud and roles that open it.
    pub fn add_sandbox(&self, clock: Option<std::sync::Arc<dyn jit::system::Clock>>) -> SandboxCloud {
        let cloud = SandboxCloud::start(&self.broker.url, &ROLES, clock);
        for role in ROLES {
            self.add_role(
                role,
                &format!("[sandbox]\nrole_arn = \"{}\"\nendpoint_url = \"{}\"\n", arn(role), cloud.url),
            );
        }
        cloud
    }

    /// Adds a role that ana may ask for and bo approves.
    pub fn add_role(&self, role: &str, target: &str) {
        let rule = "description = \"Look after orders\"\nrequesters = [\"group:dev\"]\napproval = \"1 of group:sre\"\n\
             duration = \"1h\"\nmax_duration = \"4h\"\nlease = \"1h\"\nreason = \"required\"\n";
        self.broker.write_policy(&format!("roles/{role}.toml"), &format!("{rule}{target}"));
    }

    /// Starts the broker and logs both in.
    pub fn open(&mut self) {
        self.broker.start();
        for person in [&self.ana, &self.bo] {
            person.log_in(&self.broker.url);
        }
    }

    /// Asks and approves. Returns the request's id.
    #[track_caller]
    pub fn grant(&self, role: &str) -> String {
        let id = self.ana.ask(role);
        self.bo.approve(&id);
        id
    }

    /// The folder of this team.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}
