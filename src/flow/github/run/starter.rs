//! Checks who started a run, before it reads anything else. All jobs of a repository share its rate limit at GitHub,
//! and a person who may only dispatch must not use it up.

use crate::config::inputs;
use crate::flow::Failure;
use crate::flow::github::Surroundings;
use crate::flow::github::run::surroundings::bytes;
use crate::forge::log::Action;
use crate::forge::request_file;
use crate::github::Refusal;
use crate::github::authority;
use crate::github::gather::GatherError;
use crate::github::gather::Started;
use crate::github::reviews::may_deny;
use crate::github::tree::Reader;
use crate::grant::Digest;
use crate::grant::Name;
use crate::grant::Signed;
use crate::grant::Statement;
use crate::grant::statement::Kind;
use crate::identity::statement::open;
use crate::judgement::refusal::Refusal as Rule;
use crate::policy::Glance;
use crate::system::System;

/// The largest `people.toml` that is read here, in bytes.
const MAX_PEOPLE: usize = 4 << 20;

/// Reads the run and its pull request, and refuses a run whose actor may not start it. This decides nothing else: the
/// run verifies everything afterwards.
///
/// # Errors
/// Somebody else started the run, or GitHub does not answer.
pub(in crate::flow::github) async fn check(
    system: &System,
    reader: &mut Reader<'_>,
    surroundings: &Surroundings,
) -> Result<Started, Failure> {
    let (dispatch, claimed) = (&surroundings.dispatch, &surroundings.claimed);
    let revocation = match surroundings.action {
        // The statement's own bytes are checked first, because that needs no request to GitHub.
        Action::Revoke => Some(signer_of(&revocation(system)?, &dispatch.digest, claimed.repository_id)?),
        _ => None,
    };
    let github = reader.github();
    let started = Started::fetch(github, dispatch, claimed.run_id).await?;
    let author = started.found.reviewed.pull.user.as_ref().map(|user| user.id);
    let actors = [&started.run.actor, &started.run.triggering_actor];
    let is_authors =
        author.is_some() && actors.iter().all(|actor| actor.as_ref().map(|actor| actor.id) == author);
    match surroundings.action {
        Action::End if !is_authors => {
            return Err(Refusal::from(Rule::NotRequester(dispatch.digest.request_id())).into());
        }
        Action::Mint | Action::Extend if !is_authors => {
            let cause = "somebody else dispatched the run than who opened the pull request";
            return Err(Refusal::Run(cause.to_owned()).into());
        }
        Action::Mint | Action::Extend | Action::End => {}
        Action::Deny => check_denied(&started)?,
        Action::Revoke => {
            if let Some((who, key)) = revocation {
                check_known(reader, &started, who, key).await?;
            }
        }
    }
    Ok(started)
}

/// The signed statement of a run that revokes.
///
/// # Errors
/// There is none, or it does not parse.
pub(in crate::flow::github) fn revocation(system: &System) -> Result<Signed, Failure> {
    let signed = bytes(system, inputs::STATEMENT)?
        .ok_or_else(|| Failure::usage("a run that revokes needs JIT_STATEMENT"))?;
    request_file::read_signed(&signed).map_err(|error| Failure::usage(error.to_string()))
}

/// The person who revokes this request, and the fingerprint of the key that signed the revocation.
fn signer_of(signed: &Signed, request: &Digest, repository: u64) -> Result<(Name, String), Refusal> {
    let opened = open(signed, Kind::Revoke, &authority(repository));
    let (statement, key) = opened.map_err(Rule::Unproved)?;
    match statement {
        Statement::Revoke(revoke) if revoke.request == *request => Ok((revoke.header.who, key.fingerprint)),
        _ => Err(Rule::OtherRevocation.into()),
    }
}

/// Refuses an actor who wants a denial recorded but has not denied the request.
fn check_denied(started: &Started) -> Result<(), Failure> {
    let actor = started.run.actor.as_ref().map(|actor| actor.id);
    let gave = started.found.reviewed.reviews.iter().any(|review| {
        review.user.as_ref().map(|user| user.id) == actor && actor.is_some() && may_deny(review)
    });
    if gave {
        return Ok(());
    }
    let cause = "somebody dispatched it who did not deny the request";
    Err(Refusal::Run(cause.to_owned()).into())
}

/// Checks that the key and the actor are in `people.toml`, before the rest of the policy, of any size, is read.
/// Everybody can read an earlier revocation, so its key alone would let anybody start runs with it again and again.
async fn check_known(
    reader: &mut Reader<'_>,
    started: &Started,
    who: Name,
    fingerprint: String,
) -> Result<(), Failure> {
    let main = started.survey.main.as_deref().ok_or(GatherError::NoMain)?;
    let tree = reader.listing(main).await.map_err(GatherError::from)?;
    let (mut key, mut actor) = (false, false);
    for path in ["people.toml", "access/people.toml"] {
        let people = reader.file(&tree, path, MAX_PEOPLE).await?.unwrap_or_default();
        let glance = Glance::at(&String::from_utf8_lossy(&people));
        key |= glance.keys.contains(&fingerprint);
        actor |= started.run.actor.as_ref().is_some_and(|actor| glance.accounts.contains(&actor.id));
    }
    if !key {
        return Err(Refusal::from(Rule::ForeignKey { key: fingerprint, who }).into());
    }
    if actor {
        return Ok(());
    }
    let cause = "the account that dispatched the run is nobody's in people.toml on main";
    Err(Refusal::Policy(cause.to_owned()).into())
}
