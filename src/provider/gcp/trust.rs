//! The configuration of Google Cloud for a role: as commands for gcloud, and for Terraform.
//!
//! Two locks: the provider's condition takes no other subject than the role's, and the service account's binding names that subject
//! again. The flags are those of gcloud 528; the resources are those of Terraform's provider `google`.

use std::fmt::Write;

use serde_json::Value;

use crate::grant::Name;
use crate::grant::cloud::gcp::GcpTarget;
use crate::provider::hcl;
use crate::provider::hcl::Block;
use crate::provider::trust::RoleTokens;
use crate::provider::trust::TrustedIssuer;

/// The names inside a provider.
struct Parts<'a> {
    number: &'a str,
    pool: &'a str,
    provider: &'a str,
}

impl<'a> Parts<'a> {
    /// Takes apart what [`GcpTarget::check`] has held against the form.
    fn of(target: &'a GcpTarget) -> Self {
        let parts: Vec<&str> = target.provider.split('/').collect();
        let part = |place: usize| parts.get(place).copied().unwrap_or_default();
        Self { number: part(1), pool: part(5), provider: part(7) }
    }
}

/// The condition of a provider for this role alone, in CEL.
fn condition(role: &Name, tokens: RoleTokens<'_>) -> String {
    format!("assertion.sub == '{}'", tokens.subject(role))
}

/// The claim that becomes `google.subject`. That has 127 bytes at most, and a workflow's subject is longer: its environment stands for
/// it, beside the condition on the whole subject.
fn mapped(tokens: RoleTokens<'_>) -> &'static str {
    match tokens {
        RoleTokens::Own => "assertion.sub",
        RoleTokens::Workflow { .. } => "assertion.environment",
    }
}

/// The member of a binding: the role's subject as the provider maps it, and nobody else of the pool.
fn member(role: &Name, parts: &Parts<'_>, tokens: RoleTokens<'_>) -> String {
    let Parts { number, pool, .. } = parts;
    let subject = match tokens {
        RoleTokens::Own => tokens.subject(role),
        RoleTokens::Workflow { environment, .. } => environment.to_owned(),
    };
    format!(
        "principal://iam.googleapis.com/projects/{number}/locations/global/workloadIdentityPools/{pool}/subject/{subject}"
    )
}

/// The id of the project to which a service account belongs, from its address.
fn project_of(account: &str) -> String {
    let rest = account.split_once('@').map_or("", |(_, rest)| rest);
    let project = rest.strip_suffix(".iam.gserviceaccount.com").unwrap_or(rest);
    match project.split_once('.') {
        Some((id, domain)) => format!("{domain}:{id}"),
        None => project.to_owned(),
    }
}

/// The commands that make a pool and a provider for a role, and bind the role's subject to the service account. A key set of
/// the issuer is uploaded: Google then fetches nothing, and the issuer need not be on the internet.
pub fn commands(role: &Name, target: &GcpTarget, issuer: TrustedIssuer<'_>) -> String {
    let TrustedIssuer { url, key_set, tokens } = issuer;
    let parts = Parts::of(target);
    let Parts { number, pool, provider } = parts;
    let mut text = format!(
        r"# once for each project
gcloud services enable sts.googleapis.com iamcredentials.googleapis.com --project={number}

# once for each pool
gcloud iam workload-identity-pools create {pool} --project={number} --location=global

# the provider: it takes this role's tokens and no others
"
    );
    if let Some(key_set) = key_set {
        let _ = write!(text, "cat > jit-keys.json <<'KEYS'\n{key_set}\nKEYS\n");
    }
    let upload = if key_set.is_some() { " \\\n  --jwk-json-path=jit-keys.json" } else { "" };
    let _ = write!(
        text,
        r#"gcloud iam workload-identity-pools providers create-oidc {provider} \
  --project={number} --location=global --workload-identity-pool={pool} \
  --issuer-uri={issuer} \
  --allowed-audiences={audience} \
  --attribute-mapping=google.subject={mapped} \
  --attribute-condition="{condition}"{upload}

# the service account: this role's subject may act as it
gcloud iam service-accounts add-iam-policy-binding {account} \
  --project={project} \
  --role=roles/iam.workloadIdentityUser \
  --member="{member}"
"#,
        issuer = shell_words::quote(url),
        mapped = mapped(tokens),
        audience = target.audience(),
        condition = condition(role, tokens),
        account = target.service_account,
        project = project_of(&target.service_account),
        member = member(role, &parts, tokens),
    );
    text.push_str(match tokens {
        RoleTokens::Own => AFTERWARDS,
        RoleTokens::Workflow { .. } => AFTERWARDS_OF_WORKFLOWS,
    });
    if key_set.is_some() {
        text.push_str(UPLOADED);
    }
    text
}

const AFTERWARDS: &str = "
# Several roles may share a provider: its condition is then \"assertion.sub in ['jit:role:A', 'jit:role:B']\".
# New bindings take some minutes.
";

const AFTERWARDS_OF_WORKFLOWS: &str = "
# Roles do not share a provider unless its condition lists the whole subject of each: assertion.sub in ['…', '…'].
# New bindings take some minutes.
";

const UPLOADED: &str = "# The keys are uploaded: repeat `providers update-oidc --jwk-json-path` before the issuer signs with a new one.
";

/// The same for Terraform.
pub fn terraform(role: &Name, target: &GcpTarget, issuer: TrustedIssuer<'_>) -> String {
    let TrustedIssuer { url, key_set, tokens } = issuer;
    let parts = Parts::of(target);
    let Parts { number, pool, provider } = parts;
    let label = hcl::label(role);
    let project = project_of(&target.service_account);
    let account = format!("projects/{project}/serviceAccounts/{}", target.service_account);
    let oidc = Block::new("oidc")
        .text("issuer_uri", url)
        .value("allowed_audiences", &Value::from(vec![target.audience()]));
    let oidc = match key_set {
        Some(keys) => oidc.text("jwks_json", keys),
        None => oidc,
    };
    let pool = Block::resource("google_iam_workload_identity_pool", "jit")
        .text("project", number)
        .text("workload_identity_pool_id", pool);
    let provider = Block::resource("google_iam_workload_identity_pool_provider", &label)
        .text("project", number)
        .expression(
            "workload_identity_pool_id",
            "google_iam_workload_identity_pool.jit.workload_identity_pool_id",
        )
        .text("workload_identity_pool_provider_id", provider)
        .expression("attribute_mapping", format!("{{ \"google.subject\" = \"{}\" }}", mapped(tokens)))
        .text("attribute_condition", &condition(role, tokens))
        .block(oidc);
    let member = Block::resource("google_service_account_iam_member", &label)
        .text("service_account_id", &account)
        .text("role", "roles/iam.workloadIdentityUser")
        .text("member", &member(role, &parts, tokens));
    hcl::document(&[pool, provider, member])
}
