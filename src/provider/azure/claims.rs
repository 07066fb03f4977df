//! The claims of an access token that is a JWT: its tenant, its application or person, its audience and its end.
//!
//! Nobody but the resource verifies the signature. The claims are read so that no token of another tenant or application
//! is given away or kept: the token itself comes from Entra over TLS, or sealed from the authority. The names are those
//! of Microsoft's "Access token claims reference": `appid` in tokens of version 1, `azp` in those of version 2.

use data_encoding::BASE64URL_NOPAD;
use jiff::SignedDuration;
use jiff::Timestamp;
use serde::Deserialize;
use serde::Deserializer;
use serde_json::Value;

use crate::grant::cloud::azure::is_id;
use crate::grant::cloud::azure::is_same_resource;
use crate::provider::ProviderError;
use crate::provider::exchange::World;
use crate::provider::timing::MAX_SKEW;
use crate::secret::Secret;

/// The two addresses of one service, the Resource Manager: either may stand in a token.
const RESOURCE_MANAGER: [&str; 2] = ["https://management.azure.com", "https://management.core.windows.net"];

/// An application in a tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct App<'a> {
    /// The tenant's id.
    pub tenant: &'a str,
    /// The application's id. Empty for a person's own identity, which may sign in by any application.
    pub client_id: &'a str,
}

/// A JWT with a claim of another type than Entra's: nothing can be compared with it, so it is not used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("says its tenant, application or audience in a form that jit does not know")]
pub struct Odd;

/// The claims that are looked at. Each may be missing.
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Said {
    tid: Option<String>,
    appid: Option<String>,
    azp: Option<String>,
    #[serde(default, deserialize_with = "one_audience")]
    aud: Option<String>,
    exp: Option<i64>,
    upn: Option<String>,
    oid: Option<String>,
}

/// The audience, as a text or as a list of exactly one (RFC 7519 §4.1.3).
fn one_audience<'de, D: Deserializer<'de>>(value: D) -> Result<Option<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Audience {
        Text(String),
        One([String; 1]),
    }
    Ok(Option::<Audience>::deserialize(value)?.map(|audience| match audience {
        Audience::Text(text) | Audience::One([text]) => text,
    }))
}

impl Said {
    /// Reads a token. `None` if it is no JWT: it is opaque then, as resources may wish.
    ///
    /// # Errors
    /// It is a JWT, and a claim is of another type.
    pub fn read(token: &Secret<String>) -> Result<Option<Self>, Odd> {
        let Some(payload) = Self::payload(token) else { return Ok(None) };
        serde_json::from_value(payload).map(Some).map_err(|_| Odd)
    }

    /// The claims of three parts of which the first two are JSON objects.
    fn payload(token: &Secret<String>) -> Option<Value> {
        let parts: Vec<&str> = token.expose().split('.').collect();
        let [header, payload, _] = parts[..] else { return None };
        let object = |part: &str| -> Option<Value> {
            let value: Value = serde_json::from_slice(&BASE64URL_NOPAD.decode(part.as_bytes()).ok()?).ok()?;
            value.is_object().then_some(value)
        };
        object(header)?;
        object(payload)
    }

    /// The tenant.
    pub fn tenant(&self) -> Option<&str> {
        self.tid.as_deref()
    }

    /// The application.
    pub fn client_id(&self) -> Option<&str> {
        self.appid.as_deref().or(self.azp.as_deref())
    }

    /// The resource.
    pub fn audience(&self) -> Option<&str> {
        self.aud.as_deref()
    }

    /// The person's name, as they sign in. `None` for an application, and for most guests.
    pub fn upn(&self) -> Option<&str> {
        self.upn.as_deref().filter(|name| (1..=256).contains(&name.len()) && !name.contains(char::is_control))
    }

    /// The id in the tenant of the person or the application.
    pub fn object_id(&self) -> Option<&str> {
        self.oid.as_deref().filter(|id| is_id(id))
    }

    /// When it ends, if it says that in seconds of an era that exists.
    pub fn end(&self) -> Option<Timestamp> {
        self.exp.and_then(|seconds| Timestamp::from_second(seconds).ok())
    }

    /// Whether it says whose it is.
    pub fn is_telling(&self) -> bool {
        self.tenant().is_some() && self.client_id().is_some()
    }

    /// The words for a token that is not this application's for this audience, like `another tenant's`. `None` if no claim contradicts it.
    pub fn contradiction(&self, app: App<'_>, audience: &str) -> Option<&'static str> {
        let differs = |said: Option<&str>, wanted: &str| said.is_some_and(|said| said != wanted);
        if differs(self.tenant(), app.tenant) {
            return Some("another tenant's");
        }
        let is_others = |said: &Option<String>| differs(said.as_deref(), app.client_id);
        if !app.client_id.is_empty() && (is_others(&self.appid) || is_others(&self.azp)) {
            return Some("another application's");
        }
        let fits = self.audience().is_none_or(|said| is_of_resource(said, audience));
        (!fits).then_some("for another audience")
    }
}

/// Whether a token's audience is the wanted resource. If Entra writes the resource's id instead of its address, nothing
/// here knows which resource that is; only an address that itself is made of an id can be compared.
fn is_of_resource(said: &str, wanted: &str) -> bool {
    let of_manager = |name: &str| RESOURCE_MANAGER.iter().any(|known| is_same_resource(known, name));
    if is_same_resource(said, wanted) || of_manager(said) && of_manager(wanted) {
        return true;
    }
    let name = wanted.strip_prefix("api://").unwrap_or(wanted);
    is_id(said) && (!is_id(name) || name == said)
}

/// Compares a token that Entra gave with the application, the audience, and the end that Entra announced.
///
/// # Errors
/// It is another's, for something else, in a form that nobody knows, or lives longer than announced.
pub fn check(
    world: World<'_>,
    token: &Secret<String>,
    (app, audience): (App<'_>, &str),
    expires: Timestamp,
) -> Result<(), ProviderError> {
    let refuse = |what: &str| ProviderError {
        message: format!("{} answered with a token that {what}", world.service),
        hint: Some("check the address: it does not behave like Entra's".to_owned()),
        passing: false,
    };
    let Some(said) = Said::read(token).map_err(|odd| refuse(&odd.to_string()))? else { return Ok(()) };
    if let Some(whose) = said.contradiction(app, audience) {
        return Err(refuse(&format!("is {whose}")));
    }
    let latest = (expires + SignedDuration::from_secs(MAX_SKEW)).as_second();
    if said.exp.is_some_and(|end| end > latest) {
        return Err(refuse("lives longer than it announced"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TENANT: &str = "0f5a3c1e-4b1d-4c5e-9f00-2a7d1b6c8e90";
    const APP: &str = "7c1e2d3f-aaaa-4bbb-8ccc-123456789abc";
    const OTHER: &str = "11111111-2222-4333-8444-555555555555";

    fn said(claims: &Value) -> Option<Said> {
        let part = |value: &Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
        let header = part(&serde_json::json!({ "alg": "RS256" }));
        Said::read(&Secret::new(format!("{header}.{}.c2ln", part(claims)))).unwrap()
    }

    #[test]
    fn whose_a_token_is_is_read_in_both_versions() {
        let (app, manager) = (App { tenant: TENANT, client_id: APP }, "https://management.azure.com");
        let told = |claims: Value| said(&claims).unwrap().contradiction(app, manager);
        let of = |name: &str, id: &str, aud: &str| {
            let mut claims = serde_json::json!({ "tid": TENANT, "aud": aud });
            claims[name] = id.into();
            claims
        };
        for aud in [manager, "https://management.azure.com/", "https://management.core.windows.net/", OTHER] {
            assert_eq!(told(of("appid", APP, aud)), None, "{aud}");
            assert_eq!(told(of("azp", APP, aud)), None, "{aud}");
        }
        assert_eq!(told(of("appid", OTHER, manager)), Some("another application's"));
        assert_eq!(told(of("azp", OTHER, manager)), Some("another application's"));
        assert_eq!(told(of("appid", APP, "https://graph.microsoft.com")), Some("for another audience"));
        assert_eq!(told(serde_json::json!({ "tid": OTHER, "appid": APP })), Some("another tenant's"));
        // Two names of which one is another's.
        assert_eq!(
            told(serde_json::json!({ "tid": TENANT, "appid": APP, "azp": OTHER })),
            Some("another application's")
        );
        let by_id =
            |aud: &str| said(&of("azp", APP, aud)).unwrap().contradiction(app, &format!("api://{APP}"));
        assert_eq!((by_id(APP), by_id(OTHER)), (None, Some("for another audience")));
    }

    #[test]
    fn a_person_may_sign_in_by_any_application() {
        let anyone = App { tenant: TENANT, client_id: "" };
        let told = |claims: Value| said(&claims).unwrap().contradiction(anyone, "https://vault.azure.net");
        assert_eq!(told(serde_json::json!({ "tid": TENANT, "appid": OTHER, "azp": APP })), None);
        assert_eq!(told(serde_json::json!({ "tid": OTHER, "appid": APP })), Some("another tenant's"));
        let aud = "https://management.azure.com";
        assert_eq!(told(serde_json::json!({ "tid": TENANT, "aud": aud })), Some("for another audience"));
        let named =
            |upn: &str| said(&serde_json::json!({ "upn": upn, "oid": "x", "exp": i64::MAX })).unwrap();
        assert_eq!(named("ana@example.com").upn(), Some("ana@example.com"));
        assert_eq!((named("a\u{1b}[31m").upn(), named("").upn()), (None, None));
        assert_eq!((named("x").object_id(), named("x").end()), (None, None));
    }

    #[test]
    fn what_is_no_jwt_is_opaque() {
        for text in ["", "opaque", "a.b.c", "EwBwA8l6BAAU.x", "eyJhbGciOiJSUzI1NiJ9.WzFd.c2ln", "a.b.c.d.e"] {
            assert_eq!(Said::read(&Secret::from(text)), Ok(None), "{text}");
        }
        assert!(!said(&serde_json::json!({})).unwrap().is_telling());
        assert!(said(&serde_json::json!({ "tid": TENANT, "azp": APP })).unwrap().is_telling());
    }
}
