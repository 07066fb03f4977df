//! `jit learn`: what CloudTrail recorded becomes a proposal, and nothing else.

use std::fs;

use serde_json::Value;
use serde_json::json;

use crate::policy_tools::stage;

fn record(name: &str, error: Option<&str>) -> Value {
    json!({
        "userIdentity": {
            "type": "AssumedRole",
            "arn": "arn:aws:sts::111122223333:assumed-role/thing/7F3KQ2M8ZD-ana",
            "accountId": "111122223333",
            "sessionContext": { "sessionIssuer": { "arn": "arn:aws:iam::111122223333:role/thing" } },
        },
        "eventSource": "ec2.amazonaws.com",
        "eventName": name,
        "eventType": "AwsApiCall",
        "errorCode": error,
    })
}

#[test]
fn a_scope_is_proposed_and_its_effect_shown() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let role = "requesters = [\"group:dev\"]\napproval = \"1 of group:sre\"";
    stage::write(&root.join("access"), &stage::files(&stage::usual_people(), &[("thing", role)]));
    let records = [
        record("DescribeInstances", None),
        record("StopInstances", Some("UnauthorizedOperation")),
        json!({ "eventName": null }),
    ];
    fs::create_dir(root.join("trail")).unwrap();
    fs::write(root.join("trail/one.json"), json!({ "Records": records }).to_string()).unwrap();
    fs::write(root.join("trail/two.json"), "{\"Records\":[").unwrap();
    let learn = |more: &[&str]| {
        let words = [&["learn", "thing", "--cloudtrail", "trail"][..], more].concat();
        stage::jit(root, &words)
    };
    let ran = learn(&["--approval", "none"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let shown = ran.stdout.as_str();
    for part in [
        "# the new file access/roles/thing-learned.json",
        "ec2:DescribeInstances",
        "# at the end of access/roles/thing.toml",
        "[scopes.learned]",
        "policy = \"thing-learned.json\"",
        "approval = \"none\"",
        "2 people",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert!(!shown.contains("StopInstances"), "{shown}");
    assert!(
        ran.stderr.contains("two.json") && ran.stderr.contains("0 records before that"),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.contains("1 call of 1 session of the role, 1 that failed;"), "{}", ran.stderr);
    for part in [
        "left out: record 3 of ",
        "; 1 left out, because they cannot be read",
        "wider than the calls: ec2:DescribeInstances: any resource, because",
    ] {
        assert!(ran.stderr.contains(part), "{part}: {}", ran.stderr);
    }
    assert!(!root.join("access/roles/thing-learned.json").exists(), "nothing is written");
    let json: Value = serde_json::from_str(&learn(&["--json"]).stdout).unwrap();
    assert_eq!(
        (json["used"].as_u64(), json["difference"]["changes"].as_array().unwrap().len()),
        (Some(1), 1)
    );
    let lengths = ["widened", "unreadable"].map(|member| json[member].as_array().unwrap().len());
    assert_eq!((lengths, json["unreadable_records"].as_u64()), ([1, 1], Some(1)));
    for (words, said) in [
        (["learn", "other", "--cloudtrail", "trail"], "no role other"),
        (["learn", "thing", "--cloudtrail", "access"], "has no exports"),
        (["learn", "thing", "--cloudtrail", "nowhere"], "cannot be read"),
        (["learn", "thing", "--cloudtrail", "trail/two.json"], "no call of a session"),
    ] {
        let ran = stage::jit(root, &words);
        assert!(ran.code != 0 && ran.stderr.contains(said), "{words:?}: {}", ran.stderr);
    }
}
