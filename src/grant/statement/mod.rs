//! The statements that people sign: flat JSON objects of strings, canonical by RFC 8785.
//!
//! The signer's client builds a statement and sends it as bytes. The authority stores and verifies it as received. The
//! parser refuses duplicate and unknown members, values that are not strings, and bytes that are not in canonical form.

mod draft;
mod kind;
mod reading;
mod received;
mod shapes;
pub mod shown;

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::Serialize;

use crate::grant::Purpose;

pub use draft::Attendance;
pub use draft::Draft;
pub use kind::Kind;
pub use kind::Verdict;
pub use kind::Way;
pub use reading::canonical;
pub use received::Received;
pub use shapes::EnrolStatement;
pub use shapes::Header;
pub use shapes::LoginStatement;
pub use shapes::RemoveStatement;
pub use shapes::RequestStatement;
pub use shapes::RequestedScope;
pub use shapes::ReviewStatement;
pub use shapes::RevokeStatement;
pub use shapes::TakeStatement;
pub use shapes::VouchStatement;

use reading::Flat;
use reading::Members;

/// The largest statement, in bytes. Escapes may double a reason of 1 KiB, and the rest is short.
pub const MAX_STATEMENT: usize = 8 * 1024;

/// Why bytes are not a statement.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StatementError {
    /// More than [`MAX_STATEMENT`] bytes.
    #[error("the statement is {0} bytes long; at most {MAX_STATEMENT} are allowed")]
    TooLong(usize),
    /// Not a flat JSON object of strings, or a member is duplicated.
    #[error("the statement is not a flat JSON object of strings: {0}")]
    Shape(String),
    /// The bytes differ from their own RFC 8785 form.
    #[error("the statement is not in canonical form (RFC 8785)")]
    NotCanonical,
    /// A required member is missing.
    #[error("the statement has no member {0:?}")]
    Missing(&'static str),
    /// Unknown members.
    #[error("the statement has unknown members: {0}")]
    Unknown(String),
    /// A member's value is invalid.
    #[error("the statement's member {member:?} is wrong: {cause}")]
    Member {
        /// The member.
        member: &'static str,
        /// Why it is invalid.
        cause: String,
    },
}

/// Any signed statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Statement {
    /// See [`LoginStatement`].
    Login(LoginStatement),
    /// See [`RequestStatement`].
    Request(Box<RequestStatement>),
    /// See [`ReviewStatement`].
    Review(ReviewStatement),
    /// See [`RevokeStatement`].
    Revoke(RevokeStatement),
    /// See [`EnrolStatement`].
    Enrol(EnrolStatement),
    /// See [`VouchStatement`].
    Vouch(VouchStatement),
    /// See [`RemoveStatement`].
    Remove(RemoveStatement),
    /// See [`TakeStatement`].
    Take(TakeStatement),
}

/// A statement's bytes as received, and the SSHSIG over them (armoured, as `ssh-keygen -Y` writes it).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "broker", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Signed {
    /// The canonical bytes, kept as text because JSON is text.
    pub statement: String,
    /// `-----BEGIN SSH SIGNATURE-----` …
    pub signature: String,
}

impl Statement {
    /// Parses canonical bytes and refuses all others.
    pub fn parse(bytes: &[u8]) -> Result<Self, StatementError> {
        tracing::trace!(target: "jit::work", "read");
        if bytes.len() > MAX_STATEMENT {
            return Err(StatementError::TooLong(bytes.len()));
        }
        let flat: Flat =
            serde_json::from_slice(bytes).map_err(|error| StatementError::Shape(error.to_string()))?;
        if canonical(&flat.0) != bytes {
            return Err(StatementError::NotCanonical);
        }
        let mut members = Members(flat.0);
        let version: String = members.text("v")?;
        if version != "1" {
            return Err(StatementError::Member { member: "v", cause: "only version 1 is known".to_owned() });
        }
        let kind: String = members.text("kind")?;
        let header = Header {
            authority: members.text("authority")?,
            who: members.parsed("who")?,
            at: members.instant("at")?,
            nonce: members.text("nonce")?,
        };
        if header.nonce.len() < 16 || header.nonce.len() > 128 {
            return Err(StatementError::Member {
                member: "nonce",
                cause: "use 16 to 128 characters".to_owned(),
            });
        }
        let statement = match kind.as_str() {
            "login" => Self::Login(LoginStatement { header, challenge: members.text("challenge")? }),
            "request" => Self::Request(Box::new(members.request(header, Way::Request)?)),
            "extend" => {
                let way = Way::Extend(members.parsed("extends")?);
                Self::Request(Box::new(members.request(header, way)?))
            }
            "break-glass" => Self::Request(Box::new(members.request(header, Way::BreakGlass)?)),
            "review" => Self::Review(ReviewStatement {
                header,
                request: members.parsed("request")?,
                verdict: members.parsed("verdict")?,
                comment: members.prose("comment")?,
                duration: members.optional_span("duration")?,
                scope: members.optional("scope")?,
            }),
            "revoke" => Self::Revoke(RevokeStatement {
                header,
                request: members.parsed("request")?,
                reason: members.prose("reason")?,
            }),
            "enrol" => Self::Enrol(EnrolStatement { header, key: members.fingerprint("key")? }),
            "vouch" => Self::Vouch(VouchStatement {
                header,
                person: members.parsed("person")?,
                key: members.fingerprint("key")?,
            }),
            "remove" => Self::Remove(RemoveStatement {
                header,
                person: members.parsed("person")?,
                reason: members.prose("reason")?,
            }),
            "take" => Self::Take(TakeStatement {
                header,
                request: members.parsed("request")?,
                recipient: members.recipient()?,
            }),
            _ => return Err(StatementError::Member { member: "kind", cause: "not a known kind".to_owned() }),
        };
        members.finish()?;
        Ok(statement)
    }

    /// The author's text for people. `None` if this kind has no such member.
    pub fn prose(&self) -> Option<&str> {
        match self {
            Self::Login(_) | Self::Enrol(_) | Self::Vouch(_) | Self::Take(_) => None,
            Self::Request(request) => Some(&request.reason),
            Self::Review(review) => Some(&review.comment),
            Self::Revoke(revoke) => Some(&revoke.reason),
            Self::Remove(remove) => Some(&remove.reason),
        }
    }

    /// The canonical text that is signed, sent and stored.
    pub fn canonical_text(&self) -> String {
        let mut members = BTreeMap::new();
        let mut put = |name: &str, value: String| {
            members.insert(name.to_owned(), value);
        };
        put("v", "1".to_owned());
        put("kind", self.kind().as_str().to_owned());
        let header = self.header();
        put("authority", header.authority.clone());
        put("who", header.who.to_string());
        put("at", header.at.to_string());
        put("nonce", header.nonce.clone());
        match self {
            Self::Login(login) => put("challenge", login.challenge.clone()),
            Self::Request(request) => {
                if let Way::Extend(first) = request.way {
                    put("extends", first.to_string());
                }
                put("role", request.role.to_string());
                put("target", request.target.to_string());
                if let Some(scope) = &request.scope {
                    put("scope", scope.name.to_string());
                    put("scope_sha256", scope.document.to_string());
                }
                put("duration", request.duration.seconds().to_string());
                if let Some(start) = request.start {
                    put("start", start.to_string());
                }
                put("reason", request.reason.clone());
                put("interactive", request.interactive.to_string());
                put("agent", request.agent.to_string());
                match (&request.workload, &request.job) {
                    (None, None) => put("recipient", request.recipient.clone()),
                    (Some(run), _) => run.members().into_iter().for_each(|(name, value)| put(name, value)),
                    (None, Some(job)) => put("job", job.to_string()),
                }
                let purpose = request.purpose.iter().flat_map(Purpose::members);
                purpose.for_each(|(name, value)| put(name, value));
                put("policy", request.policy.to_string());
                put("created", request.created.to_string());
                put("not_after", request.not_after.to_string());
            }
            Self::Review(review) => {
                put("request", review.request.to_string());
                put("verdict", review.verdict.as_str().to_owned());
                put("comment", review.comment.clone());
                if let Some(duration) = review.duration {
                    put("duration", duration.seconds().to_string());
                }
                if let Some(scope) = &review.scope {
                    put("scope", scope.to_string());
                }
            }
            Self::Revoke(revoke) => {
                put("request", revoke.request.to_string());
                put("reason", revoke.reason.clone());
            }
            Self::Enrol(enrol) => put("key", enrol.key.clone()),
            Self::Vouch(vouch) => {
                put("person", vouch.person.to_string());
                put("key", vouch.key.clone());
            }
            Self::Remove(remove) => {
                put("person", remove.person.to_string());
                put("reason", remove.reason.clone());
            }
            Self::Take(take) => {
                put("request", take.request.to_string());
                put("recipient", take.recipient.clone());
            }
        }
        // Member names are ASCII, so a BTreeMap has the order of RFC 8785, and the bytes are UTF-8.
        String::from_utf8_lossy(&canonical(&members)).into_owned()
    }

    /// The kind of this statement.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Login(_) => Kind::Login,
            Self::Request(request) => request.way.kind(),
            Self::Review(_) => Kind::Review,
            Self::Revoke(_) => Kind::Revoke,
            Self::Enrol(_) => Kind::Enrol,
            Self::Vouch(_) => Kind::Vouch,
            Self::Remove(_) => Kind::Remove,
            Self::Take(_) => Kind::Take,
        }
    }

    /// The members common to all statements.
    pub fn header(&self) -> &Header {
        match self {
            Self::Login(login) => &login.header,
            Self::Request(request) => &request.header,
            Self::Review(review) => &review.header,
            Self::Revoke(revoke) => &revoke.header,
            Self::Enrol(enrol) => &enrol.header,
            Self::Vouch(vouch) => &vouch.header,
            Self::Remove(remove) => &remove.header,
            Self::Take(take) => &take.header,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grant::Digest;
    use crate::grant::span::Span;

    fn review() -> Statement {
        Statement::Review(ReviewStatement {
            header: Header {
                authority: "https://jit.example.com".to_owned(),
                who: "bo".parse().unwrap(),
                at: "2026-11-23T10:00:00Z".parse().unwrap(),
                nonce: "n".repeat(43),
            },
            request: Digest::of(b"request"),
            verdict: Verdict::Approve,
            comment: "fine \"quoted\" — é".to_owned(),
            duration: Span::of_seconds(1800),
            scope: Some("orders-read".parse().unwrap()),
        })
    }

    #[test]
    fn what_is_written_reads_back() {
        let text = review().canonical_text();
        assert_eq!(Statement::parse(text.as_bytes()).unwrap(), review());
        assert!(text.starts_with(r#"{"at":"2026-11-23T10:00:00Z","authority":"#));
    }

    fn of_a_workload() -> Statement {
        let request = r#"{"agent":"false","at":"2026-11-23T10:00:00Z","authority":"github:42","created":"2026-11-23T10:00:00Z","duration":"900","interactive":"false","kind":"request","nonce":"nnnnnnnnnnnnnnnn","not_after":"2026-11-24T10:00:00Z","policy":"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad","reason":"","ref":"refs/heads/main","repository_id":"1234","role":"prod-admin","run_attempt":"1","run_id":"9001","sha":"1111111111111111111111111111111111111111","target":"aws:arn:aws:iam::111122223333:role/prod-admin?region=eu-west-1","v":"1","who":"deploy","workflow_ref":"acme/shop/.github/workflows/deploy.yml@refs/heads/main"}"#;
        Statement::parse(request.as_bytes()).unwrap()
    }

    #[test]
    fn a_workload_names_its_run_and_no_recipient() {
        let Statement::Request(request) = of_a_workload() else { panic!() };
        let run = request.workload.clone().unwrap();
        assert_eq!((run.repository_id, run.run_id, run.run_attempt), (1234, 9001, 1));
        assert_eq!((run.reference.as_str(), request.recipient.as_str()), ("refs/heads/main", ""));
        assert_eq!(run.difference(&run), None);
        let other = crate::grant::WorkloadRun { sha: "2".repeat(40), ..run };
        assert_eq!(request.workload.as_ref().unwrap().difference(&other), Some("sha"));
    }

    #[test]
    fn half_a_workload_is_none() {
        let text = of_a_workload().canonical_text();
        let changed =
            |from: &str, to: &str| Statement::parse(text.replacen(from, to, 1).as_bytes()).unwrap_err();
        for member in ["run_id", "run_attempt"] {
            for bad in ["0", "01", "+1", "-1", "x", "", "99999999999999999999"] {
                let value = if member == "run_id" { "9001" } else { "1" };
                let error = changed(&format!("\"{member}\":\"{value}\""), &format!("\"{member}\":\"{bad}\""));
                assert!(matches!(error, StatementError::Member { .. }), "{member} {bad}: {error}");
            }
        }
        for (from, to) in [
            ("\"sha\":\"1111", "\"sha\":\"111"),
            ("\"sha\":\"1111", "\"sha\":\"A111"),
            ("\"ref\":\"refs/heads/main", "\"ref\":\"main"),
            ("\"ref\":\"refs/heads/main", "\"ref\":\"refs/heads/ma in"),
            ("\"ref\":\"refs/heads/main", "\"ref\":\"refs/heads/m\u{202e}ain"),
            ("\"workflow_ref\":\"acme", "\"workflow_ref\":\"\u{200b}acme"),
        ] {
            assert!(matches!(changed(from, to), StatementError::Member { .. }), "{to}");
        }
        assert_eq!(
            changed(",\"sha\":\"1111111111111111111111111111111111111111\"", ""),
            StatementError::Missing("sha")
        );
        // Without a repository id the statement is a person's: other workload members are unknown, and the recipient is
        // required.
        assert_eq!(changed(",\"repository_id\":\"1234\"", ""), StatementError::Missing("recipient"));
        // A workload has no other way, and no recipient.
        assert!(matches!(
            changed("\"kind\":\"request\"", "\"kind\":\"break-glass\""),
            StatementError::Member { member: "repository_id", .. }
        ));
        let recipient = crate::secret::seal::RecipientKey::generate(&[7; 32]).public().unwrap();
        let both = changed("\"ref\":", &format!("\"recipient\":\"{recipient}\",\"ref\":"));
        assert_eq!(both, StatementError::Unknown("recipient".to_owned()));
    }

    #[test]
    fn other_bytes_are_refused() {
        let text = review().canonical_text();
        let changed =
            |from: &str, to: &str| Statement::parse(text.replacen(from, to, 1).as_bytes()).unwrap_err();
        assert_eq!(changed("{", "{ "), StatementError::NotCanonical);
        assert!(matches!(changed(r#""v":"1""#, r#""v":1"#), StatementError::Shape(_)));
        assert!(matches!(changed(r#""v":"1""#, r#""v":"2""#), StatementError::Member { member: "v", .. }));
        assert!(matches!(changed(r#""who":"bo""#, r#""who":"bo","z":"2""#), StatementError::Unknown(_)));
        assert!(matches!(changed(r#""v":"1""#, r#""v":"1","v":"1""#), StatementError::Shape(_)));
        assert!(matches!(changed(r#""v":"1""#, r#""v":null"#), StatementError::Shape(_)));
        assert!(matches!(changed("00:00Z", "00:00.5Z"), StatementError::Member { member: "at", .. }));
        assert!(matches!(changed("00:00Z", "00:00+00:00"), StatementError::Member { member: "at", .. }));
        assert!(matches!(
            changed("\"1800\"", "\"01800\""),
            StatementError::Member { member: "duration", .. }
        ));
        assert!(matches!(changed("fine ", "fine\u{202e}"), StatementError::Member { member: "comment", .. }));
        assert!(matches!(changed("\"who\":\"bo\"", "\"who\":\"../bo\""), StatementError::Member { .. }));
    }
}
