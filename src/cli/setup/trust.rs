use std::path::PathBuf;

use clap::Args;
use clap::ValueEnum;

use crate::cli::ui::Ui;
use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::aws::setup;
use crate::flow::operating::trust;
use crate::grant::Name;

/// Print what a role's place must be told
#[derive(Debug, Args)]
#[command(
    long_about = "Print what a role's place must be told, so that it trusts jit's tokens for this role and no others.

For Google Cloud, OpenBao and Vault these are commands, for a token the facts that the other side must check, for AWS the trust policy \
(`jit setup aws-trust` has more documents of AWS). The document goes to standard output, the instructions to standard error.",
    after_long_help = "Examples:
  jit setup trust secrets
  jit setup trust secrets --policy access --url https://jit.example.com
  jit setup trust registry > registry.json"
)]
pub struct Trust {
    /// The role
    role: Name,
    /// Read the role from this policy folder, not from the broker
    #[arg(long, alias = "folder", value_name = "DIR")]
    policy: Option<PathBuf>,
    /// The broker's future address, which is also its issuer
    #[arg(long, value_name = "URL", requires = "policy", conflicts_with = "issuer")]
    url: Option<String>,
    /// The issuer's address; default: the issuer that the broker names
    #[arg(long, value_name = "URL")]
    issuer: Option<String>,
    /// The form
    #[arg(long, value_enum, default_value_t, value_name = "FORM")]
    format: Format,
}

/// The form to print.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum Format {
    /// Commands, or a document
    #[default]
    Text,
    /// Terraform's configuration, for Google Cloud
    Terraform,
}

impl Trust {
    fn of_aws<'a>(&'a self, issuer: Option<&'a str>) -> setup::Wanted<'a> {
        let (role, folder) = (&self.role, self.policy.as_deref());
        setup::Wanted { role, folder, issuer, part: setup::Part::Target, principal: None }
    }

    pub(super) async fn run(self, client: &Client<'_>, ui: &Ui<'_>) -> Result<(), Failure> {
        let issuer = self.issuer.as_deref().or(self.url.as_deref());
        let found = trust::find(client, &self.role, self.policy.as_deref(), issuer).await?;
        let told = match self.format {
            Format::Text => trust::trust(&found),
            Format::Terraform => Some(trust::terraform(&found)?),
        };
        let (document, instructions) = match told {
            Some(trust) => (trust.document, trust.instructions),
            None => {
                let trust = setup::of(client, &found, self.of_aws(issuer)).await?;
                if let Some(warning) = &trust.warning {
                    ui.say(&format!("{}: {warning}", ui.alarm("warning")));
                }
                (trust.document, trust.instructions)
            }
        };
        ui.line(document.trim_end())?;
        for line in instructions.lines() {
            ui.say(line);
        }
        Ok(())
    }
}
