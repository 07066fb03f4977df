//! More time for a grant on GitHub: what each extension is worth now, by its own pull request, its own events, and both
//! policies anew. Nothing is counted because it counted once.

use jiff::Timestamp;

use super::GitHubError;
use super::Refusal;
use crate::github::evidence::Dispatch;
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

/// Why it is not known what extensions are worth: nothing is minted then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WorthError {
    /// What they hang on cannot be fetched.
    #[error(transparent)]
    Gather(#[from] GatherError),
    /// The log cannot be relied on.
    #[error(transparent)]
    Log(#[from] LogError),
}

/// What the extensions of a grant are worth now, in their order.
///
/// # Errors
/// GitHub does not answer, or the log does not hold.
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
    let pull = match reader.github().pull(known.pull).await {
        Ok(pull) => pull,
        Err(error) if error.is_missing() => return nothing("its pull request is gone".to_owned()),
        Err(error) => return Err(gathering(error).into()),
    };
    let evidence = match gather_request(reader, ground, pull).await {
        Ok(evidence) => evidence,
        // The policy that it was made under is a part of what it was; one that does not load lets nothing by.
        Err(GatherError::Policy(error @ TreeError::Broken { .. })) => return nothing(error.to_string()),
        Err(error) => return Err(error.into()),
    };
    let dispatch = Dispatch { pull: known.pull, digest: extension.digest };
    // Who started the run was held against the first request's asker, and this one must be the same person's.
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
