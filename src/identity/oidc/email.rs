//! The e-mail address that a provider vouches for.

use super::Proven;

/// The e-mail address, if the provider says in JSON's `true` that it verified it. Some providers send the text `"true"`,
/// which is no boolean and proves nothing (OpenID Connect Core 1.0, section 5.1).
pub fn email(proven: &Proven) -> Option<&str> {
    let verified = proven.claim("email_verified")?.as_bool()?;
    proven.claim("email")?.as_str().filter(|_| verified)
}
