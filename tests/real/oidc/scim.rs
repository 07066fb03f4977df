//! The broker's SCIM receiver, driven by `scim2-client`.

use serde_json::json;

use super::browser::Browser;
use super::canaille::Company;
use crate::peers::script::ask;

/// Canaille does not know the receiver here, so only this client speaks to it.
#[test]
fn a_strict_client_finds_ends_and_is_refused_as_the_standard_says() {
    const TOKEN: &str = "token-of-the-strict-client";
    let mut company = Company::new(&json!({"ana": ["dev"]}), None);
    company.team.broker.kill();
    company.team.broker.set("JIT_SCIM_TOKEN", TOKEN);
    company.team.broker.start();
    company.sign_in(&mut Browser::of("ana"));
    let id = company.access();
    let whoami = company.whoami();
    let subject = whoami["person"].as_str().unwrap();
    let url = format!("{}/scim/v2", company.team.broker.url);
    let found = ask("scim_client.py", &json!({"url": url, "token": TOKEN, "subject": subject}));
    assert_eq!(found["kinds"], json!(["User", "Group"]));
    // The schema asks for nothing else, so the client sends nothing else: no name, and no password.
    let sent = found["sent"].as_object().unwrap();
    let mut names: Vec<&str> = sent.keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["active", "externalId", "schemas", "userName"], "{found}");
    // The provider has not verified the address, so the user has the name by which the policy knows the person.
    assert_eq!(found["before"], json!([[subject, true]]));
    assert_eq!(found["created"], json!(["ana", subject]));
    assert_eq!(found["patched"], false);
    assert_eq!(found["after_patch"], json!([[], false]), "{found}");
    assert_eq!(found["replaced"], json!(["ana", false]));
    assert_eq!(found["groups"], 0);
    assert_eq!(found["stranger"][0], 404, "{found}");
    assert_eq!(found["filter"][0], 400, "{found}");
    assert_eq!(found["everything"][0], 404, "{found}");
    assert_eq!(found["group"][0], 501, "{found}");
    assert_eq!(company.team.bo.state(&id), "revoked");
}
