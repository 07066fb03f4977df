//! `allow = [{ lint = "…", reason = "…" }]` in a role's file: findings that are intended, and why.

use crate::policy::files::document::Document;
use crate::policy::files::document::Field;
use crate::policy::files::problem::Position;
use crate::policy::people::roster::read_line;
use crate::policy::roles::catalogue;

/// A finding that a role's file allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowance {
    /// The lint's stable name.
    pub(in crate::policy) lint: &'static str,
    /// The reason given.
    pub(in crate::policy) reason: String,
    /// Its position.
    pub(in crate::policy) at: Position,
}

/// Parses the list. Reports an unknown lint or a missing reason.
pub(in crate::policy) fn read(document: &Document<'_>, field: &Field<'_>) -> Vec<Allowance> {
    let items = field.list();
    items.into_iter().flatten().filter_map(|item| read_one(document, &item)).collect()
}

fn read_one(document: &Document<'_>, item: &Field<'_>) -> Option<Allowance> {
    const HOW: &str = r#"write allow = [{ lint = "NAME", reason = "…" }]"#;
    let section = item.section()?;
    let lint = section.required("lint", HOW);
    let reason = section.required("reason", HOW);
    section.finish(&[]);
    let (lint, reason) = (lint?, reason?);
    let name = lint.text()?;
    let kind = catalogue::CATALOGUE.iter().find(|kind| kind.name == name);
    if kind.is_none() {
        let shown: String = name.chars().take(64).collect();
        lint.report_with(&format!("there is no lint {shown}"), "`jit policy check` shows the name of each");
    }
    let text = read_line(&reason)?;
    if text.trim().is_empty() {
        reason.report("say why this is meant so");
        return None;
    }
    Some(Allowance { lint: kind?.name, reason: text, at: document.position(item.at()) })
}
