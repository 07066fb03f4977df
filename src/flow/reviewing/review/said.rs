//! The outcome of a review in words, for its reviewer.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::Given;
use crate::flow::using::end;
use crate::grant::Name;
use crate::grant::State;
use crate::grant::Verdict;
use crate::grant::text::sanitise;

impl Given {
    /// The outcome of this verdict in a line.
    pub fn said(&self, verdict: Verdict, now: Timestamp) -> String {
        match verdict {
            Verdict::Approve => self.approved(),
            Verdict::Deny => self.denied(now),
        }
    }

    /// The outcome of an approval in a line.
    pub fn approved(&self) -> String {
        let standing = &self.standing;
        if let Some(idle) = &self.idle {
            return format!("{}: {idle}", standing.view.id);
        }
        if standing.is_emergency() {
            return format!(
                "reviewed {} of {}: justified; they may break the glass again",
                standing.view.id, standing.asked.header.who
            );
        }
        format!("approved {}: {}; {}", standing.view.id, self.of, self.next())
    }

    /// The outcome of a denial in a line.
    pub fn denied(&self, now: Timestamp) -> String {
        let standing = &self.standing;
        let (id, who) = (&standing.view.id, &standing.asked.header.who);
        if standing.is_emergency() {
            let state = standing.state_at(now).as_str();
            return format!("reviewed {id} of {who}: not justified; it is {state}");
        }
        format!("denied {id}: {}", self.of)
    }

    /// The credentials that survive a denied break-glass access, in a line. `None` if none do.
    pub fn survives(&self, now: Timestamp, zone: &TimeZone) -> Option<String> {
        let standing = &self.standing;
        if standing.is_emergency() { end::survives(standing, now, zone) } else { None }
    }

    /// The state after the review, and what is missing.
    fn next(&self) -> String {
        let standing = &self.standing;
        match standing.view.state {
            State::Pending => {
                let missing: Vec<String> = standing
                    .view
                    .missing
                    .iter()
                    .map(|missing| {
                        let people: Vec<&str> = missing.could_help.iter().map(Name::as_str).collect();
                        format!("{} ({})", sanitise(&missing.demand), people.join(", "))
                    })
                    .collect();
                format!("still missing {}", missing.join(" and "))
            }
            // Another reviewer may have approved for less.
            State::Approved if standing.asked.extends().is_none() => {
                let who = &standing.asked.header.who;
                match standing.view.approved_duration.filter(|approved| *approved < self.lasts) {
                    Some(less) => format!("{who} can use it now, for {less}"),
                    None => format!("{who} can use it now"),
                }
            }
            State::Approved | State::Active => format!("{} has the time now", standing.asked.header.who),
            state => format!("the request is {}", state.as_str()),
        }
    }
}
