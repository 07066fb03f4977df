//! Repositories, refs, and git objects.

use data_encoding::BASE64;
use http::Method;
use serde_json::Value;
use serde_json::json;

use super::GitHub;
use super::GitHubError;
use crate::github::api::models::Account;
use crate::github::api::models::Blob;
use crate::github::api::models::Commit;
use crate::github::api::models::CommitId;
use crate::github::api::models::Comparison;
use crate::github::api::models::Reference;
use crate::github::api::models::Repository;
use crate::github::api::models::Tree;

/// One commit on a branch (GitHub, "createCommitOnBranch").
const COMMIT_ON: &str = "
mutation Commit($input: CreateCommitOnBranchInput!) {
  createCommitOnBranch(input: $input) { commit { oid } }
}";

/// A file for a new tree.
#[derive(Debug, Clone)]
pub struct NewFile {
    /// Its path.
    pub path: String,
    /// Its text.
    pub content: String,
}

impl GitHub {
    /// The token's owner.
    pub async fn user(&self) -> Result<Account, GitHubError> {
        self.get("/user").await
    }

    /// An account by its numeric id, with its current login. `None` if it is deleted.
    pub async fn account(&self, id: u64) -> Result<Option<Account>, GitHubError> {
        self.find(&format!("/user/{id}")).await
    }

    /// The repository.
    pub async fn repository(&self) -> Result<Repository, GitHubError> {
        self.get(&self.path("")).await
    }

    /// The commit that a branch points at. `None` if there is no such branch.
    pub async fn branch(&self, branch: &str) -> Result<Option<String>, GitHubError> {
        let wanted = format!("refs/heads/{branch}");
        let found: Option<Reference> = self.find(&self.path(&format!("/git/ref/heads/{branch}"))).await?;
        Ok(found.filter(|reference| reference.name == wanted).map(|reference| reference.object.sha))
    }

    /// Creates a branch. The error is a conflict if it exists.
    pub async fn create_branch(&self, branch: &str, commit: &str) -> Result<(), GitHubError> {
        let body = json!({ "ref": format!("refs/heads/{branch}"), "sha": commit });
        self.change(Method::POST, &self.path("/git/refs"), &body).await.map(|_| ())
    }

    /// Moves a branch, never by force. The error is a conflict if another writer was faster.
    pub async fn advance_branch(&self, branch: &str, commit: &str) -> Result<(), GitHubError> {
        let body = json!({ "sha": commit, "force": false });
        self.change(Method::PATCH, &self.path(&format!("/git/refs/heads/{branch}")), &body).await.map(|_| ())
    }

    /// A commit.
    pub async fn commit(&self, id: &str) -> Result<Commit, GitHubError> {
        self.get(&self.path(&format!("/git/commits/{id}"))).await
    }

    /// Creates a commit.
    pub async fn create_commit(
        &self,
        message: &str,
        tree: &str,
        parents: &[&str],
    ) -> Result<String, GitHubError> {
        let body = json!({ "message": message, "tree": tree, "parents": parents });
        let made: CommitId = self.write(Method::POST, &self.path("/git/commits"), &body).await?;
        Ok(made.sha)
    }

    /// The tree of a commit or of a tree, read recursively.
    pub async fn tree(&self, id: &str) -> Result<Tree, GitHubError> {
        self.get(&self.path(&format!("/git/trees/{id}?recursive=1"))).await
    }

    /// Creates a tree: these files over the entries of another tree.
    pub async fn create_tree(&self, base: Option<&str>, files: &[NewFile]) -> Result<String, GitHubError> {
        let entries: Vec<Value> = files
            .iter()
            .map(|file| json!({ "path": file.path, "mode": "100644", "type": "blob", "content": file.content }))
            .collect();
        let mut body = json!({ "tree": entries });
        if let Some(base) = base {
            body["base_tree"] = json!(base);
        }
        let made: CommitId = self.write(Method::POST, &self.path("/git/trees"), &body).await?;
        Ok(made.sha)
    }

    /// Adds a commit with these files to a branch, if the branch is still at `head`: a compare-and-set in one call. The error
    /// is a conflict if another writer was faster.
    ///
    /// # Errors
    /// The branch moved, or GitHub refuses it.
    pub async fn commit_on(
        &self,
        branch: &str,
        head: &str,
        message: &str,
        files: &[NewFile],
    ) -> Result<(), GitHubError> {
        let additions: Vec<Value> = files
            .iter()
            .map(|file| json!({ "path": file.path, "contents": BASE64.encode(file.content.as_bytes()) }))
            .collect();
        // GitHub puts an empty line between the first line and the others.
        let (headline, body) = message.split_once('\n').unwrap_or((message, ""));
        let input = json!({
            "branch": { "repositoryNameWithOwner": self.slug.to_string(), "branchName": branch },
            "message": { "headline": headline, "body": body },
            "fileChanges": { "additions": additions },
            "expectedHeadOid": head,
        });
        self.perform::<Value>(COMMIT_ON, &json!({ "input": input })).await.map(|_| ())
    }

    /// The bytes of a blob.
    pub async fn blob(&self, id: &str) -> Result<Vec<u8>, GitHubError> {
        let path = self.path(&format!("/git/blobs/{id}"));
        let blob: Blob = self.get(&path).await?;
        open(blob, &path)
    }

    /// The bytes of a file in a commit, if it exists. At most one mebibyte (GitHub, "Get repository content").
    pub async fn content(&self, path: &str, commit: &str) -> Result<Option<Vec<u8>>, GitHubError> {
        let path = self.path(&format!("/contents/{path}?ref={commit}"));
        let found: Option<Blob> = self.find(&path).await?;
        found.map(|blob| open(blob, &path)).transpose()
    }

    /// Compares two commits, by their ids.
    pub async fn compare(&self, base: &str, head: &str) -> Result<Comparison, GitHubError> {
        self.get(&self.path(&format!("/compare/{base}...{head}"))).await
    }
}

/// Decodes the bytes of a blob.
fn open(blob: Blob, path: &str) -> Result<Vec<u8>, GitHubError> {
    let unreadable = || GitHubError::Unreadable {
        asked: format!("GET {}", path.split('?').next().unwrap_or_default()),
        cause: "its content is not base64".to_owned(),
    };
    match blob.encoding.as_str() {
        "base64" => {
            let packed: String = blob.content.split_ascii_whitespace().collect();
            BASE64.decode(packed.as_bytes()).map_err(|_| unreadable())
        }
        "utf-8" => Ok(blob.content.into_bytes()),
        _ => Err(unreadable()),
    }
}
