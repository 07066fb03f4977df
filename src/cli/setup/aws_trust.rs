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

The trust policy names the broker's issuer and this one role, so no cloud key is stored anywhere. Of a role with \
`by = \"broker\"` it names the broker's own AWS identity instead. The document goes to standard output, the instructions to \
standard error.",
    after_long_help = "Examples:
  jit setup aws-trust prod-admin > trust.json
  jit setup aws-trust prod-admin --policy access --url https://jit.example.com
  jit setup aws-trust payments.admin --part hub --policy access \\
      --url https://jit.example.com > hub.json
  jit setup aws-trust prod-db \\
      --principal arn:aws:iam::111122223333:role/jit-broker"
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
    /// The broker's own AWS identity, for a role with `by = "broker"`: an ARN, or `here` on the broker's machine
    #[arg(long, value_name = "ARN")]
    principal: Option<String>,
    /// The document to print, for a role behind a hub (`via`) or with `by = "broker"`
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
    /// The permissions of the broker's own identity
    BrokerPermissions,
}

impl From<Part> for setup::Part {
    fn from(part: Part) -> Self {
        match part {
            Part::Target => Self::Target,
            Part::Hub => Self::Hub,
            Part::HubPermissions => Self::HubPermissions,
            Part::BrokerPermissions => Self::BrokerPermissions,
        }
    }
}

impl AwsTrust {
    pub(super) async fn run(self, client: &Client<'_>, ui: &Ui<'_>) -> Result<(), Failure> {
        let wanted = setup::Wanted {
            role: &self.role,
            folder: self.policy.as_deref(),
            issuer: self.issuer.as_deref().or(self.url.as_deref()),
            part: self.part.into(),
            principal: self.principal.as_deref(),
        };
        let trust = setup::aws_trust(client, wanted).await?;
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
