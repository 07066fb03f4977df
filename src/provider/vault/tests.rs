//! The meaning of the server's refusals, as OpenBao 2.7.2 words them.

use serde_json::json;

use super::refusal::Call;
use super::refusal::refused;
use super::*;
use crate::provider::voucher::Voucher;
use crate::system::fake::CountedEntropy;
use crate::system::fake::FakeClock;
use crate::system::fake::FakeHttp;

fn target() -> VaultTarget {
    let text = "vault:https://vault.example.com?role=prod&mount=jwt&policies=jit-kv";
    let target: crate::grant::Target = text.parse().unwrap();
    target.as_vault().unwrap().clone()
}

/// Every refusal that was recorded has a meaning, a hint, and an answer to the question whether to try again.
#[test]
fn each_refusal_has_its_meaning() {
    let (http, clock, entropy) =
        (FakeHttp::default(), FakeClock::at("2026-11-23T12:00:00Z"), CountedEntropy::default());
    let world = World {
        http: &http,
        clock: &clock,
        entropy: &entropy,
        voucher: Voucher::Broker,
        service: "the server https://vault.example.com",
    };
    let cases = [
        (
            Call::SignIn,
            400,
            "error validating token: invalid audience (aud) claim: audience claim does not match any expected audience",
        ),
        (Call::SignIn, 400, "error validating token: invalid subject (sub) claim"),
        (Call::SignIn, 400, "error validating token: invalid issuer (iss) claim"),
        (Call::SignIn, 400, "error validating token: invalid expiration time (exp) claim: token is expired"),
        (Call::SignIn, 400, "error validating token: invalid not before (nbf) claim: token not yet valid"),
        (
            Call::SignIn,
            400,
            "error validating token: error verifying token signature: failed to verify id token signature",
        ),
        (
            Call::SignIn,
            400,
            "error validating token: error verifying token signature: fetching keys oidc: get keys failed Get \"http://127.0.0.1:39085/jwks\": dial tcp 127.0.0.1:39085: connect: connection refused",
        ),
        (Call::SignIn, 400, "role \"nobody\" could not be found"),
        (Call::SignIn, 400, "claim \"email\" not found in token"),
        (Call::SignIn, 400, "audience claim found in JWT but no audiences bound to the role"),
        (Call::SignIn, 403, "permission denied"),
        (Call::SignIn, 404, "namespace not found"),
        (Call::SignIn, 429, "request path \"auth/jwt/login\": rate limit quota exceeded"),
        (Call::SignIn, 503, "Vault is sealed"),
        (Call::Child, 400, "child policies must be subset of parent"),
        (Call::Child, 400, "restricted use token cannot generate child tokens"),
        (Call::Child, 403, "1 error occurred:\n\t* permission denied\n\n"),
        (Call::Own, 403, "permission denied"),
        (Call::Own, 403, "1 error occurred:\n\t* permission denied\n\n"),
        (Call::Own, 500, "internal error"),
    ];
    let mut lines = String::new();
    for (call, status, text) in cases {
        let refusal = refused(world, call, (status, &json!({ "errors": [text] })), &target());
        assert!(refusal.error.hint.is_some() && refusal.again == refusal.error.passing, "{text}");
        let again = if refusal.again { " [again]" } else { "" };
        lines.push_str(&format!("{}{again}\n", refusal.error.message.split(" (HTTP").next().unwrap()));
    }
    insta::assert_snapshot!(lines, @"
    the server https://vault.example.com expects a token for another audience than https://vault.example.com
    the server's role is bound to another subject than this role's
    the server https://vault.example.com trusts another issuer
    the server https://vault.example.com says that the token is not valid now
    the server https://vault.example.com says that the token is not valid now
    the server https://vault.example.com does not find the key that signed the token
    the server https://vault.example.com cannot fetch the issuer's keys [again]
    the server https://vault.example.com has no role prod at auth/jwt
    the server's role demands a claim that the token does not have
    the server https://vault.example.com expects a token for another audience than https://vault.example.com
    the server https://vault.example.com has no JWT authentication at auth/jwt, or the role there takes no sign-in from the caller's address
    the server https://vault.example.com has no such namespace or path
    the server https://vault.example.com is asked too often, or is a standby [again]
    the server https://vault.example.com is sealed [again]
    the server's role does not give every policy that the role or its scope names
    tokens of the server's role may be used only a few times, so they make no children
    the server's role may not make the token that ends with the access
    the server takes no such token from here: it has expired, was revoked, or is bound to other addresses
    no policy of the server's lets the token look itself up or revoke itself
    the server https://vault.example.com failed [again]
    ");
}

/// A server that echoes our token does not bring it into an error.
#[test]
fn no_refusal_shows_a_token() {
    let told =
        json!({ "errors": ["bad token eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0.c2lnbmF0dXJl", "\u{1b}[31m"] });
    let said = refusal::said(&told);
    assert!(!said.contains("eyJ") && !said.contains('\u{1b}'), "{said}");
}
