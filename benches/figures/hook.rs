//! The time that the hook of `jit init` adds to each prompt of a shell when nothing has changed. It is compared with a
//! program that does nothing, started once per prompt, and with starship, which every prompt starts.
//!
//! A shell runs the hook many times in a loop. The time of the same shell with an empty loop is subtracted.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::measure::Contender;
use crate::measure::in_turns;
use crate::measure::output;
use crate::measure::quiet;
use crate::measure::ratio;
use crate::measure::run;
use crate::measure::show;
use crate::place;
use crate::prompt;

/// How many prompts one shell shows.
const PROMPTS: u32 = 500;
const ROUNDS: usize = 15;

/// A shell: its name, the flag that skips start files, and a loop around some words.
type Looping = fn(&str, u32) -> String;
const SHELLS: [(&str, &[&str], Looping); 3] = [
    ("bash", &["--norc", "--noprofile", "-c"], |words, times| {
        format!("for ((turn = 0; turn < {times}; turn++)); do {words}; done")
    }),
    ("zsh", &["-f", "-c"], |words, times| {
        format!("for ((turn = 0; turn < {times}; turn++)); do {words}; done")
    }),
    ("fish", &["--no-config", "-c"], |words, times| format!("for turn in (seq {times}); {words}; end")),
];

pub fn figure() {
    let folder = place::folder();
    let files = prompt::three_grants(folder.path());
    let (home, state) = (folder.path().to_str().unwrap(), files.state.to_str().unwrap());
    let environment = [("HOME", home), ("JIT_STATE_DIR", state), ("PATH", "/usr/local/bin:/usr/bin:/bin")];
    let nothing = prompt::build_nothing(folder.path());
    let starship = place::peer("starship");
    for (shell, before, looping) in SHELLS {
        if quiet(shell, &environment).arg("--version").status().is_err() {
            println!("hook       {shell} is not installed: tests/run --install");
            continue;
        }
        let hook = output(quiet(place::jit(), &environment).args(["init", shell]));
        let file = folder.path().join(format!("hook.{shell}"));
        std::fs::write(&file, hook).unwrap();
        let source = format!("source '{}'", file.display());
        let start = |words: &str, times: u32| {
            let mut command = quiet(shell, &environment);
            command.args(before).arg(format!("{source}; __jit_hook; {}", looping(words, times)));
            command
        };
        let starts = |program: &Path| format!("'{}' >/dev/null", program.display());
        let mut contenders: Vec<(String, Command)> = vec![
            ("without a turn".to_owned(), start("__jit_hook", 0)),
            ("the hook".to_owned(), start("__jit_hook", PROMPTS)),
            ("a program that does nothing".to_owned(), start(&starts(&nothing), PROMPTS)),
        ];
        if starship.exists() {
            let words = format!("'{}' prompt >/dev/null 2>&1", starship.display());
            contenders.push(("starship".to_owned(), start(&words, PROMPTS / 10)));
        }
        let mut timed: Vec<Contender<'_>> = contenders
            .iter_mut()
            .map(|(name, command)| -> Contender<'_> { (name.as_str(), Box::new(|| run(command))) })
            .collect();
        let times = in_turns(ROUNDS, &mut timed);
        let each = |place: usize, turns: u32| times[place].median().saturating_sub(times[0].median()) / turns;
        let own = each(1, PROMPTS).max(Duration::from_nanos(1));
        let other = each(2, PROMPTS);
        print!(
            "hook       {shell}, nothing changed {} a prompt | a program that does nothing {} | ratio {:.2}",
            show(own),
            show(other),
            ratio(own, other)
        );
        if starship.exists() {
            let starship = each(3, PROMPTS / 10);
            print!("; starship {}, ratio {:.3}", show(starship), ratio(own, starship));
        }
        println!();
    }
}
