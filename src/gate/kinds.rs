//! The programs that take a quoted text as data, and those that may run it.
//!
//! The lists err on one side: a program that is on none of them may run any text of its line.

use super::BEFORE_JIT;
use super::program;

/// The use that a command may make of the texts of its line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// It takes texts as data, and hands them to no other command of the line.
    Silent,
    /// It takes texts as data. It may print them, or write them into a file.
    Text,
    /// It may run texts of its own arguments, and no others.
    Own,
    /// It may run any text.
    Other,
}

/// Programs that run a text among their arguments, or their input, as a program. Their quoted words are split at every mark too.
const INTERPRETERS: [&str; 46] = [
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
    "trap",
    "alias",
    "awk",
    "gawk",
    "flock",
    "make",
    "tar",
    "source",
    ".",
    "busybox",
    "expect",
];
/// Programs that take texts as data.
const TEXT: [&str; 83] = [
    "echo",
    "printf",
    "cat",
    "tee",
    "ls",
    "grep",
    "egrep",
    "fgrep",
    "rg",
    "ag",
    "head",
    "tail",
    "wc",
    "sort",
    "uniq",
    "cut",
    "tr",
    "diff",
    "cmp",
    "cd",
    "pushd",
    "popd",
    "pwd",
    "mkdir",
    "rmdir",
    "cp",
    "mv",
    "rm",
    "touch",
    "ln",
    "chmod",
    "chown",
    "stat",
    "file",
    "test",
    "[",
    "[[",
    "]]",
    "true",
    "false",
    ":",
    "which",
    "type",
    "whereis",
    "date",
    "sleep",
    "basename",
    "dirname",
    "realpath",
    "readlink",
    "tree",
    "du",
    "df",
    "jq",
    "yq",
    "bat",
    "column",
    "fold",
    "nl",
    "tac",
    "rev",
    "comm",
    "paste",
    "fmt",
    "seq",
    "whoami",
    "uname",
    "hostname",
    "ps",
    "kill",
    "wait",
    "read",
    "shift",
    "unset",
    "export",
    "local",
    "declare",
    "typeset",
    "readonly",
    "apply_patch",
    "for",
    "select",
    "case",
];
/// Programs that run nothing but their own arguments.
const OWN: [&str; 31] = [
    "git",
    "gh",
    "glab",
    "jj",
    "cargo",
    "npm",
    "pnpm",
    "yarn",
    "go",
    "pip",
    "uv",
    "terraform",
    "tofu",
    "aws",
    "gcloud",
    "az",
    "kubectl",
    "helm",
    "curl",
    "wget",
    "pytest",
    "ruff",
    "black",
    "eslint",
    "prettier",
    "tsc",
    "mvn",
    "gradle",
    "rustfmt",
    "systemctl",
    "sed",
];
/// Words of a shell before a command.
const RESERVED: [&str; 11] =
    ["if", "then", "elif", "else", "while", "until", "do", "!", "{", "time", "coproc"];
/// Words of a shell that end a part of a line.
const ENDS: [&str; 4] = ["fi", "done", "esac", "}"];
/// Programs that run the words after them as one command.
const WRAPPERS: [&str; 11] =
    ["xargs", "sudo", "time", "nohup", "nice", "command", "env", "exec", "builtin", "timeout", "stdbuf"];

/// The use that this command may make of the texts of its line.
pub(super) fn of(words: &[String]) -> Kind {
    if super::place_of_jit(words) < words.len() {
        return Kind::Silent;
    }
    let start = words.iter().position(|word| !RESERVED.contains(&word.as_str()) && !is_assignment(word));
    let Some(words) = start.map(|start| &words[start..]) else { return Kind::Text };
    let name = program(&words[0]);
    let rest = &words[1..];
    if ENDS.contains(&name) {
        return if rest.is_empty() { Kind::Text } else { of(rest) };
    }
    // A program by its path may be one that the line wrote before.
    let by_path =
        words[0].contains(['/', '\\']) && !words[0].starts_with("/usr/") && !words[0].starts_with("/bin/");
    if by_path {
        return Kind::Other;
    }
    match name {
        "git" => of_git(rest),
        "gh" | "glab" if has_verb(rest, &["issue", "pr", "mr", "release", "search"]) => Kind::Silent,
        "jj" if has_verb(rest, &["describe", "commit", "new", "log", "show", "diff", "status"]) => {
            Kind::Silent
        }
        "sed" if is_plain_sed(rest) => Kind::Text,
        "find" => of_find(rest),
        _ if WRAPPERS.contains(&name) => of_wrapped(rest),
        _ if TEXT.contains(&name) => Kind::Text,
        _ if OWN.contains(&name) => Kind::Own,
        _ => Kind::Other,
    }
}

/// Whether a word names a program that runs a text.
pub(super) fn interprets(word: &str) -> bool {
    let name = program(word);
    let stem = name.trim_end_matches(|letter: char| letter.is_ascii_digit() || letter == '.');
    INTERPRETERS.contains(&name) || stem == "python"
}

/// The assignments of a command. A variable may name a program that another one starts (`GIT_PAGER`), or be run as a line (`PS4`).
pub(super) fn assigned(words: &[String]) -> impl Iterator<Item = String> {
    words.iter().filter(|word| is_assignment(word)).cloned()
}

/// Whether a word gives a variable a value.
pub(super) fn is_assignment(word: &str) -> bool {
    let Some((name, _)) = word.split_once('=') else { return false };
    let name = name.trim_end_matches('+').split('[').next().unwrap_or_default();
    !name.is_empty() && name.chars().all(|letter| letter.is_alphanumeric() || letter == '_')
}

/// Whether the words before a `jit` leave the rest of its command to it.
pub(super) fn is_before_jit(words: &[String]) -> bool {
    let known = |word: &String| {
        let is_duration = word.starts_with(|letter: char| letter.is_ascii_digit());
        RESERVED.contains(&word.as_str())
            || BEFORE_JIT.contains(&word.as_str())
            || is_assignment(word)
            || is_duration
    };
    words.iter().all(known)
}

/// Whether a command gives the name `jit` to something else.
pub(super) fn renames_jit(words: &[String]) -> bool {
    let renames = words.iter().any(|word| ["alias", "hash", "function"].contains(&word.as_str()));
    renames && words.iter().any(|word| word.starts_with("jit"))
}

fn has_verb(words: &[String], verbs: &[&str]) -> bool {
    words.first().is_some_and(|verb| verbs.contains(&verb.as_str()))
}

/// git runs programs for some verbs and options, and shells for an alias with `!`.
fn of_git(words: &[String]) -> Kind {
    let mut words = words.iter().map(String::as_str);
    let verb = loop {
        match words.next() {
            Some("-C") => drop(words.next()),
            Some("--no-pager" | "-P") => {}
            verb => break verb,
        }
    };
    let runs = |word: &str| {
        ["-O", "--open-files", "--upload-pack", "--exec", "-x"].iter().any(|option| word.starts_with(option))
    };
    match verb {
        _ if words.any(runs) => Kind::Own,
        Some(
            "commit" | "tag" | "notes" | "add" | "merge" | "revert" | "stash" | "checkout" | "switch"
            | "restore" | "reset" | "rm" | "mv" | "status" | "rev-parse" | "cherry-pick",
        ) => Kind::Silent,
        Some("log" | "show" | "diff" | "grep" | "blame" | "shortlog" | "ls-files" | "branch") => Kind::Text,
        _ => Kind::Own,
    }
}

/// `find` starts what follows `-exec`.
fn of_find(words: &[String]) -> Kind {
    let starts = |word: &String| ["-exec", "-execdir", "-ok", "-okdir"].contains(&word.as_str());
    let mut commands = words.split(starts);
    commands.next();
    if commands.all(|command| !command.is_empty() && of(command) == Kind::Text) {
        Kind::Text
    } else {
        Kind::Other
    }
}

/// The command behind `xargs`, `sudo` and the like, if their options have no values of their own.
fn of_wrapped(words: &[String]) -> Kind {
    let is_option = |word: &String| {
        word.starts_with('-')
            || is_assignment(word)
            || word.starts_with(|letter: char| letter.is_ascii_digit() || letter == '{')
    };
    let command: &[String] =
        words.iter().position(|word| !is_option(word)).map_or(&[], |start| &words[start..]);
    match of(command) {
        Kind::Text if !command.is_empty() => Kind::Text,
        _ => Kind::Other,
    }
}

/// A script of `sed` that replaces or prints, without its command that runs a shell.
fn is_plain_sed(words: &[String]) -> bool {
    let mut scripts = words.iter().filter(|word| !word.starts_with('-'));
    let is_option =
        |word: &String| ["-i", "-n", "-E", "-r", "-e", "-i.bak", "-ne", "-nE"].contains(&word.as_str());
    if !words.iter().filter(|word| word.starts_with('-')).all(is_option)
        || words.iter().filter(|word| *word == "-e").count() > 1
    {
        return false;
    }
    let Some(script) = scripts.next() else { return false };
    let replaces = || {
        let mut letters = script.strip_prefix('s')?.chars();
        let mark = letters.next().filter(|mark| !mark.is_alphanumeric() && *mark != '\\')?;
        let parts: Vec<&str> = letters.as_str().split(mark).collect();
        let [pattern, with, flags] = parts.as_slice() else { return None };
        let is_plain = !pattern.contains(['\\', '\n']) && !with.contains(['\\', '\n']);
        (is_plain && flags.chars().all(|flag| "gIip0123456789".contains(flag))).then_some(())
    };
    let prints = || {
        let (pattern, verb) = script.strip_prefix('/')?.rsplit_once('/')?;
        (!pattern.contains(['/', '\\', '\n']) && ["p", "d"].contains(&verb)).then_some(())
    };
    replaces().or_else(prints).is_some()
}
