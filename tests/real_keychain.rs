//! A real keychain.
