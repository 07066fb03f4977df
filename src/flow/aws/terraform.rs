//! The documents of a role's trust for Terraform: those of [`setup::of`], each in its resource.

use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::aws::own;
use crate::flow::aws::setup;
use crate::flow::aws::setup::AwsTrust;
use crate::flow::aws::setup::Part;
use crate::flow::aws::setup::Wanted;
use crate::flow::operating::trust::Found;
use crate::provider::aws::own_trust::Principal;
use crate::provider::aws::terraform;
use crate::provider::aws::terraform::Hub;
use crate::provider::aws::terraform::Own;
use crate::provider::aws::terraform::Role;

/// Writes all documents of a role at once. `wanted` says where they come from; its part is of no weight.
///
/// # Errors
/// Those of [`setup::of`].
pub async fn of(client: &Client<'_>, found: &Found, wanted: Wanted<'_>) -> Result<AwsTrust, Failure> {
    let known = &found.role;
    let is_own = known.target.is_by_broker();
    let needs_own = is_own || known.deny_revoked;
    // The trust policy of a role that tokens open names no identity of the broker's; its permissions do.
    let named = if needs_own && !is_own { None } else { wanted.principal };
    let document = |part| setup::of(client, found, Wanted { part, principal: named, ..wanted });
    let AwsTrust { warning, document: trust, .. } = document(Part::Target).await?;
    let Some(arn) = known.target.role_arn() else {
        return Err(Failure::usage(format!("{} opens no AWS role", known.name)));
    };
    let principal = principal(client, &wanted, found, is_own).await?;
    let permissions = if needs_own { Some(document(Part::BrokerPermissions).await?) } else { None };
    let own = permissions
        .as_ref()
        .map(|permissions| Own { principal: principal.as_ref(), permissions: &permissions.document });
    let is_chained = is_own || known.target.via().is_some();
    let longest = (!is_chained).then(|| known.longest());
    let role = Role { name: &known.name, arn, trust: &trust, longest };
    let document = match (known.target.via(), own) {
        (None, Some(own)) if is_own => terraform::by_broker(role, own),
        (None, own) => terraform::by_issuer(&found.issuer, role, None, own),
        (Some(hub), own) => {
            let (trust, permissions) = (document(Part::Hub).await?, document(Part::HubPermissions).await?);
            let hub = Hub { arn: hub, trust: &trust.document, permissions: &permissions.document };
            terraform::by_issuer(&found.issuer, role, Some(hub), own)
        }
    };
    Ok(AwsTrust { warning, document, instructions: instructions(found, wanted.folder.is_some()) })
}

/// The broker's identity: demanded where it opens the role, and taken where it denies what was handed out.
async fn principal(
    client: &Client<'_>,
    wanted: &Wanted<'_>,
    found: &Found,
    is_own: bool,
) -> Result<Option<Principal>, Failure> {
    let Some(arn) = found.role.target.role_arn().filter(|_| is_own || wanted.principal.is_some()) else {
        return Ok(None);
    };
    own::principal(client, wanted, arn).await.map(Some)
}

fn instructions(found: &Found, whole: bool) -> String {
    let known = &found.role;
    let target = &known.target;
    let name = target.role_arn().map(crate::grant::cloud::aws::RoleArn::role_name).unwrap_or_default();
    let address = terraform::address(&known.name);
    let mut lines = vec![format!(
        "If the role exists, let Terraform know it first: `terraform import {address} {name}`. The trust policy then replaces the \
         role's."
    )];
    if target.via().is_some() {
        lines.push("`aws.hub` is the provider of the hub's account, where that is another one.".to_owned());
    }
    if target.is_by_broker() {
        lines.push(
            "`aws.broker` is the provider of the broker's account, where that is another one.".to_owned(),
        );
    }
    if known.deny_revoked {
        lines.push(
            "The broker writes the inline policy `jit-revoked` on the role: do not let Terraform remove inline policies that it \
             does not know (`aws_iam_role_policies_exclusive`, `inline_policy`)."
                .to_owned(),
        );
    }
    let names_others = target.via().is_some() || target.is_by_broker() || known.deny_revoked;
    if names_others && !whole {
        lines.push("Documents that name several roles name those that you may see; with `--policy DIR` they name all.".to_owned());
    }
    lines.push("What the role may do is yours to write.".to_owned());
    lines.join("\n")
}
