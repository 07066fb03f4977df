//! What a server must be told, as commands for the `bao` or `vault` command line.

use std::fmt::Write;

use crate::grant::Name;
use crate::grant::cloud::vault::VaultTarget;
use crate::provider::REVOKER;
use crate::provider::subject;

/// The commands that make the server's role for a role of jit: the issuer, the policy that lets a sign-in make the token which ends
/// with the access, and the role itself. `lease` is the longest life of a token, in seconds.
pub fn commands(role: &Name, target: &VaultTarget, issuer: &str, lease: i64) -> String {
    let VaultTarget { mount, address, .. } = target;
    let mut policies: Vec<&str> =
        target.policies.iter().flat_map(|policies| policies.names()).map(String::as_str).collect();
    if policies.is_empty() {
        policies.push("POLICY");
    }
    policies.push("jit-child");
    let mut text = format!("export BAO_ADDR={address}\n");
    if let Some(namespace) = &target.namespace {
        let _ = writeln!(text, "export BAO_NAMESPACE={namespace}");
    }
    let _ = write!(
        text,
        r#"
# once for each server
bao auth enable -path={mount} jwt
bao write auth/{mount}/config oidc_discovery_url={issuer} bound_issuer={issuer}
bao policy write jit-child - <<'POLICY'
path "auth/token/create" {{ capabilities = ["update"] }}
POLICY

# for this role
bao write auth/{mount}/role/{name} - <<'ROLE'
{{
  "role_type": "jwt",
  "user_claim": "sub",
  "bound_audiences": ["{audience}"],
  "bound_subject": "{subject}",
  "claim_mappings": {{ "jit_request": "jit_request", "jit_person": "jit_person" }},
  "token_policies": [{policies}],
  "token_type": "service",
  "token_ttl": "{lease}s",
  "token_max_ttl": "{lease}s",
  "expiration_leeway": -1
}}
ROLE
"#,
        name = target.role,
        audience = target.audience(),
        subject = subject(role),
        policies = policies.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", "),
    );
    text
}

/// The commands that make the role by which the broker revokes tokens, and the policy that lets it do nothing else. One role serves all
/// roles of jit at the server.
pub fn to_take_back(target: &VaultTarget, role: &str) -> String {
    format!(
        r#"
# once for each server: the broker revokes tokens by their accessors when access ends early
bao policy write jit-revoke - <<'POLICY'
path "auth/token/revoke-accessor" {{ capabilities = ["update"] }}
path "auth/token/revoke-self" {{ capabilities = ["update"] }}
POLICY
bao write auth/{mount}/role/{role} - <<'ROLE'
{{
  "role_type": "jwt",
  "user_claim": "sub",
  "bound_audiences": ["{audience}"],
  "bound_subject": "{REVOKER}",
  "token_policies": ["jit-revoke"],
  "token_no_default_policy": true,
  "token_type": "service",
  "token_ttl": "60s",
  "token_max_ttl": "60s",
  "expiration_leeway": -1
}}
ROLE
"#,
        mount = target.mount,
        audience = target.audience(),
    )
}
