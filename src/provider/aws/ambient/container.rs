//! The endpoint that hands a container its role's credentials: ECS, EKS Pod Identity, Greengrass.
//!
//! AWS's own list names the hosts that may be asked in plain http (SDK reference, "Container credential provider").

use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::net::Ipv6Addr;
use std::path::Path;
use std::time::Duration;

use url::Url;

use super::Found;
use super::Source;
use super::document;
use super::refuse;
use crate::address;
use crate::grant::text::sanitise;
use crate::provider::ProviderError;
use crate::secret::Secret;
use crate::system::Environment;
use crate::system::System;
use crate::system::files;
use crate::system::http::Request;

/// The host of addresses that are given without one (ECS task role endpoint).
const ECS: Ipv4Addr = Ipv4Addr::new(169, 254, 170, 2);

/// The host of EKS Pod Identity's agent.
const EKS: Ipv4Addr = Ipv4Addr::new(169, 254, 170, 23);

/// The same in IPv6: `fd00:ec2::23`.
const EKS_V6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x23);

/// The time limit of one call. The agent may itself have to ask AWS.
const TIME_LIMIT: Duration = Duration::from_secs(5);

/// The largest token, in bytes.
const MAX_TOKEN: usize = 16 * 1024;

/// The address to ask, and the authorization to send with each call, if there is one.
pub(super) struct Endpoint {
    url: Url,
    authorization: Option<Secret<String>>,
    /// The file of the authorization token, read anew at each call.
    authorization_file: Option<String>,
}

/// The endpoint that the environment names. `None` if it names none.
///
/// # Errors
/// The address is none, or its host may not be asked.
pub(super) fn address(environment: &Environment) -> Result<Option<Endpoint>, ProviderError> {
    let relative = environment.get("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
    let full = environment.get("AWS_CONTAINER_CREDENTIALS_FULL_URI");
    let (variable, text) = match (relative, full) {
        (Some(path), _) if path.starts_with('/') => {
            ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", format!("http://{ECS}{path}"))
        }
        (Some(_), _) => {
            return Err(refuse(
                "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI does not begin with a slash".to_owned(),
                "leave it as the container's runtime sets it",
            ));
        }
        (None, Some(address)) => ("AWS_CONTAINER_CREDENTIALS_FULL_URI", address.to_owned()),
        (None, None) => return Ok(None),
    };
    let url = Url::parse(&text).ok().filter(|url| may_be_asked(url) && address::is_anonymous(url));
    let Some(url) = url else {
        return Err(refuse(
            format!("the address in {variable} may not be asked for credentials"),
            "it must be https, or http on this machine, at 169.254.170.2, 169.254.170.23 or [fd00:ec2::23]",
        ));
    };
    let authorization_file = environment.get("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE").map(str::to_owned);
    let authorization = environment.get("AWS_CONTAINER_AUTHORIZATION_TOKEN").map(Secret::from);
    Ok(Some(Endpoint { url, authorization, authorization_file }))
}

fn may_be_asked(url: &Url) -> bool {
    let hosts = [IpAddr::V4(ECS), IpAddr::V4(EKS), IpAddr::V6(EKS_V6)];
    let is_listed = address::ip_of(url).is_some_and(|address| hosts.contains(&address));
    url.scheme() == "http" && is_listed || address::is_private_broker(url)
}

/// Fetches the container's credentials.
///
/// # Errors
/// The endpoint refuses, does not answer, or answers something else. The token cannot be read.
pub(super) async fn fetch(system: &System, endpoint: &Endpoint) -> Result<Found, ProviderError> {
    let source = Source("the container's credentials endpoint".to_owned());
    let mut request = Request::new(http::Method::GET, endpoint.url.as_str()).time_limit(TIME_LIMIT);
    request = request.header("accept", "application/json");
    if let Some(token) = token(endpoint)? {
        request = request.header("authorization", token.expose().as_str());
    }
    let answer = document::send(system, &source, &request).await.map_err(|error| error.error(&source))?;
    document::read(answer, source)
}

/// The value of the header `Authorization`. A file takes precedence over the variable.
fn token(endpoint: &Endpoint) -> Result<Option<Secret<String>>, ProviderError> {
    let unfit = |why: &str| {
        refuse(
            format!("the token for the container's credentials endpoint cannot be used: {why}"),
            "see AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE, and that the broker's user may read the file",
        )
    };
    let token = match (&endpoint.authorization_file, &endpoint.authorization) {
        (Some(path), _) => {
            let read = files::read_small(Path::new(path), MAX_TOKEN)
                .map_err(|error| unfit(&sanitise(&format!("{path}: {error}"))))?;
            let text = String::from_utf8(read.content).map_err(|_| unfit("it is not text"))?;
            Secret::from(text.trim_end())
        }
        (None, Some(token)) => token.clone(),
        (None, None) => return Ok(None),
    };
    // A line end in it would be a header of its own.
    let fits = !token.expose().is_empty() && token.expose().bytes().all(|byte| (0x20..0x7f).contains(&byte));
    if fits {
        Ok(Some(token))
    } else {
        Err(unfit("it is empty, or has characters that a header may not have"))
    }
}
