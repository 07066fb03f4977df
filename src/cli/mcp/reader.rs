//! The client's side of standard input, which tells when the client is gone.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Context;
use std::task::Poll;

use tokio::io::AsyncRead;
use tokio::io::ReadBuf;

use super::session::Session;

/// A stream whose end ends the session at once, while calls still run.
pub struct Reader<R> {
    inner: R,
    session: Arc<Session>,
}

impl<R> Reader<R> {
    pub(super) fn new(inner: R, session: Arc<Session>) -> Self {
        Self { inner, session }
    }
}

impl<R: AsyncRead + Unpin> AsyncRead for Reader<R> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.inner).poll_read(context, buffer);
        let is_over = match &polled {
            Poll::Ready(Ok(())) => buffer.filled().len() == before,
            Poll::Ready(Err(_)) => true,
            Poll::Pending => false,
        };
        if is_over {
            self.session.leave();
        }
        polled
    }
}
