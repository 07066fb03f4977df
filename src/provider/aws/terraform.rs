//! The documents of the trust in a role, for Terraform. Each is the text form's own document; here is only what stands around it.
//!
//! Source: Terraform's provider `hashicorp/aws`, from version 5.81 on, which asks for no thumbprint of an OIDC provider.

use serde_json::Value;

use super::endpoint::AWS_AUDIENCE;
use super::own_trust::Principal;
use crate::grant::Name;
use crate::grant::cloud::aws::RoleArn;
use crate::provider::hcl;
use crate::provider::hcl::Block;

/// The longest session of a role whose maximum nobody has raised, in seconds (IAM: `MaxSessionDuration`).
const USUAL_MAXIMUM: i64 = 3_600;

/// The role of a policy, as Terraform makes it.
#[derive(Debug, Clone, Copy)]
pub struct Role<'a> {
    /// The role's name in the policy.
    pub name: &'a Name,
    /// The role in AWS.
    pub arn: &'a RoleArn,
    /// Its trust policy, as JSON.
    pub trust: &'a str,
    /// The longest life of a session, in seconds. `None` for a chained session, which AWS limits to an hour.
    pub longest: Option<i64>,
}

/// A hub, and its documents as JSON.
#[derive(Debug, Clone, Copy)]
pub struct Hub<'a> {
    /// The hub.
    pub arn: &'a RoleArn,
    /// Its trust policy.
    pub trust: &'a str,
    /// Its permissions.
    pub permissions: &'a str,
}

/// The permissions of the broker's own identity, as JSON, and the identity if it is known.
#[derive(Debug, Clone, Copy)]
pub struct Own<'a> {
    /// The identity.
    pub principal: Option<&'a Principal>,
    /// Its permissions.
    pub permissions: &'a str,
}

/// The resources that an issuer's tokens need: the provider in the account where they are exchanged, and the role, directly or behind its
/// hub.
/// `own` is there if the broker denies what it handed out.
pub fn by_issuer(issuer: &str, role: Role<'_>, hub: Option<Hub<'_>>, own: Option<Own<'_>>) -> String {
    let mut text =
        String::from("# Once for each account and issuer: leave it out where the account has it.\n");
    let provider = Block::resource("aws_iam_openid_connect_provider", "jit");
    let beside = hub.map(|hub| (hub, is_elsewhere(hub.arn.account(), role.arn)));
    let provider = match beside {
        Some((_, true)) => provider.expression("provider", "aws.hub"),
        _ => provider,
    };
    let provider = provider.text("url", issuer).value("client_id_list", &[AWS_AUDIENCE].as_slice().into());
    text.push_str(&provider.to_string());
    if let Some((hub, is_elsewhere)) = beside {
        text.push_str("\n# Once for the hub: it names every role behind it.\n");
        text.push_str(&hcl::document(&of_hub(hub, is_elsewhere)));
    }
    text.push('\n');
    text.push_str(&of_role(role).to_string());
    if let Some(own) = own {
        text.push('\n');
        text.push_str(&of_broker(own, role.arn));
    }
    text
}

/// The resources that the broker's own identity needs: the role that lets it in, and its permissions.
pub fn by_broker(role: Role<'_>, own: Own<'_>) -> String {
    format!("{}\n{}", of_role(role), of_broker(own, role.arn))
}

/// The resource of a role, as addresses name it.
pub fn address(role: &Name) -> String {
    format!("aws_iam_role.{}", hcl::label(role))
}

fn of_role(role: Role<'_>) -> Block {
    let block = named(Block::resource("aws_iam_role", &hcl::label(role.name)), role.arn);
    let block = match role.longest.filter(|longest| *longest > USUAL_MAXIMUM) {
        Some(longest) => block.value("max_session_duration", &longest.into()),
        None => block,
    };
    block.expression("assume_role_policy", policy(role.trust))
}

fn of_hub(hub: Hub<'_>, is_elsewhere: bool) -> [Block; 2] {
    let there = |block: Block| if is_elsewhere { block.expression("provider", "aws.hub") } else { block };
    let role = named(there(Block::resource("aws_iam_role", "jit_hub")), hub.arn)
        .expression("assume_role_policy", policy(hub.trust));
    let permissions = there(Block::resource("aws_iam_role_policy", "jit_hub"))
        .text("name", "jit")
        .expression("role", "aws_iam_role.jit_hub.name")
        .expression("policy", policy(hub.permissions));
    [role, permissions]
}

fn of_broker(own: Own<'_>, arn: &RoleArn) -> String {
    let Own { principal, permissions } = own;
    let Some(principal) = principal else {
        let block = Block::resource("aws_iam_policy", "jit_broker")
            .text("name", "jit")
            .expression("policy", policy(permissions));
        return format!(
            "# Once for the broker, in its own account: attach it to the broker's identity. It names every role that needs it.\n{block}"
        );
    };
    let (name, is_user) = principal.name();
    let (kind, holder) =
        if is_user { ("aws_iam_user_policy", "user") } else { ("aws_iam_role_policy", "role") };
    let block = Block::resource(kind, "jit_broker");
    let block = match is_elsewhere(principal.account(), arn) {
        true => block.expression("provider", "aws.broker"),
        false => block,
    };
    let block = block.text("name", "jit").text(holder, name).expression("policy", policy(permissions));
    format!("# Once for the broker: it names every role that needs the broker's own identity.\n{block}")
}

fn is_elsewhere(account: &str, arn: &RoleArn) -> bool {
    account != arn.account()
}

fn named(block: Block, arn: &RoleArn) -> Block {
    block.text("name", arn.role_name()).text("path", arn.path())
}

/// A document of IAM as an expression.
fn policy(document: &str) -> String {
    hcl::json(&serde_json::from_str::<Value>(document).unwrap_or_default())
}
