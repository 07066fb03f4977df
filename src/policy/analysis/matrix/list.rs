//! The matrix as a list: a paragraph per role, then the groups that roles name. It grows with the policy's text, not
//! with people times roles.

use super::Answer;
use super::Matrix;
use super::Row;
use crate::grant::text::sanitise;

const LEGEND: &str = "\
# Who may ask for what. Written by `jit policy matrix`; change the policy, not this file.
# Only people that a role lists may ask for it. Groups are written out below.
";

pub(super) fn text(matrix: &Matrix) -> String {
    let mut text = LEGEND.to_owned();
    for column in &matrix.columns {
        let opens = sanitise(&column.opens);
        text.push_str(&format!("\n{}: {opens}, at most {}\n", column.way, column.max_duration));
        if column.rows.is_empty() {
            text.push_str("  nobody may ask\n");
        }
        for row in &column.rows {
            let (answer, who) = (answer(row, &column.approval), row.who.join(", "));
            text.push_str(&format!("  {}: {}\n", sanitise(&answer), sanitise(&who)));
        }
    }
    for membership in &matrix.groups {
        let open = if membership.is_open { " and everybody whom the identity provider names" } else { "" };
        text.push_str(&format!("\ngroup:{}{open}\n", membership.group));
        for member in &membership.members {
            text.push_str(&format!("  {}\n", sanitise(member.as_str())));
        }
    }
    text
}

fn answer(row: &Row, approval: &str) -> String {
    let mut text = match row.cell.answer {
        Answer::No => "may not ask".to_owned(),
        Answer::Never => format!("never approved ({approval})"),
        Answer::Auto => "auto".to_owned(),
        Answer::Approvals(1) => format!("1 approval ({approval})"),
        Answer::Approvals(count) => format!("{count} approvals ({approval})"),
    };
    if row.cell.may_approve {
        text.push_str(", or a condition approves");
    }
    if row.cell.may_refuse {
        text.push_str(", unless a condition refuses");
    }
    text
}
