//! The protocol's messages on their way in and out, with two more refusals than the library has: of a line that is too long, and of
//! a second request under an id whose first one still runs.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use rmcp::ErrorData;
use rmcp::RoleServer;
use rmcp::model::JsonRpcMessage;
use rmcp::model::RequestId;
use rmcp::service::RxJsonRpcMessage;
use rmcp::service::TxJsonRpcMessage;
use rmcp::transport::Transport;
use tokio::sync::mpsc::UnboundedReceiver;

use super::LONGEST_LINE;

/// A transport with these refusals.
pub struct Checked<T> {
    inner: T,
    /// Fires for each line that is too long, with its request's id if it is known.
    too_long: UnboundedReceiver<Option<RequestId>>,
    /// The requests without an answer. One that was cancelled gets none, so its id stays taken: the protocol forbids to use it again.
    open: Arc<Mutex<BTreeSet<String>>>,
}

/// An id as one text: a number is another id than the text of its digits.
fn key(id: &RequestId) -> String {
    id.clone().into_json_value().to_string()
}

impl<T: Transport<RoleServer>> Checked<T> {
    pub(super) fn new(inner: T, too_long: UnboundedReceiver<Option<RequestId>>) -> Self {
        Self { inner, too_long, open: Arc::default() }
    }

    fn is_open(&self, id: &RequestId) -> bool {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).contains(&key(id))
    }

    /// Sends a refusal. In a task of its own, since whoever receives may stop to do so at any time.
    fn refuse(&mut self, error: ErrorData, id: Option<RequestId>) {
        let sending = self.inner.send(TxJsonRpcMessage::<RoleServer>::error(error, id));
        tokio::spawn(async move {
            if let Err(error) = sending.await {
                tracing::debug!(%error, "a refusal was not sent");
            }
        });
    }

    fn refuse_long(&mut self, id: Option<RequestId>) {
        let message = format!("a message has at most {LONGEST_LINE} bytes");
        // The id of a request that runs is that one's.
        match id.filter(|id| !self.is_open(id)) {
            Some(id) => self.refuse(ErrorData::invalid_request(message, None), Some(id)),
            None => self.refuse(ErrorData::parse_error(message, None), None),
        }
    }
}

impl<T: Transport<RoleServer>> Transport<RoleServer> for Checked<T> {
    type Error = T::Error;

    fn send(
        &mut self,
        item: TxJsonRpcMessage<RoleServer>,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send + 'static {
        let answered = match &item {
            JsonRpcMessage::Response(response) => Some(&response.id),
            JsonRpcMessage::Error(error) => error.id.as_ref(),
            JsonRpcMessage::Request(_) | JsonRpcMessage::Notification(_) => None,
        };
        if let Some(id) = answered {
            self.open.lock().unwrap_or_else(PoisonError::into_inner).remove(&key(id));
        }
        self.inner.send(item)
    }

    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleServer>> {
        loop {
            let message = tokio::select! {
                Some(id) = self.too_long.recv() => {
                    self.refuse_long(id);
                    continue;
                }
                message = self.inner.receive() => message?,
            };
            let JsonRpcMessage::Request(request) = &message else { return Some(message) };
            let is_new = self.open.lock().unwrap_or_else(PoisonError::into_inner).insert(key(&request.id));
            if is_new {
                return Some(message);
            }
            let said = format!("the id {} belongs to an earlier request", key(&request.id));
            // Without the id, which would answer the other request.
            self.refuse(ErrorData::invalid_request(said, None), None);
        }
    }

    fn close(&mut self) -> impl Future<Output = Result<(), Self::Error>> + Send {
        self.inner.close()
    }
}
