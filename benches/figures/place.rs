//! Paths: the measured program, its variants, and folders on a real disk.

use std::path::Path;
use std::path::PathBuf;

use tempfile::TempDir;

/// The path where Cargo puts the program of the packages. The one that it builds for a bench is in the folder
/// `release`.
pub fn built() -> PathBuf {
    Path::new(env!("CARGO_BIN_EXE_jit")).ancestors().nth(2).unwrap().join("dist/jit")
}

/// The variable with the path of a program that is measured as it is, like one from a package.
pub const PROGRAM: &str = "JIT_PROGRAM";

/// The measured program: the one that [`PROGRAM`] names, or the one that `cargo build --profile dist` builds.
pub fn jit() -> PathBuf {
    std::env::var_os(PROGRAM).map_or_else(|| variant("dist"), PathBuf::from)
}

/// A folder beside the build. Never the system's temporary folder, which may be in memory, where a durable write costs
/// nothing.
pub fn folder() -> TempDir {
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap()
}

/// The path of a peer that `tests/run --install` installs. It may be missing.
pub fn peer(name: &str) -> PathBuf {
    let peers = std::env::var_os("JIT_PEERS")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("target/peers"), PathBuf::from);
    // Version 2 of the AWS CLI is the system's own, and linked.
    if name == "aws2" { peers.join(name) } else { peers.join("venv/bin").join(name) }
}

/// The path where `-- builds` puts a variant of the program.
pub fn variant(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("figures").join(format!("jit-{name}"))
}

/// Statically linked, at an address that still differs each time.
pub const STATIC: &str = "static-pie";
/// Without the broker, the sandbox cloud and the demonstration.
pub const LEAN: &str = "without-broker";
