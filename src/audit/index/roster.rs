//! The logins that sign-ins proved, and the keys that they enrolled, as the log records them.

use std::collections::BTreeMap;
use std::collections::HashMap;

use jiff::SignedDuration;
use jiff::Timestamp;

use crate::audit::Evidence;
use crate::audit::Subject;
use crate::grant::Digest;
use crate::grant::Name;

/// The most enrolled keys of one login. A new one replaces the oldest session's.
const MAX_KEYS: usize = 64;

/// The age at which no token of a job is accepted any more, whatever it says about its own end.
pub const MAX_TOKEN_AGE: SignedDuration = SignedDuration::from_hours(24);

/// One login, with its newest proof and its enrolled keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginRecord {
    /// The person's name, by the policy in force at the newest proof.
    pub person: Name,
    /// The newest evidence. Its token is left out, since the log has it.
    pub evidence: Evidence,
    /// The number of the event with the newest evidence.
    pub event: u64,
    /// When the login was last proved.
    pub proved: Timestamp,
    /// The keys, oldest first.
    pub keys: Vec<KeyRecord>,
}

/// An enrolled key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRecord {
    /// `SHA256:…`
    pub fingerprint: String,
    /// The public key as one OpenSSH line.
    pub line: String,
    /// When the enrolment expires. `None` if the key stays.
    pub until: Option<Timestamp>,
    /// The number of the event that enrolled it.
    pub event: u64,
    /// The confirmations, oldest first: who signed, with which key, and the number of the event.
    pub confirmed: Vec<(Name, String, u64)>,
}

/// A job of a workload, and its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobRecord {
    /// `SHA256:…`
    pub fingerprint: String,
    /// When the key expires.
    pub until: Timestamp,
    /// The number of the event that proved it.
    pub event: u64,
    /// The facts of the job.
    pub job: String,
    /// The issuer of its token.
    pub issuer: String,
    /// Every claim of its token that is text.
    pub claims: BTreeMap<String, String>,
}

/// Every login that a sign-in proved.
#[derive(Debug, Clone, Default)]
pub(super) struct Roster {
    logins: BTreeMap<String, LoginRecord>,
    /// When a key of a login was dropped or its person left. An older proof enrols nothing.
    cuts: BTreeMap<String, Timestamp>,
    /// The jobs by the fingerprints of their keys.
    jobs: BTreeMap<String, JobRecord>,
    /// The SHA-256 of each token that came in, with the time after which no token of that age is accepted.
    entered: HashMap<Digest, Timestamp>,
    edition: u64,
}

impl Roster {
    pub(super) fn logins(&self) -> impl Iterator<Item = &LoginRecord> {
        self.logins.values()
    }

    pub(super) fn login(&self, login: &str) -> Option<&LoginRecord> {
        self.logins.get(login)
    }

    pub(super) fn cut(&self, login: &str) -> Option<Timestamp> {
        self.cuts.get(login).copied()
    }

    pub(super) fn jobs(&self) -> impl Iterator<Item = &JobRecord> {
        self.jobs.values()
    }

    pub(super) fn job(&self, fingerprint: &str) -> Option<&JobRecord> {
        self.jobs.get(fingerprint)
    }

    pub(super) fn has_entered(&self, token: &Digest) -> bool {
        self.entered.contains_key(token)
    }

    pub(super) fn edition(&self) -> u64 {
        self.edition
    }

    /// Applies an event. `oldest_open` is when the oldest open request began: an expired key stays known while a request
    /// may rest on it.
    pub(super) fn take(
        &mut self,
        sequence: u64,
        at: Timestamp,
        subject: &Subject,
        oldest_open: Option<Timestamp>,
    ) {
        match subject {
            Subject::Enrolled { person, key, line, until, evidence } => {
                let login = self.prove(person, evidence, sequence, at);
                login.keys.retain(|known| known.fingerprint != *key);
                let key = KeyRecord {
                    fingerprint: key.clone(),
                    line: line.clone(),
                    until: *until,
                    event: sequence,
                    confirmed: Vec::new(),
                };
                let needed = oldest_open.map_or(at, |oldest| oldest.min(at));
                login.keys.retain(|known| known.until.is_none_or(|until| until >= needed));
                if login.keys.len() >= MAX_KEYS {
                    // A session can be made again; a key that a person keeps, with its confirmations, cannot.
                    let oldest = login.keys.iter().position(|known| known.until.is_some()).unwrap_or(0);
                    login.keys.remove(oldest);
                }
                login.keys.push(key);
            }
            Subject::Proved { person, evidence } => {
                self.prove(person, evidence, sequence, at);
            }
            Subject::Entered { key, until, job, token, issuer, claims, .. } => {
                let needed = oldest_open.map_or(at, |oldest| oldest.min(at));
                self.jobs.retain(|_, known| known.until >= needed);
                self.entered.retain(|_, over| *over > at);
                let over = at.saturating_add(MAX_TOKEN_AGE).unwrap_or(Timestamp::MAX);
                self.entered.insert(Digest::of(token.as_bytes()), over);
                let record = JobRecord {
                    fingerprint: key.clone(),
                    until: *until,
                    event: sequence,
                    job: job.clone(),
                    issuer: issuer.clone(),
                    claims: claims.clone(),
                };
                self.jobs.insert(key.clone(), record);
            }
            Subject::Confirmed { key, by, with, .. } => {
                let mut keys = self.logins.values_mut().flat_map(|login| &mut login.keys);
                let Some(known) = keys.find(|known| known.fingerprint == *key) else { return };
                known.confirmed.push((by.clone(), with.clone(), sequence));
            }
            Subject::KeyDropped { key, .. } => {
                for (name, login) in &mut self.logins {
                    let before = login.keys.len();
                    login.keys.retain(|known| known.fingerprint != *key);
                    if login.keys.len() < before {
                        self.cuts.insert(name.clone(), at);
                    }
                }
            }
            Subject::Left { person, .. } => {
                let gone = self.logins.iter().filter(|(_, login)| login.person == *person);
                self.cuts.extend(gone.map(|(name, _)| (name.clone(), at)));
                self.logins.retain(|_, login| login.person != *person);
            }
            // The lost events may have ended any login.
            Subject::GapAccepted { .. } => {
                self.jobs.clear();
                self.cuts.extend(self.logins.keys().map(|name| (name.clone(), at)));
                self.logins.clear();
            }
            _ => return,
        }
        self.edition = sequence;
    }

    fn prove(&mut self, person: &Name, evidence: &Evidence, event: u64, at: Timestamp) -> &mut LoginRecord {
        let evidence = match evidence {
            Evidence::Token(token) => {
                let mut token = token.clone();
                token.token.clear();
                token.jwk.clear();
                Evidence::Token(token)
            }
            other => other.clone(),
        };
        let login = self.logins.entry(evidence.login()).or_insert_with(|| LoginRecord {
            person: person.clone(),
            evidence: evidence.clone(),
            event,
            proved: evidence.proved(at),
            keys: Vec::new(),
        });
        login.person.clone_from(person);
        (login.proved, login.evidence, login.event) = (evidence.proved(at), evidence, event);
        login
    }
}
