//! The built `jit`, a real broker, and a real provider: from `jit login` to credentials.

use std::time::Instant;

use http::Method;
use jit::identity::kept::KeptKey;
use jit::identity::oidc::enrolment;
use jit::system::Entropy;
use jit::system::Http;
use jit::system::entropy::OsEntropy;
use jit::system::http::Client;
use jit::system::http::Request;
use serde_json::Value;
use serde_json::json;

use super::browser::Browser;
use super::library::signed_in;
use super::provider::Provider;
use crate::peers::person::Running;
use crate::peers::site::SandboxCloud;
use crate::peers::team::Team;

struct Company {
    team: Team,
    provider: Provider,
    _cloud: SandboxCloud,
}

impl Company {
    /// Bo is listed with his key; the provider knows everybody else.
    fn new() -> Self {
        let mut team = Team::new();
        let provider = Provider::start(team.folder());
        provider.set_groups(&json!({"ana": ["dev"]}));
        let cloud = team.add_sandbox(None);
        let policy = format!(
            "version = 1\nauditors = [\"person:bo\"]\n[identity.oidc]\nissuer = \"{}\"\nclient_id = \"jit\"\n\
             person = \"sub\"\nlabel = \"email\"\ngroups = \"groups\"\n",
            provider.issuer
        );
        team.broker.write_policy("access.toml", &policy);
        team.broker.write_policy(
            "people.toml",
            &format!("[people.bo]\nkeys = [\"{}\"]\n[groups]\nsre = [\"bo\"]\n", team.bo.key),
        );
        team.broker.start();
        Self { team, provider, _cloud: cloud }
    }

    /// Signs ana in by a browser that is not opened for her.
    #[expect(clippy::print_stdout, reason = "with --nocapture it shows what a sign-in costs")]
    fn sign_in(&self, browser: &mut Browser) {
        let began = Instant::now();
        let mut login = self.team.ana.start(&["login", &self.team.broker.url, "--no-browser"]);
        let address = address(&mut login);
        let shown = began.elapsed();
        let back = browser.sign_in(&address);
        let signed_in = began.elapsed();
        assert_eq!(browser.visit(&back).status, 200);
        let ended = login.end();
        println!(
            "figure: address after {shown:.0?}; the provider's own {} requests {:.0?}; from there to the session {:.0?}",
            browser.requests - 1,
            signed_in - shown,
            began.elapsed() - signed_in
        );
        assert_eq!(ended.code, 0, "{}\n{}", ended.stderr, self.team.broker.log());
        assert!(ended.stdout.contains("as ana"), "{}", ended.stdout);
    }
}

fn address(login: &mut Running) -> String {
    login.says("code_challenge_method=S256");
    let said = login.stderr();
    said.lines().find_map(|line| line.strip_prefix("  http")).map(|rest| format!("http{rest}")).unwrap()
}

#[test]
fn somebody_whom_no_file_names_signs_in_asks_and_gets_credentials() {
    let company = Company::new();
    let (ana, bo) = (&company.team.ana, &company.team.bo);
    company.sign_in(&mut Browser::of("ana"));
    let whoami: Value = serde_json::from_str(&ana.run(&["whoami", "--json"]).ok()).unwrap();
    assert_eq!(whoami["person"], "ana");
    assert_eq!(whoami["groups"], json!(["dev"]));
    assert_eq!(whoami["provider"]["issuer"], company.provider.issuer);
    assert_eq!(whoami["provider"]["worth"], "account");
    bo.log_in(&company.team.broker.url);
    let id = ana.ask("orders-admin");
    bo.approve(&id);
    assert_eq!(
        ana.run(&["exec", "orders-admin", "--", "sh", "-c", "echo $JIT_GRANT"]).ok().trim(),
        "orders-admin"
    );
    // The provider rotates its keys between two sign-ins.
    company.provider.rotate();
    company.sign_in(&mut Browser::of("ana"));
    let url = &company.team.broker.url;
    for kind in ["session", "session-key", "refresh"] {
        assert!(ana.keyring.lookup(&format!("{kind}:{url}")).is_some(), "{kind}");
    }
    ana.run(&["logout"]).ok();
    for kind in ["session", "session-key", "refresh"] {
        assert!(ana.keyring.lookup(&format!("{kind}:{url}")).is_none(), "{kind}");
    }
}

#[test]
fn a_code_that_somebody_else_approves_says_who() {
    let company = Company::new();
    let url = company.team.broker.url.clone();
    company.sign_in(&mut Browser::of("ana"));
    company.provider.set_groups(&json!({"ana": ["dev"], "cy": ["dev"]}));
    company.provider.carry_nonce();
    for (approver, code) in [("cy", 5), ("ana", 0)] {
        let mut login = company.team.ana.start(&["login", &url, "--device"]);
        login.says(" and type ");
        let said = login.stderr();
        let line = said.lines().find_map(|line| line.strip_prefix("open ")).unwrap();
        let (page, user_code) = line.split_once(" and type ").unwrap();
        Browser::of(approver).approve_code(page, user_code.trim());
        let ended = login.end();
        assert_eq!(ended.code, code, "{}", ended.stderr);
        if approver == "cy" {
            assert!(ended.stderr.contains("cy signed in at"), "{}", ended.stderr);
            let whoami = company.team.ana.run(&["whoami"]).ok();
            assert!(whoami.starts_with("ana "), "the session of before stays: {whoami}");
        }
    }
}

#[test]
fn a_token_enrols_the_key_that_its_nonce_names_and_no_other() {
    let company = Company::new();
    let url = &company.team.broker.url;
    let (ours, theirs) = (KeptKey::generate(&OsEntropy).unwrap(), KeptKey::generate(&OsEntropy).unwrap());
    let random = OsEntropy.token();
    let token = signed_in(&company.provider, "ana", &enrolment::nonce(url, ours.line(), &random)).id.unwrap();
    let enrol = |key: &str, random: &str| {
        let call = json!({"token": token.expose(), "key": key, "random": random, "lasting": false});
        let request = Request::new(Method::POST, format!("{url}/v1/login/enrol"))
            .body("application/json", call.to_string());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let answer = runtime.block_on(Client::default().send(request)).unwrap();
        (answer.status, String::from_utf8_lossy(&answer.body).into_owned())
    };
    for (key, random) in [(theirs.line(), random.as_str()), (ours.line(), &OsEntropy.token())] {
        let (status, body) = enrol(key, random);
        assert_eq!(status, 422, "{body}");
        assert!(!body.contains(token.expose()), "{body}");
    }
    let (status, body) = enrol(ours.line(), &random);
    assert_eq!(status, 200, "{body}");
}
