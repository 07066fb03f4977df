//! Google Cloud: what a role opens there, and the access tokens.

use std::fmt;

use serde::Deserialize;
use serde_json::Value;

use super::Place;
use super::PlaceKind;
use super::endpoint;
use super::error::TargetError;
use super::error::shown;
use super::gcp_scope::OauthScopes;
use crate::address;
use crate::secret::Secret;

/// The end of every service account's address that a project's own accounts have (IAM: service accounts).
const ACCOUNT_END: &str = ".iam.gserviceaccount.com";

/// A service account that jit's token may impersonate, by way of a provider of a workload identity pool.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GcpTarget {
    /// The service account: `NAME@PROJECT.iam.gserviceaccount.com`.
    pub service_account: String,
    /// The project in which programs act if they name none. The service account may belong to another.
    pub project: String,
    /// The provider: `projects/NUMBER/locations/global/workloadIdentityPools/POOL/providers/PROVIDER`. Empty for a direct role.
    pub provider: String,
    /// The OAuth scopes of the access token.
    pub scopes: OauthScopes,
    /// What stands for Google's three addresses: http on loopback, for the sandbox and tests. `None` for Google's own.
    pub endpoint: Option<String>,
}

impl GcpTarget {
    /// Checks the parts.
    ///
    /// # Errors
    /// A name is not of the form that Google gives it, or the endpoint is not http on loopback.
    pub fn check(self) -> Result<Self, TargetError> {
        self.check_names(false)
    }

    fn check_names(self, is_direct: bool) -> Result<Self, TargetError> {
        let refused = [
            ("service account", &self.service_account, is_account(&self.service_account)),
            ("project", &self.project, is_project(&self.project)),
            ("provider", &self.provider, is_direct || is_provider(&self.provider)),
        ]
        .into_iter()
        .find(|(.., fits)| !fits);
        if let Some((what, text, _)) = refused {
            return Err(TargetError::GcpName(what, shown(text, 128)));
        }
        if let Some(endpoint) = &self.endpoint {
            endpoint::check(endpoint, true)?;
        }
        Ok(self)
    }

    /// A service account that a person's own identity impersonates: no authority opens it, so it has no provider and no text form that
    /// reads back.
    ///
    /// # Errors
    /// As for [`GcpTarget::check`].
    pub fn direct(
        service_account: String,
        project: String,
        scopes: OauthScopes,
        endpoint: Option<String>,
    ) -> Result<Self, TargetError> {
        Self { service_account, project, provider: String::new(), scopes, endpoint }.check_names(true)
    }

    /// The `aud` of a JWT for it: what a provider accepts that lists no audiences (`oidc.allowedAudiences` of IAM v1).
    pub fn audience(&self) -> String {
        match self.endpoint {
            None => format!("https://iam.googleapis.com/{}", self.provider),
            // A token that is good at Google never goes to a port of this machine.
            Some(_) => format!("sandbox.jit/{}", self.provider),
        }
    }

    /// The project.
    pub fn place(&self) -> Place {
        place(&self.project)
    }

    /// The account, the project and the limits for people.
    pub(in crate::grant) fn describe(&self) -> String {
        let limit =
            if self.scopes.is_default() { String::new() } else { format!(", scopes {}", self.scopes) };
        let endpoint = self.endpoint.as_ref();
        let way = endpoint.map_or_else(String::new, |endpoint| format!(", at {endpoint}"));
        let Self { service_account, provider, .. } = self;
        let by = if provider.is_empty() { String::new() } else { format!(", by {provider}") };
        format!("service account {service_account} in {} (gcp{by}{limit}{way})", self.place())
    }

    /// The account alone, for tables. A plan says by which provider it is opened, and where.
    pub fn brief(&self) -> String {
        format!("service account {} in {} (gcp)", self.service_account, self.place())
    }

    /// Whether its tokens do at least what another target's do: as the same service account, with scopes that include the other's. The
    /// provider is a way to it, and programs may act in every project.
    pub(in crate::grant) fn opens_at_least(&self, other: &Self) -> bool {
        let cloud = |target: &Self| target.endpoint.as_deref().map(address::evened);
        self.service_account == other.service_account
            && cloud(self) == cloud(other)
            && other.scopes.is_within(&self.scopes)
    }

    /// Reads what stands after `gcp:` in a target's text form. `None` where that is not its shape.
    pub(in crate::grant) fn parse(rest: &str) -> Result<Option<Self>, TargetError> {
        let Some((service_account, settings)) = rest.split_once('?') else { return Ok(None) };
        let (mut project, mut provider, mut scopes, mut endpoint) = (None, None, None, None);
        for setting in settings.split('&') {
            let Some((key, value)) = setting.split_once('=') else { return Ok(None) };
            let part = match key {
                "project" => &mut project,
                "provider" => &mut provider,
                "scopes" => &mut scopes,
                "endpoint" => &mut endpoint,
                _ => return Ok(None),
            };
            *part = Some(value.to_owned());
        }
        let (Some(project), Some(provider)) = (project, provider) else { return Ok(None) };
        let scopes = scopes.map(|names| OauthScopes::new(names.split(',').map(str::to_owned).collect()));
        let scopes = scopes.transpose()?.unwrap_or_default();
        let service_account = service_account.to_owned();
        Self { service_account, project, provider, scopes, endpoint }.check().map(Some)
    }
}

/// Writes the part after `gcp:` of a target's text form.
impl fmt::Display for GcpTarget {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { service_account, project, provider, .. } = self;
        write!(formatter, "{service_account}?project={project}&provider={provider}")?;
        if !self.scopes.is_default() {
            write!(formatter, "&scopes={}", self.scopes)?;
        }
        self.endpoint.as_ref().map_or(Ok(()), |endpoint| write!(formatter, "&endpoint={endpoint}"))
    }
}

/// An access token of a service account.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct GcpCredentials {
    /// The access token.
    pub token: Secret<String>,
    /// The service account that it acts as.
    pub service_account: String,
    /// The project in which programs act if they name none.
    pub project: String,
    /// The provider by which it was got. Empty for a token that was found in an environment.
    pub provider: String,
    /// What stands for Google's addresses. `None` for Google's own.
    pub endpoint: Option<String>,
    /// Whether an access boundary limits it. Google says of such a token neither whose it is nor how long it lives.
    #[serde(default)]
    pub bounded: bool,
}

impl GcpCredentials {
    /// The project.
    pub fn place(&self) -> Place {
        place(&self.project)
    }

    /// The members of the stored form, the token among them.
    pub(in crate::grant) fn secret_members(&self) -> Value {
        serde_json::json!({
            "token": self.token.expose(),
            "service_account": self.service_account,
            "project": self.project,
            "provider": self.provider,
            "endpoint": self.endpoint,
            "bounded": self.bounded,
        })
    }
}

fn place(project: &str) -> Place {
    Place { kind: PlaceKind::Project, name: project.to_owned() }
}

/// Whether a text is the id of a project: six to 30 of `a`-`z`, `0`-`9` and `-`, and before it a domain and a colon if the project
/// belongs to one (Resource Manager: identifying projects).
pub fn is_project(text: &str) -> bool {
    match text.split_once(':') {
        Some((domain, id)) => is_domain(domain) && is_id(id, 6, 30),
        None => is_id(text, 6, 30),
    }
}

/// Whether a text is the address of a project's own service account.
pub fn is_account(text: &str) -> bool {
    let Some((name, project)) = text.strip_suffix(ACCOUNT_END).and_then(|rest| rest.split_once('@')) else {
        return false;
    };
    // A project of a domain is written `project.example.com` here.
    let of_project = match project.split_once('.') {
        Some((id, domain)) => is_id(id, 6, 30) && is_domain(domain),
        None => is_id(project, 6, 30),
    };
    of_project && is_id(name, 6, 30)
}

fn is_provider(text: &str) -> bool {
    let parts: Vec<&str> = text.split('/').collect();
    let ["projects", number, "locations", "global", "workloadIdentityPools", pool, "providers", provider] =
        parts[..]
    else {
        return false;
    };
    let is_number = (1..=20).contains(&number.len())
        && number.bytes().all(|byte| byte.is_ascii_digit())
        && !number.starts_with('0');
    // IAM v1: 4 to 32 of `a`-`z`, `0`-`9` and `-`; the prefix `gcp-` is Google's own.
    let is_name = |name: &str| {
        (4..=32).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
            && !name.starts_with("gcp-")
    };
    is_number && is_name(pool) && is_name(provider)
}

/// A letter, then letters, digits and `-`, not at the end.
fn is_id(text: &str, least: usize, most: usize) -> bool {
    (least..=most).contains(&text.len())
        && text.starts_with(|first: char| first.is_ascii_lowercase())
        && !text.ends_with('-')
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

fn is_domain(text: &str) -> bool {
    text.len() <= 128
        && text.contains('.')
        && text.split('.').all(|label| {
            !label.is_empty()
                && label
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_that_google_gives() {
        for account in [
            "db-admin@prod-123456.iam.gserviceaccount.com",
            "reader@shop-1.example.com.iam.gserviceaccount.com",
        ] {
            assert!(is_account(account), "{account}");
        }
        for bad in [
            "ana@example.com",
            "db-admin@prod-123456.iam.gserviceaccount.com.evil.example",
            "db-admin@prod-123456.gserviceaccount.com",
            "db-admin@evil@prod-123456.iam.gserviceaccount.com",
            "db-admin/../x@prod-123456.iam.gserviceaccount.com",
            "db-admin%2f@prod-123456.iam.gserviceaccount.com",
            "DB-admin@prod-123456.iam.gserviceaccount.com",
            "short@prod-123456.iam.gserviceaccount.com",
            "@.iam.gserviceaccount.com",
            "123456789012-compute@developer.gserviceaccount.com",
        ] {
            assert!(!is_account(bad), "{bad}");
        }
        assert!(is_project("prod-123456") && is_project("example.com:prod-1"));
        for bad in ["", "short", "Prod-123456", "prod-", "prod 123456", "123456", "a:b:c", "example.com:"] {
            assert!(!is_project(bad), "{bad}");
        }
        assert!(is_provider(
            "projects/123456789012/locations/global/workloadIdentityPools/jit-pool/providers/jit1"
        ));
        for bad in [
            "",
            "projects/prod/locations/global/workloadIdentityPools/jit-pool/providers/jit1",
            "projects/0123/locations/global/workloadIdentityPools/jit-pool/providers/jit1",
            "projects/123/locations/eu/workloadIdentityPools/jit-pool/providers/jit1",
            "projects/123/locations/global/workloadIdentityPools/jit/providers/jit1",
            "projects/123/locations/global/workloadIdentityPools/gcp-pool/providers/jit1",
            "projects/123/locations/global/workloadIdentityPools/jit-pool/providers/jit1/",
            "projects/123/locations/global/workloadIdentityPools/jit-pool/providers/JIT1",
            "//iam.googleapis.com/projects/123/locations/global/workloadIdentityPools/jit-pool/providers/jit1",
            "locations/global/workforcePools/people/providers/jit1",
        ] {
            assert!(!is_provider(bad), "{bad}");
        }
    }
}
