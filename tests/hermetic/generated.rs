//! Completions and manual pages are generated and committed; here they are held against the program. To write them anew:
//! `cargo test --features testing --test hermetic generated::refresh -- --ignored`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::path::PathBuf;

use jit::cli::CompletionShell;

/// Every generated file by its path from the top, with its expected content.
fn expected() -> BTreeMap<PathBuf, String> {
    let mut files = BTreeMap::new();
    for (shell, name) in [
        (CompletionShell::Bash, "jit.bash"),
        (CompletionShell::Zsh, "_jit"),
        (CompletionShell::Fish, "jit.fish"),
        (CompletionShell::Powershell, "_jit.ps1"),
        (CompletionShell::Nu, "jit.nu"),
        (CompletionShell::Elvish, "jit.elv"),
    ] {
        files.insert(Path::new("completions").join(name), jit::cli::script(shell));
    }
    for (name, text) in jit::cli::pages() {
        files.insert(Path::new("man").join(format!("{name}.1")), text);
    }
    files.insert(PathBuf::from("docs/variables.md"), jit::config::variables_page::documentation());
    files.insert(PathBuf::from("docs/configuration.md"), jit::config::keys::documentation());
    files
}

fn top() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn present() -> Vec<PathBuf> {
    let mut found = Vec::new();
    for folder in ["completions", "man"] {
        let Ok(entries) = fs::read_dir(top().join(folder)) else { continue };
        found.extend(entries.map(|entry| Path::new(folder).join(entry.unwrap().file_name())));
    }
    found.sort();
    found
}

#[test]
fn committed_files_are_fresh() {
    let expected = expected();
    let refresh = "stale: run `cargo test --features testing --test hermetic generated::refresh -- --ignored` and commit what it writes";
    for (path, text) in &expected {
        let committed = fs::read_to_string(top().join(path)).unwrap_or_default();
        assert!(committed == *text, "{} is {refresh}", path.display());
    }
    for path in present() {
        assert!(expected.contains_key(&path), "{} is {refresh}", path.display());
    }
}

#[test]
#[ignore = "writes the files anew"]
fn refresh() {
    let expected = expected();
    for path in present() {
        if !expected.contains_key(&path) {
            fs::remove_file(top().join(path)).unwrap();
        }
    }
    for (path, text) in expected {
        let path = top().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

/// Checks the help: one imperative line without a full stop, and two or three examples at the end of the long form.
#[test]
fn help_is_short_and_ends_with_examples() {
    fn walk(command: &clap::Command, path: &str) {
        if command.is_hide_set() || command.get_name() == "help" {
            return;
        }
        let about = command.get_about().map(ToString::to_string).unwrap_or_default();
        assert!(
            !about.is_empty() && !about.ends_with('.') && about.lines().count() == 1,
            "{path}: {about:?}"
        );
        let examples = command.get_after_long_help().map(ToString::to_string).unwrap_or_default();
        let lines = examples.split("Examples:\n").nth(1).unwrap_or_default();
        // A long example continues in a line with more indentation.
        let begins = |line: &&str| !line.trim().is_empty() && !line.starts_with("      ");
        let count = lines.lines().filter(begins).count();
        assert!((2..=5).contains(&count), "{path} shows {count} examples");
        for argument in command.get_arguments().filter(|argument| !argument.is_hide_set()) {
            let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
            assert!(!help.ends_with('.'), "{path} {}: {help:?}", argument.get_id());
            assert!(!help.is_empty(), "{path} {} has no help", argument.get_id());
        }
        for inner in command.get_subcommands() {
            walk(inner, &format!("{path} {}", inner.get_name()));
        }
    }
    walk(&jit::cli::command(), "jit");
}

/// An example that wraps in a terminal of 80 columns cannot be pasted, and a text that is wrapped by hand is wrapped
/// twice.
#[test]
fn examples_do_not_wrap_and_texts_are_wrapped_by_the_terminal_alone() {
    fn walk(command: &clap::Command, path: &str, wrong: &mut Vec<String>) {
        let whole = command.get_after_long_help().map(ToString::to_string).unwrap_or_default();
        let (text, examples) = whole.split_once("Examples:\n").unwrap_or((&whole, ""));
        for line in examples.lines().filter(|line| line.chars().count() > 80) {
            wrong.push(format!("{path}: an example of {} columns: {line}", line.chars().count()));
        }
        let lines: Vec<&str> = text.lines().collect();
        for pair in lines.windows(2) {
            if let [first, second] = pair
                && [first, second].iter().all(|line| !line.is_empty() && !line.starts_with(' '))
            {
                wrong.push(format!("{path}: wrapped by hand: {first}"));
            }
        }
        for inner in command.get_subcommands() {
            walk(inner, &format!("{path} {}", inner.get_name()), wrong);
        }
    }
    let mut wrong = Vec::new();
    walk(&jit::cli::command(), "jit", &mut wrong);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The first page of help shows the commands in groups, each command once, and so does the manual.
#[test]
fn every_command_is_in_one_group() {
    let mut command = jit::cli::command();
    let help = command.render_long_help().to_string();
    let (_, manual) = jit::cli::pages().into_iter().find(|(name, _)| name == "jit").unwrap();
    for group in ["Use", "Review", "Set up", "Policy", "Run it", "Machines"] {
        assert!(help.contains(&format!("\n{group}:\n")), "{group}: {help}");
        assert!(manual.contains(&format!("\n.SS {group}\n")), "{group}: {manual}");
    }
    for inner in command.get_subcommands().filter(|inner| !inner.is_hide_set() && inner.get_name() != "help")
    {
        let name = inner.get_name();
        let lines = help.lines().filter(|line| {
            line.strip_prefix("  ")
                .and_then(|line| line.strip_prefix(name))
                .is_some_and(|rest| rest.starts_with("  "))
        });
        assert_eq!(lines.count(), 1, "{name} must be in one group of src/cli/groups.rs:\n{help}");
        let entry = format!("jit\\-{}(1)\n", name.replace('-', "\\-"));
        assert_eq!(manual.matches(&entry).count(), 1, "{entry}");
    }
    assert!(help.lines().all(|line| line.chars().count() <= 80), "{help}");
}
