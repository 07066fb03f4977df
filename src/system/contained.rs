//! Runs a child that strangers' input may mislead. Its time, its output and its writes are limited, and it ends
//! together with all processes that it started.

use std::io;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::AsyncRead;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;

use super::processes::Output;

/// How often a folder's size is checked.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// The most bytes that a child may write to standard error.
const COMPLAINT: usize = 64 << 10;

/// The limits of a child.
#[derive(Debug, Clone, Copy)]
pub struct Bounds<'a> {
    /// The longest run time.
    pub time: Duration,
    /// The most bytes that it may write to standard output.
    pub output: usize,
    /// A folder that it writes to, and the most bytes that the folder may hold.
    pub folder: Option<(&'a Path, u64)>,
}

/// Runs a child in a process group of its own. The whole group is killed when a limit is reached or when the future is
/// dropped.
pub(super) async fn run(
    child: std::process::Command,
    input: &[u8],
    bounds: &Bounds<'_>,
) -> io::Result<Output> {
    let mut child = tokio::process::Command::from(child);
    #[cfg(unix)]
    child.process_group(0);
    child.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut child = child.spawn()?;
    let mut group = Group(child.id());
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let feed = async {
        if let Some(mut stdin) = stdin {
            // A child need not read its input.
            let _ = stdin.write_all(input).await;
        }
        Ok(())
    };
    let finish =
        async { tokio::try_join!(feed, read(stdout, bounds.output), read(stderr, COMPLAINT), child.wait()) };
    let finished = tokio::select! {
        finished = finish => finished,
        error = outgrown(bounds.folder) => Err(error),
        () = tokio::time::sleep(bounds.time) => {
            Err(io::Error::new(io::ErrorKind::TimedOut, "the command did not finish in time"))
        }
    };
    let ((), stdout, stderr, status) = finished?;
    group.0 = None;
    if bounds.folder.is_some_and(|(folder, most)| size(folder) > most) {
        return Err(too_large("the command wrote too much"));
    }
    Ok(Output { code: super::processes::code_of(status), stdout, stderr })
}

/// The process group that is killed when this is dropped.
struct Group(Option<u32>);

impl Drop for Group {
    fn drop(&mut self) {
        #[cfg(unix)]
        if let Some(group) = self.0.and_then(|id| rustix::process::Pid::from_raw(i32::try_from(id).ok()?)) {
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
    }
}

async fn read(stream: Option<impl AsyncRead + Unpin>, most: usize) -> io::Result<Vec<u8>> {
    let mut found = Vec::new();
    let Some(mut stream) = stream else { return Ok(found) };
    let mut part = vec![0; 32 << 10];
    loop {
        let count = stream.read(&mut part).await?;
        if count == 0 {
            return Ok(found);
        }
        let fits = count.min(most.saturating_sub(found.len()));
        found.extend_from_slice(part.get(..fits).unwrap_or_default());
        if fits < count {
            return Err(too_much(most));
        }
    }
}

/// The error for a child that wrote more than `most` bytes to one of its streams.
pub(super) fn too_much(most: usize) -> io::Error {
    too_large(&format!("the command wrote more than {most} bytes"))
}

fn too_large(message: &str) -> io::Error {
    io::Error::new(io::ErrorKind::FileTooLarge, message)
}

/// Returns when the folder holds more than its limit.
async fn outgrown(folder: Option<(&Path, u64)>) -> io::Error {
    let Some((folder, most)) = folder else { return std::future::pending().await };
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        if size(folder) > most {
            return too_large("the command writes too much");
        }
    }
}

/// The size of a folder's files in bytes, subfolders included. Files that vanish meanwhile do not count.
/// The bytes of all files in a folder.
pub fn size(folder: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    let sizes = entries.flatten().map(|entry| match entry.metadata() {
        Ok(found) if found.is_dir() => size(&entry.path()),
        Ok(found) => found.len(),
        Err(_) => 0,
    });
    sizes.sum()
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn shell(script: &str) -> std::process::Command {
        let mut command = std::process::Command::new("/bin/sh");
        command.args(["-c", script]);
        command
    }

    async fn ran(script: &str, bounds: Bounds<'_>) -> io::Result<Output> {
        run(shell(script), b"input", &bounds).await
    }

    const USUAL: Bounds<'static> = Bounds { time: Duration::from_secs(20), output: 100, folder: None };

    #[tokio::test]
    async fn a_well_behaved_child_is_collected() {
        let output = ran("cat; echo no >&2; exit 3", USUAL).await.unwrap();
        assert_eq!(
            (output.code, output.stdout.as_slice(), output.stderr.as_slice()),
            (3, &b"input"[..], &b"no\n"[..])
        );
        let loud = ran("head -c 60000 /dev/zero >&2", USUAL).await.unwrap();
        assert_eq!(loud.stderr.len(), 60_000);
        let louder = ran("head -c 70000 /dev/zero >&2", USUAL).await.unwrap_err();
        assert_eq!(louder.kind(), io::ErrorKind::FileTooLarge);
    }

    #[tokio::test]
    async fn each_bound_ends_it_and_what_it_started() {
        let folder = tempfile::tempdir().unwrap();
        let alive = folder.path().join("alive");
        // The grandchild would write to the pipe for ever.
        let script = format!("sh -c 'echo $$ >{}; while :; do echo x; done' & wait", alive.display());
        let error = ran(&script, USUAL).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::FileTooLarge);
        let id: i32 = std::fs::read_to_string(&alive).unwrap().trim().parse().unwrap();
        let id = rustix::process::Pid::from_raw(id).unwrap();
        let gone = || {
            let state =
                std::fs::read_to_string(format!("/proc/{}/stat", id.as_raw_nonzero())).unwrap_or_default();
            state.is_empty() || state.contains(") Z")
        };
        for _ in 0..200 {
            if gone() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert!(gone(), "the grandchild outlived its group");

        let large = folder.path().join("large");
        let script = format!("head -c 100000 /dev/zero >{}; sleep 60", large.display());
        let bounds = Bounds { folder: Some((folder.path(), 50_000)), ..USUAL };
        assert_eq!(ran(&script, bounds).await.unwrap_err().kind(), io::ErrorKind::FileTooLarge);

        let bounds = Bounds { time: Duration::from_millis(50), ..USUAL };
        assert_eq!(ran("sleep 60", bounds).await.unwrap_err().kind(), io::ErrorKind::TimedOut);
    }
}
