use clap::Args;
use serde::Serialize;

use super::Format;
use super::markdown;
use crate::cli::ui::Ui;
use crate::flow::Failure;
use crate::flow::policy;
use crate::grant::text::sanitise;
use crate::policy::Change;
use crate::policy::Difference;
use crate::policy::Direction;
use crate::policy::Policy;
use crate::system::System;

/// The exit code if somebody has more power than before. The change then waits for an approval, like a request.
const SOMEBODY_GAINED: u8 = 4;

/// Show who gains and who loses between two revisions of a policy
#[derive(Debug, Args)]
#[command(
    long_about = "Show who gains and who loses between two revisions of a policy.

For every person and role: gained, lost, easier or harder to be approved, for longer or shorter, and the rule that did it.
\"Easier\" means that a set of approvers is now enough that was not enough before. A renamed role that keeps its old name in \
`aliases` is not a gain. A revision is a name that git understands, or the path of a folder: ./old, ../old or /old. Outside of a \
repository the path may be a bare name. Without HEAD, jit compares with the folder on disk (in a bare repository, with HEAD).",
    after_long_help = "Exits with 0 if no person gained power, with 4 if a person gained power (access, an easier approval, more time, a new \
login), and with 1 if the revisions cannot be compared.

Examples:
  jit policy diff origin/main
  jit policy diff HEAD^ HEAD --format github > comment.md
  jit policy diff access.before access --json"
)]
pub struct Diff {
    /// The earlier revision, or the path of a folder
    base: String,
    /// The later revision or folder
    head: Option<String>,
    /// The policy's folder in the repository
    #[arg(long = "policy", alias = "folder", value_name = "DIR")]
    policy: Option<String>,
    /// The output format
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Write JSON; the same as --format json
    #[arg(long, conflicts_with = "format")]
    json: bool,
}

/// The most roles for which the numbers of requesters are shown.
const REACHES: usize = 20;

#[derive(Debug, Serialize)]
struct DiffJson<'a> {
    anybody_gained: bool,
    #[serde(flatten)]
    difference: &'a Difference,
}

impl Diff {
    pub(super) async fn run(self, system: &System, ui: &Ui<'_>) -> Result<u8, Failure> {
        let working = system.console.working("comparing the policies");
        let before = self.load(system, Some(&self.base), "the earlier policy does not load").await?;
        let after = self.load(system, self.head.as_deref(), "the later policy does not load").await?;
        let difference = Difference::between(&before, &after);
        let anybody_gained = difference.anybody_gained();
        drop(working);
        match self.format {
            _ if self.json => ui.json(&DiffJson { anybody_gained, difference: &difference })?,
            Format::Json => ui.json(&DiffJson { anybody_gained, difference: &difference })?,
            Format::Human => ui.prose(&human(&difference))?,
            Format::Github => ui.print(&markdown::comment(&difference))?,
        }
        Ok(if anybody_gained { SOMEBODY_GAINED } else { 0 })
    }

    async fn load(&self, system: &System, typed: Option<&str>, message: &str) -> Result<Policy, Failure> {
        let read = policy::read_revision(system, typed, self.policy.as_deref()).await?;
        read.map_err(|problems| policy::does_not_load(&problems).renamed(message))
    }
}

/// The summary in one sentence.
pub(super) fn summary(difference: &Difference) -> String {
    if difference.is_empty() {
        return "Nothing changes for anybody.".to_owned();
    }
    let people = |count: usize| if count == 1 { "1 person".to_owned() } else { format!("{count} people") };
    let mut parts: Vec<String> = Vec::new();
    for direction in Direction::ALL {
        let (one, many) = match direction {
            Direction::Gained => ("gains access", "gain access"),
            Direction::Easier => ("is approved more easily", "are approved more easily"),
            Direction::Longer => ("may stay longer", "may stay longer"),
            Direction::Lost => ("loses access", "lose access"),
            Direction::Harder => ("is approved less easily", "are approved less easily"),
            Direction::Shorter => ("may stay less long", "may stay less long"),
        };
        let count = difference.counts.get(&direction).copied().unwrap_or(0);
        if count > 0 {
            parts.push(format!("{} {}", people(count), if count == 1 { one } else { many }));
        }
    }
    let logins = difference.logins.iter().filter(|login| !login.added.is_empty()).count();
    if logins > 0 {
        parts.push(format!("{} with a new login", people(logins)));
    }
    if parts.is_empty() {
        "No person gains or loses anything.".to_owned()
    } else {
        format!("{}.", parts.join(", "))
    }
}

pub(in crate::cli) fn human(difference: &Difference) -> String {
    let mut text = format!("{}\n", summary(difference));
    for reach in difference.reach.iter().take(REACHES) {
        let (before, after) = (reach.before, reach.after);
        text.push_str(&format!("  {}: {after} may ask, {before} could\n", reach.role));
    }
    let more = difference.reach.len().saturating_sub(REACHES);
    if more > 0 {
        text.push_str(&format!("  and so for {more} more roles\n"));
    }
    for direction in Direction::ALL {
        let mut changes = difference.changes.iter().filter(|change| change.direction == direction).peekable();
        if changes.peek().is_some() {
            text.push_str(&format!("\n{}\n", direction.as_str()));
        }
        changes.for_each(|change| text.push_str(&of_change(change)));
    }
    if !difference.logins.is_empty() {
        text.push_str("\nlogins\n");
    }
    for login in &difference.logins {
        let signed = |sign: &str, logins: &[String]| {
            logins.iter().map(|one| format!(" {sign}{}", sanitise(one))).collect::<String>()
        };
        text.push_str(&format!(
            "  {}:{}{}\n",
            sanitise(login.who.as_str()),
            signed("+", &login.added),
            signed("-", &login.removed)
        ));
    }
    if !difference.notes.is_empty() {
        text.push_str("\nother changes\n");
    }
    difference.notes.iter().for_each(|note| text.push_str(&format!("  {}\n", sanitise(note))));
    text
}

fn of_change(change: &Change) -> String {
    let things: Vec<String> = change.things.iter().map(ToString::to_string).collect();
    let perhaps = if change.certain { "" } else { " (perhaps)" };
    let (people, things) = (sanitise(&some(&change.people)), sanitise(&some(&things)));
    let mut text = format!("  {people}: {things}{perhaps}\n");
    let at = change.things.first().map_or("", |thing| thing.at.as_str());
    text.push_str(&format!("    {} ({})\n", sanitise(&change.rule), sanitise(at)));
    if let Some(example) = &change.example {
        text.push_str(&format!("    {}\n", sanitise(example)));
    }
    text
}

/// Some items, and the number of the others.
pub(super) fn some<T: AsRef<str>>(items: &[T]) -> String {
    const SHOWN: usize = 12;
    let mut shown: Vec<&str> = items.iter().take(SHOWN).map(AsRef::as_ref).collect();
    let more = format!("{} more", items.len().saturating_sub(SHOWN));
    if items.len() > SHOWN {
        shown.push(&more);
    }
    shown.join(", ")
}
