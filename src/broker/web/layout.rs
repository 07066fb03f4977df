//! The frame of every page, and the small parts that pages share.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use maud::DOCTYPE;
use maud::Markup;
use maud::html;

use super::assets::SCRIPT_ASSET;
use super::assets::STYLE_ASSET;
use super::sign_in::Next;
use super::visitor::Visitor;
use crate::broker::shared::Shared;
use crate::grant::span::local;
use crate::grant::text;
use crate::judgement::refusal::Refusal;
use crate::judgement::signer::check_proof;

/// A whole page. `visitor` is `None` for a browser that is not signed in.
pub fn page(shared: &Shared, visitor: Option<&Visitor>, title: &str, body: &Markup) -> Markup {
    let Some(web) = shared.web.as_ref() else { return html! {} };
    let base = web.base.as_str();
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="robots" content="noindex";
                title { (text::sanitise(title)) " · jit" }
                link rel="stylesheet" href={ (base) (STYLE_ASSET.path) } integrity=(STYLE_ASSET.integrity);
                script type="module" src={ (base) (SCRIPT_ASSET.path) } integrity=(SCRIPT_ASSET.integrity) {}
            }
            body {
                a class="skip" href="#content" { "Skip to content" }
                header {
                    div class="bar" {
                        a class="brand" href=(base) { "jit" }
                        @if let Some(visitor) = visitor {
                            nav aria-label="Pages" {
                                a href=(base) { "Requests" }
                                a href={ (base) "/passkey" } { "Passkey" }
                            }
                            form class="out" method="post" action={ (base) "/sign-out" } {
                                input type="hidden" name="token" value=(visitor.token(web, "sign-out"));
                                span class="who" { (visitor.person) }
                                button class="plain" type="submit" { "Sign out" }
                            }
                        }
                    }
                }
                main id="content" tabindex="-1" { (body) }
                footer {
                    p {
                        "Broker " (shared.authority)
                        @if let Some(visitor) = visitor {
                            " · signed in until " (time(visitor.expires))
                        }
                    }
                }
            }
        }
    }
}

/// A page that asks for another one of the broker, so that the browser sends its strict cookie.
pub fn again(shared: &Shared, next: &Next) -> Markup {
    let base = shared.web.as_ref().map_or("/web", |web| web.base.as_str());
    onward(shared, "One moment", &next.href(base), "Continue")
}

/// A page that leads on without a click, with a link for browsers that do not follow. A redirect would not
/// do: browsers send no strict cookie after a redirect of another site, and `form-action` holds for every
/// redirect that follows a form.
pub fn onward(shared: &Shared, title: &str, href: &str, link: &str) -> Markup {
    let base = shared.web.as_ref().map_or("/web", |web| web.base.as_str());
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta http-equiv="refresh" content={ "0; url=" (href) };
                title { (title) " · jit" }
                link rel="stylesheet" href={ (base) (STYLE_ASSET.path) } integrity=(STYLE_ASSET.integrity);
            }
            body { main id="content" { h1 { (title) } p { a href=(href) { (link) } } } }
        }
    }
}

/// The reason why the broker does not believe the groups of an unlisted person. Empty if it does, and for
/// listed people.
pub fn groups(shared: &Shared, visitor: &Visitor) -> Markup {
    let refusal = check_proof(&shared.in_force().policy, &visitor.person, shared.now()).err();
    // A terminal's client proves the groups again without its person.
    let refusal = refusal.filter(|refusal| visitor.by_login || matches!(refusal, Refusal::GroupsUnknown(_)));
    html! {
        @if let Some(refusal) = refusal {
            p class="notice" { (sentence(&refusal.to_string())) " Sign out and in again to have them proved anew." }
        }
    }
}

/// An instant, in UTC. The script adds the reader's own time.
pub fn time(instant: Timestamp) -> Markup {
    html! { time datetime=(instant) { (local(instant, &TimeZone::UTC)) } }
}

/// A message of the broker as a sentence: with a capital letter and a full stop, safe to show.
pub fn sentence(text: &str) -> String {
    let text = text::sanitise(text);
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    let stop = if text.ends_with(['.', '!', '?']) { "" } else { "." };
    format!("{first}{}{stop}", letters.as_str())
}

/// Text of other people, marked as such.
pub fn quoted(text: &str) -> Markup {
    html! { q class="theirs" { bdi { (text::prose(text)) } } }
}
