//! Self-hosted runners: those of the repository, and those of its organisation that it may use.

use serde::Deserialize;

use super::GitHub;
use super::GitHubError;
use crate::github::api::settings::segment;
use crate::github::api::transport::LONGEST_PAGE;

/// A self-hosted runner.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Runner {
    /// Its id.
    pub id: u64,
    /// Its name.
    pub name: String,
    /// Its labels. A job runs on a runner that has all labels of the job.
    pub labels: Vec<Label>,
}

/// A label of a runner.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Label {
    /// Its name, compared case-insensitively.
    pub name: String,
}

#[derive(Deserialize)]
struct Runners {
    runners: Vec<Runner>,
}

#[derive(Deserialize)]
struct Groups {
    runner_groups: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    id: u64,
}

impl GitHub {
    /// The repository's own runners.
    pub async fn runners(&self) -> Result<Vec<Runner>, GitHubError> {
        self.pages(&self.path("/actions/runners"), LONGEST_PAGE, |page: Runners| page.runners).await
    }

    /// The runners of the organisation and its enterprise that the repository may use.
    pub async fn lent_runners(&self) -> Result<Vec<Runner>, GitHubError> {
        let groups = format!("/orgs/{}/actions/runner-groups", self.slug.owner);
        let visible = format!("{groups}?visible_to_repository={}", segment(&self.slug.name));
        let found = self.pages(&visible, LONGEST_PAGE, |page: Groups| page.runner_groups).await?;
        let mut runners = Vec::new();
        for Group { id } in found {
            let path = format!("{groups}/{id}/runners");
            runners.extend(self.pages(&path, LONGEST_PAGE, |page: Runners| page.runners).await?);
        }
        Ok(runners)
    }
}
