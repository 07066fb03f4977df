//! Feeds the reader of what git prints: trees and blobs.
#![no_main]

#[expect(dead_code, reason = "each target takes one reader")]
#[path = "../../tests/hermetic/readers/entry.rs"]
mod entry;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    entry::git(bytes);
});
