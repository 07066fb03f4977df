//! Gets credentials: a run of `jit.yml` mints them, and the client picks up what it left.

use jiff::SignedDuration;
use jiff::Timestamp;

use super::GitHubAuthority;
use super::Reading;
use super::memory::Memory;
use super::pickup;
use super::run_error::RunError;
use super::runs::Order;
use super::runs::Runs;
use crate::authority::AuthorityError;
use crate::forge::log::Action;
use crate::forge::log::JournalError;
use crate::github::api::models::Run;
use crate::github::environment_of;
use crate::github::gather::Ground;
use crate::github::id_token::Expected;
use crate::github::log_store::Log;
use crate::github::log_store::LogError;
use crate::grant::RequestId;
use crate::protocol::SealedLease;

/// Credentials from an earlier run that expire sooner than this are not picked up.
const WORTHWHILE: SignedDuration = SignedDuration::from_mins(2);

impl GitHubAuthority {
    /// This machine's memory of the repository.
    pub(super) fn memory(&self) -> Memory {
        Memory::new(&self.system.files, &self.url)
    }

    /// Opens the log and checks it against the newest event that this machine has seen, so that an older log is
    /// detected.
    ///
    /// # Errors
    /// The log does not verify, or does not contain that event.
    pub(super) async fn open_log(&self, ground: &Ground) -> Result<Log<'_>, AuthorityError> {
        // A log whose newest event lies in the future is still read, because it also records revocations. The runs
        // decide what may be minted.
        let log = Log::of(&self.reader(), ground, Timestamp::MAX).await?;
        let memory = self.memory();
        if let Some(seen) = memory.head()? {
            log.contains(&seen)?;
        }
        // The newest event is found among the last 256, and the last mark however old it is.
        if let Some(mark) = memory.mark()?
            && !log.index.contains_mark(&mark)
        {
            return Err(LogError::Journal(JournalError::Truncated(mark.sequence)).into());
        }
        memory.saw(&log.index.position(), log.index.mark().as_ref())?;
        Ok(log)
    }

    /// Has a run of `jit.yml` perform one action on a request, and waits for its end. The run stays remembered.
    pub(super) async fn carry_out(&self, order: &Order, account: u64) -> Result<Run, RunError> {
        let memory = self.memory();
        let runs = Runs { github: &self.github, system: &self.system, account, memory: &memory };
        runs.carry_out(order).await
    }

    /// Has a run of `jit.yml` start on an action, and returns once GitHub has accepted it.
    pub(super) async fn have_begun(&self, order: &Order, account: u64) -> Result<(), RunError> {
        let memory = self.memory();
        Runs { github: &self.github, system: &self.system, account, memory: &memory }.begin(order).await
    }

    /// Has credentials minted for an approved request, newer than the ones held. The result's `run` is the run's
    /// number. Resumes an earlier run whose credentials were never picked up.
    pub(super) async fn have_minted(
        &self,
        id: &RequestId,
        held: Option<u32>,
    ) -> Result<SealedLease, AuthorityError> {
        let reading = self.read(id).await?;
        let order = Order {
            action: Action::Mint,
            digest: reading.verified.file.digest,
            pull: reading.evidence.pull.number,
            statement: None,
            proof: None,
        };
        let memory = self.memory();
        loop {
            let began_before = memory.begun(Action::Mint, id, self.now())?.is_some();
            let run = self.carry_out(&order, reading.account).await?;
            match self.collect(&reading, &run).await {
                Ok(sealed) if self.is_worthwhile(&sealed, held) || !began_before => return Ok(sealed),
                // The earlier run's credentials are picked up already or expired: forget the run and mint again.
                Ok(_) | Err(RunError::Empty(_)) if began_before => memory.finish(Action::Mint, id)?,
                Ok(_) => {}
                Err(error) => {
                    if !error.is_passing() {
                        memory.finish(Action::Mint, id)?;
                    }
                    return Err(error.into());
                }
            }
        }
    }

    fn is_worthwhile(&self, sealed: &SealedLease, held: Option<u32>) -> bool {
        let newer = held.is_none_or(|held| sealed.number > held);
        newer && sealed.expires.duration_since(self.now()) >= WORTHWHILE
    }

    /// Reads a run's result, and verifies that its ID token names exactly this run, account and environment.
    async fn collect(&self, reading: &Reading, run: &Run) -> Result<SealedLease, RunError> {
        let evidence = &reading.evidence;
        let issuer = evidence
            .force
            .forge()
            .map(|forge| forge.issuer.clone())
            .ok_or(LogError::Journal(JournalError::NoKey))?;
        let expected = Expected {
            repository_id: self.seat.repository,
            full_name: evidence.repository.full_name.clone(),
            run_id: run.id,
            actor_id: reading.account,
            environment: environment_of(&reading.request.statement.role),
        };
        pickup::pick_up(&self.github, &self.system, &issuer, &expected).await
    }

    /// Deletes the run's logs, once the credentials are opened and stored.
    pub(super) async fn clear_away(
        &self,
        id: &RequestId,
        sealed: &SealedLease,
    ) -> Result<(), AuthorityError> {
        self.memory().finish(Action::Mint, id)?;
        let run = sealed.run.parse().map_err(|_| RunError::Unfit("it names no run".to_owned()))?;
        Ok(pickup::clear(&self.github, run).await?)
    }
}
