//! The `jit` that the workflows fetch: its address, and the hash of what lies there.

use std::time::Duration;

use http::Method;
use url::Url;

use crate::address;
use crate::flow::Failure;
use crate::flow::github::setup::templates::Download;
use crate::grant::Digest;
use crate::grant::text::sanitise;
use crate::system::System;
use crate::system::http::Request;
use crate::system::http::Response;

/// The largest program that is read, in bytes.
const LARGEST: usize = 256 << 20;
/// The time limit of one request.
const LIMIT: Duration = Duration::from_secs(5 * 60);
/// How many redirects are followed, as the workflows' curl follows them.
const REDIRECTS: usize = 5;

/// The download. Without a hash, the program is fetched and hashed, and the hash is said.
///
/// # Errors
/// The address is missing or not one that workflows can fetch from, the hash is none, or nothing can be fetched.
pub async fn find(system: &System, url: Option<&str>, sha256: Option<&str>) -> Result<Download, Failure> {
    let url = url.ok_or_else(|| {
        Failure::usage("--download is missing: the workflows fetch jit from an address")
            .cause("there is no public release of jit yet, so jit knows no address by itself")
            .hint("put your own build of jit for Linux where https reaches it, and name it: --download https://…/jit")
    })?;
    Download::check(url)?;
    let sha256 = match sha256 {
        Some(text) => text.parse().map_err(|_| Failure::usage("--sha256 takes 64 hexadecimal characters"))?,
        None => {
            let program = fetch(system, url).await?;
            let digest = Digest::of(&program);
            let line = format!(
                "{url} has {} bytes with the SHA-256 {digest}, which the workflows demand",
                program.len()
            );
            system.console.say(&line);
            digest
        }
    };
    Download::new(url, sha256)
}

async fn fetch(system: &System, url: &str) -> Result<Vec<u8>, Failure> {
    let failed = |cause: &str| {
        Failure::failed(format!("{url} cannot be fetched"))
            .cause(cause)
            .hint("open it to everybody who has the address, or say its hash yourself: --sha256 HEX")
    };
    system.console.progress(&format!("fetching {url}"));
    let mut address = Url::parse(url).map_err(|error| failed(&error.to_string()))?;
    for _ in 0..=REDIRECTS {
        let request = Request::new(Method::GET, address.as_str()).time_limit(LIMIT).size_limit(LARGEST);
        let sent = system.http.send(request).await;
        let response = sent.map_err(|error| failed(&error.to_string()))?;
        match response.status {
            200 if response.body.is_empty() => return Err(failed("the answer is empty")),
            200 => {
                system.console.settle();
                return Ok(response.body);
            }
            301 | 302 | 303 | 307 | 308 => {
                address = next(&address, &response).map_err(|cause| failed(&cause))?;
            }
            status => return Err(failed(&format!("the server answered {status}"))),
        }
    }
    Err(failed("it redirects for ever"))
}

/// The target of a redirect: https, or http on this machine after an address of this machine.
fn next(address: &Url, response: &Response) -> Result<Url, String> {
    let target = response.header("location").unwrap_or_default();
    let next = address.join(target).map_err(|_| "it redirects to no address".to_owned())?;
    let is_fit =
        address::is_private(&next) && (next.scheme() == address.scheme() || next.scheme() == "https");
    if is_fit {
        Ok(next)
    } else {
        Err(format!("it redirects to {}, which is not private", sanitise(next.as_str())))
    }
}
