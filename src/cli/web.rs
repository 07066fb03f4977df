use clap::Args;

use super::ui::Ui;
use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::joining::page;
use crate::flow::joining::page::Wanted;
use crate::grant::RequestId;

/// Sign a browser in on the broker's approval page
#[derive(Debug, Args)]
#[command(
    long_about = "Sign a browser in on the broker's approval page.

Shows a code that is good once, and opens the page, where you type it. Then this terminal names the browser that entered \
the code and asks whether it is yours. The browser stays signed in for 30 minutes, and no longer than your session here. It \
can read and deny; approving takes your passkey each time. `jit logout` signs it out.",
    after_long_help = "Examples:
  jit web
  jit web 7F3KQ2M8ZD
  jit web --no-open"
)]
pub struct Web {
    /// The request to open; default: the list
    #[arg(value_name = "ID")]
    request: Option<RequestId>,
    /// Open no browser; type the address yourself
    #[arg(long)]
    no_open: bool,
}

impl Web {
    pub(super) async fn run(self, client: &Client<'_>, ui: &Ui<'_>) -> Result<(), Failure> {
        let wanted = Wanted { request: self.request, only_say: self.no_open };
        let url = page::sign_in(client, &wanted).await?;
        ui.line(&format!("signed a browser in on {url}"))
    }
}
