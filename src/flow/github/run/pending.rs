//! The limit on one person's pending requests, counted on GitHub: earlier open pull requests of the same account, into
//! any branch, whose request has not ended.

use jiff::Timestamp;

use crate::flow::Failure;
use crate::forge::log::JournalIndex;
use crate::forge::request_file;
use crate::forge::request_file::MAX_FILE;
use crate::forge::request_file::RequestFile;
use crate::github::Evidence;
use crate::github::GitHub;
use crate::github::Refusal;
use crate::github::Verified;
use crate::github::api::models::Pull;
use crate::grant::Digest;
use crate::grant::Name;
use crate::grant::Request;
use crate::grant::RequestId;
use crate::judgement::Case;
use crate::judgement::docket::Denial;
use crate::judgement::docket::Docket;
use crate::judgement::docket::Filed;
use crate::judgement::docket::check_room;
use crate::judgement::extend as more;
use crate::judgement::refusal::Refusal as Rule;

/// How many pull requests are read. A person has no good reason for more.
const LOOKED_INTO: usize = 30;

/// Refuses a new request if the person has reached the limit, or has a pending request for the same role and scope, or
/// for more time with the same grant, which is `first`.
///
/// # Errors
/// The request is one too many, or GitHub does not answer.
pub(in crate::flow::github) async fn check(
    github: &GitHub,
    evidence: &Evidence,
    verified: &Verified,
    index: &JournalIndex,
    first: Option<&Request>,
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
        // One app asks for many workloads, which must not block each other. A person is blocked only by their own
        // requests.
        if asked.workload.is_none() {
            return Err(Refusal::from(Rule::TooManyPending).into());
        }
        earlier.sort_by_key(|(pull, _)| std::cmp::Reverse(pull.number));
        earlier.truncate(LOOKED_INTO);
    }
    let mut waiting = Vec::new();
    for (pull, id) in earlier {
        let Some(other) = read(github, &pull, &id).await? else { continue };
        // A request in the log is no longer pending: it is active, or it has ended.
        let decided = index.known(&other.digest).is_some();
        let role = verified.bench.force.role(&other.statement.role);
        let lapsed = role.is_none_or(|role| role.pending.after(pull.created_at) <= now);
        let own = other.statement.header.who == asked.header.who;
        // More time that the grant cannot have was never pending.
        let same_grant = asked.extends().is_some() && asked.extends() == other.statement.extends();
        if same_grant {
            let case = Case { before: verified.before, ..Case::new(&other.statement, &other.signed, now) };
            if more::check(&verified.bench, &case, first).is_err() {
                continue;
            }
        }
        if own && !decided && !lapsed && other.statement.not_after > now {
            waiting.push(other);
        }
    }
    let docket = Waiting { index, requests: waiting };
    Ok(check_room(&docket, &verified.file.digest, asked, now).map_err(Refusal::from)?)
}

/// A person's requests: those that the log knows, and those that wait on pull requests.
struct Waiting<'a> {
    index: &'a JournalIndex,
    requests: Vec<RequestFile>,
}

impl Docket for Waiting<'_> {
    fn with_id(&self, id: &RequestId) -> Option<Digest> {
        self.index.with_id(id)
    }

    fn open_of(&self, who: &Name, now: Timestamp) -> Vec<Filed<'_>> {
        let waiting = self.requests.iter().filter(|file| file.statement.header.who == *who);
        let waiting = waiting.map(|file| Filed::asked(file.digest, &file.statement));
        self.index.open_of(who, now).into_iter().chain(waiting).collect()
    }

    fn denials_of(&self, who: &Name) -> Vec<Denial<'_>> {
        self.index.denials_of(who)
    }

    fn unreviewed_of(&self, who: &Name, now: Timestamp) -> Option<Filed<'_>> {
        self.index.unreviewed_of(who, now)
    }

    fn lost(&self) -> Option<Timestamp> {
        self.index.lost()
    }
}

/// The request in a branch's name.
pub(in crate::flow::github) fn named(pull: &Pull) -> Option<RequestId> {
    let id: RequestId = pull.head.branch.strip_prefix("jit/")?.parse().ok()?;
    (request_file::branch_of(&id) == pull.head.branch).then_some(id)
}

/// The request at the head of a pull request. `None` if there is none with this id.
pub(in crate::flow::github) async fn read(
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
