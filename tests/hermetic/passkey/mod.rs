//! Passkeys: what a browser signed holds as an SSH signature at its own site, and nowhere else.

mod alterations;
mod enrolling;
mod holding;
mod reviewing;

use std::sync::LazyLock;

use jit::identity::passkey::Site;

const NAMESPACE: &str = "jit.review.v1";
const MESSAGE: &[u8] = b"{\"kind\":\"review\"}";
const BROKER: &str = "https://jit.example.com";
const RP_ID: &str = "jit.example.com";

/// The site of [`BROKER`].
static SITE: LazyLock<Site> = LazyLock::new(|| Site::of(BROKER).unwrap());
