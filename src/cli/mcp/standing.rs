//! A request as a tool's result.

use serde_json::Value;
use serde_json::json;

use super::answer::word;
use crate::cli::ui::request::told_of_new;
use crate::flow::Client;
use crate::flow::Connected;
use crate::flow::Failure;
use crate::flow::Standing;
use crate::flow::asking::wait;
use crate::grant::Name;
use crate::grant::RequestId;
use crate::grant::State;
use crate::grant::text::sanitise;

/// The result for a request. `page` is its page at the broker, if that has one.
pub fn view(client: &Client<'_>, standing: &Standing, reused: Option<bool>, page: Option<String>) -> Value {
    let state = standing.state_at(client.now());
    let names = |names: &[Name]| names.iter().map(Name::to_string).collect::<Vec<_>>();
    let missing = standing.view.missing.iter().map(|missing| {
        let people = names(&missing.could_help);
        let demand = sanitise(&missing.demand);
        if people.is_empty() { demand } else { format!("{demand} ({})", people.join(", ")) }
    });
    let id = standing.view.id.as_str();
    let role = &standing.asked.role;
    let mut value = json!({
        "state": word(state),
        "id": id,
        "role": role,
        "scope": standing.scope(),
        "duration": standing.view.approved_duration.unwrap_or(standing.asked.duration).to_string(),
        "reason": standing.asked.reason,
        "until": standing.until().to_string(),
        "missing": missing.collect::<Vec<_>>(),
        "approved_by": names(&standing.view.approved_by),
        "next": match state {
            State::Pending => format!("call `wait` with request {id}: a person has to approve it"),
            State::Approved | State::Active => format!("call `exec` with role {role}"),
            _ => "do not retry at once: read `why`, and ask the person you work for".to_owned(),
        },
    });
    if let Some(members) = value.as_object_mut() {
        if let Some(reused) = reused {
            members.insert("reused".to_owned(), reused.into());
        }
        if state == State::Pending {
            members.insert("review_with".to_owned(), format!("jit approve {id}").into());
            if let Some(page) = page {
                members.insert("page".to_owned(), page.into());
            }
        }
        if state.is_terminal() {
            members.insert("why".to_owned(), why(standing, state).into());
        }
    }
    value
}

fn why(standing: &Standing, state: State) -> Vec<String> {
    let closed = wait::closed(standing, state);
    std::iter::once(closed.message).chain(closed.causes).collect()
}

/// Says who was told of a new request.
pub fn say_told(client: &Client<'_>, standing: &Standing) {
    told_of_new(standing).iter().for_each(|line| client.console().say(line));
}

/// A request as the authority shows it now.
pub async fn again(connected: &Connected, id: &RequestId) -> Result<Standing, Failure> {
    Standing::read(connected.authority.request(id).await?, connected.authority.as_ref())
}
