//! The configuration of a cluster for Terraform: the same objects as [`trust::objects`], and the API server's file.
//!
//! Sources: Terraform's providers `hashicorp/kubernetes` (resources whose names end with `_v1`), `hashicorp/local` and
//! `hashicorp/aws`. A resource of the first has the fields of its object, in snake case, and a block for each member of a list.

use std::collections::BTreeSet;

use serde_json::Value;

use super::trust;
use super::trust::IssuerAddress;
use crate::grant::Name;
use crate::grant::cloud::kubernetes::KubernetesTarget;
use crate::grant::cloud::kubernetes::Way;
use crate::provider::hcl;
use crate::provider::hcl::Block;

/// Everything that a cluster must be told for a role.
pub fn document(role: &Name, target: &KubernetesTarget, issuer: IssuerAddress<'_>) -> String {
    let mut labels = BTreeSet::new();
    let objects: Vec<Block> = trust::objects(role, target)
        .iter()
        .map(|object| resource(&label(role, object, &mut labels), object))
        .collect();
    let objects = hcl::document(&objects);
    match &target.way {
        Way::Token { audience, groups } => {
            let configuration = trust::authentication_configuration(role, (audience, groups), issuer);
            let file = Block::resource("local_file", "jit_authentication_configuration")
                .text("filename", "jit-authentication.yaml")
                .expression("content", format!("yamlencode({})", hcl::value(&configuration)));
            format!(
                "# 1. The API server's file: --authentication-config=FILE (Kubernetes 1.34; before, from 1.30 on, the version is\n\
                 #    apiserver.config.k8s.io/v1beta1). One entry of `jwt` for each issuer: further roles of jit join the lists in it.\n\
                 {file}\n\
                 # EKS has this resource instead, and one such association for each cluster:\n\
                 {eks}\n\
                 # 2. For the cluster: {duties}\n\
                 {objects}",
                duties = trust::duties(groups),
                eks = hcl::commented(&[eks(role, audience, issuer.url)]),
            )
        }
        Way::ServiceAccount { namespace, name } => format!(
            "# The broker is the service account {broker} here: name another one if it is.\n\
             # What {namespace}/{name} may do is bound to it as to every service account; that is yours to write.\n\
             # RBAC cannot limit whoever makes Secrets to some names: the admission policy does (Kubernetes 1.30).\n\
             {objects}",
            broker = trust::broker(),
        ),
    }
}

/// The label of an object's resource. Each group of a role has a binding, so its label has the group's name, too.
fn label(role: &Name, object: &Value, bindings: &mut BTreeSet<String>) -> String {
    if object["kind"] != "ClusterRoleBinding" {
        return hcl::label(role);
    }
    let name = hcl::word(object["metadata"]["name"].as_str().unwrap_or_default());
    // Two groups may differ in characters that no label has.
    let numbered = (2..).map(|number| format!("{name}_{number}"));
    let free = std::iter::once(name.clone()).chain(numbered).find(|label| !bindings.contains(label));
    let label = free.unwrap_or(name);
    bindings.insert(label.clone());
    label
}

/// The resource of an object. An object of another kind than accounts and RBAC has its own form, as a manifest.
fn resource(label: &str, object: &Value) -> Block {
    let typed = match object["kind"].as_str() {
        Some("ServiceAccount") => "kubernetes_service_account_v1",
        Some("Role") => "kubernetes_role_v1",
        Some("RoleBinding") => "kubernetes_role_binding_v1",
        Some("ClusterRoleBinding") => "kubernetes_cluster_role_binding_v1",
        other => {
            let name = format!("jit_{}", snake(other.unwrap_or_default()));
            return Block::resource("kubernetes_manifest", &name).value("manifest", object);
        }
    };
    let mut block = Block::resource(typed, label);
    for (field, value) in object.as_object().into_iter().flatten() {
        if field != "kind" && field != "apiVersion" {
            block = with(block, field, value);
        }
    }
    block
}

/// A field of an object: a block for an object, a block for each object of a list, or else an attribute.
fn with(block: Block, field: &str, value: &Value) -> Block {
    let name = snake(field);
    match value {
        Value::Object(members) => block.block(of_members(&name, members)),
        Value::Array(items) if items.iter().all(Value::is_object) => {
            let name = name.strip_suffix('s').unwrap_or(&name);
            items
                .iter()
                .filter_map(Value::as_object)
                .fold(block, |block, item| block.block(of_members(name, item)))
        }
        _ => block.value(&name, value),
    }
}

fn of_members(name: &str, members: &serde_json::Map<String, Value>) -> Block {
    members.iter().fold(Block::new(name), |block, (field, value)| with(block, field, value))
}

/// `roleRef` as `role_ref`.
fn snake(name: &str) -> String {
    let mut snake = String::new();
    for character in name.chars() {
        if character.is_ascii_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(character.to_ascii_lowercase());
    }
    snake
}

/// The association of the issuer with a cluster of EKS.
fn eks(role: &Name, audience: &str, issuer: &str) -> Block {
    let facts = trust::association(role, audience, issuer);
    let oidc = facts.as_object().into_iter().flatten();
    let oidc = oidc.fold(Block::new("oidc"), |block, (name, value)| block.value(&snake(name), value));
    Block::resource("aws_eks_identity_provider_config", "jit").text("cluster_name", "NAME").block(oidc)
}

#[cfg(test)]
#[path = "terraform_tests.rs"]
mod tests;
