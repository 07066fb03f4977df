//! `jit request`, `jit exec` and `jit end` in a job that asks a broker as a workload: nothing is stored between them.

use std::sync::Arc;

use jit::system::Clock;
use serde_json::json;

use crate::cli::real::BROKER;
use crate::cli::real::Team;
use crate::cli::stage::Person;
use crate::cli::stage::Shot;
use crate::support::provider::ISSUER;
use crate::support::provider::ORIGIN;
use crate::support::provider::Provider;
use crate::support::provider::key;
use crate::support::provider::sign;

struct Scene {
    team: Team,
    job: Person,
    tokens: u32,
}

impl Scene {
    async fn new() -> Self {
        let team = Team::new().await;
        let workload =
            format!("[workloads.deploy]\noidc = {{ issuer = \"{ISSUER}\", project_id = \"12\" }}\n[groups]");
        team.change("people.toml", "[groups]", &workload).await;
        let asks = "requesters = [\"group:dev\", \"workload:deploy\"]\napproval";
        team.change("roles/orders-admin.toml", "requesters = [\"group:dev\"]\napproval", asks).await;
        team.http.route(ORIGIN, Arc::new(Provider::new(&team.clock)));
        let mut job = Person::new(3, &team.clock, &team.http);
        job.world.system.environment.set("JIT_BROKER", BROKER);
        Self { team, job, tokens: 0 }
    }

    /// A token of a job of this pipeline. Every one is new.
    fn token(&mut self, pipeline: &str) -> String {
        self.tokens += 1;
        let now = self.team.clock.now().as_second();
        let claims = json!({
            "iss": ISSUER, "aud": BROKER, "sub": "project_path:acme/shop", "iat": now, "exp": now + 300,
            "jti": format!("j-{}", self.tokens), "project_id": "12", "ref": "main", "pipeline_id": pipeline
        });
        sign(&json!({"alg": "RS256", "kid": "rsa-1"}), &claims, &key("rsa-1"))
    }

    /// Runs a command in a job of this pipeline, with a token of its own.
    async fn run(&mut self, pipeline: &str, words: &[&str]) -> Shot {
        let token = self.token(pipeline);
        self.job.world.system.environment.set("JIT_ID_TOKEN", &token);
        self.job.run_words(words, &[]).await
    }
}

#[tokio::test]
async fn a_pipeline_asks_runs_and_ends_with_nothing_stored() {
    let mut scene = Scene::new().await;
    let early = scene.run("77", &["exec", "orders-admin", "--", "true"]).await;
    assert_ne!(early.code, 0, "{early}");
    assert!(early.stderr.contains("no step of this run has asked for orders-admin"), "{early}");
    assert!(early.stderr.contains("jit request orders-admin --reason"), "{early}");
    let asked = scene.run("77", &["request", "orders-admin", "--reason", "INC-42 deploy", "--no-wait"]).await;
    assert_eq!(asked.code, 0, "{asked}");
    assert!(asked.stderr.contains("deploy asks for orders-admin"), "{asked}");
    let id = asked.stdout.trim().to_owned();
    // The same run asks once.
    let again = scene.run("77", &["request", "orders-admin", "--reason", "INC-42 deploy", "--no-wait"]).await;
    assert_eq!(again.stdout.trim(), id, "{again}");
    let approved = scene.team.bo.run(&format!("approve {id}"), &["y"]).await;
    assert_eq!(approved.code, 0, "{approved}");
    assert!(approved.stderr.contains("project_id=12 ref=main pipeline_id=77"), "{approved}");
    // Another run of the same workload does not take what this one was given, and is told who holds it.
    for words in [
        &["exec", "orders-admin", "--", "true"][..],
        &["request", "orders-admin", "--reason", "INC-42 deploy"],
    ] {
        let other = scene.run("78", words).await;
        assert!(
            other.code != 0 && other.stderr.contains("another run of this workload holds orders-admin"),
            "{other}"
        );
        assert!(other.stderr.contains(&id) && other.stderr.contains("`concurrency`"), "{other}");
    }
    assert!(scene.job.world.processes.started.lock().unwrap().is_empty());
    let ran = scene.run("77", &["exec", "orders-admin", "--", "/bin/true"]).await;
    assert_eq!(ran.code, 0, "{ran}");
    let secret = {
        let started = scene.job.world.processes.started.lock().unwrap();
        let command = started.last().unwrap();
        assert_eq!(command.program, "/bin/true");
        assert_eq!(command.environment.get("JIT_ID_TOKEN"), None, "a token is for jit alone");
        command.environment.get("AWS_SECRET_ACCESS_KEY").unwrap().to_owned()
    };
    let ended = scene.run("77", &["end", "orders-admin"]).await;
    assert_eq!(ended.code, 0, "{ended}");
    let over = scene.run("77", &["end", "orders-admin"]).await;
    assert!(over.stderr.contains("this run has no open request for orders-admin"), "{over}");
    let disk = scene.job.disk();
    assert!(!disk.contains(&secret) && !disk.contains(&id), "nothing is stored: {disk}");
    scene.team.stop().await;
}

#[tokio::test]
async fn what_a_job_lacks_is_said() {
    let mut scene = Scene::new().await;
    let words = ["request", "orders-admin", "--reason", "INC-42 deploy", "--no-wait"];
    assert_eq!(scene.run("77", &words).await.code, 0);
    // A pipeline that gives one token to all its commands.
    let twice = scene.job.run_words(&words, &[]).await;
    assert_ne!(twice.code, 0, "{twice}");
    assert!(twice.stderr.contains("this token came in before, and a token enters once"), "{twice}");
    scene.job.world.system.environment.remove("JIT_ID_TOKEN");
    let none = scene.job.run_words(&words, &[]).await;
    assert!(none.stderr.contains("this job has no ID token for the broker"), "{none}");
    assert!(none.stderr.contains("id-token: write") && none.stderr.contains("JIT_ID_TOKEN_FILE"), "{none}");
    scene.job.world.system.environment.set("JIT_BROKER", "http://jit.example.com");
    let plain = scene.run("77", &words).await;
    assert!(plain.stderr.contains("JIT_BROKER is not a broker's address"), "{plain}");
    scene.team.stop().await;
}

/// Kubernetes keeps the token in a file.
#[tokio::test]
async fn a_token_in_a_file_is_read() {
    let mut scene = Scene::new().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    std::fs::write(&path, format!("{}\n", scene.token("77"))).unwrap();
    scene.job.world.system.environment.set("JIT_ID_TOKEN_FILE", path.to_str().unwrap());
    let words = ["request", "orders-admin", "--reason", "INC-42 deploy", "--no-wait"];
    let asked = scene.job.run_words(&words, &[]).await;
    assert_eq!(asked.code, 0, "{asked}");
    std::fs::remove_file(&path).unwrap();
    let gone = scene.job.run_words(&words, &[]).await;
    assert!(gone.stderr.contains("the file of the job's ID token cannot be read"), "{gone}");
    scene.team.stop().await;
}
