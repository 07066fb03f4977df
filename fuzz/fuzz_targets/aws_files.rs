//! Feeds the reader of AWS's own files, and jit's block in one.
#![no_main]

#[expect(dead_code, reason = "each target takes one reader")]
#[path = "../../tests/hermetic/readers/entry.rs"]
mod entry;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    entry::aws_config(bytes);
});
