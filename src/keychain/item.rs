//! The names of the keychain's items: one for a session, and one for each grant's credentials, updated in place.

use std::fmt;

use crate::grant::Name;
use crate::grant::RequestId;

/// The subject of an item in the keychain. Its text is the item's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// The session token for one broker, by its URL.
    Session(String),
    /// The key of a sign-in at an identity provider, by the broker's URL.
    SessionKey(String),
    /// The refresh token of an identity provider, by the broker's URL.
    Refresh(String),
    /// The key of an agent. The names of an agent's items begin with the agent's.
    AgentKey,
    /// The one-use private key of a request.
    Recipient(RequestId),
    /// The newest credentials of a grant.
    Lease(RequestId),
    /// The newest credentials of a direct role.
    Direct(Name),
}

impl fmt::Display for Item {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Session(authority) => write!(formatter, "session:{authority}"),
            Self::SessionKey(authority) => write!(formatter, "session-key:{authority}"),
            Self::Refresh(authority) => write!(formatter, "refresh:{authority}"),
            Self::AgentKey => formatter.write_str("agent-key"),
            Self::Recipient(request) => write!(formatter, "recipient:{request}"),
            Self::Lease(request) => write!(formatter, "lease:{request}"),
            Self::Direct(name) => write!(formatter, "direct:{name}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_items_apart() {
        let request: RequestId = "7F3KQ2M8ZD".parse().unwrap();
        assert_eq!(Item::Lease(request.clone()).to_string(), "lease:7F3KQ2M8ZD");
        assert_eq!(Item::Recipient(request).to_string(), "recipient:7F3KQ2M8ZD");
        assert_eq!(Item::Direct("prod".parse().unwrap()).to_string(), "direct:prod");
        assert_eq!(
            Item::Session("https://jit.example.com".into()).to_string(),
            "session:https://jit.example.com"
        );
        let broker = || "https://jit.example.com".to_owned();
        assert_eq!(Item::SessionKey(broker()).to_string(), "session-key:https://jit.example.com");
        assert_eq!(Item::Refresh(broker()).to_string(), "refresh:https://jit.example.com");
    }
}
