//! Many accounts from one file, and which file wins.

use std::collections::BTreeMap;

use jit::policy::Asking;
use jit::policy::Decision;
use jit::policy::Policy;

use crate::policy::world;
use crate::policy::world::name;
use crate::policy::world::problems;

const ACCOUNTS: &str = r#"
[accounts.payments-prod]
id = "111122223333"
owner = "sre"
tags = ["env:prod", "pci"]
[accounts.search-prod]
id = "111122224444"
owner = "security"
tags = ["env:prod"]
[accounts.sandbox]
id = "111122225555"
"#;

const ADMIN: &str = r#"
for_each    = "env:prod"
description = "Administer {account} ({id}) of {owner}; {other} stays"
requesters  = ["group:dev"]
approval    = "1 of group:{owner}"
reason      = { pattern = '^INC-\d{2}', hint = "a ticket of {owner}" }
aliases     = ["{account}"]
[when]
request = 'resource.owner != "nobody" && resource.nam like "{account}"'
[aws]
role_arn = "arn:aws:iam::{id}:role/admin"
region   = "eu-west-1"
[scopes.read]
policy = "read.json"
"#;

const READ: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::{account}-{id}/*"}}"#;

fn files(admin: &str) -> BTreeMap<String, Vec<u8>> {
    world::files(&[
        ("access.toml", world::ACCESS),
        ("accounts.toml", ACCOUNTS),
        ("people.toml", &world::people()),
        ("roles/admin.toml", admin),
        ("roles/read.json", READ),
    ])
}

/// An account role with a condition that is about the role, without braces.
fn admin() -> String {
    ADMIN.replace(" && resource.nam like \"{account}\"", " && resource.tags.contains(\"env:prod\")")
}

#[test]
fn one_file_makes_a_role_for_each_account() {
    let policy = Policy::compile(files(&admin())).unwrap();
    let names: Vec<&str> = policy.roles().map(|role| role.name.as_str()).collect();
    assert_eq!(names, ["payments-prod.admin", "search-prod.admin"]);
    let role = policy.role(&name("payments-prod")).unwrap();
    assert_eq!(role.description, "Administer payments-prod (111122223333) of sre; {other} stays");
    assert_eq!(role.approval.to_string(), "1 of group:sre");
    assert_eq!(role.target.role_arn().unwrap().as_str(), "arn:aws:iam::111122223333:role/admin");
    assert_eq!(role.origin.file, "roles/admin.toml");
    assert_eq!(role.origin.account, Some(name("payments-prod")));
    let document = &role.scopes[&name("read")].document;
    assert!(document.as_str().contains("arn:aws:s3:::payments-prod-111122223333/*"));
    assert_eq!(role.reason.wanted(), "a ticket of sre");
    let other = policy.role(&name("search-prod.admin")).unwrap();
    assert_eq!(other.approval.to_string(), "1 of group:security");
    assert_ne!(other.scopes[&name("read")].document.digest(), document.digest());
    // Conditions see the account.
    let (who, role) = (name("ana"), name("search-prod"));
    let asking = Asking { reason: "INC-12", ..world::asking(&who, &role, "1h") };
    assert!(matches!(policy.decide(&asking), Decision::NeedsApproval { .. }));
}

#[test]
fn a_more_specific_file_wins_and_says_so() {
    let mut files = files(&admin());
    let own = world::role("requesters = [\"group:sre\"]\napproval = \"1 of group:security\"");
    files.insert("roles/payments-prod.admin.toml".to_owned(), own.clone().into_bytes());
    let policy = Policy::compile(files.clone()).unwrap();
    let role = policy.role(&name("payments-prod.admin")).unwrap();
    assert_eq!(role.approval.to_string(), "1 of group:security");
    assert_eq!(role.origin.replaces, ["roles/admin.toml"]);
    assert_eq!(role.origin.account, None);
    // An unreadable file does not fall back to the general one.
    files.insert("roles/payments-prod.admin.toml".to_owned(), b"requesters = []".to_vec());
    assert!(Policy::compile(files).is_err());
}

#[test]
fn rules_see_tags_of_roles_that_name_an_account_themselves() {
    let own = world::role("requesters = [\"group:dev\"]\napproval = \"1 of group:security\"");
    let mut files = world::files(&[
        ("access.toml", world::ACCESS),
        ("accounts.toml", ACCOUNTS),
        ("people.toml", &world::people()),
        ("roles/x.toml", &own),
        ("rules/pci.cedar", "forbid(principal, action, resource) when { resource.tags.contains(\"pci\") };"),
    ]);
    let decide = |files: BTreeMap<String, Vec<u8>>| {
        let policy = Policy::compile(files).unwrap();
        let (who, role) = (name("ana"), name("x"));
        policy.decide(&Asking { reason: "x", ..world::asking(&who, &role, "1h") })
    };
    assert!(matches!(decide(files.clone()), Decision::Refused(_)));
    files.insert("accounts.toml".to_owned(), ACCOUNTS.replace(", \"pci\"", "").into_bytes());
    assert!(matches!(decide(files), Decision::NeedsApproval { .. }));
}

#[test]
fn what_is_wrong_with_accounts_is_said_once_and_in_place() {
    let of = |files| problems(files).to_string();
    insta::assert_snapshot!(of(files(ADMIN)), @r#"
    roles/admin.toml:9:42: a Role has no `nam`
      hint: did you mean `name`?
    "#);
    insta::assert_snapshot!(of(files(&admin().replace("env:prod", "env:test"))), @r#"
    roles/admin.toml:2:15: no account has this tag, so the file makes no role
      hint: tag an account in accounts.toml: tags = ["…"]
    "#);
    let with = |accounts: &str| {
        let mut files = files(&admin());
        files.insert("accounts.toml".to_owned(), accounts.as_bytes().to_vec());
        of(files)
    };
    insta::assert_snapshot!(with(&ACCOUNTS.replace("owner = \"sre\"\n", "")), @r#"roles/admin.toml:5:15: "{owner}" is not a name: use 1 to 63 of a-z, 0-9, `.`, `_`, `@` and `-`, starting with a letter or digit"#);
    insta::assert_snapshot!(with(&ACCOUNTS.replace("111122224444", "111122223333").replace("\"111122225555\"", "5\ntag = 1")), @r#"
    accounts.toml:7:6: payments-prod has this id, too
    accounts.toml:11:6: expected a text in quotes, found a number
    accounts.toml:12:1: `tag` is not a known key
      hint: did you mean `tags`?
    "#);
    let long = format!("accounts.{}", "a".repeat(60));
    insta::assert_snapshot!(with(&ACCOUNTS.replace("accounts.search-prod", &long)), @"roles/admin.toml:2:15: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.admin is too long for the name of a role");
    // Two general files that make the same name: neither wins.
    let accounts = "[accounts.\"a.b\"]\nid = \"111122223333\"\ntags = [\"t\"]\n[accounts.a]\nid = \"111122224444\"\ntags = [\"t\"]\n";
    let role = world::role("for_each = \"t\"\nrequesters = []\napproval = \"1 of group:sre\"");
    insta::assert_snapshot!(of(world::files(&[
        ("access.toml", world::ACCESS),
        ("accounts.toml", accounts),
        ("people.toml", &world::people()),
        ("roles/c.toml", &role),
        ("roles/b.c.toml", &role),
    ])), @r#"
    roles/c.toml:1:12: roles/b.c.toml makes a role a.b.c, too, and neither is more specific
      hint: rename one of them, or write roles/a.b.c.toml
    "#);
}
