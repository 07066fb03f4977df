//! Policies for tests, and the command line run over them in its own world.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use jit::policy::Policy;
use jit::system::Environment;
use jit::system::System;
use jit::system::fake::FakeClock;
use jit::system::fake::FakeHttp;
use jit::system::fake::FakeWorld;
use jit::system::processes::RealProcesses;
use ssh_key::PublicKey;
use ssh_key::public::Ed25519PublicKey;
use ssh_key::public::KeyData;
use ssh_key::public::SkEd25519;

fn bytes(number: u32) -> Ed25519PublicKey {
    let mut bytes = [9; 32];
    bytes[..4].copy_from_slice(&number.to_be_bytes());
    Ed25519PublicKey(bytes)
}

/// A public key without a known private key.
pub fn key(number: u32) -> String {
    PublicKey::from(KeyData::Ed25519(bytes(number))).to_openssh().unwrap()
}

/// The same, a hardware key.
pub fn hardware(number: u32) -> String {
    PublicKey::from(KeyData::SkEd25519(SkEd25519::new(bytes(number), "ssh:"))).to_openssh().unwrap()
}

pub const ACCESS: &str = "version = 1\n";
pub const TARGET: &str =
    "[aws]\nrole_arn = \"arn:aws:iam::111122223333:role/thing\"\nregion = \"eu-west-1\"\n";

/// People with one key each, and the given groups.
pub fn people(names: &[&str], groups: &str) -> String {
    let mut text = String::new();
    for (number, name) in (1..).zip(names) {
        text.push_str(&format!("[people.{name}]\nkeys = [\"{}\"]\n", key(number)));
    }
    format!("{text}[groups]\n{groups}\n")
}

/// Six people and three groups that overlap in dee.
pub fn usual_people() -> String {
    people(
        &["ana", "bo", "cy", "dee", "eve", "fay"],
        "dev = [\"ana\", \"bo\"]\nsre = [\"cy\", \"dee\"]\nsecurity = [\"dee\", \"eve\"]\nall = [\"group:dev\", \"group:sre\", \"group:security\", \"fay\"]",
    )
}

/// The files of a policy: people, and roles by name and lines.
pub fn files(people: &str, roles: &[(&str, &str)]) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::from([
        ("access.toml".to_owned(), ACCESS.as_bytes().to_vec()),
        ("people.toml".to_owned(), people.as_bytes().to_vec()),
    ]);
    for (name, lines) in roles {
        let text =
            if lines.contains("role_arn") { (*lines).to_owned() } else { format!("{lines}\n{TARGET}") };
        files.insert(format!("roles/{name}.toml"), text.into_bytes());
    }
    files
}

pub fn with(mut files: BTreeMap<String, Vec<u8>>, more: &[(&str, &str)]) -> BTreeMap<String, Vec<u8>> {
    for (path, text) in more {
        files.insert((*path).to_owned(), text.as_bytes().to_vec());
    }
    files
}

pub fn policy(files: BTreeMap<String, Vec<u8>>) -> Policy {
    Policy::compile(files).unwrap_or_else(|problems| panic!("{problems}"))
}

/// A policy of the usual people.
pub fn usual(roles: &[(&str, &str)]) -> Policy {
    policy(files(&usual_people(), roles))
}

pub fn write(folder: &Path, files: &BTreeMap<String, Vec<u8>>) {
    for (path, content) in files {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
}

/// The result of one run.
pub struct Ran {
    pub code: u8,
    pub stdout: String,
    pub stderr: String,
}

/// Runs `jit` in a folder, with real child processes and nothing else real.
pub fn jit(working: &Path, arguments: &[&str]) -> Ran {
    let world = FakeWorld::new(working, &FakeClock::at("2026-03-01T10:00:00Z"), &FakeHttp::default(), 1);
    run(&world, working, arguments, &[])
}

pub fn run(world: &FakeWorld, working: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Ran {
    let mut environment = Environment::default();
    #[expect(clippy::disallowed_methods, reason = "git is looked for where the test's own shell finds it")]
    let path = std::env::var("PATH").unwrap();
    environment.set("PATH", path);
    environment.set("HOME", working.as_os_str());
    variables.iter().for_each(|(name, value)| environment.set(*name, *value));
    let mut system: System = world.system.clone();
    system.processes = Arc::new(RealProcesses);
    system.environment = environment;
    system.files.working = working.to_path_buf();
    let code = jit::run(arguments.iter().map(Into::into).collect(), &system);
    Ran { code, stdout: world.console.printed(), stderr: world.console.said() }
}
