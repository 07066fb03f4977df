//! The OpenAPI document is true: schemathesis drives a live broker by it, and finds no answer that it does not name.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test stops at the first surprise")]
#![expect(clippy::panic, reason = "a test stops at the first surprise")]
#![expect(clippy::disallowed_methods, reason = "the suites talk to real software, on real clocks")]

#[expect(dead_code, reason = "each suite uses a part of the support")]
mod support;
#[expect(dead_code, reason = "the broker's own tests use the rest")]
#[path = "broker/world.rs"]
mod world;

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use jit::broker::Broker;
use jit::broker::Limits;
use jit::broker::Rate;
use jit::system::clock::RealClock;
use jit::system::fake_router::RouterHost;
use support::tool;
use world::AUTHORITY;
use world::World;

const GENEROUS: Rate = Rate { burst: 1_000_000, per_minute: 1_000_000 };

#[tokio::test]
async fn schemathesis_finds_nothing_that_the_document_does_not_name() {
    let mut world = World::unstarted();
    world.fake.system.clock = Arc::new(RealClock);
    let mut settings = world.settings();
    settings.limits = Limits { login: GENEROUS, person: GENEROUS, address: GENEROUS, ..Limits::default() };
    let broker = Broker::open(settings, &world.fake.system).await.unwrap();
    world.http.route(AUTHORITY, Arc::new(RouterHost(broker.router())));
    // Something to be found.
    let (ana, eve) = (world.person("ana").await, world.person("eve").await);
    let (view, _) = world.ask(&ana, "play").await;
    world.ask(&ana, "prod").await;
    assert_eq!(world.mint(&ana, &view).await.status(), 201);

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = tokio::spawn(jit::broker::serve(broker, listener, async move {
        let _ = stopped.await;
    }));
    let document = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/openapi.json");
    for (person, more) in
        [(&ana, ["--exclude-operation-id", "session_end"]), (&eve, ["--include-tag", "login"])]
    {
        let mut command = Command::new(tool("schemathesis"));
        command
            .current_dir(world.folder.path())
            .arg("run")
            .arg(&document)
            .args(["--url", &format!("http://{address}")])
            .args(["--header", &format!("Authorization: Bearer {}", person.token)])
            .args(["--checks", "all"])
            // A body that fits the schema still has to be signed by somebody: no generator can do that.
            .args(["--exclude-checks", "positive_data_acceptance,unsupported_method"])
            .args(["--seed", "1", "--max-examples", "40", "--no-color", "--generation-deterministic"])
            .args(more);
        let output = tokio::task::spawn_blocking(move || command.output().expect("schemathesis starts"))
            .await
            .unwrap();
        let told =
            format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{told}");
    }
    stop.send(()).unwrap();
    serving.await.unwrap().unwrap();
}
