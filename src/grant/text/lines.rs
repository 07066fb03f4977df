//! Lays out foreign prose in lines of a fixed width. Each line has a mark that the text cannot forge, so that it cannot
//! imitate a line of ours.

use unicode_properties::GeneralCategory;
use unicode_properties::UnicodeGeneralCategory;
use unicode_width::UnicodeWidthChar;

use super::prose;

/// The default width, if the width of the reader's window is unknown.
pub const COLUMNS: usize = 80;
/// The narrowest column of text. A narrower window wraps the lines itself.
const NARROWEST: usize = 8;

/// Lays prose out as lines with equal left columns: `  reason  | ` first, `          | ` from then on. An empty text
/// gives one line. `columns` is the width of the reader's window.
pub fn marked(label: &str, text: &str, columns: usize) -> Vec<String> {
    const BEFORE: usize = 12;
    let pieces = wrap(&prose(text), columns.saturating_sub(BEFORE + 1));
    let labels = std::iter::once(label).chain(std::iter::repeat(""));
    pieces
        .into_iter()
        .zip(labels)
        .map(|(piece, label)| format!("  {label:<7} | {piece}").trim_end().to_owned())
        .collect()
}

/// Wraps a line. The first piece begins with `first`, later ones with as many blanks.
pub fn hanging(first: &str, text: &str, columns: usize) -> Vec<String> {
    let indent = first.chars().count();
    let pieces = wrap(text, columns.saturating_sub(indent + 1));
    let blanks = " ".repeat(indent);
    let mut before = std::iter::once(first).chain(std::iter::repeat(blanks.as_str()));
    pieces.into_iter().map(|piece| format!("{}{piece}", before.next().unwrap_or_default())).collect()
}

/// Breaks a text at blanks, and inside words that are longer than a line.
fn wrap(text: &str, columns: usize) -> Vec<String> {
    let most = columns.max(NARROWEST);
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut used = 0;
    for word in text.split_inclusive(' ') {
        let bare = word.trim_end_matches(' ');
        if used > 0 && used + width(bare) > most {
            lines.push(std::mem::take(&mut line));
            used = 0;
        }
        for character in word.chars() {
            let more = width_of(character);
            if used + more > most {
                lines.push(std::mem::take(&mut line));
                used = 0;
                // A blank at a line break does not begin the next line.
                if character == ' ' {
                    continue;
                }
            }
            line.push(character);
            used += more;
        }
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line);
    }
    lines.into_iter().map(|line| line.trim_end_matches(' ').to_owned()).collect()
}

fn width(text: &str) -> usize {
    text.chars().map(width_of).sum()
}

/// The columns of a character, the most that any terminal uses for it, so that no line overflows.
fn width_of(character: char) -> usize {
    let least = match character.general_category() {
        GeneralCategory::SpacingMark => 1,
        // A selector turns a narrow symbol into a wide picture.
        _ => usize::from(character == '\u{fe0f}'),
    };
    character.width_cjk().unwrap_or(1).max(least)
}
