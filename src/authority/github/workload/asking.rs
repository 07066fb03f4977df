//! Asking as a workload: the statement names this run, the job's ID token takes the place of a signature, and the app
//! opens the pull request. Then the job ends, so that no runner waits for people.

use super::WorkloadError;
use super::job::Job;
use crate::authority::wishes::Wish;
use crate::authority::wishes::WishView;
use crate::forge::request_file;
use crate::forge::title::title;
use crate::github::MAIN;
use crate::github::api::repositories::NewFile;
use crate::github::id_token;
use crate::github::outputs;
use crate::github::workload::asking_audience;
use crate::grant::Assurance;
use crate::grant::Digest;
use crate::grant::Signed;
use crate::grant::State;
use crate::grant::Statement;
use crate::grant::span::whole_seconds;
use crate::grant::statement::Attendance;
use crate::grant::statement::Draft;
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

/// Asks. Sets the outputs `request`, `pull` and `digest` for the job that will fetch the credentials.
///
/// # Errors
/// The policy or GitHub refuses.
pub(super) async fn ask(system: &System, job: &Job, wish: &Wish) -> Result<WishView, WorkloadError> {
    let role = job.policy.role(&wish.role);
    let role = role.ok_or_else(|| WorkloadError::NoRole(wish.role.clone()))?;
    let (statement, missing) = build(system, job, role, wish)?;
    let asked = statement.clone();
    let text = Statement::Request(Box::new(statement)).canonical_text();
    // Every reader would refuse a statement that does not parse.
    Statement::parse(text.as_bytes())?;
    let digest = Digest::of(text.as_bytes());
    let id = digest.request_id();
    let token = id_token::fetch(system, &asking_audience(&digest)).await?;
    // The token is valid for this request only, so every reviewer may read it in the file.
    let signed = Signed { statement: text, signature: token.expose().clone() };
    let github = &job.github;
    let base = github.commit(&job.main).await?.tree.sha;
    let file = NewFile { path: request_file::path_of(&id), content: request_file::write(&signed) };
    let tree = github.create_tree(Some(&base), &[file]).await?;
    let commit = github.create_commit(&format!("Ask {id}"), &tree, &[&job.main]).await?;
    let branch = request_file::branch_of(&id);
    github.create_branch(&branch, &commit).await?;
    let title = title(&id, &asked);
    let body = "A workload requests access. The request is the file that this pull request adds; the check shows it in words.\n";
    let pull = github.create_pull(&title, &branch, MAIN, body).await?;
    outputs::set(system, "request", id.as_str())?;
    outputs::set(system, "pull", &pull.number.to_string())?;
    outputs::set(system, "digest", &digest.to_string())?;
    Ok(WishView {
        who: job.name.clone(),
        role: role.name.clone(),
        id,
        digest,
        pull: Some(pull.number),
        address: pull.html_url,
        state: if missing.is_empty() { State::Approved } else { State::Pending },
        missing,
    })
}

/// The statement, and the missing approvals under the current policy.
fn build(
    system: &System,
    job: &Job,
    role: &Role,
    wish: &Wish,
) -> Result<(RequestStatement, Vec<String>), WorkloadError> {
    let now = whole_seconds(system.clock.now());
    let duration = wish.duration.unwrap_or(role.duration);
    let reason = text::normalize(&wish.reason);
    // No person sits at a job's terminal, but an agent may run in the job.
    let attendance = Attendance { interactive: false, agent: wish.agent };
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
        Decision::Refused(refusal) => return Err(WorkloadError::Policy(refusal.to_string())),
        Decision::Denied { by } => return Err(WorkloadError::Policy(format!("{by} denied it"))),
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
        job: None,
        purpose: None,
        policy: job.policy.revision,
        not_after: clocks::latest_end(begin, role.pending, role.unused, duration),
    };
    let statement = draft.statement(attendance);
    Ok((statement, missing))
}
