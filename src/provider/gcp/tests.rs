//! The meaning of Google's refusals, and the configuration of Google Cloud for a role.

use serde_json::json;

use super::refusal::refused;
use super::trust;
use super::*;
use crate::provider::trust::TrustedIssuer;
use crate::provider::voucher::Voucher;
use crate::system::fake::CountedEntropy;
use crate::system::fake::FakeClock;
use crate::system::fake::FakeHttp;

fn target() -> GcpTarget {
    let text = "gcp:db-admin@prod-123456.iam.gserviceaccount.com?project=prod-123456\
                &provider=projects/42/locations/global/workloadIdentityPools/jit-pool/providers/jit1";
    let target: crate::grant::Target = text.parse().unwrap();
    target.as_gcp().unwrap().clone()
}

fn oauth(code: &str, text: &str) -> serde_json::Value {
    json!({ "error": code, "error_description": text })
}

fn google(code: u16, status: &str, message: &str, reason: &str) -> serde_json::Value {
    let detail = json!({ "@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason });
    json!({ "error": { "code": code, "status": status, "message": message, "details": [detail] } })
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
        service: "Google's service sts.googleapis.com",
    };
    let denied = "Permission 'iam.serviceAccounts.getAccessToken' denied on resource (or it may not exist).";
    let disabled =
        "IAM Service Account Credentials API has not been used in project 42 before or it is disabled.";
    let missing = "The target service indicated by the \"audience\" parameters is invalid. This might either be because the pool or \
                   provider is disabled or deleted or because it doesn't exist.";
    let cases = [
        (
            Call::Federate,
            400,
            oauth("unauthorized_client", "The given credential is rejected by the attribute condition."),
        ),
        (Call::Federate, 400, oauth("invalid_target", missing)),
        (
            Call::Federate,
            400,
            oauth("invalid_grant", "The audience in ID Token [x] does not match the expected audience."),
        ),
        (
            Call::Federate,
            400,
            oauth(
                "invalid_grant",
                "The issuer in ID Token https://x does not match the expected ones: https://y.",
            ),
        ),
        (Call::Federate, 400, oauth("invalid_grant", "ID Token issued at 1795438795 is stale to sign-in.")),
        (Call::Federate, 400, oauth("invalid_grant", "Error connecting to the given credential's issuer.")),
        (Call::Federate, 400, oauth("invalid_grant", "Invalid JWT signature.")),
        (
            Call::Federate,
            400,
            oauth(
                "invalid_request",
                "Could not obtain a value for google.subject from the given credential.",
            ),
        ),
        (Call::Federate, 400, oauth("invalid_request", "Invalid value.")),
        (Call::Federate, 401, oauth("invalid_client", "The OAuth client was not found.")),
        (Call::Federate, 429, oauth("", "")),
        (Call::Federate, 503, json!({})),
        (Call::Impersonate, 403, google(403, "PERMISSION_DENIED", denied, "IAM_PERMISSION_DENIED")),
        (Call::Impersonate, 403, google(403, "PERMISSION_DENIED", disabled, "SERVICE_DISABLED")),
        (Call::Impersonate, 404, google(404, "NOT_FOUND", "Not found; Gaia id not found for email x", "")),
        (
            Call::Impersonate,
            400,
            google(
                400,
                "INVALID_ARGUMENT",
                "The lifetime is larger than allowed by constraints/iam.allowServiceAccountCredentialLifetimeExtension",
                "",
            ),
        ),
        (
            Call::Impersonate,
            400,
            google(400, "FAILED_PRECONDITION", "Operation denied by org policy: [constraints/x]", ""),
        ),
        (Call::Impersonate, 403, google(403, "PERMISSION_DENIED", "Service account is disabled.", "")),
        (Call::Impersonate, 400, google(400, "INVALID_ARGUMENT", "Invalid OAuth scope.", "")),
        (
            Call::Impersonate,
            401,
            google(401, "UNAUTHENTICATED", "Request had invalid authentication credentials.", ""),
        ),
        (Call::Impersonate, 429, google(429, "RESOURCE_EXHAUSTED", "Quota exceeded", "RATE_LIMIT_EXCEEDED")),
        (Call::Narrow, 400, oauth("invalid_request", "Invalid access boundary.")),
    ];
    let mut lines = String::new();
    for (call, status, told) in cases {
        let refusal = refused(world, call, (status, &told), &target());
        assert!(refusal.error.hint.is_some() && refusal.again == refusal.error.passing, "{told}");
        let again = if refusal.again { " [again]" } else { "" };
        lines.push_str(&format!("{}{again}\n", refusal.error.message.split(" (HTTP").next().unwrap()));
    }
    insta::assert_snapshot!(lines, @r#"
    the provider's attribute condition rejects the role's subject: projects/42/locations/global/workloadIdentityPools/jit-pool/providers/jit1
    there is no provider projects/42/locations/global/workloadIdentityPools/jit-pool/providers/jit1, or it is disabled or deleted
    the provider expects a token for another audience than https://iam.googleapis.com/projects/42/locations/global/workloadIdentityPools/jit-pool/providers/jit1
    the provider trusts another issuer: projects/42/locations/global/workloadIdentityPools/jit-pool/providers/jit1
    Google's service sts.googleapis.com says that the token is not valid now
    Google's service sts.googleapis.com cannot fetch the issuer's documents [again]
    Google's service sts.googleapis.com does not find the key that signed the token
    the provider's attribute mapping does not fit jit's token: projects/42/locations/global/workloadIdentityPools/jit-pool/providers/jit1
    Google's service sts.googleapis.com does not accept the token
    Google's service sts.googleapis.com refused the call's own authentication
    Google's service sts.googleapis.com is asked too often [again]
    Google's service sts.googleapis.com failed [again]
    the role's subject may not act as db-admin@prod-123456.iam.gserviceaccount.com
    the IAM Service Account Credentials API is not enabled in the pool's project
    there is no service account db-admin@prod-123456.iam.gserviceaccount.com
    db-admin@prod-123456.iam.gserviceaccount.com may not have tokens that live that long
    a policy of the organisation forbids tokens of db-admin@prod-123456.iam.gserviceaccount.com
    the service account db-admin@prod-123456.iam.gserviceaccount.com is disabled
    Google does not know one of the OAuth scopes
    Google's service sts.googleapis.com gave no token of db-admin@prod-123456.iam.gserviceaccount.com
    Google's service sts.googleapis.com is asked too often [again]
    Google's service sts.googleapis.com does not apply the access boundary of the scope
    "#);
    // A service that echoes our token does not bring it into an error.
    let echo = oauth("invalid_grant", "bad eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0.c2lnbmF0dXJl \u{1b}[31m");
    let shown = refused(world, Call::Federate, (400, &echo), &target()).error.message;
    assert!(!shown.contains("eyJ") && !shown.contains('\u{1b}'), "{shown}");
}

#[test]
fn google_is_told_one_subject_for_each_role() {
    let role = "prod-db".parse().unwrap();
    let keys = r#"{"keys":[{"kty":"RSA","use":"sig","alg":"RS256","kid":"k","n":"n","e":"AQAB"}]}"#;
    insta::assert_snapshot!(trust::commands(&role, &target(), TrustedIssuer::own("https://jit.example.com")), @r#"
    # once for each project
    gcloud services enable sts.googleapis.com iamcredentials.googleapis.com --project=42

    # once for each pool
    gcloud iam workload-identity-pools create jit-pool --project=42 --location=global

    # the provider: it takes this role's tokens and no others
    gcloud iam workload-identity-pools providers create-oidc jit1 \
      --project=42 --location=global --workload-identity-pool=jit-pool \
      --issuer-uri=https://jit.example.com \
      --allowed-audiences=https://iam.googleapis.com/projects/42/locations/global/workloadIdentityPools/jit-pool/providers/jit1 \
      --attribute-mapping=google.subject=assertion.sub \
      --attribute-condition="assertion.sub == 'jit:role:prod-db'"

    # the service account: this role's subject may act as it
    gcloud iam service-accounts add-iam-policy-binding db-admin@prod-123456.iam.gserviceaccount.com \
      --project=prod-123456 \
      --role=roles/iam.workloadIdentityUser \
      --member="principal://iam.googleapis.com/projects/42/locations/global/workloadIdentityPools/jit-pool/subject/jit:role:prod-db"

    # Several roles may share a provider: its condition is then "assertion.sub in ['jit:role:A', 'jit:role:B']".
    # New bindings take some minutes.
    "#);
    let uploaded = trust::commands(
        &role,
        &target(),
        TrustedIssuer { key_set: Some(keys), ..TrustedIssuer::own("https://jit.example.com") },
    );
    assert!(
        uploaded.contains(&format!("<<'KEYS'\n{keys}\nKEYS\n"))
            && uploaded.contains("--jwk-json-path=jit-keys.json")
    );
    insta::assert_snapshot!(trust::terraform(&role, &target(), TrustedIssuer::own("https://jit.example.com")), @r#"
    resource "google_iam_workload_identity_pool" "jit" {
      project                   = "42"
      workload_identity_pool_id = "jit-pool"
    }

    resource "google_iam_workload_identity_pool_provider" "jit_prod_db" {
      project                            = "42"
      workload_identity_pool_id          = google_iam_workload_identity_pool.jit.workload_identity_pool_id
      workload_identity_pool_provider_id = "jit1"
      attribute_mapping                  = { "google.subject" = "assertion.sub" }
      attribute_condition                = "assertion.sub == 'jit:role:prod-db'"

      oidc {
        issuer_uri        = "https://jit.example.com"
        allowed_audiences = ["https://iam.googleapis.com/projects/42/locations/global/workloadIdentityPools/jit-pool/providers/jit1"]
      }
    }

    resource "google_service_account_iam_member" "jit_prod_db" {
      service_account_id = "projects/prod-123456/serviceAccounts/db-admin@prod-123456.iam.gserviceaccount.com"
      role               = "roles/iam.workloadIdentityUser"
      member             = "principal://iam.googleapis.com/projects/42/locations/global/workloadIdentityPools/jit-pool/subject/jit:role:prod-db"
    }
    "#);
    let uploaded = trust::terraform(
        &role,
        &target(),
        TrustedIssuer { key_set: Some(keys), ..TrustedIssuer::own("https://${evil}.example") },
    );
    assert!(uploaded.contains("https://$${evil}.example") && uploaded.contains("jwks_json"));
}
