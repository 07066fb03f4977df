//! Compares two approval rules by the sets of people that satisfy them: monotone boolean functions, never their text.
//!
//! People are interchangeable if both rules treat them alike, so a set is a number of people of each kind. If any set
//! passes one gate and not the other, a minimal one does too, so only minimal sets are searched. The answer is exact,
//! unless the search exceeds [`BUDGET`]: then it is [`Escape::Unknown`], which callers must read as "perhaps".

use std::collections::BTreeMap;
use std::collections::HashSet;

use crate::grant::Assurance;

use crate::policy::analysis::difference::census::Side;
use crate::policy::analysis::difference::crowd::Crowd;
use crate::policy::analysis::ways::Way;
use crate::policy::deciding::matching::Matching;
use crate::policy::roles::rule::Demand;
use crate::policy::roles::rule::Rule;

/// The most matchings that one comparison may try.
const BUDGET: usize = 100_000;

/// Whether some set of people passes one gate and not another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Escape {
    /// Proven: no set does.
    None,
    /// This set does.
    By(Vec<u32>),
    /// Not decided within the budget.
    Unknown,
}

impl Escape {
    /// Whether a set exists, or may exist.
    pub fn is_possible(&self) -> bool {
        *self != Self::None
    }
}

/// How two gates compare for some requesters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// A set that suffices now and did not before.
    pub easier: Escape,
    /// A set that sufficed before and does not now.
    pub harder: Escape,
}

/// A rule, and the assurance that it demands of reviews.
#[derive(Clone, Copy)]
pub(in crate::policy) struct Gate<'a> {
    pub(in crate::policy) rule: &'a Rule,
    pub(in crate::policy) signed: Assurance,
}

impl<'a> Gate<'a> {
    /// The gate on a way into a role.
    pub(in crate::policy) fn of(way: &Way<'a>) -> Self {
        Self { rule: way.approval, signed: way.signed }
    }
}

/// People whom both gates treat alike: the demands of each that they could fill, as bits.
struct Kind {
    fits: [u64; 2],
    people: Crowd,
    count: usize,
    /// Whether there may be any number of them.
    is_open: bool,
}

/// The most groups of an identity provider in one person for which every combination is tried.
const MOST_OPEN: usize = 6;
/// More people than any gate needs.
const MANY: usize = 1 << 16;

/// Compares two gates for each of these requesters. Requesters with the same answer are grouped.
pub(in crate::policy) fn compare(
    before: (&Side<'_>, Gate<'_>),
    after: (&Side<'_>, Gate<'_>),
    requesters: &Crowd,
) -> Vec<(Crowd, Comparison)> {
    let (kinds, is_whole) = kinds(before, after);
    let gates = [Shape::of(before.1.rule), Shape::of(after.1.rule)];
    let most = gates[0].most.max(gates[1].most);
    let mut answers: Vec<(Crowd, Comparison)> = Vec::new();
    let mut rest = requesters.clone();
    let mut ask = |crowd: Crowd, absent: Option<(usize, u32)>| {
        let answer = |through, past| match escape(&gates, through, past, &kinds, absent) {
            // A person in several groups of the identity provider was left out, and might pass.
            Some(Escape::None) if !is_whole => Escape::Unknown,
            Some(other) => other,
            None => Escape::None,
        };
        let comparison = Comparison { easier: answer(1, 0), harder: answer(0, 1) };
        match answers.iter_mut().find(|(_, other)| *other == comparison) {
            Some((other, _)) => other.add(&crowd),
            None => answers.push((crowd, comparison)),
        }
    };
    for (place, kind) in kinds.iter().enumerate() {
        // If a kind has more than enough people, it does not matter that the requester is one of them.
        if kind.is_open || kind.count > most {
            continue;
        }
        let own = kind.people.and(requesters);
        rest = rest.without(&own);
        own.iter().for_each(|number| ask(Crowd::of([number]), Some((place, number))));
    }
    if !rest.is_empty() {
        ask(rest, None);
    }
    answers
}

/// Sorts people into kinds. Also returns whether every combination of groups is included. People who fit no demand of
/// either gate are left out.
fn kinds(before: (&Side<'_>, Gate<'_>), after: (&Side<'_>, Gate<'_>)) -> (Vec<Kind>, bool) {
    let open = &after.0.open;
    let mut closed: Vec<([u64; 2], Crowd)> = Vec::new();
    let mut groups: BTreeMap<u32, [u64; 2]> = BTreeMap::new();
    for (which, (side, gate)) in [before, after].into_iter().enumerate() {
        for (bit, demand) in gate.rule.demands().into_iter().enumerate() {
            let able = side.all(&demand.from).and(side.able(gate.signed));
            for number in able.and(open).iter() {
                groups.entry(number).or_default()[which] |= 1 << bit;
            }
            refine(&mut closed, &able.without(open), which, 1 << bit);
        }
    }
    let mut combined: Vec<(u32, [u64; 2])> = Vec::new();
    for (number, own) in groups {
        // A person may be in this group and in any of the others.
        let both = |(first, other): &(u32, [u64; 2])| (*first, [own[0] | other[0], own[1] | other[1]]);
        let more: Vec<(u32, [u64; 2])> = combined.iter().take(1 << MOST_OPEN).map(both).collect();
        combined.push((number, own));
        combined.extend(more);
    }
    let is_whole = combined.len() < 1 << MOST_OPEN;
    let kind = |(fits, people): ([u64; 2], Crowd)| Kind { fits, count: people.len(), people, is_open: false };
    let mut kinds: Vec<Kind> = closed.into_iter().map(kind).collect();
    for (number, fits) in combined {
        match kinds.iter_mut().find(|kind| kind.fits == fits) {
            Some(kind) => kind.is_open = true,
            None => kinds.push(Kind { fits, people: Crowd::of([number]), count: 1, is_open: true }),
        }
    }
    kinds.sort_by_key(|kind| kind.fits);
    (kinds, is_whole)
}

/// Splits every kind by whether its people could fill one more demand.
fn refine(kinds: &mut Vec<([u64; 2], Crowd)>, able: &Crowd, which: usize, bit: u64) {
    let mut rest = able.clone();
    let mut refined: Vec<([u64; 2], Crowd)> = Vec::with_capacity(kinds.len() + 1);
    for (fits, people) in kinds.drain(..) {
        let (inside, outside) = (people.and(able), people.without(able));
        rest = rest.without(&inside);
        let mut more = fits;
        more[which] |= bit;
        refined.extend([(more, inside), (fits, outside)].into_iter().filter(|(_, crowd)| !crowd.is_empty()));
    }
    if !rest.is_empty() {
        let mut fits = [0; 2];
        fits[which] = bit;
        refined.push((fits, rest));
    }
    *kinds = refined;
}

/// A rule with numbered demands.
struct Shape {
    tree: Tree,
    counts: Vec<usize>,
    choices: Vec<Vec<usize>>,
    /// The most people that any choice needs.
    most: usize,
}

enum Tree {
    Free,
    Demand(usize),
    All(Vec<Tree>),
    Any(Vec<Tree>),
}

impl Shape {
    fn of(rule: &Rule) -> Self {
        let counts: Vec<usize> = rule.demands().iter().map(|demand: &&Demand| demand.count).collect();
        let choices = rule.choices();
        let total = |choice: &Vec<usize>| choice.iter().map(|place| counts[*place]).sum();
        let most = choices.iter().map(total).max().unwrap_or(0);
        Self { tree: Tree::of(rule, &mut 0), counts, choices, most }
    }
}

impl Tree {
    fn of(rule: &Rule, next: &mut usize) -> Self {
        match rule {
            Rule::None => Self::Free,
            Rule::Of(_) => {
                *next += 1;
                Self::Demand(*next - 1)
            }
            Rule::Any(parts) => Self::Any(parts.iter().map(|part| Self::of(part, next)).collect()),
            Rule::All(parts) => {
                let mut all = Vec::new();
                for part in parts {
                    match Self::of(part, next) {
                        Self::All(inner) => all.extend(inner),
                        other => all.push(other),
                    }
                }
                Self::All(all)
            }
        }
    }
}

/// Whether some set without the absent person passes gate `through` and not gate `past`. `None` if the shape of the two
/// rules already proves that there is no such set.
fn escape(
    gates: &[Shape; 2],
    through: usize,
    past: usize,
    kinds: &[Kind],
    absent: Option<(usize, u32)>,
) -> Option<Escape> {
    let (first, second) = (&gates[through], &gates[past]);
    if implies(&first.tree, &second.tree, &|one, other| {
        let within = |kind: &Kind| kind.fits[through] >> one & 1 == 0 || kind.fits[past] >> other & 1 == 1;
        first.counts[one] >= second.counts[other] && kinds.iter().all(within)
    }) {
        return None;
    }
    let available = |place: usize| {
        let kind = &kinds[place];
        let missing = usize::from(absent.is_some_and(|(absent, _)| absent == place));
        if kind.is_open { MANY } else { kind.count - missing }
    };
    let masks = |place: usize| (kinds[place].fits[through], kinds[place].fits[past]);
    // A kind with enough people replaces another one if it fills more of gate `through` and less of gate `past`.
    let replaced = |place: usize| {
        let (one, other) = masks(place);
        (0..kinds.len()).any(|by| {
            let (more, less) = masks(by);
            by != place && one & !more == 0 && less & !other == 0 && available(by) >= first.most
        })
    };
    let mut useful: Vec<usize> = (0..kinds.len())
        .filter(|place| masks(*place).0 != 0 && available(*place) > 0 && !replaced(*place))
        .collect();
    useful.sort_by_key(|place| masks(*place).1.count_ones());
    let mut search = Search {
        past: second,
        kinds: useful.iter().map(|place| (masks(*place), available(*place))).collect(),
        used: vec![0; useful.len()],
        seen: HashSet::new(),
        budget: BUDGET,
    };
    for choice in &first.choices {
        let demands: Vec<(usize, usize)> =
            choice.iter().map(|place| (*place, first.counts[*place])).collect();
        if search.passes_by(&demands, 0) {
            let people = search.used.iter().zip(&useful).flat_map(|(count, place)| {
                let people = kinds[*place].people.iter();
                people.filter(|number| absent.is_none_or(|(_, other)| other != *number)).take(*count)
            });
            let mut people: Vec<u32> = people.collect();
            people.sort_unstable();
            return Some(Escape::By(people));
        }
        if search.budget == 0 {
            return Some(Escape::Unknown);
        }
    }
    Some(Escape::None)
}

/// Proves by the shape of two rules that a set that passes one passes the other. `demand` compares two demands. False
/// does not disprove it.
fn implies(one: &Tree, other: &Tree, demand: &impl Fn(usize, usize) -> bool) -> bool {
    match (one, other) {
        (_, Tree::Free) => true,
        (Tree::Any(parts), _) => parts.iter().all(|part| implies(part, other, demand)),
        (Tree::Demand(one), Tree::Demand(other)) => demand(*one, *other),
        (Tree::All(parts), Tree::All(others)) => {
            // Different people fill the parts of `all`, so each part may serve for one part of the other.
            let fits = |part: usize, wanted: usize| implies(&parts[part], &others[wanted], demand);
            Matching::of(&vec![1; others.len()], parts.len(), fits).is_complete()
        }
        (_, Tree::Any(others)) if others.iter().any(|other| implies(one, other, demand)) => true,
        (Tree::All(parts), _) => parts.iter().any(|part| implies(part, other, demand)),
        (_, Tree::All(others)) => matches!(others.as_slice(), [only] if implies(one, only, demand)),
        (Tree::Free | Tree::Demand(_), _) => false,
    }
}

/// A state of the search: the people taken, the demands still to fill, and the kind from which it continues.
type Visited = (Vec<usize>, Vec<(usize, usize)>, usize);

/// A search for people who fill some demands without passing another gate.
struct Search<'a> {
    past: &'a Shape,
    /// The demands of both gates that each kind fills, and its number of people.
    kinds: Vec<((u64, u64), usize)>,
    /// The number of people taken from each kind.
    used: Vec<usize>,
    /// The visited states.
    seen: HashSet<Visited>,
    budget: usize,
}

impl Search<'_> {
    /// Fills the demands with people. For the first demand it starts at kind `from`. Leaves the people taken in `used`.
    fn passes_by(&mut self, demands: &[(usize, usize)], from: usize) -> bool {
        // Passing is monotone: adding people does not undo it.
        if self.budget == 0 || self.is_past() {
            return false;
        }
        let Some(((demand, count), rest)) = demands.split_first() else { return true };
        if *count == 0 {
            return self.passes_by(rest, 0);
        }
        if !self.seen.insert((self.used.clone(), demands.to_vec(), from)) {
            return false;
        }
        let mut left = demands.to_vec();
        left[0].1 = count - 1;
        for place in from..self.kinds.len() {
            let ((fills, _), available) = self.kinds[place];
            if fills >> demand & 1 == 0 || self.used[place] == available {
                continue;
            }
            self.used[place] += 1;
            if self.passes_by(&left, place) {
                return true;
            }
            self.used[place] -= 1;
        }
        false
    }

    /// Whether the people taken pass the other gate.
    fn is_past(&mut self) -> bool {
        let people: Vec<u64> = self
            .kinds
            .iter()
            .zip(&self.used)
            .flat_map(|(((_, fills), _), count)| std::iter::repeat_n(*fills, *count))
            .collect();
        for choice in &self.past.choices {
            self.budget = self.budget.saturating_sub(1);
            let wanted: Vec<usize> = choice.iter().map(|place| self.past.counts[*place]).collect();
            if wanted.iter().sum::<usize>() > people.len() {
                continue;
            }
            let fits = |human: usize, demand: usize| people[human] >> choice[demand] & 1 == 1;
            if Matching::of(&wanted, people.len(), fits).is_complete() {
                return true;
            }
        }
        false
    }
}
