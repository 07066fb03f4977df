//! Which person somebody is to a repository, and with which token.

use std::sync::Arc;
use std::sync::Mutex;

use async_trait::async_trait;
use jit::system::Environment;
use jit::system::fake::Host;
use jit::system::fake_router::RouterHost;
use jit::system::http::HttpError;
use jit::system::http::Request;
use jit::system::http::Response;
use jit::system::processes::Output;

use crate::forge::hub::Hub;
use crate::forge_client::stage::Person;
use crate::support::github::Site;
use crate::support::github::access::Level;

#[test]
fn the_account_says_who_somebody_is() {
    let hub = Hub::new();
    let ana = Person::new(&hub, "ana");
    ana.run("roles").failed(3, &["no broker is known", "jit login github:OWNER/NAME"]);
    let shot = ana.run("login github:Acme/Access");
    assert_eq!(shot.ok(), "logged in to github:acme/access as ana");
    assert!(shot.stderr.contains("token     GITHUB_TOKEN, asked each time and never stored"), "{shot}");
    let who: serde_json::Value = serde_json::from_str(ana.run("whoami --json").ok()).unwrap();
    assert_eq!((&who["person"], &who["authority"]), (&"ana".into(), &"github:acme/access".into()));
    assert_eq!(who["label"], "ana, ana on GitHub");
    assert!(who["key"].as_str().unwrap().starts_with("SHA256:"));
    assert!(!ana.run("whoami").ok().contains("session"));
    let roles = ana.run("roles");
    assert!(roles.ok().contains("prod-admin"), "{roles}");
    // The token is nowhere on the machine.
    assert_eq!(ana.world.keychain.items(), Vec::<String>::new());
    // Logins change hands, and numbers do not.
    hub.github.world().rename_account("ana", "anabel");
    assert!(ana.run("whoami").ok().contains("anabel on GitHub"));
    hub.github.world().add_person("ana");
    let token = hub.github.world().classic_token("ana", &["repo"]);
    hub.github.world().collaborate(hub.repository, "ana", crate::support::github::access::Role::Write);
    let thief = Person::without_token(&hub, "ana").with_token(&token);
    thief.run("login github:acme/access").failed(5, &["no person in the policy has the GitHub account ana"]);
    // The person stays logged out, although the token is still there.
    assert_eq!(ana.run("logout").code, 0);
    ana.run("roles").failed(3, &["not logged in to github:acme/access", "jit login"]);
    ana.run("login").ok();
}

#[test]
fn a_token_of_somebody_else_is_noticed() {
    let hub = Hub::new();
    let mut ana = Person::new(&hub, "ana").logged_in();
    ana.run("login github:acme/access --as bo").failed(2, &["the token is not bo's", "is ana in the policy"]);
    ana.world.system.environment = Environment::of([("GITHUB_TOKEN", hub.tokens["bo"].as_str())]);
    ana.run("roles").failed(5, &["you logged in as ana, but the token belongs to bo", "use another token"]);
    ana.world.system.environment = Environment::of([("GITHUB_TOKEN", "ghp_canary_nonsense")]);
    ana.run("roles").failed(3, &["the token is no longer valid"]);
    ana.world.system.environment = Environment::of([("GITHUB_TOKEN", "two words\n")]);
    ana.run("roles").failed(2, &["GITHUB_TOKEN holds no token"]);
    ana.world.system.environment = Environment::default();
    ana.run("roles").failed(3, &["not logged in", "GH_TOKEN are not set"]);
}

#[test]
fn gh_is_asked_where_no_variable_is_set() {
    let hub = Hub::new();
    let ana = Person::without_token(&hub, "ana");
    let token = |code, text: &str| Output { code, stdout: text.as_bytes().to_vec(), stderr: Vec::new() };
    ana.world.processes.outputs.lock().unwrap().push_back(token(0, &format!("{}\n", hub.tokens["ana"])));
    let shot = ana.run("login github:acme/access");
    shot.ok();
    assert!(shot.stderr.contains("token     `gh auth token`"), "{shot}");
    let started = ana.world.processes.started.lock().unwrap();
    let command = started.iter().find(|command| command.program == "gh").unwrap();
    assert_eq!(command.arguments, ["auth", "token", "--hostname", "github.com"]);
    drop(started);
    ana.world.processes.outputs.lock().unwrap().push_back(token(1, "ghp_canary_left_behind"));
    ana.run("roles").failed(3, &["not logged in"]);
}

#[test]
fn the_device_flow_keeps_its_token_in_the_keychain() {
    let hub = Hub::new();
    let ana = Person::without_token(&hub, "ana");
    ana.answering("login github:acme/access", &[""]).failed(3, &["gh auth login", "client_id"]);
    let config = ana.world.system.files.config.join("config.toml");
    std::fs::create_dir_all(config.parent().unwrap()).unwrap();
    std::fs::write(&config, "[authority]\nclient_id = \"Iv1.abc\"\n").unwrap();
    ana.run("login github:acme/access").failed(3, &["a terminal, where a code can be shown"]);
    hub.github.world().device_visitor = Some("ana".to_owned());
    let shot = ana.answering("login github:acme/access", &[""]);
    shot.ok();
    let code = hub.github.world().device_codes_typed.pop().unwrap();
    assert!(shot.stderr.contains(&format!("open https://github.com/login/device and type {code}")), "{shot}");
    assert!(shot.stderr.contains("token     the device flow, kept in the keychain"), "{shot}");
    ana.run("roles").ok();
    ana.run("logout").ok();
    ana.run("login").failed(3, &["there is no token for GitHub"]);
}

#[test]
fn what_a_token_lacks_is_said() {
    let hub = Hub::new();
    let weak = hub.github.world().fine_grained_token(
        "ana",
        &[hub.repository],
        &[("contents", Level::Read), ("metadata", Level::Read), ("pull_requests", Level::Read)],
    );
    let ana = Person::without_token(&hub, "ana").with_token(&weak).logged_in();
    let shot = ana.words(&["request", "prod-admin", "--reason", "INC-1", "--no-wait", "-y"], &[]);
    shot.failed(1, &["prod-admin was not requested", "it takes a token with", "contents=write"]);
    // GitHub reports the scopes of a classic token.
    let narrow = hub.github.world().classic_token("ana", &["repo:status"]);
    let shot = Person::without_token(&hub, "ana").with_token(&narrow).run("login github:acme/access");
    shot.failed(1, &["GitHub answered 404", "POST /graphql"]);
    let reader = hub.github.world().classic_token("cy", &["repo"]);
    hub.github.world().collaborate(hub.repository, "cy", crate::support::github::access::Role::Read);
    let cy = Person::without_token(&hub, "cy").with_token(&reader);
    let shot = cy.run("login github:acme/access");
    shot.ok();
    assert!(shot.stderr.contains("cy may read acme/access and not write there"), "{shot}");
}

#[test]
fn a_repository_that_may_not_decide_is_refused() {
    let hub = Hub::new();
    let ana = Person::new(&hub, "ana").logged_in();
    hub.github.world().repository_mut(hub.repository).private = false;
    for line in ["login github:acme/access", "roles", "inbox"] {
        ana.run(line).failed(5, &["acme/access is public, and everybody would read the requests"]);
    }
    hub.github.world().repository_mut(hub.repository).private = true;
    ana.run("roles").ok();
    // Another repository that takes its name is another authority.
    hub.github.world().repository_mut(hub.repository).name = "old".to_owned();
    let twin = hub.github.world().add_repository("acme", "access");
    hub.github.world().collaborate(twin, "ana", crate::support::github::access::Role::Write);
    let olga = hub.id("olga");
    let files = hub.policy("account", None);
    let files: Vec<(&str, Option<&str>)> =
        files.iter().map(|(path, text)| (path.as_str(), Some(text.as_str()))).collect();
    hub.github.world().write(twin, "main", olga, &files);
    ana.run("roles").failed(1, &["another repository has taken its name"]);
    ana.run("login github:acme/nothing").failed(1, &["the login to github:acme/nothing failed"]);
    ana.run("login github:acme").failed(2, &["a repository is written github:OWNER/NAME"]);
}

#[test]
fn a_key_of_somebody_else_is_not_taken() {
    let hub = Hub::new();
    let ana = Person::new(&hub, "ana");
    ana.world.agent.add(crate::forge::case::signer("zoe").key().clone());
    // Of several keys, hers is the one that the policy knows.
    ana.run("login github:acme/access").ok();
    let zoe = crate::forge::case::signer("zoe");
    let fingerprint = jit::identity::Signer::fingerprint(&zoe).to_owned();
    ana.words(&["login", "github:acme/access", "--key", &fingerprint], &[])
        .failed(1, &["the policy does not have this key under ana"]);
}

/// Records the calls it gets.
#[derive(Default)]
struct Elsewhere(Mutex<Vec<String>>);

#[async_trait]
impl Host for Elsewhere {
    async fn answer(&self, request: Request) -> Result<Response, HttpError> {
        self.0.lock().unwrap().push(request.url);
        Err(HttpError::Broken { host: "api.github.com".to_owned(), cause: "nobody is here".to_owned() })
    }
}

#[test]
fn a_token_goes_to_the_api_that_the_settings_name_and_nowhere_else() {
    let hub = Hub::new();
    hub.http.route("https://api.acme.ghe.com", Arc::new(RouterHost(hub.github.router(Site::Api))));
    let elsewhere = Arc::new(Elsewhere::default());
    hub.http.route(&hub.github.origins().api, Arc::clone(&elsewhere) as Arc<dyn Host>);
    let ana = Person::new(&hub, "ana");
    let config = &ana.world.system.files.config;
    std::fs::create_dir_all(config).unwrap();
    std::fs::write(config.join("config.toml"), "[authority]\napi = \"https://api.acme.ghe.com/\"\n").unwrap();
    ana.run("login github:acme/access").ok();
    let shot = ana.run("doctor");
    assert!(shot.stdout.contains("main holds a policy of 1 role"), "{shot}");
    assert!(
        shot.stdout.lines().any(|line| line.contains("logged in as ana, GitHub does not say until when")),
        "{shot}"
    );
    assert!(ana.run("doctor github:acme/access").stdout.contains("main holds a policy"));
    let policy = &ana.world.system.files.working;
    std::fs::create_dir_all(policy.join("roles")).unwrap();
    for (path, text) in hub.policy("account", None) {
        std::fs::write(policy.join(path), text).unwrap();
    }
    let words = "ci init --repository acme/access --owners @acme/security --download https://example.com/jit";
    let shot = ana.run(&format!("{words} --sha256 {}", "ab".repeat(32)));
    assert_eq!(shot.code, 0, "{shot}");
    ana.run("policy import github acme");
    assert_eq!(*elsewhere.0.lock().unwrap(), Vec::<String>::new());
    // If the settings name no address, a runner's variable applies. Plain http is only for this machine.
    std::fs::remove_file(config.join("config.toml")).unwrap();
    let with =
        |api: &str| Environment::of([("GITHUB_TOKEN", hub.tokens["ana"].as_str()), ("GITHUB_API_URL", api)]);
    let mut ana = ana;
    ana.world.system.environment = with("https://api.acme.ghe.com");
    assert!(ana.run("doctor github:acme/access").stdout.contains("main holds a policy"));
    ana.world.system.environment = with("http://api.acme.ghe.com");
    let shot = ana.run("doctor github:acme/access");
    assert!(shot.stdout.contains("GITHUB_API_URL is not the address of a GitHub API"), "{shot}");
    assert_eq!(*elsewhere.0.lock().unwrap(), Vec::<String>::new());
}

/// A GitHub Enterprise Server has no runners of GitHub's, so nobody could tell its jobs from those of any machine.
#[test]
fn an_enterprise_server_is_refused_before_it_gets_a_token() {
    let hub = Hub::new();
    let elsewhere = Arc::new(Elsewhere::default());
    hub.http.route("https://ghe.example.com", Arc::clone(&elsewhere) as Arc<dyn Host>);
    let ana = Person::new(&hub, "ana");
    let config = &ana.world.system.files.config;
    std::fs::create_dir_all(config).unwrap();
    std::fs::write(config.join("config.toml"), "[authority]\napi = \"https://ghe.example.com/api/v3\"\n")
        .unwrap();
    let words = ["is a GitHub Enterprise Server", "github.com or GHE.com", "jit serve"];
    ana.run("login github:acme/access").failed(1, &words);
    let shot = ana.run("doctor github:acme/access");
    assert!(shot.stdout.contains("is a GitHub Enterprise Server"), "{shot}");
    assert_eq!(*elsewhere.0.lock().unwrap(), Vec::<String>::new());
}
