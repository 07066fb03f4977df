use clap::Args;

use super::ui::Ui;
use super::ui::request::RequestJson;
use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::Standing;
use crate::flow::review;
use crate::grant::Name;
use crate::grant::State;
use crate::grant::Verdict;
use crate::grant::span::Span;
use crate::grant::text::sanitise;

/// Approve a request, or confirm emergency access afterwards
#[derive(Debug, Args)]
#[command(
    long_about = "Approve a request, or confirm emergency access afterwards.

jit shows what the requester signed, beside the role as the policy defines it. Your signature covers the digest of what the \
requester signed. Without an id, opens the oldest request that you can decide.",
    after_long_help = "Examples:
  jit approve
  jit approve 7F3KQ2M8ZD --comment \"saw the incident\"
  jit approve 7F3KQ2M8ZD --for 30m --scope orders-read"
)]
pub struct Approve {
    /// The whole id; the oldest that waits for you when not named
    id: Option<String>,
    /// A comment for the requester and the audit log
    #[arg(long, value_name = "TEXT", default_value = "")]
    comment: String,
    /// Approve for at most this long
    #[arg(long = "for", value_name = "DURATION")]
    duration: Option<Span>,
    /// Approve for no more than this scope of the role
    #[arg(long, value_name = "SCOPE")]
    scope: Option<Name>,
    /// Skip the question
    #[arg(short, long)]
    yes: bool,
    /// Write the request as JSON
    #[arg(long)]
    json: bool,
}

impl Approve {
    pub(super) async fn run(self, client: &Client<'_>, ui: &Ui<'_>) -> Result<(), Failure> {
        let connected = client.connect().await?;
        let reviewing = review::open(client, &connected, self.id.as_deref()).await?;
        let word = review::Word {
            verdict: Verdict::Approve,
            comment: self.comment,
            duration: self.duration,
            scope: self.scope,
            confirmed: self.yes,
        };
        let standing = review::give(client, &connected, &reviewing, &word).await?;
        if self.json {
            return ui.json(&RequestJson::of(&standing, client.now()));
        }
        if standing.is_emergency() {
            return ui.line(&format!(
                "reviewed {} of {}: it was right, and they may break the glass again",
                standing.view.id, standing.asked.header.who
            ));
        }
        ui.line(&format!(
            "approved {} for {}: {}",
            standing.view.id,
            standing.asked.header.who,
            next(&standing)
        ))
    }
}

/// What the review brought about.
fn next(standing: &Standing) -> String {
    match standing.view.state {
        State::Pending => {
            let missing: Vec<String> = standing
                .view
                .missing
                .iter()
                .map(|missing| {
                    let people: Vec<&str> = missing.could_help.iter().map(Name::as_str).collect();
                    format!("{} ({})", sanitise(&missing.demand), people.join(", "))
                })
                .collect();
            format!("still missing {}", missing.join(" and "))
        }
        state => format!("it is {} now", state.as_str()),
    }
}
