//! Sets `JIT_VERSION`: the version, with the commit where it is known. `JIT_COMMIT` names the commit; without it, an
//! optimised build in a git checkout asks git. A debug build does not, so that a commit does not rebuild everything.
//! `JIT_REPOSITORY` names the repository on GitHub whose releases publish the build.
#![expect(clippy::disallowed_methods, reason = "a build script has no other world than the process's own")]

use std::process::Command;

fn main() {
    println!("cargo:rerun-if-env-changed=JIT_COMMIT");
    println!("cargo:rerun-if-env-changed=JIT_REPOSITORY");
    println!("cargo:rerun-if-changed=src/build.rs");
    let version = std::env::var("CARGO_PKG_VERSION").unwrap_or_default();
    let named = std::env::var("JIT_COMMIT").ok().filter(|commit| !commit.is_empty());
    let is_optimised = std::env::var("PROFILE").is_ok_and(|profile| profile == "release");
    let commit = named.or_else(|| if is_optimised { checked_out() } else { None });
    let hex = |commit: &String| commit.len() >= 7 && commit.chars().all(|digit| digit.is_ascii_hexdigit());
    println!("cargo:rustc-env=JIT_TARGET={}", std::env::var("TARGET").unwrap_or_default());
    if let Some(repository) =
        std::env::var("JIT_REPOSITORY").ok().filter(|repository| is_repository(repository))
    {
        println!("cargo:rustc-env=JIT_PUBLISHED_BY={repository}");
    }
    match commit.filter(hex) {
        Some(commit) => {
            let short: String = commit.chars().take(12).collect();
            println!("cargo:rustc-env=JIT_VERSION={version} ({short})");
            println!("cargo:rustc-env=JIT_BUILT_FROM={commit}");
        }
        None => println!("cargo:rustc-env=JIT_VERSION={version}"),
    }
}

/// OWNER/NAME, of the characters that GitHub takes.
fn is_repository(text: &str) -> bool {
    let is_name = |part: &str| {
        !part.is_empty()
            && part.chars().all(|one| one.is_ascii_alphanumeric() || ['-', '_', '.'].contains(&one))
    };
    text.split_once('/').is_some_and(|(owner, name)| is_name(owner) && is_name(name))
}

/// The commit of this checkout, if this folder is the top of one. Cargo runs the script again when another is checked out.
fn checked_out() -> Option<String> {
    let top = git(&["rev-parse", "--show-toplevel"])?;
    let here = std::env::var("CARGO_MANIFEST_DIR").ok()?;
    if std::fs::canonicalize(top).ok()? != std::fs::canonicalize(here).ok()? {
        return None;
    }
    let commit = git(&["rev-parse", "HEAD"])?;
    let branch = git(&["symbolic-ref", "--quiet", "HEAD"]);
    let moved_by = [Some("HEAD".to_owned()), branch, Some("packed-refs".to_owned())];
    for path in moved_by.into_iter().flatten().filter_map(|name| git(&["rev-parse", "--git-path", &name])) {
        // Cargo runs the script each time when a file that it names is missing.
        if std::fs::exists(&path).unwrap_or_default() {
            println!("cargo:rerun-if-changed={path}");
        }
    }
    Some(commit)
}

fn git(arguments: &[&str]) -> Option<String> {
    let output =
        Command::new("git").args(arguments).output().ok().filter(|output| output.status.success())?;
    String::from_utf8(output.stdout).ok().map(|text| text.trim().to_owned())
}
