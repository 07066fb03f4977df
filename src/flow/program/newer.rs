//! Whether a newer release is published. Asked only when somebody types it: nothing here runs by itself.

use http::Method;
use semver::Version;
use serde::Deserialize;

use super::Build;
use crate::flow::Failure;
use crate::system::System;
use crate::system::http::Request;

/// The newest release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Newest {
    /// Its version, without a leading `v`.
    pub version: Version,
    /// Its page.
    pub page: String,
    /// Whether it is newer than this program.
    pub is_newer: bool,
}

/// The part of GitHub's answer that is read (REST API, "Get the latest release").
#[derive(Debug, Deserialize)]
struct Release {
    tag_name: String,
}

/// Asks GitHub for the newest release of the repository that published this build.
///
/// # Errors
/// The build does not know its repository, or GitHub cannot be asked, or has no release.
pub async fn newest(system: &System, build: &Build) -> Result<Newest, Failure> {
    let repository = build.repository.ok_or_else(|| {
        Failure::failed("this program does not know where newer versions are published")
            .cause("it was built from a clone, not by a release")
            .hint("look where you have the clone from: `git fetch`, then `git log HEAD..origin/main`")
    })?;
    let failed =
        |cause: String| Failure::failed("GitHub was asked for the newest release in vain").cause(cause);
    let url = format!("https://api.github.com/repos/{repository}/releases/latest");
    let request = Request::new(Method::GET, url)
        .header("accept", "application/vnd.github+json")
        .header("user-agent", concat!("jit/", env!("CARGO_PKG_VERSION")));
    system.console.progress("asking GitHub for the newest release");
    let sent = system.http.send(request).await;
    system.console.settle();
    let response = sent.map_err(|error| failed(error.to_string()))?;
    match response.status {
        200 => {}
        404 => return Err(failed(format!("{repository} has no release, or is not public"))),
        403 | 429 => {
            return Err(
                failed("GitHub limits how often an address may ask".to_owned()).hint("try again in an hour")
            );
        }
        status => return Err(failed(format!("it answered {status}"))),
    }
    let release: Release = serde_json::from_slice(&response.body)
        .map_err(|_| failed("its answer is not a release".to_owned()))?;
    let version = parse(&release.tag_name).ok_or_else(|| {
        failed(format!("the tag {:?} of the newest release is not a version", release.tag_name))
    })?;
    let is_newer = parse(build.version).is_none_or(|own| version > own);
    let page = format!("https://github.com/{repository}/releases/tag/v{version}");
    Ok(Newest { version, page, is_newer })
}

/// A version, with or without a leading `v`.
fn parse(tag: &str) -> Option<Version> {
    Version::parse(tag.strip_prefix('v').unwrap_or(tag)).ok()
}
