//! The first steps on a machine where nothing is set up: a choice on a terminal, the commands to type elsewhere.

use super::login::Login;
use super::policy;
use super::setup::Import;
use super::ui::Ui;
use crate::flow::Client;
use crate::flow::Failure;
use crate::system::console::ConsoleError;

/// A way to begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    #[cfg(feature = "demo")]
    Demonstration,
    LogIn,
    Profiles,
    Policy,
}

/// Every way of this build, the one that Enter takes first.
const WAYS: &[Way] = &[
    #[cfg(feature = "demo")]
    Way::Demonstration,
    Way::LogIn,
    Way::Profiles,
    Way::Policy,
];

/// The same, to be typed.
const COMMANDS: [&str; 7] = [
    "jit is not set up on this machine yet. To begin, type one of these:",
    "  jit demo                        see the whole round trip here; no cloud needed",
    "  jit login https://YOUR-BROKER   your team runs a broker",
    "  jit login github:OWNER/NAME     a repository on GitHub decides for your team",
    "  jit setup import                use your own AWS profiles, without a team",
    "  jit policy init access          write a first policy for a team",
    "All commands: jit --help",
];

impl Way {
    /// Its line in a picker.
    fn choice(self) -> &'static str {
        match self {
            #[cfg(feature = "demo")]
            Self::Demonstration => "Watch a demonstration on this machine; no cloud needed",
            Self::LogIn => "Log in to my team's broker, or to a repository on GitHub",
            Self::Profiles => "Use the AWS profiles that I have, on my own",
            Self::Policy => "Write a first policy for my team",
        }
    }
}

/// Lists the ways on standard error, for somebody who cannot be asked.
fn list(ui: &Ui<'_>) {
    for line in COMMANDS {
        ui.say(line);
    }
}

/// Asks for the way, and goes it. Without a terminal it lists them.
pub(super) async fn guide(client: &Client<'_>, ui: &Ui<'_>) -> Result<(), Failure> {
    let console = client.console();
    if !console.is_interactive() {
        list(ui);
        return Ok(());
    }
    let choices: Vec<String> = WAYS.iter().map(|way| way.choice().to_owned()).collect();
    let chosen = match console.choose("How do you want to begin?", &choices) {
        // Somebody who wants none of them sees the commands.
        Err(ConsoleError::Interrupted) => {
            list(ui);
            return Ok(());
        }
        chosen => chosen?,
    };
    let Some(way) = WAYS.get(chosen) else { return Ok(()) };
    match way {
        #[cfg(feature = "demo")]
        Way::Demonstration => {
            ui.say("the same again: jit demo");
            super::demo::Demo { shell: false }.run(client.system, ui).await
        }
        Way::LogIn => {
            let address = console.ask("The broker's address, or github:OWNER/NAME", &[])?;
            Login::to(address.trim()).run(client, ui).await?;
            ui.say("next: jit roles");
            ui.say("your prompt can show what you hold: jit init --help");
            Ok(())
        }
        Way::Profiles => Import::guided(client, ui),
        Way::Policy => policy::begin(client, ui),
    }
}
