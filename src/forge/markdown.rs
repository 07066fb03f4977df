//! What `jit` writes on GitHub: text of others stands in code spans, which it cannot leave.

use crate::grant::text::prose;

/// A code span that its content cannot end (CommonMark, 6.1): fenced by more backticks than it holds in a row. Runs of blanks are
/// one: GitHub shows them all, and could break the line there.
pub fn code(text: &str) -> String {
    let text = prose(text);
    let longest = text.split(|character| character != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let blank = if text.starts_with('`') || text.ends_with('`') || text.is_empty() { " " } else { "" };
    format!("{fence}{blank}{text}{blank}{fence}")
}
