//! The one command that a request is for, so that an approval is of exactly this and of nothing else.
//!
//! The members of the statement are strings (docs/trust.md, "Statements"), so the words of the command and the files are each
//! one canonical JSON text.

mod difference;

use std::collections::BTreeMap;
use std::fmt::Write;

use super::Digest;
pub use difference::Difference;

/// The most words of a command, and the most bytes of all its words.
const MAX_WORDS: usize = 256;
const MAX_COMMAND: usize = 8 << 10;
/// The most files, and the longest path of one and of the folder, in bytes.
const MAX_FILES: usize = 32;
const MAX_PATH: usize = 1 << 10;

/// A command, its program and files by their content, and the commit of the folder in which it runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Purpose {
    /// The program as typed, and its arguments.
    pub command: Vec<String>,
    /// The SHA-256 of the program's file.
    pub program: Digest,
    /// The SHA-256 of each named file's content, by its path as typed.
    pub files: BTreeMap<String, Digest>,
    /// The SHA-256 of the JSON that shows the plan of the command, which the reviewer reads with a client of their own.
    pub plan: Option<Digest>,
    /// The working folder: below the root of its repository (`.` is the root) if that has a commit, else its whole path.
    pub folder: String,
    /// The commit of the repository around the working folder, in hexadecimal. The folder may have changes that are not in it: the
    /// files that matter are named. `None` outside of a repository.
    pub commit: Option<String>,
}

/// Why something is no purpose.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PurposeError {
    /// There is no program, or a word has a NUL, which no program can be given.
    #[error("the command has no program, or a NUL character in a word")]
    Command,
    /// The command is too long.
    #[error(
        "the command has more than {MAX_WORDS} words or {MAX_COMMAND} bytes; put it into a script, and name that with --file"
    )]
    Long,
    /// There are too many files, or a path is empty or too long.
    #[error("at most {MAX_FILES} files may be named, by paths of 1 to {MAX_PATH} bytes")]
    Files,
    /// A plan is shown, and the command may run with another one.
    #[error("a plan belongs to the file that the command applies: name that with --file")]
    Plan,
    /// The folder's path is empty or too long.
    #[error("the path of the working folder has 1 to {MAX_PATH} bytes")]
    Folder,
    /// The commit is none.
    #[error("write a commit as 40 or 64 hexadecimal characters")]
    Commit,
    /// A member is not in its canonical form.
    #[error("write JSON in its canonical form (RFC 8785)")]
    Form,
}

impl Purpose {
    /// The names of the statement's members.
    pub const MEMBERS: [&str; 6] = ["command", "program_sha256", "folder", "files", "commit", "plan_sha256"];

    /// The names and values of the statement's members.
    pub fn members(&self) -> Vec<(&'static str, String)> {
        let [command, program, folder, files, commit, plan] = Self::MEMBERS;
        let mut members = vec![
            (command, canonical(&self.command)),
            (program, self.program.to_string()),
            (folder, self.folder.clone()),
        ];
        if !self.files.is_empty() {
            members.push((files, self.list()));
        }
        members.extend(self.commit.clone().map(|value| (commit, value)));
        members.extend(self.plan.map(|value| (plan, value.to_string())));
        members
    }

    /// Reads the values of the statement's members.
    ///
    /// # Errors
    /// The name of the invalid member, and the reason.
    pub fn read(
        command: &str,
        program: Digest,
        folder: String,
        files: Option<&str>,
        commit: Option<String>,
        plan: Option<Digest>,
    ) -> Result<Self, (&'static str, PurposeError)> {
        let parse = |_| PurposeError::Form;
        let words: Vec<String> = serde_json::from_str(command).map_err(parse).map_err(at(0))?;
        let files_of = |text: &str| serde_json::from_str::<Vec<(String, Digest)>>(text).map_err(parse);
        let parsed = files.map(files_of).transpose().map_err(at(3))?.unwrap_or_default();
        let files_read = parsed.into_iter().collect();
        let purpose = Self { command: words, program, folder, files: files_read, plan, commit };
        purpose.check()?;
        // Bytes that differ would be two digests of one request. This also refuses a path that occurs twice.
        if canonical(&purpose.command) != command {
            return Err(at(0)(PurposeError::Form));
        }
        if files.is_some_and(|files| purpose.files.is_empty() || purpose.list() != files) {
            return Err(at(3)(PurposeError::Form));
        }
        Ok(purpose)
    }

    /// Checks the shape of every part.
    ///
    /// # Errors
    /// The name of the invalid member, and the reason.
    pub fn check(&self) -> Result<(), (&'static str, PurposeError)> {
        if self.command.first().is_none_or(String::is_empty)
            || self.command.iter().any(|word| word.contains('\0'))
        {
            return Err(at(0)(PurposeError::Command));
        }
        let length: usize = self.command.iter().map(String::len).sum();
        if self.command.len() > MAX_WORDS || length > MAX_COMMAND {
            return Err(at(0)(PurposeError::Long));
        }
        let is_path = |path: &String| (1..=MAX_PATH).contains(&path.len()) && !path.contains('\0');
        if !is_path(&self.folder) {
            return Err(at(2)(PurposeError::Folder));
        }
        if self.files.len() > MAX_FILES || !self.files.keys().all(is_path) {
            return Err(at(3)(PurposeError::Files));
        }
        if self.plan.is_some() && self.files.is_empty() {
            return Err(at(5)(PurposeError::Plan));
        }
        let is_commit = |id: &String| {
            matches!(id.len(), 40 | 64) && id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        };
        if !self.commit.iter().all(is_commit) {
            return Err(at(4)(PurposeError::Commit));
        }
        Ok(())
    }

    /// The files as pairs in the order of their paths. An object would have another order for every reader.
    fn list(&self) -> String {
        let pairs: Vec<(&String, &Digest)> = self.files.iter().collect();
        canonical(&pairs)
    }

    /// The command as a line of bash that has only visible ASCII: what looks like another character is seen.
    pub fn line(&self) -> String {
        let words: Vec<String> = self.command.iter().map(|word| shown(word)).collect();
        words.join(" ")
    }

    /// Its facts: the subject in one word, and one line of visible ASCII. The program and each file have their SHA-256.
    pub fn facts(&self) -> Vec<(&'static str, String)> {
        let mut facts = vec![
            ("runs", self.line()),
            ("program", self.program.to_string()),
            ("folder", shown(&self.folder)),
        ];
        let files: Vec<String> =
            self.files.iter().map(|(path, digest)| format!("{} {digest}", shown(path))).collect();
        if !files.is_empty() {
            facts.push(("files", files.join(", ")));
        }
        facts.extend(self.plan.map(|plan| ("plan", plan.to_string())));
        facts.extend(self.commit.clone().map(|commit| ("commit", commit)));
        facts
    }

    /// The folder as a word of bash.
    pub fn folder_word(&self) -> String {
        shown(&self.folder)
    }
}

fn at(member: usize) -> impl Fn(PurposeError) -> (&'static str, PurposeError) {
    move |error| (Purpose::MEMBERS.get(member).copied().unwrap_or_default(), error)
}

fn canonical<T: serde::Serialize>(value: &T) -> String {
    serde_json_canonicalizer::to_string(value).unwrap_or_default()
}

/// A word for bash (its manual, "Quoting"): bare, in single quotes, or with every other character than visible ASCII as an escape
/// in `$'…'`. So is a blank beside another one or at an end: what shows the word may join blanks and cut lines at them.
fn shown(word: &str) -> String {
    let is_bare = |byte: u8| byte.is_ascii_alphanumeric() || b"_-./=:,@%+".contains(&byte);
    if !word.is_empty() && word.bytes().all(is_bare) {
        return word.to_owned();
    }
    let hides_blanks = word.contains("  ") || word.starts_with(' ') || word.ends_with(' ');
    if word.bytes().all(|byte| matches!(byte, b' '..=b'~')) && !word.contains('\'') && !hides_blanks {
        return format!("'{word}'");
    }
    let mut escaped = String::from("$'");
    let mut before = ' ';
    for (at, character) in word.char_indices() {
        let is_last = at + character.len_utf8() == word.len();
        let _ = match character {
            ' ' if before == ' ' || is_last => write!(escaped, "\\x20"),
            '\'' | '\\' => write!(escaped, "\\{character}"),
            ' '..='~' => write!(escaped, "{character}"),
            '\n' => write!(escaped, "\\n"),
            '\t' => write!(escaped, "\\t"),
            other if u32::from(other) > 0xffff => write!(escaped, "\\U{:08x}", u32::from(other)),
            other => write!(escaped, "\\u{:04x}", u32::from(other)),
        };
        before = character;
    }
    escaped.push('\'');
    escaped
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn purpose(command: &[&str]) -> Purpose {
        Purpose {
            command: command.iter().map(|word| (*word).to_owned()).collect(),
            program: Digest::of(b"program"),
            folder: "prod".to_owned(),
            files: BTreeMap::from([("plan.bin".to_owned(), Digest::of(b"plan"))]),
            plan: Some(Digest::of(b"{}")),
            commit: Some("1".repeat(40)),
        }
    }

    fn reread(purpose: &Purpose) -> Result<Purpose, (&'static str, PurposeError)> {
        let members: BTreeMap<&str, String> = purpose.members().into_iter().collect();
        let [command, _, _, files, commit, plan] = Purpose::MEMBERS;
        let of = |name: &str| members.get(name).map(String::as_str);
        Purpose::read(
            of(command).unwrap_or_default(),
            purpose.program,
            purpose.folder.clone(),
            of(files),
            members.get(commit).cloned(),
            of(plan).map(|plan| plan.parse().unwrap()),
        )
    }

    #[test]
    fn a_word_is_shown_so_that_nothing_in_it_hides() {
        for (word, wanted) in [
            ("terraform", "terraform"),
            ("-var=region=eu", "-var=region=eu"),
            ("", "''"),
            ("two words", "'two words'"),
            ("$(id)", "'$(id)'"),
            ("it's", r"$'it\'s'"),
            ("a\\b'", r"$'a\\b\''"),
            ("a\nb\t\u{1b}[2J", r"$'a\nb\t\u001b[2J'"),
            // A Cyrillic letter, a mark that turns the direction, a picture.
            ("terr\u{430}form", r"$'terr\u0430form'"),
            ("a\u{202e}b", r"$'a\u202eb'"),
            ("\u{1f600}", r"$'\U0001f600'"),
        ] {
            assert_eq!(shown(word), wanted);
        }
    }

    #[test]
    fn a_purpose_out_of_shape_is_none() {
        assert_eq!(reread(&purpose(&["true"])), Ok(purpose(&["true"])));
        let error = |purpose: &Purpose| purpose.check().err().map(|(member, _)| member);
        for command in [&[][..], &[""], &["a\0b"], &["a"; 257], &[&"x".repeat(9 << 10)]] {
            assert_eq!(error(&purpose(command)), Some("command"), "{command:?}");
        }
        let of = |commit: &str| Purpose { commit: Some(commit.to_owned()), ..purpose(&["true"]) };
        for commit in ["", "main", &"A".repeat(40), &"1".repeat(41), &format!("{} ", "1".repeat(40))] {
            assert_eq!(error(&of(commit)), Some("commit"), "{commit}");
        }
        assert_eq!(error(&of(&"1".repeat(64))), None);
        let mut many = purpose(&["true"]);
        many.files.extend((0..33).map(|number| (number.to_string(), Digest::of(b""))));
        assert_eq!(error(&many), Some("files"));
        let unbound = Purpose { files: BTreeMap::new(), ..purpose(&["true"]) };
        assert_eq!(error(&unbound), Some("plan_sha256"));
        assert_eq!(error(&Purpose { folder: String::new(), ..purpose(&["true"]) }), Some("folder"));
        assert_eq!(error(&Purpose { plan: None, ..unbound }), None);
        let program = Digest::of(b"program");
        for command in ["true", "[ \"true\"]", "{}", "[1]", "[\"true\"] ", "[\"\\u0061\"]"] {
            assert_eq!(
                Purpose::read(command, program, ".".to_owned(), None, None, None),
                Err(("command", PurposeError::Form))
            );
        }
        let pair = |path: &str| format!("[\"{path}\",\"{program}\"]");
        let (twice, turned) = (format!("[{0},{0}]", pair("a")), format!("[{},{}]", pair("b"), pair("a")));
        for files in ["{}", "[]", &twice, &turned, "[[\"a\",\"00\"]]"] {
            let read = Purpose::read("[\"true\"]", program, ".".to_owned(), Some(files), None, None);
            assert_eq!(read, Err(("files", PurposeError::Form)), "{files}");
        }
    }

    #[test]
    fn what_differs_from_the_agreement_is_named() {
        let agreed = purpose(&["terraform", "apply", "plan.bin"]);
        assert_eq!(agreed.difference(&agreed), None);
        let one = |path: &str| BTreeMap::from([(path.to_owned(), agreed.program)]);
        let says = |change: &dyn Fn(&mut Purpose)| {
            let mut other = agreed.clone();
            change(&mut other);
            agreed.difference(&other).unwrap().into_text()
        };
        assert!(
            says(&|other| other.command[1] = "destroy".to_owned()).contains("terraform destroy plan.bin")
        );
        assert!(
            says(&|other| other.program = Digest::of(b"other")).contains("program terraform has changed")
        );
        assert!(says(&|other| other.files = one("plan.bin")).contains("plan.bin"));
        assert!(says(&|other| other.files.clear()).contains("plan.bin"));
        assert!(says(&|other| other.plan = None).contains("another plan"));
        assert!(says(&|other| other.plan = Some(Digest::of(b"[]"))).contains("another plan"));
        assert!(says(&|other| other.files.extend(one("more"))).contains("the file more is not one"));
        assert!(says(&|other| other.commit = None).contains("no commit"));
        assert_eq!(says(&|other| other.folder = "dev".to_owned()), "the folder is dev, not prod");
    }

    #[test]
    fn blanks_that_a_reader_could_not_count_are_written_out() {
        for (word, written) in [
            ("a b", "'a b'"),
            ("a  b", "$'a \\x20b'"),
            (" a", "$'\\x20a'"),
            ("a ", "$'a\\x20'"),
            (" ", "$'\\x20'"),
            ("   ", "$'\\x20\\x20\\x20'"),
        ] {
            assert_eq!(shown(word), written);
        }
    }

    proptest! {
        #[test]
        fn a_purpose_is_read_as_it_was_written(
            command in proptest::collection::vec("[^\0]{1,12}", 1..6),
            folder in "[^\0]{1,12}",
            files in proptest::collection::btree_map("[^\0]{1,12}", any::<[u8; 32]>(), 0..4),
            plan in any::<Option<[u8; 32]>>(),
        ) {
            let plan = plan.filter(|_| !files.is_empty()).map(Digest::from);
            let files = files.into_iter().map(|(path, bytes)| (path, Digest::from(bytes))).collect();
            let commit = Some("a".repeat(40));
            let purpose = Purpose { command, program: Digest::of(b"x"), folder, files, plan, commit };
            prop_assert_eq!(reread(&purpose), Ok(purpose.clone()));
            prop_assert!(purpose.line().bytes().all(|byte| matches!(byte, b' '..=b'~')));
            prop_assert!(!purpose.line().contains("  "));
            // A shell that reads the line gets the same words, where no escapes are needed.
            if !purpose.line().contains("$'") {
                prop_assert_eq!(shell_words::split(&purpose.line()).unwrap(), purpose.command);
            }
        }
    }
}
