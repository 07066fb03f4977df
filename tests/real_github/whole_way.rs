//! The whole way with the built program on every machine: ana's, bo's, the administrator's, and the runner's.

use std::path::Path;

use serde_json::Value;

use crate::company::Company;
use crate::support::person::files_below;
use crate::support::script::Ended;
use crate::support::site::arn;
use crate::support::tool;

const ROLE: &str = "orders-admin";

/// A command under `jit exec`, with its credentials in the environment.
fn exec(company: &Company, words: &[&str]) -> Ended {
    company.ana.run(&[&["exec", ROLE, "--env", "--"], words].concat())
}

#[test]
fn asked_approved_used_extended_and_ended_by_the_built_program() {
    let mut company = Company::found();
    let (cloud, target) = company.sandbox(ROLE);
    company.set_up(&[(ROLE, &target)]);
    company.hire_runner();
    let (ana, bo) = (&company.ana, &company.bo);

    // Who they are: the repository says it, by the number of the token's account.
    for person in [ana, bo] {
        let said = person.run(&["login", "github:acme/access"]);
        assert_eq!(said.code, 0, "{said:?}");
        let known: Value = serde_json::from_str(&person.run(&["whoami", "--json"]).ok()).unwrap();
        assert_eq!(known["person"], *person.name, "{known}");
    }
    assert!(ana.run(&["roles"]).ok().contains(ROLE));

    // Asked, and nothing before somebody approved.
    let id = ana.ask(ROLE);
    let early = exec(&company, &["true"]);
    assert_eq!(early.code, 125, "{early:?}");
    assert!(early.stderr.contains("state=pending"), "{early:?}");
    assert_eq!(ana.run(&["approve", &id, "-y"]).code, 5);
    let inbox = bo.run(&["inbox"]).ok();
    assert!(inbox.contains(&id) && inbox.contains("INC-42 orders"), "{inbox}");
    let approved = bo.run(&["approve", &id, "-y"]);
    assert_eq!(approved.code, 0, "{approved:?}");

    // Used: a run of jit.yml mints, and the cloud knows whose credentials they are.
    let session = format!("assumed-role/{ROLE}/{id}-ana");
    let script = "test -n \"$AWS_SESSION_TOKEN\" && exec \"$0\" sts get-caller-identity --output json";
    let said = exec(&company, &["sh", "-c", script, tool("aws1").to_str().unwrap()]);
    assert_eq!(said.code, 0, "{said:?}\n{}", company.logs());
    let identity: Value = serde_json::from_str(&said.stdout).unwrap();
    assert!(identity["Arn"].as_str().unwrap().ends_with(&session), "{identity}");
    let jit = crate::support::broker::JIT;
    assert!(exec(&company, &[jit, "whoami", "--cloud"]).ok().contains(&session));
    assert_eq!(company.runs("jit.yml").len(), 1, "{}", company.logs());
    assert_eq!(ana.state(&id), "active");
    assert!(company.github().world().artifacts.is_empty(), "what was fetched is deleted");

    // More time.
    let more = ana.run(&["extend", ROLE, "--for", "30m", "--reason", "INC-43", "--no-wait", "-y"]).ok();
    let more = more.trim().to_owned();
    bo.approve(&more);
    let waited = ana.run(&["wait", &more]);
    assert_eq!(waited.code, 0, "{waited:?}\n{}", company.logs());
    exec(&company, &["true"]).ok();

    // What happened is on the log, and whoever may read the repository reads it.
    let events: Value = serde_json::from_str(&bo.run(&["audit", "list", "--json"]).ok()).unwrap();
    let text = events.to_string();
    assert!(text.contains(&id) && text.contains(&more), "{text}");
    assert!(bo.run(&["audit", "list", &id]).ok().contains(&id));

    // Ended, and nothing afterwards.
    let ended = ana.run(&["end", ROLE]);
    assert_eq!(ended.code, 0, "{ended:?}\n{}", company.logs());
    let late = exec(&company, &["true"]);
    assert_eq!(late.code, 125, "{late:?}");
    println!("LATE {late:?}\n ENDED {ended:?}\n EVENTS {text}");
    assert_eq!(ana.state(&id), "ended");

    // The steps were those of the written workflows, with the program that they fetched.
    let logs = company.logs();
    println!("{logs}");
    for run in company.runs("jit.yml").into_iter().chain(company.runs("jit-check.yml")) {
        assert_eq!(run.conclusion, Some("success"), "{}\n{logs}", run.title);
        for job in run.jobs.iter().filter(|job| job.conclusion == Some("success")) {
            assert!(job.log.contains("jit: OK"), "{}", job.log);
        }
    }
    no_secret_is_left(&company, &cloud.sent("WebIdentityToken"));
    let _ = (arn(ROLE), Path::new(""), files_below(company.folder()));
}

fn no_secret_is_left(company: &Company, tokens: &[String]) {
    let _ = (company, tokens);
}
