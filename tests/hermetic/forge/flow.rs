//! The whole flow on the fake GitHub, with the workflows as written, and the attacks that need it.

use std::time::Duration;

use jit::github::environment_of;
use jit::github::id_token::Expected;
use jit::github::job_log;
use jit::github::lease::Delivered;
use jit::grant::Lease;
use jit::grant::lease::associated_data;
use jit::sandbox::read_note;
use serde_json::json;

use super::hub::Asked;
use super::hub::Hub;
use super::hub::delivered;
use super::hub::outcome;
use super::hub::said;
use crate::support::github::actions::run::Run;

fn expected(hub: &Hub, run: &Run) -> Expected {
    Expected {
        repository_id: hub.repository,
        full_name: "acme/access".to_owned(),
        run_id: run.id,
        actor_id: hub.id("ana"),
        environment: environment_of(&"prod-admin".parse().unwrap()),
    }
}

fn open(hub: &Hub, asked: &Asked, delivered: &Delivered) -> Lease {
    let authority = jit::github::authority(hub.repository);
    let associated = associated_data(&authority, &asked.digest, &delivered.run, delivered.number);
    Lease::from_secret_json(&asked.recipient.open(&delivered.sealed, &associated).unwrap()).unwrap()
}

#[track_caller]
fn succeeded(run: &Run) {
    let log: String = run.jobs.iter().map(|job| format!("{}: {}\n", job.key, job.log)).collect();
    assert_eq!(run.conclusion, Some("success"), "{log}");
}

/// The run failed in `decide`, with these words, and nothing was minted.
#[track_caller]
fn refused(run: &Run, words: &str) {
    let log = said(run, "decide");
    assert_eq!(outcome(run, "decide"), "failure", "{log}");
    assert!(log.contains(words), "{log}");
    assert_ne!(outcome(run, "mint"), "success");
    assert!(job_log::read(said(run, "mint").as_bytes()).is_err());
}

#[test]
fn approved_minted_sealed_opened_used_refreshed_and_ended() {
    let hub = Hub::new();
    let asked = hub.ask(1, |_| {});
    hub.review("bo", &asked, "APPROVE");
    refused(&hub.run("ana", &hub.inputs("mint", &asked)), "reviews are missing: 1 of group:");
    hub.review("dee", &asked, "APPROVE");
    let run = hub.run("ana", &hub.inputs("mint", &asked));
    succeeded(&run);
    // How much of the limit of 1,000 an hour a decision uses, with a policy of three files.
    let log = said(&run, "decide");
    let asked_times = log.split("GitHub was asked ").nth(1).unwrap().split(' ').next().unwrap();
    assert!(asked_times.parse::<u32>().unwrap() <= 22, "{asked_times}");
    let world = hub.shell.world(&Default::default());
    let first = delivered(&run);
    let issuer = hub.github.origins().issuer;
    hub.wait(first.check(&world.system, &issuer, &expected(&hub, &run))).unwrap();
    let lease = open(&hub, &asked, &first);
    assert_eq!((lease.number, first.number), (1, 1));
    hub.wait(read_note(&lease.credentials, &world.system)).unwrap();
    // Everybody who may read the repository can read the log, which GitHub serves with times.
    let client = hub.client("eve");
    let jobs = hub.wait(client.jobs(run.id)).unwrap();
    let mint = jobs.iter().find(|job| job.name == "mint").unwrap();
    let log = hub.wait(client.job_log(mint.id)).unwrap();
    assert!(log.starts_with("\u{feff}2026-11-23T12:00:".as_bytes()));
    assert_eq!(job_log::read(&log).unwrap().write(), first.write());
    // New credentials of the same grant have the next number.
    hub.clock.advance(Duration::from_secs(600));
    let again = hub.run("ana", &hub.inputs("mint", &asked));
    succeeded(&again);
    assert_eq!(delivered(&again).number, 2);
    assert_eq!(delivered(&again).active_until, first.active_until);
    // The end ends it.
    succeeded(&hub.run("ana", &hub.inputs("end", &asked)));
    refused(&hub.run("ana", &hub.inputs("mint", &asked)), "the request is ended");
}

#[test]
fn what_one_run_sealed_is_no_other_runs() {
    let hub = Hub::new();
    let asked = hub.approved(1);
    let run = hub.run("ana", &hub.inputs("mint", &asked));
    let world = hub.shell.world(&Default::default());
    let issuer = hub.github.origins().issuer;
    let good = delivered(&run);
    let check = |delivered: &Delivered, expected: &Expected| {
        hub.wait(delivered.check(&world.system, &issuer, expected)).map_err(|error| error.to_string())
    };
    let own = expected(&hub, &run);
    assert_eq!(check(&good, &own), Ok(()));
    // Sealed by an attacker to the right key, under the token of the real run.
    let swapped = Delivered { sealed: format!("{}A", good.sealed), ..good.clone() };
    assert!(check(&swapped, &own).unwrap_err().contains("refused"));
    for (claim, spoiled) in [
        ("run_id", Expected { run_id: 1, ..own.clone() }),
        ("repository_id", Expected { repository_id: 1, ..own.clone() }),
        ("actor_id", Expected { actor_id: 1, ..own.clone() }),
        ("environment", Expected { environment: "jit-log".to_owned(), ..own.clone() }),
        ("workflow_ref", Expected { full_name: "acme/other".to_owned(), ..own.clone() }),
    ] {
        assert!(check(&good, &spoiled).unwrap_err().contains(claim), "{claim}");
    }
    let truncated = Delivered { sealed: good.sealed[..40].to_owned(), ..good.clone() };
    assert!(check(&truncated, &own).is_err());
    let other = hub.wait(good.check(&world.system, "https://evil.example", &own));
    assert!(other.is_err());
}

#[test]
fn runs_of_others_again_and_later_gain_nothing() {
    let hub = Hub::new();
    let asked = hub.approved(1);
    refused(&hub.run("eve", &hub.inputs("mint", &asked)), "somebody else dispatched");
    let mut inputs = hub.inputs("mint", &asked);
    inputs.insert("digest", "0".repeat(64));
    refused(&hub.run("ana", &inputs), "not the same one's");
    let mut inputs = hub.inputs("mint", &asked);
    inputs.insert("pull", "1; curl evil".to_owned());
    refused(&hub.run("ana", &inputs), "JIT_PULL has an invalid value");
    let run = hub.run("ana", &hub.inputs("mint", &asked));
    succeeded(&run);
    // A re-run of the same run.
    let olga = hub.client("olga");
    drop(olga);
    let request = jit::system::http::Request::new(
        http::Method::POST,
        format!("https://api.github.com/repos/acme/access/actions/runs/{}/rerun", run.id),
    )
    .header("authorization", format!("Bearer {}", hub.tokens["olga"]))
    .header("user-agent", "x")
    .body("application/json", json!({}).to_string());
    let answer = hub.wait(jit::system::Http::send(&hub.http, request)).unwrap();
    assert_eq!(answer.status, 201, "{}", String::from_utf8_lossy(&answer.body));
    let rerun = hub.finish(run.id);
    assert_eq!(outcome(&rerun, "decide"), "failure");
    assert!(said(&rerun, "decide").contains("run again"), "{}", said(&rerun, "decide"));
}

#[test]
fn a_run_that_waited_while_main_moved_decides_nothing() {
    let hub = Hub::new();
    let asked = hub.approved(1);
    let waiting = hub.dispatch("ana", &hub.inputs("mint", &asked));
    let mut policy = hub.policy("account", None);
    let role = policy["roles/prod-admin.toml"].replace("duration = \"1h\"", "duration = \"30m\"");
    policy.retain(|path, _| path.starts_with("roles/"));
    policy.insert("roles/prod-admin.toml".to_owned(), role);
    hub.write_main(&policy);
    refused(&hub.finish(waiting), "main moved");
    // Dispatched anew, it is judged by both policies.
    succeeded(&hub.run("ana", &hub.inputs("mint", &asked)));
}

#[test]
fn two_runs_at_once_share_no_number() {
    let hub = Hub::new();
    let asked = hub.approved(1);
    let (one, two) =
        (hub.dispatch("ana", &hub.inputs("mint", &asked)), hub.dispatch("ana", &hub.inputs("mint", &asked)));
    hub.finish(one);
    let runs = hub.github.world().runs.clone();
    let (one, two) = (&runs[&one], &runs[&two]);
    succeeded(one);
    succeeded(two);
    let mut numbers = [delivered(one).number, delivered(two).number];
    numbers.sort_unstable();
    assert_eq!(numbers, [1, 2]);
}

#[test]
fn people_may_stop_it_and_others_may_not() {
    let hub = Hub::new();
    let asked = hub.approved(1);
    succeeded(&hub.run("ana", &hub.inputs("mint", &asked)));
    refused(&hub.run("eve", &hub.inputs("end", &asked)), "only its requester ends a request");
    let mut inputs = hub.inputs("revoke", &asked);
    refused(&hub.run("bo", &inputs), "needs JIT_STATEMENT");
    inputs.insert("statement", hub.revocation("ana", &asked));
    refused(&hub.run("ana", &inputs), "only those who may approve this request may revoke it");
    inputs.insert("statement", hub.revocation("bo", &asked));
    // A colleague in the policy may dispatch it: the statement is bo's.
    refused(&hub.run("eve", &inputs), "the account that dispatched the run is nobody's in people.toml");
    succeeded(&hub.run("dee", &inputs));
    refused(&hub.run("ana", &hub.inputs("mint", &asked)), "the request is revoked");
    // A person who did not deny the request cannot have a denial recorded.
    let asked = hub.ask(2, |statement| statement.reason = "INC-43".to_owned());
    refused(&hub.run("eve", &hub.inputs("deny", &asked)), "did not deny the request");
    // By a person who may not deny.
    hub.review("eve", &asked, "REQUEST_CHANGES");
    refused(&hub.run("eve", &hub.inputs("deny", &asked)), "nobody who may deny");
    hub.review("bo", &asked, "REQUEST_CHANGES");
    succeeded(&hub.run("bo", &hub.inputs("deny", &asked)));
    refused(&hub.run("ana", &hub.inputs("mint", &asked)), "the request is denied");
}

#[test]
fn a_log_that_was_changed_stops_everything() {
    let hub = Hub::new();
    let asked = hub.approved(1);
    let run = hub.run("ana", &hub.inputs("mint", &asked));
    succeeded(&run);
    let head = said(&run, "decide");
    let head = head.split("ends with event ").nth(1).unwrap().split_whitespace().next().unwrap().to_owned();
    let before = hub.tip("jit-log");
    let old = |path: &str, commit: &str| hub.github.world().file(hub.repository, commit, path).unwrap();
    let olga = hub.id("olga");
    let put = |path: &str, text: Option<&str>| {
        hub.github.world().write(hub.repository, "jit-log", olga, &[(path, text)]);
    };
    let index = old("index.json", &before);
    let id = asked.digest.request_id();
    let events = format!("requests/{}/{id}.jsonl", &id.as_str()[..2]);
    let lines = old(&events, &before);
    // Forged, truncated, doubled, deleted.
    for (path, text, words) in [
        ("index.json", Some(index.replace("active", "pending")), "the log's index was not written by"),
        ("index.json", Some("{}".to_owned()), "the log's index was not written by"),
        ("index.json", None, "jit-log is missing"),
        (events.as_str(), Some(lines.replacen("\\\"mint\\\"", "\\\"end\\\"", 1)), "was not written by"),
        (events.as_str(), Some(String::new()), "are not all there"),
        (events.as_str(), Some(format!("{lines}{lines}")), "are not all there"),
        (events.as_str(), None, "are not all there"),
    ] {
        put(path, text.as_deref());
        refused(&hub.run("ana", &hub.inputs("mint", &asked)), words);
        put("index.json", Some(&index));
        put(&events, Some(&lines));
    }
    // Ended, and the whole log restored to before: a client that remembers the newest event notices.
    let ended = hub.run("ana", &hub.inputs("end", &asked));
    succeeded(&ended);
    let seen = said(&ended, "decide");
    let seen = seen.split("ends with event ").nth(1).unwrap().split_whitespace().next().unwrap().to_owned();
    assert_ne!(seen, head);
    put("index.json", Some(&index));
    put(&events, Some(&lines));
    let mut inputs = hub.inputs("mint", &asked);
    inputs.insert("head", seen);
    refused(&hub.run("ana", &inputs), "was shortened or replaced");
    // Also after it has grown again.
    let other = hub.ask(2, |statement| statement.reason = "INC-43".to_owned());
    hub.review("bo", &other, "REQUEST_CHANGES");
    succeeded(&hub.run("bo", &hub.inputs("deny", &other)));
    hub.review("bo", &other, "COMMENT");
    refused(&hub.run("ana", &inputs), "was shortened or replaced");
}

#[test]
fn a_denial_is_not_left_behind_on_another_pull_request() {
    let hub = Hub::new();
    let mut asked = hub.ask(1, |_| {});
    hub.review("bo", &asked, "REQUEST_CHANGES");
    let ana = hub.client("ana");
    let branch = format!("jit/{}", asked.digest.request_id());
    asked.pull = hub.wait(async {
        ana.close_pull(asked.pull).await.unwrap();
        ana.create_pull("again", &branch, "main", "").await.unwrap().number
    });
    hub.review("cy", &asked, "APPROVE");
    hub.review("dee", &asked, "APPROVE");
    refused(&hub.run("ana", &hub.inputs("mint", &asked)), "its branch has another pull request");
}

#[test]
fn the_settings_hold_what_they_should() {
    let hub = Hub::new();
    let asked = hub.approved(1);
    let ana = hub.client("ana");
    // The branch of a request does not move, and only the writer touches the log.
    let main = hub.tip("main");
    let branch = format!("jit/{}", asked.digest.request_id());
    assert!(hub.wait(ana.advance_branch(&branch, &main)).is_err());
    let log = hub.tip("jit-log");
    let commit = hub.wait(async {
        let tree = ana.commit(&log).await.unwrap().tree.sha;
        ana.create_commit("x", &tree, &[&log]).await.unwrap()
    });
    assert!(hub.wait(ana.advance_branch("jit-log", &commit)).is_err());
    assert!(hub.wait(hub.client("logbot").advance_branch("jit-log", &commit)).is_ok());
    let environments = ["jit-log", "jit-role-prod-admin"];
    for name in environments {
        let listed = hub.wait(ana.environment_branches(name)).unwrap();
        assert_eq!(listed.iter().map(|pattern| pattern.name.as_str()).collect::<Vec<_>>(), ["main"]);
    }
}

#[test]
fn an_app_may_write_the_log_instead() {
    let hub = Hub::with_app();
    let asked = hub.approved(1);
    let run = hub.run("ana", &hub.inputs("mint", &asked));
    succeeded(&run);
    assert!(!said(&run, "decide").contains("PRIVATE KEY"));
}
