//! The vocabulary of conditions: one Cedar schema, made from the policy's own facts, and its validator.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt::Write;

use cedar_policy::Policy;
use cedar_policy::PolicyId;
use cedar_policy::Schema;
use cedar_policy::Validator;

use crate::policy::settings::facts::FactSource;

/// A schema and its validator.
pub(in crate::policy) struct Grammar {
    pub(super) validator: Validator,
    /// Valid policies, by their text. A file with `for_each` has the same conditions for every account.
    sound: RefCell<HashMap<String, Policy>>,
}

/// The members of the context.
const CONTEXT: &str = "    duration: duration,
    hour: Long,
    weekday: Weekday,
    now: datetime,
    reason: String,
    ticket?: String,
    scope?: Scope,
    source_ip?: ipaddr,
    interactive: Bool,
    agent: Bool,
    requester?: Person,
    facts: Facts,
";

/// The weekdays, from Monday.
pub(in crate::policy) const WEEKDAYS: [&str; 7] =
    ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// The schema for conditions of a policy with these facts.
pub(in crate::policy) fn schema_text(facts: &[FactSource]) -> String {
    let mut truths = String::new();
    for fact in facts {
        // Writing to a string cannot fail.
        let _ = writeln!(truths, "    {}: Bool,", fact.name);
    }
    let weekdays = WEEKDAYS.map(|day| format!("\"{day}\"")).join(", ");
    format!(
        r#"// The vocabulary of conditions. `principal` is who acts, `resource` the role, `context` the circumstances.
entity Group;
entity Person in [Group] = {{
{truths}}};
entity Workload = {{
{truths}}};
entity Agent = {{
    owner: Person,
{truths}}};
entity Role = {{
    name: String,
    cloud: String,
    account: String,
    account_name: String,
    owner: String,
    tags: Set<String>,
}};
entity Scope in [Role] = {{
    name: String,
}};
entity Weekday enum [{weekdays}];
type Facts = {{
{truths}}};
type Asking = {{
{CONTEXT}}};
action request, auto_approve, extend appliesTo {{
    principal: [Person, Workload, Agent],
    resource: [Role],
    context: Asking,
}};
action break_glass, review, revoke appliesTo {{
    principal: [Person],
    resource: [Role],
    context: Asking,
}};
"#
    )
}

impl Grammar {
    /// A policy with the same text that was found valid before, under a new id.
    pub(super) fn known(&self, text: &str, id: PolicyId) -> Option<Policy> {
        self.sound.borrow().get(text).map(|policy| policy.new_id(id))
    }

    /// Caches a valid policy.
    pub(super) fn remember(&self, text: String, policy: Policy) {
        self.sound.borrow_mut().insert(text, policy);
    }

    /// The grammar of a policy with these facts.
    ///
    /// # Errors
    /// The schema is invalid.
    pub(in crate::policy) fn of(facts: &[FactSource]) -> Result<Self, String> {
        let text = schema_text(facts);
        let (schema, _) = Schema::from_cedarschema_str(&text).map_err(|error| error.to_string())?;
        Ok(Self { validator: Validator::new(schema), sound: RefCell::default() })
    }
}
