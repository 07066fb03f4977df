//! Azure: what a role opens by an application of Microsoft Entra, and the access tokens.
//!
//! Entra decides how long a token lives, and nobody takes one back. [`AzureTarget::shortest_grant`] and [`AzureTarget::overrun`] follow
//! from that.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;

use super::Place;
use super::PlaceKind;
use super::azure_scope;
use super::endpoint;
use super::error::TargetError;
use super::error::shown;
use super::token::check_audience;
use crate::address;
use crate::grant::span::Span;
use crate::secret::Secret;

/// The longest life of an access token that a tenant's own policy does not change: Entra draws 60 to 90 minutes
/// (Microsoft's documentation: access tokens, "Token lifetime").
pub const LONGEST_LIFE: Span = Span::of_minutes(90);

/// The most audiences of one role: each is a call for each lease.
const MAX_AUDIENCES: usize = 8;

/// The cloud in which Entra signs in. Each national cloud is a world of its own, with its own audience for tokens that buy something.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Authority {
    /// The public cloud.
    #[default]
    Public,
    /// The cloud of the government of the United States.
    UsGovernment,
    /// The cloud of China, operated by 21Vianet.
    China,
    /// A stand-in for Entra on this machine, for the sandbox cloud and tests: http on loopback.
    Loopback(String),
}

impl Authority {
    /// Its address, without a slash at the end (azure-identity: `AzureAuthorityHosts`).
    pub fn url(&self) -> &str {
        match self {
            Self::Public => "https://login.microsoftonline.com",
            Self::UsGovernment => "https://login.microsoftonline.us",
            Self::China => "https://login.chinacloudapi.cn",
            Self::Loopback(url) => url,
        }
    }

    /// The `aud` of a JWT that buys an access token there (Microsoft's documentation: federated identity credentials).
    pub fn exchange_audience(&self) -> &'static str {
        match self {
            Self::Public => "api://AzureADTokenExchange",
            // A token that is good at Entra never goes to a port of this machine.
            Self::Loopback(_) => "sandbox.jit/entra",
            Self::UsGovernment => "api://AzureADTokenExchangeUSGov",
            Self::China => "api://AzureADTokenExchangeChina",
        }
    }

    /// The address of its web portal. `None` for what stands for Entra on this machine.
    pub fn portal(&self) -> Option<&'static str> {
        match self {
            Self::Public => Some("https://portal.azure.com"),
            Self::UsGovernment => Some("https://portal.azure.us"),
            Self::China => Some("https://portal.azure.cn"),
            Self::Loopback(_) => None,
        }
    }
}

impl FromStr for Authority {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Self, TargetError> {
        let known = [Self::Public, Self::UsGovernment, Self::China].into_iter();
        if let Some(known) = known.into_iter().find(|known| known.url() == text) {
            return Ok(known);
        }
        if !text.starts_with("http://") {
            return Err(TargetError::AzureName("authority", shown(text, 128)));
        }
        endpoint::check(text, true)?;
        if text.ends_with('/') {
            return Err(TargetError::Endpoint(shown(text, 128)));
        }
        Ok(Self::Loopback(text.to_owned()))
    }
}

impl TryFrom<String> for Authority {
    type Error = TargetError;

    fn try_from(text: String) -> Result<Self, TargetError> {
        text.parse()
    }
}

impl From<Authority> for String {
    fn from(authority: Authority) -> Self {
        authority.url().to_owned()
    }
}

/// The resources of Azure that tokens are for, by their application id URIs or ids: at least one, each once. A variable holds the token
/// for the first one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Audiences(Vec<String>);

impl Audiences {
    /// Checks audiences, and keeps their order.
    ///
    /// # Errors
    /// There is none, too many, one twice, one is no resource, or one buys something at Entra.
    pub fn new(names: Vec<String>) -> Result<Self, TargetError> {
        let refuse = |name: &str| Err(TargetError::AzureName("audience", shown(name, 128)));
        for (place, name) in names.iter().enumerate() {
            check_audience(name)?;
            if !is_resource(name) {
                return refuse(name);
            }
            if names.iter().take(place).any(|other| is_same_resource(other, name)) {
                return Err(TargetError::AzureName("second name of one audience", shown(name, 128)));
            }
        }
        if names.is_empty() || names.len() > MAX_AUDIENCES {
            return Err(TargetError::AzureName("list of audiences", format!("{} of them", names.len())));
        }
        Ok(Self(names))
    }

    /// The audiences, in order.
    pub fn names(&self) -> &[String] {
        &self.0
    }

    /// Whether every one is among others.
    pub fn is_within(&self, others: &Self) -> bool {
        self.0.iter().all(|name| others.0.contains(name))
    }
}

impl fmt::Display for Audiences {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0.join(","))
    }
}

/// Whether two texts name one resource. Libraries and Entra write a slash at the end, or leave it out.
pub fn is_same_resource(one: &str, other: &str) -> bool {
    one.trim_end_matches('/') == other.trim_end_matches('/')
}

/// Whether a text can be a resource: an https address, `api://…`, or the id of an application.
fn is_resource(text: &str) -> bool {
    // Commas part the audiences of a text form, and `&` its settings.
    if text.contains([',', '&', '#']) || text.trim_end_matches('/').ends_with("/.default") {
        return false;
    }
    if let Some(name) = text.strip_prefix("api://") {
        // An escape would be a second name of the same resource.
        return !name.is_empty() && !name.starts_with('/') && !name.contains('%');
    }
    let is_address = || {
        let url = url::Url::parse(text).ok();
        url.is_some_and(|url| {
            url.scheme() == "https" && address::is_bare(&url) && address::is_own_form(&url, text)
        })
    };
    is_id(text) || is_address()
}

/// Whether a text is an id of Entra: a GUID in lower case.
pub fn is_id(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    parts.iter().map(|part| part.len()).eq([8, 4, 4, 4, 12])
        && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f' | b'-'))
}

/// An application of Entra, as which jit's token signs in, and what its tokens are for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AzureTarget {
    /// The tenant's id.
    pub tenant: String,
    /// The application (client) id of an app registration, or of a user-assigned managed identity. Empty for a direct role.
    pub client_id: String,
    /// The resources that its tokens are for.
    pub audiences: Audiences,
    /// The cloud in which Entra signs it in.
    pub authority: Authority,
    /// Whether it is meant that a token can outlive its grant.
    pub overrun: bool,
}

impl AzureTarget {
    /// Checks the parts.
    ///
    /// # Errors
    /// An id is none.
    pub fn check(self) -> Result<Self, TargetError> {
        for (what, id) in [("tenant id", &self.tenant), ("application id", &self.client_id)] {
            if !is_id(id) {
                return Err(TargetError::AzureName(what, shown(id, 128)));
            }
        }
        Ok(self)
    }

    /// A person's own identity in a tenant, for these audiences: no authority opens it, so it has no application and no text form that
    /// reads back.
    ///
    /// # Errors
    /// The tenant's id is none, or the Azure CLI does not sign in at the authority.
    pub fn direct(tenant: String, audiences: Audiences, authority: Authority) -> Result<Self, TargetError> {
        if !is_id(&tenant) {
            return Err(TargetError::AzureName("tenant id", shown(&tenant, 128)));
        }
        if let Authority::Loopback(url) = &authority {
            return Err(TargetError::AzureName("authority of a direct role", shown(url, 128)));
        }
        Ok(Self { tenant, client_id: String::new(), audiences, authority, overrun: false })
    }

    /// Whether it is a person's own identity, and no application.
    pub fn is_direct(&self) -> bool {
        self.client_id.is_empty()
    }

    /// The application's id. The tenant's for a person's own identity, which the target does not name.
    pub fn name(&self) -> &str {
        if self.is_direct() { &self.tenant } else { &self.client_id }
    }

    /// How long a grant is at least, so that no token outlives it. `None` where the role accepts that.
    pub fn shortest_grant(&self) -> Option<Span> {
        (!self.overrun).then_some(LONGEST_LIFE)
    }

    /// How long a token can outlive its grant at most. `None` where it cannot.
    pub fn overrun(&self) -> Option<Span> {
        self.overrun.then_some(LONGEST_LIFE)
    }

    /// The tenant.
    pub fn place(&self) -> Place {
        place(&self.tenant)
    }

    /// The application, the tenant, what tokens are for, and how long they live, for people.
    pub(in crate::grant) fn describe(&self) -> String {
        let Self { client_id, audiences, .. } = self;
        let names = audiences.names().join(" and ");
        let way = match &self.authority {
            Authority::Public => String::new(),
            other => format!(", at {}", other.url()),
        };
        if self.is_direct() {
            return format!(
                "your own identity in {} (azure, for {names}{way}; nobody ends a token before it expires)",
                self.place()
            );
        }
        let end = match self.overrun() {
            Some(overrun) => format!("a token can outlive the access by up to {overrun}"),
            None => {
                format!("Entra decides how long a token lives, up to {LONGEST_LIFE}, so access is no shorter")
            }
        };
        format!("application {client_id} in {} (azure, for {names}{way}; {end})", self.place())
    }

    /// Whether it has tokens of the same application for at least another target's audiences. `overrun` makes no other target.
    pub(in crate::grant) fn opens_at_least(&self, other: &Self) -> bool {
        (&self.tenant, &self.client_id, &self.authority)
            == (&other.tenant, &other.client_id, &other.authority)
            && azure_scope::are_covered(&other.audiences, &self.audiences)
    }

    /// Reads what stands after `azure:` in a target's text form. `None` where that is not its shape.
    pub(in crate::grant) fn parse(rest: &str) -> Result<Option<Self>, TargetError> {
        let Some((client_id, settings)) = rest.split_once('?') else { return Ok(None) };
        let (mut tenant, mut audiences, mut authority, mut overrun) = (None, None, None, None);
        for setting in settings.split('&') {
            let Some((key, value)) = setting.split_once('=') else { return Ok(None) };
            let part = match key {
                "tenant" => &mut tenant,
                "audiences" => &mut audiences,
                "authority" => &mut authority,
                "overrun" => &mut overrun,
                _ => return Ok(None),
            };
            *part = Some(value);
        }
        let (Some(tenant), Some(audiences)) = (tenant, audiences) else { return Ok(None) };
        let overrun = match overrun {
            None => false,
            Some("accept") => true,
            Some(_) => return Ok(None),
        };
        let target = Self {
            tenant: tenant.to_owned(),
            client_id: client_id.to_owned(),
            audiences: Audiences::new(audiences.split(',').map(str::to_owned).collect())?,
            authority: authority.map(str::parse).transpose()?.unwrap_or_default(),
            overrun,
        };
        target.check().map(Some)
    }
}

/// Writes the part after `azure:` of a target's text form.
impl fmt::Display for AzureTarget {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { tenant, client_id, audiences, authority, overrun } = self;
        write!(formatter, "{client_id}?tenant={tenant}&audiences={audiences}")?;
        if *authority != Authority::Public {
            write!(formatter, "&authority={}", authority.url())?;
        }
        if *overrun { formatter.write_str("&overrun=accept") } else { Ok(()) }
    }
}

/// One access token of an application.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct AzureToken {
    /// The resource that it is for.
    pub audience: String,
    /// The access token.
    pub token: Secret<String>,
    /// When it expires by Entra's word, whatever the grant does.
    pub expires: Timestamp,
}

/// The access tokens of an application: one for each audience.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct AzureCredentials {
    /// The tokens, in the role's order.
    pub tokens: Vec<AzureToken>,
    /// The tenant's id.
    pub tenant: String,
    /// The application's id. Empty for the tokens of a person's own identity.
    pub client_id: String,
    /// The cloud in which Entra signed the application or the person in.
    pub authority: Authority,
    /// Whether the role accepts that a token can outlive its grant.
    pub overrun: bool,
}

impl AzureCredentials {
    /// The tenant.
    pub fn place(&self) -> Place {
        place(&self.tenant)
    }

    /// The token for a resource. `None` if the role has none for it.
    pub fn token_for(&self, resource: &str) -> Option<&AzureToken> {
        self.tokens.iter().find(|token| is_same_resource(&token.audience, resource))
    }

    /// The members of the stored form, the tokens among them.
    pub(in crate::grant) fn secret_members(&self) -> Value {
        let token = |token: &AzureToken| {
            serde_json::json!({
                "audience": token.audience,
                "token": token.token.expose(),
                "expires": token.expires,
            })
        };
        serde_json::json!({
            "tokens": self.tokens.iter().map(token).collect::<Vec<_>>(),
            "tenant": self.tenant,
            "client_id": self.client_id,
            "authority": self.authority,
            "overrun": self.overrun,
        })
    }
}

fn place(tenant: &str) -> Place {
    Place { kind: PlaceKind::Tenant, name: tenant.to_owned() }
}

#[cfg(test)]
#[path = "azure_tests.rs"]
mod tests;
