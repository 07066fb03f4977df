//! Form tokens: each form carries one that fits only its browser and its path.

use std::collections::HashMap;
use std::sync::Arc;

use aws_lc_rs::hmac;
use axum::extract::FromRequest;
use axum::extract::Request;
use axum::http::HeaderMap;
use axum::http::header;
use data_encoding::BASE64URL_NOPAD;
use url::form_urlencoded;

use crate::broker::caller::read_body;
use crate::broker::problem::Code;
use crate::broker::problem::Fault;
use crate::broker::shared::Shared;

const DOMAIN: &[u8] = b"jit.page.form.v1\0";

/// The key of the tokens. It lives as long as the process.
pub struct FormKey(hmac::Key);

impl FormKey {
    /// A key of these random bytes.
    pub fn new(seed: &[u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, seed))
    }

    fn message(cookie: &str, action: &str) -> Vec<u8> {
        [DOMAIN, cookie.as_bytes(), b"\0", action.as_bytes()].concat()
    }

    /// The token of a form: for the browser with this cookie, and for this action.
    pub fn token(&self, cookie: &str, action: &str) -> String {
        BASE64URL_NOPAD.encode(hmac::sign(&self.0, &Self::message(cookie, action)).as_ref())
    }

    /// Refuses a token that is not this browser's for this action.
    ///
    /// # Errors
    /// The form was made for another browser or action, or before the broker was restarted.
    pub fn check(&self, cookie: &str, action: &str, token: &str) -> Result<(), Fault> {
        let proof = BASE64URL_NOPAD.decode(token.as_bytes()).unwrap_or_default();
        hmac::verify(&self.0, &Self::message(cookie, action), &proof).map_err(|_| {
            Fault::new(Code::Forbidden, "this form is not one that the page gave to this browser")
                .hint("go back to the page, reload it, and try again")
        })
    }
}

/// Refuses a call that another site made a browser send: the Origin must be the broker's own, exactly once, and the
/// browser must not say otherwise.
///
/// # Errors
/// The call comes from elsewhere, or does not say from where.
pub fn check_origin(headers: &HeaderMap, own: &str) -> Result<(), Fault> {
    let refuse = |why: &str| {
        Err(Fault::new(Code::Forbidden, why).hint("open the page at the broker's own address and try again"))
    };
    let mut origins = headers.get_all(header::ORIGIN).iter();
    let (first, second) = (origins.next(), origins.next());
    if first.is_none_or(|origin| origin.as_bytes() != own.as_bytes()) || second.is_some() {
        return refuse("the call does not come from this page");
    }
    let sites = headers.get_all("sec-fetch-site").iter();
    if sites.into_iter().any(|site| site.as_bytes() != b"same-origin") {
        return refuse("another site sent this call");
    }
    Ok(())
}

/// The fields of a form. A field that occurs twice is refused.
pub struct Fields(HashMap<String, String>);

impl Fields {
    /// A field's text, without blanks around it. Empty if there is no such field.
    pub fn text(&self, name: &str) -> &str {
        self.0.get(name).map_or("", |text| text.trim())
    }
}

impl FromRequest<Arc<Shared>> for Fields {
    type Rejection = Fault;

    async fn from_request(request: Request, shared: &Arc<Shared>) -> Result<Self, Fault> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let kind = kind.unwrap_or_default().split(';').next().unwrap_or_default().trim();
        if !kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return Err(Fault::new(Code::BadRequest, "the body must be a form"));
        }
        let bytes = read_body(request, shared).await?;
        let mut fields = HashMap::new();
        for (name, value) in form_urlencoded::parse(&bytes) {
            if fields.insert(name.into_owned(), value.into_owned()).is_some() {
                return Err(Fault::new(Code::BadRequest, "a field of the form occurs twice"));
            }
        }
        Ok(Self(fields))
    }
}
