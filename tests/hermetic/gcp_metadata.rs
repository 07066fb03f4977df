//! `--metadata`: what a program gets that knows Google's metadata server only, and whom the endpoint refuses.
//!
//! Real sockets on 127.0.0.1. That another user gets nothing is tested where there is one, in the suite `gcp`.

use jit::deliver::serving::ServingError;
use serde_json::Value;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::gcp_endpoint::World;

const ACCOUNT: &str = "/computeMetadata/v1/instance/service-accounts/default";
const FLAVOR: &str = "Metadata-Flavor: Google\r\n";

/// The status, the head and the body of an answer. The status is 0 where the connection was closed.
async fn send(host: &str, request: &str) -> (u16, String, String) {
    let mut stream = TcpStream::connect(host).await.unwrap();
    let _ = stream.write_all(request.as_bytes()).await;
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer).await;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or(("HTTP/1.1 0", ""));
    (head.split(' ').nth(1).unwrap().parse().unwrap(), head.to_lowercase(), body.to_owned())
}

async fn get(host: &str, path: &str) -> (u16, String, String) {
    send(host, &format!("GET {path} HTTP/1.1\r\nhost: {host}\r\n{FLAVOR}\r\n")).await
}

async fn open(inherited: &[(&'static str, &'static str)]) -> (World, String) {
    let mut world = World::open(inherited, 3).await;
    world.serving.answer_as_metadata(&world.machine.system).await.unwrap();
    let host = world.get("GCE_METADATA_HOST").unwrap();
    (world, host)
}

#[tokio::test]
async fn a_program_finds_account_project_and_a_token_that_is_renewed() {
    let (world, host) = open(&[("GCE_METADATA_ROOT", "10.0.0.9"), ("HTTP_PROXY", "http://proxy:1")]).await;
    assert_eq!(world.get("GCE_METADATA_IP").as_deref(), Some(host.as_str()));
    assert_eq!(world.get("GCE_METADATA_ROOT"), None);
    assert_eq!(world.get("NO_PROXY").as_deref(), Some("127.0.0.1"), "a proxy must not see the token");
    assert!(world.get("GOOGLE_APPLICATION_CREDENTIALS").is_some(), "libraries keep the form with a secret");
    let (status, head, _) = get(&host, "/").await;
    assert!(status == 200 && head.contains("metadata-flavor: google"), "{head}");
    assert!(head.contains("cache-control: no-store"), "{head}");
    let email = "db-admin@prod-123456.iam.gserviceaccount.com";
    for (path, wanted) in [
        ("/computeMetadata/v1/project/project-id".to_owned(), "prod-123456"),
        ("/computeMetadata/v1/universe/universe-domain".to_owned(), "googleapis.com"),
        (format!("{ACCOUNT}/email"), email),
        (format!("/computeMetadata/v1/instance/service-accounts/{email}/email"), email),
    ] {
        assert_eq!(get(&host, &path).await.2, wanted, "{path}");
    }
    let account: Value =
        serde_json::from_str(&get(&host, &format!("{ACCOUNT}/?recursive=true")).await.2).unwrap();
    assert_eq!((&account["email"], &account["aliases"][0]), (&email.into(), &"default".into()));
    let token = async || -> Value {
        serde_json::from_str(&get(&host, &format!("{ACCOUNT}/token?scopes=x")).await.2).unwrap()
    };
    let first = token().await;
    assert_eq!((&first["access_token"], &first["token_type"]), (&"ya29.canary1".into(), &"Bearer".into()));
    assert_eq!(first["expires_in"], 3600);
    world.advance_to(50).await;
    assert_eq!(token().await["access_token"], "ya29.canary2");
    *world.source.until.lock().unwrap() = None;
    let (status, _, told) = get(&host, &format!("{ACCOUNT}/token")).await;
    assert!(status == 403 && told.contains("jit request prod") && !told.contains("canary"), "{told}");
    drop(world);
    assert!(TcpStream::connect(&host).await.is_err());
}

#[tokio::test]
async fn pages_proxies_and_other_names_gain_nothing() {
    let (_world, host) = open(&[]).await;
    let path = format!("{ACCOUNT}/token");
    let bound = format!("host: {host}\r\n");
    let line = |method: &str, path: &str, head: &str| format!("{method} {path} HTTP/1.1\r\n{head}\r\n");
    let port = host.rsplit_once(':').unwrap().1;
    for (wanted, name, request) in [
        (403, "no flavor", line("GET", &path, &bound)),
        (403, "another flavor", line("GET", &path, &format!("{bound}metadata-flavor: Amazon\r\n"))),
        (403, "two flavors", line("GET", &path, &format!("{bound}{FLAVOR}{FLAVOR}"))),
        (403, "passed on", line("GET", &path, &format!("{bound}{FLAVOR}X-Forwarded-For: 10.0.0.9\r\n"))),
        (403, "rebound name", line("GET", &path, &format!("host: metadata.google.internal\r\n{FLAVOR}"))),
        (403, "localhost", line("GET", &path, &format!("host: localhost:{port}\r\n{FLAVOR}"))),
        (403, "from a page", line("GET", &path, &format!("{bound}{FLAVOR}origin: null\r\n"))),
        (
            403,
            "with a referer",
            line("GET", &path, &format!("{bound}{FLAVOR}referer: http://evil.example/\r\n")),
        ),
        (403, "as a proxy", line("GET", &format!("http://evil.example{path}"), &format!("{bound}{FLAVOR}"))),
        (405, "POST", line("POST", &path, &format!("{bound}{FLAVOR}content-length: 0\r\n"))),
        (405, "OPTIONS", line("OPTIONS", &path, &format!("{bound}{FLAVOR}"))),
        (404, "another account", line("GET", &path.replace("default", "other"), &format!("{bound}{FLAVOR}"))),
        (
            404,
            "an identity token",
            line("GET", &path.replace("token", "identity"), &format!("{bound}{FLAVOR}")),
        ),
        (
            404,
            "the project's secrets",
            line("GET", "/computeMetadata/v1/project/attributes/", &format!("{bound}{FLAVOR}")),
        ),
    ] {
        let (status, head, told) = send(&host, &request).await;
        assert_eq!(status, wanted, "{name}: {told}");
        assert!(!told.contains("canary") && !head.contains("access-control"), "{name}: {told}");
    }
    assert_eq!(get(&host, &path).await.0, 200, "the child is still served");
}

/// Without the flag there is nothing of it, and the flag needs a role of Google Cloud.
#[tokio::test]
async fn it_is_there_only_when_asked_for_and_only_for_google_cloud() {
    let world = World::open(&[("GCE_METADATA_HOST", "10.0.0.9")], 3).await;
    assert_eq!(world.get("GCE_METADATA_HOST"), None);
    let nothing = jit::system::Environment::default();
    let mut serving =
        jit::deliver::serving::Serving::open(&world.machine.system, &nothing, Vec::new()).await.unwrap();
    let refused = serving.answer_as_metadata(&world.machine.system).await.unwrap_err();
    assert!(matches!(refused, ServingError::NoGoogle), "{refused}");
    assert_eq!(refused.hint().as_deref(), Some("leave `--metadata` out"));
}
