//! The parts of GitHub's answers that `jit` uses. Numbers are ids; names are only shown to people.

use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;

/// A user, a bot or an organisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// The numeric id, which is never reassigned.
    pub id: u64,
    /// The current login.
    pub login: String,
    /// `User`, `Bot`, `Organization`.
    #[serde(rename = "type", default)]
    pub kind: String,
}

impl Account {
    /// Whether GitHub marks it as a human's account.
    pub fn is_user(&self) -> bool {
        self.kind == "User" && !self.login.ends_with("[bot]")
    }
}

/// A repository.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Repository {
    /// The numeric id.
    pub id: u64,
    /// `owner/name`.
    pub full_name: String,
    /// The owner.
    pub owner: Account,
    /// Whether only members can see it.
    pub private: bool,
    /// Whether it is a fork.
    #[serde(default)]
    pub fork: bool,
    /// The default branch.
    #[serde(default)]
    pub default_branch: String,
    /// The token owner's permissions there, if GitHub reports them.
    #[serde(default)]
    pub permissions: Option<Permissions>,
}

impl Repository {
    /// Whether the token's owner may write there, if GitHub reports it.
    pub fn may_push(&self) -> Option<bool> {
        self.permissions.map(|permissions| permissions.push)
    }
}

/// The token owner's permissions in a repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Permissions {
    /// Write access: branches, pull requests, dispatches of workflows.
    #[serde(default)]
    pub push: bool,
}

/// A repository of which only the id is given.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct RepositoryId {
    /// The numeric id.
    pub id: u64,
}

/// One end of a pull request.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct End {
    /// The branch's name.
    #[serde(rename = "ref")]
    pub branch: String,
    /// The commit.
    pub sha: String,
    /// The branch's repository. `None` if it is deleted.
    pub repo: Option<RepositoryId>,
}

/// A pull request.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Pull {
    /// Its number in the repository.
    pub number: u64,
    /// `open` or `closed`.
    pub state: String,
    /// The title.
    #[serde(default)]
    pub title: String,
    /// The text below it.
    #[serde(default)]
    pub body: Option<String>,
    /// The account that opened it. `None` if the account is deleted.
    pub user: Option<Account>,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When it was last updated.
    #[serde(default)]
    pub updated_at: Option<Timestamp>,
    /// The branch to merge.
    pub head: End,
    /// The branch to merge into.
    pub base: End,
    /// Its web page.
    #[serde(default)]
    pub html_url: String,
}

impl Pull {
    /// Whether its branch is in the repository with this numeric id.
    pub fn is_from(&self, repository: u64) -> bool {
        self.head.repo.as_ref().is_some_and(|head| head.id == repository)
    }
}

/// One review in its current state.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ReviewRecord {
    /// Its id.
    pub id: u64,
    /// The reviewer. `None` if the account is deleted.
    pub user: Option<Account>,
    /// `APPROVED`, `CHANGES_REQUESTED`, `COMMENTED`, `DISMISSED`, `PENDING`.
    pub state: String,
    /// The text.
    #[serde(default)]
    pub body: Option<String>,
    /// The commit that was reviewed.
    pub commit_id: Option<String>,
    /// When it was submitted. `None` for a draft.
    #[serde(default)]
    pub submitted_at: Option<Timestamp>,
    /// The last edit of the text, which REST does not show.
    #[serde(skip)]
    pub edited: Option<Edited>,
}

impl ReviewRecord {
    /// Whether somebody else than the reviewer wrote the present text, or may have.
    pub fn is_edited_by_another(&self) -> bool {
        let author = self.user.as_ref().map(|user| user.id);
        self.edited.is_some_and(|edited| edited.by.is_none() || edited.by != author)
    }
}

/// The last edit of a review's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edited {
    /// When it was edited.
    pub at: Timestamp,
    /// The numeric id of the account that did. `None` if it is deleted.
    pub by: Option<u64>,
}

/// A git ref.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Reference {
    /// `refs/heads/main`.
    #[serde(rename = "ref")]
    pub name: String,
    /// Its target.
    pub object: Object,
}

/// A git object.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Object {
    /// Its id.
    pub sha: String,
}

/// A git commit.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Commit {
    /// Its id.
    pub sha: String,
    /// Its tree.
    pub tree: Object,
    /// Its parents.
    #[serde(default)]
    pub parents: Vec<Object>,
}

/// One entry of a tree.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct TreeEntry {
    /// Its path from the tree's root.
    pub path: String,
    /// `100644`, `100755`, `040000`, `160000`, `120000`.
    pub mode: String,
    /// `blob`, `tree`, `commit`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its object id.
    #[serde(default)]
    pub sha: String,
    /// Its length in bytes, for blobs.
    #[serde(default)]
    pub size: Option<u64>,
}

/// A tree, read recursively.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Tree {
    /// Its id.
    pub sha: String,
    /// All its entries.
    pub tree: Vec<TreeEntry>,
    /// Whether GitHub left out entries.
    #[serde(default)]
    pub truncated: bool,
}

/// A file's content.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Blob {
    /// The content.
    pub content: String,
    /// `base64` or `utf-8`.
    pub encoding: String,
}

/// A commit of which only the id matters.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct CommitId {
    /// Its id.
    pub sha: String,
}

/// One changed file.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ChangedFile {
    /// Its path now.
    pub filename: String,
    /// `added`, `modified`, `removed`, `renamed`, `copied`, `changed`, `unchanged`.
    pub status: String,
    /// Its path before.
    #[serde(default)]
    pub previous_filename: Option<String>,
}

/// The comparison of two commits.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Comparison {
    /// Their merge base.
    pub merge_base_commit: CommitId,
    /// How many commits the head is ahead of it.
    pub ahead_by: u64,
    /// How many commits the base is ahead of it.
    pub behind_by: u64,
    /// `ahead`, `behind`, `diverged`, `identical`.
    pub status: String,
    /// The files that changed from the merge base to the head, at most 300.
    #[serde(default)]
    pub files: Vec<ChangedFile>,
}

/// The answer to a dispatch, if GitHub names the run.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Dispatched {
    /// The id of the run.
    pub workflow_run_id: u64,
    /// Its web page.
    #[serde(default)]
    pub html_url: String,
}

/// A run of a workflow.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Run {
    /// Its id.
    pub id: u64,
    /// The attempt's number: 1 unless somebody re-ran it.
    pub run_attempt: u64,
    /// The event that started the run.
    pub event: String,
    /// `queued`, `in_progress`, `completed`, …
    pub status: Option<String>,
    /// `success`, `failure`, `cancelled`, …
    pub conclusion: Option<String>,
    /// Its branch.
    pub head_branch: Option<String>,
    /// Its commit.
    pub head_sha: String,
    /// The workflow's file.
    pub path: String,
    /// The run's name.
    #[serde(default)]
    pub display_title: String,
    /// The account that started the run.
    pub actor: Option<Account>,
    /// The account that started this attempt.
    pub triggering_actor: Option<Account>,
    /// Its repository.
    pub repository: RepositoryId,
    /// Its web page.
    #[serde(default)]
    pub html_url: String,
}

/// The form of the subjects in a repository's ID tokens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubjectForm {
    /// Whether it is GitHub's default form.
    pub use_default: bool,
    /// The claims that it consists of, in order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub include_claim_keys: Option<Vec<String>>,
    /// Whether names include their numeric ids.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub use_immutable_subject: Option<bool>,
    /// The prefix of every subject, if GitHub reports it.
    #[serde(default, skip_serializing)]
    pub sub_claim_prefix: Option<String>,
}

/// The branches that may use an environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct BranchPolicy {
    /// Whether protected branches may.
    pub protected_branches: bool,
    /// Whether the listed branches may.
    pub custom_branch_policies: bool,
}

/// A deployment environment.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Environment {
    /// Its id.
    pub id: u64,
    /// Its name.
    pub name: String,
    /// The branches that may use it. `None` for all branches.
    pub deployment_branch_policy: Option<BranchPolicy>,
    /// The rules that hold up a job before it begins.
    #[serde(default)]
    pub protection_rules: Vec<ProtectionRule>,
}

/// A rule that holds up the jobs of an environment.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ProtectionRule {
    /// `required_reviewers`, `wait_timer`, `branch_policy`, or an app's.
    #[serde(rename = "type", default)]
    pub kind: String,
}

/// One pattern of branches that may use an environment.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct BranchPattern {
    /// The pattern.
    #[serde(default)]
    pub name: String,
    /// `branch` or `tag`.
    #[serde(rename = "type", default)]
    pub kind: Option<String>,
}

/// A ruleset, as the list shows it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct RulesetEntry {
    /// Its id.
    pub id: u64,
    /// Its name.
    pub name: String,
    /// `active`, `evaluate`, `disabled`.
    pub enforcement: String,
}
