//! The limit on one person's pending requests, counted on GitHub: earlier open pull requests of the same account, into
//! any branch, whose request has not ended.

use jiff::SignedDuration;
use jiff::Timestamp;

use crate::flow::Failure;
use crate::forge::log::JournalIndex;
use crate::forge::log::Known;
use crate::forge::request_file;
use crate::forge::request_file::MAX_FILE;
use crate::forge::request_file::RequestFile;
use crate::github::Evidence;
use crate::github::Refusal;
use crate::github::Verified;
use crate::github::api::models::Pull;
use crate::github::api::requests::Which;
use crate::github::gather::GatherError;
use crate::github::tree::Reader;
use crate::grant::Digest;
use crate::grant::Name;
use crate::grant::Request;
use crate::grant::RequestId;
use crate::grant::statement::RequestStatement;
use crate::judgement::Case;
use crate::judgement::clocks::MAX_PENDING;
use crate::judgement::docket::Denial;
use crate::judgement::docket::Docket;
use crate::judgement::docket::Filed;
use crate::judgement::docket::check_room;
use crate::judgement::extend as more;
use crate::judgement::refusal::Refusal as Rule;

/// The end of a request is remembered for long if it could still be used after this time.
const FAR: SignedDuration = SignedDuration::from_hours(72);

/// How many pull requests are read. A person has no good reason for more.
const LOOKED_INTO: usize = 30;

/// Refuses a new request if the person has reached the limit, or has a pending request for the same role and scope, or
/// for more time with the same grant, which is `first`.
///
/// # Errors
/// The request is one too many, or GitHub does not answer.
pub(in crate::flow::github) async fn check(
    reader: &mut Reader<'_>,
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
    // Into any branch, because its author can change the base at any time.
    let (_, open) = reader.github().requests(Which::Open).await?;
    let mut earlier: Vec<(Pull, RequestId)> = open
        .into_iter()
        .map(|found| found.pull)
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
    let paths: Vec<(&str, String)> =
        earlier.iter().map(|(pull, id)| (pull.head.sha.as_str(), request_file::path_of(id))).collect();
    let heads: Vec<&str> = paths.iter().map(|(head, _)| *head).collect();
    let files: Vec<(&str, &str)> = paths.iter().map(|(head, path)| (*head, path.as_str())).collect();
    reader.bring(&heads, &[], &files, (&[], &[])).await;
    let mut waiting = Vec::new();
    for (pull, id) in earlier {
        let Some(other) = read(reader, &pull, &id).await? else { continue };
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

/// Refuses to record the end of a request that no run has recorded before, if the person has had too many ended that were
/// to start far ahead. The log remembers each until it could no longer be used, and every run reads all of them.
///
/// # Errors
/// It is one too many.
pub(in crate::flow::github) fn check_ended(
    index: &JournalIndex,
    asked: &RequestStatement,
    now: Timestamp,
) -> Result<(), Failure> {
    let far = now.saturating_add(FAR).unwrap_or(Timestamp::MAX);
    let lasts =
        |known: &&Known| known.who == asked.header.who && known.state.is_terminal() && known.not_after > far;
    if asked.not_after <= far || index.requests.iter().filter(lasts).count() < MAX_PENDING {
        return Ok(());
    }
    let message = format!(
        "{MAX_PENDING} ended requests of {} that were to start later are in the log",
        asked.header.who
    );
    Err(Failure::refused(message).hint("close its pull request instead: a closed request opens nothing"))
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
    reader: &mut Reader<'_>,
    pull: &Pull,
    id: &RequestId,
) -> Result<Option<RequestFile>, Failure> {
    let head = &pull.head.sha;
    if !head.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(None);
    }
    let content =
        reader.content(head, &request_file::path_of(id), MAX_FILE).await.map_err(GatherError::from)?;
    let file = content.and_then(|content| request_file::read(&content).ok());
    Ok(file.filter(|file| file.digest.request_id() == *id))
}
