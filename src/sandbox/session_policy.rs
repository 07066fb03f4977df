//! The subset of IAM's policy language that the sandbox evaluates as IAM does: Allow and Deny, wildcards in actions and
//! resources, and conditions on the time, the address and the calling service. Any other policy is refused as a whole.

use std::net::IpAddr;

use ipnet::IpNet;
use jiff::Timestamp;
use serde::Deserialize;
use serde::Deserializer;
use serde::de::Error;

use super::wildcard;

/// A session policy that the sandbox can evaluate completely.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct SessionPolicy {
    version: String,
    #[serde(rename = "Id")]
    _id: Option<String>,
    statement: Several<Clause>,
}

/// A call, as conditions see it.
#[derive(Debug, Clone, Copy)]
pub struct Attempt<'a> {
    /// `service:Action`
    pub action: &'a str,
    /// The ARN of the resource.
    pub resource: &'a str,
    /// The time of the call.
    pub now: Timestamp,
    /// The caller's address, if known.
    pub source: Option<IpAddr>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Clause {
    #[serde(rename = "Sid")]
    _sid: Option<String>,
    effect: Effect,
    action: Option<Several<Pattern>>,
    not_action: Option<Several<Pattern>>,
    resource: Option<Several<Pattern>>,
    not_resource: Option<Several<Pattern>>,
    #[serde(default)]
    condition: Conditions,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
enum Effect {
    Allow,
    Deny,
}

/// The conditions, all of which must hold. A policy with any other operator is refused.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Conditions {
    date_greater_than: Option<CurrentTime>,
    date_greater_than_equals: Option<CurrentTime>,
    date_less_than: Option<CurrentTime>,
    date_less_than_equals: Option<CurrentTime>,
    ip_address: Option<SourceIp>,
    not_ip_address: Option<SourceIp>,
    bool: Option<ViaService>,
    bool_if_exists: Option<ViaService>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct CurrentTime {
    #[serde(rename = "aws:CurrentTime")]
    instants: Several<Timestamp>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct SourceIp {
    #[serde(rename = "aws:SourceIp")]
    ranges: Several<Range>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct ViaService {
    #[serde(rename = "aws:ViaAWSService")]
    truths: Several<Truth>,
}

/// One value or a list.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum Several<T> {
    One(T),
    List(Vec<T>),
}

impl<T> Several<T> {
    fn iter(&self) -> std::slice::Iter<'_, T> {
        match self {
            Self::One(value) => std::slice::from_ref(value).iter(),
            Self::List(values) => values.iter(),
        }
    }
}

/// A pattern with `*` and `?`. Policy variables (`${…}`) are not supported, and therefore refused.
#[derive(Debug, Clone)]
struct Pattern(String);

impl<'de> Deserialize<'de> for Pattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let known = text == "*" || text.contains(':') && !text.contains("${");
        if known { Ok(Self(text)) } else { Err(D::Error::custom("not a pattern that is evaluated here")) }
    }
}

/// An address or a range of addresses.
#[derive(Debug, Clone)]
struct Range(IpNet);

impl<'de> Deserialize<'de> for Range {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let range = text.parse::<IpNet>().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from));
        range.map(Self).ok_or_else(|| D::Error::custom("no range of addresses"))
    }
}

/// `true` or `"true"`.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum Truth {
    Plain(bool),
    Text(TruthText),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum TruthText {
    True,
    False,
}

impl Truth {
    fn is_false(&self) -> bool {
        matches!(self, Self::Plain(false) | Self::Text(TruthText::False))
    }
}

impl SessionPolicy {
    /// Parses a policy. The error says why the sandbox cannot evaluate it.
    pub fn read(text: &str) -> Result<Self, &'static str> {
        let policy: Self = serde_json::from_str(text).map_err(
            |_| "the sandbox evaluates Allow and Deny on actions and resources, with conditions on aws:CurrentTime, aws:SourceIp and aws:ViaAWSService only",
        )?;
        let one_of = |one: bool, other: bool| one != other;
        let sound = policy.statement.iter().all(|clause| {
            one_of(clause.action.is_some(), clause.not_action.is_some())
                && one_of(clause.resource.is_some(), clause.not_resource.is_some())
                && clause.patterns().next().is_some()
        });
        if policy.version != "2012-10-17" || policy.statement.iter().next().is_none() || !sound {
            return Err("the sandbox evaluates policies of version 2012-10-17 whose statements are whole");
        }
        Ok(policy)
    }

    /// Whether it permits a call: a statement allows it, and none denies it.
    pub fn allows(&self, attempt: &Attempt<'_>) -> bool {
        let holds = |effect: Effect| {
            self.statement.iter().any(|clause| clause.effect == effect && clause.matches(attempt))
        };
        holds(Effect::Allow) && !holds(Effect::Deny)
    }
}

impl Clause {
    fn patterns(&self) -> impl Iterator<Item = &Pattern> {
        [&self.action, &self.not_action, &self.resource, &self.not_resource]
            .into_iter()
            .flatten()
            .flat_map(Several::iter)
    }

    fn matches(&self, attempt: &Attempt<'_>) -> bool {
        // Actions are case-insensitive (IAM reference, "Action").
        let action = attempt.action.to_ascii_lowercase();
        let is_action = |pattern: &Pattern| wildcard::matches(&pattern.0.to_ascii_lowercase(), &action);
        let is_resource = |pattern: &Pattern| wildcard::matches(&pattern.0, attempt.resource);
        applies(&self.action, &self.not_action, is_action)
            && applies(&self.resource, &self.not_resource, is_resource)
            && self.condition.holds(attempt)
    }
}

/// Whether one of the patterns matches, or for the negated form none of them.
fn applies(
    plain: &Option<Several<Pattern>>,
    negated: &Option<Several<Pattern>>,
    fits: impl Fn(&Pattern) -> bool,
) -> bool {
    match (plain, negated) {
        (Some(patterns), _) => patterns.iter().any(fits),
        (None, Some(patterns)) => !patterns.iter().any(fits),
        (None, None) => false,
    }
}

impl Conditions {
    fn holds(&self, attempt: &Attempt<'_>) -> bool {
        let time = |condition: &Option<CurrentTime>, compare: fn(&Timestamp, &Timestamp) -> bool| {
            condition.as_ref().is_none_or(|condition| {
                condition.instants.iter().any(|instant| compare(&attempt.now, instant))
            })
        };
        let source = attempt.source.map(|source| source.to_canonical());
        let within = |condition: &SourceIp| {
            source.is_some_and(|source| condition.ranges.iter().any(|range| range.0.contains(&source)))
        };
        // No service makes calls in the sandbox: every call is the caller's own.
        let direct = |condition: &Option<ViaService>| {
            condition.as_ref().is_none_or(|condition| condition.truths.iter().any(Truth::is_false))
        };
        time(&self.date_greater_than, Timestamp::gt)
            && time(&self.date_greater_than_equals, Timestamp::ge)
            && time(&self.date_less_than, Timestamp::lt)
            && time(&self.date_less_than_equals, Timestamp::le)
            && self.ip_address.as_ref().is_none_or(within)
            // A negated comparison holds for an unknown address (IAM reference, "Condition operators").
            && self.not_ip_address.as_ref().is_none_or(|condition| !within(condition))
            && direct(&self.bool)
            && direct(&self.bool_if_exists)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grant::cloud::aws_scope::AwsScopeDocument;
    use crate::provider::aws::session_policy::narrowed;
    use crate::provider::aws::session_policy::session_policy;

    const READ: Attempt<'static> = Attempt {
        action: "sandbox:ReadNote",
        resource: "arn:aws:sandbox::000000000001:note",
        now: Timestamp::UNIX_EPOCH,
        source: None,
    };

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn allows(statements: &str, attempt: &Attempt<'_>) -> bool {
        let text = format!(r#"{{"Version":"2012-10-17","Statement":{statements}}}"#);
        SessionPolicy::read(&text).unwrap().allows(attempt)
    }

    #[test]
    fn what_the_provider_sends_ends_on_time() {
        let end = at("2026-11-23T13:15:00Z");
        let policy = SessionPolicy::read(&session_policy(end)).unwrap();
        assert!(policy.allows(&Attempt { now: end, ..READ }));
        assert!(!policy.allows(&Attempt { now: at("2026-11-23T13:15:01Z"), ..READ }));
    }

    #[test]
    fn what_the_provider_sends_binds_scope_and_address() {
        let end = at("2026-11-23T13:15:00Z");
        let scope = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sandbox:Read*","Resource":"*"}}"#;
        let scope = AwsScopeDocument::parse(scope, str::to_owned).unwrap();
        let source = "203.0.113.7".parse().unwrap();
        let policy = SessionPolicy::read(&narrowed(end, Some(&scope), Some(source))).unwrap();
        let here = Attempt { now: end, source: Some(source), ..READ };
        assert!(policy.allows(&here));
        assert!(policy.allows(&Attempt { source: "::ffff:203.0.113.7".parse().ok(), ..here }));
        assert!(!policy.allows(&Attempt { source: "203.0.113.8".parse().ok(), ..here }));
        assert!(!policy.allows(&Attempt { source: None, ..here }));
        assert!(!policy.allows(&Attempt { action: "sandbox:WriteNote", ..here }));
    }

    #[test]
    fn statements_are_evaluated_as_iam_does() {
        let day = Attempt { now: at("2026-11-23T12:00:00Z"), source: "10.1.2.3".parse().ok(), ..READ };
        for (statement, wanted) in [
            (r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#, true),
            (r#"[{"Effect":"Allow","Action":["s3:*","SANDBOX:readnote"],"Resource":["*"]}]"#, true),
            (r#"{"Effect":"Allow","Action":"sandbox:Read?ote","Resource":"arn:aws:sandbox::*:note"}"#, true),
            (r#"{"Effect":"Allow","Action":"sandbox:ReadNote","Resource":"arn:aws:sandbox::*:NOTE"}"#, false),
            (r#"{"Effect":"Allow","Action":"sandbox:Read","Resource":"*"}"#, false),
            (r#"{"Effect":"Allow","Action":[],"Resource":"*"}"#, false),
            (r#"{"Effect":"Allow","NotAction":"sandbox:WriteNote","Resource":"*"}"#, true),
            (r#"{"Effect":"Allow","NotAction":"sandbox:*","Resource":"*"}"#, false),
            (r#"{"Effect":"Allow","Action":"*","NotResource":"arn:aws:sandbox:*"}"#, false),
            (r#"{"Effect":"Deny","Action":"*","Resource":"*"}"#, false),
            (
                r#"[{"Effect":"Allow","Action":"*","Resource":"*"},{"Sid":"no","Effect":"Deny","Action":"sandbox:Read*","Resource":"*"}]"#,
                false,
            ),
            (
                r#"{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":["10.0.0.0/8","::1"]}}}"#,
                true,
            ),
            (
                r#"{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"10.2.0.0/16"}}}"#,
                false,
            ),
            (
                r#"{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"NotIpAddress":{"aws:SourceIp":["10.2.0.0/16","10.1.0.0/16"]}}}"#,
                false,
            ),
            (
                r#"{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"DateLessThan":{"aws:CurrentTime":"2026-11-23T12:00:00Z"}}}"#,
                false,
            ),
            (
                r#"{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"DateLessThanEquals":{"aws:CurrentTime":"2026-11-23T12:00:00Z"},"DateGreaterThanEquals":{"aws:CurrentTime":"2026-11-23T12:00:00Z"}}}"#,
                true,
            ),
            (
                r#"{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Bool":{"aws:ViaAWSService":true}}}"#,
                false,
            ),
            (
                r#"{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"BoolIfExists":{"aws:ViaAWSService":"false"}}}"#,
                true,
            ),
        ] {
            assert_eq!(allows(statement, &day), wanted, "{statement}");
        }
    }

    #[test]
    fn what_cannot_be_evaluated_is_refused() {
        let text = session_policy(at("2026-11-23T13:15:00Z"));
        for bad in [
            "{}".to_owned(),
            "[]".to_owned(),
            text.replace("2012-10-17", "2008-10-17"),
            text.replace(r#""Resource":"*""#, r#""Resource":"*","NotResource":"*""#),
            text.replace(r#""Resource":"*""#, r#""Principal":"*""#),
            text.replace(r#""Resource":"*""#, r#""Resource":"arn:aws:s3:::${aws:username}/*""#),
            text.replace(r#""Action":"*""#, r#""Action":"everything""#),
            text.replace("DateGreaterThan", "DateNotEquals"),
            text.replace("aws:CurrentTime", "aws:EpochTime"),
            text.replace("aws:CurrentTime", "aws:SourceIp"),
            text.replace(r#""Effect":"Deny""#, r#""Effect":"Deny","Effect":"Allow""#),
            text.replace(
                "DateGreaterThan\":{\"aws:CurrentTime\":\"2026-11-23T13:15:00Z",
                "IpAddress\":{\"aws:SourceIp\":\"10.0.0.0/33",
            ),
            text.replace("DateGreaterThan\":{\"aws:CurrentTime", "StringLike\":{\"aws:PrincipalArn"),
            text.replace("DateGreaterThan", "ForAllValues:DateGreaterThan"),
        ] {
            assert_ne!(bad, text);
            assert!(SessionPolicy::read(&bad).is_err(), "{bad}");
        }
    }
}
