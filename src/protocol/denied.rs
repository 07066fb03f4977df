//! An earlier denial, beside a request that waits.

use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;

use crate::grant::Name;

/// A denial within the last 24 hours for the same role and scope, of the same person or of their agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "broker", derive(utoipa::ToSchema))]
pub struct DeniedView {
    /// When it was denied.
    #[cfg_attr(feature = "broker", schema(value_type = String, format = DateTime))]
    pub at: Timestamp,
    /// The person who denied it. Absent if the authority does not keep it.
    #[cfg_attr(feature = "broker", schema(value_type = Option<String>))]
    pub by: Option<Name>,
    /// A sentence for clients of earlier versions.
    pub why: String,
    /// The denied request in words: `an equal request`, `more time for ROLE`. Absent from brokers of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub what: Option<String>,
    /// The comment of the person who denied it. Absent if there was none, and from brokers of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub said: Option<String>,
}
