//! `jit credentials` with stored credentials, as an SDK calls it through `credential_process`. The alternatives are the
//! Python programs that people use there: `keyring`, which reads the same item of the same keyring, the AWS CLI's own
//! `configure export-credentials`, and awsume. The last two get keys in a plain file, which is the least that they can
//! do.

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

const EKS: [&str; 8] =
    ["eks", "get-token", "--cluster-name", "prod", "--profile", "plain", "--region", "eu-west-1"];
const GCLOUD: [&str; 2] = ["auth", "print-access-token"];

/// Runs inside the session of [`super::exec`], where `role` is active for the person of this environment and `item` holds its
/// credentials.
pub fn figure(person: &[(&str, &str)], role: &str, item: &str) {
    let home = person.iter().find_map(|(name, value)| (*name == "HOME").then_some(*value)).unwrap();
    let aws = Path::new(home).join(".aws");
    fs::create_dir_all(&aws).unwrap();
    let keys = "[plain]\naws_access_key_id = AKIAEXAMPLE\naws_secret_access_key = example\naws_session_token = example\n";
    fs::write(aws.join("credentials"), keys).unwrap();
    fs::write(aws.join("config"), "[profile plain]\nregion = eu-west-1\n").unwrap();
    let own = ["credentials", role, "--format", "aws"];
    assert!(output(quiet(place::jit(), person).args(own)).contains("SessionToken"));
    let lookup = ["get", "jit", item];
    let mut contenders: Vec<Contender<'_>> =
        vec![("jit credentials", Box::new(|| run(quiet(place::jit(), person).args(own))))];
    for (name, program, arguments) in [
        ("keyring get, the same item", "keyring", lookup.as_slice()),
        (
            "aws configure export-credentials, version 2, from a file",
            "aws2",
            ["configure", "export-credentials", "--profile", "plain", "--format", "process"].as_slice(),
        ),
        ("awsume, from a file", "awsumepy", ["-s", "plain"].as_slice()),
    ] {
        let program = place::peer(program);
        if !program.exists() {
            println!("credentials {name} is not installed: tests/run --install");
            continue;
        }
        let said = output(quiet(&program, person).args(arguments));
        assert!(said.len() > 20, "{name}: {said}");
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

/// The same for a cluster: what `kubectl` runs as its exec plugin, beside `aws eks get-token`, which signs a token with keys from a file, and
/// `gcloud`, which prints one from its environment. Both are the least that they can do: neither asks anybody.
pub fn cluster(person: &[(&str, &str)], role: &str) {
    let own = ["credentials", role, "--format", "kubernetes"];
    let mut contenders: Vec<Contender<'_>> =
        vec![("jit credentials", Box::new(|| run(quiet(place::jit(), person).args(own))))];
    for (name, program, arguments) in [
        ("aws eks get-token, version 2", place::peer("aws2"), EKS.as_slice()),
        ("gcloud auth print-access-token", Path::new("/usr/bin/gcloud").to_owned(), GCLOUD.as_slice()),
    ] {
        if !program.exists() {
            println!("credentials {name} is not installed");
            continue;
        }
        let start = move || {
            let mut command = quiet(&program, person);
            command
                .env("CLOUDSDK_AUTH_ACCESS_TOKEN", "ya29.figure")
                .env("CLOUDSDK_CORE_DISABLE_PROMPTS", "1");
            command.args(arguments);
            command
        };
        let said = output(&mut start());
        assert!(said.contains("oken") || said.contains("ya29."), "{name}: {said}");
        contenders.push((name, Box::new(move || run(&mut start()))));
    }
    let times = in_turns(ROUNDS, &mut contenders);
    for ((name, _), other) in contenders.iter().zip(&times).skip(1) {
        println!(
            "credentials jit credentials {role} --format kubernetes {} | {name} {other} | ratio {:.3}",
            times[0],
            ratio(times[0].median(), other.median())
        );
    }
}
