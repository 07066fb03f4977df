//! The emergency way: the plan says that everybody is told, and who; nobody is asked; somebody reviews it afterwards.

use super::Client;
use super::Connected;
use super::Failure;
use super::Standing;
use super::attendance::Attendance;
use super::draft::Draft;
use super::names;
use super::plan::helpers;
use super::reasons;
use super::reconcile;
use super::request;
use super::request::Requested;
use super::sure;
use super::sure::Proof;
use crate::grant::Assurance;
use crate::grant::Name;
use crate::grant::Statement;
use crate::grant::production::looks_like_production;
use crate::grant::span::Span;
use crate::grant::statement::Way;
use crate::grant::text;
use crate::judgement::clocks;
use crate::protocol::BreakGlassView;
use crate::protocol::RoleView;
use crate::secret::seal::RecipientKey;

/// What the user said.
#[derive(Debug, Clone)]
pub struct Emergency {
    /// The role.
    pub role: Name,
    /// Why; asked on a terminal when not said.
    pub reason: Option<String>,
    /// For how long; the role's own duration, as far as the way allows it, when not said.
    pub duration: Option<Span>,
    /// Whether the question is skipped.
    pub confirmed: bool,
}

/// Everything that an emergency needs.
struct Plan {
    role: RoleView,
    way: BreakGlassView,
    duration: Span,
    reason: String,
    was_asked: bool,
}

/// Plans, confirms and takes the role, or finds the emergency access that stands.
pub async fn take(client: &Client<'_>, connected: &Connected, wish: Emergency) -> Result<Requested, Failure> {
    if let Some(why) = connected.authority.lacks_emergencies(&wish.role) {
        return Err(why.into());
    }
    let role = names::role(connected, &wish.role).await?;
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

/// One's own emergency access to the role, while it lasts.
async fn standing_already(
    client: &Client<'_>,
    connected: &Connected,
    role: &Name,
) -> Result<Option<Standing>, Failure> {
    let now = client.now();
    // Beside it there may be an ordinary grant of the role.
    let found = reconcile::mine(client, connected).await?;
    let stands = |standing: &Standing| {
        standing.asked.role == *role && standing.is_emergency() && !standing.state_at(now).is_terminal()
    };
    Ok(found.into_iter().find(stands))
}

fn plan(client: &Client<'_>, role: RoleView, wish: &Emergency) -> Result<Plan, Failure> {
    let Some(way) = role.break_glass.clone() else {
        let failure = Failure::refused(format!("there is no emergency way into {} for you", role.name));
        return Err(if role.may_request {
            failure.hint(format!("ask in the ordinary way: `jit request {}`", role.name))
        } else {
            failure.hint("`jit roles` says which roles have one")
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

/// An emergency has no ticket yet, and always a reason.
fn reason(client: &Client<'_>, role: &Name, given: Option<String>) -> Result<(String, bool), Failure> {
    let wanted = || {
        Failure::usage("an emergency has a reason")
            .hint(format!("say what happened: `jit break-glass {role} --reason \"orders-db is down\"`"))
    };
    let offered = reasons::offered(&client.system.files);
    let judge = |reason: &str| if reason.is_empty() { Err(wanted()) } else { Ok(()) };
    reasons::settle(client, given, "What is the emergency?", &offered, wanted, judge)
}

/// Asks whether to go on; where it looks like production, by the role's name, as there is no request yet.
fn confirm(client: &Client<'_>, plan: &Plan, confirmed: bool) -> Result<(), Failure> {
    if confirmed {
        return Ok(());
    }
    let role = &plan.role.name;
    if !client.console().is_interactive() {
        return Err(Failure::usage("breaking the glass tells everybody, and there is no terminal to ask on")
            .hint(format!("if it is meant: `{} -y`", plan.command())));
    }
    let names = [role.as_str(), plan.role.target.role_arn().role_name()];
    let production = plan.role.production || looks_like_production(names);
    let proof = if production { Proof::Role(role) } else { Proof::Yes };
    // Nothing happens because somebody pressed Enter.
    if sure::ask(client, &format!("Break the glass for {role}, {}?", plan.duration), false, proof)? {
        Ok(())
    } else {
        Err(Failure::failed("cancelled; nobody was notified")
            .hint(format!("to ask in the ordinary way, type `jit request {role}`")))
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
        policy: plan.role.policy,
        not_after: clocks::latest_emergency_end(header.at, plan.role.unused, plan.duration),
        header,
    };
    Ok(Statement::Request(Box::new(draft.statement(Attendance::of(client.system)))))
}

impl Plan {
    /// The plan in lines, for the person who is about to confirm it.
    fn describe(&self, columns: usize) -> Vec<String> {
        let role = &self.role;
        let mut lines = vec![format!("{}: {}", role.name, role.target.describe())];
        if !role.description.is_empty() {
            lines.push(format!("  {}", text::sanitise(&role.description)));
        }
        lines.push(format!("  for       {} (at most {})", self.duration, self.way.max_duration));
        lines.extend(text::marked("reason", &self.reason, columns));
        lines.push("  approval  none: this is the emergency way, and everybody is told".to_owned());
        let told: Vec<String> = self.way.told.iter().map(|place| text::sanitise(place)).collect();
        lines.push(if told.is_empty() {
            "  told      nobody by a notice, for the policy names no place; reviewers see it in their inbox"
                .to_owned()
        } else {
            format!("  told      {}", told.join(", "))
        });
        lines.push(if self.way.reviewers.is_empty() {
            "  after     nobody can review it as the policy stands, so there would be no other one for you"
                .to_owned()
        } else {
            let people = helpers(&self.way.reviewers);
            format!("  after     somebody reviews it{people}; until then there is no other one for you")
        });
        if self.way.signed == Assurance::Touch {
            lines.push("  signed    with a security key that you touch".to_owned());
        }
        lines
    }

    /// The command that would have taken the same.
    fn command(&self) -> String {
        let reason = self.reason.replace('\'', "'\\''");
        format!("jit break-glass {} --for {} --reason '{reason}'", self.role.name, self.duration)
    }
}
