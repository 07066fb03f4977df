//! The pipeline of the documentation, with the built program in its jobs: it asks, is approved, deploys with access
//! that a run of the access repository minted, and ends it.

use serde_json::Value;
use serde_json::json;

use crate::github::company::Company;
use crate::github::company::add_app;
use crate::peers::peer::wait_for;
use crate::support::github::access::Level;
use crate::support::github::access::Role;
use crate::support::github::actions::run::Run;

const EXAMPLE: &str = include_str!("../../../docs/examples/deploy.yml");
const WORKFLOW: &str = ".github/workflows/deploy.yml";
const ROLE: &str = "prod-deploy";

/// The deployed program: it says who it is, and whether it sees what it must not see.
const DEPLOY: &str = "#!/bin/sh
./jit whoami --cloud
for name in JIT_ACCESS_APP_KEY AWS_SESSION_TOKEN; do
    if printenv $name >/dev/null; then echo \"$name: there\"; else echo \"$name: not there\"; fi
done
";

/// `acme/shop` with its two environments and the app that asks for it. Returns the numbers of the repository and of the
/// app's account.
fn shop(company: &Company) -> (u64, u64) {
    let mut world = company.github().world();
    let named = [
        ("actions", Level::Write),
        ("contents", Level::Write),
        ("metadata", Level::Read),
        ("pull_requests", Level::Write),
    ];
    let (app, key) = add_app(&mut world, "asker", company.repository, &named);
    let bot = world.account("asker[bot]").unwrap().id;
    let shop = world.add_repository("acme", "shop");
    ["ana", "bo"].iter().for_each(|login| world.collaborate(shop, login, Role::Write));
    for environment in ["jit-ask", "production"] {
        world.put_secret(shop, Some(environment), "JIT_ACCESS_APP", &app.to_string());
        world.put_secret(shop, Some(environment), "JIT_ACCESS_APP_KEY", &key);
        let policy = (world.next_id(), "main".to_owned(), "branch".to_owned());
        let found = world.repository_mut(shop).environment_mut(environment).unwrap();
        (found.policy, found.policies) = (Some((false, true)), vec![policy]);
    }
    let bo = world.account("bo").unwrap().id;
    world.repository_mut(shop).environment_mut("production").unwrap().reviewers =
        vec![("User".to_owned(), bo)];
    (shop, bot)
}

/// The newest run of a repository.
fn newest(company: &Company, repository: u64) -> Run {
    let world = company.github().world();
    world.runs.values().rev().find(|run| run.repository == repository).unwrap().clone()
}

/// The state of one of its jobs.
fn stands(run: &Run, key: &str) -> (&'static str, Option<&'static str>) {
    run.job(key).map(|job| (job.status, job.conclusion)).unwrap()
}

#[test]
fn a_pipeline_deploys_with_what_was_approved_for_its_run() {
    let mut company = Company::found();
    let (_cloud, target) = company.sandbox(ROLE);
    company.set_up(&[(ROLE, &target)]);
    let (shop, bot) = shop(&company);
    let issuer = company.github().origins().issuer;
    company.merge_changed(&[(ROLE, &target)], |files| {
        let mut add = |path: &str, text: &str| files.get_mut(path).unwrap().push_str(text);
        add("access.toml", &format!("workload_app = {bot}\n"));
        let known = format!(
            "repository_id = \"{shop}\", job_workflow_ref = \"acme/shop/{WORKFLOW}@refs/heads/main\""
        );
        add("people.toml", &format!("[workloads.deploy]\noidc = {{ issuer = \"{issuer}\", {known} }}\n"));
        let role = files.get_mut(&format!("roles/{ROLE}.toml")).unwrap();
        *role = role.replace("[\"group:dev\"]", "[\"workload:deploy\"]");
    });
    // One for the pipeline, which waits for the other one's work.
    company.hire_runner(&[]);
    company.hire_runner(&[]);
    company.log_in();

    // The only changes to the example are the URL of `jit` and its hash.
    let (url, sha256) = company.offered();
    let workflow = EXAMPLE
        .replace("https://example.com/jit", &url)
        .replace("'=https'", "'=http'")
        .replace("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", sha256);
    let ana = company.id("ana");
    let files = [(WORKFLOW, Some(workflow.as_str())), ("deploy.sh", Some(DEPLOY))];
    company.github().world().write(shop, "main", ana, &files);
    company.github().ring();
    wait_for("the job that asks", || stands(&newest(&company, shop), "ask").0 == "completed");
    let run = newest(&company, shop);
    assert_eq!(stands(&run, "ask").1, Some("success"), "{}", company.logs());
    let id = run.job("ask").unwrap().outputs["request"].clone();

    // The reviewer sees which run asks, and approves with his key.
    let bo = &company.bo;
    let shown = bo.run(&["show", &id]).ok();
    for words in ["acme/shop", &run.sha[..12], &format!("run {} of", run.id)] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    bo.approve(&id);

    // A person approves the waiting job, and it continues.
    wait_for("the job that waits", || stands(&newest(&company, shop), "deploy").0 == "waiting");
    let environment = company.github().world().repository(shop).environment("production").unwrap().id;
    let body = json!({"environment_ids": [environment], "state": "approved", "comment": "go"});
    let path = format!("/repos/acme/shop/actions/runs/{}/pending_deployments", run.id);
    assert_eq!(company.post("bo", &path, &body), 200);
    wait_for("the end of the run", || newest(&company, shop).over());
    let run = newest(&company, shop);
    assert_eq!(run.conclusion, Some("success"), "{}", company.logs());
    let log = &run.job("deploy").unwrap().log;
    for words in [
        &format!("assumed-role/{ROLE}/{id}-deploy"),
        "JIT_ACCESS_APP_KEY: not there",
        "AWS_SESSION_TOKEN: there",
        &format!("{ROLE} {id} is ended"),
    ] {
        assert!(log.contains(words), "{words}: {log}");
    }
    // The runner prints each step's variables, and hides those that are secrets.
    let mut ours = log.lines().filter(|line| !line.starts_with("  "));
    assert!(!ours.any(|line| line.contains("***")), "GitHub had to hide something of ours: {log}");
    assert_eq!(company.handed_over(), 0);
    let listed: Value = serde_json::from_str(&bo.run(&["audit", "list", "--json"]).ok()).unwrap();
    let actions: Vec<&Value> =
        listed.as_array().unwrap().iter().map(|event| &event["event"]["action"]).collect();
    assert_eq!(actions, ["mint", "end"], "{listed}");
    company.spoke_as_described();
}
