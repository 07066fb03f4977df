//! The authorisation code flow of an installed application: PKCE (RFC 7636), a loopback redirect (RFC 8252), and the
//! issuer in the answer (RFC 9207).

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::SHA256;
use aws_lc_rs::digest::digest;
use data_encoding::BASE64URL_NOPAD;
use url::Url;
use url::form_urlencoded;

use super::discovery::Provider;
use super::exchange;
use super::exchange::Registration;
use super::exchange::SignInError;
use super::exchange::Tokens;
use crate::secret::Secret;
use crate::system::Entropy;
use crate::system::Http;

/// One attempt to sign in by a browser.
pub struct Attempt {
    /// The address to open in the browser.
    pub address: String,
    redirect: String,
    state: Secret<String>,
    verifier: Secret<String>,
}

/// A request to the loopback address, judged.
#[derive(Debug, PartialEq, Eq)]
pub enum Callback {
    /// Not an answer to this attempt: the `state` is missing or another one. Nothing ends.
    Stranger,
    /// The provider's answer: an authorisation code, or the reason why there is none.
    Answer(Result<Secret<String>, SignInError>),
}

impl Attempt {
    /// Prepares an attempt whose answer goes to `redirect`. The `nonce` names the key that the person enrols.
    ///
    /// # Errors
    /// The provider signs nobody in by a browser, or accepts no PKCE with S256.
    pub fn new(
        entropy: &dyn Entropy,
        provider: &Provider,
        client: &str,
        scopes: &[String],
        nonce: &str,
        redirect: &str,
    ) -> Result<Self, SignInError> {
        let lacks = || SignInError::Lacks("sign-in by a browser");
        let mut url = Url::parse(provider.authorization.as_ref().ok_or_else(lacks)?).map_err(|_| lacks())?;
        if provider.lacks_s256 {
            return Err(SignInError::Lacks("PKCE with S256"));
        }
        let (state, verifier) = (entropy.token(), entropy.token());
        let challenge = BASE64URL_NOPAD.encode(digest(&SHA256, verifier.as_bytes()).as_ref());
        url.query_pairs_mut().extend_pairs([
            ("response_type", "code"),
            ("client_id", client),
            ("redirect_uri", redirect),
            ("scope", &scopes.join(" ")),
            ("state", &state),
            ("nonce", nonce),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ]);
        // Google issues a refresh token to an installed application only with this parameter; others ignore it.
        if provider.issuer == "https://accounts.google.com" {
            url.query_pairs_mut().append_pair("access_type", "offline");
        }
        Ok(Self {
            address: url.into(),
            redirect: redirect.to_owned(),
            state: Secret::new(state),
            verifier: Secret::new(verifier),
        })
    }

    /// Judges the query of a request to the loopback address. Another program of this machine can send one, and does not
    /// know the `state` of 256 random bits.
    pub fn judge(&self, provider: &Provider, query: &str) -> Callback {
        let pairs: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
        let only = |wanted: &str| {
            let mut values = pairs.iter().filter(|(name, _)| name == wanted).map(|(_, value)| value.as_ref());
            values.next().filter(|_| values.next().is_none())
        };
        let has = |wanted: &str| pairs.iter().any(|(name, _)| name == wanted);
        let state = only("state").unwrap_or_default();
        if verify_slices_are_equal(state.as_bytes(), self.state.expose().as_bytes()).is_err() {
            return Callback::Stranger;
        }
        let is_ours = if provider.names_itself || has("iss") {
            only("iss") == Some(provider.issuer.as_str())
        } else {
            true
        };
        Callback::Answer(if !is_ours {
            Err(SignInError::MixUp)
        } else if has("error") {
            Err(SignInError::refused(only("error").unwrap_or_default(), only("error_description")))
        } else {
            let code = only("code").filter(|code| !code.is_empty());
            code.map(Secret::from).ok_or(SignInError::Answer("it has no code"))
        })
    }

    /// Exchanges the code for tokens.
    ///
    /// # Errors
    /// The provider does not answer, refuses, or sends no ID token.
    pub async fn redeem(
        &self,
        http: &dyn Http,
        provider: &Provider,
        registration: Registration<'_>,
        code: &Secret<String>,
    ) -> Result<Tokens, SignInError> {
        exchange::by_code(http, provider, registration, code, &self.verifier, &self.redirect).await
    }
}
