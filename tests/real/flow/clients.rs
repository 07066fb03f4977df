//! Every way from the built `jit` into every client: the environment, the endpoint, and profiles that call
//! `jit credentials`, as `jit setup aws` writes them.

use std::path::Path;

use serde_json::Value;
use serde_json::json;

use crate::flow::round_trip::script;
use crate::flow::round_trip::team_with_seaweed;
use crate::peers::peers;
use crate::peers::person::Person;
use crate::peers::script::Ended;
use crate::peers::script::run;
use crate::peers::seaweed::SeaweedFs;
use crate::peers::tool;

/// How a client gets its credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Environment,
    Endpoint,
    /// A profile in the person's own config, without `jit` around the client.
    Profile,
}

const WAYS: [Way; 3] = [Way::Environment, Way::Endpoint, Way::Profile];

/// Runs a client as `role`. A profile is named as people do: by a flag for the AWS CLI, otherwise by a variable.
fn client(ana: &Person, way: Way, role: &str, program: &Path, words: &[&str]) -> Ended {
    let form = match way {
        Way::Environment => "--env",
        Way::Endpoint => "--serve",
        Way::Profile => {
            let mut command = ana.shell(program);
            if words.contains(&"--profile") {
                return run(command.args(words), b"");
            }
            return run(command.args(words).env("AWS_PROFILE", role), b"");
        }
    };
    ana.run(&[&["exec", role, form, "--", program.to_str().unwrap()], words].concat())
}

/// Runs `aws sts get-caller-identity`. Returns the ARN.
fn identity(ana: &Person, seaweed: &SeaweedFs, way: Way, cli: &str, role: &str, more: &[&str]) -> String {
    // Debian's version 2 does not read the address from the environment.
    let words = ["--endpoint-url", &seaweed.endpoint, "sts", "get-caller-identity", "--output", "json"];
    let said = client(ana, way, role, &tool(cli), &[&words, more].concat()).ok();
    let said: Value = serde_json::from_str(&said).unwrap();
    said["Arn"].as_str().unwrap().to_owned()
}

#[test]
fn every_way_leads_every_client_to_the_same_access() {
    let (team, seaweed) = team_with_seaweed();
    let ana = &team.ana;
    ana.set("AWS_ENDPOINT_URL", &seaweed.endpoint);
    ana.set("JIT_PEERS", peers().to_str().unwrap());
    let ids = ["lister", "reader"].map(|role| team.grant(role));
    let config = ana.home.join(".aws/config");
    std::fs::create_dir_all(config.parent().unwrap()).unwrap();
    // A client that looks past its profile would find the person's own keys first.
    let mine = "[default]\nregion = us-east-1\noutput = text\n";
    std::fs::write(&config, mine).unwrap();
    let keys = "[default]\naws_access_key_id = AKIAMINE\naws_secret_access_key = mine\n";
    std::fs::write(ana.home.join(".aws/credentials"), keys).unwrap();

    let shown = ana.run(&["setup", "aws", "--diff"]).ok();
    assert!(shown.contains("+[profile lister]") && shown.contains("+[profile reader]"), "{shown}");
    assert_eq!(std::fs::read_to_string(&config).unwrap(), mine);
    ana.run(&["setup", "aws", "--write"]).ok();

    // No grant is active, and a profile starts none: it fails at once and says what to type.
    for cli in ["aws1", "aws2"] {
        let early = client(
            ana,
            Way::Profile,
            "reader",
            &tool(cli),
            &["sts", "get-caller-identity", "--profile", "reader"],
        );
        let said = early.refused();
        assert!(said.contains("still waits for approval") || said.contains("has not begun"), "{cli}: {said}");
        assert!(said.contains("type `jit "), "{cli}: {said}");
    }
    assert!(!team.broker.changes().contains(&"minted".to_owned()));
    for role in ["lister", "reader"] {
        ana.run(&["exec", role, "--", "true"]).ok();
    }

    let arn = |role: &str| {
        let id = if role == "lister" { &ids[0] } else { &ids[1] };
        format!("arn:aws:sts::assumed-role/{role}/{id}-ana")
    };
    for cli in ["aws1", "aws2"] {
        for role in ["lister", "reader"] {
            for way in [Way::Environment, Way::Endpoint] {
                assert_eq!(identity(ana, &seaweed, way, cli, role, &[]), arn(role), "{cli} {way:?}");
            }
            let named = ["--profile", role];
            assert_eq!(identity(ana, &seaweed, Way::Profile, cli, role, &named), arn(role), "{cli}");
            assert_eq!(identity(ana, &seaweed, Way::Profile, cli, role, &[]), arn(role), "{cli} by variable");
            assert_eq!(
                identity(ana, &seaweed, Way::Endpoint, cli, role, &named),
                arn(role),
                "{cli} served profile"
            );
        }
        // Two accounts at once: the first is the default, the other a profile.
        let both = [
            "exec",
            "lister",
            "reader",
            "--",
            tool(cli).to_str().unwrap(),
            "--endpoint-url",
            &seaweed.endpoint,
        ]
        .map(str::to_owned);
        for (more, role) in [(vec![], "lister"), (vec!["--profile", "reader"], "reader")] {
            let mut words: Vec<&str> = both.iter().map(String::as_str).collect();
            words.extend(["sts", "get-caller-identity", "--query", "Arn", "--output", "json"]);
            words.extend(more);
            let said: Value = serde_json::from_str(&ana.run(&words).ok()).unwrap();
            assert_eq!(said, arn(role), "{cli}");
        }
    }
    let denied = "AccessDenied";
    for (interpreter, name) in [("python", "list_buckets.py"), ("node", "list_buckets.mjs")] {
        for way in WAYS {
            let said = client(ana, way, "reader", &tool(interpreter), &[&script(name)]).ok();
            let did: Value = serde_json::from_str(&said).unwrap();
            let wanted =
                json!({"arn": arn("reader"), "buckets": ["orders"], "read": "one order\n", "write": denied});
            assert_eq!(did, wanted, "{name} {way:?}");
        }
    }
    let minted = team.broker.changes().iter().filter(|change| *change == "minted").count();
    assert_eq!(minted, 2, "one lease a role served them all");

    // The end applies to the profiles too, and they are removed without a trace.
    ana.run(&["end", &ids[1]]).ok();
    let over = client(
        ana,
        Way::Profile,
        "reader",
        &tool("aws1"),
        &["sts", "get-caller-identity", "--profile", "reader"],
    );
    assert!(over.refused().contains("no access to reader is active here"));
    ana.run(&["setup", "aws", "--remove", "--write"]).ok();
    assert_eq!(std::fs::read_to_string(&config).unwrap(), mine);
}

/// Six tools that ask at the same moment, as an editor and its plug-ins do.
#[test]
fn programs_at_once_are_answered_by_one_mint() {
    let (team, _cloud) = crate::peers::team::Team::with_sandbox();
    let id = team.grant("orders-admin");
    team.ana.run(&["exec", "orders-admin", "--", "true"]).ok();
    // As if the stored credentials were gone: every caller needs new ones.
    team.ana.keyring.remove(&format!("lease:{id}"));
    let callers: Vec<_> = (0..6)
        .map(|_| {
            let mut command = team.ana.jit(&["credentials", "orders-admin", "--format", "aws"]);
            command.stdin(std::process::Stdio::null()).stdout(std::process::Stdio::piped());
            command.stderr(std::process::Stdio::piped()).spawn().unwrap()
        })
        .collect();
    let mut keys: Vec<String> = callers
        .into_iter()
        .map(|caller| {
            let output = caller.wait_with_output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            let document: Value = serde_json::from_slice(&output.stdout).unwrap();
            document["AccessKeyId"].as_str().unwrap().to_owned()
        })
        .collect();
    keys.dedup();
    assert_eq!(keys.len(), 1, "{keys:?}");
    let minted = team.broker.changes().iter().filter(|change| *change == "minted").count();
    assert_eq!(minted, 2);
}

/// Ctrl-C, Ctrl-Z, `fg`, window size, background reads and exit codes on a real terminal, with the built `jit` in
/// between.
#[test]
fn job_control_is_the_commands_own_under_the_served_form() {
    let (team, _cloud) = crate::peers::team::Team::with_sandbox();
    team.grant("orders-admin");
    team.ana.run(&["exec", "orders-admin", "--", "true"]).ok();
    let endpoint = |name: &str| format!("{}/tests/real/endpoint/{name}", env!("CARGO_MANIFEST_DIR"));
    let python = tool("python");
    let mut command = team.ana.shell(&python);
    // The script gives its shell its own environment, so each command passes what `jit` needs.
    let words = ["HOME", "JIT_CONFIG_DIR", "JIT_STATE_DIR", "DBUS_SESSION_BUS_ADDRESS", "SSH_AUTH_SOCK"].map(
        |name| {
            let value =
                command.get_envs().find(|(variable, _)| *variable == name).and_then(|(_, value)| value);
            format!("{name}={}", value.unwrap().to_str().unwrap())
        },
    );
    command
        .args([endpoint("jobs.py").as_str(), python.to_str().unwrap(), &endpoint("child.py"), "env"])
        .args(words);
    command.args([crate::peers::broker::JIT, "exec", "orders-admin", "--serve", "--"]);
    assert_eq!(run(&mut command, b"").ok().trim(), "all steps passed");
}
