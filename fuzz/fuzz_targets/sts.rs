//! Feeds the reader of answers of an STS, its status in the first line.
#![no_main]

#[expect(dead_code, reason = "each target takes one reader")]
#[path = "../../tests/hermetic/readers/entry.rs"]
mod entry;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    entry::sts(bytes);
});
