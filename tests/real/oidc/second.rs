//! Canaille as the second provider. It compares the port of the redirect, gives groups by a scope of their own, and answers a
//! refresh without an ID token.

use std::time::Instant;

use jit::identity::oidc;
use jit::identity::oidc::Expected;
use jit::identity::oidc::Failure;
use jit::identity::oidc::Groups;
use jit::identity::oidc::IdTokenError;
use jit::identity::oidc::KeyCache;
use jit::identity::oidc::Nonce;
use jit::identity::oidc::Registration;
use jit::identity::oidc::Tokens;
use jit::identity::oidc::authorise::Attempt;
use jit::identity::oidc::authorise::Callback;
use jit::identity::oidc::exchange;
use jit::system::System;
use jit::system::entropy::OsEntropy;
use jit::system::http::Client;
use serde_json::json;

use super::browser::Browser;
use super::canaille::Canaille;
use super::canaille::Company;
use crate::peers::peer::wait_for;

const JIT: Registration<'static> = Registration { client: "jit", public_secret: None };
/// Nobody listens there: the browser is stopped before it visits.
const BACK: u16 = 9;

fn block<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

fn signed_in(canaille: &Canaille, found: &oidc::Provider, nonce: &str) -> Tokens {
    let scopes = ["openid", "groups"].map(str::to_owned);
    let redirect = format!("http://127.0.0.1:{BACK}/callback");
    let attempt = Attempt::new(&OsEntropy, found, "jit", &scopes, nonce, &redirect).unwrap();
    let back = Browser::of("ana").sign_in(&attempt.address);
    let query = url::Url::parse(&back).unwrap().query().unwrap().to_owned();
    let Callback::Answer(Ok(code)) = attempt.judge(found, &query) else {
        panic!("{back}\n{}", canaille.log())
    };
    block(attempt.redeem(&Client::default(), found, JIT, &code)).unwrap()
}

#[test]
fn its_tokens_verify_and_a_locked_account_refreshes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let clock = folder.path().join("clock");
    std::fs::write(&clock, "+0s").unwrap();
    let people = json!({"ana": ["dev", "on-call"], "cy": []});
    let canaille = Canaille::start(folder.path(), &people, BACK, None, &clock);
    let http = Client::default();
    let found = block(oidc::Provider::discover(&http, &canaille.issuer)).unwrap();
    assert!(found.names_itself && found.device.is_none());
    let keys = KeyCache::new(&System::real(), &canaille.issuer);
    let expected = Expected { issuer: &canaille.issuer, client: "jit", nonce: Nonce::Is("nonce-1") };
    let tokens = signed_in(&canaille, &found, "nonce-1");
    let id = tokens.id.unwrap();
    let proven = block(keys.verify(id.expose(), &expected)).unwrap();
    let Groups::Listed(mut groups) = oidc::groups(&proven, "groups") else { panic!("{proven:?}") };
    groups.sort();
    assert_eq!(groups, ["dev", "on-call"]);
    let other = Expected { nonce: Nonce::Is("another"), ..expected };
    assert_eq!(block(keys.verify(id.expose(), &other)), Err(Failure::Token(IdTokenError::Nonce)));
    // Canaille answers a refresh with an access token alone, which OpenID Connect Core 1.0, section 12.2, allows.
    let refresh = tokens.refresh.unwrap();
    let newer = block(exchange::by_refresh(&http, &found, JIT, &refresh)).unwrap();
    assert!(newer.id.is_none());
    let again = block(exchange::by_refresh(&http, &found, JIT, &refresh)).unwrap_err();
    assert_eq!(again.code(), Some("invalid_grant"), "a refresh token counts once");
    // The key is replaced and withdrawn between two sign-ins.
    canaille.rotate();
    let later = signed_in(&canaille, &found, "nonce-2");
    let expected = Expected { nonce: Nonce::Is("nonce-2"), ..expected };
    let second = block(keys.verify(later.id.unwrap().expose(), &expected)).unwrap();
    assert_ne!(second.key, proven.key);
    assert_eq!(second.subject, proven.subject);
    canaille.lock("ana");
    let locked = block(exchange::by_refresh(&http, &found, JIT, &later.refresh.unwrap())).unwrap_err();
    // RFC 6749, section 5.2, has `invalid_grant` for this.
    assert_eq!(locked.code(), Some("invalid_request"), "{locked}");
}

#[test]
fn somebody_whom_only_canaille_knows_signs_in_asks_and_gets_credentials() {
    let company = Company::new(&json!({"ana": ["dev"]}), None);
    let ana = &company.team.ana;
    let began = Instant::now();
    let mut browser = Browser::of("ana");
    company.sign_in(&mut browser);
    println!("figure: a sign-in at Canaille {:.0?}, with {} requests", began.elapsed(), browser.requests);
    let whoami = company.whoami();
    assert_eq!(whoami["groups"], json!(["dev"]), "{whoami}");
    assert_eq!(whoami["provider"]["issuer"], company.canaille.issuer);
    assert_eq!(whoami["provider"]["worth"], "account");
    let id = company.access();
    assert_eq!(ana.state(&id), "active");
    // The key is replaced between two sign-ins. The second one asks for no consent.
    company.canaille.rotate();
    company.sign_in(&mut browser);
    assert_eq!(company.whoami()["person"], whoami["person"]);
    println!("figure: the whole journey {:.0?}", began.elapsed());
}

/// The port of the redirect is the one that Canaille has registered. A second sign-in says who has it.
#[test]
fn two_sign_ins_at_once_on_one_machine_are_told_apart() {
    let company = Company::new(&json!({"ana": ["dev"]}), None);
    let (first, address) = company.begin();
    let second = company.team.ana.run(&["login", &company.team.broker.url, "--no-browser"]).refused();
    assert!(second.contains("another program listens on port"), "{second}");
    let mut browser = Browser::of("ana");
    let back = browser.sign_in(&address);
    assert_eq!(browser.visit(&back).status, 200);
    assert_eq!(first.end().code, 0);
}

#[test]
fn whoever_lost_the_group_at_canaille_loses_access_with_the_next_proof() {
    let mut company = Company::new(&json!({"ana": ["dev", "staff"]}), None);
    let mut browser = Browser::of("ana");
    company.sign_in(&mut browser);
    let id = company.access();
    // After a quarter of an hour the groups have to be proved again, and a refresh at Canaille proves none.
    company.pass(16);
    let (ana, bo) = (&company.team.ana, &company.team.bo);
    let reader = ana.ask("orders-reader");
    bo.approve(&reader);
    let use_it = ["exec", "orders-reader", "--", "true"];
    let old = ana.run(&use_it);
    assert_eq!(old.code, 125, "{old:?}");
    assert!(old.stderr.contains("jit login"), "{}", old.stderr);
    company.sign_in(&mut browser);
    ana.run(&use_it).ok();
    for id in [&id, &reader] {
        assert_eq!(bo.state(id), "active", "nobody has said yet that she left");
    }
    company.canaille.set_groups("ana", &["staff"]);
    company.pass(32);
    company.sign_in(&mut browser);
    assert_eq!(company.whoami()["groups"], json!(["staff"]));
    for id in [&id, &reader] {
        wait_for("the broker ends what rests on the group", || company.team.bo.state(id) == "revoked");
    }
    let ana = &company.team.ana;
    ana.run(&["status"]).ok();
    for role in ["orders-admin", "orders-reader"] {
        let over = ana.run(&["exec", role, "--", "true"]);
        assert_eq!(over.code, 125, "{over:?}");
        ana.run(&["request", role, "--reason", "INC-42 orders", "--no-wait", "-y"]).refused();
    }
}

#[test]
fn whoever_is_locked_at_canaille_gets_nothing_once_the_last_proof_is_old() {
    let mut company = Company::new(&json!({"ana": ["dev"]}), None);
    company.sign_in(&mut Browser::of("ana"));
    let ana = &company.team.ana;
    let id = ana.ask("orders-admin");
    company.team.bo.approve(&id);
    company.canaille.lock("ana");
    company.pass(16);
    let ana = &company.team.ana;
    let refused = ana.run(&["exec", "orders-admin", "--", "true"]);
    assert_eq!(refused.code, 125, "{refused:?}");
    assert!(refused.stderr.contains("jit login"), "{}", refused.stderr);
    let changes = company.team.broker.changes();
    assert!(!changes.iter().any(|change| change == "minted"), "{changes:?}");
    // Her password opens nothing.
    let (_login, address) = company.begin();
    let page = Browser::of("ana").is_turned_away(&address);
    assert!(page.contains("Your account has been locked"), "{page}");
}

/// Canaille leaves the claim out of the token of somebody without any group. Without the claim the groups are unknown.
#[test]
fn whoever_has_no_group_left_at_canaille_has_unknown_groups_and_gets_nothing() {
    let company = Company::new(&json!({"ana": ["dev"]}), None);
    let mut browser = Browser::of("ana");
    company.sign_in(&mut browser);
    let (ana, bo) = (&company.team.ana, &company.team.bo);
    let id = ana.ask("orders-admin");
    bo.approve(&id);
    company.canaille.set_groups("ana", &[]);
    company.sign_in(&mut browser);
    let refused = ana.run(&["exec", "orders-admin", "--", "true"]);
    assert_eq!(refused.code, 125, "{refused:?}");
    assert!(refused.stderr.contains("groups"), "{}", refused.stderr);
    let changes = company.team.broker.changes();
    assert!(!changes.iter().any(|change| change == "minted"), "{changes:?}");
    // With a group again, what was approved is there.
    company.canaille.set_groups("ana", &["dev"]);
    company.sign_in(&mut browser);
    ana.run(&["exec", "orders-admin", "--", "true"]).ok();
}
