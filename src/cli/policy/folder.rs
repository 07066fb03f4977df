//! How commands are told where the policy's folder is: the argument, or `--policy DIR`, which every command takes.

use std::path::Path;
use std::path::PathBuf;

use clap::Args;

// The policy's folder: an argument where the command has no other, and a flag everywhere. No doc comments here: clap would take
// them for the description of the command.
#[derive(Debug, Args)]
pub(super) struct PolicyFolder {
    /// The policy's folder
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
    #[command(flatten)]
    flag: PolicyFlag,
}

// The flag alone, for commands with other arguments.
#[derive(Debug, Args)]
pub(super) struct PolicyFlag {
    /// The policy's folder
    #[arg(long = "policy", alias = "folder", value_name = "DIR", id = "policy_folder")]
    policy: Option<PathBuf>,
}

impl PolicyFolder {
    /// The folder that was named, if one was.
    ///
    /// # Errors
    /// Two were.
    pub(super) fn named(&self) -> Result<Option<&Path>, crate::flow::Failure> {
        match (&self.folder, self.flag.named()) {
            (Some(one), Some(other)) if one != other => {
                Err(crate::flow::Failure::usage("the policy's folder is named twice")
                    .hint("name it once: as the argument or with --policy"))
            }
            (one, other) => Ok(one.as_deref().or(other)),
        }
    }
}

impl PolicyFlag {
    /// The folder that was named, if one was.
    pub(super) fn named(&self) -> Option<&Path> {
        self.policy.as_deref()
    }
}
