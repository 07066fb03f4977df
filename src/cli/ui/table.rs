//! Aligned columns without rules, and text wrapped at the terminal's width. On a terminal no line is wider than the
//! terminal, as long as its longest words fit. Elsewhere nothing is wrapped. Nothing is ever cut off.

use crate::system::folding;
pub use crate::system::folding::width;

/// The blanks between two columns.
const GAP: usize = 2;
/// The blanks before cells that do not fit beside the others.
const BELOW: usize = 4;
/// How narrow a text column may get before it goes below the others, unless its text is narrower.
const NARROW: usize = 16;

/// How a column that is too wide may be changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fit {
    /// Not at all: names, ids, times.
    Whole,
    /// Its text may be wrapped between words.
    Wrap,
}

/// A table with a header.
pub struct Table {
    header: Vec<String>,
    fits: Vec<Fit>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these columns and their titles. Without any title it has no header.
    pub fn new(columns: &[(&str, Fit)]) -> Self {
        Self {
            header: columns.iter().map(|(title, _)| (*title).to_owned()).collect(),
            fits: columns.iter().map(|(_, fit)| *fit).collect(),
            rows: Vec::new(),
        }
    }

    /// Adds a row. Omitted cells are empty.
    pub fn row(&mut self, mut cells: Vec<String>) {
        cells.resize(self.header.len(), String::new());
        self.rows.push(cells);
    }

    /// The table's lines, at most `limit` columns wide. Empty without rows. `title` paints a title.
    pub fn text(&self, limit: Option<usize>, title: impl Fn(&str) -> String) -> String {
        if self.rows.is_empty() {
            return String::new();
        }
        // Leaves out columns without content.
        let used: Vec<usize> = (0..self.header.len())
            .filter(|column| {
                self.rows.iter().any(|row| row.get(*column).is_some_and(|cell| !cell.is_empty()))
            })
            .collect();
        let pick = |cells: &[String]| -> Vec<String> {
            used.iter().filter_map(|column| cells.get(*column).cloned()).collect()
        };
        let header: Vec<String> = pick(&self.header).iter().map(|cell| title(cell)).collect();
        let rows: Vec<Vec<String>> = self.rows.iter().map(|row| pick(row)).collect();
        let fits: Vec<Fit> = used.iter().filter_map(|column| self.fits.get(*column).copied()).collect();
        let columns: Vec<Column> = fits
            .iter()
            .enumerate()
            .map(|(at, fit)| {
                let title = header.get(at).map(String::as_str).into_iter();
                Column::of(*fit, title.chain(rows.iter().filter_map(|row| row.get(at).map(String::as_str))))
            })
            .collect();
        let layout = Layout::of(&columns, limit);
        let titles = Some(&header).filter(|titles| titles.iter().any(|title| width(title) > 0));
        let all = titles.into_iter().chain(&rows);
        all.map(|cells| layout.lines(cells)).collect()
    }
}

/// The widths that a column needs.
struct Column {
    /// The width without wrapping.
    natural: usize,
    /// The least width.
    least: usize,
}

impl Column {
    fn of<'a>(fit: Fit, cells: impl Iterator<Item = &'a str> + Clone) -> Self {
        let natural = cells.clone().map(width).max().unwrap_or(0);
        let word = cells.flat_map(folding::words).map(|word| width(word.text)).max().unwrap_or(0);
        let least = match fit {
            Fit::Whole => natural,
            Fit::Wrap => natural.min(word.max(NARROW)),
        };
        Self { natural, least }
    }
}

/// The widths of the columns beside each other, and the width of the others below them.
struct Layout {
    widths: Vec<usize>,
    below: Option<usize>,
}

impl Layout {
    fn of(columns: &[Column], limit: Option<usize>) -> Self {
        let natural = columns.iter().map(|column| column.natural).collect();
        let Some(limit) = limit else { return Self { widths: natural, below: None } };
        let gaps = |count: usize| GAP * count.saturating_sub(1);
        let mut beside = columns.len();
        let least = |count: usize| columns.iter().take(count).map(|column| column.least).sum::<usize>();
        while beside > 1 && least(beside) + gaps(beside) > limit {
            beside -= 1;
        }
        let columns = columns.get(..beside).unwrap_or(columns);
        let mut widths: Vec<usize> = columns.iter().map(|column| column.least).collect();
        let mut spare = limit.saturating_sub(widths.iter().sum::<usize>() + gaps(beside));
        // The narrowest column that needs more gets the next blank: short texts become whole first, and long ones share
        // the rest.
        while spare > 0 {
            let wanting = widths.iter_mut().zip(columns).filter(|(width, column)| **width < column.natural);
            let Some((width, _)) = wanting.min_by_key(|(width, _)| **width) else { break };
            *width += 1;
            spare -= 1;
        }
        Self { widths, below: Some(limit.saturating_sub(BELOW)) }
    }

    fn lines(&self, cells: &[String]) -> String {
        let mut wrapped: Vec<Vec<String>> = Vec::new();
        for (cell, room) in cells.iter().zip(&self.widths) {
            wrapped.push(if self.below.is_some() { pieces(cell, *room) } else { vec![cell.clone()] });
        }
        let height = wrapped.iter().map(Vec::len).max().unwrap_or(0);
        let mut text = String::new();
        for at in 0..height {
            let mut line = String::new();
            for (column, (lines, room)) in wrapped.iter().zip(&self.widths).enumerate() {
                let piece = lines.get(at).map_or("", String::as_str);
                line.push_str(piece);
                if column + 1 < wrapped.len() {
                    line.push_str(&" ".repeat(room.saturating_sub(width(piece)) + GAP));
                }
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        for cell in cells.iter().skip(self.widths.len()).filter(|cell| !cell.is_empty()) {
            for piece in pieces(cell, self.below.unwrap_or(usize::MAX)) {
                text.push_str(&format!("{}{piece}\n", " ".repeat(BELOW)));
            }
        }
        text
    }
}

/// Wraps a text at blanks into lines of at most this width. A longer word, and a command to paste, gets its own line.
fn pieces(text: &str, room: usize) -> Vec<String> {
    if width(text) <= room {
        return vec![text.to_owned()];
    }
    let mut lines: Vec<String> = Vec::new();
    let indent: String = text.chars().take_while(|character| *character == ' ').collect();
    let mut line = indent.clone();
    let mut is_fresh = true;
    for word in folding::words(text) {
        if !is_fresh && width(&line) + 1 + width(word.text) > room {
            lines.push(std::mem::replace(&mut line, indent.clone()));
            is_fresh = true;
        }
        if !is_fresh {
            line.push(' ');
        }
        line.push_str(word.text);
        is_fresh = false;
    }
    lines.push(line);
    lines
}

/// Wraps lines for people at this many columns. A wrapped line continues below its value if it has a label, else two
/// blanks further in. A command to paste is not broken.
pub fn prose(text: &str, limit: Option<usize>) -> String {
    limit.map_or_else(|| text.to_owned(), |limit| folding::fold(text, limit).join("\n"))
}

#[cfg(test)]
#[path = "table_tests.rs"]
mod tests;
