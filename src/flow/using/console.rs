//! Opening the cloud's web console with the access.

use std::time::Duration;

use crate::deliver::handover;
use crate::deliver::handover::Handover;
use crate::flow::Access;
use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::session::browser;
use crate::provider::clouds;
use crate::secret::Secret;

/// The time limit for the program that opens a browser. One that becomes the browser itself takes longer, and is left
/// running.
const PATIENCE: Duration = Duration::from_secs(5);

/// Whether the console signs the browser in with the access. Otherwise the browser is signed in as the person.
pub fn signs_in(access: &Access) -> bool {
    clouds::signs_in(&access.lease.credentials)
}

/// The address that signs a browser in. It signs in anybody who has it, so it is as secret as the credentials.
pub async fn address(
    client: &Client<'_>,
    access: &Access,
    destination: Option<&str>,
) -> Result<Secret<String>, Failure> {
    let http = client.system.http.as_ref();
    clouds::sign_in_url(&access.lease.credentials, destination, http)
        .await
        .map_err(|error| Failure::from(error).because(format!("there is no console for {}", access.role)))
}

/// Opens an address in the person's browser. Other users may be able to read the opener's arguments, so they contain
/// only an address of this machine that redirects there once.
pub async fn open(client: &Client<'_>, address: &Secret<String>) -> Result<(), Failure> {
    let system = client.system;
    let refused = |cause: String| {
        Failure::failed("no browser was opened")
            .cause(cause)
            .hint("print the address instead, and keep it to yourself: add --print")
    };
    let mut handover = Handover::open(address, &system.clock, system.entropy.as_ref())
        .await
        .map_err(|error| refused(format!("jit cannot listen on 127.0.0.1: {error}")))?;
    let command = browser::command(system, handover.url().expose());
    let program = command.program.to_string_lossy().into_owned();
    let launched = tokio::select! {
        biased;
        launched = system.processes.launch(&command, PATIENCE) => launched,
        () = handover.taken() => return Ok(()),
    };
    match launched {
        Ok(Some(0) | None) => {}
        Ok(Some(code)) => return Err(refused(format!("{program} ended with exit code {code}"))),
        Err(error) => return Err(refused(format!("{program} did not start: {error}"))),
    }
    tokio::select! {
        biased;
        () = handover.taken() => Ok(()),
        () = system.processes.interrupted() => Err(Failure::interrupted()),
        () = system.clock.sleep(handover::LIMIT) => {
            Err(refused(format!("no browser opened the address within {} seconds", handover::LIMIT.as_secs())))
        }
    }
}
