//! `jit setup aws-trust` for roles behind a hub, from a policy folder and without a broker.

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
