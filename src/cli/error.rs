//! The only place that shows failures: what happened, why, and what to type next.

use tracing::Level;

use super::trace::json::Fields;
use super::ui::Ui;
use crate::flow::Failure;
use crate::grant::text::sanitise;
use crate::system::folding::hanging;

/// Shows a failure on standard error. A wide line continues under its own text, so that foreign text in it cannot begin
/// a line of ours. A command in it stays whole, to be pasted.
pub fn show(failure: &Failure, ui: &Ui<'_>) {
    let mut fields = Fields::new();
    fields.insert("causes".to_owned(), failure.causes.clone().into());
    fields.insert("hints".to_owned(), failure.hints.clone().into());
    if ui.log(Level::ERROR, &failure.message, &fields) {
        return;
    }
    say("error: ", &ui.alarm("error:"), &failure.message, ui);
    for cause in &failure.causes {
        say("  cause: ", "  cause:", cause, ui);
    }
    for hint in &failure.hints {
        say("  hint: ", &format!("  {}", ui.help("hint:")), hint, ui);
    }
}

/// Prints text after a label. `painted` is the label in colour.
fn say(label: &str, painted: &str, text: &str, ui: &Ui<'_>) {
    let text = sanitise(text);
    let lines = match ui.message_columns() {
        Some(columns) => hanging(label, &text, columns),
        None => vec![format!("{label}{text}")],
    };
    for (place, line) in lines.into_iter().enumerate() {
        match line.strip_prefix(label).filter(|_| place == 0) {
            Some(rest) => ui.say(&format!("{painted} {rest}")),
            None => ui.say(&line),
        }
    }
}
