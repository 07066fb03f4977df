//! Malicious or unexpected input: it is refused or parsed in time, without a crash.

use std::time::Duration;
use std::time::Instant;

use jit::policy::Asking;
use jit::policy::Decision;
use jit::policy::Policy;
use jit::policy::Refusal;

use crate::policy::world;
use crate::policy::world::name;

const ROLE: &str = "requesters = [\"group:dev\"]\napproval = \"1 of group:sre\"";

/// Far more time than any of it takes, and far less than a quadratic parser would.
#[expect(clippy::disallowed_methods, reason = "only to tell a slow reader from one that never comes back")]
fn in_time<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let begin = Instant::now();
    let result = work();
    let taken = begin.elapsed();
    assert!(taken < Duration::from_secs(20), "{what} took {taken:?}");
    result
}

fn said(path: &str, content: impl Into<Vec<u8>>) -> String {
    let mut files = world::with_role(ROLE);
    files.insert(path.to_owned(), content.into());
    match Policy::compile(files) {
        // Cases are parsed when they are run.
        Ok(policy) => policy.cases().unwrap_err().to_string(),
        Err(problems) => problems.to_string(),
    }
}

#[test]
fn ten_megabytes_are_refused_or_read_in_time() {
    let long = vec![b'#'; 10 << 20];
    for path in
        ["access.toml", "accounts.toml", "roles/x.toml", "roles/x.json", "rules/x.cedar", "tests/x.toml"]
    {
        let said = in_time(path, || said(path, long.clone()));
        assert!(said.contains("the file is longer than"), "{path}: {said}");
    }
    // `people.toml` may be that long, and a folder of such files is not even read.
    let mut people = world::people();
    people.push_str(&"# a comment that says nothing at all\n".repeat(300_000));
    assert!(people.len() > 10 << 20);
    let mut files = world::with_role(ROLE);
    files.insert("people.toml".to_owned(), people.into_bytes());
    in_time("people.toml", || Policy::compile(files).unwrap());
    let one_line = format!("[groups]\ndev = [{}]\nsre = []", "\"ana\",".repeat(1_700_000));
    in_time("one line", || said("people.toml", one_line));
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("roles")).unwrap();
    std::fs::write(folder.path().join("access.toml"), "version = 1\n").unwrap();
    std::fs::write(folder.path().join("people.toml"), "").unwrap();
    for number in 0..20 {
        let file = std::fs::File::create(folder.path().join(format!("roles/r{number}.toml"))).unwrap();
        file.set_len(10 << 30).unwrap();
    }
    let problems = in_time("sparse files", || Policy::load(folder.path()).unwrap_err());
    assert_eq!(problems.0.len(), 20);
}

#[test]
fn deep_json_and_cedar_overflow_nothing() {
    let scoped = format!("{ROLE}\n[scopes.s]\npolicy = \"s.json\"");
    for text in [
        "[".repeat(60_000),
        format!("{}{}", "[".repeat(30_000), "]".repeat(30_000)),
        format!("{}1{}", "{\"Statement\":".repeat(4_000), "}".repeat(4_000)),
    ] {
        let mut files = world::with_role(&scoped);
        files.insert("roles/s.json".to_owned(), text.into_bytes());
        let problems = in_time("json", || world::problems(files));
        assert!(!problems.0.is_empty());
    }
    let rule = |condition: String| format!("permit(principal, action, resource) when {{ {condition} }};");
    for condition in [
        format!("{}true{}", "(".repeat(100_000), ")".repeat(100_000)),
        format!("{}true", "!".repeat(100_000)),
        format!("{}1 > 0", "-".repeat(100_000)),
        format!("true{}", " && true".repeat(20_000)),
        format!("true{}", " || (true".repeat(20_000)),
        format!("{}true{}", "if true then ".repeat(20_000), " else true".repeat(20_000)),
        format!("{}1{} == [1]", "[".repeat(100_000), "]".repeat(100_000)),
        format!("context{}", ".x".repeat(100_000)),
        format!("{}{}", "{a: ".repeat(50_000), "}".repeat(50_000)),
    ] {
        let start: String = condition.chars().take(20).collect();
        in_time(&start, || said("rules/deep.cedar", rule(condition.clone())));
        in_time(&start, || {
            said("roles/x.toml", world::role(&format!("{ROLE}\n[when]\nrequest = '''{condition}'''")))
        });
    }
}

#[test]
fn bytes_that_are_no_text_are_refused_at_their_place() {
    for path in
        ["access.toml", "people.toml", "accounts.toml", "roles/x.toml", "rules/x.cedar", "tests/x.toml"]
    {
        for bytes in
            [&b"# ok\n\xff"[..], b"# \xc3\x28", b"\xed\xa0\x80", b"\xfe\xff\0v", b"# \xf4\x90\x80\x80"]
        {
            let said = said(path, bytes);
            assert!(said.contains(path), "{path} {bytes:?}: {said}");
        }
    }
    for control in ["\0", "\u{7f}", "\u{202e}", "\u{2066}", "\u{200b}"] {
        let said = said("roles/x.toml", world::role(&format!("{ROLE}\ndescription = \"a{control}b\"")));
        assert!(said.contains("roles/x.toml"), "{control:?}: {said}");
    }
}

#[test]
fn patterns_cannot_take_forever() {
    // Each would keep a backtracking engine busy for ever. Here each is linear, or too large to compile.
    let evil = "a".repeat(1_000);
    for pattern in
        ["^(a+)+$", "^(a|a)*$", "^(a|aa)+$", "^(.*a){20}$", "^(([a-z])+.)+[A-Z]$", "^(a?){100}a{100}$"]
    {
        let policy = world::compile(&format!("{ROLE}\nreason = {{ pattern = '{pattern}', hint = \"h\" }}"));
        let (ana, role) = (name("ana"), name("prod-admin"));
        let reason = format!("{evil}!");
        let asking = Asking { reason: &reason, ..world::asking(&ana, &role, "1h") };
        let decision = in_time(pattern, || policy.decide(&asking));
        assert!(matches!(decision, Decision::Refused(Refusal::Reason { .. })), "{pattern}: {decision:?}");
    }
    for pattern in
        ["(a{1000}){1000}", "((((a{99}){99}){99}){99}){99}", "\\\\pL{100000}", "(?:x{1000,}){1000,}"]
    {
        let role = world::role(&format!("{ROLE}\nreason = {{ pattern = \"^{pattern}\", hint = \"h\" }}"));
        let said = in_time(pattern, || said("roles/x.toml", role));
        assert!(said.contains("roles/x.toml"), "{said}");
    }
    let nested = format!("{}a{}", "(".repeat(50_000), ")".repeat(50_000));
    let role = world::role(&format!("{ROLE}\nreason = {{ pattern = '^{nested}', hint = \"h\" }}"));
    in_time("nested groups", || said("roles/x.toml", role));
}

#[test]
fn durations_that_overflow_are_refused() {
    for duration in [
        "99999999999999999999h",
        "18446744073709551615s",
        "18446744073709551616s",
        "9223372036854775807h",
        "307445734561825861m",
        "1e9h",
        "-1h",
        "0h",
        "0s",
        "1h-30m",
        "∞",
        "１h",
        "",
        " 1h",
    ] {
        for key in ["duration", "max_duration", "lease", "pending", "unused"] {
            let said = said("roles/x.toml", world::role(&format!("{ROLE}\n{key} = \"{duration}\"")));
            assert!(said.starts_with("roles/x.toml:3:"), "{key} = {duration}: {said}");
        }
        let said = said("access.toml", format!("version = 1\n[defaults]\nmax_duration = \"{duration}\"\n"));
        assert!(said.starts_with("access.toml:3:"), "{duration}: {said}");
    }
}

#[test]
fn dates_outside_the_calendar_are_refused() {
    for date in [
        "2026-02-30T00:00:00Z",
        "2025-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-00-10T00:00:00Z",
        "2026-01-01T24:00:00Z",
        "2026-01-01T00:60:00Z",
        "99999-01-01T00:00:00Z",
        "2026-01-01",
        "2026-01-01T00:00:00",
        "tomorrow",
        "",
    ] {
        let case = format!(
            "[[case]]\nname = \"x\"\nwho = \"ana\"\nrole = \"prod-admin\"\nat = \"{date}\"\nexpect = \"refused\"\n"
        );
        let said = said("tests/x.toml", case);
        assert!(said.starts_with("tests/x.toml:5:"), "{date}: {said}");
    }
}

/// Daylight saving changes the clock: a missing hour never occurs, and a repeated one counts both times.
#[test]
fn the_hour_follows_daylight_saving() {
    let policy = |zone: &str, condition: &str| {
        Policy::compile(world::files(&[
            ("access.toml", &format!("version = 1\ntime_zone = \"{zone}\"\n")),
            ("people.toml", &world::people()),
            ("roles/prod-admin.toml", &world::role(&format!("{ROLE}\n[when]\nrequest = '{condition}'"))),
        ]))
        .unwrap()
    };
    let admits = |policy: &Policy, now: &str| {
        let (ana, role) = (name("ana"), name("prod-admin"));
        let asking =
            Asking { reason: "because", now: now.parse().unwrap(), ..world::asking(&ana, &role, "1h") };
        matches!(policy.decide(&asking), Decision::NeedsApproval { .. })
    };
    for (zone, now, hour, weekday) in [
        // Lisbon goes from 00:59 to 02:00 on the 29th of March 2026, and has 01:xx twice on the 25th of October.
        ("Europe/Lisbon", "2026-03-29T00:59:59Z", 0, "sunday"),
        ("Europe/Lisbon", "2026-03-29T01:00:00Z", 2, "sunday"),
        ("Europe/Lisbon", "2026-10-25T00:30:00Z", 1, "sunday"),
        ("Europe/Lisbon", "2026-10-25T01:30:00Z", 1, "sunday"),
        ("Europe/Lisbon", "2026-10-25T02:00:00Z", 2, "sunday"),
        // Half an hour only; a date of its own; no daylight saving at all.
        ("Australia/Lord_Howe", "2026-10-03T15:29:59Z", 1, "sunday"),
        ("Australia/Lord_Howe", "2026-10-03T15:30:00Z", 2, "sunday"),
        ("Pacific/Kiritimati", "2026-10-25T11:00:00Z", 1, "monday"),
        ("Asia/Kathmandu", "2026-10-25T18:15:00Z", 0, "monday"),
        ("UTC", "2026-10-25T23:59:59Z", 23, "sunday"),
    ] {
        let right = format!("context.hour == {hour} && context.weekday == Weekday::\"{weekday}\"");
        assert!(admits(&policy(zone, &right), now), "{zone} {now}");
        assert!(!admits(&policy(zone, &format!("!({right})")), now), "{zone} {now}");
    }
}
