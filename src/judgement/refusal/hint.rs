//! The command to try next, for each refusal.

use super::Refusal;
use crate::grant::ExtensionError;
use crate::grant::Name;
use crate::grant::State;

impl Refusal {
    /// The command to try next. `None` if nothing helps.
    pub fn hint(&self) -> Option<String> {
        let text = match self {
            Self::Unproved(error) => return error.hint(),
            Self::Ceiling(error) => return Some(error.hint()),
            Self::Open { id, .. } => return Some(format!("end it with `jit end {id}`, or wait for it")),
            Self::Held { role, .. } => return Some(format!("use it: `jit exec {role} -- COMMAND`")),
            Self::FoundWrong { role, .. } => {
                return Some(format!("make an ordinary request: `jit request {role}`"));
            }
            Self::NotRequester(id) => {
                return Some(format!("to take the access away, use `jit revoke {id}`"));
            }
            Self::Unreviewed { id, role, by } if by.is_empty() => {
                return Some(format!(
                    "nobody could review {id} now: the policy has to name somebody who approves {role}"
                ));
            }
            Self::Unreviewed { id, by, .. } => {
                let names: Vec<&str> = by.iter().map(Name::as_str).collect();
                return Some(format!("ask {} to type `jit approve {id}`", names.join(" or ")));
            }
            Self::AskedOften { seconds, .. } => {
                let minutes = seconds.div_ceil(60);
                return Some(format!("ask again in {minutes} min; an emergency does not count"));
            }
            Self::ForeignKey { .. } => "ask the policy's owner to add the key to people.toml",
            Self::ProofOld { .. } => "log in again: `jit login`",
            Self::GroupsUnknown(_) => {
                "with very many groups a token names none: have the provider send only the groups of jit, or list the person in people.toml"
            }
            Self::Prose(_) => "write it with single blanks",
            Self::Stale { .. } => "set this machine's clock, then try again",
            Self::NoRole(_) => "`jit roles` lists what you may ask for",
            Self::Alias { .. }
            | Self::Target(_)
            | Self::Scope { .. }
            | Self::NotAfter(_)
            | Self::Revision => "ask again: the plan is then made from the policy in force",
            Self::Collision(_) => "ask again: the next id differs",
            Self::NoAutomatic => "tell the broker's operator; `jit doctor` shows whether it is mended",
            Self::TooManyPending | Self::TooManyOfAgents => {
                "take one back with `jit end ID`, or wait for reviews"
            }
            Self::NoEmergency(_) => {
                "`jit roles` shows which roles allow it; `jit request` makes an ordinary request"
            }
            Self::Extension(ExtensionError::Unknown | ExtensionError::NotActive(_)) | Self::Limited(_) => {
                "ask for the access again: `jit request ROLE`"
            }
            Self::AskAgain { .. } => {
                "the requester types `jit end ID`, then `jit request ROLE`: that is made under the policy in force"
            }
            Self::TooWeak(_) => "sign with a security key (sk-ssh-ed25519) and touch it",
            Self::OwnAgents(_) => "another reviewer decides it; `jit deny ID` or `jit revoke ID` stops it",
            Self::Reviewed(_) => "`jit revoke ID --reason …` takes away what still lives",
            Self::NotMintable(State::Pending) => "`jit wait` waits for the reviews that are missing",
            Self::NotMintable(_) | Self::TooShort => "ask again with `jit request`",
            Self::Changed(_) | Self::Lost { .. } => {
                "the policy, the time or a fact changed since the approval; ask again with `jit request` if it stays so"
            }
            Self::NotRevoker => "to end your own access, use `jit end`",
            Self::SomebodyElses { .. }
            | Self::Refused(_)
            | Self::Recipient(_)
            | Self::Start
            | Self::Lapsed
            | Self::DeniedBefore
            | Self::TakenBefore(_)
            | Self::EmergencyStart
            | Self::Extension(_)
            | Self::OtherReview
            | Self::OwnRequest
            | Self::NotReviewer(_)
            | Self::Final(_)
            | Self::Older(_)
            | Self::NotReviewable(_)
            | Self::OtherScope
            | Self::Over
            | Self::ExtensionMoved(_)
            | Self::Whole
            | Self::NoCredentials
            | Self::NotYet(_)
            | Self::OtherRevocation
            | Self::Closed(_) => return None,
        };
        Some(text.to_owned())
    }
}
