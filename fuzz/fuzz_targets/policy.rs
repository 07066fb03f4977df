//! Feeds the loader of policies. The seeds are a text for each policy: files that begin with a line `=== PATH`.
#![no_main]

#[path = "../../tests/hermetic/policy/loader.rs"]
mod loader;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    loader::load(bytes);
});
