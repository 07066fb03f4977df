//! The plan of a request, before anything is sent: which role, for how long, why, and who has to approve.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::config::project;
use crate::config::project::Project;
use crate::flow::Client;
use crate::flow::Connected;
use crate::flow::Failure;
use crate::flow::asking::attendance::Attendance;
use crate::flow::asking::reasons;
use crate::flow::asking::scopes;
use crate::flow::asking::scopes::Extent;
use crate::flow::asking::scopes::Piece;
use crate::flow::session::standing::named;
use crate::grant::Name;
use crate::grant::Purpose;
use crate::grant::span::Span;
use crate::grant::span::local;
use crate::grant::text;
use crate::protocol::RoleView;

/// How many scopes a plan mentions beside the whole role.
const SCOPES_SHOWN: usize = 3;

/// The line in a plan that could never be approved.
pub(in crate::flow) const UNAPPROVABLE: &str =
    "  beware    nobody can approve this for you: without you, the policy names too few reviewers";

/// The user's input.
#[derive(Debug, Clone, Default)]
pub struct Wish {
    /// The role, if one was named.
    pub role: Option<Name>,
    /// The whole role, or one of its scopes.
    pub extent: Extent,
    /// The requested duration.
    pub duration: Option<Span>,
    /// The reason given.
    pub reason: Option<String>,
    /// The earliest start.
    pub start: Option<Timestamp>,
    /// The one command that it is for.
    pub purpose: Option<Purpose>,
}

/// Everything that a request needs.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The authority's view of the role.
    pub role: RoleView,
    /// The scope. `None` for the whole role.
    pub scope: Option<Piece>,
    /// Whether the user asked for the whole role explicitly.
    pub whole: bool,
    /// Whether a person or an agent takes part.
    pub attendance: Attendance,
    /// The requested duration.
    pub duration: Span,
    /// The reason given.
    pub reason: String,
    /// The earliest start.
    pub start: Option<Timestamp>,
    /// The one command that it is for.
    pub purpose: Option<Purpose>,
    /// Whether `jit` asked a question that a flag could have answered.
    pub was_asked: bool,
}

/// Reads the repository's suggestions. Other people wrote the file, so a bad one only gives a warning.
pub fn suggestions(client: &Client<'_>) -> Project {
    match project::find(&client.system.files.working) {
        Ok(found) => {
            for path in found.foreign {
                let path = text::sanitise(&path.display().to_string());
                client.console().say(&format!("warning: jit ignores {path}: it belongs to another user"));
            }
            found.project.unwrap_or_default()
        }
        Err(error) => {
            client
                .console()
                .say(&format!("warning: jit ignores a file: {}", text::sanitise(&error.to_string())));
            Project::default()
        }
    }
}

/// Fills a wish up: from the repository's suggestions, then by asking on a terminal. `known` is the role, where the authority
/// was asked for it already; the wish's name is not looked at then.
pub async fn make(
    client: &Client<'_>,
    connected: &Connected,
    wish: Wish,
    known: Option<RoleView>,
    suggested: &Project,
) -> Result<Plan, Failure> {
    let attendance = Attendance::of(client.system);
    let mut was_asked = false;
    let role = match known {
        Some(role) => role,
        None => {
            was_asked = true;
            pick(client, connected, suggested).await?
        }
    };
    if !role.may_request {
        return Err(Failure::refused(format!("{} is not among the roles that you may ask for", role.name))
            .hint("`jit roles` lists them"));
    }
    let (scope, picked) = scopes::choose(client, &role, &wish.extent, suggested, was_asked)?;
    let longest = scope.as_ref().map_or(role.max_duration, |piece| piece.view.max_duration);
    let duration = wish.duration.or(suggested.duration).or(client.settings.duration);
    // A suggestion longer than the role allows is cut. A typed duration is an error that the user corrects.
    let duration = match (wish.duration, duration) {
        (Some(typed), _) => typed,
        (None, Some(suggested)) => {
            suggested.min(longest).max(role.target.shortest_grant().unwrap_or(suggested.min(longest)))
        }
        (None, None) => role.duration.min(longest),
    };
    if let Some(shortest) = role.target.shortest_grant().filter(|shortest| duration < *shortest) {
        return Err(Failure::usage(format!("{duration} is too short for {}", role.name))
            .cause(format!("its credentials can live for {shortest}, and nobody ends them before"))
            .hint(format!("ask for at least {shortest}: --for {shortest}")));
    }
    if duration > longest {
        return Err(Failure::usage(format!("{duration} is longer than {} allows", role.name))
            .hint(format!("ask for at most {longest}: --for {longest}")));
    }
    let (reason, asked) = reason(client, &role, wish.reason, suggested)?;
    Ok(Plan {
        role,
        scope,
        whole: wish.extent == Extent::Whole,
        attendance,
        duration,
        reason,
        start: wish.start,
        purpose: wish.purpose,
        was_asked: was_asked || picked || asked,
    })
}

async fn pick(client: &Client<'_>, connected: &Connected, suggested: &Project) -> Result<RoleView, Failure> {
    let mut roles = connected.authority.roles().await?.roles;
    roles.retain(|role| role.may_request);
    if roles.iter().any(|role| suggested.roles.contains(&role.name)) {
        roles.retain(|role| suggested.roles.contains(&role.name));
    }
    if roles.is_empty() {
        return Err(Failure::refused("there is no role that you may ask for")
            .hint("roles come from the policy; ask its owner"));
    }
    if !client.console().is_interactive() {
        let names: Vec<&str> = roles.iter().map(|role| role.name.as_str()).collect();
        return Err(Failure::usage("no role is named")
            .cause(format!("you may ask for {}", names.join(", ")))
            .hint("name one: `jit request ROLE`"));
    }
    let choices: Vec<String> = roles
        .iter()
        .map(|role| format!("{}  {}  [{}]", role.name, text::sanitise(&role.description), approval(role)))
        .collect();
    let chosen = client.console().choose("Which role?", &choices)?;
    if chosen < roles.len() {
        Ok(roles.swap_remove(chosen))
    } else {
        Err(Failure::usage("no role was chosen"))
    }
}

/// The approval rule, for people.
pub fn approval(role: &RoleView) -> String {
    if role.automatic { "approved at once".to_owned() } else { text::sanitise(&role.approval) }
}

fn reason(
    client: &Client<'_>,
    role: &RoleView,
    given: Option<String>,
    suggested: &Project,
) -> Result<(String, bool), Failure> {
    let wanted = &role.reason;
    let needed = wanted.required || wanted.pattern.is_some();
    let mut offered = reasons::offered(&client.system.files, &role.name);
    offered.extend(suggested.reason.clone());
    let question = match &wanted.hint {
        Some(hint) => format!("Reason ({})", text::prose(hint)),
        None => "Reason".to_owned(),
    };
    let missing = || {
        let failure = Failure::usage(format!("{} needs a reason", role.name));
        rule_of(role).into_iter().fold(failure, Failure::cause).hint("say why: --reason TEXT")
    };
    // The authority decides; this check only saves a round trip. A pattern that does not compile is left to the
    // authority.
    let pattern = wanted
        .pattern
        .as_deref()
        .and_then(|pattern| regex::RegexBuilder::new(pattern).size_limit(1 << 20).build().ok());
    let judge = |reason: &str| {
        if needed && reason.is_empty() {
            return Err(missing());
        }
        if pattern.as_ref().is_none_or(|pattern| pattern.is_match(reason)) {
            return Ok(());
        }
        let failure = Failure::usage(format!("{} needs another reason", role.name));
        Err(rule_of(role).into_iter().fold(failure, Failure::cause).hint("say it with --reason TEXT"))
    };
    if given.is_none() && !needed {
        return Ok((String::new(), false));
    }
    reasons::settle(client, given, &question, &offered, missing, judge)
}

/// The policy's rule for reasons, in its own words. It is not itself a reason.
fn rule_of(role: &RoleView) -> Option<String> {
    match (&role.reason.hint, &role.reason.pattern) {
        (Some(hint), _) => Some(format!("the policy says: {}", text::prose(hint))),
        (None, Some(pattern)) => Some(format!("it must match {}", text::sanitise(pattern))),
        (None, None) => None,
    }
}

impl Plan {
    /// The plan in lines, for the person to confirm.
    pub fn describe(&self, columns: usize, zone: &TimeZone) -> Vec<String> {
        let role = &self.role;
        let mut lines = vec![format!("{}: {}", role.name, role.target.describe())];
        if !role.description.is_empty() {
            lines.push(format!("  {}", text::sanitise(&role.description)));
        }
        if let Some(piece) = &self.scope {
            lines.push(format!("  scope     {}", piece.title()));
        }
        let longest = self.scope.as_ref().map_or(role.max_duration, |piece| piece.view.max_duration);
        lines.push(format!("  for       {} (at most {longest})", self.duration));
        if let Some(start) = self.start {
            lines.push(format!("  from      {}", local(start, zone)));
        }
        for (label, fact) in self.purpose.iter().flat_map(Purpose::facts) {
            lines.extend(text::marked(label, &fact, columns));
        }
        if !self.reason.is_empty() {
            lines.extend(text::marked("reason", &self.reason, columns));
        }
        let (automatic, approval, approvers) = match &self.scope {
            Some(piece) => (piece.view.automatic, &piece.view.approval, &piece.view.approvers),
            None => (role.automatic, &role.approval, &role.approvers),
        };
        lines.push(if automatic {
            "  approval  approved at once, because no review is needed".to_owned()
        } else {
            format!("  approval  {}{}", text::sanitise(approval), helpers(approvers))
        });
        let approvable = self.scope.as_ref().map_or(role.approvable, |piece| piece.view.approvable);
        if !automatic && !approvable {
            lines.push(UNAPPROVABLE.to_owned());
        }
        if role.bind_ip {
            lines.push("  works     only from your current address, as the broker sees it".to_owned());
        }
        if self.scope.is_none() && !self.whole {
            lines.extend(role.scopes.iter().take(SCOPES_SHOWN).map(|view| {
                let approval = if view.automatic { "approved at once" } else { view.approval.as_str() };
                format!("  less      --scope {}  [{}]", view.name, text::sanitise(approval))
            }));
        }
        lines
    }

    /// The role, with `/` and the scope if the request is for one.
    pub fn what(&self) -> String {
        named(&self.role.name, self.scope.as_ref().map(|piece| &piece.view.name))
    }

    /// The command that makes the same request.
    pub fn command(&self) -> String {
        let mut command = format!("jit request {}", self.role.name);
        match &self.scope {
            Some(piece) => command.push_str(&format!(" --scope {}", piece.view.name)),
            None if self.whole => command.push_str(" --no-scope"),
            None => {}
        }
        command.push_str(&format!(" --for {}", self.duration));
        if !self.reason.is_empty() {
            command.push_str(&format!(" --reason '{}'", self.reason.replace('\'', "'\\''")));
        }
        if let Some(start) = self.start {
            command.push_str(&format!(" --start {start}"));
        }
        if let Some(purpose) = &self.purpose {
            for path in purpose.files.keys() {
                command.push_str(&format!(" --file {}", shell_words::quote(path)));
            }
            if purpose.plan.is_some() {
                command.push_str(" --plan FILE");
            }
            command.push_str(&format!(" --command -- {}", purpose.line()));
        }
        command
    }
}

pub(in crate::flow) fn helpers(people: &[Name]) -> String {
    const SHOWN: usize = 5;
    if people.is_empty() {
        return String::new();
    }
    let names: Vec<&str> = people.iter().take(SHOWN).map(Name::as_str).collect();
    let more = people.len().saturating_sub(SHOWN);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!(" ({}{more})", names.join(", "))
}
