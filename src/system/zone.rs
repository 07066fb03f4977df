//! The person's time zone.

use std::ops::Deref;
use std::sync::Arc;
use std::sync::OnceLock;

use jiff::tz::TimeZone;

/// A time zone that is looked up on first use. The prompt shows no time of day and never looks it up.
#[derive(Clone, Default)]
pub struct Zone(Arc<OnceLock<TimeZone>>);

impl Deref for Zone {
    type Target = TimeZone;

    /// The zone from `TZ` or the system, or UTC if neither can be read.
    fn deref(&self) -> &TimeZone {
        self.0.get_or_init(|| TimeZone::try_system().unwrap_or(TimeZone::UTC))
    }
}

impl From<TimeZone> for Zone {
    fn from(zone: TimeZone) -> Self {
        Self(Arc::new(OnceLock::from(zone)))
    }
}
