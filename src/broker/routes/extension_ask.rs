//! `POST /v1/requests` with a statement of the kind `extend`: somebody asks for more time.

use std::sync::Arc;

use jiff::Timestamp;

use crate::broker::extensions::move_end;
use crate::broker::ledger::Append;
use crate::broker::problem::Code;
use crate::broker::problem::Fault;
use crate::broker::shared::Shared;
use crate::grant::Change;
use crate::grant::Digest;
use crate::grant::ExtensionError;
use crate::grant::Request;
use crate::grant::Signed;
use crate::grant::span::Span;
use crate::grant::statement::RequestStatement;
use crate::judgement::Bench;
use crate::judgement::Case;
use crate::judgement::Terms;
use crate::judgement::extensions::approval;
use crate::judgement::extensions::check_length;
use crate::judgement::extensions::past_a_limit;
use crate::policy::Refusal;

/// Why more time is not asked for.
#[derive(Debug, thiserror::Error)]
pub enum ExtendError {
    #[error("{0}")]
    Fit(#[from] ExtensionError),
    #[error("{0}")]
    Refused(#[from] Refusal),
    #[error("{0}, but this role's rule for more time asks nobody")]
    Limited(String),
}

impl From<ExtendError> for Fault {
    fn from(error: ExtendError) -> Self {
        let text = error.to_string();
        match error {
            ExtendError::Fit(ExtensionError::Unknown | ExtensionError::NotActive(_)) => {
                Self::new(Code::State, text).hint("ask for the access again: `jit request ROLE`")
            }
            ExtendError::Fit(_) => Self::new(Code::Statement, text),
            ExtendError::Refused(_) => Self::new(Code::Policy, text),
            ExtendError::Limited(_) => {
                Self::new(Code::Policy, text).hint("ask for the access again: `jit request ROLE`")
            }
        }
    }
}

/// A grant, and how often it was extended before.
pub struct Extended {
    /// The first request, as it stood when it was looked at.
    pub first: Arc<Request>,
    /// By the log of the first request, whoever says otherwise.
    pub before: u32,
}

/// The grant that more time is asked for; nothing for a request of another kind.
///
/// # Errors
/// There is no such grant of the person who asks, or it is not to be extended by this.
pub fn find(
    shared: &Shared,
    asked: &RequestStatement,
    now: Timestamp,
) -> Result<Option<Extended>, ExtendError> {
    let Some(digest) = asked.extends() else { return Ok(None) };
    let first = shared.ledger.index().open(&digest).cloned().ok_or(ExtensionError::Unknown)?;
    first.check_extension(asked, now)?;
    let before = u32::try_from(first.extensions.len()).unwrap_or(u32::MAX);
    Ok(Some(Extended { first, before }))
}

impl Extended {
    /// Holds what is asked against both policies' longest time and number of extensions.
    ///
    /// # Errors
    /// One of the policies does not give that much.
    pub fn check(&self, bench: &Bench, case: &Case<'_>) -> Result<(), ExtendError> {
        Ok(check_length(bench, case)?)
    }

    /// Refuses more time without a review where a reviewer limited the access.
    ///
    /// # Errors
    /// Somebody did.
    fn alone(&self) -> Result<(), ExtendError> {
        past_a_limit(&self.first).map_or(Ok(()), |why| Err(ExtendError::Limited(why)))
    }

    /// Whether a condition may give more time: not past what a reviewer allowed.
    pub fn may_be_automatic(&self) -> bool {
        past_a_limit(&self.first).is_none()
    }

    /// When nobody will have decided: never after the grant has ended.
    pub fn pending_until(&self, pending: Span, asked: &RequestStatement, now: Timestamp) -> Timestamp {
        pending.after(now).min(self.first.active_until.unwrap_or(now)).min(asked.not_after)
    }

    /// The change that approves at once, and when the grant ends by it.
    ///
    /// # Errors
    /// It does not fit the grant.
    pub fn approve(
        &self,
        asked: &RequestStatement,
        terms: &Terms,
        now: Timestamp,
    ) -> Result<(Change, Timestamp), ExtendError> {
        if terms.by.is_empty() {
            self.alone()?;
        }
        Ok(approval(&self.first, asked, terms, now)?)
    }

    /// Moves the grant's end in the append that says so.
    pub fn finish(&self, append: &mut Append, extension: &Digest, until: Timestamp, signed: &Signed) {
        move_end(append, extension, &self.first, until, signed);
    }
}
