//! Puts an error of a target to the key of its table that caused it, with a hint of what to write there.

use crate::grant::cloud::error::TargetError;

use crate::policy::files::document::Field;

/// The keys of target tables that hold an address.
const ADDRESSES: [&str; 5] = ["endpoint_url", "endpoint", "address", "server", "authority"];

/// Reports an error at the key that caused it, or at the table if no key of it did.
pub(in crate::policy) fn report(table: &Field<'_>, error: &TargetError) {
    let section = table.as_section();
    let of_key = |key: &'static str| section.as_ref().and_then(|section| section.field(key));
    let field = keys(error).iter().find_map(|key| of_key(key)).unwrap_or(*table);
    report_at(&field, error);
}

/// Reports an error at a field, with a hint.
pub(in crate::policy) fn report_at(field: &Field<'_>, error: &TargetError) {
    match hint(error) {
        Some(hint) => field.report_with(&error.to_string(), &hint),
        None => field.report(&error.to_string()),
    }
}

/// The keys that can have caused an error. A table has at most one of them.
fn keys(error: &TargetError) -> &'static [&'static str] {
    match error {
        TargetError::Endpoint(_) | TargetError::EndpointForm(..) => &ADDRESSES,
        TargetError::Audience(_) | TargetError::Exchanged(_) => &["audience", "audiences"],
        TargetError::VaultName("role", _) => &["role"],
        TargetError::VaultName("mount", _) => &["mount"],
        TargetError::VaultName("namespace", _) => &["namespace"],
        TargetError::VaultName("audience", _) => &["audience"],
        TargetError::VaultName(..) => &["policies"],
        TargetError::GcpName("service account", _) => &["service_account"],
        TargetError::GcpName("project", _) => &["project"],
        TargetError::GcpName("provider", _) => &["provider"],
        TargetError::GcpName(..) => &["oauth_scopes"],
        TargetError::AzureName("tenant id", _) => &["tenant"],
        TargetError::AzureName("application id", _) => &["client_id"],
        TargetError::AzureName("authority", _) => &["authority"],
        TargetError::AzureName(..) => &["audiences"],
        TargetError::KubernetesName("name of a namespace", _) => &["namespace"],
        TargetError::KubernetesName("name of a service account", _) => &["service_account"],
        TargetError::KubernetesName(..) | TargetError::SystemGroup(_) => &["groups"],
        TargetError::Certificates(_) => &["ca"],
        TargetError::RoleArn(_) => &["role_arn"],
        TargetError::Region(_) | TargetError::Partition { .. } => &["region"],
        TargetError::Hub(_) => &["via"],
        TargetError::HubByBroker => &["by"],
        TargetError::Unknown(_) | TargetError::Newer(_) => &[],
    }
}

/// The text to write instead. `None` if the message says it.
fn hint(error: &TargetError) -> Option<String> {
    let hint = match error {
        TargetError::EndpointForm(_, called) => return Some(format!("write {called:?}")),
        TargetError::Endpoint(_) => {
            "write https://HOST, with a port if it needs one; http is for 127.0.0.1 and [::1] alone"
        }
        TargetError::Audience(_) => r#"write audience = "https://registry.example.com", or a name"#,
        TargetError::Exchanged(_) => "write an audience that only the place itself accepts",
        TargetError::VaultName("role", _) => {
            "write the name of the role at auth/jwt/role/NAME: letters, digits, `.`, `_` and `-`"
        }
        TargetError::VaultName("mount", _) => {
            r#"write the path at which JWT authentication is mounted, like "jwt" or "teams/jwt", without slashes around it"#
        }
        TargetError::VaultName("namespace", _) => {
            r#"write the namespace, like "team/prod", without slashes around it"#
        }
        TargetError::VaultName("audience", _) => {
            "write what `bound_audiences` of the server's role has: letters, digits and `. _ - / : @ +`"
        }
        TargetError::VaultName(..) => {
            r#"write policies = ["NAME"], in lower case as the server knows them, and never root"#
        }
        TargetError::GcpName("service account", _) => {
            r#"write service_account = "NAME@PROJECT.iam.gserviceaccount.com""#
        }
        TargetError::GcpName("project", _) => "write the project's id, like shop-123456, not its name",
        TargetError::GcpName("provider", _) => PROVIDER_HINT,
        TargetError::GcpName(..) => {
            r#"write oauth_scopes = ["devstorage.read_only"], what follows https://www.googleapis.com/auth/"#
        }
        TargetError::AzureName("tenant id", _) => {
            "write the tenant's id, a GUID: `az account show --query tenantId`"
        }
        TargetError::AzureName("application id", _) => {
            "write the application's (client) id, a GUID: `az ad app list --display-name NAME --query [].appId`"
        }
        TargetError::KubernetesName("name of a namespace", _) => {
            "write a name as `kubectl get namespaces` shows it: lower-case letters, digits and `-`"
        }
        TargetError::KubernetesName("name of a service account", _) => {
            "write a name as `kubectl get serviceaccounts` shows it: lower-case letters, digits, `-` and `.`"
        }
        TargetError::KubernetesName(..) | TargetError::SystemGroup(_) => {
            r#"write groups = ["NAME"], to which the cluster binds its roles"#
        }
        TargetError::RoleArn(_)
        | TargetError::Region(_)
        | TargetError::Partition { .. }
        | TargetError::Hub(_)
        | TargetError::HubByBroker
        | TargetError::AzureName(..)
        | TargetError::Certificates(_)
        | TargetError::Unknown(_)
        | TargetError::Newer(_) => return None,
    };
    Some(hint.to_owned())
}

/// The form of a provider of a workload identity pool.
pub(in crate::policy) const PROVIDER_HINT: &str =
    r#"write provider = "projects/NUMBER/locations/global/workloadIdentityPools/POOL/providers/NAME""#;
