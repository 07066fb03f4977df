//! The workflow of a release, and the action that installs one, under `act`: every job and step runs on this machine. What no test
//! can do (compile for an hour, publish, attest) is done by stand-ins of `tests/peers/release_tools.sh` and of three actions. GitHub's
//! runners for Windows, macOS and the other processor are this machine too.

use std::collections::BTreeSet;
use std::env::consts::ARCH;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

use crate::peers::peers;
use crate::peers::script::Ended;
use crate::peers::script::run;
use crate::peers::tool;

const TAG: &str = concat!("v", env!("CARGO_PKG_VERSION"));
/// The actions that need GitHub itself: the folder of each one's stand-in, its inputs, and what that does.
const ACTIONS: [(&str, &str, &[&str], &str); 3] = [
    (
        "actions/upload-artifact",
        "hand-over",
        &["name", "path"],
        "mkdir -p $KEPT/${{ inputs.name }} && cp ${{ inputs.path }} $KEPT/${{ inputs.name }}",
    ),
    ("actions/download-artifact", "take", &["path"], "cp -r $KEPT ${{ inputs.path }}"),
    (
        "actions/attest-build-provenance",
        "attest",
        &["subject-checksums"],
        "cp ${{ inputs.subject-checksums }} $ATTESTED",
    ),
];

/// A program that is packaged in a moment.
const SMALL: &str = "/bin/true";

struct Machine {
    folder: TempDir,
}

impl Machine {
    /// A machine with a checkout of a fork, in which this tag was pushed.
    fn new(tag: &str) -> Self {
        let machine = Self { folder: tempfile::tempdir().unwrap() };
        for name in ["bin", "home"] {
            fs::create_dir(machine.path(name)).unwrap();
        }
        for name in ["gh", "cargo", "rustup", "sudo", "7z", "curl"] {
            symlink(root().join("tests/peers/release_tools.sh"), machine.path("bin").join(name)).unwrap();
        }
        machine.tell(SMALL, false);
        for (_, folder, inputs, does) in ACTIONS {
            fs::create_dir(machine.path(folder)).unwrap();
            let inputs: String =
                inputs.iter().map(|name| format!("  {name}:\n    description: Given.\n")).collect();
            let does = does
                .replace("$KEPT", &machine.path("artifacts").display().to_string())
                .replace("$ATTESTED", &machine.path("attested").display().to_string());
            let action = format!(
                "name: Stand-in\ndescription: Stands for GitHub's.\ninputs:\n{inputs}runs:\n  using: composite\n  steps:\n    - shell: bash\n      run: {does}\n"
            );
            fs::write(machine.path(folder).join("action.yml"), action).unwrap();
        }
        let mut clone = Command::new("git");
        clone.args(["clone", "--quiet", "--shared"]).arg(root()).arg(machine.path("checkout"));
        run(&mut clone, b"").ok();
        // What is being worked on, not what was committed.
        for folder in [".packaging", ".github"] {
            let from = root().join(folder);
            run(Command::new("cp").arg("-r").arg(from).arg(machine.path("checkout")), b"").ok();
        }
        machine.git(&["remote", "set-url", "origin", "https://github.com/acme/jit.git"]);
        machine.git(&["add", "--all"]);
        let author = ["-c", "user.name=olga", "-c", "user.email=olga@example.com"];
        machine.git(&[&author[..], &["commit", "--quiet", "--allow-empty", "--message=Begin"]].concat());
        machine.git(&["tag", tag]);
        fs::write(machine.path("event.json"), format!("{{\"ref\":\"refs/tags/{tag}\"}}")).unwrap();
        machine
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What the stand-ins are to know: the program that was built, and whether a second build differs.
    fn tell(&self, program: &str, differs: bool) {
        let home = std::env::var_os("CARGO_HOME")
            .map_or_else(|| Path::new(&std::env::var_os("HOME").unwrap()).join(".cargo"), PathBuf::from);
        let differs = if differs { "yes" } else { "" };
        let text = format!(
            "PROGRAM='{program}' DIFFERS={differs} REAL_CARGO='{}' REAL_CARGO_HOME='{}'\n",
            env!("CARGO"),
            home.display()
        );
        fs::write(self.path("told"), text).unwrap();
    }

    fn git(&self, words: &[&str]) {
        let mut command = Command::new("git");
        run(command.args(words).current_dir(self.path("checkout")).env("HOME", self.path("home")), b"").ok();
    }

    /// Runs a workflow as the push of the tag does.
    fn push(&self, workflow: &str) -> Ended {
        let mut command = Command::new(tool("act"));
        let path = [
            self.path("bin"),
            peers().join("cargo/bin"),
            Path::new(env!("CARGO")).parent().unwrap().to_owned(),
        ];
        let path: Vec<_> = path.iter().map(|folder| folder.display().to_string()).collect();
        command.env_clear().env("PATH", format!("{}:/usr/local/bin:/usr/bin:/bin", path.join(":")));
        command.env("HOME", self.path("home")).current_dir(self.path("checkout"));
        command.args(["push", "-W", workflow, "-s", "GITHUB_TOKEN=none", "--eventpath"]);
        command.arg(self.path("event.json")).args(["--container-daemon-socket", "-", "--no-cache-server"]);
        command.args(["--matrix", &format!("machine:{ARCH}")]);
        for runner in ["ubuntu-24.04", "ubuntu-24.04-arm", "windows-2025", "macos-15", "macos-15-intel"] {
            command.args(["-P", &format!("{runner}=-self-hosted")]);
        }
        let text = fs::read_to_string(root().join(".github/workflows/release.yml")).unwrap();
        for (action, folder, ..) in ACTIONS {
            let (_, after) = text.split_once(&format!("uses: {action}@")).unwrap();
            let commit = after.split_whitespace().next().unwrap();
            let stands = format!("{action}@{commit}={}", self.path(folder).display());
            command.args(["--local-repository", &stands]);
        }
        run(&mut command, b"")
    }

    /// The words of the programs that stand-ins stand for.
    fn said(&self) -> String {
        fs::read_to_string(self.path("said")).unwrap_or_default()
    }

    fn is_draft(&self) -> bool {
        self.path("release").join(format!("{TAG}.draft")).exists()
    }

    /// Whether a release of the tag was begun.
    fn is_begun(&self) -> bool {
        self.path("release").exists()
    }

    fn released(&self) -> BTreeSet<String> {
        let listed = fs::read_dir(self.path("release").join(TAG)).unwrap();
        listed.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    /// Uses the action that installs a version with this hash, and then the command. Returns what the command printed.
    fn installs(&self, version: &str, hash: &str) -> (Ended, Option<String>) {
        let printed = self.path("printed");
        let workflow = format!(
            "on: push\njobs:\n  use:\n    runs-on: ubuntu-24.04\n    steps:\n      - uses: actions/checkout@v7\n      - uses: ./.github/actions/install\n        with:\n          repository: acme/jit\n          version: '{version}'\n          sha256: '{hash}'\n      - run: jit --version >{}\n",
            printed.display()
        );
        fs::write(self.path("checkout/use.yml"), workflow).unwrap();
        let ended = self.push("use.yml");
        (ended, fs::read_to_string(printed).ok())
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn act_runs_a_release_from_its_tag_to_its_publication() {
    let machine = Machine::new(TAG);
    let ended = machine.push(".github/workflows/release.yml");
    assert_eq!(ended.code, 0, "{ended:?}");
    assert!(!machine.is_draft(), "{}", machine.said());
    let version = env!("CARGO_PKG_VERSION");
    let debian = if ARCH == "aarch64" { "arm64" } else { "amd64" };
    let wanted = [
        format!("jit_{version}-1_{debian}.deb"),
        format!("jit-{version}-1.{ARCH}.rpm"),
        format!("jit-{version}-{ARCH}-linux"),
        format!("jit-{version}-{ARCH}-linux.cdx.json"),
        format!("jit-{version}-{ARCH}-linux.oci.tar"),
        format!("jit-{version}-{ARCH}-linux.tar.gz"),
        format!("jit-{version}-{ARCH}-macos.tar.gz"),
        format!("jit-{version}-x86_64-windows.zip"),
        "SHA256SUMS".to_owned(),
        "jit.rb".to_owned(),
        "jit.json".to_owned(),
    ];
    assert_eq!(machine.released(), BTreeSet::from(wanted));
    // Everything but the manifests, which are made of the list, is in the list, and GitHub attests to the list.
    let release = machine.path("release").join(TAG);
    let mut check = Command::new("sha256sum");
    let checked = run(check.args(["--check", "--strict", "SHA256SUMS"]).current_dir(&release), b"").ok();
    assert_eq!(checked.lines().count(), machine.released().len() - 3, "{checked}");
    let read = |path: PathBuf| fs::read_to_string(path).unwrap();
    assert_eq!(read(machine.path("attested")), read(release.join("SHA256SUMS")));
    let formula = read(release.join("jit.rb"));
    assert!(formula.contains("https://github.com/acme/jit/releases/download/"), "{formula}");
}

#[test]
fn a_program_that_two_builds_make_differently_is_not_published() {
    let machine = Machine::new(TAG);
    machine.tell(SMALL, true);
    let ended = machine.push(".github/workflows/release.yml");
    assert_ne!(ended.code, 0, "{ended:?}");
    let said = machine.said();
    assert_eq!(said.matches("cargo build ").count(), 2, "{said}");
    assert!(!machine.is_begun() && !machine.path("attested").exists(), "{said}");
    assert!(!machine.path("artifacts").join(format!("linux-{ARCH}")).exists(), "{said}");
}

#[test]
fn two_jobs_that_hand_over_files_of_one_name_publish_nothing() {
    let machine = Machine::new(TAG);
    let planted = machine.path("artifacts/planted");
    fs::create_dir_all(&planted).unwrap();
    fs::write(planted.join(format!("jit-{}-{ARCH}-linux", env!("CARGO_PKG_VERSION"))), "another program")
        .unwrap();
    let ended = machine.push(".github/workflows/release.yml");
    assert_ne!(ended.code, 0, "{ended:?}");
    assert!(machine.said().contains("cargo build "), "the builds were begun: {}", machine.said());
    assert!(!machine.is_begun() && !machine.path("attested").exists(), "{}", machine.said());
}

#[test]
fn only_the_job_that_publishes_may_write_and_it_compiles_nothing() {
    let text = fs::read_to_string(root().join(".github/workflows/release.yml")).unwrap();
    let (builds, publish) = text.split_once("\n  publish:\n").unwrap();
    assert!(builds.contains("cargo ") && !builds.contains(": write"), "{builds}");
    assert!(publish.contains("contents: write") && !publish.contains("cargo "), "{publish}");
}

#[test]
fn a_tag_of_another_version_builds_nothing() {
    let machine = Machine::new("v99.0.0");
    let ended = machine.push(".github/workflows/release.yml");
    assert_ne!(ended.code, 0, "{ended:?}");
    assert_eq!(machine.said(), "");
}

#[test]
fn the_action_installs_a_program_of_the_right_hash_and_no_other() {
    let machine = Machine::new(TAG);
    fs::write(machine.path("download"), "#!/bin/sh\necho jit 0.1.0\n").unwrap();
    let mut sum = Command::new("sha256sum");
    let hash = run(sum.arg(machine.path("download")), b"").ok()[..64].to_owned();
    // The last words of a step that fails may be missing from act's output.
    for (version, hash) in [("0.1.0/../..", hash.clone()), ("0.1.0", hash.to_uppercase())] {
        let (ended, printed) = machine.installs(version, &hash);
        assert_ne!(ended.code, 0, "{version} {hash}: {ended:?}");
        assert_eq!((printed, machine.said()), (None, String::new()), "{version} {hash}");
    }
    let (ended, printed) = machine.installs("0.1.0", &"ab".repeat(32));
    assert!(ended.code != 0 && printed.is_none(), "{ended:?}");
    assert!(machine.said().starts_with("curl "), "it compares what was downloaded: {}", machine.said());
    let (ended, printed) = machine.installs("0.1.0", &hash);
    assert_eq!(ended.code, 0, "{ended:?}");
    assert!(printed.is_some_and(|text| text == "jit 0.1.0\n"));
    let url = format!("https://github.com/acme/jit/releases/download/v0.1.0/jit-0.1.0-{ARCH}-linux");
    assert!(machine.said().contains(&url), "{}", machine.said());
}
