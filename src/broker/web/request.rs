//! `GET /web/r/{id}`: one request, as it is now.

use std::sync::Arc;

use axum::extract::State;
use maud::Markup;
use maud::html;

use super::deciding;
use super::layout;
use super::refused::Refused;
use super::visitor::Visitor;
use super::visitor::page;
use crate::broker::caller::Segment;
use crate::broker::policies::Standing;
use crate::broker::problem::Fault;
use crate::broker::shared::Shared;
use crate::broker::views::find_readable;
use crate::broker::views::view_request;
use crate::broker::views::view_role;
use crate::grant::Name;
use crate::grant::Request;
use crate::grant::ScopeDocument;
use crate::grant::State as RequestState;
use crate::grant::Verdict;
use crate::grant::request::Review;
use crate::grant::span::time_left;
use crate::grant::span::time_since;
use crate::grant::text;
use crate::policy::Role;
use crate::protocol::RequestView;
use crate::protocol::RoleView;

/// The facts whose words are the requester's.
const THEIRS: [&str; 5] = ["reason", "runs", "program", "files", "commit"];

/// A request with everything that its page shows.
pub struct Shown<'a> {
    /// The request, proved from the log.
    pub request: &'a Request,
    /// The visitor's view of it.
    pub view: &'a RequestView,
    /// The role in the policy in force. `None` if there is none any more.
    pub role: Option<&'a Role>,
    /// The visitor's view of the role.
    pub role_view: Option<&'a RoleView>,
    /// The visitor.
    pub visitor: &'a Visitor,
    /// The policy in force.
    pub standing: &'a Standing,
}

impl Shown<'_> {
    /// The requested scope's document in the policy in force, whatever its digest.
    pub fn document(&self) -> Option<&ScopeDocument> {
        let scope = self.request.statement.scope.as_ref()?;
        self.role?.scopes.get(&scope.name).map(|scope| &scope.document)
    }
}

/// Shows a request to those who may read it. For all others it does not exist.
pub async fn show(
    State(shared): State<Arc<Shared>>,
    visitor: Visitor,
    id: Result<Segment, Fault>,
) -> Result<Markup, Refused> {
    let rendered = async {
        let Segment(id) = id?;
        let standing = shared.standing().await;
        let request = find_readable(&shared, &standing, &id, &visitor.person).await?;
        let view = view_request(&shared, &standing, &request, &visitor.person).await?;
        let role = standing.policy.role(&request.statement.role);
        let role_view = role.map(|role| view_role(&standing, role, &visitor.person));
        let shown = Shown {
            request: &request,
            view: &view,
            role,
            role_view: role_view.as_ref(),
            visitor: &visitor,
            standing: &standing,
        };
        render(&shared, &shown)
    };
    rendered.await.map_err(|fault| Refused::page(&shared, Some(&visitor), fault))
}

fn render(shared: &Shared, shown: &Shown<'_>) -> Result<Markup, Fault> {
    let web = page(shared)?;
    let asked = &shown.request.statement;
    let facts = asked.facts(&shown.request.digest, shown.document());
    let who = shown.standing.policy.person(&asked.header.who);
    let named = who.filter(|who| who.label != who.name.as_str());
    let headline = asked.headline();
    let body = html! {
        (state(shared, shown))
        section class="card" id="request" aria-labelledby="asks"
            data-statement=(shown.request.signed.statement)
            data-document=[shown.document().map(ScopeDocument::as_str)]
            data-id=(shown.view.id.as_str()) data-authority=(shared.authority) data-base=(web.base)
            data-person=(shown.visitor.person)
        {
            h1 id="asks" data-fact="asks" { (headline) }
            @if let Some(owner) = &shown.view.agent_of {
                p class="quiet" { (asked.header.who) " is an agent of " (owner) ", by the policy." }
            }
            @if let Some(who) = named {
                // Somebody whom only tokens name may have chosen the name to show.
                @if who.proof.is_some() {
                    p class="quiet" { "The identity provider shows " (who.name) " as: " bdi class="theirs" { (text::prose(&who.label)) } }
                } @else {
                    p class="quiet" { (who.name) " is " (text::prose(&who.label)) ", by the policy." }
                }
            }
            dl class="facts" {
                @for fact in facts.iter().filter(|fact| fact.label != "asks") {
                    div {
                        dt { (fact.label) }
                        @if fact.label == "allows" {
                            dd { pre tabindex="0" role="region" aria-label="What the scope allows" data-fact=(fact.label) { (fact.text) } }
                        } @else if THEIRS.contains(&fact.label) {
                            dd { bdi class="theirs" data-fact=(fact.label) { (fact.text) } }
                        } @else {
                            dd data-fact=(fact.label) { (fact.text) }
                        }
                    }
                }
            }
            p class="quiet script" id="checked" hidden {}
        }
        (policy(shared, shown))
        (so_far(shared, shown))
        (layout::groups(shared, shown.visitor))
        (deciding::form(web, shown))
    };
    Ok(layout::page(shared, Some(shown.visitor), &headline, &body))
}

/// The state, as it is now.
fn state(shared: &Shared, shown: &Shown<'_>) -> Markup {
    let (view, now) = (shown.view, shared.now());
    let until = match view.state {
        RequestState::Pending => Some((view.pending_until, "left to decide")),
        RequestState::Approved => view.unused_until.map(|until| (until, "left to begin")),
        RequestState::Active => view.active_until.map(|until| (until, "left")),
        _ => None,
    };
    let tone = match view.state {
        RequestState::Pending => "waits",
        RequestState::Approved | RequestState::Active => "good",
        _ => "over",
    };
    html! {
        p class={ "state " (tone) } {
            strong { (view.state.as_str()) }
            @if let Some(duration) = view.approved_duration.filter(|_| !view.state.is_terminal()) { " for " (duration) }
            @if let Some(scope) = view.approved_scope.as_ref().filter(|_| !view.state.is_terminal()) { ", only " (scope) }
            @if let Some((until, what)) = until { " · " (time_left(now, until)) " " (what) }
            @if let Some(closing) = &view.closing {
                " · " (layout::time(closing.at)) " · " bdi { (text::prose(&closing.why)) }
            }
            @if shown.request.is_unreviewed() { " · taken in an emergency, nobody has reviewed it" }
        }
    }
}

/// The policy's part: not signed by the requester.
fn policy(shared: &Shared, shown: &Shown<'_>) -> Markup {
    let (view, asked) = (shown.view, &shown.request.statement);
    let role = shown.role_view;
    let scope =
        asked.scope.as_ref().and_then(|scope| role?.scopes.iter().find(|view| view.name == scope.name));
    let longest = scope.map(|scope| scope.max_duration).or(role.map(|role| role.max_duration));
    let names = |names: &[Name]| names.iter().map(Name::as_str).collect::<Vec<_>>().join(", ");
    html! {
        section class="card" aria-labelledby="by-policy" {
            h2 id="by-policy" { "By the policy" }
            dl class="facts" {
                @if let Some(role) = role.filter(|role| !role.description.is_empty()) {
                    div { dt { "role" } dd { (text::prose(&role.description)) } }
                }
                @if let Some(scope) = scope.filter(|scope| !scope.description.is_empty()) {
                    div { dt { "scope" } dd { (text::prose(&scope.description)) } }
                }
                @if let Some(longest) = longest { div { dt { "at most" } dd { (longest) } } }
                div { dt { "approval" } dd { (text::sanitise(&view.approval)) } }
                @for missing in &view.missing {
                    div {
                        dt { "missing" }
                        dd {
                            (text::sanitise(&missing.demand))
                            @if !missing.could_help.is_empty() { ": " (names(&missing.could_help)) }
                        }
                    }
                }
                div { dt { "asked" } dd { (time_since(asked.created, shared.now())) ", " (layout::time(asked.created)) } }
            }
            @if let Some(denied) = &view.denied_before {
                p class="notice bad" {
                    (layout::sentence(&denied.why)) " That was " (time_since(denied.at, shared.now())) "."
                    @if let Some(said) = &denied.said { " " (layout::quoted(said)) }
                }
            }
            @if shown.standing.policy.revision != asked.policy {
                p class="notice" { "The policy has changed since it was asked. Both must allow it." }
            }
            @for why in view.ask_again.iter().chain(&view.why_not) {
                p class="notice" { (layout::sentence(why)) }
            }
        }
    }
}

/// The reviews so far.
fn so_far(shared: &Shared, shown: &Shown<'_>) -> Markup {
    let reviews: Vec<&Review> = shown.request.reviews.iter().chain(&shown.request.acknowledged).collect();
    if reviews.is_empty() {
        return html! {};
    }
    html! {
        section class="card" aria-labelledby="so-far" {
            h2 id="so-far" { "So far" }
            ul class="reviews" {
                @for review in reviews {
                    li {
                        strong { (review.by) }
                        @if review.statement.verdict == Verdict::Approve { " approved " } @else { " denied " }
                        (time_since(review.at, shared.now()))
                        @if let Some(duration) = review.statement.duration { ", for at most " (duration) }
                        @if let Some(scope) = &review.statement.scope { ", for no more than " (scope) }
                        @if !review.statement.comment.is_empty() { ": " (layout::quoted(&review.statement.comment)) }
                    }
                }
            }
        }
    }
}
