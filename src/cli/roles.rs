use clap::Args;
use serde::Serialize;

use super::ui::Ui;
use super::ui::table::table;
use crate::config::DirectRole;
use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::plan;
use crate::flow::roles;
use crate::grant::Name;
use crate::grant::Target;
use crate::grant::span::Span;
use crate::grant::text::sanitise;
use crate::protocol::ExtendView;
use crate::protocol::RoleView;

/// List what you may ask for, who must agree, and how long
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:
  jit roles
  jit roles prod
  jit roles --json")]
pub struct Roles {
    /// Only roles whose name or description holds this
    filter: Option<String>,
    /// Write JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Serialize)]
struct RoleJson {
    name: Name,
    aliases: Vec<Name>,
    description: String,
    target: Target,
    direct: bool,
    may_request: bool,
    may_review: bool,
    approval: String,
    automatic: bool,
    approvers: Vec<Name>,
    duration: Span,
    max_duration: Span,
    #[serde(skip_serializing_if = "Option::is_none")]
    extend: Option<ExtendView>,
}

impl RoleJson {
    fn asked(role: RoleView) -> Self {
        Self {
            approval: plan::approval(&role),
            description: sanitise(&role.description),
            direct: false,
            name: role.name,
            aliases: role.aliases,
            target: role.target,
            may_request: role.may_request,
            may_review: role.may_review,
            automatic: role.automatic,
            approvers: role.approvers,
            duration: role.duration,
            max_duration: role.max_duration,
            extend: role.extend.map(|extend| ExtendView { approval: sanitise(&extend.approval), ..extend }),
        }
    }

    fn direct(role: DirectRole) -> Self {
        Self {
            approval: "direct: nobody is asked".to_owned(),
            description: sanitise(&role.description),
            direct: true,
            aliases: Vec::new(),
            may_request: true,
            may_review: false,
            automatic: true,
            approvers: Vec::new(),
            max_duration: role.duration,
            extend: None,
            duration: role.duration,
            target: role.target,
            name: role.name,
        }
    }
}

impl Roles {
    pub(super) async fn run(self, client: &Client<'_>, ui: &Ui<'_>) -> Result<(), Failure> {
        let found = roles::roles(client, self.filter.as_deref()).await?;
        let mut roles: Vec<RoleJson> = found.asked.into_iter().map(RoleJson::asked).collect();
        roles.extend(found.direct.into_iter().map(RoleJson::direct));
        if self.json {
            return ui.json(&roles);
        }
        if roles.is_empty() {
            ui.say("there is no such role that you may ask for or review");
            return Ok(());
        }
        let mut rows: Vec<Vec<String>> =
            vec![["ROLE", "FOR", "AT MOST", "APPROVAL", "OPENS"].map(|title| ui.heading(title)).to_vec()];
        for role in &roles {
            let approval = match (role.may_request, role.may_review) {
                (true, true) => format!("{} (you may review)", role.approval),
                (false, true) => format!("{} (you only review)", role.approval),
                _ => role.approval.clone(),
            };
            rows.push(vec![
                role.name.to_string(),
                role.duration.to_string(),
                role.max_duration.to_string(),
                approval,
                role.target.describe(),
            ]);
        }
        ui.print(&table(&rows))
    }
}
