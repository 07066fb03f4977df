//! `jit ci init --apply` from an empty folder at GitHub to a repository that decides, with every interruption on the way.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::routing::get;
use jit::forge::log::JournalKey;
use jit::grant::Digest;
use jit::secret::Secret;
use jit::system::Clock;
use jit::system::fake_router::RouterHost;
use serde_json::Value;
use serde_json::json;

use super::setup_stage::ACCESS;
use super::setup_stage::SHA256;
use super::setup_stage::Scene;
use super::setup_stage::visit;
use super::setup_stage::visit_as;
use crate::support::github::answer::Fault;
use crate::support::github::faults::When;

const KEYS: [&str; 3] = ["JIT_LOG_KEY", "JIT_LOG_APP", "JIT_LOG_APP_KEY"];

fn todo(text: &str) -> Vec<&str> {
    text.lines().filter_map(|line| line.strip_prefix("to do  ")).collect()
}

/// The lines, whatever the length of the workflows is.
fn without_numbers(lines: &[&str]) -> String {
    regex::Regex::new(r"\b\d+ (lines?|out)\b").unwrap().replace_all(&lines.join("\n"), "N $1").into_owned()
}

/// The commits of main, newest first.
fn history(scene: &Scene) -> Vec<String> {
    let world = scene.github.world();
    let store = world.store(scene.repository);
    let mut next = world.resolve(scene.repository, "refs/heads/main");
    let mut found = Vec::new();
    while let Some(id) = next {
        let commit = store.commit(&id).unwrap();
        found.push(commit.message.clone());
        next = commit.parents.first().cloned();
    }
    found
}

/// Everything is there, fits together, and is nowhere else.
fn is_whole(scene: &Scene, said: &str) {
    let secrets = KEYS.map(|name| scene.secret(name).unwrap());
    let public = JournalKey::read(&Secret::new(secrets[0].clone())).unwrap().public_text();
    let access = scene.read("access/access.toml");
    let app = scene.github.world().apps.values().next().unwrap().id;
    assert_eq!(
        access,
        format!("{ACCESS}\n[authority.github]\nlog_keys = [\"{public}\"]\nlog_writer = \"app:{app}\"\n")
    );
    for path in [
        "access/access.toml",
        "access/people.toml",
        "access/roles/prod-admin.toml",
        ".github/workflows/jit.yml",
        ".github/workflows/jit-check.yml",
        ".github/CODEOWNERS",
        "requests/README.md",
    ] {
        assert_eq!(scene.there("main", path).unwrap(), scene.read(path), "{path}");
    }
    assert_eq!(secrets[1], app.to_string());
    let world = scene.github.world();
    let writers = |ruleset: &Value| ruleset["bypass_actors"].clone();
    let rulesets: Vec<&Value> = world.repository(scene.repository).rulesets.values().collect();
    assert_eq!(rulesets.len(), 3);
    assert_eq!(writers(rulesets[2])[0]["actor_id"], app);
    drop(world);
    let arguments = format!("{:?}", scene.world.processes.started.lock().unwrap());
    let asked = format!("{:?}", scene.http.sent().iter().map(|sent| sent.url.clone()).collect::<Vec<_>>());
    for secret in [&secrets[0], &secrets[2]] {
        for (name, text) in [("disk", &scene.disk()), ("arguments", &arguments), ("addresses", &asked)] {
            assert!(!text.contains(secret.trim()), "{name}");
        }
        assert!(!said.contains(secret.trim()), "{said}");
    }
    assert!(!scene.disk().contains("PRIVATE KEY"));
}

#[tokio::test]
async fn one_command_and_two_clicks_set_a_repository_up() {
    let scene = Scene::new(false);
    let begun = scene.clock.now();
    let browse = async {
        scene.make_app().await;
        scene.install(true).await;
    };
    let (shot, ()) = tokio::join!(scene.init("--apply", &["y"]), browse);
    assert_eq!(shot.code, 0, "{}", shot.err);
    is_whole(&scene, &(shot.err.clone() + &shot.out));
    // What was there stays, and what came is one commit.
    assert_eq!(history(&scene), ["Access by pull request, set up by jit", "Change README.md"]);
    assert_eq!(scene.there("main", "README.md").as_deref(), Some("Access\n"));
    assert!(
        shot.out.contains("environment:jit-role-prod-admin"),
        "the cloud's trust is printed: {}",
        shot.out
    );
    assert_eq!(todo(&shot.err), Vec::<&str>::new(), "{}", shot.err);
    // What was shown before the question.
    let shown: Vec<&str> = shot.err.lines().take_while(|line| !line.starts_with("? ")).collect();
    insta::assert_snapshot!(without_numbers(&shown), @r"
    new     .github/CODEOWNERS, N lines
    new     .github/workflows/jit-check.yml, N lines
    new     .github/workflows/jit.yml, N lines
    new     access/access.toml, N lines
    new     access/people.toml, N lines
    new     access/roles/prod-admin.toml, N lines
    new     requests/README.md, N lines
    new     key of the log, in the secret JIT_LOG_KEY of the environment jit-log
    new     branch jit-log, the log
    new     GitHub App jit-log-access, made in your browser, which alone writes the log
    set     environment jit-log, for main alone
    set     environment jit-role-prod-admin, for main alone
    new     ruleset jit: main is reviewed
    new     ruleset jit: requests do not change
    new     ruleset jit: the log is the workflow's
    change  the subject of ID tokens, which is GitHub's own form: each role's cloud must trust a new one before jit mints again
    ");
    // Apart from the person: the pauses between writes, and 120 ms a call.
    let calls = u32::try_from(scene.http.sent().len()).unwrap();
    let paused = scene.clock.now().duration_since(begun).as_secs();
    assert!(calls <= 130 && paused <= 40, "{calls} calls, {paused} s");
    // A second run changes nothing.
    let writes = scene.writes();
    let again = scene.init("--apply", &[]).await;
    assert_eq!((again.code, scene.writes()), (0, writes), "{}", again.err);
    assert!(again.err.contains("acme/access is set up like this already"), "{}", again.err);
    assert_eq!(todo(&again.err), Vec::<&str>::new());
}

#[tokio::test]
async fn an_empty_repository_gets_its_first_commit() {
    let scene = Scene::new(true);
    let browse = async {
        scene.make_app().await;
        scene.install(false).await;
    };
    let (shot, ()) = tokio::join!(scene.init("--apply -y", &[]), browse);
    assert_eq!(shot.code, 0, "{}", shot.err);
    is_whole(&scene, &shot.err);
    assert_eq!(history(&scene), ["Access by pull request, set up by jit", "Requests come here"]);
    let everywhere =
        "the app jit-log-access is installed on every repository of acme: let it have acme/access alone";
    assert_eq!(todo(&shot.err), [everywhere]);
}

#[tokio::test]
async fn nothing_changes_without_a_yes() {
    let scene = Scene::new(false);
    for (answers, code, words) in [
        (&["n"][..], 1, "nothing was changed"),
        (&["^C"][..], 1, "stopped"),
        (&[][..], 2, "nobody is there to agree, so nothing was changed"),
    ] {
        let shot = scene.init("--apply", answers).await;
        assert!(shot.code == code && shot.err.contains(words), "{}", shot.err);
        assert_eq!((scene.writes(), scene.read("access/access.toml")), (0, ACCESS.to_owned()));
        assert!(!scene.world.system.files.working.join(".github").exists());
    }
    // Where no browser could make the app, nothing begins.
    let mut remote = scene;
    remote.world.system.environment.set("SSH_TTY", "/dev/pts/1");
    let shot = remote.init("--apply -y", &[]).await;
    assert_eq!((shot.code, remote.writes()), (2, 0), "{}", shot.err);
    for words in ["this machine has no browser", "--no-browser", "--log-writer app:ID", "JIT_LOG_APP_KEY"] {
        assert!(shot.err.contains(words), "{words}: {}", shot.err);
    }
    // A token that may not change workflows is refused before the work.
    let token = remote.github.world().classic_token("olga", &["repo"]);
    remote.world.system.environment.set("GITHUB_TOKEN", &token);
    let shot = remote.init("--apply -y --no-browser", &[]).await;
    assert_eq!((shot.code, remote.writes()), (2, 0), "{}", shot.err);
    assert!(shot.err.contains("gh auth refresh --scopes workflow"), "{}", shot.err);
}

#[tokio::test]
async fn strangers_at_the_page_gain_nothing_and_end_nothing() {
    let scene = Scene::new(false);
    let browse = async {
        let start = scene.opened().await;
        let begun = url::Url::parse(&start).unwrap();
        let port = begun.port().unwrap();
        assert!(visit(&format!("http://127.0.0.1:{port}/")).await.starts_with("HTTP/1.1 404"));
        assert!(visit_as(&start, "evil.example").await.starts_with("HTTP/1.1 403"));
        let page = visit(&start).await;
        assert!(
            page.to_lowercase().contains("content-security-policy: default-src 'none'; script-src 'nonce-"),
            "{page}"
        );
        let back = scene.create("olga", &page).await;
        let forged = format!("http://127.0.0.1:{port}/callback?code=theirs&state=guessed");
        let without = format!("http://127.0.0.1:{port}/callback?code=theirs");
        for (address, host) in [(&forged, None), (&without, None), (&back, Some("evil.example"))] {
            let answer = match host {
                Some(host) => visit_as(address, host).await,
                None => visit(address).await,
            };
            assert!(answer.starts_with("HTTP/1.1 403"), "{address}: {answer}");
        }
        assert!(visit(&back).await.starts_with("HTTP/1.1 200"));
        scene.install(true).await;
    };
    let (shot, ()) = tokio::join!(scene.init("--apply -y", &[]), browse);
    assert_eq!(shot.code, 0, "{}", shot.err);
    is_whole(&scene, &shot.err);
    // The opener's arguments name this machine and no state.
    let started = scene.world.processes.started.lock().unwrap();
    let first = started[0].arguments.last().unwrap().to_string_lossy().into_owned();
    assert!(first.starts_with("http://127.0.0.1:") && !first.contains("state"), "{first}");
}

/// Ctrl-C, or nobody comes: whatever was done, the next run does the rest.
#[tokio::test]
async fn an_interrupted_setup_is_finished_by_the_next_run() {
    let scene = Scene::new(false);
    // While the page waits.
    let leave = async {
        scene.opened().await;
        scene.world.processes.interrupts.notify_one();
    };
    let (shot, ()) = tokio::join!(scene.init("--apply -y", &[]), leave);
    assert!(shot.code == 1 && shot.err.contains("stopped"), "{}", shot.err);
    assert!(scene.secret(KEYS[0]).is_some() && scene.secret(KEYS[1]).is_none());
    let key = scene.secret(KEYS[0]);
    let late = async {
        scene.opened().await;
        scene.clock.advance(Duration::from_secs(600));
    };
    let (shot, ()) = tokio::join!(scene.init("--apply -y", &[]), late);
    assert!(shot.code == 1 && shot.err.contains("nobody made the app in time"), "{}", shot.err);
    assert_eq!(scene.secret(KEYS[0]), key, "the log's key is not overwritten");
    // While the installation waits.
    let leave = async {
        scene.make_app().await;
        scene.said("… waiting for the installation").await;
        scene.world.processes.interrupts.notify_one();
    };
    let (shot, ()) = tokio::join!(scene.init("--apply -y", &[]), leave);
    assert!(shot.code == 1 && shot.err.contains("stopped"), "{}", shot.err);
    assert!(shot.err.contains("https://github.com/apps/jit-log-access/installations/new"), "{}", shot.err);
    assert!(scene.there("main", "access/access.toml").is_none(), "main has nothing yet");
    // The next run knows the app by its id, and makes no other.
    let shot = scene.init("--apply -y", &[]).await;
    assert!(shot.code == 1 && shot.err.contains("must be installed on acme/access first"), "{}", shot.err);
    scene.github.world().install_app("jit-log-access", "olga", Some(scene.repository));
    let shot = scene.init("--apply -y", &[]).await;
    assert_eq!(shot.code, 0, "{}", shot.err);
    is_whole(&scene, &shot.err);
    assert_eq!(scene.github.world().apps.len(), 1);
    assert_eq!(scene.init("--apply", &[]).await.code, 0, "nothing is left to agree to");
}

#[tokio::test]
async fn nobody_waits_for_ever_for_an_installation() {
    let scene = Scene::new(false);
    let before = scene.clock.now();
    let (shot, ()) = tokio::join!(scene.init("--apply -y", &[]), scene.make_app());
    assert_eq!(shot.code, 1, "{}", shot.err);
    assert!(shot.err.contains("nobody installed the app jit-log-access in time"), "{}", shot.err);
    let waited = scene.clock.now().duration_since(before);
    assert!((600..660).contains(&waited.as_secs()), "{waited}");
}

/// By SSH: the page's port is forwarded by hand, and no browser opens here.
#[tokio::test]
async fn without_a_browser_here_the_addresses_are_printed() {
    let mut scene = Scene::new(false);
    scene.world.system.environment.set("SSH_TTY", "/dev/pts/1");
    let browse = async {
        let page = scene.said("  http://127.0.0.1:").await;
        scene.make_app_at(page.trim()).await;
        scene.said("  https://github.com/apps/jit-log-access/installations/new").await;
        scene.github.world().install_app("jit-log-access", "olga", Some(scene.repository));
    };
    let (shot, ()) = tokio::join!(scene.init("--apply -y --no-browser", &[]), browse);
    assert_eq!(shot.code, 0, "{}", shot.err);
    is_whole(&scene, &shot.err);
    assert!(scene.world.processes.started.lock().unwrap().is_empty(), "nothing was opened");
}

/// A writer that was made by hand: jit asks for no app, and says what is missing.
#[tokio::test]
async fn a_writer_by_hand_needs_no_browser_and_its_secrets() {
    let mut scene = Scene::new(false);
    scene.world.system.environment.set("SSH_TTY", "/dev/pts/1");
    let key = "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n";
    let app = scene.github.world().add_app("scribe", key, "acme", &[scene.repository], &[]);
    let shot = scene.init(&format!("--apply -y --log-writer app:{app} --key-file log.key"), &[]).await;
    assert_eq!(shot.code, 0, "{}", shot.err);
    assert!(scene.read("access/access.toml").contains(&format!("log_writer = \"app:{app}\"")));
    let left = todo(&shot.err).join("\n");
    for words in [
        "gh secret set JIT_LOG_KEY --repo acme/access --env jit-log < log.key",
        &format!("gh secret set JIT_LOG_APP --repo acme/access --env jit-log --body {app}"),
        "gh secret set JIT_LOG_APP_KEY --repo acme/access --env jit-log < the-apps-key.pem",
    ] {
        assert!(left.contains(words), "{words}: {left}");
    }
    assert_eq!(KEYS.map(|name| scene.secret(name)), [None, None, None]);
    // A file that is there is another log's key, and refused before anything changes.
    let other = Scene::new(false);
    other.write("log.key", "x");
    let refused = other.init("--apply -y --log-writer team:7 --key-file log.key", &[]).await;
    assert!(refused.code == 2 && refused.err.contains("is there already"), "{}", refused.err);
    assert_eq!(other.writes(), 0);
    let seed = Secret::new(scene.read("log.key"));
    let public = JournalKey::read(&seed).unwrap().public_text();
    assert!(scene.there("main", "access/access.toml").unwrap().contains(&public));
}

#[tokio::test]
async fn a_key_that_cannot_be_put_away_is_said_with_its_mend() {
    let scene = Scene::new(false);
    let fault = Fault::new(503, "Unavailable");
    scene.github.world().faults.order("PUT", "/secrets/JIT%5FLOG%5FAPP%5FKEY", 4, When::Before, fault);
    let (shot, ()) = tokio::join!(scene.init("--apply -y", &[]), scene.make_app());
    assert_eq!(shot.code, 1, "{}", shot.err);
    assert!(
        shot.err.contains("the app jit-log-access is made, and its key could not be put away"),
        "{}",
        shot.err
    );
    assert!(shot.err.contains("make another key on the app's page"), "{}", shot.err);
    assert_eq!(KEYS.map(|name| scene.secret(name).is_some()), [true, false, false]);
}

/// A trouble that passes is sat out, and a setup that stops between the app's two secrets is finished by the next run: the key is
/// away before the id, which everybody can look up.
#[tokio::test]
async fn a_setup_that_stops_between_the_apps_secrets_loses_no_key() {
    let scene = Scene::new(false);
    let fault = || Fault::new(503, "Unavailable");
    {
        let mut world = scene.github.world();
        world.faults.order("PUT", "/secrets/JIT%5FLOG%5FAPP%5FKEY", 2, When::Before, fault());
        // What comes after the key, four times.
        world.faults.order_later("PUT", "/secrets/JIT%5FLOG%5FAPP", 1, 4, When::Before, fault());
    }
    let (shot, ()) = tokio::join!(scene.init("--apply -y", &[]), scene.make_app());
    assert_eq!(shot.code, 1, "{}", shot.err);
    assert_eq!(KEYS.map(|name| scene.secret(name).is_some()), [true, false, true], "{}", shot.err);
    let key = scene.secret(KEYS[2]);
    scene.github.world().install_app("jit-log-access", "olga", Some(scene.repository));
    // Another checkout does not know the app, and says how to name it.
    let known = scene.read("access/access.toml");
    scene.write("access/access.toml", ACCESS);
    let shot = scene.init("--apply -y", &[]).await;
    assert_eq!(shot.code, 2, "{}", shot.err);
    assert!(shot.err.contains("has JIT_LOG_APP_KEY, and nothing says which app that is"), "{}", shot.err);
    scene.write("access/access.toml", &known);
    let shot = scene.init("--apply -y", &[]).await;
    assert_eq!(shot.code, 0, "{}", shot.err);
    assert!(shot.err.contains("new     secret JIT_LOG_APP of the environment jit-log"), "{}", shot.err);
    assert!(scene.secret(KEYS[1]).is_some() && scene.secret(KEYS[2]) == key);
    is_whole(&scene, &shot.err);
    assert_eq!(scene.github.world().apps.len(), 1);
}

#[tokio::test]
async fn a_closed_main_gets_a_pull_request_once() {
    let scene = Scene::new(false);
    let browse = async {
        scene.make_app().await;
        scene.install(true).await;
    };
    let (shot, ()) = tokio::join!(scene.init("--apply -y", &[]), browse);
    assert_eq!(shot.code, 0, "{}", shot.err);
    let tip = scene.there("main", ".github/workflows/jit.yml");
    // Another version of jit.
    let newer = "ci init --repository acme/access --owners @acme/security --download https://example.com/jit2 --sha256";
    let newer = format!("{newer} {SHA256} --apply -y");
    let shot = scene.run(&newer, &[]).await;
    assert_eq!(shot.code, 0, "{}", shot.err);
    for line in [
        "change  .github/workflows/jit-check.yml, 1 line in and 1 out",
        "main is closed already, so these files go into a pull request",
        "set    pull request #1, since main changes by reviewed pull requests alone",
    ] {
        assert!(shot.err.lines().any(|found| found == line), "{line}: {}", shot.err);
    }
    assert!(todo(&shot.err)[0].contains("have the owners review and merge it"), "{}", shot.err);
    assert_eq!(scene.there("main", ".github/workflows/jit.yml"), tip, "main did not move");
    assert!(!scene.github.world().repository(scene.repository).pulls[&1].draft);
    assert_eq!(scene.run(&newer, &[]).await.code, 0);
    assert_eq!(
        scene.github.world().repository(scene.repository).pulls.len(),
        1,
        "the first one is found again"
    );
}

/// What an earlier version set is shown and changed, and requests stay open.
#[tokio::test]
async fn an_earlier_setup_is_brought_up_to_date() {
    let scene = Scene::new(false);
    let browse = async {
        scene.make_app().await;
        scene.install(true).await;
    };
    let (shot, ()) = tokio::join!(scene.init("--apply -y", &[]), browse);
    assert_eq!(shot.code, 0, "{}", shot.err);
    {
        let mut world = scene.github.world();
        let ana = world.account("ana").unwrap().id;
        let repository = world.repository_mut(scene.repository);
        repository.subject.keys = Some(["repo", "context", "job_workflow_ref"].map(str::to_owned).to_vec());
        let main = repository.rulesets.values_mut().next().unwrap();
        main["rules"][2]["parameters"]["require_last_push_approval"] = json!(false);
        let old = "name: jit\non: workflow_dispatch\n";
        let olga = world.account("olga").unwrap().id;
        world.write(scene.repository, "main", olga, &[(".github/workflows/jit.yml", Some(old))]);
        world.write(scene.repository, "jit/7F3KQ2M8ZD", ana, &[("requests/7F3KQ2M8ZD.json", Some("{}\n"))]);
    }
    let shot = scene.init("--apply", &["n"]).await;
    let shown: Vec<&str> = shot.err.lines().take_while(|line| !line.starts_with("? ")).collect();
    insta::assert_snapshot!(without_numbers(&shown), @r"
    change  .github/workflows/jit.yml, N lines in and N out
    main is closed already, so these files go into a pull request
    change  ruleset jit: main is reviewed
    change  the subject of ID tokens, which is repo, context, job_workflow_ref: each role's cloud must trust a new one before jit mints again
    ");
    let branch = scene.there("jit/7F3KQ2M8ZD", "requests/7F3KQ2M8ZD.json");
    let shot = scene.init("--apply -y", &[]).await;
    assert_eq!(shot.code, 0, "{}", shot.err);
    let lines: Vec<&str> = shot.err.lines().filter(|line| line.starts_with("set    ")).collect();
    insta::assert_snapshot!(lines.join("\n"), @r"
    set    pull request #1, since main changes by reviewed pull requests alone
    set    the subject of ID tokens
    set    ruleset jit: main is reviewed
    ");
    assert_eq!(scene.there("jit/7F3KQ2M8ZD", "requests/7F3KQ2M8ZD.json"), branch);
}

#[tokio::test]
async fn another_key_of_the_log_keeps_the_old_one_for_what_it_signed() {
    let scene = Scene::new(false);
    let browse = async {
        scene.make_app().await;
        scene.install(true).await;
    };
    let (shot, ()) = tokio::join!(scene.init("--apply -y", &[]), browse);
    assert_eq!(shot.code, 0, "{}", shot.err);
    let (before, access) = (scene.secret(KEYS[0]).unwrap(), scene.read("access/access.toml"));
    let shot = scene.init("--apply -y --new-log-key", &[]).await;
    assert_eq!(shot.code, 0, "{}", shot.err);
    let public = |seed: String| JournalKey::read(&Secret::new(seed)).unwrap().public_text();
    let (old, new) = (public(before), public(scene.secret(KEYS[0]).unwrap()));
    assert_ne!(old, new);
    let both = access.replace(&format!("[\"{old}\"]"), &format!("[\"{new}\", \"{old}\"]"));
    assert_eq!(scene.read("access/access.toml"), both);
    assert!(shot.err.contains("set    pull request #1"), "{}", shot.err);
}

#[tokio::test]
async fn the_download_is_fetched_once_and_pinned() {
    let scene = Scene::new(false);
    let line = |flags: &str| format!("ci init --repository acme/access --owners @acme/security {flags}");
    // There is no release to fall back on.
    let shot = scene.run(&line(""), &[]).await;
    assert!(shot.code == 2 && shot.err.contains("there is no public release of jit yet"), "{}", shot.err);
    let program = vec![7_u8; 3 << 20];
    let served = program.clone();
    let moved = |target: &'static str| get(move || async move { (StatusCode::FOUND, [(LOCATION, target)]) });
    let site = Router::new()
        .route("/program", get(move || async move { served }))
        .route("/moved", moved("/program"))
        .route("/plain", moved("http://dl.example.com/program"))
        .route("/forever", moved("/forever"))
        .route("/empty", get(|| async {}));
    scene.http.route("https://dl.example.com", Arc::new(RouterHost(site)));
    for name in ["program", "moved"] {
        let shot = scene.run(&line(&format!("--download https://dl.example.com/{name}")), &[]).await;
        assert_eq!(shot.code, 0, "{}", shot.err);
        let digest = Digest::of(&program);
        let said = format!("https://dl.example.com/{name} has 3145728 bytes with the SHA-256 {digest}");
        assert!(shot.err.contains(&said), "{}", shot.err);
        let workflow = scene.read(".github/workflows/jit.yml");
        assert!(workflow.contains(&format!("JIT_SHA256: \"{digest}\"")), "{workflow}");
        assert!(workflow.contains(&format!("JIT_URL: \"https://dl.example.com/{name}\"")), "{workflow}");
    }
    for (name, words) in [
        ("plain", "it redirects to http://dl.example.com/program, which is not private"),
        ("forever", "it redirects for ever"),
        ("empty", "the answer is empty"),
        ("missing", "the server answered 404"),
    ] {
        let shot = scene.run(&line(&format!("--download https://dl.example.com/{name}")), &[]).await;
        assert!(shot.code == 1 && shot.err.contains(words), "{name}: {}", shot.err);
    }
    let token = scene.token.clone();
    let sent = scene.http.sent();
    let here = sent.iter().filter(|sent| sent.url.starts_with("https://dl.example.com"));
    assert!(here.clone().count() > 5 && !format!("{:?}", here.collect::<Vec<_>>()).contains(&token));
}
