//! The broker dies and restarts: nothing approved is lost, nothing is invented, nothing happens twice.

use std::io::Read;
use std::io::Write;
use std::net::TcpStream;

use crate::peers::team::Team;

/// The requests' events in the log, after SQLite and the chain were checked.
#[track_caller]
fn happened(team: &Team, expected: &[&str]) {
    assert_eq!(team.broker.changes(), expected);
}

fn restart(team: &mut Team) {
    team.broker.kill();
    team.broker.start();
}

#[test]
fn killed_between_any_two_steps_the_round_trip_goes_on() {
    let (mut team, cloud) = Team::with_sandbox();
    // After the login: the session is still valid.
    restart(&mut team);
    assert!(team.ana.run(&["whoami"]).ok().contains("ana"));
    assert!(team.bo.run(&["whoami"]).ok().contains("bo"));

    // After the request: it exists, once, however often it is made.
    let id = team.ana.ask("orders-admin");
    restart(&mut team);
    assert_eq!(team.ana.state(&id), "pending");
    assert_eq!(team.ana.ask("orders-admin"), id);
    happened(&team, &["requested"]);

    // After the review, before the mint.
    team.bo.approve(&id);
    restart(&mut team);
    assert_eq!(team.ana.state(&id), "approved");
    assert!(cloud.sent("WebIdentityToken").is_empty());
    happened(&team, &["requested", "reviewed", "approved"]);
    let again = team.bo.run(&["approve", &id, "-y"]);
    assert!(!team.broker.changes()[3..].iter().any(|change| change == "approved"), "{again:?}");

    // After the mint: the stored credentials are used, and no others are minted.
    let key =
        |team: &Team| team.ana.run(&["exec", "orders-admin", "--", "printenv", "AWS_ACCESS_KEY_ID"]).ok();
    let first = key(&team);
    restart(&mut team);
    assert_eq!(key(&team), first);
    // Even while the broker is down.
    team.broker.kill();
    assert_eq!(key(&team), first);
    team.broker.start();
    assert_eq!(cloud.sent("WebIdentityToken").len(), 1);
    assert_eq!(team.ana.state(&id), "active");

    // After the end: it has ended.
    team.ana.run(&["end", "orders-admin"]).ok();
    restart(&mut team);
    assert_eq!(team.ana.state(&id), "ended");
    assert_eq!(team.ana.run(&["exec", "orders-admin", "--", "true"]).code, 125);
    let changes = team.broker.changes();
    for once in ["requested", "approved", "activated", "minted", "ended"] {
        assert_eq!(changes.iter().filter(|change| *change == once).count(), 1, "{changes:?}");
    }
}

#[test]
fn a_waiting_client_carries_on() {
    let (mut team, _cloud) = Team::with_sandbox();
    let mut waiting = team.ana.start(&["request", "orders-admin", "--reason", "INC-42", "-y"]);
    waiting.says("waits for 1 of group:sre (bo)");
    let inbox: serde_json::Value = serde_json::from_str(&team.bo.run(&["inbox", "--json"]).ok()).unwrap();
    let id = inbox[0]["id"].as_str().unwrap().to_owned();
    // Down while she waits.
    team.broker.kill();
    waiting.says("is still pending, trying again");
    team.broker.start();
    // Approved, and down again before or after she could have noticed: both cases must work.
    team.bo.approve(&id);
    team.broker.kill();
    team.broker.start();
    let ended = waiting.end();
    assert_eq!(ended.code, 0, "{ended:?}");
    assert!(ended.stdout.contains("orders-admin in account 000000000042 is active until"), "{ended:?}");
    team.ana.run(&["exec", "orders-admin", "--", "true"]).ok();
    let changes = team.broker.changes();
    for once in ["requested", "reviewed", "approved", "activated"] {
        assert_eq!(changes.iter().filter(|change| *change == once).count(), 1, "{changes:?}");
    }
}

/// Sends a call without waiting for its answer.
fn send(team: &Team, path: &str, session: &str) -> TcpStream {
    let address = team.broker.url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    write!(
        stream,
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {session}\r\nContent-Length: 0\r\n\r\n"
    )
    .unwrap();
    stream
}

#[test]
fn killed_in_the_middle_of_a_step_it_was_done_whole_or_not_at_all() {
    let (mut team, cloud) = Team::with_sandbox();
    let session = team.ana.session(&team.broker.url);
    for round in 0..6 {
        let id = team.grant("orders-reader");
        let before = team.broker.changes().len();
        // Minting: killed right after the call was sent, or after the cloud was called.
        let minted = cloud.sent("WebIdentityToken").len();
        let call = send(&team, &format!("/v1/requests/{id}/leases"), &session);
        if round % 2 == 1 {
            crate::peers::peer::wait_for("the cloud is asked", || {
                cloud.sent("WebIdentityToken").len() > minted
            });
        }
        team.broker.kill();
        drop(call);
        team.broker.start();
        let changes = team.broker.changes()[before..].to_vec();
        assert!(changes.is_empty() || changes == ["activated", "minted"], "{changes:?}");
        // In every case she gets the approved access.
        team.ana.run(&["wait", &id]).ok();
        assert_eq!(team.ana.state(&id), "active");

        // Ending, in the same way. Every third time the test waits for the answer.
        let before = team.broker.changes().len();
        let mut call = send(&team, &format!("/v1/requests/{id}/end"), &session);
        if round % 3 == 2 {
            call.read_exact(&mut [0]).unwrap();
        }
        team.broker.kill();
        drop(call);
        team.broker.start();
        let changes = team.broker.changes()[before..].to_vec();
        assert!(changes.is_empty() || changes == ["ended"], "{changes:?}");
        if round % 3 == 2 {
            assert_eq!(changes, ["ended"], "what was answered has happened");
        }
        if changes.is_empty() {
            team.ana.run(&["end", &id]).ok();
        }
        assert_eq!(team.ana.state(&id), "ended");
        assert_eq!(team.broker.changes()[before..].iter().filter(|change| *change == "ended").count(), 1);
    }
}

#[test]
fn a_second_broker_and_a_lost_head_are_refused() {
    let (mut team, _cloud) = Team::with_sandbox();
    team.grant("orders-admin");
    let second = team.broker.fails_to_start();
    assert_ne!(second.code, 0, "{second:?}");
    assert!(second.stderr.contains("hint: "), "{second:?}");
    team.broker.kill();
    let head = team.folder().join("broker/keys/head");
    let kept = std::fs::read(&head).unwrap();
    std::fs::remove_file(&head).unwrap();
    let lost = team.broker.fails_to_start();
    assert!(lost.stderr.contains("the log is refused"), "{lost:?}");
    // A database from before the newest event, with a newer head file.
    std::fs::write(&head, kept).unwrap();
    let older = database_files(&team);
    team.broker.start();
    team.ana.run(&["exec", "orders-admin", "--", "true"]).ok();
    team.broker.kill();
    for (path, _) in database_files(&team) {
        std::fs::remove_file(path).unwrap();
    }
    for (path, content) in older {
        std::fs::write(path, content).unwrap();
    }
    let older = team.broker.fails_to_start();
    assert!(older.stderr.contains("the log is refused"), "{older:?}");
}

/// The database's current files.
fn database_files(team: &Team) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let folder = team.folder().join("broker/data");
    let mut files = crate::peers::person::files_below(&folder);
    files.retain(|(path, _)| path.file_name().unwrap().to_string_lossy().starts_with("broker.db"));
    files
}
