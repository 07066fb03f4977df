//! A request as the client knows it: what was signed, read from its bytes, beside what the authority says of it.

use jiff::Timestamp;

use super::Failure;
use crate::authority::Authority;
use crate::grant::Digest;
use crate::grant::State;
use crate::grant::Statement;
use crate::grant::statement::Kind;
use crate::grant::statement::RequestStatement;
use crate::grant::statement::Way;
use crate::identity;
use crate::identity::Verified;
use crate::prompt::index::Entry;
use crate::protocol::RequestView;

/// A request whose bytes were checked: their digest, their signature, and that they are meant for this authority.
#[derive(Debug, Clone)]
pub struct Standing {
    /// What the authority says of it.
    pub view: RequestView,
    /// What the requester signed.
    pub asked: RequestStatement,
    /// By which key.
    pub signer: Verified,
    /// The SHA-256 of what was signed, recomputed here.
    pub digest: Digest,
}

impl Standing {
    /// Reads a view. Labels of the authority's own making are not looked at.
    pub fn read(view: RequestView, authority: &dyn Authority) -> Result<Self, Failure> {
        let refuse = |cause: String| {
            Failure::failed(format!("request {} is not what its bytes say", view.id)).cause(cause)
        };
        let digest = Digest::of(view.signed.statement.as_bytes());
        if digest.request_id() != view.id {
            return Err(refuse("its digest is another one".to_owned()));
        }
        let kind = kind_of(&view);
        let (statement, signer) = identity::statement::open(&view.signed, kind, authority.url())
            .map_err(|error| refuse(error.to_string()))?;
        let Statement::Request(asked) = statement else {
            return Err(refuse("it is no request".to_owned()));
        };
        Ok(Self { asked: *asked, signer, digest, view })
    }

    /// Whether it was taken by the role's emergency way: nobody approved it.
    pub fn is_emergency(&self) -> bool {
        self.asked.way == Way::BreakGlass
    }

    /// Whether it is an emergency that nobody has reviewed yet, be it over or not.
    pub fn is_unreviewed(&self) -> bool {
        let taken = self.view.approved_duration.is_some();
        self.is_emergency() && taken && self.view.acknowledged.is_none()
    }

    /// Where it stands by the authority's word and the clock of this machine.
    pub fn state_at(&self, now: Timestamp) -> State {
        match self.view.state {
            State::Active if self.view.active_until.is_some_and(|until| until <= now) => State::Ended,
            state => state,
        }
    }

    /// When its present state ends by itself.
    pub fn until(&self) -> Timestamp {
        let view = &self.view;
        let until = match view.state {
            State::Pending => Some(view.pending_until),
            State::Approved => view.unused_until,
            State::Active => view.active_until,
            _ => view.closing.as_ref().map(|closing| closing.at),
        };
        until.unwrap_or(self.asked.not_after)
    }

    /// What the index remembers of it.
    pub fn entry(&self) -> Entry {
        Entry {
            id: Some(self.view.id.clone()),
            authority: Some(self.asked.header.authority.clone()),
            role: self.asked.role.clone(),
            account: self.asked.target.role_arn().account().to_owned(),
            state: self.view.state,
            until: self.until(),
            asked: self.asked.created,
            emergency: self.is_emergency(),
        }
    }
}

/// The kind that its bytes say, which decides what its signature must be for. Anything but an asking is read as an ordinary
/// request, and fails as one.
fn kind_of(view: &RequestView) -> Kind {
    match Statement::parse(view.signed.statement.as_bytes()) {
        Ok(Statement::Request(asked)) => asked.way.kind(),
        _ => Kind::Request,
    }
}
