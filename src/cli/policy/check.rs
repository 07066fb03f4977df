use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use crate::cli::ui::Ui;
use crate::flow::Failure;
use crate::flow::policy;
use crate::policy::Lint;
use crate::policy::Problem;
use crate::policy::Severity;

/// Check that a policy loads and makes sense
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:
  jit policy check access
  jit policy check access --json")]
pub struct Check {
    /// The policy's folder
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Write JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Default, Serialize)]
struct CheckJson {
    revision: Option<String>,
    problems: Vec<Problem>,
    lints: Vec<Lint>,
}

impl Check {
    pub(super) fn run(self, ui: &Ui<'_>) -> Result<(), Failure> {
        let (report, failure) = match policy::check(&self.folder) {
            Ok((policy, lints)) => {
                let failure = policy::has_errors(&lints)
                    .then(|| Failure::failed("the policy loads, but makes no sense"));
                (
                    CheckJson { revision: Some(policy.revision.to_string()), lints, ..CheckJson::default() },
                    failure,
                )
            }
            Err(problems) => {
                let failure = Failure::failed("the policy does not load");
                (CheckJson { problems: problems.0, ..CheckJson::default() }, Some(failure))
            }
        };
        if self.json {
            ui.json(&report)?;
        } else {
            for problem in &report.problems {
                ui.line(&format!("error: {problem}"))?;
            }
            for lint in &report.lints {
                let severity = if lint.severity == Severity::Error { "error" } else { "warning" };
                ui.line(&format!("{severity}: {}", lint.problem))?;
            }
            if failure.is_none() {
                let revision = report.revision.as_deref().unwrap_or_default();
                ui.line(&format!("{} is sound, revision {revision}", self.folder.display()))?;
            }
        }
        failure.map_or(Ok(()), Err)
    }
}
