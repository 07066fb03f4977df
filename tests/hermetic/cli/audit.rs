//! Reading the log in a terminal.

use crate::cli::real::ASK;
use crate::cli::real::Team;

#[tokio::test]
async fn auditors_read_what_happened_and_nobody_else_does() {
    let team = Team::with("", &[("access.toml", "version = 1\nauditors = [\"person:bo\"]\n")]).await;
    let mut ask = ASK.to_vec();
    ask.extend(["--no-wait", "--json"]);
    let asked = team.ana.run_words(&ask, &[]).await;
    assert_eq!(asked.code, 0, "{asked}");
    let asked: serde_json::Value = serde_json::from_str(&asked.stdout).unwrap();
    let id = asked["id"].as_str().unwrap();
    assert_eq!(team.bo.run(&format!("approve {id} -y"), &[]).await.code, 0);
    assert_eq!(team.ana.run("exec orders-admin -- true", &[]).await.code, 0);
    assert_eq!(team.ana.run("end orders-admin", &[]).await.code, 0);

    let shown = team.bo.run(&format!("audit list {id}"), &[]).await;
    assert_eq!(shown.code, 0, "{shown}");
    let lines: Vec<&str> = shown.stdout.lines().skip(1).collect();
    assert!(shown.stdout.starts_with("EVENT  TIME"), "{shown}");
    let expected = [
        "ana asks for orders-admin for 1h: INC-42",
        "bo approves",
        "approved for 1h by bo",
        "ana's access is active until 2026-11-23 11:00 UTC",
        "credentials 1 handed out to ana, until 2026-11-23 10:30 UTC",
        "ended by ana",
    ];
    assert_eq!(lines.len(), expected.len(), "{shown}");
    for (line, words) in lines.iter().zip(expected) {
        assert!(line.contains(words) && line.contains(id), "{line}");
    }
    assert!(shown.stderr.contains("has the hash"), "{shown}");

    let all = team.bo.run("audit list --all --json", &[]).await;
    let all: Vec<serde_json::Value> = serde_json::from_str(&all.stdout).unwrap();
    let numbers: Vec<u64> = all.iter().map(|event| event["sequence"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (1..=all.len() as u64).collect::<Vec<u64>>());
    assert!(!shown.stdout.contains("AKIA") && !format!("{all:?}").contains("SessionToken"));
    let last = team.bo.run("audit list --last 1", &[]).await;
    assert_eq!(last.stdout.lines().count(), 2, "{last}");
    assert!(last.stdout.contains("ended by ana"), "{last}");
    let after = team.bo.run(&format!("audit list --after {} --json", numbers.len() - 2), &[]).await;
    let after: Vec<serde_json::Value> = serde_json::from_str(&after.stdout).unwrap();
    assert_eq!(after, all[all.len() - 2..]);

    let refused = team.ana.run("audit list", &[]).await;
    assert_eq!((refused.code, refused.stdout.as_str()), (5, ""), "{refused}");
    assert!(refused.stderr.contains("only auditors read the log"), "{refused}");
    assert!(refused.stderr.contains("`jit show ID`"), "{refused}");
}

/// No column is as wide as a policy's hash, lines about credentials name the person, and filters narrow the log.
#[tokio::test]
async fn the_log_fits_a_terminal_and_can_be_narrowed() {
    let team = Team::with("", &[("access.toml", "version = 1\nauditors = [\"person:bo\"]\n")]).await;
    let mut ask = ASK.to_vec();
    ask.extend(["--no-wait", "--json"]);
    let asked = team.ana.run_words(&ask, &[]).await;
    let asked: serde_json::Value = serde_json::from_str(&asked.stdout).unwrap();
    let id = asked["id"].as_str().unwrap();
    assert_eq!(team.bo.run(&format!("approve {id} -y"), &[]).await.code, 0);
    assert_eq!(team.ana.run("exec orders-admin -- true", &[]).await.code, 0);
    team.clock.advance(std::time::Duration::from_secs(7200));
    assert_eq!(team.bo.run("logout", &[]).await.code, 0);
    assert_eq!(team.bo.run("login", &[]).await.code, 0);

    for columns in [80, 100] {
        team.bo.world.console.columns.store(columns, std::sync::atomic::Ordering::Relaxed);
        let shot = team.bo.run("audit list --all", &[]).await;
        assert_eq!(shot.code, 0, "{shot}");
        assert!(shot.stdout.lines().all(|line| line.chars().count() <= columns), "{columns}: {shot}");
        assert!(shot.stdout.contains("REQUEST") && shot.stdout.contains("handed out to ana"), "{shot}");
    }
    team.bo.world.console.columns.store(0, std::sync::atomic::Ordering::Relaxed);

    let events = |line: &'static str| {
        let team = &team;
        async move {
            let shot = team.bo.run(&format!("audit list --all --json {line}"), &[]).await;
            assert_eq!(shot.code, 0, "{line}: {shot}");
            serde_json::from_str::<Vec<serde_json::Value>>(&shot.stdout).unwrap()
        }
    };
    let all = events("").await;
    let of = |event: &serde_json::Value, member: &str| event[member].as_str().unwrap_or_default().to_owned();
    let role = events("--role orders-admin").await;
    assert!(!role.is_empty() && role.len() < all.len());
    assert!(role.iter().all(|event| of(event, "role") == "orders-admin" && of(event, "person") == "ana"));
    assert_eq!(events("--role other").await.len(), 0);
    // Ana's events are all about her request and her logins. Bo's review is about hers.
    let ana = events("--person ana").await;
    assert!(ana.len() > role.len() && ana.iter().all(|event| event.to_string().contains("ana")));
    let bo = events("--person bo").await;
    assert!(bo.iter().any(|event| event["happened"][0] == "bo approves") && bo.len() < all.len());
    let late = events("--since 1h").await;
    assert!(
        !late.is_empty() && late.iter().all(|event| of(event, "at").as_str() >= "2026-11-23T11:00"),
        "{late:?}"
    );
    assert!(late.len() < all.len());
    assert_eq!(events("--since 2026-11-23").await.len(), all.len());
    // A reader who begins in the middle still sees whose credentials they were.
    let number = all.iter().find(|event| event["happened"][0].as_str().unwrap().contains("active")).unwrap();
    let shot = team.bo.run(&format!("audit list --after {}", number["sequence"]), &[]).await;
    assert!(shot.stdout.contains("credentials 1 handed out to ana"), "{shot}");
    let wrong = team.bo.run("audit list --since yesterday", &[]).await;
    assert!(
        wrong.code == 2 && wrong.stderr.contains("is not a time") && wrong.stderr.contains("2d"),
        "{wrong}"
    );
}
