//! The words of a pull request: its title and text, and the comments on it.

use http::Method;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;

use super::GitHub;
use super::GitHubError;
use crate::github::api::models::Account;

/// The account `github-actions[bot]` on github.com.
const ACTIONS_BOT: u64 = 41_898_282;
/// The name of the app GitHub Actions.
const ACTIONS_APP: &str = "github-actions";

/// A comment on a pull request.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Comment {
    /// Its id.
    pub id: u64,
    /// The text.
    #[serde(default)]
    pub body: Option<String>,
    /// Its author.
    pub user: Option<Account>,
    /// When it was written.
    #[serde(default)]
    pub created_at: Option<Timestamp>,
    /// When it was last changed, by anybody.
    #[serde(default)]
    pub updated_at: Option<Timestamp>,
    /// The app that wrote it, if GitHub says so.
    #[serde(default)]
    pub performed_via_github_app: Option<App>,
}

/// A GitHub App.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct App {
    /// Its name in addresses.
    #[serde(default)]
    pub slug: String,
}

impl Comment {
    /// Whether a job of GitHub Actions wrote it with its own token. On github.com, the account has one number; elsewhere
    /// the app's name says so.
    pub fn is_by_actions(&self) -> bool {
        let Some(user) = &self.user else { return false };
        let by_app = self.performed_via_github_app.as_ref().is_some_and(|app| app.slug == ACTIONS_APP);
        user.kind == "Bot" && (user.id == ACTIONS_BOT || by_app)
    }

    /// Whether it is as its author wrote it. Everybody who may write to the repository may change a comment.
    pub fn is_unedited(&self) -> bool {
        self.created_at.is_some() && self.created_at == self.updated_at
    }
}

impl GitHub {
    /// Every comment on a pull request.
    pub async fn comments(&self, number: u64) -> Result<Vec<Comment>, GitHubError> {
        self.list(&self.path(&format!("/issues/{number}/comments"))).await
    }

    /// Comments on a pull request.
    pub async fn create_comment(&self, number: u64, text: &str) -> Result<Comment, GitHubError> {
        let body = json!({ "body": text });
        self.write(Method::POST, &self.path(&format!("/issues/{number}/comments")), &body).await
    }

    /// Deletes a comment.
    pub async fn delete_comment(&self, id: u64) -> Result<(), GitHubError> {
        self.remove(&self.path(&format!("/issues/comments/{id}"))).await
    }

    /// Replaces the title and the text of a pull request.
    pub async fn describe_pull(&self, number: u64, title: &str, text: &str) -> Result<(), GitHubError> {
        let body = json!({ "title": title, "body": text });
        self.change(Method::PATCH, &self.path(&format!("/pulls/{number}")), &body).await.map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_is_the_jobs_by_number_or_app_and_never_by_name() {
        let comment = |user: &str, more: &str| -> Comment {
            serde_json::from_str(&format!("{{\"id\":1,\"user\":{user},\"body\":\"x\"{more}}}")).unwrap()
        };
        let bot = r#"{"id":41898282,"login":"github-actions[bot]","type":"Bot"}"#;
        let elsewhere = r#"{"id":7,"login":"github-actions[bot]","type":"Bot"}"#;
        let app = r#","performed_via_github_app":{"id":9,"slug":"github-actions"}"#;
        assert!(comment(bot, "").is_by_actions() && comment(elsewhere, app).is_by_actions());
        for (user, more) in [
            (elsewhere, ""),
            (elsewhere, r#","performed_via_github_app":{"id":9,"slug":"other"}"#),
            (r#"{"id":7,"login":"github-actions[bot]","type":"User"}"#, app),
            ("null", app),
        ] {
            assert!(!comment(user, more).is_by_actions(), "{user} {more}");
        }
        let at = |created: &str, updated: &str| {
            comment(bot, &format!(",\"created_at\":\"{created}\",\"updated_at\":\"{updated}\"")).is_unedited()
        };
        assert!(at("2026-11-23T12:00:00Z", "2026-11-23T12:00:00Z"));
        assert!(!at("2026-11-23T12:00:00Z", "2026-11-23T12:00:01Z") && !comment(bot, "").is_unedited());
    }
}
