//! A token of the authority's own issuer, for any program that trusts the issuer.

use std::fmt;

use serde::Deserialize;
use serde_json::Value;

use super::Place;
use super::PlaceKind;
use super::claims::Claims;
use super::error::TargetError;
use super::error::shown;
use crate::secret::Secret;

/// The longest audience, in characters.
const MAX_AUDIENCE: usize = 255;

/// Audiences with which a token of the issuer buys something else, so that no `[token]` may have them: AWS's STS, the sandbox
/// cloud, Entra's token exchange, and Google's workload identity pools. The authority buys there itself, and those tokens never
/// leave it.
const EXCHANGED: [&str; 10] = [
    "sts.amazonaws.com",
    "sts.amazonaws.com.cn",
    "sandbox.jit",
    "api://azureadtokenexchange",
    // The id of the same resource, which is one in every tenant.
    "fb60f99c-7a34-4190-8149-302f77469936",
    "api://fb60f99c-7a34-4190-8149-302f77469936",
    "//iam.googleapis.com/",
    "https://iam.googleapis.com/",
    "https://sts.googleapis.com",
    "https://sts.amazonaws.com",
];

/// The audience of a token, and the claims that it carries.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenTarget {
    /// The one audience (`aud`, RFC 7519 §4.1.3).
    pub audience: String,
    /// The claims besides those that the authority writes. `None` if there are none.
    pub claims: Option<Claims>,
}

impl TokenTarget {
    /// A target; its audience must be printable, and must not be one of a cloud's token exchange.
    ///
    /// # Errors
    /// The audience is empty, too long, or a cloud's.
    pub fn new(audience: String, claims: Option<Claims>) -> Result<Self, TargetError> {
        check_audience(&audience)?;
        Ok(Self { audience, claims })
    }

    /// The place where the token is good for something: its audience.
    pub fn place(&self) -> Place {
        Place { kind: PlaceKind::Audience, name: self.audience.clone() }
    }

    /// Whether its token says at least what another target's token says to the same audience. Audiences are compared letter by letter
    /// (RFC 7519 §2, StringOrURI). A claim counts as power, never as a limit: the token has each claim of the other one, with the same
    /// value, or with a list that holds the other's list. A text and a list with that text are not compared.
    pub(in crate::grant) fn opens_at_least(&self, other: &Self) -> bool {
        let adds_nothing = |claims: &Claims| claims.beside(self.claims.as_ref()).is_empty();
        self.audience == other.audience && other.claims.as_ref().is_none_or(adds_nothing)
    }

    /// Reads what stands after `token:` in a target's text form. `None` where that is not its shape.
    pub(in crate::grant) fn parse(rest: &str) -> Result<Option<Self>, TargetError> {
        let Some((audience, settings)) = rest.split_once('?') else {
            return Self::new(rest.to_owned(), None).map(Some);
        };
        let claims = settings.strip_prefix("claims=").map(Claims::parse);
        match claims {
            Some(Ok(claims)) => Self::new(audience.to_owned(), Some(claims)).map(Some),
            Some(Err(_)) | None => Ok(None),
        }
    }
}

/// Checks the audience of a token that its holder gets: printable, and not one of a cloud's token exchange.
pub(super) fn check_audience(audience: &str) -> Result<(), TargetError> {
    let fits = (1..=MAX_AUDIENCE).contains(&audience.len())
        && audience.bytes().all(|byte| byte.is_ascii_graphic() && !b"?\"\\".contains(&byte));
    if !fits {
        return Err(TargetError::Audience(shown(audience, 128)));
    }
    check_exchanged(audience)
}

/// Refuses the audience of a cloud's token exchange.
pub(super) fn check_exchanged(audience: &str) -> Result<(), TargetError> {
    let lower = audience.to_ascii_lowercase();
    if EXCHANGED.iter().any(|cloud| lower.starts_with(cloud)) {
        return Err(TargetError::Exchanged(audience.to_owned()));
    }
    Ok(())
}

/// Writes the part after `token:` of a target's text form.
impl fmt::Display for TokenTarget {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.audience)?;
        self.claims.as_ref().map_or(Ok(()), |claims| write!(formatter, "?claims={claims}"))
    }
}

/// A token that the authority's issuer signed.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct TokenCredentials {
    /// The JWT.
    pub token: Secret<String>,
    /// Its audience.
    pub audience: String,
}

impl TokenCredentials {
    /// The place that it opens.
    pub fn place(&self) -> Place {
        Place { kind: PlaceKind::Audience, name: self.audience.clone() }
    }

    /// The members of the stored form, the token among them.
    pub(in crate::grant) fn secret_members(&self) -> Value {
        serde_json::json!({ "token": self.token.expose(), "audience": self.audience })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_audience_of_a_cloud_is_ever_handed_out() {
        for cloud in [
            "sts.amazonaws.com",
            "STS.amazonaws.com",
            "sandbox.jit",
            "api://AzureADTokenExchange",
            "api://AzureADTokenExchangeUSGov",
            "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/q",
            "https://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/q",
        ] {
            assert!(
                matches!(TokenTarget::new(cloud.to_owned(), None), Err(TargetError::Exchanged(_))),
                "{cloud}"
            );
        }
        for bad in ["", "a b", "a?b", "a\u{e9}", "a\n", &"a".repeat(256)] {
            assert!(
                matches!(TokenTarget::new(bad.to_owned(), None), Err(TargetError::Audience(_))),
                "{bad:?}"
            );
        }
    }
}
