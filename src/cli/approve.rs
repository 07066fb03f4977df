use clap::Args;

use super::ui::Ui;
use super::ui::request::RequestJson;
use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::reviewing::review;
use crate::flow::session::pick::Typed;
use crate::grant::Name;
use crate::grant::Verdict;
use crate::grant::span::Span;

/// Approve a request, or confirm emergency access afterwards
#[derive(Debug, Args)]
#[command(
    long_about = "Approve a request, or confirm emergency access afterwards.

jit shows what the requester signed, beside the role as the policy defines it. Your signature covers the digest of what the \
requester signed. Without an id, jit opens the one request that waits for you; with more than one, you choose. The question \
takes a whole line. If the role looks like production, it takes the first four characters of the request's id. `-y` skips the \
question and needs the whole id.",
    after_long_help = "Examples:
  jit approve
  jit approve orders-admin
  jit approve 7F3KQ2M8ZD --comment \"saw the incident\"
  jit approve 7F3KQ2M8ZD --for 30m --scope orders-read
  jit approve 7F3KQ2M8ZD --plan plan.json"
)]
pub struct Approve {
    /// The request's whole id, or the role if one request for it waits; default: choose
    #[arg(value_name = "ROLE|ID")]
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
    /// The JSON of the plan that the command applies, to be shown; refused unless it is the one that was signed
    #[arg(long, value_name = "FILE")]
    plan: Option<String>,
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
        let typed = Typed { command: "approve", request: self.id.as_deref(), confirmed: self.yes };
        let reviewing = review::open(client, &connected, typed).await?;
        let reviewing = reviewing.with_plan(client, self.plan.as_deref())?;
        let word = review::Word {
            verdict: Verdict::Approve,
            comment: Some(self.comment),
            duration: self.duration,
            scope: self.scope,
            confirmed: self.yes,
        };
        let given = review::give(client, &connected, &reviewing, &word).await?;
        let standing = &given.standing;
        if self.json {
            return ui.json(&RequestJson::of(standing, client.now()));
        }
        ui.line(&given.approved())
    }
}
