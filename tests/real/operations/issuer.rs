//! The issuer apart from the broker: a plain web server publishes its documents, PyJWT and jose verify through it, and so does
//! a cloud, before, during and after a rotation.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use data_encoding::BASE64URL_NOPAD;
use jit::provider::aws::endpoint::SANDBOX_AUDIENCE;
use serde_json::Value;
use serde_json::json;

use super::runbook::Machine;
use crate::peers::faketime::MovedClock;
use crate::peers::faketime::variables;
use crate::peers::peer::Peer;
use crate::peers::peer::status_of;
use crate::peers::peer::wait_for;
use crate::peers::script::ask;
use crate::peers::site::SandboxCloud;
use crate::peers::site::arn;
use crate::peers::team::Team;
use crate::peers::tool;
use crate::support::ports::free_ports;

const ROLE: &str = "orders-admin";
const DAY: i64 = 24 * 3_600;

/// Python's own web server over a folder.
fn web_host(folder: &Path, port: u16) -> Peer {
    fs::create_dir_all(folder).unwrap();
    let mut command = Command::new(tool("python"));
    command.args(["-m", "http.server", &port.to_string(), "--bind", "127.0.0.1", "--directory"]).arg(folder);
    let peer = Peer::start("web-host", &command, folder.parent().unwrap());
    peer.wait_until("it answers", || status_of(port, "/").is_some());
    peer
}

/// The key id of a token.
fn kid_of(token: &str) -> String {
    let header = BASE64URL_NOPAD.decode(token.split('.').next().unwrap().as_bytes()).unwrap();
    serde_json::from_slice::<Value>(&header).unwrap()["kid"].as_str().unwrap().to_owned()
}

/// The ids of the keys that the web host shows.
fn published(site: &Path) -> Vec<String> {
    let text = fs::read(site.join(".well-known/jwks.json")).unwrap_or_default();
    let set: Value = serde_json::from_slice(&text).unwrap_or_default();
    let keys = set["keys"].as_array().cloned().unwrap_or_default();
    keys.iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn relying_parties_verify_through_the_published_address_alone() {
    let mut team = Team::new();
    let [port] = free_ports();
    let issuer = format!("http://127.0.0.1:{port}");
    let site = team.folder().join("site");
    let cloud = SandboxCloud::start(&issuer, &[ROLE], None);
    team.add_role(
        ROLE,
        &format!("[sandbox]\nrole_arn = \"{}\"\nendpoint_url = \"{}\"\n", arn(ROLE), cloud.url),
    );
    team.broker.flags(&["--issuer", &issuer, "--issuer-dir", site.to_str().unwrap()]);
    team.open();
    let id = team.grant(ROLE);
    // Nobody serves the folder yet.
    let refused = team.ana.run(&["exec", ROLE, "--env", "--", "true"]).refused();
    assert!(refused.contains(&format!("{issuer} does not serve the broker's signing key")), "{refused}");
    assert_eq!(cloud.sent("WebIdentityToken"), [""; 0], "no token left the broker");
    assert_eq!(team.ana.state(&id), "approved", "and no access time was used");
    let broker_port = team.broker.url.rsplit(':').next().unwrap().parse().unwrap();
    assert_eq!(status_of(broker_port, "/readyz"), Some(503));
    let host = web_host(&site, port);
    wait_for("the broker sees the host", || status_of(broker_port, "/readyz") == Some(200));
    team.ana.run(&["exec", ROLE, "--env", "--", "true"]).ok();
    let token = cloud.sent("WebIdentityToken").pop().unwrap();
    assert_eq!(published(&site), [kid_of(&token)]);
    let question = json!({"issuer": issuer, "audience": SANDBOX_AUDIENCE, "subject": format!("jit:role:{ROLE}"),
        "tokens": BTreeMap::from([("good", &token)])});
    for script in ["jwt_pyjwt.py", "jwt_jose.mjs"] {
        let verdict = ask(script, &question);
        assert_eq!(verdict["good"]["iss"], issuer.as_str(), "{script}: {verdict}");
    }
    // The broker's own address is no issuer: who trusts it accepts nothing.
    let elsewhere =
        json!({"issuer": team.broker.url, "audience": SANDBOX_AUDIENCE, "subject": "x", "tokens": {}});
    let refused = std::panic::catch_unwind(|| ask("jwt_pyjwt.py", &elsewhere)).unwrap_err();
    let refused = refused.downcast_ref::<String>().unwrap();
    assert!(refused.contains("AssertionError"), "its discovery document names another issuer: {refused}");
    let doctor = team.ana.run(&["doctor", "--json"]);
    assert!(doctor.stdout.contains("serves the broker's documents, with 1 key"), "{doctor:?}");
    // A file that somebody deletes is written again.
    fs::remove_file(site.join(".well-known/jwks.json")).unwrap();
    wait_for("the file is back", || published(&site) == [kid_of(&token)]);
    assert!(host.log().contains("GET /.well-known/openid-configuration"), "{}", host.log());
}

#[test]
fn a_rotation_never_signs_with_a_key_that_the_host_does_not_show() {
    let mut team = Team::new();
    let [port] = free_ports();
    let issuer = format!("http://127.0.0.1:{port}");
    let (site, clock) = (team.folder().join("site"), MovedClock::default());
    let _host = web_host(&site, port);
    let cloud = SandboxCloud::start(&issuer, &[ROLE], Some(Arc::new(clock.clone())));
    team.add_role(
        ROLE,
        &format!("[sandbox]\nrole_arn = \"{}\"\nendpoint_url = \"{}\"\n", arn(ROLE), cloud.url),
    );
    team.broker.flags(&["--issuer", &issuer, "--issuer-dir", site.to_str().unwrap()]);
    let file = team.folder().join("clock");
    fs::write(&file, "+0s").unwrap();
    for (variable, value) in variables(&file) {
        team.broker.set(variable, &value);
        team.ana.set(variable, &value);
        team.bo.set(variable, &value);
    }
    // Time passes while the broker is down, because a running one distrusts a clock that jumps.
    let pass = |team: &mut Team, seconds: i64| {
        clock.set(seconds);
        fs::write(&file, format!("+{seconds}s")).unwrap();
        team.broker.kill();
        team.open();
    };
    let used = |team: &Team| {
        team.grant(ROLE);
        team.ana.run(&["exec", ROLE, "--env", "--", "true"]).ok();
        let kid = kid_of(&cloud.sent("WebIdentityToken").pop().unwrap());
        team.ana.run(&["end", ROLE]).ok();
        kid
    };
    team.open();
    wait_for("the first key is there", || published(&site).len() == 1);
    let first = used(&team);
    assert_eq!(published(&site), std::slice::from_ref(&first));
    pass(&mut team, 90 * DAY + 60);
    wait_for("the next key is there", || published(&site).len() == 2);
    let next = published(&site).pop().unwrap();
    assert_eq!(used(&team), first, "it has not been public for a day");
    pass(&mut team, 91 * DAY + 3_600);
    assert_eq!(used(&team), next);
    pass(&mut team, 92 * DAY + 7_200);
    wait_for("the first key is gone", || published(&site) == [next.clone()]);
    assert_eq!(used(&team), next);
}

#[test]
fn a_host_that_shows_nothing_is_mended_as_the_runbook_says() {
    let machine = Machine::new(None);
    let [port] = free_ports();
    let settings = machine.path("etc/jit/broker.toml");
    let text = fs::read_to_string(&settings).unwrap();
    fs::write(&settings, format!("issuer = \"http://127.0.0.1:{port}\"\n{text}")).unwrap();
    let folder = machine.path("");
    let people = ["ana", "bo"]
        .map(|name| crate::peers::person::Person::new(&folder, name, crate::peers::person::Signs::File));
    machine.write_policy(&people[0], &people[1]);
    machine.types("systemctl start jit\n");
    wait_for("the broker answers", || status_of(machine.port, "/healthz") == Some(200));
    let said = machine.follows("The issuer's host");
    assert!(said.contains("does not serve the broker's signing key"), "{said}");
    assert!(said.contains(&format!("http://127.0.0.1:{port} does not answer")), "{said}");
    let _host = web_host(&machine.path("srv/issuer"), port);
    wait_for("the broker sees the host", || status_of(machine.port, "/readyz") == Some(200));
    let said = machine.follows("The issuer's host");
    assert!(said.contains("ready\n") && said.contains("\"jwks_uri\""), "{said}");
}
