//! Both people's terminals in one. Each line runs as the person whose turn it is.

use super::world::Person;
use super::world::ROLE;
use super::world::World;
use crate::cli;
use crate::cli::complete;
use crate::flow::Failure;
use crate::system::System;
use crate::system::console::ConsoleError;

/// Logs both people in and reads lines until the user leaves.
pub async fn play(world: &World, system: &System) -> Result<(), Failure> {
    let console = &system.console;
    for person in [&world.ana, &world.bo] {
        run(person, &["login", &world.broker_url, "--as", person.name.as_str()].map(str::to_owned)).await;
    }
    console.say("");
    console.say(
        "You are Ana now. Type `bo` to be Bo, `ana` to be Ana again, `exit` or Ctrl-D to leave. For example:",
    );
    console.say(&format!("  ana$ jit request {ROLE} --reason \"INC-42 fail over orders-db\" --no-wait"));
    console.say("  ana$ bo");
    console.say("  bo$ jit approve");
    console.say("  bo$ ana");
    console.say(&format!("  ana$ jit exec {ROLE} -- jit whoami --cloud"));
    let mut person = &world.ana;
    loop {
        let offered = |line: &str| offered(line, &person.system);
        let line = match console.ask_line(&format!("{}$ ", person.name), &offered) {
            Ok(line) => line,
            Err(ConsoleError::Interrupted) => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        if let Some(sign) = shell_sign(&line) {
            console.say(&format!(
                "error: this prompt runs one jit command a line; it is not a shell and does not know `{sign}`"
            ));
            console.say("  hint: in your own shell, everything that jit prints can be piped, e.g. jit status --json | jq");
            continue;
        }
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
            _ => console.say("type a command that begins with `jit`, or `ana`, `bo` or `exit`"),
        }
    }
}

/// A character outside quotes with which a shell would do more than run one command.
fn shell_sign(line: &str) -> Option<char> {
    let mut quote = None;
    let mut is_escaped = false;
    for character in line.chars() {
        match (quote, character) {
            _ if is_escaped => is_escaped = false,
            (None | Some('"'), '\\') => is_escaped = true,
            (Some(open), _) if character == open => quote = None,
            (Some('"'), '`') => return Some(character),
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(character),
            (None, '|' | '&' | ';' | '<' | '>' | '`') => return Some(character),
            (None, _) => {}
        }
    }
    None
}

/// The completions of a line's last word.
fn offered(line: &str, system: &System) -> Vec<String> {
    let mut words: Vec<&str> = line.split(' ').filter(|word| !word.is_empty()).collect();
    let last = if line.ends_with(' ') { "" } else { words.pop().unwrap_or_default() };
    let mut found: Vec<String> = match words.as_slice() {
        [] => ["jit", "ana", "bo", "exit"].map(str::to_owned).to_vec(),
        ["jit", rest @ ..] => complete::candidates(rest, last.starts_with('-'), system),
        _ => Vec::new(),
    };
    found.retain(|candidate| candidate.starts_with(last));
    found
}

async fn run(person: &Person, words: &[String]) {
    let arguments = words.iter().map(Into::into).collect();
    Box::pin(cli::run_async(arguments, &person.system)).await;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::fake::FakeClock;
    use crate::system::fake::FakeHttp;
    use crate::system::fake::FakeWorld;

    #[test]
    fn what_only_a_shell_can_do_is_seen_outside_of_quotes_alone() {
        assert_eq!(shell_sign("jit status --json | jq"), Some('|'));
        assert_eq!(shell_sign("jit status>file"), Some('>'));
        assert_eq!(shell_sign("jit end x && jit status"), Some('&'));
        assert_eq!(shell_sign("jit end x; jit status"), Some(';'));
        assert_eq!(shell_sign("jit request x --reason \"`id`\""), Some('`'));
        for harmless in [
            "jit request x --reason \"a | b; c\"",
            "jit request x --reason 'a > `b`'",
            "jit request x --reason a\\|b",
            "jit request x --reason \"it's | fine\"",
        ] {
            assert_eq!(shell_sign(harmless), None, "{harmless}");
        }
    }

    #[test]
    fn tab_offers_people_commands_and_flags() {
        let folder = tempfile::tempdir().unwrap();
        let clock = FakeClock::at("2026-11-24T10:00:00Z");
        let world = FakeWorld::new(folder.path(), &clock, &FakeHttp::default(), 1);
        let offered = |line: &str| offered(line, &world.system);
        assert_eq!(offered("b"), ["bo"]);
        assert_eq!(offered("jit re"), ["request", "revoke", "report"]);
        assert_eq!(offered("jit policy ch"), ["check"]);
        assert_eq!(offered("jit request --no-w"), ["--no-wait"]);
        assert!(offered("jit ").contains(&"roles".to_owned()));
        assert!(offered("ls ").is_empty());
    }
}
