//! Reading the log at a terminal.

use crate::real::ASK;
use crate::real::Team;

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
    let lines: Vec<&str> = shown.stdout.lines().collect();
    let expected = [
        "ana asks for orders-admin for 1h: INC-42",
        "bo approves",
        "approved for 1h by bo",
        "active until",
        "credentials 1 handed out",
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
    assert_eq!(last.stdout.lines().count(), 1, "{last}");
    assert!(last.stdout.contains("ended by ana"), "{last}");
    let after = team.bo.run(&format!("audit list --after {} --json", numbers.len() - 2), &[]).await;
    let after: Vec<serde_json::Value> = serde_json::from_str(&after.stdout).unwrap();
    assert_eq!(after, all[all.len() - 2..]);

    let refused = team.ana.run("audit list", &[]).await;
    assert_eq!((refused.code, refused.stdout.as_str()), (5, ""), "{refused}");
    assert!(refused.stderr.contains("only auditors read the log"), "{refused}");
}
