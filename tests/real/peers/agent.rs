//! OpenSSH's own agent, for one person.

use std::path::Path;
use std::path::PathBuf;
use std::process::Command;

use super::peer::Peer;
use super::script::run;

/// A running ssh-agent. It stops when dropped.
pub struct Agent {
    /// The path for `SSH_AUTH_SOCK`.
    pub socket: PathBuf,
    _peer: Peer,
}

impl Agent {
    /// Starts an empty agent with its socket in this folder.
    pub fn start(folder: &Path) -> Self {
        let socket = folder.join("agent.sock");
        let mut command = Command::new("ssh-agent");
        command.arg("-D").arg("-a").arg(&socket);
        let peer = Peer::start("ssh-agent", &command, folder);
        let agent = Self { socket, _peer: peer };
        // Exit code 1 is an agent without keys, 2 is no agent.
        agent._peer.wait_until("it answers", || run(agent.add().arg("-l"), b"").code == 1);
        agent
    }

    /// Gives it a private key, and deletes the file: from here on only the agent signs.
    pub fn take(&self, key: &Path) {
        run(self.add().args(["-q"]).arg(key), b"").ok();
        std::fs::remove_file(key).unwrap();
    }

    fn add(&self) -> Command {
        let mut command = Command::new("ssh-add");
        command.env("SSH_AUTH_SOCK", &self.socket);
        command
    }
}
