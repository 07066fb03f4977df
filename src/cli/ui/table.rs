//! Columns that line up, without lines around them.

/// Lays rows out in columns, two blanks apart.
pub fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns)
        .map(|column| {
            rows.iter().filter_map(|row| row.get(column)).map(|cell| width(cell)).max().unwrap_or(0)
        })
        .collect();
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (column, cell) in row.iter().enumerate() {
            line.push_str(cell);
            if column + 1 < row.len() {
                let padding = widths.get(column).unwrap_or(&0).saturating_sub(width(cell)) + 2;
                line.push_str(&" ".repeat(padding));
            }
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// The characters of a cell without the escapes of its colour.
fn width(cell: &str) -> usize {
    let mut count = 0;
    let mut in_escape = false;
    for character in cell.chars() {
        match character {
            '\u{1b}' => in_escape = true,
            'm' if in_escape => in_escape = false,
            _ if in_escape => {}
            _ => count += 1,
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_whatever_their_colour() {
        let rows = [
            vec!["a".to_owned(), "\u{1b}[32mbb\u{1b}[0m".to_owned(), "c".to_owned()],
            vec!["aaa".to_owned(), "b".to_owned(), String::new()],
        ];
        assert_eq!(table(&rows), "a    \u{1b}[32mbb\u{1b}[0m  c\naaa  b\n");
    }
}
