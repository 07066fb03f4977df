//! The members of the documented format 1.2 that `jit` shows
//! (<https://developer.hashicorp.com/terraform/internals/json-format>, "Plan Representation"). The parser skips every other one:
//! that is the format's rule for later minor versions, and it keeps the plan's values out of memory.

use std::fmt;

use serde::Deserialize;
use serde::Deserializer;
use serde::de::IgnoredAny;
use serde::de::MapAccess;
use serde::de::Visitor;

/// The members that decide whether the rest can be read.
#[derive(Deserialize)]
pub(super) struct Head {
    pub(super) format_version: Option<String>,
    /// A plan always has it, a state never.
    pub(super) planned_values: Option<IgnoredAny>,
}

/// A plan.
#[derive(Deserialize)]
pub(super) struct Plan {
    pub(super) terraform_version: Option<String>,
    pub(super) timestamp: Option<String>,
    pub(super) planned_values: Values,
    /// Omitted if the plan has no resource at all.
    pub(super) resource_changes: Option<Vec<Resource>>,
    /// Only the resources that differ from the state.
    pub(super) resource_drift: Option<Vec<Resource>>,
    /// Since Terraform 1.9.
    pub(super) deferred_changes: Option<Vec<Deferred>>,
    /// Since Terraform 1.14.
    pub(super) action_invocations: Option<Vec<Invocation>>,
    /// Since Terraform 1.14.
    pub(super) deferred_action_invocations: Option<Vec<DeferredInvocation>>,
    pub(super) output_changes: Option<Outputs>,
    pub(super) checks: Option<Vec<Check>>,
    /// Since Terraform 1.8; OpenTofu has none.
    pub(super) applyable: Option<bool>,
    /// Since Terraform 1.8; OpenTofu has none.
    pub(super) complete: Option<bool>,
    /// Since Terraform 1.5.
    pub(super) errored: Option<bool>,
}

#[derive(Deserialize)]
pub(super) struct Values {
    root_module: Option<Module>,
}

#[derive(Deserialize)]
struct Module {
    resources: Option<Vec<IgnoredAny>>,
    child_modules: Option<Vec<IgnoredAny>>,
}

impl Values {
    /// Whether a resource is planned.
    pub(super) fn has_resources(&self) -> bool {
        let has = |part: &Option<Vec<IgnoredAny>>| part.as_ref().is_some_and(|part| !part.is_empty());
        self.root_module.as_ref().is_some_and(|module| has(&module.resources) || has(&module.child_modules))
    }
}

#[derive(Deserialize)]
pub(super) struct Resource {
    pub(super) address: String,
    pub(super) previous_address: Option<String>,
    /// The key of an old object that a failed replacement left behind.
    pub(super) deposed: Option<String>,
    pub(super) change: Change,
}

#[derive(Deserialize)]
pub(super) struct Change {
    pub(super) actions: Vec<String>,
    /// Its members may change at any time, so only its presence counts.
    pub(super) importing: Option<IgnoredAny>,
}

#[derive(Deserialize)]
pub(super) struct Deferred {
    pub(super) resource_change: Resource,
}

#[derive(Deserialize)]
pub(super) struct Invocation {
    pub(super) address: String,
}

#[derive(Deserialize)]
pub(super) struct DeferredInvocation {
    pub(super) action_invocation: Invocation,
}

#[derive(Deserialize)]
pub(super) struct Check {
    pub(super) status: String,
}

/// The outputs with their changes, as often as they are written: a map would hide the second of a name.
pub(super) struct Outputs(pub(super) Vec<(String, Change)>);

impl<'de> Deserialize<'de> for Outputs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs;
        impl<'de> Visitor<'de> for Pairs {
            type Value = Outputs;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Outputs(pairs))
            }
        }
        deserializer.deserialize_map(Pairs)
    }
}
