//! Independent software checks the files of access as code: JSON Schema validators read the schemas, the samples and
//! SARIF, taplo reads what an editor would, and git serves the policy over HTTP.

use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;

use crate::peers::peers;
use crate::peers::script::Ended;
use crate::peers::script::ask;
use crate::peers::script::run;
use crate::peers::tool;
use serde_json::Value;
use serde_json::json;

mod served;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn company() -> PathBuf {
    root().join("docs/examples/company/access")
}

/// The library and the broker agree on the settings file: the example fits, and whatever the schema refuses, the broker
/// refuses too.
#[test]
fn the_schema_of_a_broker_s_settings_is_no_stricter_than_the_broker() {
    let example = fs::read_to_string(root().join("docs/examples/broker.toml")).unwrap();
    let bad = [
        "listn = \"127.0.0.1:1\"",
        "listen = \"here\"",
        "listen = 8765",
        "sandbox = \"yes\"",
        "trusted_proxies = \"127.0.0.1\"",
        "trusted_proxies = [\"proxy.example.com\"]",
        "policy_hook_secret_env = \"c0ffee\"",
        "accept_gap = \"412\"",
        "data = \"\"",
        "log_format = \"xml\"",
        "metrics = \"9090\"",
    ];
    let documents: Vec<Value> =
        std::iter::once(example.as_str()).chain(bad).map(|text| json!({ "toml": text })).collect();
    let errors = judge(&schema("broker"), &documents);
    assert_eq!(errors[0], Vec::<String>::new());
    let folder = tempfile::tempdir().unwrap();
    for (text, errors) in bad.iter().zip(&errors[1..]) {
        assert!(!errors.is_empty(), "the schema takes {text}");
        fs::write(folder.path().join("broker.toml"), text).unwrap();
        let refused = jit(folder.path(), &["serve", "--config", "broker.toml", "--check"]).refused();
        assert!(refused.contains("broker.toml:1:"), "{text}: {refused}");
    }
}

/// Runs the program itself in a folder.
fn jit(folder: &Path, arguments: &[&str]) -> Ended {
    let home = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_jit"));
    command.current_dir(folder).args(arguments).env_clear().env("PATH", std::env::var_os("PATH").unwrap());
    command.env("HOME", home.path()).env("JIT_STATE_DIR", home.path()).env("JIT_CONFIG_DIR", home.path());
    run(&mut command, b"")
}

/// The errors that the Python library finds, a list for each document. The schema itself must be valid.
fn judge(schema: &Value, documents: &[Value]) -> Vec<Vec<String>> {
    let answer = ask("json_schema.py", &json!({ "schema": schema, "documents": documents }));
    assert_eq!(answer["broken"], Value::Null, "the schema itself is wrong");
    serde_json::from_value(answer["errors"].clone()).unwrap()
}

fn schema(name: &str) -> Value {
    let path = root().join(format!("docs/schema/{name}.schema.json"));
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// The schema of a policy's file.
fn schema_of(path: &str) -> Option<&'static str> {
    match path.split_once('/') {
        None => ["access", "people", "accounts"].into_iter().find(|name| path == format!("{name}.toml")),
        Some(("roles", name)) if name.ends_with(".toml") => Some("role"),
        Some(("tests", _)) => Some("tests"),
        _ => None,
    }
}

/// Every TOML file of the sample company, by its path in it.
fn samples() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for folder in ["", "roles", "tests"] {
        for entry in fs::read_dir(company().join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "toml") {
                let name = path.strip_prefix(company()).unwrap().to_string_lossy().into_owned();
                found.push((name, fs::read_to_string(path).unwrap()));
            }
        }
    }
    assert!(found.len() >= 10, "{found:?}");
    found
}

/// The schema that OASIS published, from a package of Microsoft's.
fn sarif_schema() -> Value {
    let path = peers().join("node/node_modules/@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json");
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

#[test]
fn sarif_is_what_the_standard_says() {
    let ours = |folder: &Path| -> Value {
        let ended = jit(folder, &["policy", "check", ".", "--format", "sarif"]);
        serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{error}: {ended:?}"))
    };
    let results = |log: &Value| log["runs"][0]["results"].as_array().unwrap().len();
    let clean = ours(&company());
    let odd = tempfile::tempdir().unwrap();
    let target = "[aws]\nrole_arn = \"arn:aws:iam::111122223333:role/x\"\nregion = \"eu-west-1\"\n";
    let write = |path: &str, text: &str| {
        let path = odd.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write("access.toml", "version = 1\n");
    write(
        "people.toml",
        "[people.ana]\ngithub = 1\n[people.bo]\ngithub = 2\n[groups]\ndev = [\"ana\"]\nnobody = []\n",
    );
    let role = "requesters = [\"group:dev\"]\napproval = \"1 of group:dev\"\nmax_duration = \"1h\"\n";
    let allow = "allow = [{ lint = \"impossible-gate\", reason = \"a 'quoted' <reason> & ü\" }]\n";
    write("roles/a.toml", &format!("{role}{target}"));
    write("roles/b.toml", &format!("{role}{allow}{target}"));
    let linted = ours(odd.path());
    assert!(results(&linted) >= 2, "{linted}");
    write("roles/a b.toml", "");
    write("roles/c.toml", "requesters = 1\n\"\\u0000\" = 2");
    let broken = ours(odd.path());
    assert!(results(&broken) >= 1, "{broken}");
    // Documents that must be refused, so that the check itself is checked.
    let spoil = |spoil: &dyn Fn(&mut Value)| {
        let mut log = broken.clone();
        spoil(&mut log);
        log
    };
    let result = "/runs/0/results/0";
    let wrong = [
        spoil(&|log| log["version"] = json!("2.0.0")),
        spoil(&|log| log["runs"][0]["tool"] = json!({})),
        spoil(&|log| log.pointer_mut(result).unwrap()["level"] = json!("fatal")),
        spoil(&|log| log.pointer_mut(result).unwrap()["message"] = json!("text")),
        spoil(&|log| {
            log.pointer_mut(result).unwrap()["locations"][0]["physicalLocation"]["region"]["startLine"] =
                json!(0);
        }),
    ];
    let right = [clean, linted, broken];
    let errors = judge(&sarif_schema(), &[right.as_slice(), &wrong].concat());
    let (good, bad) = errors.split_at(right.len());
    assert!(good.iter().all(Vec::is_empty), "{good:#?}");
    assert!(bad.iter().all(|errors| !errors.is_empty()), "{bad:#?}");
}

/// Documents that a schema must refuse, and the mistake in each.
const WRONG: &[(&str, &str)] = &[
    ("access", ""),
    ("access", "version = 2"),
    ("access", "version = 1\nversions = 1"),
    ("access", "version = 1\nauditors = \"group:a\""),
    ("access", "version = 1\n[defaults]\nmax_duration = 3600"),
    ("access", "version = 1\n[facts.oncall]\nmax_age = \"5m\""),
    ("people", "[people.Ana]\ngithub = 1"),
    ("people", "[people.ana]\ngithub = \"ana\""),
    ("people", "[people.ana]\nkeys = \"ssh-ed25519 AAAA\""),
    ("people", "[groups]\ndev = [1]"),
    ("people", "[group]\ndev = []"),
    ("accounts", "[accounts.a]\nid = 111122223333"),
    ("accounts", "[accounts.a]\nid = \"1\""),
    ("role", "requesters = []\napproval = \"none\""),
    ("role", "requesters = []\napproval = \"0 of everybody\"\n[sandbox]\nrole = \"x\""),
    ("role", "requesters = []\napproval = \"none\"\nsigned = \"paw\"\n[sandbox]\nrole = \"x\""),
    ("tests", "[[case]]\nname = \"x\""),
    ("tests", "[[case]]\nname = \"x\"\nwho = \"ana\"\nrole = \"r\"\nexpect = \"perhaps\""),
    ("tests", "[[cases]]\nname = \"x\""),
];

#[test]
fn the_schemas_are_sound_and_know_right_from_wrong() {
    for name in ["access", "people", "accounts", "role", "tests"] {
        let own: Vec<(String, String)> =
            samples().into_iter().filter(|(path, _)| schema_of(path) == Some(name)).collect();
        assert!(!own.is_empty(), "no sample of {name}");
        let wrong: Vec<&str> =
            WRONG.iter().filter(|(schema, _)| *schema == name).map(|(_, text)| *text).collect();
        let texts = own.iter().map(|(_, text)| text.as_str()).chain(wrong.iter().copied());
        let documents: Vec<Value> = texts.map(|text| json!({ "toml": text })).collect();
        let errors = judge(&schema(name), &documents);
        let (good, bad) = errors.split_at(own.len());
        for ((path, _), errors) in own.iter().zip(good) {
            assert!(errors.is_empty(), "{path}: {errors:#?}");
        }
        for (text, errors) in wrong.iter().zip(bad) {
            assert!(!errors.is_empty(), "{name} takes {text:?}");
        }
    }
}

/// The program refuses what the schema refuses too: an editor is never stricter than the loader, on these at least.
#[test]
fn the_program_refuses_what_the_schemas_refuse() {
    for (name, text) in WRONG.iter().filter(|(name, _)| *name != "tests") {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("roles")).unwrap();
        fs::write(folder.path().join("access.toml"), "version = 1\n").unwrap();
        fs::write(folder.path().join("people.toml"), "").unwrap();
        let path = if *name == "role" { "roles/r.toml".to_owned() } else { format!("{name}.toml") };
        fs::write(folder.path().join(path), text).unwrap();
        let ended = jit(folder.path(), &["policy", "check", "."]);
        assert_eq!(ended.code, 1, "{name} {text:?}: {ended:?}");
    }
}

#[test]
fn taplo_takes_the_sample_and_refuses_what_is_wrong() {
    let script = peers().join("node/node_modules/@taplo/cli/dist/cli.js");
    let lint = |name: &str, files: &[PathBuf]| {
        let mut command = Command::new(tool("node"));
        let schema = format!("file://{}", root().join(format!("docs/schema/{name}.schema.json")).display());
        command.arg(&script).args(["lint", "--schema", &schema]).args(files).current_dir(company());
        run(&mut command, b"")
    };
    let folder = tempfile::tempdir().unwrap();
    for name in ["access", "people", "accounts", "role", "tests"] {
        let own = samples().into_iter().filter(|(path, _)| schema_of(path) == Some(name));
        let own: Vec<PathBuf> = own.map(|(path, _)| company().join(path)).collect();
        lint(name, &own).ok();
        let wrong = WRONG.iter().enumerate().filter(|(_, (schema, _))| *schema == name);
        let wrong: Vec<PathBuf> = wrong
            .map(|(number, (_, text))| {
                let file = folder.path().join(format!("wrong-{number}.toml"));
                fs::write(&file, text).unwrap();
                file
            })
            .collect();
        let said = lint(name, &wrong).refused();
        for file in wrong {
            let line = format!("schema validation failed path=\"{}\"", file.display());
            assert!(said.contains(&line), "{line}: {said}");
        }
    }
}
