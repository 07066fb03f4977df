//! The authority as a job has it: what every authority can do, without a command around it.

use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use jit::authority::Authority;
use jit::authority::AuthorityError;
use jit::authority::WishAuthority;
use jit::authority::WorkloadAuthority;
use jit::authority::github::workload::WorkloadError;
use jit::authority::wishes::WishView;
use jit::grant::Name;
use jit::grant::State;
use jit::system::Environment;
use jit::system::System;

use super::shop::Shop;

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

/// The view that a job gets of its own request, before its step runs.
async fn told(system: &System) -> WishView {
    let authority = WorkloadAuthority::of_job(system).unwrap();
    assert_eq!(authority.url(), "github:acme/access");
    let other = authority.own(&name("other")).await.unwrap_err();
    assert!(matches!(other, AuthorityError::Workload(WorkloadError::OtherRole { .. })), "{other}");
    // By an alias, as the workflow names it.
    let id = authority.own(&name("prod-deploy")).await.unwrap();
    let view = authority.request(&id).await.unwrap();
    assert_eq!((view.who.as_str(), view.role.as_str(), &view.id), ("deploy", "prod-admin", &id));
    assert!(view.address.ends_with(&format!("/pull/{}", view.pull.unwrap())), "{}", view.address);
    let nobodys = "0000000000".parse().unwrap();
    assert!(matches!(authority.request(&nobodys).await, Err(AuthorityError::Nothing(_))));
    // Nothing happens: the limit runs out, and there is no news.
    let (limit, began) = (Duration::from_secs(40), system.clock.now());
    assert_eq!(authority.changed(&id, &view, limit).await.unwrap(), None);
    assert!(system.clock.now().duration_since(began).as_secs() >= 40);
    // To a caller who saw something else, how it stands is news at once.
    let began = system.clock.now();
    let old = WishView { state: State::Cancelled, ..view.clone() };
    assert_eq!(authority.changed(&id, &old, limit).await.unwrap().as_ref(), Some(&view));
    assert!(system.clock.now().duration_since(began).as_secs() < 15);
    view
}

#[test]
fn a_job_is_told_how_its_request_stands() {
    let shop = Shop::new();
    let views: Arc<Mutex<Vec<WishView>>> = Arc::default();
    let seen = Arc::clone(&views);
    let look = move |system: &System| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        seen.lock().unwrap().push(runtime.block_on(told(system)));
    };
    let (waits, agreed) = (shop.push("first"), shop.push("second"));
    shop.approve(&agreed);
    *shop.steps.before_exec.lock().unwrap() = Some(Box::new(look));
    for run in [&waits, &agreed] {
        shop.let_in(run.id);
    }
    let views = views.lock().unwrap();
    let [waits, agreed] = views.as_slice() else { panic!("{}", views.len()) };
    assert_eq!(waits.state, State::Pending);
    assert!(waits.missing.iter().any(|missing| missing.contains("group:")), "{:?}", waits.missing);
    assert_eq!((agreed.state, agreed.missing.as_slice()), (State::Approved, [].as_slice()));
    // What was looked at was taken all the same.
    assert_eq!(shop.steps.commands.lock().unwrap().len(), 1);
}

#[test]
fn without_an_access_repository_there_is_no_job() {
    let shop = Shop::new();
    let mut world = shop.hub.shell.world(&std::collections::BTreeMap::new());
    assert!(WorkloadAuthority::of_job(&world.system).is_none());
    world.system.environment = Environment::of([("JIT_ACCESS_REPOSITORY", "not a repository")]);
    let authority = WorkloadAuthority::of_job(&world.system).unwrap();
    let refused = shop.hub.wait(authority.own(&name("prod-deploy"))).unwrap_err();
    assert!(refused.to_string().contains("JIT_ACCESS_REPOSITORY"), "{refused}");
}
