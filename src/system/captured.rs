//! Runs a child whose output is kept, for a caller without a terminal. It has no input and ends together with the
//! processes that it started.

use std::io;
use std::path::Path;
use std::process::ExitStatus;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::AsyncRead;
use tokio::io::AsyncReadExt;
use tokio::process::Child;

use super::processes::Command;
#[cfg(unix)]
use super::supervise::keeper;
#[cfg(unix)]
use super::supervise::keeper::Line;

/// How long the output may go on after the child has ended.
const AFTERWARDS: Duration = Duration::from_secs(1);

/// The limits of a child.
#[derive(Debug, Clone, Copy)]
pub struct Within<'a> {
    /// Its working folder.
    pub folder: &'a Path,
    /// The program that keeps it: this one. Without it, the command outlives this process if that is killed.
    pub keeper: Option<&'a Path>,
    /// The longest run time.
    pub time: Duration,
    /// How many bytes are kept of the beginning, and of the end, of each output.
    pub kept: usize,
}

/// The result of a child.
#[derive(Debug, Clone, Default)]
pub struct Captured {
    /// The exit code; `128 + n` after signal `n`. `None` if its time ran out.
    pub code: Option<i32>,
    /// Its standard output.
    pub stdout: Kept,
    /// Its standard error.
    pub stderr: Kept,
}

/// The beginning and the end of an output.
#[derive(Debug, Clone, Default)]
pub struct Kept {
    /// The first bytes.
    pub head: Vec<u8>,
    /// The last bytes after those.
    pub tail: Vec<u8>,
    /// How many bytes between them were left out.
    pub left_out: u64,
}

impl Kept {
    /// An output that is there as a whole.
    pub fn of(bytes: &[u8], most: usize) -> Self {
        let mut kept = Self::default();
        kept.add(bytes, most);
        kept.finish(most);
        kept
    }

    fn add(&mut self, part: &[u8], most: usize) {
        let (head, rest) = part.split_at(part.len().min(most.saturating_sub(self.head.len())));
        self.head.extend_from_slice(head);
        self.tail.extend_from_slice(rest);
        // Moved seldom: only once the tail is twice as long as what is kept of it.
        if self.tail.len() > most.saturating_mul(2) {
            self.finish(most);
        }
    }

    fn finish(&mut self, most: usize) {
        let over = self.tail.len().saturating_sub(most);
        self.tail.drain(..over);
        self.left_out += over as u64;
    }
}

/// Runs a command in a process group of its own, under a keeper if there is one. The command and its descendants are killed when
/// its time runs out, when the future is dropped, and when the command has ended. Without a keeper, only its group is killed then,
/// and nothing is if this process is killed.
pub(super) async fn run(command: &Command, within: &Within<'_>) -> io::Result<Captured> {
    if !within.folder.is_dir() {
        let folder = within.folder.display();
        return Err(io::Error::new(io::ErrorKind::NotADirectory, format!("there is no folder {folder}")));
    }
    let (mut child, mut family) = start(command, within).await?;
    let (mut stdout, mut stderr) = (Kept::default(), Kept::default());
    let (out, err) = (child.stdout.take(), child.stderr.take());
    let code = {
        let reading =
            async { tokio::join!(read(out, &mut stdout, within.kept), read(err, &mut stderr, within.kept)) };
        let waiting = async {
            tokio::select! {
                status = child.wait() => status.map(Some),
                () = tokio::time::sleep(within.time) => Ok(None),
            }
        };
        tokio::pin!(reading, waiting);
        let mut is_read = false;
        let status = loop {
            tokio::select! {
                status = &mut waiting => break status?,
                _ = &mut reading, if !is_read => is_read = true,
            }
        };
        if let Some(status) = status {
            family.has_lost_its_leader(status);
        }
        family.end();
        if !is_read {
            let _ = tokio::time::timeout(AFTERWARDS, &mut reading).await;
        }
        status.map(super::processes::code_of)
    };
    stdout.finish(within.kept);
    stderr.finish(within.kept);
    Ok(Captured { code, stdout, stderr })
}

/// Starts the command, and returns once it runs.
async fn start(command: &Command, within: &Within<'_>) -> io::Result<(Child, Family)> {
    let spawn = |child: std::process::Command| {
        let mut child = tokio::process::Command::from(child);
        child.stdout(Stdio::piped()).stderr(Stdio::piped()).current_dir(within.folder);
        child
    };
    #[cfg(unix)]
    if let Some(program) = within.keeper {
        let (keeper, here) = keeper::under(program, command)?;
        let child = spawn(keeper).spawn()?;
        let mut family = Family { leader: child.id(), command: None, line: Some(Line::take(here)?) };
        if let Some(line) = &mut family.line {
            family.command = Some(line.started().await?);
        }
        return Ok((child, family));
    }
    let mut child = super::processes::RealProcesses::build(command);
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut child, 0);
    child.stdin(Stdio::null());
    let child = spawn(child).kill_on_drop(true).spawn()?;
    #[cfg(unix)]
    let family =
        Family { leader: child.id(), command: child.id().and_then(|id| i32::try_from(id).ok()), line: None };
    #[cfg(not(unix))]
    let family = Family {};
    Ok((child, family))
}

async fn read(stream: Option<impl AsyncRead + Unpin>, kept: &mut Kept, most: usize) {
    let Some(mut stream) = stream else { return };
    let mut part = vec![0; 32 << 10];
    while let Ok(count) = stream.read(&mut part).await
        && count > 0
    {
        kept.add(part.get(..count).unwrap_or_default(), most);
    }
}

/// A command and its descendants, which are killed when this is dropped. On Windows the command alone is killed, by
/// `kill_on_drop`.
struct Family {
    /// The process id of the direct child: the keeper, else the command.
    #[cfg(unix)]
    leader: Option<u32>,
    /// The id of the command, and so of its group.
    #[cfg(unix)]
    command: Option<i32>,
    /// The line to the keeper.
    #[cfg(unix)]
    line: Option<Line>,
}

impl Family {
    /// The direct child has ended, so its id may become another process's.
    #[cfg(unix)]
    fn has_lost_its_leader(&mut self, status: ExitStatus) {
        self.leader = None;
        // A keeper that was not killed has ended everything.
        if self.line.is_some() && status.code().is_some() {
            self.command = None;
        }
    }

    #[cfg(not(unix))]
    fn has_lost_its_leader(&mut self, _: ExitStatus) {}

    #[cfg(unix)]
    fn end(&mut self) {
        let leader = self.leader.take().and_then(|id| i32::try_from(id).ok());
        if let Some(leader) = leader {
            super::descendants::kill_below(leader);
        }
        if let Some(command) = self.command.take() {
            keeper::kill_group(command);
        }
        // The keeper ends what is left, and then itself.
        if let (Some(_), Some(leader)) = (self.line.take(), leader) {
            keeper::wake(leader);
        }
    }

    #[cfg(not(unix))]
    fn end(&mut self) {}
}

impl Drop for Family {
    fn drop(&mut self) {
        self.end();
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn command(program: &str, arguments: &[&str]) -> Command {
        let arguments = arguments.iter().map(Into::into).collect();
        Command { program: program.into(), arguments, environment: crate::system::Environment::of_process() }
    }

    async fn ran(script: &str, time: Duration, kept: usize) -> io::Result<Captured> {
        let within = Within { folder: Path::new("/"), keeper: None, time, kept };
        run(&command("/bin/sh", &["-c", script]), &within).await
    }

    const LONG: Duration = Duration::from_secs(60);

    #[tokio::test]
    async fn code_output_and_empty_input() {
        let captured = ran("cat; pwd; echo no >&2; exit 3", LONG, 100).await.unwrap();
        assert_eq!(captured.code, Some(3));
        assert_eq!(captured.stdout.head, b"/\n");
        assert_eq!(captured.stderr.head, b"no\n");
        assert_eq!(ran("kill -9 $$", LONG, 100).await.unwrap().code, Some(137));
    }

    #[tokio::test]
    async fn the_beginning_and_the_end_of_much_output_stay() {
        let captured = ran("echo begin; head -c 300000 /dev/zero; echo end", LONG, 100).await.unwrap();
        let Kept { head, tail, left_out } = captured.stdout;
        assert_eq!((head.len(), tail.len(), left_out), (100, 100, 300_010 - 200));
        assert!(head.starts_with(b"begin\n") && tail.ends_with(b"end\n"));
        let whole = Kept::of(b"short", 100);
        assert_eq!((whole.head.as_slice(), whole.left_out), (&b"short"[..], 0));
    }

    #[cfg(target_os = "linux")]
    fn is_gone(path: &Path) -> bool {
        let id = std::fs::read_to_string(path).unwrap_or_default();
        let state = std::fs::read_to_string(format!("/proc/{}/stat", id.trim())).unwrap_or_default();
        // On a loaded machine it may not have begun in its second.
        id.is_empty() || state.is_empty() || state.contains(") Z")
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn the_end_of_its_time_ends_its_descendants_in_other_sessions_too() {
        let folder = tempfile::tempdir().unwrap();
        let (inner, outer) = (folder.path().join("inner"), folder.path().join("outer"));
        let script = format!(
            "setsid sh -c 'echo $$ >{}; sleep 600 & wait' & sh -c 'echo $$ >{}; sleep 600' & wait",
            inner.display(),
            outer.display()
        );
        let captured = ran(&script, Duration::from_secs(1), 100).await.unwrap();
        assert_eq!(captured.code, None);
        for _ in 0..500 {
            if is_gone(&inner) && is_gone(&outer) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("a descendant outlived the command");
    }

    #[tokio::test]
    async fn a_process_left_behind_does_not_hold_the_answer() {
        let captured = ran("sleep 600 & echo done", LONG, 100).await.unwrap();
        assert_eq!((captured.code, captured.stdout.head.as_slice()), (Some(0), &b"done\n"[..]));
    }

    #[tokio::test]
    async fn a_folder_that_is_not_there_is_named() {
        let within = Within { folder: Path::new("/nowhere"), keeper: None, time: LONG, kept: 10 };
        let error = run(&command("/bin/true", &[]), &within).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotADirectory);
    }
}
