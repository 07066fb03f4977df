//! Shared by the suites against real software: starting it, feeding it, and always stopping it.
//!
//! Each suite includes this folder as a module and uses a part of it. The software comes from `target/peers`, which
//! `tests/run` fills.

pub mod agent;
pub mod broker;
#[cfg(target_os = "linux")]
pub mod browser;
#[cfg(target_os = "linux")]
pub mod certificates;
pub mod faketime;
pub mod issuer_site;
pub mod keyring;
#[cfg(target_os = "linux")]
pub mod kubernetes;
pub mod moto;
pub mod openbao;
pub mod peer;
pub mod person;
pub mod script;
pub mod seaweed;
pub mod site;
pub mod team;
#[cfg(target_os = "linux")]
pub mod tls_front;

use std::path::PathBuf;

/// The folder that `tests/run` installs into.
pub fn peers() -> PathBuf {
    std::env::var_os("JIT_PEERS")
        .map(PathBuf::from)
        .expect("JIT_PEERS is not set: run these suites with `tests/run`, or `tests/run real_aws` for one")
}

/// An installed program. `aws1` and `aws2` are the two generations of the AWS CLI.
pub fn tool(name: &str) -> PathBuf {
    let path = match name {
        "aws1" => peers().join("venv/bin/aws"),
        "aws2" => peers().join("aws2"),
        "etcd" | "kube-apiserver" | "kube_judge" => peers().join("kube").join(name),
        _ => peers().join("venv/bin").join(name),
    };
    assert!(path.exists(), "{} is missing: run `tests/run --install`", path.display());
    path
}
