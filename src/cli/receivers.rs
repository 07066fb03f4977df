//! The tokens of the receivers of `jit serve`.

use std::path::Path;
use std::path::PathBuf;

use clap::Args;

use crate::broker::ReceiverSettings;
use crate::broker::settings_file::SettingsFile;
use crate::broker::settings_file::keys;
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
    /// Reads the tokens: from the flag's file, else as the settings file says, else from the environment.
    ///
    /// # Errors
    /// A file or a variable cannot be read.
    pub fn read(&self, system: &System, file: Option<&SettingsFile>) -> Result<ReceiverSettings, Failure> {
        let events = Place {
            flag: self.events_token.as_deref(),
            file: keys::EVENTS_TOKEN_FILE,
            variable: keys::EVENTS_TOKEN_ENV,
            otherwise: variables::EVENTS_TOKEN,
        };
        let scim = Place {
            flag: self.scim_token.as_deref(),
            file: keys::SCIM_TOKEN_FILE,
            variable: keys::SCIM_TOKEN_ENV,
            otherwise: variables::SCIM_TOKEN,
        };
        Ok(ReceiverSettings { events: events.read(system, file)?, scim: scim.read(system, file)? })
    }
}

/// The places where a token may be.
struct Place<'a> {
    /// The file that a flag names.
    flag: Option<&'a Path>,
    /// The key of the settings file that names a file.
    file: &'static str,
    /// The key that names a variable.
    variable: &'static str,
    /// The variable without either.
    otherwise: &'static str,
}

impl Place<'_> {
    fn read(&self, system: &System, file: Option<&SettingsFile>) -> Result<Option<Secret<String>>, Failure> {
        let named = self.flag.map(|path| system.files.working.join(path));
        let path = named.or_else(|| file.and_then(|file| file.place(self.file)));
        if let Some(path) = path {
            return token(&path).map(Some);
        }
        let Some(variable) = file.and_then(|file| file.text(self.variable)) else {
            return Ok(system.environment.get(self.otherwise).map(Secret::from));
        };
        let found = system.environment.get(variable).map(Secret::from);
        found.map(Some).ok_or_else(|| {
            Failure::usage(format!("the environment has no variable {variable}"))
                .cause(format!("{} names it", self.variable))
                .hint("put the token into it, or leave the key out")
        })
    }
}

fn token(path: &Path) -> Result<Secret<String>, Failure> {
    let fail = |cause: String| {
        Failure::usage(format!("the token in {} cannot be read", path.display()))
            .cause(cause)
            .hint("write the token into that file, readable by the broker's user alone, or name another file")
    };
    let bytes = files::read(path).map_err(|error| fail(error.to_string()))?;
    let bytes = Secret::new(bytes.ok_or_else(|| fail("there is no such file".to_owned()))?);
    let text = std::str::from_utf8(bytes.expose()).map_err(|_| fail("it is not text".to_owned()))?;
    Ok(Secret::from(text))
}
