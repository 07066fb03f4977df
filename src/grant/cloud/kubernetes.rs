//! Kubernetes: what a role opens in a cluster, and the tokens.

use std::fmt;

use serde::Deserialize;
use serde_json::Value;

use super::Place;
use super::PlaceKind;
use super::certificates::Certificates;
use super::endpoint;
use super::error::TargetError;
use super::error::shown;
use super::token;
use crate::address;
use crate::grant::Digest;
use crate::secret::Secret;

/// The most groups that one token names.
const MAX_GROUPS: usize = 32;

/// The beginning of the groups and users that Kubernetes itself gives power to, `system:masters` among them.
pub const SYSTEM: &str = "system:";

/// Names of groups, at least one, each once and in order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Groups {
    names: Vec<String>,
    text: String,
}

impl Groups {
    /// Checks names and sorts them.
    ///
    /// # Errors
    /// There is none, too many, one has characters that a statement cannot show, or one begins with `system:`.
    pub fn new(names: Vec<String>) -> Result<Self, TargetError> {
        let mut sorted = names;
        sorted.sort_unstable();
        sorted.dedup();
        let is_name = |name: &str| {
            (1..=128).contains(&name.len())
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-/:@+".contains(&byte))
        };
        if let Some(bad) = sorted.iter().find(|name| !is_name(name)) {
            return Err(TargetError::KubernetesName("name of a group", shown(bad, 64)));
        }
        // Kubernetes compares in one case; no role needs a group that only looks like one of its own.
        if let Some(system) = sorted.iter().find(|name| name.to_ascii_lowercase().starts_with(SYSTEM)) {
            return Err(TargetError::SystemGroup(system.clone()));
        }
        if sorted.is_empty() || sorted.len() > MAX_GROUPS {
            return Err(TargetError::KubernetesName("list of groups", format!("{} of them", sorted.len())));
        }
        Ok(Self { text: sorted.join(","), names: sorted })
    }

    /// The names, in order.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The names with commas between them.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether every one is among others.
    pub fn is_within(&self, others: &Self) -> bool {
        self.names.iter().all(|name| others.names.contains(name))
    }
}

impl fmt::Display for Groups {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

/// The document of a scope: the groups that the token names, in place of all of the role's. Its text is `{"groups":["a","b"]}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KubernetesScopeDocument {
    groups: Groups,
    text: String,
}

impl KubernetesScopeDocument {
    /// The document of these groups.
    pub fn new(groups: Groups) -> Self {
        let text = serde_json::json!({ "groups": groups.names }).to_string();
        Self { groups, text }
    }

    /// Reads the text form. `None` if it is another text.
    pub fn parse(text: &str) -> Option<Self> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Read {
            groups: Vec<String>,
        }
        let read: Read = serde_json::from_str(text).ok()?;
        Groups::new(read.groups).ok().map(Self::new)
    }

    /// The groups.
    pub fn groups(&self) -> &Groups {
        &self.groups
    }

    /// The document as JSON.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The SHA-256 of [`KubernetesScopeDocument::as_str`].
    pub fn digest(&self) -> Digest {
        Digest::of(self.text.as_bytes())
    }
}

/// How a role gets into a cluster.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Way {
    /// By a token of the authority's issuer, which the API server trusts.
    Token {
        /// The one audience of the token.
        audience: String,
        /// The groups that the token names.
        groups: Groups,
    },
    /// By a token of a service account, which the API server makes for the broker (TokenRequest).
    ServiceAccount {
        /// The account's namespace.
        namespace: String,
        /// The account's name.
        name: String,
    },
}

/// A cluster, and what a role is there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KubernetesTarget {
    /// The address of the API server: https, or http on loopback.
    pub server: String,
    /// The authorities of its certificate. `None` for those that the machine trusts.
    pub ca: Option<Certificates>,
    /// The way in.
    pub way: Way,
}

impl KubernetesTarget {
    /// Checks the parts.
    ///
    /// # Errors
    /// The server is neither https nor http on loopback, the audience is one of a cloud's, or a name has characters that it cannot
    /// have in Kubernetes.
    pub fn check(self) -> Result<Self, TargetError> {
        endpoint::check(&self.server, false)?;
        if self.server.ends_with('/') {
            return Err(TargetError::Endpoint(shown(&self.server, 128)));
        }
        match &self.way {
            Way::Token { audience, .. } => {
                token::check_audience(audience)?;
                // The text form separates its parts by `&`.
                if audience.contains('&') {
                    return Err(TargetError::Audience(shown(audience, 128)));
                }
            }
            Way::ServiceAccount { namespace, name } => {
                if !is_label(namespace) {
                    return Err(TargetError::KubernetesName("name of a namespace", shown(namespace, 64)));
                }
                if name.len() > 253 || !name.split('.').all(is_label) {
                    return Err(TargetError::KubernetesName("name of a service account", shown(name, 64)));
                }
            }
        }
        Ok(self)
    }

    /// The cluster.
    pub fn place(&self) -> Place {
        Place { kind: PlaceKind::Cluster, name: self.server.clone() }
    }

    /// The groups, or the service account's name.
    pub fn role_name(&self) -> &str {
        match &self.way {
            Way::Token { groups, .. } => groups.as_str(),
            Way::ServiceAccount { name, .. } => name,
        }
    }

    /// The namespace of the service account. `None` for groups.
    pub fn namespace(&self) -> Option<&str> {
        match &self.way {
            Way::Token { .. } => None,
            Way::ServiceAccount { namespace, .. } => Some(namespace),
        }
    }

    /// The groups of its tokens. `None` for a service account.
    pub fn groups(&self) -> Option<&Groups> {
        match &self.way {
            Way::Token { groups, .. } => Some(groups),
            Way::ServiceAccount { .. } => None,
        }
    }

    /// The groups or the service account that it opens, with the cluster and the beginning of its CA's digest, for people.
    pub fn describe(&self) -> String {
        let pin = match &self.ca {
            Some(ca) => format!(", CA sha256:{}…", &ca.to_string()[..16]),
            None => String::new(),
        };
        match &self.way {
            Way::Token { audience, groups } => {
                let names = groups.names().join(", ");
                format!("groups {names} in {} (kubernetes, audience {audience}{pin})", self.place())
            }
            Way::ServiceAccount { namespace, name } => {
                format!("service account {namespace}/{name} in {} (kubernetes{pin})", self.place())
            }
        }
    }

    /// Whether its tokens name at least another target's groups in the same cluster, or the same service account. The audience and the
    /// certificates are ways to it. Groups and service accounts are not compared: the cluster alone knows what it binds to them.
    pub(in crate::grant) fn opens_at_least(&self, other: &Self) -> bool {
        let is_more = match (self.groups(), other.groups()) {
            (Some(all), Some(some)) => some.is_within(all),
            _ => self.way == other.way,
        };
        is_more && address::is_same(&self.server, &other.server)
    }

    /// Reads what stands after `kubernetes:` in a target's text form. `None` where that is not its shape. Of the certificates, only
    /// the digest is known then.
    pub(in crate::grant) fn parse(rest: &str) -> Result<Option<Self>, TargetError> {
        let Some((server, settings)) = rest.split_once('?') else { return Ok(None) };
        let (mut ca, mut audience, mut groups, mut namespace, mut account) = (None, None, None, None, None);
        for setting in settings.split('&') {
            let Some((key, value)) = setting.split_once('=') else { return Ok(None) };
            let part = match key {
                "ca" => &mut ca,
                "audience" => &mut audience,
                "groups" => &mut groups,
                "namespace" => &mut namespace,
                "service_account" => &mut account,
                _ => return Ok(None),
            };
            *part = Some(value.to_owned());
        }
        let way = match (audience, groups, namespace, account) {
            (Some(audience), Some(groups), None, None) => {
                let groups = Groups::new(groups.split(',').map(str::to_owned).collect())?;
                Way::Token { audience, groups }
            }
            (None, None, Some(namespace), Some(name)) => Way::ServiceAccount { namespace, name },
            _ => return Ok(None),
        };
        let ca = match ca.map(|digest| digest.parse()) {
            Some(Ok(digest)) => Some(Certificates::of_digest(digest)),
            Some(Err(_)) => return Ok(None),
            None => None,
        };
        Self { server: server.to_owned(), ca, way }.check().map(Some)
    }
}

/// Writes the part after `kubernetes:` of a target's text form.
impl fmt::Display for KubernetesTarget {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}?", self.server)?;
        if let Some(ca) = &self.ca {
            write!(formatter, "ca={ca}&")?;
        }
        match &self.way {
            Way::Token { audience, groups } => write!(formatter, "audience={audience}&groups={groups}"),
            Way::ServiceAccount { namespace, name } => {
                write!(formatter, "namespace={namespace}&service_account={name}")
            }
        }
    }
}

/// A token for a cluster, and what a client must know to use it there.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct KubernetesCredentials {
    /// The bearer token, a JWT.
    pub token: Secret<String>,
    /// The address of the API server.
    pub server: String,
    /// The authorities of its certificate, in PEM. `None` for those that the machine trusts.
    pub ca: Option<String>,
    /// The namespace of the service account. `None` for a token of the authority's issuer.
    pub namespace: Option<String>,
    /// The name of the service account. `None` for a token of the authority's issuer.
    pub service_account: Option<String>,
}

impl KubernetesCredentials {
    /// The cluster.
    pub fn place(&self) -> Place {
        Place { kind: PlaceKind::Cluster, name: self.server.clone() }
    }

    /// The members of the stored form, the token among them.
    pub(in crate::grant) fn secret_members(&self) -> Value {
        serde_json::json!({
            "token": self.token.expose(),
            "server": self.server,
            "ca": self.ca,
            "namespace": self.namespace,
            "service_account": self.service_account,
        })
    }
}

/// Whether it is a label of RFC 1123, as names in Kubernetes are.
fn is_label(text: &str) -> bool {
    (1..=63).contains(&text.len())
        && text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
        && !text.starts_with('-')
        && !text.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn groups(names: &[&str]) -> Result<Groups, TargetError> {
        Groups::new(names.iter().map(|&name| name.to_owned()).collect())
    }

    #[test]
    fn groups_are_names_in_order() {
        assert_eq!(groups(&["b", "a:x", "b"]).unwrap().as_str(), "a:x,b");
        for bad in [&[][..], &["a,b"], &["a b"], &[""], &["a&b"], &["a\u{e9}"], &["x"; 1][..0]] {
            assert!(groups(bad).is_err(), "{bad:?}");
        }
        let many: Vec<String> = (0..33).map(|number| format!("g{number}")).collect();
        assert!(Groups::new(many).is_err());
        assert!(groups(&["a"]).unwrap().is_within(&groups(&["a", "b"]).unwrap()));
        assert!(!groups(&["a", "c"]).unwrap().is_within(&groups(&["a", "b"]).unwrap()));
    }

    #[test]
    fn no_group_of_kubernetes_itself_is_ever_named() {
        for bad in ["system:masters", "System:Masters", "system:", "system:authenticated"] {
            let refused = groups(&["viewers", bad]).unwrap_err();
            assert_eq!(refused, TargetError::SystemGroup(bad.to_owned()));
            assert!(refused.to_string().contains("belongs to Kubernetes itself"), "{refused}");
        }
    }

    #[test]
    fn a_scope_reads_back() {
        let document = KubernetesScopeDocument::new(groups(&["b", "a"]).unwrap());
        assert_eq!(document.as_str(), r#"{"groups":["a","b"]}"#);
        assert_eq!(KubernetesScopeDocument::parse(document.as_str()).unwrap(), document);
        for bad in
            ["", "{}", r#"{"groups":[]}"#, r#"{"groups":["system:masters"]}"#, r#"{"groups":["a"],"x":1}"#]
        {
            assert_eq!(KubernetesScopeDocument::parse(bad), None, "{bad}");
        }
    }
}
