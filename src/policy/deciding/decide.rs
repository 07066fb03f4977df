//! Whether the reviews so far satisfy a rule, what is missing, and who could help. All from one matching.

use std::collections::BTreeSet;

use crate::grant::Assurance;
use crate::grant::Name;

use crate::policy::Policy;
use crate::policy::deciding::matching::Matching;
use crate::policy::people::principal::Principal;
use crate::policy::people::roster::People;
use crate::policy::people::roster::Person;
use crate::policy::question::asking::Action;
use crate::policy::question::decision::Missing;
use crate::policy::roles::role::Role;
use crate::policy::roles::rule::Demand;
use crate::policy::roles::rule::Rule;

/// Finds the people who could still help. Never includes a person who may not review.
pub(in crate::policy) struct Help<'a> {
    pub(in crate::policy) people: &'a People,
    /// Whether a person may review at all, and can sign strongly enough for it.
    pub(in crate::policy) able: &'a dyn Fn(&Person) -> bool,
}

/// The people whose reviews satisfy a rule, in their order.
///
/// # Errors
/// The demands that are not filled.
pub(in crate::policy) fn satisfy(
    rule: &Rule,
    reviewers: &[&Person],
    help: &Help<'_>,
) -> Result<Vec<Name>, Vec<Missing>> {
    let demands = rule.demands();
    let attempts = Attempt::all(rule, &demands, reviewers);
    if let Some(attempt) = attempts.iter().find(|attempt| attempt.matching.is_complete()) {
        let humans = attempt.matching.humans();
        return Ok(humans.into_iter().map(|human| reviewers[human].name.clone()).collect());
    }
    Err(help.missing(&demands, &attempts, reviewers))
}

impl Policy {
    /// Whether approvals by some of these people could satisfy the rule for `requester`'s way. Conditions are not
    /// evaluated, as they depend on the time, but one that may approve automatically counts.
    pub fn could_be_approved(
        &self,
        role: &Role,
        action: Action,
        scope: Option<&Name>,
        requester: &Name,
        may_review: impl Fn(&Person) -> bool,
    ) -> bool {
        let Ok(terms) = role.terms(action, scope) else { return false };
        let conditions = self.conditions.of_role(&role.name);
        let automatic = terms.automatic && conditions.is_some_and(|conditions| conditions.automatic);
        let demands = terms.approval.demands();
        // Members known only to the identity provider may suffice.
        let named = |principal: &Principal| match principal {
            Principal::Group(group) => self.is_open(group),
            _ => false,
        };
        let is_open =
            terms.signed == Assurance::Account && demands.iter().flat_map(|demand| &demand.from).any(named);
        if automatic || is_open || *terms.approval == Rule::None {
            return true;
        }
        let able =
            |person: &&Person| self.is_able(person, requester, role, terms.signed) && may_review(person);
        could_satisfy(terms.approval, &self.people, able)
    }

    /// Whether a person can sign a review of `requester`'s request for a role, and it is not their own.
    pub(in crate::policy) fn is_able(
        &self,
        person: &Person,
        requester: &Name,
        role: &Role,
        signed: Assurance,
    ) -> bool {
        !self.is_own(&person.name, requester, role)
            && person.can_sign(self.demanded_from(&person.name, requester, signed))
    }
}

/// Whether reviews by all able people satisfy a rule.
fn could_satisfy(rule: &Rule, people: &People, able: impl Fn(&&Person) -> bool) -> bool {
    let demands = rule.demands();
    // A demand with as many candidates as the whole rule needs people can always be met (Hall). More candidates change
    // nothing.
    let wanted: usize = demands.iter().map(|demand| demand.count).sum();
    let mut reviewers: Vec<&Person> = Vec::new();
    for demand in &demands {
        let named = demand.from.iter().flat_map(|principal| people.named_by(principal));
        let mut candidates: Vec<&Person> = Vec::new();
        for person in named.filter(&able) {
            if candidates.len() == wanted {
                break;
            }
            if candidates.iter().all(|other| other.name != person.name) {
                candidates.push(person);
            }
        }
        reviewers.extend(candidates);
    }
    reviewers.sort_by(|one, other| one.name.cmp(&other.name));
    reviewers.dedup_by(|one, other| one.name == other.name);
    Attempt::all(rule, &demands, &reviewers).iter().any(|attempt| attempt.matching.is_complete())
}

impl Help<'_> {
    /// The missing demands of the attempts that come nearest.
    fn missing(&self, demands: &[&Demand], attempts: &[Attempt], reviewers: &[&Person]) -> Vec<Missing> {
        // A person who has approved cannot help, because the matching would have found a place for them.
        let excluded = |name: &Name| reviewers.iter().any(|reviewer| reviewer.name == *name);
        let could_help = |open: &BTreeSet<usize>| {
            let principals = open.iter().flat_map(|place| &demands[*place].from);
            let people = principals.flat_map(|principal| self.people.named_by(principal));
            let able = people.filter(|person| !excluded(&person.name) && (self.able)(person));
            let names: BTreeSet<&Name> = able.map(|person| &person.name).collect();
            names.into_iter().cloned().collect()
        };
        let least = attempts.iter().map(|attempt| attempt.matching.total_missing()).min();
        let nearest = attempts.iter().filter(|attempt| Some(attempt.matching.total_missing()) == least);
        let mut ways: Vec<Vec<Gap>> = Vec::new();
        let mut texts: Vec<String> = Vec::new();
        for way in nearest.map(|attempt| attempt.gaps(demands, reviewers)) {
            let text = way.iter().map(|gap| gap.text.as_str()).collect::<Vec<_>>().join(" and ");
            if !texts.contains(&text) {
                texts.push(text);
            }
            ways.push(way);
        }
        if let ([_], Some(way)) = (texts.as_slice(), ways.first()) {
            let missing = way.iter().map(|gap| {
                // Two branches may have the same text, and different people can be moved on from each.
                let same = ways.iter().flatten().filter(|other| other.text == gap.text);
                let open = same.flat_map(|gap| gap.open.iter().copied()).collect();
                Missing { demand: gap.text.clone(), could_help: could_help(&open) }
            });
            return missing.collect();
        }
        let open = ways.iter().flatten().flat_map(|gap| gap.open.iter().copied()).collect();
        let more = texts.len().saturating_sub(MOST_WAYS_SHOWN);
        texts.truncate(MOST_WAYS_SHOWN);
        if more > 0 {
            texts.push(format!("one of {more} other ways"));
        }
        vec![Missing { demand: format!("either {}", texts.join(" or ")), could_help: could_help(&open) }]
    }
}

/// An unfilled demand in words, and the demands at which one more person would help it.
struct Gap {
    text: String,
    open: Vec<usize>,
}

/// How many equally near alternatives are listed.
const MOST_WAYS_SHOWN: usize = 4;

impl Demand {
    /// Whether this person could fill the demand.
    pub(in crate::policy) fn fits(&self, person: &Person) -> bool {
        self.from.iter().any(|principal| person.is(principal))
    }
}

/// One choice of a branch of every `any`, and how far these people fill it.
pub(in crate::policy) struct Attempt {
    /// The indexes of the chosen demands in the rule.
    choice: Vec<usize>,
    pub(in crate::policy) matching: Matching,
}

impl Attempt {
    /// Tries every choice.
    pub(in crate::policy) fn all(rule: &Rule, demands: &[&Demand], people: &[&Person]) -> Vec<Self> {
        let fitting: Vec<Vec<bool>> =
            people.iter().map(|person| demands.iter().map(|demand| demand.fits(person)).collect()).collect();
        let attempt = |choice: Vec<usize>| {
            let wanted: Vec<usize> = choice.iter().map(|place| demands[*place].count).collect();
            let fits = |human: usize, demand: usize| fitting[human][choice[demand]];
            let matching = Matching::of(&wanted, people.len(), fits);
            Self { choice, matching }
        };
        rule.choices().into_iter().map(attempt).collect()
    }

    /// The demands that are not filled.
    fn gaps(&self, demands: &[&Demand], people: &[&Person]) -> Vec<Gap> {
        let fits = |human: usize, demand: usize| demands[self.choice[demand]].fits(people[human]);
        let missing = self.matching.missing.iter().enumerate().filter(|(_, count)| **count > 0);
        let gap = |(place, count): (usize, &usize)| {
            let demand = demands[self.choice[place]];
            let open = self.matching.open_towards(place, fits);
            Gap {
                text: Demand { count: *count, from: demand.from.clone() }.to_string(),
                open: open.into_iter().map(|place| self.choice[place]).collect(),
            }
        };
        missing.map(gap).collect()
    }
}
