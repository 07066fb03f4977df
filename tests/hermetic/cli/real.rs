//! The same command line over the real broker and the sandbox cloud, without a socket.

use std::sync::Arc;
use std::time::Duration;

use jit::broker::Broker;
use jit::broker::BrokerSettings;
use jit::identity::Signer;
use jit::identity::fake::TestSigner;
use jit::provider::kubernetes::OwnTokens;
use jit::sandbox::Sandbox;
use jit::sandbox::SandboxRole;
use jit::sandbox::Settings;
use jit::system::System;
use jit::system::fake::FakeClock;
use jit::system::fake::FakeHttp;
use jit::system::fake::FakeWorld;
use jit::system::fake_router::RouterHost;

use crate::cli::stage::Person;

pub const BROKER: &str = "http://127.0.0.1:8765";
pub const CLOUD: &str = "http://127.0.0.1:9000";
const ARN: &str = "arn:aws:iam::000000000042:role/orders-admin";
/// The cloud has this role, too. The policy has it where a test says so.
const OTHER_ARN: &str = "arn:aws:iam::000000000042:role/billing";

pub struct Team {
    pub ana: Person,
    pub bo: Person,
    pub clock: FakeClock,
    pub http: FakeHttp,
    pub cloud: axum::Router,
    world: FakeWorld,
    folder: tempfile::TempDir,
    clusters: Arc<OwnTokens>,
    broker: Option<Broker>,
}

impl Team {
    pub async fn new() -> Self {
        Self::with("", &[]).await
    }

    /// The same, with more in the role's file, and more files in the policy.
    pub async fn with(more: &str, files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let write = |path: &str, text: String| {
            let path = folder.path().join("policy").join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write("access.toml", "version = 1\n".to_owned());
        let key = |seed: u32| TestSigner::ed25519(seed).public_key().to_owned();
        write(
            "people.toml",
            format!(
                "[people.ana]\nname = \"Ana\"\nkeys = [\"{}\"]\n[people.bo]\nname = \"Bo\"\nkeys = [\"{}\"]\n\
                 [groups]\ndev = [\"ana\"]\nsre = [\"bo\"]\n",
                key(1),
                key(2)
            ),
        );
        write(
            "roles/orders-admin.toml",
            format!(
                "description = \"Administer orders\"\nrequesters = [\"group:dev\"]\napproval = \"1 of group:sre\"\n\
                 duration = \"1h\"\nmax_duration = \"4h\"\nlease = \"30m\"\nreason = \"required\"\n\
                 extend = {{ times = 2, approval = \"1 of group:sre\" }}\n\
                 [break_glass]\nrequesters = [\"group:dev\"]\nmax_duration = \"30m\"\n\
                 [sandbox]\nrole_arn = \"{ARN}\"\nendpoint_url = \"{CLOUD}\"\n{more}"
            ),
        );
        for (path, text) in files {
            write(path, (*text).to_owned());
        }
        let team = Self::over(folder).await;
        for (person, name) in [(&team.ana, "ana"), (&team.bo, "bo")] {
            let shot = person.run(&format!("login {BROKER} --as {name}"), &[]).await;
            assert_eq!(shot.code, 0, "{shot}");
        }
        team
    }

    /// Where a file of the policy lies.
    pub fn policy_file(&self, path: &str) -> std::path::PathBuf {
        self.folder.path().join("policy").join(path)
    }

    /// A broker over the policy in this folder's `policy`. Nobody has logged in yet.
    pub async fn over(folder: tempfile::TempDir) -> Self {
        let clock = FakeClock::at("2026-11-23T10:00:00Z").advancing();
        let http = FakeHttp::default();
        let world = FakeWorld::new(&folder.path().join("broker"), &clock, &http, 7);
        let role = |arn: &str, name: &str| {
            SandboxRole::for_subject(
                arn.parse().unwrap(),
                jit::provider::aws::subject(&name.parse().unwrap()),
            )
        };
        let roles = vec![role(ARN, "orders-admin"), role(OTHER_ARN, "billing")];
        let sandbox = Sandbox::new(
            Settings::new(BROKER.to_owned(), roles),
            Arc::clone(&world.system.http),
            Arc::clone(&world.system.clock),
            Arc::clone(&world.system.entropy),
        );
        let cloud = sandbox.router();
        http.route(CLOUD, Arc::new(RouterHost(cloud.clone())));
        let ana = Person::new(1, &clock, &http);
        let bo = Person::new(2, &clock, &http);
        let mut team =
            Self { ana, bo, clock, http, cloud, world, folder, clusters: Arc::default(), broker: None };
        team.start().await;
        team
    }

    /// Starts the broker again, with a token of its own for a cluster.
    pub async fn restart_with_cluster(&mut self, server: &str, token: &str) {
        let path = self.folder.path().join("cluster-token");
        std::fs::write(&path, token).unwrap();
        self.clusters = Arc::new(OwnTokens::from([(server.to_owned(), path)]));
        self.restart().await;
    }

    /// The same with a broker that has no token for any cluster.
    pub async fn restart_without_cluster(&mut self) {
        self.clusters = Arc::default();
        self.restart().await;
    }

    /// Starts the broker again.
    pub async fn restart(&mut self) {
        self.stop().await;
        self.start().await;
    }

    /// The broker's routes.
    pub fn router(&self) -> axum::Router {
        self.broker.as_ref().unwrap().router()
    }

    /// The folder of the policy.
    pub fn policy(&self) -> std::path::PathBuf {
        self.folder.path().join("policy")
    }

    async fn start(&mut self) {
        let system: &System = &self.world.system;
        let mut settings = BrokerSettings::new(
            self.folder.path().join("policy"),
            self.folder.path().join("data"),
            BROKER.to_owned(),
            "127.0.0.1:8765".parse().unwrap(),
        );
        settings.clusters = Arc::clone(&self.clusters);
        // The broker's own background work must not advance the time by sleeping.
        let mut system = system.clone();
        system.clock = Arc::new(StandingClock(self.clock.clone()));
        let broker = Broker::open(settings, &system).await.unwrap();
        self.http.route(BROKER, Arc::new(RouterHost(broker.router())));
        self.broker = Some(broker);
    }

    /// Changes a file of the policy, and lets the broker read it: one look sees it, and the next one accepts it.
    pub async fn change(&self, path: &str, from: &str, to: &str) {
        let path = self.folder.path().join("policy").join(path);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{from:?} is not in {text}");
        std::fs::write(path, text.replace(from, to)).unwrap();
        for _ in 0..2 {
            self.clock.advance(Duration::from_secs(3));
            self.ana.run("whoami", &[]).await;
        }
    }

    /// The access key of every command that Ana ran.
    fn keys(&self) -> Vec<String> {
        let started = self.ana.world.processes.started.lock().unwrap();
        started
            .iter()
            .map(|command| command.environment.get("AWS_ACCESS_KEY_ID").unwrap().to_owned())
            .collect()
    }

    pub async fn stop(&mut self) {
        self.http.unroute(BROKER);
        if let Some(broker) = self.broker.take() {
            broker.close().await;
        }
    }
}

/// Time that only others move.
pub struct StandingClock(pub FakeClock);

#[async_trait::async_trait]
impl jit::system::Clock for StandingClock {
    fn now(&self) -> jiff::Timestamp {
        self.0.now()
    }

    fn uptime(&self) -> Duration {
        self.0.uptime()
    }

    async fn sleep(&self, span: Duration) {
        let until = self.now() + jiff::SignedDuration::try_from(span).unwrap();
        while self.now() < until {
            tokio::task::yield_now().await;
        }
    }
}

pub const ASK: [&str; 5] = ["request", "orders-admin", "--reason", "INC-42", "-y"];

#[tokio::test]
async fn the_round_trip() {
    let mut team = Team::new().await;
    let asked = team.ana.run_words(&[&ASK[..], &["--no-wait"]].concat(), &[]).await;
    assert_eq!(asked.code, 0, "{asked}");
    let id = asked.stdout.trim().to_owned();
    let own = team.ana.run(&format!("approve {id} -y"), &[]).await;
    assert_eq!(own.code, 5, "{own}");
    let approved = team.bo.approve("").await;
    assert_eq!(approved.code, 0, "{approved}");
    let waited = team.ana.run("wait orders-admin", &[]).await;
    assert_eq!(waited.code, 0, "{waited}");
    assert!(waited.stdout.contains("orders-admin in account 000000000042 is active until"), "{waited}");
    let verified = team.ana.run("status --verify", &[]).await;
    assert!(verified.stdout.contains("assumed-role/orders-admin"), "{verified}");
    let ran = team.ana.run("exec orders-admin --env -- true", &[]).await;
    assert_eq!(ran.code, 0, "{ran}");
    // The credentials last half an hour of the hour, and are renewed later.
    team.clock.advance(Duration::from_secs(20 * 60));
    let ran = team.ana.run("exec orders-admin --env -- true", &[]).await;
    assert_eq!(ran.code, 0, "{ran}");
    let keys = team.keys();
    assert_ne!(keys[0], keys[1]);
    let ended = team.ana.run("end orders-admin", &[]).await;
    assert_eq!(ended.code, 0, "{ended}");
    assert!(ended.stderr.contains("stay valid until"), "{ended}");
    assert_eq!(team.ana.run("exec orders-admin -- true", &[]).await.code, 125);
    team.stop().await;
}

#[tokio::test]
async fn waiting_survives_a_restart_of_the_broker() {
    let mut team = Team::new().await;
    let asked = team.ana.run_words(&[&ASK[..], &["--no-wait"]].concat(), &[]).await;
    assert_eq!(asked.code, 0, "{asked}");
    team.stop().await;
    let gone = team.ana.run("wait orders-admin --timeout 1m", &[]).await;
    assert_eq!(gone.code, 1, "{gone}");
    team.start().await;
    assert_eq!(team.bo.approve("").await.code, 0);
    let waited = team.ana.run("wait orders-admin", &[]).await;
    assert_eq!(waited.code, 0, "{waited}");
    team.stop().await;
}

#[tokio::test]
async fn asking_again_finds_the_same_request() {
    let mut team = Team::new().await;
    let words = [&ASK[..], &["--no-wait"]].concat();
    let one = team.ana.run_words(&words, &[]).await;
    let two = team.ana.run_words(&words, &[]).await;
    assert_eq!(one.stdout, two.stdout);
    let denied = ["deny", one.stdout.trim(), "--reason", "not today", "-y"];
    assert_eq!(team.bo.run_words(&denied, &[]).await.code, 0);
    let waited = team.ana.run("wait orders-admin", &[]).await;
    assert_eq!(waited.code, 5, "{waited}");
    assert!(waited.stderr.contains("bo: not today"), "{waited}");
    let again = team.ana.run_words(&words, &[]).await;
    assert_ne!(again.stdout, one.stdout, "{again}");
    let shown = team.bo.run("approve", &["n"]).await;
    assert!(
        shown
            .stderr
            .contains("beware    an equal request was denied by bo just now\n          | not today\n"),
        "{shown}"
    );
    assert!(!shown.stderr.contains("bo denied"), "it is said once: {shown}");
    team.stop().await;
}

#[tokio::test]
async fn a_session_ends_at_logout_and_after_twelve_hours() {
    let mut team = Team::new().await;
    team.clock.advance(Duration::from_secs(12 * 3600 + 1));
    // The agent holds the key of the login, so the client opens another session.
    let shot = team.ana.run("whoami", &[]).await;
    assert_eq!(shot.code, 0, "{shot}");
    assert!(shot.stderr.contains("the session with "), "{shot}");
    assert!(shot.stderr.contains("logged in again as ana with SHA256:"), "{shot}");
    let shot = team.ana.run("whoami", &[]).await;
    assert_eq!((shot.code, shot.stderr.as_str()), (0, ""), "{shot}");
    team.clock.advance(Duration::from_secs(12 * 3600 + 1));
    team.ana.world.agent.clear();
    let shot = team.ana.run("whoami", &[]).await;
    assert_eq!(shot.code, 3, "{shot}");
    team.ana.world.agent.add(TestSigner::ed25519(1).key().clone());
    assert_eq!(team.ana.run("login", &[]).await.code, 0);
    assert_eq!(team.ana.run("whoami", &[]).await.code, 0);
    assert_eq!(team.ana.run("logout", &[]).await.code, 0);
    assert_eq!(team.ana.run("whoami", &[]).await.code, 3);
    team.stop().await;
}

#[tokio::test]
async fn an_emergency_is_used_ended_reviewed_and_taken_again() {
    let team = Team::new().await;
    let take = ["break-glass", "orders-admin", "--reason", "orders-db is down", "-y"];
    let taken = team.ana.run_words(&take, &[]).await;
    assert_eq!(taken.code, 0, "{taken}");
    assert!(taken.stderr.contains("reviewers, in their inbox"), "{taken}");
    let used = team.ana.run("exec --env orders-admin -- true", &[]).await;
    assert_eq!((used.code, team.keys().len()), (0, 1), "{used}");
    assert!(team.ana.run("end orders-admin", &[]).await.code == 0);
    // Without a review there is no second one, and the message says what to do.
    let refused = team.ana.run_words(&take, &[]).await;
    assert_eq!(refused.code, 1, "{refused}");
    assert!(refused.stderr.contains("hint: ask bo to type `jit approve "), "{refused}");
    // It has ended, and still waits in the inbox.
    let inbox = team.bo.run("inbox", &[]).await;
    assert!(inbox.stdout.contains("orders-admin (emergency)"), "{inbox}");
    let reviewed = team.bo.approve("").await;
    assert_eq!(reviewed.code, 0, "{reviewed}");
    assert!(reviewed.stderr.contains("now       ended"), "{reviewed}");
    assert!(reviewed.stdout.contains("they may break the glass again"), "{reviewed}");
    let again = team.ana.run_words(&take, &[]).await;
    assert_eq!(again.code, 0, "{again}");
    // An ordinary request beside it is a separate one.
    let asked = team.ana.run("request orders-admin --reason later -y --no-wait", &[]).await;
    assert_eq!(asked.code, 0, "{asked}");
    assert!(asked.stderr.contains("asked for orders-admin"), "{asked}");
    let used = team.ana.run("exec --env orders-admin -- true", &[]).await;
    assert_eq!(used.code, 0, "what can be used is used: {used}");
}
