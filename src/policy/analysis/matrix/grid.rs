//! The matrix as a grid: one line per person, one column per way into a role. For policies that fit on a screen.

use super::Column;
use super::Matrix;
use crate::grant::text::sanitise;

const LEGEND: &str = "\
# Who may ask for what. Written by `jit policy matrix`; change the policy, not this file.
# auto: no approval needed | a number: so many people must approve | never: nobody could approve | -: may not ask
# 1/auto: a condition may approve | 1*: a condition may refuse
";

pub(super) fn text(matrix: &Matrix) -> String {
    let mut text = LEGEND.to_owned();
    let widest = matrix.columns.iter().map(|column| column.way.len()).max().unwrap_or(0);
    for column in &matrix.columns {
        let (name, most) = (&column.way, column.max_duration);
        let (approval, opens) = (sanitise(&column.approval), sanitise(&column.opens));
        text.push_str(&format!("# {name:<widest$}  {approval}; at most {most}; {opens}\n"));
    }
    text.push('\n');
    let people = matrix.people.iter().map(String::len);
    let first = people.max().unwrap_or(0).max("person".len());
    let width = |column: &Column| {
        let cells = column.rows.iter().map(|row| row.cell.text().len());
        cells.chain([column.way.len(), "never".len()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = matrix.columns.iter().map(width).collect();
    let mut line = format!("{:<first$}", "person");
    for (column, width) in matrix.columns.iter().zip(&widths) {
        line.push_str(&format!("  {:<width$}", column.way));
    }
    text.push_str(line.trim_end());
    text.push('\n');
    for (number, person) in (0..).zip(&matrix.people) {
        let mut line = format!("{person:<first$}");
        for (column, width) in matrix.columns.iter().zip(&widths) {
            let row = column.rows.iter().find(|row| row.crowd.holds(number));
            let cell = row.map_or_else(|| "-".to_owned(), |row| row.cell.text());
            line.push_str(&format!("  {cell:<width$}"));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}
