//! A report as text for people.

use jiff::Timestamp;

use crate::cli::ui::Ui;
use crate::cli::ui::table::Fit;
use crate::cli::ui::table::Table;
use crate::flow::Failure;
use crate::flow::reviewing::report::form::Decision;
use crate::flow::reviewing::report::form::FAST;
use crate::flow::reviewing::report::form::Kind;
use crate::flow::reviewing::report::form::Report;
use crate::flow::reviewing::report::form::Row;
use crate::grant::Name;
use crate::grant::Verdict;
use crate::grant::span::local;
use crate::grant::text::count;
use crate::grant::text::prose;

/// Writes the whole report.
///
/// # Errors
/// Standard output cannot be written.
pub(super) fn show(report: &Report, ui: &Ui<'_>) -> Result<(), Failure> {
    ui.prose(&format!("{}\n\n", title(report, ui)))?;
    for line in provenance(report) {
        ui.prose(&format!("{line}\n"))?;
    }
    ui.print("\n")?;
    figures(report, ui)?;
    requests(report, ui)?;
    attention(report, ui)
}

fn title(report: &Report, ui: &Ui<'_>) -> String {
    let of =
        report.authority.as_ref().map_or_else(String::new, |authority| format!(" of {}", prose(authority)));
    let filter = &report.filter;
    let time = |at: Timestamp| local(at, ui.zone());
    let period = match (filter.since, filter.until) {
        (None, None) => "all the time".to_owned(),
        (Some(since), None) => format!("since {}", time(since)),
        (None, Some(until)) => format!("until {}", time(until)),
        (Some(since), Some(until)) => format!("from {} to {}", time(since), time(until)),
    };
    let role = filter.role.as_ref().map_or_else(String::new, |role| format!(", role {role}"));
    let person = filter.person.as_ref().map_or_else(String::new, |person| format!(", person {person}"));
    format!("access report{of}: {period}{role}{person}; made {}", time(report.made_at))
}

/// How far the report is proven, in lines.
pub(super) fn provenance(report: &Report) -> Vec<String> {
    let mut lines: Vec<String> = report.verified.iter().map(|line| format!("verified      {line}")).collect();
    lines.extend(report.not_verified.iter().map(|line| format!("not verified  {line}")));
    if let (Some(last), Some(hash)) = (report.log.last, &report.log.hash) {
        lines.push(format!("last event    {last}, hash {hash}"));
    }
    lines.into_iter().map(|line| format!("  {line}")).collect()
}

fn figures(report: &Report, ui: &Ui<'_>) -> Result<(), Failure> {
    let totals = &report.totals;
    let median = totals.median_decision_seconds.map_or_else(
        || "-".to_owned(),
        |seconds| format!("{} (of {})", duration(seconds), count(totals.decided_by_people, "decision")),
    );
    let lines = [
        ("requests, extensions, emergencies", totals.all.to_string()),
        ("  ordinary requests", totals.requests.to_string()),
        ("  extensions asked for", totals.extensions.to_string()),
        ("  emergencies", totals.emergencies.to_string()),
        ("approved by people", totals.approved.to_string()),
        ("approved without a review", totals.without_review.to_string()),
        ("taken in an emergency", totals.taken.to_string()),
        ("denied", totals.denied.to_string()),
        ("nobody decided", totals.nobody_decided.to_string()),
        ("taken back before a decision", totals.withdrawn.to_string()),
        ("pending", totals.pending.to_string()),
        ("used", totals.used.to_string()),
        ("revoked", totals.revoked.to_string()),
        ("credentials handed out", totals.credentials.to_string()),
        ("extensions that took effect", totals.extended.to_string()),
        ("median time to a decision of people", median),
        ("approvals in under ten seconds", totals.fast_approvals.to_string()),
        ("emergencies without a review", totals.unreviewed_emergencies.to_string()),
    ];
    let mut table = Table::new(&[("FIGURE", Fit::Whole), ("NUMBER", Fit::Wrap)]);
    for (figure, number) in lines {
        table.row(vec![figure.to_owned(), number]);
    }
    ui.table(&table)?;
    ui.print("\n")
}

fn requests(report: &Report, ui: &Ui<'_>) -> Result<(), Failure> {
    if report.requests.is_empty() {
        return ui.line("no request in this period");
    }
    let mut table = Table::new(&[
        ("REQUEST", Fit::Whole),
        ("ASKED", Fit::Whole),
        ("WHO", Fit::Whole),
        ("ROLE", Fit::Whole),
        ("DECISION", Fit::Wrap),
        ("ACCESS", Fit::Wrap),
        ("REASON", Fit::Wrap),
    ]);
    for row in &report.requests {
        table.row(vec![
            ui.heading(row.request.as_str()),
            local(row.asked_at, ui.zone()),
            match &row.agent_of {
                Some(owner) => format!("{} (agent of {owner})", row.person),
                None => row.person.to_string(),
            },
            what(row),
            decision(row),
            access(row, ui),
            prose(&row.reason),
        ]);
    }
    ui.table(&table)?;
    ui.print("\n")
}

fn what(row: &Row) -> String {
    match row.kind {
        Kind::Request => row.what(),
        Kind::Extension => format!("{} (more time)", row.what()),
        Kind::Emergency => format!("{} (emergency)", row.what()),
    }
}

fn decision(row: &Row) -> String {
    let names = |names: &[Name]| names.iter().map(Name::as_str).collect::<Vec<&str>>().join(", ");
    let after =
        row.decision_seconds.map_or_else(String::new, |seconds| format!(" after {}", duration(seconds)));
    match row.decision {
        Decision::Approved => {
            let less = row.approved_scope.as_ref().filter(|_| row.scope.is_none());
            let scope = less.map_or_else(String::new, |scope| format!(", for {scope} alone"));
            let shorter = row.approved_seconds.filter(|approved| *approved < row.asked_seconds);
            let shorter = shorter.map_or_else(String::new, |seconds| format!(", for {}", duration(seconds)));
            format!("approved by {}{after}{scope}{shorter}", names(&row.agreed))
        }
        Decision::Denied => {
            let by: Vec<Name> = row
                .reviews
                .iter()
                .filter(|said| said.verdict == Verdict::Deny)
                .map(|said| said.by.clone())
                .collect();
            format!("denied by {}{after}", names(&by))
        }
        Decision::WithoutReview => "approved without a review".to_owned(),
        Decision::Taken => match &row.acknowledged {
            Some(said) if said.verdict == Verdict::Approve => {
                format!("taken; {} found it justified", said.by)
            }
            Some(said) => format!("taken; {} found it not justified", said.by),
            None => "taken; not reviewed".to_owned(),
        },
        Decision::NobodyDecided => "nobody decided".to_owned(),
        Decision::Withdrawn => "taken back".to_owned(),
        Decision::Pending => "pending".to_owned(),
    }
}

fn access(row: &Row, ui: &Ui<'_>) -> String {
    let (Some(from), Some(until)) = (row.active_from, row.active_until) else { return "not used".to_owned() };
    let extended =
        if row.extended > 0 { format!(", extended {} times", row.extended) } else { String::new() };
    let extended = extended.replace("extended 1 times", "extended once");
    let stopped = match (&row.stopped_by, row.revoked) {
        (Some(by), true) => format!(", revoked by {by}"),
        (None, true) => ", revoked by the policy".to_owned(),
        (Some(by), false) => format!(", ended by {by}"),
        (None, false) => String::new(),
    };
    format!("{} to {}{extended}{stopped}", local(from, ui.zone()), local(until, ui.zone()))
}

/// The findings that deserve a look.
fn attention(report: &Report, ui: &Ui<'_>) -> Result<(), Failure> {
    let mut lines: Vec<String> = report
        .fast_approvals
        .iter()
        .map(|fast| {
            format!(
                "{} approved {} after {} (less than {FAST} s)",
                fast.by,
                fast.request,
                duration(fast.seconds)
            )
        })
        .collect();
    lines.extend(
        report.unreviewed_emergencies.iter().map(|id| format!("nobody has reviewed the emergency {id}")),
    );
    lines.extend(
        report
            .approved_alone
            .iter()
            .map(|alone| format!("{} alone approved {}", alone.person, count(alone.count, "request"))),
    );
    for alone in report.could_approve_alone.iter().flatten() {
        let mut who: Vec<String> = alone.people.iter().map(ToString::to_string).collect();
        if alone.is_open {
            who.push("members that the identity provider names".to_owned());
        }
        lines.push(if alone.needs_nobody {
            format!("{} needs no review", alone.way)
        } else {
            format!("{} can be approved by one of: {}", alone.way, who.join(", "))
        });
    }
    lines.extend(report.unused_roles.iter().flatten().map(|role| format!("nobody used the role {role}")));
    lines.extend(
        report.not_in_policy.iter().flatten().map(|name| format!("{name} is not in the policy any more")),
    );
    if lines.is_empty() {
        return ui.line("nothing deserves a look");
    }
    ui.line("deserves a look")?;
    for line in lines {
        ui.prose(&format!("  {line}\n"))?;
    }
    Ok(())
}

/// Seconds for people: `4s`, `12m`, `2h5m`.
fn duration(seconds: u64) -> String {
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds}s"),
        (0, 0, minutes) if seconds.is_multiple_of(60) => format!("{minutes}m"),
        (0, 0, minutes) => format!("{minutes}m{}s", seconds % 60),
        (0, hours, minutes) => format!("{hours}h{minutes}m"),
        (days, hours, _) => format!("{days}d{hours}h"),
    }
}
