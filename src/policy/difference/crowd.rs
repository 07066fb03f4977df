//! Sets of people as bits, and everybody of two revisions under one number each.

use std::collections::HashMap;

use crate::grant::Assurance;
use crate::grant::Name;

use super::super::Policy;
use super::super::people::Person;
use super::super::principal::Principal;

/// A set of people, by their number in a [`Census`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Crowd(Vec<u64>);

impl Crowd {
    /// A set of these.
    pub fn of(numbers: impl IntoIterator<Item = u32>) -> Self {
        let mut crowd = Self::default();
        numbers.into_iter().for_each(|number| crowd.insert(number));
        crowd
    }

    /// Adds one.
    pub fn insert(&mut self, number: u32) {
        let word = number as usize / 64;
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        self.0[word] |= 1 << (number % 64);
    }

    /// Whether nobody is in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many are in it.
    pub fn len(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Everybody in it, in order.
    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.0.iter().zip(0u32..).flat_map(|(word, index)| {
            (0..64).filter(move |bit| word >> bit & 1 == 1).map(move |bit| index * 64 + bit)
        })
    }

    /// Those in both.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        Self(self.0.iter().zip(&other.0).map(|(one, two)| one & two).collect()).trimmed()
    }

    /// Those in this one and not in the other.
    #[must_use]
    pub fn without(&self, other: &Self) -> Self {
        let others = other.0.iter().copied().chain(std::iter::repeat(0));
        Self(self.0.iter().zip(others).map(|(one, two)| one & !two).collect()).trimmed()
    }

    /// Adds everybody of the other.
    pub fn add(&mut self, other: &Self) {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), 0);
        }
        self.0.iter_mut().zip(&other.0).for_each(|(one, two)| *one |= two);
    }

    /// Equal sets have equal words: none at the end is empty.
    fn trimmed(mut self) -> Self {
        while self.0.last() == Some(&0) {
            self.0.pop();
        }
        self
    }
}

/// The people of one revision by their numbers.
pub(in super::super) struct Side<'a> {
    pub(super) policy: &'a Policy,
    members: HashMap<&'a Principal, Crowd>,
    strongest: Vec<Assurance>,
}

impl<'a> Side<'a> {
    /// Everybody that a group or person named in a rule means.
    pub(super) fn members(&self, principal: &Principal) -> &Crowd {
        static NOBODY: Crowd = Crowd(Vec::new());
        self.members.get(principal).unwrap_or(&NOBODY)
    }

    /// Everybody that these mean.
    pub(in super::super) fn all(&self, principals: &[Principal]) -> Crowd {
        let mut crowd = Crowd::default();
        principals.iter().for_each(|principal| crowd.add(self.members(principal)));
        crowd
    }

    /// How strongly somebody can sign.
    pub(super) fn strongest(&self, number: u32) -> Assurance {
        self.strongest.get(number as usize).copied().unwrap_or(Assurance::Account)
    }
}

/// Everybody of two revisions: one number for one human, whatever their name in each.
pub(in super::super) struct Census<'a> {
    /// What people are called: by the later revision, where they are in it.
    pub(super) names: Vec<&'a Name>,
    pub(super) before: Vec<Option<&'a Person>>,
    pub(super) after: Vec<Option<&'a Person>>,
}

impl<'a> Census<'a> {
    /// Counts the people of two revisions; the same policy twice is fine. Somebody whose old name is gone and whose key
    /// or GitHub account stands under a new name is the same human.
    pub(in super::super) fn of(before: &'a Policy, after: &'a Policy) -> (Self, Side<'a>, Side<'a>) {
        let mut census = Self { names: Vec::new(), before: Vec::new(), after: Vec::new() };
        let mut old: HashMap<&Name, u32> = HashMap::new();
        let mut new: HashMap<&Name, u32> = HashMap::new();
        for person in after.people() {
            let was = before
                .person(&person.name)
                .or_else(|| renamed(before, person).filter(|was| after.person(&was.name).is_none()));
            let number = census.add(&person.name, was, Some(person));
            new.insert(&person.name, number);
            if let Some(was) = was {
                old.entry(&was.name).or_insert(number);
            }
        }
        for person in before.people() {
            if !old.contains_key(&person.name) {
                let number = census.add(&person.name, Some(person), None);
                old.insert(&person.name, number);
            }
        }
        let before = side(before, &old, &census.before);
        let after = side(after, &new, &census.after);
        (census, before, after)
    }

    fn add(&mut self, name: &'a Name, before: Option<&'a Person>, after: Option<&'a Person>) -> u32 {
        let number = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        self.names.push(name);
        self.before.push(before);
        self.after.push(after);
        number
    }

    /// The names of a set, in order.
    pub(in super::super) fn names(&self, crowd: &Crowd) -> Vec<Name> {
        let mut names: Vec<Name> = crowd
            .iter()
            .filter_map(|number| self.names.get(number as usize))
            .map(|name| (*name).clone())
            .collect();
        names.sort();
        names
    }
}

/// The person of the earlier revision who shares a login with this one.
fn renamed<'a>(before: &'a Policy, person: &Person) -> Option<&'a Person> {
    let by_key = person.keys.iter().find_map(|key| before.person_of_key(&key.fingerprint));
    by_key.or_else(|| before.people.of_github(person.github?))
}

fn side<'a>(policy: &'a Policy, numbers: &HashMap<&Name, u32>, people: &[Option<&Person>]) -> Side<'a> {
    let mut members: HashMap<&Principal, Crowd> = HashMap::new();
    let named = policy.roles().flat_map(|role| {
        role.requesters.iter().chain(role.approval.demands().into_iter().flat_map(|demand| &demand.from))
    });
    for principal in named.chain(&policy.access.auditors) {
        members.entry(principal).or_insert_with(|| {
            let names = policy.people.names_of(principal);
            Crowd::of(names.iter().filter_map(|name| numbers.get(name).copied()))
        });
    }
    let strongest =
        people.iter().map(|person| person.map_or(Assurance::Account, Person::strongest)).collect();
    Side { policy, members, strongest }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_equal_when_their_people_are() {
        let (low, high) = (Crowd::of([1, 63]), Crowd::of([64, 200]));
        let mut both = low.clone();
        both.add(&high);
        assert_eq!(both.iter().collect::<Vec<_>>(), [1, 63, 64, 200]);
        assert_eq!(both.without(&high), low);
        assert_eq!(both.and(&low), low);
        assert!(low.and(&high).is_empty() && !both.is_empty());
        assert_eq!(both.len(), 4);
    }
}
