use clap::Args;

use super::ui::Ui;
use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::asking::choose;
use crate::flow::using::console;
use crate::flow::using::exec;
use crate::grant::Name;
use crate::grant::span::time_left;

/// Open the web console with a role; requests it first if needed
#[derive(Debug, Args)]
#[command(
    long_about = "Open the web console with a role; requests it first if needed.

For AWS the console's session ends with the credentials. The address that opens it is as secret as the credentials. A page on \
127.0.0.1 that answers once sends the browser there. Only --print shows the address.

Google Cloud and Azure sign no browser in with a role's access: their console opens at the role's project or tenant, as you.",
    after_long_help = "Examples:
  jit console prod-admin
  jit console prod-admin --destination s3
  jit console prod-admin --print"
)]
pub struct Console {
    /// The role; default: JIT_ROLE, or your only active role
    #[arg(value_name = "ROLE")]
    role: Option<Name>,
    /// The service or the page to open
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
        let signs_in = console::signs_in(&access);
        if !signs_in {
            ui.say(
                "note: this console knows no access of jit: the browser shows what your own account may do",
            );
        }
        if self.print && !signs_in {
            return ui.line(address.expose());
        }
        if self.print {
            ui.say(
                "warning: everybody who opens this address within 15 minutes has this access; do not share it",
            );
            return ui.line(address.expose());
        }
        console::open(client, &address).await?;
        let place = access.lease.credentials.place();
        if !signs_in {
            ui.say(&format!("jit: the console in {place} is open"));
            return Ok(());
        }
        let left = time_left(client.now(), access.lease.expires);
        ui.say(&format!("jit: the console of {} in {place} is open; it ends in {left}", access.what()));
        Ok(())
    }
}
