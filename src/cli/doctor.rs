use std::time::Duration;

use clap::Args;

use super::ui::Ui;
use crate::flow::Failure;
use crate::flow::doctor;
use crate::flow::doctor::Finding;
use crate::flow::doctor::Try;
use crate::flow::doctor::Verdict;
use crate::system::System;
use crate::system::loopback;

/// Prove that every part works on this machine
#[derive(Debug, Args)]
#[command(
    long_about = "Prove that every part works on this machine.

Settings, broker, clocks, keychain, login, index, prompt, AWS's own settings, and whether a child reaches what `jit exec` \
serves. Last, the forbidden path: whether your own cloud identity can assume the roles without jit. That is tried only with \
--forbidden-path or after a question, since it leaves an entry in CloudTrail; --json asks nothing. Exits with 1 when there is \
a problem.

Where a repository on GitHub decides, every setting that the trust in it rests on has a line. With a repository named, only \
that is looked at, with the token in GITHUB_TOKEN; what the token may not see is said to be unknown, never to be in order.",
    after_long_help = "Examples:
  jit doctor
  jit doctor --forbidden-path
  GITHUB_TOKEN=$(gh auth token) jit doctor github:acme/access
  jit doctor --json"
)]
pub struct Doctor {
    /// Look only at this repository: github:OWNER/NAME
    #[arg(value_name = "REPOSITORY", conflicts_with = "forbidden_path")]
    repository: Option<String>,
    /// Try, without asking, whether your own cloud identity can assume the roles without jit
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
                let slug = doctor::github::repository_of(named).ok_or_else(|| {
                    Failure::usage("that is not a repository on GitHub")
                        .hint("name it as github:OWNER/NAME: jit doctor github:acme/access")
                })?;
                doctor::github::examine(system, slug).await
            }
        };
        if self.json {
            ui.json(&findings)?;
        } else {
            show_all(&findings, ui)?;
            if self.repository.is_none() {
                // What was found comes before the question.
                let wanted = if self.forbidden_path { Try::Yes } else { Try::Ask };
                let tried = doctor::forbidden_part(system, wanted).await;
                show_all(&tried, ui)?;
                findings.extend(tried);
            }
        }
        let count = |verdict| findings.iter().filter(|finding| finding.verdict == verdict).count();
        match count(Verdict::Unknown) {
            0 => {}
            1 => ui.say("1 thing could not be seen, which does not say that it is in order"),
            unknown => ui.say(&format!(
                "{unknown} things could not be seen, which does not say that they are in order"
            )),
        }
        match count(Verdict::Problem) {
            0 => Ok(()),
            1 => Err(Failure::failed("there is 1 problem")),
            count => Err(Failure::failed(format!("there are {count} problems"))),
        }
    }
}

fn show_all(findings: &[Finding], ui: &Ui<'_>) -> Result<(), Failure> {
    let mut said = None;
    for finding in findings {
        show(finding, said, ui)?;
        said = finding.mend.as_deref();
    }
    Ok(())
}

/// One line, and how to mend it unless that was `said` for the line before.
fn show(finding: &Finding, said: Option<&str>, ui: &Ui<'_>) -> Result<(), Failure> {
    let verdict = match finding.verdict {
        Verdict::Ok => "ok",
        Verdict::Note => "note",
        Verdict::Unknown => "unknown",
        Verdict::Problem => "problem",
    };
    ui.line(&format!("{verdict:<8} {:<14}  {}", finding.part, finding.found))?;
    match finding.mend.as_deref().filter(|mend| Some(*mend) != said) {
        Some(mend) => ui.line(&format!("{:<25}mend: {mend}", "")),
        None => Ok(()),
    }
}
