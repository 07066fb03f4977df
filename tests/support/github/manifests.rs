//! GitHub Apps from manifests: the two pages of the web site, the exchange of the code, and the installation.
//!
//! Sources: "Registering a GitHub App from a manifest"; `POST /app-manifests/{code}/conversions`; "Installing your own GitHub App".

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::encoding::Pkcs8V1Der;
use aws_lc_rs::encoding::PublicKeyX509Der;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::KeyPair as _;
use axum::body::Body;
use axum::http::Response;
use data_encoding::BASE64;
use jiff::SignedDuration;
use jiff::Timestamp;
use serde_json::Value;
use serde_json::json;

use super::access::Level;
use super::access::Permissions;
use super::answer::Answer;
use super::answer::Fault;
use super::answer::Outcome;
use super::people::named_permissions;
use super::receive::Received;
use super::shapes;
use super::world::App;
use super::world::Kind;
use super::world::World;

/// A manifest that somebody posted, until the code of its app is exchanged.
#[derive(Debug, Clone)]
pub struct Posted {
    owner: u64,
    manifest: Value,
    state: String,
    /// When the person made the app.
    made_at: Option<Timestamp>,
}

/// The longest name of an app.
const LONGEST_NAME: usize = 34;

fn page(status: u16, text: &str) -> Response<Body> {
    Response::builder().status(status).body(Body::from(text.to_owned())).unwrap()
}

/// Whether the web site has this path, and not the device flow.
pub fn is_page(path: &str) -> bool {
    path.contains("/settings/apps/")
}

/// Answers the two pages. The cookie `user_session` says who is logged in to the browser.
pub fn receive(world: &mut World, received: &Received<'_>) -> Response<Body> {
    let cookie = received.headers.get("cookie").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let login = cookie.strip_prefix("user_session=").unwrap_or_default();
    let Some(person) = world.account(login).map(|account| account.id) else {
        return page(302, "You must log in");
    };
    let form: BTreeMap<String, String> = url::form_urlencoded::parse(received.body).into_owned().collect();
    let query: BTreeMap<String, String> =
        url::form_urlencoded::parse(received.query.as_bytes()).into_owned().collect();
    let parts: Vec<&str> = received.path.trim_matches('/').split('/').collect();
    match (received.method, parts.as_slice()) {
        ("POST", ["organizations", name, "settings", "apps", "new"]) => {
            let owner = world.account(name).filter(|account| account.members.get(&person) == Some(&true));
            match owner.map(|account| account.id) {
                Some(owner) => post(world, owner, &form, &query),
                None => page(404, "Not Found"),
            }
        }
        ("POST", ["settings", "apps", "new"]) => post(world, person, &form, &query),
        ("POST", ["settings", "apps", "manifests", code]) => create(world, code, &form),
        _ => page(404, "Not Found"),
    }
}

/// The faults of a manifest, in words.
fn faults(manifest: &Value) -> Vec<&'static str> {
    let mut faults = Vec::new();
    let text = |name: &str| manifest[name].as_str().unwrap_or_default();
    let is_web = |address: &str| url::Url::parse(address).is_ok_and(|url| url.scheme().starts_with("http"));
    if !is_web(text("url")) {
        faults.push("url is required");
    }
    if !is_web(text("redirect_url")) {
        faults.push("redirect_url must be a valid URL");
    }
    if manifest.get("hook_attributes").is_some()
        && !is_web(manifest["hook_attributes"]["url"].as_str().unwrap_or_default())
    {
        faults.push("hook_attributes.url is required");
    }
    if text("name").len() > LONGEST_NAME {
        faults.push("Name is too long (maximum is 34 characters)");
    }
    let known =
        ["actions", "contents", "metadata", "pull_requests", "administration", "secrets", "environments"];
    let permissions = manifest["default_permissions"].as_object().cloned().unwrap_or_default();
    let fits = |(name, level): (&String, &Value)| {
        known.contains(&name.as_str()) && (level == "read" || level == "write" && name != "metadata")
    };
    if !permissions.iter().all(fits) {
        faults.push("Default permission records resource is not included in the list");
    }
    faults
}

fn post(
    world: &mut World,
    owner: u64,
    form: &BTreeMap<String, String>,
    query: &BTreeMap<String, String>,
) -> Response<Body> {
    let text = form.get("manifest").map(String::as_str).unwrap_or_default();
    let Ok(manifest) = serde_json::from_str::<Value>(text) else { return page(422, "Invalid JSON") };
    let faults = faults(&manifest);
    if !faults.is_empty() {
        return page(422, &faults.join("\n"));
    }
    let code = world.next_secret("");
    let state = query.get("state").cloned().unwrap_or_default();
    world.manifests.insert(code.clone(), Posted { owner, manifest, state, made_at: None });
    page(
        200,
        &format!(
            "<form action=\"/settings/apps/manifests/{code}\" method=\"post\"><input name=\"name\"></form>"
        ),
    )
}

fn slug_of(name: &str) -> String {
    let kept = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    name.chars().map(kept).collect()
}

/// The click on "Create GitHub App". The person may have typed another name.
fn create(world: &mut World, code: &str, form: &BTreeMap<String, String>) -> Response<Body> {
    let now = world.now();
    let Some(posted) = world.manifests.get(code) else { return page(404, "Not Found") };
    let manifest = posted.manifest["name"].as_str().unwrap_or_default().to_owned();
    let name = form.get("name").filter(|name| !name.is_empty()).cloned().unwrap_or(manifest);
    let slug = slug_of(&name);
    // Names are unique among all apps and accounts of GitHub.
    let is_taken = world.apps.values().any(|app| app.slug == slug) || world.account(&name).is_some();
    if name.is_empty() || name.len() > LONGEST_NAME || is_taken {
        return page(422, "Name has already been taken");
    }
    let posted = world.manifests.get_mut(code).unwrap();
    (posted.manifest["name"], posted.made_at) = (json!(name), Some(now));
    let mut back = url::Url::parse(posted.manifest["redirect_url"].as_str().unwrap()).unwrap();
    back.query_pairs_mut().append_pair("code", code);
    if !posted.state.is_empty() {
        let state = posted.state.clone();
        back.query_pairs_mut().append_pair("state", &state);
    }
    Response::builder().status(302).header("location", back.as_str()).body(Body::empty()).unwrap()
}

/// A key pair in PEM: the public half, and the private one in the form that GitHub gives (PKCS #1).
fn pair() -> (String, String) {
    let key = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let private: Pkcs8V1Der<'_> = key.as_der().unwrap();
    let public: PublicKeyX509Der<'_> = key.public_key().as_der().unwrap();
    // PKCS #8 wraps PKCS #1: 26 bytes of version, algorithm and lengths stand before it for a key of this size.
    let inner = &private.as_ref()[26..];
    assert_eq!(inner[..2], [0x30, 0x82], "a sequence begins there");
    let pem = |label: &str, bytes: &[u8]| {
        let text = BASE64.encode(bytes);
        let lines: Vec<&str> =
            text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
        format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
    };
    (pem("PUBLIC KEY", public.as_ref()), pem("RSA PRIVATE KEY", inner))
}

/// `POST /app-manifests/{code}/conversions`: once, within an hour, by whoever has the code.
pub fn convert(world: &mut World, code: &str) -> Outcome {
    let now = world.now();
    let is_good = |posted: &Posted| posted.made_at.is_some_and(|at| now < at + SignedDuration::from_hours(1));
    if !world.manifests.get(code).is_some_and(is_good) {
        return Err(Fault::not_found());
    }
    let posted = world.manifests.remove(code).unwrap();
    let name = posted.manifest["name"].as_str().unwrap().to_owned();
    let slug = slug_of(&name);
    let (public_key, private_key) = pair();
    let (id, bot, installation) = (world.next_id(), world.next_id(), world.next_id());
    world.put_account(bot, &format!("{slug}[bot]"), Kind::Bot);
    let asked = posted.manifest["default_permissions"].as_object().cloned().unwrap_or_default();
    let mut permissions: Permissions = asked
        .into_iter()
        .map(|(name, level)| (name, if level == "write" { Level::Write } else { Level::Read }))
        .collect();
    permissions.insert("metadata".to_owned(), Level::Read);
    let named = named_permissions(&permissions);
    let installation = (installation, posted.owner, BTreeSet::new(), permissions);
    let app = App { id, slug: slug.clone(), bot, public_key, installation, is_everywhere: false };
    world.apps.insert(id, app);
    let at = now.to_string();
    let hook = posted.manifest["hook_attributes"]["active"] != false;
    Answer::created(json!({
        "id": id, "slug": slug, "node_id": shapes::node("App", id), "owner": world.simple_user(posted.owner),
        "name": name, "description": posted.manifest["description"], "external_url": posted.manifest["url"],
        "html_url": format!("{}/apps/{slug}", world.origins.web), "created_at": at, "updated_at": at,
        "permissions": named, "events": [], "client_id": format!("Iv1.{id:016x}"),
        "client_secret": world.next_secret("cs_"),
        "webhook_secret": if hook { json!("hook") } else { Value::Null },
        "pem": private_key,
    }))
}

impl World {
    /// Installs an app as a person does on its page: on one repository, or on all of its account.
    pub fn install_app(&mut self, slug: &str, login: &str, repository: Option<u64>) {
        let person = self.account(login).unwrap().id;
        let app = self.apps.values().find(|app| app.slug == slug).unwrap();
        let (id, account) = (app.id, app.installation.1);
        let owner = &self.accounts[&account];
        assert!(
            owner.id == person || owner.members.get(&person) == Some(&true),
            "only an owner installs an app"
        );
        let all = self.repositories.values().filter(|known| known.owner == account).map(|known| known.id);
        let chosen: BTreeSet<u64> = all.filter(|id| repository.is_none_or(|only| only == *id)).collect();
        let app = self.apps.get_mut(&id).unwrap();
        (app.installation.2, app.is_everywhere) = (chosen, repository.is_none());
    }
}
