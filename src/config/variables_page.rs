//! The table of variables as a page of the documentation.

use super::variables::Use;
use super::variables::VARIABLES;

/// The table as a page of the documentation.
pub fn documentation() -> String {
    let mut text = String::from(
        "# Environment variables\n\nWritten from the table in `src/config/variables.rs`. None of these moves time, skips a rule or \
         answers a question. A `*` stands for every name that begins so.\n",
    );
    for (usage, heading) in [
        (Use::Read, "Read when a command starts"),
        (Use::Set, "Set by `jit exec`, `jit shell` and `jit env`"),
        (
            Use::Served,
            "Set by `jit exec` and `jit shell` where credentials are served and renewed, instead of the keys themselves",
        ),
        (Use::Removed, "Removed before a command runs"),
    ] {
        text.push_str(&format!("\n## {heading}\n\n| variable | what it means |\n| --- | --- |\n"));
        for variable in VARIABLES.iter().filter(|variable| variable.usage == usage) {
            text.push_str(&format!("| `{}` | {} |\n", variable.name, variable.meaning));
        }
    }
    text
}
