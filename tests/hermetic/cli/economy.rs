//! The calls of one command to the broker, and the items that it takes from the keychain, listed exactly.

use std::sync::Arc;
use std::sync::Mutex;

use jit::secret::Secret;
use jit::system::Keychain;
use jit::system::KeychainSource;
use jit::system::keychain::KeychainError;
use jit::system::keychain::MemoryKeychain;

use crate::cli::fake_broker::BROKER;
use crate::cli::stage::Shot;
use crate::cli::stage::Stage;

/// The keychain of a person, which writes down what is read from it.
struct Watched {
    inner: Arc<MemoryKeychain>,
    read: Mutex<Vec<String>>,
}

impl Keychain for Watched {
    fn name(&self) -> &'static str {
        self.inner.name()
    }

    fn get(&self, item: &str) -> Result<Option<Secret<Vec<u8>>>, KeychainError> {
        self.read.lock().unwrap().push(item.to_owned());
        self.inner.get(item)
    }

    fn set(&self, item: &str, value: &Secret<Vec<u8>>) -> Result<(), KeychainError> {
        self.inner.set(item, value)
    }

    fn delete(&self, item: &str) -> Result<(), KeychainError> {
        self.inner.delete(item)
    }
}

/// The output of Ana's command, its calls to the broker, and the items that it read.
async fn seen(stage: &mut Stage, line: &str, answers: &[&str]) -> (Shot, Vec<String>, Vec<String>) {
    let inner = Arc::clone(&stage.ana.world.keychain);
    let watched = Arc::new(Watched { inner, read: Mutex::default() });
    stage.ana.world.system.keychain = KeychainSource::Given(Arc::clone(&watched) as Arc<dyn Keychain>);
    let before = stage.http.sent().len();
    let shot = stage.ana.run(line, answers).await;
    let sent = stage.http.sent().split_off(before);
    let to_broker = sent.iter().filter_map(|request| {
        let path = request.url.strip_prefix(BROKER)?;
        Some(format!("{} {path}", request.method))
    });
    let read = watched.read.lock().unwrap().clone();
    (shot, to_broker.collect(), read)
}

/// Replaces the newest request's id by `ID`.
fn nameless(stage: &Stage, sent: Vec<String>) -> Vec<String> {
    let id = stage.newest();
    sent.into_iter().map(|line| line.replace(&id, "ID")).collect()
}

const SESSION: &str = "session:https://jit.example.com";

#[tokio::test]
async fn asking_takes_two_questions_before_the_request() {
    let mut stage = Stage::ready().await;
    let line = "request prod-admin --reason INC-42 -y --no-wait";
    let (shot, sent, read) = seen(&mut stage, line, &[]).await;
    assert_eq!(shot.code, 0, "{shot}");
    assert_eq!(sent, ["GET /v1/requests?list=mine", "GET /v1/roles/prod-admin", "POST /v1/requests"]);
    assert_eq!(read, [SESSION]);
    // Asked again, the listing answers; the role is not looked at.
    let (shot, sent, read) = seen(&mut stage, line, &[]).await;
    assert_eq!(shot.code, 0, "{shot}");
    assert!(shot.stderr.contains("exists already"), "{shot}");
    assert_eq!(sent, ["GET /v1/requests?list=mine"]);
    assert_eq!(read, [SESSION]);
    // So it is by an alias, of which the broker knows the role.
    let (shot, sent, _) = seen(&mut stage, &line.replace("prod-admin", "payments-admin"), &[]).await;
    assert!(shot.code == 0 && shot.stderr.contains("exists already"), "{shot}");
    assert_eq!(sent, ["GET /v1/requests?list=mine", "GET /v1/roles/payments-admin"]);
}

#[tokio::test]
async fn questions_to_a_person_are_no_questions_to_the_broker() {
    let mut stage = Stage::ready().await;
    let (shot, sent, _) = seen(&mut stage, "request prod-admin --no-wait", &["INC-42", "y"]).await;
    assert_eq!(shot.code, 0, "{shot}");
    assert_eq!(sent, ["GET /v1/requests?list=mine", "GET /v1/roles/prod-admin", "POST /v1/requests"]);
    // If the person picks the role, the list of roles stands for the role.
    let (shot, sent, _) = seen(&mut stage, "request --no-wait", &["stage-admin", "y"]).await;
    assert_eq!(shot.code, 0, "{shot}");
    assert_eq!(sent, ["GET /v1/roles", "GET /v1/requests?list=mine", "POST /v1/requests"]);
}

#[tokio::test]
async fn asking_and_waiting_open_the_keychain_once() {
    let mut stage = Stage::ready().await;
    let (shot, sent, read) = seen(&mut stage, "request stage-admin -y", &[]).await;
    assert_eq!(shot.code, 0, "{shot}");
    let expected = [
        "GET /v1/requests?list=mine",
        "GET /v1/roles/stage-admin",
        "POST /v1/requests",
        "POST /v1/requests/ID/leases",
    ];
    assert_eq!(nameless(&stage, sent), expected);
    assert_eq!(read.iter().filter(|item| *item == SESSION).count(), 1, "{read:?}");
}

/// A name that the policy does not know costs one question more, for the hint.
#[tokio::test]
async fn a_slip_is_answered_by_the_roles_that_there_are() {
    let mut stage = Stage::ready().await;
    let (shot, sent, _) = seen(&mut stage, "request prod-amdin -y", &[]).await;
    assert_eq!(shot.code, 5, "{shot}");
    assert!(shot.stderr.contains("did you mean prod-admin?"), "{shot}");
    assert_eq!(sent, ["GET /v1/requests?list=mine", "GET /v1/roles/prod-amdin", "GET /v1/roles"]);
}
