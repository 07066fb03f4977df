//! The form with which a reviewer decides.

use maud::Markup;
use maud::html;

use super::Web;
use super::layout;
use super::passkeys::has_passkey;
use super::request::Shown;
use crate::grant::Assurance;
use crate::grant::State;
use crate::grant::Verdict;
use crate::grant::text;
use crate::judgement::review::has_given;

/// The form, or why the visitor has nothing to decide.
pub fn form(web: &Web, shown: &Shown<'_>) -> Markup {
    let (view, request) = (shown.view, shown.request);
    let person = &shown.visitor.person;
    let own = request.requester() == person;
    let emergency = request.is_unreviewed() && view.may_review;
    let said_yes = has_given(request, person, Verdict::Approve);
    let may_approve = view.may_review && !own && !said_yes && (view.state == State::Pending || emergency);
    let may_deny = view.may_revoke
        && !own
        && !request.is_emergency()
        && matches!(view.state, State::Pending | State::Approved);
    if !may_approve && !may_deny {
        return idle(shown, own);
    }
    // Somebody who came in by an account may have no key yet, or none that counts. They can deny all the same.
    let known = shown
        .standing
        .policy
        .person(person)
        .filter(|_| !may_approve && !said_yes && view.state == State::Pending);
    let lacks_key = known.is_some_and(|known| known.keys.is_empty());
    let is_weak = known.is_some_and(|known| {
        !known.keys.is_empty() && known.keys.iter().all(|key| key.worth == Assurance::Account)
    });
    let deny = format!("r/{}/deny", view.id.as_str());
    let review = format!("r/{}/review", view.id.as_str());
    html! {
        section class="card decide" aria-labelledby="decide" {
            h2 id="decide" { "Your decision" }
            @if said_yes { p class="notice good" { "You approved it. A denial would end it." } }
            form id="decision" method="post" action={ (web.base) "/" (deny) }
                data-review={ (web.base) "/" (review) } data-token=(shown.visitor.token(web, &review)) data-rp=(web.site.rp_id)
            {
                // Enter in a field submits by a form's first button. This one is disabled, so that Enter denies nothing.
                button type="submit" disabled hidden {}
                input type="hidden" name="token" value=(shown.visitor.token(web, &deny));
                label for="comment" { "Comment" span class="quiet" { " – the requester reads it; a denial needs one" } }
                textarea id="comment" name="comment" rows="2" maxlength="1024" autocomplete="off" required[may_deny] {}
                @if may_approve && !emergency && has_passkey(web, shown.standing, person) { (less(shown)) }
                p id="problem" class="notice bad" role="alert" hidden {}
                @if may_approve || lacks_key { (signing(web, shown, emergency)) }
                @if is_weak {
                    p class="notice" {
                        "To approve this, a key of yours must be confirmed: so far your keys are worth an account. Type "
                        code { "jit key confirm" } " in a terminal"
                        @if shown.standing.policy.has_vouchers() {
                            ", or ask a colleague for " code { "jit key vouch " (person) }
                        }
                        "."
                    }
                }
                div class="buttons" {
                    @if may_approve && has_passkey(web, shown.standing, person) {
                        @if emergency {
                            button class="primary script" type="button" data-verdict="approve" hidden { "It was justified" }
                            button class="danger script" type="button" data-verdict="deny" hidden { "It was not: end it" }
                        } @else {
                            button class="primary script" type="button" data-verdict="approve" hidden { "Approve with passkey" }
                        }
                    }
                    @if may_deny { button class="danger" type="submit" { "Deny" } }
                }
                p id="status" class="status" role="status" {}
            }
        }
    }
}

/// The part about signing.
fn signing(web: &Web, shown: &Shown<'_>, emergency: bool) -> Markup {
    let id = shown.view.id.as_str();
    if !has_passkey(web, shown.standing, &shown.visitor.person) {
        return html! {
            p class="notice" {
                "The policy has no passkey of yours for this page. "
                a href={ (web.base) "/passkey" } { "Register one" }
                ", or type " code { "jit approve " (id) } " in a terminal."
            }
        };
    }
    html! {
        p class="signs script" hidden {
            span class="quiet" { @if emergency { "You sign about: " } @else { "You sign: approve " } }
            output id="signs" for="duration scope" {}
        }
        pre id="narrowed" class="script" tabindex="0" role="region" aria-label="What your approval allows" hidden {}
        noscript {
            p class="notice" { "Signing with a passkey needs JavaScript. Without it, type " code { "jit approve " (id) } " in a terminal. Denying works here." }
        }
    }
}

/// The fields for approving less than was asked.
fn less(shown: &Shown<'_>) -> Markup {
    let asked = &shown.request.statement;
    let scopes =
        shown.role.filter(|_| asked.scope.is_none() && asked.extends().is_none()).map(|role| &role.scopes);
    html! {
        details class="less script" hidden {
            summary { "Approve for less" }
            label for="duration" { "At most" span class="quiet" { " – like 30m or 1h30m, no more than " (asked.duration) } }
            input id="duration" type="text" inputmode="text" autocomplete="off" spellcheck="false" maxlength="16"
                placeholder=(asked.duration);
            @if let Some(scopes) = scopes.filter(|scopes| !scopes.is_empty()) {
                label for="scope" { "Only this scope" }
                select id="scope" {
                    option value="" { "the whole role" }
                    @for (name, scope) in scopes {
                        option value=(name) data-document=(scope.document.as_str()) {
                            (name) @if !scope.description.is_empty() { " – " (text::prose(&scope.description)) }
                        }
                    }
                }
            }
        }
    }
}

/// Why there is nothing to decide.
fn idle(shown: &Shown<'_>, own: bool) -> Markup {
    let (view, id) = (shown.view, shown.view.id.as_str());
    let why = if own {
        format!("it is your own request; `jit end {id}` takes it back")
    } else if view.state.is_terminal() {
        "it is over: there is nothing to decide".to_owned()
    } else if view.state == State::Active && view.may_revoke {
        format!("the access is in use; `jit revoke {id} --reason TEXT` ends it")
    } else {
        "you have nothing to decide here".to_owned()
    };
    html! { p class="quiet after" { (layout::sentence(&why)) } }
}
