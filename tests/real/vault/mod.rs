//! A vault that really verifies: OpenBao. HashiCorp's Vault, whose protocol it speaks, is not called.

use http::Method;
use jiff::Timestamp;
use serde_json::Value;
use serde_json::json;

use crate::peers::issuer_site::IssuerSite;
use crate::peers::openbao::OpenBao;

/// Signs in with a token of this audience. Returns the status and the answer.
fn sign_in(bao: &OpenBao, site: &IssuerSite, audience: &str) -> (u16, Value) {
    let now = Timestamp::now();
    let claims = json!({"iss": site.url, "sub": "jit:role:reader", "aud": audience,
        "iat": now.as_second(), "exp": now.as_second() + 60});
    let token = site.issuer.sign(claims.as_object().unwrap(), now).unwrap().expose().clone();
    bao.call_as("", Method::POST, "auth/jwt/login", &json!({"role": "reader", "jwt": token}))
}

#[test]
fn a_token_of_the_issuer_opens_what_its_role_allows_and_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let site = IssuerSite::start(&folder.path().join("issuer"));
    let bao = OpenBao::start(folder.path());
    bao.trust(&site.url);
    bao.policy("orders", "path \"secret/data/orders/*\" { capabilities = [\"read\"] }");
    bao.role(
        "reader",
        &json!({"bound_audiences": ["vault"], "bound_subject": "jit:role:reader",
            "token_policies": ["orders"], "token_ttl": "10m", "token_max_ttl": "10m"}),
    );
    bao.call(Method::POST, "secret/data/orders/db", &json!({"data": {"password": "canary"}}));
    bao.call(Method::POST, "secret/data/billing/db", &json!({"data": {"password": "canary"}}));

    let (status, answer) = sign_in(&bao, &site, "vault");
    assert_eq!((status, &answer["auth"]["token_policies"]), (200, &json!(["default", "orders"])), "{answer}");
    assert_eq!(answer["auth"]["lease_duration"], 600);
    let token = answer["auth"]["client_token"].as_str().unwrap();
    let read = |path: &str| bao.call_as(token, Method::GET, path, &Value::Null);
    assert_eq!(read("secret/data/orders/db").1["data"]["data"]["password"], "canary");
    assert_eq!(read("secret/data/billing/db").0, 403);
    let write = bao.call_as(token, Method::POST, "secret/data/orders/db", &json!({"data": {}}));
    assert_eq!(write.0, 403);

    let (status, answer) = sign_in(&bao, &site, "another");
    assert_eq!(status, 400, "{answer}");
    assert!(answer.to_string().contains("invalid audience (aud) claim"), "{answer}");
}
