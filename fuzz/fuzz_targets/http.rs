//! Feeds the reader of JSON bodies of brokers and of GitHub.
#![no_main]

#[expect(dead_code, reason = "each target takes one reader")]
#[path = "../../tests/hermetic/readers/entry.rs"]
mod entry;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    entry::http(bytes);
});
