//! `jit setup aws-trust` for roles behind a hub, and for roles by the broker's own identity, from a policy folder and without a
//! broker.

use jit::identity::Signer;
use jit::identity::fake::TestSigner;
use jit::system::fake::FakeClock;
use jit::system::fake::FakeHttp;

use crate::cli::stage::Person;

#[tokio::test]
async fn a_hubs_documents_name_every_role_behind_it() {
    let person = Person::new(1, &FakeClock::at("2026-11-23T10:00:00Z"), &FakeHttp::default());
    let folder = person.world.system.files.working.join("access");
    let key = TestSigner::ed25519(1).public_key().to_owned();
    person.write(&folder.join("access.toml"), "version = 1\n");
    let people = format!(
        "[people.ana]\nkeys = [\"{key}\"]\n[people.bo]\nkeys = [\"{}\"]\n",
        TestSigner::ed25519(2).public_key()
    );
    person.write(&folder.join("people.toml"), &people);
    for (role, account, via) in [
        ("billing", "111122223333", "via = \"arn:aws:iam::999900001111:role/jit-hub\"\n"),
        ("search", "444455556666", "via = \"arn:aws:iam::999900001111:role/jit-hub\"\n"),
        ("other", "777788889999", "via = \"arn:aws:iam::999900001111:role/another-hub\"\n"),
        ("direct", "777788889999", ""),
    ] {
        let text = format!(
            "requesters = [\"person:ana\"]\napproval = \"1 of person:bo\"\nmax_duration = \"1h\"\n[aws]\n\
             role_arn = \"arn:aws:iam::{account}:role/{role}\"\nregion = \"eu-west-1\"\n{via}"
        );
        person.write(&folder.join(format!("roles/{role}.toml")), &text);
    }
    let of = |role: &str, part: &str| {
        format!(
            "setup aws-trust {role} --part {part} --policy {} --url https://jit.example.com",
            folder.display()
        )
    };
    let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap()["Statement"][0].clone();
    let hub = person.run(&of("billing", "hub"), &[]).await;
    assert_eq!(hub.code, 0, "{hub}");
    let clause = read(&hub.stdout);
    let subjects = &clause["Condition"]["StringEquals"]["jit.example.com:sub"];
    assert_eq!(*subjects, serde_json::json!(["jit:role:billing", "jit:role:search"]));
    assert!(hub.stderr.contains("all roles of this policy behind the hub"), "{hub}");
    let permissions = person.run(&of("search", "hub-permissions"), &[]).await;
    assert_eq!(
        read(&permissions.stdout)["Resource"],
        serde_json::json!([
            "arn:aws:iam::111122223333:role/billing",
            "arn:aws:iam::444455556666:role/search"
        ])
    );
    let target = person.run(&of("billing", "target"), &[]).await;
    assert_eq!(
        read(&target.stdout)["Principal"]["AWS"],
        "arn:aws:iam::999900001111:role/jit-hub",
        "{target}"
    );
    assert!(target.stderr.contains("In account 999900001111, once for the broker"), "{target}");
    let direct = person.run(&of("direct", "hub"), &[]).await;
    assert!(direct.code == 2 && direct.stderr.contains("not through a hub"), "{direct}");
}

#[tokio::test]
async fn a_role_by_the_brokers_own_identity_trusts_that_identity() {
    let http = FakeHttp::default();
    let mut person = Person::new(1, &FakeClock::at("2026-11-23T10:00:00Z"), &http);
    let folder = person.world.system.files.working.join("access");
    let key = TestSigner::ed25519(1).public_key().to_owned();
    person.write(&folder.join("access.toml"), "version = 1\n");
    person.write(&folder.join("people.toml"), &format!("[people.ana]\nkeys = [\"{key}\"]\n"));
    for (role, by) in [("billing", "by = \"broker\"\n"), ("search", "by = \"broker\"\n"), ("plain", "")] {
        let text = format!(
            "requesters = [\"person:ana\"]\napproval = \"none\"\n[aws]\n\
             role_arn = \"arn:aws:iam::111122223333:role/team/{role}\"\nregion = \"eu-west-1\"\n{by}"
        );
        person.write(&folder.join(format!("roles/{role}.toml")), &text);
    }
    let of = |rest: &str| format!("setup aws-trust {rest} --policy {}", folder.display());
    let own = "--principal arn:aws:sts::999988887777:assumed-role/jit-broker/i-0";
    let target = person.run(&of(&format!("billing {own}")), &[]).await;
    assert_eq!(target.code, 0, "{target}");
    let document: serde_json::Value = serde_json::from_str(&target.stdout).unwrap();
    for statement in document["Statement"].as_array().unwrap() {
        assert_eq!(statement["Principal"]["AWS"], "arn:aws:iam::999988887777:role/jit-broker");
    }
    assert!(target.stderr.contains("AWS does not tell the path of a session's role"), "{target}");
    let permissions = person.run(&of("billing --part broker-permissions"), &[]).await;
    let document: serde_json::Value = serde_json::from_str(&permissions.stdout).unwrap();
    let resources = &document["Statement"][0]["Resource"];
    assert_eq!(
        *resources,
        serde_json::json!([
            "arn:aws:iam::111122223333:role/team/billing",
            "arn:aws:iam::111122223333:role/team/search"
        ])
    );
    assert!(
        permissions.stderr.contains("all roles of this policy that need the broker's own identity"),
        "{permissions}"
    );
    // The identity of the machine at which somebody sits is never guessed to be the broker's.
    person.world.system.environment.set("AWS_ACCESS_KEY_ID", "AKIAANA");
    person.world.system.environment.set("AWS_SECRET_ACCESS_KEY", "x");
    let mut said = String::new();
    for rest in [
        "billing".to_owned(),
        "billing --principal arn:aws:iam::999988887777:root".to_owned(),
        "billing --principal everybody".to_owned(),
        "billing --part hub".to_owned(),
        format!("plain {own} --url https://jit.example.com"),
    ] {
        let refused = person.run(&of(&rest), &[]).await;
        assert_eq!(refused.code, 2, "{refused}");
        said.push_str(&refused.stderr);
    }
    insta::assert_snapshot!(said, @r#"
    error: the broker's own AWS identity is not known
      hint: name it: `--principal ARN`; `jit serve` says it when it starts, and on the broker's machine `--principal here` finds it
    error: "arn:aws:iam::999988887777:root" is not the broker's own AWS identity
      cause: it stands for everybody in the account whose own policy allows it
      hint: name the role or the user as whom the broker runs, as `jit serve` says it when it starts
    error: "everybody" is not the broker's own AWS identity
      cause: it is not the ARN of a role or a user, like arn:aws:iam::111122223333:role/jit-broker
      hint: name the role or the user as whom the broker runs, as `jit serve` says it when it starts
    error: billing is opened by the broker's own identity, not through a hub
      hint: leave `--part` out, or write `--part broker-permissions`
    error: plain is opened with a token, not by the broker's own identity
      hint: leave `--principal` and `--part broker-permissions` out, or write by = "broker" or revoke = "deny" in the role's [aws]
    "#);
    assert!(http.sent().is_empty());
}
