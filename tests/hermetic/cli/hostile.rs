//! A broker that lies, and a cloud that disagrees, gain nothing.

use insta::assert_snapshot;

use crate::cli::fake_broker::Lie;
use crate::cli::stage::Stage;
use crate::support::watched_log;

const STAGE: [&str; 3] = ["request", "stage-admin", "-y"];

/// Asks while the broker lies, and checks that `jit` stores nothing and runs nothing.
async fn ask_while(lie: Lie) -> (Stage, String) {
    let stage = Stage::ready().await;
    stage.broker.lie(Some(lie));
    let shot = stage.ana.run_words(&STAGE, &[]).await;
    assert_ne!(shot.code, 0, "{lie:?}: {shot}");
    let items = stage.ana.world.keychain.items();
    assert!(!items.iter().any(|item| item.starts_with("lease")), "{lie:?}: {items:?}");
    let exec = stage.ana.run("exec stage-admin -- aws s3 ls", &[]).await;
    assert_eq!(exec.code, 125, "{lie:?}: {exec}");
    assert!(stage.ana.world.processes.started.lock().unwrap().is_empty(), "{lie:?}");
    assert!(!shot.to_string().contains('\u{1b}') && !exec.to_string().contains('\u{1b}'));
    (
        stage,
        shot.stderr
            .lines()
            .filter(|line| line.contains("error:") || line.contains("  cause:"))
            .fold(String::new(), |text, line| text + line + "\n"),
    )
}

#[tokio::test]
async fn a_lease_sealed_for_another_request_is_refused() {
    let (_stage, said) = ask_while(Lie::SealedForAnother).await;
    assert_snapshot!(said, @"
    error: the credentials for stage-admin are refused
      cause: the sealed credentials do not belong to this request
    ");
}

#[tokio::test]
async fn a_lease_sealed_to_another_key_is_refused() {
    let (_stage, said) = ask_while(Lie::SealedToAnother).await;
    assert_snapshot!(said, @"
    error: the credentials for stage-admin are refused
      cause: the sealed credentials do not belong to this request
    ");
}

#[tokio::test]
async fn a_lease_of_another_account_is_refused() {
    let (_stage, said) = ask_while(Lie::AnotherAccount).await;
    assert_snapshot!(said, @"
    error: the credentials for stage-admin are refused
      cause: they are for another account than the requested one
    ");
}

#[tokio::test]
async fn a_lease_that_outlives_the_request_is_refused() {
    let (_stage, said) = ask_while(Lie::TooLong).await;
    assert_snapshot!(said, @"
    error: the credentials for stage-admin are refused
      cause: they outlive the request
    ");
}

#[tokio::test]
async fn a_cloud_that_disagrees_stores_nothing() {
    let (_stage, said) = ask_while(Lie::CloudSaysAnother).await;
    assert_snapshot!(said, @"
    error: the credentials for stage-admin are not kept
      cause: the cloud says that these credentials have another identity
      cause: asked for role stage-admin in account 111122223333 (aws), got arn:aws:sts::111122223333:assumed-role/somebody-else/x in account 111122223333
    ");
}

#[tokio::test]
async fn a_page_of_html_is_no_answer() {
    let (_stage, said) = ask_while(Lie::Html).await;
    assert_snapshot!(said, @"error: https://jit.example.com did not answer like a broker: the answer does not have the expected form (line 1, column 1)");
}

#[tokio::test]
async fn a_lease_that_was_handed_out_before_is_refused() {
    let stage = Stage::ready().await;
    stage.broker.lie(Some(Lie::Repeats));
    assert_eq!(stage.ana.run("request stage-admin --for 4h -y", &[]).await.code, 0);
    // The access lasts four hours, and so does the lease. Make the lease look short so that it is renewed.
    let id: jit::grant::RequestId = stage.newest().parse().unwrap();
    let item = jit::keychain::Item::Lease(id).to_string();
    shorten(&stage, &item);
    let shot = stage.ana.run("exec stage-admin -- true", &[]).await;
    assert_snapshot!(shot, @"
    exit 125
    --- stdout
    --- stderr
    error: the credentials for stage-admin are refused
      cause: they were handed out before
      hint: nothing was stored; tell the broker's administrator
    ");
}

fn shorten(stage: &Stage, item: &str) {
    use jit::system::Keychain;
    let stored = stage.ana.world.keychain.get(item).unwrap().unwrap();
    let mut lease = jit::grant::Lease::from_secret_json(&stored).unwrap();
    lease.expires = "2026-11-23T10:05:00Z".parse().unwrap();
    stage.ana.world.keychain.set(item, &lease.to_secret_json()).unwrap();
}

#[tokio::test]
async fn an_impostor_gets_no_signature() {
    let stage = Stage::new();
    stage.broker.lie(Some(Lie::Impostor));
    let shot = stage.ana.run("login https://jit.example.com --as ana", &[]).await;
    assert_snapshot!(shot, @"
    exit 1
    --- stdout
    --- stderr
    error: the broker at https://jit.example.com says it is https://evil.example
      hint: ask the broker's administrator for its address, and `jit login` with that
    ");
    assert!(stage.ana.world.agent.asked_to_sign().is_empty());
}

/// The reviewer receives bytes of one request under the id of another.
#[tokio::test]
async fn bytes_under_another_id_are_not_reviewed() {
    let stage = Stage::ready().await;
    for reason in ["INC-1 one", "INC-2 two"] {
        let words = ["request", "prod-admin", "--reason", reason, "-y", "--no-wait"];
        assert_eq!(stage.ana.run_words(&words, &[]).await.code, 0);
        // The first must not be reused.
        stage.broker.state.lock().unwrap().requests[0].state = jit::grant::State::Cancelled;
    }
    let id = stage.newest();
    stage.broker.lie(Some(Lie::AnotherRequest));
    let before = stage.bo.world.agent.asked_to_sign().len();
    let shot = stage.bo.run(&format!("approve {id} -y"), &[]).await;
    assert_eq!(shot.code, 1, "{shot}");
    assert!(shot.stderr.contains("does not match its own digest"), "{shot}");
    assert_eq!(stage.bo.world.agent.asked_to_sign().len(), before, "nothing was signed");
}

#[tokio::test]
async fn what_other_people_wrote_cannot_move_the_terminal() {
    let stage = Stage::ready().await;
    stage.broker.lie(Some(Lie::Escapes));
    let words = ["request", "prod-admin", "--reason", "INC-3 \u{1b}[2J", "-y", "--no-wait"];
    let refused = stage.ana.run_words(&words, &[]).await;
    assert_eq!(refused.code, 2, "{refused}");
    let long = format!("INC-3 {}", "x".repeat(2000));
    let words = ["request", "prod-admin", "--reason", &long, "-y", "--no-wait"];
    assert_eq!(stage.ana.run_words(&words, &[]).await.code, 2);
    let words = ["request", "prod-admin", "--reason", "INC-3 fine", "-y", "--no-wait"];
    let asked = stage.ana.run_words(&words, &[]).await;
    let roles = stage.ana.run("roles", &[]).await;
    let approve = stage.bo.approve("").await;
    for shot in [&refused, &asked, &roles, &approve] {
        let text = shot.to_string();
        assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'), "{text:?}");
    }
    assert!(asked.stderr.contains("\\u{1b}[2Jharmless"), "{asked}");
    assert!(asked.stderr.contains("\ntold: webhook ops\\u{1b}]9;x\\u{7}\\u{202e}\n"), "{asked}");
    assert!(
        asked.stderr.contains("not finish in time\\u{1b}[2J\\u{202e}; the broker tries again"),
        "{asked}"
    );
}

/// With the session but not the requesting machine, a thief gets only ciphertext.
#[tokio::test]
async fn a_stolen_session_opens_nothing() {
    let stage = Stage::ready().await;
    assert_eq!(stage.ana.run_words(&STAGE, &[]).await.code, 0);
    let thief = crate::cli::stage::Person::new(1, &stage.clock, &stage.http);
    // The thief even has the key: another machine of Ana's, logged in, without the request's one-use key.
    assert_eq!(thief.run("login https://jit.example.com --as ana", &[]).await.code, 0);
    let shot = thief.run("exec stage-admin -- true", &[]).await;
    assert_snapshot!(shot, @"
    exit 125
    --- stdout
    --- stderr
    error: the credentials for stage-admin cannot be opened on this machine
      cause: request 20VXMQ3F60 was made on another machine, or its key was removed
      hint: use it on the machine that asked, or `jit end 20VXMQ3F60` and ask again here
    ");
    assert!(thief.world.processes.started.lock().unwrap().is_empty());
}

#[tokio::test]
async fn no_secret_is_on_the_disk_or_on_the_screen() {
    let stage = Stage::ready().await;
    let mut shown = stage.ana.run_words(&STAGE, &[]).await.to_string();
    for line in ["status --json", "show stage-admin --json", "prompt --json", "whoami", "status --verify"] {
        shown += &stage.ana.run(line, &[]).await.to_string();
    }
    let disk = stage.ana.disk();
    assert!(disk.contains("stage-admin"));
    assert!(!shown.contains("canary") && !disk.contains("canary"), "{shown}\n{disk}");
}

#[tokio::test]
async fn no_secret_is_logged_at_any_level() {
    // Covers the whole process: other tests log into it too, and none of their secrets may appear either.
    let log = watched_log::listen();
    let stage = Stage::ready().await;
    for line in
        ["request stage-admin -y", "exec stage-admin -- true", "status --verify", "end stage-admin", "logout"]
    {
        let shot = stage.ana.run(line, &[]).await;
        assert_eq!(shot.code, 0, "{shot}");
    }
    let text = log.text();
    assert!(text.contains("the broker answered"), "{text}");
    assert!(!text.contains(watched_log::MARK), "{text}");
}

#[tokio::test]
async fn what_has_ended_leaves_no_secret_behind() {
    let stage = Stage::ready().await;
    assert_eq!(stage.ana.run("request stage-admin --for 30m -y", &[]).await.code, 0);
    assert_eq!(stage.ana.world.keychain.items().len(), 3);
    stage.clock.advance(std::time::Duration::from_secs(3600));
    stage.broker.state.lock().unwrap().requests[0].state = jit::grant::State::Ended;
    assert_eq!(stage.ana.run("status", &[]).await.code, 0);
    let again = stage.ana.run("request stage-admin --for 30m -y", &[]).await;
    assert_eq!(again.code, 0, "{again}");
    let items = stage.ana.world.keychain.items();
    assert_eq!(items.len(), 3, "the session, and one key and one lease of the new request: {items:?}");
}
