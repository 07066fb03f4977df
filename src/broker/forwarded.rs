//! Finds the caller in `X-Forwarded-For`, byte by byte.
//!
//! Uses only the standard library: `fuzz/fuzz_targets/forwarded.rs` includes this file by its path.

use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::net::Ipv6Addr;

/// The last hop that is not a trusted proxy, from the header's lines in their order of arrival. `None` if there is no
/// such hop, or if a later hop cannot be parsed: the header is then not credible.
pub fn last_hop<'a>(lines: impl DoubleEndedIterator<Item = &'a [u8]>, trusted: &[IpAddr]) -> Option<IpAddr> {
    for hop in lines.rev().flat_map(|line| line.rsplit(|byte| *byte == b',')) {
        // An unparsable hop ends the search, because a stranger may have written it and everything before it.
        let address = read(hop)?;
        if !trusted.contains(&address) {
            return Some(address);
        }
    }
    None
}

/// Parses one hop: an address, or one with a port as some proxies write it (`192.0.2.7:80`, `[2001:db8::1]:80`).
/// Rejects an address with a zone, because a zone is meaningful on one machine only.
fn read(hop: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(hop.trim_ascii()).ok()?;
    let address = if let Some(rest) = text.strip_prefix('[') {
        let (address, after) = rest.split_once(']')?;
        if !after.is_empty() && !is_port(after.strip_prefix(':')?) {
            return None;
        }
        IpAddr::V6(address.parse::<Ipv6Addr>().ok()?)
    } else {
        match text.split_once(':') {
            // A single colon stands before a port. IPv6 addresses have more.
            Some((address, port)) if !port.contains(':') => {
                IpAddr::V4(address.parse::<Ipv4Addr>().ok().filter(|_| is_port(port))?)
            }
            _ => text.parse::<IpAddr>().ok()?,
        }
    };
    // The unspecified address identifies no caller.
    Some(address.to_canonical()).filter(|address| !address.is_unspecified())
}

fn is_port(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u16>().is_ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PROXY: &str = "10.0.0.1";

    fn found(lines: &[&[u8]]) -> Option<String> {
        let trusted = [PROXY.parse().unwrap(), "2001:db8::aa".parse().unwrap()];
        last_hop(lines.iter().copied(), &trusted).map(|address| address.to_string())
    }

    /// An unparsable hop ends the search, and the address is then unknown.
    #[test]
    fn a_hop_that_cannot_be_read_ends_the_search() {
        let many = [b"192.0.2.7".as_slice(), &b", 10.0.0.1".repeat(5_000)].concat();
        let spoiled = [b"192.0.2.7, \xff".as_slice(), &b", 10.0.0.1".repeat(5_000)].concat();
        let known: [(&[&[u8]], &str); 14] = [
            (&[b"192.0.2.7"], "192.0.2.7"),
            (&[b"\xe9, 192.0.2.7"], "192.0.2.7"),
            (&[b"127.0.0.1, 192.0.2.7"], "192.0.2.7"),
            (&[b"192.0.2.7", b"10.0.0.1"], "192.0.2.7"),
            (&[b"\xff\xfe", b"192.0.2.7, 10.0.0.1"], "192.0.2.7"),
            (&[b", ,192.0.2.7"], "192.0.2.7"),
            (&[b"192.0.2.7:4711"], "192.0.2.7"),
            (&[b"2001:db8::7"], "2001:db8::7"),
            (&[b"[2001:db8::7]"], "2001:db8::7"),
            (&[b"[2001:db8::7]:65535, 10.0.0.1:443"], "2001:db8::7"),
            (&[b"::ffff:192.0.2.7"], "192.0.2.7"),
            (&[b"192.0.2.7, ::ffff:10.0.0.1, 2001:db8::aa"], "192.0.2.7"),
            (&[b"\t192.0.2.7 \t"], "192.0.2.7"),
            (&[&many], "192.0.2.7"),
        ];
        for (lines, address) in known {
            assert_eq!(found(lines).as_deref(), Some(address), "{lines:?}");
        }
        let unknown: [&[&[u8]]; 24] = [
            &[],
            &[b""],
            &[b"\xe9"],
            &[b"192.0.2.7, \xe9"],
            &[b"192.0.2.7", b"\xe9"],
            &[b"192.0.2.7, \xe9, 10.0.0.1"],
            &[b"192.0.2.7,"],
            &[b"192.0.2.7, ,10.0.0.1"],
            &[b"192.0.2.7", b""],
            &[b"10.0.0.1"],
            &[b"10.0.0.1, 10.0.0.1"],
            &[b"unknown"],
            &[b"_hidden"],
            &[b"192.0.2.7:"],
            &[b"192.0.2.7:65536"],
            &[b"192.0.2.7:+80"],
            &[b"fe80::1%eth0"],
            &[b"[fe80::1%25eth0]:80"],
            &[b"[2001:db8::7"],
            &[b"[2001:db8::7]80"],
            &[b"[192.0.2.7]"],
            &[b"192.0.2.07"],
            &[b"0.0.0.0, 10.0.0.1"],
            &[&spoiled],
        ];
        for lines in unknown {
            assert_eq!(found(lines), None, "{lines:?}");
        }
    }

    /// The fuzz target's assertions, for its own seeds.
    #[test]
    fn the_seeds_of_the_fuzzer_hold() {
        let trusted: [IpAddr; 1] = [PROXY.parse().unwrap()];
        let client: IpAddr = "192.0.2.7".parse().unwrap();
        let seeds = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/seeds/forwarded")).unwrap();
        let mut count = 0;
        for seed in seeds {
            let bytes = std::fs::read(seed.unwrap().path()).unwrap();
            let mut lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
            assert_ne!(last_hop(lines.iter().copied(), &trusted), Some(trusted[0]));
            let last = [lines.pop().unwrap(), b", 192.0.2.7, 10.0.0.1"].concat();
            lines.push(&last);
            assert_eq!(last_hop(lines.into_iter(), &trusted), Some(client));
            count += 1;
        }
        assert!(count >= 7);
    }

    proptest! {
        /// The answer does not depend on any byte before the last hop that is not a proxy, and it is never a proxy.
        #[test]
        fn no_bytes_of_a_stranger_change_the_answer(
            strangers in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..6),
            hops in prop::collection::vec(any::<u32>(), 1..4),
            proxies in 0_usize..4,
        ) {
            let trusted: Vec<IpAddr> = vec![PROXY.parse().unwrap()];
            let mut own: Vec<String> =
                hops.iter().map(|bits| Ipv4Addr::from_bits(bits | 0xC000_0000).to_string()).collect();
            own.extend(std::iter::repeat_n(PROXY.to_owned(), proxies));
            let expected: IpAddr = own[hops.len() - 1].parse().unwrap();
            let last = own.join(", ").into_bytes();
            // The proxy appends to the stranger's last line, or adds a line of its own.
            let mut lines: Vec<Vec<u8>> = strangers.clone();
            lines.push(last.clone());
            let found = last_hop(lines.iter().map(Vec::as_slice), &trusted);
            prop_assert_eq!(found, Some(expected));
            let mut lines = strangers;
            let appended = [lines.pop().unwrap_or_default(), b", ".to_vec(), last].concat();
            lines.push(appended);
            let found = last_hop(lines.iter().map(Vec::as_slice), &trusted);
            prop_assert_eq!(found, Some(expected));
        }

        /// For arbitrary bytes the answer is an address that appears as a whole hop, or `None`. It is never a proxy.
        #[test]
        fn any_bytes_give_an_address_that_was_written_or_none(
            lines in prop::collection::vec(prop::collection::vec(
                prop_oneof![any::<u8>(), prop::sample::select(b"0123456789.:,[] %af".to_vec())], 0..60), 0..4),
        ) {
            let trusted: Vec<IpAddr> = vec![PROXY.parse().unwrap()];
            if let Some(address) = last_hop(lines.iter().map(Vec::as_slice), &trusted) {
                prop_assert!(!trusted.contains(&address));
                let written = lines.iter().flat_map(|line| line.split(|byte| *byte == b',')).any(|hop| read(hop) == Some(address));
                prop_assert!(written);
            }
        }
    }
}
