//! Failures that tests order: errors of the server, secondary limits, answers lost after the deed.

use super::answer::Fault;

/// When a failure happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// Instead of doing it.
    Before,
    /// After it was done, so that whoever retries does it twice.
    After,
}

/// One ordered failure.
#[derive(Debug, Clone)]
struct Order {
    method: String,
    part: String,
    skip: usize,
    times: usize,
    when: When,
    fault: Fault,
}

/// The failures to come.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    orders: Vec<Order>,
}

impl Faults {
    /// The next `times` calls of this method whose path contains `part` fail so.
    pub fn order(&mut self, method: &str, part: &str, times: usize, when: When, fault: Fault) {
        self.order_later(method, part, 0, times, when, fault);
    }

    /// As [`Faults::order`], but `skip` such calls go through first.
    pub fn order_later(
        &mut self,
        method: &str,
        part: &str,
        skip: usize,
        times: usize,
        when: When,
        fault: Fault,
    ) {
        let (method, part) = (method.to_owned(), part.to_owned());
        self.orders.push(Order { method, part, skip, times, when, fault });
    }

    /// The failure that this call meets, if one was ordered.
    pub fn take(&mut self, method: &str, path: &str) -> Option<(When, Fault)> {
        for order in &mut self.orders {
            if order.times == 0 || order.method != method || !path.contains(&order.part) {
                continue;
            }
            if order.skip > 0 {
                order.skip -= 1;
                continue;
            }
            order.times -= 1;
            return Some((order.when, order.fault.clone()));
        }
        None
    }
}

/// 502, as a proxy before GitHub answers it.
pub fn bad_gateway() -> Fault {
    Fault::new(502, "Server Error")
}

/// 503.
pub fn unavailable() -> Fault {
    Fault::new(503, "Service unavailable")
}

/// The secondary limit: 403, or 429, with the seconds to wait.
pub fn secondary_limit(status: u16, seconds: u64) -> Fault {
    Fault::new(
        status,
        "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.",
    )
    .header("retry-after", seconds.to_string())
}
