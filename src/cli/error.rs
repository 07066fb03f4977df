//! The one place where failures are shown: what happened, why, what to type next.

use super::ui::Ui;
use crate::flow::Failure;
use crate::grant::text::sanitise;

/// Shows a failure on standard error.
pub fn show(failure: &Failure, ui: &Ui<'_>) {
    ui.say(&format!("{} {}", ui.alarm("error:"), sanitise(&failure.message)));
    for cause in &failure.causes {
        ui.say(&format!("  cause: {}", sanitise(cause)));
    }
    for hint in &failure.hints {
        ui.say(&format!("  {} {}", ui.help("hint:"), sanitise(hint)));
    }
}
