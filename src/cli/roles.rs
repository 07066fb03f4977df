use clap::Args;
use serde::Serialize;

use super::ui::Ui;
use super::ui::table::Fit;
use super::ui::table::Table;
use crate::config::DirectRole;
use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::asking::namesakes;
use crate::flow::asking::plan;
use crate::flow::asking::roles;
use crate::grant::Digest;
use crate::grant::Name;
use crate::grant::Target;
use crate::grant::span::Span;
use crate::grant::text::sanitise;
use crate::protocol::ExtendView;
use crate::protocol::RoleView;
use crate::protocol::ScopeView;

/// List the roles that you may request, who approves, and how long
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:
  jit roles
  jit roles prod
  jit roles --json")]
pub struct Roles {
    /// Only roles whose name or description contains this
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
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    doubled: bool,
    may_request: bool,
    may_review: bool,
    may_review_whole: bool,
    approval: String,
    automatic: bool,
    approvers: Vec<Name>,
    duration: Span,
    max_duration: Span,
    bind_ip: bool,
    scopes: Vec<ScopeJson>,
    break_glass: Option<Emergency>,
    #[serde(skip_serializing_if = "Option::is_none")]
    extend: Option<ExtendView>,
}

#[derive(Debug, Serialize)]
struct ScopeJson {
    name: Name,
    description: String,
    approval: String,
    automatic: bool,
    may_review: bool,
    approvers: Vec<Name>,
    max_duration: Span,
    document: String,
    sha256: Digest,
}

impl ScopeJson {
    fn of(view: ScopeView) -> Self {
        Self {
            name: view.name,
            description: sanitise(&view.description),
            approval: if view.automatic { "approved at once".to_owned() } else { sanitise(&view.approval) },
            automatic: view.automatic,
            may_review: view.may_review,
            approvers: view.approvers,
            max_duration: view.max_duration,
            sha256: Digest::of(view.document.as_bytes()),
            document: view.document,
        }
    }
}

/// The role's break-glass, if the viewer may use it.
#[derive(Debug, Serialize)]
struct Emergency {
    max_duration: Span,
    told: Vec<String>,
    reviewers: Vec<Name>,
}

impl RoleJson {
    fn asked(role: RoleView) -> Self {
        Self {
            approval: plan::approval(&role),
            description: sanitise(&role.description),
            direct: false,
            doubled: false,
            name: role.name,
            aliases: role.aliases,
            target: role.target,
            may_request: role.may_request,
            may_review_whole: role.may_review_whole.unwrap_or(role.may_review),
            may_review: role.may_review,
            automatic: role.automatic,
            approvers: role.approvers,
            duration: role.duration,
            max_duration: role.max_duration,
            bind_ip: role.bind_ip,
            scopes: role.scopes.into_iter().map(ScopeJson::of).collect(),
            break_glass: role.break_glass.map(|way| Emergency {
                max_duration: way.max_duration,
                told: way.told.iter().map(|place| sanitise(place)).collect(),
                reviewers: way.reviewers,
            }),
            extend: role.extend.map(|extend| ExtendView { approval: sanitise(&extend.approval), ..extend }),
        }
    }

    fn direct(client: &Client<'_>, role: DirectRole) -> Self {
        let doubled = namesakes::is_doubled(client, &role.name);
        let beware = if doubled { "; another role has this name" } else { "" };
        Self {
            approval: format!("direct: no approval{beware}"),
            doubled,
            description: sanitise(&role.description),
            direct: true,
            aliases: Vec::new(),
            may_request: true,
            may_review: false,
            may_review_whole: false,
            automatic: true,
            approvers: Vec::new(),
            max_duration: role.duration,
            bind_ip: false,
            scopes: Vec::new(),
            extend: None,
            duration: role.duration,
            break_glass: None,
            target: role.target,
            name: role.name,
        }
    }
}

impl Roles {
    pub(super) async fn run(self, client: &Client<'_>, ui: &Ui<'_>) -> Result<(), Failure> {
        let found = roles::roles(client, self.filter.as_deref()).await?;
        let mut roles: Vec<RoleJson> = found.asked.into_iter().map(RoleJson::asked).collect();
        roles.extend(found.direct.into_iter().map(|role| RoleJson::direct(client, role)));
        if self.json {
            return ui.json(&roles);
        }
        if roles.is_empty() {
            ui.say("there is no such role that you may request or review");
            return Ok(());
        }
        let mut table = Table::new(&[
            ("ROLE", Fit::Whole),
            ("FOR", Fit::Whole),
            ("AT MOST", Fit::Whole),
            ("APPROVAL", Fit::Wrap),
            ("OPENS", Fit::Wrap),
        ]);
        for role in &roles {
            let approval = match (role.may_request, role.may_review_whole) {
                (true, true) => format!("{} (you may review)", role.approval),
                (false, true) => format!("{} (you only review)", role.approval),
                (false, false) if role.may_review => format!("{} (you only review a part)", role.approval),
                (false, false) if role.break_glass.is_some() => "only in an emergency".to_owned(),
                (false, false) => role.approval.clone(),
                (true, false) => role.approval.clone(),
            };
            let approval = match &role.break_glass {
                Some(way) => format!("{approval}; emergency {}", way.max_duration),
                None => approval,
            };
            table.row(vec![
                role.name.to_string(),
                role.duration.to_string(),
                role.max_duration.to_string(),
                approval,
                role.target.brief(),
            ]);
            for scope in &role.scopes {
                let about =
                    if scope.description.is_empty() { "part of the role" } else { &scope.description };
                table.row(vec![
                    format!("  --scope {}", scope.name),
                    role.duration.min(scope.max_duration).to_string(),
                    scope.max_duration.to_string(),
                    if scope.may_review {
                        format!("{} (you may review)", scope.approval)
                    } else {
                        scope.approval.clone()
                    },
                    about.to_owned(),
                ]);
            }
        }
        ui.table(&table)
    }
}
