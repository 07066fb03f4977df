//! Values that must never be printed, and sealing them to one recipient.
//!
//! Uses no other module. Invariant: a [`Secret`] has no `Display`, a redacted `Debug`, and is zeroed on drop.

pub mod filter;
pub mod seal;
pub mod sealed_box;

use std::fmt;

use serde::Deserialize;
use serde::Deserializer;
use zeroize::Zeroize;
use zeroize::Zeroizing;

/// A value that cannot be printed by accident. Reading it takes an explicit [`Secret::expose`].
#[derive(Clone, PartialEq, Eq)]
pub struct Secret<T: Zeroize>(Zeroizing<T>);

impl<T: Zeroize> Secret<T> {
    /// Takes ownership of a sensitive value.
    pub fn new(value: T) -> Self {
        Self(Zeroizing::new(value))
    }

    /// Gives access to the value. Reviewers should check every call.
    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl<T: Zeroize> fmt::Debug for Secret<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("[secret]")
    }
}

impl From<&str> for Secret<String> {
    fn from(value: &str) -> Self {
        Self::new(value.to_owned())
    }
}

impl<'de, T: Zeroize + Deserialize<'de>> Deserialize<'de> for Secret<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Self::new)
    }
}

#[cfg(test)]
mod tests {
    use super::Secret;

    #[test]
    fn debug_shows_nothing() {
        assert_eq!(format!("{:?}", Secret::from("hunter2")), "[secret]");
    }
}
