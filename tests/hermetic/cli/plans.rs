//! A plan of Terraform, shown by the reviewer's own jit: the one that was signed and no other, without its values, and with every text
//! of it marked as somebody else's.
//!
//! `tests/fixtures/terraform/README.md` says which program made which plan.

use std::fs;
use std::fs::File;

use insta::assert_snapshot;
use jit::terraform::Summary;
use serde_json::Value;

use crate::cli::purpose::Site;
use crate::cli::stage::Shot;

const APPLY: [&str; 3] = ["terraform", "apply", "plan.bin"];
const CHANGES: &str = include_str!("../../fixtures/terraform/changes.json");
const PLANS: [(&str, &str); 4] = [
    ("changes", CHANGES),
    ("empty", include_str!("../../fixtures/terraform/empty.json")),
    ("errored", include_str!("../../fixtures/terraform/errored.json")),
    ("invokes", include_str!("../../fixtures/terraform/invokes.json")),
];

impl Site {
    async fn ask_with(&self, plan: &str) -> Shot {
        self.ask(&["--file", "plan.bin", "--plan", plan], &APPLY).await
    }

    /// Somebody brings the reviewer a file.
    fn bring(&self, name: &str, content: &str) {
        fs::write(self.team.bo.world.system.files.working.join(name), content).unwrap();
    }

    /// The id of the oldest request that waits.
    async fn waiting(&self) -> Option<String> {
        let inbox = self.team.bo.run("inbox --json", &[]).await;
        let waiting: Vec<Value> = serde_json::from_str(&inbox.stdout).unwrap();
        waiting.first().map(|oldest| oldest["id"].as_str().unwrap().to_owned())
    }
}

/// A site where a request with this plan waits, and its id.
async fn asked(plan: &str) -> (Site, String) {
    let site = Site::new().await;
    site.write("plan.json", plan);
    let asked = site.ask_with("plan.json").await;
    assert_eq!(asked.code, 0, "{asked}");
    let id = site.waiting().await.unwrap();
    (site, id)
}

/// The lines of a plan, from the doubt about it to the totals.
fn block(text: &str) -> String {
    let begin = text.find("  note      the requester made").unwrap_or_else(|| panic!("{text}"));
    let end = text.find("unchanged").unwrap_or_else(|| panic!("{text}")) + "unchanged".len();
    text[begin..end].to_owned()
}

#[test]
fn plans_of_the_real_programs_are_read() {
    for (name, json) in PLANS {
        let summary = Summary::read(json.as_bytes()).unwrap();
        assert_snapshot!(format!("plan_{name}"), summary.lines(80, 100).join("\n"));
    }
}

#[tokio::test]
async fn the_reviewers_own_client_shows_the_plan_that_was_signed() {
    let (site, id) = asked(CHANGES).await;
    site.bring("plan.json", CHANGES);
    let shown = site.team.bo.run(&format!("show {id} --plan plan.json"), &[]).await;
    assert_eq!(shown.code, 0, "{shown}");
    let approved = site.team.bo.run(&format!("approve {id} -y --plan plan.json"), &[]).await;
    assert_eq!(approved.code, 0, "{approved}");
    assert_eq!(block(&shown.stdout), block(&approved.stderr));
    // The totals are the last line before the answer.
    assert!(approved.stderr.trim_end().ends_with(&block(&approved.stderr)), "{approved}");
    let is_stable =
        |line: &&str| !line.contains("digest") && !line.contains("  folder  | ") && !line.contains(&id);
    let reviewed: Vec<&str> = approved.stderr.lines().filter(is_stable).collect();
    assert_snapshot!("what_a_reviewer_sees", reviewed.join("\n"));
    let json = site.team.bo.run(&format!("show {id} --plan plan.json --json"), &[]).await;
    let value: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(value["plan"]["changes"][0]["action"], "destroy", "{json}");
    assert_eq!(value["plan"]["changes"][0]["address"], "terraform_data.destroyed[\"one\"]");
    assert_eq!(value["purpose"]["plan_sha256"].as_str().unwrap().len(), 64, "{json}");
    for shot in [&shown, &approved, &json] {
        assert!(!shot.to_string().contains("canary"), "a value of the plan is shown: {shot}");
    }
    site.stop().await;
}

#[tokio::test]
async fn a_plan_that_was_not_shown_is_said_to_be_so() {
    let (site, id) = asked(CHANGES).await;
    let approved = site.team.bo.run(&format!("approve {id} -y"), &[]).await;
    assert_eq!(approved.code, 0, "{approved}");
    assert!(approved.stderr.contains("the plan was not shown"), "{approved}");
    assert!(approved.stderr.contains("  plan    | "), "{approved}");
    site.stop().await;
}

#[tokio::test]
async fn a_swapped_plan_is_refused_and_nothing_is_approved() {
    let (site, id) = asked(CHANGES).await;
    let working = &site.team.bo.world.system.files.working;
    // As long, and as valid: one word is another.
    site.bring("swapped.json", &CHANGES.replace("\"delete\"", "\"update\""));
    site.bring("spaced.json", &format!("{CHANGES} "));
    site.bring("broken.json", &CHANGES[..9000]);
    File::create(working.join("large.json")).unwrap().set_len(100 << 20).unwrap();
    fs::create_dir(working.join("folder.json")).unwrap();
    for (file, says) in [
        ("swapped.json", "swapped.json is not the plan of request"),
        ("spaced.json", "spaced.json is not the plan of request"),
        ("broken.json", "broken.json is not the plan of request"),
        ("large.json", "it is larger than 67108864 bytes"),
        ("folder.json", "it is not a regular file"),
        ("missing.json", "the plan missing.json was not found"),
    ] {
        for command in ["approve", "show"] {
            let yes = if command == "approve" { " -y" } else { "" };
            let shot = site.team.bo.run(&format!("{command} {id}{yes} --plan {file}"), &[]).await;
            assert!(shot.code != 0 && shot.stderr.contains(says), "{says}: {shot}");
            assert!(!shot.to_string().contains("to destroy"), "{shot}");
        }
    }
    assert_eq!(site.waiting().await, Some(id), "nobody has approved it");
    site.stop().await;
}

#[tokio::test]
async fn a_plan_for_a_request_without_one_is_refused() {
    let site = Site::new().await;
    let asked = site.ask(&["--file", "plan.bin"], &APPLY).await;
    assert_eq!(asked.code, 0, "{asked}");
    let id = site.waiting().await.unwrap();
    site.bring("plan.json", CHANGES);
    let shot = site.team.bo.run(&format!("approve {id} -y --plan plan.json"), &[]).await;
    assert!(shot.code != 0 && shot.stderr.contains("shows no plan"), "{shot}");
    assert_eq!(site.waiting().await, Some(id));
    site.stop().await;
}

#[tokio::test]
async fn a_plan_that_nobody_could_be_shown_is_not_asked_for() {
    let site = Site::new().await;
    site.write("plan.json", CHANGES);
    let newer = CHANGES.replacen("\"1.2\"", "\"2.0\"", 1);
    let twice = CHANGES.replace("destroyed[\\\"one\\\"]", "destroyed[\\\"two words\\\"]");
    for (name, content, says) in [
        ("broken.json", &CHANGES[..9000], "it is not whole, valid JSON"),
        ("newer.json", &newer, "this jit reads version 1.x"),
        ("twice.json", &twice, "has two changes"),
        ("state.json", "{\"format_version\":\"1.0\"}", "a state and not a plan"),
        ("plan.zip", "PK\u{3}\u{4}", "it is not whole, valid JSON"),
    ] {
        site.write(name, content);
        let shot = site.ask_with(name).await;
        assert!(shot.code != 0 && shot.stderr.contains(says), "{says}: {shot}");
        assert!(!shot.to_string().contains("canary"), "{shot}");
    }
    let unbound = site.ask(&["--plan", "plan.json"], &["terraform", "apply"]).await;
    assert!(unbound.code != 0 && unbound.stderr.contains("name that with --file"), "{unbound}");
    assert_eq!(site.waiting().await, None);
    let asked = site.ask_with("plan.json").await;
    assert_eq!(asked.code, 0, "{asked}");
    site.write("other.json", PLANS[1].1);
    let other = site.ask_with("other.json").await;
    assert!(other.code != 0 && other.stderr.contains("it shows another plan"), "{other}");
    site.stop().await;
}

#[tokio::test]
async fn after_the_approval_only_the_plan_that_was_bound_is_applied() {
    let (site, id) = asked(CHANGES).await;
    site.bring("plan.json", CHANGES);
    assert_eq!(site.team.bo.run(&format!("approve {id} -y --plan plan.json"), &[]).await.code, 0);
    site.write("plan.bin", "a plan that destroys more");
    let swapped = site.exec(&APPLY).await;
    assert!(swapped.code == 125 && swapped.stderr.contains("the file plan.bin has changed"), "{swapped}");
    assert_eq!(site.ran(), None);
    site.write("plan.bin", "plan");
    site.write("other.json", PLANS[1].1);
    let bound = |plan: &'static str| {
        [
            "exec",
            "orders-admin",
            "--bind",
            "--file",
            "plan.bin",
            "--plan",
            plan,
            "--",
            "terraform",
            "apply",
            "plan.bin",
        ]
    };
    let other = site.ana(&bound("other.json")).await;
    assert!(other.code == 125 && other.stderr.contains("it shows another plan"), "{other}");
    assert_eq!(site.ran(), None);
    // The command does not read the JSON.
    fs::remove_file(site.path("plan.json")).unwrap();
    let ran = site.exec(&APPLY).await;
    assert_eq!((ran.code, site.ran().is_some()), (0, true), "{ran}");
    site.stop().await;
}
