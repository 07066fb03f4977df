//! OpenSSH itself verifies exactly the statements that the broker stored.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::peers::script::Ended;
use crate::peers::script::run;
use crate::peers::team::Team;

/// `ssh-keygen -Y verify`, which reads the message from standard input.
fn verify(allowed: &Path, person: &str, namespace: &str, signature: &Path, message: &[u8]) -> Ended {
    let mut command = Command::new("ssh-keygen");
    command.args(["-Y", "verify", "-I", person, "-n", namespace, "-f"]).arg(allowed).arg("-s").arg(signature);
    run(&mut command, message)
}

#[test]
fn openssh_verifies_what_the_broker_stored() {
    let (team, _cloud) = Team::with_sandbox();
    let id = team.grant("orders-admin");
    team.ana.run(&["exec", "orders-admin", "--", "true"]).ok();
    team.bo.run(&["revoke", &id, "--reason", "the test is over", "-y"]).ok();
    let folder = team.folder();
    let allowed = folder.join("allowed_signers");
    let line = |name: &str, key: &str| format!("{name} {key}\n");
    std::fs::write(&allowed, line("ana", &team.ana.key) + &line("bo", &team.bo.key)).unwrap();

    let mut seen = Vec::new();
    for event in team.broker.events() {
        let signed = &event["subject"]["change"]["signed"];
        let Some(statement) = signed["statement"].as_str() else { continue };
        let facts: Value = serde_json::from_str(statement).unwrap();
        let (kind, who) = (facts["kind"].as_str().unwrap(), facts["who"].as_str().unwrap());
        let signature = folder.join(format!("{kind}.sig"));
        std::fs::write(&signature, signed["signature"].as_str().unwrap()).unwrap();
        let namespace = format!("jit.{kind}.v1");
        let good = verify(&allowed, who, &namespace, &signature, statement.as_bytes());
        assert!(good.stdout.contains(&format!("Good \"{namespace}\" signature for {who}")), "{good:?}");

        for other in ["jit.login.v1", "jit.review.v1", "jit.request.v1", "jit.revoke.v1", "git", "file"] {
            if other != namespace {
                verify(&allowed, who, other, &signature, statement.as_bytes()).refused();
            }
        }
        let somebody_else = if who == "ana" { "bo" } else { "ana" };
        verify(&allowed, somebody_else, &namespace, &signature, statement.as_bytes()).refused();
        for at in [0, statement.len() / 2, statement.len() - 1] {
            let mut changed = statement.as_bytes().to_vec();
            changed[at] ^= 1;
            verify(&allowed, who, &namespace, &signature, &changed).refused();
        }
        seen.push(format!("{who} {kind}"));
    }
    assert_eq!(seen, ["ana request", "bo review", "bo revoke"]);
}
