//! Proves, part by part and in order, that everything works on this machine and that access without approval does not.

mod agents;
mod forbidden;
mod issuer;
mod parts;
mod places;
mod pools;
mod surroundings;
mod written;

use serde::Serialize;

use super::Client;
use super::Failure;
use crate::grant::text::sanitise;
use crate::system::System;
pub use forbidden::Try;
pub use forbidden::forbidden_path;

/// The result of one check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CheckResult {
    /// It works.
    Ok,
    /// It was not tried, or is a matter of taste.
    Note,
    /// It could not be checked, which is no proof that it works.
    Unknown,
    /// It does not work.
    Problem,
}

/// One line of the report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The part that was checked.
    pub part: &'static str,
    /// The result.
    pub verdict: CheckResult,
    /// The observation.
    pub found: String,
    /// How to fix it.
    pub mend: Option<String>,
}

impl Finding {
    pub(in crate::flow) fn ok(part: &'static str, found: impl AsRef<str>) -> Self {
        Self { part, verdict: CheckResult::Ok, found: sanitise(found.as_ref()), mend: None }
    }

    pub(in crate::flow) fn note(part: &'static str, found: impl AsRef<str>) -> Self {
        Self { verdict: CheckResult::Note, ..Self::ok(part, found) }
    }

    pub(in crate::flow) fn problem(part: &'static str, found: impl AsRef<str>) -> Self {
        Self { verdict: CheckResult::Problem, ..Self::ok(part, found) }
    }

    /// A finding for a part that could not be checked, with the reason.
    pub(in crate::flow) fn unknown(part: &'static str, found: impl AsRef<str>) -> Self {
        Self { verdict: CheckResult::Unknown, ..Self::ok(part, found) }
    }

    pub(in crate::flow) fn mend(mut self, mend: impl AsRef<str>) -> Self {
        self.mend = Some(sanitise(mend.as_ref()));
        self
    }

    pub(in crate::flow) fn of(part: &'static str, failure: &Failure) -> Self {
        let causes = failure.causes.iter().fold(String::new(), |text, cause| format!("{text}: {cause}"));
        let finding = Self::problem(part, format!("{}{causes}", failure.message));
        match failure.hints.as_slice() {
            [] => finding,
            hints => finding.mend(hints.join("; ")),
        }
    }
}

/// Checks everything without a question. `forbidden` also tries the forbidden path.
pub async fn examine(system: &System, forbidden: bool) -> Vec<Finding> {
    let mut findings = parts(system).await;
    findings.extend(forbidden_part(system, Try::of(forbidden)).await);
    findings
}

/// Checks everything but the forbidden path.
pub async fn parts(system: &System) -> Vec<Finding> {
    let mut findings = Vec::new();
    match Client::open(system) {
        Ok(client) => {
            findings.push(parts::settings(&client));
            let address = client.settings.authority().unwrap_or_default();
            match crate::flow::github::doctor::repository_of(address) {
                Some(slug) => {
                    findings.extend(crate::flow::github::doctor::examine_own(&client, address, slug).await);
                }
                None => findings.extend(parts::broker(&client).await),
            }
            findings.extend(parts::clouds(&client).await);
            findings.push(parts::keychain(&client));
            findings.extend(parts::credentials(&client));
            findings.push(parts::login(&client).await);
            findings.extend(agents::examine(&client));
            findings.extend(places::examine(&client).await);
        }
        Err(failure) => findings.push(Finding::of("settings", &failure)),
    }
    findings.push(parts::index(system));
    findings.push(written::hook(system));
    findings.extend(surroundings::aws(system));
    findings.push(parts::loopback(system).await);
    findings
}

/// Tries the forbidden path, if allowed. Settings that do not load have no roles to try.
pub async fn forbidden_part(system: &System, wanted: Try) -> Vec<Finding> {
    match Client::open(system) {
        Ok(client) => forbidden::examine(&client, wanted).await,
        Err(_) => Vec::new(),
    }
}
