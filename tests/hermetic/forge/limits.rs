//! The functions that GitHub cannot offer, and the limits for one person: facts, addresses, break-glass, pending
//! requests.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::SignedDuration;
use jit::grant::statement::Way;
use jit::policy::Obstacle;
use jit::policy::Policy;
use jit::system::Clock;
use jit::system::fake::Host;
use jit::system::http::HttpError;
use jit::system::http::Request;
use jit::system::http::Response;

use super::hub::Hub;
use super::hub::outcome;
use super::hub::said;
use crate::support::github::actions::run::Run;

/// Says who is on call, or fails.
pub struct Duty(pub Option<&'static str>);

#[async_trait]
impl Host for Duty {
    async fn answer(&self, _request: Request) -> Result<Response, HttpError> {
        let (status, body) =
            self.0.map_or((503, String::new()), |who| (200, format!("{{\"oncall\":[\"{who}\"]}}")));
        Ok(Response { status, headers: Vec::new(), body: body.into_bytes() })
    }
}

#[track_caller]
pub fn refused(run: &Run, words: &str) {
    let log = said(run, "decide");
    assert_eq!(outcome(run, "decide"), "failure", "{log}");
    assert!(log.contains(words), "{words}: {log}");
    assert_ne!(outcome(run, "mint"), "success");
}

/// Changes `access.toml` and the role on main.
pub fn write(hub: &Hub, access: &str, role: &str) {
    let tip = hub.tip("main");
    let old = hub.github.world().file(hub.repository, &tip, "access.toml").unwrap();
    let old = old.split("[facts").next().unwrap().to_owned();
    let mut files = hub.policy("account", None);
    files.retain(|path, _| path.starts_with("roles/"));
    let text = files.get_mut("roles/prod-admin.toml").unwrap();
    // Keys of the role must come before its tables.
    *text = text.replace("[sandbox]", &format!("{role}\n[sandbox]"));
    files.insert("access.toml".to_owned(), format!("{old}{access}"));
    hub.write_main(&files);
}

pub const AUTOMATIC: &str = "[when]\nauto_approve = \"principal.oncall\"";

#[test]
fn facts_are_had_from_open_addresses_and_from_nowhere_else() {
    let hub = Hub::new();
    let duty = "https://duty.example.com";
    let url = "[facts.oncall]\nurl = \"https://duty.example.com/now\"\n";
    write(&hub, url, AUTOMATIC);
    // The source does not answer; another person is on call; ana is.
    for (host, words) in [(None, "the fact oncall is not available now"), (Some("bo"), "reviews are missing")]
    {
        hub.http.route(duty, Arc::new(Duty(host)));
        let asked = hub.ask(1, |_| {});
        refused(&hub.run("ana", &hub.inputs("mint", &asked)), words);
        hub.wait(hub.client("ana").close_pull(asked.pull)).unwrap();
        hub.clock.advance(std::time::Duration::from_secs(60));
    }
    hub.http.route(duty, Arc::new(Duty(Some("ana"))));
    let asked = hub.ask(2, |statement| statement.reason = "INC-43".to_owned());
    let run = hub.run("ana", &hub.inputs("mint", &asked));
    assert_eq!(run.conclusion, Some("success"), "{}", said(&run, "decide"));
    // It is asked at each mint: a person who is no longer on call loses the role.
    hub.http.route(duty, Arc::new(Duty(Some("bo"))));
    refused(&hub.run("ana", &hub.inputs("mint", &asked)), "reviews are missing");
    assert_eq!(hub.run("ana", &hub.inputs("end", &asked)).conclusion, Some("success"));
    // A program and a file would be under the repository's control, and a token would be sent to any host that it
    // names.
    for source in [
        "command = [\"/bin/sh\", \"-c\", \"echo '{\\\"oncall\\\":[\\\"ana\\\"]}'\"]\n",
        "file = \"/etc/hostname\"\n",
        "url = \"https://duty.example.com/now\"\ntoken_env = \"GITHUB_TOKEN\"\n",
    ] {
        hub.http.route(duty, Arc::new(Duty(Some("ana"))));
        write(&hub, &format!("[facts.oncall]\n{source}"), AUTOMATIC);
        let before = hub.http.sent().iter().filter(|request| request.url.starts_with(duty)).count();
        let asked = hub.ask(3, |statement| statement.reason = "INC-44".to_owned());
        refused(
            &hub.run("ana", &hub.inputs("mint", &asked)),
            "oncall: nothing but open addresses is asked here",
        );
        assert_eq!(hub.http.sent().iter().filter(|request| request.url.starts_with(duty)).count(), before);
        hub.wait(hub.client("ana").close_pull(asked.pull)).unwrap();
        hub.clock.advance(std::time::Duration::from_secs(60));
    }
}

#[test]
fn what_looks_at_an_address_cannot_be_had_not_even_by_forbidding() {
    let hub = Hub::new();
    // Judged without an address, this would forbid nothing.
    let forbids = "forbid(principal, action == Action::\"request\", resource)\nwhen { context has source_ip && \
                   !context.source_ip.isInRange(ip(\"10.0.0.0/8\")) };\n";
    hub.write_main(&[("rules/net.cedar".to_owned(), forbids.to_owned())].into());
    let asked = hub.approved(1);
    refused(&hub.run("ana", &hub.inputs("mint", &asked)), "a condition looks at the requester's address");
    let run = hub.github.world().runs.values().find(|run| run.pull == Some(asked.pull)).cloned().unwrap();
    let comment = hub.wait(hub.client("ana").comments(asked.pull)).unwrap();
    assert!(comment[0].body.as_ref().unwrap().contains("not available from GitHub"), "{run:?}");
    let olga = hub.id("olga");
    hub.github.world().write(hub.repository, "main", olga, &[("rules/net.cedar", None)]);
    let bound = hub.policy("account", None)["roles/prod-admin.toml"].clone() + "bind_ip = true\n";
    hub.write_main(&[("roles/prod-admin.toml".to_owned(), bound)].into());
    hub.wait(hub.client("ana").close_pull(asked.pull)).unwrap();
    let asked = hub.approved(2);
    refused(&hub.run("ana", &hub.inputs("mint", &asked)), "credentials are bound to the requester's address");
}

/// A workflow has a token, and no identity in AWS with which it could open such a role.
#[test]
fn a_role_by_the_brokers_own_identity_is_a_brokers() {
    let hub = Hub::new();
    let asked = hub.approved(1);
    let role = hub.policy("account", None)["roles/prod-admin.toml"].clone();
    let (rules, _) = role.split_once("[sandbox]").unwrap();
    let own = format!(
        "{rules}[aws]\nrole_arn = \"arn:aws:iam::111122223333:role/prod-admin\"\nregion = \"eu-west-1\"\nby = \"broker\"\n"
    );
    hub.write_main(&[("roles/prod-admin.toml".to_owned(), own)].into());
    hub.wait(hub.client("ana").close_pull(asked.pull)).unwrap();
    let asked = hub.ask(2, |statement| {
        statement.target =
            "aws:arn:aws:iam::111122223333:role/prod-admin?region=eu-west-1&by=broker".parse().unwrap();
    });
    refused(&hub.run("ana", &hub.inputs("mint", &asked)), "a broker's own AWS identity opens it");
    let comments = hub.wait(hub.client("ana").comments(asked.pull)).unwrap();
    assert!(comments[0].body.as_ref().unwrap().contains("not available from GitHub"));
}

/// A policy in another folder never replaces the one in force.
#[test]
fn two_policies_in_one_commit_are_none() {
    let hub = Hub::new();
    let asked = hub.approved(1);
    hub.write_main(&[("access/access.toml".to_owned(), "version = 1\n".to_owned())].into());
    refused(&hub.run("ana", &hub.inputs("mint", &asked)), "nobody can tell which policy is meant");
}

#[test]
fn an_emergency_is_a_brokers() {
    let hub = Hub::new();
    let glass = "[break_glass]\nrequesters = [\"person:ana\"]\nmax_duration = \"30m\"\n";
    write(&hub, "", glass);
    let asked = hub.ask(1, |statement| {
        statement.way = Way::BreakGlass;
        statement.duration = "30m".parse().unwrap();
    });
    refused(&hub.run("ana", &hub.inputs("mint", &asked)), "GitHub gives no emergency access");
    let comments = hub.wait(hub.client("ana").comments(asked.pull)).unwrap();
    assert!(comments[0].body.as_ref().unwrap().contains("it tells nobody"), "{comments:?}");
    // The ordinary way is unchanged.
    hub.wait(hub.client("ana").close_pull(asked.pull)).unwrap();
    let asked = hub.approved(2);
    assert_eq!(hub.run("ana", &hub.inputs("mint", &asked)).conclusion, Some("success"));
}

#[test]
fn a_person_has_ten_pending_requests_at_most_and_one_for_each_role() {
    let hub = Hub::new();
    let tip = hub.tip("main");
    let role = hub.github.world().file(hub.repository, &tip, "roles/prod-admin.toml").unwrap();
    let roles: Vec<(String, String)> =
        (0..11).map(|n| (format!("roles/role-{n}.toml"), role.clone())).collect();
    hub.write_main(&roles.into_iter().collect());
    let ask = |seed: u8, role: &str| hub.ask(seed, |statement| statement.role = role.parse().unwrap());
    let first = ask(1, "role-0");
    let twin = hub.ask(2, |statement| {
        statement.role = "role-0".parse().unwrap();
        statement.reason = "another".to_owned();
    });
    hub.review("bo", &twin, "APPROVE");
    hub.review("dee", &twin, "APPROVE");
    let words = format!("request {} for role-0 is open already", first.digest.request_id());
    refused(&hub.run("ana", &hub.inputs("mint", &twin)), &words);
    // Closed requests do not count, and neither do others' pull requests.
    hub.wait(hub.client("ana").close_pull(twin.pull)).unwrap();
    let others: Vec<_> = (1..10).map(|n| ask(10 + n, &format!("role-{n}"))).collect();
    let eleventh = ask(30, "role-10");
    hub.review("bo", &eleventh, "APPROVE");
    hub.review("dee", &eleventh, "APPROVE");
    refused(&hub.run("ana", &hub.inputs("mint", &eleventh)), "10 requests wait for reviews already");
    // Later requests do not affect the first ten.
    hub.review("bo", &first, "APPROVE");
    hub.review("dee", &first, "APPROVE");
    let run = hub.run("ana", &hub.inputs("mint", &first));
    assert_ne!(outcome(&run, "decide"), "failure", "{}", said(&run, "decide"));
    // It is no longer pending, so there is room again.
    let run = hub.run("ana", &hub.inputs("mint", &eleventh));
    assert_ne!(outcome(&run, "decide"), "failure", "{}", said(&run, "decide"));
    // Once expired, none is pending. Closing them only tidies up.
    drop(others);
}

/// The log remembers an ended request until it could no longer be used, so the end of those that start far ahead is bounded.
#[test]
fn requests_that_start_far_ahead_do_not_fill_the_log_by_being_ended() {
    let hub = Hub::new();
    let ends = |seed: u8| {
        let asked = hub.ask(seed, |statement| {
            let start =
                jit::grant::span::whole_seconds(hub.clock.now()) + SignedDuration::from_hours(24 * 20);
            statement.start = Some(start);
            statement.not_after = start + SignedDuration::from_hours(30);
        });
        hub.finish_all();
        hub.run("ana", &hub.inputs("end", &asked))
    };
    for seed in 0..10 {
        let run = ends(seed);
        assert_eq!(outcome(&run, "decide"), "success", "{}", said(&run, "decide"));
    }
    let run = ends(10);
    assert_eq!(outcome(&run, "decide"), "failure");
    assert!(said(&run, "decide").contains("close its pull request"), "{}", said(&run, "decide"));
    // An ordinary request is ended as ever.
    let asked = hub.ask(11, |_| {});
    hub.finish_all();
    let run = hub.run("ana", &hub.inputs("end", &asked));
    assert_eq!(outcome(&run, "decide"), "success", "{}", said(&run, "decide"));
}

#[test]
fn obstacles_are_named_at_review_time() {
    let of = |role: &str, access: &str| {
        let mut files = super::case::files("account");
        let text = String::from_utf8(files["roles/prod-admin.toml"].clone()).unwrap();
        files.insert(
            "roles/prod-admin.toml".to_owned(),
            text.replace("[aws]", &format!("{role}\n[aws]")).into_bytes(),
        );
        let key = jit::forge::log::JournalKey::read(&jit::secret::Secret::new("A".repeat(43)))
            .unwrap()
            .public_text();
        let access = format!("version = 1\n[authority.github]\nlog_keys = [\"{key}\"]\n{access}");
        files.insert("access.toml".to_owned(), access.into_bytes());
        let policy = Policy::compile(files).unwrap();
        let role = policy.roles().next().unwrap();
        let obstacles = policy.obstacles(role);
        let lints = policy.lints().into_iter().filter(|lint| lint.name == "not-from-github");
        assert_eq!(lints.count(), obstacles.len());
        obstacles
    };
    assert_eq!(of("", ""), []);
    assert_eq!(of(AUTOMATIC, "[facts.oncall]\nurl = \"https://x.example/y\"\n"), []);
    let command = "[facts.oncall]\ncommand = [\"/bin/oncall\"]\n";
    assert_eq!(of(AUTOMATIC, command), [Obstacle::Fact("oncall".to_owned())]);
    assert_eq!(of("", command), []);
    let glass = "[break_glass]\nrequesters = [\"person:bo\"]\nmax_duration = \"30m\"\n";
    assert_eq!(of(glass, ""), [Obstacle::Emergency]);
    let address = "[when]\nrequest = \"context has source_ip && context.source_ip.isLoopback()\"";
    assert_eq!(of(address, ""), [Obstacle::Address]);
}

#[test]
fn what_somebody_denied_on_the_web_is_not_approved_by_itself() {
    let hub = Hub::new();
    let duty = "https://duty.example.com";
    write(&hub, "[facts.oncall]\nurl = \"https://duty.example.com/now\"\n", AUTOMATIC);
    hub.http.route(duty, Arc::new(Duty(Some("ana"))));
    // Bo denies on the web, and no run records it. Ana closes the pull request and asks again, for less.
    let denied = hub.ask(1, |statement| statement.duration = "4h".parse().unwrap());
    hub.review("bo", &denied, "REQUEST_CHANGES");
    let again = || hub.ask(2, |statement| statement.reason = "INC-43".to_owned());
    let asked = again();
    let words = "a request for the same role and scope was denied within the last 24 hours, so this one needs a review";
    hub.wait(hub.client("ana").close_pull(denied.pull)).unwrap();
    refused(&hub.run("ana", &hub.inputs("mint", &asked)), words);
    // Dismissed, it is still a denial.
    let olga = hub.client("olga");
    let review = hub.wait(olga.reviews(denied.pull)).unwrap()[0].id;
    let path = format!("/pulls/{}/reviews/{review}/dismissals", denied.pull);
    super::hostile::call(&hub, "olga", http::Method::PUT, &path, &serde_json::json!({ "message": "x" }));
    refused(&hub.run("ana", &hub.inputs("mint", &asked)), words);
    hub.wait(hub.client("ana").close_pull(asked.pull)).unwrap();
    // A person who may not deny has no effect.
    hub.clock.advance(std::time::Duration::from_secs(25 * 3600));
    let other = again();
    hub.review("eve", &other, "REQUEST_CHANGES");
    hub.wait(hub.client("ana").close_pull(other.pull)).unwrap();
    let late = hub.ask(3, |statement| statement.reason = "INC-44".to_owned());
    let run = hub.run("ana", &hub.inputs("mint", &late));
    assert_eq!(run.conclusion, Some("success"), "{}", said(&run, "decide"));
}
