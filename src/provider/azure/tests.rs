//! The meaning of Entra's refusals, and the configuration of Entra for a role.

use serde_json::json;

use super::refusal::refused;
use super::trust;
use super::*;
use crate::provider::trust::TrustedIssuer;
use crate::provider::voucher::Voucher;
use crate::system::fake::CountedEntropy;
use crate::system::fake::FakeClock;
use crate::system::fake::FakeHttp;

const MANAGER: &str = "https://management.azure.com";

fn target(more: &str) -> AzureTarget {
    let text = format!(
        "azure:7c1e2d3f-aaaa-4bbb-8ccc-123456789abc?tenant=0f5a3c1e-4b1d-4c5e-9f00-2a7d1b6c8e90&audiences={MANAGER}{more}"
    );
    let target: crate::grant::Target = text.parse().unwrap();
    target.as_azure().unwrap().clone()
}

fn entra(error: &str, code: u64, text: &str) -> serde_json::Value {
    json!({
        "error": error,
        "error_description": format!("AADSTS{code}: {text}\r\nTrace ID: 0000aaaa-11bb-cccc-dd22-eeeeee333333"),
        "error_codes": [code],
        "trace_id": "0000aaaa-11bb-cccc-dd22-eeeeee333333",
    })
}

/// Every refusal has a meaning, a hint, and an answer to the question whether to try again.
#[test]
fn each_refusal_has_its_meaning() {
    let (http, clock, entropy) =
        (FakeHttp::default(), FakeClock::at("2026-11-23T12:00:00Z"), CountedEntropy::default());
    let world = World {
        http: &http,
        clock: &clock,
        entropy: &entropy,
        voucher: Voucher::Broker,
        service: "Entra at login.microsoftonline.com",
    };
    let cases = [
        (401, entra("invalid_client", 70021, "No matching federated identity record found.")),
        (401, entra("invalid_client", 700_211, "No matching … for presented assertion issuer.")),
        (401, entra("invalid_client", 700_212, "No matching … for presented assertion audience.")),
        (401, entra("invalid_client", 700_213, "No matching … for presented assertion subject.")),
        (401, entra("invalid_client", 7_002_138, "No matching … by case-sensitive matching.")),
        (401, entra("invalid_client", 700_024, "Client assertion is not within its valid time range.")),
        (400, entra("invalid_request", 50027, "JWT token is invalid or malformed.")),
        (401, entra("invalid_client", 700_027, "Client assertion failed signature validation.")),
        (400, entra("invalid_request", 90061, "Request to External OIDC endpoint failed.")),
        (400, entra("invalid_request", 50166, "Request to External OIDC endpoint failed.")),
        (400, entra("invalid_request", 900_612, "Failed to parse provider signing keys.")),
        (401, entra("invalid_client", 7_000_229, "The client application is missing service principal.")),
        (400, entra("invalid_request", 90002, "Tenant not found.")),
        (400, entra("unauthorized_client", 700_016, "Application was not found in the directory.")),
        (400, entra("unauthorized_client", 7_000_112, "Application is disabled.")),
        (400, entra("invalid_resource", 500_011, "The resource principal was not found.")),
        (400, entra("invalid_scope", 1_002_012, "The provided value for scope is not valid.")),
        (400, entra("invalid_grant", 501_051, "Application is not assigned to a role.")),
        (400, entra("access_denied", 53003, "Access has been blocked by Conditional Access policies.")),
        (429, json!({ "error": "temporarily_unavailable" })),
        (503, json!({})),
        (400, entra("invalid_grant", 999_999, "Something new.")),
        // The numbers decide: a text that names another one does not.
        (400, json!({ "error": "invalid_client", "error_description": "AADSTS70021: …", "error_codes": [] })),
    ];
    let mut lines = String::new();
    for (status, told) in cases {
        let refusal = refused(world, (status, &told), &target(""), MANAGER);
        assert!(refusal.error.hint.is_some() && (refusal.error.passing || !refusal.again), "{told}");
        let again = match (refusal.again, refusal.error.passing) {
            (true, _) => " [again]",
            (false, true) => " [later]",
            _ => "",
        };
        lines.push_str(&format!("{}{again}\n", refusal.error.message.split(" (HTTP").next().unwrap()));
    }
    insta::assert_snapshot!(lines, @"
    no federated credential of the application 7c1e2d3f-aaaa-4bbb-8ccc-123456789abc fits jit's token [later]
    no federated credential of 7c1e2d3f-aaaa-4bbb-8ccc-123456789abc names this issuer
    no federated credential of 7c1e2d3f-aaaa-4bbb-8ccc-123456789abc has the audience api://AzureADTokenExchange
    no federated credential of 7c1e2d3f-aaaa-4bbb-8ccc-123456789abc names the role's subject
    no federated credential of 7c1e2d3f-aaaa-4bbb-8ccc-123456789abc names the role's subject
    Entra at login.microsoftonline.com says that jit's token is not valid now
    Entra at login.microsoftonline.com cannot read jit's token
    Entra at login.microsoftonline.com does not find the key that signed jit's token [later]
    Entra at login.microsoftonline.com cannot fetch the issuer's documents [again]
    Entra at login.microsoftonline.com cannot fetch the issuer's documents [again]
    Entra at login.microsoftonline.com cannot read the issuer's key set
    the application 7c1e2d3f-aaaa-4bbb-8ccc-123456789abc has no service principal in the tenant 0f5a3c1e-4b1d-4c5e-9f00-2a7d1b6c8e90
    there is no tenant 0f5a3c1e-4b1d-4c5e-9f00-2a7d1b6c8e90 at https://login.microsoftonline.com
    there is no application 7c1e2d3f-aaaa-4bbb-8ccc-123456789abc in the tenant 0f5a3c1e-4b1d-4c5e-9f00-2a7d1b6c8e90
    the application 7c1e2d3f-aaaa-4bbb-8ccc-123456789abc is disabled in the tenant 0f5a3c1e-4b1d-4c5e-9f00-2a7d1b6c8e90
    the tenant 0f5a3c1e-4b1d-4c5e-9f00-2a7d1b6c8e90 knows no resource https://management.azure.com
    Entra at login.microsoftonline.com does not accept the scope https://management.azure.com/.default
    the application 7c1e2d3f-aaaa-4bbb-8ccc-123456789abc has no role of https://management.azure.com
    a conditional access policy of the tenant blocks the application 7c1e2d3f-aaaa-4bbb-8ccc-123456789abc
    Entra at login.microsoftonline.com is asked too often [again]
    Entra at login.microsoftonline.com failed [again]
    Entra at login.microsoftonline.com gave no token
    Entra at login.microsoftonline.com gave no token
    ");
    // A service that echoes our token does not bring it into an error.
    let echo = entra("invalid_client", 70021, "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0.c2lnbmF0dXJl \u{1b}[31m");
    let shown = refused(world, (401, &echo), &target(""), MANAGER).error.message;
    assert!(!shown.contains("eyJ") && !shown.contains('\u{1b}'), "{shown}");
}

#[test]
fn entra_is_told_one_subject_for_each_role() {
    let role = "shop.prod-db".parse().unwrap();
    let issuer = "https://jit.example.com";
    let both = target(",https://graph.microsoft.com");
    insta::assert_snapshot!(trust::commands(&role, &both, TrustedIssuer::own(issuer)), @r#"
    # the application's federated credential: it takes this role's tokens and no others
    az login --tenant 0f5a3c1e-4b1d-4c5e-9f00-2a7d1b6c8e90 --allow-no-subscriptions
    cat > jit-shop-prod-db.json <<'JSON'
    {
      "name": "jit-shop-prod-db",
      "issuer": "https://jit.example.com",
      "subject": "jit:role:shop.prod-db",
      "audiences": [
        "api://AzureADTokenExchange"
      ],
      "description": "jit role shop.prod-db"
    }
    JSON
    az ad app federated-credential create --id 7c1e2d3f-aaaa-4bbb-8ccc-123456789abc --parameters @jit-shop-prod-db.json

    # for a user-assigned managed identity instead:
    # az identity federated-credential create --name jit-shop-prod-db --identity-name NAME --resource-group GROUP \
    #   --issuer https://jit.example.com --subject jit:role:shop.prod-db --audiences api://AzureADTokenExchange

    # what the application may do
    # https://management.azure.com:
    # az role assignment create --assignee 7c1e2d3f-aaaa-4bbb-8ccc-123456789abc --role ROLE --scope /subscriptions/SUBSCRIPTION/resourceGroups/GROUP
    # https://graph.microsoft.com:
    # az ad app permission add --id 7c1e2d3f-aaaa-4bbb-8ccc-123456789abc --api RESOURCE_ID --api-permissions APP_ROLE=Role
    # az ad app permission admin-consent --id 7c1e2d3f-aaaa-4bbb-8ccc-123456789abc

    # An application has 20 federated credentials at most. A new one takes some minutes to spread; until then Entra
    # answers AADSTS70021.
    "#);
    let government = target("&authority=https://login.microsoftonline.us");
    let told = trust::commands(&role, &government, TrustedIssuer::own(issuer));
    assert!(told.starts_with("az cloud set --name AzureUSGovernment\n"), "{told}");
    assert!(told.contains("\"api://AzureADTokenExchangeUSGov\""), "{told}");
    insta::assert_snapshot!(trust::terraform(&role, &target(""), TrustedIssuer::own(issuer)), @r#"
    data "azuread_application" "jit_shop_prod_db" {
      client_id = "7c1e2d3f-aaaa-4bbb-8ccc-123456789abc"
    }

    resource "azuread_application_federated_identity_credential" "jit_shop_prod_db" {
      application_id = data.azuread_application.jit_shop_prod_db.id
      display_name   = "jit-shop-prod-db"
      description    = "jit role shop.prod-db"
      issuer         = "https://jit.example.com"
      subject        = "jit:role:shop.prod-db"
      audiences      = ["api://AzureADTokenExchange"]
    }

    # What the application may do, for example:
    # resource "azurerm_role_assignment" "jit_shop_prod_db" {
    #   scope                = "/subscriptions/SUBSCRIPTION/resourceGroups/GROUP"
    #   role_definition_name = "ROLE"
    #   principal_id         = azuread_service_principal.APPLICATION.object_id
    # }
    "#);
    let quoted = trust::terraform(&role, &target(""), TrustedIssuer::own("https://${evil}.example"));
    assert!(quoted.contains("https://$${evil}.example"));
}
