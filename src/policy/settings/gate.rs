//! The commands that coding agents run only with a role: of every role in `access.toml`, or of one in its file.

use crate::policy::Policy;
use crate::policy::files::document::Field;
use crate::policy::files::document::Section;

/// The most commands of one list, and the longest one, in bytes.
const MAX_GATE: (usize, usize) = (64, 128);

/// Parses `[gate]` of `access.toml`.
pub(in crate::policy) fn read(section: Section<'_>) -> Vec<String> {
    let commands = section.required("commands", r#"write commands = ["terraform apply"]"#);
    section.finish(&[]);
    commands.map_or_else(Vec::new, |field| read_commands(&field))
}

/// Parses a list of commands.
pub(in crate::policy) fn read_commands(field: &Field<'_>) -> Vec<String> {
    let items: Vec<Field<'_>> = field.list().into_iter().flatten().collect();
    if items.len() > MAX_GATE.0 {
        field.report(&format!("at most {} commands are named here", MAX_GATE.0));
    }
    let is_sound = |text: &str| {
        let words = || text.split(' ');
        text.len() <= MAX_GATE.1
            && words().all(|word| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_graphic()))
            && words().next().is_some_and(|program| !program.contains('/') && !program.starts_with('-'))
    };
    let read = |item: Field<'_>| {
        let text = item.text()?;
        if !is_sound(text) {
            item.report_with(
                "this is no command that can be recognised",
                "write a program and words of its arguments: \"terraform apply\"",
            );
        }
        Some(text.to_owned())
    };
    items.into_iter().filter_map(read).collect()
}

impl Policy {
    /// The commands that coding agents run only with a role, whichever it is. Each is words with single blanks between.
    pub fn gate(&self) -> &[String] {
        &self.access.gate
    }
}
