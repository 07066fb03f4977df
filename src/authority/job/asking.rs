//! Asking for a job, and taking what was approved, each signed by the job's own key.

use super::Entered;
use super::JobError;
use crate::authority::Asked;
use crate::authority::Authority;
use crate::authority::AuthorityError;
use crate::authority::StatementAuthority;
use crate::authority::opening;
use crate::authority::opening::Signed as Opening;
use crate::authority::wishes::Handed;
use crate::authority::wishes::Wish;
use crate::grant::ScopeDocument;
use crate::grant::Signed;
use crate::grant::State;
use crate::grant::Statement;
use crate::grant::span::whole_seconds;
use crate::grant::statement::Attendance;
use crate::grant::statement::Draft;
use crate::grant::statement::Header;
use crate::grant::statement::RequestStatement;
use crate::grant::statement::RequestedScope;
use crate::grant::statement::TakeStatement;
use crate::grant::statement::Way;
use crate::grant::text;
use crate::identity;
use crate::judgement::clocks;
use crate::protocol::LeaseCall;
use crate::protocol::RequestView;
use crate::secret::seal::RecipientKey;
use crate::system::System;

/// The statement of a request, from its bytes.
pub(super) fn statement(view: &RequestView) -> Option<RequestStatement> {
    match Statement::parse(view.signed.statement.as_bytes()).ok()? {
        Statement::Request(asked) => Some(*asked),
        _ => None,
    }
}

fn header(system: &System, entered: &Entered) -> Header {
    Header {
        authority: entered.broker.url().to_owned(),
        who: entered.workload.clone(),
        at: whole_seconds(system.clock.now()),
        nonce: system.entropy.token(),
    }
}

fn sign(entered: &Entered, statement: &Statement) -> Result<Signed, JobError> {
    Ok(identity::statement::sign(statement, entered.signer.as_ref())?)
}

/// Asks.
///
/// # Errors
/// The broker refuses, or the role has no such scope.
pub(super) async fn ask(
    system: &System,
    entered: &Entered,
    wish: &Wish,
) -> Result<Asked<RequestView>, AuthorityError> {
    let role = entered.broker.role(&wish.role).await?;
    let scope = wish.scope.as_ref().map(|wanted| {
        let none = || JobError::NoScope { role: role.name.clone(), scope: wanted.clone() };
        let known = role.scopes.iter().find(|scope| scope.name == *wanted).ok_or_else(none)?;
        let cloud = role.target.cloud();
        // The digest is computed here, from the document itself.
        let document = ScopeDocument::parse(cloud, &known.document, str::to_owned).map_err(|_| none())?;
        Ok(RequestedScope { name: known.name.clone(), document: document.digest() })
    });
    let scope = scope.transpose().map_err(|error: JobError| error)?;
    let header = header(system, entered);
    let duration = wish.duration.unwrap_or(role.duration);
    let begin = wish.start.map_or(header.at, |start| start.max(header.at));
    let draft = Draft {
        way: Way::Request,
        role: &role.name,
        target: &role.target,
        scope,
        duration,
        start: wish.start,
        reason: &text::normalize(&wish.reason),
        recipient: String::new(),
        workload: None,
        job: Some(entered.job.clone()),
        purpose: None,
        policy: entered.policy,
        not_after: clocks::latest_end(begin, role.pending, role.unused, duration),
        header,
    };
    // No person sits at a job's terminal, but an agent may run in the job.
    let asked = draft.statement(Attendance { interactive: false, agent: wish.agent });
    let signed = sign(entered, &Statement::Request(Box::new(asked)))?;
    entered.broker.ask(&signed).await
}

/// Takes the credentials of a request of this run, sealed to a key that is made for this.
///
/// # Errors
/// The request is not approved, or the credentials do not fit it.
pub(super) async fn take(
    system: &System,
    entered: &Entered,
    view: &RequestView,
) -> Result<Handed, AuthorityError> {
    let asked = statement(view).ok_or_else(|| JobError::Unreadable(view.id.clone()))?;
    if !matches!(view.state, State::Approved | State::Active) {
        return Err(JobError::Closed { id: view.id.clone(), state: view.state }.into());
    }
    let key = RecipientKey::generate(&system.entropy.seed());
    let take = Statement::Take(TakeStatement {
        header: header(system, entered),
        request: view.digest,
        recipient: key.public().map_err(JobError::from)?,
    });
    let call = LeaseCall { take: Some(sign(entered, &take)?) };
    let sealed = entered.broker.take(&view.id, &call).await?;
    let url = entered.broker.url();
    let opening = Opening {
        authority: url,
        digest: &view.digest,
        asked: &asked,
        narrowed: view.approved_scope_document.as_ref(),
        latest: asked.not_after,
        before: None,
        advice: "nothing was run; tell the broker's administrator",
    };
    let lease = opening::open(system, &key, &sealed, &opening).await?;
    let until = sealed.active_until.min(asked.not_after);
    let requested = asked.scope.map(|scope| scope.name);
    let scope = requested.or_else(|| view.approved_scope.clone());
    Ok(Handed { role: asked.role, scope, lease, until })
}
