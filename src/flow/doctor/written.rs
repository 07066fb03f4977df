//! The path of `jit` in other files: shells' start files and AWS's config file. Both outlive a version.

use std::collections::BTreeSet;
use std::path::Path;

use super::Finding;
use crate::flow::aws::aws_files;
use crate::grant::text::count;
use crate::system::System;
use crate::system::aws_files::Kind;
use crate::system::aws_files::expand;
use crate::system::aws_files::words;
use crate::system::files;
use crate::system::this_program;

/// Whether the shell's start file loads the hook. This is a guess, because a shell can be set up in many ways.
pub(super) fn hook(system: &System) -> Finding {
    const PART: &str = "prompt";
    let shell = system.environment.get("SHELL").and_then(|path| path.rsplit('/').next()).unwrap_or_default();
    let starts: &[&str] = match shell {
        "bash" => &[".bashrc", ".bash_profile", ".profile"],
        "zsh" => &[".zshrc", ".zprofile"],
        "fish" => &[".config/fish/config.fish", ".config/fish/conf.d/jit.fish"],
        _ => return Finding::note(PART, "your shell is not known; see `jit help init`"),
    };
    let started = |name: &str| {
        let text = files::read(&system.files.home.join(name)).ok().flatten().unwrap_or_default();
        String::from_utf8_lossy(&text).lines().find_map(program_of_hook)
    };
    let Some((name, program)) = starts.iter().find_map(|name| Some((name, started(name)?))) else {
        return Finding::note(PART, format!("{shell} does not show your access")).mend(format!(
            "see `jit help init` for the line to put into ~/{}",
            starts.first().unwrap_or(&"")
        ));
    };
    match stale(system, &program) {
        None => Finding::ok(PART, format!("~/{name} reads the hook")),
        Some(Stale { is_broken, what }) => {
            let found = format!("the hook in ~/{name} starts {program}, {what}");
            let finding = if is_broken { Finding::problem(PART, found) } else { Finding::note(PART, found) };
            finding.mend(format!("write `jit init {shell}` there, without a path"))
        }
    }
}

/// The program from which a line of a start file loads the hook, or that a pasted hook starts.
fn program_of_hook(line: &str) -> Option<String> {
    let line = line.trim_start();
    if line.starts_with('#') {
        return None;
    }
    let ends = |character: char| character.is_whitespace() || "'\"`()|;&=".contains(character);
    if let Some(at) = line.find("jit init") {
        let begin = line[..at].rfind(ends).map_or(0, |before| before + 1);
        return Some(line[begin..at + "jit".len()].to_owned());
    }
    let (_, rest) = line.split_once("__jit_executable")?;
    let rest = rest.trim_start_matches(ends);
    let end = rest.find(ends).unwrap_or(rest.len());
    Some(rest[..end].to_owned()).filter(|program| program.contains('/'))
}

/// Profiles in AWS's config file that call a `jit` that is missing, or that the next upgrade removes.
pub(super) fn profiles(system: &System) -> Vec<Finding> {
    // Another check reports a file that does not load.
    let Ok(read) = aws_files::read(system) else { return Vec::new() };
    let mut programs: BTreeSet<(String, usize)> = BTreeSet::new();
    for settings in read.config.profiles.values() {
        let Some(value) = settings.get("credential_process") else { continue };
        let words = words::split(value.whole()).unwrap_or_default();
        if let [program, command, ..] = words.as_slice()
            && command == "credentials"
            && Path::new(program).file_stem().is_some_and(|name| name == "jit")
        {
            programs.insert((program.clone(), value.line));
        }
    }
    let mut findings: Vec<Finding> = Vec::new();
    let mut seen = BTreeSet::new();
    for (program, line) in &programs {
        if !seen.insert(program) {
            continue;
        }
        let Some(Stale { is_broken, what }) = stale(system, program) else { continue };
        let place = read.place(Kind::Config, *line);
        let with_it = programs.iter().filter(|(other, _)| other == program).count();
        let found = format!("{place}: {} asks {program}, {what}", count(with_it, "profile"));
        let found = if with_it == 1 { found } else { found.replace(" asks ", " ask ") };
        let finding = if is_broken { Finding::problem("aws", found) } else { Finding::note("aws", found) };
        findings.push(finding.mend("`jit setup aws --write` writes the path anew"));
    }
    findings
}

/// A path of `jit` that will not last.
struct Stale {
    /// Whether it is already wrong.
    is_broken: bool,
    what: String,
}

fn stale(system: &System, program: &str) -> Option<Stale> {
    // A name without a folder is looked up in PATH each time.
    if !program.contains(['/', '\\']) {
        return None;
    }
    let path = expand(program, &system.environment, &system.files.home);
    let executable = &system.files.executable;
    let lasting = system.program();
    if path == lasting {
        return None;
    }
    let stale = |is_broken, what: String| Some(Stale { is_broken, what });
    if !path.exists() {
        stale(true, "which is not there".to_owned())
    } else if !this_program::is_same(&path, executable) {
        stale(false, format!("which is another jit than this one ({})", executable.display()))
    } else if path == *executable {
        stale(false, format!("which the next upgrade takes away; {} stays", lasting.display()))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_of_a_hook_is_found_in_its_line() {
        for (line, program) in [
            ("eval \"$(jit init bash)\"", Some("jit")),
            ("  eval \"$(/opt/Cellar/jit/1.2/bin/jit init zsh)\"", Some("/opt/Cellar/jit/1.2/bin/jit")),
            ("~/.asdf/shims/jit init fish | source", Some("~/.asdf/shims/jit")),
            ("__jit_executable='/old/jit'", Some("/old/jit")),
            ("set -g __jit_executable '/old/jit'", Some("/old/jit")),
            ("\"$__jit_executable\" prompt", None),
            ("# jit init bash", None),
            ("echo", None),
        ] {
            assert_eq!(program_of_hook(line).as_deref(), program, "{line}");
        }
    }
}
