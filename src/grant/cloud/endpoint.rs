//! The endpoints that a target may name instead of its cloud's own.

use super::error::TargetError;
use super::error::shown;
use crate::address;

/// Checks an endpoint: https, or http on loopback; with `loopback_only`, http on loopback and nothing else.
pub(super) fn check(endpoint: &str, loopback_only: bool) -> Result<(), TargetError> {
    let refuse = || TargetError::Endpoint(shown(endpoint, 128));
    let url = url::Url::parse(endpoint).map_err(|_| refuse())?;
    let scheme_fits = address::is_private(&url) && !(loopback_only && url.scheme() == "https");
    // A target's text form ends an endpoint at `&` and `?`.
    let fits = |text: &str| text.is_ascii() && !text.contains(['&', '?', ' ']);
    let called = url.as_str().trim_end_matches('/');
    if !scheme_fits || !address::is_bare(&url) || !fits(called) {
        Err(refuse())
    } else if !address::is_own_form(&url, endpoint) {
        Err(TargetError::EndpointForm(shown(endpoint, 128), called.to_owned()))
    } else if fits(endpoint) {
        Ok(())
    } else {
        Err(refuse())
    }
}
