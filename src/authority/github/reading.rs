//! Reads one request from GitHub and the log, verified as a run would verify it.

use std::sync::Arc;

use super::GitHubAuthority;
use crate::authority::AuthorityError;
use crate::authority::Listing;
use crate::forge::log::History;
use crate::forge::log::JournalError;
use crate::forge::log::JournalIndex;
use crate::forge::request_file;
use crate::github::MAIN;
use crate::github::RequestEvidence;
use crate::github::Verified;
use crate::github::api::requests::Reviewed;
use crate::github::api::requests::Which;
use crate::github::gather::Found;
use crate::github::gather::GatherError;
use crate::github::gather::Ground;
use crate::github::gather::bring;
use crate::github::gather::bring_all;
use crate::github::gather::gather_request;
use crate::github::log_store::Log;
use crate::github::log_store::LogError;
use crate::github::plan;
use crate::github::tree::Reader;
use crate::github::tree::TreeError;
use crate::github::verify::verify_request;
use crate::grant::Name;
use crate::grant::Request;
use crate::grant::RequestId;
use crate::grant::span::whole_seconds;
use crate::judgement::Judgement;
use crate::judgement::facts::Sources;
use crate::protocol::RequestView;
use crate::system::System;

/// How many of the newest closed pull requests are searched for one request.
const CLOSED: usize = 30;
/// How many closed requests are read fully. More would cost too many API calls for their outcome.
const CLOSED_READ: usize = 5;

/// The most pull requests of one's own that are closed at once because they have expired.
const MOST_TIDIED: u32 = 3;

/// One request: the fetched data, and the state derived from it.
pub struct Reading {
    /// The fetched data.
    pub evidence: RequestEvidence,
    /// The request, its signatures and its reviews, verified.
    pub verified: Verified,
    /// The decision of both policies now.
    pub judgement: Judgement,
    /// Its state, from its events and from what a run would find.
    pub request: Request,
    /// Its history in the log. `None` if no run has recorded anything.
    pub history: Option<History>,
    /// The grant that it extends, if the log has it.
    pub first: Option<Request>,
    /// The log's index.
    pub index: JournalIndex,
    /// The commit of the log that was read.
    pub log: String,
    /// The numeric id of the token's account.
    pub account: u64,
}

impl Reading {
    /// Verifies the fetched data and derives the request's state now.
    ///
    /// # Errors
    /// The data is not a request that could ever be approved.
    async fn weigh(raw: Raw, sources: &Arc<Sources>, system: &System) -> Result<Self, AuthorityError> {
        let Raw { evidence, index, history, first, log, account } = raw;
        let now = whole_seconds(system.clock.now());
        let dispatch = evidence.dispatch()?;
        let mut verified = verify_request(&evidence, &dispatch, account, now)?;
        verified.heed(&index, now);
        verified.recall(history.as_ref());
        if let Some(first) = &first {
            verified.extending(first);
        }
        verified.learn_from(sources, system, now).await;
        let (request, judgement) = plan::standing(&verified, history.as_ref(), first.as_ref(), now)?;
        Ok(Self { evidence, verified, judgement, request, history, first, index, log, account })
    }

    /// Evaluates the same data at the current time, without asking GitHub.
    pub(super) async fn again(self, authority: &GitHubAuthority) -> Result<Self, AuthorityError> {
        let Self { evidence, index, history, first, log, account, .. } = self;
        let raw = Raw { evidence, index, history, first, log, account };
        Self::weigh(raw, &authority.facts, &authority.system).await
    }
}

/// The repository as one look found it.
pub(super) struct Seen<'a> {
    /// Reads what belongs to it.
    pub(super) reader: Reader<'a>,
    /// The heads of the branches and the policy.
    pub(super) ground: Ground,
    /// The numeric id of the token's account.
    pub(super) account: u64,
    /// The log.
    pub(super) log: Log<'a>,
    /// The pull requests that were looked for.
    pulls: Vec<Reviewed>,
    /// The repository's id in the graph.
    pub(super) node: String,
}

/// The fetched data.
struct Raw {
    evidence: RequestEvidence,
    index: JournalIndex,
    history: Option<History>,
    first: Option<Request>,
    log: String,
    account: u64,
}

impl GitHubAuthority {
    /// Reads one request by its id.
    ///
    /// # Errors
    /// There is none, GitHub does not answer, or it could never be approved.
    pub async fn read(&self, id: &RequestId) -> Result<Reading, AuthorityError> {
        let mut reader = self.reader();
        let (survey, all) = self.github.requests(Which::Branch(&request_file::branch_of(id))).await?;
        let repository = survey.repository.id;
        // If there are several, verification refuses each of them.
        let number = all.iter().find(|found| found.pull.is_from(repository)).map(|found| found.pull.number);
        let found = number.and_then(|number| Found::among(&all, repository, number));
        if let Some(found) = &found {
            bring(&reader, &survey, found).await;
        }
        let (ground, account) = self.ground_of(&mut reader, survey).await?;
        let found = found.ok_or_else(|| AuthorityError::Nothing(format!("there is no request {id}")))?;
        let log = self.open_log(&ground).await?;
        self.read_pull(&mut reader, &ground, &log, found, account.id).await
    }

    /// Reads and verifies one pull request.
    pub(super) async fn read_pull(
        &self,
        reader: &mut Reader<'_>,
        ground: &Ground,
        log: &Log<'_>,
        found: Found,
        account: u64,
    ) -> Result<Reading, AuthorityError> {
        let evidence = gather_request(reader, ground, found).await?;
        let dispatch = evidence.dispatch()?;
        let history = log.history(&dispatch.digest).await?;
        let first = match evidence.extends() {
            Some(first) => log.history(&first).await?.map(|history| history.request),
            None => None,
        };
        let raw =
            Raw { evidence, index: log.index.clone(), history, first, log: log.commit.clone(), account };
        Reading::weigh(raw, &self.facts, &self.system).await
    }

    /// The requests of a list, newest first. Leaves out pull requests that are not requests or could never be approved.
    pub(super) async fn list_requests(&self, listing: Listing) -> Result<Vec<RequestView>, AuthorityError> {
        let mut seen = self.look(listing).await?;
        self.list(&mut seen, listing).await
    }

    /// The repository as it is now, with the pull requests that a list is about.
    pub(super) async fn look(&self, listing: Listing) -> Result<Seen<'_>, AuthorityError> {
        let mut reader = self.reader();
        let which = match listing {
            Listing::Inbox | Listing::Open => Which::Open,
            Listing::Mine | Listing::All => Which::OpenAndClosed(CLOSED),
        };
        let (survey, pulls) = self.github.requests(which).await?;
        bring_all(&reader, &survey, &pulls).await;
        let node = survey.node.clone();
        let (ground, account) = self.ground_of(&mut reader, survey).await?;
        let log = self.open_log(&ground).await?;
        Ok(Seen { reader, ground, account: account.id, log, pulls, node })
    }

    /// The requests of a list among what was seen.
    pub(super) async fn list(
        &self,
        seen: &mut Seen<'_>,
        listing: Listing,
    ) -> Result<Vec<RequestView>, AuthorityError> {
        let Seen { reader, ground, account, log, pulls, .. } = seen;
        let mut pulls = std::mem::take(pulls);
        match listing {
            Listing::Inbox => {}
            // Adds every request that the log counts as open, whatever the age of its pull request, to the pending ones
            // with an open pull request.
            Listing::Open => self.add_from_log(log, &mut pulls, |_| true).await?,
            Listing::Mine | Listing::All => {
                self.add_from_log(log, &mut pulls, |who| *who == self.seat.person).await?;
            }
        }
        pulls.retain(|Reviewed { pull, .. }| {
            let own = pull.user.as_ref().map(|user| user.id) == Some(*account);
            let wanted = match listing {
                Listing::Mine => own,
                Listing::Inbox => !own,
                Listing::All | Listing::Open => true,
            };
            let into_main = pull.base.branch == MAIN;
            wanted && into_main && pull.head.branch.starts_with("jit/") && pull.is_from(ground.repository.id)
        });
        pulls.sort_by_key(|found| std::cmp::Reverse(found.pull.number));
        pulls.dedup_by_key(|found| found.pull.number);
        let mut closed = 0;
        pulls.retain(|Reviewed { pull, .. }| {
            let open =
                pull.state == "open" || log.index.requests.iter().any(|known| known.pull == pull.number);
            closed += usize::from(!open);
            open || closed <= CLOSED_READ
        });
        let mut views = Vec::new();
        let mut tidied = 0;
        for found in pulls {
            let number = found.pull.number;
            match self.read_pull(reader, ground, log, found.into(), *account).await {
                Ok(reading) => {
                    let view = self.view(&reading);
                    if listing == Listing::Mine && tidied < MOST_TIDIED && self.tidy(&reading).await {
                        tidied += 1;
                    }
                    if self.concerns(&reading, &view, listing) {
                        views.push(view);
                    }
                }
                Err(AuthorityError::Refused(refusal)) => {
                    tracing::info!(number, %refusal, "a pull request is left out: it is not a valid request");
                }
                Err(error) if is_its_own(&error) => {
                    tracing::warn!(number, %error, "a request is left out");
                }
                Err(error) => return Err(error),
            }
        }
        Ok(views)
    }

    /// Adds the requests of certain people that the log counts as open, whatever the age of their pull requests.
    async fn add_from_log(
        &self,
        log: &Log<'_>,
        pulls: &mut Vec<Reviewed>,
        of: impl Fn(&Name) -> bool + Send,
    ) -> Result<(), AuthorityError> {
        let now = self.now();
        for known in &log.index.requests {
            let open = of(&known.who) && !known.state.is_terminal() && known.not_after > now;
            if open && pulls.iter().all(|found| found.pull.number != known.pull) {
                pulls.extend(self.github.requests(Which::Number(known.pull)).await?.1);
            }
        }
        Ok(())
    }

    /// Whether a request belongs in a list, as far as a client can enforce it. Every reader of the repository can read
    /// all of its pull requests.
    fn concerns(&self, reading: &Reading, view: &RequestView, listing: Listing) -> bool {
        let asked = &reading.request.statement;
        let person = &self.seat.person;
        match listing {
            Listing::Mine => asked.header.who == *person,
            Listing::Inbox => view.may_review,
            Listing::Open => {
                !view.state.is_terminal()
                    && (reading.verified.bench.may_stop(asked, person)
                        || reading.evidence.force.may_audit(person))
            }
            Listing::All => {
                asked.header.who == *person
                    || reading.verified.bench.may_stop(asked, person)
                    || reading.evidence.force.may_audit(person)
            }
        }
    }
}

/// Whether an error concerns a single pull request only. Otherwise anybody who may open one could hide all others, with
/// a branch that has no policy or is too large to read.
fn is_its_own(error: &AuthorityError) -> bool {
    match error {
        AuthorityError::Log(
            LogError::Journal(JournalError::Forged(_)) | LogError::Journal(JournalError::Incomplete),
        ) => true,
        AuthorityError::Gather(
            GatherError::GitHub(error) | GatherError::Policy(TreeError::GitHub(error)),
        ) => !error.is_passing() && !matches!(error.status(), Some(401 | 403)),
        AuthorityError::Gather(GatherError::Policy(_) | GatherError::Object) => true,
        _ => false,
    }
}
