//! A digest instead of a flood: when one place gets many notices at once, the broker holds the further ones
//! for a minute and sends them as one.

use std::collections::HashMap;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use jiff::Timestamp;

use super::places::Way;
use crate::audit::Event;
use crate::broker::store::Notice;
use crate::grant::Request;

/// The most notices that one place gets singly within [`WINDOW`].
const ALONE: usize = 5;
/// The window, and how long the first further notice waits.
pub(super) const WINDOW: Duration = Duration::from_mins(1);
/// The most notices in one digest. More become several.
pub(super) const TOGETHER: usize = 40;

/// The subject of a notice, as the log proves it.
#[derive(Clone)]
pub(super) enum Matter {
    /// A request.
    Request(Arc<Request>),
    /// An event about a person's key.
    Key(Arc<Event>),
}

/// A notice and its matter.
pub(super) struct Held {
    pub(super) matter: Matter,
    pub(super) notice: Notice,
}

/// The way that a notice takes now.
pub(super) enum Turn {
    /// It is sent alone, at once.
    Alone(Held),
    /// It waits, and this caller sends all that wait after [`WINDOW`].
    First,
    /// It waits, and another caller sends it.
    Waits,
}

/// The recent and the waiting notices of each place.
#[derive(Default)]
pub struct Lanes(HashMap<Way, Lane>);

#[derive(Default)]
struct Lane {
    sent: VecDeque<Timestamp>,
    waiting: Vec<Held>,
}

impl Lane {
    fn forget(&mut self, now: Timestamp) {
        let window = SignedDuration::try_from(WINDOW).unwrap_or_default();
        // A clock that was set back must not close the lane for longer than the window.
        self.sent.retain(|sent| now.duration_since(*sent).abs() < window);
    }
}

impl Lanes {
    /// Decides how a notice goes to its place.
    pub(super) fn enter(&mut self, way: &Way, held: Held, now: Timestamp) -> Turn {
        self.0.retain(|_, lane| {
            lane.forget(now);
            !lane.sent.is_empty() || !lane.waiting.is_empty()
        });
        let lane = self.0.entry(way.clone()).or_default();
        if lane.waiting.is_empty() && lane.sent.len() < ALONE {
            lane.sent.push_back(now);
            return Turn::Alone(held);
        }
        lane.waiting.push(held);
        if lane.waiting.len() == 1 { Turn::First } else { Turn::Waits }
    }

    /// Takes all that wait for a place, oldest first.
    pub(super) fn take(&mut self, way: &Way, now: Timestamp) -> Vec<Held> {
        let Some(lane) = self.0.get_mut(way) else { return Vec::new() };
        lane.sent.push_back(now);
        std::mem::take(&mut lane.waiting)
    }
}
