//! How an authority is named, in settings, in the index and in statements. The one place that knows the form of the names.

use std::fmt;

/// The prefix of the name of a repository on GitHub.
const GITHUB: &str = "github:";

/// An authority by its name. Reading a name checks nothing of what it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthorityAddress<'a> {
    /// A broker: its address, like `https://jit.example.com`.
    Broker(&'a str),
    /// A repository on GitHub: `owner/name` in settings, its numeric id in statements and in the index.
    GitHub(&'a str),
}

impl<'a> AuthorityAddress<'a> {
    /// Reads a name. Anything that does not begin like a repository's is taken for a broker's address.
    pub fn of(name: &'a str) -> Self {
        name.strip_prefix(GITHUB).map_or(Self::Broker(name), Self::GitHub)
    }

    /// The repository on GitHub; `None` for a broker.
    pub fn repository(self) -> Option<&'a str> {
        match self {
            Self::GitHub(repository) => Some(repository),
            Self::Broker(_) => None,
        }
    }

    /// Whether it is a repository on GitHub.
    pub fn is_github(self) -> bool {
        self.repository().is_some()
    }
}

impl fmt::Display for AuthorityAddress<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Broker(address) => formatter.write_str(address),
            Self::GitHub(repository) => write!(formatter, "{GITHUB}{repository}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_written_as_it_was_read() {
        for name in
            ["https://jit.example.com", "http://127.0.0.1:8765", "github:acme/access", "github:42", ""]
        {
            assert_eq!(AuthorityAddress::of(name).to_string(), name);
        }
        assert_eq!(AuthorityAddress::of("github:acme/access").repository(), Some("acme/access"));
        // Only the very beginning counts.
        for broker in ["https://github:42@evil.example", "Github:42", " github:42"] {
            assert!(!AuthorityAddress::of(broker).is_github(), "{broker}");
        }
    }
}
