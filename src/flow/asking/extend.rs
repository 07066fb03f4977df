//! Extending a grant: plan, confirm, ask. The grant keeps its request, its key and the commands that use it. Only its
//! end moves.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::flow::Client;
use crate::flow::Connected;
use crate::flow::Failure;
use crate::flow::Standing;
use crate::flow::asking::attendance::Attendance;
use crate::flow::asking::plan;
use crate::flow::asking::reasons;
use crate::flow::session::find;
use crate::flow::using::end;
use crate::grant::Digest;
use crate::grant::Name;
use crate::grant::State;
use crate::grant::Statement;
use crate::grant::span::Span;
use crate::grant::span::local;
use crate::grant::span::whole_seconds;
use crate::grant::statement::Draft;
use crate::grant::statement::RequestStatement;
use crate::grant::statement::Way;
use crate::grant::text;
use crate::protocol::ExtendView;
use crate::protocol::RoleView;
use crate::secret::seal::RecipientKey;
use crate::state::index;

/// The user's input.
#[derive(Debug, Clone)]
pub struct MoreTime {
    /// The role, or the whole id of its request or of one of its extensions.
    pub typed: String,
    /// The additional time.
    pub duration: Option<Span>,
    /// The reason. If `None`, the first request's.
    pub reason: Option<String>,
}

/// An extension request that is open now.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The extension request.
    pub standing: Standing,
    /// Whether it was already open before.
    pub reused: bool,
    /// The command that makes the same request.
    pub command: String,
}

/// Everything that an extension request needs.
struct Plan {
    first: Standing,
    role: RoleView,
    terms: ExtendView,
    /// The grant's end without the extension.
    end: Timestamp,
    duration: Span,
    reason: String,
    attendance: Attendance,
}

/// Plans, confirms and sends one extension request, or returns the pending one.
///
/// # Errors
/// The person has no active grant of that name, its role allows no (further) extension, or the authority refuses.
pub async fn extend(
    client: &Client<'_>,
    connected: &Connected,
    wish: MoreTime,
    confirmed: bool,
) -> Result<Asked, Failure> {
    let first = grant_of(client, connected, &wish.typed).await?;
    let now = client.now();
    if first.is_emergency() {
        return Err(emergency(&first));
    }
    let state = first.state_at(now);
    if state != State::Active {
        return Err(not_active(&first, state));
    }
    if let Some(waiting) = waiting(connected, &first).await? {
        waiting.refuse_dead()?;
        return reuse(waiting, wish.duration);
    }
    let plan = make(client, connected, first, wish).await?;
    let columns = client.console().message_columns().unwrap_or(text::COLUMNS);
    for line in plan.describe(columns, &client.system.zone) {
        client.console().say(&line);
    }
    if !confirmed && client.console().is_interactive() {
        let question = format!("Ask for {} more of {}?", plan.duration, plan.first.what());
        if !client.console().confirm(&question, true)? {
            return Err(Failure::failed("nothing was requested"));
        }
    }
    submit(client, connected, &plan).await
}

/// The grant that the typed name stands for. An extension stands for the grant that it extends.
async fn grant_of(client: &Client<'_>, connected: &Connected, typed: &str) -> Result<Standing, Failure> {
    let found = find::own_for_acting(client, connected, typed).await?;
    let first = match found.asked.extends() {
        Some(first) => first_of(connected, &first).await?,
        None => found,
    };
    if first.asked.header.who == connected.person {
        return Ok(first);
    }
    let whose = &first.asked.header.who;
    Err(Failure::refused(format!("request {} belongs to {whose}; only they can extend it", first.view.id)))
}

/// The first request, by the digest in the extension's own bytes.
async fn first_of(connected: &Connected, first: &Digest) -> Result<Standing, Failure> {
    let authority = connected.authority.as_ref();
    let standing = Standing::read(authority.request(&first.request_id()).await?, authority)?;
    if standing.digest == *first {
        Ok(standing)
    } else {
        Err(Failure::failed("the broker answered with another request than the one that is extended"))
    }
}

fn emergency(first: &Standing) -> Failure {
    let role = &first.asked.role;
    Failure::refused(format!("emergency access to {role} cannot be extended"))
        .hint(format!("make an ordinary request beside it: `jit request {role}`"))
}

fn not_active(first: &Standing, state: State) -> Failure {
    let role = &first.asked.role;
    let failure = Failure::refused(format!("the access to {role} is {}", state.as_str()));
    match state {
        State::Pending => failure.hint(format!("wait for it first: `jit wait {role}`")),
        State::Approved => {
            failure.hint(format!("its time begins with its first use: `jit exec {role} -- …`"))
        }
        _ => failure.hint(format!("ask again: `jit request {role}`")),
    }
}

/// The pending extension request of a grant. `None` if there is none.
///
/// # Errors
/// The authority cannot be asked, or its answer is invalid.
pub async fn waiting(connected: &Connected, first: &Standing) -> Result<Option<Standing>, Failure> {
    let authority = connected.authority.as_ref();
    for extension in first.view.extensions.iter().filter(|extension| extension.until.is_none()) {
        let standing = Standing::read(authority.request(&extension.id).await?, authority)?;
        let open = matches!(standing.view.state, State::Pending | State::Approved);
        if standing.asked.extends() == Some(first.digest) && open {
            return Ok(Some(standing));
        }
    }
    Ok(None)
}

fn reuse(waiting: Standing, wanted: Option<Span>) -> Result<Asked, Failure> {
    let (id, duration) = (&waiting.view.id, waiting.asked.duration);
    if wanted.is_some_and(|wanted| wanted != duration) {
        return Err(Failure::failed(format!(
            "request {id} asks for {duration} more of {} already",
            waiting.asked.role
        ))
        .hint(format!("wait for it with `jit wait {id}`, or take it back with `jit end {id}`")));
    }
    let command = command(&waiting.asked);
    Ok(Asked { standing: waiting, reused: true, command })
}

async fn make(
    client: &Client<'_>,
    connected: &Connected,
    first: Standing,
    wish: MoreTime,
) -> Result<Plan, Failure> {
    let here = Attendance::of(client.system);
    let role = connected.authority.role(&first.asked.role).await?;
    let again = || format!("when it has ended, ask again: `jit request {}`", role.name);
    let Some(terms) = role.extend.clone() else {
        return Err(Failure::refused(format!("{} cannot be extended", role.name)).hint(again()));
    };
    let given = first.view.extensions.len();
    if given >= usize::try_from(terms.times).unwrap_or(usize::MAX) {
        return Err(Failure::refused(format!(
            "{} was extended as often as it may be ({})",
            role.name, terms.times
        ))
        .hint(again()));
    }
    let duration = wish.duration.unwrap_or(role.duration);
    if duration > role.max_duration {
        return Err(Failure::usage(format!("{duration} is longer than {} allows", role.name))
            .hint(format!("ask for at most {}: --for {}", role.max_duration, role.max_duration)));
    }
    let reason = text::normalize(wish.reason.as_deref().unwrap_or(&first.asked.reason));
    text::check_new(&reason)
        .map_err(|error| Failure::usage(error.to_string()).hint("give another --reason"))?;
    let end = first.view.active_until.unwrap_or(first.asked.not_after);
    // An extension of an agent's request is for the agent, whoever types it.
    let attendance = Attendance { agent: here.agent || first.asked.agent, ..here };
    Ok(Plan { first, role, terms, end, duration, reason, attendance })
}

impl Plan {
    fn describe(&self, columns: usize, zone: &TimeZone) -> Vec<String> {
        let role = &self.role;
        let number = self.first.view.extensions.len() + 1;
        let mut lines = vec![
            format!("{}: {}", role.name, role.target.describe()),
            format!("  for       {} more (at most {})", self.duration, role.max_duration),
            format!(
                "  ends      {} instead of {} (extension {number} of {})",
                local(self.duration.after(self.end), zone),
                local(self.end, zone),
                self.terms.times
            ),
        ];
        if !self.reason.is_empty() {
            lines.extend(text::marked("reason", &self.reason, columns));
        }
        lines.push(if self.terms.automatic {
            "  approval  approved at once, because no review is needed".to_owned()
        } else {
            format!(
                "  approval  {}{}",
                text::sanitise(&self.terms.approval),
                plan::helpers(&self.terms.approvers)
            )
        });
        if !self.terms.automatic && !self.terms.approvable {
            lines.push(plan::UNAPPROVABLE.to_owned());
        }
        lines
    }

    fn build(&self, client: &Client<'_>, connected: &Connected) -> Result<RequestStatement, Failure> {
        let header = client.header(connected);
        let first = &self.first.asked;
        // No lease is ever sealed to an extension, so the private half is not kept.
        let key = RecipientKey::generate(&client.system.entropy.seed());
        let draft = Draft {
            way: Way::Extend(self.first.digest),
            role: &first.role,
            target: &first.target,
            scope: first.scope.clone(),
            duration: self.duration,
            start: None,
            reason: &self.reason,
            recipient: key.public().map_err(|error| Failure::failed(error.to_string()))?,
            workload: None,
            job: None,
            purpose: None,
            policy: self.role.policy,
            not_after: whole_seconds(self.duration.after(self.end)),
            header,
        };
        Ok(draft.statement(self.attendance))
    }
}

async fn submit(client: &Client<'_>, connected: &Connected, plan: &Plan) -> Result<Asked, Failure> {
    let asked = plan.build(client, connected)?;
    let command = command(&asked);
    let signed = client.sign(connected, &Statement::Request(Box::new(asked)))?;
    let answered = connected
        .authority
        .ask(&signed)
        .await
        .map_err(|error| Failure::from(error).because(format!("{} was not extended", plan.role.name)))?;
    let standing = Standing::read(answered.view, connected.authority.as_ref())?;
    let own = standing.asked.header.who == connected.person;
    if !own || standing.asked.extends() != Some(plan.first.digest) {
        return Err(Failure::failed("the broker answered with another request than the one that was sent")
            .cause(format!("it answered with {}", standing.view.id))
            .hint("tell the broker's administrator"));
    }
    reasons::remember(&client.system.files, &plan.role.name, &plan.reason, client.now());
    if standing.view.state == State::Pending {
        index::put(&client.system.files, &standing.entry())?;
    } else {
        settle(client, connected, &standing).await?;
    }
    Ok(Asked { standing, reused: answered.reused, command })
}

fn command(asked: &RequestStatement) -> String {
    let mut command = format!("jit extend {} --for {}", asked.role, asked.duration);
    if !asked.reason.is_empty() {
        command.push_str(&format!(" --reason '{}'", asked.reason.replace('\'', "'\\''")));
    }
    command
}

/// Updates a grant after the decision on one of its extensions. The index, and with it the prompt and all commands that
/// use the grant, then has the new end.
///
/// # Errors
/// The authority cannot be asked, or the index cannot be written.
pub async fn settle(
    client: &Client<'_>,
    connected: &Connected,
    extension: &Standing,
) -> Result<Standing, Failure> {
    if extension.view.state == State::Approved {
        connected.authority.take_effect(&extension.view.id).await?;
    }
    index::forget(&client.system.files, &extension.view.id)?;
    let digest = extension.asked.extends().unwrap_or(extension.digest);
    let first = first_of(connected, &digest).await?;
    learn(client, &first)?;
    Ok(first)
}

/// Writes the grant's end, as the authority knows it, into the index. A grant that has ended is removed with its
/// secrets.
pub(in crate::flow) fn learn(client: &Client<'_>, first: &Standing) -> Result<(), Failure> {
    let state = first.state_at(client.now());
    if state.is_terminal() {
        return end::forget(client, first);
    }
    Ok(index::put(&client.system.files, &first.entry())?)
}

/// How much more time a grant needs to last for `needs` from now, with a margin for the decision. `None` if it needs
/// none.
pub fn lacking(now: Timestamp, until: Timestamp, needs: Span) -> Option<Span> {
    const MARGIN: i64 = 10 * 60;
    let seconds = needs.after(now).as_second() - until.as_second() + MARGIN;
    let minutes = u64::try_from(seconds).ok()?.div_ceil(60);
    Span::of_seconds(minutes * 60)
}

/// Whether a role allows extensions at all.
pub async fn is_offered(connected: &Connected, role: &Name) -> bool {
    connected.authority.role(role).await.is_ok_and(|role| role.extend.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_lacking_is_asked_for_in_whole_minutes() {
        let now: Timestamp = "2026-11-23T10:00:00Z".parse().unwrap();
        let until: Timestamp = "2026-11-23T10:59:30Z".parse().unwrap();
        assert_eq!(lacking(now, until, Span::of_minutes(180)), Some(Span::of_minutes(131)));
        assert_eq!(lacking(now, until, Span::of_minutes(10)), None);
    }
}
