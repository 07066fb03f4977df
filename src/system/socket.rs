//! A connection whose other side must read what is sent to it, and the limit on a process's connections.

use std::io;
use std::pin::Pin;
use std::task::Context;
use std::task::Poll;
use std::time::Duration;

use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;
use tokio::io::ReadBuf;
use tokio::time::Instant;
use tokio::time::Sleep;

/// A stream that fails if the other side does not read written data in time. The time runs from the first byte to the
/// next flush, so reading one byte now and then does not help.
#[derive(Debug)]
pub struct Taken<S> {
    stream: S,
    limit: Duration,
    /// When the other side must have read the data being written. `None` if there is none.
    due: Option<Pin<Box<Sleep>>>,
}

impl<S> Taken<S> {
    /// A stream on which the other side must read each response within `limit`.
    pub fn within(stream: S, limit: Duration) -> Self {
        Self { stream, limit, due: None }
    }

    /// Starts the time limit, if it does not run yet.
    fn begin(&mut self) {
        if self.due.is_none() {
            self.due = Some(Box::pin(tokio::time::sleep_until(Instant::now() + self.limit)));
        }
    }

    /// Returns an error once the time is over, else waits for it.
    fn overdue<T>(&mut self, context: &mut Context<'_>) -> Poll<io::Result<T>> {
        let is_over = self.due.as_mut().is_some_and(|due| due.as_mut().poll(context).is_ready());
        if is_over {
            Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the answer was not taken in time")))
        } else {
            Poll::Pending
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Taken<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Taken<S> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        this.begin();
        match Pin::new(&mut this.stream).poll_write(context, bytes) {
            Poll::Pending => this.overdue(context),
            ready => ready,
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        this.begin();
        match Pin::new(&mut this.stream).poll_write_vectored(context, parts) {
            Poll::Pending => this.overdue(context),
            ready => ready,
        }
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        match Pin::new(&mut this.stream).poll_flush(context) {
            Poll::Pending => this.overdue(context),
            ready => {
                this.due = None;
                ready
            }
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        this.begin();
        match Pin::new(&mut this.stream).poll_shutdown(context) {
            Poll::Pending => this.overdue(context),
            ready => ready,
        }
    }
}

/// Raises the soft limit of open files to `wanted`, or as near as the hard limit allows. Returns the new limit.
#[cfg(unix)]
pub fn raise_open_files(wanted: u64) -> u64 {
    use rustix::process::Resource;
    use rustix::process::Rlimit;
    use rustix::process::getrlimit;
    use rustix::process::setrlimit;
    let limit = getrlimit(Resource::Nofile);
    // No limit counts as the wanted number.
    let soft = limit.current.unwrap_or(wanted);
    let raised = limit.maximum.map_or(wanted, |maximum| wanted.min(maximum));
    if raised <= soft {
        return soft;
    }
    match setrlimit(Resource::Nofile, Rlimit { current: Some(raised), maximum: limit.maximum }) {
        Ok(()) => raised,
        Err(_) => soft,
    }
}

/// Sockets are not files where there is no such limit.
#[cfg(not(unix))]
pub fn raise_open_files(wanted: u64) -> u64 {
    wanted
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt;
    use tokio::io::AsyncWriteExt;

    use super::*;

    /// A peer cannot hold a connection by not reading, or by reading a byte now and then.
    #[tokio::test]
    async fn an_answer_that_is_not_taken_in_time_breaks_the_connection() {
        let (ours, mut theirs) = tokio::io::duplex(16);
        let mut ours = Taken::within(ours, Duration::from_millis(20));
        ours.write_all(b"short").await.unwrap();
        ours.flush().await.unwrap();
        let mut taken = [0; 5];
        theirs.read_exact(&mut taken).await.unwrap();
        let dripping = async {
            let mut byte = [0; 1];
            while theirs.read_exact(&mut byte).await.is_ok() {
                tokio::task::yield_now().await;
            }
        };
        let endless = async {
            loop {
                if let Err(error) = ours.write_all(&[0; 64]).await {
                    return error;
                }
            }
        };
        let error = tokio::select! {
            error = endless => error,
            () = dripping => panic!("it was all taken"),
        };
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }

    #[cfg(unix)]
    #[test]
    fn the_soft_limit_of_open_files_is_raised_and_never_lowered() {
        let now = raise_open_files(0);
        assert!(now > 0);
        assert!(raise_open_files(now + 1) >= now);
        assert!(raise_open_files(0) >= now);
    }
}
