//! `jit credentials` with credentials at hand, as an SDK calls it through `credential_process`, beside the Python programs that
//! people put there: the AWS CLI's own `configure export-credentials`, and `aws-export-credentials`.
//!
//! `jit` reads a keyring; the others are given keys in a plain file, which is the least that they can do.

use std::fs;
use std::path::Path;

use crate::measure::Contender;
use crate::measure::in_turns;
use crate::measure::output;
use crate::measure::quiet;
use crate::measure::ratio;
use crate::measure::run;
use crate::place;

const ROUNDS: usize = 40;

/// Runs inside the session of [`super::exec`], where `role` is active for the person of this environment.
pub fn figure(person: &[(&str, &str)], role: &str) {
    let home = person.iter().find_map(|(name, value)| (*name == "HOME").then_some(*value)).unwrap();
    let aws = Path::new(home).join(".aws");
    fs::create_dir_all(&aws).unwrap();
    let keys = "[plain]\naws_access_key_id = AKIAEXAMPLE\naws_secret_access_key = example\naws_session_token = example\n";
    fs::write(aws.join("credentials"), keys).unwrap();
    fs::write(aws.join("config"), "[profile plain]\nregion = eu-west-1\n").unwrap();
    let own = ["credentials", role, "--format", "aws"];
    assert!(output(quiet(place::JIT, person).args(own)).contains("SessionToken"));
    let mut contenders: Vec<Contender<'_>> =
        vec![("jit credentials", Box::new(|| run(quiet(place::JIT, person).args(own))))];
    for (name, program, arguments) in [
        (
            "aws configure export-credentials (awscli 1)",
            "aws",
            ["configure", "export-credentials", "--profile", "plain", "--format", "process"].as_slice(),
        ),
        ("aws-export-credentials", "aws-export-credentials", ["--profile", "plain", "--json"].as_slice()),
    ] {
        let program = place::peer(program);
        if !program.exists() {
            println!("credentials {name} is not installed: tests/run --install");
            continue;
        }
        let said = output(quiet(&program, person).args(arguments));
        assert!(said.contains("AKIAEXAMPLE"), "{name}: {said}");
        contenders.push((name, Box::new(move || run(quiet(&program, person).args(arguments)))));
    }
    let times = in_turns(ROUNDS, &mut contenders);
    for ((name, _), other) in contenders.iter().zip(&times).skip(1) {
        println!(
            "credentials jit credentials {role} {} | {name} {other} | ratio {:.3}",
            times[0],
            ratio(times[0].median(), other.median())
        );
    }
}
