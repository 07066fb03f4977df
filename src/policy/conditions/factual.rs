//! The facts that a condition depends on. Only those are fetched for a role. A word that looks like a fact counts as
//! one.

use cedar_policy::Policy;

use crate::policy::settings::facts::FactSource;

/// The facts whose truth could change a policy's result, or all of them if that is unknown. Reads the text word by
/// word, because a condition's tree may be deeper than the stack.
pub(super) fn named(policy: &Policy, facts: &[FactSource]) -> Vec<String> {
    if facts.is_empty() {
        return Vec::new();
    }
    let text = policy.to_cedar().unwrap_or_default();
    let names = facts.iter().map(|source| &source.name);
    // An escape could spell a name that the text does not show.
    if text.is_empty() || text.contains('\\') || reads_whole(&text) {
        return names.cloned().collect();
    }
    names.filter(|name| words(&text).any(|(_, word)| word == *name)).cloned().collect()
}

/// Whether the requester's address could change a policy's result. True if that is unknown.
pub(super) fn looks_at_address(policy: &Policy) -> bool {
    let text = policy.to_cedar().unwrap_or_default();
    // An escape could spell a name that the text does not show.
    let spelt = text.contains("\\u") || text.contains("\\x");
    text.is_empty() || spelt || reads_whole(&text) || words(&text).any(|(_, word)| word == "source_ip")
}

/// Whether the time could change a policy's result. True if that is unknown.
pub(super) fn looks_at_time(policy: &Policy) -> bool {
    let text = policy.to_cedar().unwrap_or_default();
    // An escape could spell a name that the text does not show.
    let spelt = text.contains("\\u") || text.contains("\\x");
    let times = |word: &str| matches!(word, "hour" | "weekday" | "now");
    text.is_empty() || spelt || reads_whole(&text) || words(&text).any(|(_, word)| times(word))
}

/// Whether the text uses the whole context, or the whole of its `facts`, and so every fact.
fn reads_whole(text: &str) -> bool {
    words(text).filter(|(_, word)| matches!(*word, "context" | "facts")).any(|(end, _)| {
        let rest = text.get(end..).unwrap_or_default().trim_start();
        !rest.starts_with(['.', '['])
            && !rest.strip_prefix("has").is_some_and(|rest| rest.starts_with(char::is_whitespace))
    })
}

/// The words of a text, each with the byte offset of its end.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let bytes = text.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        at += bytes.get(at..)?.iter().take_while(|byte| !is_part(**byte)).count();
        let start = at;
        at += bytes.get(at..)?.iter().take_while(|byte| is_part(**byte)).count();
        let word = text.get(start..at).filter(|word| !word.is_empty())?;
        Some((at, word))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grant::span::Span;
    use crate::policy::settings::facts::FactFrom;

    #[test]
    fn conditions_on_the_time_are_told_from_others() {
        let looks = |condition: &str| {
            let text = format!("forbid(principal, action, resource) when {{ {condition} }};");
            looks_at_time(&Policy::parse(None, text).unwrap())
        };
        for of_the_time in [
            "context.hour > 6",
            "context.weekday == Weekday::\"sunday\"",
            "context.now > datetime(\"2026-11-23T10:00:00Z\")",
            "context[\"hour\"] > 6",
            "context[\"ho\\u{75}r\"] > 6",
            "context == {}",
        ] {
            assert!(looks(of_the_time), "{of_the_time}");
        }
        for of_others in ["context.reason like \"INC*\"", "context.facts.incident", "context.interactive"] {
            assert!(!looks(of_others), "{of_others}");
        }
    }

    #[test]
    fn conditions_on_the_address_are_told_from_others() {
        let looks = |condition: &str| {
            let text = format!("forbid(principal, action, resource) when {{ {condition} }};");
            looks_at_address(&Policy::parse(None, text).unwrap())
        };
        for of_the_address in [
            "context has source_ip && context.source_ip.isLoopback()",
            "!(context has source_ip)",
            "context[\"source_ip\"] == ip(\"10.0.0.1\")",
            "context[\"source\\u{5f}ip\"] == ip(\"10.0.0.1\")",
            "context == {}",
        ] {
            assert!(looks(of_the_address), "{of_the_address}");
        }
        for of_others in ["context.hour > 6", "context.reason like \"INC\\*\"", "context.facts.incident"] {
            assert!(!looks(of_others), "{of_others}");
        }
    }

    #[test]
    fn only_what_a_condition_looks_at_is_wanted() {
        let source = |name: &str| FactSource {
            name: name.to_owned(),
            from: FactFrom::File("/x".into()),
            max_age: Span::of_minutes(5),
        };
        let facts = [source("incident"), source("oncall"), source("trained")];
        let of =
            |text: &str, facts: &[FactSource]| named(&Policy::parse(None, text).unwrap(), facts).join(" ");
        let wanted = |condition: &str| {
            of(&format!("permit(principal, action, resource) when {{ {condition} }};"), &facts)
        };
        assert_eq!(wanted("context.hour > 6"), "");
        assert_eq!(wanted("principal.oncall"), "oncall");
        assert_eq!(wanted("principal[\"oncall\"] || context . facts.incident"), "incident oncall");
        assert_eq!(wanted("context has requester && context.requester.trained"), "trained");
        assert_eq!(wanted("principal has oncall"), "oncall");
        assert_eq!(wanted("principal.oncalls || context.reason like \"on*\""), "");
        let all = "incident oncall trained";
        assert_eq!(wanted("principal[\"\\u{6f}ncall\"]"), all);
        assert_eq!(wanted("(if context.hour > 6 then context else context).facts.oncall"), all);
        assert_eq!(wanted("context.facts == {oncall: true, incident: true, trained: true}"), all);
        assert_eq!(wanted("[context.facts].contains(context.facts)"), all);
        assert_eq!(
            wanted("(if context.facts.oncall then principal else resource).trained"),
            "oncall trained"
        );
        assert_eq!(wanted("context == {}"), all);
        assert_eq!(wanted("context // words\n .hour > 6"), all);
        assert_eq!(of("permit(principal, action, resource);", &facts), "");
        assert_eq!(of("permit(principal, action, resource) when { principal.oncall };", &[]), "");
    }
}
