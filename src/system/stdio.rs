//! Standard input and output as a pair of streams, for a command that speaks a protocol on them.

use std::io;
use std::io::Read;
use std::io::Write;
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::io::DuplexStream;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

/// How many bytes wait in each direction before the writer has to wait.
const BUFFER: usize = 64 << 10;
/// How long the reader of standard output may take for the last bytes.
const PATIENCE: Duration = Duration::from_secs(2);

/// Both streams of a process.
pub struct Streams {
    /// Reads standard input and writes standard output.
    pub stream: DuplexStream,
    /// Fires when everything was written. `None` if nobody has to wait for it.
    pub written: Option<oneshot::Receiver<()>>,
}

/// Opens standard input and output.
pub trait Stdio: Send + Sync {
    /// Takes both streams. From here on nothing else may read or write them.
    ///
    /// # Errors
    /// They are taken already, or no thread starts.
    fn open(&self) -> io::Result<Streams>;
}

/// The streams of this process.
#[derive(Debug, Default)]
pub struct ProcessStdio;

impl Stdio for ProcessStdio {
    fn open(&self) -> io::Result<Streams> {
        // Threads of their own, since a blocked read would keep the runtime from ending.
        let (stream, far) = tokio::io::duplex(BUFFER);
        let (mut output, mut input) = tokio::io::split(far);
        let (done, written) = oneshot::channel();
        let handle = Handle::try_current().map_err(io::Error::other)?;
        let reading = handle.clone();
        std::thread::Builder::new().name("stdin".to_owned()).spawn(move || {
            let mut part = vec![0; 16 << 10];
            loop {
                match io::stdin().lock().read(&mut part) {
                    Ok(0) => break,
                    Ok(count) => {
                        let part = part.get(..count).unwrap_or_default();
                        if reading.block_on(input.write_all(part)).is_err() {
                            break;
                        }
                    }
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(_) => break,
                }
            }
            let _ = reading.block_on(input.shutdown());
        })?;
        std::thread::Builder::new().name("stdout".to_owned()).spawn(move || {
            let mut part = vec![0; 16 << 10];
            loop {
                let count = handle.block_on(output.read(&mut part)).unwrap_or(0);
                let part = part.get(..count).unwrap_or_default();
                let mut stdout = io::stdout().lock();
                if part.is_empty() || stdout.write_all(part).and_then(|()| stdout.flush()).is_err() {
                    break;
                }
            }
            let _ = done.send(());
        })?;
        Ok(Streams { stream, written: Some(written) })
    }
}

/// Waits a short time until everything was written.
pub async fn flushed(written: Option<oneshot::Receiver<()>>) {
    if let Some(written) = written {
        let _ = tokio::time::timeout(PATIENCE, written).await;
    }
}
