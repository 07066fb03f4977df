//! A report as CSV (RFC 4180): a header, then one line a request. Spreadsheets open such files, so no cell is a formula.

use csv::Terminator;
use csv::WriterBuilder;
use jiff::Timestamp;

use crate::flow::Failure;
use crate::flow::reviewing::report::form::Report;
use crate::flow::reviewing::report::form::Row;
use crate::flow::reviewing::report::form::Said;
use crate::grant::Name;
use crate::grant::span::whole_seconds;
use crate::grant::text::sanitise;

/// The columns, in order. Columns are only added, at the end.
const COLUMNS: [&str; 27] = [
    "request",
    "kind",
    "person",
    "role",
    "scope",
    "opens",
    "reason",
    "asked_at",
    "asked_seconds",
    "decision",
    "decided_at",
    "decision_seconds",
    "agreed",
    "reviews",
    "fast_approvals",
    "approved_scope",
    "approved_seconds",
    "active_from",
    "active_until",
    "stopped_by",
    "revoked",
    "credentials",
    "credentials_until",
    "extended",
    "extends",
    "acknowledged",
    "agent_of",
];

/// The whole file.
///
/// # Errors
/// It cannot be written in memory.
pub(super) fn lines(report: &Report) -> Result<String, Failure> {
    let failed = |cause: String| Failure::failed("the report cannot be written as CSV").cause(cause);
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new());
    writer.write_record(COLUMNS).map_err(|error| failed(error.to_string()))?;
    for row in &report.requests {
        writer
            .write_record(cells(row).map(|cell| harmless(&cell)))
            .map_err(|error| failed(error.to_string()))?;
    }
    let bytes = writer.into_inner().map_err(|error| failed(error.to_string()))?;
    String::from_utf8(bytes).map_err(|error| failed(error.to_string()))
}

fn cells(row: &Row) -> [String; 27] {
    let time = |at: Option<Timestamp>| at.map(whole_seconds).map(|at| at.to_string()).unwrap_or_default();
    let number = |number: Option<u64>| number.map(|number| number.to_string()).unwrap_or_default();
    let name = |name: &Option<Name>| name.as_ref().map(ToString::to_string).unwrap_or_default();
    let names: Vec<&str> = row.agreed.iter().map(Name::as_str).collect();
    let reviews: Vec<String> = row.reviews.iter().map(said).collect();
    [
        row.request.to_string(),
        row.kind.as_str().to_owned(),
        row.person.to_string(),
        row.role.to_string(),
        name(&row.scope),
        sanitise(&row.opens),
        sanitise(&row.reason),
        time(Some(row.asked_at)),
        row.asked_seconds.to_string(),
        row.decision.as_str().to_owned(),
        time(row.decided_at),
        number(row.decision_seconds),
        names.join(" "),
        reviews.join("; "),
        row.fast().count().to_string(),
        name(&row.approved_scope),
        number(row.approved_seconds),
        time(row.active_from),
        time(row.active_until),
        name(&row.stopped_by),
        if row.revoked { "yes" } else { "no" }.to_owned(),
        row.credentials.to_string(),
        time(row.credentials_until),
        row.extended.to_string(),
        row.extends.as_ref().map(ToString::to_string).unwrap_or_default(),
        row.acknowledged.as_ref().map(said).unwrap_or_default(),
        name(&row.agent_of),
    ]
}

fn said(said: &Said) -> String {
    format!("{} {} {}", said.by, said.verdict.as_str(), whole_seconds(said.at))
}

/// The cell with an apostrophe before it if a spreadsheet would compute it (OWASP, "CSV Injection"), and before one that
/// begins with an apostrophe itself, so that taking the first apostrophe off always gives the text back.
fn harmless(cell: &str) -> String {
    let first = cell.trim_start_matches(' ').chars().next();
    // Spreadsheets also read the full-width forms.
    let computes =
        matches!(first, Some('=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠'));
    if computes || cell.starts_with('\'') { format!("'{cell}") } else { cell.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        for cell in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", "＝1", "'=1"] {
            let safe = harmless(cell);
            assert_eq!(safe.strip_prefix('\''), Some(cell), "{cell:?}");
        }
        for cell in ["", "INC-42 fail over", "a=b", "2026-11-24T10:00:00Z", "1"] {
            assert_eq!(harmless(cell), cell);
        }
    }
}
