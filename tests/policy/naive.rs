//! The whole decision against a second, naive one: it reads no Cedar, has an interpreter of its own for a small language of
//! conditions, and enumerates every assignment of reviewers to demands.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use jit::grant::Assurance;
use jit::grant::Verdict;
use jit::policy::Action;
use jit::policy::Asking;
use jit::policy::Decision;
use jit::policy::Facts;
use jit::policy::How;
use jit::policy::Opinion;
use jit::policy::Policy;
use proptest::prelude::*;

use crate::matching::GROUPS;
use crate::matching::PEOPLE;
use crate::matching::Tree;
use crate::matching::any_tree;
use crate::matching::eligible;
use crate::matching::least_missing;
use crate::world;
use crate::world::name;

/// Who acts: a person by number, or the workload, which is the number after the last person.
type Who = usize;
const WORKLOAD: Who = PEOPLE;

/// A condition, as both sides read it.
#[derive(Debug, Clone)]
enum Condition {
    True,
    HourFrom(u8),
    HoursAtMost(u8),
    Weekend,
    In(usize),
    Is(Who),
    OnCall,
    Interactive,
    Agent,
    Scoped,
    FromHome,
    /// Errs at every hour but midnight's.
    Overflow,
    Not(Box<Condition>),
    And(Box<Condition>, Box<Condition>),
    Or(Box<Condition>, Box<Condition>),
    If(Box<Condition>, Box<Condition>, Box<Condition>),
}

/// What conditions look at.
#[derive(Debug, Clone, Copy)]
struct Scene<'a> {
    hour: u8,
    day: u8,
    hours: u8,
    scoped: bool,
    home: Option<bool>,
    interactive: bool,
    agent: bool,
    oncall: u8,
    membership: &'a [u8],
}

impl Condition {
    fn to_cedar(&self) -> String {
        match self {
            Self::True => "true".to_owned(),
            Self::HourFrom(hour) => format!("context.hour >= {hour}"),
            Self::HoursAtMost(hours) => format!("context.duration <= duration(\"{hours}h\")"),
            Self::Weekend => "context.weekday in [Weekday::\"saturday\", Weekday::\"sunday\"]".to_owned(),
            Self::In(group) => format!("principal in Group::\"g{group}\""),
            Self::Is(WORKLOAD) => "principal is Workload".to_owned(),
            Self::Is(person) => format!("(principal is Person && principal == Person::\"p{person}\")"),
            Self::OnCall => "principal.oncall".to_owned(),
            Self::Interactive => "context.interactive".to_owned(),
            Self::Agent => "context.agent".to_owned(),
            Self::Scoped => "context has scope".to_owned(),
            Self::FromHome => {
                "(context has source_ip && context.source_ip.isInRange(ip(\"10.0.0.0/8\")))".to_owned()
            }
            Self::Overflow => "context.hour + 9223372036854775807 > 0".to_owned(),
            Self::Not(inner) => format!("!({})", inner.to_cedar()),
            Self::And(one, other) => format!("({}) && ({})", one.to_cedar(), other.to_cedar()),
            Self::Or(one, other) => format!("({}) || ({})", one.to_cedar(), other.to_cedar()),
            Self::If(test, yes, no) => {
                format!("(if {} then {} else {})", test.to_cedar(), yes.to_cedar(), no.to_cedar())
            }
        }
    }

    /// Whether it holds, or nothing where it errs.
    fn holds(&self, who: Who, scene: &Scene<'_>) -> Option<bool> {
        Some(match self {
            Self::True => true,
            Self::HourFrom(hour) => scene.hour >= *hour,
            Self::HoursAtMost(hours) => scene.hours <= *hours,
            Self::Weekend => scene.day >= 5,
            Self::In(group) => who != WORKLOAD && scene.membership[who] >> group & 1 == 1,
            Self::Is(other) => who == *other,
            Self::OnCall => scene.oncall >> who & 1 == 1,
            Self::Interactive => scene.interactive,
            Self::Agent => scene.agent,
            Self::Scoped => scene.scoped,
            Self::FromHome => scene.home == Some(true),
            Self::Overflow if scene.hour == 0 => true,
            Self::Overflow => return None,
            Self::Not(inner) => !inner.holds(who, scene)?,
            Self::And(one, other) => one.holds(who, scene)? && other.holds(who, scene)?,
            Self::Or(one, other) => one.holds(who, scene)? || other.holds(who, scene)?,
            Self::If(test, yes, no) => {
                if test.holds(who, scene)? {
                    yes.holds(who, scene)?
                } else {
                    no.holds(who, scene)?
                }
            }
        })
    }
}

fn any_condition(claims: bool) -> impl Strategy<Value = Condition> {
    let said = |condition| if claims { condition } else { Condition::OnCall };
    let leaf = prop_oneof![
        3 => Just(Condition::True),
        2 => (0_u8..24).prop_map(Condition::HourFrom),
        2 => (0_u8..6).prop_map(Condition::HoursAtMost),
        1 => Just(Condition::Weekend),
        3 => (0..GROUPS).prop_map(Condition::In),
        1 => (0..=PEOPLE).prop_map(Condition::Is),
        2 => Just(Condition::OnCall),
        1 => Just(said(Condition::Interactive)),
        1 => Just(said(Condition::Agent)),
        1 => Just(Condition::Scoped),
        1 => Just(Condition::FromHome),
        1 => Just(Condition::Overflow),
    ];
    leaf.prop_recursive(3, 6, 3, |inner| {
        let boxed = inner.clone().prop_map(Box::new);
        prop_oneof![
            boxed.clone().prop_map(Condition::Not),
            (boxed.clone(), boxed.clone()).prop_map(|(one, other)| Condition::And(one, other)),
            (boxed.clone(), boxed.clone()).prop_map(|(one, other)| Condition::Or(one, other)),
            (boxed.clone(), boxed.clone(), boxed).prop_map(|(test, yes, no)| Condition::If(test, yes, no)),
        ]
    })
}

const ACTS: [&str; 5] = ["request", "auto_approve", "extend", "break_glass", "review"];

/// An organisation-wide rule: for some acts (a bit mask), a permit or a forbid.
#[derive(Debug, Clone)]
struct Rule {
    permit: bool,
    acts: u8,
    condition: Condition,
}

impl Rule {
    fn to_cedar(&self) -> String {
        let acts: Vec<String> = (0..ACTS.len())
            .filter(|act| self.acts >> act & 1 == 1)
            .map(|act| format!("Action::\"{}\"", ACTS[act]))
            .collect();
        let effect = if self.permit { "permit" } else { "forbid" };
        format!(
            "{effect}(principal, action in [{}], resource) when {{ {} }};\n",
            acts.join(", "),
            self.condition.to_cedar()
        )
    }
}

fn any_rule() -> impl Strategy<Value = Rule> {
    any::<bool>().prop_flat_map(|permit| {
        (1_u8..1 << ACTS.len(), any_condition(!permit)).prop_map(move |(acts, condition)| Rule {
            permit,
            acts,
            condition,
        })
    })
}

#[derive(Debug, Clone)]
struct Plan {
    membership: Vec<u8>,
    /// Bit masks of groups, and of people and the workload.
    requesters: (u8, u8),
    emergency: (u8, u8),
    approval: Option<Tree>,
    scope: Option<Tree>,
    extend: Option<Tree>,
    request: Option<Condition>,
    automatic: Option<Condition>,
    rules: Vec<Rule>,
}

fn list(groups: u8, people: u8) -> String {
    let groups = (0..GROUPS).filter(|bit| groups >> bit & 1 == 1).map(|group| format!("\"group:g{group}\""));
    let people = (0..=PEOPLE).filter(|bit| people >> bit & 1 == 1).map(|who| match who {
        WORKLOAD => "\"workload:w\"".to_owned(),
        person => format!("\"person:p{person}\""),
    });
    groups.chain(people).collect::<Vec<_>>().join(", ")
}

impl Plan {
    fn compile(&self) -> Policy {
        let mut people = String::new();
        for person in 0..PEOPLE {
            let key = world::key_line(u32::try_from(person).unwrap());
            people.push_str(&format!("[people.p{person}]\nkeys = [\"{key}\"]\n"));
        }
        people.push_str(
            "[workloads.w]\noidc = { issuer = \"https://ci.example.com\", project_id = \"7\" }\n[groups]\n",
        );
        for group in 0..GROUPS {
            let members: Vec<String> = (0..PEOPLE)
                .filter(|person| self.membership[*person] >> group & 1 == 1)
                .map(|person| format!("\"p{person}\""))
                .collect();
            people.push_str(&format!("g{group} = [{}]\n", members.join(", ")));
        }
        let rule = |tree: &Option<Tree>| tree.as_ref().map_or("\"none\"".to_owned(), Tree::to_toml);
        let mut role = format!(
            "requesters = [{}]\napproval = {}\nmax_duration = \"4h\"\nextend = {{ times = 1, approval = {} }}\n",
            list(self.requesters.0, self.requesters.1),
            rule(&self.approval),
            rule(&self.extend),
        );
        role.push_str("[when]\n");
        for (key, condition) in [("request", &self.request), ("auto_approve", &self.automatic)] {
            if let Some(condition) = condition {
                role.push_str(&format!("{key} = '''{}'''\n", condition.to_cedar()));
            }
        }
        role.push_str(&format!(
            "[break_glass]\nrequesters = [{}]\nmax_duration = \"2h\"\n",
            list(self.emergency.0, self.emergency.1 & !(1 << WORKLOAD))
        ));
        let document = "policy = \"s.json\"\n";
        role.push_str(&format!(
            "[scopes.s]\napproval = {}\n{document}[scopes.t]\n{document}",
            rule(&self.scope)
        ));
        let rules: String = self.rules.iter().map(Rule::to_cedar).collect();
        Policy::compile(world::files(&[
            ("access.toml", "version = 1\n[facts.oncall]\nfile = \"/x\"\n"),
            ("people.toml", &people),
            ("roles/r.toml", &world::role(&role)),
            ("roles/s.json", "{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\"}}"),
            ("rules/all.cedar", &rules),
        ]))
        .unwrap()
    }

    fn names(&self, (groups, people): (u8, u8), who: Who) -> bool {
        people >> who & 1 == 1 || who != WORKLOAD && self.membership[who] & groups != 0
    }

    /// Whether an act is permitted, and nothing where something errs.
    fn permits(&self, act: &str, who: Who, scene: &Scene<'_>) -> Option<bool> {
        let bit = ACTS.iter().position(|name| *name == act).unwrap();
        let mut permitted = match act {
            "request" | "extend" => self.names(self.requesters, who),
            "break_glass" => self.names((self.emergency.0, self.emergency.1 & !(1 << WORKLOAD)), who),
            "review" => true,
            _ => false,
        };
        let mut forbidden = false;
        for rule in self.rules.iter().filter(|rule| rule.acts >> bit & 1 == 1) {
            let holds = rule.condition.holds(who, scene)?;
            permitted |= holds && rule.permit;
            forbidden |= holds && !rule.permit;
        }
        if let (Some(condition), "request" | "extend") = (&self.request, act) {
            forbidden |= !condition.holds(who, scene)?;
        }
        if let (Some(condition), "auto_approve") = (&self.automatic, act) {
            permitted |= condition.holds(who, scene)?;
        }
        Some(permitted && !forbidden)
    }

    /// The same, when nothing that the client says of itself may help it.
    fn lets(&self, act: &str, who: Who, scene: &Scene<'_>) -> bool {
        let silent = Scene { interactive: true, agent: false, ..*scene };
        self.permits(act, who, &silent) == Some(true) && self.permits(act, who, scene) == Some(true)
    }
}

/// A review: who, yes or no, for how many hours at most, for which scope, and whether a key signed it.
#[derive(Debug, Clone)]
struct Word {
    by: usize,
    yes: bool,
    hours: Option<u8>,
    scope: Option<&'static str>,
    key: bool,
}

#[derive(Debug, Clone)]
struct Question {
    who: Who,
    action: Action,
    scope: Option<&'static str>,
    hour: u8,
    day: u8,
    hours: u8,
    home: Option<bool>,
    interactive: bool,
    agent: bool,
    oncall: u8,
    key: bool,
    automatic: bool,
    words: Vec<Word>,
}

/// What came out, as far as both sides can say it.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Refused,
    Denied(usize),
    Waits(usize),
    Approved { hours: u8, scope: Option<&'static str>, how: &'static str },
}

/// The naive decision.
fn decide(plan: &Plan, question: &Question) -> Outcome {
    let scene = Scene {
        hour: question.hour,
        day: question.day,
        hours: question.hours,
        scoped: question.scope.is_some(),
        home: question.home,
        interactive: question.interactive,
        agent: question.agent,
        oncall: question.oncall,
        membership: &plan.membership,
    };
    let (act, tree, longest) = match (question.action, question.scope) {
        (Action::Request, Some("s")) => ("request", &plan.scope, 4),
        (Action::Request, _) => ("request", &plan.approval, 4),
        (Action::Extend { before }, _) if before >= 1 => return Outcome::Refused,
        (Action::Extend { .. }, _) => ("extend", &plan.extend, 4),
        (Action::BreakGlass, _) => ("break_glass", &None, 2),
    };
    if question.scope == Some("u") || act == "break_glass" && question.who == WORKLOAD {
        return Outcome::Refused;
    }
    if !plan.lets(act, question.who, &scene) || question.hours > longest || tree.is_none() && !question.key {
        return Outcome::Refused;
    }
    let leaves = tree.as_ref().map_or_else(Vec::new, Tree::leaves);
    let counts = |word: &&Word| {
        word.by != question.who
            && leaves.iter().any(|leaf| eligible(word.by, &plan.membership, *leaf))
            && plan.lets("review", word.by, &scene)
    };
    if let Some(no) = question.words.iter().filter(counts).find(|word| !word.yes) {
        return Outcome::Denied(no.by);
    }
    let fits = |word: &&Word| {
        word.key
            && word
                .scope
                .is_none_or(|scope| scope != "u" && question.scope.is_none_or(|asked| asked == scope))
    };
    let yes: Vec<&Word> = question.words.iter().filter(counts).filter(fits).collect();
    let scopes: BTreeSet<&str> = yes.iter().filter_map(|word| word.scope).chain(question.scope).collect();
    if scopes.len() > 1 {
        return Outcome::Refused;
    }
    let hours = yes.iter().filter_map(|word| word.hours).chain([question.hours]).min().unwrap();
    let approved = |how| Outcome::Approved { hours, scope: scopes.first().copied(), how };
    let Some(tree) = tree else {
        return approved(if act == "break_glass" { "emergency" } else { "none" });
    };
    let itself = question.automatic && question.key && act == "request";
    if itself && plan.lets("auto_approve", question.who, &scene) {
        return approved("automatic");
    }
    let mut approvers: Vec<usize> = yes.iter().map(|word| word.by).collect();
    approvers.sort_unstable();
    approvers.dedup();
    match least_missing(tree, &plan.membership, &approvers) {
        0 => approved("reviews"),
        missing => Outcome::Waits(missing),
    }
}

fn person(who: Who) -> String {
    if who == WORKLOAD { "w".to_owned() } else { format!("p{who}") }
}

/// What the policy says.
fn ask(policy: &Policy, question: &Question) -> Outcome {
    let (who, role) = (name(&person(question.who)), name("r"));
    let scope = question.scope.map(name);
    let reviews: Vec<Opinion> = question
        .words
        .iter()
        .map(|word| Opinion {
            by: name(&person(word.by)),
            verdict: if word.yes { Verdict::Approve } else { Verdict::Deny },
            duration: word.hours.map(|hours| format!("{hours}h").parse().unwrap()),
            scope: word.scope.map(name),
            assurance: if word.key { Assurance::Key } else { Assurance::Account },
        })
        .collect();
    // 2026-11-23 is a Monday.
    let now = format!("2026-11-{}T{:02}:30:00Z", 23 + question.day, question.hour).parse().unwrap();
    let mut facts = Facts::none();
    let oncall = (0..=PEOPLE).filter(|who| question.oncall >> who & 1 == 1).map(|who| name(&person(who)));
    facts.insert("oncall", oncall.collect(), now);
    let decision = policy.decide(&Asking {
        action: question.action,
        scope: scope.as_ref(),
        reason: "because",
        assurance: if question.key { Assurance::Key } else { Assurance::Account },
        reviews: &reviews,
        source: question.home.map(|home| if home { "10.1.2.3" } else { "203.0.113.7" }.parse().unwrap()),
        interactive: question.interactive,
        agent: question.agent,
        facts: &facts,
        automatic: question.automatic,
        ..Asking::new(&who, &role, format!("{}h", question.hours).parse().unwrap(), now)
    });
    let number = |name: &jit::grant::Name| name.as_str()[1..].parse().unwrap();
    match decision {
        Decision::Refused(_) => Outcome::Refused,
        Decision::Denied { by } => Outcome::Denied(number(&by)),
        Decision::NeedsApproval { missing } => {
            // Where several ways are equally near, the count stands in each of them.
            let count = |text: &str| text.split(' ').next().and_then(|count| count.parse::<usize>().ok());
            let counts: Option<Vec<usize>> = missing.iter().map(|missing| count(&missing.demand)).collect();
            Outcome::Waits(counts.map_or(usize::MAX, |counts| counts.iter().sum()))
        }
        Decision::Approved { duration, scope, how, .. } => Outcome::Approved {
            hours: u8::try_from(duration.seconds() / 3600).unwrap(),
            scope: scope.map(|scope| if scope.as_str() == "s" { "s" } else { "t" }),
            how: match how {
                How::Reviews => "reviews",
                How::NoneNeeded => "none",
                How::Automatic { .. } => "automatic",
                How::BreakGlass => "emergency",
            },
        },
    }
}

fn any_scope() -> impl Strategy<Value = Option<&'static str>> {
    prop_oneof![6 => Just(None), 3 => Just(Some("s")), 2 => Just(Some("t")), 1 => Just(Some("u"))]
}

fn any_plan() -> impl Strategy<Value = Plan> {
    let tree = || prop_oneof![1 => Just(None), 5 => any_tree().prop_map(Some)];
    let who = || (0_u8..1 << GROUPS, 0_u8..1 << (PEOPLE + 1));
    (
        prop::collection::vec(0_u8..1 << GROUPS, PEOPLE),
        who(),
        who(),
        (tree(), tree(), tree()),
        prop::option::of(any_condition(true)),
        prop::option::of(any_condition(false)),
        prop::collection::vec(any_rule(), 0..3),
    )
        .prop_map(|(membership, requesters, emergency, trees, request, automatic, rules)| {
            let (approval, scope, extend) = trees;
            Plan { membership, requesters, emergency, approval, scope, extend, request, automatic, rules }
        })
}

fn any_word() -> impl Strategy<Value = Word> {
    (
        0..PEOPLE,
        prop::bool::weighted(0.9),
        prop::option::weighted(0.3, 1_u8..5),
        any_scope(),
        prop::bool::weighted(0.9),
    )
        .prop_map(|(by, yes, hours, scope, key)| {
            let scope = scope.filter(|_| by % 2 == 0);
            Word { by, yes, hours, scope, key }
        })
}

fn any_question() -> impl Strategy<Value = Question> {
    let action = prop_oneof![
        5 => Just(Action::Request),
        2 => (0_u32..2).prop_map(|before| Action::Extend { before }),
        2 => Just(Action::BreakGlass),
    ];
    let said = (any::<bool>(), any::<bool>(), prop::bool::weighted(0.9), prop::bool::weighted(0.9));
    (
        (0..=WORKLOAD, action, any_scope()),
        (0_u8..24, 0_u8..7, 1_u8..6),
        prop::option::of(any::<bool>()),
        said,
        0_u8..1 << (PEOPLE + 1),
        prop::collection::vec(any_word(), 0..5),
    )
        .prop_map(|((who, action, scope), (hour, day, hours), home, said, oncall, words)| {
            let (interactive, agent, key, automatic) = said;
            // The latest word of each reviewer, as the authority hands them in.
            let latest: BTreeMap<usize, Word> = words.into_iter().map(|word| (word.by, word)).collect();
            let words = latest.into_values().collect();
            Question {
                who,
                action,
                scope,
                hour,
                day,
                hours,
                home,
                interactive,
                agent,
                oncall,
                key,
                automatic,
                words,
            }
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    #[test]
    fn decides_as_the_naive_one_does(
        plan in any_plan(),
        questions in prop::collection::vec(any_question(), 24),
    ) {
        let policy = plan.compile();
        for question in &questions {
            let (expected, found) = (decide(&plan, question), ask(&policy, question));
            match (&expected, &found) {
                (Outcome::Waits(_), Outcome::Waits(usize::MAX)) => {}
                _ => prop_assert_eq!(expected, found, "{:?}", question),
            }
        }
    }
}

/// The questions reach every outcome: a comparison in which everything is refused would show nothing.
#[test]
fn the_questions_reach_every_outcome() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for _ in 0..200 {
        let plan = any_plan().new_tree(&mut runner).unwrap().current();
        for _ in 0..20 {
            let question = any_question().new_tree(&mut runner).unwrap().current();
            let kind = match decide(&plan, &question) {
                Outcome::Refused => "refused",
                Outcome::Denied(_) => "denied",
                Outcome::Waits(_) => "waits",
                Outcome::Approved { how, .. } => how,
            };
            *seen.entry(kind).or_default() += 1;
        }
    }
    for kind in ["refused", "denied", "waits", "reviews", "none", "automatic", "emergency"] {
        assert!(seen.get(kind).is_some_and(|count| *count >= 20), "{kind}: {seen:?}");
    }
}
