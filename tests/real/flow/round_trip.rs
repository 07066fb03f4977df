//! Ask, approve, mint, keep, use, end: against a cloud that enforces, through real clients.

use std::path::Path;

use http::Method;
use serde_json::Value;
use serde_json::json;

use crate::peers::peers;
use crate::peers::person::Person;
use crate::peers::person::files_below;
use crate::peers::script::Ended;
use crate::peers::seaweed::SeaweedFs;
use crate::peers::seaweed::role_arn;
use crate::peers::team::Team;
use crate::peers::tool;

/// A team whose roles `lister` and `reader` are roles of a SeaweedFS.
pub fn team_with_seaweed() -> (Team, SeaweedFs) {
    let mut team = Team::new();
    let folder = team.folder().join("seaweed");
    std::fs::create_dir_all(&folder).unwrap();
    let seaweed = SeaweedFs::start(&folder, &team.broker.url);
    for role in ["lister", "reader"] {
        team.add_role(
            role,
            &format!(
                "[aws]\nrole_arn = \"{}\"\nregion = \"eu-west-1\"\nendpoint_url = \"{}\"\n",
                role_arn(role),
                seaweed.endpoint
            ),
        );
    }
    team.open();
    (team, seaweed)
}

/// Settings that were in the shell before, which must mislead no client.
fn with_a_past(person: &Person, seaweed: &SeaweedFs) {
    for (variable, value) in [
        ("AWS_PROFILE", "somebody-else"),
        ("AWS_DEFAULT_PROFILE", "somebody-else"),
        ("AWS_ACCESS_KEY_ID", "AKIAOLDOLDOLDOLDOLD1"),
        ("AWS_SECRET_ACCESS_KEY", "an old secret"),
        ("AWS_SESSION_TOKEN", "an old session"),
        ("AWS_SECURITY_TOKEN", "an older session"),
        ("AWS_REGION", "us-east-1"),
        ("AWS_ROLE_ARN", "arn:aws:iam::111122223333:role/other"),
        ("AWS_WEB_IDENTITY_TOKEN_FILE", "/nonexistent"),
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:1/"),
        ("BOTO_CONFIG", "/nonexistent"),
        // The clients need the address of S3. jit itself sets only that of STS.
        ("AWS_ENDPOINT_URL", &seaweed.endpoint),
    ] {
        person.set(variable, value);
    }
    person.set("JIT_PEERS", peers().to_str().unwrap());
}

/// One command under `jit exec`.
fn exec(person: &Person, role: &str, program: &Path, words: &[&str]) -> Ended {
    person.run(&[&["exec", role, "--", program.to_str().unwrap()], words].concat())
}

pub fn script(name: &str) -> String {
    format!("{}/tests/peers/{name}", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn real_clients_get_what_was_approved_and_no_more() {
    let (team, seaweed) = team_with_seaweed();
    let (ana, bo) = (&team.ana, &team.bo);
    with_a_past(ana, &seaweed);

    // Before the first request, there is nothing.
    let early = exec(ana, "reader", Path::new("true"), &[]);
    assert_eq!(early.code, 125, "{early:?}");

    let mut ids = Vec::new();
    for role in ["lister", "reader"] {
        let id = ana.ask(role);
        let waiting = exec(ana, role, Path::new("true"), &[]);
        assert_eq!(waiting.code, 125, "{waiting:?}");
        assert!(waiting.stderr.contains("state=pending"), "{waiting:?}");
        let own = ana.run(&["approve", &id, "-y"]);
        assert_eq!(own.code, 5, "{own:?}");
        assert!(bo.approve(&id).contains("can use it now"));
        ids.push(id);
    }
    for (role, id) in ["lister", "reader"].iter().zip(&ids) {
        every_client(ana, &seaweed, role, id);
    }
    let verified = ana.run(&["status", "--verify"]).ok();
    assert!(verified.contains(&format!("assumed-role/reader/{}-ana", ids[1])), "{verified}");

    kept_in_the_keyring_and_nowhere_else(&team, &ids[1]);
    nothing_after_the_end(&team, "reader", &ids[1]);
    // Ending one does not end the other.
    exec(ana, "lister", Path::new("true"), &[]).ok();
}

fn every_client(ana: &Person, seaweed: &SeaweedFs, role: &str, id: &str) {
    let may_read = role == "reader";
    for cli in ["aws1", "aws2"] {
        let aws = |words: &[&str]| {
            // Debian's version 2 does not read the address from the environment.
            let words = [&["--endpoint-url", &seaweed.endpoint, "--output", "json"], words].concat();
            exec(ana, role, &tool(cli), &words)
        };
        let identity = aws(&["sts", "get-caller-identity"]).ok();
        assert!(identity.contains(&format!("assumed-role/{role}/{id}-ana")), "{cli}: {identity}");
        aws(&["s3api", "list-buckets"]).ok();
        let listed = aws(&["s3", "ls", "s3://orders"]);
        if may_read {
            assert!(listed.ok().contains("a.txt"), "{cli}");
            assert_eq!(aws(&["s3", "cp", "s3://orders/a.txt", "-"]).ok(), "one order\n", "{cli}");
        } else {
            assert!(listed.refused().contains("AccessDenied"), "{cli}");
        }
        let deleted = aws(&["s3api", "delete-object", "--bucket", "orders", "--key", "a.txt"]);
        assert!(deleted.refused().contains("AccessDenied"), "{cli}");
    }
    let denied = "AccessDenied";
    let (buckets, read) = if may_read { (json!(["orders"]), "one order\n") } else { (json!([]), denied) };
    let arn = format!("arn:aws:sts::assumed-role/{role}/{id}-ana");
    for (interpreter, name) in [("python", "list_buckets.py"), ("node", "list_buckets.mjs")] {
        let did: Value =
            serde_json::from_str(&exec(ana, role, &tool(interpreter), &[&script(name)]).ok()).unwrap();
        assert_eq!(did, json!({"arn": arn, "buckets": buckets, "read": read, "write": denied}), "{name}");
    }
}

/// `secret-tool` reads the lease. No file of the person or the broker contains it.
fn kept_in_the_keyring_and_nowhere_else(team: &Team, id: &str) {
    let stored = team.ana.keyring.lookup(&format!("lease:{id}")).unwrap();
    let lease: Value = serde_json::from_str(&stored).unwrap();
    let used = exec(&team.ana, "reader", Path::new("env"), &[]).ok();
    let value = |name: &str| {
        let line = used.lines().find(|line| line.starts_with(&format!("{name}="))).unwrap();
        line.split_once('=').unwrap().1.to_owned()
    };
    let secrets = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"].map(value);
    for secret in &secrets {
        assert!(secret.len() > 8 && lease.to_string().contains(secret.as_str()), "{lease}");
    }
    for gone in ["AWS_PROFILE", "AWS_ROLE_ARN", "BOTO_CONFIG", "OLDOLD", "an old"] {
        assert!(!used.contains(gone), "{gone}");
    }
    let session = team.ana.session(&team.broker.url);
    for folder in [&team.ana.home, &team.bo.home, &team.folder().join("broker")] {
        for (path, content) in files_below(folder) {
            for secret in secrets.iter().skip(1).chain([&session]) {
                let found = content.windows(secret.len()).any(|window| window == secret.as_bytes());
                assert!(!found, "{} holds a secret", path.display());
            }
        }
    }
}

fn nothing_after_the_end(team: &Team, role: &str, id: &str) {
    let ana = &team.ana;
    let recipient = ana.keyring.lookup(&format!("recipient:{id}"));
    assert!(recipient.is_some());
    let ended = ana.run(&["end", role]);
    assert!(ended.stderr.contains("stay valid until"), "{ended:?}");
    assert_eq!(ended.code, 0);
    let after = exec(ana, role, Path::new("true"), &[]);
    assert_eq!(after.code, 125, "{after:?}");
    assert!(after.stderr.contains("state=denied"), "{after:?}");
    assert_eq!(ana.state(id), "ended");
    for item in ["lease", "recipient"] {
        assert_eq!(ana.keyring.lookup(&format!("{item}:{id}")), None, "{item}");
    }
    // Nor does calling the broker by hand.
    let minted = team.broker.changes().iter().filter(|change| *change == "minted").count();
    let answer =
        team.broker.call(Method::POST, &format!("/v1/requests/{id}/leases"), &ana.session(&team.broker.url));
    assert_eq!(answer.0, 409, "{}", answer.1);
    assert_eq!(team.broker.changes().iter().filter(|change| *change == "minted").count(), minted);
}
