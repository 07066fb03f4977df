//! The summary in lines. Text of the plan has the mark of other people's text and a label of its own on each first line, so that an
//! address cannot pass for a line of ours, nor for a second address.

use super::action::Action;
use super::summary::Change;
use super::summary::Summary;
use crate::grant::text::count;
use crate::grant::text::hanging;
use crate::grant::text::marked;

/// The actions that are counted also where there are none.
const ALWAYS: [Action; 5] = [Action::Destroy, Action::Replace, Action::Update, Action::Create, Action::Read];
/// Every action that has lines, the worst first.
const LISTED: [Action; 9] = [
    Action::Unknown,
    Action::Destroy,
    Action::Replace,
    Action::Forget,
    Action::Update,
    Action::Create,
    Action::Read,
    Action::Import,
    Action::Move,
];

impl Summary {
    /// The summary in lines for a window of this many columns. The totals come last, where the question follows. A list of changes
    /// that lose nothing is cut after `most`, and says so.
    pub fn lines(&self, columns: usize, most: usize) -> Vec<String> {
        let mut lines = Vec::new();
        for (label, fact) in [("made by", &self.terraform_version), ("planned", &self.timestamp)] {
            lines.extend(fact.iter().flat_map(|fact| marked(label, fact, columns)));
        }
        for action in LISTED {
            let changes = self.changes.iter().filter(|change| change.action == action);
            let shown = if action.loses() { usize::MAX } else { most };
            lines.extend(changes.take(shown).flat_map(|change| change.lines(columns)));
            lines.extend(left_out(self.count(action), shown));
        }
        for (label, names) in [
            ("output", &self.outputs),
            ("drift", &self.drift),
            ("invokes", &self.invokes),
            ("defers", &self.deferred),
        ] {
            lines.extend(names.iter().take(most).flat_map(|name| marked(label, name, columns)));
            lines.extend(left_out(names.len(), most));
        }
        let totals = std::iter::once(("changes", self.totals()));
        for (label, text) in self.warnings().into_iter().chain(totals) {
            lines.extend(hanging(&format!("  {label:<10}"), &text, columns));
        }
        lines
    }

    /// The doubts about the plan as a whole, each with its label.
    fn warnings(&self) -> Vec<(&'static str, String)> {
        let mut warnings = Vec::new();
        let mut beware = |text: String| warnings.push(("beware", text));
        let unknown = self.count(Action::Unknown);
        if unknown > 0 {
            beware(format!("this jit does not know what {} would do", count(unknown, "change")));
        }
        if self.errored == Some(true) {
            beware("the plan ended with an error, so it has only a part of the changes".to_owned());
        }
        if self.complete == Some(false) {
            beware("the plan is not complete: more changes follow with another plan".to_owned());
        }
        if self.applyable == Some(false) {
            beware("its maker says that there is nothing to apply, or that it cannot be applied".to_owned());
        }
        if self.checks.failed > 0 {
            let all = count(self.checks.all, "check");
            beware(format!("{} of {all} did not pass", self.checks.failed));
        }
        if !self.drift.is_empty() {
            let drift = count(self.drift.len(), "resource");
            warnings.push(("note", format!("{drift} had changed outside of Terraform (drift)")));
        }
        if self.errored.is_none() || self.complete.is_none() {
            warnings.push(("note", "the plan does not say whether it is whole".to_owned()));
        }
        warnings
    }

    /// How many changes of each kind there are.
    fn totals(&self) -> String {
        let some = |action: &Action| ALWAYS.contains(action) || self.count(*action) > 0;
        let total = |action: Action| match action {
            Action::Unknown => format!("{} unknown", self.count(action)),
            action => format!("{} to {}", self.count(action), action.as_str()),
        };
        let totals: Vec<String> = LISTED.into_iter().filter(some).map(total).collect();
        let mut more = Vec::new();
        for (names, noun) in [
            (self.outputs.len(), "output"),
            (self.invokes.len(), "provider's action"),
            (self.deferred.len(), "deferred change"),
        ] {
            if names > 0 {
                more.push(count(names, noun));
            }
        }
        more.push(format!("{} unchanged", self.unchanged));
        format!("{}; {}", totals.join(", "), more.join(", "))
    }
}

/// The line for the rest of a list.
fn left_out(all: usize, shown: usize) -> Option<String> {
    let more = all.checked_sub(shown).filter(|more| *more > 0)?;
    Some(format!("            and {more} more: `jit show` with --plan lists all"))
}

impl Change {
    fn lines(&self, columns: usize) -> Vec<String> {
        let mut lines = marked(self.action.as_str(), &self.address, columns);
        if let Some(words) = &self.words {
            let words = serde_json::to_string(words).unwrap_or_default();
            lines.extend(marked("does", &words, columns));
        }
        if let Some(previous) = &self.previous_address {
            lines.extend(marked("was", previous, columns));
        }
        if let Some(key) = &self.deposed {
            lines.extend(marked("deposed", key, columns));
        }
        if self.imports && self.action != Action::Import {
            lines.push("            it is imported first".to_owned());
        }
        lines
    }
}
