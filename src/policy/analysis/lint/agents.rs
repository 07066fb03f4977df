//! Agents: roles that an agent and its owner open without a second person, and agents that no authority can take.

use super::Lint;
use super::in_file;
use crate::grant::Assurance;
use crate::grant::Name;
use crate::policy::Policy;
use crate::policy::analysis::ways;
use crate::policy::analysis::ways::WayKind;
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
            lints.extend(unreviewed(policy, role));
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
fn unreviewed(policy: &Policy, role: &Role) -> Option<Lint> {
    let mut ways = ways::of(role).into_iter().filter(|way| way.kind != WayKind::BreakGlass);
    let way = ways.find(|way| *way.approval == Rule::None).filter(|_| policy.is_production(role))?;
    let message = format!("agents may have {way}, which looks like production, without any review");
    Some(policy.lint_in(catalogue::UNREVIEWED_AGENT, role, &way.keys("approval"), message))
}
