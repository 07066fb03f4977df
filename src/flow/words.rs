//! Times as people say them.

use jiff::Timestamp;

use crate::grant::span::time_left;

/// How long ago something was: `just now`, `12m ago`.
pub fn ago(then: Timestamp, now: Timestamp) -> String {
    if then.as_second() >= now.as_second() {
        "just now".to_owned()
    } else {
        format!("{} ago", time_left(then, now))
    }
}
