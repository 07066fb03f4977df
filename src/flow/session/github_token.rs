//! A token for GitHub: from the environment or gh, read anew each time and never stored, or from the device flow,
//! stored in the keychain.

use std::ffi::OsString;
use std::fmt;
use std::time::Duration;

use crate::config;
use crate::config::Settings;
use crate::config::inputs;
use crate::flow::Client;
use crate::flow::Failure;
use crate::github::api::device::Answer;
use crate::github::api::device::Device;
use crate::github::api::device::TokenUse;
use crate::github::api::device::web_of;
use crate::grant::text::sanitise;
use crate::secret::Secret;
use crate::system::System;
use crate::system::processes::Command;

/// The variables that may hold a token, the preferred one first.
const VARIABLES: [&str; 2] = ["GITHUB_TOKEN", "GH_TOKEN"];
/// The time limit for gh, which may have to ask a keychain.
const PATIENCE: Duration = Duration::from_secs(20);
/// The longest accepted token, in bytes. GitHub may change the form of its tokens.
const LONGEST: usize = 8192;

/// The source of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// A variable of the environment.
    Variable(&'static str),
    /// GitHub's own command line.
    Gh,
    /// The keychain, after a device flow.
    Keychain,
}

impl Source {
    /// Its name, for messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Variable(name) => name,
            Self::Gh => "`gh auth token`",
            Self::Keychain => "the device flow",
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variable(_) | Self::Gh => {
                write!(formatter, "{}, asked each time and never stored", self.name())
            }
            Self::Keychain => write!(formatter, "{}, kept in the keychain", self.name()),
        }
    }
}

/// A token and its source.
pub struct Found {
    /// The token.
    pub token: Secret<String>,
    /// Its source.
    pub source: Source,
}

/// The address of GitHub's API, also for commands that need no login: from the settings, else from the runner's
/// environment, else github.com's. A token is sent nowhere else.
///
/// # Errors
/// The settings do not load, or the runner's address is not one to which a token may be sent.
pub fn api(system: &System) -> Result<String, Failure> {
    if let Some(api) = Settings::load(&system.files)?.github_api {
        return Ok(api);
    }
    let name = inputs::API.name;
    let Some(told) = system.environment.get(name) else { return Ok(config::GITHUB_API.to_owned()) };
    config::broker_address(told)
        .map_err(|cause| Failure::usage(format!("{name} is not the address of a GitHub API")).cause(cause))
}

/// Finds a token, in the order of [`Source`]. `None` if there is none.
///
/// # Errors
/// A variable holds an invalid token, or the keychain cannot be read.
pub async fn find(client: &Client<'_>, address: &str) -> Result<Option<Found>, Failure> {
    for name in VARIABLES {
        let Some(value) = client.system.environment.get(name).filter(|value| !value.is_empty()) else {
            continue;
        };
        let token = token_of(value.as_bytes()).ok_or_else(|| {
            Failure::usage(format!("{name} holds no token")).hint(format!("unset {name}, or set it"))
        })?;
        return Ok(Some(Found { token, source: Source::Variable(name) }));
    }
    if let Some(token) = of_gh(client).await {
        return Ok(Some(Found { token, source: Source::Gh }));
    }
    let kept = client.vault()?.session(address)?;
    Ok(kept.map(|token| Found { token, source: Source::Keychain }))
}

/// The output of `gh auth token`. `None` if gh is missing or not logged in to this host.
async fn of_gh(client: &Client<'_>) -> Option<Secret<String>> {
    let host = url::Url::parse(&web_of(client.settings.github_api())?).ok()?.host_str()?.to_owned();
    let command = Command {
        program: OsString::from("gh"),
        arguments: ["auth", "token", "--hostname", &host].map(OsString::from).to_vec(),
        environment: client.system.environment.clone(),
    };
    let output = client.system.processes.run_collected(&command, &[], PATIENCE).await.ok()?;
    let token = Secret::new(output.stdout);
    if output.code == 0 { token_of(token.expose()) } else { None }
}

/// Parses one line of visible characters.
fn token_of(bytes: &[u8]) -> Option<Secret<String>> {
    let text = std::str::from_utf8(bytes).ok()?.trim();
    let fits = !text.is_empty() && text.len() <= LONGEST && text.bytes().all(|byte| byte.is_ascii_graphic());
    fits.then(|| Secret::new(text.to_owned()))
}

/// Gets a token through the device flow of the app that the settings name.
///
/// # Errors
/// The settings name no app, there is no person at the terminal, or the person did not agree.
pub async fn by_device(client: &Client<'_>) -> Result<Secret<String>, Failure> {
    let missing = || {
        Failure::not_logged_in("there is no token for GitHub")
            .cause("GITHUB_TOKEN and GH_TOKEN are not set, and `gh auth token` gives none")
            .hint("`gh auth login`, then `jit login` again")
    };
    let Some(app) = &client.settings.github_client else {
        return Err(missing().hint(
            "or name an OAuth app that may use the device flow: `client_id = \"…\"` under [authority] in config.toml",
        ));
    };
    if !client.console().is_interactive() {
        return Err(missing().hint("or log in on a terminal, where a code can be shown"));
    }
    let mut device =
        Device::begin(&client.system.http, client.settings.github_api(), app, TokenUse::Repository)
            .await
            .map_err(|error| refused(&error))?;
    client.console().say(&format!("open {} and type {}", device.address, device.user_code));
    let until = client.now() + jiff::SignedDuration::try_from(device.limit).unwrap_or_default();
    while client.now() < until {
        client.console().progress("waiting for your approval on GitHub");
        tokio::select! {
            () = client.system.clock.sleep(device.interval) => {}
            () = client.system.processes.interrupted() => {
                client.console().settle();
                return Err(Failure::interrupted());
            }
        }
        let answer = device.ask().await;
        match answer {
            Ok(Answer::Pending) => {}
            Ok(Answer::Token(token)) => {
                client.console().settle();
                return token_of(token.expose().as_bytes())
                    .ok_or_else(|| Failure::failed("GitHub's answer holds no token"));
            }
            Ok(Answer::Over(why)) => {
                client.console().settle();
                return Err(Failure::refused("GitHub gave no token")
                    .cause(why)
                    .hint("try again: `jit login`"));
            }
            // Retries after network errors for as long as the code is valid.
            Err(error) if error.is_passing() => {}
            Err(error) => {
                client.console().settle();
                return Err(refused(&error));
            }
        }
    }
    client.console().settle();
    Err(Failure::refused("GitHub gave no token")
        .cause("the code was not entered in time")
        .hint("try again: `jit login`"))
}

fn refused(error: &crate::github::GitHubError) -> Failure {
    let hint = error.hint();
    let failure = Failure::failed("the device flow did not work").cause(sanitise(&error.to_string()));
    match hint {
        Some(hint) => failure.hint(hint),
        None => {
            failure.hint(format!("or show a token: GITHUB_TOKEN=… jit login, for {}", config::GITHUB_API))
        }
    }
}
