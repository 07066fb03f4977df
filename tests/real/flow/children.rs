//! A program runs under `jit exec` as it would without it.

use std::io::Write;
use std::process::Stdio;

use crate::peers::person::Person;
use crate::peers::script::run;
use crate::peers::team::Team;

fn exec(person: &Person, words: &[&str]) -> crate::peers::script::Ended {
    person.run(&[&["exec", "orders-admin", "--"], words].concat())
}

#[test]
fn a_command_is_run_untouched() {
    let (team, _cloud) = Team::with_sandbox();
    let ana = &team.ana;
    team.grant("orders-admin");

    // Its exit code, or the signal that killed it.
    for code in [0, 1, 2, 3, 42, 125, 255] {
        assert_eq!(exec(ana, &["sh", "-c", &format!("exit {code}")]).code, code);
    }
    for signal in ["TERM", "KILL", "INT"] {
        // A surrounding shell sees 128 + n, as for the command alone.
        let number = match signal {
            "INT" => 2,
            "KILL" => 9,
            _ => 15,
        };
        let mut around = ana.shell("sh");
        let command =
            format!("{} exec orders-admin -- sh -c 'kill -{signal} $$'; exit $?", crate::peers::broker::JIT);
        assert_eq!(run(around.args(["-c", &command]), b"").code, 128 + number, "{signal}");
    }
    let missing = exec(ana, &["no-such-command-anywhere"]);
    assert_eq!(missing.code, 127, "{missing:?}");
    assert!(missing.stderr.contains("no-such-command-anywhere was not found"), "{missing:?}");
    let plain = ana.home.join("plain.txt");
    std::fs::write(&plain, "no program").unwrap();
    let forbidden = exec(ana, &[plain.to_str().unwrap()]);
    assert_eq!(forbidden.code, 126, "{forbidden:?}");

    // Its words, whatever they contain.
    let words = [
        "two words",
        " ",
        "",
        "a\nb",
        "it's",
        "\"quoted\"",
        "$(id)",
        "`id`",
        "$HOME",
        "a;b|c&d>e",
        "*",
        "\\",
        "-x",
        "--",
        "é€",
        "\u{1b}[31m",
    ];
    let shown = exec(ana, &[&["printf", "%s\\0"][..], &words].concat()).ok();
    let got: Vec<&str> = shown.strip_suffix('\0').unwrap().split('\0').collect();
    assert_eq!(got, words);

    // Its working directory, and its input.
    let elsewhere = ana.home.join("a folder");
    std::fs::create_dir(&elsewhere).unwrap();
    let mut command = ana.jit(&["exec", "orders-admin", "--", "sh", "-c", "pwd; cat"]);
    let input = "line one\nline two, without an end";
    let ended = run(command.current_dir(&elsewhere), input.as_bytes());
    assert_eq!(ended.ok(), format!("{}\n{input}", elsewhere.canonicalize().unwrap().display()));

    // It has jit's own process id, so waiting for one is waiting for the other.
    let child = ana
        .jit(&["exec", "orders-admin", "--", "sh", "-c", "echo $$; cat >/dev/null"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let process = child.id();
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap().trim(), process.to_string());
    // Only a note of jit's goes to standard error.
    assert!(String::from_utf8(output.stderr).unwrap().starts_with("jit: orders-admin in account"));
}

#[test]
fn output_that_nobody_reads_ends_nothing_badly() {
    let (team, _cloud) = Team::with_sandbox();
    team.grant("orders-admin");
    let mut child = team
        .ana
        .jit(&["exec", "orders-admin", "--", "yes"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().flush().unwrap();
    drop(child.stdout.take());
    // The pipe's signal reaches the command as it would without jit.
    use std::os::unix::process::ExitStatusExt;
    let status = child.wait().unwrap();
    assert_eq!(status.signal(), Some(13), "{status:?}");
}

/// The command gets SIGPIPE as the caller had it, in both forms, although Rust ignores it in `jit` itself.
#[test]
fn sigpipe_is_as_the_caller_had_it() {
    let (team, _cloud) = Team::with_sandbox();
    let ana = &team.ana;
    team.grant("orders-admin");
    let ignores = |before: &str, form: &str| {
        let command = format!(
            "{before} exec {} exec {form} orders-admin -- grep SigIgn /proc/self/status",
            crate::peers::broker::JIT
        );
        let ended = run(ana.shell("sh").args(["-c", &command]), b"");
        assert_eq!(ended.code, 0, "{ended:?}");
        let mask = ended.stdout.split(':').nth(1).unwrap().trim().to_owned();
        u64::from_str_radix(&mask, 16).unwrap() & (1 << 12) != 0
    };
    for form in ["--env", "--serve"] {
        assert!(!ignores("", form), "{form}");
        assert!(ignores("trap '' PIPE;", form), "{form}");
    }
    // A command that cannot be started is told apart in this form as well.
    let jit = crate::peers::broker::JIT;
    for (command, code) in [("no-such-command-anywhere", 127), ("/", 126)] {
        let command = format!("trap '' PIPE; {jit} exec --env orders-admin -- {command}");
        assert_eq!(run(ana.shell("sh").args(["-c", &command]), b"").code, code, "{command}");
    }
}
