//! Builds the program and its variants, and compares their sizes.

use std::path::Path;
use std::process::Command;

use crate::measure::run;
use crate::measure::show;
use crate::measure::timed;
use crate::place;

/// Builds the program with the profile of the packages. Cargo does nothing if that is up to date.
pub fn dist() {
    build("dist", &["build", "--profile", "dist", "--bin", "jit"]);
}

/// Builds the variants beside the program. Dependencies that the variants share are not built again.
pub fn make() {
    build(place::LEAN, &["build", "--profile", "dist", "--bin", "jit", "--no-default-features"]);
    build(
        place::STATIC,
        &["rustc", "--profile", "dist", "--bin", "jit", "--", "-C", "target-feature=+crt-static"],
    );
}

fn build(name: &str, arguments: &[&str]) {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.current_dir(env!("CARGO_MANIFEST_DIR")).args(arguments);
    let taken = timed(|| run(&mut command));
    let variant = place::variant(name);
    std::fs::create_dir_all(variant.parent().unwrap()).unwrap();
    std::fs::copy(place::built(), variant).unwrap();
    println!("builds     {name} in {}", show(taken));
}

pub fn figure() {
    let whole = size(&place::jit()).unwrap();
    let lean = place::variant(place::LEAN);
    match size(&lean) {
        Some(lean) => println!(
            "size       jit {} | without the broker {} | ratio {:.2}",
            show_bytes(whole),
            show_bytes(lean),
            whole as f64 / lean as f64
        ),
        None => println!(
            "size       jit {} | without the broker: not built, cargo bench --features testing --bench figures -- builds",
            show_bytes(whole)
        ),
    }
    if let Some(linked_whole) = size(&place::variant(place::STATIC)) {
        println!("size       jit, static-pie {}", show_bytes(linked_whole));
    }
}

fn size(path: &Path) -> Option<u64> {
    std::fs::metadata(path).ok().map(|metadata| metadata.len())
}

fn show_bytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}
