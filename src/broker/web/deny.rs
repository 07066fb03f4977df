//! `POST /web/r/{id}/deny`: a signed-in reviewer denies. The broker attests it; see `judgement/page.rs`.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;

use super::forms::Fields;
use super::refused::Refused;
use super::sign_in::to;
use super::visitor::Visitor;
use super::visitor::page;
use crate::broker::caller::Segment;
use crate::broker::ledger::LedgerError;
use crate::broker::notify;
use crate::broker::notify::About;
use crate::broker::problem::Code;
use crate::broker::problem::Fault;
use crate::broker::shared::Shared;
use crate::broker::views::find_readable;
use crate::grant::Request;
use crate::grant::State as RequestState;
use crate::grant::text;
use crate::judgement::page::deny as judge;

/// Denies a request, and leads back to it. A second click changes nothing.
pub async fn deny(
    State(shared): State<Arc<Shared>>,
    visitor: Visitor,
    id: Result<Segment, Fault>,
    fields: Result<Fields, Fault>,
) -> Result<Response, Refused> {
    let done = async {
        let (Segment(id), fields) = (id?, fields?);
        let web = page(&shared)?;
        visitor.check_token(web, &format!("r/{id}/deny"), fields.text("token"))?;
        let comment = text::normalize(fields.text("comment"));
        let request = record(&shared, &visitor, &id, &comment).await?;
        Ok(to(&format!("{}/r/{}", web.base, request.id().as_str())))
    };
    done.await.map_err(|fault| Refused::page(&shared, Some(&visitor), fault))
}

async fn record(
    shared: &Arc<Shared>,
    visitor: &Visitor,
    id: &str,
    comment: &str,
) -> Result<Arc<Request>, Fault> {
    let person = &visitor.person;
    loop {
        let standing = shared.standing().await;
        let request = find_readable(shared, &standing, id, person).await?;
        let by = request.closing.as_ref().and_then(|closing| closing.by.as_ref());
        if request.state == RequestState::Denied && by == Some(person) {
            return Ok(request);
        }
        if comment.is_empty() {
            return Err(Fault::new(Code::BadRequest, "a denial needs a reason, which the requester reads")
                .hint("go back and write a comment"));
        }
        // A denial uses the real clock, like everything that ends access.
        let change = judge(&standing.policy, &request, person, comment, shared.clock())?;
        let mut append = shared.changes(&request, shared.now(), standing.policy.revision, vec![change]);
        append.source = visitor.origin.recorded();
        append.notices =
            notify::notices(&standing.policy, &request.statement.role, request.requester(), About::Decision);
        match shared.ledger.append(append).await {
            Ok(event) => {
                let denied = shared.find(&request.id()).await?.ok_or_else(Fault::not_found)?;
                tracing::info!(request = %request.id(), by = %person, "denied on the approval page");
                notify::tell(shared, &denied, event);
                return Ok(denied);
            }
            // Another call was faster: read and decide again.
            Err(LedgerError::Conflict) => {}
            Err(error) => return Err(error.into()),
        }
    }
}
