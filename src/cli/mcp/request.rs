//! The tool `request`.

use std::ffi::OsString;
use std::path::PathBuf;

use serde::Deserialize;

use super::answer::Answer;
use super::answer::Outcome;
use super::answer::Problem;
use super::session::Session;
use super::standing;
use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::asking::namesakes;
use crate::flow::asking::namesakes::Meant;
use crate::flow::asking::plan::Wish;
use crate::flow::asking::purpose::Typed;
use crate::flow::asking::request;
use crate::flow::asking::scopes::Extent;
use crate::flow::joining::page;
use crate::grant::Name;
use crate::grant::State;
use crate::grant::span::Span;
use crate::system::System;

/// The input.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    role: Name,
    reason: Option<String>,
    #[serde(rename = "for")]
    duration: Option<String>,
    scope: Option<Name>,
    argv: Option<Vec<String>>,
    files: Option<Vec<String>>,
    plan: Option<String>,
    cwd: Option<PathBuf>,
}

pub async fn call(input: Input, session: &Session, system: &System) -> Answer {
    let duration = input.duration.map(|typed| typed.parse::<Span>()).transpose();
    let duration = duration.map_err(|error| Problem::Input(format!("`for`: {error}")))?;
    let _alone = session.asking.lock().await;
    let mut world = system.clone();
    world.files.working.push(input.cwd.unwrap_or_default());
    let client = Client::open(&world)?;
    client.account()?;
    refuse_direct(&client, &input.role)?;
    if client.vault()?.forgets() {
        return Err(Failure::usage("with the keychain `none`, a request made here could not be used")
            .hint("a person chooses another keychain: `jit login --keychain os`")
            .into());
    }
    let connected = client.connect().await?;
    let extent = input.scope.map_or(Extent::Unsaid, Extent::Scope);
    // Access for any command is asked for by leaving `argv` out.
    if input.argv.as_ref().is_some_and(Vec::is_empty) {
        return Err(Problem::Input("`argv` begins with the program to run".to_owned()));
    }
    let words: Vec<OsString> = input.argv.into_iter().flatten().map(OsString::from).collect();
    let files = input.files.unwrap_or_default();
    let plan = input.plan.as_deref();
    let purpose = match (words.is_empty(), files.is_empty() && plan.is_none()) {
        (true, true) => None,
        (true, false) => {
            return Err(Problem::Input("`files` and `plan` belong to the command in `argv`".to_owned()));
        }
        (false, _) => Some(Typed { words: &words, files: &files, plan }.purpose(&client).await?),
    };
    let (role, reason) = (Some(input.role), input.reason);
    let wish = Wish { role, extent, duration, reason, start: None, purpose };
    let requested = request::request(&client, &connected, wish, true).await?;
    let asked = &requested.standing;
    if !requested.reused {
        standing::say_told(&client, asked);
    }
    let page = match asked.view.state {
        State::Pending => page::address(&client, &connected, &asked.view.id).await,
        _ => None,
    };
    Ok(Outcome::Done(standing::view(&client, asked, Some(requested.reused), page)))
}

/// Refuses a direct role: it is the person's own identity, which nobody approved for an agent.
pub(super) fn refuse_direct(client: &Client<'_>, role: &Name) -> Result<(), Failure> {
    match namesakes::meant(client, role, false)? {
        Meant::Asked => Ok(()),
        Meant::Direct(_) => {
            Err(Failure::refused(format!("{role} is a direct role of the person's own settings"))
                .cause("agents get roles that people approve")
                .hint("the tool `roles` lists them"))
        }
    }
}
