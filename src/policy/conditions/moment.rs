//! The circumstances of an act, as conditions see them.

use std::net::IpAddr;

use cedar_policy::EntityUid;
use cedar_policy::RestrictedExpression;
use jiff::Timestamp;
use jiff::civil::Weekday;
use jiff::tz::TimeZone;

use super::grammar::WEEKDAYS;
use crate::grant::Name;
use crate::grant::span::Span;
use crate::policy::question::asking::Facts;
use crate::policy::settings::facts::FactSource;

/// The time, reason, address and everything else known about an act.
#[derive(Debug, Clone, Copy)]
pub(in crate::policy) struct Circumstances<'a> {
    pub(in crate::policy) duration: Span,
    pub(in crate::policy) now: Timestamp,
    pub(in crate::policy) zone: &'a TimeZone,
    pub(in crate::policy) reason: &'a str,
    pub(in crate::policy) ticket: Option<&'a str>,
    pub(in crate::policy) scope: Option<&'a Name>,
    pub(in crate::policy) source: Option<IpAddr>,
    pub(in crate::policy) interactive: bool,
    pub(in crate::policy) agent: bool,
    pub(in crate::policy) facts: &'a Facts,
}

impl Circumstances<'_> {
    /// Whether a fact is true of a person now.
    pub(super) fn holds(&self, source: &FactSource, who: &Name) -> bool {
        self.facts.holds(&source.name, source.max_age, who.as_str(), self.now)
    }

    /// The members of the context that do not depend on the actor.
    pub(super) fn pairs(
        &self,
        weekday: impl FnOnce(&str) -> Result<EntityUid, String>,
    ) -> Result<Vec<(String, RestrictedExpression)>, String> {
        let local = self.now.to_zoned_datetime(self.zone.clone());
        let day = weekday(name_of(local.weekday()))?;
        let instant = self.now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        let mut pairs = vec![
            ("duration", RestrictedExpression::new_duration(format!("{}s", self.duration.seconds()))),
            ("hour", RestrictedExpression::new_long(i64::from(local.hour()))),
            ("weekday", RestrictedExpression::new_entity_uid(day)),
            ("now", RestrictedExpression::new_datetime(instant)),
            ("reason", RestrictedExpression::new_string(self.reason.to_owned())),
        ];
        if let Some(ticket) = self.ticket {
            pairs.push(("ticket", RestrictedExpression::new_string(ticket.to_owned())));
        }
        if let Some(source) = self.source {
            // An IPv4 address that arrived through an IPv6 socket is still that IPv4 address.
            pairs.push(("source_ip", RestrictedExpression::new_ip(source.to_canonical().to_string())));
        }
        Ok(pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }
}

fn name_of(day: Weekday) -> &'static str {
    let place = usize::try_from(day.to_monday_zero_offset()).unwrap_or_default();
    WEEKDAYS.get(place).copied().unwrap_or(WEEKDAYS[0])
}
