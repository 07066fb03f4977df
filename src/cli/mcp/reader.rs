//! The client's side of standard input, which tells when the client is gone, and of lines that are too long.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Context;
use std::task::Poll;

use rmcp::model::RequestId;
use tokio::io::AsyncRead;
use tokio::io::ReadBuf;
use tokio::sync::mpsc::UnboundedSender;

use super::LONGEST_LINE;
use super::long_line::Lines;
use super::session::Session;

/// A stream whose end ends the session at once, while calls still run.
pub struct Reader<R> {
    inner: R,
    session: Arc<Session>,
    lines: Lines,
    too_long: UnboundedSender<Option<RequestId>>,
}

impl<R> Reader<R> {
    pub(super) fn new(inner: R, session: Arc<Session>, too_long: UnboundedSender<Option<RequestId>>) -> Self {
        Self { inner, session, lines: Lines::new(LONGEST_LINE), too_long }
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
        for id in self.lines.take(buffer.filled().get(before..).unwrap_or_default()) {
            let _ = self.too_long.send(id);
        }
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
