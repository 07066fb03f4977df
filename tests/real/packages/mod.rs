//! The packages for Debian and for RPM in a clean system: each installs, the demonstration runs there, the service's command
//! serves, and a removal leaves nothing. Needs root, for the clean system; `tests/packages` does the same with the program that is
//! published.

mod clean_system;
mod manifests;
mod release;
mod rpm;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;

use clean_system::CleanSystem;
use tempfile::TempDir;

use crate::peers::broker::JIT;
use crate::peers::peer::Peer;
use crate::peers::peer::status_of;
use crate::peers::peers;
use crate::peers::script::run;
use crate::support::ports::free_ports;

/// What an installation and its removal may leave: the packagers' own records, the lists of users that they rewrite, and the lock
/// of adduser.
const RECORDS: [&str; 8] = [
    "/var/lib/dpkg",
    "/var/log",
    "/var/cache",
    "/etc/passwd",
    "/etc/group",
    "/etc/shadow",
    "/etc/gshadow",
    "/run/adduser",
];

/// The program to package: the published one if `JIT_PROGRAM` names it, else this build without what debuggers read.
fn program(folder: &Path) -> PathBuf {
    if let Some(path) = std::env::var_os("JIT_PROGRAM") {
        return path.into();
    }
    let path = folder.join("jit");
    run(Command::new("strip").arg("-o").arg(&path).arg(JIT), b"").ok();
    path
}

/// Runs `.packaging/build` for these parts.
fn build(program: &Path, out: &Path, parts: &[&str]) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = std::env::var("PATH").unwrap();
    let mut command = Command::new(root.join(".packaging/build"));
    command.arg("--fast").arg("--program").arg(program).arg("--out").arg(out).args(parts);
    command.env("PATH", format!("{}:{path}", peers().join("cargo/bin").display()));
    run(&mut command, b"").ok();
}

/// The package of this kind, `deb` or `rpm`: both are made once for all tests of this process.
fn package(kind: &str) -> &'static Path {
    static MADE: std::sync::LazyLock<(TempDir, Vec<PathBuf>)> = std::sync::LazyLock::new(|| {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("packages");
        build(&program(folder.path()), &out, &["deb", "rpm"]);
        let found = fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().path()).collect();
        (folder, found)
    });
    MADE.1.iter().find(|path| path.extension().is_some_and(|its| its == kind)).unwrap()
}

/// A clean system with the package installed, and its list of files before.
fn installed() -> (CleanSystem, BTreeSet<String>) {
    let system = CleanSystem::new();
    let before = system.files(&RECORDS);
    system.bring(package("deb"), "/jit.deb");
    system.run("root", "dpkg --install /jit.deb").ok();
    (system, before)
}

/// Debian's own checker finds nothing, but for what the overrides explain.
#[test]
fn lintian_finds_nothing() {
    let mut command = Command::new("lintian");
    command.args(["--allow-root", "--fail-on", "error,warning", "--info"]).arg(package("deb"));
    let ended = run(&mut command, b"");
    assert_eq!(ended.code, 0, "{ended:?}");
}

#[test]
fn a_clean_system_has_the_command_its_pages_and_its_demonstration() {
    let (system, _) = installed();
    let version = system.run("nobody", "jit --version").ok();
    assert!(version.starts_with(&format!("jit {}", env!("CARGO_PKG_VERSION"))), "{version}");
    for path in [
        "/usr/share/man/man1/jit-request.1.gz",
        "/usr/share/bash-completion/completions/jit",
        "/usr/share/zsh/vendor-completions/_jit",
        "/usr/share/fish/vendor_completions.d/jit.fish",
        "/usr/lib/systemd/system/jit.service",
    ] {
        assert!(system.path(path).is_file(), "{path}");
    }
    // Nothing serves until an administrator has written settings.
    assert!(!system.path("/etc/jit/broker.toml").exists());
    assert!(!system.path("/etc/systemd/system/multi-user.target.wants/jit.service").exists());
    let said = system.run("nobody", "cd /tmp && HOME=/tmp jit demo").ok();
    assert!(said.contains("assumed-role/orders-admin"), "{said}");
}

#[test]
fn the_services_command_serves_as_its_user_and_a_purge_keeps_what_it_wrote() {
    let (system, _) = installed();
    let [port] = free_ports();
    let mut key = Command::new("ssh-keygen");
    key.args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(system.path("/key"));
    run(&mut key, b"").ok();
    system
        .run("root", "install -d /srv && cd /srv && HOME=/tmp jit policy init access --as ana --key /key && chown -R jit access")
        .ok();
    let settings = format!(
        "policy = \"/srv/access\"\nurl = \"http://127.0.0.1:{port}\"\nlisten = \"127.0.0.1:{port}\"\ndata = \"/var/lib/jit\"\nkeys = \"/etc/jit/keys\"\n"
    );
    fs::write(system.path("/etc/jit/broker.toml"), settings).unwrap();
    let unit = fs::read_to_string(system.path("/usr/lib/systemd/system/jit.service")).unwrap();
    let setting = |name: &str| {
        let line =
            unit.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_else(|| panic!("{name} {unit}"));
        line.to_owned()
    };
    let (user, command) = (setting("User="), setting("ExecStart="));
    let service = Peer::start("service", &system.command(&user, &format!("exec {command}")), system.folder());
    service.wait_until("it can decide", || status_of(port, "/readyz") == Some(200));
    drop(service);
    assert!(system.path("/var/lib/jit/broker.db").is_file());
    let said = system.run("root", "dpkg --purge jit 2>&1").ok();
    assert!(said.contains("kept /etc/jit /var/lib/jit"), "{said}");
    assert!(system.path("/var/lib/jit/broker.db").is_file(), "the log stays");
    assert!(!system.path("/usr/bin/jit").exists());
    system.run("root", "getent passwd jit").ok();
}

#[test]
fn a_purge_of_what_never_served_leaves_nothing() {
    let (system, before) = installed();
    assert!(system.files(&RECORDS).len() > before.len(), "it installs something");
    system.run("root", "dpkg --purge jit").ok();
    fs::remove_file(system.path("/jit.deb")).unwrap();
    let after = system.files(&RECORDS);
    let changed: Vec<_> = after.symmetric_difference(&before).collect();
    assert!(changed.is_empty(), "{changed:?}");
    for name in ["passwd", "group"] {
        let text = fs::read_to_string(system.path("/etc").join(name)).unwrap();
        assert!(!text.contains("jit"), "{name}: {text}");
    }
}

/// The unit is one that systemd takes, and leaves the service little to do harm with.
#[test]
fn systemd_takes_the_unit_and_finds_it_hardened() {
    let folder = tempfile::tempdir().unwrap();
    let unit = Path::new(env!("CARGO_MANIFEST_DIR")).join(".packaging/jit.service");
    // The program need not be installed here for its unit to be judged.
    let text = fs::read_to_string(unit).unwrap().replace("/usr/bin/jit", "/bin/true");
    let copy = folder.path().join("jit.service");
    fs::write(&copy, text).unwrap();
    let verified = run(Command::new("systemd-analyze").arg("verify").arg("--man=no").arg(&copy), b"");
    assert_eq!((verified.code, verified.stderr.as_str()), (0, ""), "{verified:?}");
    // In tenths: 0 is closed, 100 is open. What is left are the network, which it serves, and a user that stays.
    let mut security = Command::new("systemd-analyze");
    security.args(["security", "--offline=true", "--no-pager", "--threshold=20"]).arg(&copy);
    let judged = run(&mut security, b"");
    assert_eq!(judged.code, 0, "{}", judged.stdout);
}
