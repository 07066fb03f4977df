//! Agents: roles that an agent and its owner open without a second person, and agents that no authority can take.

use super::Lint;
use super::in_file;
use crate::grant::Assurance;
use crate::grant::Name;
use crate::policy::Policy;
use crate::policy::analysis::ways;
use crate::policy::analysis::ways::Way;
use crate::policy::analysis::ways::WayKind;
use crate::policy::conditions::Act;
use crate::policy::conditions::Actor;
use crate::policy::conditions::Clause;
use crate::policy::people::agent::Agent;
use crate::policy::people::principal::Principal;
use crate::policy::people::roster::Person;
use crate::policy::roles::catalogue;
use crate::policy::roles::role::Role;
use crate::policy::roles::rule::Rule;
use crate::policy::some;

/// Checks every role that agents may ask for.
pub(super) fn find(policy: &Policy, lints: &mut Vec<Lint>) {
    for role in policy.roles() {
        let askers: Vec<(&Agent, &Person)> = policy
            .agents()
            .filter(|agent| policy.may_request(&agent.name, role))
            .filter_map(|agent| policy.agent_and_owner(&agent.name))
            .collect();
        // A role that names agents is looked at before there is one.
        let names_agents = role.requesters.iter().any(|principal| {
            matches!(
                principal,
                Principal::Agent(_) | Principal::AgentsOfGroup(_) | Principal::AgentsOfPerson(_)
            )
        });
        if role.owner_may_approve {
            lints.extend(alone(policy, role, &askers));
        }
        if names_agents || !askers.is_empty() {
            lints.extend(unreviewed(policy, role, &askers));
        }
    }
    if policy.forge().is_some()
        && let Some(agent) = policy.agents().next()
    {
        let message = format!("{} and a repository on GitHub: agents ask brokers only", agent.name);
        let at = policy.place("people.toml", &["agents", agent.name.as_str()]);
        lints.push(in_file(catalogue::AGENT_ON_GITHUB, "people.toml", at, &message));
    }
}

/// A finding if an owner alone opens for their agent what they could not open for themselves.
fn alone(policy: &Policy, role: &Role, askers: &[(&Agent, &Person)]) -> Option<Lint> {
    let mut alone: Vec<&Name> = Vec::new();
    for way in ways::of(role).into_iter().filter(|way| way.kind != WayKind::BreakGlass) {
        let demands = way.approval.demands();
        let single: Vec<usize> = way
            .approval
            .choices()
            .into_iter()
            .filter_map(|choice| <[usize; 1]>::try_from(choice).ok())
            .map(|[only]| only)
            .filter(|only| demands[*only].count == 1)
            .collect();
        let by_owner = askers.iter().filter(|(_, owner)| {
            owner.can_sign(Assurance::Touch) && single.iter().any(|only| demands[*only].fits(owner))
        });
        alone.extend(by_owner.map(|(agent, _)| &agent.name));
    }
    alone.sort();
    alone.dedup();
    if alone.is_empty() {
        return None;
    }
    let message = format!(
        "the owner of {} opens this role with their own touch alone, and could not open it for themselves",
        some(alone)
    );
    Some(policy.lint_in(catalogue::OWNER_ALONE, role, &["owner_may_approve"], message))
}

/// A finding if an agent may have a role that looks like production without any review.
fn unreviewed(policy: &Policy, role: &Role, askers: &[(&Agent, &Person)]) -> Option<Lint> {
    if !policy.is_production(role) {
        return None;
    }
    // Without a review the request itself is signed as the role demands, and no agent gives a touch.
    let by_agents = |way: &Way<'_>| way.kind != WayKind::BreakGlass && way.signed < Assurance::Touch;
    let ways: Vec<Way<'_>> = ways::of(role).into_iter().filter(by_agents).collect();
    if let Some(way) = ways.iter().find(|way| *way.approval == Rule::None) {
        let message = format!("agents may have {way}, which looks like production, without any review");
        return Some(policy.lint_in(catalogue::UNREVIEWED_AGENT, role, &way.keys("approval"), message));
    }
    let way = ways.iter().find(|way| way.automatic)?;
    let clause = automatic(policy, role, askers)?;
    let message = format!(
        "agents may have {way}, which looks like production, without any review while {} holds",
        clause.label.rule
    );
    Some(policy.lint_in(catalogue::UNREVIEWED_AGENT, role, &["when", "auto_approve"], message))
}

/// A condition that may approve the requests of agents without a review.
fn automatic(policy: &Policy, role: &Role, askers: &[(&Agent, &Person)]) -> Option<Clause> {
    let own = policy.conditions.clauses_of(&role.name).into_iter();
    let mut own = own.filter(|clause| clause.heads.iter().any(|head| head.concerns(Act::AutoApprove)));
    let is_fit = |clause: &Clause| clause.permits && clause.for_agents;
    let shared = || {
        let mut clauses = policy.conditions.shared_clauses().into_iter();
        clauses.find(|clause| {
            let admits = |agent: &Agent, owner: &Person| {
                let actor = Actor::Agent(agent, owner);
                clause.heads.iter().any(|head| head.admits(Act::AutoApprove, actor, &role.name))
            };
            is_fit(clause) && askers.iter().any(|(agent, owner)| admits(agent, owner))
        })
    };
    own.find(is_fit).or_else(shared)
}
