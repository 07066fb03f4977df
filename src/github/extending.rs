//! Extensions on GitHub: the value of each one now, from its own pull request, its own events, and a new decision by
//! both policies. An earlier result never counts.

use jiff::Timestamp;

use super::GitHubError;
use super::Refusal;
use crate::forge::request_file::branch_of;
use crate::github::api::requests::Which;
use crate::github::evidence::Dispatch;
use crate::github::gather::Found;
use crate::github::gather::GatherError;
use crate::github::gather::Ground;
use crate::github::gather::gather_request;
use crate::github::log_store::Log;
use crate::github::log_store::LogError;
use crate::github::tree::Reader;
use crate::github::tree::TreeError;
use crate::github::verify::verify_request;
use crate::grant::Extension;
use crate::grant::Request;
use crate::judgement::extensions::Worth;
use crate::judgement::extensions::check_standing;
use crate::judgement::mint::worth;
use crate::system::System;

/// Why the value of the extensions is unknown. Nothing is minted then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WorthError {
    /// Their evidence cannot be fetched.
    #[error(transparent)]
    Gather(#[from] GatherError),
    /// The log cannot be trusted.
    #[error(transparent)]
    Log(#[from] LogError),
}

/// The value of each extension of a grant now, in order.
///
/// # Errors
/// GitHub does not answer, or the log does not verify.
pub async fn worths(
    reader: &mut Reader<'_>,
    ground: &Ground,
    log: &Log<'_>,
    first: &Request,
    system: &System,
    now: Timestamp,
) -> Result<Vec<Worth>, WorthError> {
    let mut worths = Vec::with_capacity(first.extensions.len());
    for (before, extension) in (0_u32..).zip(&first.extensions) {
        worths.push(match one((reader, ground), log, (first, extension, before), system, now).await {
            Ok(worth) => worth,
            Err(Trouble::Refused(refusal)) => Worth::Nothing(refusal.to_string()),
            Err(Trouble::Unknown(error)) => return Err(error),
        });
    }
    Ok(worths)
}

enum Trouble {
    Refused(Refusal),
    Unknown(WorthError),
}

impl<T: Into<WorthError>> From<T> for Trouble {
    fn from(error: T) -> Self {
        Self::Unknown(error.into())
    }
}

async fn one(
    (reader, ground): (&mut Reader<'_>, &Ground),
    log: &Log<'_>,
    (first, extension, before): (&Request, &Extension, u32),
    system: &System,
    now: Timestamp,
) -> Result<Worth, Trouble> {
    let nothing = |why: String| Ok(Worth::Nothing(why));
    let (Some(known), Some(history)) =
        (log.index.known(&extension.digest), log.history(&extension.digest).await?)
    else {
        return nothing("the log does not know it".to_owned());
    };
    if let Err(why) = check_standing(first, extension, &history.request) {
        return nothing(why);
    }
    let branch = branch_of(&extension.digest.request_id());
    let (_, all) = reader.github().requests(Which::Branch(&branch)).await.map_err(gathering)?;
    let Some(found) = Found::among(&all, ground.repository.id, known.pull) else {
        return nothing("its pull request is gone".to_owned());
    };
    let evidence = match gather_request(reader, ground, found).await {
        Ok(evidence) => evidence,
        // The extension depends on the policy that it was made under. If that policy does not load, the extension is
        // worth nothing.
        Err(GatherError::Policy(error @ TreeError::Broken { .. })) => return nothing(error.to_string()),
        Err(error) => return Err(error.into()),
    };
    let dispatch = Dispatch { pull: known.pull, digest: extension.digest };
    // The run's actor was compared with the first request's requester, and the extension must be by the same person.
    let mut verified = verify_request(&evidence, &dispatch, 0, now).map_err(Trouble::Refused)?;
    verified.before = before;
    verified.recall(Some(&history));
    verified.learn(system, now).await;
    let (bench, case) = (&verified.bench, verified.case(now));
    let request = &history.request;
    Ok(worth(bench, (first, extension), request, &case, verified.denied_by(), &verified.learnt))
}

fn gathering(error: GitHubError) -> GatherError {
    error.into()
}
