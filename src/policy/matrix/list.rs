//! A paragraph a role, then the groups that roles name: grows with what the policy says, not with people times roles.

use super::Cell;
use super::Matrix;

const LEGEND: &str = "\
# Who may ask for what. Written by `jit policy matrix`; change the policy, not this file.
# Whom a role does not list may not ask for it. Groups are written out below.
";

pub(super) fn text(matrix: &Matrix) -> String {
    let mut text = LEGEND.to_owned();
    for role in &matrix.roles {
        text.push_str(&format!("\n{}: {}, at most {}\n", role.role, role.opens, role.max_duration));
        if role.rows.is_empty() {
            text.push_str("  nobody may ask\n");
        }
        for row in &role.rows {
            let cell = match row.cell {
                Cell::No => "may not ask".to_owned(),
                Cell::Never => format!("never approved ({})", role.approval),
                Cell::Auto => "auto".to_owned(),
                Cell::Approvals(1) => format!("1 approval ({})", role.approval),
                Cell::Approvals(count) => format!("{count} approvals ({})", role.approval),
            };
            text.push_str(&format!("  {cell}: {}\n", row.who.join(", ")));
        }
    }
    for (group, members) in &matrix.groups {
        text.push_str(&format!("\ngroup:{group}\n"));
        for member in members {
            text.push_str(&format!("  {member}\n"));
        }
    }
    text
}
