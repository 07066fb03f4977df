//! Time: a grant that expires, and clocks that are ten minutes off. libfaketime moves `jit`, and the sandbox has a
//! clock to set.

use std::sync::Arc;

use http::Method;
use jit::grant::cloud::aws::AwsCredentials;
use jit::provider::aws::identify;
use jit::sandbox::READ_NOTE;
use jit::system::System;

use crate::peers::script::run;
use crate::peers::team::Team;

pub use crate::peers::faketime::MovedClock;
pub use crate::peers::faketime::variables;

fn wait<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

#[test]
fn nothing_works_after_the_end_of_a_grant() {
    let mut team = Team::new();
    let clock = MovedClock::default();
    let _cloud = team.add_sandbox(Some(Arc::new(clock.clone())));
    let file = team.folder().join("clock");
    std::fs::write(&file, "+0s").unwrap();
    for (variable, value) in variables(&file) {
        team.broker.set(variable, &value);
        team.ana.set(variable, &value);
        team.bo.set(variable, &value);
    }
    let pass = |minutes: i64| {
        clock.set(minutes * 60);
        std::fs::write(&file, format!("+{}s", minutes * 60)).unwrap();
    };
    team.open();
    let (ana, bo) = (&team.ana, &team.bo);
    let asked = ["request", "orders-admin", "--for", "10m", "--reason", "INC-42", "--no-wait", "-y"];
    let id = ana.run(&asked).ok().trim().to_owned();
    bo.approve(&id);
    // A grant's time begins with its first use.
    pass(30);
    // A running broker trusts a jumped clock a minute later. A starting one trusts it at once.
    team.broker.kill();
    team.broker.start();
    assert_eq!(ana.state(&id), "approved");
    let environment = ana.run(&["exec", "orders-admin", "--", "env"]).ok();
    let value = |name: &str| {
        let line = environment.lines().find(|line| line.starts_with(&format!("{name}="))).unwrap();
        line.split_once('=').unwrap().1.to_owned()
    };
    let credentials = AwsCredentials {
        access_key_id: value("AWS_ACCESS_KEY_ID"),
        secret_access_key: value("AWS_SECRET_ACCESS_KEY").as_str().into(),
        session_token: value("AWS_SESSION_TOKEN").as_str().into(),
        account: value("AWS_ACCOUNT_ID"),
        session_arn: None,
        region: value("AWS_REGION"),
        endpoint_url: Some(value("AWS_ENDPOINT_URL_STS")),
    };
    let system = System { clock: Arc::new(clock.clone()), ..System::real() };
    wait(identify::ask(READ_NOTE, &credentials, &system)).unwrap();

    pass(41);
    // A running broker trusts a jumped clock a minute later. A starting one trusts it at once.
    team.broker.kill();
    team.broker.start();
    let over = ana.run(&["exec", "orders-admin", "--", "true"]);
    assert_eq!(over.code, 125, "{over:?}");
    assert!(over.stderr.contains("the access to orders-admin has ended"), "{over:?}");
    // The cloud's session lasts fifteen minutes, the minimum of AWS. Its policy ends it with the grant.
    wait(identify::identify(&credentials, &system)).unwrap();
    let refusal = wait(identify::ask(READ_NOTE, &credentials, &system)).unwrap_err();
    assert!(refusal.message.contains("AccessDenied"), "{refusal:?}");
    let session = ana.session(&team.broker.url);
    let minted = team.broker.call(Method::POST, &format!("/v1/requests/{id}/leases"), &session);
    assert_eq!(minted.0, 409, "{}", minted.1);
    assert_eq!(ana.state(&id), "ended");
    let counted = team.broker.changes().iter().filter(|change| *change == "minted").count();
    assert_eq!(counted, 1);
    assert_eq!(ana.run(&["prompt"]).ok(), "");
}

#[test]
fn a_client_whose_clock_is_wrong_is_told_so() {
    let (team, _cloud) = Team::with_sandbox();
    let ready = team.grant("orders-admin");
    let file = team.folder().join("clock");
    for shift in ["-600s", "+600s"] {
        std::fs::write(&file, shift).unwrap();
        let off = |words: &[&str]| {
            let mut command = team.ana.jit(words);
            let ended = run(command.envs(variables(&file)), b"").refused();
            assert!(ended.contains("clock"), "{shift} {words:?}: {ended}");
        };
        off(&["login", &team.broker.url, "--as", "ana"]);
        off(&["request", "orders-reader", "--reason", "INC-42", "--no-wait", "-y"]);
        // The approved request is minted and sealed, and then not stored: the cloud's time differs from this machine's.
        off(&["exec", "orders-admin", "--", "true"]);
        assert_eq!(team.ana.keyring.lookup(&format!("lease:{ready}")), None, "{shift}");
        let waits = team.ana.ask("orders-reader");
        let mut review = team.bo.jit(&["approve", &waits, "-y"]);
        let refused = run(review.envs(variables(&file)), b"").refused();
        assert!(refused.contains("clock"), "{shift}: {refused}");
        assert_eq!(team.ana.state(&waits), "pending");
        team.ana.run(&["end", &waits]).ok();
    }
    team.ana.run(&["exec", "orders-admin", "--", "true"]).ok();
}

#[test]
fn a_broker_whose_clock_is_wrong_mints_nothing() {
    let (mut team, _cloud) = Team::with_sandbox();
    let id = team.grant("orders-admin");
    let file = team.folder().join("clock");
    for shift in ["+600s", "-600s"] {
        std::fs::write(&file, shift).unwrap();
        team.broker.kill();
        let mut keep = Vec::new();
        for (variable, value) in variables(&file) {
            team.broker.set(variable, &value);
            keep.push(variable);
        }
        team.broker.start();
        let refused = team.ana.run(&["exec", "orders-admin", "--", "true"]);
        assert_eq!(refused.code, 125, "{shift}: {refused:?}");
        assert!(refused.stderr.contains("clock"), "{shift}: {refused:?}");
        // The broker's time is never behind its log, so a late clock still accepts new requests.
        let asked = team.ana.run(&["request", "orders-reader", "--reason", "INC-42", "--no-wait", "-y"]);
        if shift == "+600s" {
            assert!(asked.refused().contains("clock"));
        } else {
            asked.ok();
        }
        assert!(!team.broker.changes().contains(&"minted".to_owned()), "{shift}");
        team.broker.kill();
        for variable in keep {
            team.broker.unset(variable);
        }
        team.broker.start();
        assert_eq!(team.ana.state(&id), "approved", "{shift}");
    }
}
