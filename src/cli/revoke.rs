use clap::Args;

use super::ui::Ui;
use super::ui::request::RequestJson;
use crate::flow::Client;
use crate::flow::Connected;
use crate::flow::Failure;
use crate::flow::reviewing::revoke;
use crate::flow::reviewing::sweep;
use crate::flow::reviewing::sweep::Removed;
use crate::flow::session::pick::Typed;
use crate::flow::using::end;
use crate::grant::Name;

/// End another person's access
#[derive(Debug, Args)]
#[command(
    long_about = "End another person's access.

Everybody who may approve a role may revoke access to it, by a signature. Credentials that the cloud has already issued stay \
valid until they expire; jit says until when. With --person, jit revokes everything that this person holds or waits for, as far \
as you may: it asks one question, then signs once for each request. If the policy names you as a voucher ([identity.oidc]), the \
person's sessions and enrolled keys end too.",
    after_long_help = "Examples:
  jit revoke
  jit revoke 7F3KQ2M8ZD --reason \"laptop lost\"
  jit revoke 7F3KQ2M8ZD --reason \"wrong account\" -y
  jit revoke --person ana --reason \"laptop stolen\""
)]
pub struct Revoke {
    /// The request's whole id, or the role if one person has it; default: choose
    #[arg(value_name = "ROLE|ID")]
    id: Option<String>,
    /// Revoke all that this person holds or waits for, by their name in the policy
    #[arg(long, value_name = "PERSON", conflicts_with = "id")]
    person: Option<Name>,
    /// Why; shown to the requester and in the audit log. Without it, jit asks on a terminal
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Skip the question
    #[arg(short, long)]
    yes: bool,
    /// Write the request as JSON; with --person, a list of them
    #[arg(long)]
    json: bool,
}

impl Revoke {
    pub(super) async fn run(self, client: &Client<'_>, ui: &Ui<'_>) -> Result<(), Failure> {
        let connected = client.connect().await?;
        if let Some(person) = &self.person {
            return self.sweep(client, &connected, person, ui).await;
        }
        let typed = Typed { command: "revoke", request: self.id.as_deref(), confirmed: self.yes };
        let standing = revoke::revoke(client, &connected, typed, self.reason).await?;
        let now = client.now();
        if self.json {
            return ui.json(&RequestJson::of(&standing, now));
        }
        let asked = &standing.asked;
        ui.line(&format!("{} of {} is {}", standing.what(), asked.header.who, standing.view.state.as_str()))?;
        if let Some(survives) = end::survives(&standing, now, ui.zone()) {
            ui.say(&survives);
        }
        Ok(())
    }

    async fn sweep(
        &self,
        client: &Client<'_>,
        connected: &Connected,
        person: &Name,
        ui: &Ui<'_>,
    ) -> Result<(), Failure> {
        let swept = sweep::revoke_person(client, connected, person, self.reason.clone(), self.yes).await?;
        let now = client.now();
        if self.json {
            let rows: Vec<RequestJson> =
                swept.revoked.iter().map(|standing| RequestJson::of(standing, now)).collect();
            ui.json(&rows)?;
        }
        for standing in &swept.revoked {
            let (role, state) = (&standing.asked.role, standing.view.state.as_str());
            if !self.json {
                ui.line(&format!("{role} of {person} is {state} ({})", standing.view.id))?;
            }
            if let Some(survives) = end::survives(standing, now, ui.zone()) {
                ui.say(&format!("{role}: {survives}"));
            }
        }
        for standing in &swept.kept {
            let (role, id) = (&standing.asked.role, &standing.view.id);
            ui.say(&format!(
                "note: {role} of {person} ({id}) is not yours to revoke: ask somebody who approves it"
            ));
        }
        match &swept.removal {
            Removed::All(removal) => ui.say(&format!(
                "note: {} and {} of {person} ended too; keys in people.toml, and a new sign-in at the identity provider, still work",
                counted(removal.sessions, "session"),
                counted(removal.keys, "enrolled key"),
            )),
            Removed::Not(_) => ui.say(&format!(
                "note: {person} can still log in and ask; to stop that, take the keys out of people.toml"
            )),
        }
        if let Removed::Not(failure) = &swept.removal
            && connected.authority.people().is_ok()
        {
            ui.say(&format!("note: the sessions and enrolled keys of {person} stay: {failure}"));
        }
        let Some((standing, failure)) = swept.failed.into_iter().next() else { return Ok(()) };
        let (role, id) = (standing.asked.role, standing.view.id);
        Err(failure.because(format!("{role} of {person} ({id}) was not revoked")))
    }
}

fn counted(count: usize, one: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {one}s") }
}
