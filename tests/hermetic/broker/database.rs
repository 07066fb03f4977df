//! An attacker who can write the database gets refusals and nothing else (docs/trust.md, "The broker's database,
//! writable").

use jit::broker::BrokerError;
use jit::grant::State;
use jit::grant::Verdict;
use jit::protocol::RequestView;
use sqlx::Connection;
use sqlx::Executor;
use sqlx::SqliteConnection;

use crate::broker::world::Person;
use crate::broker::world::World;

pub async fn sql(world: &World, statements: &'static str) {
    let url = format!("sqlite://{}", world.database().display());
    let mut connection = SqliteConnection::connect(&url).await.unwrap();
    connection.execute(statements).await.unwrap();
    connection.close().await.unwrap();
}

struct Scene {
    world: World,
    ana: Person,
    /// Approved by cy.
    approved: RequestView,
    /// Approved by cy, then denied by cy.
    denied: RequestView,
    /// Used, then ended by ana.
    ended: RequestView,
}

async fn scene() -> Scene {
    let world = World::new().await;
    let (ana, cy) = (world.person("ana").await, world.person("cy").await);
    let (ended, _) = world.ask(&ana, "prod").await;
    world.approve(&cy, &ended).await;
    assert_eq!(world.mint(&ana, &ended).await.status(), 201);
    world.post_nothing(&format!("/v1/requests/{}/end", ended.id), &ana).await.read::<RequestView>();
    let (denied, _) = world.ask(&ana, "other").await;
    world.approve(&cy, &denied).await;
    world.review(&cy, &denied, Verdict::Deny).await.read::<RequestView>();
    let (approved, _) = world.ask(&ana, "prod").await;
    let approved = world.approve(&cy, &approved).await;
    world.cloud.orders.lock().unwrap().clear();
    Scene { world, ana, approved, denied, ended }
}

/// Checks that a change of the rows gains nothing: the running broker mints nothing undue, and the next start refuses.
async fn gains_nothing(mut scene: Scene, what: &str) {
    for view in [&scene.denied, &scene.ended] {
        let answer = scene.world.mint(&scene.ana, view).await;
        assert!(answer.status() >= 400, "{what}");
    }
    assert!(scene.world.cloud.orders.lock().unwrap().is_empty(), "{what}");
    scene.world.stop().await;
    let error = scene.world.start().await.err().unwrap_or_else(|| panic!("{what}: it started"));
    assert!(matches!(error, BrokerError::Log(_)), "{what}: {error}");
}

#[tokio::test]
async fn a_flipped_verdict_is_noticed() {
    let scene = scene().await;
    sql(&scene.world, r#"UPDATE events SET body = CAST(replace(CAST(body AS TEXT), '"change":"denied"', '"change":"approve"') AS BLOB)"#).await;
    gains_nothing(scene, "verdict flipped").await;
}

#[tokio::test]
async fn a_deleted_denial_is_noticed() {
    let scene = scene().await;
    sql(&scene.world, r#"DELETE FROM events WHERE CAST(body AS TEXT) LIKE '%"change":"denied"%'"#).await;
    gains_nothing(scene, "denial deleted").await;
}

#[tokio::test]
async fn an_ended_grant_does_not_come_back() {
    let scene = scene().await;
    sql(&scene.world, r#"DELETE FROM events WHERE CAST(body AS TEXT) LIKE '%"change":"ended"%'"#).await;
    gains_nothing(scene, "end deleted").await;
}

#[tokio::test]
async fn events_do_not_move_between_requests() {
    let scene = scene().await;
    sql(
        &scene.world,
        r#"UPDATE events SET request = (SELECT request FROM events WHERE CAST(body AS TEXT) LIKE '%"change":"denied"%')
           WHERE CAST(body AS TEXT) LIKE '%"change":"approved"%'"#,
    )
    .await;
    // The row's own columns only locate it. The chain is intact, so a start succeeds, and the located row proves
    // nothing.
    let answer = scene.world.mint(&scene.ana, &scene.approved).await;
    assert_eq!((answer.status(), answer.problem().as_str()), (503, "unready"));
    assert!(scene.world.cloud.orders.lock().unwrap().is_empty());
}

#[tokio::test]
async fn an_inserted_approval_is_noticed() {
    let scene = scene().await;
    sql(
        &scene.world,
        r#"INSERT INTO events (sequence, request, previous, body, hash, authentication)
           SELECT (SELECT max(sequence) FROM events) + 1, request,
                  (SELECT hash FROM events ORDER BY sequence DESC LIMIT 1), body, hash, authentication
           FROM events WHERE CAST(body AS TEXT) LIKE '%"change":"approved"%' LIMIT 1"#,
    )
    .await;
    gains_nothing(scene, "approval inserted").await;
}

#[tokio::test]
async fn renumbered_events_are_noticed() {
    let scene = scene().await;
    sql(
        &scene.world,
        r#"DELETE FROM events WHERE CAST(body AS TEXT) LIKE '%"change":"denied"%';
           UPDATE events SET sequence = -sequence;
           UPDATE events SET sequence = (SELECT count(*) FROM events other WHERE other.sequence >= events.sequence AND other.sequence < 0)
           WHERE sequence < 0;"#,
    )
    .await;
    gains_nothing(scene, "renumbered").await;
}

#[tokio::test]
async fn a_cut_log_neither_mints_nor_starts() {
    let mut scene = scene().await;
    sql(&scene.world, "DELETE FROM events WHERE sequence = (SELECT max(sequence) FROM events)").await;
    let answer = scene.world.mint(&scene.ana, &scene.approved).await;
    assert_eq!((answer.status(), answer.problem().as_str()), (503, "unready"));
    assert_eq!(scene.world.call("GET", "/readyz", "", None::<&()>).await.problem(), "unready");
    assert!(scene.world.cloud.orders.lock().unwrap().is_empty());
    scene.world.stop().await;
    assert!(matches!(scene.world.start().await, Err(BrokerError::Gap { .. })));
}

/// Restores a copy of the database.
fn restore(world: &World, copy: &std::path::Path) {
    for suffix in ["-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{suffix}", world.database().display()));
    }
    std::fs::copy(copy, world.database()).unwrap();
}

/// A backup can be restored, and revives nothing.
#[tokio::test]
async fn a_restored_backup_starts_once_its_gap_is_accepted_and_revives_nothing() {
    for without_head in [false, true] {
        let mut scene = scene().await;
        let (waits, _) = scene.world.ask(&scene.ana, "vault").await;
        scene.world.stop().await;
        let backup = scene.world.folder.path().join("backup.db");
        std::fs::copy(scene.world.database(), &backup).unwrap();
        scene.world.start().await.unwrap();
        let cy = scene.world.person("cy").await;
        assert_eq!(scene.world.revoke(&cy, &scene.approved).await.status(), 200);
        scene.world.stop().await;
        restore(&scene.world, &backup);
        if without_head {
            std::fs::remove_file(scene.world.folder.path().join("keys/head")).unwrap();
        }
        let error = scene.world.start().await.unwrap_err();
        let BrokerError::Gap { ends, .. } = &error else { panic!("{error}") };
        let ends = *ends;
        assert!(error.hint().unwrap().contains(&format!("--accept-gap {ends}")), "{:?}", error.hint());
        assert_eq!(ends.to_string().parse::<jit::audit::Head>().unwrap(), ends);
        // Any other end than the one that the operator read is refused.
        let mut settings = scene.world.settings();
        settings.accepted_gap = Some(jit::audit::Head { sequence: ends.sequence - 1, ..ends });
        assert!(matches!(scene.world.start_with(settings).await, Err(BrokerError::Gap { .. })));
        let mut settings = scene.world.settings();
        settings.accepted_gap = Some(ends);
        scene.world.start_with(settings.clone()).await.unwrap();
        // Sessions have ended, no open request survives, and the log records it.
        assert_eq!(scene.world.get("/v1/session", &scene.ana).await.status(), 401);
        let ana = scene.world.person("ana").await;
        for view in [&scene.approved, &waits] {
            let shown = scene.world.show(&ana, view).await;
            assert_eq!(shown.state, State::Revoked);
            assert!(shown.closing.unwrap().why.contains(&format!("after event {}", ends.sequence)));
            assert_eq!(scene.world.mint(&ana, view).await.problem(), "state");
        }
        let eve = scene.world.person("eve").await;
        let path = format!("/v1/events?after={}", ends.sequence);
        let list: jit::protocol::EventList = scene.world.get(&path, &eve).await.read();
        assert_eq!(list.events[0].word, "gap_accepted");
        let body: serde_json::Value = serde_json::from_str(&list.events[0].body).unwrap();
        let lost = body["subject"]["lost"].as_u64();
        assert_eq!(lost.is_none(), without_head);
        assert!(lost.is_none_or(|lost| lost > ends.sequence));
        scene.world.stop().await;
        // The next start needs no flag, and refuses one that was left over, because it would accept the next old copy.
        assert!(matches!(scene.world.start_with(settings).await, Err(BrokerError::NoGap(_))));
        scene.world.start().await.unwrap();
        assert_eq!(scene.world.ask(&scene.world.person("ana").await, "prod").await.0.state, State::Pending);
    }
}

/// A denial may be among the lost events, so for a day no condition approves by itself.
#[tokio::test]
async fn after_an_accepted_gap_no_condition_approves_for_a_day() {
    let mut scene = scene().await;
    let path = scene.world.folder.path().join("policy/roles/other.toml");
    let role = std::fs::read_to_string(path).unwrap();
    let when = "[when]\nauto_approve = \"context.hour >= 0\"\n[aws]";
    scene.world.write_policy("roles/other.toml", &role.replace("[aws]", when));
    scene.world.stop().await;
    let backup = scene.world.folder.path().join("backup.db");
    std::fs::copy(scene.world.database(), &backup).unwrap();
    scene.world.start().await.unwrap();
    let cy = scene.world.person("cy").await;
    let (alone, _) = scene.world.ask(&cy, "other").await;
    assert_eq!(alone.state, State::Approved, "before the gap");
    scene.world.stop().await;
    restore(&scene.world, &backup);
    let Err(BrokerError::Gap { ends, .. }) = scene.world.start().await else { panic!("it starts") };
    let mut settings = scene.world.settings();
    settings.accepted_gap = Some(ends);
    scene.world.start_with(settings).await.unwrap();
    let cy = scene.world.person("cy").await;
    let (asked, _) = scene.world.ask(&cy, "other").await;
    assert_eq!(asked.state, State::Pending);
    scene.world.post_nothing(&format!("/v1/requests/{}/end", asked.id), &cy).await.read::<RequestView>();
    scene.world.pass("24h");
    let cy = scene.world.person("cy").await;
    assert_eq!(scene.world.ask(&cy, "other").await.0.state, State::Approved);
}

#[tokio::test]
async fn an_older_database_or_an_empty_one_does_not_start() {
    let mut scene = scene().await;
    scene.world.stop().await;
    let old = scene.world.folder.path().join("old.db");
    std::fs::copy(scene.world.database(), &old).unwrap();
    scene.world.start().await.unwrap();
    let ended: RequestView =
        scene.world.post_nothing(&format!("/v1/requests/{}/end", scene.approved.id), &scene.ana).await.read();
    assert_eq!(ended.state, State::Cancelled);
    scene.world.stop().await;
    for suffix in ["-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{suffix}", scene.world.database().display()));
    }
    std::fs::copy(&old, scene.world.database()).unwrap();
    assert!(matches!(scene.world.start().await, Err(BrokerError::Gap { .. })), "an older copy");
    std::fs::remove_file(scene.world.database()).unwrap();
    assert!(matches!(scene.world.start().await, Err(BrokerError::Gap { .. })), "an empty one");
}

#[tokio::test]
async fn a_lost_head_or_key_is_no_first_start() {
    for lost in ["head", "log.key"] {
        let mut scene = scene().await;
        scene.world.stop().await;
        std::fs::remove_file(scene.world.folder.path().join("keys").join(lost)).unwrap();
        let error = scene.world.start().await.unwrap_err();
        assert!(matches!(error, BrokerError::Log(_) | BrokerError::Gap { .. }), "{lost}: {error}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_log_key_that_others_may_read_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let mut scene = scene().await;
    scene.world.stop().await;
    let key = scene.world.folder.path().join("keys/log.key");
    assert_eq!(std::fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
    assert!(matches!(scene.world.start().await, Err(BrokerError::Files { .. })));
}

#[tokio::test]
async fn sessions_cannot_be_written_into_the_database() {
    let mut scene = scene().await;
    scene.world.stop().await;
    // A copy of a login event under another person's name, with a token of the attacker's choice.
    sql(
        &scene.world,
        r#"INSERT INTO events (sequence, request, previous, body, hash, authentication)
           SELECT (SELECT max(sequence) FROM events) + 1, NULL,
                  (SELECT hash FROM events ORDER BY sequence DESC LIMIT 1),
                  CAST(replace(CAST(body AS TEXT), '"person":"ana"', '"person":"cy"') AS BLOB), hash, authentication
           FROM events WHERE CAST(body AS TEXT) LIKE '%"about":"logged_in"%' LIMIT 1"#,
    )
    .await;
    assert!(matches!(scene.world.start().await, Err(BrokerError::Log(_))));
}

#[tokio::test]
async fn a_database_that_cannot_be_written_refuses_and_stays_whole() {
    let mut scene = scene().await;
    // Looks like a full disk to the broker: reads work, inserts do not.
    sql(
        &scene.world,
        "CREATE TRIGGER full BEFORE INSERT ON events BEGIN SELECT RAISE(ABORT, 'disk is full'); END",
    )
    .await;
    let (asked, _) = scene.world.plan(&scene.ana, "vault").await;
    let refused = scene.world.ask_signed(&scene.ana, asked.clone()).await;
    assert_eq!((refused.status(), refused.problem().as_str()), (503, "unready"));
    assert!(!refused.detail().contains("disk"), "internals stay in the log");
    let lease = scene.world.mint(&scene.ana, &scene.approved).await;
    assert_eq!((lease.status(), lease.problem().as_str()), (503, "unready"));
    assert!(
        !String::from_utf8_lossy(&lease.0.body).contains("sealed\":"),
        "what is not recorded does not leave"
    );
    assert_eq!(scene.world.show(&scene.ana, &scene.approved).await.state, State::Approved);
    sql(&scene.world, "DROP TRIGGER full").await;
    assert_eq!(scene.world.ask_signed(&scene.ana, asked).await.status(), 201);
    assert_eq!(scene.world.mint(&scene.ana, &scene.approved).await.status(), 201);
    scene.world.stop().await;
    scene.world.start().await.unwrap();
}

#[tokio::test]
async fn a_second_broker_on_the_same_keys_does_not_start() {
    let mut world = World::new().await;
    let first = world.broker.take();
    assert!(matches!(world.start().await, Err(BrokerError::Running { .. })));
    first.unwrap().close().await;
    world.start().await.unwrap();
}
