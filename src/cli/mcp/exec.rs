//! The tool `exec`.

use std::convert::Infallible;
use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use serde_json::json;

use super::answer::Answer;
use super::answer::Outcome;
use super::answer::Problem;
use super::ending::Once;
use super::request::refuse_direct;
use super::session::COMMANDS;
use super::session::Session;
use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::Kind;
use crate::flow::asking::purpose::Typed;
use crate::flow::session::find;
use crate::flow::using::captured;
use crate::flow::using::captured::Order;
use crate::flow::using::exec;
use crate::flow::using::exec::Errand;
use crate::flow::using::exec::Ready;
use crate::flow::using::once;
use crate::flow::using::once::Begun;
use crate::flow::using::start::Form;
use crate::flow::using::start::NotStarted;
use crate::grant::Name;
use crate::grant::State;
use crate::grant::text::sanitise;
use crate::system::System;
use crate::system::fingerprint;

/// After how many seconds a command is killed if the call does not say.
pub const DEFAULT: u64 = 600;
/// The longest run time, in seconds.
pub const MOST: u64 = 3600;
/// The bytes that stay of the beginning, and of the end, of each output.
const KEPT: usize = 512 << 10;
/// The time between two messages to the client that a command still runs.
const BEAT: Duration = Duration::from_secs(15);

/// The input.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    role: Name,
    argv: Vec<String>,
    cwd: Option<PathBuf>,
    timeout_seconds: Option<u64>,
}

pub async fn call(input: Input, session: &Arc<Session>, system: &System) -> Answer {
    let seconds = input.timeout_seconds.unwrap_or(DEFAULT);
    if !(1..=MOST).contains(&seconds) {
        return Err(Problem::Input(format!("`timeout_seconds` is from 1 to {MOST}")));
    }
    if input.argv.first().is_none_or(String::is_empty) {
        return Err(Problem::Input("`argv` begins with the program to run".to_owned()));
    }
    if input.argv.iter().any(|word| word.contains('\0')) {
        return Err(Problem::Input("`argv` holds a NUL character".to_owned()));
    }
    let folder = system.files.working.join(input.cwd.unwrap_or_default());
    let Ok(_place) = session.running.try_acquire() else {
        return Err(Failure::failed(format!("{COMMANDS} commands run already"))
            .hint("wait for one of them to end")
            .into());
    };
    // A command that was agreed to is compared as it will run: in its folder.
    let mut world = system.clone();
    world.files.working.clone_from(&folder);
    let client = Client::open(&world)?;
    let typed: Vec<OsString> = input.argv.iter().map(OsString::from).collect();
    let errand = Errand { typed: Typed { words: &typed, files: &[], plan: None }, binds: false };
    let program = typed.first().cloned().unwrap_or_default();
    let shown = sanitise(&program.to_string_lossy());
    // Before the credentials, with which the time of an approved grant begins.
    if folder.is_dir() && fingerprint::is_missing(&program, &world.environment, &folder) {
        return Err(not_run(NotStarted::Command(io::ErrorKind::NotFound.into()), &shown));
    }
    let Ready { accesses, form } = access(&client, session, &input.role, errand).await?;
    let Some(first) = accesses.first().map(|wanted| wanted.access.clone()) else {
        return Err(Failure::usage("no role is named").into());
    };
    let arguments = typed.get(1..).unwrap_or_default().to_vec();
    let time = Duration::from_secs(seconds);
    let Begun { ending, program } = once::begin(&client, &accesses, form, &typed).await?;
    let ending = Once::begun(session, ending);
    let order = Order { program, arguments, folder, time, kept: KEPT };
    let ran = tokio::select! {
        biased;
        ran = captured::run(&client, &accesses, form, order) => ran,
        never = beat(system, &shown) => match never {},
    };
    ending.finish(&client).await;
    let ran = ran.map_err(|problem| not_run(problem, &shown))?;
    Ok(Outcome::Done(json!({
        "exit_code": ran.code,
        "timed_out": ran.code.is_none(),
        "stdout": ran.stdout,
        "stderr": ran.stderr,
        "is_cut": ran.is_cut,
        "role": first.role,
        "request": first.request,
        "until": first.until.to_string(),
    })))
}

/// The access of a role. Never asks for it.
async fn access(
    client: &Client<'_>,
    session: &Session,
    role: &Name,
    errand: Errand<'_>,
) -> Result<Ready, Problem> {
    let _alone = session.preparing.lock().await;
    if session.is_gone() {
        return Err(Failure::failed("the client is gone").into());
    }
    client.account()?;
    refuse_direct(client, role)?;
    session.before(role);
    let ready = exec::ready(client, vec![role.clone()], Form::Automatic, None, errand).await;
    let first = ready.as_ref().map(|ready| ready.accesses.first());
    session.after(role, first.map(|first| first.and_then(|first| first.access.request.as_ref())));
    match ready {
        Ok(ready) => Ok(ready),
        Err(failure) => {
            let state = match failure.kind {
                Kind::Refused => state_of(client, role).await,
                _ => None,
            };
            Err(Problem::Failed(failure, state))
        }
    }
}

/// The state of the request that the role's name stands for, to say more of a refusal.
async fn state_of(client: &Client<'_>, role: &Name) -> Option<State> {
    let connected = client.connect().await.ok()?;
    let found = find::own_by_any_name(client, &connected, role).await.ok()??;
    Some(found.state_at(client.now())).filter(|state| state.is_terminal())
}

async fn beat(system: &System, shown: &str) -> Infallible {
    let mut passed = 0;
    loop {
        system.clock.sleep(BEAT).await;
        passed += BEAT.as_secs();
        system.console.progress(&format!("{shown} runs for {passed} s"));
    }
}

fn not_run(problem: NotStarted, shown: &str) -> Problem {
    match problem {
        NotStarted::Failed(failure) => failure.into(),
        NotStarted::Command(error) => {
            let message = match error.kind() {
                io::ErrorKind::NotFound => format!("{shown} was not found"),
                io::ErrorKind::NotADirectory => format!("{shown} cannot run there"),
                _ => format!("{shown} cannot run"),
            };
            Failure::failed(message).cause(error.to_string()).into()
        }
    }
}
