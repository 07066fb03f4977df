//! The decision: may this be asked for, and do the reviews so far satisfy the rule?

use std::collections::BTreeSet;

use crate::grant::Assurance;
use crate::grant::Name;
use crate::grant::Verdict;
use crate::grant::span::Span;

use super::Policy;
use super::matching::Matching;
use super::people::Person;
use super::role::Role;
use super::rule::Demand;
use super::rule::Rule;

/// One reviewer's word, as far as a decision looks at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opinion {
    /// Who.
    pub by: Name,
    /// Yes or no.
    pub verdict: Verdict,
    /// "For at most this long."
    pub duration: Option<Span>,
    /// How strongly it is signed.
    pub assurance: Assurance,
}

/// What is to be decided.
#[derive(Debug, Clone)]
pub struct Asking<'a> {
    /// Who asks.
    pub who: &'a Name,
    /// For which role (its own name or an alias).
    pub role: &'a Name,
    /// For how long.
    pub duration: Span,
    /// Why.
    pub reason: &'a str,
    /// How strongly the request itself is signed.
    pub assurance: Assurance,
    /// The latest word of each reviewer.
    pub reviews: &'a [Opinion],
}

/// What a policy says to an asking. The one result that broker, tests and explanations share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// This may not be asked for.
    Refused(Refusal),
    /// An eligible person said no.
    Denied {
        /// Who.
        by: Name,
    },
    /// It waits for reviews.
    NeedsApproval {
        /// What is missing, by the same matching that decides.
        missing: Vec<Missing>,
    },
    /// The rule is satisfied.
    Approved {
        /// The narrowest of the request and the reviews that count: every approval by an eligible person that is signed
        /// strongly enough, needed or not, as a denial by any of them would end the request.
        duration: Span,
        /// Whose reviews were matched to demands, in the order of the reviews; empty where none was needed.
        by: Vec<Name>,
    },
}

/// A demand that the reviews so far do not fill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// `1 of group:security`; `either … or …` where several ways are equally near.
    pub demand: String,
    /// Everybody whose approval would bring the request nearer, in name order: never the requester, never somebody whose
    /// review already counts, never somebody without a key that is strong enough. People of a filled demand are among
    /// them where a reviewer could move on from it to this one.
    pub could_help: Vec<Name>,
}

/// Why something may not be asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No such person in this policy.
    #[error("{0} is not in the policy")]
    UnknownPerson(Name),
    /// No such role.
    #[error("there is no role {0}")]
    UnknownRole(Name),
    /// The person is not among the role's requesters.
    #[error("{who} may not ask for {role}")]
    NotARequester {
        /// Who.
        who: Name,
        /// For what.
        role: Name,
    },
    /// Longer than the role allows.
    #[error("{asked} is longer than the {allowed} that {role} allows")]
    TooLong {
        /// For what.
        role: Name,
        /// How long.
        asked: Span,
        /// How long at most.
        allowed: Span,
    },
    /// The reason is empty or does not match.
    #[error("{role} wants another reason: {wanted}")]
    Reason {
        /// For what.
        role: Name,
        /// What it wants, in words.
        wanted: String,
    },
    /// The request is signed too weakly for a role that needs no review.
    #[error("{role} needs no review, so the request itself must be signed with {}", demanded.as_str())]
    Assurance {
        /// For what.
        role: Name,
        /// What is demanded.
        demanded: Assurance,
    },
}

impl Refusal {
    /// What to type next.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::UnknownPerson(_) => Some("ask for a line of yours in people.toml".to_owned()),
            Self::UnknownRole(_) | Self::NotARequester { .. } => {
                Some("`jit roles` lists what you may ask for".to_owned())
            }
            Self::TooLong { role, allowed, .. } => Some(format!("`jit request {role} --for {allowed}`")),
            Self::Reason { role, .. } => Some(format!("`jit request {role} --reason \"…\"`")),
            Self::Assurance { demanded: Assurance::Touch, .. } => {
                Some("log in with a hardware key (`sk-`) that is yours in people.toml".to_owned())
            }
            Self::Assurance { .. } => Some("log in with an SSH key that is yours in people.toml".to_owned()),
        }
    }
}

impl Policy {
    /// Decides. Nothing outside the policy and the asking has a part in it.
    pub fn decide(&self, asking: &Asking<'_>) -> Decision {
        match self.admit(asking) {
            Err(refusal) => Decision::Refused(refusal),
            Ok(role) => self.judge(role, asking),
        }
    }

    /// The role, where this person may ask for it like this.
    fn admit(&self, asking: &Asking<'_>) -> Result<&Role, Refusal> {
        let who = asking.who;
        let person = self.person(who).ok_or_else(|| Refusal::UnknownPerson(who.clone()))?;
        let role = self.role(asking.role).ok_or_else(|| Refusal::UnknownRole(asking.role.clone()))?;
        let name = || role.name.clone();
        if !role.requesters.iter().any(|principal| person.is(principal)) {
            return Err(Refusal::NotARequester { who: who.clone(), role: name() });
        }
        if asking.duration > role.max_duration {
            let (asked, allowed) = (asking.duration, role.max_duration);
            return Err(Refusal::TooLong { role: name(), asked, allowed });
        }
        if !role.reason.accepts(asking.reason) {
            return Err(Refusal::Reason { role: name(), wanted: role.reason.wanted().to_owned() });
        }
        if role.approval == Rule::None && asking.assurance < role.signed {
            return Err(Refusal::Assurance { role: name(), demanded: role.signed });
        }
        Ok(role)
    }

    fn judge(&self, role: &Role, asking: &Asking<'_>) -> Decision {
        let demands = role.approval.demands();
        let eligible =
            |person: &Person| person.name != *asking.who && demands.iter().any(|demand| demand.fits(person));
        let mut approvals: Vec<(&Person, Span)> = Vec::new();
        for opinion in asking.reviews {
            let Some(person) = self.person(&opinion.by).filter(|person| eligible(person)) else { continue };
            match opinion.verdict {
                Verdict::Deny => return Decision::Denied { by: person.name.clone() },
                Verdict::Approve if opinion.assurance >= role.signed => {
                    approvals.push((person, opinion.duration.unwrap_or(asking.duration)));
                }
                Verdict::Approve => {}
            }
        }
        let duration = approvals.iter().map(|(_, ceiling)| *ceiling).fold(asking.duration, Span::min);
        // Somebody whose word is handed in twice is still one human.
        let mut reviewers: Vec<&Person> = Vec::new();
        for (person, _) in approvals {
            if !reviewers.iter().any(|other| other.name == person.name) {
                reviewers.push(person);
            }
        }
        let attempts = Attempt::all(&role.approval, &demands, &reviewers);
        if let Some(attempt) = attempts.iter().find(|attempt| attempt.matching.is_complete()) {
            let humans = attempt.matching.humans();
            let by = humans.into_iter().map(|human| reviewers[human].name.clone()).collect();
            return Decision::Approved { duration, by };
        }
        Decision::NeedsApproval { missing: self.missing(role, asking.who, &demands, &attempts, &reviewers) }
    }

    /// What is missing, by the attempts that miss least.
    fn missing(
        &self,
        role: &Role,
        requester: &Name,
        demands: &[&Demand],
        attempts: &[Attempt],
        reviewers: &[&Person],
    ) -> Vec<Missing> {
        // Whoever approved already cannot help: the matching would have found a place for them.
        let excluded =
            |name: &Name| name == requester || reviewers.iter().any(|reviewer| reviewer.name == *name);
        let could_help = |open: &BTreeSet<usize>| {
            let principals = open.iter().flat_map(|place| &demands[*place].from);
            let people = principals.flat_map(|principal| self.people.named_by(principal));
            let able = people.filter(|person| person.can_sign(role.signed) && !excluded(&person.name));
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
                // The same words may stand in two branches, from which different people can move on.
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

/// A demand that is not filled, in words, and the places of the demands at which one more human would help it.
struct Gap {
    text: String,
    open: Vec<usize>,
}

/// How many equally near ways are spelled out.
const MOST_WAYS_SHOWN: usize = 4;

impl Demand {
    /// Whether this person could fill the demand.
    pub(super) fn fits(&self, person: &Person) -> bool {
        self.from.iter().any(|principal| person.is(principal))
    }
}

/// One choice of a branch of every `any`, and how far some humans get with it.
pub(super) struct Attempt {
    /// The places of the chosen demands among all of the rule's.
    choice: Vec<usize>,
    pub(super) matching: Matching,
}

impl Attempt {
    /// Tries every choice.
    pub(super) fn all(rule: &Rule, demands: &[&Demand], people: &[&Person]) -> Vec<Self> {
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
