//! Results of tools: structured, and the same as text.

use rmcp::ErrorData;
use rmcp::model::CallToolResponse;
use rmcp::model::CallToolResult;
use rmcp::model::ContentBlock;
use rmcp::model::InputRequiredResult;
use serde_json::Value;
use serde_json::json;

use crate::flow::Failure;
use crate::flow::Kind;
use crate::grant::State;

/// The result of a tool.
pub enum Outcome {
    /// A structured result.
    Done(Value),
    /// The client has to show a page first.
    Ask(InputRequiredResult),
}

/// Why a tool has no result.
pub enum Problem {
    /// The input breaks the tool's schema.
    Input(String),
    /// The verb failed, with the state of the request behind it if it is known.
    Failed(Failure, Option<State>),
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure, None)
    }
}

/// The result of any tool.
pub type Answer = Result<Outcome, Problem>;

/// The word for the state of a request.
pub fn word(state: State) -> &'static str {
    match state {
        State::Pending => "pending",
        State::Approved => "approved",
        State::Active => "active",
        State::Denied => "denied",
        State::Ended | State::Revoked | State::Cancelled | State::Expired => "ended",
    }
}

/// The agent's next step, in a sentence.
fn advice(kind: Kind, state: &str) -> Option<&'static str> {
    match (kind, state) {
        (Kind::NoAccess, _) | (_, "ended") => Some("call the tool `request`, then `wait`"),
        (Kind::Waiting, _) => Some("call the tool `wait`"),
        (Kind::NotLoggedIn, _) => Some("a person has to type `jit login` in a terminal"),
        _ => None,
    }
}

/// The form that the protocol wants. `notes` are the messages of the call.
pub fn response(answer: Answer, notes: Vec<String>) -> Result<CallToolResponse, ErrorData> {
    match answer {
        Ok(Outcome::Ask(question)) => Ok(question.into()),
        Ok(Outcome::Done(mut value)) => {
            if let (Some(members), false) = (value.as_object_mut(), notes.is_empty()) {
                members.insert("notes".to_owned(), notes.into());
            }
            Ok(CallToolResult::structured(value).into())
        }
        Err(Problem::Input(problem)) => Err(ErrorData::invalid_params(problem, None)),
        Err(Problem::Failed(failure, state)) => Ok(failed(&failure, state, notes).into()),
    }
}

fn failed(failure: &Failure, state: Option<State>, notes: Vec<String>) -> CallToolResult {
    let state = match (failure.kind, state) {
        (Kind::Refused, Some(state)) => word(state),
        // Refused, and no request was denied.
        (Kind::Refused, None) => "refused",
        (kind, _) => kind.state(),
    };
    let mut hints = failure.hints.clone();
    hints.extend(advice(failure.kind, state).map(str::to_owned));
    let mut text = format!("error: {}", failure.message);
    failure.causes.iter().for_each(|cause| text.push_str(&format!("\n  cause: {cause}")));
    hints.iter().for_each(|hint| text.push_str(&format!("\n  hint: {hint}")));
    let mut value = json!({
        "state": state,
        "error": { "message": failure.message, "causes": failure.causes, "hints": hints },
    });
    if let (Some(members), false) = (value.as_object_mut(), notes.is_empty()) {
        members.insert("notes".to_owned(), notes.into());
    }
    let mut result = CallToolResult::error(vec![ContentBlock::text(text)]);
    result.structured_content = Some(value);
    result
}
