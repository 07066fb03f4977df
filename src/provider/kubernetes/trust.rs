//! The configuration of a cluster for a role: the API server's file of authentication, and objects for `kubectl apply`.
//!
//! Sources: Kubernetes' reference of `apiserver.config.k8s.io/v1`, of `rbac.authorization.k8s.io/v1` and of
//! `admissionregistration.k8s.io/v1`.

use serde_json::Value;
use serde_json::json;

use super::service_account::SECRET_PREFIX;
use crate::address;
use crate::grant::Name;
use crate::grant::cloud::kubernetes::Groups;
use crate::grant::cloud::kubernetes::KubernetesTarget;
use crate::grant::cloud::kubernetes::SYSTEM;
use crate::grant::cloud::kubernetes::Way;
use crate::provider::subject;

/// The beginning of the users and groups that the API server makes of our tokens, so that nobody else's have the same names.
pub const PREFIX: &str = "jit:";

/// The user of the API server that the broker is in the examples: its service account, if it runs in the cluster.
const BROKER: (&str, &str) = ("jit", "jit");

/// The broker's service account in the examples, as `NAMESPACE/NAME`.
pub(super) fn broker() -> String {
    format!("{}/{}", BROKER.0, BROKER.1)
}

/// The issuer as the API server finds it.
#[derive(Debug, Clone, Copy)]
pub struct IssuerAddress<'a> {
    /// The issuer, byte for byte as tokens name it.
    pub url: &'a str,
    /// The address of its discovery document, where the API server finds it under another address. `None` for the usual one.
    pub discovery: Option<&'a str>,
}

/// Everything that a cluster must be told for a role, as YAML with comments.
pub fn manifest(role: &Name, target: &KubernetesTarget, issuer: IssuerAddress<'_>) -> String {
    let objects = yaml(&objects(role, target));
    match &target.way {
        Way::Token { audience, groups } => {
            let configuration = yaml(&[authentication_configuration(role, (audience, groups), issuer)]);
            format!(
                "# 1. The API server's file: --authentication-config=FILE (Kubernetes 1.34; before, from 1.30 on, the version is\n\
                 #    apiserver.config.k8s.io/v1beta1). One entry of `jwt` for each issuer: further roles of jit join the lists in it.\n\
                 {configuration}\n\
                 # An API server without such a file has flags instead, for one role only:\n\
                 #   {flags}\n\
                 # EKS: {eks}\n\n\
                 # 2. For `kubectl apply -f -`: {duties}\n\
                 {objects}",
                duties = duties(groups),
                flags = flags(role, audience, issuer.url),
                eks = eks(role, audience, issuer.url),
            )
        }
        Way::ServiceAccount { namespace, name } => format!(
            "# For `kubectl apply -f -`. The broker is the service account {broker} here: name another one if it is.\n\
             # What {namespace}/{name} may do is bound to it as to every service account; that is yours to write.\n\
             # RBAC cannot limit whoever makes Secrets to some names: the admission policy does (Kubernetes 1.30).\n\
             {objects}",
            broker = broker(),
        ),
    }
}

/// The API server's configuration (kind `AuthenticationConfiguration`) for one role: only its subject is accepted, and only its groups.
pub fn authentication_configuration(
    role: &Name,
    (audience, groups): (&str, &Groups),
    issuer: IssuerAddress<'_>,
) -> Value {
    let subject = subject(role);
    let allowed = json!({ subject.as_str(): groups.names() });
    let mut trusted = json!({ "url": issuer.url, "audiences": [audience] });
    if let Some(discovery) = issuer.discovery {
        trusted["discoveryURL"] = discovery.into();
    }
    let domain = domain(issuer.url);
    json!({
        "apiVersion": "apiserver.config.k8s.io/v1",
        "kind": "AuthenticationConfiguration",
        "jwt": [{
            "issuer": trusted,
            "claimValidationRules": [
                {
                    "expression": format!("claims.sub in {allowed}"),
                    "message": "the token is of another role than the cluster trusts",
                },
                {
                    "expression": format!("dyn(claims.groups).all(group, group in {allowed}[claims.sub])"),
                    "message": "the token names groups that its role does not have",
                },
            ],
            "claimMappings": {
                "username": { "expression": format!("\"{PREFIX}\" + claims.jit_person") },
                "groups": { "claim": "groups", "prefix": PREFIX },
                "extra": [
                    { "key": format!("{domain}/request"), "valueExpression": "claims.jit_request" },
                    { "key": format!("{domain}/role"), "valueExpression": "claims.jit_role" },
                ],
            },
            "userValidationRules": [
                {
                    "expression": format!("!user.username.startsWith(\"{SYSTEM}\")"),
                    "message": "no token is a user of Kubernetes itself",
                },
                {
                    "expression": format!("user.groups.all(group, !group.startsWith(\"{SYSTEM}\"))"),
                    "message": "no token is in a group of Kubernetes itself",
                },
            ],
        }],
    })
}

/// The objects for `kubectl apply`.
pub fn objects(role: &Name, target: &KubernetesTarget) -> Vec<Value> {
    match &target.way {
        Way::Token { groups, .. } => {
            groups.names().iter().map(|group| binding(role, group, groups)).collect()
        }
        Way::ServiceAccount { namespace, name } => account(role, (namespace, name)),
    }
}

/// The binding of one group of a role. A scope leaves groups out, so each has a binding and a ClusterRole of its own.
fn binding(role: &Name, group: &str, all: &Groups) -> Value {
    // No name of an object has a slash, and no group has a tilde.
    let object = group.replace('/', "~");
    let bound = if all.names().len() == 1 { "view".to_owned() } else { format!("{PREFIX}{object}") };
    json!({
        "apiVersion": RBAC,
        "kind": "ClusterRoleBinding",
        "metadata": { "name": format!("{PREFIX}{role}:{object}") },
        "subjects": [{ "kind": "Group", "apiGroup": RBAC_GROUP, "name": format!("{PREFIX}{group}") }],
        "roleRef": { "apiGroup": RBAC_GROUP, "kind": "ClusterRole", "name": bound },
    })
}

/// The comment above the bindings, after its first `#`: which ClusterRoles they name, and what is to be done about them.
pub(super) fn duties(groups: &Groups) -> &'static str {
    match groups.names() {
        [_] => "what the group may do. Name a role of the cluster instead of `view`.",
        _ => {
            "what each group may do. Each group has a ClusterRole of its own: write the\n\
             #    ClusterRoles that the bindings name. Until a group's is there, the group may do nothing. A scope that leaves a\n\
             #    group out takes away what only that group's ClusterRole allows. `jit:ROLE`, of an earlier jit, binds all: delete it."
        }
    }
}

const RBAC_GROUP: &str = "rbac.authorization.k8s.io";
const RBAC: &str = "rbac.authorization.k8s.io/v1";
const ADMISSION: &str = "admissionregistration.k8s.io/v1";

/// The account, what the broker may do for it, and the limit of what it may do with Secrets.
fn account(role: &Name, (namespace, name): (&str, &str)) -> Vec<Value> {
    let object = format!("jit:{role}");
    let broker = super::identify::user_of(BROKER.0, BROKER.1);
    let policy = "jit-secrets";
    vec![
        json!({ "apiVersion": "v1", "kind": "ServiceAccount", "metadata": { "name": name, "namespace": namespace } }),
        json!({
            "apiVersion": RBAC,
            "kind": "Role",
            "metadata": { "name": object, "namespace": namespace },
            "rules": [
                { "apiGroups": [""], "resources": ["serviceaccounts/token"], "resourceNames": [name], "verbs": ["create"] },
                { "apiGroups": [""], "resources": ["secrets"], "verbs": ["create", "delete"] },
            ],
        }),
        json!({
            "apiVersion": RBAC,
            "kind": "RoleBinding",
            "metadata": { "name": object, "namespace": namespace },
            "subjects": [{ "kind": "ServiceAccount", "name": BROKER.1, "namespace": BROKER.0 }],
            "roleRef": { "apiGroup": RBAC_GROUP, "kind": "Role", "name": object },
        }),
        json!({
            "apiVersion": ADMISSION,
            "kind": "ValidatingAdmissionPolicy",
            "metadata": { "name": policy },
            "spec": {
                "failurePolicy": "Fail",
                "matchConstraints": { "resourceRules": [{
                    "apiGroups": [""],
                    "apiVersions": ["v1"],
                    "operations": ["CREATE", "UPDATE", "DELETE"],
                    "resources": ["secrets"],
                }] },
                "matchConditions": [
                    { "name": "broker", "expression": format!("request.userInfo.username == \"{broker}\"") },
                ],
                "validations": [
                    {
                        "expression": format!("request.name.startsWith(\"{SECRET_PREFIX}\")"),
                        "message": format!("the broker has only Secrets whose names begin with {SECRET_PREFIX}"),
                    },
                    {
                        "expression": "request.operation == \"DELETE\" || object.type == \"Opaque\"",
                        "message": "the broker makes no Secret that holds another account's token",
                    },
                ],
            },
        }),
        json!({
            "apiVersion": ADMISSION,
            "kind": "ValidatingAdmissionPolicyBinding",
            "metadata": { "name": policy },
            "spec": { "policyName": policy, "validationActions": ["Deny"] },
        }),
    ]
}

/// The flags of an API server without a file. They know one issuer, one required subject, and no rules.
fn flags(role: &Name, audience: &str, issuer: &str) -> String {
    let (issuer, audience) = (shell_words::quote(issuer), shell_words::quote(audience));
    format!(
        "--oidc-issuer-url={issuer} --oidc-client-id={audience} --oidc-username-claim=jit_person --oidc-username-prefix={PREFIX} \
         --oidc-groups-claim=groups --oidc-groups-prefix={PREFIX} --oidc-required-claim=sub={}",
        subject(role)
    )
}

/// The facts of the issuer for a cluster of EKS, with the names of EKS's API (`OidcIdentityProviderConfigRequest`).
pub(super) fn association(role: &Name, audience: &str, issuer: &str) -> Value {
    json!({
        "identityProviderConfigName": "jit",
        "issuerUrl": issuer,
        "clientId": audience,
        "usernameClaim": "jit_person",
        "usernamePrefix": PREFIX,
        "groupsClaim": "groups",
        "groupsPrefix": PREFIX,
        "requiredClaims": { "sub": subject(role) },
    })
}

/// The command that associates the issuer with a cluster of EKS.
fn eks(role: &Name, audience: &str, issuer: &str) -> String {
    let facts = association(role, audience, issuer);
    let facts: Vec<String> = facts
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, value)| match value {
            Value::String(text) => format!("{name}={text}"),
            other => format!("{name}={{sub={}}}", other["sub"].as_str().unwrap_or_default()),
        })
        .collect();
    // Between quotes whatever stands there: a shell would expand the braces.
    let facts = facts.join(",").replace('\'', r"'\''");
    format!("aws eks associate-identity-provider-config --cluster-name NAME --oidc '{facts}'")
}

/// The domain of keys that are ours: the issuer's host, which the team owns, or a name that nobody can own.
pub fn domain(issuer: &str) -> String {
    let host = url::Url::parse(issuer).ok().and_then(|url| url.host_str().map(str::to_owned));
    host.filter(|host| address::is_host_name(host) && host.contains('.'))
        .unwrap_or_else(|| "jit.invalid".to_owned())
}

/// Objects as documents of YAML. Each is JSON, which is YAML.
fn yaml(objects: &[Value]) -> String {
    let texts: Vec<String> = objects.iter().map(|object| format!("{object:#}\n")).collect();
    texts.join("---\n")
}

#[cfg(test)]
#[path = "trust_tests.rs"]
mod tests;
