//! The cost of the policy: one decision, beside the verification of the one signature that every review needs anyway.

use std::hint::black_box;
use std::time::Duration;

use jiff::Timestamp;
use jit::grant::Name;
use jit::grant::Verdict;
use jit::grant::span::Span;
use jit::identity;
use jit::identity::Signer;
use jit::identity::fake::TestSigner;
use jit::policy::Asking;
use jit::policy::Decision;
use jit::policy::Opinion;
use jit::policy::Policy;

use crate::measure::Contender;
use crate::measure::in_turns;
use crate::measure::ratio;
use crate::measure::show;
use crate::measure::timed;

const ROUNDS: usize = 60;
const SIZES: [u32; 3] = [10, 1_000, 10_000];
/// How many decisions are timed together.
const REPEATS: u32 = 50;

/// A policy of so many people, a tenth of whom approve, half of them for each of two groups.
fn policy(people: u32) -> Policy {
    let mut text = String::new();
    for number in 0..people {
        let signer = TestSigner::ed25519(number);
        text.push_str(&format!("[people.p{number}]\nkeys = [\"{}\"]\n", signer.public_key()));
    }
    let list =
        |from: u32, to: u32| (from..to).map(|number| format!("\"p{number}\"")).collect::<Vec<_>>().join(", ");
    let approvers = (people / 10).max(4);
    text.push_str(&format!("[groups]\nall = [{}]\n", list(0, people)));
    text.push_str(&format!("sre = [{}]\n", list(0, approvers / 2)));
    text.push_str(&format!("security = [{}]\n", list(approvers / 2, approvers)));
    let role = r#"requesters = ["group:all"]
approval = { all = ["1 of group:sre", "1 of group:security"] }
duration = "1h"
max_duration = "4h"
reason = { pattern = '^(INC|CHG)-\d+\b', hint = "start with a ticket" }
[aws]
role_arn = "arn:aws:iam::111122223333:role/prod-admin"
region = "eu-west-1"
"#;
    let files = [
        ("access.toml", "version = 1\n".to_owned()),
        ("people.toml", text),
        ("roles/prod-admin.toml", role.to_owned()),
    ];
    let files = files.into_iter().map(|(path, text)| (path.to_owned(), text.into_bytes())).collect();
    Policy::compile(files).unwrap()
}

fn opinion(by: u32) -> Opinion {
    Opinion::new(format!("p{by}").parse().unwrap(), Verdict::Approve)
}

pub fn figure() {
    let signer = TestSigner::ed25519(1);
    let message = [b'x'; 600];
    let signature = signer.sign("jit.review.v1", &message).unwrap();
    let role: Name = "prod-admin".parse().unwrap();
    let duration: Span = "1h".parse().unwrap();
    let mut smallest: Option<[Duration; 2]> = None;
    for people in SIZES {
        let mut loaded = None;
        let compile = timed(|| loaded = Some(policy(people)));
        let policy = loaded.unwrap();
        let approvers = (people / 10).max(4);
        let requester: Name = format!("p{}", people - 1).parse().unwrap();
        let both = [opinion(0), opinion(approvers / 2)];
        let now = Timestamp::UNIX_EPOCH;
        let asking = |reviews| Asking {
            reason: "INC-42 fail over orders-db",
            reviews,
            ..Asking::new(&requester, &role, duration, now)
        };
        let (approved, waiting) = (asking(&both), asking(&both[..1]));
        assert!(matches!(policy.decide(&approved), Decision::Approved { .. }));
        assert!(matches!(policy.decide(&waiting), Decision::NeedsApproval { .. }));
        let decide = |asking: &Asking<'_>| {
            for _ in 0..REPEATS {
                black_box(policy.decide(black_box(asking)));
            }
        };
        let mut contenders: [Contender<'_>; 3] = [
            ("approved", Box::new(|| decide(&approved))),
            ("waiting", Box::new(|| decide(&waiting))),
            (
                "one signature",
                Box::new(|| {
                    for _ in 0..REPEATS {
                        black_box(identity::verify("jit.review.v1", &message, &signature).unwrap());
                    }
                }),
            ),
        ];
        let times = in_turns(ROUNDS, &mut contenders);
        let each: Vec<Duration> = times.iter().map(|times| times.median() / REPEATS).collect();
        let growth = smallest.get_or_insert([each[0], each[1]]);
        println!(
            "decisions  {people} people: approved {} ({:.0} a second, {:.1} times 10 people's), waiting {} ({:.0} a second, {:.1} times; names everybody who could help) | one signature check {} | ratio {:.3} and {:.2}; loading the policy {}",
            show(each[0]),
            1.0 / each[0].as_secs_f64(),
            ratio(each[0], growth[0]),
            show(each[1]),
            1.0 / each[1].as_secs_f64(),
            ratio(each[1], growth[1]),
            show(each[2]),
            ratio(each[0], each[2]),
            ratio(each[1], each[2]),
            show(compile),
        );
    }
}
