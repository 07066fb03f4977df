//! Credentials by a run: minted, picked up, verified, opened; again within the grant; and after a crash at each step.

use std::time::Duration;

use jit::authority::Authority;
use jit::authority::StatementAuthority;
use jit::authority::github::memory::Memory;
use jit::forge::log::Action;
use jit::sandbox::read_note;

use super::laptop::Laptop;
use crate::forge::hub::Hub;

#[test]
fn credentials_come_from_one_run_and_are_cleared_away() {
    let hub = Hub::new();
    let asked = hub.approved(1);
    let laptop = Laptop::of(&hub, "ana");
    let sealed = laptop.lease(&asked, None).unwrap();
    let lease = laptop.open(&asked, &sealed);
    hub.wait(read_note(&lease.credentials, &laptop.world.system)).unwrap();
    let runs = laptop.runs();
    assert_eq!((runs.len(), sealed.run.clone()), (1, runs[0].id.to_string()));
    assert!(laptop.world.console.said().contains("… GitHub mints the credentials: "));
    assert_eq!(laptop.handed_over(), 1);
    hub.wait(laptop.authority.received(&asked.digest.request_id(), &sealed)).unwrap();
    assert_eq!(laptop.handed_over(), 0);
    // New credentials come from another run, with the next number, and the grant's end stays the same.
    hub.clock.advance(Duration::from_secs(600));
    let again = laptop.lease(&asked, Some(1)).unwrap();
    assert_eq!((again.number, again.active_until), (2, sealed.active_until));
    assert_eq!(laptop.open(&asked, &again).number, 2);
    assert_eq!(laptop.runs().len(), 2);
}

#[test]
fn what_one_program_left_behind_another_one_picks_up() {
    let hub = Hub::new();
    let asked = hub.approved(1);
    let laptop = Laptop::of(&hub, "ana");
    let id = asked.digest.request_id();
    // The program died after the run, before anything was stored.
    let first = laptop.lease(&asked, None).unwrap();
    let second = hub.wait(laptop.again("ana").obtain(&id, None)).unwrap();
    assert_eq!((second.number, second.run), (first.number, first.run.clone()));
    assert_eq!(laptop.runs().len(), 1);
    // It died after storing, before it reported that: stored credentials are not delivered again.
    let third = hub.wait(laptop.again("ana").obtain(&id, Some(1))).unwrap();
    assert_eq!((third.number, laptop.runs().len()), (2, 2));
    // It died, and came back when those credentials had almost expired.
    hub.clock.advance(Duration::from_secs(14 * 60));
    let fourth = hub.wait(laptop.again("ana").obtain(&id, Some(1))).unwrap();
    assert_eq!((fourth.number, laptop.runs().len()), (3, 3));
    // Somebody deleted its logs.
    hub.github.world().runs.values_mut().for_each(|run| run.logs_deleted = true);
    let fifth = hub.wait(laptop.again("ana").obtain(&id, Some(3))).unwrap();
    assert_eq!((fifth.number, laptop.runs().len()), (4, 4));
}

#[test]
fn a_run_whose_id_was_never_learned_is_found_by_its_name() {
    let hub = Hub::new();
    let asked = hub.approved(1);
    let laptop = Laptop::of(&hub, "ana");
    let id = asked.digest.request_id();
    // Killed between the dispatch and its answer: only the nonce is known.
    laptop.stop_runners(true);
    let nonce = "k".repeat(43);
    let memory = Memory::new(&laptop.world.system.files, &jit::github::authority(hub.repository));
    let now = jit::system::Clock::now(&hub.clock);
    let begun = jit::authority::github::memory::Begun { nonce: nonce.clone(), run: None, at: now };
    memory.begin(Action::Mint, &id, &begun).unwrap();
    let mut inputs = hub.inputs("mint", &asked);
    inputs.insert("nonce", nonce);
    // Another person's run with the same name is not ours.
    hub.dispatch("eve", &inputs);
    hub.dispatch("ana", &inputs);
    laptop.stop_runners(false);
    let sealed = laptop.lease(&asked, None).unwrap();
    assert_eq!((sealed.number, laptop.runs().len()), (1, 2));
    // If there is no run of that name, a new one is started.
    memory.finish(Action::Mint, &id).unwrap();
    let begun = jit::authority::github::memory::Begun { nonce: "z".repeat(43), run: None, at: now };
    memory.begin(Action::Mint, &id, &begun).unwrap();
    assert_eq!(laptop.lease(&asked, Some(1)).unwrap().number, 2);
    assert_eq!(laptop.runs().len(), 3);
}

#[test]
fn a_github_that_does_not_name_the_run_is_asked_for_it() {
    let hub = Hub::new();
    let asked = hub.approved(1);
    let laptop = Laptop::of(&hub, "ana");
    hub.github.world().old_dispatches = true;
    assert_eq!(laptop.lease(&asked, None).unwrap().number, 1);
    assert_eq!(laptop.runs().len(), 1);
}

#[test]
fn two_programs_at_once_get_numbers_of_their_own() {
    let hub = Hub::new();
    let asked = hub.approved(1);
    let laptop = Laptop::of(&hub, "ana");
    let elsewhere = tempfile::tempdir().unwrap();
    let world = jit::system::fake::FakeWorld::new(elsewhere.path(), &hub.clock.advancing(), &hub.http, 6_000);
    let other = laptop.on(&world, "ana");
    let id = asked.digest.request_id();
    let (one, two) =
        hub.wait(async { tokio::join!(laptop.authority.obtain(&id, None), other.obtain(&id, None)) });
    let mut numbers = [one.unwrap().number, two.unwrap().number];
    numbers.sort_unstable();
    assert_eq!(numbers, [1, 2]);
}

/// The exact number of GitHub calls of a request where there is no git, with a policy of three files.
#[test]
fn the_questions_are_counted() {
    let hub = Hub::new();
    let asked = hub.approved(1);
    // The calls of the pull request's checks are not counted here.
    hub.finish_all();
    let laptop = Laptop::of(&hub, "ana");
    let id = asked.digest.request_id();
    let take = |held: Option<u32>| {
        let sealed = laptop.lease(&asked, held).unwrap();
        hub.wait(laptop.authority.received(&id, &sealed)).unwrap();
        laptop.asked()
    };
    let began = jit::system::Clock::now(&hub.clock);
    let first = take(None);
    let waited = jit::system::Clock::now(&hub.clock).duration_since(began).as_secs();
    hub.clock.advance(Duration::from_secs(600));
    let refreshed = take(Some(1));
    hub.wait(laptop.authority.end(&id, true)).unwrap();
    let ended = laptop.asked();
    let figures = format!("first {first:?}\nrefreshed {refreshed:?}\nended {ended:?}\nwaited {waited} s");
    insta::assert_snapshot!(figures, @r"
    first Asking { laptop: 14, unchanged: 0, jobs: 10, writer: 9, laptop_points: 1, jobs_points: 1, writer_points: 3 }
    refreshed Asking { laptop: 8, unchanged: 1, jobs: 10, writer: 11, laptop_points: 1, jobs_points: 1, writer_points: 2 }
    ended Asking { laptop: 8, unchanged: 2, jobs: 0, writer: 12, laptop_points: 2, jobs_points: 0, writer_points: 2 }
    waited 3 s
    ");
}
