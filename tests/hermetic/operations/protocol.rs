//! Clients of earlier versions are served, and today's client understands the answers of earlier brokers.
//!
//! `tests/fixtures/protocol/N` holds what a client and a broker said to each other once, and the policy that they had.
//! `JIT_RECORD=N` writes the next folder, and never changes one that exists.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use jit::grant::Signed;
use jit::identity::Signer;
use jit::identity::fake::TestSigner;
use jit::system::Clock;
use jit::system::fake::FakeClock;
use jit::system::fake::Host;
use jit::system::fake_router::RouterHost;
use jit::system::http::HttpError;
use jit::system::http::Request;
use jit::system::http::Response;
use regex::Regex;
use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;

use crate::cli::real::BROKER;
use crate::cli::real::Team;
use crate::cli::stage::Person;
use crate::cli::stage::Shot;

/// One call and its answer.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Exchange {
    at: Timestamp,
    method: String,
    path: String,
    headers: BTreeMap<String, String>,
    body: Value,
    status: u16,
    answer: Value,
}

/// Members whose values are fresh in each run. A recording has a word in brackets in their place.
const FRESH: [&str; 3] = ["challenge", "token", "sealed"];
/// Members whose values may differ: words for people, and the issuer's key, which each broker makes.
const FREE: [&str; 5] = ["detail", "hint", "title", "kid", "n"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/protocol")
}

/// The folders of recordings.
fn versions() -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir(root()).unwrap().map(|entry| entry.unwrap().path()).collect();
    found.sort();
    assert!(!found.is_empty());
    found
}

fn recorded(version: &Path) -> Vec<Exchange> {
    serde_json::from_slice(&fs::read(version.join("exchanges.json")).unwrap()).unwrap()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::write(&target, fs::read(&path).unwrap()).unwrap();
        }
    }
}

/// Today's broker over the policy of a recording.
async fn today(version: &Path) -> Team {
    let folder = tempfile::tempdir().unwrap();
    copy(&version.join("policy"), &folder.path().join("policy"));
    Team::over(folder).await
}

fn good(shot: Shot) -> Shot {
    assert_eq!(shot.code, 0, "{shot}");
    shot
}

fn words(line: &str) -> Vec<&str> {
    line.split_whitespace().collect()
}

/// Types one command. Boxed, because a story of them would not fit on a test's stack.
fn typed<'a>(person: &'a Person, words: &'a [&'a str]) -> Pin<Box<dyn Future<Output = Shot> + 'a>> {
    Box::pin(person.run_words(words, &[]))
}

/// A login, a request that is approved, used, extended and ended, one that is denied, one that is taken back, and one that
/// is revoked.
async fn story(team: &Team) {
    let (ana, bo) = (&team.ana, &team.bo);
    let ask = ["request", "orders-admin", "--reason", "INC-42", "-y", "--no-wait"];
    good(typed(ana, &words(&format!("login {BROKER} --as ana"))).await);
    good(typed(bo, &words(&format!("login {BROKER} --as bo"))).await);
    good(typed(ana, &words("whoami")).await);
    good(typed(ana, &words("roles")).await);
    let id = good(typed(ana, &ask).await).stdout.trim().to_owned();
    good(typed(bo, &words("inbox")).await);
    good(typed(bo, &words(&format!("show {id}"))).await);
    good(typed(bo, &words(&format!("approve {id} -y"))).await);
    good(typed(ana, &words("wait orders-admin")).await);
    good(typed(ana, &words("exec orders-admin --env -- true")).await);
    let more = ["extend", "orders-admin", "--for", "30m", "-y", "--no-wait"];
    let extension = good(typed(ana, &more).await).stdout.trim().to_owned();
    good(typed(bo, &words(&format!("approve {extension} -y"))).await);
    good(typed(ana, &words("status")).await);
    team.clock.advance(Duration::from_secs(25 * 60));
    good(typed(ana, &words("exec orders-admin --env -- true")).await);
    good(typed(ana, &words("end orders-admin")).await);
    team.clock.advance(Duration::from_secs(60));
    let id = good(typed(ana, &ask).await).stdout.trim().to_owned();
    good(typed(bo, &["deny", &id, "--reason", "not today", "-y"]).await);
    assert_eq!(typed(ana, &words("wait orders-admin")).await.code, 5);
    let id = good(typed(ana, &ask).await).stdout.trim().to_owned();
    good(typed(ana, &words("end orders-admin")).await);
    assert_eq!(typed(bo, &words(&format!("approve {id} -y"))).await.code, 5);
    let id = good(typed(ana, &ask).await).stdout.trim().to_owned();
    good(typed(bo, &words(&format!("approve {id} -y"))).await);
    good(typed(bo, &words(&format!("revoke {id} --reason over -y"))).await);
    assert_ne!(typed(ana, &words("exec orders-admin --env -- true")).await.code, 0);
    good(typed(ana, &words("logout")).await);
}

/// A host that records what goes through it.
struct Recorder {
    inner: RouterHost,
    clock: FakeClock,
    exchanges: Mutex<Vec<Exchange>>,
}

fn json(bytes: &[u8]) -> Value {
    let text = || Value::from(String::from_utf8_lossy(bytes));
    if bytes.is_empty() { Value::Null } else { serde_json::from_slice(bytes).unwrap_or_else(|_| text()) }
}

#[async_trait]
impl Host for Recorder {
    async fn answer(&self, request: Request) -> Result<Response, HttpError> {
        let at = self.clock.now();
        let (method, headers) = (request.method.to_string(), request.headers.iter().cloned().collect());
        let (path, body) = (request.url.strip_prefix(BROKER).unwrap().to_owned(), json(&request.body));
        let answer = self.inner.answer(request).await?;
        let (status, said) = (answer.status, json(&answer.body));
        let exchange = Exchange { at, method, path, headers, body, status, answer: said };
        self.exchanges.lock().unwrap().push(exchange);
        Ok(answer)
    }
}

/// Puts a word in brackets in place of each fresh value, everywhere.
fn without_fresh(exchanges: &[Exchange]) -> String {
    fn find(value: &Value, found: &mut Vec<(String, String)>) {
        match value {
            Value::Object(members) => {
                for (name, value) in members {
                    if let (true, Some(text)) = (FRESH.contains(&name.as_str()), value.as_str()) {
                        let word = format!("({name} {})", found.len() + 1);
                        found.push((text.to_owned(), word));
                    }
                    find(value, found);
                }
            }
            Value::Array(items) => items.iter().for_each(|item| find(item, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    exchanges.iter().for_each(|exchange| find(&exchange.answer, &mut found));
    let mut text = serde_json::to_string_pretty(exchanges).unwrap() + "\n";
    for (value, word) in &found {
        text = text.replace(value, word);
    }
    let signature = Regex::new(r#""-----BEGIN SSH SIGNATURE-----[^"]*""#).unwrap();
    signature.replace_all(&text, "\"(signature)\"").into_owned()
}

/// Writes the recording that `JIT_RECORD` numbers. Without it, the story runs once and nothing is kept.
#[tokio::test]
async fn the_story_can_be_recorded() {
    let team = Team::with("", &[]).await;
    let recorder = Arc::new(Recorder {
        inner: RouterHost(team.router()),
        clock: team.clock.clone(),
        exchanges: Mutex::default(),
    });
    team.http.route(BROKER, Arc::clone(&recorder) as Arc<dyn Host>);
    story(&team).await;
    let text = without_fresh(&recorder.exchanges.lock().unwrap());
    assert!(!text.contains("BEGIN SSH") && text.contains("(token ") && text.contains("(sealed "), "{text}");
    #[expect(clippy::disallowed_methods, reason = "whoever records a new version says so")]
    if let Ok(number) = std::env::var("JIT_RECORD") {
        let folder = root().join(number);
        assert!(!folder.exists(), "{} is never changed: record the next one", folder.display());
        copy(&team.policy(), &folder.join("policy"));
        fs::write(folder.join("exchanges.json"), text).unwrap();
    }
}

/// The fresh values of a replay by their words in the recording.
type Fresh = BTreeMap<String, String>;

fn filled(text: &str, fresh: &Fresh) -> String {
    fresh.iter().fold(text.to_owned(), |text, (word, value)| text.replace(word, value))
}

/// How an answer differs from the recorded one: each recorded member must be there, with its type and its meaning.
fn differences(recorded: &Value, answer: &Value, place: &str, fresh: &mut Fresh) -> Vec<String> {
    let name = place.rsplit('.').next().unwrap_or_default();
    match (recorded, answer) {
        (Value::Object(before), Value::Object(now)) => before
            .iter()
            .flat_map(|(name, value)| match now.get(name) {
                Some(found) => differences(value, found, &format!("{place}.{name}"), fresh),
                None => vec![format!("{place}.{name} is gone")],
            })
            .collect(),
        (Value::Array(before), Value::Array(now)) if before.len() == now.len() => before
            .iter()
            .zip(now)
            .flat_map(|(before, now)| differences(before, now, &format!("{place}[]"), fresh))
            .collect(),
        (Value::String(before), Value::String(now)) if FRESH.contains(&name) && before.starts_with('(') => {
            fresh.insert(before.clone(), now.clone());
            Vec::new()
        }
        (Value::String(before), Value::String(now)) if before == "(signature)" => {
            let is_one = now.starts_with("-----BEGIN SSH SIGNATURE-----");
            if is_one { Vec::new() } else { vec![format!("{place} is no signature: {now}")] }
        }
        (Value::String(_), Value::String(_)) if FREE.contains(&name) => Vec::new(),
        (Value::String(before), Value::String(now)) if filled(before, fresh) == *now => Vec::new(),
        (before, now) if before == now => Vec::new(),
        (before, now) => vec![format!("{place} was {before} and is {now}")],
    }
}

/// The call of the recording with fresh values and signatures.
fn again(exchange: &Exchange, fresh: &Fresh) -> Request {
    let url = format!("{BROKER}{}", filled(&exchange.path, fresh));
    let mut request = Request::new(exchange.method.parse().unwrap(), url);
    for (name, value) in &exchange.headers {
        request = request.header(name, filled(value, fresh));
    }
    let mut body = exchange.body.clone();
    if let Some(statement) = body["statement"].as_str() {
        let statement = filled(statement, fresh);
        let told: Value = serde_json::from_str(&statement).unwrap();
        let signer = TestSigner::ed25519(if told["who"] == "ana" { 1 } else { 2 });
        let namespace = format!("jit.{}.v1", told["kind"].as_str().unwrap());
        let signature = signer.sign(&namespace, statement.as_bytes()).unwrap();
        body = serde_json::to_value(Signed { statement, signature }).unwrap();
    }
    if !body.is_null() {
        request.body = serde_json::to_vec(&body).unwrap();
    }
    request
}

#[tokio::test]
async fn a_client_of_an_earlier_version_is_served() {
    for version in versions() {
        let mut team = today(&version).await;
        let host = RouterHost(team.router());
        let mut fresh = Fresh::new();
        for exchange in recorded(&version) {
            let passed = exchange.at.duration_since(team.clock.now());
            team.clock.advance(Duration::try_from(passed).unwrap_or_default());
            let what = format!("{}: {} {}", version.display(), exchange.method, exchange.path);
            let answer = host.answer(again(&exchange, &fresh)).await.unwrap();
            let body = json(&answer.body);
            assert_eq!(answer.status, exchange.status, "{what}: {body}");
            let found = differences(&exchange.answer, &body, "answer", &mut fresh);
            assert!(found.is_empty(), "{what}:\n{}", found.join("\n"));
        }
        team.stop().await;
    }
}

/// A path without the ids in it, and without its query.
fn template(path: &str) -> String {
    let path = path.split('?').next().unwrap();
    Regex::new(r"/[0-9A-HJKMNP-TV-Z]{10}(/|$)").unwrap().replace(path, "/ID$1").into_owned()
}

/// Everything that recorded answers had, in one value: objects with all members, arrays with one item.
fn merged(one: Value, other: &Value) -> Value {
    match (one, other) {
        (Value::Object(mut one), Value::Object(other)) => {
            for (name, value) in other {
                let before = one.remove(name).unwrap_or(Value::Null);
                one.insert(name.clone(), merged(before, value));
            }
            Value::Object(one)
        }
        (Value::Array(one), Value::Array(other)) => {
            Value::Array(vec![one.iter().chain(other).fold(Value::Null, merged)])
        }
        (Value::Null, Value::Array(items)) => Value::Array(vec![items.iter().fold(Value::Null, merged)]),
        (Value::Null, Value::Object(members)) => Value::Object(
            members.iter().map(|(name, value)| (name.clone(), merged(Value::Null, value))).collect(),
        ),
        (Value::Null, other) => other.clone(),
        (one, _) => one,
    }
}

/// The answer of an older broker: members that it did not know are left out.
fn narrowed(shape: &Value, answer: Value) -> Value {
    match (shape, answer) {
        (Value::Object(shape), Value::Object(members)) => Value::Object(
            members
                .into_iter()
                .filter_map(|(name, value)| Some((name.clone(), narrowed(shape.get(&name)?, value))))
                .collect(),
        ),
        (Value::Array(shape), Value::Array(items)) => {
            let shape = shape.first().unwrap_or(&Value::Null);
            Value::Array(items.into_iter().map(|item| narrowed(shape, item)).collect())
        }
        (_, answer) => answer,
    }
}

/// A host that answers as an older broker did.
struct Older {
    inner: RouterHost,
    shapes: BTreeMap<(String, String, u16), Value>,
    unknown: Mutex<Vec<String>>,
}

fn shapes(exchanges: &[Exchange]) -> BTreeMap<(String, String, u16), Value> {
    let mut shapes = BTreeMap::new();
    for exchange in exchanges {
        let key = (exchange.method.clone(), template(&exchange.path), exchange.status);
        let before = shapes.remove(&key).unwrap_or(Value::Null);
        shapes.insert(key, merged(before, &exchange.answer));
    }
    shapes
}

#[async_trait]
impl Host for Older {
    async fn answer(&self, request: Request) -> Result<Response, HttpError> {
        let path = template(request.url.strip_prefix(BROKER).unwrap());
        let method = request.method.to_string();
        // An older broker has no route for a call that its clients never made.
        if !self.shapes.keys().any(|(known, at, _)| (known, at) == (&method, &path)) {
            let problem = r#"{"type":"urn:jit:problem:not_found","title":"Not found","status":404,"detail":"this path does not exist","code":"not_found"}"#;
            let headers = vec![("content-type".to_owned(), "application/problem+json".to_owned())];
            return Ok(Response { status: 404, headers, body: problem.as_bytes().to_vec() });
        }
        let mut answer = self.inner.answer(request).await?;
        let key = (method, path, answer.status);
        match self.shapes.get(&key) {
            Some(shape) if !answer.body.is_empty() => {
                answer.body = serde_json::to_vec(&narrowed(shape, json(&answer.body))).unwrap();
            }
            Some(_) => {}
            None => self.unknown.lock().unwrap().push(format!("{key:?}")),
        }
        Ok(answer)
    }
}

#[tokio::test]
async fn today_s_client_understands_the_answers_of_an_earlier_broker() {
    for version in versions() {
        let mut team = today(&version).await;
        let shapes = shapes(&recorded(&version));
        let older = Arc::new(Older { inner: RouterHost(team.router()), shapes, unknown: Mutex::default() });
        team.http.route(BROKER, Arc::clone(&older) as Arc<dyn Host>);
        story(&team).await;
        let unknown = older.unknown.lock().unwrap().clone();
        assert!(unknown.is_empty(), "the older broker never gave such answers:\n{}", unknown.join("\n"));
        team.stop().await;
    }
}

/// Every place of a value: its path as a JSON pointer.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                found.push(format!("{at}/{name}"));
                places(value, &format!("{at}/{name}"), found);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                places(value, &format!("{at}/{index}"), found);
            }
        }
        _ => {}
    }
}

/// The comparison can fail: at every member of every recorded answer, one that is gone or has another type is noticed.
#[test]
fn a_member_that_is_gone_or_changed_is_noticed() {
    let mut tried = 0;
    for exchange in versions().iter().flat_map(|version| recorded(version)) {
        let mut found = Vec::new();
        places(&exchange.answer, "", &mut found);
        for place in found {
            let (parent, name) = place.rsplit_once('/').unwrap();
            let mut gone = exchange.answer.clone();
            gone.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(name);
            let mut other = exchange.answer.clone();
            *other.pointer_mut(&place).unwrap() = serde_json::json!({ "another": ["type"] });
            for changed in [gone, other] {
                let noticed = differences(&exchange.answer, &changed, "answer", &mut Fresh::new());
                assert!(!noticed.is_empty(), "{place} of {} {}", exchange.method, exchange.path);
                tried += 1;
            }
        }
    }
    assert!(tried > 500, "{tried}");
}

/// The older broker really leaves out what it did not know, at every depth, and nothing else.
#[test]
fn an_earlier_broker_knows_no_later_member() {
    fn enriched(value: &Value) -> Value {
        match value {
            Value::Object(members) => {
                let mut members: serde_json::Map<String, Value> =
                    members.iter().map(|(name, value)| (name.clone(), enriched(value))).collect();
                members.insert("a_later_member".to_owned(), Value::Bool(true));
                Value::Object(members)
            }
            Value::Array(items) => Value::Array(items.iter().map(enriched).collect()),
            other => other.clone(),
        }
    }
    for version in versions() {
        let exchanges = recorded(&version);
        let shapes = shapes(&exchanges);
        for exchange in exchanges {
            let shape = &shapes[&(exchange.method.clone(), template(&exchange.path), exchange.status)];
            assert_eq!(narrowed(shape, enriched(&exchange.answer)), exchange.answer);
        }
    }
}
