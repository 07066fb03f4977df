//! Ten thousand people, two thousand groups and five thousand roles: checking, showing and comparing take seconds.

use std::collections::BTreeMap;
use std::time::Duration;
use std::time::Instant;

use jit::policy::Difference;
use jit::policy::Layout;

use crate::stage;

#[expect(clippy::disallowed_methods, reason = "measures how long it takes; nothing else looks at this time")]
fn timed<T>(what: &str, limit: Duration, work: impl FnOnce() -> T) -> T {
    let begin = Instant::now();
    let result = work();
    let taken = begin.elapsed();
    println!("{what}: {taken:?}");
    assert!(taken < limit, "{what} took {taken:?}");
    result
}

fn company(people: u32, groups: u32, roles: u32) -> BTreeMap<String, Vec<u8>> {
    let mut text = String::new();
    for number in 0..people {
        text.push_str(&format!("[people.p{number}]\nkeys = [\"{}\"]\n", stage::key(number)));
    }
    text.push_str("[groups]\n");
    let everybody: Vec<String> = (0..people).map(|number| format!("\"p{number}\"")).collect();
    text.push_str(&format!("all = [{}]\n", everybody.join(", ")));
    for group in 0..groups {
        let members: Vec<String> =
            (0..20).map(|index| format!("\"p{}\"", (group * 17 + index * 613) % people)).collect();
        text.push_str(&format!("g{group} = [{}]\n", members.join(", ")));
    }
    let named: Vec<(String, String)> = (0..roles)
        .map(|role| {
            let (one, two) = (role % groups, (role * 7 + 3) % groups);
            let requesters = if role % 10 == 0 { "all".to_owned() } else { format!("g{one}") };
            let lines = format!(
                "requesters = [\"group:{requesters}\"]\napproval = {{ all = [\"1 of group:g{two}\", \"1 of group:g{}, group:all\"] }}",
                (two + 1) % groups
            );
            (format!("r{role}"), lines)
        })
        .collect();
    let roles: Vec<(&str, String)> = named
        .iter()
        .enumerate()
        .map(|(number, (name, lines))| {
            let target = stage::TARGET.replace("role/thing", &format!("role/thing-{number}"));
            (name.as_str(), format!("{lines}\n{target}"))
        })
        .collect();
    let roles: Vec<(&str, &str)> = roles.iter().map(|(name, lines)| (*name, lines.as_str())).collect();
    stage::files(&text, &roles)
}

#[test]
#[ignore = "takes a while unoptimised; run with --ignored --nocapture"]
fn a_large_company_takes_seconds() {
    let limit = Duration::from_secs(60);
    let before = company(10_000, 2_000, 5_000);
    let mut after = before.clone();
    // Somebody joins a group, a group leaves the rules, and everybody may be asked for more.
    let people = String::from_utf8(after["people.toml"].clone()).unwrap();
    let people = people.replace("\ng7 = [", "\ng7 = [\"p1\", ").replace("\ng8 = [", "\ng8 = [\"p2\", ");
    after.insert("people.toml".to_owned(), people.into_bytes());
    for role in 0..500 {
        let path = format!("roles/r{role}.toml");
        let text = String::from_utf8(after[&path].clone()).unwrap();
        after.insert(path, text.replace("1 of", "2 of").into_bytes());
    }
    let before = timed("compile", limit, || stage::policy(before));
    let after = timed("compile", limit, || stage::policy(after));
    timed("lints", limit, || before.all_lints());
    let matrix = timed("matrix", limit, || before.matrix());
    timed("matrix as text", limit, || matrix.text(Layout::Fitting));
    let difference = timed("difference", limit, || Difference::between(&before, &after));
    assert!(difference.anybody_gained());
    timed("no difference", limit, || assert!(Difference::between(&before, &before).is_empty()));
}

#[test]
fn everything_changing_for_everybody_is_still_bearable() {
    let limit = Duration::from_secs(60);
    let before = company(2_000, 100, 200);
    let mut after = before.clone();
    let people = String::from_utf8(after["people.toml"].clone()).unwrap();
    after.insert("people.toml".to_owned(), people.replace("\nall = [\"p0\", ", "\nall = [").into_bytes());
    let (before, after) = (stage::policy(before), stage::policy(after));
    let difference = timed("difference", limit, || Difference::between(&before, &after));
    // One person less in a group that every rule names: harder for everybody who asks, and said in a few lines.
    assert!(difference.changes.len() < 300, "{}", difference.changes.len());
    assert!(!difference.anybody_gained());
}
