//! The tour of the README, typed into `jit demo --shell` line by line: the README shows what people see.

use std::collections::VecDeque;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::Mutex;

use jit::secret::Secret;
use jit::system::Console;
use jit::system::System;
use jit::system::console::ConsoleError;
use regex::Regex;

/// A terminal on which the README's lines are typed.
struct Typist {
    lines: Mutex<VecDeque<String>>,
    seen: Mutex<String>,
}

impl Typist {
    fn see(&self, text: &str) {
        self.seen.lock().unwrap().push_str(text);
    }
}

impl Console for Typist {
    fn print(&self, text: &str) -> io::Result<()> {
        self.see(text);
        Ok(())
    }

    fn line(&self, line: &str) {
        self.see(&format!("{line}\n"));
    }

    fn progress(&self, _line: &str) {}

    fn settle(&self) {}

    fn is_output_read(&self) -> bool {
        true
    }

    fn is_interactive(&self) -> bool {
        true
    }

    fn is_inherited(&self) -> bool {
        false
    }

    fn colours_output(&self) -> bool {
        false
    }

    fn colours_messages(&self) -> bool {
        false
    }

    fn confirm(&self, question: &str, _default: bool) -> Result<bool, ConsoleError> {
        panic!("the tour asks {question:?}, which the README does not show")
    }

    fn ask(&self, question: &str, _offered: &[String]) -> Result<String, ConsoleError> {
        let line = self.lines.lock().unwrap().pop_front().ok_or(ConsoleError::Interrupted)?;
        // The README's ids are from another day, so the last seen id is typed instead.
        let id = Regex::new(r"\b[0-9A-HJKMNP-TV-Z]{10}\b").unwrap();
        let seen = self.seen.lock().unwrap().clone();
        let line = match id.find_iter(&seen).last() {
            Some(last) => id.replace_all(&line, last.as_str()).into_owned(),
            None => line,
        };
        self.see(&format!("{question} {line}\n"));
        Ok(line)
    }

    fn ask_secret(&self, question: &str) -> Result<Secret<String>, ConsoleError> {
        panic!("the tour asks {question:?}, which the README does not show")
    }

    fn choose(&self, question: &str, _choices: &[String]) -> Result<usize, ConsoleError> {
        panic!("the tour asks {question:?}, which the README does not show")
    }
}

/// All `console` blocks of the README, one after the other.
fn tour(readme: &str) -> String {
    let mut inside = false;
    let mut tour = String::new();
    for line in readme.lines() {
        match line {
            "```console" => inside = true,
            "```" => inside = false,
            _ if inside => {
                tour.push_str(line);
                tour.push('\n');
            }
            _ => {}
        }
    }
    tour
}

/// Replaces everything that differs between runs.
fn steady(text: &str) -> String {
    let mut text = text.to_owned();
    for (pattern, steady) in [
        (r"SHA256:[A-Za-z0-9+/]{43}", "SHA256:…"),
        (r"\b[0-9a-f]{64}\b", "DIGEST"),
        (r"\b[0-9A-HJKMNP-TV-Z]{10}\b", "ID"),
        (r"\d{4}-\d\d-\d\d \d\d:\d\d UTC", "TIME"),
        (r"127\.0\.0\.1:\d+", "127.0.0.1:PORT"),
        (r"\b(59m|1h) left", "1h left"),
        (r"(just now|\ds ago) *", "just now "),
        // Column widths depend on their content.
        (r"(ASKED|TIME) +", "$1 "),
    ] {
        text = Regex::new(pattern).unwrap().replace_all(&text, steady).into_owned();
    }
    text
}

#[test]
fn the_tour_shows_what_people_see() {
    let readme = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let told = tour(&readme);
    let typed =
        |line: &str| line.strip_prefix("ana$ ").or_else(|| line.strip_prefix("bo$ ")).map(str::to_owned);
    let lines: VecDeque<String> = told.lines().filter_map(typed).collect();
    assert!(lines.len() > 8, "the README has no tour");
    let console = Arc::new(Typist { lines: Mutex::new(lines), seen: Mutex::default() });
    let mut system = System::real();
    system.console = Arc::clone(&console) as Arc<dyn Console>;
    system.zone = jiff::tz::TimeZone::UTC.into();
    system.files.executable = env!("CARGO_BIN_EXE_jit").into();
    let code = jit::run(vec!["demo".into(), "--shell".into()], &system);
    assert_eq!(code, 0);
    let seen = console.seen.lock().unwrap().clone();
    let begin = seen.find("ana$ jit roles").unwrap_or_else(|| panic!("the tour did not begin:\n{seen}"));
    let seen = &seen[begin..];
    assert_eq!(steady(&told), steady(seen), "what people see is:\n{seen}");
}
