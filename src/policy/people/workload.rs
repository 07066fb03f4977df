//! `[workloads.NAME]`: pipelines and machines that ask, identified by the claims of their tokens. They never review.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::grant::Name;
use crate::grant::text;

use crate::policy::Policy;
use crate::policy::files::document::Field;
use crate::policy::files::document::Section;
use crate::policy::files::document::read_issuer;
use crate::policy::people::roster::People;

/// A pipeline or machine that may ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workload {
    /// The stable name.
    pub name: Name,
    /// The issuer of its tokens, compared exactly.
    pub issuer: String,
    /// The claims that its tokens must have, each compared exactly.
    pub claims: BTreeMap<String, String>,
}

/// The token issuer of GitHub Actions.
const GITHUB: &str = "https://token.actions.githubusercontent.com";
/// The most claims of one workload.
const MAX_CLAIMS: usize = 16;

impl Workload {
    fn matches(&self, issuer: &str, claims: &BTreeMap<String, String>) -> bool {
        self.issuer == issuer && self.claims.iter().all(|(name, value)| claims.get(name) == Some(value))
    }

    /// Whether one token could identify both.
    fn overlaps(&self, other: &Self) -> bool {
        let agrees =
            |(name, value): (&String, &String)| other.claims.get(name).is_none_or(|same| same == value);
        self.issuer == other.issuer && self.claims.iter().all(agrees)
    }

    /// Parses `[workloads]` into `everybody`.
    pub(in crate::policy) fn read_all(section: &Section<'_>, everybody: &mut People) {
        for (text, at, field) in section.entries() {
            let name: Name = match text.parse() {
                Ok(name) => name,
                Err(error) => {
                    section.document.report(at, &error.to_string());
                    continue;
                }
            };
            if everybody.people.contains_key(&name) {
                let message = format!("{name} is a person already: a name means one human or one workload");
                section.document.report_with(at, &message, "give the workload another name");
                continue;
            }
            let Some(workload) = Self::read(name, &field) else { continue };
            if let Some(other) = everybody.workloads.values().find(|other| other.overlaps(&workload)) {
                let message = format!("one token could be this workload and {} too", other.name);
                let hint = "let both name the same claim with different values";
                section.document.report_with(at, &message, hint);
            }
            everybody.workloads.insert(workload.name.clone(), workload);
        }
    }

    fn read(name: Name, field: &Field<'_>) -> Option<Self> {
        const HINT: &str =
            r#"write oidc = { issuer = "https://…", repository_id = "1234", environment = "deploy" }"#;
        let section = field.section()?;
        let oidc = section.required("oidc", HINT);
        section.finish(&[]);
        let oidc = oidc?;
        let section = oidc.section()?;
        let issuer = section.required("issuer", HINT).and_then(|field| read_issuer(&field));
        let mut claims = BTreeMap::new();
        for (claim, at, value) in section.entries().filter(|(claim, _, _)| *claim != "issuer") {
            let Some(text) = value.text() else { continue };
            let is_seen = text::check(text).is_ok() && text::check(claim).is_ok();
            if text.is_empty() || text.len() > 1024 || claim.len() > 255 || !is_seen {
                value.report("a claim has 1 to 1024 characters that can be seen, compared exactly");
            }
            if claim.ends_with("_id") && !text.bytes().all(|byte| byte.is_ascii_digit()) {
                section.document.report(at, &format!("`{claim}` is a number, as names can change hands"));
            }
            claims.insert(claim.to_owned(), text.to_owned());
        }
        if claims.is_empty() || claims.len() > MAX_CLAIMS {
            oidc.report_with(&format!("a workload is known by 1 to {MAX_CLAIMS} claims of its tokens"), HINT);
        }
        let issuer = issuer?;
        let narrow = claims.contains_key("environment") || claims.contains_key("job_workflow_ref");
        if issuer == GITHUB && !(claims.contains_key("repository_id") && narrow) {
            oidc.report_with(
                "a workload of GitHub Actions names `repository_id` and `environment` or `job_workflow_ref`",
                "without them, anybody who can push a branch there could ask as it",
            );
        }
        Some(Self { name, issuer, claims })
    }
}

impl Policy {
    /// A workload by its name.
    pub fn workload(&self, name: &Name) -> Option<&Workload> {
        self.people.workloads.get(name)
    }

    /// The workload to whose job a key belongs, as its token proved, by the key's fingerprint.
    pub fn workload_of_key(&self, fingerprint: &str) -> Option<&Name> {
        self.people.by_job_key.get(fingerprint).map(|(workload, _)| workload)
    }

    /// Until when a key signs new statements. `None` for a key that stays.
    pub fn until_of_key(&self, fingerprint: &str) -> Option<Timestamp> {
        let of_job = || self.people.by_job_key.get(fingerprint).map(|(_, until)| *until);
        self.key(fingerprint).map_or_else(of_job, |key| key.until)
    }

    /// The person, agent or workload to whom a key belongs, by its fingerprint.
    pub fn owner_of_key(&self, fingerprint: &str) -> Option<&Name> {
        let person = self.person_of_key(fingerprint).map(|person| &person.name);
        let agent = || self.agent_of_key(fingerprint).map(|agent| &agent.name);
        person.or_else(agent).or_else(|| self.workload_of_key(fingerprint))
    }

    /// Every workload, in name order.
    pub fn workloads(&self) -> impl ExactSizeIterator<Item = &Workload> {
        self.people.workloads.values()
    }

    /// The workload identified by a verified token's claims: exactly one, or none.
    pub fn workload_of_claims(&self, issuer: &str, claims: &BTreeMap<String, String>) -> Option<&Workload> {
        let mut fitting = self.workloads().filter(|workload| workload.matches(issuer, claims));
        let first = fitting.next()?;
        fitting.next().is_none().then_some(first)
    }
}
