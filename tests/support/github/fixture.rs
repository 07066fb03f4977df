//! An organisation with people and a repository, and a client that calls the API as one of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use http::Method;
use jit::system::Http;
use jit::system::fake::FakeClock;
use jit::system::fake::FakeHttp;
use jit::system::http::Request;
use serde_json::Value;

use super::GitHub;
use super::Origins;
use super::access::Role;

/// The start of the test's time.
pub const START: &str = "2026-11-23T12:00:00Z";

/// A parsed answer.
#[derive(Debug, Clone)]
pub struct Answered {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: Vec<(String, String)>,
    /// The JSON. Null if there is none.
    pub body: Value,
    /// The bytes.
    pub bytes: Vec<u8>,
}

impl Answered {
    /// A header. Empty if it is missing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(found, _)| found == name).map_or("", |(_, value)| value)
    }

    /// The document of an answer with this status.
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        self.body
    }

    /// The message of a refusal with this status.
    pub fn refused(self, status: u16) -> String {
        let body = self.expect(status);
        format!("{} {}", body["message"].as_str().unwrap_or_default(), body["errors"])
    }
}

/// A GitHub in this process with `acme/access`: `olga` owns the organisation, `ana`, `ben` and `cleo` write, `dora`
/// reads, `eve` has no access. Each has a classic token with every scope.
pub struct Hub {
    /// The GitHub.
    pub github: GitHub,
    /// Its time.
    pub clock: FakeClock,
    /// The network that it is on.
    pub http: FakeHttp,
    /// `acme/access`.
    pub repository: u64,
    /// The API version that calls ask for. `None` for the default.
    pub version: Option<&'static str>,
    /// Tokens by name.
    pub tokens: BTreeMap<String, String>,
    runtime: tokio::runtime::Runtime,
}

impl Hub {
    /// Sets it up.
    pub fn new() -> Self {
        let clock = FakeClock::at(START);
        let http = FakeHttp::default();
        let github = GitHub::new(Origins::default(), Arc::new(clock.clone()));
        github.join(&http);
        let mut tokens = BTreeMap::new();
        let mut world = github.world();
        for login in ["olga", "ana", "ben", "cleo", "dora", "eve"] {
            world.add_person(login);
            let scopes = ["repo", "workflow", "read:org", "write:org", "admin:org"];
            tokens.insert(login.to_owned(), world.classic_token(login, &scopes));
        }
        world.add_organisation("acme", &["olga"], &["ana", "ben", "cleo", "dora"]);
        let repository = world.add_repository("acme", "access");
        for (login, role) in
            [("ana", Role::Write), ("ben", Role::Write), ("cleo", Role::Write), ("dora", Role::Read)]
        {
            world.collaborate(repository, login, role);
        }
        drop(world);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        Self { github, clock, http, repository, version: None, tokens, runtime }
    }

    /// The id of an account.
    pub fn id(&self, login: &str) -> u64 {
        self.github.world().account(login).unwrap().id
    }

    /// Sends an unchanged request to one of the sites.
    pub fn send(&self, request: Request) -> Answered {
        let answer = self.runtime.block_on(self.http.send(request)).unwrap();
        let body = serde_json::from_slice(&answer.body).unwrap_or_default();
        Answered { status: answer.status, headers: answer.headers, body, bytes: answer.body }
    }

    /// A request to the API by somebody: a name in [`Hub::tokens`], a token itself, or an empty text for an anonymous
    /// call.
    #[expect(clippy::needless_pass_by_value, reason = "callers build it in place")]
    pub fn request(&self, who: &str, method: &str, path: &str, body: Value) -> Request {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let mut request = Request::new(method, format!("{}{path}", self.github.origins().api))
            .header("user-agent", "double/1")
            .header("accept", "application/vnd.github+json");
        if let Some(version) = self.version {
            request = request.header("x-github-api-version", version);
        }
        if !who.is_empty() {
            let token = self.tokens.get(who).map_or(who, String::as_str);
            request = request.header("authorization", format!("Bearer {token}"));
        }
        if body.is_null() { request } else { request.body("application/json", body.to_string()) }
    }

    /// Calls a path of the API.
    pub fn call(&self, who: &str, method: &str, path: &str, body: Value) -> Answered {
        self.send(self.request(who, method, path, body))
    }

    /// Calls a path below `acme/access`.
    pub fn on(&self, who: &str, method: &str, path: &str, body: Value) -> Answered {
        let path = if path.is_empty() { String::new() } else { format!("/{path}") };
        self.call(who, method, &format!("/repos/acme/access{path}"), body)
    }

    /// Reads a path below `acme/access`. Must succeed.
    pub fn get(&self, who: &str, path: &str) -> Value {
        self.on(who, "GET", path, Value::Null).expect(200)
    }

    /// The newest commit of a branch.
    pub fn tip(&self, branch: &str) -> String {
        self.github.world().resolve(self.repository, &format!("refs/heads/{branch}")).unwrap()
    }

    /// Commits a file to a branch past all rules.
    pub fn write(&self, branch: &str, path: &str, content: &str) -> String {
        let olga = self.id("olga");
        self.github.world().write(self.repository, branch, olga, &[(path, Some(content))])
    }

    /// Makes blob, tree, commit and branch as a client would, with one file. Returns the commit.
    pub fn branch(&self, who: &str, branch: &str, path: &str, content: &str) -> String {
        let sha = self.commit(who, path, content);
        let reference = serde_json::json!({"ref": format!("refs/heads/{branch}"), "sha": sha});
        self.on(who, "POST", "git/refs", reference).expect(201);
        sha
    }

    /// Makes a commit on top of `main` with one more file.
    pub fn commit(&self, who: &str, path: &str, content: &str) -> String {
        let text = |answer: Value| answer["sha"].as_str().unwrap().to_owned();
        let main = self.tip("main");
        let blob =
            text(self.on(who, "POST", "git/blobs", serde_json::json!({"content": content})).expect(201));
        let entry = serde_json::json!({"path": path, "mode": "100644", "type": "blob", "sha": blob});
        let tree = serde_json::json!({"base_tree": main, "tree": [entry]});
        let tree = text(self.on(who, "POST", "git/trees", tree).expect(201));
        let commit = serde_json::json!({"message": "Ask", "tree": tree, "parents": [main]});
        text(self.on(who, "POST", "git/commits", commit).expect(201))
    }

    /// Opens a pull request from a new branch with one file. Returns its number.
    pub fn pull(&self, who: &str, branch: &str, path: &str) -> u64 {
        self.branch(who, branch, path, &format!("{{\"of\":\"{branch}\"}}"));
        let pull = serde_json::json!({"title": format!("Ask for {branch}"), "head": branch, "base": "main"});
        self.on(who, "POST", "pulls", pull).expect(201)["number"].as_u64().unwrap()
    }

    /// Reviews a pull request.
    pub fn review(&self, who: &str, number: u64, event: &str) -> Answered {
        let review = serde_json::json!({"event": event, "body": "Seen."});
        self.on(who, "POST", &format!("pulls/{number}/reviews"), review)
    }

    /// Dispatches a workflow on `main`. Returns the run.
    #[expect(clippy::needless_pass_by_value, reason = "callers build it in place")]
    pub fn dispatch(&self, who: &str, workflow: &str, inputs: Value) -> u64 {
        let body = serde_json::json!({"ref": "main", "inputs": inputs, "return_run_details": true});
        let answer =
            self.on(who, "POST", &format!("actions/workflows/{workflow}/dispatches"), body).expect(200);
        answer["workflow_run_id"].as_u64().unwrap()
    }
}
