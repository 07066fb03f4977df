//! Here-documents: which command each belongs to, where it ends, and the commands that its text runs.

use std::iter::Peekable;
use std::str::Chars;

use super::Command;
use super::Reader;

/// A here-document that begins after this line.
pub(super) struct Waiting {
    /// The number of its command.
    pub(super) command: usize,
    /// The line that ends it.
    pub(super) end: String,
    /// Whether its text is taken as it stands.
    pub(super) quoted: bool,
    /// Whether tabs before its lines do not count.
    pub(super) tabs: bool,
}

impl Reader {
    /// Gives the here-documents that begin here to their commands: each may be data, or a program.
    pub(super) fn read_documents(&mut self, rest: &mut Peekable<Chars<'_>>) {
        for waiting in std::mem::take(&mut self.waiting) {
            let document = self.document(&waiting, rest);
            if !waiting.quoted {
                self.substitutions(&document);
            }
            let is_its = |command: &&mut Command| command.number == waiting.command;
            match self.commands.iter_mut().rev().take(64).find(is_its) {
                Some(command) => command.texts.push(document),
                // Its command goes on after this line.
                None => self.strange = true,
            }
        }
    }

    fn document(&mut self, waiting: &Waiting, rest: &mut Peekable<Chars<'_>>) -> String {
        let mut document = String::new();
        loop {
            let mut line = String::new();
            while let Some(letter) = rest.next_if(|letter| *letter != '\n') {
                line.push(letter);
            }
            let is_last = rest.next().is_none();
            let own = if waiting.tabs { line.trim_start_matches('\t') } else { &line };
            if own == waiting.end {
                return document;
            }
            // Shells differ about such ends.
            self.strange |= line.trim() == waiting.end || (!waiting.quoted && line.ends_with('\\'));
            document.push_str(&line);
            document.push('\n');
            if is_last {
                self.strange = true;
                return document;
            }
        }
    }

    /// Reads the substitutions in a text, in which quotes are letters.
    fn substitutions(&mut self, document: &str) {
        let mut reader = Reader {
            depth: self.depth + 1,
            text: true,
            double: true,
            count: self.count,
            ..Reader::default()
        };
        reader.begin_command(false);
        let mut letters = document.chars().peekable();
        while let Some(letter) = letters.next() {
            reader.read(letter, &mut letters);
        }
        let unfinished = !reader.nested.is_empty();
        while !reader.nested.is_empty() {
            reader.close();
        }
        self.strange |= unfinished || reader.strange;
        self.count = reader.count;
        // The text itself is no command.
        self.commands.append(&mut reader.commands);
    }
}
