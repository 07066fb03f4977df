//! Asking: plan, confirm, act. An equal request that stands is reused; the one-use key is kept before anything is sent.

use jiff::Timestamp;

use super::Client;
use super::Connected;
use super::Failure;
use super::Standing;
use super::find;
use super::plan;
use super::plan::Plan;
use super::plan::Wish;
use super::reasons;
use crate::grant::Statement;
use crate::grant::span::Span;
use crate::grant::statement::RequestStatement;
use crate::grant::statement::Way;
use crate::prompt::index;
use crate::secret::seal::RecipientKey;

/// A request that stands now.
#[derive(Debug, Clone)]
pub struct Requested {
    /// The request.
    pub standing: Standing,
    /// Whether it stood already.
    pub reused: bool,
    /// The command that would have asked the same, when questions were asked.
    pub command: Option<String>,
}

/// Plans, confirms and sends one request, or finds the one that stands.
pub async fn request(
    client: &Client<'_>,
    connected: &Connected,
    wish: Wish,
    confirmed: bool,
) -> Result<Requested, Failure> {
    let suggested = plan::suggestions(client);
    if let Some(scope) = &suggested.scope {
        client.console().say(&format!(
            "note: .jit.toml suggests the scope {scope}; this broker has no scopes, so the whole role is asked for"
        ));
    }
    if let Some(role) = wish.role.clone().or_else(|| suggested.role.clone())
        && let Some(standing) = open_request(client, connected, &role).await?
    {
        return Ok(Requested { standing, reused: true, command: None });
    }
    let plan = plan::make(client, connected, wish, &suggested).await?;
    // An alias or the picker may have led to a role for which a request stands.
    if let Some(standing) = open_request(client, connected, &plan.role.name).await? {
        return Ok(Requested { standing, reused: true, command: None });
    }
    for line in plan.describe() {
        client.console().say(&line);
    }
    if !confirmed && client.console().is_interactive() {
        let question = format!("Ask for {}?", plan.role.name);
        if !client.console().confirm(&question, true)? {
            return Err(Failure::failed("nothing was asked for"));
        }
    }
    let requested = submit(client, connected, &plan).await?;
    Ok(Requested { command: plan.was_asked.then(|| plan.command()), ..requested })
}

async fn open_request(
    client: &Client<'_>,
    connected: &Connected,
    role: &crate::grant::Name,
) -> Result<Option<Standing>, Failure> {
    let now = client.now();
    let found = find::own_by_any_name(connected, role).await?;
    Ok(found.filter(|standing| !standing.state_at(now).is_terminal()))
}

/// Sends what was planned.
pub async fn submit(client: &Client<'_>, connected: &Connected, plan: &Plan) -> Result<Requested, Failure> {
    let key = RecipientKey::generate(&client.system.entropy.seed());
    let statement = build(client, connected, plan, &key)?;
    let digest = crate::grant::Digest::of(statement.canonical_text().as_bytes());
    let signed = client.sign(connected, &statement)?;
    let vault = client.vault()?;
    // Whoever loses the key after the request was sent could never open the credentials.
    vault.keep_recipient(&digest, &key)?;
    let asked = match connected.authority.ask(&signed).await {
        Ok(asked) => asked,
        Err(error) => {
            // When no answer came the request may stand all the same, so its key stays.
            if error.status().is_some() {
                vault.drop_request(&digest.request_id())?;
            }
            return Err(Failure::from(error).because(format!("{} was not asked for", plan.role.name)));
        }
    };
    let standing = Standing::read(asked.view, connected.authority.as_ref())?;
    if standing.digest != digest {
        vault.drop_request(&digest.request_id())?;
        same_wish(&standing, plan, connected)?;
    }
    reasons::remember(&client.system.files, &plan.reason, client.now());
    index::put(&client.system.files, &standing.entry())?;
    Ok(Requested { standing, reused: asked.reused, command: None })
}

/// An authority that answers with another request than ours must at least answer with one of ours, for the same thing.
fn same_wish(standing: &Standing, plan: &Plan, connected: &Connected) -> Result<(), Failure> {
    let asked = &standing.asked;
    let same = asked.header.who == connected.person
        && asked.extends().is_none()
        && asked.role == plan.role.name
        && asked.target == plan.role.target;
    if same {
        Ok(())
    } else {
        Err(Failure::failed("the broker answered with another request than the one that was sent")
            .cause(format!("it answered with {}", standing.view.id))
            .hint("do not use it, and tell whoever runs the broker"))
    }
}

fn build(
    client: &Client<'_>,
    connected: &Connected,
    plan: &Plan,
    key: &RecipientKey,
) -> Result<Statement, Failure> {
    let header = client.header(connected);
    let created = header.at;
    let begin: Timestamp = plan.start.map_or(created, |start| start.max(created));
    let not_after = [plan.role.pending, plan.role.unused, plan.duration]
        .into_iter()
        .fold(begin, |end: Timestamp, span: Span| span.after(end));
    let recipient = key.public().map_err(|error| Failure::failed(error.to_string()))?;
    Ok(Statement::Request(Box::new(RequestStatement {
        header,
        way: Way::Request,
        interactive: true,
        agent: false,
        role: plan.role.name.clone(),
        target: plan.role.target.clone(),
        scope: None,
        duration: plan.duration,
        start: plan.start,
        reason: plan.reason.clone(),
        recipient,
        policy: plan.role.policy,
        created,
        not_after,
    })))
}
