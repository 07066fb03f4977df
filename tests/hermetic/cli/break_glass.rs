//! `jit break-glass`: what people see before, during and after it, and what is refused before anybody is notified.

use insta::assert_snapshot;

use crate::cli::fake_broker::Lie;
use crate::cli::stage::Stage;

async fn stage() -> Stage {
    let stage = Stage::ready().await;
    stage.broker.state.lock().unwrap().glass = true;
    stage
}

const TAKE: [&str; 4] = ["break-glass", "prod-admin", "--reason", "orders-db is down"];

#[tokio::test]
async fn take_use_and_be_reviewed() {
    let stage = stage().await;
    assert_snapshot!(stage.ana.run_words(&TAKE, &["prod-admin"]).await, @"
    exit 0
    --- stdout
    prod-admin in account 111122223333 is active until 2026-11-23 10:30 UTC (30m left)
    --- stderr
    prod-admin: role prod-admin in account 111122223333 (aws)
      Administer the production account
      for       30m (at most 30m)
      reason  | orders-db is down
      approval  none: this is emergency access, and everybody is told
      told      slack, webhook ops
      after     somebody reviews it (bo); until then you cannot take another one
    ? Break the glass for prod-admin, 30m? Production: type the role's name
    the glass is broken for prod-admin: request 5BFH46EVKB
    told: slack
    not told: webhook ops: it answered with status 500
    use it: jit exec prod-admin -- COMMAND
    ");
    assert_snapshot!(stage.ana.run("status", &[]).await, @"
    exit 0
    --- stdout
    ROLE        STATE   TIME      ACCOUNT       REQUEST     NOTE
    prod-admin  active  30m left  111122223333  5BFH46EVKB  emergency
    --- stderr
    ");
    assert_eq!(stage.ana.run("exec prod-admin -- aws s3 ls", &[]).await.code, 0);
    // Again: the access is still valid, and nobody is notified twice.
    assert_snapshot!(stage.ana.run_words(&TAKE, &[]).await, @"
    exit 0
    --- stdout
    prod-admin in account 111122223333 is active until 2026-11-23 10:30 UTC (30m left)
    --- stderr
    prod-admin is active already, by request 5BFH46EVKB
    use it: jit exec prod-admin -- COMMAND
    ");
    assert_snapshot!(stage.bo.run("inbox", &[]).await, @"
    exit 0
    --- stdout
    REQUEST     WHO  ROLE                    FOR  ASKED           REASON
    5BFH46EVKB  ana  prod-admin (emergency)  30m  taken just now  orders-db is down
    --- stderr
    next: jit approve ID, or jit deny ID --reason TEXT
    ");
    assert!(stage.bo.run("prompt --hook", &[]).await.stdout.contains("1 to review"));
    let id = stage.newest();
    assert_snapshot!(stage.ana.run(&format!("show {id}"), &[]).await, @"
    exit 0
    --- stdout
    5BFH46EVKB  prod-admin  active
      who       ana
      opens     role prod-admin in account 111122223333 (aws)
      for       30m
      reason  | orders-db is down
      asked     2026-11-23 10:00 UTC (just now)
      way       emergency: taken without approval
      missing   a review afterwards (bo)
      access    until 2026-11-23 10:30 UTC (30m left)
      told      slack (about the emergency)
      told      webhook ops could not be told: it answered with status 500
    --- stderr
    ");
    assert_snapshot!(stage.bo.run("approve", &[&id[..4]]).await, @"
    exit 0
    --- stdout
    reviewed 5BFH46EVKB of ana: justified; they may break the glass again
    --- stderr
    ana broke the glass for prod-admin  (request 5BFH46EVKB)
      opens     role prod-admin in account 111122223333 (aws)
      role      Administer the production account
      for       30m
      now       active, 30m left
      reason  | orders-db is down
      approval  none: taken without approval; approve to confirm that it was justified, deny to end it now
      asked     just now, signed by SHA256:7gVR/iqpm6U+Yi3maONALdXOZTSgeJnr31Vk147gxV0
      digest    2adf1219db9ac7f50b8fd1a299ed5cbf5d9c064906501ef5c59d2c8629c0be97
    ? Was ana's emergency access to prod-admin justified? Production: type the first four characters of its id
    ");
    assert_snapshot!(stage.bo.run("inbox", &[]).await, @"
    exit 0
    --- stdout
    --- stderr
    no request is waiting for your review
    ");
    assert_snapshot!(stage.bo.run(&format!("approve {id}"), &[]).await, @"
    exit 5
    --- stdout
    --- stderr
    ana broke the glass for prod-admin  (request 5BFH46EVKB)
      opens     role prod-admin in account 111122223333 (aws)
      role      Administer the production account
      for       30m
      now       active, 30m left
      reason  | orders-db is down
      approval  none: taken without approval; approve to confirm that it was justified, deny to end it now
      asked     just now, signed by SHA256:7gVR/iqpm6U+Yi3maONALdXOZTSgeJnr31Vk147gxV0
      digest    2adf1219db9ac7f50b8fd1a299ed5cbf5d9c064906501ef5c59d2c8629c0be97
    error: bo has reviewed 5BFH46EVKB already
    ");
}

#[tokio::test]
async fn a_no_ends_it() {
    let stage = stage().await;
    assert_eq!(stage.ana.run_words(&TAKE, &["prod-admin"]).await.code, 0);
    let id = stage.newest();
    let deny = ["deny", id.as_str(), "--reason", "there was no incident", "-y"];
    assert_snapshot!(stage.bo.run_words(&deny, &[]).await, @"
    exit 0
    --- stdout
    reviewed 5BFH46EVKB of ana: not justified; it is revoked
    --- stderr
    ana broke the glass for prod-admin  (request 5BFH46EVKB)
      opens     role prod-admin in account 111122223333 (aws)
      role      Administer the production account
      for       30m
      now       active, 30m left
      reason  | orders-db is down
      approval  none: taken without approval; approve to confirm that it was justified, deny to end it now
      asked     just now, signed by SHA256:7gVR/iqpm6U+Yi3maONALdXOZTSgeJnr31Vk147gxV0
      digest    2adf1219db9ac7f50b8fd1a299ed5cbf5d9c064906501ef5c59d2c8629c0be97
    credentials already handed out stay valid until 2026-11-23 10:30 UTC; AWS cannot call them back
    ");
    assert_snapshot!(stage.ana.run(&format!("show {id}"), &[]).await, @"
    exit 0
    --- stdout
    5BFH46EVKB  prod-admin  revoked
      who       ana
      opens     role prod-admin in account 111122223333 (aws)
      for       30m
      reason  | orders-db is down
      asked     2026-11-23 10:00 UTC (just now)
      way       emergency: taken without approval
      after     bo says deny
              | there was no incident
      access    until 2026-11-23 10:00 UTC (just now)
      told      slack (about the emergency)
      told      webhook ops could not be told: it answered with status 500
      closed    2026-11-23 10:00 UTC (just now) by bo
              | wrong
    --- stderr
    ");
}

#[tokio::test]
async fn roles_say_which_have_the_way() {
    let stage = stage().await;
    assert_snapshot!(stage.ana.run("roles prod", &[]).await, @"
    exit 0
    --- stdout
    ROLE        FOR  AT MOST  APPROVAL                       OPENS
    prod-admin  1h   4h       1 of group:sre; emergency 30m  role prod-admin in account 111122223333 (aws)
    --- stderr
    ");
}

#[tokio::test]
async fn nothing_is_sent_that_was_not_meant() {
    let stage = stage().await;
    let asked = || stage.broker.state.lock().unwrap().requests.len();
    // Enter means no.
    assert_snapshot!(stage.ana.run_words(&TAKE, &[""]).await, @"
    exit 1
    --- stdout
    --- stderr
    prod-admin: role prod-admin in account 111122223333 (aws)
      Administer the production account
      for       30m (at most 30m)
      reason  | orders-db is down
      approval  none: this is emergency access, and everybody is told
      told      slack, webhook ops
      after     somebody reviews it (bo); until then you cannot take another one
    ? Break the glass for prod-admin, 30m? Production: type the role's name
    error: cancelled; nobody was notified
      hint: for an ordinary request, type `jit request prod-admin`
    ");
    assert_snapshot!(stage.ana.run("break-glass prod-admin --for 31m --reason x", &["y"]).await, @"
    exit 2
    --- stdout
    --- stderr
    error: 31m is longer than an emergency in prod-admin may last
      hint: take at most 30m: --for 30m
    ");
    assert_snapshot!(stage.ana.run("break-glass stage-admin --reason x", &["y"]).await, @"
    exit 5
    --- stdout
    --- stderr
    error: you may not take emergency access to stage-admin
      hint: make an ordinary request: `jit request stage-admin`
    ");
    assert_snapshot!(stage.ana.run("break-glass nothing --reason x", &["y"]).await, @"
    exit 5
    --- stdout
    --- stderr
    error: there is no role nothing that you may ask for
      hint: `jit roles` lists those that you may
    ");
    assert_eq!(asked(), 0);
    // Without a terminal it needs a reason and `-y`.
    assert_snapshot!(stage.ana.run("break-glass prod-admin -y", &[]).await, @r#"
    exit 2
    --- stdout
    --- stderr
    error: emergency access needs a reason
      hint: say what happened: `jit break-glass prod-admin --reason "orders-db is down"`
    "#);
    assert_snapshot!(stage.ana.run_words(&TAKE, &[]).await, @"
    exit 2
    --- stdout
    --- stderr
    prod-admin: role prod-admin in account 111122223333 (aws)
      Administer the production account
      for       30m (at most 30m)
      reason  | orders-db is down
      approval  none: this is emergency access, and everybody is told
      told      slack, webhook ops
      after     somebody reviews it (bo); until then you cannot take another one
    error: emergency access is told to everybody, and there is no terminal to ask on
      hint: to confirm it: `jit break-glass prod-admin --for 30m --reason 'orders-db is down' -y`
    ");
    assert_eq!(asked(), 0);
    assert_eq!(stage.ana.run("break-glass prod-admin -y --reason x", &[]).await.code, 0);
    assert_eq!(asked(), 1);
}

#[tokio::test]
async fn a_reason_is_asked_for_and_the_command_printed_back() {
    let stage = stage().await;
    let shot = stage.ana.run("break-glass prod-admin --for 10m", &["it\'s down", "prod-admin"]).await;
    assert!(shot.stderr.contains("? What is the emergency?"), "{shot}");
    let command = "next time: jit break-glass prod-admin --for 10m --reason 'it'\\''s down'";
    assert!(shot.stderr.contains(command), "{shot}");
}

#[tokio::test]
async fn the_next_one_waits_for_the_review() {
    let stage = stage().await;
    assert_eq!(stage.ana.run_words(&TAKE, &["prod-admin"]).await.code, 0);
    assert_eq!(stage.ana.run("end prod-admin", &[]).await.code, 0);
    assert_snapshot!(stage.ana.run_words(&TAKE, &["prod-admin"]).await, @"
    exit 1
    --- stdout
    --- stderr
    prod-admin: role prod-admin in account 111122223333 (aws)
      Administer the production account
      for       30m (at most 30m)
      reason  | orders-db is down
      approval  none: this is emergency access, and everybody is told
      told      slack, webhook ops
      after     somebody reviews it (bo); until then you cannot take another one
    ? Break the glass for prod-admin, 30m? Production: type the role's name
    error: prod-admin was not requested
      cause: your emergency access to prod-admin (request 5BFH46EVKB) has not been reviewed yet
    ");
    assert_snapshot!(stage.ana.run("show prod-admin --json", &[]).await, @r#"
    exit 0
    --- stdout
    {
      "id": "5BFH46EVKB",
      "digest": "2adf1219db9ac7f50b8fd1a299ed5cbf5d9c064906501ef5c59d2c8629c0be97",
      "way": "break-glass",
      "role": "prod-admin",
      "who": "ana",
      "target": "aws:arn:aws:iam::111122223333:role/prod-admin?region=eu-west-1",
      "cloud": "aws",
      "place": {
        "kind": "account",
        "name": "111122223333"
      },
      "account": "111122223333",
      "scope": null,
      "duration": "30m",
      "reason": "orders-db is down",
      "interactive": false,
      "agent": false,
      "state": "ended",
      "created": "2026-11-23T10:00:00Z",
      "start": null,
      "pending_until": "2026-11-24T10:00:00Z",
      "unused_until": "2026-11-23T22:00:00Z",
      "approved_duration": "30m",
      "approved_by": [],
      "active_until": "2026-11-23T10:30:00Z",
      "credentials_until": "2026-11-23T10:30:00Z",
      "approval": "none",
      "missing": [],
      "reviews": [],
      "acknowledged": null,
      "notices": [
        {
          "to": "slack",
          "about": "break_glass",
          "delivered": true,
          "problem": null
        },
        {
          "to": "webhook ops",
          "about": "break_glass",
          "delivered": false,
          "problem": "it answered with status 500"
        }
      ],
      "denied_before": null,
      "closing": {
        "at": "2026-11-23T10:00:00Z",
        "by": "ana",
        "why": "done"
      },
      "may_review": false,
      "may_revoke": false
    }
    --- stderr
    "#);
}

#[tokio::test]
async fn a_broker_that_answers_with_an_ordinary_request_is_not_believed() {
    let stage = stage().await;
    assert_eq!(stage.ana.run("request prod-admin --reason INC-1 --no-wait -y", &[]).await.code, 0);
    stage.broker.lie(Some(Lie::AnotherRequest));
    let shot = stage.ana.run_words(&TAKE, &["prod-admin"]).await;
    assert_eq!(shot.code, 1, "{shot}");
}

/// What happened in an emergency is offered as the reason of nothing else, and nobody extends an emergency.
#[tokio::test]
async fn an_emergency_gives_no_default_reason_and_no_more_time() {
    let stage = stage().await;
    let take = ["break-glass", "prod-admin", "--reason", "INC-9 orders-db is down"];
    assert_eq!(stage.ana.run_words(&take, &["prod-admin"]).await.code, 0);
    let more = stage.ana.run("extend prod-admin", &["y"]).await;
    assert_eq!(more.code, 5, "{more}");
    assert!(
        more.stderr.starts_with("error: emergency access to prod-admin cannot be extended\n"),
        "no plan: {more}"
    );
    assert_eq!(stage.ana.run("end prod-admin", &[]).await.code, 0);
    let asked = stage.ana.run("request prod-admin --no-wait", &["", "INC-7 restart", "y"]).await;
    assert_eq!(asked.code, 0, "{asked}");
    assert!(asked.stderr.contains("  reason  | INC-7 restart\n"), "{asked}");
    // The same role's own reason is a default.
    assert_eq!(stage.ana.run("end prod-admin", &[]).await.code, 0);
    let again = stage.ana.run("request prod-admin --no-wait", &["", "y"]).await;
    assert!(again.stderr.contains("  reason  | INC-7 restart\n"), "{again}");
}
