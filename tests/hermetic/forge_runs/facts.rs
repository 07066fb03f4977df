//! A person on call gets the role at once if a condition says so, from the terminal as in a run, and loses it when
//! somebody else is on call.

use std::sync::Arc;

use async_trait::async_trait;
use jit::system::fake::Host;
use jit::system::http::HttpError;
use jit::system::http::Request;
use jit::system::http::Response;

use super::laptop::Laptop;
use crate::forge::hub::Hub;
use crate::forge_client::stage::Person;

const DUTY: &str = "https://duty.example.com";

/// Says who is on call.
struct Duty(&'static str);

#[async_trait]
impl Host for Duty {
    async fn answer(&self, _request: Request) -> Result<Response, HttpError> {
        let body = format!("{{\"oncall\":[\"{}\"]}}", self.0).into_bytes();
        Ok(Response { status: 200, headers: Vec::new(), body })
    }
}

const AUTOMATIC: &str = "auto_approve = \"principal.oncall\"";

/// Adds a condition on who is on call to the role, with this source.
fn on_call(hub: &Hub, condition: &str, source: &str) {
    let tip = hub.tip("main");
    let access = hub.github.world().file(hub.repository, &tip, "access.toml").unwrap();
    let mut files = hub.policy("account", None);
    files.retain(|path, _| path.starts_with("roles/"));
    let condition =
        format!("extend = {{ times = 2, approval = \"1 of group:sre\" }}\n[when]\n{condition}\n[sandbox]");
    let role = files["roles/prod-admin.toml"]
        .replace("lease = \"15m\"", "lease = \"30m\"")
        .replace("[sandbox]", &condition);
    files.insert("roles/prod-admin.toml".to_owned(), role);
    files.insert("access.toml".to_owned(), format!("{access}[facts.oncall]\n{source}\nmax_age = \"1m\"\n"));
    hub.write_main(&files);
}

#[test]
fn whoever_is_on_call_has_it_at_once() {
    let hub = Hub::new();
    on_call(&hub, AUTOMATIC, &format!("url = \"{DUTY}/now\""));
    let laptop = Laptop::of(&hub, "ana");
    let ana = Person::new(&hub, "ana").logged_in();
    hub.http.route(DUTY, Arc::new(Duty("bo")));
    let id = ana.ask("INC-42");
    assert_eq!(ana.show(&id)["state"], "pending");
    // Ana's shift begins while she waits.
    hub.http.route(DUTY, Arc::new(Duty("ana")));
    hub.clock.advance(std::time::Duration::from_secs(60));
    let waited = ana.run(&format!("wait {id}"));
    assert_eq!(waited.code, 0, "{waited}");
    assert!(waited.stderr.contains("GitHub mints the credentials"), "{waited}");
    assert_eq!(ana.run("exec prod-admin --env -- true").code, 0);
    // It ends with her shift, as soon as her credentials expire.
    hub.http.route(DUTY, Arc::new(Duty("bo")));
    hub.clock.advance(std::time::Duration::from_secs(20 * 60));
    let late = ana.run("exec prod-admin --env -- true");
    assert_eq!((late.code, laptop.runs().len()), (125, 2), "{late}");
    assert!(late.stderr.contains("reviews are missing"), "{late}");
}

#[test]
fn a_source_behind_a_token_is_asked_by_nobody() {
    let hub = Hub::new();
    on_call(&hub, AUTOMATIC, &format!("url = \"{DUTY}/now\"\ntoken_env = \"GITHUB_TOKEN\""));
    hub.http.route(DUTY, Arc::new(Duty("ana")));
    let ana = Person::new(&hub, "ana").logged_in();
    let id = ana.ask("INC-42");
    assert_eq!(ana.show(&id)["state"], "pending");
    assert!(hub.http.sent().iter().all(|request| !request.url.starts_with(DUTY)));
}

#[test]
fn more_time_counts_while_its_owner_is_on_call() {
    let hub = Hub::new();
    on_call(&hub, "request = \"principal.oncall\"", &format!("url = \"{DUTY}/now\""));
    let _laptop = Laptop::of(&hub, "ana");
    hub.http.route(DUTY, Arc::new(Duty("ana")));
    let [ana, bo, dee] = ["ana", "bo", "dee"].map(|login| Person::new(&hub, login).logged_in());
    let id = ana.ask("INC-42");
    for person in [&bo, &dee] {
        person.run(&format!("approve {id} -y")).ok();
    }
    assert_eq!(ana.run(&format!("wait {id}")).code, 0);
    let more = ana.run("extend prod-admin --for 1h --reason INC-43 --no-wait -y").ok().to_owned();
    bo.run(&format!("approve {more} -y")).ok();
    assert_eq!(ana.run(&format!("wait {more}")).code, 0);
    // Past the first end, by the value of the extension now.
    hub.clock.advance(std::time::Duration::from_secs(70 * 60));
    let late = ana.run("exec prod-admin --env -- true");
    assert_eq!(late.code, 0, "{late}");
    hub.http.route(DUTY, Arc::new(Duty("bo")));
    hub.clock.advance(std::time::Duration::from_secs(25 * 60));
    let later = ana.run("exec prod-admin --env -- true");
    assert_eq!(later.code, 125, "{later}");
}
