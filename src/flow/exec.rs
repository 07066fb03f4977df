//! Running one command with the access, asking for the access first where a person can be asked.

use super::Access;
use super::Client;
use super::Failure;
use super::Kind;
use super::Standing;
use super::direct;
use super::extend;
use super::find;
use super::names;
use super::obtain;
use super::plan::Wish;
use super::request;
use super::start::Form;
use super::wait;
use crate::grant::Name;
use crate::grant::State;
use crate::grant::span::Span;
use crate::grant::span::time_left;

/// Access to a role: what the keychain has, else what the authority mints, else, on a terminal, what is asked for now.
pub async fn access(client: &Client<'_>, role: &Name, may_ask: bool) -> Result<Access, Failure> {
    if let Some(direct) = client.settings.roles.get(role) {
        return direct::obtain(client, direct).await;
    }
    let now = client.now();
    let stated = client.settings.stated_authority();
    for entry in client.index().iter().filter(|entry| entry.role == *role && entry.is_active(now)) {
        // An entry of another authority than the one in force is not for this run.
        if entry.authority == stated
            && let Some(access) = obtain::cached(client, entry)?
        {
            return Ok(access);
        }
    }
    let connected = client.connect().await?;
    let standing = match find::own_by_any_name(&connected, role).await? {
        Some(standing) if !standing.state_at(now).is_terminal() => standing,
        found if may_ask && client.console().is_interactive() => {
            // How the last one ended is worth a line before asking for the next.
            if let Some(ended) = found.filter(|found| found.view.state == State::Denied) {
                client.console().say(&format!("note: {}", wait::closed(&ended, State::Denied).message));
            }
            let wish = Wish { role: Some(role.clone()), ..Wish::default() };
            request::request(client, &connected, wish, false).await?.standing
        }
        Some(ended) => return Err(wait::closed(&ended, ended.state_at(now))),
        None => return Err(names::unless_unknown(&connected, role, nothing_granted(role)).await),
    };
    let standing = match standing.view.state {
        State::Pending if may_ask && client.console().is_interactive() => {
            wait::decided(client, &connected, standing, None).await?
        }
        State::Pending => return Err(still_pending(&standing)),
        _ => standing,
    };
    obtain::obtain(client, &connected, &standing).await
}

fn nothing_granted(role: &Name) -> Failure {
    Failure::refused(format!("there is no access to {role}"))
        .cause("nobody asked for it, and there is no terminal to ask on")
        .hint(format!("type `jit request {role}` first"))
}

fn still_pending(standing: &Standing) -> Failure {
    Failure::new(Kind::Waiting, format!("{} still waits for approval", standing.asked.role))
        .cause(format!("request {} has not been decided", standing.view.id))
        .hint(format!("type `jit wait {}`", standing.view.id))
}

/// Access that lasts as long as the command needs, in the form that it will be given: where it does not, and its role gives
/// more time, that is asked for now on a terminal.
pub async fn lasting(
    client: &Client<'_>,
    access: Access,
    form: Form,
    needs: Option<Span>,
) -> Result<Access, Failure> {
    let (Err(refusal), Some(needs)) = (lasts(client, &access, form, needs), needs) else { return Ok(access) };
    // Credentials in an environment end when they end: more time of the access would not help the command.
    let more = extend::lacking(client.now(), access.until, needs).filter(|_| form != Form::Environment);
    let (Some(more), Some(id)) = (more, &access.request) else { return Err(refusal) };
    let connected = client.connect().await?;
    if !extend::is_offered(&connected, &access.role).await {
        return Err(refusal);
    }
    if !client.console().is_interactive() {
        let hint = format!("ask for more time first: `jit extend {} --for {more}`", access.role);
        return Err(Failure { hints: Vec::new(), ..refusal }.hint(hint));
    }
    let causes = refusal.causes.join("; ");
    client.console().say(&format!("note: {}: {causes}", refusal.message));
    let wish = extend::Wish { typed: id.to_string(), duration: Some(more), reason: None };
    let asked = extend::extend(client, &connected, wish, false).await?;
    wait::decided(client, &connected, asked.standing, None).await?;
    let longer = self::access(client, &access.role, false).await?;
    lasts(client, &longer, form, Some(needs))?;
    Ok(longer)
}

/// Checks that the access lasts as long as the command needs, in the form that it will be given.
pub fn lasts(client: &Client<'_>, access: &Access, form: Form, needs: Option<Span>) -> Result<(), Failure> {
    let Some(needs) = needs else { return Ok(()) };
    let wanted = needs.after(client.now());
    let end = if form.renews(access) { access.until } else { access.lease.expires };
    if wanted <= end {
        return Ok(());
    }
    let failure = Failure::failed(format!("{} does not last {needs}", access.role))
        .cause(format!("its credentials end in {}", time_left(client.now(), end)));
    Err(if wanted <= access.until {
        failure.hint("leave `--env` away: credentials are then renewed until the access ends")
    } else {
        failure
            .hint(format!("when it has ended, ask for longer: `jit request {} --for {needs}`", access.role))
    })
}
