//! Decides one request from the inbox, by the functions of `jit approve` and `jit deny`.

use super::desk::Choice;
use crate::flow::Client;
use crate::flow::Connected;
use crate::flow::Failure;
use crate::flow::reviewing::review;
use crate::flow::reviewing::review::Reviewing;
use crate::flow::reviewing::review::Word;
use crate::flow::session::pick::Typed;
use crate::grant::Name;
use crate::grant::RequestId;
use crate::grant::span::Span;

/// Shows the request again, asks, signs and sends. Returns the outcome in a line.
///
/// # Errors
/// As of `jit approve` and `jit deny`, or the person stopped.
pub(super) async fn decide(
    client: &Client<'_>,
    connected: &Connected,
    id: &RequestId,
    choice: Choice,
) -> Result<String, Failure> {
    let command = if choice == Choice::Deny { "deny" } else { "approve" };
    let typed = Typed { command, request: Some(id.as_str()), confirmed: false };
    let reviewing = review::open(client, connected, typed).await?;
    let (duration, scope) = match choice {
        Choice::Less => less(client, &reviewing)?,
        Choice::Approve | Choice::Deny => (None, None),
    };
    let verdict = choice.verdict();
    // A denial without a comment asks for it.
    let comment = (choice != Choice::Deny).then(String::new);
    let word = Word { verdict, comment, duration, scope, confirmed: false };
    let given = review::give(client, connected, &reviewing, &word).await?;
    if choice == Choice::Deny
        && let Some(survives) = given.survives(client.now(), &client.system.zone)
    {
        client.console().say(&survives);
    }
    Ok(given.said(verdict, client.now()))
}

/// Asks to what the approval is limited.
fn less(client: &Client<'_>, reviewing: &Reviewing) -> Result<(Option<Span>, Option<Name>), Failure> {
    let asked = &reviewing.standing.asked;
    if reviewing.standing.is_emergency() {
        return Err(Failure::usage("emergency access cannot be made less afterwards")
            .hint("approve it if it was justified, else deny it"));
    }
    let question = format!("For how long at most? {} was asked", asked.duration);
    let duration = loop {
        let answer = client.console().ask(&question, &[asked.duration.to_string()])?;
        match answer.trim().parse::<Span>() {
            Ok(span) if span <= asked.duration => break span,
            Ok(span) => {
                client.console().say(&format!("{span} is more than the requested {}", asked.duration));
            }
            Err(error) => client.console().say(&error.to_string()),
        }
    };
    let duration = Some(duration).filter(|duration| *duration < asked.duration);
    let scopes = &reviewing.role.scopes;
    if asked.scope.is_some() || scopes.is_empty() {
        return Ok((duration, None));
    }
    let mut choices = vec!["the whole role, as asked".to_owned()];
    choices.extend(scopes.iter().map(|scope| format!("only {}", scope.name)));
    let chosen = client.console().choose("For what?", &choices)?;
    let scope = chosen.checked_sub(1).and_then(|place| scopes.get(place)).map(|scope| scope.name.clone());
    Ok((duration, scope))
}
