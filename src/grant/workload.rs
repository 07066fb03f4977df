//! The pipeline run that asks, as its verified token names it. An approval of one commit is no approval of another.

use super::text;

/// The longest reference or workflow, in bytes.
const MAX_REFERENCE: usize = 500;

/// A run of a pipeline at a commit. Ids are numbers because a name can pass to another owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkloadRun {
    /// The numeric id of the repository.
    pub repository_id: u64,
    /// The commit, in hexadecimal.
    pub sha: String,
    /// For example `refs/heads/main`. The member is called `ref`.
    pub reference: String,
    /// The id of the run.
    pub run_id: u64,
    /// The number of the attempt.
    pub run_attempt: u64,
    /// For example `owner/name/.github/workflows/deploy.yml@refs/heads/main`.
    pub workflow_ref: String,
}

impl WorkloadRun {
    /// The names and values of the statement's members.
    pub fn members(&self) -> [(&'static str, String); 6] {
        [
            ("repository_id", self.repository_id.to_string()),
            ("sha", self.sha.clone()),
            ("ref", self.reference.clone()),
            ("run_id", self.run_id.to_string()),
            ("run_attempt", self.run_attempt.to_string()),
            ("workflow_ref", self.workflow_ref.clone()),
        ]
    }

    /// The name of the first member that differs between two runs. `None` if they are equal.
    pub fn difference(&self, other: &Self) -> Option<&'static str> {
        let pairs = self.members().into_iter().zip(other.members());
        pairs.into_iter().find(|(mine, theirs)| mine != theirs).map(|(mine, _)| mine.0)
    }

    /// The abbreviated commit and the run, for reviewers.
    pub fn describe(&self) -> String {
        let short = self.sha.get(..12).unwrap_or(&self.sha);
        format!(
            "commit {short} of {}, run {} of {}, in repository {}",
            self.reference, self.run_id, self.workflow_ref, self.repository_id
        )
    }

    /// Checks the shape of each member.
    ///
    /// # Errors
    /// The invalid member, and what is wrong with it.
    pub(super) fn check(&self) -> Result<(), (&'static str, &'static str)> {
        let is_commit = matches!(self.sha.len(), 40 | 64)
            && self.sha.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
        if !is_commit {
            return Err(("sha", "write 40 or 64 hexadecimal characters"));
        }
        let plain = |text: &str| {
            text.len() <= MAX_REFERENCE && text::check(text).is_ok() && !text.contains(char::is_whitespace)
        };
        if !self.reference.starts_with("refs/") || !plain(&self.reference) {
            return Err(("ref", "write a reference of git, like refs/heads/main"));
        }
        if self.workflow_ref.is_empty() || !plain(&self.workflow_ref) {
            return Err(("workflow_ref", "write the workflow with its reference"));
        }
        Ok(())
    }
}
