//! The logins that sign-ins proved, and the keys that they enrolled, as the log records them.

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::collections::btree_map::Entry;

use jiff::SignedDuration;
use jiff::Timestamp;

use super::Index;
use crate::audit::Evidence;
use crate::audit::LetIn;
use crate::audit::Subject;
use crate::grant::Digest;
use crate::grant::Name;

/// The most enrolled keys of one login. A new one replaces the oldest session's.
const MAX_KEYS: usize = 64;

/// The age at which no token of a job is accepted any more, whatever it says about its own end.
pub const MAX_TOKEN_AGE: SignedDuration = SignedDuration::from_hours(24);

/// The SHA-256 of what a token signs. The signature is left out: some algorithms have several for the same text.
pub fn token_digest(token: &str) -> Digest {
    let signed = token.rsplit_once('.').map_or(token, |(signed, _)| signed);
    Digest::of(signed.as_bytes())
}

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

impl LoginRecord {
    /// Whether it is this login, or another one of the same person. A policy may give the person of a login another name.
    pub fn is_of(&self, login: &str, person: &Name) -> bool {
        self.person == *person || self.evidence.login() == login
    }
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

impl KeyRecord {
    /// Whether this person confirmed it with this key already.
    pub fn is_confirmed(&self, by: &Name, with: &str) -> bool {
        self.confirmed.iter().any(|(known, key, _)| known == by && key == with)
    }
}

impl Index {
    /// The person to whom the account (`sub`) of this evidence belongs already, if that is somebody else.
    pub fn other_name(&self, person: &Name, evidence: &Evidence) -> Option<&Name> {
        self.roster.other_name(person, evidence)
    }
}

/// Every login that a sign-in proved.
#[derive(Debug, Clone, Default)]
pub(super) struct Roster {
    logins: BTreeMap<String, LoginRecord>,
    /// The login of each enrolled key, by the key's fingerprint.
    by_key: HashMap<String, String>,
    /// When a key of a login was dropped or its person left. An older proof enrols nothing.
    cuts: BTreeMap<String, Timestamp>,
    /// The jobs by the fingerprints of their keys.
    jobs: BTreeMap<String, JobRecord>,
    /// The SHA-256 of each token that came in, with the time after which no token of that age is accepted.
    entered: HashMap<Digest, Timestamp>,
    /// When a person left, whether or not they had signed in before.
    gone: BTreeMap<Name, Timestamp>,
    /// The login and the person of each account (`sub`) that another claim names, by issuer and account.
    names: BTreeMap<(String, String), (String, Name)>,
    /// When the operator last accepted a gap. The lost events may have ended any login, so an older proof counts for none.
    floor: Option<Timestamp>,
    edition: u64,
}

impl Roster {
    pub(super) fn logins(&self) -> impl Iterator<Item = &LoginRecord> {
        self.logins.values()
    }

    pub(super) fn login(&self, login: &str) -> Option<&LoginRecord> {
        self.logins.get(login)
    }

    pub(super) fn enrolled_key(&self, fingerprint: &str) -> Option<(&LoginRecord, &KeyRecord)> {
        let login = self.logins.get(self.by_key.get(fingerprint)?)?;
        Some((login, login.keys.iter().find(|key| key.fingerprint == fingerprint)?))
    }

    pub(super) fn has_enrolled(&self, subject: &Subject) -> bool {
        // An account that GitHub named has no proof of its own to compare.
        let Subject::Enrolled { person, key, until, evidence: evidence @ Evidence::Token(_), .. } = subject
        else {
            return false;
        };
        self.enrolled_key(key).is_some_and(|(login, known)| {
            login.person == *person
                && login.evidence == without_token(evidence)
                && (until.is_some() || known.until.is_none())
        })
    }

    pub(super) fn cut(&self, login: &str, person: &Name) -> Option<Timestamp> {
        [self.cuts.get(login).copied(), self.gone.get(person).copied(), self.floor]
            .into_iter()
            .flatten()
            .max()
    }

    /// The other person who this account (`sub`) was at its last proof. A claim that names people may change, and one human must
    /// not be two people by that. A policy may give the person of a login another name.
    fn other_name(&self, person: &Name, evidence: &Evidence) -> Option<&Name> {
        let (known, other) = self.names.get(&account_of(evidence)?)?;
        (*known != evidence.login() && other != person).then_some(other)
    }

    pub(super) fn gone(&self, person: &Name) -> Option<Timestamp> {
        self.gone.get(person).copied()
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
                let needed = oldest_open.map_or(at, |oldest| oldest.min(at));
                let record = KeyRecord {
                    fingerprint: key.clone(),
                    line: line.clone(),
                    until: *until,
                    event: sequence,
                    confirmed: Vec::new(),
                };
                self.enrol(person, evidence, record, at, needed);
            }
            Subject::Proved { person, evidence }
            | Subject::PageOpened { person, way: LetIn::Login { evidence, .. }, .. }
                if self.counts(person, evidence) =>
            {
                self.prove(person, evidence, sequence, at);
            }
            Subject::Entered { key, until, job, token, issuer, claims, .. } => {
                let needed = oldest_open.map_or(at, |oldest| oldest.min(at));
                self.jobs.retain(|_, known| known.until >= needed);
                self.entered.retain(|_, over| *over > at);
                let over = at.saturating_add(MAX_TOKEN_AGE).unwrap_or(Timestamp::MAX);
                // Two calls at once may both have passed the check of their route: the first one in the log counts.
                if self.entered.insert(token_digest(token), over).is_some() {
                    return;
                }
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
                let login = self.by_key.get(key).and_then(|login| self.logins.get_mut(login));
                let known =
                    login.and_then(|login| login.keys.iter_mut().find(|known| known.fingerprint == *key));
                let Some(known) = known else { return };
                if !known.is_confirmed(by, with) {
                    known.confirmed.push((by.clone(), with.clone(), sequence));
                }
            }
            Subject::KeyDropped { key, .. } => {
                if let Some(login) = self.by_key.get(key).cloned() {
                    self.keep(&login, |known| known.fingerprint != *key);
                    self.cuts.insert(login, at);
                }
            }
            Subject::Left { person, logins, by, .. } => {
                self.gone.insert(person.clone(), at);
                let is_theirs =
                    |name: &String, login: &mut LoginRecord| login.person == *person || logins.contains(name);
                let gone = self.logins.extract_if(.., is_theirs);
                for (name, login) in gone {
                    login.keys.iter().for_each(|key| drop(self.by_key.remove(&key.fingerprint)));
                    self.cuts.insert(name, at);
                }
                // Only somebody else's word frees the account for another name. The person could otherwise leave, and come back
                // as one whom nobody has denied anything.
                if by.as_ref().is_some_and(|by| by != person) {
                    self.names.retain(|_, (login, name)| name != person && !logins.contains(login));
                }
            }
            Subject::GapAccepted { .. } => {
                self.jobs.clear();
                self.floor = Some(at);
                self.logins.clear();
                self.by_key.clear();
                self.names.clear();
            }
            _ => return,
        }
        self.edition = sequence;
    }

    /// Enrols a key. Two sign-ins at once may both have passed the check of their route: the first one in the log counts.
    fn enrol(
        &mut self,
        person: &Name,
        evidence: &Evidence,
        key: KeyRecord,
        at: Timestamp,
        needed: Timestamp,
    ) {
        let name = evidence.login();
        let held = self.enrolled_key(&key.fingerprint);
        let is_of_a_job = self.jobs.contains_key(&key.fingerprint);
        let is_taken = is_of_a_job || held.is_some_and(|(login, _)| !login.is_of(&name, person));
        let before = held.map(|(_, known)| known.clone());
        if is_taken || !self.counts(person, evidence) {
            return;
        }
        self.prove(person, evidence, key.event, at);
        // A listed person may have enrolled it at another login.
        if let Some(other) = self.by_key.remove(&key.fingerprint) {
            self.keep(&other, |known| known.fingerprint != key.fingerprint);
        }
        self.keep(&name, |known| known.until.is_none_or(|until| until >= needed));
        let Some(login) = self.logins.get_mut(&name) else { return };
        if login.keys.len() >= MAX_KEYS {
            // A session can be made again; a key that a person keeps, with its confirmations, cannot.
            let session = login.keys.iter().position(|known| known.until.is_some());
            let oldest = session.or_else(|| login.keys.iter().position(|known| known.confirmed.is_empty()));
            let Some(oldest) = oldest else { return };
            let removed = login.keys.remove(oldest);
            self.by_key.remove(&removed.fingerprint);
        }
        self.by_key.insert(key.fingerprint.clone(), name);
        // The same person enrolled the same key again: the confirmations still say whose it is. It never becomes a session's
        // key by that, because everybody knows a public key, and somebody who can sign in as the person could weaken it so.
        let kept = before.filter(|known| known.until.is_none());
        login.keys.push(match kept {
            Some(known) => KeyRecord { until: None, confirmed: known.confirmed, ..key },
            None => key,
        });
    }

    /// Whether a proof is newer than whatever ended the login, and of an account that is nobody else. The route checked both
    /// too, before it waited for the log.
    fn counts(&self, person: &Name, evidence: &Evidence) -> bool {
        match evidence {
            Evidence::Token(token) => {
                self.cut(&evidence.login(), person).is_none_or(|cut| token.issued > cut)
                    && self.other_name(person, evidence).is_none()
            }
            Evidence::GitHub { .. } => true,
        }
    }

    /// Forgets the keys of a login that do not pass.
    fn keep(&mut self, login: &str, passes: impl Fn(&KeyRecord) -> bool) {
        let Some(login) = self.logins.get_mut(login) else { return };
        for key in login.keys.extract_if(.., |key| !passes(key)) {
            self.by_key.remove(&key.fingerprint);
        }
    }

    /// Records a proof. An older one than the newest changes nothing: it could bring back groups that the person has left.
    fn prove(&mut self, person: &Name, evidence: &Evidence, event: u64, at: Timestamp) {
        if let Some(account) = account_of(evidence) {
            self.names.insert(account, (evidence.login(), person.clone()));
        }
        let evidence = without_token(evidence);
        let proved = evidence.proved(at);
        match self.logins.entry(evidence.login()) {
            Entry::Vacant(place) => {
                place.insert(LoginRecord {
                    person: person.clone(),
                    evidence,
                    event,
                    proved,
                    keys: Vec::new(),
                });
            }
            Entry::Occupied(mut known) if proved >= known.get().proved => {
                let known = known.get_mut();
                known.person.clone_from(person);
                (known.proved, known.evidence, known.event) = (proved, evidence, event);
            }
            Entry::Occupied(_) => {}
        }
    }
}

/// The issuer and the account (`sub`) of a token in which another claim names the person. `None` for other evidence.
fn account_of(evidence: &Evidence) -> Option<(String, String)> {
    match evidence {
        Evidence::Token(token) => Some((token.issuer.clone(), token.account.clone()?)),
        Evidence::GitHub { .. } => None,
    }
}

/// Evidence as the index keeps it.
fn without_token(evidence: &Evidence) -> Evidence {
    match evidence {
        Evidence::Token(token) => {
            let mut token = token.clone();
            token.token.clear();
            token.jwk.clear();
            Evidence::Token(token)
        }
        other => other.clone(),
    }
}

#[cfg(test)]
#[path = "roster_tests.rs"]
mod tests;
