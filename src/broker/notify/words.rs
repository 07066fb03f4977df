//! The text of a notice, for programs and for people: from the proved request, never from a row.

use serde_json::Value;
use serde_json::json;

use super::About;
use crate::broker::shared::Shared;
use crate::broker::views::reviewers;
use crate::grant::Name;
use crate::grant::Request;
use crate::grant::State;
use crate::grant::Verdict;
use crate::grant::text;

/// The width of the lines of a mail or a message.
const COLUMNS: usize = 72;

/// The text about a request.
pub(super) struct Words {
    notice: Value,
    /// The first line, which names the event.
    pub(super) title: String,
    lines: Vec<String>,
}

/// Composes the text.
pub(super) fn of(shared: &Shared, request: &Request, about: About) -> Words {
    let id = request.id();
    let state = request.state_at(shared.now());
    let waits = state == State::Pending || request.is_unreviewed();
    let command = if waits { format!("jit approve {id}") } else { format!("jit show {id}") };
    let by: Vec<&Name> = match (&request.acknowledged, &request.closing) {
        (Some(review), _) => vec![&review.by],
        (None, Some(closing)) => closing.by.iter().collect(),
        (None, None) => request.approved_by.iter().collect(),
    };
    let asked = &request.statement;
    let (who, duration) = (request.requester(), asked.duration);
    let scope = asked.scope.as_ref().map(|scope| &scope.name);
    let role = scope.map_or_else(|| asked.role.to_string(), |scope| format!("{}/{scope}", asked.role));
    let reason = text::prose(&asked.reason);
    let mut notice = json!({
        "type": about.word(),
        "broker": shared.authority,
        "request": id,
        "state": state.as_str(),
        "role": asked.role,
        "scope": scope,
        "person": who,
        "duration": duration,
        "extends": asked.extends().map(|first| first.request_id()),
        "reason": reason,
        "by": by,
        "command": command,
    });
    let title = match (about, &request.acknowledged) {
        (About::Request, _) => format!("{who} asks for {role} for {duration}"),
        (About::Reminder, _) => format!("{who} still waits for {role} for {duration}"),
        (About::BreakGlass, _) => {
            format!("EMERGENCY: {who} took {role} for {duration} without approval")
        }
        (About::Decision, Some(review)) => {
            let found =
                if review.statement.verdict == Verdict::Approve { "justified" } else { "not justified" };
            format!("{} finds the emergency access of {who} to {role} {found}", review.by)
        }
        (About::Decision, None) => {
            let names: Vec<&str> = by.iter().map(|name| name.as_str()).collect();
            let by = if names.is_empty() { String::new() } else { format!(" (by {})", names.join(", ")) };
            format!("{role} for {who} is {}{by}", state.as_str())
        }
    };
    let mut lines = Vec::new();
    if !reason.is_empty() {
        // Each line has a mark, so that a reason cannot imitate the lines below it.
        lines.extend(text::marked("reason", &reason, COLUMNS));
    }
    if about == About::BreakGlass {
        let people = reviewers(&shared.in_force().policy, request);
        let names: Vec<&str> = people.iter().map(Name::as_str).collect();
        lines.push(format!("possible reviewers: {}", names.join(", ")));
        notice["reviewers"] = json!(names);
    }
    lines.push(format!("type: {command}"));
    if let Some(page) = page_of(shared, request) {
        lines.push(format!("or open: {page}"));
        notice["page"] = json!(page);
    }
    lines.push(format!("request {id} at {}", shared.authority));
    Words { notice, title, lines }
}

/// The address of the request on the approval page. `None` if the broker serves none.
fn page_of(shared: &Shared, request: &Request) -> Option<String> {
    shared.web.as_ref().map(|_| format!("{}/web/r/{}", shared.authority, request.id()))
}

impl Words {
    /// The notice for programs, as JSON.
    pub(super) fn json(&self) -> Vec<u8> {
        self.notice.to_string().into_bytes()
    }

    /// The text without the title, for people.
    pub(super) fn body(&self) -> String {
        self.lines.join("\n")
    }

    /// The whole text, for people.
    pub(super) fn text(&self) -> String {
        format!("{}\n{}", self.title, self.body())
    }
}
