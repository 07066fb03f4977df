//! One table of cases that every authority must end alike: what people did, the last step, how it ends, and how the request
//! stands then. A broker and an access repository play each row, from the same statements under the same policy.

mod asking;
mod broker_driver;
mod differences;
mod emergencies;
mod extending;
mod minting;
mod policy;
mod repository_driver;
mod reviewing;
mod scene;
mod stopping;
mod words;

use std::collections::BTreeSet;

use broker_driver::BrokerDriver;
use differences::differences;
use repository_driver::RepositoryDriver;
use scene::Outcome;
use scene::play;
use words::Only;
use words::Row;

/// Plays every row before every authority, and says all that is not as the table has it.
fn run(part: &str, rows: &[Row]) {
    let differences = differences();
    let mut repository = RepositoryDriver::new();
    let mut wrong = Vec::new();
    for row in rows {
        let mut found = Vec::new();
        if !matches!(row.only, Only::Repository(_)) {
            found.push(("broker", Outcome::wanted(row), attempt(|| play(row, &mut BrokerDriver::new()))));
        }
        if !matches!(row.only, Only::Broker(_)) {
            repository.again();
            let outcome = attempt(|| play(row, &mut repository));
            let other = differences.iter().find(|other| other.part == part && other.row == row.name);
            let wanted =
                other.map_or_else(|| Outcome::wanted(row), |other| Outcome::of(other.ending, other.stands));
            found.push(("repository", wanted, outcome));
        }
        for (authority, wanted, outcome) in found {
            if outcome != wanted {
                wrong.push(format!("{}\n    table       {wanted}\n    {authority:<11} {outcome}", row.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), rows.len(), wrong.join("\n"));
}

fn attempt(work: impl FnOnce() -> Outcome) -> Outcome {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).unwrap_or_else(|why| Outcome {
        ended: Ok(()),
        stands: format!("panicked: {:?}", why.downcast_ref::<String>()),
    })
}

/// Plays one of `all` equal shares of a part's rows. The shares are tests of their own, which run beside each other.
fn share(part: &str, rows: &[Row], number: usize, all: usize) {
    let length = rows.len().div_ceil(all);
    run(part, rows.chunks(length).nth(number - 1).unwrap());
}

#[test]
fn asking_ends_alike_1() {
    share("asking", &asking::rows(), 1, 3);
}

#[test]
fn asking_ends_alike_2() {
    share("asking", &asking::rows(), 2, 3);
}

#[test]
fn asking_ends_alike_3() {
    share("asking", &asking::rows(), 3, 3);
}

#[test]
fn reviewing_ends_alike_1() {
    share("reviewing", &reviewing::rows(), 1, 3);
}

#[test]
fn reviewing_ends_alike_2() {
    share("reviewing", &reviewing::rows(), 2, 3);
}

#[test]
fn reviewing_ends_alike_3() {
    share("reviewing", &reviewing::rows(), 3, 3);
}

#[test]
fn minting_ends_alike_1() {
    share("minting", &minting::rows(), 1, 3);
}

#[test]
fn minting_ends_alike_2() {
    share("minting", &minting::rows(), 2, 3);
}

#[test]
fn minting_ends_alike_3() {
    share("minting", &minting::rows(), 3, 3);
}

#[test]
fn extending_ends_alike_1() {
    share("extending", &extending::rows(), 1, 2);
}

#[test]
fn extending_ends_alike_2() {
    share("extending", &extending::rows(), 2, 2);
}

#[test]
fn stopping_ends_alike_1() {
    share("stopping", &stopping::rows(), 1, 2);
}

#[test]
fn stopping_ends_alike_2() {
    share("stopping", &stopping::rows(), 2, 2);
}

#[test]
fn emergencies_end_alike() {
    run("emergencies", &emergencies::rows());
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
    let everywhere: usize = parts.iter().flatten().filter(|row| row.only == Only::Everywhere).count();
    assert!(everywhere >= 120, "{everywhere}");
    for rows in &parts {
        let names: BTreeSet<&str> = rows.iter().map(|row| row.name).collect();
        assert_eq!(names.len(), rows.len());
    }
}

/// Every difference names its row, and there are no more differences than before.
#[test]
fn every_difference_is_of_a_row_and_there_are_no_more_than_before() {
    let parts = [
        ("asking", asking::rows()),
        ("reviewing", reviewing::rows()),
        ("minting", minting::rows()),
        ("extending", extending::rows()),
        ("stopping", stopping::rows()),
    ];
    let differences = differences();
    assert!(differences.len() <= 14, "{}", differences.len());
    for other in &differences {
        let (_, rows) = parts.iter().find(|(part, _)| *part == other.part).unwrap();
        let row = rows.iter().find(|row| row.name == other.row);
        let row = row.unwrap_or_else(|| panic!("{}: {}", other.part, other.row));
        let same = Outcome::wanted(row) == Outcome::of(other.ending, other.stands);
        assert!(!same && other.why.ends_with('.'), "{}", other.row);
    }
}
