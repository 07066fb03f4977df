//! The ways to name the policy's folder: an argument, or `--policy DIR`, which every command takes.

use std::path::Path;
use std::path::PathBuf;

use clap::Args;

// The policy's folder: an argument if the command has no other, and a flag everywhere. No doc comments here: clap would
// use them as the command's description.
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
    /// The named folder. `None` if there is none.
    ///
    /// # Errors
    /// Two folders are named.
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
    /// The named folder. `None` if there is none.
    pub(super) fn named(&self) -> Option<&Path> {
        self.policy.as_deref()
    }
}
