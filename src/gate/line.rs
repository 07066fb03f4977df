//! Reads a line of a shell as a list of simple commands. It errs on one side: it finds more commands in a line than a shell would run.

/// The words of one command, without quotes.
pub(super) type Simple = Vec<String>;

/// Programs that run a text among their arguments, or their input, as a program. Their quoted words are read as lines too.
const INTERPRETERS: [&str; 35] = [
    "sh",
    "bash",
    "zsh",
    "dash",
    "ash",
    "ksh",
    "mksh",
    "fish",
    "nu",
    "pwsh",
    "powershell",
    "cmd",
    "eval",
    "su",
    "sudo",
    "doas",
    "ssh",
    "xargs",
    "watch",
    "parallel",
    "script",
    "env",
    "find",
    "python",
    "python3",
    "perl",
    "ruby",
    "node",
    "deno",
    "bun",
    "php",
    "docker",
    "podman",
    "nix-shell",
    "tmux",
];
/// Programs that print their last word.
const PRINTERS: [&str; 5] = ["which", "command", "type", "echo", "printf"];
/// The depth to which a line within a line is looked into. Deeper ones are split at every mark.
const DEEPEST: usize = 4;
/// The marks at which a text of any language is split.
const MARKS: [char; 16] = ['\'', '"', '`', '(', ')', '[', ']', '{', '}', ',', ';', '&', '|', '$', '<', '>'];

/// The commands of a line.
pub(super) fn read(line: &str) -> Vec<Simple> {
    let mut found = Vec::new();
    look(line, 0, &mut found);
    found
}

/// The commands of a list of words.
pub(super) fn of_words(words: &[String]) -> Vec<Simple> {
    let mut found = Vec::new();
    let texts: Vec<_> =
        words.iter().cloned().enumerate().filter(|(_, word)| word.contains(char::is_whitespace)).collect();
    take(words.to_vec(), &texts, 0, &mut found);
    found
}

fn look(line: &str, depth: usize, found: &mut Vec<Simple>) {
    if depth > DEEPEST {
        found.push(split(line));
        return;
    }
    let mut reader = Reader::default();
    let mut letters = line.chars().peekable();
    while let Some(letter) = letters.next() {
        reader.read(letter, &mut letters);
    }
    let unfinished =
        reader.single || reader.double || !reader.waiting.is_empty() || !reader.nested.is_empty();
    while !reader.nested.is_empty() {
        reader.close();
    }
    reader.end_command();
    for Command { words, texts } in reader.commands {
        take(words, &texts, depth, found);
    }
    // A shell would refuse this line, or it is another language.
    if unfinished {
        found.push(split(line));
    }
}

/// Takes a command, and what it runs. Leaves out what `jit exec` runs.
fn take(mut words: Vec<String>, texts: &[(usize, String)], depth: usize, found: &mut Vec<Simple>) {
    let end = super::place_of_jit(&words);
    let with_access = end < words.len();
    words.truncate(end);
    let runs = |word: &String| {
        let name = super::program(word);
        INTERPRETERS.contains(&name)
            || name.trim_end_matches(|letter: char| letter.is_ascii_digit() || letter == '.') == "python"
    };
    if words.iter().any(runs) {
        for (_, text) in texts.iter().filter(|(place, _)| !with_access || *place < end) {
            look(text, depth + 1, found);
            found.push(split(text));
        }
    }
    if !words.is_empty() {
        found.push(words);
    }
}

/// The words of a text of any language.
fn split(text: &str) -> Simple {
    let words = text.split(|letter: char| letter.is_whitespace() || MARKS.contains(&letter));
    words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// A command that was read, and its quoted words and inputs with blanks in them, each with its place among the words.
#[derive(Default)]
struct Command {
    words: Vec<String>,
    texts: Vec<(usize, String)>,
}

/// A command that waits for the end of a substitution in it.
struct Outer {
    mark: char,
    double: bool,
    command: Command,
    word: String,
    quoted: bool,
    ends: bool,
}

/// The state between two characters.
#[derive(Default)]
struct Reader {
    commands: Vec<Command>,
    command: Command,
    word: String,
    /// Whether a word has begun, which may be empty: `''`.
    begun: bool,
    quoted: bool,
    single: bool,
    double: bool,
    /// The command around each open `$(` or backtick. It goes on after the substitution.
    nested: Vec<Outer>,
    /// The ends of the here-documents that begin after this line.
    waiting: Vec<String>,
    /// Whether the next word is the end of a here-document.
    ends: bool,
}

impl Reader {
    fn read(&mut self, letter: char, rest: &mut std::iter::Peekable<std::str::Chars<'_>>) {
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
                Some(next) => self.push(next),
            },
            '\'' if !self.double => {
                (self.single, self.begun, self.quoted) = (true, true, true);
            }
            '"' => {
                self.double = !self.double;
                (self.begun, self.quoted) = (true, true);
            }
            '$' if rest.peek() == Some(&'(') => {
                rest.next();
                self.open('(');
            }
            '$' if !self.double && rest.peek() == Some(&'\'') => {
                rest.next();
                self.escapes(rest);
            }
            // bash translates such a text, and reads it like one without the sign.
            '$' if !self.double && rest.peek() == Some(&'"') => {}
            '`' if self.is_within('`') => self.close(),
            '`' => self.open('`'),
            ')' if !self.double && self.is_within('(') => self.close(),
            _ if self.double => self.push(letter),
            '\n' => {
                self.end_command();
                self.skip_documents(rest);
            }
            '&' if rest.peek() == Some(&'>') => self.end_word(),
            ';' | '&' | '|' | '(' | ')' => self.end_command(),
            '<' | '>' if rest.peek() == Some(&'(') => {
                rest.next();
                self.end_word();
                self.open('(');
            }
            '<' => {
                self.end_word();
                rest.next_if_eq(&'&');
                if rest.peek() == Some(&'<') {
                    rest.next();
                    match rest.peek() {
                        // A here-string: the next word is the input.
                        Some('<') => drop(rest.next()),
                        Some('-') => {
                            rest.next();
                            self.ends = true;
                        }
                        _ => self.ends = true,
                    }
                }
            }
            '>' => {
                self.end_word();
                rest.next_if(|next| matches!(next, '&' | '|'));
            }
            '#' if !self.begun => while rest.next_if(|next| *next != '\n').is_some() {},
            _ if letter.is_whitespace() => self.end_word(),
            _ => self.push(letter),
        }
    }

    fn push(&mut self, letter: char) {
        self.begun = true;
        self.word.push(letter);
    }

    fn is_within(&self, mark: char) -> bool {
        self.nested.last().is_some_and(|outer| outer.mark == mark)
    }

    /// Reads `$'…'` after its first quote: bash's escapes (its manual, "ANSI-C Quoting").
    fn escapes(&mut self, rest: &mut std::iter::Peekable<std::str::Chars<'_>>) {
        (self.begun, self.quoted) = (true, true);
        while let Some(letter) = rest.next().filter(|letter| *letter != '\'') {
            if letter != '\\' {
                self.push(letter);
                continue;
            }
            let (radix, most) = match rest.peek() {
                Some('x') => (16, 2),
                Some('u') => (16, 4),
                Some('U') => (16, 8),
                Some('0'..='7') => (8, 3),
                Some('n' | 't' | 'r') => {
                    rest.next();
                    self.push(' ');
                    continue;
                }
                _ => {
                    rest.next().into_iter().for_each(|letter| self.push(letter));
                    continue;
                }
            };
            if radix == 16 {
                rest.next();
            }
            let mut value = 0;
            for _ in 0..most {
                let Some(digit) = rest.next_if(|next| next.is_digit(radix)) else { break };
                value = value * u64::from(radix) + u64::from(digit.to_digit(radix).unwrap_or_default());
            }
            u32::try_from(value)
                .ok()
                .and_then(char::from_u32)
                .into_iter()
                .for_each(|letter| self.push(letter));
        }
    }

    /// A substitution begins: a command of its own.
    fn open(&mut self, mark: char) {
        self.nested.push(Outer {
            mark,
            double: std::mem::take(&mut self.double),
            command: std::mem::take(&mut self.command),
            word: std::mem::take(&mut self.word),
            quoted: std::mem::take(&mut self.quoted),
            ends: std::mem::take(&mut self.ends),
        });
        self.begun = false;
    }

    /// A substitution ends, and the command around it goes on.
    fn close(&mut self) {
        self.end_word();
        // The output of such a command is known: `$(which terraform) apply`.
        let words = &self.command.words;
        let prints = words.first().is_some_and(|first| PRINTERS.contains(&super::program(first)));
        let printed = words.last().filter(|_| prints).cloned().unwrap_or_default();
        self.end_command();
        if let Some(outer) = self.nested.pop() {
            (self.double, self.command, self.word) = (outer.double, outer.command, outer.word);
            (self.quoted, self.ends, self.begun) = (outer.quoted, outer.ends, true);
            self.word.push_str(&printed);
        }
    }

    fn end_word(&mut self) {
        if !std::mem::take(&mut self.begun) {
            return;
        }
        let (word, quoted) = (std::mem::take(&mut self.word), std::mem::take(&mut self.quoted));
        if std::mem::take(&mut self.ends) {
            self.waiting.push(word);
            return;
        }
        if quoted && word.contains(char::is_whitespace) {
            self.command.texts.push((self.command.words.len(), word.clone()));
        }
        self.command.words.push(word);
    }

    fn end_command(&mut self) {
        self.end_word();
        let command = std::mem::take(&mut self.command);
        if !command.words.is_empty() {
            self.commands.push(command);
        }
    }

    /// Takes the here-documents that begin here as the input of the commands before: it may be data, or a program.
    fn skip_documents(&mut self, rest: &mut std::iter::Peekable<std::str::Chars<'_>>) {
        for end in std::mem::take(&mut self.waiting) {
            let mut document = String::new();
            loop {
                let mut line = String::new();
                while let Some(letter) = rest.next_if(|letter| *letter != '\n') {
                    line.push(letter);
                }
                let is_last = rest.next().is_none();
                if line.trim() == end || (is_last && line.is_empty()) {
                    break;
                }
                document.push_str(&line);
                document.push('\n');
                if is_last {
                    break;
                }
            }
            if let Some(command) = self.commands.last_mut() {
                command.texts.push((command.words.len(), document));
            }
        }
    }
}
