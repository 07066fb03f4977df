//! The schema of `roles/NAME.toml`.

use serde_json::Value;
use serde_json::json;

use super::parts::about;
use super::parts::approval;
use super::parts::assurance;
use super::parts::definitions;
use super::parts::duration;
use super::parts::file;
use super::parts::gate;
use super::parts::line;
use super::parts::name;
use super::parts::named;
use super::parts::notify;
use super::parts::principals;
use super::parts::table;
use crate::policy::analysis::lint::CATALOGUE;
use crate::policy::roles::opening::TABLES;

/// A file with `for_each` may contain `{account}`, `{id}` and `{owner}` in any string, so this schema is looser on
/// strings.
pub(super) fn schema() -> Value {
    let text = || json!({ "type": "string" });
    let reason = json!({ "anyOf": [
        { "enum": ["required", "optional"] },
        table(&json!({ "pattern": text(), "hint": line() }), &["pattern"]),
    ] });
    let scope = json!({
        "description": line(),
        "approval": or_expanded(&approval()),
        "max_duration": duration(),
        "signed": assurance(),
        "policy": about(text(), "For AWS: a JSON file beside this one, a session policy"),
        "claims": about(claims(), "For a token: the claims in place of the role's"),
        "policies": about(policies(), "For OpenBao and Vault: some of the role's policies"),
        "oauth_scopes": about(oauth_scopes(), "For Google Cloud: OAuth scopes that the role's include"),
        "boundary": about(text(), "For Google Cloud: a JSON file beside this one, a credential access boundary (Cloud Storage only)"),
        "groups": about(groups(), "For Kubernetes: some of the role's groups"),
        "audiences": about(audiences(), "For Azure: some of the role's audiences"),
    });
    let times = json!({ "type": "integer", "minimum": 1, "maximum": 100 });
    let extend = json!({ "times": times, "approval": or_expanded(&approval()), "signed": assurance() });
    let break_glass = json!({ "requesters": requesters("group|person"), "max_duration": duration(), "signed": assurance() });
    let when = json!({
        "request": about(text(), "A Cedar expression that must hold, like context.hour >= 6"),
        "auto_approve": about(text(), "A Cedar expression that approves without a review"),
    });
    let lints: Vec<&str> = CATALOGUE.iter().map(|kind| kind.name).collect();
    let allowance = json!({ "lint": { "enum": lints }, "reason": line() });
    let aws = json!({
        "role_arn": text(),
        "region": text(),
        "endpoint_url": text(),
        "via": about(text(), "The ARN of a role through which this one is reached"),
        "by": about(json!({ "enum": ["broker"] }), "The broker's own AWS identity assumes the role, not a token of its issuer"),
        "bind_ip": about(json!({ "type": "boolean" }), "Credentials work from the requester's address only"),
        "revoke": about(json!({ "enum": ["deny"] }), "When access ends early, the broker denies on the role what it handed out"),
    });
    let sandbox = json!({ "role_arn": text(), "endpoint_url": text(), "bind_ip": { "type": "boolean" } });
    let token = json!({
        "audience": about(text(), "The one audience of the token"),
        "claims": about(claims(), "Claims besides those that jit writes itself"),
    });
    let vault = json!({
        "address": about(text(), "The server's address: https, or http on this machine"),
        "role": about(text(), "The role of JWT authentication: auth/MOUNT/role/NAME"),
        "mount": about(text(), "The path of JWT authentication; default: jwt"),
        "namespace": about(text(), "The namespace; default: the root one"),
        "policies": about(policies(), "The policies that a token is limited to; default: all of the server's role"),
        "audience": about(text(), "The audience of jit's token (bound_audiences); default: the address"),
        "revoke_role": about(text(), "The role by which the broker revokes tokens when access ends early; default: none"),
    });
    let gcp = json!({
        "service_account": about(text(), "The service account: NAME@PROJECT.iam.gserviceaccount.com"),
        "project": about(text(), "The project in which programs act if they name none"),
        "provider": about(text(), "projects/NUMBER/locations/global/workloadIdentityPools/POOL/providers/NAME"),
        "oauth_scopes": about(oauth_scopes(), "The OAuth scopes of a token; default: cloud-platform"),
        "endpoint": about(text(), "What stands for Google: http on this machine, for the sandbox and tests"),
    });
    let kubernetes = json!({
        "server": about(text(), "The API server's address: https, or http on this machine"),
        "ca": about(text(), "A PEM file beside this one: the authorities of the server's certificate; default: the machine's"),
        "audience": about(text(), "With `groups`: the audience of jit's token, as the API server expects it"),
        "groups": about(groups(), "The groups that jit's token names; bind roles of the cluster to them"),
        "namespace": about(text(), "With `service_account`: its namespace"),
        "service_account": about(text(), "The account whose tokens the broker asks the API server for"),
    });
    let azure = json!({
        "tenant": about(text(), "The tenant's id, a GUID"),
        "client_id": about(text(), "The application's (client) id, a GUID"),
        "audiences": about(audiences(), "What tokens are for: URIs or ids of resources; the first is in AZURE_ACCESS_TOKEN"),
        "authority": about(text(), "Where Entra signs in: https://login.microsoftonline.us, https://login.chinacloudapi.cn, or http on this machine for tests; default: the public cloud"),
        "overrun": about(json!({ "enum": ["accept"] }), "A token may outlive the access, by up to 90 minutes; without it access is no shorter than that"),
    });
    let properties = json!({
        "description": line(),
        "requesters": about(requesters("group|person|workload|agent|agents-of:group|agents-of:person"), "Who may ask"),
        "approval": about(or_expanded(&approval()), "Who must agree"),
        "duration": about(duration(), "The default duration"),
        "max_duration": about(duration(), "How long at most"),
        "lease": about(duration(), "The credentials' own life, from 15m to 12h"),
        "pending": about(duration(), "When an undecided request expires"),
        "unused": about(duration(), "When an unused approval expires"),
        "reason": about(reason, "The form of a reason"),
        "owner_may_approve": about(json!({ "type": "boolean" }), "Whether the owner of an agent may review its requests, by a touch"),
        "signed": about(assurance(), "How a review must be signed; if none is needed, the request"),
        "aliases": about(json!({ "type": "array", "items": or_expanded(&name()) }), "Former names, which still work"),
        "gate": about(
            gate(),
            "Commands that coding agents run only with this role, like terraform apply (jit hook)",
        ),
        "notify": notify(),
        "allow": about(
            json!({ "type": "array", "items": table(&allowance, &["lint", "reason"]) }),
            "Lints of `jit policy check` that are intended",
        ),
        "extend": about(table(&extend, &["times"]), "More time"),
        "when": about(table(&when, &[]), "Conditions"),
        "break_glass": about(table(&break_glass, &["requesters", "max_duration"]), "Emergency access"),
        "scopes": about(named(&scopes(&scope)), "Less power, fewer approvals"),
        "for_each": about(text(), "A tag of accounts: one role for each that has it"),
        "aws": table(&aws, &["role_arn", "region"]),
        "sandbox": table(&sandbox, &["role_arn", "endpoint_url"]),
        "token": about(table(&token, &["audience"]), "A token of jit's issuer, for any program that trusts it"),
        "vault": about(table(&vault, &["address", "role"]), "A role of OpenBao or HashiCorp Vault"),
        "gcp": about(table(&gcp, &["service_account", "project", "provider"]), "A service account of Google Cloud"),
        "kubernetes": about(in_cluster(&kubernetes), "Groups or a service account of a Kubernetes cluster"),
        "azure": about(table(&azure, &["tenant", "client_id", "audiences"]), "An application of Microsoft Entra"),
    });
    let mut schema = file("A role of a jit policy", &properties, &["requesters", "approval"]);
    let targets = TABLES.map(|key| json!({ "required": [key] }));
    schema["oneOf"] = json!(targets);
    schema["definitions"] = definitions();
    schema
}

/// A scope: with one of the keys that narrow a role.
fn scopes(scope: &Value) -> Value {
    let mut schema = table(scope, &[]);
    let mut narrowing: Vec<Value> = ["policy", "claims", "policies", "groups", "audiences"]
        .map(|key| json!({ "required": [key] }))
        .into();
    let of_gcp = ["oauth_scopes", "boundary"].map(|key| json!({ "required": [key] }));
    narrowing.push(json!({ "anyOf": of_gcp }));
    schema["oneOf"] = json!(narrowing);
    schema
}

/// A table of claims.
fn claims() -> Value {
    let value = json!({ "anyOf": [
        { "type": ["string", "integer", "boolean"] },
        { "type": "array", "items": { "type": "string" } },
    ] });
    json!({ "type": "object", "minProperties": 1, "additionalProperties": value })
}

/// Names of policies of a server.
fn policies() -> Value {
    json!({ "type": "array", "minItems": 1, "items": { "type": "string" } })
}

/// OAuth scopes of Google's APIs.
fn oauth_scopes() -> Value {
    json!({ "type": "array", "minItems": 1, "items": { "type": "string" } })
}

/// Resources of Azure.
fn audiences() -> Value {
    json!({ "type": "array", "minItems": 1, "maxItems": 8, "items": { "type": "string" } })
}

/// Names of groups of a cluster.
fn groups() -> Value {
    json!({ "type": "array", "minItems": 1, "maxItems": 32, "items": { "type": "string" } })
}

/// A cluster: with the keys of one of the two ways into it.
fn in_cluster(keys: &Value) -> Value {
    let mut schema = table(keys, &["server"]);
    let ways = [["audience", "groups"], ["namespace", "service_account"]];
    schema["oneOf"] = json!(ways.map(|way| json!({ "required": way })));
    schema
}

/// The same schema, or a string that `for_each` expands.
fn or_expanded(schema: &Value) -> Value {
    json!({ "anyOf": [schema, { "$ref": "#/definitions/expanded" }] })
}

fn requesters(kinds: &str) -> Value {
    let mut list = principals(kinds);
    list["items"] = or_expanded(&list["items"].clone());
    list
}
