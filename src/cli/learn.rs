use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use super::policy::diff;
use super::ui::Ui;
use crate::flow::Failure;
use crate::flow::aws::learn;
use crate::flow::aws::learn::Lesson;
use crate::flow::policy;
use crate::grant::Name;
use crate::policy::Difference;
use crate::system::System;

/// Propose a narrower scope from what a role's sessions did
#[derive(Debug, Args)]
#[command(
    long_about = "Propose a narrower scope from what a role's sessions did.

jit reads exports of AWS CloudTrail: a file or a folder of them, compressed or not. It proposes a scope that still allows every call \
that succeeded, and shows what the change would do, as `jit policy diff` does. Calls that failed and calls of others teach nothing. \
CloudTrail records no data events unless you turned them on, so read the proposal before you use it. jit changes nothing.",
    after_long_help = "Examples:
  jit learn prod-admin --cloudtrail AWSLogs/
  jit learn prod-admin --cloudtrail trail.json.gz --scope deploy
  jit learn prod-admin --cloudtrail AWSLogs/ --approval none"
)]
pub struct Learn {
    /// The role
    role: Name,
    /// An export of CloudTrail, or a folder of exports
    #[arg(long, value_name = "PATH")]
    cloudtrail: PathBuf,
    /// The name of the proposed scope
    #[arg(long, value_name = "NAME", default_value = "learned")]
    scope: Name,
    /// The scope's rule of approval; default: the role's
    #[arg(long, value_name = "RULE")]
    approval: Option<String>,
    /// The policy's folder
    #[arg(long = "policy", value_name = "DIR")]
    policy: Option<PathBuf>,
    /// Write JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Serialize)]
struct LessonJson<'a> {
    file: &'a str,
    document: &'a str,
    role_file: &'a str,
    lines: &'a str,
    widened: &'a [String],
    records: u64,
    used: u64,
    failed: u64,
    no_calls: u64,
    others: u64,
    untold: u64,
    other_accounts: u64,
    sessions: usize,
    broken: &'a [String],
    /// At most twenty of them.
    unreadable: &'a [String],
    unreadable_records: u64,
    difference: &'a Difference,
}

impl Learn {
    pub(super) fn run(self, system: &System, ui: &Ui<'_>) -> Result<(), Failure> {
        let folder = policy::locate(system, self.policy.as_deref())?;
        let path = system.files.working.join(&self.cloudtrail);
        let working = system.console.working("reading what CloudTrail recorded");
        let lesson = learn::learn(&folder, &self.role, &path, &self.scope, self.approval.as_deref())?;
        drop(working);
        if self.json { ui.json(&LessonJson::of(&lesson)) } else { show(&lesson, ui) }
    }
}

impl<'a> LessonJson<'a> {
    fn of(lesson: &'a Lesson) -> Self {
        let tally = &lesson.tally;
        Self {
            file: &lesson.file,
            document: &lesson.document,
            role_file: &lesson.role_file,
            lines: &lesson.lines,
            widened: &lesson.widened,
            records: tally.records,
            used: tally.used,
            failed: tally.failed,
            no_calls: tally.no_calls,
            others: tally.others,
            untold: tally.untold,
            other_accounts: tally.other_accounts,
            sessions: tally.sessions,
            broken: &lesson.broken,
            unreadable: &lesson.unreadable,
            unreadable_records: tally.unreadable,
            difference: &lesson.difference,
        }
    }
}

fn show(lesson: &Lesson, ui: &Ui<'_>) -> Result<(), Failure> {
    for broken in &lesson.broken {
        ui.say(&format!("not read to its end: {broken}"));
    }
    for unreadable in &lesson.unreadable {
        ui.say(&format!("left out: {unreadable}"));
    }
    ui.say(&lesson.tally.words());
    for widened in &lesson.widened {
        ui.say(&format!("wider than the calls: {widened}"));
    }
    ui.print(&format!("# the new file {}\n{}\n", lesson.file, lesson.document))?;
    ui.print(&format!("# at the end of {}\n{}\n", lesson.role_file, lesson.lines))?;
    ui.prose(&diff::human(&lesson.difference))?;
    ui.say("nothing was changed; add the two to the policy, and propose them as any other change");
    Ok(())
}
