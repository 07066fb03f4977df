//! Ends, revokes, denies and extends: runs of `jit.yml` write into the log, and the client closes the pull request once
//! the request has ended.

use super::GitHubAuthority;
use super::Reading;
use super::runs::Order;
use crate::authority::AuthorityError;
use crate::forge::log::Action;
use crate::forge::request_file;
use crate::github::Refusal;
use crate::grant::RequestId;
use crate::grant::Signed;
use crate::grant::State;
use crate::grant::span::whole_seconds;
use crate::grant::statement::Kind;
use crate::identity::Opened;
use crate::judgement::refusal::Refusal as Rule;
use crate::judgement::stop::Revocation;
use crate::protocol::RequestView;

impl GitHubAuthority {
    /// Ends one's own grant, or cancels one's own request. Without `waits`, returns once GitHub has accepted the run; the
    /// view is then the one before.
    pub(super) async fn have_ended(
        &self,
        id: &RequestId,
        waits: bool,
    ) -> Result<RequestView, AuthorityError> {
        let reading = self.read(id).await?;
        let now = self.now();
        // A request that is over needs no run. A denial that no run has recorded yet needs one.
        let over = match &reading.history {
            Some(history) => history.request.state_at(now).is_terminal(),
            None => reading.request.state_at(now) == State::Expired,
        };
        if over && *reading.request.requester() == self.seat.person {
            self.tidy(&reading).await;
            return Ok(self.view(&reading));
        }
        if !waits {
            let (digest, pull) = (reading.verified.file.digest, reading.evidence.pull.number);
            let order = Order { action: Action::End, digest, pull, statement: None, proof: None };
            self.have_begun(&order, reading.account).await?;
            return Ok(self.view(&reading));
        }
        self.have_recorded(Action::End, &reading, None).await
    }

    /// Revokes somebody's access by a signed statement.
    pub(super) async fn have_revoked(
        &self,
        id: &RequestId,
        signed: &Signed,
    ) -> Result<RequestView, AuthorityError> {
        let reading = self.read(id).await?;
        // A run would refuse it too, a minute later.
        self.check_revocation(&reading, signed).map_err(Refusal::from)?;
        self.have_recorded(Action::Revoke, &reading, Some(signed.clone())).await
    }

    /// Refuses a revocation that a run would not record, by the same rule.
    fn check_revocation(&self, reading: &Reading, signed: &Signed) -> Result<(), Rule> {
        let Reading { request, verified, .. } = reading;
        let force = &verified.bench.force;
        let opened = Opened::open(signed.clone(), Kind::Revoke, &verified.bench.authority)?;
        let revocation = Revocation::of(&opened)?;
        revocation.check(force, request)?;
        revocation.check_author(force, request, self.now())
    }

    /// Has a denial written into the log, where it outlives its pull request. Without that, the denial counts as long
    /// as the review exists.
    pub(super) async fn have_denial_recorded(&self, reading: &Reading) -> Result<(), AuthorityError> {
        self.have_recorded(Action::Deny, reading, None).await.map(|_| ())
    }

    /// Has an approved extension take effect: its run moves the end of the grant that it extends.
    pub(super) async fn have_extended(&self, id: &RequestId) -> Result<RequestView, AuthorityError> {
        let reading = self.read(id).await?;
        if reading.request.extends().is_none() || reading.request.state != State::Approved {
            return Ok(self.view(&reading));
        }
        self.have_recorded(Action::Extend, &reading, None).await
    }

    /// Has one run record one event, then closes the pull request if possible.
    async fn have_recorded(
        &self,
        action: Action,
        reading: &Reading,
        statement: Option<Signed>,
    ) -> Result<RequestView, AuthorityError> {
        let digest = reading.verified.file.digest;
        let id = digest.request_id();
        let pull = reading.evidence.pull.number;
        let order = Order { action, digest, pull, statement, proof: None };
        self.carry_out(&order, reading.account).await?;
        self.memory().finish(action, &id)?;
        let after = self.read(&id).await?;
        // The event is recorded already, and an open pull request grants no access.
        if let Err(error) = self.close(&after, reading.evidence.pull.state == "open").await {
            tracing::debug!(%error, pull, "the pull request stays open");
        }
        Ok(self.view(&after))
    }

    /// Closes the pull request of one's own request that expired, because no run closes it. Returns whether it did.
    pub(super) async fn tidy(&self, reading: &Reading) -> bool {
        let own = reading.request.requester() == &self.seat.person;
        if !own
            || reading.evidence.pull.state != "open"
            || !reading.request.state_at(self.now()).is_terminal()
        {
            return false;
        }
        let closed = self.close(reading, true).await;
        if let Err(error) = &closed {
            tracing::debug!(%error, "a pull request stays open");
        }
        closed.is_ok()
    }

    /// Closes the pull request of an ended request, or of an extension that is in force, with a comment, and deletes the
    /// branch of an ended one. The pull request of an active grant stays open, because mints require it. `was_open` says
    /// whether it was open before the run, which deletes the branch of what it ended.
    async fn close(&self, reading: &Reading, was_open: bool) -> Result<(), AuthorityError> {
        let request = &reading.request;
        let now = self.now();
        let state = request.state_at(now);
        let more_time = request.extends().is_some() && state == State::Active;
        if !was_open || !(state.is_terminal() || more_time) {
            return Ok(());
        }
        let number = reading.evidence.pull.number;
        let summary = summary(reading, state);
        if let Err(error) = self.github.create_comment(number, &summary).await {
            tracing::debug!(%error, number, "the summary is left out");
        }
        if reading.evidence.pull.state != "open" {
            return Ok(());
        }
        self.github.close_pull(number).await?;
        if state.is_terminal()
            && let Err(error) = self.github.delete_branch(&request_file::branch_of(&request.id())).await
        {
            tracing::debug!(%error, number, "the branch stays");
        }
        Ok(())
    }
}

/// A summary of the request's end, from words and values that no other person wrote.
fn summary(reading: &Reading, state: State) -> String {
    let request = &reading.request;
    let mut text = format!("Request `{}` for `{}` ", request.id(), request.statement.role);
    match (request.extends(), state, request.active_until) {
        (Some(first), State::Active, Some(until)) => {
            text.push_str(&format!(
                "is in force: the access of request `{}` ends at {}.",
                first.request_id(),
                whole_seconds(until)
            ));
        }
        _ => text.push_str(&format!("is {}.", state.as_str())),
    }
    if let Some(by) = request.closing.as_ref().and_then(|closing| closing.by.as_ref()) {
        text.push_str(&format!(" By `{by}`."));
    }
    let leases = request.leases.len();
    if leases > 0 {
        text.push_str(&format!(" Credentials were minted {leases} times."));
    }
    if let Some(until) = request.credentials_until(reading.evidence.pull.created_at.max(request.changed)) {
        let until = whole_seconds(until);
        text.push_str(&format!(" The last ones that were handed out expire at {until}."));
    }
    text.push_str(" The log is the branch `jit-log`.\n");
    text
}
