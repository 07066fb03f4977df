use clap::Args;
use clap::ValueEnum;

use super::ui::Ui;
use crate::deliver::documents;
use crate::deliver::documents::DocumentError;
use crate::deliver::kubernetes::exec_credential;
use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::using::credentials;
use crate::grant::Name;
use crate::grant::text::sanitise;
use crate::system::System;

/// Print the credentials of an active role, for programs
#[derive(Debug, Args)]
#[command(
    long_about = "Print the credentials of an active role, for programs.

Made for `credential_process` in ~/.aws/config, for editors and scripts. This command asks no questions, waits for nobody and \
starts no access. Without access it prints one line on standard error with the command to type, and exits with 3 (not logged \
in), 4 (waiting for approval) or 5 (no access).",
    after_long_help = "Examples:
  jit credentials prod-admin --format aws
  jit credentials prod-admin --format json
  jit credentials registry --format token"
)]
pub struct Credentials {
    /// The role
    #[arg(value_name = "ROLE")]
    role: Name,
    /// The format
    #[arg(long, value_enum, value_name = "FORMAT")]
    format: Format,
}

/// The document to print.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// As `credential_process` of the AWS tools expects it
    Aws,
    /// The same and more, under jit's own names
    Json,
    /// For an exec plugin of Kubernetes: an ExecCredential
    Kubernetes,
    /// The token alone, of a role whose credentials are one
    Token,
}

impl Credentials {
    pub(super) async fn run(self, system: &System, ui: &Ui<'_>) -> u8 {
        match self.try_run(&system.unattended(), ui).await {
            Ok(()) => 0,
            Err(failure) => {
                // One line, because SDKs show it unchanged.
                ui.say(&format!("error: {}", sanitise(&failure.in_one_line())));
                failure.kind.exit_code()
            }
        }
    }

    async fn try_run(&self, system: &System, ui: &Ui<'_>) -> Result<(), Failure> {
        let client = Client::open(system)?;
        let access = credentials::credentials(&client, &self.role).await?;
        let document = match self.format {
            Format::Aws => documents::of_aws(&access.lease, access.until),
            Format::Json => documents::described(&access.role, &access.lease, access.until),
            Format::Kubernetes => {
                let info = system.environment.get(exec_credential::INFO);
                documents::of_kubernetes(&access.lease, (access.until, system.clock.now()), info)
            }
            Format::Token => documents::token(&access.lease).cloned(),
        };
        let document = document.map_err(|error| match error {
            DocumentError::Form(cloud) => {
                Failure::usage(format!("{} opens {cloud}, whose credentials have no such form", self.role))
                    .hint("take --format json, which every role has")
            }
            DocumentError::Json(_) => Failure::failed(error.to_string()),
        })?;
        ui.line(document.expose())
    }
}
