//! The main paths: what people type, what they see, and what their exit codes are.

use insta::assert_snapshot;

use crate::stage::Stage;

const ASK: [&str; 4] = ["request", "prod-admin", "--reason", "INC-42 fail over"];

#[tokio::test]
async fn ask_approve_use_end() {
    let stage = Stage::ready().await;
    let ask = stage.ana.run_words(&ASK, &["y"]);
    let approve = async {
        while stage.broker.state.lock().unwrap().requests.is_empty() {
            tokio::task::yield_now().await;
        }
        stage.bo.run("approve", &["y"]).await
    };
    let (asked, approved) = tokio::join!(ask, approve);
    assert_snapshot!(asked, @"
    exit 0
    --- stdout
    prod-admin in account 111122223333 is active until 2026-11-23T11:00:00Z (1h left)
    --- stderr
    prod-admin: role prod-admin in account 111122223333 (aws)
      Administer the production account
      for       1h (at most 4h)
      reason    INC-42 fail over
      approval  1 of group:sre (bo)
    ? Ask for prod-admin?
    asked for prod-admin: request 2GXZ63WSS4
    told: webhook ops (about the request)
    told: command could not be told: it did not finish in time
    … prod-admin 2GXZ63WSS4 waits for 1 of group:sre (bo); asked just now
    use it: jit exec prod-admin -- COMMAND
    ");
    assert_snapshot!(approved, @"
    exit 0
    --- stdout
    approved 2GXZ63WSS4 for ana: it is approved now
    --- stderr
    ana asks for prod-admin  (request 2GXZ63WSS4)
      opens     role prod-admin in account 111122223333 (aws)
      role      Administer the production account
      for       1h (at most 4h)
      reason    INC-42 fail over
      approval  1 of group:sre
      asked     just now, signed by SHA256:7gVR/iqpm6U+Yi3maONALdXOZTSgeJnr31Vk147gxV0
      digest    143bf30f99c926c18e0cf195fb9bf7f26761f1d976c702345191efcadb6f8753
    ? Approve prod-admin for ana?
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
    prod-admin  active  1h left  111122223333  2GXZ63WSS4
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
    prod-admin 2GXZ63WSS4 is ended
    --- stderr
    credentials already handed out stay valid until 2026-11-23T11:00:00Z; AWS cannot call them back
    ");
    assert_eq!(stage.ana.world.keychain.items().len(), 1, "only the session is left");
    assert_snapshot!(stage.ana.run("exec prod-admin -- aws s3 ls", &[]).await, @"
    exit 125
    --- stdout
    --- stderr
    error: the access to prod-admin has ended
      cause: done
      hint: ask again: `jit request prod-admin`
    state=denied
    ");
}
