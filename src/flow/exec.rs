//! Running one command with the access, asking for the access first where a person can be asked.

use std::ffi::OsString;

use super::Access;
use super::Client;
use super::Failure;
use super::Kind;
use super::Standing;
use super::direct;
use super::find;
use super::obtain;
use super::plan::Wish;
use super::request;
use super::wait;
use crate::deliver::environment;
use crate::grant::Name;
use crate::grant::State;
use crate::grant::span::Span;
use crate::grant::span::time_left;
use crate::system::processes::Command;

/// Access to a role: what the keychain has, else what the authority mints, else, on a terminal, what is asked for now.
pub async fn access(client: &Client<'_>, role: &Name, may_ask: bool) -> Result<Access, Failure> {
    if let Some(direct) = client.settings.roles.get(role) {
        return direct::obtain(client, direct).await;
    }
    let now = client.now();
    for entry in client.index().iter().filter(|entry| entry.role == *role && entry.is_active(now)) {
        // An entry of another authority than the one in force is not for this run.
        if entry.authority.as_deref() == client.settings.authority()
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
        None => return Err(nothing_granted(role)),
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

/// Checks that the access lasts as long as the command needs.
pub fn lasts(client: &Client<'_>, access: &Access, needs: Option<Span>) -> Result<(), Failure> {
    let Some(needs) = needs else { return Ok(()) };
    let end = access.lease.expires;
    if needs.after(client.now()) <= end {
        return Ok(());
    }
    Err(Failure::failed(format!("{} does not last {needs}", access.role))
        .cause(format!("its credentials end in {}", time_left(client.now(), end)))
        .hint(format!("when it has ended, ask for longer: `jit request {} --for {needs}`", access.role)))
}

/// Becomes the command. Comes back only with an exit code where the platform cannot replace a process, or with why the
/// command did not start.
pub fn run(
    client: &Client<'_>,
    access: &Access,
    program: OsString,
    arguments: Vec<OsString>,
) -> std::io::Result<i32> {
    let inherited = &client.system.environment;
    for name in environment::redirecting(inherited) {
        client.console().say(&format!("warning: {name} is set and may send the cloud's traffic elsewhere"));
    }
    let environment = environment::child(inherited, &access.role, &access.lease, access.until);
    client.console().settle();
    client.system.processes.become_command(&Command { program, arguments, environment })
}
