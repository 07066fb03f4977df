use std::path::PathBuf;

use clap::Args;

use crate::cli::ui::Ui;
use crate::flow::Failure;
use crate::flow::policy;
use crate::grant::Name;
use crate::grant::Verdict;
use crate::grant::span::Span;
use crate::policy::Asking;
use crate::policy::Explanation;
use crate::policy::Opinion;
use crate::system::System;

/// Show what a policy decides, by which rule, and who could help
#[derive(Debug, Args)]
#[command(
    after_long_help = "A question without --reason is answered as if a good one were given. Whoever is named by
--review approves, signing as strongly as they can. Exits with 0 whatever the decision is.

Examples:
  jit policy explain ana prod-admin
  jit policy explain ana prod-admin --for 4h --review dee --review eve"
)]
pub struct Explain {
    /// Who asks
    who: Name,
    /// For which role
    role: Name,
    /// For how long; the role's usual duration when left out
    #[arg(long = "for", value_name = "DURATION")]
    duration: Option<Span>,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Somebody who approves; may be given several times
    #[arg(long = "review", value_name = "NAME")]
    reviews: Vec<Name>,
    /// The policy's folder
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
    /// Write JSON
    #[arg(long)]
    json: bool,
}

impl Explain {
    pub(super) fn run(self, system: &System, ui: &Ui<'_>) -> Result<u8, Failure> {
        let folder = policy::locate(system, self.folder.as_deref())?;
        let loaded = folder.load().map_err(|problems| policy::does_not_load(&problems))?;
        let unknown = self.reviews.iter().find(|name| loaded.person(name).is_none());
        if let Some(name) = unknown {
            return Err(Failure::usage(format!("there is no person {name}")));
        }
        let usual = loaded.role(&self.role).map_or_else(|| Span::of_minutes(60), |role| role.duration);
        let strength =
            |name: &Name| loaded.person(name).map_or_else(Default::default, |person| person.strongest());
        let opinion = |by: &Name| Opinion {
            by: by.clone(),
            verdict: Verdict::Approve,
            duration: None,
            assurance: strength(by),
        };
        let reviews: Vec<Opinion> = self.reviews.iter().map(opinion).collect();
        let asking = Asking {
            who: &self.who,
            role: &self.role,
            duration: self.duration.unwrap_or(usual),
            reason: self.reason.as_deref().unwrap_or_default(),
            assurance: strength(&self.who),
            reviews: &reviews,
        };
        let explanation = loaded.explain(&asking, self.reason.is_some());
        if self.json {
            ui.json(&explanation)?
        } else {
            ui.print(&human(&explanation, &|file| folder.file(file)))?
        }
        Ok(0)
    }
}

fn human(explanation: &Explanation, file: &dyn Fn(&str) -> String) -> String {
    let Explanation { who, role, decision, duration, .. } = explanation;
    let mut text = format!("{who} asks for {role} for {duration}: {decision}\n");
    for (index, basis) in explanation.basis.iter().enumerate() {
        let word = if index == 0 { "because" } else { "and" };
        text.push_str(&format!("  {word:<7}  {}  ({})\n", basis.says, file(&basis.at)));
    }
    for need in &explanation.missing {
        let help: Vec<&str> = need.could_help.iter().map(Name::as_str).collect();
        let help = if help.is_empty() { "nobody".to_owned() } else { help.join(", ") };
        text.push_str(&format!("  missing  {}; could help: {help}\n", need.demand));
    }
    if !explanation.approvers.is_empty() {
        let names: Vec<&str> = explanation.approvers.iter().map(Name::as_str).collect();
        text.push_str(&format!("  may review: {}\n", names.join(", ")));
    }
    if let Some(hint) = &explanation.hint {
        text.push_str(&format!("  hint: {hint}\n"));
    }
    text
}
