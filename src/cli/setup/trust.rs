use std::path::PathBuf;

use clap::Args;
use clap::ValueEnum;

use crate::cli::ui::Ui;
use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::aws::setup;
use crate::flow::aws::terraform;
use crate::flow::operating::trust;
use crate::grant::Name;

/// Print what a role's place must be told
#[derive(Debug, Args)]
#[command(
    long_about = "Print what a role's place must be told, so that it trusts jit's tokens for this role and no others.

For Google Cloud, Azure, OpenBao and Vault these are commands, for Kubernetes objects, for a token the facts that the other side must check, \
for AWS the trust policy (`jit setup aws-trust` has more documents of AWS). `--format terraform` has the same facts as Terraform's \
configuration. The document goes to standard output, the instructions to standard error.",
    after_long_help = "Examples:
  jit setup trust secrets
  jit setup trust secrets --policy access --url https://jit.example.com
  jit setup trust prod-admin --format terraform > jit.tf
  jit setup trust warehouse --jwks broker
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
    /// The broker's own AWS identity, for a role with `by = "broker"`: an ARN, or `here` on the broker's machine
    #[arg(long, value_name = "ARN")]
    principal: Option<String>,
    /// Upload this key set, so that Google Cloud need not reach the issuer: a file, or `broker` for the broker's
    #[arg(long, value_name = "FILE")]
    jwks: Option<String>,
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
    /// Terraform's configuration, for every place but a token's
    Terraform,
}

impl Trust {
    fn of_aws<'a>(&'a self, issuer: Option<&'a str>) -> setup::Wanted<'a> {
        let (role, folder, principal) = (&self.role, self.policy.as_deref(), self.principal.as_deref());
        setup::Wanted { role, folder, issuer, part: setup::Part::Target, principal }
    }

    pub(super) async fn run(self, client: &Client<'_>, ui: &Ui<'_>) -> Result<(), Failure> {
        let issuer = self.issuer.as_deref().or(self.url.as_deref());
        let found = trust::find(client, &self.role, self.policy.as_deref(), issuer).await?;
        let key_set = match &self.jwks {
            Some(named) => Some(trust::key_set(client, &found, named).await?),
            None => None,
        };
        let told = match self.format {
            Format::Text => trust::trust(&found, key_set.as_deref()),
            Format::Terraform => trust::terraform(&found, key_set.as_deref())?,
        };
        let (document, instructions) = match told {
            Some(_) if self.principal.is_some() => {
                let message = format!("{} is not opened by an AWS identity of the broker's", self.role);
                return Err(Failure::usage(message).hint("leave `--principal` out"));
            }
            Some(trust) => (trust.document, trust.instructions),
            None => {
                let wanted = self.of_aws(issuer);
                let trust = match self.format {
                    Format::Text => setup::of(client, &found, wanted).await?,
                    Format::Terraform => terraform::of(client, &found, wanted).await?,
                };
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
