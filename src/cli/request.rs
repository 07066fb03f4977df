use std::ffi::OsString;

use clap::Args;
use jiff::Timestamp;

use super::asking;
use super::ui::Ui;
use super::ui::request::RequestJson;
use crate::authority::wishes::WishView;
use crate::config::DirectRole;
use crate::flow::Client;
use crate::flow::Connected;
use crate::flow::Failure;
use crate::flow::Standing;
use crate::flow::asking::namesakes;
use crate::flow::asking::namesakes::Meant;
use crate::flow::asking::plan::Wish;
use crate::flow::asking::purpose::Typed;
use crate::flow::asking::request;
use crate::flow::asking::scopes::Extent;
use crate::flow::asking::wishing;
use crate::flow::using::direct;
use crate::flow::using::exec;
use crate::grant::Name;
use crate::grant::Purpose;
use crate::grant::span::Span;
use crate::grant::text::sanitise;

/// Ask for a role, wait for approval, get the credentials
#[derive(Debug, Args)]
#[command(
    long_about = "Ask for a role, wait for approval, get the credentials.

jit first shows the plan: what the role opens, for how long, and who must approve. It reuses an equal request that is pending \
or active. Ctrl-C while waiting keeps the request; `jit wait` continues from any terminal.

With `--command` the request is for exactly one command, with the content of its program and of each file that `--file` names, \
and for the commit of the folder. Reviewers read it. `jit exec` then runs only that, once, and ends the access with it. `--plan` \
names the output of `terraform show -json` for the plan in such a file: its SHA-256 is signed, and the reviewer's own jit shows what \
the plan would do.",
    after_long_help = "Examples:
  jit request prod-admin --for 1h --reason \"INC-42 fail over orders-db\"
  jit request prod-admin --scope orders-read --reason \"INC-42\"
  jit request prod-admin --file plan.bin --command -- terraform apply plan.bin
  jit request stage-admin -y --no-wait
  jit request"
)]
pub struct Request {
    /// The roles; without one, jit asks on a terminal
    #[arg(value_name = "ROLE")]
    roles: Vec<Name>,
    /// Ask for this scope of the role only; `jit roles` lists scopes
    #[arg(long, value_name = "SCOPE", conflicts_with = "no_scope")]
    scope: Option<Name>,
    /// Ask for the whole role, even if .jit.toml suggests a scope
    #[arg(long)]
    no_scope: bool,
    /// For how long, like 30m, 1h or 1h30m; default: the role's duration
    #[arg(long = "for", value_name = "DURATION")]
    duration: Option<Span>,
    /// Why; shown to reviewers and in the audit log
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Start no earlier than this, like 2026-11-24T08:00:00Z
    #[arg(long, value_name = "TIME")]
    start: Option<Timestamp>,
    /// Do not wait for the approval
    #[arg(long)]
    no_wait: bool,
    /// Ring the terminal's bell when it is decided, even if the settings say no
    #[arg(long, conflicts_with = "no_wait")]
    bell: bool,
    /// Skip the question
    #[arg(short, long)]
    yes: bool,
    /// Write the request as JSON
    #[arg(long)]
    json: bool,
    /// Ask for exactly the command after `--`, once
    #[arg(long, requires = "words")]
    command: bool,
    /// A file that belongs to the command: a plan, a script; it may not change
    #[arg(long = "file", value_name = "FILE", requires = "command")]
    files: Vec<String>,
    /// The JSON of the plan that the command applies (`terraform show -json`); reviewers are shown it
    #[arg(long, value_name = "FILE", requires = "command")]
    plan: Option<String>,
    /// The command of --command, and its arguments
    #[arg(last = true, value_name = "COMMAND", requires = "command")]
    words: Vec<OsString>,
}

impl Request {
    /// Whether the bell rings whatever the settings say.
    pub(super) fn rings(&self) -> bool {
        self.bell
    }

    pub(super) async fn run(self, client: &Client<'_>, ui: &Ui<'_>) -> Result<(), Failure> {
        let waits = !self.no_wait;
        let purpose = self.purpose(client).await?;
        if let Some(asked) = wishing::request(client, &self.roles, self.wish(None, None), waits).await? {
            return self.show(&asked, ui);
        }
        let named: Vec<Option<Name>> =
            if self.roles.is_empty() { vec![None] } else { self.roles.iter().cloned().map(Some).collect() };
        let mut session = None;
        let mut standing = Vec::new();
        for role in named {
            if let Some(direct) = self.direct(client, role.as_ref())? {
                if purpose.is_some() {
                    return Err(exec::unsigned());
                }
                self.use_direct(client, ui, direct).await?;
                continue;
            }
            let connected = match session.take() {
                Some(connected) => connected,
                None => connect(client).await?,
            };
            if let Some(asked) = self.ask(client, ui, &connected, self.wish(role, purpose.clone())).await? {
                standing.push(asked);
            }
            session = Some(connected);
        }
        for asked in standing {
            if let Some(connected) = &session {
                asking::carry_to_the_end(client, connected, asked, self.json, ui).await?;
            }
        }
        Ok(())
    }

    /// The wish as it was typed, for one role.
    fn wish(&self, role: Option<Name>, purpose: Option<Purpose>) -> Wish {
        let extent = match &self.scope {
            Some(scope) => Extent::Scope(scope.clone()),
            None if self.no_scope => Extent::Whole,
            None => Extent::Unsaid,
        };
        let (duration, reason, start) = (self.duration, self.reason.clone(), self.start);
        Wish { role, extent, duration, reason, start, purpose }
    }

    /// The one command that it is for.
    async fn purpose(&self, client: &Client<'_>) -> Result<Option<Purpose>, Failure> {
        if !self.command {
            return Ok(None);
        }
        if client.wishes().is_some() {
            return Err(exec::unsigned());
        }
        if self.roles.len() > 1 {
            return Err(Failure::usage("a request for one command is for one role").hint("name one role"));
        }
        let plan = self.plan.as_deref();
        Typed { words: &self.words, files: &self.files, plan }.purpose(client).await.map(Some)
    }

    /// Shows a request that no statement makes.
    fn show(&self, asked: &WishView, ui: &Ui<'_>) -> Result<(), Failure> {
        ui.say(&format!("{} asks for {}: {}", asked.who, asked.role, sanitise(&asked.address)));
        for demand in &asked.missing {
            ui.say(&format!("waits for {demand}"));
        }
        if self.json {
            let (id, digest) = (asked.id.as_str(), asked.digest.to_string());
            return ui.json(&serde_json::json!({
                "id": id, "digest": digest, "pull": asked.pull, "url": asked.address, "missing": asked.missing,
            }));
        }
        ui.line(asked.id.as_str())
    }

    /// The direct role with this name. Only the authority's roles have scopes.
    fn direct<'a>(
        &self,
        client: &'a Client<'_>,
        role: Option<&Name>,
    ) -> Result<Option<&'a DirectRole>, Failure> {
        let Some(role) = role else { return Ok(None) };
        if (self.scope.is_some() || self.no_scope) && namesakes::is_doubled(client, role) {
            return Ok(None);
        }
        Ok(match namesakes::meant(client, role, true)? {
            Meant::Direct(direct) => Some(direct),
            Meant::Asked => None,
        })
    }

    async fn use_direct(&self, client: &Client<'_>, ui: &Ui<'_>, role: &DirectRole) -> Result<(), Failure> {
        if let Some(scope) = &self.scope {
            return Err(Failure::usage(format!(
                "{} is a direct role, which has no scope {scope}",
                role.name
            ))
            .hint("leave `--scope` out"));
        }
        for line in direct::describe(role) {
            ui.say(&line);
        }
        let access = direct::obtain(client, role).await?;
        let left = ui.until(access.until, client.now());
        ui.line(&format!("{} is active until {left}, directly, without approval", role.name))
    }

    /// Asks for one role. Returns the request to wait for, if any.
    async fn ask(
        &self,
        client: &Client<'_>,
        ui: &Ui<'_>,
        connected: &Connected,
        wish: Wish,
    ) -> Result<Option<Standing>, Failure> {
        let requested = request::request(client, connected, wish, self.yes).await?;
        asking::say_standing(&requested.standing, requested.reused, ui);
        if !requested.reused {
            asking::say_told(&requested.standing, ui);
        }
        if let Some(command) = &requested.command {
            let no_wait = if self.no_wait { " --no-wait" } else { "" };
            ui.say(&format!("next time: {command}{no_wait}"));
        }
        if !self.no_wait {
            return Ok(Some(requested.standing));
        }
        if self.json {
            ui.json(&RequestJson::of(&requested.standing, client.now()))?;
        } else if !client.console().is_output_read() {
            // For programs. People have read it above.
            ui.line(requested.standing.view.id.as_str())?;
        }
        Ok(None)
    }
}

/// The session in which every role of one command is asked for and waited for.
async fn connect(client: &Client<'_>) -> Result<Connected, Failure> {
    client.account()?;
    if client.vault()?.forgets() {
        return Err(Failure::usage(
            "with the keychain `none`, credentials live only inside a running command",
        )
        .hint("type `jit exec ROLE -- COMMAND`: it asks, waits and runs in one"));
    }
    client.connect().await
}
