//! The main paths: what people type, what they see, and the exit codes.

use insta::assert_snapshot;

use crate::cli::stage::Stage;

const ASK: [&str; 4] = ["request", "prod-admin", "--reason", "INC-42 fail over"];

#[tokio::test]
async fn ask_approve_use_end() {
    let stage = Stage::ready().await;
    let ask = stage.ana.run_words(&ASK, &["y"]);
    let approve = async {
        while stage.broker.state.lock().unwrap().requests.is_empty() {
            tokio::task::yield_now().await;
        }
        let id = stage.newest();
        stage.bo.run("approve", &[&id[..4]]).await
    };
    let (asked, approved) = tokio::join!(ask, approve);
    assert_snapshot!(asked, @"
    exit 0
    --- stdout
    prod-admin in account 111122223333 is active until 2026-11-23 11:00 UTC (1h left)
    --- stderr
    prod-admin: role prod-admin in account 111122223333 (aws)
      Administer the production account
      for       1h (at most 4h)
      reason  | INC-42 fail over
      approval  1 of group:sre (bo)
    ? Ask for prod-admin, 1h?
    asked for prod-admin: request 0KZA6XP2FJ
    told: webhook ops
    not told: command: it did not finish in time; the broker tries again
    … prod-admin 0KZA6XP2FJ waits for 1 of group:sre (bo); asked at 2026-11-23 10:00 UTC
    approved by bo
    use it: jit exec prod-admin -- COMMAND
    ");
    assert_snapshot!(approved, @"
    exit 0
    --- stdout
    approved 0KZA6XP2FJ: prod-admin for ana, 1h; ana can use it now
    --- stderr
    ana asks for prod-admin  (request 0KZA6XP2FJ)
      opens     role prod-admin in account 111122223333 (aws)
      role      Administer the production account
      for       1h (at most 4h)
      reason  | INC-42 fail over
      approval  1 of group:sre
      asked     just now, signed by SHA256:7gVR/iqpm6U+Yi3maONALdXOZTSgeJnr31Vk147gxV0
      digest    04fea376c27cb7e5e118da4addea0275aaa14b7d29801210ebdc43fb3ba4085a
    ? Approve prod-admin for ana, 1h? Production: type the first four characters of its id
    ");
    assert_snapshot!(stage.ana.run("prompt", &[]).await, @"
    exit 0
    --- stdout
    prod-admin 1h
    --- stderr
    ");
    assert_snapshot!(stage.ana.run("status", &[]).await, @"
    exit 0
    --- stdout
    ROLE        STATE   TIME     ACCOUNT       REQUEST
    prod-admin  active  1h left  111122223333  0KZA6XP2FJ
    --- stderr
    ");
    assert_snapshot!(stage.ana.run("exec prod-admin -- aws s3 ls", &[]).await, @"
    exit 0
    --- stdout
    --- stderr
    jit: prod-admin in account 111122223333, 1h left
    ");
    let started = stage.ana.world.processes.started.lock().unwrap().pop().unwrap();
    assert_eq!(started.environment.get("AWS_SESSION_TOKEN"), Some("canary-token"));
    assert_eq!(started.environment.get("JIT_GRANT"), Some("prod-admin"));
    assert_snapshot!(stage.ana.run("end prod-admin", &[]).await, @"
    exit 0
    --- stdout
    prod-admin 0KZA6XP2FJ is ended
    --- stderr
    credentials already handed out stay valid until 2026-11-23 11:00 UTC; AWS cannot call them back
    ");
    assert_eq!(stage.ana.world.keychain.items().len(), 1, "only the session is left");
    assert_snapshot!(stage.ana.run("exec prod-admin -- aws s3 ls", &[]).await, @"
    exit 125
    --- stdout
    --- stderr
    error: the access to prod-admin has ended
      cause: ana ended it
      hint: ask again: `jit request prod-admin`
    state=denied
    ");
}

#[tokio::test]
async fn what_programs_read() {
    let stage = Stage::ready().await;
    assert_eq!(stage.ana.run("request stage-admin -y", &[]).await.code, 0);
    assert_snapshot!(stage.ana.run("status --json", &[]).await, @r#"
    exit 0
    --- stdout
    [
      {
        "role": "stage-admin",
        "id": "20VXMQ3F60",
        "state": "active",
        "cloud": "aws",
        "place": {
          "kind": "account",
          "name": "111122223333"
        },
        "account": "111122223333",
        "asked": "2026-11-23T10:00:00Z",
        "until": "2026-11-23T11:00:00Z",
        "direct": false
      }
    ]
    --- stderr
    "#);
    assert_snapshot!(stage.ana.run("status --verify", &[]).await, @"
    exit 0
    --- stdout
    ROLE         STATE   TIME     ACCOUNT       REQUEST     IDENTITY
    stage-admin  active  1h left  111122223333  20VXMQ3F60  arn:aws:sts::111122223333:assumed-role/stage-admin/x
    --- stderr
    ");
    assert_snapshot!(stage.ana.run("prompt --json", &[]).await, @r#"
    exit 0
    --- stdout
    [
      {
        "role": "stage-admin",
        "cloud": "aws",
        "place": {
          "kind": "account",
          "name": "111122223333"
        },
        "account": "111122223333",
        "until": "2026-11-23T11:00:00Z",
        "direct": false
      }
    ]
    --- stderr
    "#);
    assert_snapshot!(stage.ana.run("prompt --format {role}@{account} --shell zsh", &[]).await, @"
    exit 0
    --- stdout
    stage-admin@111122223333
    --- stderr
    ");
    assert_snapshot!(stage.ana.run("show stage --json", &[]).await, @r#"
    exit 2
    --- stdout
    --- stderr
    error: "stage" names neither a role of yours nor a request
      hint: did you mean stage-admin?
    "#);
    assert_snapshot!(stage.ana.run("show stage-admin --json", &[]).await, @r#"
    exit 0
    --- stdout
    {
      "id": "20VXMQ3F60",
      "digest": "1037da5c6f300527b9e500525409254e675f3159fdd149cb667bea46051ad534",
      "way": "request",
      "role": "stage-admin",
      "who": "ana",
      "target": "aws:arn:aws:iam::111122223333:role/stage-admin?region=eu-west-1",
      "cloud": "aws",
      "place": {
        "kind": "account",
        "name": "111122223333"
      },
      "account": "111122223333",
      "scope": null,
      "duration": "1h",
      "reason": "",
      "interactive": false,
      "agent": false,
      "state": "active",
      "created": "2026-11-23T10:00:00Z",
      "start": null,
      "pending_until": "2026-11-24T10:00:00Z",
      "unused_until": "2026-11-23T22:00:00Z",
      "approved_duration": "1h",
      "approved_by": [],
      "active_until": "2026-11-23T11:00:00Z",
      "credentials_until": "2026-11-23T11:00:00Z",
      "approval": "none",
      "missing": [],
      "reviews": [],
      "acknowledged": null,
      "notices": [],
      "denied_before": null,
      "closing": null,
      "may_review": false,
      "may_revoke": false
    }
    --- stderr
    "#);
    assert_snapshot!(stage.ana.run("roles prod --json", &[]).await, @r#"
    exit 0
    --- stdout
    [
      {
        "name": "prod-admin",
        "aliases": [
          "payments-admin"
        ],
        "description": "Administer the production account",
        "target": "aws:arn:aws:iam::111122223333:role/prod-admin?region=eu-west-1",
        "direct": false,
        "may_request": true,
        "may_review": false,
        "may_review_whole": false,
        "approval": "1 of group:sre",
        "automatic": false,
        "approvers": [
          "bo"
        ],
        "duration": "1h",
        "max_duration": "4h",
        "bind_ip": false,
        "scopes": [],
        "break_glass": null
      }
    ]
    --- stderr
    "#);
    assert_snapshot!(stage.ana.run("whoami --json", &[]).await, @r#"
    exit 0
    --- stdout
    {
      "authority": "https://jit.example.com",
      "person": "ana",
      "label": "A person",
      "key": "SHA256:example",
      "groups": [
        "dev"
      ],
      "expires": "2026-11-23T22:00:00Z",
      "keychain": "memory",
      "credentials": "keychain"
    }
    --- stderr
    "#);
}

#[tokio::test]
async fn what_people_read() {
    let stage = Stage::ready().await;
    assert_snapshot!(stage.ana.run("roles", &[]).await, @"
    exit 0
    --- stdout
    ROLE         FOR  AT MOST  APPROVAL          OPENS
    prod-admin   1h   4h       1 of group:sre    role prod-admin in account 111122223333 (aws)
    stage-admin  1h   4h       approved at once  role stage-admin in account 111122223333 (aws)
    --- stderr
    ");
    assert_snapshot!(stage.bo.run("roles", &[]).await, @"
    exit 0
    --- stdout
    ROLE         FOR  AT MOST  APPROVAL                          OPENS
    prod-admin   1h   4h       1 of group:sre (you only review)  role prod-admin in account 111122223333 (aws)
    stage-admin  1h   4h       approved at once                  role stage-admin in account 111122223333 (aws)
    --- stderr
    ");
    assert_eq!(stage.ana.run_words(&[&ASK[..], &["-y", "--no-wait"]].concat(), &[]).await.code, 0);
    assert_snapshot!(stage.bo.run("inbox", &[]).await, @"
    exit 0
    --- stdout
    REQUEST     WHO  ROLE        FOR  ASKED     REASON
    B1R20YF74R  ana  prod-admin  1h   just now  INC-42 fail over
    --- stderr
    next: jit approve ID, or jit deny ID --reason TEXT
    ");
    assert_snapshot!(stage.bo.run("", &[]).await, @"
    exit 0
    --- stdout
    1 request waits for your review
    --- stderr
    next: jit inbox
    ");
    assert_snapshot!(stage.bo.approve("--for 30m").await, @"
    exit 0
    --- stdout
    approved B1R20YF74R: prod-admin for ana, 30m (asked 1h); ana can use it now
    --- stderr
    ana asks for prod-admin  (request B1R20YF74R)
      opens     role prod-admin in account 111122223333 (aws)
      role      Administer the production account
      for       1h (at most 4h)
      reason  | INC-42 fail over
      approval  1 of group:sre
      asked     just now, signed by SHA256:7gVR/iqpm6U+Yi3maONALdXOZTSgeJnr31Vk147gxV0
      digest    58702079e72616d4c76a85d0e93db64de75f2afc64d2eeab81cb612a9729c601
      shortened 30m instead of 1h
    ");
    let id = stage.newest();
    assert_snapshot!(stage.bo.run(&format!("show {}", &id[..4]), &[]).await, @"
    exit 0
    --- stdout
    B1R20YF74R  prod-admin  approved
      who       ana
      opens     role prod-admin in account 111122223333 (aws)
      for       1h
      reason  | INC-42 fail over
      asked     2026-11-23 10:00 UTC (just now)
      approval  1 of group:sre
      review    bo says approve for at most 30m
      approved  for 30m only
      usable    until 2026-11-23 22:00 UTC (in 12h)
      told      webhook ops (about the request)
      told      command could not be told: it did not finish in time; the broker tries again
    --- stderr
    ");
    assert_snapshot!(stage.ana.run("", &[]).await, @"
    exit 0
    --- stdout
    ROLE        STATE     TIME            ACCOUNT       REQUEST
    prod-admin  approved  usable for 12h  111122223333  B1R20YF74R
    --- stderr
    next: jit exec prod-admin -- COMMAND
    ");
    assert_snapshot!(stage.ana.run("wait prod-admin", &[]).await, @"
    exit 0
    --- stdout
    prod-admin in account 111122223333 is active until 2026-11-23 10:30 UTC (30m left)
    --- stderr
    use it: jit exec prod-admin -- COMMAND
    ");
    let revoke = ["revoke", &id, "--reason", "laptop lost"];
    assert_snapshot!(stage.bo.run_words(&revoke, &[&id[..4]]).await, @"
    exit 0
    --- stdout
    prod-admin of ana is revoked
    --- stderr
    ? Revoke prod-admin of ana, 30m left? Production: type the first four characters of its id
    credentials already handed out stay valid until 2026-11-23 10:30 UTC; AWS cannot call them back
    ");
    assert_snapshot!(stage.ana.run("wait prod-admin", &[]).await, @"
    exit 5
    --- stdout
    --- stderr
    error: prod-admin was revoked by bo
      cause: revoked
      hint: ask again: `jit request prod-admin`
    ");
    assert_snapshot!(stage.ana.run("approve nonsense", &[]).await, @r#"
    exit 2
    --- stdout
    --- stderr
    error: "nonsense" names neither a role nor a request
      hint: type a role or the whole id; `jit inbox` shows what waits for you
    "#);
    assert_snapshot!(stage.ana.run("show zz", &[]).await, @r#"
    exit 2
    --- stdout
    --- stderr
    error: "zz" names neither a role of yours nor a request
      hint: `jit status` shows your requests, `jit roles` what you may ask for
    "#);
    assert_snapshot!(stage.ana.run("--color always roles nothing-like-this", &[]).await, @"
    exit 0
    --- stdout
    --- stderr
    there is no such role that you may request or review
    ");
}

#[tokio::test]
async fn an_old_approval_waits_for_its_first_use() {
    let stage = Stage::ready().await;
    assert_eq!(stage.ana.run_words(&[&ASK[..], &["-y", "--no-wait"]].concat(), &[]).await.code, 0);
    stage.clock.advance(std::time::Duration::from_secs(3600));
    assert_eq!(stage.bo.approve("").await.code, 0);
    assert_snapshot!(stage.ana.run("wait prod-admin", &[]).await, @"
    exit 0
    --- stdout
    prod-admin is approved for 1h; the time begins with its first use
    --- stderr
    use it: jit exec prod-admin -- COMMAND
    ");
    assert_eq!(stage.ana.run("prompt", &[]).await.stdout, "");
    assert_snapshot!(stage.ana.run("exec prod-admin -- true", &[]).await, @"
    exit 0
    --- stdout
    --- stderr
    jit: prod-admin in account 111122223333, 1h left
    ");
}
