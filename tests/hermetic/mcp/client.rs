//! A client of `jit mcp` that writes lines and reads lines, as any client does.

use std::sync::Arc;
use std::time::Duration;

use jit::system::System;
use jit::system::processes::RealProcesses;
use serde_json::Value;
use serde_json::json;
use tokio::io::AsyncBufReadExt;
use tokio::io::AsyncWriteExt;
use tokio::io::BufReader;
use tokio::io::DuplexStream;
use tokio::io::ReadHalf;
use tokio::io::WriteHalf;
use tokio::task::JoinHandle;

use crate::cli::real::StandingClock;
use crate::cli::real::Team;
use crate::cli::stage::Person;
use crate::support::watched_log;

/// So long may any answer take before a test gives up.
const PATIENCE: Duration = Duration::from_secs(120);

pub struct Client {
    reading: BufReader<ReadHalf<DuplexStream>>,
    writing: Option<WriteHalf<DuplexStream>>,
    server: JoinHandle<u8>,
    last: u64,
    /// Every line that was no answer to a call of this client.
    pub told: Vec<Value>,
}

impl Client {
    /// A server for this person, without any greeting. Its commands are real ones.
    pub fn bare(person: &Person, team: &Team) -> Self {
        let stream = person.world.stdio.connect();
        let (reading, writing) = tokio::io::split(stream);
        let mut system = System {
            clock: Arc::new(StandingClock(team.clock.clone())),
            processes: Arc::new(RealProcesses),
            ..person.world.system.clone()
        };
        // It keeps the commands.
        system.files.executable = env!("CARGO_BIN_EXE_jit").into();
        let server = tokio::spawn(async move { jit::cli::run_async(vec!["mcp".into()], &system).await });
        Self { reading: BufReader::new(reading), writing: Some(writing), server, last: 0, told: Vec::new() }
    }

    /// The same, after the greeting.
    pub async fn of(person: &Person, team: &Team) -> Self {
        Self::with(person, team, "2025-11-25", json!({})).await
    }

    /// The same for a client of this version, with these capabilities.
    pub async fn with(person: &Person, team: &Team, version: &str, capabilities: Value) -> Self {
        let mut client = Self::bare(person, team);
        let greeting = json!({
            "protocolVersion": version,
            "capabilities": capabilities,
            "clientInfo": { "name": "test", "version": "1" },
        });
        let answer = client.ask("initialize", greeting).await;
        assert_eq!(answer["result"]["protocolVersion"], version, "{answer}");
        client.send(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" })).await;
        client
    }

    pub async fn send_raw(&mut self, bytes: &[u8]) {
        self.writing.as_mut().unwrap().write_all(bytes).await.unwrap();
    }

    pub async fn send(&mut self, message: &Value) {
        self.send_raw(format!("{message}\n").as_bytes()).await;
    }

    /// Sends a request. Returns its id.
    pub async fn begin(&mut self, method: &str, params: Value) -> u64 {
        self.last += 1;
        let id = self.last;
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params })).await;
        id
    }

    /// Begins a call of a tool.
    pub async fn begin_call(&mut self, tool: &str, arguments: Value) -> u64 {
        let params = json!({ "name": tool, "arguments": arguments, "_meta": { "progressToken": "p" } });
        self.begin("tools/call", params).await
    }

    /// The next line, each of which is one JSON object. `None` at the end.
    pub async fn next(&mut self) -> Option<Value> {
        let mut line = String::new();
        let read = tokio::time::timeout(PATIENCE, self.reading.read_line(&mut line));
        if read.await.expect("the server answers").unwrap() == 0 {
            return None;
        }
        watched_log::nothing_shown(&["mcp"], &line, "");
        let message: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("no JSON: {line}"));
        assert!(message.is_object(), "{message}");
        Some(message)
    }

    /// The answer to a request. Everything else is noted.
    pub async fn answer(&mut self, id: u64) -> Value {
        loop {
            let message = self.next().await.expect("an answer");
            if message["id"] == id && message.get("method").is_none() {
                return message;
            }
            self.told.push(message);
        }
    }

    pub async fn ask(&mut self, method: &str, params: Value) -> Value {
        let id = self.begin(method, params).await;
        self.answer(id).await
    }

    /// Calls a tool. Returns its result, or the error of the protocol.
    pub async fn call(&mut self, tool: &str, arguments: Value) -> Value {
        let id = self.begin_call(tool, arguments).await;
        self.result(id).await
    }

    /// The structured content of a call's answer, which says the same as its text. An error of the protocol as it is.
    pub async fn result(&mut self, id: u64) -> Value {
        let answer = self.answer(id).await;
        let Some(result) = answer.get("result") else { return answer["error"].clone() };
        let structured = result["structuredContent"].clone();
        let is_error = structured.get("error").is_some();
        assert_eq!(result["isError"] == true, is_error, "{answer}");
        let text = result["content"][0]["text"].as_str().unwrap();
        if is_error {
            assert!(text.starts_with("error: "), "{text}");
        } else {
            let read: Value = serde_json::from_str(text).unwrap();
            // Notes are added afterwards.
            let members = read.as_object().unwrap();
            assert!(members.iter().all(|(name, value)| structured[name] == *value), "{text}");
        }
        structured
    }

    /// The client goes away. Returns the server's exit code.
    pub async fn leave(mut self) -> u8 {
        drop(self.writing.take().unwrap());
        drop(self.reading);
        tokio::time::timeout(PATIENCE, self.server).await.expect("the server ends").unwrap()
    }

    /// The same for a client that still reads. Returns every line that came.
    pub async fn close(mut self) -> (u8, Vec<Value>) {
        let mut writing = self.writing.take().unwrap();
        writing.shutdown().await.unwrap();
        let mut lines = Vec::new();
        while let Some(line) = self.next().await {
            lines.push(line);
        }
        let code = tokio::time::timeout(PATIENCE, self.server).await.expect("the server ends").unwrap();
        (code, lines)
    }
}
