use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::net::IpAddr;

use clap::Args;
use clap::ValueEnum;
use jiff::Timestamp;

use super::folder::PolicyFlag;
use crate::cli::ui::Ui;
use crate::flow::Failure;
use crate::flow::policy;
use crate::grant::Assurance;
use crate::grant::Name;
use crate::grant::span::Span;
use crate::grant::text::sanitise;
use crate::policy::Action;
use crate::policy::Explanation;
use crate::policy::Policy;
use crate::policy::Question;
use crate::policy::Review;
use crate::policy::nearest_names;
use crate::system::System;

/// Show what a policy decides, by which rule, and who could help
#[derive(Debug, Args)]
#[command(
    after_long_help = "Without --reason, jit assumes a valid reason. Each person named with --review approves, with the strongest signature that \
they can make. Exits with 0 whatever the decision is, and with 1 if the policy knows no such person or role.

Examples:
  jit policy explain ana prod-admin
  jit policy explain ana prod-admin --for 4h --review dee --review eve
  jit policy explain ana prod-admin --fact oncall=ana \\
      --at 2026-03-01T02:00:00Z"
)]
pub struct Explain {
    /// The person, workload or agent that asks
    who: Name,
    /// The role
    role: Name,
    /// The kind of request
    #[arg(long, value_enum, default_value_t)]
    action: Way,
    /// Only this scope of the role
    #[arg(long, value_name = "NAME")]
    scope: Option<Name>,
    /// For how long; default: the role's duration
    #[arg(long = "for", value_name = "DURATION")]
    duration: Option<Span>,
    /// At this time; default: now
    #[arg(long, value_name = "TIME")]
    at: Option<Timestamp>,
    /// The reason
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// The address that the request comes from
    #[arg(long, value_name = "ADDRESS")]
    source_ip: Option<IpAddr>,
    /// A fact, like oncall=ana; may be repeated
    #[arg(long = "fact", value_name = "FACT=NAME")]
    facts: Vec<String>,
    /// A person who approves; may be repeated
    #[arg(long = "review", value_name = "NAME")]
    reviews: Vec<Name>,
    #[command(flatten)]
    folder: PolicyFlag,
    /// Write JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum Way {
    /// Asking for the role
    #[default]
    Request,
    /// Asking for more time
    Extend,
    /// Emergency access
    BreakGlass,
}

impl Explain {
    pub(super) fn run(self, system: &System, ui: &Ui<'_>) -> Result<u8, Failure> {
        let folder = policy::locate(system, self.folder.named())?;
        let loaded = folder.load().map_err(|problems| policy::does_not_load(&problems))?;
        known(&loaded, &self.who, &self.role)?;
        let mut facts: BTreeMap<String, BTreeSet<Name>> = BTreeMap::new();
        for given in &self.facts {
            let wrong =
                || Failure::usage(format!("{given:?} is not a fact of this policy")).hint("write FACT=NAME");
            let (fact, name) = given.split_once('=').ok_or_else(wrong)?;
            let known = loaded.facts().iter().any(|source| source.name == fact);
            let name: Name = name.parse().map_err(|_| wrong())?;
            if !known {
                return Err(wrong());
            }
            facts.entry(fact.to_owned()).or_default().insert(name);
        }
        let reviewer = |name: Name| match loaded.person(&name) {
            Some(_) => Ok(Review::approving(name)),
            None => Err(no_person(&loaded, &name)),
        };
        let reviews: Result<Vec<Review>, Failure> = self.reviews.into_iter().map(reviewer).collect();
        let question = Question {
            action: match self.action {
                Way::Request => Action::Request,
                Way::Extend => Action::Extend { before: 0 },
                Way::BreakGlass => Action::BreakGlass,
            },
            scope: self.scope,
            duration: self.duration,
            reason: self.reason,
            source: self.source_ip,
            facts,
            reviews: reviews?,
            ..Question::new(self.who, self.role, self.at.unwrap_or_else(|| system.clock.now()))
        };
        let explanation = loaded.explain(&question);
        if self.json {
            ui.json(&explanation)?;
        } else {
            ui.prose(&human(&explanation, &|file| folder.file(file)))?;
        }
        Ok(0)
    }
}

/// Checks that the policy knows the requester and the role. An unknown name is a typing mistake.
fn known(policy: &Policy, who: &Name, role: &Name) -> Result<(), Failure> {
    let roles: Vec<&str> = policy.roles().map(|role| role.name.as_str()).collect();
    if policy.role(role).is_none() {
        let failure = Failure::failed(format!("there is no role {role} in this policy"));
        return Err(match nearest_names(role.as_str(), roles.iter().copied()).as_slice() {
            [] => failure.hint("`jit policy matrix` lists the roles"),
            near => failure.hint(format!("did you mean {}?", near.join(" or "))),
        });
    }
    let asks = policy.workload(who).is_some() || policy.agent(who).is_some();
    if policy.person(who).is_some() || asks || policy.takes_people_from_tokens() {
        return Ok(());
    }
    Err(no_person(policy, who))
}

fn no_person(policy: &Policy, name: &Name) -> Failure {
    let failure = Failure::failed(format!("there is no person {name} in this policy"));
    match nearest_names(name.as_str(), policy.people().map(|person| person.name.as_str())).as_slice() {
        [] => failure.hint("people.toml lists everybody"),
        near => failure.hint(format!("did you mean {}?", near.join(" or "))),
    }
}

fn human(explanation: &Explanation, file: &dyn Fn(&str) -> String) -> String {
    let Explanation { who, role, decision, duration, .. } = explanation;
    let scope = explanation.scope.as_ref().map_or_else(String::new, |scope| format!("/{scope}"));
    let owner = explanation.agent_of.as_ref();
    let who = owner.map_or_else(|| who.to_string(), |owner| format!("{who} (agent of {owner})"));
    let mut text = format!("{who} asks for {role}{scope} for {duration}: {}\n", sanitise(decision));
    for (index, basis) in explanation.basis.iter().enumerate() {
        let word = if index == 0 { "because" } else { "and" };
        text.push_str(&format!("  {word:<7}  {}  ({})\n", sanitise(&basis.says), sanitise(&file(&basis.at))));
    }
    for need in &explanation.missing {
        let help: Vec<&str> = need.could_help.iter().map(Name::as_str).collect();
        let help = if help.is_empty() { "nobody".to_owned() } else { help.join(", ") };
        text.push_str(&format!("  missing  {}; could help: {help}\n", sanitise(&need.demand)));
    }
    if !explanation.approvers.is_empty() {
        let names: Vec<&str> = explanation.approvers.iter().map(Name::as_str).collect();
        text.push_str(&format!("  may review: {}\n", names.join(", ")));
    }
    for (name, wanted) in &explanation.too_weak {
        let key = if *wanted == Assurance::Touch { "hardware key" } else { "key" };
        text.push_str(&format!("  cannot review: {name} has no {key} in the policy\n"));
    }
    if let Some(hint) = &explanation.hint {
        // `jit roles` asks a broker, and perhaps no broker uses this policy.
        let asks = hint.contains("`jit roles`");
        let hint = if asks { "`jit policy matrix` lists who may ask for what" } else { hint.as_str() };
        text.push_str(&format!("  hint: {}\n", sanitise(hint)));
    }
    text
}
