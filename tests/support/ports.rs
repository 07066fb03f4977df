//! Ports of servers that tests start.

use std::net::TcpListener;
use std::ops::Range;
use std::sync::LazyLock;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering;

/// The range of the ports of servers. Systems take the ports of outgoing connections from above (Linux: from 32768), so
/// none of those takes the port of a server that is being restarted.
const SERVERS: Range<u16> = 12_000..32_000;

/// Loopback ports that nothing listened on a moment ago. A process hands each of them out once.
pub fn free_ports<const N: usize>() -> [u16; N] {
    static NEXT: LazyLock<AtomicU32> = LazyLock::new(|| AtomicU32::new(std::process::id().wrapping_mul(61)));
    let size = u32::from(SERVERS.end - SERVERS.start);
    std::array::from_fn(|_| {
        let mut ports = std::iter::repeat_with(|| NEXT.fetch_add(1, Ordering::Relaxed) % size).take(1000);
        let free = ports.find_map(|step| {
            let port = SERVERS.start + u16::try_from(step).unwrap();
            TcpListener::bind(("127.0.0.1", port)).is_ok().then_some(port)
        });
        free.expect("a free port")
    })
}
