//! One line of the audit log.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;

use super::Evidence;
use super::LetIn;
use crate::grant::Change;
use crate::grant::Digest;
use crate::grant::Name;
use crate::grant::Signed;

/// The subject of an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "about", rename_all = "snake_case", deny_unknown_fields)]
pub enum Subject {
    /// Something happened to a request.
    Request {
        /// The request's digest.
        request: Digest,
        /// The change.
        change: Change,
    },
    /// A new policy revision is in force from here on.
    Policy {
        /// The revision.
        revision: Digest,
        /// The commit of the policy, if it comes from a repository.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        commit: Option<String>,
    },
    /// The broker refused a commit of the policy repository.
    PolicyRefused {
        /// The commit.
        commit: String,
        /// Why the broker refused it.
        reason: String,
    },
    /// A person logged in.
    LoggedIn {
        /// The person.
        person: Name,
        /// The fingerprint of the key, `SHA256:…`, to which the session is bound.
        key: String,
        /// The SHA-256 of the session's token.
        session: Digest,
        /// When the session expires.
        expires: Timestamp,
    },
    /// A person logged out.
    LoggedOut {
        /// The person.
        person: Name,
        /// The SHA-256 of the session's token.
        session: Digest,
    },
    /// A sign-in enrolled a key of a person.
    Enrolled {
        /// The person, by the policy in force.
        person: Name,
        /// The fingerprint of the key, `SHA256:…`.
        key: String,
        /// The key as one OpenSSH line without comment.
        line: String,
        /// When the enrolment expires. `None` if the key stays.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Timestamp>,
        /// The proof.
        evidence: Evidence,
    },
    /// A job of a workload came in with a token, which proved the job's key for some hours.
    Entered {
        /// The workload, by the policy in force.
        workload: Name,
        /// The fingerprint of the key, `SHA256:…`.
        key: String,
        /// When the key expires.
        until: Timestamp,
        /// The facts of the job.
        job: String,
        /// The token as the issuer issued it (JWS compact). It enters once.
        token: String,
        /// The issuer's key that verified it, as JSON (RFC 7517).
        jwk: String,
        /// The issuer.
        issuer: String,
        /// Every claim of the token that is text.
        claims: BTreeMap<String, String>,
    },
    /// A newer proof of a person and their groups came in.
    Proved {
        /// The person, by the policy in force.
        person: Name,
        /// The proof.
        evidence: Evidence,
    },
    /// A signature confirmed whose an enrolled key is.
    Confirmed {
        /// The owner of the key.
        person: Name,
        /// The fingerprint of the confirmed key, `SHA256:…`.
        key: String,
        /// The signer: the owner, or a voucher.
        by: Name,
        /// The fingerprint of the key that signed, `SHA256:…`.
        with: String,
        /// The signed statement.
        signed: Signed,
    },
    /// An enrolled key no longer counts.
    KeyDropped {
        /// The owner of the key.
        person: Name,
        /// The fingerprint of the key, `SHA256:…`.
        key: String,
        /// The person who dropped it.
        by: Name,
    },
    /// A person left: their sessions and enrolled keys no longer count.
    Left {
        /// The person.
        person: Name,
        /// Their logins that were last proved under another name, which an earlier policy gave them.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        logins: Vec<String>,
        /// The reason, or the source of the news.
        why: String,
        /// The person who said so. `None` if the policy or the identity provider did.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<Name>,
        /// Their signed statement.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        signed: Option<Signed>,
    },
    /// A browser was signed in on the approval page. It reads and denies.
    PageOpened {
        /// The person.
        person: Name,
        /// How the browser was let in.
        way: LetIn,
        /// The SHA-256 of the browser's cookie.
        cookie: Digest,
        /// When the cookie expires.
        expires: Timestamp,
    },
    /// The broker was started on a database that lacks events, because its operator accepted the gap.
    GapAccepted {
        /// The number of the newest acknowledged event that is lost. `None` if the head was lost too.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lost: Option<u64>,
        /// Its hash.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        hash: Option<Digest>,
    },
}

/// The SHA-256 of a key's fingerprint.
pub fn matter_of_key(fingerprint: &str) -> Digest {
    Digest::of(fingerprint.as_bytes())
}

impl Subject {
    /// The digest of the request that this event is about. `None` if it is about no request.
    pub fn request(&self) -> Option<&Digest> {
        match self {
            Self::Request { request, .. } => Some(request),
            _ => None,
        }
    }

    /// The digest under which notices of this event are stored: of its request, or of its key ([`matter_of_key`]). `None` if
    /// nobody is told of such an event.
    pub fn matter(&self) -> Option<Digest> {
        match self {
            Self::Request { request, .. } => Some(*request),
            Self::Enrolled { key, .. } | Self::Confirmed { key, .. } => Some(matter_of_key(key)),
            _ => None,
        }
    }

    /// Whether it changes the logins and keys that sign-ins proved.
    pub fn is_about_people(&self) -> bool {
        match self {
            Self::Enrolled { .. }
            | Self::Entered { .. }
            | Self::Proved { .. }
            | Self::Confirmed { .. }
            | Self::KeyDropped { .. }
            | Self::Left { .. }
            | Self::PageOpened { way: LetIn::Login { .. }, .. }
            | Self::GapAccepted { .. } => true,
            Self::Request { .. }
            | Self::Policy { .. }
            | Self::PolicyRefused { .. }
            | Self::LoggedIn { .. }
            | Self::LoggedOut { .. }
            | Self::PageOpened { way: LetIn::Session { .. }, .. } => false,
        }
    }

    /// The word in lists and exports.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Request { change, .. } => change.word(),
            Self::Policy { .. } => "policy",
            Self::PolicyRefused { .. } => "policy_refused",
            Self::LoggedIn { .. } => "logged_in",
            Self::LoggedOut { .. } => "logged_out",
            Self::Enrolled { .. } => "enrolled",
            Self::Entered { .. } => "entered",
            Self::Proved { .. } => "proved",
            Self::Confirmed { .. } => "confirmed",
            Self::KeyDropped { .. } => "key_dropped",
            Self::Left { .. } => "left",
            Self::PageOpened { .. } => "page_opened",
            Self::GapAccepted { .. } => "gap_accepted",
        }
    }
}

/// One line of the audit log. The chain holds its canonical bytes (RFC 8785).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// Counts from 1 without gaps.
    pub sequence: u64,
    /// The time. Never earlier than the time of the previous event.
    pub at: Timestamp,
    /// The policy revision in force.
    pub policy: Digest,
    /// The address of the caller. `None` if no caller caused the event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The subject, and what happened to it.
    pub subject: Subject,
}

impl Event {
    /// The canonical bytes: RFC 8785. Every number in an event is far below 2^53.
    pub fn body(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json_canonicalizer::to_vec(self)
    }

    /// Parses canonical bytes. Refuses any other encoding of the same event.
    pub fn parse(body: &[u8]) -> Option<Self> {
        let event: Self = serde_json::from_slice(body).ok()?;
        (event.body().ok()? == body).then_some(event)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grant::change::OnPage;

    #[test]
    fn events_from_before_commits_were_named_are_read_and_stay_as_they_are() {
        let revision = Digest::of(b"x");
        let old = format!(
            r#"{{"at":"2026-11-23T12:00:00Z","policy":"{revision}","sequence":1,"subject":{{"about":"policy","revision":"{revision}"}}}}"#
        );
        let event = Event::parse(old.as_bytes()).unwrap();
        assert_eq!(event.subject, Subject::Policy { revision, commit: None });
        assert_eq!(event.body().unwrap(), old.as_bytes());
        let new = Event { subject: Subject::Policy { revision, commit: Some("c".repeat(40)) }, ..event };
        assert_eq!(Event::parse(&new.body().unwrap()), Some(new));
    }

    /// Denials of versions without an approval page are still read, and keep their bytes.
    #[test]
    fn denials_from_before_the_page_are_read_and_stay_as_they_are() {
        let digest = Digest::of(b"x");
        let old = format!(
            r#"{{"at":"2026-11-23T12:00:00Z","policy":"{digest}","sequence":7,"subject":{{"about":"request","change":{{"by":"bo","change":"denied"}},"request":"{digest}"}}}}"#
        );
        let event = Event::parse(old.as_bytes()).unwrap();
        let by: Name = "bo".parse().unwrap();
        let denied = |on_page| Subject::Request {
            request: digest,
            change: Change::Denied { by: by.clone(), on_page },
        };
        assert_eq!(event.subject, denied(None));
        assert_eq!(event.body().unwrap(), old.as_bytes());
        let said = OnPage { comment: "not today".to_owned() };
        let new = Event { subject: denied(Some(said)), ..event };
        assert_eq!(Event::parse(&new.body().unwrap()), Some(new));
    }

    /// Approvals that an earlier version wrote are still read, and keep their bytes.
    #[test]
    fn approvals_from_before_scopes_were_recorded_are_read_and_stay_as_they_are() {
        let digest = Digest::of(b"x");
        let old = format!(
            r#"{{"at":"2026-11-23T12:00:00Z","policy":"{digest}","sequence":7,"subject":{{"about":"request","change":{{"by":["bo"],"change":"approved","duration":"1h","unused_until":"2026-11-24T00:00:00Z"}},"request":"{digest}"}}}}"#
        );
        let event = Event::parse(old.as_bytes()).unwrap();
        let Subject::Request { change: Change::Approved { scope, .. }, .. } = &event.subject else {
            panic!("{event:?}")
        };
        assert_eq!(*scope, None);
        assert_eq!(event.body().unwrap(), old.as_bytes());
    }
}
