//! `[when]`: the conditions of one role.

use crate::grant::Name;

use crate::policy::conditions::Compiled;
use crate::policy::conditions::Grammar;
use crate::policy::conditions::check_client;
use crate::policy::conditions::expression;
use crate::policy::files::document::Section;

/// The conditions of a role as Cedar policies.
#[derive(Default)]
pub(in crate::policy) struct When {
    pub(in crate::policy) policies: Vec<Compiled>,
    /// Whether one of them can approve automatically.
    pub(in crate::policy) automatic: bool,
}

/// The head of a condition for asking for a role, and for extensions.
const REQUEST: &str =
    r#"forbid(principal, action in [Action::"request", Action::"extend"], resource) unless"#;
/// The head of a condition that approves automatically.
const AUTOMATIC: &str = r#"permit(principal, action == Action::"auto_approve", resource) when"#;

impl When {
    /// Parses `[when]` and reports its errors. `None` without a grammar to check it.
    pub(in crate::policy) fn read(
        section: Section<'_>,
        role: &Name,
        grammar: Option<&Grammar>,
    ) -> Option<Self> {
        let request = section.field("request");
        let automatic = section.field("auto_approve");
        section.finish(&[]);
        let grammar = grammar?;
        let mut when = Self::default();
        let mut sound = true;
        if let Some(field) = request {
            let read = expression(&field, REQUEST, format!("[when] request of {role}"), grammar);
            sound &= read.is_some();
            when.policies.extend(read);
        }
        if let Some(field) = automatic {
            let read = expression(&field, AUTOMATIC, format!("[when] auto_approve of {role}"), grammar);
            sound &= read.is_some();
            if let Some(compiled) = &read {
                check_client(&field, compiled);
            }
            when.automatic = true;
            when.policies.extend(read);
        }
        sound.then_some(when)
    }
}
