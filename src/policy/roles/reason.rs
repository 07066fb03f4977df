//! What a reason must be.

use regex::Regex;
use regex::RegexBuilder;

use crate::policy::files::document::Field;
use crate::policy::people::roster::read_line;

/// How much memory a compiled pattern may take, in bytes.
const PATTERN_MEMORY: usize = 256 * 1024;

/// What a reason must be.
#[derive(Debug, Clone)]
pub enum ReasonRule {
    /// Something must be said. This is what a role wants that says nothing.
    Required,
    /// Nothing need be said.
    Optional,
    /// It must match.
    Pattern {
        /// Searched for anywhere in the reason, unless it has anchors.
        pattern: Regex,
        /// What to write, for people.
        hint: String,
    },
}

impl ReasonRule {
    /// What is wanted, in words.
    pub fn wanted(&self) -> &str {
        match self {
            Self::Required => "say why",
            Self::Optional => "nothing need be said",
            Self::Pattern { hint, .. } => hint,
        }
    }

    /// The ticket that a reason names: the pattern's first group where it has one, and else all that it matched.
    pub fn ticket<'a>(&self, reason: &'a str) -> Option<&'a str> {
        let Self::Pattern { pattern, .. } = self else { return None };
        let found = pattern.captures(reason)?;
        found.get(1).or_else(|| found.get(0)).map(|ticket| ticket.as_str())
    }

    /// Whether a reason is good enough.
    pub fn accepts(&self, reason: &str) -> bool {
        let said = !reason.trim().is_empty();
        match self {
            Self::Required => said,
            Self::Optional => true,
            Self::Pattern { pattern, .. } => said && pattern.is_match(reason),
        }
    }
}

/// Reads `reason`, or reports what is wrong with it.
pub(in crate::policy) fn read_reason(field: &Field<'_>) -> Option<ReasonRule> {
    match field.as_text() {
        Some("required") => return Some(ReasonRule::Required),
        Some("optional") => return Some(ReasonRule::Optional),
        _ => {}
    }
    let Some(section) = field.as_section() else {
        field.report(r#"a reason is "required", "optional" or { pattern = '…', hint = "…" }"#);
        return None;
    };
    let pattern = section.required("pattern", r"write pattern = '^INC-\d+'");
    let hint = section.field("hint").map(|field| read_line(&field));
    section.finish(&[]);
    let pattern = pattern?;
    let text = read_line(&pattern)?;
    let text = text.as_str();
    match RegexBuilder::new(text).size_limit(PATTERN_MEMORY).dfa_size_limit(PATTERN_MEMORY).build() {
        Ok(compiled) => {
            let hint = hint.unwrap_or_else(|| Some(format!("it must match {text}")))?;
            Some(ReasonRule::Pattern { pattern: compiled, hint })
        }
        Err(error) => {
            // The crate draws a picture over several lines and ends with what is wrong.
            let drawn = error.to_string();
            let last = drawn.lines().last().unwrap_or_default();
            let why = last.strip_prefix("error: ").unwrap_or(last);
            pattern.report(&format!("the pattern does not compile: {why}"));
            None
        }
    }
}
