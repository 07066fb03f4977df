use std::path::PathBuf;

use clap::Args;

use crate::cli::ui::Ui;
use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::policy;
use crate::grant::Name;
use crate::grant::cloud::aws::RoleArn;

/// Write a first policy with your own SSH key
#[derive(Debug, Args)]
#[command(
    long_about = "Write a first policy with your own SSH key.

One role opens the sandbox cloud that `jit serve --sandbox` runs, so that you can try everything at once; the other is an \
example for AWS. jit says what is missing before a second person can approve. Keep the folder in git: everybody who can change \
it decides who gets access.",
    after_long_help = "Examples:
  jit policy init access
  jit policy init access --as ana --key ~/.ssh/id_ed25519
  jit policy init access --region eu-west-1 \\
      --role-arn arn:aws:iam::111122223333:role/admin"
)]
pub struct Init {
    /// The folder to write
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Your name in the policy
    #[arg(long = "as", value_name = "NAME")]
    person: Option<Name>,
    /// Your key: its file, or the fingerprint or comment that `ssh-add -l` shows
    #[arg(long, value_name = "KEY")]
    key: Option<String>,
    /// The AWS role that the example opens; then no role opens the sandbox
    #[arg(long, value_name = "ARN")]
    role_arn: Option<RoleArn>,
    /// Its region
    #[arg(long, value_name = "REGION")]
    region: Option<String>,
}

impl Init {
    /// The command with its usual folder.
    pub(super) fn into_access() -> Self {
        Self { folder: PathBuf::from("access"), person: None, key: None, role_arn: None, region: None }
    }

    pub(super) fn run(self, client: &Client<'_>, ui: &Ui<'_>) -> Result<(), Failure> {
        let folder = client.system.files.working.join(&self.folder);
        let beginning = policy::Beginning {
            person: self.person,
            key: self.key,
            role_arn: self.role_arn,
            region: self.region,
        };
        let begun = policy::init(client, &folder, beginning)?;
        let shown = self.folder.display();
        for file in &begun.files {
            ui.line(&format!("{}", self.folder.join(file).display()))?;
        }
        for missing in &begun.missing {
            ui.say(&format!("missing: {missing}"));
        }
        let sandbox = if begun.has_sandbox { " --sandbox" } else { "" };
        ui.say(&format!("next: jit serve --policy {shown}{sandbox}"));
        ui.say(&format!("then: jit login http://127.0.0.1:8765 --as {}", begun.person));
        if begun.has_sandbox {
            ui.say("and:  jit exec sandbox -- jit whoami --cloud");
        }
        Ok(())
    }
}
