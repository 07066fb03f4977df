//! Terraform's configuration, read by a parser that is not ours: it parses, and the values are those of the text form.

use std::ffi::OsString;
use std::path::Path;

use jit::identity::Signer;
use jit::identity::fake::TestSigner;
use jit::system::fake::FakeClock;
use jit::system::fake::FakeHttp;
use jit::system::fake::FakeWorld;
use serde_json::Value;
use serde_json::json;

use crate::peers::script::ask;

const ROLES: [(&str, &str); 6] = [
    (
        "db",
        "lease = \"2h\"\n[aws]\nrole_arn = \"arn:aws:iam::111122223333:role/team/db\"\nregion = \"eu-west-1\"\nrevoke = \"deny\"\n",
    ),
    (
        "hubbed",
        "[aws]\nrole_arn = \"arn:aws:iam::111122223333:role/x\"\nregion = \"eu-west-1\"\nvia = \"arn:aws:iam::999900001111:role/hub\"\n",
    ),
    (
        "own",
        "[aws]\nrole_arn = \"arn:aws:iam::111122223333:role/y\"\nregion = \"eu-west-1\"\nby = \"broker\"\n",
    ),
    // An audience may have every printable character but three.
    (
        "groups",
        "[kubernetes]\nserver = \"https://k8s.example.com\"\naudience = \"a$${x}%{if}'*/#${y}\"\ngroups = [\"a\", \"b\"]\n",
    ),
    (
        "account",
        "[kubernetes]\nserver = \"https://k8s.example.com\"\nnamespace = \"apps\"\nservice_account = \"deployer\"\n",
    ),
    (
        "vault",
        "[vault]\naddress = \"https://vault.example.com\"\nrole = \"prod\"\naudience = \"vault:prod\"\n",
    ),
];

fn run(folder: &Path, rest: &str) -> String {
    let world = FakeWorld::new(folder, &FakeClock::at("2026-11-23T12:00:00Z"), &FakeHttp::default(), 1);
    let policy = folder.join("access").display().to_string();
    let words = format!("{rest} --policy {policy} --issuer https://jit.example.com");
    let code = jit::run(words.split_whitespace().map(OsString::from).collect(), &world.system);
    assert_eq!(code, 0, "{words}: {}", world.console.said());
    world.console.printed()
}

fn policy(folder: &Path) {
    let write = |path: &str, text: &str| {
        let path = folder.join("access").join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    let key = TestSigner::ed25519(1).public_key().to_owned();
    write("access.toml", "version = 1\n");
    write("people.toml", &format!("[people.ana]\nkeys = [\"{key}\"]\n"));
    for (role, table) in ROLES {
        let text = format!("requesters = [\"person:ana\"]\napproval = \"none\"\n{table}");
        write(&format!("roles/{role}.toml"), &text);
    }
}

/// The resources of a role, as the other parser reads them.
fn resources(folder: &Path, rest: &str) -> Value {
    let hcl = run(folder, &format!("setup trust {rest} --format terraform"));
    ask("read_hcl.py", &json!({ "hcl": hcl }))["resource"].clone()
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn a_role_of_aws_reads_back_as_its_documents() {
    let folder = tempfile::tempdir().unwrap();
    policy(folder.path());
    let aws = |rest: &str| json(&run(folder.path(), &format!("setup aws-trust {rest}")));
    let db = resources(folder.path(), "db");
    let role = &db["aws_iam_role"]["jit_db"];
    assert_eq!(role["assume_role_policy"]["jsonencode"], aws("db"));
    let named =
        json!({ "name": role["name"], "path": role["path"], "longest": role["max_session_duration"] });
    assert_eq!(named, json!({ "name": "db", "path": "/team/", "longest": 7200 }));
    assert_eq!(
        db["aws_iam_policy"]["jit_broker"]["policy"]["jsonencode"],
        aws("db --part broker-permissions")
    );
    assert_eq!(
        db["aws_iam_openid_connect_provider"]["jit"],
        json!({ "url": "https://jit.example.com", "client_id_list": ["sts.amazonaws.com"] })
    );

    let hubbed = resources(folder.path(), "hubbed");
    assert_eq!(hubbed["aws_iam_role"]["jit_hubbed"]["assume_role_policy"]["jsonencode"], aws("hubbed"));
    let hub = &hubbed["aws_iam_role"]["jit_hub"];
    assert_eq!(hub["assume_role_policy"]["jsonencode"], aws("hubbed --part hub"));
    assert_eq!(hub["provider"], json!({ "expression": "aws.hub" }));
    let permissions = &hubbed["aws_iam_role_policy"]["jit_hub"]["policy"]["jsonencode"];
    assert_eq!(*permissions, aws("hubbed --part hub-permissions"));

    let principal = "--principal arn:aws:iam::999988887777:role/jit-broker";
    let own = resources(folder.path(), &format!("own {principal}"));
    assert_eq!(
        own["aws_iam_role"]["jit_own"]["assume_role_policy"]["jsonencode"],
        aws(&format!("own {principal}"))
    );
    let permissions = &own["aws_iam_role_policy"]["jit_broker"];
    assert_eq!(permissions["policy"]["jsonencode"], aws("own --part broker-permissions"));
    assert_eq!(permissions["role"], "jit-broker");
}

#[test]
fn a_cluster_and_a_vault_read_back_as_their_text_form() {
    let folder = tempfile::tempdir().unwrap();
    policy(folder.path());
    let groups = resources(folder.path(), "groups");
    let text = run(folder.path(), "setup trust groups");
    let configuration = text.split("\n\n").next().unwrap();
    let configuration: Vec<&str> = configuration.lines().filter(|line| !line.starts_with('#')).collect();
    let file = &groups["local_file"]["jit_authentication_configuration"]["content"]["yamlencode"];
    assert_eq!(*file, json(&configuration.join("\n")));
    assert_eq!(file["jwt"][0]["issuer"]["audiences"], json!(["a$${x}%{if}'*/#${y}"]));
    for group in ["a", "b"] {
        let binding = &groups["kubernetes_cluster_role_binding_v1"][format!("jit_groups_{group}")];
        let subjects = binding["subject"].as_array().unwrap();
        assert_eq!((subjects.len(), &subjects[0]["name"]), (1, &json!(format!("jit:{group}"))));
        assert_eq!(binding["role_ref"][0]["name"], format!("jit:{group}"));
    }

    let account = resources(folder.path(), "account");
    let rules = &account["kubernetes_role_v1"]["jit_account"]["rule"];
    assert_eq!(
        *rules,
        json!([
            { "api_groups": [""], "resources": ["serviceaccounts/token"], "resource_names": ["deployer"], "verbs": ["create"] },
            { "api_groups": [""], "resources": ["secrets"], "verbs": ["create", "delete"] },
        ])
    );
    let subject = &account["kubernetes_role_binding_v1"]["jit_account"]["subject"][0];
    assert_eq!(*subject, json!({ "kind": "ServiceAccount", "name": "jit", "namespace": "jit" }));
    let admitted = &account["kubernetes_manifest"]["jit_validating_admission_policy"]["manifest"];
    assert_eq!(admitted["spec"]["validations"][0]["expression"], "request.name.startsWith(\"jit-\")");

    let vault = resources(folder.path(), "vault");
    let role = &vault["vault_jwt_auth_backend_role"]["jit_vault"];
    assert_eq!((&role["role_name"], &role["bound_audiences"]), (&json!("prod"), &json!(["vault:prod"])));
    assert_eq!(role["bound_subject"], "jit:role:vault");
    let policy = vault["vault_policy"]["jit_child"]["policy"].as_str().unwrap();
    assert!(run(folder.path(), "setup trust vault").contains(policy), "{policy}");
}
