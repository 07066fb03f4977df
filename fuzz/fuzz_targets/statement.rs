//! Feeds the reader of statements: what is read is spelt in exactly one way.
#![no_main]

#[expect(dead_code, reason = "each target takes one reader")]
#[path = "../../tests/hermetic/readers/entry.rs"]
mod entry;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    entry::statement(bytes);
});
