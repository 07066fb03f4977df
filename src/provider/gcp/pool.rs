//! A provider of a workload identity pool as Google has it, and whether it lets in more than jit's roles.
//!
//! The broker does not need to read providers, so jit reads one with gcloud, as the person who runs it. Source: IAM v1,
//! `projects.locations.workloadIdentityPools.providers`.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::grant::Name;
use crate::grant::cloud::gcp::GcpTarget;
use crate::grant::text::sanitise;
use crate::provider::SUBJECT;
use crate::provider::subject;

/// The mapping that makes the subject of jit's token the one that bindings name.
const MAPPED: &str = "assertion.sub";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Provider {
    #[serde(default)]
    attribute_condition: String,
    #[serde(default)]
    attribute_mapping: BTreeMap<String, String>,
    #[serde(default)]
    disabled: bool,
}

/// The judgement on a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// It lets in these roles, and nothing else.
    Exact,
    /// It lets in more, or refuses what it should let in, in words.
    Wrong(String),
    /// jit cannot tell, in words.
    Unclear(String),
}

/// The arguments with which `gcloud` prints a provider as JSON.
pub fn arguments(target: &GcpTarget) -> Vec<String> {
    let words = ["iam", "workload-identity-pools", "providers", "describe", &target.provider];
    words.into_iter().chain(["--format=json", "--quiet"]).map(str::to_owned).collect()
}

/// Compares gcloud's answer with the roles that this provider serves, as far as the person may see them. `None` if it is no provider.
pub fn judge(described: &[u8], roles: &[&Name]) -> Option<Found> {
    let provider: Provider = serde_json::from_slice(described).ok()?;
    if provider.attribute_mapping.is_empty() {
        return None;
    }
    let mapped = provider.attribute_mapping.get("google.subject").map_or("", String::as_str).trim();
    if mapped != MAPPED {
        let said = format!("its mapping makes google.subject of {:?}, not of {MAPPED}", sanitise(mapped));
        return Some(Found::Wrong(said));
    }
    if provider.disabled {
        return Some(Found::Wrong("it is disabled".to_owned()));
    }
    let condition = provider.attribute_condition.trim();
    if condition.is_empty() {
        return Some(Found::Wrong("it has no condition, so it takes every subject of its issuer".to_owned()));
    }
    let Some(taken) = subjects(condition) else {
        return Some(Found::Unclear(format!("jit cannot read its condition: {:?}", sanitise(condition))));
    };
    let wanted: Vec<String> = roles.iter().map(|role| subject(role)).collect();
    if let Some(foreign) = taken.iter().find(|taken| !taken.starts_with(SUBJECT)) {
        return Some(Found::Wrong(format!(
            "it also takes {:?}, which is no role of jit's",
            sanitise(foreign)
        )));
    }
    if let Some(missing) = wanted.iter().find(|wanted| !taken.contains(wanted)) {
        return Some(Found::Wrong(format!("it does not take {missing}")));
    }
    let others: Vec<String> =
        taken.iter().filter(|taken| !wanted.contains(taken)).map(|other| sanitise(other)).collect();
    if others.is_empty() {
        return Some(Found::Exact);
    }
    Some(Found::Unclear(format!(
        "it also takes {}, which you do not see with this provider",
        others.join(", ")
    )))
}

/// The subjects that a condition lets in, if it has one of the forms that jit prints: `assertion.sub == 'X'`, or
/// `assertion.sub in ['X', 'Y']`.
fn subjects(condition: &str) -> Option<Vec<String>> {
    let rest =
        condition.strip_prefix(MAPPED).or_else(|| condition.strip_prefix("google.subject"))?.trim_start();
    if let Some(one) = rest.strip_prefix("==") {
        return Some(vec![literal(one)?]);
    }
    let list = rest.strip_prefix("in")?.trim().strip_prefix('[')?.strip_suffix(']')?;
    list.split(',').map(literal).collect()
}

/// A string of CEL without an escape, in either kind of quotes.
fn literal(text: &str) -> Option<String> {
    let text = text.trim();
    let of = |quote: char| text.strip_prefix(quote)?.strip_suffix(quote);
    let inner = of('\'').or_else(|| of('"'))?;
    (!inner.contains(['\'', '"', '\\', ','])).then(|| inner.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn judged(condition: &str, mapped: &str) -> Option<Found> {
        let (one, two): (Name, Name) = ("a".parse().unwrap(), "b".parse().unwrap());
        let described = json!({
            "attributeCondition": condition,
            "attributeMapping": { "google.subject": mapped },
            "name": "projects/42/locations/global/workloadIdentityPools/jit-pool/providers/jit1",
            "oidc": { "issuerUri": "https://jit.example.com" },
            "state": "ACTIVE",
        });
        judge(described.to_string().as_bytes(), &[&one, &two])
    }

    #[test]
    fn a_condition_that_lets_in_more_is_found() {
        for exact in [
            "assertion.sub in ['jit:role:a', 'jit:role:b']",
            "assertion.sub in [\"jit:role:b\",\"jit:role:a\"]",
            "google.subject in ['jit:role:a','jit:role:b']",
        ] {
            assert_eq!(judged(exact, MAPPED), Some(Found::Exact), "{exact}");
        }
        for (condition, part) in [
            ("", "every subject"),
            ("assertion.sub == 'jit:role:a'", "does not take jit:role:b"),
            ("assertion.sub in ['jit:role:a', 'jit:role:b', 'repo:x']", "no role of jit's"),
        ] {
            let Some(Found::Wrong(said)) = judged(condition, MAPPED) else { panic!("{condition}") };
            assert!(said.contains(part), "{said}");
        }
        for (condition, part) in [
            ("assertion.sub.startsWith('jit:role:')", "cannot read"),
            ("assertion.sub == 'jit:role:a' || true", "cannot read"),
            ("assertion.sub in ['jit:role:a', 'jit:role:b'] || [true][0]", "cannot read"),
            ("assertion.sub != 'jit:role:a'", "cannot read"),
            ("assertion.sub in ['jit:role:a', 'jit:role:b', 'jit:role:c']", "also takes jit:role:c"),
        ] {
            let Some(Found::Unclear(said)) = judged(condition, MAPPED) else { panic!("{condition}") };
            assert!(said.contains(part), "{said}");
        }
        let Some(Found::Wrong(said)) = judged("assertion.sub == 'jit:role:a'", "assertion.aud") else {
            panic!()
        };
        assert!(said.contains("mapping"), "{said}");
    }

    #[test]
    fn what_is_no_provider_is_not_judged() {
        for other in ["", "{}", "[]", r#"{"error":{}}"#] {
            assert_eq!(judge(other.as_bytes(), &[]), None, "{other}");
        }
    }
}
