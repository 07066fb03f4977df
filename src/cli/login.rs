use clap::Args;
use jiff::Timestamp;

use super::ui::Ui;
use super::whoami::worth;
use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::joining::login;
use crate::grant::Name;
use crate::grant::text::sanitise;

/// Log in to your team's broker or repository
#[derive(Debug, Args)]
#[command(
    long_about = "Log in to your team's broker or repository.

jit asks the broker how people log in there, and takes the best way. With your account at an identity provider, jit opens your \
browser; without one (SSH, container) it shows a code to type on another machine. The sign-in enrols a key that your keychain \
keeps for twelve hours, or your own SSH key with `--ssh`. Otherwise your SSH key signs through ssh-agent, or from its file. jit \
remembers address, key and keychain beside config.toml. On Linux, beside the desktop's keychain, the kernel's keyring keeps the \
credentials and forgets them when they expire; `--credentials keychain` keeps them with the rest. A session \
with a broker lasts twelve hours; jit then renews it through the agent if that holds your key. For a repository on GitHub, jit \
authenticates with GITHUB_TOKEN, GH_TOKEN or `gh auth token`; it never stores these. Without them it uses the device flow, if \
`client_id` under [authority] in config.toml names an OAuth app.",
    after_long_help = "Examples:
  jit login https://jit.example.com --as ana
  jit login github:acme/access
  jit login
  jit login --device
  jit login https://jit.example.com --key ~/.ssh/id_ed25519 --keychain file"
)]
pub struct Login {
    /// The broker's address, or github:OWNER/NAME; default: the last one
    url: Option<String>,
    /// Your name in the policy
    #[arg(long = "as", value_name = "NAME")]
    person: Option<Name>,
    /// Your key: its file, or the fingerprint or comment that `ssh-add -l` shows
    #[arg(long, value_name = "KEY")]
    key: Option<String>,
    /// Sign with your own SSH key, also where you sign in at an identity provider
    #[arg(long)]
    ssh: bool,
    /// Sign in at the identity provider with a code, on any machine
    #[arg(long, conflicts_with = "no_browser")]
    device: bool,
    /// Print the identity provider's address only, and open no browser
    #[arg(long)]
    no_browser: bool,
    /// Where to store sessions, keys and credentials: os, keyutils, file or none
    #[arg(long, value_name = "NAME")]
    keychain: Option<String>,
    /// Where to keep credentials: kernel (Linux forgets them when they expire) or keychain
    #[arg(long, value_name = "NAME")]
    credentials: Option<String>,
}

impl Login {
    /// `jit login ADDRESS`. Of an empty address, `jit login`.
    pub(super) fn to(address: &str) -> Self {
        Self {
            url: (!address.is_empty()).then(|| address.to_owned()),
            person: None,
            key: None,
            ssh: false,
            device: false,
            no_browser: false,
            keychain: None,
            credentials: None,
        }
    }

    pub(super) async fn run(self, client: &Client<'_>, ui: &Ui<'_>) -> Result<(), Failure> {
        let wanted = login::Wanted {
            url: self.url,
            person: self.person,
            key: self.key,
            keychain: self.keychain,
            credentials: self.credentials,
            ssh: self.ssh,
            device: self.device,
            no_browser: self.no_browser,
        };
        if let Some(place) = login::choose_only(client, &wanted)? {
            return ui.line(&format!("sessions of direct roles are kept in {place}"));
        }
        let done = login::login(client, wanted).await?;
        ui.say(&format!("key       {}", done.session.key));
        ui.say(&format!("keychain  {}", done.keychain));
        if let Some(provider) = &done.session.provider {
            ui.say(&format!("provider  {}", sanitise(&provider.issuer)));
            ui.say(&format!("worth     {}", worth(provider)));
        }
        if let Some(token) = &done.token {
            ui.say(&format!("token     {token}"));
        }
        if done.session.expires < Timestamp::MAX {
            ui.say(&format!("session   until {}", ui.until(done.session.expires, client.now())));
        }
        ui.line(&format!("logged in to {} as {}", done.url, done.session.person))
    }
}
