use clap::Args;
use serde::Serialize;

use super::Format;
use super::annotation;
use super::folder::PolicyFolder;
use crate::cli::ui::Ui;
use crate::flow::Failure;
use crate::flow::policy;
use crate::flow::policy::Folder;
use crate::grant::text::sanitise;
use crate::policy::Outcome;
use crate::system::System;

/// Run the policy's tests
#[derive(Debug, Args)]
#[command(after_long_help = "A case in tests/*.toml says who asks for what, and the expected result:

  [[case]]
  name   = \"developers need an approval\"
  who    = \"ana\"
  role   = \"prod-admin\"
  expect = \"needs-approval\"

Optional keys: for, at, reason, signed, facts, reviews, missing, granted. Without `reason`, any reason is accepted. Exits with \
1 if a case fails.

Examples:
  jit policy test
  jit policy test access --format github")]
pub struct Test {
    #[command(flatten)]
    folder: PolicyFolder,
    /// The output format
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Write JSON; the same as --format json
    #[arg(long, conflicts_with = "format")]
    json: bool,
}

#[derive(Debug, Serialize)]
struct TestJson {
    passed: usize,
    failed: usize,
    cases: Vec<Outcome>,
}

impl Test {
    pub(super) fn run(self, system: &System, ui: &Ui<'_>) -> Result<u8, Failure> {
        let folder = policy::locate(system, self.folder.named()?)?;
        let working = system.console.working("running the policy's tests");
        let loaded = folder.load().map_err(|problems| policy::does_not_load(&problems))?;
        let cases = loaded
            .cases()
            .map_err(|problems| policy::does_not_load(&problems).renamed("the policy's tests do not load"))?;
        let outcomes = loaded.run(&cases);
        drop(working);
        let failed = outcomes.iter().filter(|outcome| !outcome.holds()).count();
        let passed = outcomes.len() - failed;
        match self.format {
            _ if self.json => ui.json(&TestJson { passed, failed, cases: outcomes })?,
            Format::Json => ui.json(&TestJson { passed, failed, cases: outcomes })?,
            Format::Human => ui.prose(&human(&outcomes, &folder))?,
            Format::Github => ui.print(&github(&outcomes, &folder))?,
        }
        if passed + failed == 0 {
            ui.say("there are no cases; write some into tests/NAME.toml (see `jit help policy test`)");
        }
        if failed > 0 {
            let cases = if failed == 1 { "one case does" } else { "cases do" };
            let count = if failed == 1 { String::new() } else { format!("{failed} ") };
            return Err(Failure::failed(format!("{count}{cases} not hold")));
        }
        Ok(0)
    }
}

fn human(outcomes: &[Outcome], folder: &Folder) -> String {
    let mut text = String::new();
    for outcome in outcomes {
        let name = sanitise(&outcome.name);
        match &outcome.failure {
            None => text.push_str(&format!("ok    {name}\n")),
            Some(failure) => {
                let place = format!("{}:{}", folder.file(&outcome.file), outcome.line);
                text.push_str(&format!("FAIL  {name}\n      {place}: {}\n", sanitise(failure)));
            }
        }
    }
    let failed = outcomes.iter().filter(|outcome| !outcome.holds()).count();
    text.push_str(&format!("{} passed, {failed} failed\n", outcomes.len() - failed));
    text
}

fn github(outcomes: &[Outcome], folder: &Folder) -> String {
    let failures = outcomes.iter().filter_map(|outcome| Some((outcome, outcome.failure.as_ref()?)));
    let lines = failures.map(|(outcome, failure)| {
        let file = folder.file(&outcome.file);
        annotation::line(
            "error",
            &file,
            (outcome.line, 1),
            "policy test",
            &format!("{}: {failure}", outcome.name),
        )
    });
    lines.collect()
}
