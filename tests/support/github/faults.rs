//! Failures that tests inject: server errors, secondary limits, answers lost after the call took effect.

use super::answer::Fault;

/// When a failure occurs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// Instead of the call.
    Before,
    /// After the call took effect, so that a retry does it twice.
    After,
}

/// One injected failure.
#[derive(Debug, Clone)]
struct Order {
    method: String,
    part: String,
    skip: usize,
    times: usize,
    when: When,
    fault: Fault,
}

/// The pending failures.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    orders: Vec<Order>,
}

impl Faults {
    /// Makes the next `times` calls of this method whose path contains `part` fail. The method of a mutation of the graph is
    /// `MUTATION`, and its path is its name.
    pub fn order(&mut self, method: &str, part: &str, times: usize, when: When, fault: Fault) {
        self.order_later(method, part, 0, times, when, fault);
    }

    /// Like [`Faults::order`], after `skip` such calls have gone through.
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

    /// The failure injected for this call, if there is one.
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

/// 502, as from a proxy in front of GitHub.
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
