//! The limits of a role or a scope of Google Cloud: OAuth scopes, and a credential access boundary.

use std::fmt;

use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;

use super::aws_scope::DocumentError;
use super::aws_scope::Strict;
use super::aws_scope::expand_texts;
use super::error::TargetError;
use super::error::shown;
use crate::grant::Digest;

/// The beginning of every OAuth scope of a Google API that a service account can have.
const BEGINNING: &str = "https://www.googleapis.com/auth/";

/// The scope that includes those of every Google Cloud API.
pub const EVERYTHING: &str = "cloud-platform";

/// The most scopes of one token.
const MAX_SCOPES: usize = 32;

/// The most rules of an access boundary (IAM: downscoped tokens).
const MAX_RULES: usize = 10;

/// The longest access boundary, in characters (IAM: downscoped tokens).
const MAX_BOUNDARY: usize = 2048;

/// The beginning of every resource that a boundary can name: buckets of Cloud Storage, and nothing else.
const BUCKETS: &str = "//storage.googleapis.com/projects/_/buckets/";

/// Scopes that `cloud-platform` includes: each API that takes one of them takes `cloud-platform` too. A name stands for itself and
/// for those that continue it with a dot. Source: Google's discovery documents, which list both for each method.
const INCLUDED: [&str; 38] = [
    "aiplatform",
    "apikeys",
    "appengine.admin",
    "bigquery",
    "bigtable.admin",
    "cloud-bigtable.admin",
    "cloud-billing",
    "cloud-healthcare",
    "cloud-language",
    "cloud-platform",
    "cloud-translation",
    "cloud-vision",
    "cloud_debugger",
    "cloudasset",
    "cloudcomposer",
    "cloudiot",
    "cloudkms",
    "cloudruntimeconfig",
    "compute",
    "container",
    "datalineage",
    "dataplex",
    "dataproc",
    "datastore",
    "devstorage",
    "dialogflow",
    "logging",
    "monitoring",
    "ndev",
    "organizationpolicy",
    "pubsub",
    "redis",
    "run",
    "service.management",
    "source",
    "spanner",
    "sqlservice",
    "trace",
];

/// OAuth scopes of Google's APIs, by their short names (`devstorage.read_only`), each once and in order; at least one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct OauthScopes(Vec<String>);

impl Default for OauthScopes {
    fn default() -> Self {
        Self(vec![EVERYTHING.to_owned()])
    }
}

impl OauthScopes {
    /// Checks scopes, given by short names or by addresses, and sorts them.
    ///
    /// # Errors
    /// There is none, too many, or one is not of a Google API.
    pub fn new(names: Vec<String>) -> Result<Self, TargetError> {
        let short = |name: String| name.strip_prefix(BEGINNING).map(str::to_owned).unwrap_or(name);
        let mut sorted: Vec<String> = names.into_iter().map(short).collect();
        sorted.sort_unstable();
        sorted.dedup();
        let is_name = |name: &String| {
            (1..=96).contains(&name.len())
                && name.starts_with(|first: char| first.is_ascii_lowercase())
                && name
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-".contains(&byte))
        };
        match sorted.iter().find(|name| !is_name(name)) {
            Some(bad) => Err(TargetError::GcpName("OAuth scope", shown(bad, 96))),
            None if sorted.is_empty() || sorted.len() > MAX_SCOPES => {
                Err(TargetError::GcpName("list of OAuth scopes", format!("{} of them", sorted.len())))
            }
            None => Ok(Self(sorted)),
        }
    }

    /// Whether they are the default: everything of Google Cloud, as far as the service account's own roles go.
    pub fn is_default(&self) -> bool {
        self.0 == [EVERYTHING]
    }

    /// The scopes as Google wants them.
    pub fn addresses(&self) -> impl Iterator<Item = String> {
        self.0.iter().map(|name| format!("{BEGINNING}{name}"))
    }

    /// Whether a token with these scopes can do nothing that one with the others cannot.
    pub fn is_within(&self, others: &Self) -> bool {
        let of_cloud = others.0.iter().any(|name| name == EVERYTHING);
        self.0.iter().all(|name| others.0.contains(name) || (of_cloud && is_included(name)))
    }
}

fn is_included(name: &str) -> bool {
    INCLUDED
        .iter()
        .any(|known| name.strip_prefix(known).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')))
}

impl fmt::Display for OauthScopes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0.join(","))
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Rules {
    access_boundary_rules: Vec<Rule>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Rule {
    available_resource: String,
    available_permissions: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    availability_condition: Option<Condition>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Condition {
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    expression: String,
}

/// A credential access boundary: the buckets of Cloud Storage and the roles on them to which a token is limited.
///
/// Cloud Storage alone honours it. With a boundary, a token opens no other service (IAM: downscoped tokens).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Boundary(Rules);

impl Boundary {
    /// Parses `{"accessBoundary": {"accessBoundaryRules": […]}}`, or the inner object alone. `expand` is applied to every string
    /// value in it.
    ///
    /// # Errors
    /// It is no JSON of this shape, has too many rules or characters, or names something that no boundary can.
    pub fn parse(text: &str, expand: impl Fn(&str) -> String) -> Result<Self, DocumentError> {
        let Strict(mut value) = serde_json::from_str(text).map_err(|error| DocumentError::json(&error))?;
        expand_texts(&mut value, &expand);
        let inner = match value.as_object_mut() {
            Some(members) if members.len() == 1 => members.remove("accessBoundary"),
            _ => None,
        };
        Self::of(inner.unwrap_or(value))
    }

    fn of(value: Value) -> Result<Self, DocumentError> {
        let other = |text: &str| DocumentError::Other(format!("this is not an access boundary: {text}"));
        let rules: Rules = serde_json::from_value(value).map_err(|error| other(&error.to_string()))?;
        if !(1..=MAX_RULES).contains(&rules.access_boundary_rules.len()) {
            return Err(other(&format!("it has 1 to {MAX_RULES} rules")));
        }
        for rule in &rules.access_boundary_rules {
            let bucket = rule.available_resource.strip_prefix(BUCKETS);
            if !bucket.is_some_and(|name| !name.is_empty() && !name.contains('/')) {
                return Err(other(&format!(
                    "availableResource is {BUCKETS}NAME: only Cloud Storage knows boundaries"
                )));
            }
            let is_role = |text: &String| {
                text.strip_prefix("inRole:").is_some_and(|role| {
                    ["roles/", "projects/", "organizations/"].iter().any(|start| role.starts_with(start))
                })
            };
            if rule.available_permissions.is_empty() || !rule.available_permissions.iter().all(is_role) {
                return Err(other("availablePermissions are like inRole:roles/storage.objectViewer"));
            }
        }
        let boundary = Self(rules);
        let length = boundary.options().chars().count();
        if length > MAX_BOUNDARY {
            return Err(other(&format!(
                "it has {length} characters without blanks; at most {MAX_BOUNDARY} fit"
            )));
        }
        Ok(boundary)
    }

    /// The `options` of the exchange that narrows a token (STS v1).
    pub fn options(&self) -> String {
        serde_json::json!({ "accessBoundary": self.0 }).to_string()
    }
}

/// The document of a scope: OAuth scopes, an access boundary, or both. Its text is JSON with the members `boundary` and `scopes`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GcpScopeDocument {
    scopes: Option<OauthScopes>,
    boundary: Option<Boundary>,
    text: String,
}

impl GcpScopeDocument {
    /// The document. `None` if it would limit nothing.
    pub fn new(scopes: Option<OauthScopes>, boundary: Option<Boundary>) -> Option<Self> {
        let mut members = serde_json::Map::new();
        if let Some(boundary) = &boundary {
            members.insert("boundary".to_owned(), serde_json::json!(boundary.0));
        }
        if let Some(scopes) = &scopes {
            members.insert("scopes".to_owned(), serde_json::json!(scopes));
        }
        if members.is_empty() {
            return None;
        }
        Some(Self { scopes, boundary, text: Value::Object(members).to_string() })
    }

    /// Reads the text form. `None` if it is another text.
    pub fn parse(text: &str) -> Option<Self> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Read {
            boundary: Option<Value>,
            scopes: Option<Vec<String>>,
        }
        let read: Read = serde_json::from_str(text).ok()?;
        let scopes = read.scopes.map(OauthScopes::new).transpose().ok()?;
        let boundary = read.boundary.map(Boundary::of).transpose().ok()?;
        Self::new(scopes, boundary).filter(|document| document.text == text)
    }

    /// The OAuth scopes. `None` for those of the role.
    pub fn scopes(&self) -> Option<&OauthScopes> {
        self.scopes.as_ref()
    }

    /// The access boundary. `None` if there is none.
    pub fn boundary(&self) -> Option<&Boundary> {
        self.boundary.as_ref()
    }

    /// The document as JSON.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The SHA-256 of [`GcpScopeDocument::as_str`].
    pub fn digest(&self) -> Digest {
        Digest::of(self.text.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scopes(names: &[&str]) -> Result<OauthScopes, TargetError> {
        OauthScopes::new(names.iter().map(|&name| name.to_owned()).collect())
    }

    #[test]
    fn scopes_are_short_names_in_order() {
        let both = scopes(&["devstorage.read_only", "https://www.googleapis.com/auth/bigquery", "bigquery"])
            .unwrap();
        assert_eq!(both.to_string(), "bigquery,devstorage.read_only");
        assert_eq!(both.addresses().next().unwrap(), "https://www.googleapis.com/auth/bigquery");
        for bad in [&[][..], &[""], &["https://mail.google.com/"], &["a b"], &["a,b"], &["a&b"], &["../x"]] {
            assert!(scopes(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_scope_is_never_wider_than_its_role() {
        let all = OauthScopes::default();
        for within in [
            "cloud-platform",
            "cloud-platform.read-only",
            "devstorage.read_only",
            "sqlservice.admin",
            "compute",
        ] {
            assert!(scopes(&[within]).unwrap().is_within(&all), "{within}");
        }
        // Google's other products: `cloud-platform` does not open them.
        for wider in ["drive", "admin.directory.user", "gmail.send", "computeengine", "runner", "firebase"] {
            assert!(!scopes(&[wider]).unwrap().is_within(&all), "{wider}");
        }
        let narrow = scopes(&["bigquery", "devstorage.read_only"]).unwrap();
        assert!(scopes(&["bigquery"]).unwrap().is_within(&narrow));
        assert!(!scopes(&["devstorage.read_write"]).unwrap().is_within(&narrow));
        assert!(!all.is_within(&narrow));
        assert!(scopes(&["drive"]).unwrap().is_within(&scopes(&["cloud-platform", "drive"]).unwrap()));
    }

    const BOUNDARY: &str = r#"{"accessBoundary": {"accessBoundaryRules": [{
        "availableResource": "//storage.googleapis.com/projects/_/buckets/{account}-logs",
        "availablePermissions": ["inRole:roles/storage.objectViewer"],
        "availabilityCondition": {"expression": "resource.name.startsWith('a')"}
    }]}}"#;

    #[test]
    fn a_boundary_reads_back_and_is_of_cloud_storage_alone() {
        let expand = |text: &str| text.replace("{account}", "prod");
        let boundary = Boundary::parse(BOUNDARY, expand).unwrap();
        assert!(boundary.options().starts_with(r#"{"accessBoundary":{"accessBoundaryRules":[{"#));
        assert!(boundary.options().contains("buckets/prod-logs"), "{}", boundary.options());
        let document =
            GcpScopeDocument::new(scopes(&["devstorage.read_only"]).ok(), Some(boundary.clone())).unwrap();
        assert_eq!(GcpScopeDocument::parse(document.as_str()).unwrap(), document);
        assert!(
            document.as_str().starts_with(r#"{"boundary":{"accessBoundaryRules":"#),
            "{}",
            document.as_str()
        );
        assert_eq!(GcpScopeDocument::new(None, None), None);
        for bad in ["", "{}", r#"{"scopes":[]}"#, r#"{"scopes":["b","a"]}"#, r#"{"scopes":["a"],"x":1}"#] {
            assert_eq!(GcpScopeDocument::parse(bad), None, "{bad}");
        }
        let with = |from: &str, to: &str| Boundary::parse(&BOUNDARY.replace(from, to), str::to_owned);
        assert!(with("", "").is_ok());
        for (from, to) in [
            (
                "//storage.googleapis.com/projects/_/buckets/",
                "//bigquery.googleapis.com/projects/p/datasets/",
            ),
            ("inRole:roles/", "roles/"),
            (r#""expression""#, r#""expresion""#),
            ("accessBoundaryRules", "rules"),
            ("resource.name.startsWith('a')", &"x".repeat(2048)),
        ] {
            assert!(with(from, to).is_err(), "{from} {to:.20}");
        }
        let rule = BOUNDARY.split_once('[').unwrap().1.rsplit_once("]}").unwrap().0;
        let rules = |count: usize| {
            let rules = vec![rule.replace("resource.name.startsWith('a')", "true"); count].join(",");
            Boundary::parse(&format!(r#"{{"accessBoundaryRules":[{rules}]}}"#), str::to_owned)
        };
        assert!(rules(10).is_ok() && rules(0).is_err() && rules(11).is_err());
    }
}
