//! Runs a step: with bash, or a test's replacement.

use std::collections::BTreeMap;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::process::Stdio;

/// One `run:` step, ready to be run.
#[derive(Debug, Clone)]
pub struct StepCall {
    /// The job's key.
    pub job: String,
    /// The step's name.
    pub name: String,
    /// The script, with its expressions replaced.
    pub script: String,
    /// All variables.
    pub environment: BTreeMap<String, String>,
    /// Its working directory.
    pub folder: PathBuf,
}

/// The result of a step.
#[derive(Debug, Clone, Default)]
pub struct StepEnd {
    /// Its exit code.
    pub code: i32,
    /// Its output, both streams.
    pub log: String,
}

/// Runs steps.
pub trait Shell: Send + Sync {
    /// Runs one step to completion.
    fn run(&self, call: &StepCall) -> StepEnd;
}

/// Bash as the runner starts it for `shell: bash`: `--noprofile --norc -eo pipefail`.
#[derive(Debug, Clone)]
pub struct Bash {
    /// Folders before the machine's own on `PATH`.
    pub path: Vec<PathBuf>,
    /// Variables of the machine, in addition to the runner's.
    pub machine: BTreeMap<String, String>,
    /// The time limit of a step, in seconds.
    pub seconds: u32,
}

impl Default for Bash {
    fn default() -> Self {
        Self { path: Vec::new(), machine: BTreeMap::new(), seconds: 60 }
    }
}

impl Shell for Bash {
    fn run(&self, call: &StepCall) -> StepEnd {
        let script = call.folder.join(".step.sh");
        std::fs::write(&script, &call.script).unwrap();
        let own = self.path.iter().map(|folder| folder.display().to_string());
        let added = call.environment.get("PATH").cloned().into_iter().filter(|path| !path.is_empty());
        let path: Vec<String> = own.chain(added).chain(["/usr/local/bin:/usr/bin:/bin".to_owned()]).collect();
        let mut command = Command::new("timeout");
        command.args(["--kill-after=1", &self.seconds.to_string()]);
        command.args(["bash", "--noprofile", "--norc", "-eo", "pipefail"]).arg(&script);
        command.env_clear().envs(&self.machine).envs(&call.environment).env("PATH", path.join(":"));
        command.current_dir(&call.folder).stdin(Stdio::null());
        match command.output() {
            Ok(output) => StepEnd {
                code: output.status.code().unwrap_or(-1),
                log: String::from_utf8_lossy(&output.stdout).into_owned()
                    + &String::from_utf8_lossy(&output.stderr),
            },
            Err(error) => StepEnd { code: -1, log: error.to_string() },
        }
    }
}

/// Parses one of the runner's files that a step wrote: `name=value` lines and `name<<END` blocks.
///
/// # Errors
/// A line is neither.
pub fn written(file: &Path) -> Result<Vec<(String, String)>, String> {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let mut found = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line.is_empty() {
            continue;
        }
        let equals = line.find('=').unwrap_or(usize::MAX);
        match line.split_once("<<").filter(|(name, _)| name.len() < equals) {
            Some((name, end)) => {
                let mut value = Vec::new();
                loop {
                    match lines.next() {
                        Some(line) if line == end => break,
                        Some(line) => value.push(line),
                        None => return Err(format!("Invalid value. Matching delimiter not found '{end}'")),
                    }
                }
                found.push((name.to_owned(), value.join("\n")));
            }
            None => {
                let (name, value) = line.split_once('=').ok_or_else(|| format!("Invalid format '{line}'"))?;
                found.push((name.to_owned(), value.to_owned()));
            }
        }
    }
    Ok(found)
}
