//! A GitHub of our own with an access repository, whose runs decide in this process. One serves many rows: each begins where
//! the first one did.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::SignedDuration;
use jiff::Timestamp;
use jit::authority::Authority as _;
use jit::authority::AuthorityError;
use jit::authority::GitHubAuthority;
use jit::authority::StatementAuthority as _;
use jit::authority::github::Seat;
use jit::forge::log::JournalKey;
use jit::forge::request_file;
use jit::forge::review_body;
use jit::github::GitHub as Client;
use jit::github::api::API;
use jit::github::api::Slug;
use jit::github::api::repositories::NewFile;
use jit::grant::Digest;
use jit::grant::Signed;
use jit::grant::State;
use jit::grant::Verdict;
use jit::grant::span::whole_seconds;
use jit::grant::statement::ReviewStatement;
use jit::grant::statement::Way;
use jit::protocol::RequestView;
use jit::secret::Secret;
use jit::system::Clock;

use super::policy;
use super::scene::Answer;
use super::scene::Asked;
use super::scene::Authority;
use super::scene::No;
use crate::forge::hub::Hub;
use crate::forge::hub::outcome;
use crate::forge::hub::said;
use crate::support::github::access::Role;
use crate::support::github::actions::runner::Runner;
use crate::support::github::world::World;

pub struct RepositoryDriver {
    hub: Hub,
    /// As every row finds it.
    fresh: World,
    began: Timestamp,
    /// The pull request of each request.
    pulls: BTreeMap<Digest, u64>,
}

impl RepositoryDriver {
    pub fn new() -> Self {
        let mut hub = Hub::new();
        let mut world = hub.github.world();
        world.add_person("pat");
        let token = world.classic_token("pat", &["repo", "workflow", "read:org"]);
        world.collaborate(hub.repository, "pat", Role::Write);
        drop(world);
        hub.tokens.insert("pat", token);
        let olga = hub.id("olga");
        hub.github.world().write(hub.repository, "main", olga, &[("roles/prod-admin.toml", None)]);
        hub.write_main(&Self::policy(&hub));
        hub.clock.advance(Duration::from_secs(600));
        let (fresh, began) = (hub.github.world().clone(), hub.clock.now());
        Self { hub, fresh, began, pulls: BTreeMap::new() }
    }

    fn policy(hub: &Hub) -> BTreeMap<String, String> {
        let key = JournalKey::read(&hub.key).unwrap().public_text();
        policy::files(&format!("[authority.github]\nlog_keys = [\"{key}\"]\n"), &|name| hub.id(name))
    }

    /// Forgets everything that rows before did.
    pub fn again(&mut self) {
        *self.hub.github.world() = self.fresh.clone();
        self.hub.clock.set(self.began);
        self.pulls.clear();
    }

    /// Somebody's own program.
    fn client_of(&self, who: &str) -> GitHubAuthority {
        let world = self.hub.shell.world(&BTreeMap::new());
        let seat = Seat {
            api: API.to_owned(),
            slug: Slug::parse("acme/access").unwrap(),
            repository: self.hub.repository,
            person: who.parse().unwrap(),
            key: String::new(),
        };
        GitHubAuthority::new(&world.system, seat, Secret::new(self.hub.tokens[who].clone())).unwrap()
    }

    /// Makes a branch with the request's file, and its pull request, as any client could.
    fn open_pull(&mut self, by: &str, asked: &Asked) {
        let now = self.hub.clock.now();
        let client: Client = self.hub.client(by);
        let id = asked.digest.request_id();
        let pull = self.hub.wait(async {
            let main = client.branch("main").await.unwrap().unwrap();
            let base = client.commit(&main).await.unwrap().tree.sha;
            let content = request_file::write(&asked.signed);
            let file = NewFile { path: request_file::path_of(&id), content };
            let tree = client.create_tree(Some(&base), &[file]).await.unwrap();
            let commit = client.create_commit(&format!("Ask {id}"), &tree, &[&main]).await.unwrap();
            let branch = request_file::branch_of(&id);
            client.create_branch(&branch, &commit).await.unwrap();
            client.create_pull(&format!("jit {id}"), &branch, "main", "").await.unwrap().number
        });
        self.pulls.insert(asked.digest, pull);
        // A client pauses between its writes, which takes no time in a row.
        self.hub.clock.set(now);
        let mut world = self.hub.github.world();
        world.repository_mut(self.hub.repository).pulls.get_mut(&pull).unwrap().created_at =
            whole_seconds(now);
    }

    /// Has a run decide.
    fn run(&mut self, by: &str, action: &str, of: &Asked, statement: Option<&Signed>) -> Answer {
        let mut inputs = BTreeMap::from([
            ("action", action.to_owned()),
            ("request", of.digest.request_id().to_string()),
            ("pull", self.pulls[&of.digest].to_string()),
            ("digest", of.digest.to_string()),
            ("nonce", "abc".to_owned()),
            ("form", "2".to_owned()),
        ]);
        if let Some(signed) = statement {
            let bytes = request_file::write(signed);
            inputs.insert("statement", data_encoding::BASE64URL_NOPAD.encode(bytes.as_bytes()));
        }
        let now = self.hub.clock.now();
        let id = self.hub.dispatch(by, &inputs);
        let runner = Runner::new(&self.hub.github, &self.hub.shell);
        loop {
            let run = self.hub.github.world().runs[&id].clone();
            if run.job("decide").is_some_and(|job| job.status == "completed") {
                break;
            }
            runner.run_next(Some(id)).unwrap();
        }
        let mut world = self.hub.github.world();
        let run = world.runs.get_mut(&id).unwrap();
        // The log has the decision. Other tests are about the cloud and the sealed credentials.
        for job in run.jobs.iter_mut().filter(|job| job.status != "completed") {
            (job.status, job.conclusion) = ("completed", Some("skipped"));
        }
        let run = run.clone();
        world.settle(id);
        drop(world);
        self.hub.clock.set(now);
        if outcome(&run, "decide") == "success" { Ok(()) } else { Err(no_in(&said(&run, "decide"))) }
    }

    /// Returns the answer that a run would give about a request now. Nothing of the run stays.
    fn try_run(&mut self, by: &str, action: &str, of: &Asked) -> Answer {
        let before = self.hub.github.world().clone();
        let answer = self.run(by, action, of, None);
        *self.hub.github.world() = before;
        answer
    }

    /// Puts a review on the pull request past every check of a client.
    fn force_review(&self, by: &str, of: &Asked, (statement, signed): (&ReviewStatement, &Signed)) {
        let client = self.hub.client(by);
        let pull = self.pulls[&of.digest];
        let body = review_body::write("Seen.", signed);
        let narrows = statement.duration.is_some() || statement.scope.is_some();
        let event = match statement.verdict {
            Verdict::Approve if narrows => "COMMENT",
            Verdict::Approve => "APPROVE",
            Verdict::Deny => "REQUEST_CHANGES",
        };
        self.hub.wait(async {
            let head = client.pull(pull).await.unwrap().head.sha;
            // GitHub itself lets nobody approve their own pull request; anybody may comment.
            if client.create_review(pull, &head, event, &body).await.is_err() {
                client.create_review(pull, &head, "COMMENT", &body).await.unwrap();
            }
        });
    }
}

/// The refusal in a job's log.
fn no_in(log: &str) -> No {
    let find = |label: &str| {
        let found = log.lines().rev().find_map(|line| line.split_once(label));
        // The runner's own line follows ours without an end of line between them.
        found.map(|(_, text)| {
            text.split("Error: Process completed").next().unwrap_or_default().trim().to_owned()
        })
    };
    let is_word = |text: &str| text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    let code = log.lines().rev().find_map(|line| line.trim().strip_prefix("refused: "));
    No {
        code: code.filter(|code| is_word(code)).unwrap_or_default().to_owned(),
        text: find("error: ").unwrap_or_else(|| log.to_owned()),
        hint: find("  hint: ").unwrap_or_default(),
    }
}

fn no_of(error: &AuthorityError) -> No {
    No {
        code: error.code().unwrap_or_default().to_owned(),
        text: error.to_string(),
        hint: error.hint().unwrap_or_default(),
    }
}

/// Whether the request was taken, and its time is still to come.
fn is_taken(no: &No) -> bool {
    ["reviews are missing", "the request is pending", "the access starts at"]
        .iter()
        .any(|words| no.text.starts_with(words))
}

impl Authority for RepositoryDriver {
    fn address(&self) -> String {
        jit::github::authority(self.hub.repository)
    }

    fn now(&self) -> Timestamp {
        whole_seconds(self.hub.clock.now())
    }

    fn wait(&mut self, span: SignedDuration) {
        self.hub.clock.advance(span.unsigned_abs());
    }

    fn files(&self) -> BTreeMap<String, String> {
        Self::policy(&self.hub)
    }

    fn change(&mut self, files: &BTreeMap<String, String>) {
        self.hub.write_main(files);
        self.hub.clock.advance(Duration::from_secs(6));
    }

    /// Anybody may open a pull request: whether the request is taken is the first run's word.
    fn ask(&mut self, by: &str, asked: &Asked, last: bool) -> Answer {
        self.open_pull(by, asked);
        if !last {
            return Ok(());
        }
        let action = if asked.statement.extends().is_some() { "extend" } else { "mint" };
        match self.try_run(by, action, asked) {
            Err(no) if is_taken(&no) => Ok(()),
            answer => answer,
        }
    }

    fn settle(&mut self, by: &str, of: &Asked) -> Answer {
        assert!(matches!(of.statement.way, Way::Extend(_)));
        self.run(by, "extend", of, None)
    }

    /// The reviewer's program says no; whether or not it does, the review is put there, and must count for nothing then. A
    /// denial is a run's to judge.
    fn review(&mut self, by: &str, of: &Asked, review: (&ReviewStatement, &Signed), last: bool) -> Answer {
        if review.0.verdict == Verdict::Deny {
            self.force_review(by, of, review);
            // The reviewer's program has it recorded; that it cannot, changes nothing.
            let recorded = self.run(by, "deny", of, None);
            return if last { recorded } else { Ok(()) };
        }
        if !last {
            self.force_review(by, of, review);
            return Ok(());
        }
        let now = self.hub.clock.now();
        let client = self.client_of(by);
        let answer = self.hub.wait(client.review(&of.digest.request_id(), review.1));
        let answer = answer.map(|_| ()).map_err(|error| no_of(&error));
        if answer.is_err() {
            self.force_review(by, of, review);
        }
        self.hub.clock.set(now);
        answer
    }

    fn mint(&mut self, by: &str, of: &Asked) -> Answer {
        self.run(by, "mint", of, None)
    }

    /// The requester's program starts no run for a request that is over already. A run ends a request that only the policy ended.
    fn end(&mut self, by: &str, of: &Asked) -> Answer {
        let own = of.statement.header.who.as_str() == by;
        let over = |view: RequestView| view.state.is_terminal() && view.state != State::Revoked;
        if own && self.view(of).is_ok_and(over) {
            let now = self.hub.clock.now();
            let client = self.client_of(by);
            let answer = self.hub.wait(client.end(&of.digest.request_id(), true));
            self.hub.clock.set(now);
            return answer.map(|_| ()).map_err(|error| no_of(&error));
        }
        self.run(by, "end", of, None)
    }

    fn revoke(&mut self, by: &str, of: &Asked, signed: &Signed) -> Answer {
        self.run(by, "revoke", of, Some(signed))
    }

    fn view(&mut self, of: &Asked) -> Result<RequestView, No> {
        let client = self.client_of(of.statement.header.who.as_str());
        let view = self.hub.wait(client.request(&of.digest.request_id()));
        view.map_err(|error| no_of(&error))
    }
}
