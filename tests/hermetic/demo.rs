//! `jit demo` as a newcomer runs it: the real program, loopback, nothing left behind.
#![expect(clippy::disallowed_methods, reason = "a test starts the program and stops at the first surprise")]

use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::process::Output;
use std::process::Stdio;

/// The program in its own environment: a home and a temporary folder that must be empty afterwards.
fn jit(world: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_jit"));
    command
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("HOME", world.join("home"))
        .env("TMPDIR", world.join("tmp"));
    command
}

fn world() -> tempfile::TempDir {
    let world = tempfile::tempdir().unwrap();
    for folder in ["home", "tmp"] {
        std::fs::create_dir(world.path().join(folder)).unwrap();
    }
    world
}

fn assert_nothing_left(world: &Path) {
    for folder in ["home", "tmp"] {
        let left: Vec<_> =
            std::fs::read_dir(world.join(folder)).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert!(left.is_empty(), "left behind: {left:?}");
    }
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[test]
fn the_round_trip_is_told_whole_and_leaves_nothing() {
    let world = world();
    let output = jit(world.path()).arg("demo").output().unwrap();
    let shown = text(&output);
    assert!(output.status.success(), "{shown}");
    let mut rest = shown.as_str();
    // In this order: asked, self-approval refused, forgery refused, approved, used in two clouds by one command, ended, refused.
    for expected in [
        "ana$ jit request orders-admin",
        "error: nobody reviews their own request",
        "refused: the policy does not know",
        "bo$ jit approve",
        "ana$ jit request warehouse",
        "ana$ jit exec orders-admin warehouse -- jit whoami --cloud",
        "arn:aws:sts::000000000042:assumed-role/orders-admin/",
        "account   000000000042",
        "warehouse@shop-42.iam.gserviceaccount.com",
        "project   shop-42",
        "ana$ jit end orders-admin",
        "error: the access to orders-admin has ended",
    ] {
        let Some(at) = rest.find(expected) else {
            panic!("{expected:?} is missing, or out of order, in\n{shown}")
        };
        rest = &rest[at + expected.len()..];
    }
    assert_nothing_left(world.path());
}

/// The demo says `jit` and means itself, whatever its file is called and whatever else is named `jit`.
#[cfg(unix)]
#[test]
fn a_program_under_another_name_plays_itself() {
    let world = world();
    let renamed = world.path().join("jit-0.9-linux");
    std::fs::hard_link(env!("CARGO_BIN_EXE_jit"), &renamed)
        .or_else(|_| std::fs::copy(env!("CARGO_BIN_EXE_jit"), &renamed).map(|_| ()))
        .unwrap();
    let mut command = Command::new(&renamed);
    command.env_clear().env("HOME", world.path().join("home")).env("TMPDIR", world.path().join("tmp"));
    let output = command.arg("demo").output().unwrap();
    assert!(output.status.success(), "{}", text(&output));
    assert_nothing_left(world.path());
}

/// A reader who closes the pipe early causes no error, in any command.
#[test]
fn a_closed_pipe_ends_quietly() {
    let world = world();
    // Much output, little output, output of a child, and answers before the parser.
    for line in [
        "demo",
        "--help",
        "man",
        "completions bash",
        "policy schema role.schema.json",
        "prompt",
        "init bash",
        "roles",
    ] {
        let mut command = jit(world.path());
        command.args(line.split(' ')).stdin(Stdio::null());
        let read = command.output().unwrap();
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), read.status.code(), "jit {line}: {}", text(&output));
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(
            !said.contains("fault") && !said.contains("pipe") && !said.contains("panic"),
            "jit {line}: {said}"
        );
    }
    assert_nothing_left(world.path());
}

#[test]
fn both_people_can_be_played() {
    let world = world();
    let mut child = jit(world.path())
        .args(["demo", "--shell"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"exit\n").unwrap();
    let output = child.wait_with_output().unwrap();
    // Without a terminal nobody can play: it says so, and cleans up.
    assert!(!output.status.success());
    assert!(text(&output).contains("no terminal"), "{}", text(&output));
    assert_nothing_left(world.path());
}
