//! The figures that the README quotes, each beside what a user would use instead and measured in the same run.
//!
//! `cargo bench --features testing --bench figures` shows all that need no further build; with `-- prompt exec` only these;
//! `-- builds` builds the variants first. docs/figures.md says what each figure means, and what was seen.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a figure stops at the first surprise"
)]
#![expect(clippy::print_stdout, reason = "the figures are what this program is for")]
#![expect(clippy::disallowed_methods, reason = "it starts, feeds and times other programs")]

mod builds;
#[expect(dead_code, reason = "the suites use the rest")]
#[path = "../../tests/hermetic/forge/case.rs"]
mod case;
mod companies;
mod credentials;
mod decisions;
mod endpoint;
mod exec;
mod forge;
mod hook;
#[expect(dead_code, reason = "the suites use the rest")]
#[path = "../../tests/hermetic/forge/hub.rs"]
mod hub;
mod learn;
#[cfg(feature = "mcp")]
mod mcp;
mod measure;
mod mint;
mod notices;
mod passkeys;
mod place;
mod prompt;
mod requests;
#[expect(dead_code, reason = "the suites use the rest")]
#[path = "../../tests/support/mod.rs"]
mod support;

fn main() {
    // Cargo itself adds `--bench`.
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    if words.first().is_some_and(|word| word == exec::INSIDE) {
        return exec::inside();
    }
    let wanted = |name: &str| words.is_empty() || words.iter().any(|word| word == name);
    let known = [
        "builds",
        "prompt",
        "hook",
        "learn",
        "exec",
        "endpoint",
        "requests",
        "notices",
        "decisions",
        "passkeys",
        "companies",
        "forge",
        "mint",
        "size",
    ];
    for word in &words {
        assert!(known.contains(&word.as_str()), "{word} is no figure: use {}", known.join(", "));
    }
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    println!("figures on {cores} cores; read the ratios, the absolute numbers are this machine's");
    // The other figures run within this program.
    let programs = ["builds", "prompt", "hook", "learn", "exec", "size"];
    if programs.into_iter().any(wanted) && std::env::var_os(place::PROGRAM).is_none() {
        builds::dist();
    }
    // Builds take minutes, so they run only when asked for by name.
    if words.iter().any(|word| word == "builds") {
        builds::make();
    }
    if wanted("prompt") {
        prompt::figure();
    }
    if wanted("hook") {
        hook::figure();
    }
    if wanted("learn") {
        learn::figure();
    }
    if wanted("exec") {
        exec::figure();
    }
    if wanted("endpoint") {
        endpoint::figure();
    }
    if wanted("requests") {
        requests::figure();
    }
    if wanted("notices") {
        notices::figure();
    }
    if wanted("decisions") {
        decisions::figure();
    }
    if wanted("passkeys") {
        passkeys::figure();
    }
    if wanted("companies") {
        companies::figure();
    }
    if wanted("forge") {
        forge::figure();
    }
    if wanted("mint") {
        mint::figure();
    }
    if wanted("size") || words.iter().any(|word| word == "builds") {
        builds::figure();
    }
}
