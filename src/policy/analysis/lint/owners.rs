//! Agents that get what their owners do not get in the same situation with the same reviews: the conditions are asked for both.

use std::cell::OnceCell;
use std::collections::BTreeSet;

use super::Lint;
use crate::grant::Assurance;
use crate::grant::Name;
use crate::policy::Policy;
use crate::policy::analysis::situations::Situation;
use crate::policy::analysis::ways;
use crate::policy::analysis::ways::Way;
use crate::policy::analysis::ways::WayKind;
use crate::policy::conditions::Act;
use crate::policy::conditions::Actor;
use crate::policy::conditions::Circumstances;
use crate::policy::conditions::Constants;
use crate::policy::conditions::Reviews;
use crate::policy::conditions::Ruling;
use crate::policy::people::agent::Agent;
use crate::policy::people::principal::Principal;
use crate::policy::people::roster::Person;
use crate::policy::question::asking::Facts;
use crate::policy::roles::catalogue;
use crate::policy::roles::role::Role;
use crate::policy::roles::rule::Rule;
use crate::policy::settings::notify::Addresses;

/// The most reviewers of one way who are asked about.
const REVIEWERS: usize = 32;

/// An agent that may ask for a role, with its owner.
struct Pair<'a> {
    agent: Agent,
    owner: &'a Person,
    /// Whether the owner may ask for the role, as far as its requesters and the heads of rules say.
    is_listed: bool,
    /// The agent, in words.
    label: String,
}

/// Checks every role that agents may ask for. At most one finding a role.
pub(super) fn find(policy: &Policy, lints: &mut Vec<Lint>) {
    let named = named_people(policy);
    let stranger = stranger();
    for role in policy.roles() {
        let pairs = pairs(policy, role);
        if pairs.is_empty() {
            continue;
        }
        let constants = policy.conditions.constants_of(&role.name);
        // Pairs whom no rule tells apart get the same answers.
        let mut seen = BTreeSet::new();
        let mut distinct: Vec<&Pair<'_>> = Vec::new();
        for pair in &pairs {
            let owner = &pair.owner.name;
            let is_named = named.contains(owner)
                || constants.names("Person", owner.as_str())
                || constants.names("Agent", pair.agent.name.as_str());
            let names = is_named.then_some((owner, &pair.agent.name));
            if seen.insert((&pair.owner.groups, pair.owner.strongest(), pair.is_listed, names)) {
                distinct.push(pair);
            }
        }
        let wider = Wider { policy, constants: &constants, stranger: stranger.as_ref() };
        let ways = ways::of(role);
        let mut ordinary = ways.iter().filter(|way| way.kind != WayKind::BreakGlass);
        lints.extend(ordinary.find_map(|way| wider.find(way, &distinct)));
    }
}

/// The people whom a role's requesters name one by one.
fn named_people(policy: &Policy) -> BTreeSet<&Name> {
    let requesters = policy.roles().flat_map(|role| &role.requesters);
    requesters
        .filter_map(|principal| match principal {
            Principal::Person(name) => Some(name),
            _ => None,
        })
        .collect()
}

/// A person whom no rule names, and who is in no group.
fn stranger() -> Option<Person> {
    Some(Person {
        name: "somebody-else".parse().ok()?,
        label: String::new(),
        keys: Vec::new(),
        github: None,
        oidc: None,
        groups: Vec::new(),
        proof: None,
        addresses: Addresses::default(),
    })
}

/// The agents that may ask for a role. Where it names the agents of people who have none, one of each is assumed, because adding it
/// later changes nothing in the role's file.
fn pairs<'a>(policy: &'a Policy, role: &Role) -> Vec<Pair<'a>> {
    let pair = |agent: Agent, owner: &'a Person, label: String| {
        let is_listed = policy.may_request(&owner.name, role);
        Pair { agent, owner, is_listed, label }
    };
    let known = policy.agents().filter(|agent| policy.may_request(&agent.name, role));
    let known = known.filter_map(|agent| policy.agent_and_owner(&agent.name));
    let mut pairs: Vec<Pair<'a>> = known
        .map(|(agent, owner)| pair(agent.clone(), owner, format!("{} (agent of {})", agent.name, owner.name)))
        .collect();
    let owners = role.requesters.iter().filter_map(|principal| match principal {
        Principal::AgentsOfGroup(group) => Some(Principal::Group(group.clone())),
        Principal::AgentsOfPerson(person) => Some(Principal::Person(person.clone())),
        _ => None,
    });
    for owners in owners {
        for owner in policy.people.named_by(&owners) {
            if policy.agents_of(&owner.name).next().is_none() {
                // No agent has the name of a person.
                let agent = Agent { name: owner.name.clone(), of: owner.name.clone(), keys: Vec::new() };
                pairs.push(pair(agent, owner, format!("an agent of {}", owner.name)));
            }
        }
    }
    pairs
}

/// The comparison for one role.
struct Wider<'a> {
    policy: &'a Policy,
    constants: &'a Constants,
    stranger: Option<&'a Person>,
}

/// One agent, its owner and one situation.
struct Scene<'a> {
    policy: &'a Policy,
    way: &'a Way<'a>,
    pair: &'a Pair<'a>,
    situation: &'a Situation,
    facts: Facts,
}

impl Wider<'_> {
    fn find(&self, way: &Way<'_>, pairs: &[&Pair<'_>]) -> Option<Lint> {
        let situations = OnceCell::new();
        let situations = || situations.get_or_init(|| self.policy.situations(way, self.constants)).as_slice();
        pairs.iter().find_map(|pair| self.compare(way, pair, &situations))
    }

    fn compare<'s>(
        &self,
        way: &Way<'_>,
        pair: &Pair<'_>,
        situations: &dyn Fn() -> &'s [Situation],
    ) -> Option<Lint> {
        let set = self.policy.conditions.of_role(&way.role.name)?;
        let needs_nobody = *way.approval == Rule::None;
        let owner_signs = pair.owner.can_sign(way.signed);
        // An agent's signature is worth a key. More time is for access that was reviewed, where the owner has it too.
        let unreviewed = (needs_nobody || way.automatic && set.automatic)
            && way.signed <= Assurance::Key
            && (way.kind == WayKind::Request || pair.is_listed);
        let is_apart = self.constants.tell_actors || unreviewed && !(pair.is_listed && owner_signs);
        if !is_apart {
            return None;
        }
        let others = if unreviewed { others_of(self.policy, way) } else { Vec::new() };
        situations().iter().find_map(|situation| {
            let scene = Scene::of(self.policy, way, pair, situation, self.stranger);
            let [agent, owner] = [scene.agent(), Actor::Person(pair.owner)];
            if !permits(&scene.rule_on(way.kind.act(), agent)) {
                return None;
            }
            let owners = scene.rule_on(way.kind.act(), owner);
            let alike = || permits(&owners) && owner_signs && scene.needs_nobody(owner);
            let (more, keys) =
                if unreviewed && scene.needs_nobody(agent) && !alike() && !scene.owner_has_one_of(&others) {
                    let keys = if needs_nobody { way.keys("approval") } else { vec!["when", "auto_approve"] };
                    (format!("gets {way} without a review, and its owner does not"), keys)
                } else {
                    let reviewed = || permits(&owners).then(|| self.reviewed(&scene, set.reviews)).flatten();
                    (self.refused(&scene, &owners).or_else(reviewed)?, vec!["requesters"])
                };
            let message = format!("{} {more}{situation}", pair.label);
            Some(self.policy.lint_in(catalogue::MORE_BY_AGENT, way.role, &keys, message))
        })
    }

    /// The words if a condition refuses the owner what it does not refuse the agent. A role for agents alone, which refuses
    /// every person, is meant so.
    fn refused(&self, scene: &Scene<'_>, owners: &Ruling) -> Option<String> {
        let (Ruling::Forbidden(label) | Ruling::Failed(label, _)) = owners else { return None };
        let anybody =
            || self.stranger.map(|person| scene.rule_on(scene.way.kind.act(), Actor::Person(person)));
        let is_of_owner =
            scene.pair.is_listed || !matches!(anybody(), Some(Ruling::Forbidden(_) | Ruling::Failed(..)));
        is_of_owner
            .then(|| format!("may ask for {}, and its owner may not: {} refuses it", scene.way, label.rule))
    }

    /// The words if somebody may review what the agent asks, and not what its owner asks.
    fn reviewed(&self, scene: &Scene<'_>, reviews: Reviews) -> Option<String> {
        if reviews == Reviews::Open || *scene.way.approval == Rule::None {
            return None;
        }
        let demands = scene.way.approval.demands();
        let named = demands.iter().flat_map(|demand| &demand.from);
        let people = named.flat_map(|principal| self.policy.people.named_by(principal));
        let mut others = people.filter(|person| person.name != scene.pair.owner.name).take(REVIEWERS);
        let only_agents = others.find(|person| {
            let may_review = |requester| permits(&scene.judge(Act::Review, Actor::Person(person), requester));
            may_review(scene.agent()) && !may_review(Actor::Person(scene.pair.owner))
        })?;
        Some(format!("can have {} reviewed by {}, and its owner cannot", scene.way, only_agents.name))
    }
}

fn permits(ruling: &Ruling) -> bool {
    matches!(ruling, Ruling::Permitted(_))
}

/// The ways that open at least what this one does, and for as long: whole roles, this one's too.
fn others_of<'a>(policy: &'a Policy, way: &Way<'_>) -> Vec<Way<'a>> {
    let opens = |role: &&Role| role.target.opens_at_least(&way.role.target);
    let whole = policy.roles().filter(opens).filter_map(|role| ways::of(role).into_iter().next());
    whole.filter(|other| other.max_duration >= way.max_duration).collect()
}

impl<'a> Scene<'a> {
    fn of(
        policy: &'a Policy,
        way: &'a Way<'a>,
        pair: &'a Pair<'a>,
        situation: &'a Situation,
        stranger: Option<&Person>,
    ) -> Self {
        let mut facts = Facts::none();
        let people =
            [&pair.agent.name, &pair.owner.name].into_iter().chain(stranger.map(|person| &person.name));
        let people: BTreeSet<Name> = people.cloned().collect();
        for fact in &situation.facts {
            facts.insert(fact, people.clone(), situation.now);
        }
        Self { policy, way, pair, situation, facts }
    }

    fn agent(&self) -> Actor<'_> {
        Actor::Agent(&self.pair.agent, self.pair.owner)
    }

    /// The ruling of this way's role's conditions on an act by the requester.
    fn rule_on(&self, act: Act, actor: Actor<'_>) -> Ruling {
        self.judge(act, actor, actor)
    }

    fn judge(&self, act: Act, actor: Actor<'_>, requester: Actor<'_>) -> Ruling {
        self.judge_for(self.way, act, actor, requester)
    }

    fn judge_for(&self, way: &Way<'_>, act: Act, actor: Actor<'_>, requester: Actor<'_>) -> Ruling {
        let situation = self.situation;
        let circumstances = Circumstances {
            duration: situation.duration,
            now: situation.now,
            zone: &self.policy.access.zone.0,
            reason: &situation.reason,
            ticket: way.role.reason.ticket(&situation.reason),
            scope: way.scope,
            source: situation.source,
            // Claims of a client only make a decision stricter.
            interactive: true,
            agent: false,
            facts: &self.facts,
        };
        self.policy.conditions.judge(&way.role.name, act, actor, requester, &circumstances)
    }

    /// Whether somebody whose request is admitted needs no review.
    fn needs_nobody(&self, actor: Actor<'_>) -> bool {
        *self.way.approval == Rule::None
            || self.way.automatic && permits(&self.rule_on(Act::AutoApprove, actor))
    }

    /// Whether the owner has one of these ways without a review.
    fn owner_has_one_of(&self, ways: &[Way<'_>]) -> bool {
        let owner = Actor::Person(self.pair.owner);
        let has = |way: &Way<'_>| {
            let automatic = || way.automatic && permits(&self.judge_for(way, Act::AutoApprove, owner, owner));
            self.pair.owner.can_sign(way.signed)
                && permits(&self.judge_for(way, Act::Request, owner, owner))
                && (*way.approval == Rule::None || automatic())
        };
        ways.iter().any(has)
    }
}
