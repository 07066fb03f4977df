//! The tokens that the cloud accepts, and the behaviour of a run that loses a race, with one part of the setup broken.

use std::sync::Arc;
use std::sync::Mutex;

use async_trait::async_trait;
use jit::github::environment_of;
use jit::github::id_token;
use jit::grant::Target;
use jit::provider::MintOrder;
use jit::provider::Provider;
use jit::provider::aws::AwsProvider;
use jit::provider::aws::endpoint::SANDBOX_AUDIENCE;
use jit::system::fake::Host;
use jit::system::fake_router::RouterHost;
use jit::system::http::HttpError;
use jit::system::http::Request;
use jit::system::http::Response;

use super::hub::ARN;
use super::hub::CLOUD;
use super::hub::Hub;
use super::hub::InProcess;
use super::hub::delivered;
use super::hub::outcome;
use super::hub::said;
use crate::support::github::GitHub;
use crate::support::github::Site;
use crate::support::github::actions::runner::Runner;
use crate::support::github::actions::shell::Shell;
use crate::support::github::actions::shell::StepCall;
use crate::support::github::actions::shell::StepEnd;

/// A step that takes its job's token to the cloud by itself, without any check.
pub struct Thief<'a>(pub &'a InProcess, pub &'a Target);

impl Shell for Thief<'_> {
    fn run(&self, call: &StepCall) -> StepEnd {
        if call.script.trim() != "steal" {
            return self.0.run(call);
        }
        let world = self.0.world(&call.environment);
        let order = MintOrder {
            target: self.1.clone(),
            role: "prod-admin".parse().unwrap(),
            request: "7F3KQ2M8ZD".parse().unwrap(),
            person: "eve".parse().unwrap(),
            until: "2026-11-23T13:00:00Z".parse().unwrap(),
            grant_until: "2026-11-23T13:00:00Z".parse().unwrap(),
            scope: None,
            source: None,
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let taken = runtime.block_on(async {
            let token =
                id_token::fetch(&world.system, SANDBOX_AUDIENCE).await.map_err(|error| error.to_string())?;
            let provider = AwsProvider::with_token(token, &world.system);
            provider.mint(&order).await.map(|_| ()).map_err(|error| error.to_string())
        });
        match taken {
            Ok(()) => StepEnd { code: 0, log: "taken".to_owned() },
            Err(error) => StepEnd { code: 1, log: error },
        }
    }
}

pub fn workflow(environment: &str) -> String {
    format!(
        "name: other\non: workflow_dispatch\njobs:\n  steal:\n    runs-on: ubuntu-latest\n    permissions:\n      id-token: write\n\
         {environment}    steps:\n      - run: steal\n"
    )
}

#[test]
fn the_cloud_knows_one_workflow_in_one_environment() {
    let hub = Hub::new();
    let role = environment_of(&"prod-admin".parse().unwrap());
    let target = Target::sandbox(ARN.parse().unwrap(), CLOUD.to_owned()).unwrap();
    for environment in
        [String::new(), format!("    environment: {role}\n"), "    environment: jit-log\n".to_owned()]
    {
        let files = [(".github/workflows/other.yml".to_owned(), workflow(&environment))].into();
        hub.write_main(&files);
        let run = hub.wait(hub.client("eve").dispatch("other.yml", "main", &Default::default())).unwrap();
        let run = run.unwrap().workflow_run_id;
        Runner::new(&hub.github, &Thief(&hub.shell, &target)).run_all();
        let run = hub.github.world().runs[&run].clone();
        assert_eq!(outcome(&run, "steal"), "failure");
        assert!(said(&run, "steal").contains("Not authorized"), "{}", said(&run, "steal"));
    }
    // jit.yml itself, changed on a branch, does not get the environment.
    let asked = hub.approved(1);
    let olga = hub.id("olga");
    let changed = workflow(&format!("    environment: {role}\n"));
    hub.github.world().write(hub.repository, "evil", olga, &[(".github/workflows/jit.yml", Some(&changed))]);
    let run = hub.wait(hub.client("eve").dispatch("jit.yml", "evil", &Default::default()));
    if let Ok(Some(run)) = run {
        Runner::new(&hub.github, &Thief(&hub.shell, &target)).run_all();
        let run = hub.github.world().runs[&run.workflow_run_id].clone();
        assert_ne!(run.conclusion, Some("success"));
        assert!(!said(&run, "steal").contains("taken"));
    }
    // All of that changed nothing for people who ask.
    let run = hub.run("ana", &hub.inputs("mint", &asked));
    assert_eq!(run.conclusion, Some("success"), "{}", said(&run, "decide"));
}

/// GitHub, where another writer writes to the log just before the first one does.
struct Racing {
    inner: RouterHost,
    github: GitHub,
    repository: u64,
    olga: u64,
    left: Mutex<u32>,
}

#[async_trait]
impl Host for Racing {
    async fn answer(&self, request: Request) -> Result<Response, HttpError> {
        let writes = request.body.windows(20).any(|part| part == b"createCommitOnBranch");
        if writes && request.url.ends_with("/graphql") {
            let mut left = self.left.lock().unwrap();
            if *left > 0 {
                *left -= 1;
                let note = left.to_string();
                self.github.world().write(self.repository, "jit-log", self.olga, &[("race", Some(&note))]);
            }
        }
        self.inner.answer(request).await
    }
}

#[test]
fn a_run_that_loses_the_race_begins_again_and_gives_up_in_the_end() {
    let hub = Hub::new();
    let asked = hub.approved(1);
    for (losses, succeeds) in [(2, true), (100, false)] {
        let racing = Racing {
            inner: RouterHost(hub.github.router(Site::Api)),
            github: hub.github.clone(),
            repository: hub.repository,
            olga: hub.id("olga"),
            left: Mutex::new(losses),
        };
        hub.http.route(&hub.github.origins().api, Arc::new(racing));
        let run = hub.run("ana", &hub.inputs("mint", &asked));
        assert_eq!(run.conclusion == Some("success"), succeeds, "{}", said(&run, "decide"));
        if succeeds {
            assert_eq!(delivered(&run).number, 1);
        } else {
            assert!(said(&run, "decide").contains("the log moved on meanwhile"), "{}", said(&run, "decide"));
        }
    }
}
