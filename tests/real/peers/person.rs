//! One person at one machine: a home, a key, a keychain, and the built `jit`.

use std::fs::File;
use std::path::Path;
use std::path::PathBuf;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::sync::Mutex;

use serde_json::Value;

use super::agent::Agent;
use super::broker::JIT;
use super::keyring::Keyring;
use super::script::Ended;
use super::script::run;

/// The signer.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Signs {
    /// An ssh-agent. No file contains the private key.
    Agent,
    /// A key file.
    File,
}

/// A person.
pub struct Person {
    /// The name in the policy.
    pub name: String,
    /// The home folder.
    pub home: PathBuf,
    /// The public key, as one OpenSSH line.
    pub key: String,
    /// The keychain.
    pub keyring: Keyring,
    agent: Option<Agent>,
    environment: Mutex<Vec<(String, String)>>,
    said: Mutex<String>,
}

impl Person {
    /// A person with a new ed25519 key and their own keyring.
    pub fn new(folder: &Path, name: &str, signs: Signs) -> Self {
        let home = folder.join(name);
        std::fs::create_dir_all(home.join(".ssh")).unwrap();
        let key = home.join(".ssh/id_ed25519");
        let mut command = Command::new("ssh-keygen");
        command.args(["-q", "-t", "ed25519", "-N", "", "-C", name, "-f"]).arg(&key);
        run(&mut command, b"").ok();
        let public = std::fs::read_to_string(key.with_extension("pub")).unwrap();
        let agent = (signs == Signs::Agent).then(|| {
            let agent = Agent::start(&home);
            agent.take(&key);
            agent
        });
        // The kernel's keyring belongs to the user who runs the tests, and not to a person of one test.
        std::fs::create_dir_all(home.join("config")).unwrap();
        std::fs::write(home.join("config/authority.toml"), "credentials = \"keychain\"\n").unwrap();
        Self {
            name: name.to_owned(),
            key: public.trim().to_owned(),
            keyring: Keyring::start(&home),
            home,
            agent,
            environment: Mutex::default(),
            said: Mutex::default(),
        }
    }

    /// Sets a variable of the person's shell.
    pub fn set(&self, variable: &str, value: &str) {
        self.environment.lock().unwrap().push((variable.to_owned(), value.to_owned()));
    }

    /// A program in the person's shell.
    pub fn shell(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env_clear().current_dir(&self.home).env("PATH", std::env::var_os("PATH").unwrap());
        command.env("HOME", &self.home).env("DBUS_SESSION_BUS_ADDRESS", &self.keyring.bus);
        command.env("JIT_CONFIG_DIR", self.home.join("config")).env("JIT_STATE_DIR", self.home.join("state"));
        if let Some(agent) = &self.agent {
            command.env("SSH_AUTH_SOCK", &agent.socket);
        }
        command.envs(self.environment.lock().unwrap().iter().map(|(name, value)| (name, value)));
        command
    }

    /// `jit` with these words.
    pub fn jit(&self, words: &[&str]) -> Command {
        let mut command = self.shell(JIT);
        command.args(words);
        command
    }

    /// Runs `jit` to completion.
    pub fn run(&self, words: &[&str]) -> Ended {
        self.finish(&mut self.jit(words))
    }

    /// Runs a prepared command to completion.
    pub fn finish(&self, command: &mut Command) -> Ended {
        let ended = run(command, b"");
        self.heard(&ended);
        ended
    }

    /// Starts `jit` in the background. Its standard error goes to a file that can be read while it runs.
    pub fn start(&self, words: &[&str]) -> Running {
        let log = self.home.join(format!("{}.stderr", words.first().unwrap()));
        let child = self
            .jit(words)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(File::create(&log).unwrap())
            .spawn()
            .unwrap();
        Running { child: Some(child), log }
    }

    /// Logs in with the person's key.
    #[track_caller]
    pub fn log_in(&self, url: &str) {
        self.run(&["login", url, "--as", &self.name]).ok();
    }

    /// Asks without waiting. Returns the request's id.
    #[track_caller]
    pub fn ask(&self, role: &str) -> String {
        self.run(&["request", role, "--reason", "INC-42 orders", "--no-wait", "-y"]).ok().trim().to_owned()
    }

    /// Approves.
    #[track_caller]
    pub fn approve(&self, id: &str) -> String {
        self.run(&["approve", id, "-y"]).ok()
    }

    /// A request's view, as JSON.
    #[track_caller]
    pub fn show(&self, id: &str) -> Value {
        serde_json::from_str(&self.run(&["show", id, "--json"]).ok()).unwrap()
    }

    /// The state of a request.
    #[track_caller]
    pub fn state(&self, id: &str) -> String {
        self.show(id)["state"].as_str().unwrap().to_owned()
    }

    /// The token of the person's session, from the keychain.
    pub fn session(&self, url: &str) -> String {
        self.keyring.lookup(&format!("session:{url}")).unwrap()
    }

    /// Records the output of one of this person's commands.
    pub fn heard(&self, ended: &Ended) {
        self.said.lock().unwrap().push_str(&format!("{}{}", ended.stdout, ended.stderr));
    }

    /// The output of all this person's commands.
    pub fn said(&self) -> String {
        self.said.lock().unwrap().clone()
    }
}

/// A command in the background. It is killed when dropped.
pub struct Running {
    child: Option<Child>,
    log: PathBuf,
}

impl Running {
    /// Its standard error so far.
    pub fn stderr(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }

    /// Waits until it prints this.
    #[track_caller]
    pub fn says(&mut self, text: &str) {
        super::peer::wait_for(&format!("{text:?} in {}", self.log.display()), || {
            let ended = self.child.as_mut().unwrap().try_wait().unwrap();
            let said = self.stderr().contains(text);
            assert!(said || ended.is_none(), "it ended: {}", self.stderr());
            said
        });
    }

    /// Waits until it has ended.
    pub fn end(mut self) -> Ended {
        let output = self.child.take().unwrap().wait_with_output().unwrap();
        Ended {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: self.stderr(),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Every file below a folder, with its content.
pub fn files_below(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            found.extend(files_below(&entry.path()));
        } else if kind.is_file() {
            found.push((entry.path(), std::fs::read(entry.path()).unwrap_or_default()));
        }
    }
    found
}
