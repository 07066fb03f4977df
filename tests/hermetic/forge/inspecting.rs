//! `jit doctor` on a GitHub repository: every setting that the trust rests on, with a hole in each.

use std::collections::BTreeMap;

use jit::flow::doctor::CheckResult;
use jit::flow::doctor::Finding;
use jit::flow::github::inspect::examine;
use jit::github::api::models::SubjectForm;
use serde_json::json;

use super::hub::Hub;
use crate::support::github::access::Role;
use crate::support::github::actions::environments::Environment;
use crate::support::github::answer::Fault;
use crate::support::github::faults::When;
use crate::support::github::plans::Plan;

pub fn findings(hub: &Hub, who: &str) -> Vec<Finding> {
    let world = hub.shell.world(&BTreeMap::new());
    hub.wait(examine(&world.system, &hub.client(who)))
}

pub fn of(findings: &[Finding], verdict: CheckResult) -> Vec<&str> {
    findings
        .iter()
        .filter(|finding| finding.verdict == verdict)
        .map(|finding| finding.found.as_str())
        .collect()
}

/// Checks that there is a problem with these words, and a way to fix it.
#[track_caller]
pub fn hole(hub: &Hub, words: &str) {
    let found = findings(hub, "olga");
    let problem =
        found.iter().find(|finding| finding.verdict == CheckResult::Problem && finding.found.contains(words));
    let Some(problem) = problem else { panic!("{words}: {found:#?}") };
    assert!(problem.mend.as_ref().is_some_and(|mend| !mend.is_empty()), "{problem:?}");
}

#[test]
fn what_was_set_up_has_no_hole_and_says_who_could_make_one() {
    let hub = Hub::new();
    let found = findings(&hub, "olga");
    assert_eq!(of(&found, CheckResult::Problem), Vec::<&str>::new());
    assert_eq!(of(&found, CheckResult::Unknown), Vec::<&str>::new());
    let ok = of(&found, CheckResult::Ok);
    for words in [
        "acme/access is private",
        "2 environments are for main alone",
        "main has the rules deletion, non_fast_forward, pull_request, required_status_checks",
        "jit/** has the rules update, non_fast_forward",
        "jit/**/* has the rules update, non_fast_forward",
        "jit-log has the rules creation, update, deletion, non_fast_forward",
        "a change of the policy needs 2 reviews",
        "workflows may not approve pull requests",
        "subjects name repository, environment, workflow and hosted runners, with numeric ids",
        "the repository has no self-hosted runner for this repository",
        "its index is signed and counts 0 events",
        ".github/CODEOWNERS names who owns policy and workflows",
        "none may write",
        "the environment jit-log has what the log needs",
    ] {
        assert!(ok.contains(&words), "{words}: {ok:#?}");
    }
    assert!(ok.iter().any(|found| {
        found.contains("jit.yml is as this version writes it; it runs https://example.com/jit")
    }));
    assert!(of(&found, CheckResult::Note).contains(&"olga could change all that is listed here"));
    assert!(of(&found, CheckResult::Note).iter().any(|note| note.contains("may fork it")));
}

#[test]
fn what_a_developers_token_does_not_see_is_not_known_and_never_in_order() {
    let hub = Hub::new();
    let (found, all) = (findings(&hub, "ana"), findings(&hub, "olga"));
    assert_eq!(of(&found, CheckResult::Problem), Vec::<&str>::new());
    let unknown = of(&found, CheckResult::Unknown).join("\n");
    for words in [
        "who may bypass the rules on main",
        "who may bypass the rules on jit-log",
        "what a workflow's own token may",
        "deploy keys",
        "whether workflows run",
    ] {
        assert!(unknown.contains(words), "{words}: {unknown}");
    }
    // Nothing is reported as correct that is not correct with full rights.
    let in_order = of(&all, CheckResult::Ok);
    for words in of(&found, CheckResult::Ok) {
        assert!(in_order.contains(&words), "{words}");
    }
    assert!(of(&found, CheckResult::Ok).len() < in_order.len());
    // A person who cannot even see the repository is told so.
    hub.github.world().repository_mut(hub.repository).collaborators.clear();
    let nothing = findings(&hub, "eve");
    assert!(nothing.iter().all(|finding| finding.verdict == CheckResult::Problem), "{nothing:#?}");
}

#[test]
fn every_hole_is_named() {
    let hub = Hub::new();
    let olga = hub.client("olga");
    hub.wait(olga.allow_branch("jit-role-prod-admin", "release")).unwrap();
    hole(&hub, "jit-role-prod-admin is open to other branches");
    let log = |change: fn(&mut Environment)| {
        change(hub.github.world().repository_mut(hub.repository).environment_mut("jit-log").unwrap());
    };
    log(|environment| environment.reviewers.push(("User".to_owned(), 1)));
    hole(&hub, "the environment jit-log delays each run until a person lets it in");
    log(|environment| environment.reviewers.clear());
    log(|environment| environment.wait_timer = 5);
    hole(&hub, "the environment jit-log delays each run until a person lets it in");
    log(|environment| environment.wait_timer = 0);
    // A tag may have any name.
    log(|environment| environment.policies[0].2 = "tag".to_owned());
    hole(&hub, "the environment jit-log is open to other branches");
    log(|environment| environment.policy = Some((true, false)));
    hole(&hub, "the environment jit-log is open to other branches");
    hub.github.world().repository_mut(hub.repository).environments.retain(|one| one.name == "jit-log");
    hole(&hub, "the environment jit-role-prod-admin is missing");
    let clear = |name: &str| {
        let mut world = hub.github.world();
        let log = world.repository_mut(hub.repository).environment_mut("jit-log").unwrap();
        log.secrets.remove(name);
    };
    clear("JIT_LOG_TOKEN");
    hole(&hub, "has neither an app nor a token");
    clear("JIT_LOG_KEY");
    hole(&hub, "has no JIT_LOG_KEY");
    hub.github.world().put_secret(hub.repository, None, "JIT_LOG_KEY", "x");
    hole(&hub, "JIT_LOG_KEY is a secret of the whole repository");
    let lent = ("x".to_owned(), "2026-11-23T12:00:00Z".parse().unwrap());
    hub.github.world().repository_mut(hub.repository).lent_secrets.insert("JIT_LOG_APP_KEY".to_owned(), lent);
    hole(&hub, "JIT_LOG_APP_KEY is a secret of the organisation");
    let key = (1, "robot".to_owned(), "ssh-ed25519 AAAA".to_owned(), false);
    hub.github.world().repository_mut(hub.repository).deploy_keys.push(key);
    hole(&hub, "robot (1) may write");
    hub.github.world().repository_mut(hub.repository).actions_may_approve = true;
    hole(&hub, "a workflow may approve pull requests");
    hub.github.world().repository_mut(hub.repository).default_permissions = "write";
    hole(&hub, "by default, workflows may write");
    let form = SubjectForm {
        use_default: true,
        include_claim_keys: None,
        use_immutable_subject: None,
        sub_claim_prefix: None,
    };
    hub.wait(olga.set_subject_form(&form)).unwrap();
    hole(&hub, "subjects do not name the workflow");
    hub.github.world().repository_mut(hub.repository).private = false;
    hole(&hub, "acme/access is public");
    let tip = hub.tip("jit-log");
    let index = hub.github.world().file(hub.repository, &tip, "index.json").unwrap();
    let forged = index.replace("recent", "recant");
    let eve = hub.id("eve");
    hub.github.world().write(hub.repository, "jit-log", eve, &[("index.json", Some(&forged))]);
    hole(&hub, "the log's index was not written by this repository's workflow");
}

#[test]
fn files_on_main_are_looked_at() {
    let hub = Hub::new();
    let put = |path: &str, text: &str| hub.write_main(&[(path.to_owned(), text.to_owned())].into());
    let steps = "    steps:\n      - uses: actions/checkout@v5\n";
    put(".github/workflows/ci.yml", &format!("on: push\njobs:\n  x:\n    runs-on: ubuntu-latest\n{steps}"));
    hole(&hub, "ci.yml uses actions/checkout@v5");
    let hidden = "on: push\njobs:\n  x:\n    runs-on: ubuntu-latest\n    environment: \"jit\\x2Drole-prod-admin\"\n    steps: []\n";
    put(".github/workflows/other.yml", hidden);
    hole(&hub, "other.yml names an environment that belongs to jit.yml alone");
    let tip = hub.tip("main");
    let jit = hub.github.world().file(hub.repository, &tip, ".github/workflows/jit.yml").unwrap();
    put(
        ".github/workflows/jit.yml",
        &jit.replace("id-token: write", "id-token: write\n      contents: write"),
    );
    hole(&hub, "of .github/workflows/jit.yml is not what this version of jit writes");
    let owners = hub.github.world().file(hub.repository, &tip, ".github/CODEOWNERS").unwrap();
    put(".github/CODEOWNERS", "# nobody\n/roles/ @acme/security\n");
    hole(&hub, "names no owner of /access.toml, /people.toml, /accounts.toml, /rules/, /.github/");
    put(".github/CODEOWNERS", "* @acme/security\n/.github/\n");
    hole(&hub, "names no owner of /.github/");
    put(".github/CODEOWNERS", &format!("{owners}/access/roles/ @eve\n"));
    hole(&hub, "line 11 of .github/CODEOWNERS comes after those of the policy");
    put(".github/CODEOWNERS", &format!("[x @acme/security\n{owners}"));
    hole(&hub, "GitHub ignores line 1 of .github/CODEOWNERS: Invalid pattern");
    put(".github/CODEOWNERS", &owners.replace("@acme/security", "@acme/nobody"));
    hole(&hub, "the owner @acme/nobody is not a team with access to this repository");
    hole(&hub, "GitHub ignores line 3 of .github/CODEOWNERS: Unknown owner");
    put(".github/CODEOWNERS", &owners.replace("@acme/security", "@acme/security @dora"));
    hub.github.world().add_person("dora");
    hole(&hub, "the owner @dora may not write here");
    put(".github/CODEOWNERS", &owners.replace("@acme/security", "@olga"));
    assert!(
        of(&findings(&hub, "olga"), CheckResult::Ok)
            .iter()
            .any(|found| found.contains("names who owns policy"))
    );
    // A team counts only with its own write access, and only if it is visible to everybody.
    put(".github/CODEOWNERS", &owners);
    let team = hub.github.world().account("acme").unwrap().teams[0].id;
    hub.github.world().give_team(hub.repository, team, Role::Read);
    hole(&hub, "the owner @acme/security may not write here, so its review is not demanded");
    hub.github.world().give_team(hub.repository, team, Role::Write);
    hub.github.world().hide_team("acme", team, true);
    hole(&hub, "the owner @acme/security is a secret team");
    hub.github.world().hide_team("acme", team, false);
    let olga = hub.id("olga");
    let gone = [(".github/workflows/jit.yml", None), (".github/CODEOWNERS", None)];
    hub.github.world().write(hub.repository, "main", olga, &gone);
    hole(&hub, "there is no .github/workflows/jit.yml");
    hole(&hub, "there is no CODEOWNERS");
    put("people.toml", "[people.ana]\nkeys = 7\n");
    hole(&hub, "the policy on main cannot be used");
}

#[test]
fn rulesets_are_held_against_the_strictest_role() {
    let hub = Hub::new();
    let olga = hub.client("olga");
    let named = |name: &str| {
        let rulesets = hub.wait(olga.rulesets()).unwrap();
        let id = rulesets.iter().find(|entry| entry.name.contains(name)).unwrap().id;
        let mut whole = hub.wait(olga.ruleset(id)).unwrap();
        let kept = ["name", "target", "enforcement", "bypass_actors", "conditions", "rules"];
        whole.as_object_mut().unwrap().retain(|name, _| kept.contains(&name.as_str()));
        (id, whole)
    };
    let (id, whole) = named("main");
    let parameters = |change: (&str, serde_json::Value)| {
        let mut spoiled = whole.clone();
        let rules = spoiled["rules"].as_array_mut().unwrap();
        let rule = rules.iter_mut().find(|rule| rule["type"] == "pull_request").unwrap();
        rule["parameters"][change.0] = change.1;
        hub.wait(olga.update_ruleset(id, &spoiled)).unwrap();
    };
    for (name, value, words) in [
        ("required_approving_review_count", json!(1), "needs 1 review, and prod-admin needs 2"),
        ("require_code_owner_review", json!(false), "code owners need not review"),
        ("dismiss_stale_reviews_on_push", json!(false), "keeps its reviews when it is changed again"),
        ("require_last_push_approval", json!(false), "the person who pushed last"),
        ("dismissal_restriction", json!({ "enabled": false }), "may dismiss a review of a change"),
        (
            "dismissal_restriction",
            json!({ "enabled": true, "allowed_actors": [{ "id": 4, "type": "RepositoryRole" }] }),
            "may dismiss a review of a change",
        ),
    ] {
        parameters((name, value));
        hole(&hub, words);
    }
    hub.wait(olga.update_ruleset(id, &whole)).unwrap();
    let role = json!([{ "actor_id": 5, "actor_type": "RepositoryRole", "bypass_mode": "pull_request" }]);
    for (name, words) in [("main", "on main"), ("requests", "on jit/**"), ("the log", "on jit-log")] {
        let (id, whole) = named(name);
        hub.wait(olga.update_ruleset(id, &json!({ "bypass_actors": role }))).unwrap();
        hole(&hub, &format!("an actor may bypass the rules {words}"));
        hub.wait(olga.update_ruleset(id, &json!({ "enforcement": "evaluate" }))).unwrap();
        hole(&hub, &format!("no ruleset {words} has the rule"));
        hub.wait(olga.update_ruleset(id, &whole)).unwrap();
    }
    assert_eq!(of(&findings(&hub, "olga"), CheckResult::Problem), Vec::<&str>::new());
    // Setting it up again fixes what can be fixed. A plan cannot be.
    let acme = hub.id("acme");
    hub.github.world().accounts.get_mut(&acme).unwrap().plan = Plan::Free;
    hole(&hub, "the owner's plan has no rulesets in private repositories");
}

#[test]
fn setting_up_again_keeps_who_writes_the_log() {
    let hub = Hub::new();
    let token = BTreeMap::from([("GITHUB_TOKEN".to_owned(), hub.tokens["olga"].clone())]);
    let world = hub.shell.world(&token);
    for (path, text) in hub.policy("account", None) {
        let path = world.system.files.working.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let again = "ci init --repository acme/access --owners @acme/security --download https://example.com/jit --sha256 \
                 ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad --apply -y";
    assert_eq!(
        jit::run(again.split(' ').map(Into::into).collect(), &world.system),
        0,
        "{}",
        world.console.said()
    );
    assert!(!world.console.said().contains("--log-writer"), "{}", world.console.said());
    assert_eq!(of(&findings(&hub, "olga"), CheckResult::Problem), Vec::<&str>::new());
    // It still writes.
    let asked = hub.approved(1);
    assert_eq!(hub.run("ana", &hub.inputs("mint", &asked)).conclusion, Some("success"));
}

#[test]
fn what_else_the_trust_rests_on_is_looked_at() {
    let hub = Hub::new();
    let noted = |words: &str| {
        let found = findings(&hub, "olga");
        let note = |finding: &&Finding| finding.verdict == CheckResult::Note && finding.found.contains(words);
        let note = found.iter().find(note).cloned();
        assert!(note.is_some_and(|note| note.mend.is_some()), "{words}: {found:#?}");
    };
    let olga = hub.client("olga");
    // By names alone, a person who takes over the name gets the subject.
    let form = hub.wait(olga.subject_form()).unwrap();
    hub.wait(olga.set_subject_form(&SubjectForm { use_immutable_subject: Some(false), ..form })).unwrap();
    noted("but by names: a later owner of this name gets the subject");
    hub.github.world().put_secret(hub.repository, Some("jit-role-prod-admin"), "AWS_KEY", "x");
    noted("the environment jit-role-prod-admin has secrets, and needs none: AWS_KEY");
    let role = |change: &dyn Fn(String) -> String| {
        let mut files = hub.policy("account", None);
        files.retain(|path, _| path.starts_with("roles/"));
        let text = change(files["roles/prod-admin.toml"].clone());
        hub.write_main(&[("roles/prod-admin.toml".to_owned(), text)].into());
    };
    role(&|text| text.replace("signed = \"account\"", "signed = \"touch\""));
    noted("prod-admin requires signed reviews, but on GitHub an account alone can change the policy");
    // If this token cannot see an environment's settings, that is a hole: it must be seen to be correct.
    let hidden = Fault::new(403, "Resource not accessible by integration");
    hub.github.world().faults.order("GET", "/environments/", 1, When::Before, hidden);
    hole(&hub, "the environment jit-log: not known");
    // An unreadable index, and one that is signed with a key that the policy does not name.
    let tip = hub.tip("main");
    let access = hub.github.world().file(hub.repository, &tip, "access.toml").unwrap();
    hub.write_main(&[("access.toml".to_owned(), "version = 1\n".to_owned())].into());
    hole(&hub, "access.toml names no key for the log");
    hub.write_main(&[("access.toml".to_owned(), access)].into());
    hub.github.world().repository_mut(hub.repository).refs.remove("refs/heads/jit-log");
    hole(&hub, "the branch jit-log is missing");
    hub.github.world().repository_mut(hub.repository).fork_of = Some(1);
    hole(&hub, "acme/access is a fork, whose objects others share");
    hub.github.world().repository_mut(hub.repository).default_branch = "trunk".to_owned();
    hole(&hub, "its default branch is trunk, not main");
}

#[test]
fn the_command_says_it_all_and_fails_on_a_hole() {
    let hub = Hub::new();
    let run = |words: &str, token: Option<&str>| {
        let token = token.map(|who| ("GITHUB_TOKEN".to_owned(), hub.tokens[who].clone()));
        let world = hub.shell.world(&token.into_iter().collect());
        let code = jit::run(words.split(' ').map(Into::into).collect(), &world.system);
        (code, world.console.printed(), world.console.said())
    };
    let (code, printed, said) = run("doctor github:acme/access", Some("olga"));
    assert_eq!(code, 0, "{printed}{said}");
    assert!(!said.contains("could not be checked"), "{said}");
    assert!(printed.lines().any(|line| line.starts_with("ok       repository")), "{printed}");
    let (code, printed, said) = run("doctor github:acme/access", Some("ana"));
    assert!(code == 0 && said.contains("9 settings could not be checked"), "{printed}{said}");
    let (code, printed, _) = run("doctor github:acme/access --json", Some("ana"));
    assert_eq!(code, 0, "{printed}");
    let lines: Vec<serde_json::Value> = serde_json::from_str(&printed).unwrap();
    assert!(lines.iter().any(|line| line["verdict"] == "unknown" && line["mend"].is_string()), "{printed}");
    hub.github.world().repository_mut(hub.repository).private = false;
    let (code, printed, said) = run("doctor github:acme/access", Some("olga"));
    assert_eq!(code, 1, "{printed}");
    assert!(
        printed.contains("problem  repository") && said.contains("there is 1 problem"),
        "{printed}{said}"
    );
    let (_, printed, _) = run("doctor github:acme/access", None);
    assert!(printed.contains("unknown") && printed.contains("there is no token"), "{printed}");
    assert_eq!(run("doctor acme/access", None).0, 2);
}
