//! Both people's terminals in one: lines typed here run as the person whose turn it is.

use super::world::Person;
use super::world::ROLE;
use super::world::World;
use crate::cli;
use crate::flow::Failure;
use crate::system::System;
use crate::system::console::ConsoleError;

/// Logs both people in and reads lines until somebody leaves.
pub async fn play(world: &World, system: &System) -> Result<(), Failure> {
    let console = &system.console;
    for person in [&world.ana, &world.bo] {
        run(person, &["login", &world.broker_url, "--as", person.name.as_str()].map(str::to_owned)).await;
    }
    console.say("");
    console.say("You are Ana now; type `bo` to be Bo, `ana` to be Ana again, `exit` to leave. For example:");
    console.say(&format!("  ana$ jit request {ROLE} --reason \"INC-42 fail over orders-db\" --no-wait"));
    console.say("  ana$ bo");
    console.say("  bo$ jit approve");
    console.say("  bo$ ana");
    console.say(&format!("  ana$ jit exec {ROLE} -- jit whoami --cloud"));
    let mut person = &world.ana;
    loop {
        let line = match console.ask(&format!("{}$", person.name), &[]) {
            Ok(line) => line,
            Err(ConsoleError::Interrupted) => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        let words = match shell_words::split(&line) {
            Ok(words) => words,
            Err(error) => {
                console.say(&format!("error: {error}"));
                continue;
            }
        };
        match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
            [] => {}
            ["exit" | "quit"] => return Ok(()),
            ["ana"] => person = &world.ana,
            ["bo"] => person = &world.bo,
            ["jit", ..] => run(person, &words[1..]).await,
            _ => console.say("type a `jit …` command, `ana`, `bo`, or `exit`"),
        }
    }
}

async fn run(person: &Person, words: &[String]) {
    let arguments = words.iter().map(Into::into).collect();
    Box::pin(cli::run_async(arguments, &person.system)).await;
}
