//! The inline policy with which the broker denies what it handed out for requests that ended early (docs/trust.md,
//! "Revoking"). It names single requests, never a time of issue, which would hit everybody.
//!
//! Each statement says in its `Sid` when its requests' sessions have ended, so that any later broker can sweep it.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::Unit;
use serde_json::Value;
use serde_json::json;

use crate::grant::RequestId;

/// The name of the inline policy.
pub const POLICY_NAME: &str = "jit-revoked";

/// The most characters that all inline policies of a role have together, without white space (IAM: "IAM and STS quotas").
pub const MAX_INLINE: usize = 10_240;

/// How a statement recognises the sessions of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum By {
    /// By the source identity, which is the request's id where the broker's own identity opened the role.
    Source,
    /// By the session's name, which begins with the request's id. It is the second half of `aws:userid`.
    Session,
}

/// A request whose sessions are denied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denied {
    /// The request.
    pub request: RequestId,
    /// How its sessions are recognised.
    pub by: By,
    /// When the last of them has ended.
    pub until: Timestamp,
}

/// The document, as a set of requests.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Denials(BTreeMap<(Timestamp, By), BTreeSet<RequestId>>);

impl Denials {
    /// Reads a document. `None` if it is not one that this program wrote: it is then left alone.
    pub fn read(text: &str) -> Option<Self> {
        let document: Value = serde_json::from_str(text).ok()?;
        let mut denials = Self::default();
        for statement in document.get("Statement")?.as_array()? {
            let (until, by) = read_sid(statement.get("Sid")?.as_str()?)?;
            let condition = statement.get("Condition")?;
            let values = match by {
                By::Source => condition.get("StringEquals")?.get("aws:SourceIdentity")?,
                By::Session => condition.get("StringLike")?.get("aws:userid")?,
            };
            let mut requests = BTreeSet::new();
            for value in values.as_array()? {
                let value = value.as_str()?;
                let id = match by {
                    By::Source => value,
                    By::Session => value.strip_prefix("*:")?.strip_suffix("-*")?,
                };
                requests.insert(id.parse().ok()?);
            }
            denials.0.insert((until, by), requests);
        }
        // A document with anything else is not ours: that would be lost when it is written again.
        let is_own = serde_json::from_str::<Value>(&denials.text()).ok()? == document;
        is_own.then_some(denials)
    }

    /// The document, without white space.
    pub fn text(&self) -> String {
        let statements: Vec<Value> = self
            .0
            .iter()
            .map(|((until, by), requests)| {
                let condition = match by {
                    By::Source => {
                        let ids: Vec<&str> = requests.iter().map(RequestId::as_str).collect();
                        json!({ "StringEquals": { "aws:SourceIdentity": ids } })
                    }
                    By::Session => {
                        let names: Vec<String> =
                            requests.iter().map(|id| format!("*:{}-*", id.as_str())).collect();
                        json!({ "StringLike": { "aws:userid": names } })
                    }
                };
                json!({
                    "Sid": sid(*until, *by),
                    "Effect": "Deny",
                    "Action": "*",
                    "Resource": "*",
                    "Condition": condition,
                })
            })
            .collect();
        json!({ "Version": "2012-10-17", "Statement": statements }).to_string()
    }

    /// Whether it denies nothing.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a request is denied, at least until its sessions have ended.
    pub fn has(&self, denied: &Denied) -> bool {
        self.0.iter().any(|((until, by), ids)| {
            *by == denied.by && *until >= denied.until && ids.contains(&denied.request)
        })
    }

    /// Adds a request.
    pub fn add(&mut self, denied: &Denied) {
        let key = (rounded_up(denied.until), denied.by);
        self.0.entry(key).or_default().insert(denied.request.clone());
    }

    /// Takes out the requests whose sessions have ended.
    pub fn sweep(&mut self, now: Timestamp) {
        self.0.retain(|(until, _), _| *until > now);
    }

    /// When the next of its statements can be swept. `None` if it has none.
    pub fn next_sweep(&self) -> Option<Timestamp> {
        self.0.keys().next().map(|(until, _)| *until)
    }
}

/// The end of the hour: requests that end in the same hour share a statement, which takes less room.
fn rounded_up(until: Timestamp) -> Timestamp {
    let options = jiff::TimestampRound::new().smallest(Unit::Hour).mode(jiff::RoundMode::Ceil);
    until.round(options).unwrap_or(until)
}

/// The identifier of a statement, of letters and digits: `JitSource20261123T140000Z`.
fn sid(until: Timestamp, by: By) -> String {
    format!("{}{}", word(by), until.strftime("%Y%m%dT%H%M%SZ"))
}

fn word(by: By) -> &'static str {
    match by {
        By::Source => "JitSource",
        By::Session => "JitSession",
    }
}

fn read_sid(text: &str) -> Option<(Timestamp, By)> {
    let (by, time) = [By::Source, By::Session]
        .into_iter()
        .find_map(|by| text.strip_prefix(word(by)).map(|time| (by, time)))?;
    Some((time.parse().ok()?, by))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn denied(number: usize, by: By, until: &str) -> Denied {
        let request = jit_id(number);
        Denied { request, by, until: until.parse().unwrap() }
    }

    fn jit_id(number: usize) -> RequestId {
        format!("7F3KQ2{number:04}").parse().unwrap()
    }

    #[test]
    fn it_names_single_requests_and_reads_back() {
        let mut denials = Denials::default();
        denials.add(&denied(1, By::Source, "2026-11-23T13:15:00Z"));
        denials.add(&denied(2, By::Source, "2026-11-23T13:59:59Z"));
        denials.add(&denied(3, By::Session, "2026-11-23T15:00:00Z"));
        insta::assert_snapshot!(denials.text(), @r#"{"Version":"2012-10-17","Statement":[{"Sid":"JitSource20261123T140000Z","Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:SourceIdentity":["7F3KQ20001","7F3KQ20002"]}}},{"Sid":"JitSession20261123T150000Z","Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringLike":{"aws:userid":["*:7F3KQ20003-*"]}}}]}"#);
        assert_eq!(Denials::read(&denials.text()), Some(denials.clone()));
        assert!(denials.has(&denied(1, By::Source, "2026-11-23T13:15:00Z")));
        assert!(!denials.has(&denied(1, By::Session, "2026-11-23T13:15:00Z")));
        assert!(!denials.has(&denied(1, By::Source, "2026-11-23T14:15:00Z")), "it would be swept too early");
        assert_eq!(denials.next_sweep(), Some("2026-11-23T14:00:00Z".parse().unwrap()));
        denials.sweep("2026-11-23T13:59:59Z".parse().unwrap());
        assert_eq!(denials.0.len(), 2);
        denials.sweep("2026-11-23T14:00:00Z".parse().unwrap());
        assert_eq!(denials.next_sweep(), Some("2026-11-23T15:00:00Z".parse().unwrap()));
        denials.sweep("2026-11-23T15:00:00Z".parse().unwrap());
        assert!(denials.is_empty());
    }

    #[test]
    fn what_it_did_not_write_is_left_alone() {
        let mut denials = Denials::default();
        denials.add(&denied(1, By::Source, "2026-11-23T13:15:00Z"));
        let own = denials.text();
        for bad in [
            "",
            "{}",
            "<html>",
            r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}"#,
            &own.replace("JitSource", "Mine"),
            &own.replace("\"Deny\"", "\"Allow\""),
            &own.replace("7F3KQ20001", "*"),
            &own.replace("\"Action\":\"*\"", "\"Action\":\"s3:*\""),
            &own.replace("aws:SourceIdentity", "aws:TokenIssueTime"),
            &own.replacen('{', r#"{"Id":"x","#, 1),
        ] {
            assert_eq!(Denials::read(bad), None, "{bad}");
        }
        // Another order of members and white space are IAM's.
        let spaced = own.replace(",\"", ", \"");
        assert_eq!(Denials::read(&spaced), Some(denials));
    }

    /// So many requests of a day fit that only a misuse fills it.
    #[test]
    fn hundreds_of_requests_fit() {
        let mut denials = Denials::default();
        for number in 0..600 {
            denials.add(&denied(number, By::Source, "2026-11-23T13:15:00Z"));
        }
        assert!(denials.text().len() < MAX_INLINE, "{}", denials.text().len());
    }
}
