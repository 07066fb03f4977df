//! Break-glass: the plan says that everybody is notified, and where. It needs no approval, and a reviewer reviews it
//! afterwards.

use crate::flow::Client;
use crate::flow::Connected;
use crate::flow::Failure;
use crate::flow::Standing;
use crate::flow::asking::attendance::Attendance;
use crate::flow::asking::lookup;
use crate::flow::asking::plan::helpers;
use crate::flow::asking::reasons;
use crate::flow::asking::request;
use crate::flow::asking::request::Requested;
use crate::flow::session::reconcile;
use crate::flow::session::sure;
use crate::flow::session::sure::Proof;
use crate::grant::Assurance;
use crate::grant::Name;
use crate::grant::Statement;
use crate::grant::production::looks_like_production;
use crate::grant::span::Span;
use crate::grant::statement::Draft;
use crate::grant::statement::Way;
use crate::grant::text;
use crate::judgement::clocks;
use crate::protocol::BreakGlassView;
use crate::protocol::RoleView;
use crate::secret::seal::RecipientKey;

/// The user's input.
#[derive(Debug, Clone)]
pub struct Emergency {
    /// The role.
    pub role: Name,
    /// The reason. If `None`, the terminal asks for it.
    pub reason: Option<String>,
    /// The duration. If `None`, the role's own, up to the maximum for break-glass.
    pub duration: Option<Span>,
    /// Whether to skip the confirmation.
    pub confirmed: bool,
}

/// Everything that break-glass needs.
struct Plan {
    role: RoleView,
    way: BreakGlassView,
    duration: Span,
    reason: String,
    was_asked: bool,
}

/// Plans, confirms and takes the role, or returns the break-glass access that is still valid.
pub async fn take(client: &Client<'_>, connected: &Connected, wish: Emergency) -> Result<Requested, Failure> {
    connected.authority.check_break_glass(&wish.role)?;
    let role = lookup::role(connected, &wish.role).await?;
    if let Some(standing) = standing_already(client, connected, &role.name).await? {
        return Ok(Requested { standing, reused: true, command: None });
    }
    let plan = plan(client, role, &wish)?;
    let columns = client.console().message_columns().unwrap_or(text::COLUMNS);
    for line in plan.describe(columns) {
        client.console().say(&line);
    }
    confirm(client, &plan, wish.confirmed)?;
    let key = RecipientKey::generate(&client.system.entropy.seed());
    let statement = build(client, connected, &plan, &key)?;
    let requested = request::send(client, connected, &statement, &key, &plan.role).await?;
    Ok(Requested { command: plan.was_asked.then(|| plan.command()), ..requested })
}

/// The person's own break-glass access to the role, while it lasts.
async fn standing_already(
    client: &Client<'_>,
    connected: &Connected,
    role: &Name,
) -> Result<Option<Standing>, Failure> {
    let now = client.now();
    // An ordinary grant of the role may exist beside it.
    let found = reconcile::mine(client, connected).await?;
    let stands = |standing: &Standing| {
        standing.asked.role == *role && standing.is_emergency() && !standing.state_at(now).is_terminal()
    };
    Ok(found.into_iter().find(stands))
}

fn plan(client: &Client<'_>, role: RoleView, wish: &Emergency) -> Result<Plan, Failure> {
    let Some(way) = role.break_glass.clone() else {
        let failure = Failure::refused(format!("you may not take emergency access to {}", role.name));
        return Err(if role.may_request {
            failure.hint(format!("make an ordinary request: `jit request {}`", role.name))
        } else {
            failure.hint("`jit roles` shows which roles allow it")
        });
    };
    let duration = wish.duration.unwrap_or(role.duration.min(way.max_duration));
    if duration > way.max_duration {
        let most = way.max_duration;
        return Err(Failure::usage(format!(
            "{duration} is longer than an emergency in {} may last",
            role.name
        ))
        .hint(format!("take at most {most}: --for {most}")));
    }
    let (reason, was_asked) = reason(client, &role.name, wish.reason.clone())?;
    Ok(Plan { role, way, duration, reason, was_asked })
}

/// The reason. An emergency has no ticket yet, but always a reason.
fn reason(client: &Client<'_>, role: &Name, given: Option<String>) -> Result<(String, bool), Failure> {
    let wanted = || {
        Failure::usage("emergency access needs a reason")
            .hint(format!("say what happened: `jit break-glass {role} --reason \"orders-db is down\"`"))
    };
    let judge = |reason: &str| if reason.is_empty() { Err(wanted()) } else { Ok(()) };
    // No earlier reason is offered: an emergency is one of its own.
    reasons::settle(client, given, "What is the emergency?", &[], wanted, judge)
}

/// Asks whether to go on. There is no request yet, so the names of the roles show whether it looks like production.
fn confirm(client: &Client<'_>, plan: &Plan, confirmed: bool) -> Result<(), Failure> {
    if confirmed {
        return Ok(());
    }
    let role = &plan.role.name;
    if !client.console().is_interactive() {
        return Err(Failure::usage(
            "emergency access is told to everybody, and there is no terminal to ask on",
        )
        .hint(format!("to confirm it: `{} -y`", plan.command())));
    }
    let names = std::iter::once(role.as_str()).chain(plan.role.target.names());
    let production = plan.role.production || looks_like_production(names);
    let proof = if production { Proof::Role(role) } else { Proof::Yes };
    // The default is no, so that pressing Enter does nothing.
    if sure::ask(client, &format!("Break the glass for {role}, {}?", plan.duration), false, proof)? {
        Ok(())
    } else {
        Err(Failure::failed("cancelled; nobody was notified")
            .hint(format!("for an ordinary request, type `jit request {role}`")))
    }
}

fn build(
    client: &Client<'_>,
    connected: &Connected,
    plan: &Plan,
    key: &RecipientKey,
) -> Result<Statement, Failure> {
    let header = client.header(connected);
    let draft = Draft {
        way: Way::BreakGlass,
        role: &plan.role.name,
        target: &plan.role.target,
        scope: None,
        duration: plan.duration,
        start: None,
        reason: &plan.reason,
        recipient: key.public().map_err(|error| Failure::failed(error.to_string()))?,
        workload: None,
        job: None,
        purpose: None,
        policy: plan.role.policy,
        not_after: clocks::latest_emergency_end(header.at, plan.role.unused, plan.duration),
        header,
    };
    Ok(Statement::Request(Box::new(draft.statement(Attendance::of(client.system)))))
}

impl Plan {
    /// The plan in lines, for the person to confirm.
    fn describe(&self, columns: usize) -> Vec<String> {
        let role = &self.role;
        let mut lines = vec![format!("{}: {}", role.name, role.target.describe())];
        if !role.description.is_empty() {
            lines.push(format!("  {}", text::sanitise(&role.description)));
        }
        lines.push(format!("  for       {} (at most {})", self.duration, self.way.max_duration));
        lines.extend(text::marked("reason", &self.reason, columns));
        lines.push("  approval  none: this is emergency access, and everybody is told".to_owned());
        let told: Vec<String> = self.way.told.iter().map(|place| text::sanitise(place)).collect();
        lines.push(if told.is_empty() {
            "  told      reviewers, in their inbox; the policy names no place for notices".to_owned()
        } else {
            format!("  told      {}", told.join(", "))
        });
        lines.push(if self.way.reviewers.is_empty() {
            "  after     nobody can review it under this policy, so you could not take another one".to_owned()
        } else {
            let people = helpers(&self.way.reviewers);
            format!("  after     somebody reviews it{people}; until then you cannot take another one")
        });
        if self.way.signed == Assurance::Touch {
            lines.push("  signed    with a security key that you touch".to_owned());
        }
        lines
    }

    /// The command that would take the same access.
    fn command(&self) -> String {
        let reason = self.reason.replace('\'', "'\\''");
        format!("jit break-glass {} --for {} --reason '{reason}'", self.role.name, self.duration)
    }
}
