//! The requests and roles that this machine knows of, for completion, the prompt and `jit hook`.

use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;

use crate::grant::Name;
use crate::grant::RequestId;

/// Another person's request that waits for this person's review.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Review {
    /// The request's id.
    pub id: RequestId,
    /// The requested role.
    pub role: Name,
    /// The authority's name in statements.
    pub authority: String,
    /// When it expires undecided.
    pub until: Timestamp,
}

/// A role that the person may request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownRole {
    /// Its name.
    pub name: Name,
    /// Its other names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<Name>,
    /// Its scopes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scopes: Vec<Name>,
    /// The authority's name in statements. `None` for a direct role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authority: Option<String>,
    /// The commands that coding agents run only with it, each as words with single blanks between.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gate: Vec<String>,
    /// The name of its place, such as the digits of an account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
}
