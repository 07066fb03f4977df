//! Workloads at a broker: a job shows its own token once, asks, takes and ends, and what gains nothing.

use std::sync::Arc;
use std::time::Duration;

use jit::grant::JobRun;
use jit::grant::Statement;
use jit::grant::Verdict;
use jit::grant::statement::RequestStatement;
use jit::grant::statement::TakeStatement;
use jit::grant::statement::Way;
use jit::identity::Signer;
use jit::identity::statement::sign;
use jit::protocol::Challenge;
use jit::protocol::LeaseCall;
use jit::protocol::RequestView;
use jit::protocol::WorkloadCall;
use jit::protocol::WorkloadSession;
use jit::secret::seal::RecipientKey;
use jit::system::fake::Host;
use serde_json::Value;
use serde_json::json;

use super::world::AUTHORITY;
use super::world::Answer;
use super::world::Person;
use super::world::World;
use super::world::key_of;
use crate::support::provider;
use crate::support::provider::ISSUER;
use crate::support::provider::ORIGIN;
use crate::support::provider::Provider;

struct Scene {
    world: World,
    provider: Provider,
}

/// A job that came in.
struct Job {
    person: Person,
    run: JobRun,
}

impl Scene {
    async fn new() -> Self {
        let mut world = World::unstarted();
        let people = format!(
            "{}[workloads.deploy]\noidc = {{ issuer = \"{ISSUER}\", project_id = \"12\", ref_protected = \"true\" }}\n",
            world.policy.get("people.toml").unwrap()
        );
        world.write_policy("people.toml", &people);
        for role in ["prod", "play"] {
            let path = format!("roles/{role}.toml");
            let text = world
                .policy
                .get(&path)
                .unwrap()
                .replace("requesters = [", "requesters = [\"workload:deploy\", ");
            world.write_policy(&path, &text);
        }
        let provider = Provider::new(&world.clock);
        world.http.route(ORIGIN, Arc::new(provider.clone()) as Arc<dyn Host>);
        world.start().await.unwrap();
        Self { world, provider }
    }

    /// The claims of a job of the pipeline 77.
    fn claims(&self) -> Value {
        let now = self.world.now().as_second();
        json!({
            "iss": ISSUER, "aud": AUTHORITY, "sub": "project_path:acme/shop:ref_type:branch:ref:main",
            "iat": now, "exp": now + 300, "jti": "j-1", "project_id": "12", "ref_protected": "true",
            "ref": "main", "sha": "1".repeat(40), "pipeline_id": "77", "job_id": "5"
        })
    }

    fn token(claims: &Value) -> String {
        let header = json!({ "alg": "RS256", "kid": "rsa-1", "typ": "JWT" });
        provider::sign(&header, claims, &provider::key("rsa-1"))
    }

    async fn enter(&self, token: &str, key: &str) -> Answer {
        let call = WorkloadCall { token: token.to_owned(), key: key_of(key).public_key().to_owned() };
        self.world.call("POST", "/v1/login/workload", "", Some(&call)).await
    }

    /// A job that comes in with these claims and a key of its own.
    async fn job(&self, claims: &Value, key: &str) -> Job {
        let session: WorkloadSession = self.enter(&Self::token(claims), key).await.read();
        assert_eq!(session.workload.as_str(), "deploy");
        let token = session.token.expose().clone();
        let person = Person { name: session.workload, signer: key_of(key), token };
        Job { person, run: session.job.parse().unwrap() }
    }

    /// Tries the login of a person with the job's key. Returns the status.
    async fn log_in(&self, job: &Job) -> u16 {
        let challenge: Challenge =
            self.world.call("POST", "/v1/login/challenge", "", None::<&()>).await.read();
        let signed = self.world.login_statement(&job.person, &challenge.challenge);
        self.world.call("POST", "/v1/login", "", Some(&signed)).await.status()
    }

    async fn plan(&self, job: &Job, role: &str) -> RequestStatement {
        let (plan, _) = self.world.plan(&job.person, role).await;
        RequestStatement { recipient: String::new(), job: Some(job.run.clone()), interactive: false, ..plan }
    }

    async fn ask(&self, job: &Job, role: &str) -> RequestView {
        let statement = self.plan(job, role).await;
        self.world.ask_signed(&job.person, statement).await.read()
    }

    async fn take(&self, job: &Job, view: &RequestView, key: &RecipientKey) -> Answer {
        let take = Statement::Take(TakeStatement {
            header: self.world.header(&job.person.name),
            request: view.digest,
            recipient: key.public().unwrap(),
        });
        let call = LeaseCall { take: Some(sign(&take, &job.person.signer).unwrap()) };
        self.world.post(&format!("/v1/requests/{}/leases", view.id), &job.person, &call).await
    }
}

#[tokio::test]
async fn a_job_asks_takes_and_ends_with_nothing_stored() {
    let scene = Scene::new().await;
    let job = scene.job(&scene.claims(), "step one").await;
    assert_eq!(job.run.as_str(), format!("project_id=12 ref=main sha={} pipeline_id=77", "1".repeat(40)));
    let view = scene.ask(&job, "prod").await;
    let dee = scene.world.person("dee").await;
    let seen: RequestView = scene.world.show(&dee, &view).await;
    assert!(seen.signed.statement.contains("pipeline_id=77"), "the reviewer signs for this run");
    scene.world.approve(&dee, &view).await;
    // A later step of the same run comes in anew, with another token and another key.
    let mut claims = scene.claims();
    claims["jti"] = json!("j-2");
    let later = scene.job(&claims, "step two").await;
    let key = RecipientKey::generate(&[7; 32]);
    let sealed = scene.take(&later, &view, &key).await.read();
    super::world::open(&sealed, &view, &key);
    let again = RecipientKey::generate(&[8; 32]);
    let sealed = scene.take(&later, &view, &again).await.read();
    super::world::open(&sealed, &view, &again);
    let ended = scene.world.post_nothing(&format!("/v1/requests/{}/end", view.id), &later.person).await;
    assert_eq!(ended.status(), 200);
    assert_eq!(scene.take(&later, &view, &key).await.problem(), "state");
}

#[tokio::test]
async fn the_approval_of_one_run_is_none_of_another() {
    let scene = Scene::new().await;
    let job = scene.job(&scene.claims(), "one run").await;
    let view = scene.ask(&job, "prod").await;
    let dee = scene.world.person("dee").await;
    scene.world.approve(&dee, &view).await;
    let mut other = scene.claims();
    (other["sha"], other["pipeline_id"]) = (json!("2".repeat(40)), json!("78"));
    let other = scene.job(&other, "another run").await;
    let key = RecipientKey::generate(&[7; 32]);
    assert_eq!(
        scene.take(&other, &view, &key).await.status(),
        422,
        "it may read the request, and take nothing"
    );
    // Nor does it get in by stating the other run's facts.
    let lied = RequestStatement { job: Some(job.run.clone()), ..scene.plan(&other, "prod").await };
    assert_eq!(scene.world.ask_signed(&other.person, lied).await.status(), 422);
    // Nor without any, nor as another kind of request.
    let none = scene.world.plan(&other.person, "prod").await.0;
    assert_eq!(scene.world.ask_signed(&other.person, none).await.status(), 422);
    // A statement that somebody else's key signed, or a body without one.
    let bare = scene.world.mint(&job.person, &view).await;
    assert_eq!((bare.status(), bare.problem().as_str()), (400, "bad_request"));
    let stolen =
        Job { person: Person { signer: key_of("a thief"), ..clone(&job.person) }, run: job.run.clone() };
    assert_eq!(scene.take(&stolen, &view, &key).await.status(), 422, "a stolen session takes nothing");
}

fn clone(person: &Person) -> Person {
    Person { name: person.name.clone(), signer: key_of("one run"), token: person.token.clone() }
}

#[tokio::test]
async fn a_token_enters_once_and_only_with_the_right_claims() {
    let scene = Scene::new().await;
    let token = Scene::token(&scene.claims());
    assert_eq!(scene.enter(&token, "first").await.status(), 200);
    let again = scene.enter(&token, "second").await;
    assert_eq!((again.status(), again.problem().as_str()), (409, "conflict"));
    let changed = |change: &dyn Fn(&mut Value)| {
        let mut claims = scene.claims();
        claims["jti"] = json!("other");
        change(&mut claims);
        Scene::token(&claims)
    };
    let now = scene.world.now().as_second();
    for (name, token, status) in [
        ("another audience", changed(&|claims| claims["aud"] = json!("https://other.example")), 422),
        (
            "two audiences",
            changed(&|claims| claims["aud"] = json!([AUTHORITY, "https://other.example"])),
            422,
        ),
        ("an issuer of nobody", changed(&|claims| claims["iss"] = json!("https://evil.example")), 403),
        ("another project", changed(&|claims| claims["project_id"] = json!("13")), 403),
        ("a number for an id", changed(&|claims| claims["project_id"] = json!(12)), 403),
        ("an unprotected branch", changed(&|claims| claims["ref_protected"] = json!("false")), 403),
        ("expired", changed(&|claims| claims["exp"] = json!(now - 61)), 422),
        ("not yet", changed(&|claims| claims["iat"] = json!(now + 61)), 422),
        (
            "two days old",
            changed(&|claims| (claims["iat"], claims["exp"]) = (json!(now - 172_800), json!(now + 300))),
            422,
        ),
        ("nonsense", "nonsense".to_owned(), 403),
    ] {
        assert_eq!(scene.enter(&token, &format!("key for {name}")).await.status(), status, "{name}");
    }
    // The key of a person stays a person's, and one of a job is nobody else's.
    assert_eq!(scene.enter(&changed(&|_| {}), "cy").await.status(), 409);
    assert_eq!(scene.enter(&changed(&|_| {}), "first").await.status(), 409);
    scene.provider.with(|behaviour| behaviour.status = 500);
    scene.world.clock.advance(Duration::from_secs(90_000));
    assert_eq!(scene.enter(&changed(&|_| {}), "later").await.status(), 503);
}

/// A job's key is worth an account, reviews nothing, and ends with the job.
#[tokio::test]
async fn a_job_is_no_person() {
    let mut scene = Scene::new().await;
    let job = scene.job(&scene.claims(), "the job").await;
    let bo = scene.world.person("bo").await;
    let (view, _) = scene.world.ask(&bo, "prod").await;
    assert_eq!(scene.world.review(&job.person, &view, Verdict::Approve).await.status(), 404);
    for way in [Way::BreakGlass, Way::Extend(view.digest)] {
        let plan = RequestStatement { way, job: None, ..scene.world.plan(&job.person, "prod").await.0 };
        assert!(scene.world.ask_signed(&job.person, plan).await.status() >= 400);
    }
    // Nobody reviews this role, and a request must be signed as strongly as a review would be.
    let answer = scene.world.ask_signed(&job.person, scene.plan(&job, "play").await).await;
    assert_eq!((answer.status(), answer.problem().as_str()), (403, "policy"));
    scene
        .world
        .change_policy("roles/play.toml", "lease = \"1h\"", "lease = \"1h\"\nsigned = \"account\"")
        .await;
    let own = scene.ask(&job, "play").await;
    let key = RecipientKey::generate(&[7; 32]);
    assert_eq!(scene.take(&job, &own, &key).await.status(), 201);
    scene.world.change_policy("people.toml", "ref_protected = \"true\"", "ref_protected = \"false\"").await;
    assert_eq!(scene.take(&job, &own, &key).await.status(), 401, "the policy no longer knows the job");
    scene.world.change_policy("people.toml", "ref_protected = \"false\"", "ref_protected = \"true\"").await;
    assert_eq!(scene.log_in(&job).await, 422, "a job comes in with a token only");
    scene.world.pass("7h");
    assert_eq!(scene.world.get("/v1/session", &job.person).await.status(), 401, "the job is over");
    assert_eq!(scene.log_in(&job).await, 422, "nor later");
}

/// A key of a job is nobody else's: whoever enrolled it would lock the job out.
#[tokio::test]
async fn the_key_of_a_job_is_enrolled_by_nobody() {
    let scene = Scene::new().await;
    scene.job(&scene.claims(), "the job").await;
    // A job that states no run of its own is any run of its workload: only its token tells it from others.
    let mut claims = scene.claims();
    (claims["pipeline_id"], claims["jti"]) = (Value::Null, json!("j-9"));
    let other = scene.job(&claims, "another").await;
    assert!(other.run.as_str().ends_with("jti=j-9"), "{}", other.run);
    claims["jti"] = Value::Null;
    claims["iat"] = json!(claims["iat"].as_i64().unwrap() - 1);
    assert_eq!(scene.enter(&Scene::token(&claims), "nothing tells it").await.status(), 422);
}

#[tokio::test]
async fn each_run_asks_for_itself_and_a_restart_keeps_it() {
    let mut scene = Scene::new().await;
    let one = scene.job(&scene.claims(), "run one").await;
    let first = scene.ask(&one, "prod").await;
    let mut claims = scene.claims();
    claims["pipeline_id"] = json!("78");
    let two = scene.job(&claims, "run two").await;
    let second = scene.ask(&two, "prod").await;
    assert_ne!(first.id, second.id, "an undecided request of one commit is not in the way of the next");
    scene.world.stop().await;
    scene.world.start().await.unwrap();
    let dee = scene.world.person("dee").await;
    scene.world.approve(&dee, &second).await;
    let key = RecipientKey::generate(&[7; 32]);
    assert_eq!(scene.take(&two, &second, &key).await.status(), 201);
    assert_eq!(
        scene.enter(&Scene::token(&scene.claims()), "a replay").await.status(),
        409,
        "also after a restart"
    );
}
