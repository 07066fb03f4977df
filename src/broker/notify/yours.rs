//! The text of notices to the requester about their own request, and to the owner of an agent about what it asks.

use jiff::Timestamp;

use super::About;
use super::words::foreign;
use super::words::role_of;
use crate::grant::Request;
use crate::grant::State;
use crate::grant::Verdict;
use crate::grant::span::time_left;
use crate::grant::statement::Way;
use crate::policy::Policy;

/// The parts of a notice to the requester, or to the requester's owner.
pub(super) struct Yours {
    pub(super) title: String,
    pub(super) lines: Vec<String>,
    /// The command to type next.
    pub(super) command: String,
}

/// Composes the parts. `None` for notices that others get too.
pub(super) fn of(policy: &Policy, request: &Request, about: About, now: Timestamp) -> Option<Yours> {
    match about {
        About::Asked => Some(asked(request, now)),
        About::Decided => Some(decided(request, now)),
        About::Expiring => Some(expiring(policy, request, now)),
        About::Ended => Some(ended(request)),
        _ => None,
    }
}

fn asked(request: &Request, now: Timestamp) -> Yours {
    let (id, role, asked) = (request.id(), role_of(request), &request.statement);
    let who = request.requester();
    let what = match asked.way {
        Way::Extend(_) => format!("more time for {role}"),
        _ => role,
    };
    let duration = asked.duration;
    if request.state_at(now) == State::Pending {
        let title = format!("your agent {who} asks for {what} for {duration}");
        let lines = vec!["if you do not want that:".to_owned()];
        return Yours { title, lines, command: format!("jit deny {id}") };
    }
    let title = format!("your agent {who} has {what} for {duration}, which nobody reviewed");
    let lines = vec!["if you do not want that:".to_owned()];
    Yours { title, lines, command: format!("jit revoke {id}") }
}

fn decided(request: &Request, now: Timestamp) -> Yours {
    let (id, role, asked) = (request.id(), role_of(request), &request.statement);
    let what = match asked.way {
        Way::Extend(_) => format!("your request for more time for {role}"),
        _ => format!("your request for {role}"),
    };
    let by: Vec<&str> = match &request.closing {
        Some(closing) => closing.by.iter().map(|name| name.as_str()).collect(),
        None => request.approved_by.iter().map(|name| name.as_str()).collect(),
    };
    let by = if by.is_empty() { String::new() } else { format!(" by {}", by.join(" and ")) };
    if let Some(review) = &request.acknowledged {
        let found = if review.statement.verdict == Verdict::Approve { "justified" } else { "not justified" };
        let title = format!("{} finds your emergency access to {role} {found}", review.by);
        let lines = comment(&review.statement.comment);
        return Yours { title, lines, command: format!("jit show {id}") };
    }
    match request.state_at(now) {
        State::Denied => {
            let denials = request.reviews.iter().filter(|review| review.statement.verdict == Verdict::Deny);
            let lines = denials.flat_map(|review| comment(&review.statement.comment)).collect();
            Yours { title: format!("{what} was denied{by}"), lines, command: format!("jit show {id}") }
        }
        State::Expired if request.approved_duration.is_none() => Yours {
            title: format!("{what} expired: nobody decided in time"),
            lines: Vec::new(),
            command: format!("jit request {}", asked.role),
        },
        _ => {
            let lasts = request.approved_duration.unwrap_or(asked.duration);
            let command = match asked.way {
                Way::Extend(_) => "jit status".to_owned(),
                _ => format!("jit exec {} -- COMMAND", asked.role),
            };
            Yours { title: format!("{what} is approved for {lasts}{by}"), lines: Vec::new(), command }
        }
    }
}

fn expiring(policy: &Policy, request: &Request, now: Timestamp) -> Yours {
    let (id, role) = (request.id(), role_of(request));
    let left = request.active_until.map_or_else(String::new, |until| time_left(now, until));
    let title = format!("your access to {role} ends in {left}");
    let times = policy.role(&request.statement.role).and_then(|role| role.extend.as_ref());
    let times = times.map_or(0, |extend| usize::try_from(extend.times).unwrap_or(usize::MAX));
    let may_extend = request.statement.way == Way::Request && request.extensions.len() < times;
    let (line, command) = if may_extend {
        ("more time, in one step, while it is active:", format!("jit extend {id}"))
    } else {
        (
            "it cannot be extended; ask again when it has ended:",
            format!("jit request {}", request.statement.role),
        )
    };
    Yours { title, lines: vec![line.to_owned()], command }
}

fn ended(request: &Request) -> Yours {
    let (id, role) = (request.id(), role_of(request));
    let closing = request.closing.as_ref();
    let by = closing.and_then(|closing| closing.by.as_ref());
    let what = if request.active_until.is_some() { "your access to" } else { "your request for" };
    let (title, command) = match (request.state, by) {
        (State::Revoked, Some(by)) => {
            (format!("{what} {role} was revoked by {by}"), format!("jit show {id}"))
        }
        (State::Revoked, None) => {
            (format!("{what} {role} was ended by the policy"), format!("jit show {id}"))
        }
        (State::Expired, _) => (
            format!("your approved request for {role} expired: it was never used"),
            format!("jit request {}", request.statement.role),
        ),
        _ => (
            format!("your access to {role} has ended: the time is up"),
            format!("jit request {}", request.statement.role),
        ),
    };
    let why = closing.filter(|_| request.state == State::Revoked).map(|closing| closing.why.as_str());
    let lines = why.filter(|why| !why.is_empty()).map_or_else(Vec::new, |why| foreign("why", why));
    Yours { title, lines, command }
}

fn comment(comment: &str) -> Vec<String> {
    if comment.is_empty() { Vec::new() } else { foreign("comment", comment) }
}
