//! The claims that a run's ID token must contain, claim by claim. Without them the cloud is not called with the token,
//! and the run's result is not opened.

use jit::github::id_token::Claims;
use jit::github::id_token::Expected;
use jit::github::id_token::TokenError;
use serde_json::Value;
use serde_json::json;

const WORKFLOW: &str = "acme/access/.github/workflows/jit.yml@refs/heads/main";

fn claims(change: impl Fn(&mut Value)) -> Claims {
    let mut claims = json!({
        "iss": "https://token.actions.githubusercontent.com", "aud": "sts.amazonaws.com", "sub": "x",
        "iat": 1, "exp": 301, "repository_id": "42", "repository": "acme/access", "run_id": "9001",
        "run_attempt": "1", "actor_id": "101", "actor": "ana", "event_name": "workflow_dispatch", "ref": "refs/heads/main",
        "sha": "1111111111111111111111111111111111111111", "workflow_ref": WORKFLOW, "job_workflow_ref": WORKFLOW,
        "environment": "jit-role-prod-admin", "runner_environment": "github-hosted",
    });
    change(&mut claims);
    serde_json::from_value(claims).unwrap()
}

#[test]
fn every_claim_of_a_run_is_what_it_must_be() {
    let expected = Expected {
        repository_id: 42,
        full_name: "acme/access".to_owned(),
        run_id: 9001,
        actor_id: 101,
        environment: "jit-role-prod-admin".to_owned(),
    };
    assert_eq!(claims(|_| {}).check(&expected), Ok(()));
    let attacks = [
        ("repository_id", "43"),
        ("run_id", "9002"),
        ("run_attempt", "2"),
        ("actor_id", "102"),
        // A person who pushes, opens or comments cannot be the one who dispatched.
        ("event_name", "push"),
        ("event_name", "pull_request_target"),
        ("ref", "refs/heads/jit/7F3KQ2M8ZD"),
        ("ref", "refs/tags/main"),
        // Another workflow, a branch of the right one, and one that calls it or is called by it.
        ("workflow_ref", "acme/access/.github/workflows/other.yml@refs/heads/main"),
        ("workflow_ref", "acme/access/.github/workflows/jit.yml@refs/heads/x"),
        ("job_workflow_ref", "acme/access/.github/workflows/other.yml@refs/heads/main"),
        ("job_workflow_ref", "evil/access/.github/workflows/jit.yml@refs/heads/main"),
        ("environment", "jit-role-other"),
        ("environment", "jit-log"),
        ("runner_environment", "self-hosted"),
    ];
    for (claim, value) in attacks {
        let refused = claims(|claims| claims[claim] = json!(value)).check(&expected);
        assert_eq!(refused, Err(TokenError::Claim(claim)), "{claim}: {value}");
    }
    let nowhere = claims(|claims| _ = claims.as_object_mut().unwrap().remove("environment"));
    assert_eq!(nowhere.check(&expected), Err(TokenError::Claim("environment")));
}
