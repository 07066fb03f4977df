//! Access for one command, once: jit compares the command with the one that was agreed to, hands the credentials to nothing else,
//! and ends the access when the command has ended.
//!
//! A client enforces this, and a changed one could use the credentials otherwise until they expire (docs/trust.md).

use std::ffi::OsString;

use crate::flow::Access;
use crate::flow::Client;
use crate::flow::Connected;
use crate::flow::Failure;
use crate::flow::Kind;
use crate::flow::Standing;
use crate::flow::asking::purpose::Typed;
use crate::flow::using::end;
use crate::flow::using::obtain;
use crate::flow::using::start;
use crate::flow::using::start::Form;
use crate::flow::using::start::NotStarted;
use crate::flow::using::start::Wanted;
use crate::grant::Difference;
use crate::grant::Name;
use crate::grant::Purpose;
use crate::grant::RequestId;
use crate::grant::text;
use crate::state::index;
use crate::state::index::Run;

fn begun(id: &RequestId) -> Failure {
    Failure::new(Kind::Refused, format!("request {id} was for one run, which has begun")).hint(format!(
        "to run it again, ask again: `jit end {id}`, then `jit request ROLE --command -- COMMAND`"
    ))
}

/// The access of a grant for a command that is about to run.
///
/// # Errors
/// The grant is for another command, or has been used.
pub(in crate::flow) async fn obtain(
    client: &Client<'_>,
    connected: &Connected,
    standing: &Standing,
    typed: Typed<'_>,
) -> Result<Access, Failure> {
    let Some(agreed) = &standing.asked.purpose else {
        return obtain::obtain(client, connected, standing).await;
    };
    compare(&standing.asked.role, &standing.view.id, agreed, typed.difference(client, agreed).await?)?;
    let entries = client.index();
    let entry = entries.iter().find(|entry| entry.id.as_ref() == Some(&standing.view.id));
    if entry.is_some_and(|entry| entry.run == Some(Run::Begun)) {
        return Err(begun(&standing.view.id));
    }
    obtain::obtain_for_its_command(client, connected, standing).await
}

/// A command that may start now.
pub struct Begun {
    /// The requests whose access ends with it.
    pub ending: Vec<RequestId>,
    /// The program to start. Where its content was agreed to, this is the path of the file that was hashed: a name would be looked
    /// up once more, and the system goes on to the next folder of `PATH` if a file cannot be started (`execvp`, POSIX).
    pub program: OsString,
}

/// Compares a command once more with what was agreed to, as the credentials may have taken minutes, and records that it is about
/// to start with these accesses.
///
/// # Errors
/// It is another command by now, another process has started it, or the access would be put where nothing can end it.
pub async fn begin(
    client: &Client<'_>,
    accesses: &[Wanted],
    form: Form,
    words: &[OsString],
) -> Result<Begun, Failure> {
    let mut program = words.first().cloned().unwrap_or_default();
    let mut ending = Vec::new();
    for Access { purpose, role, request, .. } in accesses.iter().map(|wanted| &wanted.access) {
        let Some(agreed) = purpose else { continue };
        if form == Form::Environment {
            return Err(Failure::usage("access for one command ends with it, so jit has to stay")
                .hint("leave `--env` out"));
        }
        let Some(id) = request else { return Err(obtain::refusal(role, agreed)) };
        let typed = Typed { words, files: &[], plan: None };
        let found = typed.program(client)?;
        compare(role, id, agreed, typed.difference(client, agreed).await?)?;
        program = found.into_os_string();
        ending.push(id.clone());
    }
    for id in &ending {
        if !index::begin_run(&client.system.files, id)? {
            return Err(begun(id));
        }
    }
    Ok(Begun { ending, program })
}

/// Refuses a command that differs from what was agreed to, with the way on from there.
fn compare(
    role: &Name,
    id: &RequestId,
    agreed: &Purpose,
    difference: Option<Difference>,
) -> Result<(), Failure> {
    let Some(difference) = difference else { return Ok(()) };
    let line = agreed.line();
    let run = format!("jit exec {role} -- {line}");
    let refuse =
        |text: String| obtain::for_one_command(role).because("this is not what was agreed to").cause(text);
    Err(match difference {
        Difference::Command(text) => refuse(text)
            .cause(format!("reviewers agreed to: {line}"))
            .hint(format!("run it: {run}"))
            .hint(format!("or ask for this one: `jit end {id}`, then the same command with --bind")),
        Difference::Folder(text) => {
            // Inside of a repository, a purpose names the folder from the repository's root.
            let from = if agreed.commit.is_some() { " of the repository" } else { "" };
            refuse(text).hint(format!("go to the folder {}{from}, and type: {run}", agreed.folder_word()))
        }
        Difference::Content(text) => {
            let files: String =
                agreed.files.keys().map(|file| format!(" --file {}", shell_words::quote(file))).collect();
            refuse(text).hint(format!(
                "ask again, for what it is now: `jit end {id}`, then `jit request {role} --command{} -- {line}`",
                text::sanitise(&files)
            ))
        }
    })
}

/// Ends the access of a command that has ended. Says it if that fails.
pub async fn finish(client: &Client<'_>, ending: &[RequestId]) {
    for id in ending {
        let ended = async {
            let connected = client.connect().await?;
            end::end(client, &connected, id.as_str(), false).await.map(drop)
        };
        if let Err(failure) = ended.await {
            client.console().say(&format!("warning: the access is not ended: {}", failure.message));
            client.console().say(&format!("  hint: type `jit end {id}`"));
        }
    }
}

/// Runs a command as [`start::start`] does. Access for one command ends with it.
///
/// # Errors
/// As [`start::start`].
pub async fn run(
    client: &Client<'_>,
    accesses: &[Wanted],
    form: Form,
    program: OsString,
    arguments: Vec<OsString>,
) -> Result<i32, NotStarted> {
    let words: Vec<OsString> = std::iter::once(program).chain(arguments.iter().cloned()).collect();
    let Begun { ending, program } = begin(client, accesses, form, &words).await?;
    let form = if ending.is_empty() || form.stays() { form } else { Form::Endpoint };
    let outcome = start::start(client, accesses, form, program, arguments).await;
    finish(client, &ending).await;
    outcome
}
