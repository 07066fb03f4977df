//! The cost of access as code for a large company: check, matrix, diff and one decision with conditions, and how each
//! grows. The baseline is the least that any tool would do: parse the same files as TOML.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::Duration;

use jiff::Timestamp;
use jit::grant::Name;
use jit::identity::Signer;
use jit::identity::fake::TestSigner;
use jit::policy::Asking;
use jit::policy::Decision;
use jit::policy::Difference;
use jit::policy::Facts;
use jit::policy::Layout;
use jit::policy::Policy;

use crate::measure::Contender;
use crate::measure::in_turns;
use crate::measure::ratio;
use crate::measure::show;
use crate::measure::timed;

/// How many rounds the decision is timed, and how many decisions are timed together.
const ROUNDS: usize = 40;
const REPEATS: u32 = 20;

type Files = BTreeMap<String, Vec<u8>>;

struct Size {
    people: u32,
    groups: u32,
    roles: u32,
}

const SIZES: [Size; 2] =
    [Size { people: 1_000, groups: 200, roles: 500 }, Size { people: 10_000, groups: 2_000, roles: 5_000 }];

/// A company: each group has a few people, a tenth of the groups consist of others, and each role has its own
/// requesters, approvers, conditions and target.
fn company(size: &Size) -> Files {
    let mut people = String::new();
    for number in 0..size.people {
        let key = TestSigner::ed25519(number).public_key().to_owned();
        people.push_str(&format!("[people.p{number}]\nkeys = [\"{key}\"]\n"));
    }
    people.push_str("[groups]\n");
    let plain = size.groups - size.groups / 10;
    for group in 0..size.groups {
        let members: Vec<String> = if group < plain {
            (0..10).map(|index| format!("\"p{}\"", (group * 7 + index * 131) % size.people)).collect()
        } else {
            (0..5).map(|index| format!("\"group:g{}\"", (group * 3 + index * 17) % plain)).collect()
        };
        people.push_str(&format!("g{group} = [{}]\n", members.join(", ")));
    }
    let access = "version = 1\ntime_zone = \"Europe/Lisbon\"\n[facts.oncall]\nfile = \"/run/oncall.json\"\nmax_age = \"5m\"\n";
    let forbid = "forbid(principal, action == Action::\"request\", resource) when { context.agent && context.duration > duration(\"1h\") };\n";
    let mut files = vec![
        ("access.toml".to_owned(), access.to_owned()),
        ("people.toml".to_owned(), people),
        ("rules/agents.cedar".to_owned(), forbid.to_owned()),
    ];
    for role in 0..size.roles {
        let group = |step: u32| role * step % size.groups;
        let text = format!(
            "requesters = [\"group:g{}\", \"group:g{}\"]\napproval = {{ all = [\"1 of group:g{}\", \"1 of group:g{}\"] }}\nmax_duration = \"4h\"\n[when]\nrequest = \"context.hour >= 6 || principal.oncall\"\nauto_approve = 'principal.oncall && context.duration <= duration(\"1h\")'\n[aws]\nrole_arn = \"arn:aws:iam::{:012}:role/r{role}\"\nregion = \"eu-west-1\"\n",
            group(1),
            group(3),
            group(5),
            group(11) + 1,
            100_000_000_000_u64 + u64::from(role),
        );
        let text = text.replace(&format!("group:g{}\"", size.groups), "group:g0\"");
        files.push((format!("roles/r{role}.toml"), text));
    }
    files.into_iter().map(|(path, text)| (path, text.into_bytes())).collect()
}

/// The same company a day later: a person joins a group, and every hundredth role needs one approval less.
fn day_after(files: &Files) -> Files {
    let mut later = files.clone();
    let edit = |content: &mut Vec<u8>, from: &str, to: &str| {
        let text = String::from_utf8(std::mem::take(content)).unwrap();
        assert!(text.contains(from));
        *content = text.replacen(from, to, 1).into_bytes();
    };
    edit(later.get_mut("people.toml").unwrap(), "\ng1 = [", "\ng1 = [\"p0\", ");
    for (path, content) in &mut later {
        if path.starts_with("roles/") && path.ends_with("00.toml") {
            edit(content, "{ all = [", "{ any = [");
        }
    }
    later
}

fn once<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let mut result = None;
    let taken = timed(|| result = Some(work()));
    (result.unwrap(), taken)
}

pub fn figure() {
    let mut smaller: Option<[Duration; 5]> = None;
    for size in SIZES {
        let files = company(&size);
        let ((), parse) = once(|| {
            for (path, content) in files.iter().filter(|(path, _)| path.ends_with(".toml")) {
                let text = std::str::from_utf8(content).unwrap();
                black_box(text.parse::<toml::Table>().unwrap_or_else(|error| panic!("{path}: {error}")));
            }
        });
        let (policy, load) =
            once(|| Policy::compile(files.clone()).unwrap_or_else(|problems| panic!("{problems}")));
        let (lints, lint) = once(|| policy.lints());
        let (matrix, cells) = once(|| policy.matrix().text(Layout::List));
        let later = Policy::compile(day_after(&files)).unwrap();
        let (difference, diff) = once(|| Difference::between(&policy, &later));
        let decide = decision(&policy);
        let times = [load, lint, cells, diff, decide];
        let before = smaller.get_or_insert(times);
        println!(
            "companies  {} people, {} groups, {} roles: load {}, lints {} ({} found), matrix {} ({} KiB), diff {} ({} changes), a decision with conditions {} | reading the TOML {} | load and lints are {:.1} times that; beside a tenth of the size {:.1}, {:.1}, {:.1}, {:.1} and {:.1} times",
            size.people,
            size.groups,
            size.roles,
            show(load),
            show(lint),
            lints.len(),
            show(cells),
            matrix.len() >> 10,
            show(diff),
            difference.changes.len(),
            show(decide),
            show(parse),
            ratio(load + lint, parse),
            ratio(load, before[0]),
            ratio(lint, before[1]),
            ratio(cells, before[2]),
            ratio(diff, before[3]),
            ratio(decide, before[4]),
        );
    }
}

/// One decision that depends on two conditions and an organisation-wide rule, and waits for reviews.
fn decision(policy: &Policy) -> Duration {
    let role: Name = "r7".parse().unwrap();
    let who = policy
        .people()
        .find(|person| policy.role(&role).is_some_and(|role| policy.may_request(&person.name, role)));
    let who = who.unwrap().name.clone();
    let now: Timestamp = "2026-11-23T12:00:00Z".parse().unwrap();
    let facts = Facts::none();
    let asking =
        Asking { reason: "INC-42", facts: &facts, ..Asking::new(&who, &role, "1h".parse().unwrap(), now) };
    assert!(matches!(policy.decide(&asking), Decision::NeedsApproval { .. }));
    let mut contenders: [Contender<'_>; 1] = [(
        "decision",
        Box::new(|| {
            for _ in 0..REPEATS {
                black_box(policy.decide(black_box(&asking)));
            }
        }),
    )];
    in_turns(ROUNDS, &mut contenders)[0].median() / REPEATS
}
