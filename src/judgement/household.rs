//! A log as it counts for one human: a denial of one of their requests counts against the same request by their agent, and the
//! other way round.

use jiff::Timestamp;

use super::clocks::MAX_PENDING_OF_AGENTS;
use super::docket::Denial;
use super::docket::Docket;
use super::docket::Filed;
use super::refusal::Refusal;
use crate::grant::Digest;
use crate::grant::Name;
use crate::grant::RequestId;
use crate::grant::State;
use crate::grant::statement::RequestStatement;
use crate::policy::Policy;

/// A docket in which denials count for a whole household; see [`Policy::household`].
pub struct Household<'a, D> {
    docket: &'a D,
    policy: &'a Policy,
}

impl<'a, D: Docket> Household<'a, D> {
    /// The same log, by the households of a policy.
    pub fn of(docket: &'a D, policy: &'a Policy) -> Self {
        Self { docket, policy }
    }
}

impl<D: Docket> Docket for Household<'_, D> {
    fn with_id(&self, id: &RequestId) -> Option<Digest> {
        self.docket.with_id(id)
    }

    fn open_of(&self, who: &Name, now: Timestamp) -> Vec<Filed<'_>> {
        self.docket.open_of(who, now)
    }

    fn denials_of(&self, who: &Name) -> Vec<Denial<'_>> {
        let mut denials = self.docket.denials_of(who);
        for other in self.policy.household(who).into_iter().filter(|other| *other != who) {
            denials.extend(self.docket.denials_of(other));
        }
        denials
    }

    fn unreviewed_of(&self, who: &Name, now: Timestamp) -> Option<Filed<'_>> {
        self.docket.unreviewed_of(who, now)
    }

    fn lost(&self) -> Option<Timestamp> {
        self.docket.lost()
    }
}

/// Whether one policy gives a person the agent that asks.
pub fn is_agents_owner(policy: &Policy, request: &RequestStatement, person: &Name) -> bool {
    policy.owner_of(&request.header.who) == Some(person)
}

/// Why an agent's request ends that reviewers agreed to as another owner's. `None` if the owner is the same, and for everybody else.
pub fn changed_hands(under: &Policy, force: &Policy, who: &Name) -> Option<String> {
    let (before, now) = (under.owner_of(who)?, force.owner_of(who)?);
    (before != now).then(|| format!("the policy changed: {who} is an agent of {now} now"))
}

/// The agents whose pending requests count together with those of this requester: all of one owner. Empty for everybody else.
pub fn agents_beside(policy: &Policy, who: &Name) -> Vec<Name> {
    let owner = policy.owner_of(who);
    owner.map_or_else(Vec::new, |owner| policy.agents_of(owner).map(|agent| agent.name.clone()).collect())
}

/// Refuses a request if these agents have the most pending requests already. Their owner's own requests do not count, so that
/// agents cannot keep their owner from asking.
///
/// # Errors
/// [`Refusal::TooManyOfAgents`].
pub fn check_agents(
    docket: &impl Docket,
    agents: &[Name],
    digest: &Digest,
    now: Timestamp,
) -> Result<(), Refusal> {
    let open = agents.iter().flat_map(|agent| docket.open_of(agent, now));
    let waits = open.filter(|open| open.state == State::Pending && open.digest != *digest);
    if waits.count() >= MAX_PENDING_OF_AGENTS { Err(Refusal::TooManyOfAgents) } else { Ok(()) }
}
