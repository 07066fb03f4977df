//! When each person last asked reviewers for something. The log has these times, so a restart forgets none.

use std::collections::HashMap;
use std::collections::VecDeque;

use jiff::SignedDuration;
use jiff::Timestamp;

use super::Index;
use crate::grant::Change;
use crate::grant::Name;
use crate::grant::Request;
use crate::grant::statement::Way;

/// How long the times are kept: as long as the rule looks back.
const KEPT: SignedDuration = SignedDuration::from_hours(1);
/// The most times of one person that are kept: more than the rule allows.
const MOST: usize = 100;

/// The newest times at which each person made a request that waits for reviews, oldest first.
#[derive(Default)]
pub(super) struct Asked(HashMap<Name, VecDeque<Timestamp>>);

impl Asked {
    /// Takes a change of a request; `is_second` if it follows the request itself. Requests of workloads and break-glass do not count,
    /// nor does a request that was approved as it came in.
    pub(super) fn take(&mut self, request: &Request, change: &Change, is_second: bool, at: Timestamp) {
        let asked = &request.statement;
        match change {
            Change::Requested { .. } if asked.way != Way::BreakGlass && !asked.is_of_a_workload() => {
                let own = self.0.entry(request.requester().clone()).or_default();
                own.retain(|time| at.duration_since(*time) < KEPT);
                if own.len() >= MOST {
                    own.pop_front();
                }
                own.push_back(at);
            }
            Change::Approved { .. } if is_second => {
                if let Some(own) = self.0.get_mut(request.requester())
                    && own.back() == Some(&at)
                {
                    own.pop_back();
                }
            }
            _ => {}
        }
    }
}

impl Index {
    /// When a person asked reviewers for something, oldest first: at least the newest hundred times of the last hour.
    pub fn asked_by(&self, person: &Name) -> impl Iterator<Item = Timestamp> {
        self.asked.0.get(person).into_iter().flatten().copied()
    }
}
