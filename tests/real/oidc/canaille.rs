//! Canaille as the provider, a broker that takes people from it, and its people.

use std::path::Path;
use std::process::Command;

use http::Method;
use jiff::Timestamp;
use jit::system::Http;
use jit::system::http::Client;
use jit::system::http::Request;
use serde_json::Value;
use serde_json::json;

use super::browser::Browser;
use crate::peers::faketime::MovedClock;
use crate::peers::faketime::variables;
use crate::peers::peer::Peer;
use crate::peers::peer::status_of;
use crate::peers::peer::wait_for;
use crate::peers::person::Running;
use crate::peers::script::Ended;
use crate::peers::site::SandboxCloud;
use crate::peers::team::Team;
use crate::peers::tool;
use crate::support::ports::free_ports;

/// A running Canaille.
pub struct Canaille {
    pub issuer: String,
    peer: Peer,
}

fn block<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

impl Canaille {
    /// Starts it with these people in their groups. `told` is the address and the token of a SCIM receiver.
    pub fn start(folder: &Path, people: &Value, back: u16, told: Option<(&str, &str)>, clock: &Path) -> Self {
        let [port] = free_ports();
        let settings = json!({
            "port": port,
            "redirect": format!("http://127.0.0.1:{back}/callback"),
            "people": people,
            "scim": told.map(|(url, token)| json!({"url": url, "token": token})),
        });
        let file = folder.join("canaille.json");
        std::fs::write(&file, settings.to_string()).unwrap();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers/canaille_provider.py");
        let mut command = Command::new(tool("python"));
        command.arg(script).arg(file).envs(variables(clock));
        let peer = Peer::start("canaille", &command, folder);
        peer.wait_until("it answers", || status_of(port, "/.well-known/openid-configuration") == Some(200));
        Self { issuer: format!("http://127.0.0.1:{port}"), peer }
    }

    fn tell(&self, path: &str, body: &Value) {
        let request = Request::new(Method::POST, format!("{}/test/{path}", self.issuer))
            .body("application/json", body.to_string());
        let answer = block(Client::default().send(request)).unwrap();
        let said = String::from_utf8_lossy(&answer.body);
        assert_eq!(answer.status, 204, "{said}\n{}", self.peer.log());
    }

    /// Sets the groups of a person.
    pub fn set_groups(&self, person: &str, groups: &[&str]) {
        self.tell("groups", &json!({"person": person, "groups": groups}));
    }

    /// Locks an account: its owner cannot sign in.
    pub fn lock(&self, person: &str) {
        self.tell("lock", &json!({"person": person}));
    }

    /// Unlocks an account.
    pub fn unlock(&self, person: &str) {
        self.tell("unlock", &json!({"person": person}));
    }

    /// Deletes an account.
    pub fn delete(&self, person: &str) {
        self.tell("delete", &json!({"person": person}));
    }

    /// Replaces the signing key and withdraws the old one.
    pub fn rotate(&self) {
        self.tell("rotate", &json!({}));
    }

    /// Its output.
    pub fn log(&self) -> String {
        self.peer.log()
    }
}

/// Waits for the next second. Canaille's access tokens have no `jti` (RFC 9068 §2.2 requires one), so the second one of a
/// person within a second equals the first, and its database refuses it.
fn next_second() {
    let began = Timestamp::now().as_second();
    wait_for("the next second", || Timestamp::now().as_second() > began);
}

/// A company whose people are in Canaille. Bo is listed in the policy, with his key.
pub struct Company {
    pub team: Team,
    pub canaille: Canaille,
    clock: MovedClock,
    _cloud: SandboxCloud,
}

impl Company {
    /// Starts everything. `receiver` is the token of the broker's SCIM receiver, which Canaille then tells of people.
    pub fn new(people: &Value, receiver: Option<&str>) -> Self {
        let mut team = Team::new();
        let clock = MovedClock::default();
        let file = team.folder().join("clock");
        std::fs::write(&file, "+0s").unwrap();
        let [back] = free_ports();
        let url = format!("{}/scim/v2", team.broker.url);
        let told = receiver.map(|token| (url.as_str(), token));
        let canaille = Canaille::start(team.folder(), people, back, told, &file);
        let cloud = team.add_sandbox(Some(std::sync::Arc::new(clock.clone())));
        let policy = format!(
            "version = 1\nauditors = [\"person:bo\"]\n[identity.oidc]\nissuer = \"{}\"\nclient_id = \"jit\"\n\
             groups = \"groups\"\nscopes = [\"openid\", \"profile\", \"email\", \"groups\"]\nredirect_port = {back}\n",
            canaille.issuer
        );
        team.broker.write_policy("access.toml", &policy);
        let listed = format!("[people.bo]\nkeys = [\"{}\"]\n[groups]\nsre = [\"bo\"]\n", team.bo.key);
        team.broker.write_policy("people.toml", &listed);
        for (variable, value) in variables(&file) {
            team.broker.set(variable, &value);
            team.ana.set(variable, &value);
            team.bo.set(variable, &value);
        }
        if let Some(token) = receiver {
            team.broker.set("JIT_SCIM_TOKEN", token);
        }
        team.broker.start();
        team.bo.log_in(&team.broker.url);
        Self { team, canaille, clock, _cloud: cloud }
    }

    /// Moves every clock to so many minutes after the start.
    pub fn pass(&mut self, minutes: i64) {
        self.clock.set(minutes * 60);
        std::fs::write(self.team.folder().join("clock"), format!("+{}s", minutes * 60)).unwrap();
        // A running broker trusts a jumped clock a minute later. A starting one trusts it at once.
        self.team.broker.kill();
        self.team.broker.start();
    }

    /// Begins a sign-in on ana's machine. Returns the command and the address for her browser.
    pub fn begin(&self) -> (Running, String) {
        let mut login = self.team.ana.start(&["login", &self.team.broker.url, "--no-browser"]);
        login.says("code_challenge_method=S256");
        let said = login.stderr();
        let line = said.lines().find_map(|line| line.strip_prefix("  http")).unwrap();
        (login, format!("http{line}"))
    }

    /// Signs a person in on ana's machine.
    pub fn sign_in(&self, browser: &mut Browser) -> Ended {
        let (login, address) = self.begin();
        let back = browser.sign_in(&address);
        next_second();
        assert_eq!(browser.visit(&back).status, 200);
        let ended = login.end();
        assert_eq!(ended.code, 0, "{}\n{}\n{}", ended.stderr, self.team.broker.log(), self.canaille.log());
        ended
    }

    /// The answer of `jit whoami --json` on ana's machine.
    pub fn whoami(&self) -> Value {
        serde_json::from_str(&self.team.ana.run(&["whoami", "--json"]).ok()).unwrap()
    }

    /// The access of ana that bo approved, after its first use.
    pub fn access(&self) -> String {
        let (ana, bo) = (&self.team.ana, &self.team.bo);
        let id = ana.ask("orders-admin");
        bo.approve(&id);
        let said = ana.run(&["exec", "orders-admin", "--", "sh", "-c", "echo $JIT_GRANT"]).ok();
        assert_eq!(said.trim(), "orders-admin");
        id
    }
}
