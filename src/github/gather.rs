//! Fetches the data for a decision. Data that is read in several calls is read at commit ids, so that it cannot change
//! in between.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Evidence;
use super::GitHub;
use super::GitHubError;
use super::MAIN;
use super::RequestEvidence;
use crate::forge::request_file;
use crate::forge::request_file::MAX_FILE;
use crate::github::api::models::Pull;
use crate::github::api::models::Repository;
use crate::github::api::models::Run;
use crate::github::id_token::KeySet;
use crate::github::id_token::TokenError;
use crate::github::tree::Reader;
use crate::github::tree::TreeError;
use crate::grant::Digest;
use crate::policy::Policy;

/// Why the evidence cannot be fetched.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GatherError {
    /// A call to GitHub failed.
    #[error(transparent)]
    GitHub(#[from] GitHubError),
    /// A policy cannot be read.
    #[error(transparent)]
    Policy(#[from] TreeError),
    /// The keys of a workload's issuer cannot be fetched.
    #[error(transparent)]
    Keys(#[from] TokenError),
    /// There is no branch `main`.
    #[error("the repository has no branch main")]
    NoMain,
    /// GitHub returned an invalid git object id.
    #[error("GitHub named an object that cannot be one of git's")]
    Object,
}

impl GatherError {
    /// How to fix it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::GitHub(error) | Self::Policy(TreeError::GitHub(error)) => error.hint(),
            Self::Policy(_) => Some("`jit policy check` says what is wrong".to_owned()),
            Self::Keys(error) => error.hint(),
            Self::NoMain | Self::Object => None,
        }
    }
}

/// The data that all requests of a repository share.
#[derive(Clone)]
pub struct Ground {
    /// The access repository.
    pub repository: Repository,
    /// The head commit of `main`.
    pub main: String,
    /// The policy there.
    pub force: Arc<Policy>,
}

impl Ground {
    /// Reads the head of `main` and its policy.
    ///
    /// # Errors
    /// GitHub does not answer, or the policy does not load.
    pub async fn survey(reader: &mut Reader<'_>) -> Result<Self, GatherError> {
        let repository = reader.github().repository().await?;
        let main = reader.github().branch(MAIN).await?.ok_or(GatherError::NoMain)?;
        check_ids(&[&main])?;
        let force = reader.shared_policy(&main).await?;
        Ok(Self { repository, main, force })
    }
}

/// A run and its pull request: the two answers that show whether its actor may start it.
#[derive(Clone)]
pub struct Started {
    /// The run.
    pub run: Run,
    /// The pull request.
    pub pull: Pull,
}

impl Started {
    /// Fetches both, with two calls to GitHub.
    ///
    /// # Errors
    /// GitHub does not answer.
    pub async fn fetch(github: &GitHub, pull: u64, run: u64) -> Result<Self, GatherError> {
        Ok(Self { run: github.run(run).await?, pull: github.pull(pull).await? })
    }
}

/// The same through a reader with the shared data, for a run that also reads other requests.
///
/// # Errors
/// As for [`gather`].
pub async fn gather_with(
    reader: &mut Reader<'_>,
    started: Started,
) -> Result<(Evidence, Ground), GatherError> {
    let Started { run, pull } = started;
    let ground = Ground::survey(reader).await?;
    let asked = gather_request(reader, &ground, pull).await?;
    Ok((Evidence { run, asked }, ground))
}

/// Fetches everything about the request in a pull request, for any reader.
///
/// # Errors
/// GitHub does not answer, or the policy that it was made under does not load.
pub async fn gather_request(
    reader: &mut Reader<'_>,
    ground: &Ground,
    pull: Pull,
) -> Result<RequestEvidence, GatherError> {
    let github = reader.github();
    let Ground { repository, main, force } = ground.clone();
    let head = pull.head.sha.clone();
    check_ids(&[&main, &head])?;
    let comparison = github.compare(&main, &head).await?;
    let base = comparison.merge_base_commit.sha;
    check_ids(&[&base])?;
    let reviews = github.reviews(pull.number).await?;
    let under = if base == main { Arc::clone(&force) } else { reader.shared_policy(&base).await? };
    let path = match comparison.files.as_slice() {
        [file] => request_file::id_in(&file.filename).map(|id| request_file::path_of(&id)),
        _ => None,
    };
    let (mut content, mut reviewed, mut pulls) = (None, BTreeMap::new(), vec![pull.number]);
    if let Some(path) = &path {
        if let Some(id) = request_file::id_in(path) {
            let all = github.pulls_from(repository.id, &request_file::branch_of(&id)).await?;
            pulls = all.into_iter().map(|pull| pull.number).collect();
        }
        let tree = reader.listing(&head).await?;
        content = reader.file(&tree, path, MAX_FILE).await?;
        let mut commits: Vec<&String> =
            reviews.iter().filter_map(|review| review.commit_id.as_ref()).collect();
        commits.sort();
        commits.dedup();
        for commit in commits {
            if let Some(digest) = digest_at(reader, commit, &head, path, content.as_deref()).await? {
                reviewed.insert(commit.clone(), digest);
            }
        }
    }
    let mut dismissed = BTreeMap::new();
    if reviews.iter().any(|review| review.state == "DISMISSED") {
        for event in github.issue_events(pull.number).await? {
            if let Some(dismissal) = event.dismissed_review {
                dismissed.insert(dismissal.review_id, dismissal.state);
            }
        }
    }
    let keys = keys_for(github, content.as_deref(), &force).await?;
    let files = comparison.files;
    Ok(RequestEvidence {
        repository,
        main,
        pull,
        pulls,
        files,
        base,
        content,
        reviews,
        dismissed,
        reviewed,
        keys,
        force,
        under,
    })
}

/// The issuer's current keys if a workload asks, because its token is the proof then.
async fn keys_for(
    github: &GitHub,
    content: Option<&[u8]>,
    force: &Policy,
) -> Result<Option<KeySet>, GatherError> {
    let file = content.and_then(|content| request_file::read(content).ok());
    if file.is_none_or(|file| file.statement.workload.is_none()) {
        return Ok(None);
    }
    let issuer = force.forge().cloned().unwrap_or_default().issuer;
    Ok(Some(github.issuer_keys(&issuer).await?))
}

/// The digest of the request's file at a reviewed commit. `None` if the file or the commit does not exist.
async fn digest_at(
    reader: &mut Reader<'_>,
    commit: &str,
    head: &str,
    path: &str,
    content: Option<&[u8]>,
) -> Result<Option<Digest>, GatherError> {
    let digest = |bytes: &[u8]| request_file::read(bytes).ok().map(|file| file.digest);
    if commit == head {
        return Ok(content.and_then(digest));
    }
    check_ids(&[commit])?;
    let tree = match reader.listing(commit).await {
        Ok(tree) => tree,
        Err(TreeError::GitHub(error)) if error.is_missing() || error.is_conflict() => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    Ok(reader.file(&tree, path, MAX_FILE).await?.as_deref().and_then(digest))
}

/// Refuses ids that could break out of a URL path: an id has 40 or 64 hexadecimal characters.
fn check_ids(ids: &[&str]) -> Result<(), GatherError> {
    let fits = |id: &&str| matches!(id.len(), 40 | 64) && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    if ids.iter().all(fits) { Ok(()) } else { Err(GatherError::Object) }
}
