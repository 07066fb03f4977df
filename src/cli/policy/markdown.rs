//! A policy difference as the comment on a pull request. All foreign text is in code spans, where Markdown, HTML and
//! mentions have no meaning.

use super::diff::summary;
pub(in crate::cli) use crate::forge::markdown::code;
use crate::grant::text::count;
use crate::policy::Change;
use crate::policy::Difference;
use crate::policy::Direction;

/// The longest comment. GitHub accepts up to 65,536 characters.
const MOST: usize = 60_000;
/// The most people or roles named in one line.
const SHOWN: usize = 20;

/// The comment. By its first line a workflow finds and replaces it.
pub(in crate::cli) fn comment(difference: &Difference) -> String {
    let mut page = Page { text: "<!-- jit policy diff -->\n".to_owned(), left_out: 0 };
    page.add(&format!("### Access: {}\n", summary(difference).trim_end_matches('.')));
    if !difference.reach.is_empty() {
        page.add("\n");
    }
    for reach in difference.reach.iter().take(SHOWN) {
        let (before, after) = (reach.before, reach.after);
        page.add(&format!("- {}: {after} may ask, {before} could\n", code(reach.role.as_str())));
    }
    for direction in Direction::ALL {
        let mut changes = difference.changes.iter().filter(|change| change.direction == direction).peekable();
        if changes.peek().is_none() {
            continue;
        }
        page.add(&format!("\n**{}**\n\n", heading(direction)));
        changes.for_each(|change| page.add(&of_change(change)));
    }
    if !difference.logins.is_empty() {
        page.add("\n**Logins** (a new login gives its holder all access of the person)\n\n");
    }
    for login in &difference.logins {
        let list = |word: &str, logins: &[String]| {
            if logins.is_empty() { String::new() } else { format!("; {word} {}", codes(logins)) }
        };
        let (added, removed) = (list("added", &login.added), list("removed", &login.removed));
        page.add(&format!("- {}{added}{removed}\n", code(login.who.as_str())));
    }
    if !difference.notes.is_empty() {
        page.add("\n<details><summary>Other changes</summary>\n\n");
        difference.notes.iter().for_each(|note| page.add(&format!("- {}\n", code(note))));
        page.close("\n</details>\n");
    }
    page.finish()
}

fn heading(direction: Direction) -> &'static str {
    match direction {
        Direction::Gained => "Gained: may ask, and could not before",
        Direction::Easier => "Easier: approvers suffice now that did not before",
        Direction::Longer => "Longer",
        Direction::Lost => "Lost: could ask, and may not any more",
        Direction::Harder => "Harder: approvers sufficed before that do not now",
        Direction::Shorter => "Shorter",
    }
}

fn of_change(change: &Change) -> String {
    let things: Vec<String> = change.things.iter().map(ToString::to_string).collect();
    let perhaps = if change.certain { "" } else { " (perhaps)" };
    let at = change.things.first().map_or("", |thing| thing.at.as_str());
    let example = change.example.as_ref().map_or_else(String::new, |example| format!(": {}", code(example)));
    format!(
        "- {}: {}{perhaps}\n  {} at {}{example}\n",
        codes(&change.people),
        codes(&things),
        code(&change.rule),
        code(at)
    )
}

fn codes(items: &[String]) -> String {
    let shown: Vec<String> = items.iter().take(SHOWN).map(|item| code(item)).collect();
    let more = items.len().saturating_sub(SHOWN);
    if more == 0 { shown.join(", ") } else { format!("{} and {more} more", shown.join(", ")) }
}

struct Page {
    text: String,
    left_out: usize,
}

impl Page {
    /// Adds the whole part, or counts it as left out.
    fn add(&mut self, part: &str) {
        if self.left_out > 0 || self.text.len() + part.len() > MOST {
            self.left_out += 1;
        } else {
            self.text.push_str(part);
        }
    }

    /// Adds a part regardless of the limit.
    fn close(&mut self, part: &str) {
        self.text.push_str(part);
    }

    fn finish(mut self) -> String {
        if self.left_out > 0 {
            let rest =
                format!("\n…and {} more: `jit policy diff` shows all of it.\n", count(self.left_out, "line"));
            self.text.push_str(&rest);
        }
        self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_others_stays_in_its_span() {
        assert_eq!(code("ana"), "`ana`");
        assert_eq!(code("a``b"), "```a``b```");
        assert_eq!(code("`x"), "`` `x ``");
        assert_eq!(code("@everyone <img src=x>\n# x"), "`@everyone <img src=x>\\u{a}# x`");
    }
}
