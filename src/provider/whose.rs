//! Checks that credentials are for the requested target, by the cloud's own answer.

use super::CallerIdentity;
use super::ProviderError;
use super::clouds;
use crate::grant::Credentials;
use crate::grant::Target;
use crate::system::System;

/// Why credentials are not taken for those of a target.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WhoseError {
    /// The cloud did not say whose they are.
    #[error(transparent)]
    Provider(#[from] ProviderError),
    /// It says that they are somebody else's.
    #[error("the cloud says that these credentials have another identity")]
    Another {
        /// The requested target, in words.
        wanted: String,
        /// The identity that the cloud names.
        found: CallerIdentity,
    },
}

impl WhoseError {
    /// Why, where the message leaves it open.
    pub fn cause(&self) -> Option<String> {
        match self {
            Self::Provider(_) => None,
            Self::Another { wanted, found } => {
                Some(format!("asked for {wanted}, got {} in {}", found.who, found.place))
            }
        }
    }

    /// How to fix it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Provider(error) => error.hint.clone(),
            Self::Another { .. } => Some("nothing was stored; tell the broker's administrator".to_owned()),
        }
    }
}

/// Asks the cloud whose credentials these are, and compares its answer with the target.
///
/// # Errors
/// The cloud does not answer, or names another account or role.
pub async fn check(
    system: &System,
    credentials: &Credentials,
    target: &Target,
) -> Result<CallerIdentity, WhoseError> {
    let found = clouds::identify(credentials, system).await?;
    if clouds::belongs_to(&found, target) {
        return Ok(found);
    }
    Err(WhoseError::Another { wanted: target.describe(), found })
}
