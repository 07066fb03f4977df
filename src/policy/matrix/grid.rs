//! One line a person, one column a role: for policies that fit on a screen.

use super::Cell;
use super::Matrix;

const LEGEND: &str = "\
# Who may ask for what. Written by `jit policy matrix`; change the policy, not this file.
# auto: nobody has to agree | a number: so many people must agree | never: nobody could approve | -: may not ask
";

pub(super) fn text(matrix: &Matrix) -> String {
    let mut text = LEGEND.to_owned();
    let widest = matrix.roles.iter().map(|role| role.role.as_str().len()).max().unwrap_or(0);
    for role in &matrix.roles {
        let (name, most) = (role.role.as_str(), role.max_duration);
        text.push_str(&format!("# {name:<widest$}  {}; at most {most}; {}\n", role.approval, role.opens));
    }
    text.push('\n');
    let people = matrix.people.iter().map(|person| person.as_str().len());
    let first = people.max().unwrap_or(0).max("person".len());
    let widths: Vec<usize> = matrix.roles.iter().map(|role| role.role.as_str().len().max(5)).collect();
    let mut line = format!("{:<first$}", "person");
    for (role, width) in matrix.roles.iter().zip(&widths) {
        line.push_str(&format!("  {:<width$}", role.role.as_str()));
    }
    text.push_str(line.trim_end());
    text.push('\n');
    for person in &matrix.people {
        let mut line = format!("{:<first$}", person.as_str());
        for (role, width) in matrix.roles.iter().zip(&widths) {
            let row = role.rows.iter().find(|row| row.people.binary_search(person).is_ok());
            let cell = row.map_or(Cell::No, |row| row.cell);
            line.push_str(&format!("  {:<width$}", cell.text()));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}
