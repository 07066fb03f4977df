//! The request that a command means if none, or only a role, is named: the only one, else one picked on a terminal,
//! else an error that names the choices.

use crate::config::variables;
use crate::flow::Client;
use crate::flow::Connected;
use crate::flow::Failure;
use crate::flow::Standing;
use crate::flow::asking::lookup;
use crate::flow::reviewing::inbox;
use crate::flow::session::find;
use crate::flow::session::reconcile;
use crate::grant::Name;
use crate::grant::RequestId;
use crate::grant::State;
use crate::grant::text;

/// How many choices an error names.
const SHOWN: usize = 5;

/// The user's input for a verb that acts on another person's request.
#[derive(Debug, Clone, Copy)]
pub struct Typed<'a> {
    /// The command, for hints.
    pub command: &'a str,
    /// The whole id or a role. `None` if the user typed neither.
    pub request: Option<&'a str>,
    /// Whether to skip the confirmation. The whole id is then required, because nobody looks at the request.
    pub confirmed: bool,
}

/// The request to review. Of several that nobody named, `approve` means the oldest on a terminal.
///
/// # Errors
/// No request waits, or several do and there is no terminal, or the text is neither a whole id nor the role of a
/// pending request.
pub async fn to_review(
    client: &Client<'_>,
    connected: &Connected,
    typed: Typed<'_>,
) -> Result<Standing, Failure> {
    if let Some(found) = by_id(connected, typed).await? {
        return Ok(found);
    }
    let mut waiting = inbox::inbox(client, connected).await?;
    waiting.retain(|standing| standing.view.may_review);
    let is_open = typed.request.is_none() && !typed.confirmed;
    if typed.command == "approve" && is_open && waiting.len() > 1 && client.console().is_interactive() {
        let all = waiting.len();
        client
            .console()
            .say(&format!("this is the oldest of {all} requests that wait for you: `jit inbox` lists them"));
        return Ok(waiting.remove(0));
    }
    settle(client, connected, typed, waiting, "waits for your review").await
}

/// The request to revoke.
///
/// # Errors
/// As [`to_review`], for the requests that the viewer may revoke.
pub async fn to_revoke(
    client: &Client<'_>,
    connected: &Connected,
    typed: Typed<'_>,
) -> Result<Standing, Failure> {
    if let Some(found) = by_id(connected, typed).await? {
        return Ok(found);
    }
    let now = client.now();
    let mut found = find::readable(client, connected).await?;
    found.retain(|standing| standing.view.may_revoke && !standing.state_at(now).is_terminal());
    // Active requests first, then approved, then pending ones.
    found
        .sort_by_key(|standing| (find::rank(standing.view.state), std::cmp::Reverse(standing.asked.created)));
    settle(client, connected, typed, found, "is there that you may revoke").await
}

/// The request with this whole id. `None` if the text is no whole id.
async fn by_id(connected: &Connected, typed: Typed<'_>) -> Result<Option<Standing>, Failure> {
    let Some(request) = typed.request else { return Ok(None) };
    let Ok(id) = request.parse::<RequestId>() else { return Ok(None) };
    match connected.authority.request(&id).await {
        // A role's name may also have ten letters and digits.
        Err(error) if error.status() == Some(404) && request.parse::<Name>().is_ok() && !typed.confirmed => {
            match connected
                .authority
                .role(&request.parse::<Name>().map_err(|_| Failure::from(error.clone()))?)
                .await
            {
                Ok(_) => Ok(None),
                Err(_) => Err(error.into()),
            }
        }
        view => Ok(Some(Standing::read(view?, connected.authority.as_ref())?)),
    }
}

async fn settle(
    client: &Client<'_>,
    connected: &Connected,
    typed: Typed<'_>,
    mut found: Vec<Standing>,
    what: &str,
) -> Result<Standing, Failure> {
    let command = typed.command;
    if typed.confirmed {
        let failure = Failure::usage("`-y` skips the question, so it needs the whole id of one request");
        let failure =
            if found.is_empty() { failure } else { failure.cause(format!("there are {}", list(&found))) };
        return Err(failure.hint(format!("name it: `jit {command} ID -y`")));
    }
    let mut of = String::new();
    if let Some(request) = typed.request {
        let Ok(role) = request.parse::<Name>() else { return Err(find::no_id(request)) };
        let own = match connected.authority.role(&role).await {
            Ok(view) => view.name,
            Err(_) => role.clone(),
        };
        found.retain(|standing| standing.asked.role == own);
        if found.is_empty() && own == role && !is_known(connected, &role).await {
            return Err(no_such(connected, request).await);
        }
        of = format!(" for {own}");
    }
    match found.len() {
        0 => Err(Failure::failed(format!("nothing{of} {what}"))),
        1 => Ok(found.remove(0)),
        _ if client.console().is_interactive() => {
            let choices: Vec<String> = found.iter().map(choice).collect();
            let chosen = client.console().choose("Which request?", &choices)?;
            if chosen < found.len() {
                Ok(found.swap_remove(chosen))
            } else {
                Err(Failure::usage("no request was chosen"))
            }
        }
        _ => Err(Failure::usage(format!("more than one request{of} {what}"))
            .cause(list(&found))
            .hint(format!("name one: `jit {command} ID`"))),
    }
}

async fn is_known(connected: &Connected, role: &Name) -> bool {
    connected.authority.role(role).await.is_ok()
}

/// The failure for a text that names neither a role nor a whole request id.
async fn no_such(connected: &Connected, typed: &str) -> Failure {
    let failure = Failure::usage(format!("{typed:?} names neither a role nor a request"));
    match lookup::meant(typed, &lookup::names(connected).await) {
        Some(meant) => failure.hint(meant),
        None => failure.hint("type a role or the whole id; `jit inbox` shows what waits for you"),
    }
}

/// The person's own request or direct session for a command that names none, as the person would type it: `JIT_ROLE`,
/// else the only one (if `alone` allows it), else one that is picked.
///
/// # Errors
/// There is none, or there are several and no terminal.
pub async fn mine(client: &Client<'_>, command: &str, alone: bool) -> Result<String, Failure> {
    if let Some(set) = client.system.environment.get(variables::ROLE) {
        return Ok(set.to_owned());
    }
    let now = client.now();
    let mut choices: Vec<(String, String)> = Vec::new();
    if client.settings.authority().is_some() {
        let connected = client.connect().await?;
        let mut own = reconcile::mine(client, &connected).await?;
        own.retain(|standing| match standing.state_at(now) {
            State::Pending => true,
            // An extension that is in force is its grant, which is in the list.
            state => !state.is_terminal() && standing.asked.extends().is_none(),
        });
        // The only one is taken even if it is decided by now: it may have been between `jit request` and this.
        if command == "wait" && own.len() > 1 {
            own.retain(|standing| standing.view.state == State::Pending);
            if own.is_empty() {
                return Err(Failure::usage("none of your requests waits for a decision")
                    .hint("`jit status` shows your requests and access"));
            }
        }
        own.sort_by_key(|standing| {
            (find::rank(standing.view.state), std::cmp::Reverse(standing.asked.created))
        });
        choices.extend(own.iter().map(|standing| {
            let state = standing.state_at(now).as_str();
            let more = if standing.asked.extends().is_some() { "more time for " } else { "" };
            (
                standing.view.id.to_string(),
                format!("{}  {more}{}  {state}", standing.view.id, standing.what()),
            )
        }));
    }
    if command == "end" {
        let direct = client.index().into_iter().filter(|entry| entry.is_direct() && entry.is_active(now));
        choices.extend(direct.map(|entry| (entry.role.to_string(), format!("{}  direct", entry.role))));
    }
    let verb = if command == "wait" { "wait for" } else { command };
    let named = |choices: &[(String, String)]| {
        let shown: Vec<&str> = choices.iter().take(SHOWN).map(|(_, shown)| shown.as_str()).collect();
        shown.join("; ")
    };
    match choices.len() {
        0 => Err(Failure::usage("no request is named, and none of yours is open")
            .hint("`jit status` shows your requests, `jit request` makes one")),
        1 if alone => Ok(choices.remove(0).0),
        _ if client.console().is_interactive() => {
            let shown: Vec<String> = choices.iter().map(|(_, shown)| shown.clone()).collect();
            let chosen = client.console().choose(&format!("Which request to {verb}?"), &shown)?;
            choices
                .into_iter()
                .nth(chosen)
                .map(|(typed, _)| typed)
                .ok_or_else(|| Failure::usage("no request was chosen"))
        }
        _ => Err(Failure::usage("no request is named")
            .cause(format!("open are {}", named(&choices)))
            .hint(format!("name one: `jit {command} ROLE` or `jit {command} ID`"))),
    }
}

/// A request as one line of a picker: its id first, the requester's own text last.
fn choice(standing: &Standing) -> String {
    let asked = &standing.asked;
    let more = if asked.extends().is_some() { " more" } else { "" };
    let state = match standing.view.state {
        State::Pending => String::new(),
        state => format!("  {}", state.as_str()),
    };
    let emergency = if standing.is_emergency() { "  emergency" } else { "" };
    let (id, who, what) = (&standing.view.id, &asked.header.who, standing.what());
    format!("{id}  {who}  {what}  {}{more}{state}{emergency}  {}", asked.duration, text::prose(&asked.reason))
}

fn list(found: &[Standing]) -> String {
    let one = |standing: &Standing| {
        format!("{} ({} for {})", standing.view.id, standing.what(), standing.asked.header.who)
    };
    let shown: Vec<String> = found.iter().take(SHOWN).map(one).collect();
    let more = found.len().saturating_sub(SHOWN);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", shown.join(", "))
}
