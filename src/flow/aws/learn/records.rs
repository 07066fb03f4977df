//! CloudTrail's exports, read as a stream: one record at a time, whatever the length of the file.
//!
//! Source of the form: AWS CloudTrail User Guide, "CloudTrail record contents" and "CloudTrail log file examples". Both `errorCode` and
//! `errorMessage` are there if a request returns an error, so either of them says that a call failed. Some services put the error
//! into `responseElements`, in forms of their own; such a call counts as one that succeeded.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::fmt;
use std::fs::File;
use std::io;
use std::io::BufRead;
use std::io::BufReader;
use std::io::Read;
use std::path::Path;

use flate2::bufread::MultiGzDecoder;
use serde::Deserialize;
use serde::Deserializer;
use serde::de::DeserializeSeed;
use serde::de::Error;
use serde::de::IgnoredAny;
use serde::de::MapAccess;
use serde::de::SeqAccess;
use serde::de::Visitor;
use serde_json::value::RawValue;

use super::actions;
use super::proposal::Learnt;
use crate::grant::cloud::aws::RoleArn;
use crate::grant::text::count;

/// The members of a record that tell what was called, by whom, and on what.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Record {
    pub(super) event_source: String,
    pub(super) event_name: String,
    event_type: Option<String>,
    error_code: Option<IgnoredAny>,
    error_message: Option<IgnoredAny>,
    pub(super) read_only: Option<bool>,
    user_identity: Identity,
    pub(super) resources: Option<Vec<Mention>>,
    /// Of another form for each call, so it is read only where a member is needed.
    request_parameters: Option<Box<RawValue>>,
}

impl Record {
    /// The ARN of the bucket that the parameters of a call of S3 name. `None` if they name none, or an access point.
    pub(super) fn bucket(&self) -> Option<String> {
        let parameters: Parameters = serde_json::from_str(self.request_parameters.as_ref()?.get()).ok()?;
        let name = parameters.bucket_name?;
        let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
        let is_bucket = (3..=255).contains(&name.len()) && name.bytes().all(is_letter);
        // The S3 User Guide reserves these ends for aliases of access points.
        if !is_bucket || ["-s3alias", "--ol-s3"].iter().any(|end| name.ends_with(end)) {
            return None;
        }
        let partition = self.user_identity.arn.as_deref()?.split(':').nth(1)?;
        Some(format!("arn:{partition}:s3:::{name}"))
    }
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Parameters {
    bucket_name: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Identity {
    arn: Option<String>,
    account_id: Option<String>,
    session_context: Option<Context>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Context {
    session_issuer: Option<SessionIssuer>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct SessionIssuer {
    arn: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Mention {
    #[serde(rename = "ARN", alias = "arn")]
    pub(super) arn: Option<String>,
}

/// The numbers of records.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// All of them.
    pub records: u64,
    /// Calls of the role's sessions that succeeded.
    pub used: u64,
    /// Calls of the role's sessions that failed. They teach nothing.
    pub failed: u64,
    /// Records of the role's sessions that are no calls, such as a sign-in to the console.
    pub no_calls: u64,
    /// Calls in other accounts than the role's.
    pub other_accounts: u64,
    /// Calls of others in the role's account.
    pub others: u64,
    /// Calls of a role of this name, where the record does not tell whether the role has the same path. They teach nothing.
    pub untold: u64,
    /// Records that could not be read. They teach nothing.
    pub unreadable: u64,
    /// The role's sessions.
    pub sessions: usize,
}

impl Tally {
    /// The numbers in words.
    pub fn words(&self) -> String {
        let failed = match (self.failed, self.no_calls) {
            (failed, 0) => format!(", {failed} that failed"),
            (failed, 1) => format!(", {failed} that failed and 1 that is no call"),
            (failed, other) => format!(", {failed} that failed and {other} that are no calls"),
        };
        let mut words = format!(
            "{}: {} of {} of the role{failed}; {} of others in its account; {} of other accounts",
            count(self.records, "record"),
            count(self.used, "call"),
            count(self.sessions, "session"),
            self.others,
            self.other_accounts
        );
        if self.untold > 0 {
            words.push_str(&format!(
                "; {} left out, because they do not name the issuer of their session, and another role may have this name",
                self.untold
            ));
        }
        if self.unreadable > 0 {
            words.push_str(&format!("; {} left out, because they cannot be read", self.unreadable));
        }
        words
    }
}

/// The longest record that is read, in bytes. CloudTrail's own have some kilobytes.
pub(super) const LONGEST: usize = 16 << 20;

/// The most sessions that are told apart.
const MOST_SESSIONS: usize = 100_000;

/// The most unreadable records that are named.
const MOST_NAMED: usize = 20;

/// The records read so far.
pub(super) struct Trail<'a> {
    role: &'a RoleArn,
    /// The start of the ARN of each of its sessions.
    session: String,
    sessions: BTreeSet<String>,
    tally: Tally,
    learnt: Learnt,
    /// The file that is read.
    file: String,
    /// The unreadable records, each with its place and the reason.
    unreadable: Vec<String>,
}

impl<'a> Trail<'a> {
    pub(super) fn of(role: &'a RoleArn) -> Self {
        let (partition, account, name) = (role.partition(), role.account(), role.role_name());
        Self {
            role,
            session: format!("arn:{partition}:sts::{account}:assumed-role/{name}/"),
            sessions: BTreeSet::new(),
            tally: Tally::default(),
            learnt: Learnt::default(),
            file: String::new(),
            unreadable: Vec::new(),
        }
    }

    /// The unreadable records, each with its place and the reason. At most twenty.
    pub(super) fn unreadable(&self) -> &[String] {
        &self.unreadable
    }

    pub(super) fn finish(mut self) -> (Learnt, Tally) {
        self.tally.sessions = self.sessions.len();
        (self.learnt, self.tally)
    }

    /// Reads a file, compressed or not. What was read before an error counts.
    ///
    /// # Errors
    /// The place at which reading stopped, and the reason.
    pub(super) fn read(&mut self, path: &Path) -> Result<(), String> {
        let before = self.tally.records;
        self.file = path.display().to_string();
        let result = File::open(path).map_err(|error| error.to_string()).and_then(|file| {
            let mut file = BufReader::with_capacity(1 << 16, file);
            let start = file.fill_buf().map_err(|error| error.to_string())?;
            if start.starts_with(&[0x1f, 0x8b]) {
                self.read_json(MultiGzDecoder::new(file))
            } else {
                self.read_json(file)
            }
        });
        result.map_err(|problem| {
            let read = self.tally.records - before;
            format!("{}: {problem}; {read} records before that were read", path.display())
        })
    }

    pub(super) fn read_json(&mut self, reader: impl Read) -> Result<(), String> {
        let left = Cell::new(LONGEST);
        // The reader asks for one byte at a time, so the buffer stands before the limit.
        let reader = BufReader::with_capacity(1 << 16, Limited { inner: reader, left: &left });
        let mut json = serde_json::Deserializer::from_reader(reader);
        let told = |error: serde_json::Error| match error.io_error_kind() {
            Some(io::ErrorKind::FileTooLarge) => {
                format!("what follows is longer than the {LONGEST} bytes of one record")
            }
            Some(io::ErrorKind::UnexpectedEof) => "the compressed file ends too early".to_owned(),
            Some(_) => format!("it cannot be uncompressed or read ({error})"),
            None => format!("it is no export of CloudTrail ({error})"),
        };
        FileSeed { trail: self, left: &left }.deserialize(&mut json).map_err(told)?;
        json.end().map_err(told)
    }

    /// Takes one record of the file. An unreadable one is counted and left out.
    fn take_text(&mut self, text: &str, number: u64) {
        match serde_json::from_str(text) {
            Ok(record) => self.take(&record),
            Err(error) => {
                self.tally.records += 1;
                self.tally.unreadable += 1;
                if self.unreadable.len() < MOST_NAMED {
                    self.unreadable.push(format!("record {number} of {}: {error}", self.file));
                }
            }
        }
    }

    fn take(&mut self, record: &Record) {
        self.tally.records += 1;
        let identity = &record.user_identity;
        let issuer = identity.session_context.as_ref().and_then(|context| context.session_issuer.as_ref());
        let issuer = issuer.and_then(|issuer| issuer.arn.as_deref());
        let session = identity.arn.as_deref().and_then(|arn| arn.strip_prefix(&self.session));
        // The ARN of a session has no path. A role of the same name under another path is another role.
        if issuer.is_none() && session.is_some() {
            self.tally.untold += 1;
            return;
        }
        let is_own = issuer.or(identity.arn.as_deref()) == Some(self.role.as_str());
        if !is_own {
            let account =
                identity.account_id.as_deref().or_else(|| identity.arn.as_deref()?.split(':').nth(4));
            match account {
                Some(account) if account == self.role.account() => self.tally.others += 1,
                _ => self.tally.other_accounts += 1,
            }
            return;
        }
        if let Some(session) = session.filter(|_| self.sessions.len() < MOST_SESSIONS) {
            self.sessions.insert(session.to_owned());
        }
        if record.error_code.is_some() || record.error_message.is_some() {
            self.tally.failed += 1;
        } else if record.event_type.as_deref().is_some_and(|kind| kind != "AwsApiCall") {
            self.tally.no_calls += 1;
        } else if let Some(calls) = actions::of(record) {
            self.tally.used += 1;
            self.learnt.add(&calls);
        } else {
            self.tally.no_calls += 1;
        }
    }
}

/// A reader that ends with an error after so many bytes.
struct Limited<'a, R> {
    inner: R,
    left: &'a Cell<usize>,
}

impl<R: Read> Read for Limited<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        let left = self.left.get().checked_sub(read).ok_or(io::ErrorKind::FileTooLarge)?;
        self.left.set(left);
        Ok(read)
    }
}

/// Reads the object of a file.
struct FileSeed<'a, 'b> {
    trail: &'a mut Trail<'b>,
    /// The bytes that may be read before the next record ends.
    left: &'a Cell<usize>,
}

impl<'de> DeserializeSeed<'de> for FileSeed<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for FileSeed<'_, '_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object with the member Records")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut seen = false;
        while let Some(key) = map.next_key::<String>()? {
            if key == "Records" {
                map.next_value_seed(RecordsSeed { trail: &mut *self.trail, left: self.left })?;
                seen = true;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        if seen { Ok(()) } else { Err(A::Error::custom("there is no member Records")) }
    }
}

/// Reads the list of records, one after the other.
struct RecordsSeed<'a, 'b> {
    trail: &'a mut Trail<'b>,
    left: &'a Cell<usize>,
}

impl<'de> DeserializeSeed<'de> for RecordsSeed<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for RecordsSeed<'_, '_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list of records")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let mut number = 0;
        while let Some(text) = list.next_element::<Box<RawValue>>()? {
            number += 1;
            self.trail.take_text(text.get(), number);
            self.left.set(LONGEST);
        }
        Ok(())
    }
}
