//! Runs a child whose output is kept, for a caller without a terminal. It has no input and ends together with the
//! processes that it started.

#[cfg(unix)]
use std::collections::BTreeSet;
use std::io;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::AsyncRead;
use tokio::io::AsyncReadExt;

/// How long the output may go on after the child has ended.
const AFTERWARDS: Duration = Duration::from_secs(1);
/// How often the child's descendants are looked for before they are killed.
#[cfg(unix)]
const ROUNDS: usize = 8;

/// The limits of a child.
#[derive(Debug, Clone, Copy)]
pub struct Within<'a> {
    /// Its working folder.
    pub folder: &'a Path,
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

/// Runs a child in a process group of its own. The child and its descendants are killed when the time runs out, when the
/// future is dropped, and, as far as they are in its group, when the child has ended.
pub(super) async fn run(child: std::process::Command, within: &Within<'_>) -> io::Result<Captured> {
    if !within.folder.is_dir() {
        let folder = within.folder.display();
        return Err(io::Error::new(io::ErrorKind::NotADirectory, format!("there is no folder {folder}")));
    }
    let mut child = tokio::process::Command::from(child);
    #[cfg(unix)]
    child.process_group(0);
    child.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    child.current_dir(within.folder).kill_on_drop(true);
    let mut child = child.spawn()?;
    let mut family = Family(child.id());
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

async fn read(stream: Option<impl AsyncRead + Unpin>, kept: &mut Kept, most: usize) {
    let Some(mut stream) = stream else { return };
    let mut part = vec![0; 32 << 10];
    while let Ok(count) = stream.read(&mut part).await
        && count > 0
    {
        kept.add(part.get(..count).unwrap_or_default(), most);
    }
}

/// A child and its descendants, which are killed when this is dropped.
struct Family(Option<u32>);

impl Family {
    fn end(&mut self) {
        let Some(leader) = self.0.take().and_then(|id| i32::try_from(id).ok()) else { return };
        #[cfg(unix)]
        kill(leader);
        // Elsewhere the command alone is killed, by `kill_on_drop`.
        #[cfg(not(unix))]
        let _ = leader;
    }
}

impl Drop for Family {
    fn drop(&mut self) {
        self.end();
    }
}

/// Kills a process group and the descendants of its leader, also those that left the group.
#[cfg(unix)]
fn kill(leader: i32) {
    use rustix::process::Pid;
    use rustix::process::Signal;
    let send = |id: i32, signal: Signal| {
        if let Some(id) = Pid::from_raw(id) {
            let _ = rustix::process::kill_process(id, signal);
        }
    };
    // Stopped processes start no others, so that none is missed.
    let mut found = BTreeSet::from([leader]);
    for _ in 0..ROUNDS {
        let more: Vec<i32> = children_of(&found).into_iter().filter(|id| !found.contains(id)).collect();
        if more.is_empty() {
            break;
        }
        more.iter().for_each(|id| send(*id, Signal::STOP));
        found.extend(more);
    }
    if let Some(group) = Pid::from_raw(leader) {
        let _ = rustix::process::kill_process_group(group, Signal::KILL);
    }
    found.iter().filter(|id| **id != leader).for_each(|id| send(*id, Signal::KILL));
}

/// The processes whose parent is among these.
#[cfg(target_os = "linux")]
fn children_of(parents: &BTreeSet<i32>) -> Vec<i32> {
    let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
    let ids = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    ids.filter(|id| parent_of(*id).is_some_and(|parent| parents.contains(&parent))).collect()
}

/// The fourth field of `/proc/ID/stat` (proc_pid_stat(5)). The second one, a name in brackets, may hold anything.
#[cfg(target_os = "linux")]
fn parent_of(id: i32) -> Option<i32> {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let (_, after) = stat.rsplit_once(')')?;
    after.split_whitespace().nth(1)?.parse().ok()
}

/// Elsewhere only the group is known.
#[cfg(all(unix, not(target_os = "linux")))]
fn children_of(_: &BTreeSet<i32>) -> Vec<i32> {
    Vec::new()
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    async fn ran(script: &str, time: Duration, kept: usize) -> io::Result<Captured> {
        let mut command = std::process::Command::new("/bin/sh");
        command.args(["-c", script]);
        run(command, &Within { folder: Path::new("/"), time, kept }).await
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
        let command = std::process::Command::new("/bin/true");
        let within = Within { folder: Path::new("/nowhere"), time: LONG, kept: 10 };
        let error = run(command, &within).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotADirectory);
    }
}
