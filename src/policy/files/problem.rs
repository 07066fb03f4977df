//! The problems of a policy, and their positions.

use std::cell::RefCell;
use std::fmt;

use serde::Serialize;

use crate::grant::text::sanitise;

/// One thing that keeps a policy from loading.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Problem {
    /// The file, by its path in the policy's folder with `/`.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// The mistake.
    pub message: String,
    /// How to fix it.
    pub hint: Option<String>,
    /// The line of the file, with a mark under the column, for display on a terminal.
    #[serde(skip)]
    pub excerpt: Option<String>,
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, column, message, hint, .. } = self;
        write!(formatter, "{file}:{line}:{column}: {message}")?;
        match hint {
            Some(hint) => write!(formatter, "\n  hint: {hint}"),
            None => Ok(()),
        }
    }
}

/// Everything that keeps a policy from loading, in the order of files and lines. Never empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problems(pub Vec<Problem>);

impl fmt::Display for Problems {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "\n" };
            write!(formatter, "{separator}{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

/// A line and a column, both from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::policy) struct Position {
    pub(in crate::policy) line: usize,
    pub(in crate::policy) column: usize,
}

impl Position {
    pub(in crate::policy) const START: Self = Self { line: 1, column: 1 };

    /// The line of a byte offset, and a mark under the column. It examines only the shown part of a line, because one
    /// line may be the whole of a long file.
    fn excerpt(self, text: &str, offset: usize) -> Option<String> {
        const WIDTH: usize = 100;
        let whole = text.get(..offset).unwrap_or(text);
        let begins = whole.rfind('\n').map_or(0, |newline| newline + 1);
        let line = text.get(begins..)?.lines().next()?;
        let passed = line.get(..whole.len() - begins).unwrap_or(line);
        let column = self.column.saturating_sub(1);
        let back = if column >= WIDTH { WIDTH / 2 } else { column };
        let start = passed.char_indices().rev().take(back).last().map_or(passed.len(), |(start, _)| start);
        let blank = |character| if character == '\t' { ' ' } else { character };
        let shown: String = line.get(start..)?.chars().take(WIDTH).map(blank).collect();
        let before: String = passed.get(start..)?.chars().map(blank).collect();
        let number = self.line.to_string();
        let margin = " ".repeat(number.len());
        let blanks = " ".repeat(sanitise(&before).chars().count());
        Some(format!("  {number} | {}\n  {margin} | {blanks}^", sanitise(shown.trim_end())))
    }

    /// The position of a byte offset in a text.
    pub(in crate::policy) fn of(text: &str, offset: usize) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
        let column = before.get(line_start..).unwrap_or_default().chars().count() + 1;
        Self { line, column }
    }
}

/// Collects problems while a policy is read, so that all are shown at once.
#[derive(Debug, Default)]
pub(in crate::policy) struct Findings {
    problems: RefCell<Vec<Problem>>,
    left_out: RefCell<usize>,
}

impl Findings {
    /// The most problems kept. Nobody reads more, and finding the line of each takes time.
    const MOST: usize = 256;

    /// Whether no further problem would be shown, so that callers need not build its message.
    pub(in crate::policy) fn is_full(&self) -> bool {
        self.problems.borrow().len() >= Self::MOST
    }

    /// Whether another problem can be added. Counts it as left out if not.
    fn has_room(&self) -> bool {
        let room = !self.is_full();
        if !room {
            *self.left_out.borrow_mut() += 1;
        }
        room
    }

    /// Adds a problem at a byte offset of a text, and shows its line. For a text that may contain a private key, use
    /// [`Findings::add_unseen`].
    pub(in crate::policy) fn add_in(
        &self,
        file: &str,
        text: &str,
        offset: usize,
        message: &str,
        hint: Option<&str>,
    ) {
        if self.has_room() {
            let position = Position::of(text, offset);
            self.push(file, position, message, hint, position.excerpt(text, offset));
        }
    }

    /// As [`Findings::add_in`], but does not show the line, which may contain a secret by mistake.
    pub(in crate::policy) fn add_unseen(
        &self,
        file: &str,
        text: &str,
        offset: usize,
        message: &str,
        hint: Option<&str>,
    ) {
        if self.has_room() {
            self.push(file, Position::of(text, offset), message, hint, None);
        }
    }

    /// Adds a problem at a position, without showing the line.
    pub(in crate::policy) fn add(&self, file: &str, position: Position, message: &str, hint: Option<&str>) {
        if self.has_room() {
            self.push(file, position, message, hint, None);
        }
    }

    fn push(
        &self,
        file: &str,
        position: Position,
        message: &str,
        hint: Option<&str>,
        excerpt: Option<String>,
    ) {
        self.problems.borrow_mut().push(Problem {
            file: sanitise(file),
            line: position.line,
            column: position.column,
            message: sanitise(message),
            hint: hint.map(sanitise),
            excerpt,
        });
    }

    /// Whether there are no problems so far.
    pub(in crate::policy) fn is_empty(&self) -> bool {
        self.problems.borrow().is_empty()
    }

    /// All problems, in order.
    pub(in crate::policy) fn into_problems(self) -> Problems {
        let mut problems = self.problems.into_inner();
        problems.sort();
        problems.dedup();
        let left_out = self.left_out.into_inner();
        if let (true, Some(last)) = (left_out > 0, problems.last().cloned()) {
            let message = format!("there are at least {left_out} more problems");
            problems.push(Problem { message, hint: None, excerpt: None, ..last });
        }
        Problems(problems)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_stands_below_the_place_in_a_long_line_too() {
        for (before, shown_before) in [("", 0), ("\té", 2), ("aé\t".repeat(60).as_str(), 50)] {
            let text = format!("x = 1\n{before}!{}\r\ny = 2", "b".repeat(200));
            let offset = text.find('!').unwrap();
            let excerpt = Position::of(&text, offset).excerpt(&text, offset).unwrap();
            let (line, mark) = excerpt.split_once('\n').unwrap();
            assert!(line.starts_with("  2 | ") && mark.starts_with("    | "), "{excerpt}");
            assert_eq!(line.chars().position(|one| one == '!'), Some(6 + shown_before), "{excerpt}");
            assert_eq!(mark.chars().position(|one| one == '^'), Some(6 + shown_before), "{excerpt}");
            assert_eq!(line.chars().count(), 6 + 100, "{excerpt}");
        }
        let text = "x = 1\n";
        assert_eq!(Position::of(text, text.len()).excerpt(text, text.len()), None);
    }
}
