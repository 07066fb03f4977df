use clap::Args;

use super::comment;
use crate::cli::policy::annotation;
use crate::cli::ui::Ui;
use crate::flow::Failure;
use crate::flow::github::run::check;
use crate::flow::github::run::check::Changed;
use crate::flow::github::run::check::Checked;
use crate::flow::github::run::describing;
use crate::forge::title::title;
use crate::policy::Problem;
use crate::system::System;

/// Comment on a pull request what it requests or changes
#[derive(Debug, Args)]
#[command(
    long_about = "Comment on a pull request what it requests or changes.

For a request, the comment, the title and the text of the pull request show what was signed. For a change of the policy, it shows the results of check, test and diff. A \
pull request that does both is refused. The comment decides nothing.",
    after_long_help = "Examples:
  jit ci check
  jit ci check --print"
)]
pub(super) struct Check {
    /// Only print the comment
    #[arg(long)]
    print: bool,
}

impl Check {
    pub(super) async fn run(self, system: &System, ui: &Ui<'_>) -> Result<(), Failure> {
        let text = match check::check(system).await? {
            Checked::Other => return Ok(()),
            Checked::Request(asked) => {
                let (title, body) = (title(&asked.id, &asked.statement), comment::body(&asked));
                let is_ours = asked.shown.0 == title && describing::is_same_text(&asked.shown.1, &body);
                if !self.print
                    && !is_ours
                    && let Err(failure) = describing::describe(system, &title, &body).await
                {
                    ui.say(&format!("title and text could not be replaced: {}", failure.message));
                }
                comment::request(&asked)
            }
            Checked::Policy(changed) => {
                self.policy(&changed, system, ui).await?;
                if changed.is_broken() {
                    return Err(Failure::failed("the change of the policy does not pass")
                        .hint("`jit policy check` and `jit policy test` say the same on your machine"));
                }
                return Ok(());
            }
        };
        self.tell(&text, system, ui).await
    }

    async fn policy(&self, changed: &Changed, system: &System, ui: &Ui<'_>) -> Result<(), Failure> {
        ui.print(&annotations(changed))?;
        self.tell(&comment::changed(changed), system, ui).await
    }

    /// Publishes the comment. A job for a pull request from a fork may not, so the text goes to its log instead.
    async fn tell(&self, text: &str, system: &System, ui: &Ui<'_>) -> Result<(), Failure> {
        if self.print {
            return ui.print(&comment::harmless(text));
        }
        if let Err(failure) = describing::comment(system, text).await {
            ui.say(&format!("the comment could not be written: {}", failure.message));
            ui.print(&comment::harmless(text))?;
        }
        Ok(())
    }
}

fn annotations(changed: &Changed) -> String {
    let file = |name: &str| format!("{}{name}", changed.root);
    let line = |level: &str, title: &str, problem: &Problem| {
        let place = (problem.line, problem.column);
        annotation::line(level, &file(&problem.file), place, title, &problem.message)
    };
    let problems = changed.problems.iter().map(|problem| line("error", "does-not-load", problem));
    let lints = changed.lints.iter().map(|lint| line(lint.severity.as_str(), lint.name, &lint.problem));
    let failed = changed.outcomes.iter().filter_map(|outcome| Some((outcome, outcome.failure.as_ref()?)));
    let cases = failed.map(|(outcome, failure)| {
        let message = format!("{}: {failure}", outcome.name);
        annotation::line("error", &file(&outcome.file), (outcome.line, 1), "policy test", &message)
    });
    let workflows = changed.workflows.iter().map(|path| {
        annotation::line(
            "error",
            path,
            (1, 1),
            "workflow",
            "names an environment that belongs to jit.yml alone, or hides its name",
        )
    });
    problems.chain(lints).chain(cases).chain(workflows).collect()
}
