//! Asking: plan, confirm, act. An equal request that stands is reused; the one-use key is kept before anything is sent.

use jiff::Timestamp;

use super::Client;
use super::Connected;
use super::Failure;
use super::Standing;
use super::draft::Draft;
use super::find;
use super::plan;
use super::plan::Plan;
use super::plan::Wish;
use super::reasons;
use super::scopes::Extent;
use super::scopes::Piece;
use crate::grant::Name;
use crate::grant::Statement;
use crate::grant::statement::RequestStatement;
use crate::grant::statement::Way;
use crate::grant::text;
use crate::judgement::clocks;
use crate::prompt::index;
use crate::protocol::RoleView;
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
    // What a repository suggests may be changed by the role that it meets: then the plan is looked at first.
    let scope = match &wish.extent {
        Extent::Scope(scope) => Some(scope),
        Extent::Whole | Extent::Unsaid => None,
    };
    let settled = wish.extent != Extent::Unsaid || suggested.scope.is_none();
    if let Some(role) = wish.role.clone().or_else(|| suggested.role.clone())
        && settled
        && let Some(standing) = open_request(client, connected, &role, scope).await?
    {
        return reused(standing);
    }
    let plan = plan::make(client, connected, wish, &suggested).await?;
    // An alias or the picker may have led to a role for which a request stands.
    let scope = plan.scope.as_ref().map(|piece| &piece.view.name);
    if let Some(standing) = open_request(client, connected, &plan.role.name, scope).await? {
        return reused(standing);
    }
    let columns = client.console().message_columns().unwrap_or(text::COLUMNS);
    for line in plan.describe(columns, &client.system.zone) {
        client.console().say(&line);
    }
    if !confirmed && client.console().is_interactive() {
        let question = format!("Ask for {}, {}?", plan.what(), plan.duration);
        if !client.console().confirm(&question, true)? {
            return Err(Failure::failed("nothing was asked for"));
        }
    }
    let requested = submit(client, connected, &plan).await?;
    Ok(Requested { command: plan.was_asked.then(|| plan.command()), ..requested })
}

/// The request that is open already, unless a later policy made it impossible: asking again would wait for nothing.
fn reused(standing: Standing) -> Result<Requested, Failure> {
    standing.refuse_dead()?;
    Ok(Requested { standing, reused: true, command: None })
}

async fn open_request(
    client: &Client<'_>,
    connected: &Connected,
    role: &Name,
    scope: Option<&Name>,
) -> Result<Option<Standing>, Failure> {
    find::own_open(client, connected, role, scope).await
}

/// Sends what was planned.
pub async fn submit(client: &Client<'_>, connected: &Connected, plan: &Plan) -> Result<Requested, Failure> {
    let key = RecipientKey::generate(&client.system.entropy.seed());
    let statement = build(client, connected, plan, &key)?;
    send(client, connected, &statement, &key, &plan.role).await
}

/// Signs and sends what asks for a role; its one-use key is kept before anything leaves.
pub(super) async fn send(
    client: &Client<'_>,
    connected: &Connected,
    statement: &Statement,
    key: &RecipientKey,
    role: &RoleView,
) -> Result<Requested, Failure> {
    let Statement::Request(wanted) = statement else { return Err(Failure::failed("nothing is asked for")) };
    let digest = crate::grant::Digest::of(statement.canonical_text().as_bytes());
    let signed = client.sign(connected, statement)?;
    let vault = client.vault()?;
    // Whoever loses the key after the request was sent could never open the credentials.
    vault.keep_recipient(&digest, key)?;
    let asked = match connected.authority.ask(&signed).await {
        Ok(asked) => asked,
        Err(error) => {
            // When no answer came the request may stand all the same, so its key stays.
            if error.status().is_some() {
                vault.drop_request(&digest.request_id())?;
            }
            return Err(Failure::from(error).because(format!("{} was not asked for", role.name)));
        }
    };
    let standing = Standing::read(asked.view, connected.authority.as_ref())?;
    if standing.digest != digest {
        vault.drop_request(&digest.request_id())?;
        same_wish(&standing, wanted, connected)?;
    }
    reasons::remember(&client.system.files, &wanted.reason, client.now());
    index::put(&client.system.files, &standing.entry())?;
    Ok(Requested { standing, reused: asked.reused, command: None })
}

/// An authority that answers with another request than ours must at least answer with one of ours, for the same thing.
fn same_wish(standing: &Standing, wanted: &RequestStatement, connected: &Connected) -> Result<(), Failure> {
    let asked = &standing.asked;
    let same = asked.header.who == connected.person
        && asked.way == wanted.way
        && asked.role == wanted.role
        && asked.target == wanted.target
        && asked.scope == wanted.scope;
    if same {
        Ok(())
    } else {
        Err(Failure::failed("the broker answered with another request than the one that was sent")
            .cause(format!("it answered with {}", standing.view.id))
            .hint("do not use it, and tell the broker's administrator"))
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
    let not_after = clocks::latest_end(begin, plan.role.pending, plan.role.unused, plan.duration);
    let draft = Draft {
        header,
        way: Way::Request,
        role: &plan.role.name,
        target: &plan.role.target,
        scope: plan.scope.as_ref().map(Piece::named),
        duration: plan.duration,
        start: plan.start,
        reason: &plan.reason,
        recipient: key.public().map_err(|error| Failure::failed(error.to_string()))?,
        workload: None,
        policy: plan.role.policy,
        not_after,
    };
    Ok(Statement::Request(Box::new(draft.statement(plan.attendance))))
}
