//! The site of a broker, as browsers name it.

use url::Url;

use crate::address;

/// The web origin and the relying party of a broker, derived from its URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// The relying party: the host's name. A passkey's key line has it as its application.
    pub rp_id: String,
    /// Scheme, host, and the port if it is not the scheme's own, as browsers write an origin (RFC 6454 §6.2).
    pub origin: String,
}

impl Site {
    /// The site of this authority. `None` for a repository, and for an address at which browsers offer no passkeys: one without a
    /// host name, or one that is not https. Plain http is allowed on `localhost` only (W3C Secure Contexts §3.1).
    pub fn of(authority: &str) -> Option<Self> {
        let url = Url::parse(authority).ok()?;
        let secure = url.scheme() == "https" || url.scheme() == "http" && address::is_localhost(&url);
        let rp_id = url.host_str().filter(|host| secure && address::is_host_name(host))?;
        let own = address::is_anonymous(&url);
        own.then(|| Self { rp_id: rp_id.to_owned(), origin: url.origin().ascii_serialization() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_is_a_host_name_over_https() {
        for (authority, rp_id, origin) in [
            ("https://jit.example.com", "jit.example.com", "https://jit.example.com"),
            ("https://jit.example.com/", "jit.example.com", "https://jit.example.com"),
            ("https://jit.example.com:443/team", "jit.example.com", "https://jit.example.com"),
            ("https://jit.example.com:8443", "jit.example.com", "https://jit.example.com:8443"),
            ("https://JIT.example.com", "jit.example.com", "https://jit.example.com"),
            ("https://localhost:8443", "localhost", "https://localhost:8443"),
            ("http://localhost:8765", "localhost", "http://localhost:8765"),
            ("http://localhost", "localhost", "http://localhost"),
        ] {
            let expected = Site { rp_id: rp_id.to_owned(), origin: origin.to_owned() };
            assert_eq!(Site::of(authority), Some(expected), "{authority}");
        }
        for authority in [
            "github:123456",
            "http://jit.example.com",
            "http://127.0.0.1:8765",
            "https://127.0.0.1",
            "https://[::1]",
            "https://127.1",
            "http://x.localhost",
            "http://localhost.",
            "https://jit.example.com.",
            "https://a_b.example.com",
            "https://ann@jit.example.com",
            "wss://jit.example.com",
            "jit.example.com",
            "",
        ] {
            assert_eq!(Site::of(authority), None, "{authority}");
        }
    }
}
