//! Policies for tests. Their keys are public keys without a known private key.

use std::collections::BTreeMap;

use jit::grant::Name;
use jit::policy::Asking;
use jit::policy::Policy;
use jit::policy::Problems;
use ssh_key::HashAlg;
use ssh_key::PublicKey;
use ssh_key::public::Ed25519PublicKey;
use ssh_key::public::KeyData;
use ssh_key::public::SkEd25519;

pub fn name(text: &str) -> Name {
    text.parse().unwrap()
}

/// A different ed25519 key for each number.
pub fn key(number: u32) -> PublicKey {
    PublicKey::from(KeyData::Ed25519(Ed25519PublicKey(key_bytes(number))))
}

fn key_bytes(number: u32) -> [u8; 32] {
    let mut bytes = [7; 32];
    bytes[..4].copy_from_slice(&number.to_be_bytes());
    bytes
}

pub fn key_line(number: u32) -> String {
    key(number).to_openssh().unwrap()
}

pub fn fingerprint(number: u32) -> String {
    key(number).fingerprint(HashAlg::Sha256).to_string()
}

/// A different hardware key for each number.
pub fn hardware_line(number: u32) -> String {
    let key = SkEd25519::new(Ed25519PublicKey(key_bytes(number)), "ssh:");
    PublicKey::from(KeyData::SkEd25519(key)).to_openssh().unwrap()
}

pub const ACCESS: &str = "version = 1\n";

/// Seven people: ana and bo develop, cy and dee operate, dee and eve are security, fay audits, gus has no key.
pub fn people() -> String {
    let mut text = String::new();
    for (number, person) in (1..).zip(["ana", "bo", "cy", "dee", "eve", "fay"]) {
        text.push_str(&format!("[people.{person}]\nkeys = [\"{}\"]\n", key_line(number)));
    }
    text.push_str(&format!("[people.dee-two]\nkeys = [\"{}\"]\n", hardware_line(9)));
    text.push_str("[people.gus]\ngithub = 42\n");
    text.push_str(
        "[groups]\ndev = [\"ana\", \"bo\"]\nsre = [\"cy\", \"group:leads\"]\nleads = [\"dee\"]\n\
         security = [\"dee\", \"eve\"]\nauditors = [\"fay\"]\n",
    );
    text
}

pub const TARGET: &str =
    "[aws]\nrole_arn = \"arn:aws:iam::111122223333:role/prod-admin\"\nregion = \"eu-west-1\"\n";

/// The file of a role, from these lines and a target.
pub fn role(lines: &str) -> String {
    format!("{lines}\n{TARGET}")
}

/// A policy of ordinary people with one role, `prod-admin`.
pub fn with_role(lines: &str) -> BTreeMap<String, Vec<u8>> {
    files(&[("access.toml", ACCESS), ("people.toml", &people()), ("roles/prod-admin.toml", &role(lines))])
}

pub fn files(given: &[(&str, &str)]) -> BTreeMap<String, Vec<u8>> {
    given.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())).collect()
}

pub fn compile(lines: &str) -> Policy {
    Policy::compile(with_role(lines)).unwrap()
}

/// An asking on a Monday at noon in UTC.
pub fn asking<'a>(who: &'a Name, role: &'a Name, duration: &str) -> Asking<'a> {
    Asking::new(who, role, duration.parse().unwrap(), "2026-11-23T12:00:00Z".parse().unwrap())
}

/// The problems of a policy that does not load.
pub fn problems(files: BTreeMap<String, Vec<u8>>) -> Problems {
    Policy::compile(files).unwrap_err()
}
