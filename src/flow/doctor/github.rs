//! A repository on GitHub that decides: every setting that the trust in it rests on.

use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::ci::inspect;
use crate::flow::doctor::Finding;
use crate::flow::github_token;
use crate::forge::GitHub;
use crate::forge::github::Slug;
use crate::system::System;

const PART: &str = "repository";

/// The repository that an authority's name means, if it is one on GitHub.
pub fn repository_of(authority: &str) -> Option<Slug> {
    authority.strip_prefix("github:").and_then(Slug::parse)
}

/// Looks at a repository with the token that `jit login` would use: the settings that only administrators see are not known
/// to anybody else's.
pub async fn examine(system: &System, slug: Slug) -> Vec<Finding> {
    let found = match Client::open(system) {
        Ok(client) => github_token::find(&client, &format!("github:{slug}")).await.unwrap_or_default(),
        Err(failure) => return vec![Finding::of(PART, &failure)],
    };
    let Some(found) = found else {
        return vec![
            Finding::unknown(PART, format!("{slug} is not looked at: there is no token for GitHub"))
                .mend(format!("GITHUB_TOKEN=$(gh auth token) jit doctor github:{slug}")),
        ];
    };
    let github = github_token::api(system)
        .and_then(|api| GitHub::new(&api, slug, found.token, system).map_err(Failure::from));
    match github {
        Ok(github) => inspect::examine(system, &github).await,
        Err(failure) => vec![Finding::of(PART, &failure)],
    }
}
