//! A GitHub repository as authority: every setting on which trust in it depends.

use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::doctor::Finding;
use crate::flow::github::inspect;
use crate::flow::session::github_token;
use crate::github::GitHub;
use crate::github::api::Slug;
use crate::grant::AuthorityAddress;
use crate::secret::Secret;
use crate::system::System;

const PART: &str = "repository";

/// The repository that an authority's name stands for. `None` if it is not one on GitHub.
pub fn repository_of(authority: &str) -> Option<Slug> {
    AuthorityAddress::of(authority).repository().and_then(Slug::parse)
}

/// Checks a repository with the token in `GITHUB_TOKEN` or `GH_TOKEN`. Settings that only administrators see are
/// unknown with other tokens.
pub async fn examine(system: &System, slug: Slug) -> Vec<Finding> {
    let environment = &system.environment;
    let token = ["GITHUB_TOKEN", "GH_TOKEN"].into_iter().find_map(|name| environment.get(name));
    let Some(token) = token.filter(|token| !token.is_empty()) else {
        return vec![
            Finding::unknown(PART, format!("jit cannot check {slug}: there is no token for GitHub"))
                .mend(format!("GITHUB_TOKEN=$(gh auth token) jit doctor github:{slug}")),
        ];
    };
    match github_token::api(system) {
        Ok(api) => with_token(system, &api, slug, Secret::from(token)).await,
        Err(failure) => vec![Finding::of(PART, &failure)],
    }
}

/// Checks the repository that this machine is logged in to, with the token that every other command would use.
pub(in crate::flow) async fn examine_own(client: &Client<'_>, address: &str, slug: Slug) -> Vec<Finding> {
    match github_token::find(client, address).await {
        Ok(Some(found)) => with_token(client.system, client.settings.github_api(), slug, found.token).await,
        Ok(None) => examine(client.system, slug).await,
        Err(failure) => vec![Finding::of(PART, &failure)],
    }
}

async fn with_token(system: &System, api: &str, slug: Slug, token: Secret<String>) -> Vec<Finding> {
    match GitHub::new(api, slug, token, system) {
        Ok(github) => inspect::examine(system, &github).await,
        Err(error) => vec![Finding::of(PART, &Failure::from(error))],
    }
}
