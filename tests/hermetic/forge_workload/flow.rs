//! The committed workflow from push to deployment, and what another commit, run or person gains from it.

use std::time::Duration;

use jit::grant::Credentials;
use jit::grant::cloud::aws::AwsCredentials;
use jit::sandbox::read_note;
use jit::secret::Secret;
use serde_json::json;

use super::shop::EXAMPLE;
use super::shop::Shop;
use super::shop::outcome;
use super::shop::said;
use crate::forge::hub::handed_over;

#[test]
fn asked_approved_let_in_and_deployed() {
    let shop = Shop::new();
    let run = shop.push("first");
    assert_eq!(outcome(&run, "ask"), "success", "{}", said(&run, "ask"));
    assert!(said(&run, "ask").contains("deploy asks for prod-admin"), "{}", said(&run, "ask"));
    // No runner waits: the deploying job has not begun.
    assert_eq!(run.job("deploy").unwrap().status, "waiting");
    let asked = shop.asked(&run);
    let file = shop.file(&asked.digest);
    let named = file.statement.workload.unwrap();
    assert_eq!((named.repository_id, named.run_id, named.run_attempt), (shop.id, run.id, 1));
    assert_eq!((named.sha.as_str(), named.reference.as_str()), (run.sha.as_str(), "refs/heads/main"));
    assert_eq!(named.workflow_ref, "acme/shop/.github/workflows/deploy.yml@refs/heads/main");
    assert!(file.statement.recipient.is_empty());
    // People take their time: the token in the file has long expired.
    shop.hub.clock.advance(Duration::from_secs(5 * 3600));
    shop.approve(&run);
    let run = shop.let_in(run.id);
    assert_eq!(run.conclusion, Some("success"), "{}", said(&run, "deploy"));
    let commands = shop.steps.commands.lock().unwrap();
    let [command] = commands.as_slice() else { panic!("{}", commands.len()) };
    assert_eq!(command.program.to_str(), Some("./deploy.sh"));
    let variable = |name: &str| command.environment.get(name).map(str::to_owned);
    assert_eq!(variable("JIT_ACCESS_APP_KEY"), None);
    let credentials = Credentials::Aws(AwsCredentials {
        access_key_id: variable("AWS_ACCESS_KEY_ID").unwrap(),
        secret_access_key: Secret::new(variable("AWS_SECRET_ACCESS_KEY").unwrap()),
        session_token: Secret::new(variable("AWS_SESSION_TOKEN").unwrap()),
        account: String::new(),
        session_arn: None,
        region: variable("AWS_REGION").unwrap(),
        endpoint_url: variable("AWS_ENDPOINT_URL_STS"),
    });
    let world = shop.hub.shell.world(&Default::default());
    shop.hub.wait(read_note(&credentials, &world.system)).unwrap();
    // The run ended its access: nothing more can be minted, and the next run need not wait for the hour to pass.
    assert!(said(&run, "deploy").contains("prod-deploy") && said(&run, "deploy").contains("is ended"));
    drop(commands);
    let next = shop.push("second");
    shop.approve(&next);
    let next = shop.let_in(next.id);
    assert_eq!(next.conclusion, Some("success"), "{}", said(&next, "deploy"));
    assert_eq!(shop.steps.commands.lock().unwrap().len(), 2);
    // The logs with the sealed credentials are deleted.
    assert_eq!(handed_over(&shop.hub.github), 0);
}

#[test]
fn opened_before_people_agreed_it_says_so_and_starts_nothing() {
    let shop = Shop::new();
    let run = shop.push("first");
    let run = shop.let_in(run.id);
    assert_eq!(outcome(&run, "deploy"), "failure");
    let words = said(&run, "deploy");
    assert!(words.contains("reviews are missing: 1 of group:") && words.contains("state=pending"), "{words}");
    // No run of the other repository was for a mint. The only run cancelled the request, because no other run may have
    // it.
    let world = shop.hub.github.world();
    let runs = world.runs.values().filter(|run| run.path.ends_with("/jit.yml"));
    let actions: Vec<_> = runs.map(|run| run.inputs["action"].clone()).collect();
    assert_eq!(actions, [json!("end")]);
    drop(world);
    shop.nothing_gained();
}

#[test]
fn a_denial_is_the_end() {
    let shop = Shop::new();
    let run = shop.push("first");
    shop.approve(&run);
    shop.hub.review("cy", &shop.asked(&run), "REQUEST_CHANGES");
    let run = shop.let_in(run.id);
    assert!(said(&run, "deploy").contains("cy denied it"), "{}", said(&run, "deploy"));
    assert!(said(&run, "deploy").contains("state=denied"));
    shop.nothing_gained();
}

/// Commit X is approved; commit Y names X's request.
#[test]
fn approval_of_one_commit_is_good_for_no_other() {
    let shop = Shop::new();
    let first = shop.push("first");
    shop.approve(&first);
    let second = shop.push("second");
    shop.tell(&shop.asked(&first));
    let second = shop.let_in(second.id);
    assert_eq!(outcome(&second, "deploy"), "failure");
    let words = said(&second, "deploy");
    assert!(words.contains("not of the run that was approved: its sha is another one"), "{words}");
    shop.nothing_gained();
    // The approved run is not affected.
    shop.steps.changed.lock().unwrap().clear();
    let first = shop.let_in(first.id);
    assert_eq!(first.conclusion, Some("success"), "{}", said(&first, "deploy"));
}

/// The same commit in another run, and a re-run of the same run.
#[test]
fn another_run_of_the_same_commit_and_a_run_that_is_run_again_get_nothing() {
    let shop = Shop::new();
    // The taking job is careless: it begins without the asking one, and takes any request that it is told.
    let workflow = EXAMPLE.replace("    needs: ask\n", "");
    let first = shop.push_as("ana", "main", &workflow, "first");
    assert_eq!(outcome(&first, "ask"), "success", "{}", said(&first, "ask"));
    shop.approve(&first);
    shop.tell(&shop.asked(&first));
    // Only the run differs: a second one at a commit with the same files.
    let second = shop.push_as("ana", "main", &workflow, "first");
    let second = shop.let_in(second.id);
    let words = said(&second, "deploy");
    assert!(words.contains("not of the run that was approved"), "{words}");
    let path = |verb: &str| format!("/repos/acme/shop/actions/runs/{}/{verb}", first.id);
    assert_eq!(shop.send("ana", &path("cancel"), &serde_json::Value::Null).status, 202);
    assert_eq!(shop.send("ana", &path("rerun"), &json!({})).status, 201);
    let again = shop.go_on(first.id);
    assert_eq!((again.id, again.attempt), (first.id, 2));
    assert!(said(&again, "ask").contains("its run was run again"), "{}", said(&again, "ask"));
    let again = shop.let_in(first.id);
    assert!(said(&again, "deploy").contains("its run was run again"), "{}", said(&again, "deploy"));
    shop.nothing_gained();
}

#[test]
fn whoever_started_the_run_does_not_agree_to_it() {
    let shop = Shop::new();
    // bo pushes, and bo and dee approve: bo's own approval does not count, and cy's does.
    let run = shop.push_as("bo", "main", EXAMPLE, "by bo");
    shop.approve(&run);
    let refused = shop.let_in(run.id);
    assert!(
        said(&refused, "deploy").contains("reviews are missing: 1 of group:sre"),
        "{}",
        said(&refused, "deploy")
    );
    shop.nothing_gained();
    let run = shop.push_as("bo", "main", EXAMPLE, "by bo again");
    shop.approve(&run);
    shop.hub.review("cy", &shop.asked(&run), "APPROVE");
    let run = shop.let_in(run.id);
    assert_eq!(run.conclusion, Some("success"), "{}", said(&run, "deploy"));
}
