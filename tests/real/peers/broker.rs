//! `jit serve` itself: the built program, on a loopback port, with its own folders.

use std::path::Path;
use std::path::PathBuf;
use std::process::Command;

use http::Method;
use jit::system::Http;
use jit::system::http::Client;
use jit::system::http::Request;
use serde_json::Value;
use serde_json::json;

use super::peer::Peer;
use super::peer::status_of;
use super::peer::wait_for;
use super::script::Ended;
use super::script::ask;
use super::script::run;
use crate::support::ports::free_ports;

/// The tested program.
pub const JIT: &str = env!("CARGO_BIN_EXE_jit");

/// A broker that can be killed and restarted, always at the same address on the same folders.
pub struct Broker {
    /// Its address, which is the issuer's name in tokens.
    pub url: String,
    port: u16,
    folder: PathBuf,
    running: Option<Peer>,
    runs: usize,
    environment: Vec<(String, String)>,
    wrapper: Vec<String>,
    flags: Vec<String>,
}

impl Broker {
    /// An unstarted broker in this folder, with an empty policy.
    pub fn new(folder: &Path) -> Self {
        let [port] = free_ports();
        std::fs::create_dir_all(folder.join("policy/roles")).unwrap();
        Self {
            url: format!("http://127.0.0.1:{port}"),
            port,
            folder: folder.to_owned(),
            running: None,
            runs: 0,
            environment: vec![("JIT_LOG".to_owned(), "info".to_owned())],
            wrapper: Vec::new(),
            flags: Vec::new(),
        }
    }

    /// Writes one file of the policy.
    pub fn write_policy(&self, path: &str, text: &str) {
        std::fs::write(self.folder.join("policy").join(path), text).unwrap();
    }

    /// Sets a variable for every later start.
    pub fn set(&mut self, variable: &str, value: &str) {
        self.environment.retain(|(name, _)| name != variable);
        self.environment.push((variable.to_owned(), value.to_owned()));
    }

    /// Removes a variable for every later start.
    pub fn unset(&mut self, variable: &str) {
        self.environment.retain(|(name, _)| name != variable);
    }

    /// Sets a program that becomes the broker at every later start: the words before its own.
    pub fn wrap(&mut self, words: &[&str]) {
        self.wrapper = words.iter().map(|word| (*word).to_owned()).collect();
    }

    /// Serves the approval page at every later start, at a name that passkeys can belong to.
    pub fn serve_page(&mut self) {
        self.url = format!("http://localhost:{}", self.port);
        self.flags.push("--web".to_owned());
    }

    /// Sets more flags for every later start.
    pub fn flags(&mut self, words: &[&str]) {
        self.flags = words.iter().map(|word| (*word).to_owned()).collect();
    }

    fn command(&self) -> Command {
        let mut words = self.wrapper.clone();
        words.push(JIT.to_owned());
        let mut command = Command::new(words.remove(0));
        command.args(words).arg("serve");
        for (flag, folder) in [("--policy", "policy"), ("--data", "data"), ("--keys", "keys")] {
            command.arg(flag).arg(self.folder.join(folder));
        }
        command.args(["--listen", &format!("127.0.0.1:{}", self.port), "--url", &self.url]);
        command.args(&self.flags);
        for (name, _) in std::env::vars_os() {
            command.env_remove(name);
        }
        command.env("PATH", std::env::var_os("PATH").unwrap()).env("HOME", &self.folder);
        command
            .env("JIT_CONFIG_DIR", self.folder.join("config"))
            .env("JIT_STATE_DIR", self.folder.join("state"));
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Starts it and waits until it answers.
    pub fn start(&mut self) {
        self.runs += 1;
        let peer = Peer::start(&format!("broker-{}", self.runs), &self.command(), &self.folder);
        peer.wait_until("it answers", || status_of(self.port, "/healthz") == Some(200));
        self.running = Some(peer);
    }

    /// Starts it where it must fail. Returns its output.
    pub fn fails_to_start(&self) -> Ended {
        run(&mut self.command(), b"")
    }

    /// Kills it with SIGKILL, in the middle of its work.
    pub fn kill(&mut self) {
        let folder = PathBuf::from(format!("/proc/{}", self.process()));
        self.running = None;
        // A killed process releases its port and its locks when the last of its threads has ended, a moment later.
        wait_for("the broker is gone", || {
            let status = std::fs::read_to_string(folder.join("stat")).unwrap_or_default();
            let threads = std::fs::read_dir(folder.join("task")).map_or(0, Iterator::count);
            let state = status.rsplit(") ").next().unwrap_or_default();
            threads <= 1 && (state.is_empty() || state.starts_with(['Z', 'X']))
        });
    }

    /// Its process id.
    pub fn process(&self) -> u32 {
        let line = format!("127.0.0.1:{}", self.port);
        let mut found = processes(|words| words.contains(&line.as_str()) && words.contains(&"serve"));
        // The shell that holds its lifeline has the same words, and one more before them.
        found.retain(|(_, words)| words.first().is_some_and(|program| program == JIT));
        assert_eq!(found.len(), 1, "{found:?}");
        found[0].0
    }

    /// Its output, in all its runs.
    pub fn log(&self) -> String {
        (1..=self.runs)
            .map(|run| std::fs::read_to_string(self.folder.join(format!("broker-{run}.log"))).unwrap())
            .collect()
    }

    /// Makes a call by hand. Returns status and body.
    pub fn call(&self, method: Method, path: &str, session: &str) -> (u16, String) {
        let request = Request::new(method, format!("{}{path}", self.url))
            .header("authorization", format!("Bearer {session}"));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let answer = runtime.block_on(Client::default().send(request)).unwrap();
        (answer.status, String::from_utf8_lossy(&answer.body).into_owned())
    }

    /// Its database.
    pub fn database(&self) -> PathBuf {
        self.folder.join("data/broker.db")
    }

    /// The events in its database, read by SQLite's own library and checked for gaps and broken links.
    pub fn events(&self) -> Vec<Value> {
        Self::events_in(&self.database())
    }

    fn events_in(database: &Path) -> Vec<Value> {
        let log = ask("read_log.py", &json!({"database": database}));
        assert_eq!(log["faults"], json!([]), "{log}");
        log["events"].as_array().unwrap().clone()
    }

    /// The changes of requests, in order: words such as `asked` and `minted`.
    pub fn changes(&self) -> Vec<String> {
        Self::changes_in(&self.database())
    }

    /// The same, if only the broker can see its database at its path.
    pub fn changes_in(database: &Path) -> Vec<String> {
        Self::events_in(database)
            .iter()
            .filter_map(|event| event["change"].as_str().map(str::to_owned))
            .collect()
    }
}

/// The processes of this machine with matching command lines.
pub fn processes(fits: impl Fn(&[&str]) -> bool) -> Vec<(u32, Vec<String>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let Ok(process) = entry.file_name().to_string_lossy().parse::<u32>() else { continue };
        let line = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let line = String::from_utf8_lossy(&line).into_owned();
        let words: Vec<&str> = line.trim_end_matches('\0').split('\0').collect();
        if fits(&words) {
            found.push((process, words.into_iter().map(str::to_owned).collect()));
        }
    }
    found
}
