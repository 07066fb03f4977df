//! The notices that a running command's terminal shows before its access ends, and the checks whether the end has
//! moved.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use jiff::Timestamp;

use crate::deliver::endpoint::LeaseSource;
use crate::grant::Name;
use crate::grant::span::time_left;
use crate::system::System;

/// How long before the end a notice is shown, in minutes, the longest first.
const NOTICES: [i64; 2] = [15, 5];
/// How often the end is checked: it may move, and a laptop may sleep.
const LOOK: Duration = Duration::from_secs(20);
/// From this time before the end, each check also asks the authority whether the end has moved.
const CLOSE: SignedDuration = SignedDuration::from_mins(1);
/// The time limit for asking the authority.
const PATIENCE: Duration = Duration::from_secs(10);

/// One access of a running command.
pub struct Watched {
    /// The role.
    pub role: Name,
    /// Its grant.
    pub source: Arc<dyn LeaseSource>,
    /// Whether it is a direct role, for which no more time can be requested.
    pub direct: bool,
    /// Whether it is emergency access, which nobody extends.
    pub emergency: bool,
}

/// Shows a notice on standard error when an end comes near, for as long as the command runs. It follows an end that
/// moves.
pub async fn announce(system: &System, watched: Vec<Watched>) -> Infallible {
    let now = system.clock.now();
    let first = |one: &Watched| one.source.until().and_then(|until| near(now, until));
    let mut last: Vec<Option<i64>> = watched.iter().map(first).collect();
    let mut over = vec![false; watched.len()];
    loop {
        system.clock.sleep(LOOK).await;
        for ((one, last), over) in watched.iter().zip(&mut last).zip(&mut over) {
            let now = system.clock.now();
            let reached = |until: Option<Timestamp>| until.and_then(|until| near(now, until));
            let is_nearer = |reached: Option<i64>, last: Option<i64>| {
                reached.is_some_and(|minutes| last.is_none_or(|last| minutes < last))
            };
            let until = one.source.until();
            let close = until.is_none_or(|until| until.duration_since(now) <= CLOSE);
            if is_nearer(reached(until), *last) || (close && !*over) {
                tokio::select! {
                    () = one.source.look() => {}
                    () = system.clock.sleep(PATIENCE) => {}
                }
            }
            let until = one.source.until();
            *over = until.is_none();
            if let Some(until) = until.filter(|_| is_nearer(reached(until), *last)) {
                system.console.say(&notice(one, system.clock.now(), until));
            }
            *last = reached(until);
        }
    }
}

/// The notice that is due, by its minutes. `None` if it is too early.
fn near(now: Timestamp, until: Timestamp) -> Option<i64> {
    let left = until.duration_since(now);
    NOTICES.into_iter().rev().find(|minutes| left <= SignedDuration::from_mins(*minutes))
}

fn notice(one: &Watched, now: Timestamp, until: Timestamp) -> String {
    let (role, left) = (&one.role, time_left(now, until));
    if one.direct {
        format!("jit: {role} ends in {left}; when it has ended, start it again: `jit request {role}`")
    } else if one.emergency {
        format!("jit: {role} ends in {left}")
    } else {
        format!("jit: {role} ends in {left}; for more time: `jit extend {role}`")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_near_from_fifteen_minutes_and_nearer_from_five() {
        let now: Timestamp = "2026-11-23T10:00:00Z".parse().unwrap();
        let near = |seconds: i64| near(now, now + SignedDuration::from_secs(seconds));
        assert_eq!(near(901), None);
        assert_eq!(near(900), Some(15));
        assert_eq!(near(301), Some(15));
        assert_eq!(near(300), Some(5));
        assert_eq!(near(-1), Some(5));
    }
}
