//! A browser that entered a code, as the person at the terminal is told of it.

use axum::http::HeaderMap;
use axum::http::header;

use crate::broker::caller::Origin;
use crate::grant::text::sanitise;

/// The most characters of a user agent that are shown.
const LONGEST: usize = 160;

/// A browser that entered a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Browser {
    /// A random word that names this entry of the code.
    pub id: String,
    /// Its address, if it is known.
    pub address: Option<String>,
    /// The program as it calls itself, safe to show.
    pub agent: String,
}

impl Browser {
    /// Describes the sender of a call.
    pub fn of(id: String, origin: Origin, headers: &HeaderMap) -> Self {
        let agent = headers.get(header::USER_AGENT).map(|agent| String::from_utf8_lossy(agent.as_bytes()));
        let agent: String = agent.unwrap_or_default().chars().take(LONGEST).collect();
        Self { id, address: origin.recorded(), agent: sanitise(&agent) }
    }
}
