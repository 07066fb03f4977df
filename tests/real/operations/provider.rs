//! docs/runbook.md, where the identity provider fails its people.

use std::fs;

use serde_json::json;

use super::runbook::Machine;
use crate::oidc::browser::Browser;
use crate::oidc::provider::Provider;
use crate::peers::peer::wait_for;
use crate::peers::person::Person;
use crate::peers::person::Signs;

#[test]
fn a_provider_that_is_away_or_lost_is_handled_as_the_runbook_says() {
    let machine = Machine::new(None);
    let folder = machine.path("");
    let ana = Person::new(&folder, "ana", Signs::File);
    let bo = Person::new(&folder, "bo", Signs::File);
    machine.write_policy(&ana, &bo);
    let provider = Provider::start(&folder);
    provider.set_groups(&json!({"uma": ["dev"]}));
    let access = machine.path("srv/access/access.toml");
    let table = format!(
        "[identity.oidc]\nissuer = \"{}\"\nclient_id = \"jit\"\ngroups = \"groups\"\n[facts]\n",
        provider.issuer
    );
    let mut policy = fs::read_to_string(&access).unwrap();
    policy.push_str(&table);
    fs::write(&access, &policy).unwrap();
    let role = machine.path("srv/access/roles/orders.toml");
    let text = fs::read_to_string(&role).unwrap();
    fs::write(&role, text.replace("[\"person:ana\"]", "[\"person:ana\", \"group:dev\"]")).unwrap();
    machine.types("systemctl start jit\n");
    machine.follows("Verify the log");
    let url = format!("http://127.0.0.1:{}", machine.port);
    ana.log_in(&url);
    bo.log_in(&url);
    let uma = Person::new(&folder, "uma", Signs::File);
    let mut login = uma.start(&["login", &url, "--no-browser"]);
    login.says("code_challenge_method=S256");
    let said = login.stderr();
    let address = said.lines().find_map(|line| line.strip_prefix("  http")).unwrap();
    let mut browser = Browser::of("uma");
    let back = browser.sign_in(&format!("http{address}"));
    browser.visit(&back);
    assert_eq!(login.end().code, 0);
    let id = uma.ask("orders");

    // Away: what was given stays, nobody signs in, and the listed people go on.
    assert!(machine.follows("The identity provider is away").contains("authorization_endpoint"));
    fs::write(&access, &policy).unwrap();
    let issuer = provider.issuer.clone();
    drop(provider);
    let said = machine.follows("The identity provider is away");
    assert!(said.contains(&format!("{issuer} does not answer")), "{said}");
    assert!(fs::read_to_string(&access).unwrap().contains("max_age = \"12h\""));
    let refused = Person::new(&folder, "vic", Signs::File).run(&["login", &url, "--no-browser"]).refused();
    let host = issuer.trim_start_matches("http://");
    assert!(refused.contains(host) && refused.contains("jit login --key FILE"), "{refused}");
    assert_eq!(uma.run(&["whoami"]).code, 0);
    bo.approve(&id);

    // Broken into: what sign-ins gave is over, and the list names whom to look at.
    let said = machine.follows("The identity provider was broken into");
    assert!(said.contains("\"uma\",\"SHA256:"), "{said}");
    let text = fs::read_to_string(&access).unwrap();
    assert!(text.contains("https://closed.invalid") && !text.contains(&issuer), "{text}");
    wait_for("the end of the session", || uma.run(&["whoami"]).code != 0);
    wait_for("the end of the request", || bo.state(&id) == "revoked");
    let again = ana.ask("orders");
    bo.approve(&again);
}
