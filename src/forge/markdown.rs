//! Formats text for GitHub: text by others is put in code spans, which it cannot leave.

use crate::grant::text::prose;

/// A code span that its content cannot end (CommonMark, 6.1): its fence has more backticks than any run in the content.
/// Runs of blanks become one, because GitHub shows all of them and could break the line there.
pub fn code(text: &str) -> String {
    let text = prose(text);
    let longest = text.split(|character| character != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let blank = if text.starts_with('`') || text.ends_with('`') || text.is_empty() { " " } else { "" };
    format!("{fence}{blank}{text}{blank}{fence}")
}
