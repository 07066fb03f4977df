//! Asking as a workload: the statement names this run, the job's ID token stands in the place of a signature, and the app
//! opens the pull request. Then the job ends: no runner waits for people.

use jiff::Timestamp;

use super::job::WorkloadJob;
use super::outputs;
use crate::flow::Failure;
use crate::flow::attendance::Attendance;
use crate::flow::draft::Draft;
use crate::forge::MAIN;
use crate::forge::github::repositories::NewFile;
use crate::forge::id_token;
use crate::forge::request_file;
use crate::forge::workload::asking_audience;
use crate::grant::Assurance;
use crate::grant::Digest;
use crate::grant::Name;
use crate::grant::RequestId;
use crate::grant::Signed;
use crate::grant::Statement;
use crate::grant::span::Span;
use crate::grant::span::whole_seconds;
use crate::grant::statement::Header;
use crate::grant::statement::RequestStatement;
use crate::grant::statement::RequestedScope;
use crate::grant::statement::Way;
use crate::grant::text;
use crate::judgement::clocks;
use crate::policy::Asking;
use crate::policy::Decision;
use crate::policy::Role;
use crate::system::System;

/// What a job wants.
#[derive(Debug, Clone)]
pub struct Wish {
    /// The role, by its name or an alias.
    pub role: Name,
    /// Only this piece of it.
    pub scope: Option<Name>,
    /// For how long; the role's own duration when not said.
    pub duration: Option<Span>,
    /// Why.
    pub reason: String,
    /// Not before this.
    pub start: Option<Timestamp>,
}

/// What was asked.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Who asked.
    pub who: Name,
    /// For what.
    pub role: Name,
    /// The request.
    pub id: RequestId,
    /// Its digest.
    pub digest: Digest,
    /// The pull request.
    pub pull: u64,
    /// Where people review it.
    pub address: String,
    /// What is missing, in words; nothing where a condition approves it.
    pub missing: Vec<String>,
}

/// Asks. Sets the outputs `request`, `pull` and `digest` for the job that will take the credentials.
///
/// # Errors
/// The policy refuses, or GitHub does.
pub async fn ask(system: &System, wish: &Wish) -> Result<Asked, Failure> {
    let job = WorkloadJob::open(system).await?;
    let role = job.policy.role(&wish.role);
    let role = role.ok_or_else(|| Failure::refused(format!("there is no role {}", wish.role)))?;
    let (statement, missing) = build(system, &job, role, wish)?;
    let text = Statement::Request(Box::new(statement)).canonical_text();
    // What cannot be read back would be refused by everybody.
    Statement::parse(text.as_bytes()).map_err(|error| Failure::usage(error.to_string()))?;
    let digest = Digest::of(text.as_bytes());
    let id = digest.request_id();
    let token = id_token::fetch(system, &asking_audience(&digest)).await?;
    // It is good for nothing but this request, so it may stand where everybody who reviews can read it.
    let signed = Signed { statement: text, signature: token.expose().clone() };
    let github = &job.github;
    let base = github.commit(&job.main).await?.tree.sha;
    let file = NewFile { path: request_file::path_of(&id), content: request_file::write(&signed) };
    let tree = github.create_tree(Some(&base), &[file]).await?;
    let commit = github.create_commit(&format!("Ask {id}"), &tree, &[&job.main]).await?;
    let branch = request_file::branch_of(&id);
    github.create_branch(&branch, &commit).await?;
    let title = format!("{} asks for {}", job.name, role.name);
    let body =
        "A workload asks. What counts is the file that this adds; the check says in words what it asks.\n";
    let pull = github.create_pull(&title, &branch, MAIN, body).await?;
    outputs::set(system, "request", id.as_str())?;
    outputs::set(system, "pull", &pull.number.to_string())?;
    outputs::set(system, "digest", &digest.to_string())?;
    let (who, role) = (job.name.clone(), role.name.clone());
    Ok(Asked { who, role, id, digest, pull: pull.number, address: pull.html_url, missing })
}

/// The statement, and what will be missing, by the policy of today.
fn build(
    system: &System,
    job: &WorkloadJob,
    role: &Role,
    wish: &Wish,
) -> Result<(RequestStatement, Vec<String>), Failure> {
    let now = whole_seconds(system.clock.now());
    let duration = wish.duration.unwrap_or(role.duration);
    let reason = text::normalize(&wish.reason);
    // Nobody sits at a job's terminal; an agent may well run in it.
    let attendance = Attendance { interactive: false, ..Attendance::of(system) };
    let asking = Asking {
        reason: &reason,
        agent: attendance.agent,
        assurance: Assurance::Account,
        scope: wish.scope.as_ref(),
        ..Asking::new(&job.name, &role.name, duration, now)
    };
    let missing = match job.policy.decide(&asking) {
        Decision::Approved { .. } => Vec::new(),
        Decision::NeedsApproval { missing } => missing.into_iter().map(|missing| missing.demand).collect(),
        Decision::Refused(refusal) => return Err(Failure::refused(refusal.to_string())),
        Decision::Denied { by } => return Err(Failure::refused(format!("{by} denied it"))),
    };
    let scope = wish
        .scope
        .as_ref()
        .and_then(|name| role.scopes.get(name))
        .map(|scope| RequestedScope { name: scope.name.clone(), document: scope.document.digest() });
    let begin = wish.start.map_or(now, |start| start.max(now));
    let header =
        Header { authority: job.authority(), who: job.name.clone(), at: now, nonce: system.entropy.token() };
    let draft = Draft {
        header,
        way: Way::Request,
        role: &role.name,
        target: &role.target,
        scope,
        duration,
        start: wish.start,
        reason: &reason,
        recipient: String::new(),
        workload: Some(job.run.clone()),
        policy: job.policy.revision,
        not_after: clocks::latest_end(begin, role.pending, role.unused, duration),
    };
    let statement = draft.statement(attendance);
    Ok((statement, missing))
}
