//! What `jit lock` and `jit logout` leave: nothing to use, and every gate of the hook. And the hook under an agent's name.

use std::fs;
use std::sync::Arc;

use async_trait::async_trait;
use jit::state::index;
use jit::system::fake::Host;
use jit::system::files::Files;
use jit::system::http::HttpError;
use jit::system::http::Request;
use jit::system::http::Response;
use tokio::sync::Notify;

use crate::cli::fake_broker::BROKER;
use crate::cli::stage::Person;
use crate::cli::stage::Shot;
use crate::cli::stage::Stage;

const APPLY: &str = r#"{"tool_name":"Bash","tool_input":{"command":"terraform apply"}}"#;
const LIST: &str = r#"{"tool_name":"Bash","tool_input":{"command":"ls"}}"#;

fn know(files: &Files, role: &str, gate: &str) {
    let role = index::KnownRole {
        name: role.parse().unwrap(),
        aliases: Vec::new(),
        scopes: Vec::new(),
        authority: None,
        gate: vec![gate.to_owned()],
        place: None,
    };
    index::put_roles(files, None, &[role], &[]).unwrap();
}

async fn hook(person: &Person, call: &str) -> Shot {
    *person.world.console.input.lock().unwrap() = call.as_bytes().to_vec();
    person.run("hook claude", &[]).await
}

/// A broker that never answers. It says when it is asked.
#[derive(Default)]
struct Hanging(Notify);

#[async_trait]
impl Host for Hanging {
    async fn answer(&self, _: Request) -> Result<Response, HttpError> {
        self.0.notify_one();
        std::future::pending().await
    }
}

#[tokio::test]
async fn the_hook_still_blocks_after_a_logout_and_a_lock() {
    for command in ["logout", "lock"] {
        let stage = Stage::ready().await;
        let ana = &stage.ana;
        know(&ana.world.system.files, "orders-admin", "terraform apply");
        assert_eq!(hook(ana, APPLY).await.code, 2);
        assert_eq!(ana.run(command, &[]).await.code, 0);
        let after = hook(ana, APPLY).await;
        assert!(after.code == 2 && after.stderr.contains("orders-admin"), "{command}: {after}");
        assert_eq!(hook(ana, LIST).await.code, 0);
    }
}

#[tokio::test]
async fn an_agents_name_takes_nothing_from_the_hook() {
    let mut stage = Stage::new();
    let owner = stage.ana.world.system.files.clone();
    know(&owner, "orders-admin", "terraform apply");
    stage.ana.world.system.environment.set("JIT_AGENT", "ana-agent");
    let ana = &stage.ana;
    let early = hook(ana, APPLY).await;
    assert!(early.code == 2 && early.stderr.contains("orders-admin"), "before its login: {early}");
    let own = Files { state: owner.state.join("agents/ana-agent"), ..owner.clone() };
    know(&own, "staging", "kubectl delete");
    assert_eq!(hook(ana, APPLY).await.code, 2, "its own roles are others");
    assert_eq!(hook(ana, &APPLY.replace("terraform apply", "kubectl delete")).await.code, 2);
    assert_eq!(hook(ana, LIST).await.code, 0);
    *ana.world.console.input.lock().unwrap() = APPLY.as_bytes().to_vec();
    let whole = ana.run("--color never hook claude", &[]).await;
    assert_eq!(whole.code, 2, "the same through the parser: {whole}");
    // One of the two that cannot be read blocks everything.
    fs::write(index::path(&owner), "{").unwrap();
    assert_eq!(hook(ana, LIST).await.code, 2);
}

/// Some texts are JSON and no index, and a pipe would be waited for.
#[tokio::test]
async fn an_index_that_is_none_blocks() {
    let stage = Stage::new();
    let ana = &stage.ana;
    know(&ana.world.system.files, "orders-admin", "terraform apply");
    let path = index::path(&ana.world.system.files);
    for text in ["[]", "[[],[],[]]", "null", r#"{"version":"x","roles":[]}"#, r#"{"version":-1}"#, " [1]"] {
        fs::write(&path, text).unwrap();
        let blocked = hook(ana, LIST).await;
        assert!(blocked.code == 2 && blocked.stderr.contains("is damaged"), "{text}: {blocked}");
    }
    fs::remove_file(&path).unwrap();
    #[cfg(unix)]
    {
        rustix::fs::mkfifoat(rustix::fs::CWD, &path, rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR)
            .unwrap();
        let blocked = hook(ana, LIST).await;
        assert!(blocked.code == 2 && blocked.stderr.contains("not a regular file"), "{blocked}");
    }
}

/// Killed while the broker is asked, both have removed what is here.
#[tokio::test]
async fn a_broker_that_hangs_leaves_nothing_to_use() {
    for command in ["lock", "logout"] {
        let stage = Stage::ready().await;
        let ana = &stage.ana;
        let asked =
            ana.run_words(&["request", "prod-admin", "--reason", "INC-42", "-y", "--no-wait"], &[]).await;
        assert_eq!(asked.code, 0, "{asked}");
        assert_eq!(stage.bo.approve("").await.code, 0);
        assert_eq!(ana.run("exec prod-admin --env -- true", &[]).await.code, 0);
        let is_usable = || ana.world.keychain.items().iter().any(|item| item.contains("session"));
        let has_lease = || ana.world.keychain.items().iter().any(|item| item.contains("lease"));
        assert!(is_usable() && has_lease(), "{:?}", ana.world.keychain.items());
        let hanging = Arc::new(Hanging::default());
        stage.http.route(BROKER, Arc::clone(&hanging) as Arc<dyn Host>);
        tokio::select! {
            () = hanging.0.notified() => {}
            shot = ana.run(command, &[]) => panic!("{command} ended: {shot}"),
        }
        assert!(!is_usable(), "{command}: {:?}", ana.world.keychain.items());
        assert!(command == "logout" || !has_lease(), "{:?}", ana.world.keychain.items());
        stage.http.route(BROKER, Arc::clone(&stage.broker) as Arc<dyn Host>);
        // After a logout, a key in the ssh-agent logs in again.
        let used = ana.run("exec prod-admin --env -- true", &[]).await;
        assert_eq!(used.code, if command == "lock" { 125 } else { 0 }, "{command}: {used}");
    }
}
