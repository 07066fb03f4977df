use std::path::PathBuf;

use clap::Args;

use crate::cli::ui::Ui;
use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::setup;
use crate::grant::Name;

/// Print the trust policy to put on a role in AWS
#[derive(Debug, Args)]
#[command(
    long_about = "Print the trust policy to put on a role in AWS.

It names the broker's issuer and this one role, so no key of the cloud's is stored anywhere. The document goes to standard \
output, what to do with it to standard error.",
    after_long_help = "Examples:
  jit setup aws-trust prod-admin > trust.json
  jit setup aws-trust prod-admin --policy access --url https://jit.example.com"
)]
pub struct AwsTrust {
    /// The role
    role: Name,
    /// Read the role from this policy folder instead of asking the broker
    #[arg(long, value_name = "DIR")]
    policy: Option<PathBuf>,
    /// The address that the broker will have
    #[arg(long, value_name = "URL", requires = "policy")]
    url: Option<String>,
}

impl AwsTrust {
    pub(super) async fn run(self, client: &Client<'_>, ui: &Ui<'_>) -> Result<(), Failure> {
        let trust = setup::aws_trust(client, &self.role, self.policy.as_deref(), self.url.as_deref()).await?;
        ui.line(&trust.document)?;
        for line in trust.instructions.lines() {
            ui.say(line);
        }
        Ok(())
    }
}
