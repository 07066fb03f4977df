//! Feeds the reader of passkeys' registrations: what is taken becomes a line for this broker.
#![no_main]

#[expect(dead_code, reason = "each target takes one reader")]
#[path = "../../tests/hermetic/readers/entry.rs"]
mod entry;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    entry::registration(bytes);
});
