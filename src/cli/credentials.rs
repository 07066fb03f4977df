use clap::Args;
use clap::ValueEnum;

use super::ui::Ui;
use crate::deliver::credential_process;
use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::credentials;
use crate::grant::Name;
use crate::grant::text::sanitise;
use crate::system::System;

/// Print the credentials of active access, for programs
#[derive(Debug, Args)]
#[command(
    long_about = "Print the credentials of active access, for programs.

For `credential_process` in ~/.aws/config, editors and scripts. Never asks, never waits for a person and never begins access: \
where there is none, one line on standard error names the command to type, and the exit code tells why (3 not logged in, 4 \
waiting for approval, 5 no access).",
    after_long_help = "Examples:
  jit credentials prod-admin --format aws
  jit credentials prod-admin --format json"
)]
pub struct Credentials {
    /// The role
    #[arg(value_name = "ROLE")]
    role: Name,
    /// What to print
    #[arg(long, value_enum, value_name = "FORMAT")]
    format: Format,
}

/// Which document is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// What `credential_process` of the AWS tools reads
    Aws,
    /// The same and more, under jit's own names
    Json,
}

impl Credentials {
    pub(super) async fn run(self, system: &System, ui: &Ui<'_>) -> u8 {
        match self.try_run(&system.unattended(), ui).await {
            Ok(()) => 0,
            Err(failure) => {
                // One line: SDKs show it as it is.
                ui.say(&format!("error: {}", sanitise(&failure.in_one_line())));
                failure.kind.exit_code()
            }
        }
    }

    async fn try_run(&self, system: &System, ui: &Ui<'_>) -> Result<(), Failure> {
        let client = Client::open(system)?;
        let access = credentials::credentials(&client, &self.role).await?;
        let document = match self.format {
            Format::Aws => credential_process::document(&access.lease, access.until),
            Format::Json => credential_process::described(&access.role, &access.lease, access.until),
        };
        let document = document.map_err(|error| {
            Failure::failed("the credentials cannot be written as JSON").cause(error.to_string())
        })?;
        ui.line(document.expose())
    }
}
