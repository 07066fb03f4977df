//! The parts of a line that a shell reads by other rules: substitutions, and texts with escapes.

use std::iter::Peekable;
use std::str::Chars;

use super::Command;
use super::DEEPEST;
use super::Reader;
use super::ansi;
use super::split;

/// Programs that print their last word.
const PRINTERS: [&str; 5] = ["which", "command", "type", "echo", "printf"];

/// A command that waits for the end of a substitution in it.
pub(super) struct Outer {
    double: bool,
    text: bool,
    command: Command,
    word: String,
    quoted: bool,
    ends: Option<bool>,
    parentheses: usize,
}

impl Reader {
    /// Reads `$'…'` after its first quote.
    pub(super) fn escapes(&mut self, rest: &mut Peekable<Chars<'_>>) {
        (self.begun, self.quoted) = (true, true);
        let mut ended = false;
        loop {
            let letter = match rest.next() {
                None => {
                    self.unfinished = true;
                    return;
                }
                Some('\'') => return,
                Some('\\') => match ansi::escape(rest) {
                    Some(ansi::Escape::Letter(letter)) => letter,
                    Some(ansi::Escape::End) => {
                        ended = true;
                        continue;
                    }
                    None => continue,
                },
                Some(letter) => letter,
            };
            if !ended {
                self.push(letter);
            }
        }
    }

    /// Reads a substitution after its first backtick. Within, a backslash before a backtick belongs to the inner substitution.
    pub(super) fn backticks(&mut self, rest: &mut Peekable<Chars<'_>>) {
        let mut line = String::new();
        loop {
            match rest.next() {
                None => {
                    self.unfinished = true;
                    break;
                }
                Some('`') => break,
                Some('\\') => match rest.next() {
                    Some(letter @ ('`' | '\\' | '$')) => line.push(letter),
                    Some('"') if self.double => line.push('"'),
                    Some(letter) => line.extend(['\\', letter]),
                    None => {}
                },
                Some(letter) => line.push(letter),
            }
        }
        self.begun = true;
        if self.depth >= DEEPEST {
            self.strange = true;
            self.commands.push(Command { words: split(&line), number: usize::MAX, ..Command::default() });
            return;
        }
        let mut inner = Reader { depth: self.depth + 1, count: self.count, ..Reader::default() };
        inner.begin_command(false);
        inner.read_all(&line);
        self.count = inner.count;
        self.strange |= inner.strange;
        self.unfinished |= inner.unfinished;
        let printed = inner.commands.last().map(|command| printed(&command.words)).unwrap_or_default();
        self.commands.append(&mut inner.commands);
        self.word.push_str(&printed);
    }

    /// A substitution begins: a command of its own.
    pub(super) fn open(&mut self) {
        self.nested.push(Outer {
            double: std::mem::take(&mut self.double),
            text: std::mem::take(&mut self.text),
            command: std::mem::take(&mut self.command),
            word: std::mem::take(&mut self.word),
            quoted: std::mem::take(&mut self.quoted),
            ends: std::mem::take(&mut self.ends),
            parentheses: std::mem::take(&mut self.parentheses),
        });
        self.begun = false;
        self.begin_command(false);
    }

    /// A substitution ends, and the command around it goes on.
    pub(super) fn close(&mut self) {
        self.end_word();
        let printed = printed(&self.command.words);
        self.end_command(false);
        self.strange |= !self.waiting.is_empty();
        if let Some(outer) = self.nested.pop() {
            (self.double, self.text, self.command) = (outer.double, outer.text, outer.command);
            (self.word, self.quoted, self.ends) = (outer.word, outer.quoted, outer.ends);
            (self.parentheses, self.begun) = (outer.parentheses, true);
            self.word.push_str(&printed);
        }
    }
}

/// The output of a command: `$(which terraform) apply`. Braces, which stand for anything, if it is unknown.
fn printed(words: &[String]) -> String {
    let prints = words.first().is_some_and(|first| PRINTERS.contains(&crate::gate::program(first)));
    words.last().filter(|_| prints).cloned().unwrap_or_else(|| "{}".to_owned())
}
