//! Fetches the data for a decision. Data that is read in several calls is read at commit ids, so that it cannot change
//! in between.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Evidence;
use super::GitHub;
use super::GitHubError;
use super::RequestEvidence;
use crate::forge::request_file;
use crate::forge::request_file::MAX_FILE;
use crate::github::api::models::Repository;
use crate::github::api::models::Run;
use crate::github::api::requests::Reviewed;
use crate::github::api::requests::Survey;
use crate::github::api::requests::Which;
use crate::github::between::Between;
use crate::github::evidence::Dispatch;
use crate::github::id_token::KeySet;
use crate::github::id_token::TokenError;
use crate::github::log_store;
use crate::github::tree::Reader;
use crate::github::tree::TreeError;
use crate::grant::Digest;
use crate::grant::RequestId;
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
    /// GitHub does not know the pull request.
    #[error("there is no pull request {0}")]
    NoPull(u64),
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
            Self::NoMain | Self::NoPull(_) | Self::Object => None,
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
    /// The newest commits of `main`, its head first.
    pub newest: Vec<String>,
    /// The tree of the head commit of `main`.
    pub tree: Option<String>,
    /// The head commit of the log's branch. `None` if there is none.
    pub log: Option<String>,
    /// The policy on `main`.
    pub force: Arc<Policy>,
}

impl Ground {
    /// Reads the heads of the branches and the policy on `main`.
    ///
    /// # Errors
    /// GitHub does not answer, or the policy does not load.
    pub async fn survey(reader: &mut Reader<'_>) -> Result<Self, GatherError> {
        let survey = reader.github().survey().await?;
        Self::of(reader, survey).await
    }

    /// The same from what a query has found.
    ///
    /// # Errors
    /// The policy does not load.
    pub async fn of(reader: &mut Reader<'_>, survey: Survey) -> Result<Self, GatherError> {
        let Survey { repository, main, newest, tree, log, .. } = survey;
        let main = main.ok_or(GatherError::NoMain)?;
        check_ids(&[&main])?;
        if let Some(log) = &log {
            check_ids(&[log])?;
        }
        let force = reader.shared_policy(&main).await?;
        Ok(Self { repository, main, newest, tree, log, force })
    }
}

/// A pull request with its reviews, and the numbers of all pull requests from its branch.
#[derive(Debug, Clone)]
pub struct Found {
    /// The pull request.
    pub reviewed: Reviewed,
    /// All pull requests from its branch, closed ones too.
    pub pulls: Vec<u64>,
}

impl Found {
    /// The pull request with a number, among all those whose branch has one name. A fork may have a branch of that name,
    /// whose pull requests are not this branch's.
    pub fn among(all: &[Reviewed], repository: u64, number: u64) -> Option<Self> {
        let reviewed = all.iter().find(|found| found.pull.number == number)?.clone();
        let branch = &reviewed.pull.head.branch;
        let own =
            all.iter().filter(|found| found.pull.is_from(repository) && found.pull.head.branch == *branch);
        let mut pulls: Vec<u64> =
            own.map(|found| found.pull.number).chain(reviewed.siblings.iter().copied()).collect();
        pulls.sort_unstable();
        pulls.dedup();
        Some(Self { reviewed, pulls })
    }
}

/// A list names the others of the same branch, too, as long as there is that branch.
impl From<Reviewed> for Found {
    fn from(reviewed: Reviewed) -> Self {
        let number = reviewed.pull.number;
        let mut pulls = reviewed.siblings.clone();
        if !pulls.contains(&number) {
            pulls.push(number);
        }
        Self { reviewed, pulls }
    }
}

/// A run and its pull request: the two answers that show whether its actor may start it.
#[derive(Clone)]
pub struct Started {
    /// The run.
    pub run: Run,
    /// The repository.
    pub survey: Survey,
    /// The pull request.
    pub found: Found,
}

impl Started {
    /// Fetches both, with two calls to GitHub.
    ///
    /// # Errors
    /// GitHub does not answer.
    pub async fn fetch(github: &GitHub, dispatch: &Dispatch, run: u64) -> Result<Self, GatherError> {
        let run = github.run(run).await?;
        let branch = request_file::branch_of(&dispatch.digest.request_id());
        let (survey, all) = github.requests(Which::Request(dispatch.pull, &branch)).await?;
        let found = Found::among(&all, survey.repository.id, dispatch.pull);
        Ok(Self { run, found: found.ok_or(GatherError::NoPull(dispatch.pull))?, survey })
    }
}

/// The same through a reader with the shared data, for a run that also reads other requests.
///
/// # Errors
/// As for [`gather_request`].
pub async fn gather_with(
    reader: &mut Reader<'_>,
    started: Started,
) -> Result<(Evidence, Ground), GatherError> {
    let Started { run, survey, found } = started;
    bring(reader, &survey, &found).await;
    let ground = Ground::of(reader, survey).await?;
    let asked = gather_request(reader, &ground, found).await?;
    Ok((Evidence { run, asked }, ground))
}

/// Fetches at once what the decision will read: the branches' heads, the policy, the request and its events.
pub async fn bring(reader: &Reader<'_>, survey: &Survey, found: &Found) {
    bring_all(reader, survey, std::slice::from_ref(&found.reviewed)).await;
}

/// The same for several requests.
pub async fn bring_all(reader: &Reader<'_>, survey: &Survey, all: &[Reviewed]) {
    let (main, log) = (survey.main.as_deref(), survey.log.as_deref());
    let mut heads: Vec<&str> = main.into_iter().chain(log).collect();
    let (mut paths, mut requests) = (Vec::new(), Vec::new());
    for Reviewed { pull, .. } in all {
        let id = pull.head.branch.strip_prefix("jit/").and_then(|id| id.parse::<RequestId>().ok());
        let Some(id) = id.filter(|_| pull.is_from(survey.repository.id)) else { continue };
        let head = pull.head.sha.as_str();
        heads.push(head);
        // Few of those that are closed are read.
        requests.extend(Some(head).filter(|_| pull.state == "open"));
        paths.push((head, request_file::path_of(&id)));
        paths.extend(log.map(|log| (log, log_store::path_of(&id))));
    }
    if check_ids(&heads).is_err() {
        return;
    }
    let index = log.map(|log| (log, log_store::INDEX));
    let paths = paths.iter().map(|(commit, path)| (*commit, path.as_str()));
    let files: Vec<(&str, &str)> = paths.chain(index).collect();
    let policies: Vec<&str> = main.into_iter().collect();
    reader.bring(&heads, &policies, &files, (&requests, &survey.newest)).await;
}

/// Fetches everything about the request in a pull request, for any reader.
///
/// # Errors
/// GitHub does not answer, or the policy that it was made under does not load.
pub async fn gather_request(
    reader: &mut Reader<'_>,
    ground: &Ground,
    found: Found,
) -> Result<RequestEvidence, GatherError> {
    let github = reader.github();
    let Ground { repository, main, newest, force, .. } = ground.clone();
    let Found { reviewed: Reviewed { pull, reviews, dismissed, .. }, pulls } = found;
    let head = pull.head.sha.clone();
    check_ids(&[&main, &head])?;
    let Between { base, files } = reader.between(&main, &newest, &head).await?;
    check_ids(&[&base])?;
    let under = if base == main { Arc::clone(&force) } else { reader.shared_policy(&base).await? };
    let path = match files.as_slice() {
        [file] => request_file::id_in(&file.filename).map(|id| request_file::path_of(&id)),
        _ => None,
    };
    let (mut content, mut read) = (None, BTreeMap::new());
    if let Some(path) = &path {
        let tree = reader.listing(&head).await?;
        content = reader.file(&tree, path, MAX_FILE).await?;
        let mut commits: Vec<&String> =
            reviews.iter().filter_map(|review| review.commit_id.as_ref()).collect();
        commits.sort();
        commits.dedup();
        for commit in commits {
            if let Some(digest) = digest_at(reader, commit, &head, path, content.as_deref()).await? {
                read.insert(commit.clone(), digest);
            }
        }
    }
    let keys = keys_for(github, content.as_deref(), &force).await?;
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
        reviewed: read,
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
