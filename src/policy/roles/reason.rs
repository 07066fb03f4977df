//! The requirements on a reason.

use regex::Regex;
use regex::RegexBuilder;

use crate::policy::files::document::Field;
use crate::policy::people::roster::read_line;

/// The memory limit of a compiled pattern, in bytes.
const PATTERN_MEMORY: usize = 256 * 1024;

/// The requirement on a reason.
#[derive(Debug, Clone)]
pub enum ReasonRule {
    /// A reason is required. This is the default.
    Required,
    /// No reason is required.
    Optional,
    /// The reason must match a pattern.
    Pattern {
        /// The pattern, searched for anywhere in the reason unless it has anchors.
        pattern: Regex,
        /// Advice for people on what to write.
        hint: String,
    },
}

impl ReasonRule {
    /// The requirement, in words.
    pub fn wanted(&self) -> &str {
        match self {
            Self::Required => "say why",
            Self::Optional => "a reason is optional",
            Self::Pattern { hint, .. } => hint,
        }
    }

    /// The ticket in a reason: the pattern's first group if it has one, else the whole match.
    pub fn ticket<'a>(&self, reason: &'a str) -> Option<&'a str> {
        let Self::Pattern { pattern, .. } = self else { return None };
        let found = pattern.captures(reason)?;
        found.get(1).or_else(|| found.get(0)).map(|ticket| ticket.as_str())
    }

    /// Whether a reason meets the requirement.
    pub fn accepts(&self, reason: &str) -> bool {
        let said = !reason.trim().is_empty();
        match self {
            Self::Required => said,
            Self::Optional => true,
            Self::Pattern { pattern, .. } => said && pattern.is_match(reason),
        }
    }
}

/// Parses `reason` and reports its errors.
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
            // The crate's message draws several lines and ends with the error.
            let drawn = error.to_string();
            let last = drawn.lines().last().unwrap_or_default();
            let why = last.strip_prefix("error: ").unwrap_or(last);
            pattern.report(&format!("the pattern does not compile: {why}"));
            None
        }
    }
}
