//! Microsoft's own client libraries as children: azure-identity for Python and for JavaScript find the endpoint that a command gets,
//! renew by themselves, and never fall back to somebody's own credentials. And MSAL's sign-in beside ours.
//!
//! `tests/run azure` installs the peers and runs this. Entra itself is not asked: no live tenant has been seen.

mod sign_in;

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::process::Output;
use std::process::Stdio;

const DRIVER: &str = env!("CARGO_BIN_EXE_exec_driver");
const MANAGER: &str = "https://management.azure.com";
const VAULT: &str = "https://vault.azure.net";

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
    root().join("tests/real/azure").join(name)
}

/// A home in which somebody has signed in with the Azure CLI: a program of that name that hands out their token.
struct World {
    home: tempfile::TempDir,
}

impl World {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        for folder in ["tmp", "bin", ".azure"] {
            fs::create_dir(home.path().join(folder)).unwrap();
        }
        let cli = home.path().join("bin/az");
        let answer = r#"{"accessToken":"mine","expires_on":4102444800,"expiresOn":"2100-01-01 00:00:00.000000","tokenType":"Bearer"}"#;
        fs::write(&cli, format!("#!/bin/sh\necho '{answer}'\n")).unwrap();
        let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        fs::set_permissions(&cli, executable).unwrap();
        Self { home }
    }

    /// The environment of a command without jit, with what leads a library elsewhere: a secret of another application, another
    /// managed identity, and a proxy that must not see the endpoint.
    fn around(&self, command: &mut Command) {
        command
            .env_clear()
            .env("PATH", format!("{}:/usr/bin:/bin", self.home.path().join("bin").display()))
            .env("HOME", self.home.path())
            .env("TMPDIR", self.home.path().join("tmp"))
            .env("HTTP_PROXY", "http://127.0.0.1:1")
            .env("http_proxy", "http://127.0.0.1:1")
            .current_dir(self.home.path())
            .stdin(Stdio::null());
    }

    fn leftovers(command: &mut Command) {
        command
            .env("AZURE_CLIENT_ID", "11111111-2222-4333-8444-555555555555")
            .env("AZURE_TENANT_ID", "11111111-2222-4333-8444-555555555555")
            .env("AZURE_CLIENT_SECRET", "mine")
            .env("AZURE_TOKEN_CREDENTIALS", "AzureCliCredential")
            .env("IDENTITY_ENDPOINT", "http://127.0.0.1:1/mine")
            .env("IDENTITY_HEADER", "mine")
            .env("IDENTITY_SERVER_THUMBPRINT", "mine")
            .env("MSI_ENDPOINT", "http://127.0.0.1:1/mine")
            .env("MSI_SECRET", "mine");
    }

    /// The driver with leases of so many seconds, a grant of so many, and a broker that is gone after so many renewals.
    fn driver(&self, lease: u32, grant: u32, renewals: u32) -> Command {
        let mut command = Command::new(DRIVER);
        self.around(&mut command);
        Self::leftovers(&mut command);
        command
            .arg("run")
            .args([lease, grant, renewals].map(|number| number.to_string()))
            .args(["azure-ops", "--"]);
        command
    }

    fn left_behind(&self) -> usize {
        fs::read_dir(self.home.path().join("tmp")).unwrap().count()
    }
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Both libraries, each with the words that start it.
fn libraries() -> [(&'static str, PathBuf, Vec<PathBuf>); 2] {
    [
        ("azure-identity", peer("venv/bin/python"), vec![script("azure_identity.py")]),
        ("@azure/identity", peer("venv/bin/node"), vec![script("azure_identity.mjs"), peer("node")]),
    ]
}

/// The lines that a library prints while it asks for a resource for so many seconds.
fn run(
    mut command: Command,
    (program, arguments): (&PathBuf, &[PathBuf]),
    (resource, seconds): (&str, &str),
) -> Vec<String> {
    let output = command.arg(program).args(arguments).args([resource, seconds]).output().unwrap();
    text(&output).lines().map(str::to_owned).collect()
}

#[test]
fn both_libraries_renew_by_themselves() {
    for (name, program, arguments) in libraries() {
        let world = World::new();
        let lines = run(world.driver(9, 3600, 20), (&program, &arguments), (MANAGER, "30"));
        let tokens: Vec<&str> = lines.iter().filter_map(|line| line.split(' ').next()).collect();
        // One library keeps a token until its end, the other asks each time once five minutes are left.
        assert!(tokens.len() >= 3 && tokens[0] == "entra.001" && tokens.is_sorted(), "{name}: {lines:?}");
        assert!(lines.iter().all(|line| line.starts_with("entra.")), "{name}: {lines:?}");
        assert_eq!(world.left_behind(), 0, "{name}");
    }
}

/// A library reads the end that the endpoint tells: that of the lease, in its own clock.
#[test]
fn both_libraries_read_the_end_of_a_token() {
    for (name, program, arguments) in libraries() {
        let world = World::new();
        let lines = run(world.driver(4500, 9000, 0), (&program, &arguments), (MANAGER, "1"));
        assert_eq!(lines, ["entra.001 in 4500"], "{name}");
        let lines = run(world.driver(4500, 1800, 0), (&program, &arguments), (MANAGER, "1"));
        assert_eq!(lines, ["entra.001 in 1800"], "{name}: the access ends before the token");
    }
}

#[test]
fn both_libraries_get_a_token_for_each_audience_and_for_no_other() {
    for (name, program, arguments) in libraries() {
        let world = World::new();
        let lines = run(world.driver(4500, 9000, 0), (&program, &arguments), (VAULT, "1"));
        assert_eq!(lines, ["entra.vault.001 in 4500"], "{name}");
        let lines =
            run(world.driver(4500, 9000, 0), (&program, &arguments), ("https://graph.microsoft.com", "30"));
        let all = lines.concat();
        assert!(all.contains("ERROR") && !all.contains("mine"), "{name}: {lines:?}");
        assert!(all.contains("has tokens for https://management.azure.com"), "{name}: {lines:?}");
    }
}

#[test]
fn both_libraries_are_told_why_there_is_nothing_more() {
    for (name, program, arguments) in libraries() {
        let world = World::new();
        let lines = run(world.driver(10, 10, 0), (&program, &arguments), (MANAGER, "60"));
        assert!(lines[0].starts_with("entra.001 "), "{name}: {lines:?}");
        let error = lines.iter().find(|line| line.starts_with("ERROR"));
        let error = error.unwrap_or_else(|| panic!("{name}: {lines:?}"));
        assert!(error.contains("has ended") && error.contains("jit request azure-ops"), "{name}: {error}");
    }
}

/// In the environment form a library finds no endpoint. It must fail then, and not take the person's own sign-in.
#[test]
fn a_library_without_an_endpoint_takes_nobody_elses_credentials() {
    for (name, program, arguments) in libraries() {
        let world = World::new();
        let bare = |set: &[(&str, &str)]| {
            let mut command = Command::new(&program);
            world.around(&mut command);
            let output =
                command.envs(set.iter().copied()).args(&arguments).args([MANAGER, "5"]).output().unwrap();
            text(&output)
        };
        let own = bare(&[("AZURE_TOKEN_CREDENTIALS", "AzureCliCredential")]);
        assert!(own.starts_with("mine "), "the person is signed in: {name}: {own}");
        let said = bare(&[
            ("AZURE_TOKEN_CREDENTIALS", "EnvironmentCredential"),
            ("AZURE_ACCESS_TOKEN", "entra.001"),
        ]);
        assert!(said.contains("ERROR") && said.contains("EnvironmentCredential"), "{name}: {said}");
        assert!(!said.contains("mine"), "{name}: {said}");
    }
}
