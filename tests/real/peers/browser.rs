//! Chromium with a virtual authenticator, driven through `tests/peers/browser.mjs`.

use std::io::BufRead;
use std::io::BufReader;
use std::io::Write;
use std::path::Path;
use std::process::Child;
use std::process::ChildStdin;
use std::process::ChildStdout;
use std::process::Command;
use std::process::Stdio;

use serde_json::Value;
use serde_json::json;

use super::peers;
use super::tool;

/// A running browser. It ends when dropped, because its standard input ends.
pub struct Browser {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Browser {
    /// Starts a browser with an empty profile.
    pub fn start() -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers/browser.mjs");
        let mut child = Command::new(tool("node"))
            .arg(script)
            .env("JIT_PEERS", peers())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let input = child.stdin.take();
        let output = BufReader::new(child.stdout.take().unwrap());
        Self { child, input, output }
    }

    /// Sends a command and waits for its answer.
    #[track_caller]
    pub fn ask(&mut self, command: &str, mut rest: Value) -> Value {
        self.send(command, &mut rest);
        self.answer()
    }

    /// Sends a command whose answer is read later.
    pub fn send(&mut self, command: &str, rest: &mut Value) {
        rest["do"] = json!(command);
        writeln!(self.input.as_mut().unwrap(), "{rest}").unwrap();
    }

    /// The answer to the command that was sent.
    #[track_caller]
    pub fn answer(&mut self) -> Value {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        let answer: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}"));
        assert!(answer.get("failed").is_none(), "{}", answer["failed"].as_str().unwrap_or_default());
        answer
    }

    /// Opens an address. Returns the status.
    #[track_caller]
    pub fn open(&mut self, url: &str) -> u64 {
        self.ask("open", json!({"url": url}))["status"].as_u64().unwrap()
    }

    #[track_caller]
    pub fn fill(&mut self, at: &str, text: &str) {
        self.ask("fill", json!({"at": at, "text": text}));
    }

    #[track_caller]
    pub fn click(&mut self, at: &str) {
        self.ask("click", json!({"at": at}));
    }

    /// Waits until such an element with this text is there. Returns its text.
    #[track_caller]
    pub fn wait(&mut self, at: &str, text: &str) -> String {
        self.ask("wait", json!({"at": at, "text": text}))["text"].as_str().unwrap().to_owned()
    }

    /// The visible text.
    #[track_caller]
    pub fn text(&mut self, at: &str) -> String {
        self.ask("text", json!({"at": at}))["text"].as_str().unwrap().to_owned()
    }

    /// Runs a function of the page's own world on a value.
    #[track_caller]
    pub fn run(&mut self, script: &str, value: &Value) -> Value {
        self.ask("run", json!({"script": script, "value": value}))["value"].clone()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        drop(self.input.take());
        let _ = self.child.wait();
    }
}
