//! Generated and committed files are up to date, the sample company passes, and check produces every format.

use std::fs;
use std::path::Path;
use std::path::PathBuf;

use jit::policy::Policy;
use jit::policy::schemas;

use crate::policy_tools::stage;
use crate::policy_tools::stage::files;
use crate::policy_tools::stage::usual_people;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Compares a committed file with the generated one. `JIT_REFRESH=1` writes it.
fn fresh(path: &Path, text: &str) {
    #[expect(clippy::disallowed_methods, reason = "whoever changes what is generated says so")]
    if std::env::var("JIT_REFRESH").is_ok() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let found = fs::read_to_string(path).unwrap_or_default();
    assert!(found == text, "{} is stale: run the tests with JIT_REFRESH=1", path.display());
}

#[test]
fn schemas_and_the_page_of_lints_are_fresh() {
    for schema in schemas() {
        fresh(&root().join("docs/schema").join(schema.name), &schema.text);
    }
    let broker = jit::broker::settings_file::schema();
    fresh(&root().join("docs/schema").join(broker.name), &broker.text);
    fresh(&root().join("docs/lints.md"), &jit::policy::documentation());
}

/// Every key that the loader knows and the schema does not, or the reverse.
#[test]
fn the_schemas_know_the_keys_that_the_loader_knows() {
    const GCP: &str = "requesters = []\napproval = \"none\"\n[gcp]\nzzz = 1";
    let known = |path: &str, text: &str| -> Vec<String> {
        let base = files(&usual_people(), &[("prod", "requesters = []\napproval = \"none\"")]);
        let problems = match Policy::compile(stage::with(base, &[(path, text)])) {
            Err(problems) => problems,
            Ok(policy) => policy.cases().unwrap_err(),
        };
        let mut hints = problems
            .0
            .into_iter()
            .filter(|problem| problem.message.contains("zzz"))
            .filter_map(|problem| problem.hint);
        let hint = hints.next_back().unwrap();
        let mut keys: Vec<String> =
            hint.trim_start_matches("known here: ").split(", ").map(str::to_owned).collect();
        keys.sort();
        keys
    };
    let schema = |name: &str| -> serde_json::Value {
        let all = schemas();
        serde_json::from_str(&all.iter().find(|schema| schema.name == name).unwrap().text).unwrap()
    };
    let keys = |table: &serde_json::Value| -> Vec<String> {
        table["properties"].as_object().unwrap().keys().cloned().collect()
    };
    let role = |more: &str| format!("requesters = []\napproval = \"none\"\n{}\n{more}", stage::TARGET);
    let of_role = schema("role.schema.json");
    let access = schema("access.schema.json");
    let people = schema("people.schema.json");
    let pattern = |table: &serde_json::Value| {
        table["patternProperties"].as_object().unwrap().values().next().unwrap().clone()
    };
    for (table, path, text) in [
        (
            of_role.clone(),
            "roles/prod.toml",
            "zzz = 1\nrequesters = []\napproval = \"none\"\n".to_owned() + stage::TARGET,
        ),
        (of_role["properties"]["aws"].clone(), "roles/prod.toml", role("zzz = 1")),
        (of_role["properties"]["gcp"].clone(), "roles/prod.toml", GCP.to_owned()),
        (of_role["properties"]["when"].clone(), "roles/prod.toml", role("[when]\nzzz = 1")),
        (of_role["properties"]["break_glass"].clone(), "roles/prod.toml", role("[break_glass]\nzzz = 1")),
        (of_role["properties"]["extend"].clone(), "roles/prod.toml", role("[extend]\nzzz = 1")),
        (of_role["properties"]["notify"].clone(), "roles/prod.toml", role("[notify]\nzzz = 1")),
        (of_role["properties"]["allow"]["items"].clone(), "roles/prod.toml", role("[[allow]]\nzzz = 1")),
        (pattern(&of_role["properties"]["scopes"]), "roles/prod.toml", role("[scopes.part]\nzzz = 1")),
        (access.clone(), "access.toml", "version = 1\nzzz = 1".to_owned()),
        (
            access["properties"]["defaults"].clone(),
            "access.toml",
            "version = 1\n[defaults]\nzzz = 1".to_owned(),
        ),
        (
            access["properties"]["identity"]["properties"]["oidc"].clone(),
            "access.toml",
            "version = 1\n[identity.oidc]\nzzz = 1".to_owned(),
        ),
        (
            pattern(&access["properties"]["facts"]),
            "access.toml",
            "version = 1\n[facts.f]\nzzz = 1".to_owned(),
        ),
        (people.clone(), "people.toml", format!("zzz = 1\n{}", usual_people())),
        (
            pattern(&people["properties"]["people"]),
            "people.toml",
            format!("{}\n[people.x]\nzzz = 1", usual_people()),
        ),
        (schema("accounts.schema.json"), "accounts.toml", "zzz = 1".to_owned()),
        (
            pattern(&schema("accounts.schema.json")["properties"]["accounts"]),
            "accounts.toml",
            "[accounts.a]\nzzz = 1".to_owned(),
        ),
        (schema("tests.schema.json"), "tests/t.toml", "zzz = 1".to_owned()),
        (
            schema("tests.schema.json")["properties"]["case"]["items"].clone(),
            "tests/t.toml",
            "[[case]]\nzzz = 1".to_owned(),
        ),
    ] {
        // A scope has the keys of its role's place; the schema has those of all.
        let elsewhere = |key: &String| {
            ["audiences", "boundary", "claims", "groups", "oauth_scopes", "policies"].contains(&key.as_str())
        };
        let keys: Vec<String> = keys(&table)
            .into_iter()
            .filter(|key| !text.contains("[scopes.part]") || !elsewhere(key))
            .collect();
        assert_eq!(keys, known(path, &text), "{path}: {text}");
    }
}

#[test]
fn the_sample_company_is_sound_and_its_tests_hold() {
    let company = root().join("docs/examples/company");
    let checked = stage::jit(&company, &["policy", "check"]);
    assert_eq!(checked.code, 0, "{}{}", checked.stdout, checked.stderr);
    assert!(!checked.stdout.contains("warning"), "{}", checked.stdout);
    let tested = stage::jit(&company, &["policy", "test"]);
    assert_eq!(tested.code, 0, "{}", tested.stdout);
    let matrix = stage::jit(&company, &["policy", "matrix"]).stdout;
    fresh(&company.join("matrix.txt"), &matrix);
}

#[test]
fn check_speaks_every_format() {
    let folder = tempfile::tempdir().unwrap();
    let lines = "requesters = [\"group:all\"]\napproval = \"4 of group:sre\"\nlease = \"15m\"\nallow = [{ lint = \"short-lease\", reason = \"a kiosk\" }]\nreason = { pattern = 'INC' }";
    stage::write(&folder.path().join("my access"), &files(&usual_people(), &[("prod", lines)]));
    let check =
        |format: &str| stage::jit(folder.path(), &["policy", "check", "my access", "--format", format]);
    let human = check("human");
    assert_eq!(human.code, 1);
    insta::assert_snapshot!(format!("{}{}", human.stdout, human.stderr), @r#"
    warning[weak-signature]: my access/roles/prod.toml:1:1: signed = "key" for a role that looks like production
      hint: write signed = "touch", once its approvers have hardware keys
    error[impossible-gate]: my access/roles/prod.toml:2:12: requests by ana, bo, cy, dee, eve, 1 more can never be approved: without the requester, too few people can give 4 of group:sre
      hint: add people to these groups, with keys that are strong enough; nobody approves their own request
    warning[unanchored-pattern]: my access/roles/prod.toml:5:22: the pattern may match in the middle of a reason
      hint: begin the pattern with ^ and put alternatives in parentheses, like ^(INC|CHG)-\d+
    error: the policy loads, but has errors
    "#);
    insta::assert_snapshot!(check("github").stdout, @r#"
    ::warning file=my access/roles/prod.toml,line=1,col=1,title=weak-signature::signed = "key" for a role that looks like production%0Ahint: write signed = "touch", once its approvers have hardware keys
    ::error file=my access/roles/prod.toml,line=2,col=12,title=impossible-gate::requests by ana, bo, cy, dee, eve, 1 more can never be approved: without the requester, too few people can give 4 of group:sre%0Ahint: add people to these groups, with keys that are strong enough; nobody approves their own request
    ::warning file=my access/roles/prod.toml,line=5,col=22,title=unanchored-pattern::the pattern may match in the middle of a reason%0Ahint: begin the pattern with ^ and put alternatives in parentheses, like ^(INC|CHG)-\d+
    "#);
    let sarif: serde_json::Value = serde_json::from_str(&check("sarif").stdout).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    assert_eq!(results.len(), 4);
    assert_eq!(
        results[0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"],
        "my%20access/roles/prod.toml"
    );
    assert_eq!(results.last().unwrap()["suppressions"][0]["justification"], "a kiosk");
    let json: serde_json::Value = serde_json::from_str(&check("json").stdout).unwrap();
    assert_eq!(json["lints"][1]["name"], "impossible-gate");
    assert_eq!(json["allowed"][0]["allowed"], "a kiosk");
    fs::write(folder.path().join("my access/access.toml"), "version = 2\n\"a\\n::error::b\" = 1").unwrap();
    let broken = check("github");
    assert_eq!(broken.code, 1);
    insta::assert_snapshot!(broken.stdout, @r#"
    ::error file=my access/access.toml,line=1,col=11,title=does-not-load::this version of jit reads policies of version 1%0Ahint: a newer jit may read it: update jit
    ::error file=my access/access.toml,line=2,col=1,title=does-not-load::`a\u{a}::error::b` is not a known key%0Ahint: known here: version, defaults, auditors, notify, facts, time_zone, identity, authority, gate
    "#);
}

#[test]
fn a_policy_with_warnings_only_is_sound() {
    let folder = tempfile::tempdir().unwrap();
    stage::write(
        folder.path(),
        &files(&usual_people(), &[("prod", "requesters = [\"group:dev\"]\napproval = \"1 of group:sre\"")]),
    );
    let ran = stage::jit(folder.path(), &["policy", "check", "."]);
    assert_eq!(ran.code, 0);
    assert!(
        ran.stdout.contains("warning[unused-person]") && ran.stdout.contains("is sound, with"),
        "{}",
        ran.stdout
    );
    let elsewhere = tempfile::tempdir().unwrap();
    let ran = stage::jit(elsewhere.path(), &["policy", "check"]);
    assert_eq!(ran.code, 2);
    insta::assert_snapshot!(ran.stderr, @r#"
    error: there is no policy here
      cause: neither this folder nor its folder `access` holds access.toml
      hint: name the policy's folder, or begin one: `jit policy init access`
    "#);
}

#[test]
fn test_reports_failures_for_people_programs_and_github() {
    let folder = tempfile::tempdir().unwrap();
    let cases = "[[case]]\nname = \"holds\"\nwho = \"ana\"\nrole = \"prod\"\nexpect = \"needs-approval\"\n\n[[case]]\nname = \"100% wrong: a,b\"\nwho = \"ana\"\nrole = \"prod\"\nexpect = \"auto-approved\"\n";
    let policy =
        files(&usual_people(), &[("prod", "requesters = [\"group:dev\"]\napproval = \"1 of group:sre\"")]);
    stage::write(&folder.path().join("access"), &stage::with(policy, &[("tests/t.toml", cases)]));
    let test = |arguments: &[&str]| stage::jit(folder.path(), &[&["policy", "test"], arguments].concat());
    let human = test(&[]);
    assert_eq!(human.code, 1);
    insta::assert_snapshot!(format!("{}{}", human.stdout, human.stderr), @r#"
    ok    holds
    FAIL  100% wrong: a,b
          access/tests/t.toml:7: expected auto-approved, got needs-approval (missing: 1 of group:sre)
    1 passed, 1 failed
    error: one case does not hold
    "#);
    insta::assert_snapshot!(test(&["--format", "github"]).stdout, @"::error file=access/tests/t.toml,line=7,col=1,title=policy test::100%25 wrong: a,b: expected auto-approved, got needs-approval (missing: 1 of group:sre)");
    let json: serde_json::Value = serde_json::from_str(&test(&["--json"]).stdout).unwrap();
    assert_eq!(
        (&json["passed"], &json["failed"], &json["cases"][1]["line"]),
        (&1.into(), &1.into(), &7.into())
    );
}
