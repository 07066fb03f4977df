//! IAM's matching of actions and resources, written again for the tests. Knows nothing of how a proposal is made.
//!
//! Source: IAM User Guide, "IAM JSON policy elements: Resource" (`*` is any number of characters, `?` is one) and "Variables and tags"
//! (`${*}`, `${?}` and `${$}` are the characters themselves).

use serde_json::Value;

/// A policy of statements that allow, each with its actions and resources.
pub(super) struct Oracle(Vec<(Vec<Pattern>, Vec<Pattern>)>);

struct Pattern(Vec<Part>);

enum Part {
    Several,
    One,
    Letter(char),
}

impl Oracle {
    /// Reads a policy. Panics if it is more than statements that allow actions on resources.
    pub(super) fn read(document: &str) -> Self {
        let document: Value = serde_json::from_str(document).unwrap();
        assert_eq!(document["Version"], "2012-10-17");
        let patterns = |value: &Value, lower: bool| {
            let texts = value.as_array().unwrap().iter().map(|text| text.as_str().unwrap());
            texts
                .map(|text| if lower { Pattern::read(&text.to_lowercase()) } else { Pattern::read(text) })
                .collect()
        };
        let statements = document["Statement"].as_array().unwrap().iter().map(|statement| {
            assert_eq!(
                (statement["Effect"].as_str(), statement.as_object().unwrap().len()),
                (Some("Allow"), 4)
            );
            (patterns(&statement["Action"], true), patterns(&statement["Resource"], false))
        });
        Self(statements.collect())
    }

    /// Whether a statement allows an action on a resource.
    pub(super) fn allows(&self, action: &str, resource: &str) -> bool {
        let action = action.to_lowercase();
        self.0.iter().any(|(actions, resources)| {
            actions.iter().any(|pattern| pattern.fits(&action))
                && resources.iter().any(|pattern| pattern.fits(resource))
        })
    }
}

impl Pattern {
    fn read(mut text: &str) -> Self {
        let mut found = Vec::new();
        while let Some(letter) = text.chars().next() {
            let escaped = ["${*}", "${?}", "${$}"].into_iter().find(|escaped| text.starts_with(escaped));
            assert!(escaped.is_some() || !text.starts_with("${"), "a variable: {text}");
            found.push(match (escaped, letter) {
                (Some(escaped), _) => Part::Letter(escaped.chars().nth(2).unwrap()),
                (None, '*') => Part::Several,
                (None, '?') => Part::One,
                (None, other) => Part::Letter(other),
            });
            text = &text[escaped.map_or(letter.len_utf8(), str::len)..];
        }
        Self(found)
    }

    fn fits(&self, text: &str) -> bool {
        fits(&self.0, text)
    }
}

/// Whether the parts match the whole text.
fn fits(parts: &[Part], text: &str) -> bool {
    let Some((first, others)) = parts.split_first() else { return text.is_empty() };
    let mut rest = text.chars();
    match (first, rest.next()) {
        (Part::Several, next) => fits(others, text) || next.is_some() && fits(parts, rest.as_str()),
        (Part::One, Some(_)) => fits(others, rest.as_str()),
        (Part::Letter(letter), Some(next)) => *letter == next && fits(others, rest.as_str()),
        (_, None) => false,
    }
}

#[test]
fn patterns_match_as_iam_matches() {
    for (pattern, text, wanted) in [
        ("*", "", true),
        ("a*c", "abbc", true),
        ("a*c", "ab", false),
        ("a?c", "abc", true),
        ("a?c", "ac", false),
        ("a${*}c", "a*c", true),
        ("a${*}c", "abc", false),
        ("${?}${$}{x}", "?${x}", true),
        ("é?", "éé", true),
        ("a", "A", false),
    ] {
        assert_eq!(Pattern::read(pattern).fits(text), wanted, "{pattern} {text}");
    }
}
