//! Reads a line of a shell as a list of simple commands. It errs on one side: it finds more commands in a line than a shell would run.
//!
//! Where it cannot follow a shell for sure, and where a program may run a text, the whole text goes to the coarse look besides; see
//! [`super::coarse`].

use std::iter::Peekable;
use std::str::Chars;

use super::kinds;
use super::kinds::Kind;
use documents::Waiting;
use nested::Outer;

pub(super) mod ansi;
mod documents;
mod nested;

/// The words of one command, without quotes.
pub(super) type Simple = Vec<String>;

/// The depth to which a line within a line is looked into. Deeper ones are split at every mark.
const DEEPEST: usize = 4;
/// The marks at which a text of any language is split.
const MARKS: [char; 16] = ['\'', '"', '`', '(', ')', '[', ']', '{', '}', ',', ';', '&', '|', '$', '<', '>'];

/// A line as it was read.
#[derive(Default)]
pub(super) struct Reading {
    /// Its commands.
    pub(super) commands: Vec<Simple>,
    /// Its texts that may be run in a way that was not read.
    pub(super) sentences: Vec<String>,
}

/// The commands of a line.
pub(super) fn read(line: &str) -> Reading {
    let mut found = Reading::default();
    look(line, 0, &mut found);
    found
}

/// The commands of a list of words.
pub(super) fn of_words(words: &[String]) -> Reading {
    let mut found = Reading::default();
    let command = Command { words: words.to_vec(), ..Command::default() };
    take(vec![command], "", true, 0, &mut found);
    found
}

fn look(line: &str, depth: usize, found: &mut Reading) {
    if depth > DEEPEST {
        found.commands.push(split(line));
        found.sentences.push(line.to_owned());
        return;
    }
    let mut reader = Reader::default();
    reader.read_all(line);
    // A shell would refuse an unfinished line, or it is another language.
    if reader.unfinished {
        found.commands.push(split(line));
    }
    let strange = reader.strange || reader.unfinished;
    if strange {
        found.sentences.push(line.to_owned());
    }
    take(reader.commands, line, strange, depth, found);
}

/// Takes the commands of a line, and the texts that they run. Leaves out the command that `jit exec` runs.
fn take(commands: Vec<Command>, line: &str, strange: bool, depth: usize, found: &mut Reading) {
    let piped = commands.iter().any(|command| command.piped);
    let kinds: Vec<Kind> = commands.iter().map(|command| kinds::of(&command.words)).collect();
    let unknown = kinds.iter().any(|kind| *kind == Kind::Other || (piped && *kind == Kind::Own));
    let renamed = commands.iter().any(|command| kinds::renames_jit(&command.words));
    let silent = kinds.contains(&Kind::Silent) && !renamed;
    if unknown && !silent && !strange {
        found.sentences.push(line.to_owned());
    }
    let mut whole = String::new();
    for (mut command, kind) in commands.into_iter().zip(kinds) {
        let end = super::place_of_jit(&command.words);
        let with_access = end < command.words.len();
        found.sentences.extend(kinds::assigned(&command.words[..end]));
        if !with_access && kind != Kind::Silent {
            let own = format!("{}\n{}\n", command.words.join(" "), command.texts.join("\n"));
            if unknown {
                whole.push_str(&own);
                let is_line = |text: &&String| {
                    let marks = |letter: char| letter.is_whitespace() || MARKS.contains(&letter);
                    text.contains(marks) && text.contains(char::is_alphanumeric) && *text != line
                };
                let texts = command.words.iter().chain(&command.texts).filter(is_line);
                let splits = command.words.iter().any(|word| kinds::interprets(word));
                for text in texts {
                    look(text, depth + 1, found);
                    if splits {
                        found.commands.push(split(text));
                    }
                }
            } else if kind == Kind::Own {
                found.sentences.push(own);
            }
        }
        command.words.truncate(end);
        if !command.words.is_empty() {
            found.commands.push(command.words);
        }
    }
    if unknown {
        found.sentences.push(whole);
    }
}

/// The words of a text of any language.
fn split(text: &str) -> Simple {
    let words = text.split(|letter: char| letter.is_whitespace() || MARKS.contains(&letter));
    words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// A command that was read.
#[derive(Default)]
struct Command {
    words: Vec<String>,
    /// Its here-documents.
    texts: Vec<String>,
    /// Its number in the line.
    number: usize,
    /// Whether it follows a `|`.
    piped: bool,
}

/// The state between two characters.
#[derive(Default)]
struct Reader {
    commands: Vec<Command>,
    command: Command,
    word: String,
    /// Whether a word has begun, which may be empty: `''`.
    begun: bool,
    /// Whether a part of the word is quoted or escaped.
    quoted: bool,
    single: bool,
    double: bool,
    /// Whether a quote is a letter, as in a here-document.
    text: bool,
    /// The command around each open `$(`. It goes on after the substitution.
    nested: Vec<Outer>,
    /// How many parentheses are open within the last `$(`.
    parentheses: usize,
    /// The here-documents that begin after this line.
    waiting: Vec<Waiting>,
    /// Whether the next word is the end of a here-document, and whether tabs before it do not count.
    ends: Option<bool>,
    /// Whether an arithmetic expression has begun, in which `<<` is no here-document.
    arithmetic: bool,
    /// How many commands have begun.
    count: usize,
    /// How many backticks are around this.
    depth: usize,
    /// Whether a shell may read the line otherwise.
    strange: bool,
    /// Whether the end of a quote, a substitution or a here-document is missing.
    unfinished: bool,
}

impl Reader {
    fn read_all(&mut self, line: &str) {
        let mut letters = line.chars().peekable();
        while let Some(letter) = letters.next() {
            self.read(letter, &mut letters);
        }
        self.unfinished |= self.single || (self.double && !self.text) || !self.nested.is_empty();
        while !self.nested.is_empty() {
            self.close();
        }
        self.end_command(false);
        self.unfinished |= !self.waiting.is_empty();
    }

    fn read(&mut self, letter: char, rest: &mut Peekable<Chars<'_>>) {
        if self.single {
            if letter == '\'' {
                self.single = false;
            } else {
                self.word.push(letter);
            }
            return;
        }
        match letter {
            '\\' => match rest.next() {
                Some('\n') | None => {}
                Some(next) => {
                    self.quoted = true;
                    self.push(next);
                }
            },
            '\'' if !self.double => {
                (self.single, self.begun, self.quoted) = (true, true, true);
            }
            '"' if !self.text => {
                self.double = !self.double;
                (self.begun, self.quoted) = (true, true);
            }
            '$' if rest.peek() == Some(&'(') => {
                rest.next();
                self.arithmetic |= rest.peek() == Some(&'(');
                self.open();
            }
            '$' if !self.double && rest.peek() == Some(&'\'') => {
                rest.next();
                self.escapes(rest);
            }
            // bash translates such a text, and reads it like one without the sign.
            '$' if !self.double && rest.peek() == Some(&'"') => {}
            '$' if rest.peek() == Some(&'{') => {
                self.push(letter);
                self.check_parameter(rest);
            }
            '`' => self.backticks(rest),
            ')' if !self.double && self.parentheses > 0 => {
                self.parentheses -= 1;
                self.end_command(false);
            }
            ')' if !self.double && !self.nested.is_empty() => self.close(),
            _ if self.double => self.push(letter),
            '\n' => {
                self.end_command(false);
                self.read_documents(rest);
            }
            '&' if rest.peek() == Some(&'>') => self.end_word(),
            '(' => {
                self.arithmetic |= rest.peek() == Some(&'(');
                // A function, or a glob with parentheses.
                let array = self.word.ends_with('=');
                self.strange |=
                    (self.begun && !array) || rest.clone().find(|next| !next.is_whitespace()) == Some(')');
                self.parentheses += 1;
                self.end_command(false);
            }
            '|' => {
                rest.next_if_eq(&'&');
                let piped = rest.next_if_eq(&'|').is_none();
                self.end_command(piped);
            }
            ';' | '&' | ')' => self.end_command(false),
            '<' | '>' if rest.peek() == Some(&'(') => {
                rest.next();
                self.end_word();
                self.open();
            }
            '<' => self.input(rest),
            '>' => {
                self.end_word();
                rest.next_if(|next| matches!(next, '&' | '|'));
            }
            '#' if !self.begun => while rest.next_if(|next| *next != '\n').is_some() {},
            _ if letter.is_whitespace() => self.end_word(),
            _ => {
                self.arithmetic |= letter == '[' && self.begun;
                self.push(letter);
            }
        }
    }

    fn push(&mut self, letter: char) {
        self.begun = true;
        self.word.push(letter);
    }

    /// Reads an input after its first `<`.
    fn input(&mut self, rest: &mut Peekable<Chars<'_>>) {
        self.end_word();
        rest.next_if_eq(&'&');
        if rest.next_if_eq(&'<').is_none() {
            return;
        }
        // A here-string: the next word is the input.
        if rest.next_if_eq(&'<').is_some() {
            return;
        }
        // In arithmetic it is a shift, and the next lines are no document. They are read as commands.
        if self.arithmetic {
            self.strange = true;
            return;
        }
        self.ends = Some(rest.next_if_eq(&'-').is_some());
    }

    /// An expansion with an operator may stand for the text in it (`${x:-terraform}`), and shells read quotes and marks in it in their
    /// own ways.
    fn check_parameter(&mut self, rest: &Peekable<Chars<'_>>) {
        let is_plain = |letter: &char| letter.is_ascii_alphanumeric() || "_@*!?#".contains(*letter);
        let after = rest.clone().skip(1).take(64).find(|letter| !is_plain(letter));
        self.strange |= after != Some('}');
    }

    fn end_word(&mut self) {
        if !std::mem::take(&mut self.begun) {
            return;
        }
        let (word, quoted) = (std::mem::take(&mut self.word), std::mem::take(&mut self.quoted));
        if let Some(tabs) = self.ends.take() {
            // Only a hostile line has so many.
            self.strange |= word.contains(['$', '`']) || self.waiting.len() > 64;
            if self.waiting.len() > 64 {
                return;
            }
            self.waiting.push(Waiting { command: self.command.number, end: word, quoted, tabs });
            return;
        }
        // The patterns of `case` end at a parenthesis that closes nothing.
        self.strange |= matches!(word.as_str(), "case" | "function");
        self.command.words.push(word);
    }

    fn end_command(&mut self, piped: bool) {
        self.end_word();
        let command = std::mem::take(&mut self.command);
        let is_waited_for = self.waiting.iter().any(|waiting| waiting.command == command.number);
        if command.words.is_empty() && !is_waited_for {
            self.begin_command(piped || command.piped);
        } else {
            self.commands.push(command);
            self.begin_command(piped);
        }
    }

    fn begin_command(&mut self, piped: bool) {
        self.count += 1;
        self.command = Command { number: self.count, piped, ..Command::default() };
    }
}
