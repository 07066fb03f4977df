//! The configuration of a server for a role: as commands for the `bao` or `vault` command line, and for Terraform.
//!
//! The resources are those of Terraform's provider `hashicorp/vault`.

use std::fmt::Write;

use serde_json::Value;
use serde_json::json;

use crate::grant::Name;
use crate::grant::cloud::vault::VaultTarget;
use crate::provider::REVOKER;
use crate::provider::hcl;
use crate::provider::hcl::Block;
use crate::provider::trust::RoleTokens;
use crate::provider::trust::TrustedIssuer;

/// The name and the text of the policy that lets a sign-in make the token which ends with the access.
const CHILD: (&str, &str) = ("jit-child", "path \"auth/token/create\" { capabilities = [\"update\"] }\n");

/// The server's role, with the names of its API. `lease` is the longest life of a token, in seconds.
fn facts(role: &Name, target: &VaultTarget, tokens: RoleTokens<'_>, lease: i64) -> Value {
    let mut policies: Vec<&str> =
        target.policies.iter().flat_map(|policies| policies.names()).map(String::as_str).collect();
    if policies.is_empty() {
        policies.push("POLICY");
    }
    policies.push(CHILD.0);
    let mut facts = json!({
        "role_type": "jwt",
        "user_claim": "sub",
        "bound_audiences": [target.audience()],
        "bound_subject": tokens.subject(role),
        "token_policies": policies,
        "token_type": "service",
        "token_ttl": lease,
        "token_max_ttl": lease,
        "expiration_leeway": -1,
    });
    // A sign-in fails where a mapped claim is missing, and only jit's own issuer writes these.
    if let RoleTokens::Own = tokens {
        facts["claim_mappings"] = json!({ "jit_request": "jit_request", "jit_person": "jit_person" });
    }
    facts
}

/// The commands that make the server's role for a role of jit: the issuer, the policy that lets a sign-in make the token which ends
/// with the access, and the role itself. `lease` is the longest life of a token, in seconds.
pub fn commands(role: &Name, target: &VaultTarget, issuer: TrustedIssuer<'_>, lease: i64) -> String {
    let VaultTarget { mount, address, .. } = target;
    let tokens = issuer.tokens;
    let issuer = shell_words::quote(issuer.url);
    let mut text = format!("export BAO_ADDR={}\n", shell_words::quote(address));
    if let Some(namespace) = &target.namespace {
        let _ = writeln!(text, "export BAO_NAMESPACE={namespace}");
    }
    let _ = write!(
        text,
        r#"
# once for each server
bao auth enable -path={mount} jwt
bao write auth/{mount}/config oidc_discovery_url={issuer} bound_issuer={issuer}
bao policy write {child} - <<'POLICY'
{policy}POLICY

# for this role
bao write auth/{mount}/role/{name} - <<'ROLE'
{facts:#}
ROLE
"#,
        name = target.role,
        child = CHILD.0,
        policy = CHILD.1,
        facts = facts(role, target, tokens, lease),
    );
    text
}

/// The name and the text of the policy that lets the broker revoke tokens by their accessors, and its own.
const REVOKE: (&str, &str) = (
    "jit-revoke",
    "path \"auth/token/revoke-accessor\" { capabilities = [\"update\"] }\n\
     path \"auth/token/revoke-self\" { capabilities = [\"update\"] }\n",
);

/// The server's role by which the broker revokes tokens, with the names of its API.
fn facts_to_take_back(target: &VaultTarget) -> Value {
    json!({
        "role_type": "jwt",
        "user_claim": "sub",
        "bound_audiences": [target.audience()],
        "bound_subject": REVOKER,
        "token_policies": [REVOKE.0],
        "token_no_default_policy": true,
        "token_type": "service",
        "token_ttl": 60,
        "token_max_ttl": 60,
        "expiration_leeway": -1,
    })
}

/// The commands that make the role by which the broker revokes tokens, and the policy that lets it do nothing else. One role serves all
/// roles of jit at the server.
pub fn to_take_back(target: &VaultTarget, role: &str) -> String {
    format!(
        r#"
# once for each server: the broker revokes tokens by their accessors when access ends early
bao policy write {name} - <<'POLICY'
{policy}POLICY
bao write auth/{mount}/role/{role} - <<'ROLE'
{facts:#}
ROLE
"#,
        name = REVOKE.0,
        policy = REVOKE.1,
        mount = target.mount,
        facts = facts_to_take_back(target),
    )
}

/// The same for Terraform. It refers to the mount of [`terraform`].
pub fn terraform_to_take_back(target: &VaultTarget, role: &str) -> String {
    let policy = there(target, "vault_policy", "jit_revoke").text("name", REVOKE.0).text("policy", REVOKE.1);
    let server_role = there(target, "vault_jwt_auth_backend_role", "jit_revoke")
        .expression("backend", "vault_jwt_auth_backend.jit.path")
        .text("role_name", role);
    let server_role = with(server_role, &facts_to_take_back(target));
    format!(
        "\n# Once for each server: the broker revokes tokens by their accessors when access ends early.\n{}",
        hcl::document(&[policy, server_role])
    )
}

fn there(target: &VaultTarget, kind: &str, name: &str) -> Block {
    let block = Block::resource(kind, name);
    match &target.namespace {
        Some(namespace) => block.text("namespace", namespace),
        None => block,
    }
}

fn with(block: Block, facts: &Value) -> Block {
    facts.as_object().into_iter().flatten().fold(block, |block, (name, value)| block.value(name, value))
}

/// The same for Terraform.
pub fn terraform(role: &Name, target: &VaultTarget, issuer: TrustedIssuer<'_>, lease: i64) -> String {
    let backend = there(target, "vault_jwt_auth_backend", "jit")
        .text("path", &target.mount)
        .text("oidc_discovery_url", issuer.url)
        .text("bound_issuer", issuer.url);
    let child = there(target, "vault_policy", "jit_child").text("name", CHILD.0).text("policy", CHILD.1);
    let server_role = there(target, "vault_jwt_auth_backend_role", &hcl::label(role))
        .expression("backend", "vault_jwt_auth_backend.jit.path")
        .text("role_name", &target.role);
    let server_role = with(server_role, &facts(role, target, issuer.tokens, lease));
    format!(
        "# Once for each server: leave them out where it has them.\n{}\n# For this role.\n{server_role}",
        hcl::document(&[backend, child])
    )
}
