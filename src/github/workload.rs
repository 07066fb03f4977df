//! Requests by workloads. The proof is the ID token of their run, issued for exactly this request, and later for
//! exactly the key that the credentials are sealed to. Pure: it fetches nothing.

use jiff::SignedDuration;
use jiff::Timestamp;

use super::Refusal;
use super::RequestEvidence;
use super::Verified;
use crate::forge::request_file::RequestFile;
use crate::github::api::models::Account;
use crate::github::id_token::Claims;
use crate::github::id_token::KeySet;
use crate::github::id_token::TokenError;
use crate::github::id_token::Verified as Token;
use crate::github::id_token::check_times;
use crate::github::id_token::verify_by;
use crate::github::reviews::Heard;
use crate::grant::Digest;
use crate::grant::Name;
use crate::grant::Verdict;
use crate::grant::WorkloadRun;
use crate::policy::Policy;
use crate::policy::Rule;
use crate::secret::seal::check_sealable;

/// The events that may start a run that asks. Events in which a stranger's text or code runs under the workload's name,
/// such as pull requests and comments, are excluded (GitHub, "Events that trigger workflows").
const EVENTS: [&str; 4] = ["push", "release", "schedule", "workflow_dispatch"];

/// How long ago the token for taking credentials may have expired, because `jit.yml` may have waited for a runner. A
/// replay yields only credentials that the original key can open.
const LATE: SignedDuration = SignedDuration::from_mins(10);

/// The audience of the token in a request's file, valid for this statement only.
pub fn asking_audience(request: &Digest) -> String {
    format!("jit-request:{request}")
}

/// The audience of the token with which a job takes credentials: for this request, sealed to this key.
pub fn taking_audience(request: &Digest, recipient: &str) -> String {
    format!("jit-recipient:{request}:{recipient}")
}

/// The run that a token names, in the form of a statement. `None` if an id is invalid.
pub fn run_of(claims: &Claims) -> Option<WorkloadRun> {
    Some(WorkloadRun {
        repository_id: claims.repository_id.parse().ok()?,
        sha: claims.sha.clone(),
        reference: claims.reference.clone(),
        run_id: claims.run_id.parse().ok()?,
        run_attempt: claims.run_attempt.parse().ok()?,
        workflow_ref: claims.workflow_ref.clone(),
    })
}

/// Checks that a run may ask: on a branch or tag, by an event that no outsider can cause, in its first attempt. A
/// re-run names the account that started it first, and not the one that started it now.
///
/// # Errors
/// The reason, in words.
pub fn check_run(claims: &Claims) -> Result<(), String> {
    if !EVENTS.contains(&claims.event_name.as_str()) {
        return Err(format!(
            "its run was started by {}, and not by {}",
            claims.event_name,
            EVENTS.join(", ")
        ));
    }
    if !["refs/heads/", "refs/tags/"].iter().any(|start| claims.reference.starts_with(start)) {
        return Err("its run is on no branch or tag".to_owned());
    }
    if claims.run_attempt != "1" {
        return Err("its run was run again".to_owned());
    }
    Ok(())
}

/// Checks a workload's request: the app that the policy names brought it, and its token is valid.
pub(super) fn check_asked(
    evidence: &RequestEvidence,
    file: &RequestFile,
    run: &WorkloadRun,
    author: &Account,
) -> Result<Option<u64>, Refusal> {
    let policies: [&Policy; 2] = [&evidence.under, &evidence.force];
    check_app(&policies, author.id)?;
    if author.kind != "Bot" {
        return Err(refused("people log in to the account that brought it"));
    }
    check_token(keys(evidence)?, &policies, file, run, evidence.pull.created_at)
}

/// Checks the token in the place of the signature: it is the run's own, was valid when the pull request was opened, and
/// is for this statement only. Returns the account that started the run. `None` if the issuer has since withdrawn the
/// key, which then proves nothing: the request can be ended, and not granted.
///
/// # Errors
/// The token is not valid, or belongs to another workload.
pub fn check_token(
    keys: &KeySet,
    policies: &[&Policy],
    file: &RequestFile,
    run: &WorkloadRun,
    asked: Timestamp,
) -> Result<Option<u64>, Refusal> {
    let token = match verify_by(keys, &file.signed.signature) {
        Err(TokenError::NoKey) => return Ok(None),
        verified => verified.map_err(|error| token_refused(&error))?,
    };
    let claims = &token.claims;
    if claims.aud != asking_audience(&file.digest) {
        return Err(refused("it was made for something else than this request"));
    }
    // Uses the time of asking according to the authority, because the token has long expired when people have approved.
    check_times(claims, asked, SignedDuration::ZERO).map_err(|error| token_refused(&error))?;
    check_run(claims).map_err(refused)?;
    check_name(policies, &token, &file.statement.header.who)?;
    check_starter(policies, &file.statement.role, claims)?;
    check_same(claims, run)
        .map_err(|member| refused(format!("the request says another {member} than the token")))?;
    claims.actor_id.parse().map(Some).map_err(|_| refused("it does not say who started the run"))
}

/// The key to seal to, named by a token of the same run that asked.
///
/// # Errors
/// The token is not valid, or belongs to another run or another commit.
pub fn check_taking(
    evidence: &RequestEvidence,
    verified: &Verified,
    proof: &str,
    now: Timestamp,
) -> Result<String, Refusal> {
    let statement = &verified.file.statement;
    let run = statement.workload.as_ref().ok_or_else(|| refused("a person asked, and no workload"))?;
    let token = verify_by(keys(evidence)?, proof).map_err(|error| token_refused(&error))?;
    let claims = &token.claims;
    let start = taking_audience(&verified.file.digest, "");
    let recipient = claims.aud.strip_prefix(&start);
    let recipient = recipient.ok_or_else(|| refused("it was made for something else than this request"))?;
    check_sealable(recipient).map_err(|error| refused(error.to_string()))?;
    check_times(claims, now, LATE).map_err(|error| token_refused(&error))?;
    check_same(claims, run).map_err(Refusal::OtherRun)?;
    check_name(&[&evidence.under, &evidence.force], &token, &statement.header.who)?;
    Ok(recipient.to_owned())
}

/// Checks that an account is the app that both policies name.
pub(super) fn check_app(policies: &[&Policy; 2], account: u64) -> Result<(), Refusal> {
    let named = |policy: &&Policy| policy.forge().and_then(|forge| forge.workload_app);
    match policies.iter().map(named).collect::<Vec<_>>().as_slice() {
        [Some(under), Some(force)] if under == force && *under == account => Ok(()),
        [Some(_), Some(_)] => Err(refused("another account brought it than the policy's workload_app")),
        _ => Err(refused("the policy names no workload_app under [authority.github]")),
    }
}

/// Removes approvals by the person who started the run, because they are the requester in effect. Their denial still
/// counts.
pub(super) fn leave_out(heard: &mut Heard, policies: &[&Policy; 2], starter: u64) {
    let names: Vec<&Name> = policies
        .iter()
        .filter_map(|policy| policy.person_of_github(starter).map(|person| &person.name))
        .collect();
    let stays = |by: &Name, verdict: Verdict| verdict == Verdict::Deny || !names.contains(&by);
    heard.vouched.retain(|opinion| stays(&opinion.by, opinion.verdict));
    heard.signed.retain(|review| stays(&review.by, review.statement.verdict));
}

fn keys(evidence: &RequestEvidence) -> Result<&KeySet, Refusal> {
    evidence.keys.as_ref().ok_or_else(|| refused("the issuer's keys are not at hand"))
}

/// Checks that the policies assign the token to this workload, by its repository's number among others.
fn check_name(policies: &[&Policy], token: &Token, who: &Name) -> Result<(), Refusal> {
    for policy in policies {
        let workload = policy.workload_of_claims(&token.claims.iss, &token.texts);
        if workload.is_none_or(|workload| workload.name != *who) {
            return Err(refused(format!("the policy does not know it as {who}'s")));
        }
        if workload.is_some_and(|workload| !workload.claims.contains_key("repository_id")) {
            return Err(refused(format!("the policy knows {who} by names alone, which can change hands")));
        }
    }
    Ok(())
}

/// Checks that a person started the run, if people must agree to its request: whoever stands behind an app, such as the one of a merge
/// queue, could approve what they started.
fn check_starter(policies: &[&Policy], role: &Name, claims: &Claims) -> Result<(), Refusal> {
    let is_reviewed = |policy: &&Policy| policy.role(role).is_none_or(|role| role.approval != Rule::None);
    if claims.actor.ends_with("[bot]") && policies.iter().any(is_reviewed) {
        return Err(refused(format!(
            "{} started its run, and nobody knows which person stands behind it; let a person start it, by workflow_dispatch or a release",
            claims.actor
        )));
    }
    Ok(())
}

fn check_same(claims: &Claims, run: &WorkloadRun) -> Result<(), &'static str> {
    match run_of(claims) {
        None => Err("run_id"),
        Some(own) => run.difference(&own).map_or(Ok(()), Err),
    }
}

fn refused(cause: impl AsRef<str>) -> Refusal {
    Refusal::Workload(crate::grant::text::sanitise(cause.as_ref()))
}

fn token_refused(error: &TokenError) -> Refusal {
    refused(error.to_string())
}
