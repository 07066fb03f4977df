//! Fuzzes the parser of `X-Forwarded-For`: each line of the input is a line of the header. The answer is never a
//! trusted proxy's address, and nothing before the last readable hop that is not a proxy changes it.
#![no_main]

use std::net::IpAddr;
use std::net::Ipv4Addr;

#[path = "../../src/broker/forwarded.rs"]
mod forwarded;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let proxy = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1));
    let client = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7));
    let lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
    let found = forwarded::last_hop(lines.iter().copied(), &[proxy]);
    assert_ne!(found, Some(proxy));
    // A proxy appends the client to the last line, whatever a stranger wrote there.
    let (last, before) = lines.split_last().expect("splitting gives at least one line");
    let appended = [last, b", 192.0.2.7, 10.0.0.1".as_slice()].concat();
    let lines = before.iter().copied().chain([appended.as_slice()]);
    assert_eq!(forwarded::last_hop(lines.collect::<Vec<_>>().into_iter(), &[proxy]), Some(client));
});
