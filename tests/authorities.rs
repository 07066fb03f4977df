//! One table of cases that every authority must end alike: what people did, the last step, how it ends, and how the request
//! stands then. A broker and an access repository play each row, from the same statements under the same policy.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]
#![expect(clippy::disallowed_methods, reason = "the double's runner can start bash")]

#[path = "authorities/asking.rs"]
mod asking;
#[path = "authorities/broker_driver.rs"]
mod broker_driver;
#[expect(dead_code, reason = "other suites use the rest")]
#[path = "forge/case.rs"]
mod case;
#[path = "authorities/emergencies.rs"]
mod emergencies;
#[path = "authorities/extending.rs"]
mod extending;
#[expect(dead_code, reason = "other suites use the rest")]
#[path = "support/github/mod.rs"]
mod github;
#[expect(dead_code, reason = "other suites use the rest")]
#[path = "forge/hub.rs"]
mod hub;
#[path = "authorities/minting.rs"]
mod minting;
#[path = "authorities/policy.rs"]
mod policy;
#[path = "authorities/repository_driver.rs"]
mod repository_driver;
#[path = "authorities/reviewing.rs"]
mod reviewing;
#[path = "authorities/scene.rs"]
mod scene;
#[path = "authorities/stopping.rs"]
mod stopping;
#[path = "authorities/words.rs"]
mod words;
#[expect(dead_code, reason = "other suites use the rest")]
#[path = "broker/world.rs"]
mod world;

use std::collections::BTreeSet;

use broker_driver::BrokerDriver;
use repository_driver::RepositoryDriver;
use scene::Outcome;
use scene::play;
use words::Only;
use words::Row;

/// Plays every row before every authority, and says all that is not as the table has it.
fn run(rows: &[Row]) {
    let mut repository = RepositoryDriver::new();
    let mut took = [std::time::Duration::ZERO; 2];
    let mut wrong = Vec::new();
    for row in rows {
        let wanted = Outcome::wanted(row);
        let began = std::time::Instant::now();
        let mut found = vec![("broker", attempt(|| play(row, &mut BrokerDriver::new())))];
        took[0] += began.elapsed();
        if row.only == Only::Everywhere {
            let began = std::time::Instant::now();
            repository.again();
            found.push(("repository", attempt(|| play(row, &mut repository))));
            took[1] += began.elapsed();
        }
        for (authority, outcome) in found {
            if outcome != wanted {
                wrong.push(format!("{}\n    table       {wanted}\n    {authority:<11} {outcome}", row.name));
            }
        }
    }
    eprintln!("TOOK {took:?}");
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), rows.len(), wrong.join("\n"));
}

fn attempt(work: impl FnOnce() -> Outcome) -> Outcome {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).unwrap_or_else(|why| Outcome {
        ended: Ok(()),
        stands: format!("panicked: {:?}", why.downcast_ref::<String>()),
    })
}

#[test]
fn asking_ends_alike() {
    run(&asking::rows());
}

#[test]
fn reviewing_ends_alike() {
    run(&reviewing::rows());
}

#[test]
fn minting_ends_alike() {
    run(&minting::rows());
}

#[test]
fn extending_ends_alike() {
    run(&extending::rows());
}

#[test]
fn stopping_ends_alike() {
    run(&stopping::rows());
}

#[test]
fn emergencies_end_alike() {
    run(&emergencies::rows());
}

#[test]
fn the_table_has_at_least_120_rows_and_no_name_twice_in_a_part() {
    let parts = [
        asking::rows(),
        reviewing::rows(),
        minting::rows(),
        extending::rows(),
        stopping::rows(),
        emergencies::rows(),
    ];
    let everywhere: usize =
        parts.iter().flatten().filter(|row| row.only == Only::Everywhere).count();
    assert!(everywhere >= 120, "{everywhere}");
    for rows in &parts {
        let names: BTreeSet<&str> = rows.iter().map(|row| row.name).collect();
        assert_eq!(names.len(), rows.len());
    }
}
