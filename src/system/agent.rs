//! The ssh-agent: one message out, one message back (draft-ietf-sshm-ssh-agent §3). It does not interpret the bytes.

use std::io;
use std::io::Read;
use std::io::Write;
use std::path::PathBuf;
use std::sync::mpsc;
use std::time::Duration;

use super::Environment;

/// The longest response that is read, in bytes. OpenSSH's own agent and clients have the same limit.
pub const MAX_ANSWER: usize = 256 * 1024;

/// Why there is no response from the agent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AgentError {
    /// `SSH_AUTH_SOCK` is not set.
    #[error("no ssh-agent is running: SSH_AUTH_SOCK is not set")]
    Absent,
    /// The socket cannot be opened.
    #[error("the ssh-agent at {socket} cannot be reached: {cause}")]
    Unreachable {
        /// The socket's path.
        socket: String,
        /// The operating system's error.
        cause: String,
    },
    /// No response within this many seconds.
    #[error("the ssh-agent did not answer within {0} seconds")]
    TimeOut(u64),
    /// The agent refused: its owner declined, or it is locked, or the key is gone.
    #[error("the ssh-agent refuses: {0}")]
    Refused(String),
    /// The response is longer than [`MAX_ANSWER`] or ends too early.
    #[error("the ssh-agent's answer is damaged: {0}")]
    Damaged(String),
}

/// A connection to an ssh-agent. Calls block, at most for the given limit.
pub trait Agent: Send + Sync {
    /// Sends the body of one message (type byte and contents, without its length). Returns the body of the response.
    fn exchange(&self, message: &[u8], limit: Duration) -> Result<Vec<u8>, AgentError>;
}

/// The agent behind `SSH_AUTH_SOCK`. On Windows, without the variable, OpenSSH's named pipe.
pub struct SocketAgent(Option<PathBuf>);

impl SocketAgent {
    /// The agent that this environment names. Opens nothing yet.
    pub fn of(environment: &Environment) -> Self {
        let pipe = cfg!(windows).then(|| PathBuf::from(r"\\.\pipe\openssh-ssh-agent"));
        Self(environment.get("SSH_AUTH_SOCK").map(PathBuf::from).or(pipe))
    }
}

impl Agent for SocketAgent {
    fn exchange(&self, message: &[u8], limit: Duration) -> Result<Vec<u8>, AgentError> {
        let socket = self.0.clone().ok_or(AgentError::Absent)?;
        let mut frame = u32::try_from(message.len()).unwrap_or(u32::MAX).to_be_bytes().to_vec();
        frame.extend_from_slice(message);
        // Connecting to a socket with a full queue blocks without a time limit, so all of it runs on a thread.
        let (report, answer) = mpsc::channel();
        std::thread::spawn(move || {
            // After the limit nobody receives this.
            let _ = report.send(talk(&socket, &frame, limit));
        });
        match answer.recv_timeout(limit) {
            Ok(answer) => answer,
            Err(_) => Err(AgentError::TimeOut(limit.as_secs())),
        }
    }
}

/// No agent at all, whatever the environment says.
pub struct NoAgent;

impl Agent for NoAgent {
    fn exchange(&self, _: &[u8], _: Duration) -> Result<Vec<u8>, AgentError> {
        Err(AgentError::Absent)
    }
}

fn talk(socket: &std::path::Path, frame: &[u8], limit: Duration) -> Result<Vec<u8>, AgentError> {
    let mut stream = connect(socket, limit).map_err(|error| AgentError::Unreachable {
        // The path comes from the environment and is shown on a terminal.
        socket: format!("{:?}", socket.display().to_string()),
        cause: error.to_string(),
    })?;
    let failed = |error: io::Error| match error.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => AgentError::TimeOut(limit.as_secs()),
        io::ErrorKind::UnexpectedEof => AgentError::Damaged("it ends too early".to_owned()),
        _ => AgentError::Damaged(error.to_string()),
    };
    stream.write_all(frame).map_err(failed)?;
    let mut length = [0; 4];
    stream.read_exact(&mut length).map_err(failed)?;
    let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
    if length == 0 || length > MAX_ANSWER {
        return Err(AgentError::Damaged(format!("it claims to be {length} bytes long")));
    }
    let mut answer = vec![0; length];
    stream.read_exact(&mut answer).map_err(failed)?;
    Ok(answer)
}

#[cfg(unix)]
fn connect(socket: &std::path::Path, limit: Duration) -> io::Result<std::os::unix::net::UnixStream> {
    let stream = std::os::unix::net::UnixStream::connect(socket)?;
    stream.set_read_timeout(Some(limit))?;
    stream.set_write_timeout(Some(limit))?;
    Ok(stream)
}

#[cfg(not(unix))]
fn connect(socket: &std::path::Path, _limit: Duration) -> io::Result<std::fs::File> {
    std::fs::OpenOptions::new().read(true).write(true).open(socket)
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;

    use super::*;

    /// Answers one connection with these bytes, then keeps it open until the test ends.
    fn agent_saying(answer: &'static [u8]) -> (tempfile::TempDir, SocketAgent) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("agent");
        let listener = UnixListener::bind(&path).unwrap();
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut question = [0; 5];
            stream.read_exact(&mut question).unwrap();
            assert_eq!(question, [0, 0, 0, 1, 11]);
            stream.write_all(answer).unwrap();
            let _ = stream.read(&mut question);
        });
        let environment = Environment::of([("SSH_AUTH_SOCK", path.to_str().unwrap())]);
        (folder, SocketAgent::of(&environment))
    }

    #[test]
    fn frames_go_out_and_come_back() {
        let (_folder, agent) = agent_saying(&[0, 0, 0, 2, 12, 7]);
        assert_eq!(agent.exchange(&[11], Duration::from_secs(5)).unwrap(), [12, 7]);
    }

    #[test]
    fn a_stuck_agent_is_given_up() {
        let (_folder, agent) = agent_saying(&[0, 0, 0]);
        let answer = agent.exchange(&[11], Duration::from_millis(50));
        assert_eq!(answer, Err(AgentError::TimeOut(0)));
    }

    #[test]
    fn an_answer_without_end_is_refused() {
        let (_folder, agent) = agent_saying(&[0xff, 0xff, 0xff, 0xff, 1]);
        assert!(matches!(agent.exchange(&[11], Duration::from_secs(5)), Err(AgentError::Damaged(_))));
    }

    #[test]
    fn no_agent_and_no_socket_are_told_apart() {
        let absent = SocketAgent::of(&Environment::default()).exchange(&[11], Duration::from_secs(1));
        assert_eq!(absent, Err(AgentError::Absent));
        let gone = SocketAgent::of(&Environment::of([("SSH_AUTH_SOCK", "/nonexistent/agent")]));
        let gone = gone.exchange(&[11], Duration::from_secs(1));
        assert!(matches!(gone, Err(AgentError::Unreachable { .. })), "{gone:?}");
    }
}
