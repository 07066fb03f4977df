//! Numbers everybody in two revisions, one number each, and resolves which numbers a principal means in each revision.

use std::collections::BTreeMap;
use std::collections::HashMap;

use crate::grant::Assurance;
use crate::grant::Name;

use crate::policy::Policy;
use crate::policy::analysis::difference::crowd::Crowd;
use crate::policy::analysis::ways;
use crate::policy::analysis::ways::Way;
use crate::policy::conditions::Act;
use crate::policy::conditions::Actor;
use crate::policy::conditions::Clause;
use crate::policy::conditions::Reach;
use crate::policy::people::agent::Agent;
use crate::policy::people::principal::Principal;
use crate::policy::people::roster::Person;
use crate::policy::people::workload::Workload;
use crate::policy::roles::role::Role;
use crate::policy::settings::notify::Addresses;

/// A person, workload, agent or group that may ask.
#[derive(Clone, Copy)]
pub(super) enum Member<'a> {
    /// A person, in each revision.
    Person { before: Option<&'a Person>, after: Option<&'a Person> },
    /// A pipeline or machine, in each revision.
    Workload { before: Option<&'a Workload>, after: Option<&'a Workload> },
    /// An agent with its owner, in each revision.
    Agent { before: Option<(&'a Agent, &'a Person)>, after: Option<(&'a Agent, &'a Person)> },
    /// Anyone whom the identity provider puts into a group that no policy lists.
    Open(&'a Name),
}

/// Everybody in two revisions. A human has one number, even if their name differs between the revisions.
pub(in crate::policy) struct Census<'a> {
    pub(super) members: Vec<Member<'a>>,
    /// The numbers, by the names in the later revision.
    numbers: HashMap<&'a Name, u32>,
}

/// One revision, with the numbers of a census.
pub(in crate::policy) struct Side<'a> {
    pub(in crate::policy) policy: &'a Policy,
    named: HashMap<&'a Principal, Crowd>,
    /// The people who can sign at least with their account, with a key, and with a touch.
    able: [Crowd; 3],
    /// The groups that may have any number of members.
    pub(super) open: Crowd,
    /// The organisation's rules, each with the people whom its heads name.
    pub(super) rules: Vec<Rule>,
}

/// A rule of the whole organisation, and the people whom each of its heads names.
pub(in crate::policy) struct Rule {
    pub(in crate::policy) clause: Clause,
    pub(super) heads: Vec<(Reach, Crowd)>,
}

impl<'a> Census<'a> {
    /// Numbers the people of two revisions, which may be the same policy twice. A person whose old name is gone and
    /// whose login has a new name is the same human.
    pub(in crate::policy) fn of(before: &'a Policy, after: &'a Policy) -> (Self, Side<'a>, Side<'a>) {
        let mut members: Vec<Member<'_>> = Vec::new();
        let mut numbers: [HashMap<&Name, u32>; 2] = Default::default();
        let next = |members: &Vec<Member<'_>>| u32::try_from(members.len()).unwrap_or(u32::MAX);
        for person in after.people() {
            let same_name = before.person(&person.name);
            let was = same_name
                .or_else(|| renamed(before, person).filter(|was| after.person(&was.name).is_none()))
                .filter(|was| !numbers[0].contains_key(&was.name));
            let number = next(&members);
            numbers[1].insert(&person.name, number);
            numbers[0].extend(was.map(|was| (&was.name, number)));
            members.push(Member::Person { before: was, after: Some(person) });
        }
        for person in before.people() {
            if !numbers[0].contains_key(&person.name) {
                numbers[0].insert(&person.name, next(&members));
                members.push(Member::Person { before: Some(person), after: None });
            }
        }
        let mut machines: BTreeMap<&Name, [Option<&Workload>; 2]> = BTreeMap::new();
        for (which, policy) in [before, after].into_iter().enumerate() {
            for workload in policy.workloads() {
                machines.entry(&workload.name).or_default()[which] = Some(workload);
            }
        }
        for (name, [before, after]) in machines {
            let number = next(&members);
            numbers.iter_mut().for_each(|numbers| {
                numbers.insert(name, number);
            });
            members.push(Member::Workload { before, after });
        }
        let mut agents: BTreeMap<&Name, [Option<(&Agent, &Person)>; 2]> = BTreeMap::new();
        for (which, policy) in [before, after].into_iter().enumerate() {
            for agent in policy.agents() {
                agents.entry(&agent.name).or_default()[which] = policy.agent_and_owner(&agent.name);
            }
        }
        for (name, [before, after]) in agents {
            let number = next(&members);
            numbers.iter_mut().for_each(|numbers| {
                numbers.insert(name, number);
            });
            members.push(Member::Agent { before, after });
        }
        let mut open: BTreeMap<&Name, u32> = BTreeMap::new();
        for policy in [before, after] {
            for principal in named_in(policy) {
                if let Principal::Group(group) = principal
                    && policy.is_open(group)
                {
                    open.entry(group).or_insert_with(|| {
                        members.push(Member::Open(group));
                        next(&members) - 1
                    });
                }
            }
        }
        let [old, new] = numbers;
        let census = Self { members, numbers: new };
        let old = Side::of(before, &census, 0, &old, &open);
        let new = Side::of(after, &census, 1, &census.numbers, &open);
        (census, old, new)
    }

    /// Everybody's name, in the order of their numbers.
    pub(in crate::policy) fn everybody(&self) -> Vec<String> {
        let members = 0..u32::try_from(self.members.len()).unwrap_or(u32::MAX);
        members.map(|number| self.name(number)).collect()
    }

    /// The number of a person, workload or agent of the later revision.
    pub(in crate::policy) fn number(&self, name: &Name) -> Option<u32> {
        self.numbers.get(name).copied()
    }

    /// A member's name, from the later revision if it has them.
    pub(super) fn name(&self, number: u32) -> String {
        match self.members.get(number as usize) {
            Some(Member::Person { before, after }) => {
                after.or(*before).map_or_else(String::new, |person| person.name.to_string())
            }
            Some(Member::Workload { before, after }) => {
                after.or(*before).map_or_else(String::new, |workload| format!("workload:{}", workload.name))
            }
            Some(Member::Agent { before, after }) => {
                after.or(*before).map_or_else(String::new, |(agent, _)| format!("agent:{}", agent.name))
            }
            Some(Member::Open(group)) => format!("group:{group}"),
            None => String::new(),
        }
    }

    /// The sorted names of a set.
    pub(in crate::policy) fn names(&self, crowd: &Crowd) -> Vec<String> {
        let mut names: Vec<String> = crowd.iter().map(|number| self.name(number)).collect();
        names.sort();
        names
    }
}

/// The person of the earlier revision who shares a login with this one.
fn renamed<'a>(before: &'a Policy, person: &Person) -> Option<&'a Person> {
    let by_key = person.keys.iter().find_map(|key| before.person_of_key(&key.fingerprint));
    let by_account = || before.people.of_github(person.github?);
    let by_token = || before.people.of_subject(person.oidc.as_ref()?);
    by_key.or_else(by_account).or_else(by_token)
}

/// All principals that a policy's files name, with repetitions.
fn named_in(policy: &Policy) -> impl Iterator<Item = &Principal> {
    let of_roles = policy.roles().flat_map(|role| {
        let ways = ways::of(role).into_iter();
        ways.flat_map(|way| {
            let reviewers = way.approval.demands().into_iter().flat_map(|demand| &demand.from);
            way.requesters.iter().chain(reviewers)
        })
    });
    of_roles.chain(&policy.access.auditors)
}

impl<'a> Side<'a> {
    fn of(
        policy: &'a Policy,
        census: &Census<'a>,
        which: usize,
        numbers: &HashMap<&Name, u32>,
        open: &BTreeMap<&Name, u32>,
    ) -> Self {
        let mut named: HashMap<&Principal, Crowd> = HashMap::new();
        for principal in named_in(policy) {
            named.entry(principal).or_insert_with(|| {
                let names = policy.people.names_of(principal).iter();
                let mut crowd = Crowd::of(names.filter_map(|name| numbers.get(name).copied()));
                match principal {
                    Principal::Group(group) if policy.is_open(group) => {
                        open.get(group).iter().for_each(|number| crowd.insert(**number));
                    }
                    Principal::Workload(name) if policy.workload(name).is_some() => {
                        numbers.get(name).iter().for_each(|number| crowd.insert(**number));
                    }
                    Principal::Agent(_) | Principal::AgentsOfGroup(_) | Principal::AgentsOfPerson(_) => {
                        let all = policy.agents().filter_map(|agent| policy.agent_and_owner(&agent.name));
                        let named = all.filter(|(agent, owner)| agent.is(principal, owner));
                        named
                            .filter_map(|(agent, _)| numbers.get(&agent.name))
                            .for_each(|number| crowd.insert(*number));
                    }
                    _ => {}
                }
                crowd
            });
        }
        let persons = census.members.iter().map(|member| match member {
            Member::Person { before, after } => [*before, *after][which],
            _ => None,
        });
        let strongest: Vec<Assurance> =
            persons.map(|person| person.map_or(Assurance::Account, Person::strongest)).collect();
        let able = [Assurance::Account, Assurance::Key, Assurance::Touch].map(|wanted| {
            let all = (0..).zip(&strongest);
            Crowd::of(all.filter(|(_, strongest)| **strongest >= wanted).map(|(number, _)| number))
        });
        let rules = policy.conditions.shared_clauses().into_iter().map(|clause| {
            let heads = clause.heads.iter().map(|head| (head.clone(), census.within(head, which)));
            Rule { heads: heads.collect(), clause }
        });
        let open = Crowd::of(open.values().copied());
        Self { policy, named, able, open, rules: rules.collect() }
    }

    /// A revision without numbers, for callers that need none.
    pub(in crate::policy) fn bare(policy: &'a Policy) -> Self {
        Self {
            policy,
            named: HashMap::new(),
            able: Default::default(),
            open: Crowd::EMPTY,
            rules: Vec::new(),
        }
    }

    /// The people behind a principal named in a rule.
    pub(in crate::policy) fn members(&self, principal: &Principal) -> &Crowd {
        static NOBODY: Crowd = Crowd::EMPTY;
        self.named.get(principal).unwrap_or(&NOBODY)
    }

    /// The people behind these principals.
    pub(in crate::policy) fn all(&self, principals: &[Principal]) -> Crowd {
        let mut crowd = Crowd::default();
        principals.iter().for_each(|principal| crowd.add(self.members(principal)));
        crowd
    }

    /// Everybody who may use a way: listed requesters and those whom a rule's head admits, without those whom a rule
    /// always forbids it.
    pub(in crate::policy) fn may_go(&self, way: &Way<'_>) -> Crowd {
        let mut crowd = self.all(way.requesters);
        for rule in self.rules.iter().filter(|rule| rule.clause.permits) {
            crowd.add(&rule.reaches(way.kind.act(), way.role));
        }
        for (_, barred) in self.bars(way) {
            crowd = crowd.without(&barred);
        }
        crowd
    }

    /// The rules that always forbid a way, and to whom.
    pub(super) fn bars(&self, way: &Way<'_>) -> Vec<(&Rule, Crowd)> {
        let forbids = self.rules.iter().filter(|rule| !rule.clause.permits && rule.clause.is_unconditional);
        let bars = forbids.map(|rule| (rule, rule.reaches(way.kind.act(), way.role)));
        bars.filter(|(_, crowd)| !crowd.is_empty()).collect()
    }

    /// The organisation's rules.
    pub(in crate::policy) fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// Everybody who can sign this strongly.
    pub(super) fn able(&self, signed: Assurance) -> &Crowd {
        match signed {
            Assurance::Account => &self.able[0],
            Assurance::Key => &self.able[1],
            Assurance::Touch => &self.able[2],
        }
    }
}

impl Rule {
    /// The people whom the rule names for an act on a role.
    pub(in crate::policy) fn reaches(&self, act: Act, role: &Role) -> Crowd {
        let mut crowd = Crowd::default();
        for (head, of) in &self.heads {
            if head.concerns(act) && head.is_about(&role.name) {
                crowd.add(of);
            }
        }
        crowd
    }
}

impl Census<'_> {
    /// The people whom a rule's head names.
    fn within(&self, head: &Reach, which: usize) -> Crowd {
        let holds = |member: &Member<'_>| match member {
            Member::Person { before, after } => {
                [*before, *after][which].is_some_and(|person| head.is_of(Actor::Person(person)))
            }
            Member::Workload { before, after } => {
                [*before, *after][which].is_some_and(|workload| head.is_of(Actor::Workload(workload)))
            }
            Member::Agent { before, after } => {
                [*before, *after][which].is_some_and(|(agent, owner)| head.is_of(Actor::Agent(agent, owner)))
            }
            // A person of whom only the group is known.
            Member::Open(group) => head.is_of(Actor::Person(&Person {
                name: (*group).clone(),
                label: String::new(),
                keys: Vec::new(),
                github: None,
                oidc: None,
                groups: vec![(*group).clone()],
                proof: None,
                addresses: Addresses::default(),
            })),
        };
        Crowd::of((0..).zip(&self.members).filter(|(_, member)| holds(member)).map(|(number, _)| number))
    }
}
