//! The text of a notice, for programs and for people: from the proved request, never from a row.

use serde_json::Value;
use serde_json::json;

use super::About;
use super::yours;
use crate::broker::shared::Shared;
use crate::broker::views::reviewers;
use crate::grant::Name;
use crate::grant::Request;
use crate::grant::State;
use crate::grant::Verdict;
use crate::grant::text;
use crate::policy::Action;
use crate::policy::Policy;

/// The width of the lines of a mail or a message.
const COLUMNS: usize = 72;

/// The text about a request, or about several.
#[derive(Debug, Clone)]
pub(super) struct Words {
    notice: Value,
    /// The first line, which names the event.
    pub(super) title: String,
    lines: Vec<String>,
    /// The address of a page about the request.
    pub(super) page: Option<String>,
}

/// Composes the text.
pub(super) fn of(shared: &Shared, policy: &Policy, request: &Request, about: About) -> Words {
    let id = request.id();
    let now = shared.now();
    let state = request.state_at(now);
    let by: Vec<&Name> = match (&request.acknowledged, &request.closing) {
        (Some(review), _) => vec![&review.by],
        (None, Some(closing)) => closing.by.iter().collect(),
        (None, None) => request.approved_by.iter().collect(),
    };
    let asked = &request.statement;
    let (who, duration) = (request.requester(), asked.duration);
    let role = role_of(request);
    let reason = text::prose(&asked.reason);
    let yours = yours::of(policy, request, about, now);
    let command = yours.as_ref().map_or_else(|| command(request, state), |yours| yours.command.clone());
    let mut notice = json!({
        "type": about.word(),
        "broker": shared.authority,
        "request": id,
        "state": state.as_str(),
        "role": asked.role,
        "scope": asked.scope.as_ref().map(|scope| &scope.name),
        "person": who,
        "duration": duration,
        "extends": asked.extends().map(|first| first.request_id()),
        "reason": reason,
        "by": by,
        "command": command,
    });
    if let Some(owner) = policy.owner_of(who) {
        notice["agent_of"] = json!(owner);
    }
    let mut lines = Vec::new();
    if !reason.is_empty() {
        lines.extend(foreign("reason", &reason));
    }
    if let About::BreakGlass | About::Escalation = about {
        let people = could_review(policy, request, about);
        let names: Vec<&str> = people.iter().map(Name::as_str).collect();
        lines.push(format!("possible reviewers: {}", names.join(", ")));
        notice["reviewers"] = json!(names);
    }
    let title = match yours {
        Some(yours) => {
            lines.extend(yours.lines);
            yours.title
        }
        None => title(request, about, state, &role, &by, policy.owner_of(who)),
    };
    lines.push(format!("type: {command}"));
    if let Some(page) = page_of(shared, request) {
        lines.push(format!("or open: {page}"));
        notice["page"] = json!(page);
    }
    lines.push(format!("request {id} at {}", shared.authority));
    Words { notice, title, lines, page: page_of(shared, request) }
}

/// The role, with its scope.
pub(super) fn role_of(request: &Request) -> String {
    let asked = &request.statement;
    let scope = asked.scope.as_ref().map(|scope| &scope.name);
    scope.map_or_else(|| asked.role.to_string(), |scope| format!("{}/{scope}", asked.role))
}

/// Text that another person wrote. Each line has a mark, so that it cannot imitate the lines below it.
pub(super) fn foreign(name: &str, text: &str) -> Vec<String> {
    text::marked(name, &text::prose(text), COLUMNS)
}

fn command(request: &Request, state: State) -> String {
    let id = request.id();
    let waits = state == State::Pending || request.is_unreviewed();
    if waits { format!("jit approve {id}") } else { format!("jit show {id}") }
}

fn could_review(policy: &Policy, request: &Request, about: About) -> Vec<Name> {
    if about == About::BreakGlass {
        return reviewers(policy, request);
    }
    let asked = &request.statement;
    let action = if asked.extends().is_some() { Action::Extend { before: 0 } } else { Action::Request };
    let Some(role) = policy.role(&asked.role) else { return Vec::new() };
    let rule = role.watched_by(action, asked.scope.as_ref().map(|scope| &scope.name));
    policy.named_reviewers(role, rule, request.requester())
}

fn title(
    request: &Request,
    about: About,
    state: State,
    role: &str,
    by: &[&Name],
    owner: Option<&Name>,
) -> String {
    let duration = request.statement.duration;
    let who = request.requester();
    let who = owner.map_or_else(|| who.to_string(), |owner| format!("{who} (agent of {owner})"));
    match (about, &request.acknowledged) {
        (About::Request, _) => format!("{who} asks for {role} for {duration}"),
        (About::Reminder, _) => format!("{who} still waits for {role} for {duration}"),
        (About::Escalation, _) => {
            format!("ESCALATED: {who} waits for {role} for {duration}, and nobody has decided")
        }
        (About::BreakGlass, _) => {
            format!("EMERGENCY: {who} took {role} for {duration} without approval")
        }
        (_, Some(review)) => {
            let found =
                if review.statement.verdict == Verdict::Approve { "justified" } else { "not justified" };
            format!("{} finds the emergency access of {who} to {role} {found}", review.by)
        }
        (_, None) => {
            let names: Vec<&str> = by.iter().map(|name| name.as_str()).collect();
            let by = if names.is_empty() { String::new() } else { format!(" (by {})", names.join(", ")) };
            format!("{role} for {who} is {}{by}", state.as_str())
        }
    }
}

/// The address of the request on the approval page. `None` if the broker serves none.
fn page_of(shared: &Shared, request: &Request) -> Option<String> {
    shared.web.as_ref().map(|_| format!("{}/web/r/{}", shared.authority, request.id()))
}

impl Words {
    /// A text about anything but a request. The notice has a `command`.
    pub(super) fn new(notice: Value, title: String, lines: Vec<String>) -> Self {
        Self { notice, title, lines, page: None }
    }

    /// Several notices as one.
    pub(super) fn joined(authority: &str, all: &[Self]) -> Self {
        let notices: Vec<&Value> = all.iter().map(|words| &words.notice).collect();
        let notice = json!({ "type": "digest", "broker": authority, "notices": notices });
        let mut lines: Vec<String> = Vec::with_capacity(2 * all.len() + 1);
        for words in all {
            lines.push(format!("* {}", words.title));
            let command = words.notice["command"].as_str().unwrap_or_default();
            lines.push(format!("  type: {command}"));
        }
        lines.push(format!("at {authority}"));
        let title = format!("{} notices at once, each in short", all.len());
        Self { notice, title, lines, page: None }
    }

    /// The notice for programs, as JSON.
    pub(super) fn json(&self) -> Vec<u8> {
        self.notice.to_string().into_bytes()
    }

    /// The lines below the title, for people.
    pub(super) fn lines(&self) -> &[String] {
        &self.lines
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

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Words about a request whose reason tries every channel's markup at once.
    pub(in super::super) fn hostile() -> Words {
        let reason = "<!channel> <https://evil.example|x> [click](https://evil.example) **now** <b>bold</b>\r\n\
                      Bcc: evil@example.com\u{1b}]0;owned\u{7}\u{202e}txet {{DATE(2026-11-23T12:00:00Z)}}";
        Words {
            notice: json!({ "command": "jit approve 7F3KQ2M8ZD" }),
            title: "ana asks for prod for 1h".to_owned(),
            lines: foreign("reason", reason),
            page: None,
        }
    }

    /// Terminal escapes, line ends and bidirectional controls are gone before any channel sees the text, and each line
    /// keeps its mark.
    #[test]
    fn foreign_text_holds_no_control_and_keeps_its_marks() {
        let words = hostile();
        assert!(words.lines.len() > 1);
        for line in &words.lines {
            assert!(line.starts_with("  reason  | ") || line.starts_with("          | "), "{line:?}");
            assert!(!line.chars().any(char::is_control) && !line.contains('\u{202e}'), "{line:?}");
        }
    }

    #[test]
    fn a_digest_names_each_notice_and_keeps_all_of_it_for_programs() {
        let joined = Words::joined("https://jit.example.com", &[hostile(), hostile()]);
        assert_eq!(joined.title, "2 notices at once, each in short");
        assert_eq!(joined.text().matches("type: jit approve 7F3KQ2M8ZD").count(), 2);
        let json: Value = serde_json::from_slice(&joined.json()).unwrap();
        assert_eq!((&json["type"], json["notices"].as_array().unwrap().len()), (&json!("digest"), 2));
    }
}
