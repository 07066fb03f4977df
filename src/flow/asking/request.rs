//! Asking: plan, confirm, act. An equal open request is reused. The one-use key is stored before anything is sent.

use jiff::Timestamp;

use crate::flow::Client;
use crate::flow::Connected;
use crate::flow::Failure;
use crate::flow::Standing;
use crate::flow::asking::lookup;
use crate::flow::asking::plan;
use crate::flow::asking::plan::Plan;
use crate::flow::asking::plan::Wish;
use crate::flow::asking::reasons;
use crate::flow::asking::scopes::Extent;
use crate::flow::asking::scopes::Piece;
use crate::flow::session::find::Open;
use crate::grant::Difference;
use crate::grant::Name;
use crate::grant::Purpose;
use crate::grant::Statement;
use crate::grant::statement::Draft;
use crate::grant::statement::RequestStatement;
use crate::grant::statement::Way;
use crate::grant::text;
use crate::judgement::clocks;
use crate::protocol::RoleView;
use crate::secret::seal::RecipientKey;
use crate::state::index;

/// An open request.
#[derive(Debug, Clone)]
pub struct Requested {
    /// The request.
    pub standing: Standing,
    /// Whether it was already open before.
    pub reused: bool,
    /// The command that makes the same request, if questions were asked.
    pub command: Option<String>,
}

/// Plans, confirms and sends one request, or returns the open one.
pub async fn request(
    client: &Client<'_>,
    connected: &Connected,
    wish: Wish,
    confirmed: bool,
) -> Result<Requested, Failure> {
    let suggested = plan::suggestions(client);
    // A suggested scope may not exist for the role. The plan then has to be made first.
    let scope = match &wish.extent {
        Extent::Scope(scope) => Some(scope),
        Extent::Whole | Extent::Unsaid => None,
    };
    let settled = wish.extent != Extent::Unsaid || suggested.scope.is_none();
    let mut listed = None;
    let mut known = None;
    let purpose = wish.purpose.clone();
    if let Some(name) = wish.role.as_ref().or(suggested.role.as_ref()) {
        let open = Open::list(client, connected).await?;
        let stands = |role: &Name| open.of(role, scope).filter(|_| settled).cloned();
        if let Some(standing) = stands(name) {
            return reused(standing, purpose.as_ref());
        }
        // The name may be an alias of a role for which a request stands.
        let role = lookup::role(connected, name).await?;
        if let Some(standing) = stands(&role.name) {
            return reused(standing, purpose.as_ref());
        }
        known = Some(role);
        listed = Some(open);
    }
    let plan = plan::make(client, connected, wish, known, &suggested).await?;
    // The repository or the picker may have led to a role and scope for which a request stands. If the person asked elsewhere for the
    // same while they answered questions, the authority finds that request: it takes no equal request twice.
    let scope = plan.scope.as_ref().map(|piece| &piece.view.name);
    let open = match listed {
        Some(open) => open,
        None => Open::list(client, connected).await?,
    };
    if let Some(standing) = open.of(&plan.role.name, scope) {
        return reused(standing.clone(), purpose.as_ref());
    }
    let columns = client.console().message_columns().unwrap_or(text::COLUMNS);
    for line in plan.describe(columns, &client.system.zone) {
        client.console().say(&line);
    }
    if !confirmed && client.console().is_interactive() {
        let question = format!("Ask for {}, {}?", plan.what(), plan.duration);
        if !client.console().confirm(&question, true)? {
            return Err(Failure::failed("nothing was requested"));
        }
    }
    let requested = submit(client, connected, &plan).await?;
    Ok(Requested { command: plan.was_asked.then(|| plan.command()), ..requested })
}

/// The open request. Fails if a later policy made its approval impossible, because waiting would be useless, and if it is for
/// another command.
fn reused(standing: Standing, purpose: Option<&Purpose>) -> Result<Requested, Failure> {
    standing.refuse_dead()?;
    let open = standing.asked.purpose.as_ref();
    let (role, id) = (&standing.asked.role, &standing.view.id);
    let cause = match (open, purpose) {
        (None, None) => None,
        (Some(open), Some(purpose)) => open.difference(purpose).map(Difference::into_text),
        (Some(open), None) => Some(format!("it is for one command: {}", open.line())),
        (None, Some(_)) => Some("it is for any command".to_owned()),
    };
    if let Some(cause) = cause {
        return Err(Failure::refused(format!(
            "your request {id} for {role} is open, and asks for something else"
        ))
        .cause(cause)
        .hint(format!("end it first: `jit end {id}`")));
    }
    Ok(Requested { standing, reused: true, command: None })
}

/// Sends the planned request.
pub async fn submit(client: &Client<'_>, connected: &Connected, plan: &Plan) -> Result<Requested, Failure> {
    let key = RecipientKey::generate(&client.system.entropy.seed());
    let statement = build(client, connected, plan, &key)?;
    send(client, connected, &statement, &key, &plan.role).await
}

/// Signs and sends a request for a role. Its one-use key is stored before anything is sent.
pub(in crate::flow) async fn send(
    client: &Client<'_>,
    connected: &Connected,
    statement: &Statement,
    key: &RecipientKey,
    role: &RoleView,
) -> Result<Requested, Failure> {
    let Statement::Request(wanted) = statement else {
        return Err(Failure::failed("the statement is not a request"));
    };
    let digest = crate::grant::Digest::of(statement.canonical_text().as_bytes());
    let signed = client.sign(connected, statement)?;
    let vault = client.vault()?;
    // Without this key nobody could ever open the credentials of the request.
    vault.keep_recipient(&digest, key)?;
    let asked = match connected.authority.ask(&signed).await {
        Ok(asked) => asked,
        Err(error) => {
            // If no response came, the request may exist anyway, so its key stays.
            if error.status().is_some() {
                vault.drop_request(&digest.request_id())?;
            }
            return Err(Failure::from(error).because(format!("{} was not requested", role.name)));
        }
    };
    let standing = Standing::read(asked.view, connected.authority.as_ref())?;
    if standing.digest != digest {
        vault.drop_request(&digest.request_id())?;
        same_wish(&standing, wanted, connected)?;
    }
    // The reason of an emergency is no default for an ordinary request.
    if wanted.way != Way::BreakGlass {
        reasons::remember(&client.system.files, &wanted.role, &wanted.reason, client.now());
    }
    index::put(&client.system.files, &standing.entry())?;
    Ok(Requested { standing, reused: asked.reused, command: None })
}

/// If the authority answers with another request than the one sent, it must be the person's own and for the same thing.
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
        job: None,
        purpose: plan.purpose.clone(),
        policy: plan.role.policy,
        not_after,
    };
    Ok(Statement::Request(Box::new(draft.statement(plan.attendance))))
}
