//! The verbs where the authority takes the wish as it is: no statement is signed, nothing is planned, and nothing is kept on
//! this machine.

use crate::authority::wishes::Wish;
use crate::authority::wishes::WishView;
use crate::flow::Access;
use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::asking::attendance::Attendance;
use crate::flow::asking::plan;
use crate::flow::asking::scopes::Extent;
use crate::flow::using::exec;
use crate::flow::using::exec::Ready;
use crate::flow::using::start::Form;
use crate::flow::using::start::Wanted;
use crate::grant::Name;
use crate::grant::RequestId;
use crate::grant::span::Span;

/// Asks; `None` where the authority takes signed statements instead.
///
/// # Errors
/// The authority refuses, or cannot be asked.
pub async fn request(
    client: &Client<'_>,
    roles: &[Name],
    typed: plan::Wish,
    waits: bool,
) -> Result<Option<WishView>, Failure> {
    let Some(authority) = client.wishes() else { return Ok(None) };
    let wish = Wish {
        role: authority.to_ask(roles, waits)?.clone(),
        scope: match typed.extent {
            Extent::Scope(scope) => Some(scope),
            Extent::Whole | Extent::Unsaid => None,
        },
        duration: typed.duration,
        reason: typed.reason.unwrap_or_default(),
        start: typed.start,
        agent: Attendance::of(client.system).agent,
    };
    Ok(Some(authority.ask(&wish).await?.view))
}

/// The access that a command runs with; `None` where the authority takes signed statements instead. Its credentials are
/// not renewed, so they go into the environment.
///
/// # Errors
/// Nothing is approved, or it does not last as long as the command needs.
pub(in crate::flow) async fn access(
    client: &Client<'_>,
    roles: &[Name],
    form: Form,
    needs: Option<Span>,
) -> Result<Option<Ready>, Failure> {
    let Some(authority) = client.wishes() else { return Ok(None) };
    let typed = authority.to_run(roles, form.stays())?;
    let id = authority.own(typed).await?;
    let handed = authority.obtain(&id, None).await?;
    let access = Access {
        role: handed.role,
        scope: handed.scope,
        request: Some(id),
        lease: handed.lease,
        until: handed.until,
        purpose: None,
    };
    exec::lasts(client, &access, Form::Environment, needs)?;
    let accesses = vec![Wanted { typed: typed.clone(), access }];
    Ok(Some(Ready { accesses, form: Form::Environment }))
}

/// Says that the access to a role is not needed any more, and whether it is over already; `None` where the authority takes
/// signed statements instead.
///
/// # Errors
/// There was none, or the authority cannot be told.
pub async fn end(
    client: &Client<'_>,
    typed: &str,
    waits: bool,
) -> Result<Option<(Name, RequestId, bool)>, Failure> {
    let Some(authority) = client.wishes() else { return Ok(None) };
    let role = authority.to_end(typed)?;
    let id = authority.open_own(&role).await?;
    let view = authority.end(&id, waits).await?;
    Ok(Some((role, id, view.state.is_terminal())))
}
