//! The instance's role, by the metadata service of EC2 in its second version (IMDSv2). The first is never asked: there any
//! request that somebody can make the machine send gets the credentials.

use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::net::Ipv6Addr;
use std::time::Duration;

use url::Url;

use super::Found;
use super::Source;
use super::document;
use super::document::Unanswered;
use super::refuse;
use crate::address;
use crate::provider::ProviderError;
use crate::secret::Secret;
use crate::system::Environment;
use crate::system::System;
use crate::system::http::HttpError;
use crate::system::http::Request;

/// The host of the service.
const V4: Ipv4Addr = Ipv4Addr::new(169, 254, 169, 254);

/// The same in IPv6: `fd00:ec2::254`.
const V6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254);

/// The time limit of one call. The service is on the same host; an address that nobody has does not answer at all.
const TIME_LIMIT: Duration = Duration::from_secs(2);

/// How long the session with the service lasts, in seconds. It is needed for two calls.
const SESSION: &str = "60";

/// The longest name of a role (IAM).
const MAX_NAME: usize = 64;

/// Why the service gives nothing.
pub(super) enum Missing {
    /// There is no such service here, so that there is no identity at all. In words, for a list.
    Elsewhere(String),
    /// The service is there and gives none.
    Failed(ProviderError),
}

impl From<ProviderError> for Missing {
    fn from(error: ProviderError) -> Self {
        Self::Failed(error)
    }
}

/// Fetches the credentials of the instance's role.
pub(super) async fn fetch(system: &System) -> Result<Found, Missing> {
    let environment = &system.environment;
    if environment.get("AWS_EC2_METADATA_DISABLED").is_some_and(|value| value.eq_ignore_ascii_case("true")) {
        return Err(Missing::Elsewhere(
            "AWS_EC2_METADATA_DISABLED turns the instance's metadata off".to_owned(),
        ));
    }
    let base = base(environment)?;
    let source = Source("the instance's metadata".to_owned());
    let session = begin(system, &source, &base).await?;
    let path = format!("{base}/latest/meta-data/iam/security-credentials/");
    let answer = document::send(system, &source, &get(&path, &session)).await;
    let answer = answer.map_err(|error| match error {
        Unanswered::Status(404, _) => refuse(
            "the broker's instance has no role".to_owned(),
            "attach an instance profile to it: `aws ec2 associate-iam-instance-profile --instance-id ID --iam-instance-profile Name=NAME`",
        ),
        error => error.error(&source),
    })?;
    let role = String::from_utf8(answer.body).unwrap_or_default();
    let role = role.trim();
    let fits = (1..=MAX_NAME).contains(&role.len())
        && role.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte));
    if !fits {
        return Err(Missing::Failed(refuse(
            format!("{} names no role", source.as_str()),
            "check that nothing else answers at 169.254.169.254",
        )));
    }
    let answer = document::send(system, &source, &get(&format!("{path}{role}"), &session)).await;
    let answer = answer.map_err(|error| error.error(&source))?;
    Ok(document::read(answer, source)?)
}

/// The address of the service, without a slash at its end.
fn base(environment: &Environment) -> Result<String, ProviderError> {
    let by_mode = || match environment.get("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE") {
        Some(mode) if mode.eq_ignore_ascii_case("ipv6") => format!("http://[{V6}]"),
        _ => format!("http://{V4}"),
    };
    let text = environment.get("AWS_EC2_METADATA_SERVICE_ENDPOINT").map_or_else(by_mode, str::to_owned);
    let may_be_asked = |url: &Url| {
        let hosts = [IpAddr::V4(V4), IpAddr::V6(V6)];
        let is_own = address::ip_of(url).is_some_and(|address| hosts.contains(&address));
        url.scheme() == "http" && is_own || address::is_private_broker(url)
    };
    match Url::parse(&text).ok().filter(|url| may_be_asked(url) && address::is_bare(url)) {
        Some(url) => Ok(url.as_str().trim_end_matches('/').to_owned()),
        None => Err(refuse(
            "the address in AWS_EC2_METADATA_SERVICE_ENDPOINT may not be asked for credentials".to_owned(),
            "it must be https, or http on this machine, at 169.254.169.254 or [fd00:ec2::254]",
        )),
    }
}

/// Begins a session with the service, and returns its token.
async fn begin(system: &System, source: &Source, base: &str) -> Result<Secret<String>, Missing> {
    let request = Request::new(http::Method::PUT, format!("{base}/latest/api/token"))
        .header("x-aws-ec2-metadata-token-ttl-seconds", SESSION)
        .time_limit(TIME_LIMIT);
    // Asked once: an address that nobody has would be waited for at each try.
    let answer = match system.http.send(request).await {
        Ok(answer) => answer,
        Err(HttpError::TimeOut { .. }) => {
            return Err(Missing::Elsewhere(
                "the instance's metadata did not answer: this is no instance of EC2, or the broker runs in a container there and \
                 the answer may not go so far (`aws ec2 modify-instance-metadata-options --instance-id ID --http-put-response-hop-limit 2`)"
                    .to_owned(),
            ));
        }
        Err(HttpError::Connect { .. }) => {
            return Err(Missing::Elsewhere("no instance's metadata can be reached".to_owned()));
        }
        Err(error) => return Err(Unanswered::Network(error).error(source).into()),
    };
    let token = String::from_utf8(answer.body).unwrap_or_default();
    let is_token = !token.is_empty()
        && token.len() <= 4096
        && token.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'<');
    match answer.status {
        200 if is_token => Ok(Secret::new(token)),
        403 => Err(Missing::Failed(refuse(
            "the instance's metadata is turned off".to_owned(),
            "turn it on: `aws ec2 modify-instance-metadata-options --instance-id ID --http-endpoint enabled --http-tokens required`",
        ))),
        status => Err(Missing::Failed(refuse(
            format!("{} answered HTTP {status} and no token: it does not speak IMDSv2", source.as_str()),
            "check that nothing else answers at 169.254.169.254; the first version of the service is never asked",
        ))),
    }
}

fn get(url: &str, session: &Secret<String>) -> Request {
    Request::new(http::Method::GET, url)
        .header("x-aws-ec2-metadata-token", session.expose().as_str())
        .time_limit(TIME_LIMIT)
}
