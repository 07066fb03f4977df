//! `GET /web`: the requests that wait for the visitor.

use std::sync::Arc;

use axum::extract::State;
use maud::Markup;
use maud::html;

use super::layout;
use super::refused::Refused;
use super::visitor::Visitor;
use super::visitor::page;
use crate::audit::words;
use crate::broker::problem::Fault;
use crate::broker::routes::request_list::Which;
use crate::broker::routes::request_list::find;
use crate::broker::shared::Shared;
use crate::grant::span::time_left;
use crate::grant::span::time_since;
use crate::protocol::RequestView;

/// Shows the list.
pub async fn show(State(shared): State<Arc<Shared>>, visitor: Visitor) -> Result<Markup, Refused> {
    render(&shared, &visitor).await.map_err(|fault| Refused::page(&shared, Some(&visitor), fault))
}

async fn render(shared: &Arc<Shared>, visitor: &Visitor) -> Result<Markup, Fault> {
    let web = page(shared)?;
    let requests = find(shared, &visitor.person, Which::Inbox).await?;
    let body = html! {
        h1 { "Requests that wait for you" }
        (layout::groups(shared, visitor))
        @if requests.is_empty() {
            div class="card empty" {
                p { "Nothing waits for you." }
                p class="quiet" { "A request that you may review appears here, and in the notices of its role." }
            }
        } @else {
            ul class="list" {
                @for view in &requests { (item(shared, &web.base, view)) }
            }
        }
    };
    Ok(layout::page(shared, Some(visitor), "Requests", &body))
}

fn item(shared: &Shared, base: &str, view: &RequestView) -> Markup {
    let now = shared.now();
    let Some(asked) = words::read(&view.signed) else { return html! {} };
    let emergency = asked.way == crate::grant::statement::Way::BreakGlass;
    html! {
        li {
            a class="card item" href={ (base) "/r/" (view.id.as_str()) } {
                span class="title" {
                    @if emergency { span class="badge bad" { "emergency" } " " }
                    (asked.headline())
                    @if let Some(owner) = &view.agent_of { " · agent of " (owner) }
                }
                span class="meta" {
                    "for " (asked.lasts()) " · asked " (time_since(asked.created, now))
                    @if !emergency { " · " (time_left(now, view.pending_until)) " to decide" }
                }
                @if !asked.reason.is_empty() { span class="reason" { (layout::quoted(&asked.reason)) } }
            }
        }
    }
}
