//! A request in words, for the person who decides: derived from the signed bytes alone.
//!
//! `jit approve` and the approval page show these words. `src/broker/web/assets/jit.js` derives the same ones in the
//! browser, and `tests/fixtures/web` holds cases that both must answer alike.

use jiff::tz::TimeZone;

use super::RequestStatement as Asked;
use super::Way;
use crate::grant::Digest;
use crate::grant::Name;
use crate::grant::Purpose;
use crate::grant::ScopeDocument;
use crate::grant::span::Span;
use crate::grant::span::local;
use crate::grant::text;

/// One fact about a request, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// Its subject, in one word.
    pub label: &'static str,
    /// The fact, safe to show. Several lines only for a scope's document.
    pub text: String,
}

/// Shown if a request names a scope that the policy no longer has with the same document.
pub const OTHER_SCOPE: &str =
    "the policy now has another scope of this name, or none: the requester has to ask again";

impl Asked {
    /// The role, with `/` and the scope if the request is for one.
    pub fn what(&self) -> String {
        self.scope
            .as_ref()
            .map_or_else(|| self.role.to_string(), |scope| format!("{}/{}", self.role, scope.name))
    }

    /// The request in one sentence: `ana asks for prod-admin`.
    pub fn headline(&self) -> String {
        let verb = match self.way {
            Way::Request => "asks for",
            Way::Extend(_) => "asks for more time for",
            Way::BreakGlass => "broke the glass for",
        };
        format!("{} {verb} {}", self.header.who, self.what())
    }

    /// The requested time: `1h`, or `1h more` for an extension.
    pub fn lasts(&self) -> String {
        let more = if self.extends().is_some() { " more" } else { "" };
        format!("{}{more}", self.duration)
    }

    /// The words of an approval for at most this time and scope: `prod-admin for ana, 30m (asked 1h)`.
    pub fn approved_as(&self, duration: Option<Span>, scope: Option<&Name>) -> String {
        let lasts = duration.map_or(self.duration, |allowed| allowed.min(self.duration));
        let of = match (&self.scope, scope) {
            (None, Some(scope)) => format!("{}/{scope} (asked: the whole role)", self.role),
            _ => self.what(),
        };
        let more = if self.extends().is_some() { "more time of " } else { "" };
        let less = if lasts < self.duration { format!(" (asked {})", self.duration) } else { String::new() };
        format!("{more}{of} for {}, {lasts}{less}", self.header.who)
    }

    /// The facts that a reviewer reads before signing. `document` is the scope's document in the policy in force.
    pub fn facts(&self, digest: &Digest, document: Option<&ScopeDocument>) -> Vec<Fact> {
        let mut facts = vec![
            Fact { label: "asks", text: self.headline() },
            Fact { label: "opens", text: self.target.describe() },
        ];
        let mut add = |label, text| facts.push(Fact { label, text });
        if let Some(scope) = &self.scope {
            add("scope", scope.name.to_string());
            let document = document.filter(|document| document.digest() == scope.document);
            add(
                "allows",
                document.map_or_else(|| OTHER_SCOPE.to_owned(), |document| pretty(document).join("\n")),
            );
        }
        add("for", self.lasts());
        if let Some(first) = self.extends() {
            add("extends", format!("request {}", first.request_id()));
        }
        if let Some(start) = self.start {
            add("from", local(start, &TimeZone::UTC));
        }
        add("reason", if self.reason.is_empty() { NO_REASON.to_owned() } else { text::prose(&self.reason) });
        let purpose = self.purpose.iter().flat_map(Purpose::facts);
        purpose.for_each(|(label, text)| add(label, text));
        if self.agent {
            add("agent", AGENT.to_owned());
        }
        if let Some(run) = &self.workload {
            add("run", text::prose(&run.describe()));
        }
        if let Some(job) = &self.job {
            add("run", text::prose(job.as_str()));
        }
        add("request", digest.request_id().to_string());
        add("digest", digest.to_string());
        facts
    }
}

/// Shown instead of an empty reason.
pub const NO_REASON: &str = "(none given)";
/// Shown if the requester's client says that a coding agent runs it.
pub const AGENT: &str = "a coding agent asks, as its client claims";

/// A scope's document in lines, safe to show. Only the white space differs from the signed document.
pub fn pretty(document: &ScopeDocument) -> Vec<String> {
    let value: serde_json::Value = serde_json::from_str(document.as_str()).unwrap_or_default();
    let pretty = serde_json::to_string_pretty(&value).unwrap_or_default();
    pretty.lines().map(text::sanitise).collect()
}
