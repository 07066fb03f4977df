use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use super::ui::Ui;
use crate::flow::Failure;
use crate::flow::program;
use crate::flow::program::Build;
use crate::flow::program::newer;
use crate::flow::program::verify;
use crate::flow::program::verify::Verified;
use crate::grant::text::sanitise;
use crate::system::System;

/// Show which build of jit this is, and whether a release has it
#[derive(Debug, Args)]
#[command(
    long_about = "Show which build of jit this is, and whether a release has it.

jit never asks for updates by itself; --check asks GitHub once.",
    after_long_help = "Examples:
  jit version
  jit version --verify SHA256SUMS
  jit version --verify target/packages/jit-0.1.0-x86_64-linux
  jit version --check"
)]
pub struct Version {
    /// Compare this program with a release's list of checksums, or with another build
    #[arg(long, value_name = "FILE", conflicts_with = "check")]
    verify: Option<PathBuf>,
    /// Ask GitHub whether a newer release is published
    #[arg(long)]
    check: bool,
    /// Write JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Serialize)]
struct VersionJson<'a> {
    version: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    commit: Option<&'a str>,
    target: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    repository: Option<&'a str>,
    path: String,
    sha256: String,
    /// The program's name in the list of checksums.
    #[serde(skip_serializing_if = "Option::is_none")]
    listed_as: Option<String>,
    /// The newest release.
    #[serde(skip_serializing_if = "Option::is_none")]
    newest: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    is_newest: Option<bool>,
}

impl Version {
    pub(super) async fn run(self, system: &System, ui: &Ui<'_>) -> Result<(), Failure> {
        let build = Build::own();
        let (own, verified) = match &self.verify {
            Some(file) => {
                let (own, verified) = verify::verify(system, file)?;
                (own, Some(verified))
            }
            None => (program::own(system)?, None),
        };
        let newest = if self.check { Some(newer::newest(system, &build).await?) } else { None };
        let listed = match &verified {
            Some(Verified::Listed(name)) => Some(sanitise(name)),
            _ => None,
        };
        if self.json {
            return ui.json(&VersionJson {
                version: build.version,
                commit: build.commit,
                target: build.target,
                repository: build.repository,
                path: own.path.display().to_string(),
                sha256: own.digest.to_string(),
                listed_as: listed,
                newest: newest.as_ref().map(|newest| newest.version.to_string()),
                is_newest: newest.as_ref().map(|newest| !newest.is_newer),
            });
        }
        ui.line(&format!("jit {}", build.version))?;
        ui.line(&format!("  commit   {}", build.commit.unwrap_or("unknown")))?;
        ui.line(&format!("  system   {}", build.target))?;
        ui.line(&format!("  program  {}", sanitise(&own.path.display().to_string())))?;
        ui.line(&format!("  sha256   {}", own.digest))?;
        if let Some(listed) = listed {
            ui.line(&format!("verified: it is {listed} of that list"))?;
        } else if verified.is_some() {
            ui.line("verified: the file has the same bytes")?;
        }
        match newest {
            Some(newest) if newest.is_newer => {
                ui.line(&format!("newer: {} at {}", newest.version, sanitise(&newest.page)))?;
            }
            Some(newest) => ui.line(&format!("newest: {} is the newest release", newest.version))?,
            None => {}
        }
        Ok(())
    }
}
