//! The device flow (RFC 8628): a person enters a code on the provider's page, on any machine.

use std::time::Duration;

use serde::Deserialize;
use url::Url;

use super::discovery::Provider;
use super::exchange;
use super::exchange::Registration;
use super::exchange::SignInError;
use super::exchange::Tokens;
use crate::address;
use crate::grant::text::sanitise;
use crate::secret::Secret;
use crate::system::Http;

/// The pause between two polls if the provider names none, in seconds (section 3.2).
const INTERVAL: u64 = 5;
/// The increase of the pause after each `slow_down` (section 3.5). It stays for the rest of the flow.
const SLOWER: Duration = Duration::from_secs(5);
/// The longest pause between two polls.
const MOST: Duration = Duration::from_secs(60);
/// The longest flow, in seconds.
const LONGEST: u64 = 60 * 60;
/// The most characters of a code that are shown.
const MAX_CODE: usize = 64;

/// A device flow in progress.
pub struct Device {
    code: Secret<String>,
    /// The code that the person enters, safe for a terminal.
    pub user_code: String,
    /// The page where the person enters it.
    pub address: String,
    /// The same page with the code in it, if the provider has one.
    pub complete: Option<String>,
    /// The time limit of the whole flow.
    pub limit: Duration,
    /// The pause before the next poll.
    pub interval: Duration,
}

#[derive(Deserialize)]
struct Begun {
    device_code: Secret<String>,
    user_code: String,
    verification_uri: String,
    verification_uri_complete: Option<String>,
    expires_in: u64,
    interval: Option<u64>,
}

impl Device {
    /// Starts the flow.
    ///
    /// # Errors
    /// The provider has no device flow, does not answer, or refuses.
    pub async fn begin(
        http: &dyn Http,
        provider: &Provider,
        registration: Registration<'_>,
        scopes: &[String],
        nonce: &str,
    ) -> Result<Self, SignInError> {
        let endpoint = provider.device.as_ref().ok_or(SignInError::Lacks("device flow"))?;
        // RFC 8628 defines no nonce. Providers that take over the parameters of the authorisation request sign it.
        let scopes = scopes.join(" ");
        let fields = [("scope", scopes.as_str()), ("nonce", nonce)];
        let body = exchange::post(http, endpoint, registration, &fields).await?;
        let begun: Begun =
            serde_json::from_slice(&body).map_err(|_| SignInError::Answer("it begins no device flow"))?;
        // The page must be one to which a person can safely go.
        let page = |text: String| {
            Url::parse(&text).is_ok_and(|url| address::is_private(&url)).then(|| sanitise(&text))
        };
        let address = page(begun.verification_uri).ok_or(SignInError::Answer("its page is not https"))?;
        Ok(Self {
            code: begun.device_code,
            user_code: sanitise(&begun.user_code.chars().take(MAX_CODE).collect::<String>()),
            address,
            complete: begun.verification_uri_complete.and_then(page),
            limit: Duration::from_secs(begun.expires_in.min(LONGEST)),
            interval: Duration::from_secs(begun.interval.unwrap_or(INTERVAL).max(1)).min(MOST),
        })
    }

    /// Polls once. `None` while the person has not decided. Call it only after [`Device::interval`] has passed.
    ///
    /// # Errors
    /// The flow ended without a token.
    pub async fn poll(
        &mut self,
        http: &dyn Http,
        provider: &Provider,
        registration: Registration<'_>,
    ) -> Result<Option<Tokens>, SignInError> {
        let fields = [
            ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
            ("device_code", self.code.expose().as_str()),
        ];
        match exchange::tokens(http, provider, registration, &fields).await {
            Ok(tokens) if tokens.id.is_none() => Err(SignInError::Answer("it has no ID token")),
            Ok(tokens) => Ok(Some(tokens)),
            Err(error) => match error.code() {
                Some("authorization_pending") => Ok(None),
                Some("slow_down") => {
                    self.interval = (self.interval + SLOWER).min(MOST);
                    Ok(None)
                }
                // A connection that failed once may work again: the pause doubles (section 3.5).
                None if matches!(error, SignInError::Network(_)) => {
                    self.interval = (self.interval * 2).min(MOST);
                    Ok(None)
                }
                _ => Err(error),
            },
        }
    }
}
