//! Feeds the verifier of passkeys' signatures: one that holds is a touch, at its own broker only.
#![no_main]

#[expect(dead_code, reason = "each target takes one reader")]
#[path = "../../tests/hermetic/readers/entry.rs"]
mod entry;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    entry::passkey(bytes);
});
