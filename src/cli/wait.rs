use clap::Args;

use super::asking;
use super::ui::Ui;
use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::asking::extend;
use crate::flow::session::find;
use crate::flow::session::pick;
use crate::grant::RequestId;
use crate::grant::State;
use crate::grant::span::Span;

/// Continue waiting for a request, from any terminal
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:
  jit wait
  jit wait prod-admin
  jit wait 7F3KQ2M8ZD --timeout 10m")]
pub struct Wait {
    /// The role, or the request's id or a prefix of it; default: JIT_ROLE, your only open request, or choose
    #[arg(value_name = "ROLE|ID")]
    request: Option<String>,
    /// Stop waiting after this long; the request stays
    #[arg(long, value_name = "DURATION")]
    timeout: Option<Span>,
    /// Ring the terminal's bell when it is decided, even if the settings say no
    #[arg(long)]
    bell: bool,
}

impl Wait {
    /// Whether the bell rings whatever the settings say.
    pub(super) fn rings(&self) -> bool {
        self.bell
    }

    pub(super) async fn run(self, client: &Client<'_>, ui: &Ui<'_>) -> Result<(), Failure> {
        let connected = client.connect().await?;
        let request = match self.request {
            Some(request) => request,
            None => pick::mine(client, "wait", true).await?,
        };
        let standing = find::for_reading(client, &connected, &request).await?;
        let standing = match request.parse::<RequestId>() {
            Ok(_) => standing,
            // By role: if the access is active already, the request that waits is the extension.
            Err(_) => match extend::waiting(&connected, &standing).await? {
                Some(extension) => extension,
                // It may have been approved since the first read, which then has the old end.
                None if standing.view.state == State::Active => {
                    find::for_reading(client, &connected, &request).await?
                }
                None => standing,
            },
        };
        let own = standing.asked.header.who == connected.person;
        if !own {
            let standing =
                crate::flow::asking::wait::decided(client, &connected, standing, self.timeout).await?;
            return ui.line(&format!("request {} is {}", standing.view.id, standing.view.state.as_str()));
        }
        let reached = asking::carry_through(client, &connected, standing, self.timeout).await?;
        asking::conclude(&reached, client, ui)
    }
}
