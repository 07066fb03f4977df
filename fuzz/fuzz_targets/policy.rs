//! Fuzzes the loader of policies. Each seed is the text of one policy: files that begin with a line `=== PATH`.
#![no_main]

#[path = "../../tests/hermetic/policy/loader.rs"]
mod loader;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    loader::load(bytes);
});
