//! Sign-in at an identity provider: OpenID Connect Core 1.0 and Discovery 1.0, RFC 7517 (keys), RFC 7519 (tokens).
//!
//! A token says who somebody is; a key signs. The broker verifies a token when it arrives, keeps it with the key that
//! verified it, and verifies both again offline at each mint.

pub mod authorise;
pub mod device;
pub mod discovery;
mod email;
pub mod enrolment;
pub mod event;
pub mod exchange;
pub mod groups;
pub mod jwk;
pub mod keys;
pub mod landing;
pub mod token;

pub use discovery::Provider;
pub use discovery::ProviderError;
pub use email::email;
pub use event::SecurityEvent;
pub use exchange::Registration;
pub use exchange::SignInError;
pub use exchange::Tokens;
pub use groups::Groups;
pub use groups::groups;
pub use jwk::KeySet;
pub use keys::Failure;
pub use keys::KeyCache;
pub use token::Expected;
pub use token::IdTokenError;
pub use token::Nonce;
pub use token::Proven;
pub use token::verify;
pub use token::verify_again;
