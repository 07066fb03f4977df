//! Signing a browser in on the approval page.

use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;

/// `POST /v1/page/code`: a one-time code, and where to type it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "broker", derive(utoipa::ToSchema))]
pub struct PageCode {
    /// The code, as `BCDF-GHJK`.
    pub code: String,
    /// The address of the page.
    pub url: String,
    /// When the code expires.
    #[cfg_attr(feature = "broker", schema(value_type = String, format = DateTime))]
    pub expires: Timestamp,
}

/// `GET /v1/page/code`: the browser that entered the code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "broker", derive(utoipa::ToSchema))]
pub struct PageEntry {
    /// `null` while no browser has.
    pub browser: Option<PageBrowser>,
}

/// A browser that waits for an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "broker", derive(utoipa::ToSchema))]
pub struct PageBrowser {
    /// Names it in the answer.
    pub id: String,
    /// Its address. `null` if it is not known.
    pub address: Option<String>,
    /// The program, as it calls itself.
    pub agent: String,
}

/// `POST /v1/page/code/answer`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "broker", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PageAnswer {
    /// The browser's `id`.
    pub browser: String,
    /// Whether it may come in.
    pub allow: bool,
}
