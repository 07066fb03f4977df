//! Google's own client libraries as children: google-auth (Python) and google-auth-library (JavaScript) follow the file that a
//! command gets, renew by themselves, and never fall back to somebody's own credentials.
//!
//! `tests/run gcp` installs the peers and runs this. Google itself is not asked: no live project has been seen.

mod discovery;
#[cfg(target_os = "linux")]
mod metadata;

use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::process::Output;
use std::process::Stdio;

const DRIVER: &str = env!("CARGO_BIN_EXE_exec_driver");

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The path of a peer that `tests/run` installed.
fn peer(path: &str) -> PathBuf {
    let peers = std::env::var_os("JIT_PEERS").map_or_else(|| root().join("target/peers"), PathBuf::from);
    let path = peers.join(path);
    assert!(path.exists(), "{} is missing; `tests/run --install` installs it", path.display());
    path
}

fn script(name: &str) -> PathBuf {
    root().join("tests/real/gcp").join(name)
}

/// A home with somebody's own credentials in it, where Google's libraries look by default.
struct World {
    home: tempfile::TempDir,
}

impl World {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        fs::create_dir(home.path().join("tmp")).unwrap();
        let folder = home.path().join(".config/gcloud");
        fs::create_dir_all(&folder).unwrap();
        // The libraries take this before any metadata server; the refresh token is made up.
        let mine =
            r#"{"type":"authorized_user","client_id":"mine","client_secret":"mine","refresh_token":"mine"}"#;
        fs::write(folder.join("application_default_credentials.json"), mine).unwrap();
        Self { home }
    }

    /// The driver with leases of so many seconds, a grant of so many, and a broker that is gone after so many renewals.
    fn driver(&self, lease: u32, grant: u32, renewals: u32) -> Command {
        self.driver_as("run", [lease, grant, renewals])
    }

    /// The same, in another form of delivery.
    fn driver_as(&self, form: &str, numbers: [u32; 3]) -> Command {
        let mut command = Command::new(DRIVER);
        command
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", self.home.path())
            .env("TMPDIR", self.home.path().join("tmp"))
            // These lead a library elsewhere: another key, another project, and a proxy that must not see the endpoint.
            .env("GOOGLE_APPLICATION_CREDENTIALS", self.home.path().join("key.json"))
            .env("GCLOUD_PROJECT", "elsewhere-1")
            .env("HTTP_PROXY", "http://127.0.0.1:1")
            .env("http_proxy", "http://127.0.0.1:1")
            .current_dir(self.home.path())
            .stdin(Stdio::null())
            .arg(form)
            .args(numbers.map(|number| number.to_string()))
            .args(["gcp-db", "--"]);
        command
    }

    fn left_behind(&self) -> usize {
        fs::read_dir(self.home.path().join("tmp")).unwrap().count()
    }
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Both libraries, each with its own words for "run for so many seconds".
fn libraries() -> [(&'static str, PathBuf, Vec<PathBuf>); 2] {
    [
        ("google-auth", peer("venv/bin/python"), vec![script("google_auth.py")]),
        ("google-auth-library", peer("venv/bin/node"), vec![script("google_auth.mjs"), peer("node")]),
    ]
}

fn run(command: &mut Command, program: &Path, arguments: &[PathBuf], seconds: &str) -> Vec<String> {
    let output = command.arg(program).args(arguments).arg(seconds).output().unwrap();
    text(&output).lines().map(str::to_owned).collect()
}

#[test]
fn both_libraries_renew_by_themselves() {
    for (name, program, arguments) in libraries() {
        let world = World::new();
        let lines = run(&mut world.driver(9, 3600, 9), &program, &arguments, "20");
        assert_eq!(
            lines[..4],
            ["prod-123456", "Bearer ya29.001", "Bearer ya29.002", "Bearer ya29.003"],
            "{name}: {lines:?}"
        );
        assert_eq!(world.left_behind(), 0, "{name}");
    }
}

#[test]
fn both_libraries_are_told_why_there_is_nothing_more() {
    for (name, program, arguments) in libraries() {
        let world = World::new();
        let lines = run(&mut world.driver(10, 10, 0), &program, &arguments, "40");
        assert_eq!(lines[..2], ["prod-123456", "Bearer ya29.001"], "{name}: {lines:?}");
        let error = lines
            .iter()
            .find(|line| line.starts_with("ERROR"))
            .unwrap_or_else(|| panic!("{name}: {lines:?}"));
        assert!(error.contains("has ended") && error.contains("jit request gcp-db"), "{name}: {error}");
    }
}

/// In the environment form a library finds no file. It must fail then, and not take the person's own credentials.
#[test]
fn a_library_without_a_file_takes_nobody_elses_credentials() {
    for (name, program, arguments) in libraries() {
        let world = World::new();
        let mut bare = Command::new(program);
        let output = bare
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", world.home.path())
            .env("GOOGLE_APPLICATION_CREDENTIALS", jit::deliver::gcp::NO_FILE)
            .env("GOOGLE_CLOUD_PROJECT", "prod-123456")
            .args(arguments)
            .arg("1")
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let said = text(&output);
        assert!(!output.status.success() && said.contains("leave-out-env"), "{name}: {said}");
    }
}
