//! Only a label sends a job to GitHub's own machines: what happens if a self-hosted runner has that label.

use jit::flow::doctor::CheckResult;
use jit::github::environment_of;
use jit::grant::Target;

use super::cloud::Thief;
use super::cloud::workflow;
use super::hub::ARN;
use super::hub::CLOUD;
use super::hub::Hub;
use super::hub::outcome;
use super::hub::said;
use super::inspecting::findings;
use super::inspecting::hole;
use super::inspecting::of;
use crate::support::github::actions::runner::Runner;

#[test]
fn a_self_hosted_runner_with_githubs_label_gets_no_credentials() {
    let hub = Hub::new();
    let asked = hub.approved(1);
    hub.github.world().add_host(hub.repository, "mine", &["self-hosted", "Ubuntu-Latest"]);
    let run = hub.run("ana", &hub.inputs("mint", &asked));
    assert_ne!(run.conclusion, Some("success"));
    assert!(said(&run, "mint").contains("runner_environment"), "{}", said(&run, "mint"));
    // The machine's owner takes the job's token to the cloud without asking `jit`, from exactly the workflow and
    // environment that the cloud trusts.
    let role = environment_of(&"prod-admin".parse().unwrap());
    let target = Target::sandbox(ARN.parse().unwrap(), CLOUD.to_owned()).unwrap();
    let text = workflow(&format!("    environment: {role}\n"));
    hub.write_main(&[(".github/workflows/jit.yml".to_owned(), text)].into());
    let steal = || {
        let run = hub.wait(hub.client("eve").dispatch("jit.yml", "main", &Default::default())).unwrap();
        Runner::new(&hub.github, &Thief(&hub.shell, &target)).run_all();
        hub.github.world().runs[&run.unwrap().workflow_run_id].clone()
    };
    let stolen = steal();
    assert_eq!(outcome(&stolen, "steal"), "failure");
    assert!(said(&stolen, "steal").contains("Not authorized"), "{}", said(&stolen, "steal"));
    // On GitHub's own machine the cloud would have accepted the same token: the runner made the difference.
    hub.github.world().hosts.clear();
    assert!(said(&steal(), "steal").contains("taken"));
}

#[test]
fn doctor_lists_runners_whose_labels_hide_a_hosted_one() {
    let hub = Hub::new();
    let found = findings(&hub, "olga");
    assert!(
        of(&found, CheckResult::Ok)
            .contains(&"the organisation has no self-hosted runner for this repository")
    );
    hub.github.world().add_host(hub.repository, "plain", &["self-hosted", "linux"]);
    let found = findings(&hub, "olga");
    assert!(
        of(&found, CheckResult::Ok)
            .contains(&"no label of the 1 self-hosted runners of the repository is GitHub's")
    );
    hub.github.world().add_host(hub.repository, "mine", &["self-hosted", "UBUNTU-latest"]);
    hole(&hub, "the self-hosted runner mine of the repository has the label ubuntu-latest");
    hub.github.world().hosts.clear();
    let acme = hub.id("acme");
    hub.github.world().add_host(acme, "ours", &["ubuntu-latest"]);
    hole(&hub, "the self-hosted runner ours of the organisation has the label ubuntu-latest");
    hub.github.world().hosts.clear();
    hub.github.world().add_host(acme, "older", &["ubuntu-22.04"]);
    let found = findings(&hub, "olga");
    assert_eq!(of(&found, CheckResult::Problem), Vec::<&str>::new());
    assert!(
        of(&found, CheckResult::Note)
            .iter()
            .any(|note| note.contains("older of the organisation has the label ubuntu-22.04"))
    );
}
