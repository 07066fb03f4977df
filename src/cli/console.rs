use clap::Args;

use super::ui::Ui;
use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::choose;
use crate::flow::console;
use crate::flow::exec;
use crate::grant::Name;
use crate::grant::span::time_left;

/// Open the cloud's web console with the access, asking for it first if need be
#[derive(Debug, Args)]
#[command(
    long_about = "Open the cloud's web console with the access, asking for it first if need be.

The console's session ends with the credentials. The address that opens it is as secret as the credentials are: the browser is \
sent to it by a page on 127.0.0.1 that answers once, and it is shown only with --print.",
    after_long_help = "Examples:
  jit console prod-admin
  jit console prod-admin --destination s3
  jit console prod-admin --print"
)]
pub struct Console {
    /// The role; when not named: JIT_ROLE, or the one that is active
    #[arg(value_name = "ROLE")]
    role: Option<Name>,
    /// The service or the page of the console to open
    #[arg(long, value_name = "SERVICE|URL")]
    destination: Option<String>,
    /// Print the address instead of opening it
    #[arg(long)]
    print: bool,
}

impl Console {
    pub(super) async fn run(self, client: &Client<'_>, ui: &Ui<'_>) -> Result<(), Failure> {
        let role = choose::role(client, self.role)?;
        let access = exec::access(client, &role, true).await?;
        let address = console::address(client, &access, self.destination.as_deref()).await?;
        if self.print {
            ui.say(
                "warning: whoever opens this address within 15 minutes has this access; send it to nobody",
            );
            return ui.line(address.expose());
        }
        console::open(client, &address).await?;
        let account = &access.lease.credentials.account;
        let left = time_left(client.now(), access.lease.expires);
        ui.say(&format!(
            "jit: the console of {} in account {account} is open; it ends in {left}",
            access.role
        ));
        Ok(())
    }
}
