//! An attacker in between can change a run's log in no way that the client accepts.

use jit::authority::github::memory::Begun;
use jit::authority::github::memory::Memory;
use jit::forge::log::Action;
use jit::github::job_log;
use jit::github::job_log::LogFault;
use jit::github::lease::Delivered;
use jit::grant::lease::associated_data;
use jit::secret::seal::seal;
use jit::system::Clock;
use jit::system::http::Request;

use super::laptop::Laptop;
use crate::forge::hub::Asked;
use crate::forge::hub::Hub;
use crate::forge::hub::delivered;
use crate::support::github::GitHub;

/// Replaces the log of each `mint`, just before the laptop reads it.
fn changing(
    change: impl Fn(&str) -> String + Send + Sync + 'static,
) -> impl Fn(&GitHub, &Request) + Send + Sync + 'static {
    move |github, request| {
        if request.url.ends_with("/logs") && request.method == http::Method::GET {
            let mut world = github.world();
            let jobs = world.runs.values_mut().flat_map(|run| &mut run.jobs);
            for job in jobs.filter(|job| job.key == "mint" && job_log::read(job.log.as_bytes()).is_ok()) {
                job.log = change(&job.log);
            }
        }
    }
}

/// Replaces the result in the log.
fn swapping(
    change: impl Fn(Delivered) -> Delivered + Send + Sync + 'static,
) -> impl Fn(&GitHub, &Request) + Send + Sync + 'static {
    changing(move |log| job_log::write(&change(job_log::read(log.as_bytes()).unwrap())))
}

#[track_caller]
fn refused(laptop: &Laptop<'_>, asked: &Asked, words: &str) {
    let error = laptop.lease(asked, None).unwrap_err();
    assert!(error.to_string().contains(words), "{error}");
    assert!(!error.is_passing(), "{error}");
    assert!(error.hint().unwrap().contains("nothing was stored"), "{error}");
}

#[test]
fn a_result_that_was_swapped_is_refused() {
    let hub = Hub::new();
    let asked = hub.approved(1);
    let laptop = Laptop::of(&hub, "ana");
    let authority = jit::github::authority(hub.repository);
    let recipient = asked.recipient.public().unwrap();
    let digest = asked.digest;
    // Sealed by an attacker to the right key: the token is for what the run sealed.
    laptop.meddle(swapping(move |delivered| {
        let associated = associated_data(&authority, &digest, &delivered.run, delivered.number);
        let sealed = seal(&recipient, b"{}", &associated, [7; 32]).unwrap();
        Delivered { sealed, ..delivered }
    }));
    refused(&laptop, &asked, "ID token is refused");
    laptop.meddle(swapping(|delivered| {
        let sealed = delivered.sealed[..40].to_owned();
        Delivered { sealed, ..delivered }
    }));
    refused(&laptop, &asked, "ID token is refused");
    laptop.meddle(swapping(|delivered| Delivered { run: "1".to_owned(), ..delivered }));
    refused(&laptop, &asked, "another run's");
    // Two blocks, half of one, a foreign line inside, a part that GitHub masked, something else.
    laptop.meddle(changing(|log| format!("{log}{log}")));
    refused(&laptop, &asked, "two blocks");
    laptop.meddle(changing(|log| log[..log.len() - 60].to_owned()));
    refused(&laptop, &asked, "cut off");
    laptop.meddle(changing(|log| log.replacen("-----\n", "-----\nwarning: hello\n", 1)));
    refused(&laptop, &asked, "does not hold sealed credentials");
    laptop.meddle(changing(|log| log.replacen("-----\n", "-----\n***", 1)));
    refused(&laptop, &asked, "GitHub masked a part");
    // Without an attacker, the next run's result is accepted.
    laptop.leave_alone();
    let sealed = laptop.lease(&asked, None).unwrap();
    assert_eq!(laptop.open(&asked, &sealed).number, sealed.number);
}

/// The person who starts a run chooses text that GitHub prints into the log of `mint` before the run does: with it, an
/// attacker gains at most that nothing is accepted.
#[test]
fn text_before_the_marks_gains_nothing() {
    let hub = Hub::new();
    let asked = hub.approved(1);
    let laptop = Laptop::of(&hub, "ana");
    let mut inputs = hub.inputs("mint", &asked);
    let good = delivered(&hub.run("ana", &inputs));
    // A block with the token of another run, and of what that run sealed.
    inputs.insert("proof", format!("x\n{}", job_log::write(&good)));
    let run = hub.run("ana", &inputs);
    assert_eq!(job_log::read(run.job("mint").unwrap().log.as_bytes()).unwrap_err(), LogFault::Several);
    laptop.meddle(changing(move |log| {
        let end = log.rfind("##[endgroup]\n").unwrap();
        format!("{}{}{}", &log[..end], job_log::write(&good), &log[end..])
    }));
    refused(&laptop, &asked, "two blocks");
    laptop.leave_alone();
    assert!(laptop.lease(&asked, None).is_ok());
}

#[test]
fn another_runs_result_is_refused() {
    let hub = Hub::new();
    let asked = hub.approved(1);
    let laptop = Laptop::of(&hub, "ana");
    let first = laptop.lease(&asked, None).unwrap();
    let old = delivered(&laptop.runs()[0]);
    hub.wait(jit::authority::StatementAuthority::received(
        &laptop.authority,
        &asked.digest.request_id(),
        &first,
    ))
    .unwrap();
    laptop.meddle(swapping(move |_| old.clone()));
    let error = laptop.lease(&asked, Some(1)).unwrap_err();
    assert!(error.to_string().contains("another run's: its run_id differs"), "{error}");
}

/// GitHub shows a log some seconds after the job's end, at another address.
#[test]
fn a_log_that_appears_late_is_waited_for_and_one_that_never_does_is_not() {
    let hub = Hub::new();
    let asked = hub.approved(1);
    let laptop = Laptop::of(&hub, "ana");
    hub.github.world().log_delay = 20;
    assert_eq!(laptop.lease(&asked, None).unwrap().number, 1);
    hub.github.world().log_delay = 100_000;
    let began = hub.clock.now();
    let error = laptop.lease(&asked, Some(1)).unwrap_err();
    assert!(error.to_string().contains("left no credentials behind"), "{error}");
    assert!(hub.clock.now().duration_since(began).as_secs() < 180);
}

/// The list of jobs is GitHub's word: two jobs of the name, or one of another run, are no result.
#[test]
fn only_the_one_job_of_exactly_this_run_is_read() {
    let hub = Hub::new();
    let asked = hub.approved(1);
    let laptop = Laptop::of(&hub, "ana");
    laptop.meddle(|github, request| {
        if request.url.contains("/jobs?") {
            for run in github.world().runs.values_mut().filter(|run| run.path.ends_with("jit.yml")) {
                run.jobs.iter_mut().for_each(|job| job.name = "mint".to_owned());
            }
        }
    });
    refused(&laptop, &asked, "two jobs `mint`");
}

#[test]
fn a_result_of_a_run_that_somebody_else_dispatched_is_not_ours() {
    let hub = Hub::new();
    let asked = hub.approved(1);
    let laptop = Laptop::of(&hub, "ana");
    // eve's run for ana's request decides nothing and leaves nothing.
    let run = hub.run("eve", &hub.inputs("mint", &asked));
    assert_ne!(run.conclusion, Some("success"));
    assert_eq!(laptop.handed_over(), 0);
    let sealed = laptop.lease(&asked, None).unwrap();
    assert_eq!(sealed.number, 1);
}

#[test]
fn what_was_sealed_for_another_request_of_ones_own_opens_nothing() {
    let hub = Hub::new();
    let laptop = Laptop::of(&hub, "ana");
    let first = hub.approved(1);
    let sealed = laptop.lease(&first, None).unwrap();
    hub.wait(hub.client("ana").close_pull(first.pull)).unwrap();
    let second = hub.approved(2);
    // An attacker records the first request's run as the second one's: its token is valid, for its run, account and
    // role.
    let memory = Memory::new(&laptop.world.system.files, &jit::github::authority(hub.repository));
    let begun = Begun { nonce: "x".to_owned(), run: Some(sealed.run.parse().unwrap()), at: hub.clock.now() };
    memory.begin(Action::Mint, &second.digest.request_id(), &begun).unwrap();
    let again = laptop.lease(&second, None).unwrap();
    assert_eq!((&again.run, &again.sealed), (&sealed.run, &sealed.sealed));
    let authority = jit::github::authority(hub.repository);
    let associated = |asked: &Asked| associated_data(&authority, &asked.digest, &again.run, again.number);
    assert!(second.recipient.open(&again.sealed, &associated(&second)).is_err());
    assert!(first.recipient.open(&again.sealed, &associated(&second)).is_err());
    assert!(first.recipient.open(&again.sealed, &associated(&first)).is_ok());
}
