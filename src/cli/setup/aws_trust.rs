use std::path::PathBuf;

use clap::Args;
use clap::ValueEnum;

use crate::cli::ui::Ui;
use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::aws::setup;
use crate::grant::Name;

/// Print the trust policy for a role in AWS
#[derive(Debug, Args)]
#[command(
    long_about = "Print the trust policy for a role in AWS.

The trust policy names the broker's issuer and this one role, so no cloud key is stored anywhere. The document goes to \
standard output, the instructions to standard error.",
    after_long_help = "Examples:
  jit setup aws-trust prod-admin > trust.json
  jit setup aws-trust prod-admin --policy access --url https://jit.example.com
  jit setup aws-trust payments.admin --part hub --policy access \\
      --url https://jit.example.com > hub.json"
)]
pub struct AwsTrust {
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
    /// The document to print, for a role behind a hub (`via`)
    #[arg(long, value_enum, default_value_t, value_name = "PART")]
    part: Part,
}

/// The document to print.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum Part {
    /// The role's own trust policy
    #[default]
    Target,
    /// The hub's trust policy
    Hub,
    /// The hub's permissions
    HubPermissions,
}

impl From<Part> for setup::Part {
    fn from(part: Part) -> Self {
        match part {
            Part::Target => Self::Target,
            Part::Hub => Self::Hub,
            Part::HubPermissions => Self::HubPermissions,
        }
    }
}

impl AwsTrust {
    pub(super) async fn run(self, client: &Client<'_>, ui: &Ui<'_>) -> Result<(), Failure> {
        let issuer = self.issuer.as_deref().or(self.url.as_deref());
        let trust =
            setup::aws_trust(client, &self.role, self.policy.as_deref(), issuer, self.part.into()).await?;
        if let Some(warning) = &trust.warning {
            ui.say(&format!("{}: {warning}", ui.alarm("warning")));
        }
        ui.line(&trust.document)?;
        for line in trust.instructions.lines() {
            ui.say(line);
        }
        Ok(())
    }
}
