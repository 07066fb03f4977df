//! Ten thousand people: time grows linearly with the size of a policy, not quadratically.

use std::time::Duration;
use std::time::Instant;

use jit::policy::Policy;

use crate::policy::world;

#[expect(
    clippy::disallowed_methods,
    reason = "measures how long reading takes; nothing else looks at this time"
)]
fn timed<T>(what: &str, limit: Duration, work: impl FnOnce() -> T) -> T {
    let begin = Instant::now();
    let result = work();
    let taken = begin.elapsed();
    assert!(taken < limit, "{what} took {taken:?}");
    result
}

#[test]
fn ten_thousand_people_load() {
    const PEOPLE: u32 = 10_000;
    let mut people = String::new();
    for number in 0..PEOPLE {
        people.push_str(&format!("[people.p{number}]\nkeys = [\"{}\"]\n", world::key_line(number)));
    }
    people.push_str("[groups]\n");
    let list = |numbers: &mut dyn Iterator<Item = u32>| {
        numbers.map(|number| format!("\"p{number}\"")).collect::<Vec<_>>().join(", ")
    };
    // All in one line, so that a position cannot be computed again for each.
    people.push_str(&format!("all = [{}]\n", list(&mut (0..PEOPLE))));
    for group in 0..1_000 {
        people.push_str(&format!(
            "g{group} = [{}]\n",
            list(&mut (0..10).map(|index| (group * 10 + index * 37) % PEOPLE))
        ));
    }
    for group in 0..100 {
        let inner: Vec<String> = (0..10).map(|index| format!("\"group:g{}\"", group * 10 + index)).collect();
        people.push_str(&format!("h{group} = [{}]\n", inner.join(", ")));
    }
    let mut given =
        vec![("access.toml".to_owned(), world::ACCESS.to_owned()), ("people.toml".to_owned(), people)];
    for role in 0..500 {
        let lines = format!(
            "requesters = [\"group:all\"]\napproval = {{ all = [\"1 of group:h{}\", \"1 of group:all\"] }}",
            role % 100
        );
        given.push((format!("roles/r{role}.toml"), world::role(&lines)));
    }
    let files = given.into_iter().map(|(path, text)| (path, text.into_bytes())).collect();
    let policy = timed("compile", Duration::from_secs(20), || Policy::compile(files).unwrap());
    assert_eq!(policy.people().len(), 10_000);
    assert_eq!(policy.members(&world::name("all")).len(), 10_000);
}

#[test]
fn a_long_cycle_of_groups_and_many_mistakes_are_found_in_time() {
    const GROUPS: u32 = 50_000;
    let mut people = "[groups]\n".to_owned();
    for number in 0..GROUPS {
        people.push_str(&format!("g{number} = [\"group:g{}\"]\n", (number + 1) % GROUPS));
    }
    let given = world::files(&[("access.toml", world::ACCESS), ("people.toml", &people)]);
    let problems = timed("a cycle", Duration::from_secs(20), || world::problems(given));
    assert_eq!(problems.0.len(), 1);
    assert!(problems.0[0].message.contains('…'));

    let mistakes = format!("version = 1\nauditors = [{}]\n", "\"x\", ".repeat(100_000));
    let given = world::files(&[("access.toml", &mistakes), ("people.toml", "")]);
    let problems = timed("mistakes", Duration::from_secs(20), || world::problems(given));
    assert_eq!(problems.0.len(), 257);
    assert_eq!(problems.0[256].message, "there are at least 99744 more problems");
}
