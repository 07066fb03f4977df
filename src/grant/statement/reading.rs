//! Takes the members out of a flat JSON object one by one.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use data_encoding::BASE64_NOPAD;
use jiff::Timestamp;
use serde::Deserialize;
use serde::Deserializer;
use serde::de::MapAccess;
use serde::de::Visitor;

use super::Header;
use super::RequestStatement;
use super::RequestedScope;
use super::StatementError;
use super::Way;
use crate::grant::JobRun;
use crate::grant::Purpose;
use crate::grant::WorkloadRun;
use crate::grant::span::Span;
use crate::grant::text;

/// RFC 8785 over a flat object of strings.
pub fn canonical(members: &BTreeMap<String, String>) -> Vec<u8> {
    serde_json_canonicalizer::to_vec(members).unwrap_or_default()
}

/// A flat JSON object of strings without duplicate members.
pub(super) struct Flat(pub(super) BTreeMap<String, String>);

impl<'de> Deserialize<'de> for Flat {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct FlatVisitor;

        impl<'de> Visitor<'de> for FlatVisitor {
            type Value = Flat;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a flat object of strings")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Flat, A::Error> {
                let mut members = BTreeMap::new();
                while let Some((name, value)) = map.next_entry::<String, String>()? {
                    if members.insert(name, value).is_some() {
                        return Err(serde::de::Error::custom("a member occurs twice"));
                    }
                }
                Ok(Flat(members))
            }
        }

        deserializer.deserialize_map(FlatVisitor)
    }
}

/// Takes members out one by one. Members left at the end are unknown.
pub(super) struct Members(pub(super) BTreeMap<String, String>);

impl Members {
    pub(super) fn text(&mut self, member: &'static str) -> Result<String, StatementError> {
        self.0.remove(member).ok_or(StatementError::Missing(member))
    }

    pub(super) fn prose(&mut self, member: &'static str) -> Result<String, StatementError> {
        let prose = self.text(member)?;
        text::check(&prose).map_err(|error| wrong(member, &error))?;
        Ok(prose)
    }

    pub(super) fn parsed<T: FromStr>(&mut self, member: &'static str) -> Result<T, StatementError>
    where
        T::Err: fmt::Display,
    {
        self.text(member)?.parse().map_err(|error| wrong(member, &error))
    }

    /// A one-use public key that can be sealed to.
    pub(super) fn recipient(&mut self) -> Result<String, StatementError> {
        let recipient = self.text("recipient")?;
        crate::secret::seal::check_recipient(&recipient).map_err(|error| wrong("recipient", &error))?;
        Ok(recipient)
    }

    /// The fingerprint of a key: `SHA256:` and 43 characters of base64 without padding, as OpenSSH writes it.
    pub(super) fn fingerprint(&mut self, member: &'static str) -> Result<String, StatementError> {
        let written = self.text(member)?;
        let encoded = written.strip_prefix("SHA256:").map(str::as_bytes);
        let digest = encoded.and_then(|encoded| BASE64_NOPAD.decode(encoded).ok());
        if digest.is_some_and(|digest| digest.len() == 32) {
            Ok(written)
        } else {
            Err(wrong(member, &"write the fingerprint of a key, SHA256:…"))
        }
    }

    pub(super) fn instant(&mut self, member: &'static str) -> Result<Timestamp, StatementError> {
        let written = self.text(member)?;
        let instant: Timestamp = written.parse().map_err(|error| wrong(member, &error))?;
        let exact = instant.to_string() == written && instant.subsec_nanosecond() == 0;
        if exact { Ok(instant) } else { Err(wrong(member, &"write RFC 3339 in whole seconds with Z")) }
    }

    fn span(&mut self, member: &'static str) -> Result<Span, StatementError> {
        let written = self.text(member)?;
        let span = written.parse().ok().and_then(Span::of_seconds);
        span.filter(|span| span.seconds().to_string() == written)
            .ok_or_else(|| wrong(member, &"write whole seconds, from 1 to 31 days"))
    }

    pub(super) fn optional_span(&mut self, member: &'static str) -> Result<Option<Span>, StatementError> {
        if self.0.contains_key(member) { self.span(member).map(Some) } else { Ok(None) }
    }

    pub(super) fn optional<T: FromStr>(&mut self, member: &'static str) -> Result<Option<T>, StatementError>
    where
        T::Err: fmt::Display,
    {
        if self.0.contains_key(member) { self.parsed(member).map(Some) } else { Ok(None) }
    }

    fn number(&mut self, member: &'static str) -> Result<u64, StatementError> {
        let written = self.text(member)?;
        let number = written.parse().ok().filter(|number: &u64| *number > 0);
        number
            .filter(|number| number.to_string() == written)
            .ok_or_else(|| wrong(member, &"write a whole number from 1"))
    }

    /// The run of the workload that asks. `None` if a person asks. Its members are all present, or all absent.
    fn workload(&mut self, way: Way) -> Result<Option<WorkloadRun>, StatementError> {
        if !self.0.contains_key("repository_id") {
            return Ok(None);
        }
        if way != Way::Request {
            return Err(wrong("repository_id", &"a workload can only make an ordinary request"));
        }
        let run = WorkloadRun {
            repository_id: self.number("repository_id")?,
            sha: self.text("sha")?,
            reference: self.text("ref")?,
            run_id: self.number("run_id")?,
            run_attempt: self.number("run_attempt")?,
            workflow_ref: self.text("workflow_ref")?,
        };
        run.check().map_err(|(member, cause)| wrong(member, &cause))?;
        Ok(Some(run))
    }

    /// The command that the request is for. `None` if it has none of the members.
    fn purpose(&mut self, way: Way) -> Result<Option<Purpose>, StatementError> {
        let [command, program, folder, files, commit, plan] = Purpose::MEMBERS;
        if Purpose::MEMBERS.iter().all(|member| !self.0.contains_key(*member)) {
            return Ok(None);
        }
        if way != Way::Request {
            return Err(wrong(command, &"only an ordinary request is for one command"));
        }
        let (words, program, folder) = (self.text(command)?, self.parsed(program)?, self.text(folder)?);
        let (files, commit) = (self.0.remove(files), self.0.remove(commit));
        let plan = self.optional(plan)?;
        let purpose = Purpose::read(&words, program, folder, files.as_deref(), commit, plan);
        purpose.map(Some).map_err(|(member, cause)| wrong(member, &cause))
    }

    pub(super) fn request(&mut self, header: Header, way: Way) -> Result<RequestStatement, StatementError> {
        let scope = if self.0.contains_key("scope") {
            Some(RequestedScope { name: self.parsed("scope")?, document: self.parsed("scope_sha256")? })
        } else {
            None
        };
        let start = if self.0.contains_key("start") { Some(self.instant("start")?) } else { None };
        let workload = self.workload(way)?;
        let job: Option<JobRun> = if workload.is_none() { self.optional("job")? } else { None };
        if job.is_some() && way != Way::Request {
            return Err(wrong("job", &"a workload can only make an ordinary request"));
        }
        let is_of_a_workload = workload.is_some() || job.is_some();
        let recipient = if is_of_a_workload { String::new() } else { self.recipient()? };
        let request = RequestStatement {
            way,
            interactive: self.parsed("interactive")?,
            agent: self.parsed("agent")?,
            role: self.parsed("role")?,
            target: self.parsed("target")?,
            scope,
            duration: self.span("duration")?,
            start,
            reason: self.prose("reason")?,
            recipient,
            workload,
            job,
            purpose: self.purpose(way)?,
            policy: self.parsed("policy")?,
            created: self.instant("created")?,
            not_after: self.instant("not_after")?,
            header,
        };
        if request.created != request.header.at {
            return Err(wrong("created", &"must equal `at`"));
        }
        if request.not_after <= request.created {
            return Err(wrong("not_after", &"must be later than `created`"));
        }
        Ok(request)
    }

    pub(super) fn finish(self) -> Result<(), StatementError> {
        if self.0.is_empty() {
            return Ok(());
        }
        let names: Vec<String> = self.0.keys().take(8).map(|name| text::sanitise(name)).collect();
        Err(StatementError::Unknown(names.join(", ")))
    }
}

fn wrong(member: &'static str, cause: &dyn fmt::Display) -> StatementError {
    StatementError::Member { member, cause: cause.to_string() }
}
