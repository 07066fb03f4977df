//! A program that runs beside a test and never outlives it.

use std::fs;
use std::fs::File;
use std::io::Read;
use std::io::Write;
use std::net::TcpStream;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::path::PathBuf;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::time::Duration;
use std::time::Instant;

/// How long a program may take until it answers: ten times what the slowest needs on two idle cores.
const READY: Duration = Duration::from_secs(40);

/// Starts the program in the background and kills its whole group when standard input ends: when the [`Peer`] is dropped,
/// and also when the test process is killed.
const LIFELINE: &str = r#""$@" </dev/null & while read -r _; do :; done; kill -KILL -$$"#;

/// A running program.
pub struct Peer {
    lifeline: Child,
    log: PathBuf,
    name: String,
}

impl Peer {
    /// Starts a program in this folder, where its output goes to `<name>.log`.
    pub fn start(name: &str, command: &Command, folder: &Path) -> Self {
        let log = folder.join(format!("{name}.log"));
        let output = File::create(&log).unwrap();
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", LIFELINE, name]).arg(command.get_program()).args(command.get_args());
        for (variable, value) in command.get_envs() {
            match value {
                Some(value) => shell.env(variable, value),
                None => shell.env_remove(variable),
            };
        }
        let lifeline = shell
            .current_dir(command.get_current_dir().unwrap_or(folder))
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(output.try_clone().unwrap())
            .stderr(output)
            .spawn()
            .unwrap();
        Self { lifeline, log, name: name.to_owned() }
    }

    /// Its output so far.
    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Polls until the condition holds.
    #[track_caller]
    pub fn wait_until(&self, what: &str, mut ready: impl FnMut() -> bool) {
        let began = Instant::now();
        while !ready() {
            if began.elapsed() > READY {
                let log = self.log();
                let tail: Vec<&str> = log.lines().rev().take(40).collect();
                let tail: Vec<&str> = tail.into_iter().rev().collect();
                panic!(
                    "{} was not ready ({what}) after {READY:?}; its output ends:\n{}",
                    self.name,
                    tail.join("\n")
                );
            }
            // The sleep only leaves the processor to the polled program.
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        drop(self.lifeline.stdin.take());
        let _ = self.lifeline.wait();
    }
}

/// Polls until the condition holds, for conditions without a program of their own.
#[track_caller]
pub fn wait_for(what: &str, mut ready: impl FnMut() -> bool) {
    let began = Instant::now();
    while !ready() {
        assert!(began.elapsed() < READY, "waited {READY:?} for {what}");
        // The sleep only leaves the processor to the polled program.
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The status code of a plain `GET`. `None` if nothing answers.
pub fn status_of(port: u16, path: &str) -> Option<u16> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    write!(stream, "GET {path} HTTP/1.0\r\nHost: 127.0.0.1:{port}\r\n\r\n").ok()?;
    let mut head = [0; 12];
    stream.read_exact(&mut head).ok()?;
    std::str::from_utf8(&head).ok()?.rsplit(' ').next()?.parse().ok()
}
