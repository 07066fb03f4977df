//! How many requests of one person may wait at once (trust.md §2.4), counted on GitHub: open pull requests of the same account,
//! into any branch, that came before and hold a request which nothing has ended.

use jiff::Timestamp;

use crate::flow::Failure;
use crate::forge::Evidence;
use crate::forge::GitHub;
use crate::forge::Refusal;
use crate::forge::Verified;
use crate::forge::github::models::Pull;
use crate::forge::log::Index;
use crate::forge::request_file;
use crate::forge::request_file::MAX_FILE;
use crate::forge::request_file::RequestFile;
use crate::grant::RequestId;
use crate::grant::statement::Way;

/// The most requests of a person that may wait.
const MOST: usize = 10;
/// How many pull requests are looked into. Who has more of them open has them for no good reason.
const LOOKED_INTO: usize = 30;

/// Refuses a new request where as many of the same person wait, or one for the same role and scope.
///
/// # Errors
/// It is one too many, or GitHub does not answer.
pub(super) async fn check(
    github: &GitHub,
    evidence: &Evidence,
    verified: &Verified,
    index: &Index,
    now: Timestamp,
) -> Result<(), Failure> {
    let Some(author) = evidence.pull.user.as_ref().map(|user| user.id) else { return Ok(()) };
    let is_earlier = |pull: &Pull| {
        let own = pull.user.as_ref().is_some_and(|user| user.id == author);
        own && pull.is_from(evidence.repository.id) && pull.number < evidence.pull.number
    };
    let mut earlier: Vec<(Pull, RequestId)> = github
        .open_pulls_anywhere()
        .await?
        .into_iter()
        .filter(is_earlier)
        .filter_map(|pull| named(&pull).map(|id| (pull, id)))
        .collect();
    let asked = &verified.file.statement;
    if earlier.len() > LOOKED_INTO {
        // One app asks for many workloads, which must not stand in each other's way; a person has only themselves to blame.
        if asked.workload.is_none() {
            return Err(too_many(earlier.len()).into());
        }
        earlier.sort_by_key(|(pull, _)| std::cmp::Reverse(pull.number));
        earlier.truncate(LOOKED_INTO);
    }
    let mut waiting = 0;
    for (pull, id) in earlier {
        let Some(other) = read(github, &pull, &id).await? else { continue };
        // Whatever the log knows waits no more: it is in use, or it has ended.
        let decided = index.known(&other.digest).is_some();
        let role = verified.bench.force.role(&other.statement.role);
        let lapsed = role.is_none_or(|role| role.pending.after(pull.created_at) <= now);
        if decided
            || lapsed
            || other.statement.not_after <= now
            || other.statement.header.who != asked.header.who
        {
            continue;
        }
        waiting += 1;
        // Each run of a workload asks for itself: what nobody agreed to for one commit does not hold up the next.
        let same = other.statement.role == asked.role
            && other.statement.workload == asked.workload
            && other.statement.scope.as_ref().map(|scope| &scope.name)
                == asked.scope.as_ref().map(|scope| &scope.name);
        if same && asked.way == Way::Request && other.statement.way == Way::Request {
            let cause = format!(
                "request {id} waits for the same role already: use it, or close pull request {}",
                pull.number
            );
            return Err(Refusal::Log(cause).into());
        }
    }
    if waiting < MOST { Ok(()) } else { Err(too_many(waiting).into()) }
}

fn too_many(count: usize) -> Refusal {
    Refusal::Log(format!(
        "{count} requests of the same person wait already, and {MOST} may: close the pull requests of some"
    ))
}

/// The request that a branch is named after.
pub(super) fn named(pull: &Pull) -> Option<RequestId> {
    let id: RequestId = pull.head.branch.strip_prefix("jit/")?.parse().ok()?;
    (request_file::branch_of(&id) == pull.head.branch).then_some(id)
}

/// The request at the head of a pull request; nothing where there is none under this name.
pub(super) async fn read(
    github: &GitHub,
    pull: &Pull,
    id: &RequestId,
) -> Result<Option<RequestFile>, Failure> {
    let head = &pull.head.sha;
    if !head.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(None);
    }
    let content = github.content(&request_file::path_of(id), head).await?;
    let content = content.filter(|content| content.len() <= MAX_FILE);
    let file = content.and_then(|content| request_file::read(&content).ok());
    Ok(file.filter(|file| file.digest.request_id() == *id))
}
