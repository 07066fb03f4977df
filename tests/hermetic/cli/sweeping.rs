//! The access that people have now, the revocation of all access of one person, and requests that a later policy made
//! impossible.

use crate::cli::real::ASK;
use crate::cli::real::Team;

const MORE: &str = "[scopes.look]\napproval = \"none\"\npolicy = \"look.json\"\n";
const LOOK: (&str, &str) = (
    "roles/look.json",
    r#"{"Version":"2012-10-17","Statement":[{"Action":"s3:GetObject","Effect":"Allow","Resource":"*"}]}"#,
);

async fn team() -> (Team, String, String) {
    let team = Team::with(MORE, &[LOOK]).await;
    let asked = team.ana.run_words(&[&ASK[..], &["--no-wait", "--no-scope"]].concat(), &[]).await;
    assert_eq!(asked.code, 0, "{asked}");
    let whole = asked.stdout.trim().to_owned();
    let approved = team.bo.run(&format!("approve {whole} -y"), &[]).await;
    assert_eq!(approved.code, 0, "{approved}");
    assert_eq!(team.ana.run("exec orders-admin --env -- true", &[]).await.code, 0);
    let asked = team.ana.run_words(&[&ASK[..], &["--no-wait", "--scope", "look"]].concat(), &[]).await;
    assert_eq!(asked.code, 0, "{asked}");
    (team, whole, asked.stdout.trim().to_owned())
}

#[tokio::test]
async fn reviewers_see_who_has_access_now_and_others_see_nothing() {
    let (mut team, whole, part) = team().await;
    let seen = team.bo.run("status --all", &[]).await;
    assert_eq!(seen.code, 0, "{seen}");
    let rows: Vec<Vec<&str>> = seen.stdout.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(rows[0], ["WHO", "ROLE", "SCOPE", "STATE", "UNTIL", "ID"], "{seen}");
    let row = |id: &str| rows.iter().find(|row| row.last() == Some(&id)).unwrap_or_else(|| panic!("{seen}"));
    assert_eq!(
        row(&whole)[..7],
        ["ana", "orders-admin", "-", "active", "2026-11-23", "11:00", "UTC"],
        "{seen}"
    );
    assert_eq!(row(&part)[..4], ["ana", "orders-admin", "look", "approved"], "{seen}");
    assert_eq!(rows.len(), 3, "{seen}");
    let json = team.bo.run("status --all --json", &[]).await;
    let list: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(list.as_array().unwrap().len(), 2);
    assert!(list.as_array().unwrap().iter().all(|one| one["who"] == "ana" && one["may_revoke"] == true));
    // Ana is neither a reviewer nor an auditor.
    let own = team.ana.run("status --all", &[]).await;
    assert_eq!((own.code, own.stdout.as_str()), (0, ""), "{own}");
    assert!(own.stderr.contains("there is no access that you may revoke or audit"), "{own}");
    team.change("access.toml", "version = 1\n", "version = 1\nauditors = [\"person:ana\"]\n").await;
    assert_eq!(team.ana.run("status --all", &[]).await.stdout.lines().count(), 3);
    team.stop().await;
}

#[tokio::test]
async fn one_command_takes_away_all_that_a_person_holds_and_says_what_survives() {
    let (mut team, whole, part) = team().await;
    let words = ["revoke", "--person", "ana", "--reason", "laptop stolen"];
    let kept = team.bo.run_words(&words, &["n"]).await;
    assert_eq!(kept.code, 1, "{kept}");
    assert!(kept.stderr.contains("? Revoke these 2 of ana?") && kept.stderr.contains(&whole), "{kept}");
    let own = team.ana.run_words(&words, &["y"]).await;
    assert_eq!(own.code, 5, "{own}");
    let swept = team.bo.run_words(&words, &["y"]).await;
    assert_eq!(swept.code, 0, "{swept}");
    for id in [&whole, &part] {
        assert!(swept.stdout.contains(&format!("orders-admin of ana is revoked ({id})")), "{swept}");
        let shown = team.bo.run(&format!("show {id} --json"), &[]).await;
        let view: serde_json::Value = serde_json::from_str(&shown.stdout).unwrap();
        assert_eq!((&view["state"], &view["closing"]["by"]), (&"revoked".into(), &"bo".into()), "{shown}");
    }
    assert!(swept.stderr.contains("credentials already handed out stay valid until"), "{swept}");
    assert!(swept.stderr.contains("ana can still log in and ask"), "{swept}");
    let again = team.bo.run_words(&words, &["y"]).await;
    assert_eq!(again.code, 5, "{again}");
    assert!(again.stderr.contains("ana has nothing open that you may revoke"), "{again}");
    assert_eq!(team.bo.run(&format!("revoke {whole} --person ana --reason x"), &[]).await.code, 2);
    team.stop().await;
}

/// The lead asks alone, and is told so before asking. Then a person joins whom the old request does not know.
#[tokio::test]
async fn a_request_that_a_later_policy_made_impossible_says_ask_again() {
    let mut team = Team::new().await;
    team.change("people.toml", "sre = [\"bo\"]", "sre = [\"ana\"]").await;
    let asked =
        team.ana.run_words(&["request", "orders-admin", "--reason", "INC-42", "--no-wait"], &["y"]).await;
    assert_eq!(asked.code, 0, "{asked}");
    assert!(asked.stderr.contains("beware    nobody can approve this for you"), "{asked}");
    let id = asked.stdout.trim().to_owned();
    team.change("people.toml", "sre = [\"ana\"]", "sre = [\"ana\", \"bo\"]").await;
    let inbox = team.bo.run("inbox", &[]).await;
    assert_eq!((inbox.code, inbox.stdout.as_str()), (0, ""), "{inbox}");
    // The reviewer is told before any question, and so is the requester.
    let again = format!("`jit end {id}`, then `jit request orders-admin`");
    let refused = team.bo.run(&format!("approve {id}"), &["y"]).await;
    assert_eq!(refused.code, 5, "{refused}");
    assert!(refused.stderr.contains("in which bo could not review it"), "{refused}");
    assert!(refused.stderr.contains(&again) && !refused.stderr.contains('?'), "{refused}");
    let repeated = team.ana.run("request orders-admin --reason INC-42 --no-wait -y", &[]).await;
    assert_eq!(repeated.code, 5, "{repeated}");
    assert!(repeated.stderr.contains(&again), "{repeated}");
    let shown = team.ana.run(&format!("show {id}"), &[]).await;
    assert!(shown.stdout.contains("asked under an older policy"), "{shown}");
    assert_eq!(team.ana.run(&format!("end {id}"), &[]).await.code, 0);
    let asked = team.ana.run_words(&[&ASK[..], &["--no-wait"]].concat(), &[]).await;
    assert_eq!(asked.code, 0, "{asked}");
    assert!(!asked.stderr.contains("beware"), "{asked}");
    assert_eq!(team.bo.run(&format!("approve {} -y", asked.stdout.trim()), &[]).await.code, 0);
    team.stop().await;
}

#[tokio::test]
async fn who_reviews_a_scope_only_is_not_said_to_review_the_role() {
    let scope = "[scopes.look]\napproval = \"1 of group:dev\"\npolicy = \"look.json\"\n";
    let mut team = Team::with(scope, &[LOOK]).await;
    let roles = team.ana.run("roles", &[]).await;
    let row =
        |name: &str| roles.stdout.lines().find(|line| line.trim().starts_with(name)).unwrap().to_owned();
    assert!(!row("orders-admin").contains("you may review"), "{roles}");
    assert!(row("--scope look").contains("1 of group:dev (you may review)"), "{roles}");
    let roles = team.bo.run("roles", &[]).await;
    assert!(roles.stdout.contains("1 of group:sre (you only review)"), "{roles}");
    team.stop().await;
}
