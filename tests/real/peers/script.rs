//! Programs that run to completion: the AWS clients, and the scripts in `tests/peers`.

use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::process::Stdio;

use serde_json::Value;

use super::peers;
use super::tool;

/// The result of a program.
#[derive(Debug)]
pub struct Ended {
    /// Its exit code, or -1 if a signal ended it.
    pub code: i32,
    /// Its standard output.
    pub stdout: String,
    /// Its standard error.
    pub stderr: String,
}

impl Ended {
    /// The standard output of a program, which must have succeeded.
    pub fn ok(self) -> String {
        assert_eq!(self.code, 0, "{self:?}");
        self.stdout
    }

    /// The output of a program, which must have failed.
    pub fn refused(self) -> String {
        assert_ne!(self.code, 0, "{self:?}");
        self.stdout + &self.stderr
    }
}

/// Runs a program to completion on this input.
pub fn run(command: &mut Command, input: &[u8]) -> Ended {
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // A program that fails early does not read its input.
    let _ = child.stdin.take().unwrap().write_all(input);
    let output = child.wait_with_output().unwrap();
    Ended {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// Calls a script of `tests/peers` (`.py` or `.mjs`): JSON in on standard input, JSON out.
pub fn ask(script: &str, question: &Value) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers").join(script);
    let interpreter = if script.ends_with(".py") { "python" } else { "node" };
    let mut command = Command::new(tool(interpreter));
    command.arg(path).env("JIT_PEERS", peers());
    let answer = run(&mut command, question.to_string().as_bytes()).ok();
    serde_json::from_str(&answer).unwrap_or_else(|error| panic!("{script} answered {answer:?}: {error}"))
}
