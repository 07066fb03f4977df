//! The action of one change, in the order in which a reviewer reads them.

use serde::Serialize;

/// The effect of one change on its resource, the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// A combination that the documented format does not have. It may be anything, so it counts as the worst.
    Unknown,
    /// The object is destroyed.
    Destroy,
    /// The object is destroyed, or left behind, and another one takes its place.
    Replace,
    /// The object stays, and Terraform no longer manages it.
    Forget,
    /// The object is changed in place.
    Update,
    /// An object is created.
    Create,
    /// A data source, or an ephemeral resource, is read during the apply.
    Read,
    /// An existing object comes under management, and nothing else happens to it.
    Import,
    /// The object gets another address, and nothing else happens to it.
    Move,
    /// Nothing happens.
    Nothing,
}

impl Action {
    /// The action of the plan's words for it (<https://developer.hashicorp.com/terraform/internals/json-format>, "Change
    /// Representation"). Later versions of both programs replace without destroying, and OpenTofu says `open` of ephemeral
    /// resources, which are read.
    pub(super) fn of(words: &[String]) -> Self {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match words.as_slice() {
            ["no-op"] => Self::Nothing,
            ["create"] => Self::Create,
            ["read" | "open"] => Self::Read,
            ["update"] => Self::Update,
            ["delete"] => Self::Destroy,
            ["forget"] => Self::Forget,
            ["delete" | "forget", "create"] | ["create", "delete" | "forget"] => Self::Replace,
            _ => Self::Unknown,
        }
    }

    /// Its name, in at most seven letters.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Destroy => "destroy",
            Self::Replace => "replace",
            Self::Forget => "forget",
            Self::Update => "update",
            Self::Create => "create",
            Self::Read => "read",
            Self::Import => "import",
            Self::Move => "move",
            Self::Nothing => "nothing",
        }
    }

    /// Whether an object may be lost. No list of such changes is ever shortened.
    pub(super) fn loses(self) -> bool {
        self <= Self::Forget
    }
}
