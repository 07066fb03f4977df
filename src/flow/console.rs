//! Opening the cloud's web console with the access.

use std::ffi::OsString;
use std::io;
use std::time::Duration;

use super::Access;
use super::Client;
use super::Failure;
use crate::provider::aws::console;
use crate::secret::Secret;
use crate::system::processes::Command;

/// How long the program that opens a browser may take. One that becomes the browser itself takes longer, and is left be.
const PATIENCE: Duration = Duration::from_secs(5);

/// The address that signs a browser in. Whoever has it is signed in: it is as secret as the credentials.
pub async fn address(
    client: &Client<'_>,
    access: &Access,
    destination: Option<&str>,
) -> Result<Secret<String>, Failure> {
    let http = client.system.http.as_ref();
    console::sign_in_url(&access.lease.credentials, destination, http)
        .await
        .map_err(|error| Failure::from(error).because(format!("there is no console for {}", access.role)))
}

/// Opens an address in the person's browser.
pub async fn open(client: &Client<'_>, address: &Secret<String>) -> Result<(), Failure> {
    let (program, before): (&str, &[&str]) = if cfg!(target_os = "macos") {
        ("open", &[])
    } else if cfg!(windows) {
        // Not `cmd /c start`, which takes `&` for the end of the command.
        ("rundll32", &["url.dll,FileProtocolHandler"])
    } else {
        ("xdg-open", &[])
    };
    let arguments = before.iter().map(OsString::from).chain([OsString::from(address.expose())]).collect();
    let environment = client.system.environment.clone();
    let command = Command { program: program.into(), arguments, environment };
    let refused = |cause: String| {
        Failure::failed("no browser was opened")
            .cause(cause)
            .hint("print the address instead, and keep it to yourself: add --print")
    };
    match client.system.processes.run_collected(&command, &[], PATIENCE).await {
        Ok(output) if output.code == 0 => Ok(()),
        // What it wrote is not shown: it may repeat the address.
        Ok(output) => Err(refused(format!("{program} ended with exit code {}", output.code))),
        Err(error) if error.kind() == io::ErrorKind::TimedOut => Ok(()),
        Err(error) => Err(refused(format!("{program} did not start: {error}"))),
    }
}
