//! `[kubernetes]`: a cluster, and the groups or the service account that a role is there.

use crate::grant::Name;
use crate::grant::Target;
use crate::grant::cloud::certificates::Certificates;
use crate::grant::cloud::certificates::MAX_CERTIFICATES;
use crate::grant::cloud::error::TargetError;
use crate::grant::cloud::kubernetes::Groups;
use crate::grant::cloud::kubernetes::KubernetesScopeDocument;
use crate::grant::cloud::kubernetes::KubernetesTarget;
use crate::grant::cloud::kubernetes::Way;

use crate::policy::files::document::Field;
use crate::policy::files::document::Section;
use crate::policy::roles::blame;
use crate::policy::roles::opening;
use crate::policy::roles::opening::Opening;
use crate::policy::roles::role::Surroundings;

/// Parses the table.
pub(in crate::policy) fn read(
    table: &Field<'_>,
    section: Section<'_>,
    around: &Surroundings<'_>,
) -> Option<Opening> {
    let server = section.required("server", r#"write server = "https://k8s.example.com:6443""#);
    let ca = section.field("ca").map(|field| read_certificates(&field, around));
    let (audience, groups) = (section.field("audience"), section.field("groups"));
    let (namespace, account) = (section.field("namespace"), section.field("service_account"));
    let way = match (&audience, &groups, &namespace, &account) {
        (Some(audience), Some(groups), None, None) => {
            let groups = read_groups(groups);
            audience
                .text()
                .zip(groups)
                .map(|(audience, groups)| Way::Token { audience: audience.to_owned(), groups })
        }
        (None, None, Some(namespace), Some(account)) => {
            let texts = namespace.text().zip(account.text());
            texts.map(|(namespace, name)| Way::ServiceAccount {
                namespace: namespace.to_owned(),
                name: name.to_owned(),
            })
        }
        _ => {
            table.report_with(
                "a role gets into a cluster in one of two ways",
                "write audience and groups, or namespace and service_account",
            );
            None
        }
    };
    section.finish(&[]);
    let ca = match ca {
        Some(ca) => Some(ca?),
        None => None,
    };
    let (server, way) = (server?, way?);
    let target = KubernetesTarget { server: server.text()?.trim_end_matches('/').to_owned(), ca, way };
    opening::open(target.check().map(Target::Kubernetes), table)
}

/// Reads the certificates in the file that a field names.
fn read_certificates(field: &Field<'_>, around: &Surroundings<'_>) -> Option<Certificates> {
    let file = field.text()?;
    let named = file.strip_suffix(".pem").is_some_and(|stem| stem.parse::<Name>().is_ok());
    let Some((path, content)) = around.files.get_key_value(&format!("roles/{file}")).filter(|_| named) else {
        let shown: String = file.chars().take(64).collect();
        let message = format!("there is no file {shown} beside this one");
        field.report_with(&message, r#"write ca = "NAME.pem", a file in roles/ with the cluster's CA"#);
        return None;
    };
    around.used.borrow_mut().insert(path.clone());
    let text = std::str::from_utf8(content).map_err(|_| TargetError::Certificates("it is not text"));
    match text.and_then(Certificates::of_pem) {
        Ok(certificates) => Some(certificates),
        Err(error) => {
            let hint = format!("{file} holds the cluster's CA in PEM, {MAX_CERTIFICATES} bytes at most");
            field.report_with(&error.to_string(), &hint);
            None
        }
    }
}

/// Reads the groups of a scope, which are some of the role's.
pub(in crate::policy) fn read_scope(
    section: &Section<'_>,
    target: Option<&Target>,
) -> Option<KubernetesScopeDocument> {
    let target = target.and_then(Target::as_kubernetes)?;
    let field = section.required("groups", r#"write groups = ["NAME"], some of the role's"#)?;
    let groups = read_groups(&field)?;
    match target.groups() {
        Some(all) if groups.is_within(all) => Some(KubernetesScopeDocument::new(groups)),
        Some(all) => {
            field.report_with(
                "a scope has groups that its role does not have",
                &format!("the role has {all}; a token of a scope names some of them"),
            );
            None
        }
        None => {
            field.report_with(
                "a service account has no scopes: what it may do is bound to it in the cluster",
                "make another role with another service account",
            );
            None
        }
    }
}

fn read_groups(field: &Field<'_>) -> Option<Groups> {
    let names: Option<Vec<String>> = field.list()?.map(|item| item.text().map(str::to_owned)).collect();
    match Groups::new(names?) {
        Ok(groups) => Some(groups),
        Err(error) => {
            blame::report_at(field, &error);
            None
        }
    }
}
