//! Lines for people, folded at blanks to the width of their terminal. A command to paste stays in one line, however long.

use unicode_width::UnicodeWidthChar;
use unicode_width::UnicodeWidthStr;

/// The programs whose commands people paste, where no backticks mark them.
const PROGRAMS: [&str; 10] = ["aws", "az", "bao", "curl", "export", "gcloud", "gh", "git", "jit", "kubectl"];

/// Folds each line of a text. A folded line continues below its value if it has a label, else two blanks further in. A line that is
/// itself a command, and one with the mark of other people's text, stay as they are.
pub fn fold(text: &str, columns: usize) -> Vec<String> {
    text.split('\n').flat_map(|line| fold_line(line, columns)).collect()
}

fn fold_line(line: &str, columns: usize) -> Vec<String> {
    // Other people's text was fitted with its mark in each line: `grant::text::marked`.
    let is_marked = line.get(10..12) == Some("| ");
    let indent = line.len() - line.trim_start_matches(' ').len();
    if width(line) <= columns || is_marked || (indent > 1 && is_command(&line[indent..])) {
        return vec![line.to_owned()];
    }
    let mut sheet = Sheet::new(String::new(), hang(line).min(columns / 2), columns);
    words(line).into_iter().for_each(|word| sheet.put(word.blanks, word.text));
    sheet.finish()
}

/// Folds a text after a label, and continues it below its own beginning, so that nobody's text begins a line. A word that is wider
/// than the room for it is broken, unless it is a command.
pub fn hanging(label: &str, text: &str, columns: usize) -> Vec<String> {
    let hang = width(label);
    let room = columns.saturating_sub(hang).max(NARROWEST);
    let mut sheet = Sheet::new(label.to_owned(), hang, hang + room);
    for word in words(text) {
        if word.is_command || width(word.text) <= room {
            sheet.put(word.blanks, word.text);
            continue;
        }
        let mut blanks = word.blanks;
        for piece in broken(word.text, room) {
            sheet.put(blanks, piece);
            blanks = "";
        }
    }
    sheet.finish()
}

/// The narrowest column of text. A narrower window wraps the lines itself.
const NARROWEST: usize = 8;

/// A text in pieces of at most this width, each of one character at least.
fn broken(text: &str, room: usize) -> Vec<&str> {
    let mut pieces = Vec::new();
    let (mut begin, mut used) = (0, 0);
    for (at, character) in text.char_indices() {
        let more = character.width().unwrap_or(0);
        if used + more > room && at > begin {
            pieces.push(&text[begin..at]);
            (begin, used) = (at, 0);
        }
        used += more;
    }
    pieces.push(&text[begin..]);
    pieces
}

/// Lines while they are filled.
struct Sheet {
    lines: Vec<String>,
    current: String,
    is_fresh: bool,
    hang: usize,
    columns: usize,
}

impl Sheet {
    fn new(first: String, hang: usize, columns: usize) -> Self {
        Self { lines: Vec::new(), current: first, is_fresh: true, hang, columns }
    }

    fn put(&mut self, blanks: &str, text: &str) {
        if !self.is_fresh && width(&self.current) + width(blanks) + width(text) > self.columns {
            let next = " ".repeat(self.hang);
            self.lines.push(std::mem::replace(&mut self.current, next));
        } else {
            self.current.push_str(blanks);
        }
        self.current.push_str(text);
        self.is_fresh = false;
    }

    fn finish(mut self) -> Vec<String> {
        self.lines.push(self.current);
        self.lines
    }
}

/// A part of a line that is never broken, and the blanks before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Word<'a> {
    /// The blanks before it.
    pub blanks: &'a str,
    /// A word, or a whole command: what stands between backticks, or follows a colon and begins with a program's name.
    pub text: &'a str,
    /// Whether it is a command to paste.
    pub is_command: bool,
}

/// The words of a line, in order. Blanks at its end belong to none.
pub fn words(line: &str) -> Vec<Word<'_>> {
    let mut words: Vec<Word<'_>> = Vec::new();
    let mut rest = line;
    loop {
        let start = rest.len() - rest.trim_start_matches(' ').len();
        let (blanks, after) = rest.split_at(start);
        if after.is_empty() {
            return words;
        }
        let follows_colon = words.last().is_some_and(|word| word.text.ends_with(':'));
        let is_last = follows_colon && is_command(after);
        let end = if is_last { after.trim_end_matches(' ').len() } else { end_of(after) };
        let (text, later) = after.split_at(end);
        words.push(Word { blanks, text, is_command: is_last || text.contains(' ') });
        rest = later;
    }
}

/// The end of the first word, in bytes. A blank between backticks does not end it.
fn end_of(text: &str) -> usize {
    let mut is_open = false;
    for (at, character) in text.char_indices() {
        match character {
            '`' => is_open = !is_open && text[at + 1..].contains('`'),
            ' ' if !is_open => return at,
            _ => {}
        }
    }
    text.len()
}

fn is_command(text: &str) -> bool {
    text.split_once(' ').is_some_and(|(program, _)| PROGRAMS.contains(&program))
}

/// The column of the value in `  label     value`. Two blanks further in than the line if it has no label.
pub fn hang(line: &str) -> usize {
    let indent = line.chars().take_while(|character| *character == ' ').count();
    let label: usize = line.chars().skip(indent).take_while(|character| *character != ' ').count();
    let gap = line.chars().skip(indent + label).take_while(|character| *character == ' ').count();
    if indent > 0 && gap > 1 { indent + label + gap } else { indent + 2 }
}

/// The columns that a text takes on a terminal, without colour escapes.
pub fn width(text: &str) -> usize {
    if !text.contains('\u{1b}') {
        return text.width();
    }
    let mut plain = String::new();
    let mut in_escape = false;
    for character in text.chars() {
        match character {
            '\u{1b}' => in_escape = true,
            'm' if in_escape => in_escape = false,
            _ if in_escape => {}
            _ => plain.push(character),
        }
    }
    plain.width()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_goes_on_below_its_value_or_further_in() {
        let fold = |text: &str| fold(text, 30).join("\n");
        assert_eq!(
            fold("  opens     role orders-admin in account 42"),
            "  opens     role orders-admin\n            in account 42"
        );
        assert_eq!(
            fold("note: words that people read one by one"),
            "note: words that people read\n  one by one"
        );
        assert_eq!(fold("short\n\n  short  too"), "short\n\n  short  too");
        assert_eq!(
            fold("at https://long.example.com/a/longer/word too"),
            "at\n  https://long.example.com/a/longer/word\n  too"
        );
        assert_eq!(
            fold("\u{1b}[1;31mwarning\u{1b}[0m: twenty-eight wide"),
            "\u{1b}[1;31mwarning\u{1b}[0m: twenty-eight wide"
        );
    }

    #[test]
    fn a_command_is_never_folded() {
        let fold = |text: &str| fold(text, 30).join("\n");
        assert_eq!(
            fold("ask again: `jit end 7F3K`, then `jit request prod-admin --scope notes-read`"),
            "ask again: `jit end 7F3K`,\n  then\n  `jit request prod-admin --scope notes-read`"
        );
        assert_eq!(
            fold("next time: jit request prod-admin --for 30m --reason 'a b'"),
            "next time:\n  jit request prod-admin --for 30m --reason 'a b'"
        );
        let command = "    aws iam update-assume-role-policy --role-name x --policy-document file://t";
        assert_eq!(fold(command), command);
        assert_eq!(
            fold("a lonely ` is no mark of a command at all"),
            "a lonely ` is no mark of a\n  command at all"
        );
        assert_eq!(
            fold("jit ignores a file: it belongs to another user"),
            "jit ignores a file: it belongs\n  to another user"
        );
    }

    #[test]
    fn a_text_goes_on_below_its_own_beginning() {
        let hint = "  hint: ";
        let hang = |text: &str| hanging(hint, text, 24).join("\n");
        assert_eq!(hang("ask eve or fay, or look"), "  hint: ask eve or fay,\n        or look");
        assert_eq!(hang("type `jit wait prod-admin`"), "  hint: type\n        `jit wait prod-admin`");
        assert_eq!(hang("abcdefghijklmnopqrstuvw xyz"), "  hint: abcdefghijklmnop\n        qrstuvw xyz");
        assert_eq!(hang(""), "  hint: ");
        assert_eq!(hanging(hint, "日本日本日本", 1), ["  hint: 日本日本", "        日本"]);
    }

    #[test]
    fn other_peoples_text_keeps_its_mark_in_each_line() {
        let line = "          | more than thirty columns of somebody's reason";
        assert_eq!(fold(line, 30), [line]);
    }
}
