//! The whole flow with the built program on every machine: ana's, bo's, the administrator's, and the runner's.

use serde_json::Value;

use crate::github::company::Company;
use crate::github::company::GH;
use crate::peers::broker::JIT;
use crate::peers::person::files_below;
use crate::peers::script::Ended;
use crate::peers::tool;

const ROLE: &str = "orders-admin";

/// A command under `jit exec`, with its credentials in the environment.
fn exec(company: &Company, words: &[&str]) -> Ended {
    company.ana.run(&[&["exec", ROLE, "--env", "--"], words].concat())
}

/// Checks that it succeeded, and otherwise prints the output of all jobs.
#[track_caller]
fn well(company: &Company, ended: Ended) -> Ended {
    assert_eq!(ended.code, 0, "{ended:?}\n{}", company.logs());
    ended
}

#[test]
fn asked_approved_used_extended_and_ended_by_the_built_program() {
    let mut company = Company::found();
    let (cloud, target) = company.sandbox(ROLE);
    company.set_up(&[(ROLE, &target)]);
    company.hire_runner(&[("JIT_LOG", "trace")]);
    let (ana, bo) = (&company.ana, &company.bo);
    [ana, bo].iter().for_each(|person| person.set("JIT_LOG", "trace"));

    // Its administrator finds nothing to fix.
    let looked = company.administer(&["doctor", "github:acme/access"]);
    assert_eq!(looked.code, 0, "{looked:?}");

    // The identity comes from the repository, by the number of the token's account.
    company.log_in();
    assert!(ana.said().contains("token     GITHUB_TOKEN, asked each time and never stored"));
    assert!(bo.said().contains("token     `gh auth token`, asked each time and never stored"));
    for person in [ana, bo] {
        let known: Value = serde_json::from_str(&person.run(&["whoami", "--json"]).ok()).unwrap();
        assert_eq!(known["person"], *person.name, "{known}");
    }
    assert!(ana.run(&["roles"]).ok().contains(ROLE));
    let own = ana.run(&["doctor"]).ok();
    assert!(
        own.lines().any(|line| line.contains("logged in as ana, GitHub does not say until when")),
        "{own}"
    );

    // Requested, and nothing is granted before another person approves.
    let id = ana.ask(ROLE);
    let early = exec(&company, &["true"]);
    assert_eq!(early.code, 125, "{early:?}");
    assert!(early.stderr.contains("state=pending"), "{early:?}");
    assert_eq!(ana.run(&["approve", &id, "-y"]).code, 5);
    let inbox = bo.run(&["inbox"]).ok();
    assert!(inbox.contains(&id) && inbox.contains("INC-42 orders"), "{inbox}");
    bo.approve(&id);

    // Used: a run of jit.yml mints, and the cloud knows the credentials' owner.
    let session = format!("assumed-role/{ROLE}/{id}-ana");
    let script = "test -n \"$AWS_SESSION_TOKEN\" && exec \"$0\" sts get-caller-identity --output json";
    let said = well(&company, exec(&company, &["sh", "-c", script, tool("aws1").to_str().unwrap()]));
    let identity: Value = serde_json::from_str(&said.stdout).unwrap();
    assert!(identity["Arn"].as_str().unwrap().ends_with(&session), "{identity}");
    assert!(exec(&company, &[JIT, "whoami", "--cloud"]).ok().contains(&session));
    assert_eq!(company.runs("jit.yml").len(), 1, "{}", company.logs());
    assert_eq!(ana.state(&id), "active");
    assert_eq!(company.handed_over(), 0, "what was fetched is deleted");
    let lease = ana.keyring.lookup(&format!("lease:{id}")).unwrap();
    let recipient = ana.keyring.lookup(&format!("recipient:{id}")).unwrap();

    // Extensions.
    let more = ana.run(&["extend", ROLE, "--for", "30m", "--reason", "INC-43", "--no-wait", "-y"]).ok();
    let more = more.trim().to_owned();
    bo.approve(&more);
    well(&company, ana.run(&["wait", &more]));
    well(&company, exec(&company, &["true"]));

    // The log has all events, and every reader of the repository can read it.
    let listed: Value = serde_json::from_str(&bo.run(&["audit", "list", "--json"]).ok()).unwrap();
    let of = |event: &Value| (event["request"].clone(), event["event"]["action"].clone());
    let events: Vec<(Value, Value)> = listed.as_array().unwrap().iter().map(of).collect();
    let expected = [(&id, "mint"), (&more, "extend"), (&id, "extend")];
    assert_eq!(events, expected.map(|(id, action)| (id.as_str().into(), action.into())), "{listed}");
    assert!(bo.run(&["audit", "list", &id]).ok().contains("credentials 1 handed out"));

    // Ended, and nothing works afterwards.
    let ended = well(&company, ana.run(&["end", ROLE, "--wait"]));
    assert!(ended.stderr.contains("already handed out stay valid until"), "{ended:?}");
    let late = exec(&company, &["true"]);
    assert_eq!(late.code, 125, "{late:?}");
    for words in ["the access to orders-admin has ended", "ana ended it", "state=denied"] {
        assert!(late.stderr.contains(words), "{words}: {late:?}");
    }
    assert_eq!((ana.state(&id), ana.state(&more)), ("ended".to_owned(), "ended".to_owned()));
    for item in ["lease", "recipient"] {
        assert_eq!(ana.keyring.lookup(&format!("{item}:{id}")), None, "{item}");
    }

    // The steps were those of the written workflows, with the downloaded program.
    let runs = company.runs("jit.yml");
    assert_eq!((runs.len(), company.runs("jit-check.yml").len()), (3, 2));
    for run in runs.into_iter().chain(company.runs("jit-check.yml")) {
        assert_eq!(run.conclusion, Some("success"), "{}\n{}", run.title, company.logs());
        for job in run.jobs.iter().filter(|job| job.conclusion == Some("success")) {
            assert!(job.log.contains("jit: OK"), "{}", job.log);
        }
    }
    let lease: Value = serde_json::from_str(&lease).unwrap();
    let mut secrets = company.secrets();
    secrets.extend(cloud.sent("WebIdentityToken"));
    secrets.push(recipient.split_once(' ').unwrap().1.to_owned());
    for member in ["secret_access_key", "session_token"] {
        secrets.push(lease["credentials"][member].as_str().unwrap().to_owned());
    }
    nowhere_else(&company, &secrets);
    company.spoke_as_described();
}

/// With all logs at trace level, no secret is on a terminal, in a job's log or in a file.
fn nowhere_else(company: &Company, secrets: &[String]) {
    let logs = company.logs();
    assert!(logs.contains(" jit::") && company.ana.said().contains(" jit::"), "the log was on");
    // The runner prints each step's variables, and hides those that are secrets.
    let mut ours = logs.lines().filter(|line| !line.starts_with("  "));
    assert!(!ours.any(|line| line.contains("***")), "GitHub had to hide something of ours: {logs}");
    let mut places = vec![
        ("a job's log".to_owned(), logs),
        ("ana's terminal".to_owned(), company.ana.said()),
        ("bo's terminal".to_owned(), company.bo.said()),
    ];
    let of_gh = company.bo.home.join(GH);
    for (path, content) in files_below(company.folder()) {
        if path.starts_with(&of_gh) {
            continue;
        }
        places.push((path.display().to_string(), String::from_utf8_lossy(&content).into_owned()));
    }
    for secret in secrets {
        assert!(secret.len() >= 16, "worth looking for");
        for (place, text) in &places {
            assert!(!text.contains(secret.as_str()), "a secret is in {place}");
        }
    }
}

#[test]
fn another_program_at_the_address_decides_nothing_and_whoever_waits_gets_access_when_it_is_there() {
    let mut company = Company::with_app();
    let (_cloud, target) = company.sandbox(ROLE);
    company.set_up(&[(ROLE, &target)]);
    company.hire_runner(&[]);
    let (ana, bo) = (&company.ana, &company.bo);
    company.log_in();

    // An attacker replaces the program that is downloaded as `jit`.
    let taken = "touch was-here; echo mint=true >>\"$GITHUB_OUTPUT\"; echo environment=jit-role-orders-admin >>\"$GITHUB_OUTPUT\"";
    let ours = company.swap_download(format!("#!/bin/sh\n{taken}\n"));
    let mut waiting = ana.start(&["request", ROLE, "--reason", "INC-42", "-y"]);
    waiting.says("waits");
    let inbox: Value = serde_json::from_str(&bo.run(&["inbox", "--json"]).ok()).unwrap();
    let id = inbox[0]["id"].as_str().unwrap().to_owned();
    bo.approve(&id);
    let failed = waiting.end();
    assert_eq!(failed.code, 1, "{failed:?}");
    let words = "the job decide of the run failed at its step `Fetch jit by its hash`";
    assert!(failed.stderr.contains(words), "{failed:?}");
    let runs = company.runs("jit.yml");
    assert_eq!(runs.len(), 1);
    for job in &runs[0].jobs {
        assert_ne!(job.conclusion, Some("success"), "{}", job.key);
        assert!(job.outputs.values().all(String::is_empty), "{:?}", job.outputs);
    }
    assert!(company.logs().contains("jit: FAILED"), "{}", company.logs());
    assert_eq!(ana.state(&id), "approved");

    // The right program is back, and the waiting command gets its access.
    company.swap_download(ours);
    well(&company, ana.run(&["wait", &id]));
    assert!(exec(&company, &[JIT, "whoami", "--cloud"]).ok().contains(&id));
    assert_eq!(company.runs("jit.yml").len(), 2);

    // Bo revokes it. Ana's machine learns that at its next call. Only AWS can end credentials that the cloud has
    // issued.
    well(&company, bo.run(&["revoke", &id, "--reason", "enough", "-y"]));
    assert!(!ana.run(&["status"]).ok().contains("active"));
    let late = exec(&company, &["true"]);
    assert_eq!(late.code, 125, "{late:?}");
    assert!(late.stderr.contains("revoked"), "{late:?}");
    company.spoke_as_described();
}
