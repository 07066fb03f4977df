use clap::Args;
use clap::Subcommand;
use clap::builder::PossibleValuesParser;
use serde_json::json;

use super::ui::Ui;
use crate::config::keys;
use crate::flow::Failure;
use crate::flow::operating::configuration;
use crate::flow::operating::configuration::Setting;
use crate::grant::text::sanitise;
use crate::system::System;

/// Show and change your settings
#[derive(Debug, Args)]
#[command(
    long_about = "Show and change your settings.

They are in config.toml, whose keys docs/configuration.md lists. Nothing needs to be there: `jit login` records what it finds out \
in a file of its own. Direct roles are tables of config.toml; `jit setup import` writes them.",
    after_long_help = "Examples:
  jit config path
  jit config get
  jit config set defaults.duration 30m
  jit config set keychain file"
)]
pub struct Config {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Path(Path),
    Get(Get),
    Set(Set),
    Unset(Unset),
}

/// Print where your config.toml is
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:
  jit config path
  \"$EDITOR\" \"$(jit config path)\"")]
struct Path {}

/// Show settings, their values and where they come from
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:
  jit config get
  jit config get authority.url
  jit config get --json")]
struct Get {
    /// The setting; default: all
    #[arg(value_name = "KEY", value_parser = names())]
    key: Option<String>,
    /// Write JSON
    #[arg(long)]
    json: bool,
}

/// Set one setting in your config.toml
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:
  jit config set authority.url https://jit.example.com
  jit config set keychain file")]
struct Set {
    /// The setting
    #[arg(value_name = "KEY", value_parser = names())]
    key: String,
    /// Its value
    #[arg(value_name = "VALUE")]
    value: String,
}

/// Take one setting out of your config.toml
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:
  jit config unset defaults.duration
  jit config unset authority.url && jit login https://jit.example.com")]
struct Unset {
    /// The setting
    #[arg(value_name = "KEY", value_parser = names())]
    key: String,
}

fn names() -> PossibleValuesParser {
    PossibleValuesParser::new(keys::settable().map(|key| key.name))
}

impl Config {
    pub(super) fn run(self, system: &System, ui: &Ui<'_>) -> Result<(), Failure> {
        match self.command {
            Command::Path(Path {}) => ui.line(&sanitise(&configuration::path(system).display().to_string())),
            Command::Get(get) => get.run(system, ui),
            Command::Set(Set { key, value }) => {
                let path = configuration::set(system, &key, Some(&value))?;
                ui.say(&format!("{key} is set in {}", sanitise(&path.display().to_string())));
                Ok(())
            }
            Command::Unset(Unset { key }) => {
                let path = configuration::set(system, &key, None)?;
                ui.say(&format!("{key} is not set in {}", sanitise(&path.display().to_string())));
                for setting in configuration::all(system)?.iter().filter(|setting| setting.key == key) {
                    if let (Some(value), Some(origin)) = (&setting.value, &setting.origin) {
                        ui.say(&format!("note: {value} is in force, from {origin}"));
                    }
                }
                Ok(())
            }
        }
    }
}

impl Get {
    fn run(self, system: &System, ui: &Ui<'_>) -> Result<(), Failure> {
        let Some(key) = &self.key else {
            let all = configuration::all(system)?;
            if self.json {
                let members = all.iter().map(|setting| (setting.key.to_owned(), shown(setting)));
                return ui.json(&members.collect::<serde_json::Map<_, _>>());
            }
            for Setting { key, value, origin } in all {
                let origin = origin.map(|origin| format!("  ({origin})")).unwrap_or_default();
                ui.line(&format!("{key:<20}  {}{origin}", value.as_deref().unwrap_or("-")))?;
            }
            return Ok(());
        };
        let Some(known) = keys::settable().find(|known| known.name == key) else {
            return Err(Failure::usage(format!("there is no setting {key}")));
        };
        let setting = configuration::get(system, known.name)?;
        if self.json {
            return ui.json(&shown(&setting));
        }
        match &setting.value {
            Some(value) => ui.line(value),
            None => Err(Failure::failed(format!("{key} is not set"))
                .cause(format!("without it: {}", known.default))
                .hint(format!("jit config set {key} VALUE"))),
        }
    }
}

fn shown(setting: &Setting) -> serde_json::Value {
    json!({ "value": setting.value, "origin": setting.origin })
}
