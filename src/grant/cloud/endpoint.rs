//! The endpoints that a target may name instead of its cloud's own.

use super::error::TargetError;
use super::error::shown;

/// Checks an endpoint: https, or http on loopback; with `loopback_only`, http on loopback and nothing else.
pub(super) fn check(endpoint: &str, loopback_only: bool) -> Result<(), TargetError> {
    let refuse = || TargetError::Endpoint(shown(endpoint, 128));
    let url = url::Url::parse(endpoint).map_err(|_| refuse())?;
    let loopback = match url.host() {
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        Some(url::Host::Domain(_)) | None => false,
    };
    let plain = url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    let scheme_fits = match url.scheme() {
        "http" => loopback,
        "https" => !loopback_only,
        _ => false,
    };
    // What is written must be what is called: a parser drops line ends and tabs and takes controls along.
    let own = url.as_str() == endpoint || url.as_str().strip_suffix('/') == Some(endpoint);
    // `&` and `?` would end the endpoint within the target's text form.
    let fits = plain && scheme_fits && own && endpoint.is_ascii() && !endpoint.contains(['&', '?', ' ']);
    if fits { Ok(()) } else { Err(refuse()) }
}
