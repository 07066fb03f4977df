//! The tokens of the receivers of `jit serve`.

use std::path::Path;
use std::path::PathBuf;

use clap::Args;

use crate::broker::ReceiverSettings;
use crate::config::variables;
use crate::flow::Failure;
use crate::secret::Secret;
use crate::system::System;
use crate::system::files;

/// The files with the tokens. Without one, and without its variable, there is no such receiver.
#[derive(Debug, Args)]
pub struct Receivers {
    /// A file with the token of a transmitter of security events (CAEP); default: JIT_EVENTS_TOKEN
    #[arg(long, value_name = "FILE")]
    events_token: Option<PathBuf>,
    /// A file with the token of a SCIM client; default: JIT_SCIM_TOKEN
    #[arg(long, value_name = "FILE")]
    scim_token: Option<PathBuf>,
}

impl Receivers {
    /// Reads the tokens.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn read(&self, system: &System) -> Result<ReceiverSettings, Failure> {
        Ok(ReceiverSettings {
            events: token(system, self.events_token.as_deref(), variables::EVENTS_TOKEN)?,
            scim: token(system, self.scim_token.as_deref(), variables::SCIM_TOKEN)?,
        })
    }
}

fn token(system: &System, file: Option<&Path>, variable: &str) -> Result<Option<Secret<String>>, Failure> {
    let Some(file) = file else { return Ok(system.environment.get(variable).map(Secret::from)) };
    let fail = |cause: String| {
        Failure::usage(format!("the token in {} cannot be read", file.display())).cause(cause)
    };
    let bytes = files::read(&system.files.working.join(file)).map_err(|error| fail(error.to_string()))?;
    let bytes = Secret::new(bytes.ok_or_else(|| fail("there is no such file".to_owned()))?);
    let text = std::str::from_utf8(bytes.expose()).map_err(|_| fail("it is not text".to_owned()))?;
    Ok(Some(Secret::from(text)))
}
