//! What GitHub answers, as far as anything here looks at it. Numbers are ids; names are for people.

use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;

/// A user, a bot or an organisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// The numeric id, which never changes hands.
    pub id: u64,
    /// The name of today.
    pub login: String,
    /// `User`, `Bot`, `Organization`.
    #[serde(rename = "type", default)]
    pub kind: String,
}

impl Account {
    /// Whether GitHub says that this is a human's account.
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
    /// Who owns it.
    pub owner: Account,
    /// Whether only members see it.
    pub private: bool,
    /// Whether it is a fork.
    #[serde(default)]
    pub fork: bool,
    /// The default branch.
    #[serde(default)]
    pub default_branch: String,
    /// What whoever asks may do there, where GitHub tells.
    #[serde(default)]
    pub permissions: Option<Permissions>,
}

impl Repository {
    /// Whether whoever asks may write there, where GitHub tells.
    pub fn may_push(&self) -> Option<bool> {
        self.permissions.map(|permissions| permissions.push)
    }
}

/// What whoever asks may do in a repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Permissions {
    /// Write: branches, pull requests, dispatching workflows.
    #[serde(default)]
    pub push: bool,
}

/// A repository where only its identity is told.
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
    /// Where the branch is; nothing when the repository is gone.
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
    /// Who opened it; nothing when the account is gone.
    pub user: Option<Account>,
    /// When.
    pub created_at: Timestamp,
    /// When something last happened to it.
    #[serde(default)]
    pub updated_at: Option<Timestamp>,
    /// What is to be merged.
    pub head: End,
    /// Into what.
    pub base: End,
    /// Where people read it.
    #[serde(default)]
    pub html_url: String,
}

impl Pull {
    /// Whether its branch is in the repository with this numeric id.
    pub fn is_from(&self, repository: u64) -> bool {
        self.head.repo.as_ref().is_some_and(|head| head.id == repository)
    }
}

/// One review as GitHub has it now.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ReviewRecord {
    /// Its id.
    pub id: u64,
    /// Who; nothing when the account is gone.
    pub user: Option<Account>,
    /// `APPROVED`, `CHANGES_REQUESTED`, `COMMENTED`, `DISMISSED`, `PENDING`.
    pub state: String,
    /// What they wrote.
    #[serde(default)]
    pub body: Option<String>,
    /// The commit that they looked at.
    pub commit_id: Option<String>,
    /// When; nothing while it is a draft.
    #[serde(default)]
    pub submitted_at: Option<Timestamp>,
}

/// What an event on a pull request says of a dismissal.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Dismissal {
    /// What the review was before: `approved`, `changes_requested`, `commented`.
    pub state: String,
    /// Which review.
    pub review_id: u64,
}

/// One thing that happened to a pull request.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct IssueEvent {
    /// `review_dismissed` …
    #[serde(default)]
    pub event: String,
    /// For dismissals.
    #[serde(default)]
    pub dismissed_review: Option<Dismissal>,
}

/// What a ref points at.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Reference {
    /// `refs/heads/main`.
    #[serde(rename = "ref")]
    pub name: String,
    /// Where it points.
    pub object: Object,
}

/// An object of git.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Object {
    /// Its id.
    pub sha: String,
}

/// A commit of git.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Commit {
    /// Its id.
    pub sha: String,
    /// What it holds.
    pub tree: Object,
    /// The commits before it.
    #[serde(default)]
    pub parents: Vec<Object>,
}

/// One entry of a tree.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct TreeEntry {
    /// Where, from the tree's root.
    pub path: String,
    /// `100644`, `100755`, `040000`, `160000`, `120000`.
    pub mode: String,
    /// `blob`, `tree`, `commit`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its object.
    #[serde(default)]
    pub sha: String,
    /// Its length in bytes, for blobs.
    #[serde(default)]
    pub size: Option<u64>,
}

/// A tree, with all trees in it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Tree {
    /// Its id.
    pub sha: String,
    /// Everything in it.
    pub tree: Vec<TreeEntry>,
    /// Whether GitHub left something out.
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

/// A commit where only its identity matters.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct CommitId {
    /// Its id.
    pub sha: String,
}

/// One changed file.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ChangedFile {
    /// Where it is now.
    pub filename: String,
    /// `added`, `modified`, `removed`, `renamed`, `copied`, `changed`, `unchanged`.
    pub status: String,
    /// Where it was before.
    #[serde(default)]
    pub previous_filename: Option<String>,
}

/// What lies between two commits.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Comparison {
    /// The newest commit that both have.
    pub merge_base_commit: CommitId,
    /// How many commits the head has beyond it.
    pub ahead_by: u64,
    /// How many the base has beyond it.
    pub behind_by: u64,
    /// `ahead`, `behind`, `diverged`, `identical`.
    pub status: String,
    /// What changed from the merge base to the head, at most 300 files.
    #[serde(default)]
    pub files: Vec<ChangedFile>,
}

/// What a dispatch answers where GitHub names the run.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Dispatched {
    /// The run.
    pub workflow_run_id: u64,
    /// Where people see it.
    #[serde(default)]
    pub html_url: String,
}

/// A run of a workflow.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Run {
    /// Its id.
    pub id: u64,
    /// 1 unless somebody ran it again.
    pub run_attempt: u64,
    /// What started it.
    pub event: String,
    /// `queued`, `in_progress`, `completed`, …
    pub status: Option<String>,
    /// `success`, `failure`, `cancelled`, …
    pub conclusion: Option<String>,
    /// The branch it runs on.
    pub head_branch: Option<String>,
    /// The commit it runs at.
    pub head_sha: String,
    /// The workflow's file.
    pub path: String,
    /// The run's name.
    #[serde(default)]
    pub display_title: String,
    /// Who dispatched it.
    pub actor: Option<Account>,
    /// Who made it run this time.
    pub triggering_actor: Option<Account>,
    /// Which repository it belongs to.
    pub repository: RepositoryId,
    /// Where people see it.
    #[serde(default)]
    pub html_url: String,
}

/// A file that a run left behind.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Artifact {
    /// Its id.
    pub id: u64,
    /// Its name.
    pub name: String,
    /// Whether it is gone.
    pub expired: bool,
    /// `sha256:…` over the archive, where GitHub tells.
    #[serde(default)]
    pub digest: Option<String>,
}

/// What the subjects of a repository's ID tokens are made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubjectForm {
    /// Whether it is GitHub's own form.
    pub use_default: bool,
    /// Which claims it is made of, in order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub include_claim_keys: Option<Vec<String>>,
    /// Whether names carry their numeric ids.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub use_immutable_subject: Option<bool>,
    /// What every subject begins with, where GitHub tells.
    #[serde(default, skip_serializing)]
    pub sub_claim_prefix: Option<String>,
}

/// Which branches may use an environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct BranchPolicy {
    /// Protected branches.
    pub protected_branches: bool,
    /// The ones that are listed.
    pub custom_branch_policies: bool,
}

/// An environment.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Environment {
    /// Its id.
    pub id: u64,
    /// Its name.
    pub name: String,
    /// Which branches may use it; all of them where nothing is said.
    pub deployment_branch_policy: Option<BranchPolicy>,
    /// What a job waits for before it begins.
    #[serde(default)]
    pub protection_rules: Vec<ProtectionRule>,
}

/// What stands before the jobs of an environment.
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

/// A ruleset, as its list has it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct RulesetEntry {
    /// Its id.
    pub id: u64,
    /// Its name.
    pub name: String,
    /// `active`, `evaluate`, `disabled`.
    pub enforcement: String,
}

/// A comment on a pull request.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Comment {
    /// Its id.
    pub id: u64,
    /// What it says.
    #[serde(default)]
    pub body: Option<String>,
    /// Who wrote it.
    pub user: Option<Account>,
}
