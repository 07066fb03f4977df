//! The gate on `main`: a change of the policy needs as many owners as getting the strictest role needs people.

use http::Method;
use jit::flow::doctor::CheckResult;
use serde_json::Value;
use serde_json::json;

use super::hostile::call;
use super::hostile::propose;
use super::hub::Hub;
use super::inspecting::findings;
use super::inspecting::hole;
use super::inspecting::of;

/// A change of files, ready to be merged.
fn change(hub: &Hub, branch: &str, files: &[(&str, &str)]) -> u64 {
    let pull = propose(hub, &hub.client("ana"), branch, files);
    hub.github.world().pull_mut(hub.repository, &pull.to_string()).unwrap().draft = false;
    // The check of the policy, which the rules demand as well.
    hub.finish_all();
    pull
}

fn approve(hub: &Hub, who: &str, pull: u64) {
    let (status, told) =
        call(hub, who, Method::POST, &format!("/pulls/{pull}/reviews"), &json!({ "event": "APPROVE" }));
    assert_eq!(status, 200, "{told}");
}

fn merge(hub: &Hub, pull: u64) -> (u16, Value) {
    call(hub, "ana", Method::PUT, &format!("/pulls/{pull}/merge"), &json!({}))
}

#[track_caller]
fn merged(hub: &Hub, pull: u64, expected: u16) {
    let (status, told) = merge(hub, pull);
    assert_eq!(status, expected, "{told}");
}

/// The ruleset on `main`, and its id.
fn main_rules(hub: &Hub) -> (u64, Value) {
    let olga = hub.client("olga");
    let rulesets = hub.wait(olga.rulesets()).unwrap();
    let id = rulesets.iter().find(|entry| entry.name.contains("main")).unwrap().id;
    (id, hub.wait(olga.ruleset(id)).unwrap())
}

/// The role needs two people of its groups. One owner and a colleague who happens to have write access are not enough.
#[test]
fn one_owner_and_a_colleague_change_no_policy() {
    let hub = Hub::new();
    let role = hub.policy("account", None)["roles/prod-admin.toml"].clone();
    let easy = role.replace("{ all = [\"1 of group:sre\", \"1 of group:security\"] }", "\"none\"");
    assert_ne!(role, easy);
    let files = [("roles/prod-admin.toml", easy.as_str())];
    let pull = change(&hub, "easier", &files);
    for who in ["bo", "eve", "logbot"] {
        approve(&hub, who, pull);
        merged(&hub, pull, 405);
    }
    let (_, told) = merge(&hub, pull);
    assert!(told["message"].as_str().unwrap().contains("required by a team"), "{told}");
    approve(&hub, "dee", pull);
    merged(&hub, pull, 200);
    // A file that decides nothing needs no owner.
    let pull = change(&hub, "words", &[("notes/a.md", "x")]);
    for who in ["eve", "logbot"] {
        approve(&hub, who, pull);
    }
    merged(&hub, pull, 200);
}

#[test]
fn a_gate_that_others_open_is_a_hole() {
    let hub = Hub::new();
    let olga = hub.client("olga");
    let (id, whole) = main_rules(&hub);
    let spoil = |change: &dyn Fn(&mut Value)| {
        let mut rules = whole["rules"].clone();
        let rule = rules.as_array_mut().unwrap().iter_mut().find(|rule| rule["type"] == "pull_request");
        change(&mut rule.unwrap()["parameters"]["required_reviewers"]);
        hub.wait(olga.update_ruleset(id, &json!({ "rules": rules }))).unwrap();
    };
    spoil(&|required| *required = json!([]));
    hole(&hub, "2 reviews of a change of access.toml need not be of owners");
    spoil(&|required| required[0]["minimum_approvals"] = json!(1));
    hole(&hub, "one owner and 1 colleague who may write here can change it");
    spoil(&|required| {
        let patterns = required[0]["file_patterns"].as_array_mut().unwrap();
        patterns.retain(|pattern| pattern != ".github/**/*");
    });
    hole(&hub, "2 reviews of a change of .github/**/* need not be of owners");
    spoil(&|required| required[0]["reviewer"]["id"] = json!(4711));
    hole(&hub, "the team 4711 that must review may not write here");
    spoil(&|_| {});
    let note = "a change by a member of security cannot be merged: all its 2 members must approve";
    assert!(of(&findings(&hub, "olga"), CheckResult::Note).contains(&note));
    let change = |members: &[&str]| {
        let ids = members.iter().map(|login| hub.id(login)).collect();
        let acme = hub.id("acme");
        let mut world = hub.github.world();
        let teams = &mut world.accounts.get_mut(&acme).unwrap().teams;
        teams.iter_mut().find(|team| team.slug == "security").unwrap().members = ids;
    };
    change(&["bo"]);
    hole(&hub, "needs 2 reviews of security, which has 1 member");
    change(&["bo", "cy", "dee"]);
    let good = "a change of the policy needs 2 reviews of security";
    assert!(of(&findings(&hub, "olga"), CheckResult::Ok).contains(&good));
}

/// The rule alone is not enough: the check must be the job's, by GitHub Actions, on top of `main`.
#[test]
fn a_check_that_anybody_can_give_is_a_hole() {
    let hub = Hub::new();
    let olga = hub.client("olga");
    let (id, whole) = main_rules(&hub);
    let spoil = |change: &dyn Fn(&mut Value)| {
        let mut rules = whole["rules"].clone();
        let rule =
            rules.as_array_mut().unwrap().iter_mut().find(|rule| rule["type"] == "required_status_checks");
        change(&mut rule.unwrap()["parameters"]);
        hub.wait(olga.update_ruleset(id, &json!({ "rules": rules }))).unwrap();
    };
    let good = "a change of the policy needs a success of the job check on top of main";
    assert!(of(&findings(&hub, "olga"), CheckResult::Ok).contains(&good));
    spoil(&|set| set["required_status_checks"][0]["context"] = json!("checks"));
    hole(&hub, "needs no success of the job check of jit-check.yml");
    spoil(&|set| _ = set["required_status_checks"][0].as_object_mut().unwrap().remove("integration_id"));
    hole(&hub, "the success of check may come from anybody who may write");
    spoil(&|set| set["strict_required_status_checks_policy"] = json!(false));
    hole(&hub, "need not have seen what came to main since");
    spoil(&|_| {});
    assert_eq!(of(&findings(&hub, "olga"), CheckResult::Problem), Vec::<&str>::new());
}

/// A workload's app may review, so one owner and the app are not two people.
#[test]
fn a_workloads_app_is_no_second_owner() {
    let hub = Hub::new();
    let access = {
        let tip = hub.tip("main");
        hub.github.world().file(hub.repository, &tip, "access.toml").unwrap()
    };
    let role = hub.policy("account", None)["roles/prod-admin.toml"]
        .replace("{ all = [\"1 of group:sre\", \"1 of group:security\"] }", "\"1 of group:sre\"");
    let with_app = format!("{access}workload_app = 41\n");
    hub.write_main(&[("access.toml".to_owned(), access), ("roles/prod-admin.toml".to_owned(), role)].into());
    let (id, whole) = main_rules(&hub);
    let mut rules = whole["rules"].clone();
    let rule = rules.as_array_mut().unwrap().iter_mut().find(|rule| rule["type"] == "pull_request").unwrap();
    rule["parameters"].as_object_mut().unwrap().remove("required_reviewers");
    hub.wait(hub.client("olga").update_ruleset(id, &json!({ "rules": rules }))).unwrap();
    // One review is one owner's: code owners' review says so.
    assert_eq!(of(&findings(&hub, "olga"), CheckResult::Problem), Vec::<&str>::new());
    hub.write_main(&[("access.toml".to_owned(), with_app)].into());
    hole(&hub, "2 reviews of a change of access.toml need not be of owners");
}

#[test]
fn a_workflow_that_somebody_disabled_is_a_hole() {
    let hub = Hub::new();
    let disable = |paths: &[&str]| {
        let paths = paths.iter().map(|path| format!(".github/workflows/{path}")).collect();
        hub.github.world().repository_mut(hub.repository).disabled = paths;
    };
    disable(&["jit.yml"]);
    hole(
        &hub,
        ".github/workflows/jit.yml does not run, so nothing is minted: GitHub calls it disabled_manually",
    );
    disable(&["jit-check.yml"]);
    hole(&hub, ".github/workflows/jit-check.yml does not run, so nothing is said on pull requests");
    disable(&[]);
    assert_eq!(of(&findings(&hub, "olga"), CheckResult::Problem), Vec::<&str>::new());
}

/// A role that the organisation made may include editing rules, which the name does not say.
#[test]
fn a_custom_role_is_said() {
    let hub = Hub::new();
    let cy = hub.id("cy");
    hub.github.world().repository_mut(hub.repository).custom_roles.insert(cy, "release manager".to_owned());
    let found = findings(&hub, "olga");
    let notes = of(&found, CheckResult::Note);
    let words = "cy have a role of the organisation's own, which may let them edit rules";
    assert!(notes.contains(&words), "{notes:#?}");
}

/// The one writer of the log is named where it is reviewed.
#[test]
fn another_writer_of_the_log_than_the_policys_is_a_hole() {
    let hub = Hub::with_app();
    let tip = hub.tip("main");
    let access = hub.github.world().file(hub.repository, &tip, "access.toml").unwrap();
    let told = findings(&hub, "olga");
    let note =
        told.iter().find(|finding| finding.found.contains("the policy does not say who should")).unwrap();
    let mend = note.mend.as_ref().unwrap();
    let line = mend.split('`').next().unwrap().trim_start_matches("write ").split(" into").next().unwrap();
    assert!(line.starts_with("log_writer = \"app:"), "{mend}");
    hub.write_main(&[("access.toml".to_owned(), format!("{access}{line}\n"))].into());
    let told = findings(&hub, "olga");
    assert!(told.iter().all(|finding| !finding.found.contains("may write the log")), "{told:#?}");
    hub.write_main(&[("access.toml".to_owned(), format!("{access}log_writer = \"team:9\"\n"))].into());
    hole(&hub, "may write the log, and the policy names team:9");
    let wrong = format!("{access}log_writer = \"user:9\"\n");
    hub.write_main(&[("access.toml".to_owned(), wrong)].into());
    hole(&hub, "the policy on main cannot be used");
}
