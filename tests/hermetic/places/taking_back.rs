//! Tokens of OpenBao for access that ended early: the broker revokes them by their accessors, where its own role there may.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use jit::issuer::Issuer;
use jit::policy::Policy;
use jit::provider::Deny;
use jit::provider::MintOrder;
use jit::provider::Provider;
use jit::provider::TakeBack;
use jit::provider::clouds::Clouds;
use jit::system::Clock;
use jit::system::fake::FakeClock;
use jit::system::fake::FakeHttp;
use jit::system::fake::FakeWorld;
use jit::system::fake::Host;
use serde_json::Value;

use super::bao::ADDRESS;
use super::bao::Bao;
use super::round_trip::get;
use super::round_trip::variable;
use crate::cli::real::Team;
use crate::cli::stage::Shot;
use crate::policy::world;
use crate::policy::world::ACCESS;
use crate::policy::world::files;
use crate::policy::world::problems;
use crate::support::quiet::quiet;

const REVOKER: &str = "jit-revoke";

/// A team with a role that opens the server, and credentials of it in ana's hands. Returns the request's id too.
async fn team(more: &str) -> (Team, Arc<Bao>, String) {
    let role = format!(
        "requesters = [\"group:dev\"]\napproval = \"1 of group:sre\"\nreason = \"optional\"\nlease = \"1h\"\n\
         [vault]\naddress = \"{ADDRESS}\"\nrole = \"prod\"\npolicies = [\"kv-read\"]\n{more}"
    );
    let team = Team::with("", &[("roles/secrets.toml", role.as_str())]).await;
    let bao = Arc::new(Bao::new("prod", "jit:role:secrets"));
    bao.let_revoke(REVOKER);
    team.http.route(ADDRESS, Arc::clone(&bao) as Arc<dyn Host>);
    get(&team, "secrets", &[]).await;
    let ran = team.ana.run("exec secrets -- true", &[]).await;
    assert_eq!(ran.code, 0, "{ran}");
    assert_eq!(bao.children().len(), 1);
    let status: Value = serde_json::from_str(&team.ana.run("status --json", &[]).await.stdout).unwrap();
    let id = status.pointer("/0/id").or_else(|| status.pointer("/grants/0/id")).and_then(Value::as_str);
    let id = id.unwrap_or_else(|| panic!("{status}")).to_owned();
    (team, bao, id)
}

const TAKING_BACK: &str = "revoke_role = \"jit-revoke\"\n";

async fn revoke(team: &Team, id: &str) -> Shot {
    let revoked = team.bo.run(&format!("revoke {id} --reason over -y"), &[]).await;
    assert_eq!(revoked.code, 0, "{revoked}");
    revoked
}

/// Lets the broker work until the server has this many tokens of people.
async fn has(bao: &Bao, count: usize, team: &Team) {
    for _ in 0..200_000 {
        if bao.children().len() == count {
            return;
        }
        team.clock.advance(Duration::from_millis(5));
        quiet().await;
    }
    panic!("the server has {:?}", bao.children());
}

/// Lets the broker work for so many seconds.
async fn go_on(team: &Team, seconds: u64) {
    for _ in 0..seconds * 2 {
        team.clock.advance(Duration::from_millis(500));
        quiet().await;
    }
}

#[tokio::test]
async fn a_revoked_access_has_no_token_left_at_the_server() {
    let (mut team, bao, id) = team(TAKING_BACK).await;
    let token = variable(&team.ana, "VAULT_TOKEN").unwrap();
    let revoked = revoke(&team, &id).await;
    assert!(revoked.stderr.contains("the server revoked the tokens already handed out"), "{revoked}");
    assert!(bao.children().is_empty());
    // By the accessor of that token, signed in as nobody but the broker.
    let revocations = bao.revocations.lock().unwrap().clone();
    assert_eq!(revocations, [("jwt-jit:revoke".to_owned(), format!("accessor-{token}"))]);
    let claims = bao.claims.lock().unwrap().last().cloned().unwrap();
    assert_eq!((claims["sub"].as_str(), claims["aud"].as_str()), (Some("jit:revoke"), Some(ADDRESS)));
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 60);
    assert!(claims.get("jit_role").is_none() && claims.get("jit_person").is_none());
    // The broker's own token is given back, and it is not asked for again.
    assert!(bao.tokens.lock().unwrap().values().all(|token| token.policies != ["jit-revoke"]));
    let calls = bao.calls.load(Ordering::Relaxed);
    go_on(&team, 60).await;
    assert_eq!(bao.calls.load(Ordering::Relaxed), calls);
    let shown = team.bo.run(&format!("show {id} --json"), &[]).await;
    assert!(shown.stdout.contains("\"denied\""), "{shown}");
    let shown = team.bo.run(&format!("show {id}"), &[]).await;
    assert!(shown.stdout.contains("issued    the server revoked what was handed out"), "{shown}");
    // The log says the accessor, and never the token.
    let log = team.ana.run("audit --json", &[]).await;
    assert!(!format!("{log}").contains(&token), "{log}");
    team.stop().await;
}

/// Emergency access that a reviewer denies afterwards ends at the server too.
#[tokio::test]
async fn a_denied_emergency_has_no_token_left_at_the_server() {
    let role = format!(
        "requesters = [\"group:dev\"]\napproval = \"1 of group:sre\"\nreason = \"optional\"\nlease = \"30m\"\n\
         [break_glass]\nrequesters = [\"group:dev\"]\nmax_duration = \"30m\"\n\
         [vault]\naddress = \"{ADDRESS}\"\nrole = \"prod\"\npolicies = [\"kv-read\"]\n{TAKING_BACK}"
    );
    let mut team = Team::with("", &[("roles/secrets.toml", role.as_str())]).await;
    let bao = Arc::new(Bao::new("prod", "jit:role:secrets"));
    bao.let_revoke(REVOKER);
    team.http.route(ADDRESS, Arc::clone(&bao) as Arc<dyn Host>);
    let taken = team.ana.run("break-glass secrets --reason fire -y", &[]).await;
    assert_eq!(taken.code, 0, "{taken}");
    let ran = team.ana.run("exec secrets -- true", &[]).await;
    assert_eq!((ran.code, bao.children().len()), (0, 1), "{ran}");
    let status: Value = serde_json::from_str(&team.ana.run("status --json", &[]).await.stdout).unwrap();
    let id = status.pointer("/0/id").or_else(|| status.pointer("/grants/0/id")).and_then(Value::as_str);
    let denied = team.bo.run(&format!("deny {} --reason no -y", id.unwrap()), &[]).await;
    assert_eq!(denied.code, 0, "{denied}");
    has(&bao, 0, &team).await;
    team.stop().await;
}

/// The mount is a part of what was opened: another one of the same server has other accessors and roles.
#[tokio::test]
async fn a_role_that_moves_to_another_mount_is_taken_back_where_it_was() {
    let (mut team, bao, _) = team(TAKING_BACK).await;
    team.change("roles/secrets.toml", "role = \"prod\"\n", "role = \"prod\"\nmount = \"ci\"\n").await;
    has(&bao, 0, &team).await;
    let revocations = bao.revocations.lock().unwrap().clone();
    // Signed in by the mount where the token was made.
    assert_eq!(revocations.iter().map(|(by, _)| by.as_str()).collect::<Vec<_>>(), ["jwt-jit:revoke"]);
    team.stop().await;
}

#[tokio::test]
async fn without_a_role_for_it_the_broker_asks_nothing_and_says_so() {
    let (mut team, bao, id) = team("").await;
    let calls = bao.calls.load(Ordering::Relaxed);
    let revoked = revoke(&team, &id).await;
    assert!(revoked.stderr.contains("that nobody revoked stay valid until"), "{revoked}");
    go_on(&team, 10).await;
    assert_eq!((bao.calls.load(Ordering::Relaxed), bao.children().len()), (calls, 1));
    // The broker takes back credentials that an earlier policy left, once the role says how.
    team.change("roles/secrets.toml", "[vault]\n", "[vault]\nrevoke_role = \"jit-revoke\"\n").await;
    has(&bao, 0, &team).await;
    team.stop().await;
}

#[tokio::test]
async fn the_end_is_taken_back_also_where_the_person_could_not() {
    let (mut team, bao, _) = team(TAKING_BACK).await;
    // The requester's own revocation is refused; the broker's is not.
    let refused = jit::system::http::Response {
        status: 403,
        headers: Vec::new(),
        body: br#"{"errors":["permission denied"]}"#.to_vec(),
    };
    *bao.instead.lock().unwrap() = Some(("/revoke-self", refused));
    let ended = team.ana.run("end secrets", &[]).await;
    assert!(ended.stderr.contains("the server revoked the tokens already handed out"), "{ended}");
    // The first try no longer matters, and would say the opposite.
    assert!(ended.code == 0 && !ended.stderr.contains("was not revoked"), "{ended}");
    assert!(bao.children().is_empty());
    team.stop().await;
}

/// One answer says what became of the person's token, and of others, without contradicting itself.
#[tokio::test]
async fn the_end_says_once_what_is_left() {
    for (more, said, left_out) in [
        (TAKING_BACK, &["the server revoked the tokens already handed out"][..], "the token was revoked"),
        (
            "",
            &[
                "the token was revoked at server",
                "tokens that were handed out before that one, if there are any, stay",
            ],
            "tokens already handed out",
        ),
    ] {
        let (mut team, bao, _) = team(more).await;
        let ended = team.ana.run("end secrets", &[]).await;
        assert!(said.iter().all(|said| ended.stderr.contains(said)), "{ended}");
        assert!(!ended.stderr.contains(left_out), "{ended}");
        assert!(bao.children().is_empty());
        team.stop().await;
    }
}

#[tokio::test]
async fn a_server_that_is_down_is_asked_again_after_a_restart_too() {
    let (mut team, bao, id) = team(TAKING_BACK).await;
    bao.is_down.store(true, Ordering::Relaxed);
    let revoked = revoke(&team, &id).await;
    assert!(
        revoked.stderr.contains("the server has not revoked them all yet: ")
            && revoked.stderr.contains("connection refused")
            && revoked.stderr.contains("The broker tries again"),
        "{revoked}"
    );
    let calls = bao.calls.load(Ordering::Relaxed);
    let shown = team.bo.run(&format!("show {id}"), &[]).await;
    assert!(shown.stdout.contains("issued    what was handed out still works: "), "{shown}");
    go_on(&team, 30).await;
    assert!(bao.calls.load(Ordering::Relaxed) > calls, "it tries again");
    team.restart().await;
    go_on(&team, 10).await;
    assert_eq!(bao.children().len(), 1);
    bao.is_down.store(false, Ordering::Relaxed);
    has(&bao, 0, &team).await;
    let shown = team.bo.run(&format!("show {id} --json"), &[]).await;
    assert!(shown.stdout.contains("\"denied\""), "{shown}");
    team.stop().await;
}

#[tokio::test]
async fn a_refusal_says_what_to_do_and_is_given_up_when_the_token_has_expired() {
    let (mut team, bao, id) = team(TAKING_BACK).await;
    bao.revoker.lock().unwrap().as_mut().unwrap().policies = vec!["default".to_owned()];
    let revoked = revoke(&team, &id).await;
    assert!(
        revoked.stderr.contains("may not revoke tokens by their accessors")
            && revoked.stderr.contains("auth/token/revoke-accessor"),
        "{revoked}"
    );
    assert_eq!(bao.children().len(), 1);
    *bao.revoker.lock().unwrap() = None;
    go_on(&team, 20).await;
    let shown = team.bo.run(&format!("show {id} --json"), &[]).await;
    assert!(shown.stdout.contains("has no role jit-revoke at auth/jwt"), "{shown}");
    // The token lives an hour. After that nobody asks any more, the next broker neither.
    team.clock.advance(Duration::from_secs(3600));
    go_on(&team, 5).await;
    let calls = bao.calls.load(Ordering::Relaxed);
    go_on(&team, 700).await;
    team.restart().await;
    go_on(&team, 20).await;
    assert_eq!(bao.calls.load(Ordering::Relaxed), calls);
    team.stop().await;
}

/// The same server at another address.
struct Elsewhere(&'static str, Arc<Bao>);

#[async_trait::async_trait]
impl Host for Elsewhere {
    async fn answer(
        &self,
        mut request: jit::system::http::Request,
    ) -> Result<jit::system::http::Response, jit::system::http::HttpError> {
        request.url = request.url.replacen(self.0, ADDRESS, 1);
        self.1.answer(request).await
    }
}

/// A server that takes calls and answers none.
struct Stuck;

#[async_trait::async_trait]
impl Host for Stuck {
    async fn answer(
        &self,
        _: jit::system::http::Request,
    ) -> Result<jit::system::http::Response, jit::system::http::HttpError> {
        std::future::pending().await
    }
}

#[tokio::test]
async fn a_server_that_hangs_keeps_no_other_from_being_told() {
    const SLOW: &str = "https://slow.example.com";
    let role = |address: &str| {
        format!(
            "requesters = [\"group:dev\"]\napproval = \"1 of group:sre\"\nreason = \"optional\"\nlease = \"1h\"\n\
             [vault]\naddress = \"{address}\"\nrole = \"prod\"\naudience = \"{ADDRESS}\"\npolicies = [\"kv-read\"]\n{TAKING_BACK}"
        )
    };
    let (quick, slow) = (role(ADDRESS), role(SLOW));
    let mut team =
        Team::with("", &[("roles/quick.toml", quick.as_str()), ("roles/slow.toml", slow.as_str())]).await;
    let servers = ["quick", "slow"].map(|role| Arc::new(Bao::new("prod", &format!("jit:role:{role}"))));
    for (role, (address, bao)) in ["quick", "slow"].iter().zip([ADDRESS, SLOW].iter().zip(&servers)) {
        bao.let_revoke(REVOKER);
        team.http.route(address, Arc::new(Elsewhere(address, Arc::clone(bao))) as Arc<dyn Host>);
        get(&team, role, &[]).await;
        let ran = team.ana.run(&format!("exec {role} -- true"), &[]).await;
        assert_eq!((ran.code, bao.children().len()), (0, 1), "{ran}");
    }
    team.http.route(SLOW, Arc::new(Stuck) as Arc<dyn Host>);
    // The time goes on for as long as the broker needs: on a loaded machine it may begin to wait late.
    let ended = tokio::select! {
        ended = team.ana.run("end slow", &[]) => ended,
        () = go_on(&team, 3600) => panic!("the broker waits for a server that hangs"),
    };
    assert!(ended.stderr.contains("unless the server revokes them first"), "{ended}");
    let ended = team.ana.run("end quick", &[]).await;
    assert!(ended.stderr.contains("the server revoked the tokens already handed out"), "{ended}");
    assert_eq!(servers.map(|bao| bao.children().len()), [0, 1]);
    team.stop().await;
}

#[tokio::test]
async fn what_the_policy_ends_is_taken_back() {
    for (path, from, to) in [
        // The role opens something else, at the same server.
        ("roles/secrets.toml", "role = \"prod\"", "role = \"other\""),
        // The role opens another server, which never sees a token for this one.
        ("roles/secrets.toml", ADDRESS, "https://other.example.com"),
        // The requester leaves.
        ("people.toml", "dev = [\"ana\"]", "dev = [\"bo\"]"),
    ] {
        let (mut team, bao, _) = team(TAKING_BACK).await;
        team.change(path, from, to).await;
        has(&bao, 0, &team).await;
        team.stop().await;
    }
}

/// A role that is taken out of the policy ends after a minute, since a file may be gone for a moment only.
#[tokio::test]
async fn a_role_that_is_gone_is_taken_back() {
    let (mut team, bao, id) = team(TAKING_BACK).await;
    let path = team.policy_file("roles/secrets.toml");
    let text = std::fs::read(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    go_on(&team, 40).await;
    std::fs::write(&path, &text).unwrap();
    go_on(&team, 40).await;
    assert_eq!(bao.children().len(), 1, "it came back in time");
    std::fs::remove_file(&path).unwrap();
    has(&bao, 0, &team).await;
    let shown = team.ana.run(&format!("show {id}"), &[]).await;
    assert!(shown.stdout.contains("the policy has no role secrets any more"), "{shown}");
    team.stop().await;
}

/// A restart gives no second minute: the log says since when the policy has been without the role.
#[tokio::test]
async fn the_minute_of_a_missing_role_counts_over_a_restart() {
    let (mut team, bao, id) = team(TAKING_BACK).await;
    std::fs::remove_file(team.policy_file("roles/secrets.toml")).unwrap();
    for _ in 0..40 {
        team.clock.advance(Duration::from_secs(1));
        // A command makes the broker look at its policy.
        team.ana.run("whoami", &[]).await;
        quiet().await;
    }
    team.restart().await;
    assert_eq!(bao.children().len(), 1, "a file may be gone for a moment only");
    // Less than a minute after the restart, at the end too.
    team.clock.advance(Duration::from_secs(30));
    for _ in 0..1400 {
        if bao.children().is_empty() {
            break;
        }
        team.clock.advance(Duration::from_millis(20));
        team.ana.run("whoami", &[]).await;
    }
    assert!(bao.children().is_empty(), "a second minute is not over yet");
    let shown = team.ana.run(&format!("show {id}"), &[]).await;
    assert!(shown.stdout.contains("the policy has no role secrets any more"), "{shown}");
    team.stop().await;
}

/// The role for revoking is another than the one that opens, and the audience is none of a cloud's.
#[test]
fn what_a_policy_may_not_say_of_a_server_is_refused() {
    let told = |lines: &str| {
        let (people, rules) =
            (world::people(), "requesters = [\"group:dev\"]\napproval = \"1 of group:sre\"\n");
        let role = format!("{rules}[vault]\naddress = \"{ADDRESS}\"\nrole = \"prod\"\n{lines}\n");
        let all = [
            ("access.toml", ACCESS),
            ("people.toml", people.as_str()),
            ("roles/secrets.toml", role.as_str()),
        ];
        problems(files(&all)).to_string()
    };
    for (lines, expected) in [
        ("revoke_role = \"prod\"", "`revoke_role` is the role that this role opens"),
        ("revoke_role = \"a/b\"", "a/b"),
        ("audience = \"sts.amazonaws.com\"", "is the audience of a cloud's token exchange"),
        (
            "audience = \"https://iam.googleapis.com/projects/1\"",
            "is the audience of a cloud's token exchange",
        ),
    ] {
        assert!(told(lines).contains(expected), "{}", told(lines));
    }
}

/// A server that sees tokens with which another server is signed in to is worth a warning.
#[test]
fn an_audience_of_two_servers_is_said() {
    let people = world::people();
    let role = |address: &str| {
        format!(
            "requesters = [\"group:dev\"]\napproval = \"1 of group:sre\"\nreason = \"optional\"\n\
             [vault]\naddress = \"{address}\"\nrole = \"prod\"\naudience = \"vault\"\n"
        )
    };
    let (one, other) = (role(ADDRESS), role("https://other.example.com"));
    let lints = |files: &[(&str, &str)]| {
        let policy = Policy::compile(world::files(files)).unwrap();
        let lints: Vec<String> =
            policy.lints().into_iter().map(|lint| format!("{} {}", lint.name, lint.problem.file)).collect();
        lints.into_iter().filter(|line| line.starts_with("shared-audience")).collect::<Vec<_>>()
    };
    let base = [("access.toml", ACCESS), ("people.toml", people.as_str()), ("roles/one.toml", one.as_str())];
    assert!(lints(&base).is_empty());
    let both = [base.as_slice(), &[("roles/other.toml", other.as_str())]].concat();
    assert_eq!(lints(&both), ["shared-audience roles/one.toml", "shared-audience roles/other.toml"]);
}

/// The provider alone: several tokens of a request, one of which is gone, and a server that fails for a moment.
#[tokio::test]
async fn each_token_of_a_request_is_revoked_and_a_passing_failure_is_retried_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let (clock, http) = (FakeClock::at("2026-11-23T12:00:00Z"), FakeHttp::default());
    let world = FakeWorld::new(folder.path(), &clock.advancing(), &http, 1);
    let issuer = Arc::new(Issuer::open(&folder.path().join("keys"), clock.now()).unwrap());
    let clouds = Clouds::new(issuer, "https://jit.example.com".to_owned(), Arc::default(), &world.system);
    let bao = Arc::new(Bao::new("prod", "jit:role:secrets"));
    bao.let_revoke(REVOKER);
    http.route(ADDRESS, Arc::clone(&bao) as Arc<dyn Host>);
    let end = clock.now() + jiff::SignedDuration::from_mins(30);
    let order = MintOrder {
        target: format!("vault:{ADDRESS}?role=prod&mount=jwt&policies=kv-read").parse().unwrap(),
        role: "secrets".parse().unwrap(),
        request: "7F3KQ2M8ZD".parse().unwrap(),
        person: "ana".parse().unwrap(),
        until: end,
        grant_until: end,
        scope: None,
        source: None,
    };
    let mut handles = Vec::new();
    for _ in 0..2 {
        let minted = clouds.mint(&order).await.unwrap();
        handles.push(minted.credentials.handle().unwrap().to_owned());
    }
    handles.insert(1, "accessor-gone".to_owned());
    let one = |request: &str, handles: &[String]| TakeBack {
        request: request.parse().unwrap(),
        role: REVOKER.to_owned(),
        handles: handles.to_vec(),
    };
    let orders = |taking: Vec<TakeBack>| Deny { target: order.target.clone(), requests: Vec::new(), taking };
    let sealed = jit::system::http::Response {
        status: 503,
        headers: Vec::new(),
        body: br#"{"errors":["Vault is sealed"]}"#.to_vec(),
    };
    *bao.instead.lock().unwrap() = Some(("/revoke-accessor", sealed));
    let (mine, other) = (one("7F3KQ2M8ZD", &handles), one("8F3KQ2M8ZD", &[]));
    let denying = clouds.deny(&orders(vec![mine.clone(), other.clone()])).await.unwrap();
    let (left, error) = denying.left_out.unwrap();
    assert_eq!(left, [mine.request.clone(), other.request.clone()]);
    assert!(error.passing && error.message.contains("is sealed"), "{error:?}");
    assert_eq!(bao.children().len(), 2);
    // The words of a server's error in a proxy's page prove nothing.
    let page = b"<html>Blocked: CSRF token not found</html>".to_vec();
    let blocked = jit::system::http::Response { status: 403, headers: Vec::new(), body: page };
    *bao.instead.lock().unwrap() = Some(("/revoke-accessor", blocked));
    let denying = clouds.deny(&orders(vec![mine.clone()])).await.unwrap();
    assert_eq!(denying.left_out.unwrap().0, std::slice::from_ref(&mine.request));
    assert_eq!(bao.children().len(), 2);
    // One whose accessor nobody kept is left out, and keeps no other from being revoked.
    *bao.instead.lock().unwrap() = None;
    let denying = clouds.deny(&orders(vec![other.clone(), mine])).await.unwrap();
    let (left, error) = denying.left_out.unwrap();
    assert_eq!(left, [other.request]);
    assert!(error.message.contains("knows no accessor"), "{error:?}");
    assert!(bao.children().is_empty());
    assert_eq!(bao.revocations.lock().unwrap().len(), 3);
    // An authority without an issuer, as a repository is, takes nothing back.
    let given = Clouds::with_token("e30.e30.e30".into(), &world.system);
    let calls = bao.calls.load(Ordering::Relaxed);
    let denying = given.deny(&orders(vec![one("7F3KQ2M8ZD", &handles)])).await.unwrap();
    assert!(denying.left_out.unwrap().1.message.contains("no issuer of its own"));
    assert_eq!(bao.calls.load(Ordering::Relaxed), calls);
}
