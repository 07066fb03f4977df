//! The matching against brute force: every assignment of people to demands, judged by a literal reading of the rule.

use std::collections::BTreeMap;

use jit::grant::Verdict;
use jit::policy::Asking;
use jit::policy::Decision;
use jit::policy::Opinion;
use jit::policy::Policy;
use proptest::prelude::*;

use crate::policy::world;

/// People `p0` to `p5`; `p0` asks. Groups `g0` to `g3`.
pub const PEOPLE: usize = 6;
pub const GROUPS: usize = 4;

/// A rule as the brute force evaluates it. A demand's people are a bit mask of groups and one of people.
#[derive(Debug, Clone)]
pub enum Tree {
    Of { count: usize, groups: u8, people: u8 },
    All(Vec<Tree>),
    Any(Vec<Tree>),
}

impl Tree {
    pub fn to_toml(&self) -> String {
        let list = |parts: &[Tree]| parts.iter().map(Tree::to_toml).collect::<Vec<_>>().join(", ");
        match self {
            Self::Of { count, groups, people } => {
                let groups =
                    (0..GROUPS).filter(|bit| groups >> bit & 1 == 1).map(|group| format!("group:g{group}"));
                let people = (0..PEOPLE)
                    .filter(|bit| people >> bit & 1 == 1)
                    .map(|person| format!("person:p{person}"));
                format!("\"{count} of {}\"", groups.chain(people).collect::<Vec<_>>().join(", "))
            }
            Self::All(parts) => format!("{{ all = [{}] }}", list(parts)),
            Self::Any(parts) => format!("{{ any = [{}] }}", list(parts)),
        }
    }

    pub fn leaves(&self) -> Vec<(u8, u8)> {
        match self {
            Self::Of { groups, people, .. } => vec![(*groups, *people)],
            Self::All(parts) | Self::Any(parts) => parts.iter().flat_map(Tree::leaves).collect(),
        }
    }

    /// How many people are missing if demand `d` has `given[d]` of them.
    fn missing(&self, given: &mut impl Iterator<Item = usize>) -> usize {
        match self {
            Self::Of { count, .. } => count.saturating_sub(given.next().unwrap()),
            Self::All(parts) => parts.iter().map(|part| part.missing(given)).sum(),
            // Every branch uses its share of the demands, so all are visited before taking the least.
            Self::Any(parts) => {
                parts.iter().map(|part| part.missing(given)).collect::<Vec<_>>().into_iter().min().unwrap()
            }
        }
    }
}

pub fn eligible(person: usize, membership: &[u8], leaf: (u8, u8)) -> bool {
    membership[person] & leaf.0 != 0 || leaf.1 >> person & 1 == 1
}

/// The fewest missing people over every assignment of approvers to one demand or none.
pub fn least_missing(tree: &Tree, membership: &[u8], approvers: &[usize]) -> usize {
    let leaves = tree.leaves();
    let mut least = usize::MAX;
    let ways = (leaves.len() + 1).pow(u32::try_from(approvers.len()).unwrap());
    'ways: for way in 0..ways {
        let mut rest = way;
        let mut given = vec![0; leaves.len()];
        for approver in approvers {
            let place = rest % (leaves.len() + 1);
            rest /= leaves.len() + 1;
            if let Some(leaf) = leaves.get(place) {
                if !eligible(*approver, membership, *leaf) {
                    continue 'ways;
                }
                given[place] += 1;
            }
        }
        least = least.min(tree.missing(&mut given.into_iter()));
    }
    least
}

pub fn any_tree() -> impl Strategy<Value = Tree> {
    let leaf = (1_usize..=2, 0_u8..1 << GROUPS, 0_u8..1 << PEOPLE, any::<bool>()).prop_map(
        |(count, groups, people, mostly_groups)| {
            let people = if mostly_groups { 0 } else { people & 0b1001 };
            let groups = if groups == 0 && people == 0 { 1 } else { groups };
            Tree::Of { count, groups, people }
        },
    );
    leaf.prop_recursive(3, 5, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..=3).prop_map(Tree::All),
            prop::collection::vec(inner, 1..=3).prop_map(Tree::Any),
        ]
    })
    .prop_filter("brute force takes too long", |tree| tree.leaves().len() <= 5)
}

fn policy(tree: &Tree, membership: &[u8]) -> Policy {
    let mut people = String::new();
    for person in 0..PEOPLE {
        people.push_str(&format!(
            "[people.p{person}]\nkeys = [\"{}\"]\n",
            world::key_line(u32::try_from(person).unwrap())
        ));
    }
    people.push_str("[groups]\n");
    for group in 0..GROUPS {
        let members: Vec<String> = (0..PEOPLE)
            .filter(|person| membership[*person] >> group & 1 == 1)
            .map(|person| format!("\"p{person}\""))
            .collect();
        people.push_str(&format!("g{group} = [{}]\n", members.join(", ")));
    }
    let role = format!("requesters = [\"person:p0\"]\napproval = {}", tree.to_toml());
    Policy::compile(world::files(&[
        ("access.toml", world::ACCESS),
        ("people.toml", &people),
        ("roles/r.toml", &world::role(&role)),
    ]))
    .unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn decides_as_brute_force_does(
        tree in any_tree(),
        membership in prop::collection::vec(0_u8..1 << GROUPS, PEOPLE),
        order in Just((0..PEOPLE).collect::<Vec<usize>>()).prop_shuffle(),
        reviewers in 0_usize..=PEOPLE,
    ) {
        let policy = policy(&tree, &membership);
        let said: Vec<usize> = order.into_iter().take(reviewers).collect();
        let reviews: Vec<Opinion> = said
            .iter()
            .map(|person| Opinion::new(world::name(&format!("p{person}")), Verdict::Approve))
            .collect();
        // The requester is sometimes among the reviewers, and must never count.
        let approvers: Vec<usize> = said.iter().copied().filter(|person| *person != 0).collect();
        let least = least_missing(&tree, &membership, &approvers);
        let (who, role) = (world::name("p0"), world::name("r"));
        let decision = policy.decide(&Asking {
            reason: "because",
            reviews: &reviews,
            ..world::asking(&who, &role, "1h")
        });
        match decision {
            Decision::Approved { by, .. } => {
                prop_assert_eq!(least, 0);
                let counted: Vec<usize> =
                    by.iter().map(|name| name.as_str()[1..].parse().unwrap()).collect();
                prop_assert!(counted.iter().all(|person| approvers.contains(person)));
                prop_assert_eq!(least_missing(&tree, &membership, &counted), 0);
            }
            Decision::NeedsApproval { missing } => {
                prop_assert!(least > 0);
                let named: BTreeMap<String, ()> = missing
                    .iter()
                    .flat_map(|missing| &missing.could_help)
                    .map(|name| (name.to_string(), ()))
                    .collect();
                // Exactly those are named whose approval brings the request closer.
                for person in 1..PEOPLE {
                    let mut with = approvers.clone();
                    if !with.contains(&person) {
                        with.push(person);
                    }
                    let helps = least_missing(&tree, &membership, &with) < least;
                    prop_assert_eq!(
                        helps,
                        named.contains_key(&format!("p{person}")),
                        "p{} of {:?}", person, missing
                    );
                }
                prop_assert!(!named.contains_key("p0"));
                if let [only] = missing.as_slice()
                    && !only.demand.starts_with("either")
                {
                    let count: usize = only.demand.split(' ').next().unwrap().parse().unwrap();
                    prop_assert_eq!(count, least);
                }
            }
            other => prop_assert!(false, "{:?}", other),
        }
        // A gate is called impossible exactly if all other people together could not pass it.
        let everybody: Vec<usize> = (1..PEOPLE).collect();
        let impossible = least_missing(&tree, &membership, &everybody) > 0;
        let role = policy.role(&world::name("r")).unwrap();
        prop_assert_eq!(impossible, !policy.without_a_way(role).is_empty());
    }
}
