//! The runs that can ask as the workload: no pull request, no fork, no other branch, and no other repository of the
//! same name.

use jit::grant::statement::Kind;

use super::shop::EXAMPLE;
use super::shop::Shop;
use super::shop::outcome;
use super::shop::said;
use crate::support::github::actions::run::Run;

/// The example without its environments, with its secrets where every workflow can read them.
fn careless(shop: &Shop, repository: u64) -> String {
    let mut world = shop.hub.github.world();
    let secrets = world.repository(shop.id).environment("jit-ask").unwrap().secrets.clone();
    for (name, (value, _)) in secrets {
        world.put_secret(repository, None, &name, &value);
    }
    EXAMPLE.replace("    environment: jit-ask\n", "").replace("    environment: production\n", "")
}

#[track_caller]
fn cannot_ask(shop: &Shop, run: &Run, words: &str) {
    assert_eq!(outcome(run, "ask"), "failure");
    assert!(said(run, "ask").contains(words), "{}", said(run, "ask"));
    let world = shop.hub.github.world();
    assert!(world.repository(shop.hub.repository).pulls.is_empty());
    drop(world);
    shop.nothing_gained();
}

#[test]
fn another_branch_does_not_even_get_the_key() {
    let shop = Shop::new();
    let workflow = EXAMPLE.replace("    branches: [main]\n", "    branches: ['**']\n");
    let run = shop.push_as("eve", "evil", &workflow, "evil");
    cannot_ask(&shop, &run, "not allowed to deploy to jit-ask");
    // Even with the key exposed, the policy accepts only one branch of one workflow.
    let workflow = careless(&shop, shop.id).replace("    branches: [main]\n", "    branches: ['**']\n");
    let run = shop.push_as("eve", "evil", &workflow, "evil again");
    cannot_ask(&shop, &run, "no workload of the policy matches this job");
}

#[test]
fn a_pull_request_cannot_ask() {
    let shop = Shop::new();
    let workflow = careless(&shop, shop.id).replace("  push:\n    branches: [main]\n", "  pull_request:\n");
    let eve = shop.hub.id("eve");
    let mut world = shop.hub.github.world();
    world.write(shop.id, "evil", eve, &[(".github/workflows/deploy.yml", Some(&workflow))]);
    drop(world);
    let body = serde_json::json!({"title": "x", "head": "evil", "base": "main", "body": ""});
    assert_eq!(shop.send("eve", "/repos/acme/shop/pulls", &body).status, 201);
    let run = shop.hub.github.world().runs.values().rev().find(|run| run.repository == shop.id).unwrap().id;
    let run = shop.go_on(run);
    assert_eq!(run.event, "pull_request");
    cannot_ask(&shop, &run, "its run was started by pull_request");
}

#[test]
fn a_fork_and_another_repository_of_the_same_name_are_others() {
    let shop = Shop::new();
    let eve = shop.hub.id("eve");
    let fork = shop.hub.github.world().fork(shop.id, eve, "shop");
    let workflow = careless(&shop, fork);
    let begin = |repository: u64| {
        let mut world = shop.hub.github.world();
        world.write(repository, "main", eve, &[(".github/workflows/deploy.yml", Some(&workflow))]);
        let run = world.runs.values().rev().find(|run| run.repository == repository).unwrap().id;
        drop(world);
        shop.go_on(run)
    };
    cannot_ask(&shop, &begin(fork), "no workload of the policy matches this job");
    // The name is taken over: same owner, same name, same workflow, another number.
    let mut world = shop.hub.github.world();
    world.rename_repository(shop.id, "former");
    let other = world.add_repository("acme", "shop");
    drop(world);
    careless(&shop, other);
    cannot_ask(&shop, &begin(other), "no workload of the policy matches this job");
}

#[test]
fn what_it_may_not_ask_for_is_refused_before_anything_is_written() {
    let shop = Shop::new();
    for (from, to, words) in [
        ("request prod-deploy", "request other", "there is no role other"),
        ("--for 15m", "--for 9h", "longer"),
        (" --no-wait", "", "does not wait for reviews"),
    ] {
        let run = shop.push_as("ana", "main", &EXAMPLE.replace(from, to), to);
        cannot_ask(&shop, &run, words);
    }
    // A role that is not for workloads.
    let claims = format!("repository_id = \"{}\", {}", shop.id, super::shop::by_workflow());
    let mut files = shop.policy(&claims);
    let role = files.get_mut("roles/prod-admin.toml").unwrap();
    *role = role.replace(", \"workload:deploy\"", "");
    shop.hub.write_main(&files);
    let run = shop.push("not allowed");
    cannot_ask(&shop, &run, "deploy may not");
}

/// A statement that names a run opens under no person's key, in no kind.
#[test]
fn the_file_is_no_persons_statement() {
    let shop = Shop::new();
    let run = shop.push("first");
    let file = shop.file(&shop.asked(&run).digest);
    let authority = jit::github::authority(shop.hub.repository);
    for kind in [Kind::Request, Kind::BreakGlass, Kind::Extend, Kind::Review] {
        assert!(jit::identity::statement::open(&file.signed, kind, &authority).is_err());
    }
}
