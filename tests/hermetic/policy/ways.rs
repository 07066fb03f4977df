//! The other ways into a role: scopes, extensions, break-glass, addresses and hubs.

use std::collections::BTreeMap;

use jit::grant::Assurance;
use jit::grant::Verdict;
use jit::policy::Action;
use jit::policy::Asking;
use jit::policy::Decision;
use jit::policy::How;
use jit::policy::Opinion;
use jit::policy::Policy;
use jit::policy::Refusal;

use crate::policy::world;
use crate::policy::world::name;

const ROLE: &str = r#"
requesters   = ["group:dev"]
approval     = { all = ["1 of group:sre", "1 of group:security"] }
max_duration = "4h"
extend       = { times = 2, approval = "1 of group:sre" }
reason       = { pattern = '^INC-\d+', hint = "start with a ticket" }
[break_glass]
requesters   = ["group:sre", "person:bo"]
max_duration = "30m"
signed       = "touch"
[scopes.orders-read]
description  = "Read the orders table"
approval     = "1 of group:dev"
policy       = "orders-read.json"
max_duration = "8h"
[scopes.orders-write]
policy       = "orders-write.json"
"#;

const READ: &str =
    r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"dynamodb:GetItem","Resource":"*"}}"#;

fn files(role: &str) -> BTreeMap<String, Vec<u8>> {
    let mut files = world::with_role(role);
    files.insert("roles/orders-read.json".to_owned(), READ.as_bytes().to_vec());
    files.insert("roles/orders-write.json".to_owned(), READ.replace("Get", "Put").into_bytes());
    files
}

fn policy() -> Policy {
    Policy::compile(files(&ROLE.replace("\"8h\"", "\"2h\""))).unwrap()
}

fn yes(by: &str) -> Opinion {
    Opinion::new(name(by), Verdict::Approve)
}

fn narrow(by: &str, scope: &str) -> Opinion {
    Opinion { scope: Some(name(scope)), ..yes(by) }
}

fn ask(policy: &Policy, who: &str, change: impl Fn(&mut Asking<'_>), reviews: &[Opinion]) -> Decision {
    let (who, role) = (name(who), name("prod-admin"));
    let mut asking = Asking { reason: "INC-42", ..world::asking(&who, &role, "1h") };
    change(&mut asking);
    policy.decide(&Asking { reviews, ..asking })
}

fn refused(decision: Decision) -> String {
    match decision {
        Decision::Refused(refusal) => refusal.to_string(),
        other => panic!("{other:?}"),
    }
}

fn missing(decision: Decision) -> String {
    match decision {
        Decision::NeedsApproval { missing } => {
            missing.into_iter().map(|missing| missing.demand).collect::<Vec<_>>().join(" and ")
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_scope_has_its_own_rule_and_document() {
    let policy = policy();
    let (read, write) = (name("orders-read"), name("orders-write"));
    let scoped = |scope, reviews: &[Opinion]| {
        let (who, role) = (name("ana"), name("prod-admin"));
        policy.decide(&Asking {
            scope: Some(scope),
            reason: "INC-1",
            reviews,
            ..world::asking(&who, &role, "1h")
        })
    };
    assert_eq!(missing(scoped(&read, &[])), "1 of group:dev");
    match scoped(&read, &[yes("bo")]) {
        Decision::Approved { scope, how: How::Reviews, by, .. } => {
            assert_eq!((scope, by), (Some(read.clone()), vec![name("bo")]));
        }
        other => panic!("{other:?}"),
    }
    // A person who may approve the scope may approve neither the role, nor a scope without its own rule.
    assert_eq!(missing(ask(&policy, "ana", |_| {}, &[yes("bo")])), "1 of group:sre and 1 of group:security");
    assert_eq!(missing(scoped(&write, &[yes("bo")])), "1 of group:sre and 1 of group:security");
    assert_eq!(refused(scoped(&name("orders"), &[])), "prod-admin has no scope orders");
    let role = policy.role(&name("prod-admin")).unwrap();
    assert!(role.scopes[&read].document.as_str().contains("GetItem"));
    assert_ne!(role.scopes[&read].document.digest(), role.scopes[&write].document.digest());
    assert_eq!(role.terms(Action::Request, Some(&read)).unwrap().max_duration.to_string(), "2h");
}

#[test]
fn reviews_narrow_to_a_scope_and_never_widen() {
    let policy = policy();
    let read = name("orders-read");
    let scope_of = |decision: Decision| match decision {
        Decision::Approved { scope, .. } => scope.map(|scope| scope.to_string()),
        other => panic!("{other:?}"),
    };
    let whole = |reviews: &[Opinion]| ask(&policy, "ana", |_| {}, reviews);
    assert_eq!(scope_of(whole(&[yes("cy"), yes("eve")])), None);
    assert_eq!(scope_of(whole(&[narrow("cy", "orders-read"), yes("eve")])).as_deref(), Some("orders-read"));
    assert_eq!(
        refused(whole(&[narrow("cy", "orders-read"), narrow("eve", "orders-write")])),
        "prod-admin was approved for the scope orders-read and for the scope orders-write, which have nothing in common"
    );
    // A denial still comes first.
    let no = Opinion::new(name("dee"), Verdict::Deny);
    assert_eq!(
        whole(&[narrow("cy", "orders-read"), narrow("eve", "orders-write"), no]),
        Decision::Denied { by: name("dee") }
    );
    // An approval for a scope that does not exist, or for another scope than requested, is for something else.
    assert_eq!(missing(whole(&[narrow("cy", "orders"), yes("eve")])), "1 of group:sre");
    let (who, role) = (name("ana"), name("prod-admin"));
    let asking = Asking { scope: Some(&read), reason: "INC-1", ..world::asking(&who, &role, "1h") };
    let other = [narrow("bo", "orders-write")];
    assert_eq!(missing(policy.decide(&Asking { reviews: &other, ..asking })), "1 of group:dev");
    let same = [narrow("bo", "orders-read")];
    assert_eq!(scope_of(policy.decide(&Asking { reviews: &same, ..asking })).as_deref(), Some("orders-read"));
}

#[test]
fn more_time_is_given_so_often_and_by_its_own_rule() {
    let policy = policy();
    let more = |before, reviews: &[Opinion]| {
        ask(&policy, "ana", |asking| asking.action = Action::Extend { before }, reviews)
    };
    assert_eq!(missing(more(0, &[])), "1 of group:sre");
    assert!(matches!(more(1, &[yes("cy")]), Decision::Approved { how: How::Reviews, .. }));
    assert_eq!(
        refused(more(2, &[yes("cy")])),
        "prod-admin was extended 2 times already, and no more are allowed"
    );
    let without = Policy::compile(files(&policy_without("extend"))).unwrap();
    let asked = ask(&without, "ana", |asking| asking.action = Action::Extend { before: 0 }, &[]);
    assert_eq!(refused(asked), "prod-admin cannot be extended");
    // Without its own rule, the grant's rule applies.
    let same = ROLE.replace(", approval = \"1 of group:sre\" }", " }").replace("\"8h\"", "\"2h\"");
    let same = Policy::compile(files(&same)).unwrap();
    let asked = ask(&same, "ana", |asking| asking.action = Action::Extend { before: 0 }, &[yes("cy")]);
    assert_eq!(missing(asked), "1 of group:security");
}

fn policy_without(key: &str) -> String {
    let lines = ROLE.lines().filter(|line| !line.starts_with(key)).collect::<Vec<_>>();
    lines.join("\n").replace("\"8h\"", "\"2h\"")
}

#[test]
fn the_emergency_way_is_a_way_of_its_own() {
    let policy = policy();
    let emergency = |who: &str, change: &dyn Fn(&mut Asking<'_>)| {
        ask(
            &policy,
            who,
            |asking| {
                asking.action = Action::BreakGlass;
                asking.duration = "30m".parse().unwrap();
                asking.assurance = Assurance::Touch;
                asking.reason = "the site is down";
                change(asking);
            },
            &[],
        )
    };
    match emergency("cy", &|_| {}) {
        Decision::Approved { how: How::BreakGlass, by, duration, .. } => {
            assert!(by.is_empty() && duration.to_string() == "30m");
        }
        other => panic!("{other:?}"),
    }
    assert!(matches!(emergency("bo", &|_| {}), Decision::Approved { .. }));
    // A person who may ask in the ordinary way has no break-glass, and the reverse.
    assert_eq!(refused(emergency("ana", &|_| {})), "ana may not take emergency access to prod-admin");
    assert_eq!(refused(ask(&policy, "cy", |_| {}, &[])), "cy may not ask for prod-admin");
    assert_eq!(
        refused(emergency("cy", &|asking| asking.duration = "31m".parse().unwrap())),
        "31m is longer than the 30m that prod-admin allows"
    );
    assert!(
        refused(emergency("cy", &|asking| asking.assurance = Assurance::Key)).contains("signed with touch")
    );
    assert!(refused(emergency("cy", &|asking| asking.reason = " ")).contains("needs another reason"));
    let role = policy.role(&name("prod-admin")).unwrap();
    assert!(policy.may_break_glass(policy.person(&name("cy")).unwrap(), role));
    assert!(!policy.may_break_glass(policy.person(&name("ana")).unwrap(), role));
    let without = world::compile("requesters = [\"group:dev\"]\napproval = \"1 of group:sre\"");
    let asked = ask(&without, "ana", |asking| asking.action = Action::BreakGlass, &[]);
    assert_eq!(refused(asked), "prod-admin allows no emergency access");
}

/// `[when]` is for the ordinary way. An organisation-wide forbid applies to break-glass, too.
#[test]
fn conditions_of_the_ordinary_way_do_not_close_the_emergency() {
    let role = format!("{}\n[when]\nrequest = \"false\"", ROLE.replace("\"8h\"", "\"2h\""));
    let emergency = |rules: &str| {
        let mut files = files(&role);
        files.insert("rules/x.cedar".to_owned(), rules.as_bytes().to_vec());
        let policy = Policy::compile(files).unwrap();
        ask(
            &policy,
            "cy",
            |asking| {
                asking.action = Action::BreakGlass;
                asking.duration = "30m".parse().unwrap();
                asking.assurance = Assurance::Touch;
            },
            &[],
        )
    };
    assert!(matches!(emergency(""), Decision::Approved { .. }));
    let closed = emergency("forbid(principal, action, resource);");
    assert!(matches!(closed, Decision::Refused(Refusal::Condition { .. })));
}

#[test]
fn an_address_is_needed_where_credentials_are_bound_to_it() {
    let role = "requesters = [\"group:dev\"]\napproval = \"1 of group:sre\"";
    let mut files = world::with_role(role);
    let bound =
        format!("{}bind_ip = true\nvia = \"arn:aws:iam::999900001111:role/jit-hub\"\n", world::role(role));
    files.insert("roles/prod-admin.toml".to_owned(), bound.clone().into_bytes());
    let policy = Policy::compile(files.clone()).unwrap();
    assert_eq!(
        refused(ask(&policy, "ana", |_| {}, &[])),
        "prod-admin binds credentials to the requester's address, which is not known here"
    );
    let asked = ask(&policy, "ana", |asking| asking.source = Some("10.0.0.1".parse().unwrap()), &[]);
    assert_eq!(missing(asked), "1 of group:sre");
    let role = policy.role(&name("prod-admin")).unwrap();
    assert!(role.bind_ip);
    assert_eq!(
        role.target.to_string(),
        "aws:arn:aws:iam::111122223333:role/prod-admin?region=eu-west-1&via=arn:aws:iam::999900001111:role/jit-hub"
    );
    // A chained session lasts an hour at most: an explicit duration must fit, and a default is cut.
    let chained = |lines: &str, access: &str| {
        let mut files = files.clone();
        files.insert("roles/prod-admin.toml".to_owned(), format!("{lines}\n{bound}").into_bytes());
        files.insert("access.toml".to_owned(), format!("version = 1\n{access}").into_bytes());
        Policy::compile(files)
    };
    let cut = chained("", "[defaults]\nlease = \"2h\"").unwrap();
    assert_eq!(cut.role(&name("prod-admin")).unwrap().lease.to_string(), "1h");
    insta::assert_snapshot!(chained("lease = \"2h\"", "").unwrap_err(), @r#"
    roles/prod-admin.toml:1:9: credentials got `via` another role live 1h at most, and 2h is longer
      hint: IAM limits chained sessions; they are renewed while the access lasts
    "#);
}

#[test]
fn the_brokers_own_identity_may_open_a_role() {
    let role = "requesters = [\"group:dev\"]\napproval = \"1 of group:sre\"";
    let compiled = |lines: &str, more: &str, access: &str| {
        let mut files = world::with_role(role);
        let text = format!("{lines}\n{}{more}\n", world::role(role));
        files.insert("roles/prod-admin.toml".to_owned(), text.into_bytes());
        files.insert("access.toml".to_owned(), format!("version = 1\n{access}").into_bytes());
        Policy::compile(files)
    };
    let policy = compiled("", "by = \"broker\"", "[defaults]\nlease = \"2h\"").unwrap();
    let role = policy.role(&name("prod-admin")).unwrap();
    assert_eq!(
        role.target.to_string(),
        "aws:arn:aws:iam::111122223333:role/prod-admin?region=eu-west-1&by=broker"
    );
    insta::assert_snapshot!(role.target.describe(), @"role prod-admin in account 111122223333 (aws, by the broker's own identity)");
    // A default is cut to what any identity can open. The role's own word stands, and a lint says what it needs.
    assert_eq!(role.lease.to_string(), "1h");
    let long = compiled("lease = \"2h\"", "by = \"broker\"", "").unwrap();
    assert_eq!(long.role(&name("prod-admin")).unwrap().lease.to_string(), "2h");
    let lint = long.lints().into_iter().find(|lint| lint.name == "long-lease").unwrap();
    insta::assert_snapshot!(lint.problem.to_string(), @r#"
    roles/prod-admin.toml:1:9: credentials by the broker's own identity live for an hour at most, and not for 2h, unless that identity is an IAM user
      hint: write lease = "1h" or less, or allow the lint if the broker has an IAM user's keys
    "#);
    assert!(policy.lints().iter().all(|lint| lint.name != "long-lease"));
    insta::assert_snapshot!(compiled("", "by = \"me\"", "").unwrap_err(), @r#"
    roles/prod-admin.toml:7:6: `by` says whose identity assumes the role, and knows "broker" alone
      hint: write by = "broker", or leave it out: the role is then opened with a token of the broker's issuer
    "#);
    let both = "by = \"broker\"\nvia = \"arn:aws:iam::999900001111:role/jit-hub\"";
    insta::assert_snapshot!(compiled("", both, "").unwrap_err(), @"roles/prod-admin.toml:7:6: the broker's own identity takes no way through a hub: it is itself what the role trusts, in any account");
}

#[test]
fn wrong_ways_are_reported_where_they_stand() {
    insta::assert_snapshot!(Policy::compile(files(ROLE)).unwrap_err(), @"roles/prod-admin.toml:15:16: a scope lasts no longer than its role, which is 4h at most");
    let lines = "requesters = [\"group:dev\"]\napproval = \"1 of group:sre\"\nmax_duration = \"1h\"\n";
    let of = |more: &str| world::problems(files(&format!("{lines}{more}"))).to_string();
    insta::assert_snapshot!(of("extend = { times = 0, aproval = \"none\" }\n[break_glass]\nrequesters = [\"workload:x\", \"group:zz\"]\nmax_duration = \"1h\"\n[scopes.X]\n[scopes.a]\npolicy = \"../people.toml\"\n[scopes.b]\n"), @r#"
    roles/prod-admin.toml:4:20: write 1 to 100; leave `extend` out where no more time is given
    roles/prod-admin.toml:4:23: `aproval` is not a known key
      hint: did you mean `approval`?
    roles/prod-admin.toml:6:15: a workload cannot be named here: this is for people
    roles/prod-admin.toml:6:29: there is no group zz
      hint: add it to [groups] in people.toml
    roles/prod-admin.toml:7:16: emergency access must be shorter than ordinary access, which is 1h at most
      hint: access without a review beforehand must end soon
    roles/prod-admin.toml:8:9: "X" is not a name: use 1 to 63 of a-z, 0-9, `.`, `_`, `@` and `-`, starting with a letter or digit
    roles/prod-admin.toml:10:10: there is no file ../people.toml beside this one
      hint: write policy = "NAME.json", a file in roles/
    roles/prod-admin.toml:11:1: `policy` is missing
      hint: write policy = "NAME.json", a file beside this one
    "#);
    let document = |text: &str| {
        let mut files = world::with_role(&format!("{lines}[scopes.a]\npolicy = \"a.json\""));
        files.insert("roles/a.json".to_owned(), text.as_bytes().to_vec());
        world::problems(files).to_string()
    };
    insta::assert_snapshot!(document("{\n  \"Version\": \"2012-10-17\",\n  \"Version\": 1\n}"), @"roles/a.json:4:1: this is not JSON: a member occurs twice");
    insta::assert_snapshot!(document("{}"), @r#"
    roles/a.json:1:1: this is not a session policy of IAM: its Version is not "2012-10-17"
      hint: see "session policies" in the AWS documentation
    "#);
    insta::assert_snapshot!(document(&READ.replace("GetItem", &"x".repeat(2000))), @r#"
    roles/a.json:1:1: the document has 2091 characters without blanks; at most 1728 fit beside the end of the grant
      hint: see "session policies" in the AWS documentation
    "#);
    let mut unused = world::with_role(lines);
    unused.insert("roles/old.json".to_owned(), READ.as_bytes().to_vec());
    insta::assert_snapshot!(world::problems(unused), @r#"
    roles/old.json:1:1: no scope has this document
      hint: name it in a role: [scopes.NAME] policy = "…", or take it out
    "#);
}
