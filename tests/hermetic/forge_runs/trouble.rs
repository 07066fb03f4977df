//! Failures without malice, and their messages: rate limits, lost answers, runs that wait, fail or vanish.

use std::time::Duration;

use jit::authority::AuthorityError;
use jit::authority::StatementAuthority;

use super::laptop::Laptop;
use crate::forge::hub::Asked;
use crate::forge::hub::Hub;
use crate::support::github::answer::Fault;
use crate::support::github::faults::When;
use crate::support::github::faults::bad_gateway;
use crate::support::github::faults::secondary_limit;
use crate::support::github::faults::unavailable;

fn fail(hub: &Hub, method: &str, part: &str, times: usize, when: When, fault: Fault) {
    hub.github.world().faults.order(method, part, times, when, fault);
}

fn failed(laptop: &Laptop<'_>, asked: &Asked) -> AuthorityError {
    laptop.lease(asked, None).unwrap_err()
}

#[test]
fn limits_and_errors_of_the_server_at_each_step_are_sat_out() {
    let hub = Hub::new();
    let asked = hub.approved(1);
    let laptop = Laptop::of(&hub, "ana");
    for (method, part) in [
        ("GET", "/git/ref/heads/main"),
        ("GET", "/pulls"),
        ("GET", "/contents/index.json"),
        ("POST", "/dispatches"),
        ("GET", "/actions/runs/"),
        ("GET", "/jobs"),
        ("GET", "/logs"),
    ] {
        fail(&hub, method, part, 1, When::Before, secondary_limit(403, 5));
        if method == "GET" {
            fail(&hub, method, part, 1, When::Before, bad_gateway());
            fail(&hub, method, part, 1, When::Before, unavailable());
        }
    }
    let sealed = laptop.lease(&asked, None).unwrap();
    assert_eq!((sealed.number, laptop.runs().len()), (1, 1));
    hub.wait(laptop.authority.received(&asked.digest.request_id(), &sealed)).unwrap();
}

#[test]
fn a_limit_that_lasts_is_said_with_its_time() {
    let hub = Hub::new();
    let asked = hub.approved(1);
    let laptop = Laptop::of(&hub, "ana");
    fail(&hub, "POST", "/dispatches", 9, When::Before, secondary_limit(429, 900));
    let error = failed(&laptop, &asked);
    assert!(error.to_string().contains("takes no more requests with this token until"), "{error}");
    assert!(error.is_passing() && laptop.runs().is_empty());
}

#[test]
fn a_dispatch_whose_answer_was_lost_is_not_repeated() {
    let hub = Hub::new();
    let asked = hub.approved(1);
    let laptop = Laptop::of(&hub, "ana");
    fail(&hub, "POST", "/dispatches", 1, When::After, bad_gateway());
    let error = laptop.lease(&asked, None);
    // The run's name shows whether it was started.
    assert_eq!(error.unwrap().number, 1);
    assert_eq!(laptop.runs().len(), 1);
}

#[test]
fn a_run_that_waits_is_gone_on_with() {
    let hub = Hub::new();
    let asked = hub.approved(1);
    let laptop = Laptop::of(&hub, "ana");
    laptop.stop_runners(true);
    let error = failed(&laptop, &asked);
    assert!(error.to_string().contains("waited 15 minutes for a runner"), "{error}");
    assert!(error.hint().unwrap().contains("goes on waiting for the same run"));
    laptop.stop_runners(false);
    assert_eq!(laptop.lease(&asked, None).unwrap().number, 1);
    assert_eq!(laptop.runs().len(), 1);
}

#[test]
fn what_the_run_said_is_what_the_person_reads() {
    let hub = Hub::new();
    let asked = hub.ask(1, |_| {});
    hub.review("bo", &asked, "APPROVE");
    let laptop = Laptop::of(&hub, "ana");
    let error = failed(&laptop, &asked);
    assert!(error.to_string().contains("reviews are missing: 1 of group:"), "{error}");
    let hint = "`jit wait` waits for the reviews that are missing";
    assert_eq!((error.code(), error.hint().as_deref()), (Some("state"), Some(hint)));
    // The next one is another run.
    hub.review("dee", &asked, "APPROVE");
    assert_eq!(laptop.lease(&asked, None).unwrap().number, 1);
}

#[test]
fn runs_that_are_cancelled_or_deleted_are_started_again() {
    let hub = Hub::new();
    let asked = hub.approved(1);
    let laptop = Laptop::of(&hub, "ana");
    laptop.meddle(|github, request| {
        if request.method == http::Method::GET && request.url.contains("/actions/runs/") {
            let mut world = github.world();
            let run = world.runs.keys().last().copied().unwrap_or_default();
            world.finish(run, "cancelled");
        }
    });
    let error = failed(&laptop, &asked);
    assert!(error.to_string().contains("the run was cancelled"), "{error}");
    assert!(error.hint().unwrap().contains("starts it again"));
    laptop.meddle(|github, request| {
        if request.method == http::Method::GET && request.url.contains("/actions/runs/") {
            let mut world = github.world();
            let run = world.runs.keys().last().copied().unwrap_or_default();
            world.runs.remove(&run);
        }
    });
    let error = failed(&laptop, &asked);
    assert!(error.to_string().contains("was deleted"), "{error}");
    laptop.leave_alone();
    assert_eq!(laptop.lease(&asked, None).unwrap().number, 1);
}

#[test]
fn a_job_that_fails_without_our_words_is_told_by_its_step() {
    let hub = Hub::new();
    let asked = hub.approved(1);
    let laptop = Laptop::of(&hub, "ana");
    laptop.meddle(|github, request| {
        let by_job = request.headers.iter().any(|(_, value)| value.starts_with("Bearer ghs_"));
        if !by_job && request.url.contains("/actions/runs/") {
            let mut world = github.world();
            let run = world.runs.keys().last().copied().unwrap_or_default();
            for job in &mut world.runs.get_mut(&run).unwrap().jobs {
                let step = |name: &str, conclusion| (name.to_owned(), Some(conclusion));
                job.steps = vec![step("Set up job", "success"), step("Fetch \u{1b}[31mjit", "failure")];
            }
            world.finish(run, "failure");
        }
    });
    let error = failed(&laptop, &asked).to_string();
    assert!(error.contains(" of the run failed at its step `Fetch "), "{error}");
    assert!(!error.contains('\u{1b}'), "{error}");
    laptop.leave_alone();
    assert!(laptop.lease(&asked, None).is_ok());
}

#[test]
fn a_run_that_was_run_again_counts_for_nothing() {
    let hub = Hub::new();
    let asked = hub.approved(1);
    let laptop = Laptop::of(&hub, "ana");
    laptop.meddle(|github, request| {
        if request.method == http::Method::GET && request.url.contains("/actions/runs/") {
            for run in github.world().runs.values_mut() {
                run.attempt = 2;
            }
        }
    });
    let error = failed(&laptop, &asked);
    assert!(error.to_string().contains("was run again"), "{error}");
    assert_eq!(laptop.handed_over(), 0);
}

#[test]
fn an_old_queued_run_decides_nothing_after_main_moved() {
    let hub = Hub::new();
    let asked = hub.approved(1);
    let laptop = Laptop::of(&hub, "ana");
    laptop.stop_runners(true);
    failed(&laptop, &asked);
    hub.write_main(&[("README.md".to_owned(), "moved".to_owned())].into());
    laptop.stop_runners(false);
    hub.clock.advance(Duration::from_secs(60));
    // The old run refuses, and another one is started at once.
    let sealed = laptop.lease(&asked, None).unwrap();
    let runs = laptop.runs();
    assert_eq!((sealed.number, runs.len(), runs[0].conclusion), (1, 2, Some("failure")));
}

#[test]
fn who_may_not_start_workflows_hears_it() {
    let hub = Hub::new();
    let asked = hub.approved(1);
    let laptop = Laptop::of(&hub, "ana");
    fail(
        &hub,
        "POST",
        "/dispatches",
        1,
        When::Before,
        Fault::new(403, "Resource not accessible by personal access token"),
    );
    let error = failed(&laptop, &asked);
    assert!(error.to_string().contains("GitHub does not start the workflow jit.yml"), "{error}");
    assert!(error.hint().unwrap().contains("Actions: write"));
}

#[test]
fn whoever_stops_waiting_finds_the_run_again() {
    let hub = Hub::new();
    let asked = hub.approved(1);
    let laptop = Laptop::of(&hub, "ana");
    laptop.stop_runners(true);
    laptop.world.console.answers.lock().unwrap().push_back("somebody is there".to_owned());
    laptop.world.processes.interrupts.notify_one();
    let error = failed(&laptop, &asked);
    assert!(error.to_string().contains("stopped waiting; the run goes on"), "{error}");
    assert!(error.hint().unwrap().contains("goes on waiting for the same run"));
    laptop.stop_runners(false);
    assert_eq!(laptop.lease(&asked, None).unwrap().number, 1);
    assert_eq!(laptop.runs().len(), 1);
}
