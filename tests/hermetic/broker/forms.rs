//! The broker reads the data of an older broker. It refuses data that it cannot read, with a hint.

use std::path::Path;

use aws_lc_rs::hmac;
use data_encoding::HEXLOWER_PERMISSIVE;
use jit::audit::Event;
use jit::audit::Head;
use jit::audit::Link;
use jit::audit::LogKey;
use jit::grant::Digest;
use jit::grant::Lease;
use jit::grant::lease::associated_data;
use jit::protocol::RequestView;
use jit::protocol::RoleList;
use jit::protocol::SealedLease;
use jit::secret::seal::RecipientKey;
use serde_json::Value;
use sqlx::Connection;
use sqlx::Row;
use sqlx::SqliteConnection;

use crate::broker::world::AUTHORITY;
use crate::broker::world::World;
use crate::support::forms as fixtures;

const REVISION: &str = "82fe20af87914fad44761da4ed82a9107213ad111130046eca5d0adc5ef9cafc";

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            std::fs::write(&target, std::fs::read(&path).unwrap()).unwrap();
        }
    }
}

fn bytes(name: &str) -> Vec<u8> {
    HEXLOWER_PERMISSIVE.decode(fixtures::text(name).trim().as_bytes()).unwrap()
}

/// A broker's folders as the first version left them, and nothing running.
async fn old_broker() -> World {
    let world = World::unstarted();
    let root = world.folder.path();
    std::fs::remove_dir_all(root.join("policy")).unwrap();
    copy(&fixtures::path("policy/v1").join(REVISION), &root.join("policy"));
    copy(&fixtures::path("policy/v1"), &root.join("data/policies"));
    std::fs::create_dir_all(root.join("keys")).unwrap();
    write_private(&root.join("keys/log.key"), &bytes("database/v1.log-key.hex"));
    write_private(&root.join("keys/head"), &bytes("database/v1.head.hex"));
    for folder in ["data", "keys"] {
        close(&root.join(folder));
    }
    let mut connection = open(&world).await;
    for statement in fixtures::text("database/v1.sql").split(";\n").filter(|text| !text.trim().is_empty()) {
        sqlx::query(sqlx::AssertSqlSafe(statement.to_owned())).execute(&mut connection).await.unwrap();
    }
    connection.close().await.unwrap();
    world
}

async fn open(world: &World) -> SqliteConnection {
    let url = format!("sqlite://{}?mode=rwc", world.database().display());
    SqliteConnection::connect(&url).await.unwrap()
}

fn write_private(path: &Path, content: &[u8]) {
    std::fs::write(path, content).unwrap();
    set_mode(path, 0o600);
}

fn close(folder: &Path) {
    set_mode(folder, 0o700);
}

#[cfg(unix)]
fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[cfg(not(unix))]
fn set_mode(_path: &Path, _mode: u32) {}

#[tokio::test]
async fn a_database_of_the_first_version_goes_on() {
    let mut world = old_broker().await;
    world.start().await.unwrap();
    let ana = world.person("ana").await;
    let requests: Value = world.get("/v1/requests?list=mine", &ana).await.read();
    let old = fixtures::json("database/v1.requests.json");
    assert_eq!(fixtures::lost(&old, &requests, "requests"), Vec::<String>::new());
    // The scope's digest stands in the signed request: the kept policy still says the same.
    let active = old["requests"].as_array().unwrap().iter().find(|view| view["state"] == "active").unwrap();
    let view: RequestView = serde_json::from_value(active.clone()).unwrap();
    let sealed: SealedLease = world.mint(&ana, &view).await.read();
    assert_eq!(sealed.number, 2, "one was minted before");
    let order = world.cloud.orders.lock().unwrap().last().unwrap().clone();
    assert!(order.scope.unwrap().as_str().contains("dynamodb:GetItem"));
    // The broker says now of roles everything that it said then, and more.
    let roles: Value = world.get("/v1/roles", &ana).await.read();
    assert_eq!(
        fixtures::lost(&fixtures::json("protocol/v1.roles.json"), &roles, "roles"),
        Vec::<String>::new()
    );
    let prod = roles["roles"].as_array().unwrap().iter().find(|role| role["name"] == "prod").unwrap();
    assert_eq!((&prod["cloud"], &prod["place"]["name"]), (&"aws".into(), &"111122223333".into()));
    assert_eq!(prod["scopes"][0]["cloud"], "aws");
    // It was not refused by the new log, and goes on from it.
    world.stop().await;
    world.start().await.unwrap();
}

#[tokio::test]
async fn a_client_reads_an_older_brokers_roles_and_opens_its_leases() {
    let list: RoleList = serde_json::from_value(fixtures::json("protocol/v1.roles.json")).unwrap();
    assert!(list.newer.is_empty());
    let prod = list.roles.iter().find(|role| role.name.as_str() == "prod").unwrap();
    assert_eq!((prod.cloud, prod.target.cloud().as_str()), (None, "aws"));
    assert_eq!(prod.target.place().to_string(), "account 111122223333");
    let scope = &prod.scopes[0];
    let document =
        jit::grant::ScopeDocument::parse(prod.target.cloud(), &scope.document, str::to_owned).unwrap();
    assert_eq!(document.digest(), scope.digest);
    let fixture = fixtures::json("lease/v1.sealed.json");
    let seed = Digest::of(fixture["recipient_seed_is_sha256_of"].as_str().unwrap().as_bytes());
    let digest: Digest = fixture["digest"].as_str().unwrap().parse().unwrap();
    let sealed: SealedLease = serde_json::from_value(fixture["lease"].clone()).unwrap();
    let associated = associated_data(AUTHORITY, &digest, &sealed.run, sealed.number);
    let plain = RecipientKey::generate(seed.bytes()).open(&sealed.sealed, &associated).unwrap();
    let lease = Lease::from_secret_json(&plain).unwrap();
    assert_eq!(lease.credentials.as_aws().unwrap().access_key_id, "ASIAFAKE");
}

/// An event that the log key vouches for and this version does not know is no damage.
#[tokio::test]
async fn a_log_of_a_newer_version_is_refused_as_such_and_left_alone() {
    let mut world = old_broker().await;
    let mut connection = open(&world).await;
    let last = sqlx::query("SELECT sequence, request, hash, body FROM events ORDER BY sequence DESC LIMIT 1")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    let (sequence, hash, body): (i64, Vec<u8>, Vec<u8>) = (last.get(0), last.get(2), last.get(3));
    let event = Event::parse(&body).unwrap();
    let head = Head { sequence: u64::try_from(sequence).unwrap(), hash: hash.try_into().unwrap() };
    let event = Event { sequence: head.sequence + 1, ..event };
    let key: [u8; 32] = bytes("database/v1.log-key.hex").try_into().unwrap();
    let link = Link::forge(&LogKey::new(&key), &head, &event).unwrap();
    // The same event under a word that nobody knows yet, vouched for by the log key as a newer version would.
    let body =
        String::from_utf8(link.body).unwrap().replace("\"about\":\"request\"", "\"about\":\"novelty\"");
    let hash = jit::audit::chain::hash(&head.hash, body.as_bytes());
    let authentication = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &key), &hash);
    sqlx::query("INSERT INTO events VALUES (?, NULL, ?, ?, ?, ?)")
        .bind(sequence + 1)
        .bind(&head.hash[..])
        .bind(body.as_bytes())
        .bind(&hash[..])
        .bind(authentication.as_ref())
        .execute(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
    let before = std::fs::read(world.database()).unwrap().len();
    let error = world.start().await.err().unwrap().to_string();
    assert!(error.contains("newer jit") && error.contains("update jit"), "{error}");
    assert_eq!(std::fs::read(world.database()).unwrap().len(), before);
}

#[tokio::test]
async fn half_of_a_brokers_files_is_refused() {
    // A kept revision that is cut short is not what its name says.
    let mut world = old_broker().await;
    let file = world.folder.path().join("data/policies").join(REVISION).join("roles/prod.toml");
    let text = std::fs::read(&file).unwrap();
    std::fs::write(&file, &text[..text.len() / 2]).unwrap();
    // Another revision is in force, so that the broker reads the kept one.
    let access = world.folder.path().join("policy/access.toml");
    let text = std::fs::read_to_string(&access).unwrap();
    std::fs::write(&access, format!("{text}# A later revision.\n")).unwrap();
    let outcome = world.start().await;
    if let Ok(()) = outcome {
        let ana = world.person("ana").await;
        let old = fixtures::json("database/v1.requests.json");
        for view in old["requests"].as_array().unwrap() {
            let view: RequestView = serde_json::from_value(view.clone()).unwrap();
            assert!(world.mint(&ana, &view).await.status() >= 400);
        }
        assert!(world.cloud.orders.lock().unwrap().is_empty());
    }
    // A key that is cut short is said by its name.
    let mut world = old_broker().await;
    write_private(&world.folder.path().join("keys/log.key"), &[1; 16]);
    let error = world.start().await.err().unwrap().to_string();
    assert!(error.contains("log.key"), "{error}");
}
