//! The configuration of Entra for a role: as commands for the Azure CLI, and for Terraform.
//!
//! One lock: a federated credential of the application, with the issuer, the role's subject and one audience. The
//! application gets its permissions elsewhere. The flags are those of azure-cli 2.91; the resource is that of Terraform's
//! provider `azuread` 3.

use std::fmt::Write;

use serde_json::json;

use crate::grant::Name;
use crate::grant::cloud::azure::Authority;
use crate::grant::cloud::azure::AzureTarget;
use crate::provider::hcl;
use crate::provider::hcl::Block;
use crate::provider::trust::TrustedIssuer;

/// The name of the credential: letters, digits, `-` and `_`, 3 to 120 of them (Graph v1.0 `federatedIdentityCredential`).
fn name(role: &Name) -> String {
    let plain = |letter: char| if letter.is_ascii_alphanumeric() || letter == '_' { letter } else { '-' };
    format!("jit-{}", role.as_str().chars().map(plain).take(116).collect::<String>())
}

/// The credential as JSON, as Graph and the Azure CLI take it.
fn credential(role: &Name, target: &AzureTarget, issuer: TrustedIssuer<'_>) -> String {
    let document = json!({
        "name": name(role),
        "issuer": issuer.url,
        "subject": issuer.tokens.subject(role),
        "audiences": [target.authority.exchange_audience()],
        "description": format!("jit role {role}"),
    });
    format!("{document:#}")
}

/// The commands that add the credential to the application, and how its rights are given.
pub fn commands(role: &Name, target: &AzureTarget, issuer: TrustedIssuer<'_>) -> String {
    let AzureTarget { client_id, tenant, authority, audiences, .. } = target;
    let mut text = String::new();
    let cloud = match authority {
        Authority::Public | Authority::Loopback(_) => None,
        Authority::UsGovernment => Some("AzureUSGovernment"),
        Authority::China => Some("AzureChinaCloud"),
    };
    if let Some(cloud) = cloud {
        let _ = write!(text, "az cloud set --name {cloud}\n\n");
    }
    let file = format!("{}.json", name(role));
    let _ = write!(
        text,
        "# the application's federated credential: it takes this role's tokens and no others
az login --tenant {tenant} --allow-no-subscriptions
cat > {file} <<'JSON'
{credential}
JSON
az ad app federated-credential create --id {client_id} --parameters @{file}

# for a user-assigned managed identity instead:
# az identity federated-credential create --name {name} --identity-name NAME --resource-group GROUP \\
#   --issuer {issuer} --subject {subject} --audiences {audience}

# what the application may do
",
        credential = credential(role, target, issuer),
        name = name(role),
        subject = shell_words::quote(&issuer.tokens.subject(role)),
        issuer = shell_words::quote(issuer.url),
        audience = authority.exchange_audience(),
    );
    for audience in audiences.names() {
        let _ = writeln!(text, "{}", rights(client_id, audience));
    }
    text.push_str(AFTERWARDS);
    text
}

/// How an application gets its rights on a resource.
fn rights(client_id: &str, audience: &str) -> String {
    let host = audience.trim_end_matches('/').rsplit("://").next().unwrap_or_default();
    if host.starts_with("management.") || host.contains("vault.") || host.contains("storage.") {
        format!(
            "# {audience}:\n# az role assignment create --assignee {client_id} --role ROLE --scope /subscriptions/SUBSCRIPTION/resourceGroups/GROUP"
        )
    } else {
        format!(
            "# {audience}:\n# az ad app permission add --id {client_id} --api RESOURCE_ID --api-permissions APP_ROLE=Role\n\
             # az ad app permission admin-consent --id {client_id}"
        )
    }
}

const AFTERWARDS: &str = "
# An application has 20 federated credentials at most. A new one takes some minutes to spread; until then Entra
# answers AADSTS70021.
";

/// The same for Terraform.
pub fn terraform(role: &Name, target: &AzureTarget, issuer: TrustedIssuer<'_>) -> String {
    let label = hcl::label(role);
    let application = Block::data("azuread_application", &label).text("client_id", &target.client_id);
    let credential = Block::resource("azuread_application_federated_identity_credential", &label)
        .expression("application_id", format!("data.azuread_application.{label}.id"))
        .text("display_name", &name(role))
        .text("description", &format!("jit role {role}"))
        .text("issuer", issuer.url)
        .text("subject", &issuer.tokens.subject(role))
        .value("audiences", &json!([target.authority.exchange_audience()]));
    let rights = Block::resource("azurerm_role_assignment", &label)
        .text("scope", "/subscriptions/SUBSCRIPTION/resourceGroups/GROUP")
        .text("role_definition_name", "ROLE")
        .expression("principal_id", "azuread_service_principal.APPLICATION.object_id");
    let mut text = format!(
        "{}\n# What the application may do, for example:\n{}",
        hcl::document(&[application, credential]),
        hcl::commented(&[rights])
    );
    if target.audiences.names().len() > 1 {
        let _ = writeln!(text, "# Its tokens are for {}.", target.audiences.names().join(", "));
    }
    text
}
