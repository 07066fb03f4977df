//! The addresses that jit may call: https, or http on this machine. No other code decides what "this machine" is.
//!
//! Uses no other folder and does no I/O. Invariant: only a literal loopback IP address is this machine. `localhost` is a
//! name, and a name can be made to lead anywhere, so it counts only for a broker: there only jit's own HTTP client
//! connects, and that client sends `localhost` to 127.0.0.1 and ::1 without asking a resolver.

use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::net::Ipv6Addr;

use url::Host;
use url::Url;

/// The addresses to which jit's HTTP client connects for `localhost`, whatever a resolver says.
pub const LOCALHOST: [IpAddr; 2] = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];

/// The hosts to which a sign-in in the browser may return on this machine. Some identity providers register only the name
/// (RFC 8252 §7.3 and §8.3).
pub const RETURN_HOSTS: [&str; 2] = ["127.0.0.1", "localhost"];

/// Whether the host is a literal loopback IP address, in any scheme. `localhost` is not.
pub fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        // The URL standard reads IPv4 addresses only in the schemes that it knows: `smtp` is none of them.
        Some(Host::Domain(name)) => name.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback()),
        None => false,
    }
}

/// Whether the host is the name `localhost`, and no other spelling of it.
pub fn is_localhost(url: &Url) -> bool {
    url.host() == Some(Host::Domain("localhost"))
}

/// The host, if it is an IP address and no name.
pub fn ip_of(url: &Url) -> Option<IpAddr> {
    match url.host()? {
        Host::Ipv4(address) => Some(IpAddr::V4(address)),
        Host::Ipv6(address) => Some(IpAddr::V6(address)),
        Host::Domain(_) => None,
    }
}

/// Whether the host is the address of a service that a cloud offers to one machine only: a literal link-local address, or one
/// of EC2's `fd00:ec2::/32`. No proxy leads there.
pub fn is_machines_own_service(url: &Url) -> bool {
    ip_of(url).is_some_and(|address| match address {
        IpAddr::V4(address) => address.is_link_local(),
        IpAddr::V6(address) => {
            address.is_unicast_link_local() || address.segments().starts_with(&[0xfd00, 0xec2])
        }
    })
}

/// Whether what is sent there stays secret on the way: https, or http to a literal loopback address.
pub fn is_private(url: &Url) -> bool {
    url.scheme() == "https" || url.scheme() == "http" && is_this_machine(url)
}

/// Whether a broker may have this address: a private one, or http on `localhost`.
pub fn is_private_broker(url: &Url) -> bool {
    is_private(url) || url.scheme() == "http" && is_localhost(url)
}

/// Whether the address names no user and no password.
pub fn is_anonymous(url: &Url) -> bool {
    url.username().is_empty() && url.password().is_none()
}

/// Whether the address is scheme, host, port and path: no user, password, query or fragment.
pub fn is_bare(url: &Url) -> bool {
    is_anonymous(url) && url.query().is_none() && url.fragment().is_none()
}

/// Whether a text is a host's name as an origin spells it: lower case, no port, no address in numbers. Only such a name can be the
/// relying party of a passkey (WebAuthn §5.1.2, "effective domain").
pub fn is_host_name(text: &str) -> bool {
    let fits = |label: &str| {
        let inner = label.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'));
        inner && (1..=63).contains(&label.len()) && !label.starts_with('-') && !label.ends_with('-')
    };
    // The parser refuses broken IDNA names, and reads a name that ends in a number as an address.
    let is_own_spelling = || matches!(Host::parse(text), Ok(Host::Domain(name)) if name == text);
    text.len() <= 253 && text.split('.').all(fits) && is_own_spelling()
}

/// Whether two texts lead to one place: the same scheme, host, port and path. A slash at the end of the path and a dot at the end of the
/// host make no difference, nor does anything that a parser evens out: the case of the host, and a default port.
pub fn is_same(one: &str, other: &str) -> bool {
    one == other || evened(one) == evened(other)
}

/// One form of all texts for which [`is_same`] holds. It is for comparing only; a text that is no address stays as it is.
pub fn evened(text: &str) -> String {
    let Ok(mut url) = Url::parse(text) else { return text.to_owned() };
    if let Some(Host::Domain(name)) = url.host() {
        let name = name.trim_end_matches('.').to_owned();
        // A host of dots alone is none.
        if url.set_host(Some(&name)).is_err() {
            return text.to_owned();
        }
    }
    url.as_str().trim_end_matches('/').to_owned()
}

/// Whether a text is written as it is called, but for a slash at its end. A parser drops line ends and tabs, and reads a host
/// in several spellings.
pub fn is_own_form(url: &Url, text: &str) -> bool {
    url.as_str() == text || url.as_str().strip_suffix('/') == Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The answers about one form: private, private for a broker, without a user, bare, written as it is called.
    type Said = [bool; 5];

    fn said(text: &str) -> Option<Said> {
        let url = Url::parse(text).ok()?;
        Some([
            is_private(&url),
            is_private_broker(&url),
            is_anonymous(&url),
            is_bare(&url),
            is_own_form(&url, text),
        ])
    }

    const YES: Said = [true; 5];
    /// Called in plain text over the network.
    const OPEN: Said = [false, false, true, true, true];

    #[test]
    fn every_form_has_one_answer() {
        let forms: [(&str, Option<Said>); 40] = [
            ("https://jit.example.com", Some(YES)),
            ("https://jit.example.com/team", Some(YES)),
            ("https://jit.example.com:8443/", Some(YES)),
            ("https://localhost", Some(YES)),
            ("http://127.0.0.1", Some(YES)),
            ("http://127.0.0.1:8765", Some(YES)),
            ("http://127.9.9.9:1/x", Some(YES)),
            ("http://[::1]:8765", Some(YES)),
            // The name counts for a broker only.
            ("http://localhost", Some([false, true, true, true, true])),
            ("http://localhost:8765/", Some([false, true, true, true, true])),
            ("http://LOCALHOST:8765", Some([false, true, true, true, false])),
            ("http://localhost.:8765", Some(OPEN)),
            ("http://localhost.example.com", Some(OPEN)),
            ("http://x.localhost", Some(OPEN)),
            ("http://localhost.localdomain", Some(OPEN)),
            ("http://ip6-localhost", Some(OPEN)),
            // Other spellings of 127.0.0.1: it is called, and an address that is compared must not be written so.
            ("http://127.1", Some([true, true, true, true, false])),
            ("http://2130706433", Some([true, true, true, true, false])),
            ("http://0x7f000001", Some([true, true, true, true, false])),
            ("http://0177.0.0.1", Some([true, true, true, true, false])),
            ("http://127.0.0.1.", Some([true, true, true, true, false])),
            ("http://[0:0:0:0:0:0:0:1]", Some([true, true, true, true, false])),
            // A mapped address is not loopback: whether a system connects it there is the system's choice.
            ("http://[::ffff:127.0.0.1]", Some([false, false, true, true, false])),
            ("http://[::ffff:7f00:1]", Some(OPEN)),
            ("http://0.0.0.0", Some(OPEN)),
            ("http://[::]", Some(OPEN)),
            ("http://10.0.0.1", Some(OPEN)),
            ("http://128.0.0.1", Some(OPEN)),
            ("http://jit.example.com", Some(OPEN)),
            ("http://127.0.0.1.evil.example", Some(OPEN)),
            // The host is what stands behind the `@`.
            ("http://127.0.0.1@evil.example", Some([false, false, false, false, true])),
            ("http://localhost:80@evil.example/", Some([false, false, false, false, true])),
            ("http://u:p@127.0.0.1/", Some([true, true, false, false, true])),
            ("https://u@jit.example.com/", Some([true, true, false, false, true])),
            ("https://jit.example.com/?q", Some([true, true, true, false, true])),
            ("https://jit.example.com/#f", Some([true, true, true, false, true])),
            ("ftp://127.0.0.1", Some(OPEN)),
            ("ws://localhost", Some(OPEN)),
            ("file:///srv/access", Some(OPEN)),
            ("jit.example.com", None),
        ];
        for (form, answer) in forms {
            assert_eq!(said(form), answer, "{form}");
        }
    }

    #[test]
    fn one_place_is_known_by_each_of_its_spellings() {
        for other in [
            "https://vault.example.com",
            "https://vault.example.com/",
            "https://vault.example.com//",
            "https://Vault.Example.COM",
            "HTTPS://vault.example.com:443/",
            "https://vault.example.com.",
            "https://vault.example.com./",
        ] {
            assert!(is_same("https://vault.example.com", other), "{other}");
        }
        for other in [
            "http://vault.example.com",
            "https://vault.example.com:8200",
            "https://vault.example.com/team",
            "https://vault.example.com.evil.example",
            "https://vault.example",
            "vault.example.com",
            "https://...",
        ] {
            assert!(!is_same("https://vault.example.com", other), "{other}");
        }
        assert!(is_same("https://k8s.example.com/c/1", "https://k8s.example.com/c/1/"));
        assert!(!is_same("https://k8s.example.com/c/1", "https://k8s.example.com/C/1"));
    }

    #[test]
    fn a_host_name_has_one_spelling_and_is_no_address() {
        for name in
            ["jit.example.com", "localhost", "jit", "a-b.x1.example", "xn--bcher-kva.example", "1.example"]
        {
            assert!(is_host_name(name), "{name}");
        }
        let long = format!("{}.example", "a".repeat(64));
        let longer = ["abcdefghi"; 26].join(".");
        for other in [
            "",
            ".",
            "jit.example.com.",
            ".example.com",
            "a..b",
            "JIT.example.com",
            "jit.example.com:443",
            "127.0.0.1",
            "127.1",
            "0x7f",
            "1",
            "[::1]",
            "::1",
            "-a.example",
            "a-.example",
            "a_b.example",
            "b\u{fc}cher.example",
            "xn--a.example",
            "ssh:",
            "https://example.com",
            "a b",
            "a%41",
            "a\n",
            &long,
            &longer,
        ] {
            assert!(!is_host_name(other), "{other:?}");
        }
    }

    #[test]
    fn this_machine_is_known_in_every_scheme() {
        for (form, answer) in [
            ("smtp://127.0.0.1", true),
            ("smtp://[::1]:25", true),
            ("smtp://localhost", false),
            ("smtp://mail.example.com", false),
            ("ssh://127.0.0.1/x", true),
            ("file:///x", false),
            ("mailto:ops@127.0.0.1", false),
        ] {
            assert_eq!(is_this_machine(&Url::parse(form).unwrap()), answer, "{form}");
        }
    }
}
