//! Credentials: a run of `jit.yml` that mints, and what it left behind.

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

/// Credentials of an earlier run that end sooner than this are not worth picking up.
const WORTHWHILE: SignedDuration = SignedDuration::from_mins(2);

impl GitHubAuthority {
    /// What this machine remembers of the repository.
    pub(super) fn memory(&self) -> Memory {
        Memory::new(&self.system.files, &self.url)
    }

    /// The log, held against the newest event that this machine has seen of it: an older log is no news, but a warning.
    ///
    /// # Errors
    /// It does not hold, or does not contain that event.
    pub(super) async fn open_log(&self, ground: &Ground) -> Result<Log<'_>, AuthorityError> {
        // A log whose time lies ahead is read all the same, as access is taken away by it too: the runs decide what they open.
        let log = Log::of(&self.github, &ground.force, ground.repository.id, Timestamp::MAX).await?;
        let memory = self.memory();
        if let Some(seen) = memory.head()? {
            log.contains(&seen)?;
        }
        memory.saw(&log.index.position())?;
        Ok(log)
    }

    /// Has a run of `jit.yml` do something about a request, and waits for its end. It stays remembered.
    pub(super) async fn carry_out(&self, order: &Order, account: u64) -> Result<Run, RunError> {
        let memory = self.memory();
        let runs = Runs { github: &self.github, system: &self.system, account, memory: &memory };
        runs.carry_out(order).await
    }

    /// Has credentials minted for a request whose rule is met, newer than the ones that are held. The number of the run is the
    /// `run` of what comes back. A run that was started before and whose credentials were never picked up is gone on with.
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
                // What an earlier run left was taken already, or is over: forgotten, and minted anew.
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

    /// Downloads what a run left, and has its ID token checked against the very run, account and environment.
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

    /// Removes what the run left behind, once the credentials are opened and stored.
    pub(super) async fn clear_away(
        &self,
        id: &RequestId,
        sealed: &SealedLease,
    ) -> Result<(), AuthorityError> {
        self.memory().finish(Action::Mint, id)?;
        let run = sealed.run.parse().map_err(|_| RunError::Artifact("it names no run".to_owned()))?;
        Ok(pickup::clear(&self.github, run).await?)
    }
}
