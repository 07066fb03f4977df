//! Verifies the evidence: the rules for GitHub's runs and pull requests, and the rules that every authority applies.
//! Pure: it fetches nothing.

use std::sync::Arc;

use jiff::Timestamp;

use super::Evidence;
use super::MAIN;
use super::Refusal;
use super::RequestEvidence;
use super::Verified;
use super::WORKFLOW;
use super::authority;
use crate::forge::request_file;
use crate::forge::request_file::RequestFile;
use crate::github::api::models::Account;
use crate::github::denying;
use crate::github::evidence::Claimed;
use crate::github::evidence::Dispatch;
use crate::github::fitness;
use crate::github::reviews;
use crate::github::workload;
use crate::grant::Name;
use crate::grant::statement::RequestStatement;
use crate::identity::Opened;
use crate::judgement::Bench;
use crate::judgement::clocks;
use crate::judgement::facts::Gathered;
use crate::judgement::is_eligible;
use crate::judgement::refusal::Refusal as Rule;
use crate::judgement::review::check_words;
use crate::judgement::signer::check_key;
use crate::judgement::signer::foreign;
use crate::policy::Policy;
use crate::secret::seal::check_sealable;

/// Checks that a run is the first attempt of `jit.yml` on `main`, dispatched by hand at the current head of `main`, and
/// that its claims match GitHub's answer. Returns the account that dispatched it.
pub fn check_run<'a>(evidence: &'a Evidence, claimed: &Claimed) -> Result<&'a Account, Refusal> {
    let (run, repository) = (&evidence.run, &evidence.repository);
    let no = |cause: &str| Err(Refusal::Run(cause.to_owned()));
    if run.repository.id != repository.id {
        return no("it belongs to another repository");
    }
    if run.event != "workflow_dispatch" {
        return no("it was not dispatched");
    }
    if run.run_attempt != 1 {
        return no("it was run again");
    }
    // GitHub writes `path` or `path@branch`.
    if run.path.split('@').next() != Some(WORKFLOW) {
        return no("it is another workflow");
    }
    if run.head_branch.as_deref() != Some(MAIN) {
        return no("it is not on main");
    }
    let (Some(actor), Some(triggering)) = (&run.actor, &run.triggering_actor) else {
        return no("nobody dispatched it");
    };
    // A workload's app may dispatch for workloads only, which `check_actor` enforces.
    let app = evidence.force.forge().and_then(|forge| forge.workload_app);
    if actor.id != triggering.id || !(actor.is_user() || app == Some(actor.id)) {
        return no("it was not dispatched by one person");
    }
    let reference = format!("refs/heads/{MAIN}");
    let workflow_ref = format!("{}/{WORKFLOW}@{reference}", repository.full_name);
    let same = [
        ("repository", claimed.repository_id == repository.id),
        ("id", claimed.run_id == run.id),
        ("attempt", claimed.run_attempt == run.run_attempt),
        ("actor", claimed.actor_id == actor.id),
        ("event", claimed.event == run.event),
        ("branch", claimed.reference == reference),
        ("commit", claimed.sha == run.head_sha),
        ("workflow", claimed.workflow_ref.eq_ignore_ascii_case(&workflow_ref)),
    ];
    if let Some((what, _)) = same.iter().find(|(_, same)| !same) {
        return Err(Refusal::Claimed(what));
    }
    if run.head_sha != evidence.main {
        return Err(Refusal::Moved);
    }
    Ok(actor)
}

/// Verifies the request in a pull request: one added file, signed by its author, made under the policy at its base.
pub fn verify(
    evidence: &Evidence,
    dispatch: &Dispatch,
    claimed: &Claimed,
    now: Timestamp,
) -> Result<Verified, Refusal> {
    let actor = check_run(evidence, claimed)?.id;
    verify_request(evidence, dispatch, actor, now)
}

/// The same without a run, for readers of a request. `actor` is the numeric id of the acting account, which only
/// [`Verified::check_actor`] uses.
pub fn verify_request(
    evidence: &RequestEvidence,
    dispatch: &Dispatch,
    actor: u64,
    now: Timestamp,
) -> Result<Verified, Refusal> {
    let authority = authority(evidence.repository.id);
    let (file, author) = check_pull(evidence, dispatch)?;
    let statement = &file.statement;
    let bench = Bench {
        authority: authority.clone(),
        under: Arc::clone(&evidence.under),
        force: Arc::clone(&evidence.force),
    };
    let starter = match &statement.workload {
        None => check_person(evidence, &bench, &file, author).map(|()| None)?,
        Some(run) if statement.header.authority == authority => {
            workload::check_asked(evidence, &file, run, author)?
        }
        Some(_) => return Err(Refusal::Workload("it asks another authority".to_owned())),
    };
    if statement.workload.is_none() {
        check_sealable(&statement.recipient).map_err(Rule::Recipient)?;
    }
    if statement.policy != evidence.under.revision {
        return Err(Rule::Revision.into());
    }
    let asked = evidence.pull.created_at;
    if clocks::lies_ahead(asked, now) {
        return Err(Refusal::Clock(format!(
            "GitHub says that it was asked at {asked}, which is in the future"
        )));
    }
    let pending_until = check_role(&bench, statement, asked)?;
    fitness::check(&bench, &file.statement)?;
    let mut heard = reviews::hear(evidence, &file.digest, author.id, &authority);
    if let Some(starter) = starter {
        workload::leave_out(&mut heard, &[&evidence.under, &evidence.force], starter);
    }
    // An approval that a broker would not accept does not count here either, but its ceiling applies.
    heard
        .signed
        .retain(|review| check_words(&bench, &file.statement, &file.digest, &review.statement).is_ok());
    let mut ceilings = std::mem::take(&mut heard.ceilings);
    ceilings.retain(|review| {
        [&evidence.under, &evidence.force]
            .iter()
            .any(|policy| is_eligible(policy, &file.statement, &review.by))
    });
    let objection = denying::objection(evidence, &bench, (&file.statement, &file.digest), actor);
    let until = file.statement.not_after;
    // Without a grant to extend, the request has no place among its extensions, so the count exceeds every policy's
    // limit.
    let before = if file.statement.extends().is_some() { u32::MAX } else { 0 };
    Ok(Verified {
        file,
        bench,
        heard,
        asked,
        pending_until,
        pull: evidence.pull.number,
        actor,
        automatic: true,
        is_denied: false,
        by_people: false,
        is_known: false,
        proven: starter.is_some(),
        until,
        before,
        is_active: false,
        ceilings,
        approved_scope: None,
        objection,
        learnt: Gathered::default(),
    })
}

/// Checks the form of the pull request and its one file.
fn check_pull<'a>(
    evidence: &'a RequestEvidence,
    dispatch: &Dispatch,
) -> Result<(RequestFile, &'a Account), Refusal> {
    let (pull, repository) = (&evidence.pull, evidence.repository.id);
    let no = |cause: &str| Err(Refusal::Pull { number: pull.number, cause: cause.to_owned() });
    if pull.number != dispatch.pull {
        return no("it is another than the one that was dispatched");
    }
    if pull.head.repo.as_ref().map(|repo| repo.id) != Some(repository) {
        return no("it comes from a fork");
    }
    let Some(author) = &pull.user else {
        return no("it was not opened by a person");
    };
    // A denial belongs to one pull request, and would be invisible from another one.
    if evidence.pulls != [pull.number] {
        return no("its branch has another pull request");
    }
    let [changed] = evidence.files.as_slice() else {
        return no("it changes more than one file, or none");
    };
    if changed.status != "added" || changed.previous_filename.is_some() {
        return no("it does something else than add a file");
    }
    let Some(id) = request_file::id_in(&changed.filename) else {
        return no("its file is not a request's");
    };
    if pull.head.branch != request_file::branch_of(&id) {
        return no("its branch is not the request's");
    }
    let Some(content) = &evidence.content else {
        return no("its file cannot be read");
    };
    let file = request_file::read(content)?;
    if file.digest != dispatch.digest {
        return Err(Refusal::Digest { found: file.digest, wanted: dispatch.digest });
    }
    if file.digest.request_id() != id {
        return no("its file has another request's name");
    }
    Ok((file, author))
}

/// Checks that the requester opened the pull request, and that their key signed the statement.
fn check_person(
    evidence: &RequestEvidence,
    bench: &Bench,
    file: &RequestFile,
    author: &Account,
) -> Result<(), Refusal> {
    if !author.is_user() {
        let cause = "it was not opened by a person".to_owned();
        return Err(Refusal::Pull { number: evidence.pull.number, cause });
    }
    let who = &file.statement.header.who;
    let opened = Opened::open(file.signed.clone(), file.statement.way.kind(), &bench.authority)
        .map_err(Rule::Unproved)?;
    check_key(&bench.under, &opened)?;
    // It was their key, and is theirs no more.
    if !bench.is_key_of(opened.fingerprint(), who) {
        return Err(Rule::Changed(foreign(who)).into());
    }
    for policy in [&evidence.under, &evidence.force] {
        check_author(policy, who, author.id)?;
    }
    Ok(())
}

/// Checks that author and requester are the same human in this policy.
fn check_author(policy: &Policy, who: &Name, author: u64) -> Result<(), Refusal> {
    let cause = match policy.person_of_github(author) {
        Some(person) if person.name == *who => return Ok(()),
        Some(person) => {
            return Err(Rule::SomebodyElses { who: who.clone(), caller: person.name.clone() }.into());
        }
        None => format!("the policy knows nobody with the GitHub id {author}"),
    };
    Err(Refusal::Who { who: who.clone(), cause })
}

/// Checks that the role exists under its own name, and that the statement's time agrees with GitHub's time of asking.
/// Returns when the request expires undecided. Its duration is checked against the policies when it is accepted, which
/// only the log knows.
fn check_role(bench: &Bench, statement: &RequestStatement, asked: Timestamp) -> Result<Timestamp, Rule> {
    let Some((under, _)) = bench.roles(&statement.role) else {
        return Err(Rule::NoRole(statement.role.clone()));
    };
    if under.name != statement.role {
        return Err(Rule::Alias { asked: statement.role.clone(), name: under.name.clone() });
    }
    clocks::check_fresh(statement.created, asked)?;
    let pending_until = clocks::pending_until(bench, statement, None, asked);
    pending_until.ok_or_else(|| Rule::NoRole(statement.role.clone()))
}
