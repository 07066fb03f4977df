//! OpenBao and HashiCorp Vault: what a role opens there, and the tokens.

use std::fmt;

use serde::Deserialize;
use serde_json::Value;

use super::Place;
use super::PlaceKind;
use super::endpoint;
use super::error::TargetError;
use super::error::shown;
use super::token;
use crate::address;
use crate::grant::Digest;
use crate::secret::Secret;

/// The path at which servers mount JWT authentication if nobody chose another.
pub const DEFAULT_MOUNT: &str = "jwt";

/// The most policies that one token is limited to.
const MAX_POLICIES: usize = 32;

/// Names of policies of the server, at least one, each once and in order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Policies(Vec<String>);

impl Policies {
    /// Checks names and sorts them. The server knows policies by lower-case names.
    ///
    /// # Errors
    /// There is none, too many, one has other characters, or one is `root`, which no JWT gives.
    pub fn new(names: Vec<String>) -> Result<Self, TargetError> {
        let mut sorted = names;
        sorted.sort_unstable();
        sorted.dedup();
        let is_name = |name: &String| {
            is_part(name, b"._-/:") && name != "root" && !name.bytes().any(|byte| byte.is_ascii_uppercase())
        };
        let bad = sorted.iter().find(|name| !is_name(name)).map(|name| shown(name, 64));
        match bad {
            Some(bad) => Err(TargetError::VaultName("policy", bad)),
            None if sorted.is_empty() || sorted.len() > MAX_POLICIES => {
                Err(TargetError::VaultName("list of policies", format!("{} of them", sorted.len())))
            }
            None => Ok(Self(sorted)),
        }
    }

    /// The names, in order.
    pub fn names(&self) -> &[String] {
        &self.0
    }

    /// Whether every one is among others.
    pub fn is_within(&self, others: &Self) -> bool {
        self.0.iter().all(|name| others.0.contains(name))
    }
}

impl fmt::Display for Policies {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0.join(","))
    }
}

/// The document of a scope: the policies to which the token is limited. Its text is `{"policies":["a","b"]}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VaultScopeDocument {
    policies: Policies,
    text: String,
}

impl VaultScopeDocument {
    /// The document of these policies.
    pub fn new(policies: Policies) -> Self {
        let text = serde_json::json!({ "policies": policies.0 }).to_string();
        Self { policies, text }
    }

    /// Reads the text form. `None` if it is another text.
    pub fn parse(text: &str) -> Option<Self> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Read {
            policies: Vec<String>,
        }
        let read: Read = serde_json::from_str(text).ok()?;
        Policies::new(read.policies).ok().map(Self::new)
    }

    /// The policies.
    pub fn policies(&self) -> &Policies {
        &self.policies
    }

    /// The document as JSON.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The SHA-256 of [`VaultScopeDocument::as_str`].
    pub fn digest(&self) -> Digest {
        Digest::of(self.text.as_bytes())
    }
}

/// A role of JWT authentication at a server, and the policies that its tokens get.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VaultTarget {
    /// The server: https, or http on loopback.
    pub address: String,
    /// The name of the role at the server (`auth/<mount>/role/<role>`).
    pub role: String,
    /// The path at which JWT authentication is mounted, without slashes around it.
    pub mount: String,
    /// The namespace, without slashes around it. `None` for the root one.
    pub namespace: Option<String>,
    /// The policies that a token is limited to. `None` for all that the server's role gives.
    pub policies: Option<Policies>,
    /// The audience of our JWT (`bound_audiences` of the server's role). `None` for the address.
    pub audience: Option<String>,
}

impl VaultTarget {
    /// Checks the parts.
    ///
    /// # Errors
    /// The address is neither https nor http on loopback, a name has characters that paths and headers cannot carry, or the audience is
    /// one of a cloud's.
    pub fn check(self) -> Result<Self, TargetError> {
        endpoint::check(&self.address, false)?;
        let audience = self.audience.as_deref();
        let refused = [
            ("role", Some(self.role.as_str()), is_part as fn(&str, &[u8]) -> bool, b"._-".as_slice()),
            ("mount", Some(self.mount.as_str()), is_path, b"._-"),
            ("namespace", self.namespace.as_deref(), is_path, b"._-"),
            ("audience", audience, is_part, b"._-/:@+"),
        ]
        .into_iter()
        .find_map(|(what, text, fits, more)| Some((what, text.filter(|text| !fits(text, more))?)));
        // The server sees the token, and would buy with it there what this role opens here.
        audience.map_or(Ok(()), token::check_exchanged)?;
        match refused {
            Some((what, text)) => Err(TargetError::VaultName(what, shown(text, 64))),
            None if audience == Some(self.address.as_str()) => Ok(Self { audience: None, ..self }),
            None => Ok(self),
        }
    }

    /// The audience of a JWT for it.
    pub fn audience(&self) -> &str {
        self.audience.as_deref().unwrap_or(&self.address)
    }

    /// Whether it is the role of this name at the same server as another one, whatever policies and audience they name.
    pub fn is_role(&self, name: &str, other: &Self) -> bool {
        let server = (&self.address, &self.namespace, &self.mount);
        server == (&other.address, &other.namespace, &other.mount) && self.role == name
    }

    /// Whether its tokens have at least the policies of another target's tokens, by the same role of the same server. A target without
    /// policies has all that the role gives. The audience is a way to it. Two roles of one server are not compared: the server alone
    /// knows what they give.
    pub(in crate::grant) fn opens_at_least(&self, other: &Self) -> bool {
        let is_same_role = (&self.role, &self.mount, &self.namespace)
            == (&other.role, &other.mount, &other.namespace)
            && address::is_same(&self.address, &other.address);
        let holds = |all: &Policies| other.policies.as_ref().is_some_and(|some| some.is_within(all));
        is_same_role && self.policies.as_ref().is_none_or(holds)
    }

    /// The server.
    pub fn place(&self) -> Place {
        place(&self.address, self.namespace.as_deref())
    }

    /// Reads what stands after `vault:` in a target's text form. `None` where that is not its shape.
    pub(in crate::grant) fn parse(rest: &str) -> Result<Option<Self>, TargetError> {
        let Some((address, settings)) = rest.split_once('?') else { return Ok(None) };
        let (mut role, mut mount, mut namespace, mut policies, mut audience) = (None, None, None, None, None);
        for setting in settings.split('&') {
            let Some((key, value)) = setting.split_once('=') else { return Ok(None) };
            let part = match key {
                "role" => &mut role,
                "mount" => &mut mount,
                "namespace" => &mut namespace,
                "policies" => &mut policies,
                "audience" => &mut audience,
                _ => return Ok(None),
            };
            *part = Some(value.to_owned());
        }
        let (Some(role), Some(mount)) = (role, mount) else { return Ok(None) };
        let policies =
            policies.map(|names| Policies::new(names.split(',').map(str::to_owned).collect())).transpose()?;
        Self { address: address.to_owned(), role, mount, namespace, policies, audience }.check().map(Some)
    }
}

/// Writes the part after `vault:` of a target's text form.
impl fmt::Display for VaultTarget {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}?role={}&mount={}", self.address, self.role, self.mount)?;
        if let Some(namespace) = &self.namespace {
            write!(formatter, "&namespace={namespace}")?;
        }
        if let Some(policies) = &self.policies {
            write!(formatter, "&policies={policies}")?;
        }
        self.audience.as_ref().map_or(Ok(()), |audience| write!(formatter, "&audience={audience}"))
    }
}

/// A token of a server.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct VaultCredentials {
    /// The token.
    pub token: Secret<String>,
    /// Its accessor, by which it can be revoked without being known.
    pub accessor: String,
    /// The server.
    pub address: String,
    /// The namespace. `None` for the root one.
    pub namespace: Option<String>,
    /// The path of JWT authentication.
    pub mount: String,
    /// The role at the server.
    pub role: String,
}

impl VaultCredentials {
    /// The server.
    pub fn place(&self) -> Place {
        place(&self.address, self.namespace.as_deref())
    }

    /// The members of the stored form, the token among them.
    pub(in crate::grant) fn secret_members(&self) -> Value {
        serde_json::json!({
            "token": self.token.expose(),
            "accessor": self.accessor,
            "address": self.address,
            "namespace": self.namespace,
            "mount": self.mount,
            "role": self.role,
        })
    }
}

fn place(address: &str, namespace: Option<&str>) -> Place {
    let name = match namespace {
        Some(namespace) => format!("{address}/{namespace}"),
        None => address.to_owned(),
    };
    Place { kind: PlaceKind::Server, name }
}

/// Letters, digits and a few more characters; at most 128 of them.
fn is_part(text: &str, more: &[u8]) -> bool {
    (1..=128).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || more.contains(&byte))
        && !matches!(text, "." | "..")
}

/// Parts with a slash between each two.
fn is_path(text: &str, more: &[u8]) -> bool {
    text.len() <= 128 && text.split('/').all(|part| is_part(part, more))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_are_names_in_order() {
        let policies = |names: &[&str]| Policies::new(names.iter().map(|&name| name.to_owned()).collect());
        assert_eq!(policies(&["b", "a", "b"]).unwrap().to_string(), "a,b");
        for bad in [&[][..], &["root"], &["A"], &["a,b"], &["a b"], &[""]] {
            assert!(policies(bad).is_err(), "{bad:?}");
        }
        assert!(policies(&["a"]).unwrap().is_within(&policies(&["a", "b"]).unwrap()));
        assert!(!policies(&["a", "c"]).unwrap().is_within(&policies(&["a", "b"]).unwrap()));
    }

    #[test]
    fn a_scope_reads_back() {
        let document = VaultScopeDocument::new(Policies::new(vec!["b".to_owned(), "a".to_owned()]).unwrap());
        assert_eq!(document.as_str(), r#"{"policies":["a","b"]}"#);
        assert_eq!(VaultScopeDocument::parse(document.as_str()).unwrap(), document);
        for bad in ["", "{}", r#"{"policies":[]}"#, r#"{"policies":["root"]}"#, r#"{"policies":["a"],"x":1}"#]
        {
            assert_eq!(VaultScopeDocument::parse(bad), None, "{bad}");
        }
    }
}
