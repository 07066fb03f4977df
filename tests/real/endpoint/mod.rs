//! Real clients as children: boto3, both AWS CLIs and the JavaScript SDK use the endpoint, by environment and by named
//! profile. bash verifies that no process stands between it and the command.
//!
//! `tests/run real_endpoint` installs the peers and runs this.

use std::fs;
use std::io::BufRead;
use std::io::BufReader;
use std::io::Read;
use std::path::Path;
use std::path::PathBuf;
use std::process::Child;
use std::process::ChildStderr;
use std::process::Command;
use std::process::Output;
use std::process::Stdio;

use rustix::process::Pid;
use rustix::process::Signal;

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

fn python() -> PathBuf {
    peer("venv/bin/python")
}

fn script(name: &str) -> PathBuf {
    root().join("tests/real/endpoint").join(name)
}

/// A home, a temporary folder, and a fake STS that returns the access key that signed.
struct World {
    home: tempfile::TempDir,
    sts: Child,
    url: String,
}

impl World {
    fn new() -> Self {
        let mut sts = Command::new(python()).arg(script("sts.py")).stdout(Stdio::piped()).spawn().unwrap();
        let mut port = String::new();
        BufReader::new(sts.stdout.take().unwrap()).read_line(&mut port).unwrap();
        let home = tempfile::tempdir().unwrap();
        fs::create_dir(home.path().join("tmp")).unwrap();
        fs::create_dir(home.path().join(".aws")).unwrap();
        // Every SDK prefers keys in the user's default profile to a container endpoint, so the child must not see them.
        let mine = "[default]\naws_access_key_id = AKIAMINE\naws_secret_access_key = mine\noutput = json\n";
        fs::write(home.path().join(".aws/credentials"), mine).unwrap();
        Self { home, sts, url: format!("http://127.0.0.1:{}", port.trim()) }
    }

    fn bare(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(program.as_ref());
        command
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", self.home.path())
            .env("TMPDIR", self.home.path().join("tmp"))
            .env("AWS_PROFILE", "mine")
            .env("AWS_SECURITY_TOKEN", "mine")
            .current_dir(self.home.path())
            .stdin(Stdio::null());
        command
    }

    /// The driver with leases of so many seconds, and a broker that is gone after so many renewals.
    fn driver(&self, lease: u32, renewals: u32, roles: &[&str]) -> Command {
        let mut command = self.bare(DRIVER);
        command.arg("run").arg(lease.to_string()).arg("3600").arg(renewals.to_string()).args(roles).arg("--");
        command
    }

    fn left_behind(&self) -> usize {
        fs::read_dir(self.home.path().join("tmp"))
            .unwrap()
            .filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().starts_with("jit-exec-"))
            .count()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = self.sts.kill();
        let _ = self.sts.wait();
    }
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn boto3_crosses_refreshes_by_environment_and_by_profile() {
    let world = World::new();
    for profile in [None, Some("prod"), Some("orders")] {
        let output = world
            .driver(6, 9, &["prod=orders"])
            .arg(python())
            .arg(script("boto3_refresh.py"))
            .args([world.url.as_str(), "8"])
            .args(profile)
            .output()
            .unwrap();
        let lines: Vec<String> = text(&output).lines().map(str::to_owned).collect();
        assert_eq!(lines[..3], ["ASIA0001", "ASIA0002", "ASIA0003"], "{profile:?}: {lines:?}");
    }
    assert_eq!(world.left_behind(), 0);
}

#[test]
fn boto3_uses_what_it_has_to_its_end_when_the_broker_is_gone_and_is_told_why_afterwards() {
    let world = World::new();
    let output = world
        .driver(6, 0, &["prod"])
        .arg(python())
        .arg(script("boto3_refresh.py"))
        .args([world.url.as_str(), "20"])
        .output()
        .unwrap();
    let said = text(&output);
    assert!(said.starts_with("ASIA0001\nERROR "), "{said}");
    assert!(said.contains("broker.example does not answer"), "{said}");
}

#[test]
fn both_command_lines_read_it_in_both_forms_and_two_roles_at_once() {
    let world = World::new();
    let version = |program: &Path| text(&world.bare(program).arg("--version").output().unwrap());
    let (first, second) = (peer("venv/bin/aws"), peer("aws2"));
    assert!(version(&first).starts_with("aws-cli/1."), "{}", version(&first));
    assert!(version(&second).starts_with("aws-cli/2."), "{}", version(&second));
    for aws in [first, second] {
        let forms: [(&str, &[&str]); 4] = [
            ("ASIA0001", &[]),
            ("ASIA0001", &["--profile", "prod"]),
            ("ASIA1001", &["--profile", "billing"]),
            ("ASIA1001", &["--profile", "invoices"]),
        ];
        for (wanted, more) in forms {
            let output = world
                .driver(600, 9, &["prod", "billing=invoices"])
                .arg(&aws)
                .args(["--endpoint-url", &world.url, "sts", "get-caller-identity", "--query", "Arn"])
                .args(more)
                .output()
                .unwrap();
            assert_eq!(text(&output).trim(), format!("\"{wanted}\""), "{} {more:?}", aws.display());
        }
        let stranger = world
            .driver(600, 9, &["prod"])
            .arg(&aws)
            .args(["--endpoint-url", &world.url, "sts", "get-caller-identity", "--profile", "mine"])
            .output()
            .unwrap();
        assert!(!stranger.status.success() && text(&stranger).contains("mine"), "{}", text(&stranger));
    }
}

#[test]
fn the_javascript_sdk_reads_it_in_both_forms() {
    let world = World::new();
    for (wanted, profile) in [("ASIA0001", None), ("ASIA0001", Some("prod")), ("ASIA1001", Some("billing"))] {
        let output = world
            .driver(600, 9, &["prod", "billing"])
            .arg(peer("venv/bin/node"))
            .arg(script("caller.mjs"))
            .arg(peer("node"))
            .arg(&world.url)
            .args(profile)
            .output()
            .unwrap();
        assert!(text(&output).starts_with(wanted), "{profile:?}: {}", text(&output));
    }
}

#[test]
fn an_interactive_shell_sees_the_command_itself() {
    let world = World::new();
    for prefix in [vec![], vec![DRIVER, "run", "3600", "3600", "9", "prod", "--"]] {
        let output = world
            .bare(python())
            .arg(script("jobs.py"))
            .arg(python())
            .arg(script("child.py"))
            .args(&prefix)
            .output()
            .unwrap();
        assert_eq!(text(&output).trim(), "all steps passed", "{prefix:?}");
    }
}

/// A child that reports its signals on standard error, under the driver in its own process group.
struct Talking {
    driver: Child,
    lines: BufReader<ChildStderr>,
    child: Pid,
}

impl Talking {
    fn start(mut command: Command) -> Self {
        use std::os::unix::process::CommandExt;
        command.arg(python()).arg(script("child.py")).process_group(0).stderr(Stdio::piped());
        let mut driver = command.spawn().unwrap();
        let mut lines = BufReader::new(driver.stderr.take().unwrap());
        let mut ready = String::new();
        lines.read_line(&mut ready).unwrap();
        let child = ready.trim().strip_prefix("ready ").unwrap_or_default().parse().unwrap();
        Self { driver, lines, child: Pid::from_raw(child).unwrap() }
    }

    fn driver(&self) -> Pid {
        Pid::from_child(&self.driver)
    }

    fn next(&mut self) -> String {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        line.trim().to_owned()
    }

    /// The processes that the driver started, but for the child: the one that stands in its group to see signals.
    fn witnesses(&self) -> Vec<String> {
        let driver = self.driver.id();
        let tasks = fs::read_dir(format!("/proc/{driver}/task")).unwrap();
        let lists =
            tasks.map(|task| fs::read_to_string(task.unwrap().path().join("children")).unwrap_or_default());
        let child = self.child.as_raw_nonzero().to_string();
        lists
            .flat_map(|list| list.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
            .filter(|id| *id != child)
            .collect()
    }

    /// Waits until the driver has dealt with a signal to the whole group, and so until it will not pass that one on: it
    /// then has another witness than before, and only that one.
    fn settle(&self, before: &[String]) {
        let began = std::time::Instant::now();
        loop {
            let now = self.witnesses();
            if now.len() == 1 && now != before {
                return;
            }
            assert!(began.elapsed().as_secs() < 60, "the driver never saw it: {before:?}, {now:?}");
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    }

    /// The remaining output, and the exit code.
    fn rest(mut self) -> (String, Option<i32>) {
        let mut rest = String::new();
        self.lines.read_to_string(&mut rest).unwrap();
        (rest.trim().replace("\r\n", " "), self.driver.wait().unwrap().code())
    }
}

#[test]
fn signals_to_the_driver_or_to_the_group_reach_the_child_once() {
    let world = World::new();
    let mut talking = Talking::start(world.driver(600, 9, &["prod"]));
    for (signal, name) in [
        (Signal::USR1, "USR1"),
        (Signal::USR2, "USR2"),
        (Signal::HUP, "HUP"),
        (Signal::QUIT, "QUIT"),
        (Signal::ALARM, "ALRM"),
    ] {
        rustix::process::kill_process(talking.driver(), signal).unwrap();
        assert_eq!(talking.next(), format!("got SIG{name}"));
        let witness = talking.witnesses();
        rustix::process::kill_process_group(talking.driver(), signal).unwrap();
        assert_eq!(talking.next(), format!("got SIG{name}"), "to the group");
        // Nothing else arrives before the next signal, which goes to the child alone.
        talking.settle(&witness);
        rustix::process::kill_process(talking.child, Signal::CONT).unwrap();
        assert_eq!(talking.next(), "got SIGCONT", "after {name}");
    }
    let witness = talking.witnesses();
    rustix::process::kill_process_group(talking.driver(), Signal::INT).unwrap();
    assert_eq!(talking.next(), "got SIGINT");
    talking.settle(&witness);
    rustix::process::kill_process(talking.driver(), Signal::TERM).unwrap();
    let (rest, code) = talking.rest();
    assert_eq!((rest.as_str(), code), ("got SIGTERM", Some(7)));
    assert_eq!(world.left_behind(), 0);
}

/// On a busy machine a signal comes while the one before it is still being looked at.
#[test]
fn signals_to_the_group_that_come_close_together_reach_the_child_once() {
    let world = World::new();
    let mut talking = Talking::start(world.driver(600, 9, &["prod"]));
    for _ in 0..5 {
        let witness = talking.witnesses();
        // The driver gets to both only when it goes on; the child has them at once.
        rustix::process::kill_process(talking.driver(), Signal::STOP).unwrap();
        for name in ["USR2", "HUP", "USR1"] {
            let signal = match name {
                "USR2" => Signal::USR2,
                "HUP" => Signal::HUP,
                _ => Signal::USR1,
            };
            rustix::process::kill_process_group(talking.driver(), signal).unwrap();
            assert_eq!(talking.next(), format!("got SIG{name}"));
        }
        rustix::process::kill_process(talking.driver(), Signal::CONT).unwrap();
        talking.settle(&witness);
        // It is through with all three when one that was sent to it alone arrives.
        rustix::process::kill_process(talking.driver(), Signal::ALARM).unwrap();
        assert_eq!(talking.next(), "got SIGALRM");
        rustix::process::kill_process(talking.child, Signal::CONT).unwrap();
        assert_eq!(talking.next(), "got SIGCONT");
    }
    rustix::process::kill_process(talking.driver(), Signal::TERM).unwrap();
    assert_eq!(talking.rest(), ("got SIGTERM".to_owned(), Some(7)));
}

#[test]
fn a_child_whose_parent_is_killed_is_told_and_ends() {
    let world = World::new();
    let talking = Talking::start(world.driver(600, 9, &["prod"]));
    rustix::process::kill_process(talking.driver(), Signal::KILL).unwrap();
    let (rest, _) = talking.rest();
    assert_eq!(rest, "got SIGTERM");
    assert_eq!(world.left_behind(), 1, "nobody could clean up");
    let next = world.driver(600, 9, &["prod"]).arg("true").status().unwrap();
    assert!(next.success());
    assert_eq!(world.left_behind(), 0, "the next one does");
}

#[test]
fn what_was_ignored_stays_ignored() {
    let world = World::new();
    let mut command = world.bare("/usr/bin/nohup");
    command.arg(DRIVER).args(["run", "600", "600", "9", "prod", "--"]);
    let mut talking = Talking::start(command);
    rustix::process::kill_process(talking.driver(), Signal::HUP).unwrap();
    rustix::process::kill_process(talking.driver(), Signal::USR1).unwrap();
    assert_eq!(talking.next(), "got SIGUSR1");
    rustix::process::kill_process(talking.driver(), Signal::TERM).unwrap();
    assert_eq!(talking.rest().1, Some(7));
}

#[test]
fn exit_codes_are_the_commands_own() {
    let world = World::new();
    let folder = world.home.path().join("folder");
    fs::create_dir(&folder).unwrap();
    let file = world.home.path().join("file");
    fs::write(&file, "no program").unwrap();
    let shell = |line: &str| world.driver(600, 9, &["prod"]).args(["sh", "-c", line]).output().unwrap();
    let code = |program: &Path| world.driver(600, 9, &["prod"]).arg(program).output().unwrap().status.code();
    assert_eq!(shell("exit 0").status.code(), Some(0));
    assert_eq!(shell("exit 42").status.code(), Some(42));
    assert_eq!(shell("kill -TERM $$").status.code(), Some(143));
    assert_eq!(shell("kill -KILL $$").status.code(), Some(137));
    assert_eq!(shell("kill -SEGV $$").status.code(), Some(139));
    assert_eq!(code(Path::new("no-such-command")), Some(127));
    assert_eq!(code(&folder), Some(126));
    assert_eq!(code(&file), Some(126));
    // `kill 0` signals the test runner's group, so it gets a group of its own.
    let group = world
        .bare("/usr/bin/setsid")
        .args(["-w", DRIVER, "run", "600", "600", "9", "prod", "--"])
        .args(["sh", "-c", "trap 'n=x$n' TERM; kill 0; sleep 0.3; echo $n"])
        .output()
        .unwrap();
    assert_eq!(text(&group), "x\n");
    assert_eq!(world.left_behind(), 0);
}

#[test]
fn arguments_and_streams_pass_untouched() {
    let world = World::new();
    let output = world
        .driver(600, 9, &["prod"])
        .args(["printf", "<%s>", "a b", "", "$HOME", "*", "--", "-x", "\u{e4}\n"])
        .output()
        .unwrap();
    assert_eq!(text(&output), "<a b><><$HOME><*><--><-x><\u{e4}\n>");
    let line = |line: &str| {
        let line = line.replace("D ", &format!("{DRIVER} run 600 600 9 prod -- "));
        text(&world.bare("/bin/sh").args(["-c", &line]).output().unwrap())
    };
    assert_eq!(line("printf 'in\\0put' | D cat | tr '\\0' 0"), "in0put");
    assert_eq!(line("D true <&-; echo $?"), "0\n");
    assert_eq!(line("D true >&-; echo $?"), "0\n");
    assert_eq!(line("D true 2>&-; echo $?"), "0\n");
    assert_eq!(line("D sh -c 'cat <&3' 3<<X\nthird\nX"), "third\n");
    assert_eq!(line("yes | D head -1"), "y\n");
    assert_eq!(line("D yes | head -1"), "y\n");
    // The reader sees the end when the child closes its output, not when it exits.
    assert_eq!(
        line("D sh -c 'exec >&-; sleep 3; touch late' | { cat; test -e late || echo early; }"),
        "early\n"
    );
    // The writer notices when the child closes its input.
    let told = "{ sleep 0.5; yes 2>/dev/null; test -e later || echo told >&2; } | D sh -c 'exec <&-; sleep 3; touch later'";
    assert_eq!(line(told), "told\n");
}

#[test]
fn a_child_that_leaves_a_daemon_ends_there_and_the_endpoint_with_it() {
    let world = World::new();
    let note = world.home.path().join("note");
    let ask = "import os, urllib.request as r; r.urlopen(os.environ['AWS_CONTAINER_CREDENTIALS_FULL_URI'])";
    let line = format!(
        "setsid sh -c 'sleep 1; {} -c \"{}\" 2>&1 | tail -1 >{}' >/dev/null 2>&1 </dev/null & exit 5",
        python().display(),
        ask.replace('\'', "\\\""),
        note.display()
    );
    let output = world.driver(600, 9, &["prod"]).args(["sh", "-c", &line]).output().unwrap();
    assert_eq!(output.status.code(), Some(5));
    assert!(!note.exists(), "it did not wait for the daemon");
    for _ in 0..100 {
        if fs::read_to_string(&note).is_ok_and(|note| !note.is_empty()) {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    let note = fs::read_to_string(&note).unwrap();
    assert!(note.contains("Connection refused"), "{note}");
}

#[test]
fn no_secret_is_in_anybodys_arguments_and_no_process_is_left() {
    let world = World::new();
    let line = "cat $AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE; echo; basename $AWS_CONTAINER_CREDENTIALS_FULL_URI; \
                echo $PPID; cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' '; echo; echo STATES; \
                cat /proc/[0-9]*/stat 2>/dev/null";
    let output = world.driver(600, 9, &["prod"]).args(["sh", "-c", line]).output().unwrap();
    let said = text(&output);
    let (head, states) = said.split_once("\nSTATES\n").unwrap();
    let mut head = head.lines();
    let (token, path, parent) = (head.next().unwrap(), head.next().unwrap(), head.next().unwrap());
    assert_eq!((token.len(), path.len()), (43, 43));
    let arguments: String = head.collect();
    assert!(arguments.contains("internal-child witness"));
    assert!(!arguments.contains(token) && !arguments.contains(path), "{arguments}");
    // proc(5): the state and the parent follow the name in parentheses.
    let zombie = format!(") Z {parent} ");
    assert!(!states.contains(&zombie), "{states}");
    assert!(states.contains(&format!(") R {parent} ")) || states.contains(&format!(") S {parent} ")));
}
