//! The documents that the web host serves, and the broker's judgement on them.

use std::fs;

use jit::issuer::DISCOVERY_PATH;
use jit::issuer::KEY_SET_PATH;
use jit::protocol::SealedLease;

use super::Behaviour;
use super::ISSUER;
use super::Stage;

#[tokio::test]
async fn the_first_key_signs_once_the_host_serves_it() {
    let stage = Stage::start(false).await;
    let (status, detail, hint) = stage.refused(&stage.mint().await, 0);
    let kid = stage.kids().await.remove(0);
    assert_eq!(status, 503);
    assert_eq!(
        detail,
        format!(
            "{ISSUER} does not serve the broker's signing key {kid}, so no cloud could verify its tokens"
        )
    );
    assert!(hint.contains("`jit setup issuer DIR` writes them") && hint.contains("--issuer-dir"), "{hint}");
    let (status, told) = stage.ready().await;
    assert_eq!(status, 503);
    assert!(told.contains(&kid) && told.contains("the host answers 404"), "{told}");
    let page = stage.metrics().await;
    assert!(page.contains("jit_issuer_healthy 0\n"), "{page}");
    stage.publish().await;
    assert_eq!(stage.ready().await, (200, "ready\n".to_owned()));
    assert!(stage.metrics().await.contains("jit_issuer_healthy 1\n"));
    assert_eq!(stage.signer(&stage.mint().await), kid);
}

/// With a folder that the web host serves, nobody uploads anything.
#[tokio::test]
async fn the_files_of_the_folder_are_there_before_a_key_signs_and_stay_right() {
    let stage = Stage::start(true).await;
    let kid = stage.signer(&stage.mint().await);
    assert_eq!([kid], *stage.kids().await);
    assert_eq!(stage.ready().await, (200, "ready\n".to_owned()));
    let (discovery, keys) = stage.originals().await;
    let at = |name: &str| stage.host.folder.join(".well-known").join(name);
    for (name, text) in [("openid-configuration", &discovery), ("jwks.json", &keys)] {
        let right = format!("{text}\n");
        assert_eq!(fs::read_to_string(at(name)).unwrap(), right);
        fs::remove_file(at(name)).unwrap();
        stage.pass(2);
        let is_right = || async { fs::read_to_string(at(name)).is_ok_and(|there| there == right) };
        stage.until("the deleted file is back", is_right).await;
        fs::write(at(name), "{\"keys\":[],\"issuer\":\"https://evil.example\"}").unwrap();
        stage.pass(2);
        stage.until("the changed file is right again", is_right).await;
    }
    // A folder that cannot be written is said, and what is there goes on.
    fs::remove_dir_all(stage.host.folder.join(".well-known")).unwrap();
    fs::write(stage.host.folder.join(".well-known"), "a file").unwrap();
    stage.host_is(Behaviour::Copies(discovery, keys));
    stage.pass(61);
    let (status, told) = stage.ready().await;
    assert_eq!(status, 503);
    assert!(told.contains("cannot write the issuer's documents") && told.contains("not a folder"), "{told}");
    assert_eq!(stage.mint().await.status(), 201);
}

/// One look a minute, however many mints.
#[tokio::test]
async fn what_was_seen_is_not_fetched_for_each_mint() {
    let stage = Stage::start(true).await;
    let ana = stage.world.person("ana").await;
    let (view, _) = stage.world.ask(&ana, "boxed").await;
    for number in 1..=5 {
        let sealed: SealedLease = stage.world.mint(&ana, &view).await.read();
        assert_eq!(sealed.number, number);
    }
    assert_eq!(stage.fetches(), 1);
    stage.pass(59);
    stage.world.mint(&ana, &view).await.read::<SealedLease>();
    assert_eq!(stage.fetches(), 1);
    stage.pass(1);
    stage.world.mint(&ana, &view).await.read::<SealedLease>();
    assert_eq!(stage.fetches(), 2);
}

/// Keys that were seen go on signing while the host is away. A restart does not change that, and `/readyz` says it.
#[tokio::test]
async fn a_host_that_is_away_stops_nothing_and_is_said() {
    let html = "<html>sign in</html>";
    for (behaviour, why) in [
        (Behaviour::Down, "cannot connect to jit-issuer.example.com: connection refused"),
        (Behaviour::Slow, "jit-issuer.example.com did not answer in time"),
        (Behaviour::Huge, "it is larger than 65536 bytes"),
        (Behaviour::Says(200, "text/html", html), "it is not a discovery document"),
        (Behaviour::Says(302, "text/html", html), "the host redirects to https://evil.example/"),
        (Behaviour::Says(500, "text/html", html), "the host answers 500"),
        (Behaviour::Says(404, "text/html", html), "the host answers 404"),
    ] {
        let mut stage = Stage::start(true).await;
        let kid = stage.signer(&stage.mint().await);
        let (sent, shown) = (stage.tokens().len(), behaviour.clone());
        stage.host_is(behaviour);
        stage.pass(60);
        let (status, told) = stage.ready().await;
        assert_eq!(status, 200, "{shown:?}: {told}");
        assert!(
            told.starts_with(
                "ready\nnote: the issuer's host does not serve its documents since 2026-11-23T12:01:00Z: "
            ),
            "{told}"
        );
        assert!(told.contains(why) && told.contains("go on signing"), "{shown:?}: {told}");
        assert_eq!(stage.signer(&stage.mint().await), kid, "{shown:?}: the cloud has the keys in its cache");
        stage.pass(60);
        let (status, told) = stage.ready().await;
        assert_eq!(status, 503, "{shown:?}: {told}");
        assert!(told.contains(why), "{shown:?}: {told}");
        stage.restart(true).await;
        assert_eq!(stage.signer(&stage.mint().await), kid, "{shown:?}");
        assert!(stage.tokens().len() == sent + 2, "{shown:?}");
        assert!(stage.world.http.sent().iter().all(|request| !request.url.contains("evil")), "{shown:?}");
        stage.host_is(Behaviour::Serves);
        stage.pass(10);
        assert_eq!(stage.ready().await, (200, "ready\n".to_owned()));
        assert_eq!(stage.signer(&stage.mint().await), kid);
    }
}

/// A host that answers, and no longer serves the signing key.
#[tokio::test]
async fn a_key_that_the_host_loses_stops_signing() {
    let mut stage = Stage::start(false).await;
    stage.publish().await;
    let kid = stage.signer(&stage.mint().await);
    let (discovery, keys) = stage.originals().await;
    stage.host_is(Behaviour::Copies(discovery, "{\"keys\":[]}".to_owned()));
    stage.pass(60);
    let sent = stage.tokens().len();
    let (status, detail, _) = stage.refused(&stage.mint().await, sent);
    assert!(status == 503 && detail.contains(&kid), "{detail}");
    let (status, told) = stage.ready().await;
    assert!(status == 503 && told.contains(&format!("it does not serve the key {kid}")), "{told}");
    // A restart does not forget it, and neither does an outage.
    stage.host_is(Behaviour::Down);
    stage.restart(false).await;
    stage.refused(&stage.mint().await, sent);
    stage.publish().await;
    assert_eq!(stage.signer(&stage.mint().await), kid);
    assert!(keys.contains(&kid));
}

/// GitHub Pages cannot say the type of a file without an ending.
#[tokio::test]
async fn another_content_type_is_a_note() {
    let stage = Stage::start(true).await;
    stage.host_is(Behaviour::Typed("application/octet-stream"));
    let (status, told) = stage.ready().await;
    let line = |path: &str| {
        format!(
            "note: {ISSUER}: it serves {ISSUER}{path} as application/octet-stream instead of application/json\n"
        )
    };
    let lines = line(DISCOVERY_PATH) + &line(KEY_SET_PATH);
    assert_eq!((status, told), (200, format!("ready\n{lines}")));
    assert_eq!(stage.mint().await.status(), 201);
}
