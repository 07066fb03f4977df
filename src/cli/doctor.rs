use std::time::Duration;

use clap::Args;

use super::ui::Ui;
use super::ui::table::Fit;
use super::ui::table::Table;
use crate::flow::Failure;
use crate::flow::doctor;
use crate::flow::doctor::CheckResult;
use crate::flow::doctor::Finding;
use crate::flow::doctor::Try;
use crate::system::System;
use crate::system::loopback;

/// Check that jit is set up correctly
#[derive(Debug, Args)]
#[command(
    long_about = "Check that jit is set up correctly.

Checks the settings, the broker, the clocks, the keychain, the login, the index, the prompt, AWS's own settings, and whether \
a child process reaches what `jit exec` serves. The place of each credential at hand is asked who it is. It can also test whether your own \
AWS identity can assume the roles without jit. CloudTrail logs this test, so it needs --forbidden-path or your yes; --json asks nothing. Exits with 1 when there is a problem.

For a repository on GitHub, it checks every setting that its security depends on. With REPOSITORY, it checks only that \
repository, with the token in GITHUB_TOKEN. A setting that the token cannot see is reported as unknown.",
    after_long_help = "Examples:
  jit doctor
  jit doctor --forbidden-path
  GITHUB_TOKEN=$(gh auth token) jit doctor github:acme/access
  jit doctor --json"
)]
pub struct Doctor {
    /// Check only this repository: github:OWNER/NAME
    #[arg(value_name = "REPOSITORY", conflicts_with = "forbidden_path")]
    repository: Option<String>,
    /// Test, without a question, whether your own AWS identity can assume the roles, and read Google's providers with your gcloud
    #[arg(long)]
    forbidden_path: bool,
    /// Write JSON
    #[arg(long)]
    json: bool,
    /// Connect to this port of this machine, and nothing else
    #[arg(long, hide = true)]
    reach: Option<u16>,
}

impl Doctor {
    pub(super) async fn run(self, system: &System, ui: &Ui<'_>) -> Result<(), Failure> {
        if let Some(port) = self.reach {
            return loopback::connect(port, Duration::from_secs(3))
                .await
                .map(drop)
                .map_err(|error| Failure::failed("127.0.0.1 is not reached").cause(error.to_string()));
        }
        let mut findings = match &self.repository {
            None if self.json => doctor::examine(system, self.forbidden_path).await,
            None => doctor::parts(system).await,
            Some(named) => {
                let slug = crate::flow::github::doctor::repository_of(named).ok_or_else(|| {
                    Failure::usage("that is not a repository on GitHub")
                        .hint("name it as github:OWNER/NAME: jit doctor github:acme/access")
                })?;
                crate::flow::github::doctor::examine(system, slug).await
            }
        };
        if self.json {
            ui.json(&findings)?;
        } else {
            show(&findings, true, ui)?;
            if self.repository.is_none() {
                // Findings are shown before the question.
                let wanted = if self.forbidden_path { Try::Yes } else { Try::Ask };
                let tried = doctor::forbidden_part(system, wanted).await;
                show(&tried, false, ui)?;
                findings.extend(tried);
            }
        }
        let count = |verdict| findings.iter().filter(|finding| finding.verdict == verdict).count();
        match count(CheckResult::Unknown) {
            0 => {}
            1 => ui.say("1 setting could not be checked; it may be wrong"),
            unknown => ui.say(&format!("{unknown} settings could not be checked; they may be wrong")),
        }
        match count(CheckResult::Problem) {
            0 => Ok(()),
            1 => Err(Failure::failed("there is 1 problem")),
            count => Err(Failure::failed(format!("there are {count} problems"))),
        }
    }
}

/// Shows one row per finding, and how to fix it below, unless the row before says the same.
fn show(findings: &[Finding], has_titles: bool, ui: &Ui<'_>) -> Result<(), Failure> {
    let titles = if has_titles { ["RESULT", "PART", "FOUND"] } else { [""; 3] };
    let fits = [Fit::Whole, Fit::Whole, Fit::Wrap];
    let mut table = Table::new(&[(titles[0], fits[0]), (titles[1], fits[1]), (titles[2], fits[2])]);
    let mut said = None;
    for finding in findings {
        let verdict = match finding.verdict {
            CheckResult::Ok => "ok",
            CheckResult::Note => "note",
            CheckResult::Unknown => "unknown",
            CheckResult::Problem => "problem",
        };
        // Equal widths in both tables.
        table.row(vec![format!("{verdict:<7}"), format!("{:<14}", finding.part), finding.found.clone()]);
        let fix = finding.mend.as_deref();
        if let Some(fix) = fix.filter(|fix| Some(*fix) != said) {
            table.row(vec![String::new(), String::new(), format!("fix: {fix}")]);
        }
        said = fix;
    }
    ui.table(&table)
}
