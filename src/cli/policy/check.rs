use clap::Args;
use clap::ValueEnum;
use serde::Serialize;

use super::annotation;
use super::folder::PolicyFolder;
use super::sarif;
use crate::cli::ui::Ui;
use crate::flow::Failure;
use crate::flow::policy;
use crate::flow::policy::Folder;
use crate::policy::Lint;
use crate::policy::Problem;
use crate::policy::Severity;
use crate::system::System;

/// Check a policy for errors
#[derive(Debug, Args)]
#[command(after_long_help = "Exits with 0 if there are no errors (warnings are allowed), else with 1.

Examples:
  jit policy check
  jit policy check access --json
  jit policy check access --format sarif > jit.sarif")]
pub struct Check {
    #[command(flatten)]
    folder: PolicyFolder,
    /// The output format
    #[arg(long, value_enum, default_value_t)]
    format: CheckFormat,
    /// Write JSON; the same as --format json
    #[arg(long, conflicts_with = "format")]
    json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum CheckFormat {
    /// For people
    #[default]
    Human,
    /// For programs
    Json,
    /// Annotations on the changed lines of a pull request
    Github,
    /// SARIF 2.1.0, for code scanning
    Sarif,
}

/// The result, as documented JSON.
#[derive(Debug, Default, Serialize)]
pub(super) struct Report {
    /// The policy's revision. `None` if it does not load.
    pub(super) revision: Option<String>,
    /// The problems that keep the policy, or its tests, from loading.
    pub(super) problems: Vec<Problem>,
    /// Lints of the policy.
    pub(super) lints: Vec<Lint>,
    /// The allowed lint findings, with their reasons.
    pub(super) allowed: Vec<Lint>,
}

impl Report {
    fn of(folder: &Folder) -> Self {
        let policy = match folder.load() {
            Ok(policy) => policy,
            Err(problems) => return Self { problems: problems.0, ..Self::default() },
        };
        let (allowed, lints) = policy.all_lints().into_iter().partition(|lint| lint.allowed.is_some());
        let problems = policy.cases().err().map_or_else(Vec::new, |problems| problems.0);
        Self { revision: Some(policy.revision.to_string()), problems, lints, allowed }
    }

    fn failure(&self) -> Option<Failure> {
        let errors = self.lints.iter().filter(|lint| lint.severity == Severity::Error).count();
        if !self.problems.is_empty() {
            let what =
                if self.revision.is_some() { "the policy's tests do not" } else { "the policy does not" };
            Some(Failure::failed(format!("{what} load")))
        } else if errors > 0 {
            Some(Failure::failed("the policy loads, but has errors"))
        } else {
            None
        }
    }
}

impl Check {
    pub(super) fn run(self, system: &System, ui: &Ui<'_>) -> Result<u8, Failure> {
        let folder = policy::locate(system, self.folder.named()?)?;
        let working = system.console.working("checking the policy");
        let report = Report::of(&folder);
        drop(working);
        match self.format {
            _ if self.json => ui.json(&report)?,
            CheckFormat::Json => ui.json(&report)?,
            CheckFormat::Human => ui.prose(&human(&report, &folder))?,
            CheckFormat::Github => ui.print(&github(&report, &folder))?,
            CheckFormat::Sarif => ui.json(&sarif::log(&report, &folder))?,
        }
        report.failure().map_or(Ok(0), Err)
    }
}

fn human(report: &Report, folder: &Folder) -> String {
    let mut text = String::new();
    for problem in &report.problems {
        text.push_str(&format!("error: {}\n", with_excerpt(&shown(problem, folder))));
    }
    for lint in &report.lints {
        let severity = lint.severity.as_str();
        text.push_str(&format!("{severity}[{}]: {}\n", lint.name, shown(&lint.problem, folder)));
    }
    if report.failure().is_none() {
        let revision = report.revision.as_deref().unwrap_or_default();
        let name = if folder.shown.is_empty() { "the policy" } else { &folder.shown };
        let warnings = match report.lints.len() {
            0 => String::new(),
            1 => ", with one warning".to_owned(),
            count => format!(", with {count} warnings"),
        };
        text.push_str(&format!("{name} is sound{warnings}, revision {revision}\n"));
    }
    text
}

/// A problem with its source line between the message and the hint.
fn with_excerpt(problem: &Problem) -> String {
    let text = problem.to_string();
    let Some(excerpt) = &problem.excerpt else { return text };
    match text.split_once('\n') {
        Some((first, rest)) => format!("{first}\n{excerpt}\n{rest}"),
        None => format!("{text}\n{excerpt}"),
    }
}

fn shown(problem: &Problem, folder: &Folder) -> Problem {
    Problem { file: folder.file(&problem.file), ..problem.clone() }
}

fn github(report: &Report, folder: &Folder) -> String {
    let line = |level: &str, name: &str, problem: &Problem| {
        let hint = problem.hint.as_ref().map_or_else(String::new, |hint| format!("\nhint: {hint}"));
        let place = (problem.line, problem.column);
        annotation::line(
            level,
            &folder.file(&problem.file),
            place,
            name,
            &format!("{}{hint}", problem.message),
        )
    };
    let problems = report.problems.iter().map(|problem| line("error", sarif::DOES_NOT_LOAD, problem));
    let lints = report.lints.iter().map(|lint| line(lint.severity.as_str(), lint.name, &lint.problem));
    problems.chain(lints).collect()
}
