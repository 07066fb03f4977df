//! The whole decision against a second, naive one, which uses no Cedar, has its own interpreter for a small language of
//! conditions, and enumerates every assignment of reviewers to demands.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::net::IpAddr;

use jiff::Timestamp;
use jit::grant::Assurance;
use jit::grant::Verdict;
use jit::identity::Signer;
use jit::identity::fake::TestSigner;
use jit::policy::Action;
use jit::policy::Asking;
use jit::policy::Decision;
use jit::policy::Facts;
use jit::policy::How;
use jit::policy::Opinion;
use jit::policy::Policy;
use proptest::prelude::*;

use crate::policy::matching::GROUPS;
use crate::policy::matching::PEOPLE;
use crate::policy::matching::Tree;
use crate::policy::matching::any_tree;
use crate::policy::matching::eligible;
use crate::policy::matching::least_missing;
use crate::policy::world;
use crate::policy::world::name;

/// An actor: a person by number, or the workload, which is the number after the last person.
type Who = usize;
const WORKLOAD: Who = PEOPLE;

/// A condition, as both sides evaluate it.
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
    /// Fails at every hour except midnight's.
    Overflow,
    Not(Box<Condition>),
    And(Box<Condition>, Box<Condition>),
    Or(Box<Condition>, Box<Condition>),
    If(Box<Condition>, Box<Condition>, Box<Condition>),
}

/// The input of conditions.
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

    /// Whether it reads the requester's address.
    fn looks_at_address(&self) -> bool {
        match self {
            Self::FromHome => true,
            Self::Not(inner) => inner.looks_at_address(),
            Self::And(one, other) | Self::Or(one, other) => {
                one.looks_at_address() || other.looks_at_address()
            }
            Self::If(test, yes, no) => [test, yes, no].iter().any(|part| part.looks_at_address()),
            _ => false,
        }
    }

    /// Whether it holds. `None` if it fails.
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

/// An organisation-wide rule: for some actions (a bit mask), a permit or a forbid.
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
pub struct Plan {
    pub membership: Vec<u8>,
    /// Bit masks of groups, and of people and the workload.
    requesters: (u8, u8),
    emergency: (u8, u8),
    approval: Option<Tree>,
    scope: Option<Tree>,
    /// An own rule for extensions, or the grant's own rule.
    extend: Option<Option<Tree>>,
    request: Option<Condition>,
    automatic: Option<Condition>,
    rules: Vec<Rule>,
    ways: Ways,
    pub setting: Setting,
}

/// The longest duration of each way in hours, and the signature that it demands.
#[derive(Debug, Clone)]
struct Ways {
    hours: u8,
    signed: u8,
    scope_hours: Option<u8>,
    scope_signed: Option<u8>,
    extend_times: u32,
    extend_signed: Option<u8>,
    emergency_hours: u8,
    emergency_signed: Option<u8>,
}

/// Properties that have no part in one policy's decision, and may differ between two of them.
#[derive(Debug, Clone, Default)]
pub struct Setting {
    /// A bit mask of people whose keys have changed.
    pub rotated: u8,
    /// Whether the role opens something else, and whether its scopes allow something else.
    pub moved: bool,
    pub rewritten: bool,
    pub lease: u8,
    pub unused: u8,
    pub bind_ip: bool,
}

const STRENGTHS: [&str; 3] = ["account", "key", "touch"];

/// A person's key, by its strength and by whether it is the changed one.
pub fn signer(person: usize, touch: bool, rotated: bool) -> TestSigner {
    let seed = u32::try_from(person).unwrap() * 4 + u32::from(touch) * 2 + u32::from(rotated) + 1;
    if touch { TestSigner::touch(seed) } else { TestSigner::ed25519(seed) }
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
    /// Copies the approval rules of another plan.
    pub fn take_rules_of(&mut self, other: &Self) {
        self.approval.clone_from(&other.approval);
        self.scope.clone_from(&other.scope);
        self.extend.clone_from(&other.extend);
    }

    /// Copies the durations and signatures of another plan's ways.
    pub fn take_ways_of(&mut self, other: &Self) {
        self.ways.clone_from(&other.ways);
    }

    /// Copies the conditions of another plan.
    pub fn take_conditions_of(&mut self, other: &Self) {
        self.request.clone_from(&other.request);
        self.automatic.clone_from(&other.automatic);
        self.rules.clone_from(&other.rules);
    }

    pub fn compile(&self) -> Policy {
        let mut people = String::new();
        for person in 0..PEOPLE {
            let rotated = self.setting.rotated >> person & 1 == 1;
            let [plain, touch] = [false, true].map(|touch| signer(person, touch, rotated));
            let (plain, touch) = (plain.public_key(), touch.public_key());
            people.push_str(&format!("[people.p{person}]\nkeys = [\"{plain}\", \"{touch}\"]\n"));
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
        let signed = |strength: Option<u8>| {
            strength.map_or(String::new(), |strength| {
                format!("signed = \"{}\"\n", STRENGTHS[usize::from(strength)])
            })
        };
        let (ways, setting) = (&self.ways, &self.setting);
        let mut role = format!(
            "requesters = [{}]\napproval = {}\nduration = \"1h\"\nmax_duration = \"{}h\"\n{}lease = \"{}m\"\nunused = \"{}h\"\n",
            list(self.requesters.0, self.requesters.1),
            rule(&self.approval),
            ways.hours,
            signed(Some(ways.signed)),
            15 + setting.lease,
            1 + setting.unused,
        );
        let mut extend = vec![format!("times = {}", ways.extend_times)];
        extend.extend(self.extend.as_ref().map(|own| format!("approval = {}", rule(own))));
        extend.extend(ways.extend_signed.map(|_| signed(ways.extend_signed).trim().to_owned()));
        role.push_str(&format!("extend = {{ {} }}\n", extend.join(", ")));
        role.push_str("[when]\n");
        for (key, condition) in [("request", &self.request), ("auto_approve", &self.automatic)] {
            if let Some(condition) = condition {
                role.push_str(&format!("{key} = '''{}'''\n", condition.to_cedar()));
            }
        }
        role.push_str(&format!(
            "[break_glass]\nrequesters = [{}]\nmax_duration = \"{}h\"\n{}",
            list(self.emergency.0, self.emergency.1 & !(1 << WORKLOAD)),
            ways.emergency_hours,
            signed(ways.emergency_signed),
        ));
        let document = "policy = \"s.json\"\n";
        role.push_str(&format!(
            "[scopes.s]\napproval = {}\n{}{}{document}[scopes.t]\n{document}",
            rule(&self.scope),
            ways.scope_hours.map_or(String::new(), |hours| format!("max_duration = \"{hours}h\"\n")),
            signed(ways.scope_signed),
        ));
        let target =
            world::TARGET.replace("prod-admin", if setting.moved { "elsewhere" } else { "prod-admin" });
        let bind_ip = if setting.bind_ip { "bind_ip = true\n" } else { "" };
        let action = if setting.rewritten { "s3:*" } else { "*" };
        let scope = format!(
            "{{\"Version\":\"2012-10-17\",\"Statement\":{{\"Effect\":\"Allow\",\"Action\":\"{action}\",\"Resource\":\"*\"}}}}"
        );
        let rules: String = self.rules.iter().map(Rule::to_cedar).collect();
        Policy::compile(world::files(&[
            ("access.toml", "version = 1\n[facts.oncall]\nfile = \"/x\"\n"),
            ("people.toml", &people),
            ("roles/r.toml", &format!("{role}{target}{bind_ip}")),
            ("roles/s.json", &scope),
            ("rules/all.cedar", &rules),
        ]))
        .unwrap()
    }

    /// Whether any of its conditions reads the requester's address.
    pub fn looks_at_address(&self) -> bool {
        let rules = self.rules.iter().map(|rule| &rule.condition);
        rules.chain(&self.request).chain(&self.automatic).any(Condition::looks_at_address)
    }

    fn names(&self, (groups, people): (u8, u8), who: Who) -> bool {
        people >> who & 1 == 1 || who != WORKLOAD && self.membership[who] & groups != 0
    }

    /// Whether an action is permitted. `None` if a condition fails.
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

    /// The same, without any benefit from the client's claims about itself.
    fn lets(&self, act: &str, who: Who, scene: &Scene<'_>) -> bool {
        let silent = Scene { interactive: true, agent: false, ..*scene };
        self.permits(act, who, &silent) == Some(true) && self.permits(act, who, scene) == Some(true)
    }
}

/// A review: reviewer, verdict, most hours, scope, and signature strength.
#[derive(Debug, Clone)]
pub struct Word {
    pub by: usize,
    pub yes: bool,
    pub hours: Option<u8>,
    pub scope: Option<&'static str>,
    pub strength: u8,
}

#[derive(Debug, Clone)]
pub struct Question {
    pub who: Who,
    pub action: Action,
    pub scope: Option<&'static str>,
    hour: u8,
    day: u8,
    pub hours: u8,
    home: Option<bool>,
    pub interactive: bool,
    pub agent: bool,
    oncall: u8,
    pub strength: u8,
    pub automatic: bool,
    pub words: Vec<Word>,
}

impl Question {
    /// The time of asking. 2026-11-23 is a Monday.
    pub fn now(&self) -> Timestamp {
        format!("2026-11-{}T{:02}:30:00Z", 23 + self.day, self.hour).parse().unwrap()
    }

    pub fn source(&self) -> Option<IpAddr> {
        self.home.map(|home| if home { "10.1.2.3" } else { "203.0.113.7" }.parse().unwrap())
    }

    pub fn facts(&self) -> Facts {
        let mut facts = Facts::none();
        let oncall = (0..=PEOPLE).filter(|who| self.oncall >> who & 1 == 1).map(|who| name(&person(who)));
        facts.insert("oncall", oncall.collect(), self.now());
        facts
    }
}

/// The outcome, as far as both sides can express it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Refused,
    Denied(usize),
    Waits(usize),
    Approved { hours: u8, scope: Option<&'static str>, how: &'static str },
}

/// One way into the role: its rule, its most hours, its signature strength, and whether a condition may approve.
struct Way<'a> {
    act: &'static str,
    tree: &'a Option<Tree>,
    longest: u8,
    signed: u8,
    automatic: bool,
}

/// The way that a question takes, if it exists.
fn way<'a>(plan: &'a Plan, question: &Question) -> Option<Way<'a>> {
    let ways = &plan.ways;
    let own = match question.scope {
        Some("u") => return None,
        Some("s") => Way {
            act: "request",
            tree: &plan.scope,
            longest: ways.scope_hours.unwrap_or(ways.hours),
            signed: ways.scope_signed.unwrap_or(ways.signed),
            automatic: true,
        },
        _ => Way {
            act: "request",
            tree: &plan.approval,
            longest: ways.hours,
            signed: ways.signed,
            automatic: true,
        },
    };
    match question.action {
        Action::Request => Some(own),
        Action::Extend { before } if before >= ways.extend_times => None,
        Action::Extend { .. } => Some(Way {
            act: "extend",
            tree: plan.extend.as_ref().unwrap_or(own.tree),
            signed: ways.extend_signed.unwrap_or(own.signed),
            automatic: plan.extend.is_none(),
            ..own
        }),
        Action::BreakGlass => Some(Way {
            act: "break_glass",
            tree: &None,
            longest: ways.emergency_hours.min(own.longest),
            signed: ways.emergency_signed.unwrap_or(own.signed),
            automatic: false,
        }),
    }
}

/// The most hours. `None` if there is no such way.
pub fn longest(plan: &Plan, question: &Question) -> Option<u8> {
    way(plan, question).map(|way| way.longest)
}

/// The naive decision.
pub fn decide(plan: &Plan, question: &Question) -> Outcome {
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
    let Some(Way { act, tree, longest, signed, automatic }) = way(plan, question) else {
        return Outcome::Refused;
    };
    if act == "break_glass" && question.who == WORKLOAD || plan.setting.bind_ip && question.home.is_none() {
        return Outcome::Refused;
    }
    if !plan.lets(act, question.who, &scene) || question.hours > longest {
        return Outcome::Refused;
    }
    if tree.is_none() && question.strength < signed {
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
        word.strength >= signed
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
    let itself = question.automatic && automatic && question.strength >= signed;
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

pub fn person(who: Who) -> String {
    if who == WORKLOAD { "w".to_owned() } else { format!("p{who}") }
}

fn assurance(strength: u8) -> Assurance {
    [Assurance::Account, Assurance::Key, Assurance::Touch][usize::from(strength)]
}

/// The policy's decision.
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
            assurance: assurance(word.strength),
        })
        .collect();
    let (now, facts) = (question.now(), question.facts());
    let decision = policy.decide(&Asking {
        action: question.action,
        scope: scope.as_ref(),
        reason: "because",
        assurance: assurance(question.strength),
        reviews: &reviews,
        source: question.source(),
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
            // If several ways are equally near, each of them contains the count.
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

fn any_ways() -> impl Strategy<Value = Ways> {
    let strength = || prop_oneof![1 => Just(0_u8), 5 => Just(1), 1 => Just(2)];
    let own = move || prop::option::weighted(0.3, strength());
    (2_u8..5, strength(), prop::option::of(1_u8..5), own(), 1_u32..3, own(), 1_u8..4, own()).prop_map(
        |(
            hours,
            signed,
            scope_hours,
            scope_signed,
            extend_times,
            extend_signed,
            emergency,
            emergency_signed,
        )| {
            Ways {
                hours,
                signed,
                // A scope lasts no longer than its role, and a break-glass less long.
                scope_hours: scope_hours.map(|scope| scope.min(hours)),
                scope_signed,
                extend_times,
                extend_signed,
                emergency_hours: emergency.min(hours - 1),
                emergency_signed,
            }
        },
    )
}

pub fn any_plan() -> impl Strategy<Value = Plan> {
    let tree = || prop_oneof![1 => Just(None), 5 => any_tree().prop_map(Some)];
    let who = || (0_u8..1 << GROUPS, 0_u8..1 << (PEOPLE + 1));
    (
        prop::collection::vec(0_u8..1 << GROUPS, PEOPLE),
        who(),
        who(),
        (tree(), tree(), prop::option::weighted(0.7, tree())),
        prop::option::of(any_condition(true)),
        prop::option::of(any_condition(false)),
        prop::collection::vec(any_rule(), 0..3),
        any_ways(),
    )
        .prop_map(|(membership, requesters, emergency, trees, request, automatic, rules, ways)| {
            let (approval, scope, extend) = trees;
            let setting = Setting::default();
            Plan {
                membership,
                requesters,
                emergency,
                approval,
                scope,
                extend,
                request,
                automatic,
                rules,
                ways,
                setting,
            }
        })
}

fn any_word() -> impl Strategy<Value = Word> {
    (0..PEOPLE, prop::bool::weighted(0.9), prop::option::weighted(0.3, 1_u8..5), any_scope(), any_strength())
        .prop_map(|(by, yes, hours, scope, strength)| {
            let scope = scope.filter(|_| by % 2 == 0);
            Word { by, yes, hours, scope, strength }
        })
}

fn any_strength() -> impl Strategy<Value = u8> {
    prop_oneof![1 => Just(0_u8), 6 => Just(1), 3 => Just(2)]
}

pub fn any_question() -> impl Strategy<Value = Question> {
    let action = prop_oneof![
        5 => Just(Action::Request),
        2 => (0_u32..3).prop_map(|before| Action::Extend { before }),
        2 => Just(Action::BreakGlass),
    ];
    let said = (any::<bool>(), any::<bool>(), any_strength(), prop::bool::weighted(0.9));
    (
        (0..=WORKLOAD, action, any_scope()),
        (0_u8..24, 0_u8..7, 1_u8..6),
        prop::option::of(any::<bool>()),
        said,
        0_u8..1 << (PEOPLE + 1),
        prop::collection::vec(any_word(), 0..5),
    )
        .prop_map(|((who, action, scope), (hour, day, hours), home, said, oncall, words)| {
            let (interactive, agent, strength, automatic) = said;
            // The latest review of each reviewer, as an authority passes them.
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
                strength,
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

/// The questions reach every outcome. A comparison in which everything is refused would show nothing.
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
