//! The people who gained access and those who lost it, in words.

use std::collections::BTreeMap;

use jit::policy::Difference;
use jit::policy::Direction;

use crate::policy_tools::stage;
use crate::policy_tools::stage::files;
use crate::policy_tools::stage::policy;
use crate::policy_tools::stage::usual;
use crate::policy_tools::stage::usual_people;
use crate::policy_tools::stage::with;

type Files = BTreeMap<String, Vec<u8>>;

/// Every change in one line, then logins and notes.
fn shown(before: Files, after: Files) -> String {
    let difference = Difference::between(&policy(before), &policy(after));
    let mut lines: Vec<String> = Vec::new();
    for change in &difference.changes {
        let things: Vec<String> = change.things.iter().map(ToString::to_string).collect();
        let perhaps = if change.certain { "" } else { " perhaps" };
        lines.push(format!(
            "{}{perhaps} | {} | {} | {} ({}) {}",
            change.direction.as_str(),
            change.people.join(" "),
            things.join(", "),
            change.rule,
            change.things[0].at,
            change.example.as_deref().unwrap_or_default()
        ));
    }
    lines.extend(
        difference
            .logins
            .iter()
            .map(|login| format!("{} +{:?} -{:?}", login.who, login.added, login.removed)),
    );
    lines.extend(difference.notes.iter().map(|note| format!("note: {note}")));
    lines.iter().map(|line| line.trim_end()).collect::<Vec<_>>().join("\n")
}

const ROLE: &str = "requesters = [\"group:dev\"]\napproval = \"1 of group:sre\"";

fn role(lines: &str) -> Files {
    files(&usual_people(), &[("prod", lines)])
}

fn people(from: &str, to: &str) -> String {
    let (before, people) = (role(ROLE), usual_people());
    assert!(people.contains(from), "{from}");
    shown(before, files(&people.replace(from, to), &[("prod", ROLE)]))
}

/// Reviewers of a change read which commands an agent may type by itself from now on.
#[test]
fn gated_commands_come_and_go() {
    let gated = |commands: &str| with(role(ROLE), &[("access.toml", &format!("version = 1\n{commands}"))]);
    let (one, two) =
        ("[gate]\ncommands = [\"terraform apply\"]\n", "[gate]\ncommands = [\"helm\", \"kubectl delete\"]\n");
    insta::assert_snapshot!(shown(gated(""), gated(one)), @"note: coding agents need a role for `terraform apply`");
    insta::assert_snapshot!(shown(gated(one), gated(two)), @"note: coding agents need a role for `helm`, `kubectl delete`; coding agents no longer need a role for `terraform apply`");
    let of_role = |commands: &str| role(&format!("{ROLE}\ngate = [{commands}]"));
    insta::assert_snapshot!(shown(of_role("\"helm\""), of_role("")), @"note: prod: coding agents no longer need it for `helm`");
}

#[test]
fn requesters_come_and_go() {
    let to = |requesters: &str| shown(role(ROLE), role(&ROLE.replace("[\"group:dev\"]", requesters)));
    insta::assert_snapshot!(to("[\"group:dev\", \"group:security\"]"), @"gained | dee eve | prod | requesters name group:security now (roles/prod.toml:1)");
    insta::assert_snapshot!(to("[\"person:ana\"]"), @"lost | bo | prod | requesters no longer name group:dev (roles/prod.toml:1)");
    insta::assert_snapshot!(to("[\"person:ana\", \"person:bo\"]"), @"");
    insta::assert_snapshot!(people("dev = [\"ana\", \"bo\"]", "dev = [\"ana\", \"eve\"]"), @r#"
    gained | eve | prod | new in group:dev (people.toml:14)
    lost | bo | prod | no longer in group:dev (people.toml:14)
    "#);
}

#[test]
fn ease_is_a_matter_of_sets_and_not_of_text() {
    let to = |approval: &str| shown(role(ROLE), role(&ROLE.replace("\"1 of group:sre\"", approval)));
    insta::assert_snapshot!(to("\"1 of group:sre, group:security\""), @r#"easier | ana bo | prod | approval is "1 of group:sre, group:security" instead of "1 of group:sre" (roles/prod.toml:2) approval by eve is enough now"#);
    insta::assert_snapshot!(to("\"2 of group:sre\""), @r#"harder | ana bo | prod | approval is "2 of group:sre" instead of "1 of group:sre" (roles/prod.toml:2) approval by cy was enough before"#);
    insta::assert_snapshot!(to("{ all = [\"1 of group:sre\", \"1 of group:security\"] }"), @r#"harder | ana bo | prod | approval is "1 of group:sre and 1 of group:security" instead of "1 of group:sre" (roles/prod.toml:2) approval by cy was enough before"#);
    insta::assert_snapshot!(to("\"1 of group:security\""), @r#"
    easier | ana bo | prod | approval is "1 of group:security" instead of "1 of group:sre" (roles/prod.toml:2) approval by eve is enough now
    harder | ana bo | prod | approval is "1 of group:security" instead of "1 of group:sre" (roles/prod.toml:2) approval by cy was enough before
    "#);
    insta::assert_snapshot!(to("\"none\""), @r#"easier | ana bo | prod | approval is "none" instead of "1 of group:sre" (roles/prod.toml:2) nobody's approval is enough now"#);
    // The same people in other words, and in a rule of another form.
    insta::assert_snapshot!(to("\"1 of person:cy, person:dee\""), @"note: the approval of prod is written differently and means the same");
    insta::assert_snapshot!(to("{ any = [\"1 of person:cy\", \"1 of person:dee\", \"2 of group:sre\"] }"), @"note: the approval of prod is written differently and means the same");
    // Nobody could approve before or after: nothing became easier.
    let two = |first: &str, second: &str| {
        shown(role(&ROLE.replace("1 of", first)), role(&ROLE.replace("1 of", second)))
    };
    insta::assert_snapshot!(two("3 of", "4 of"), @"note: the approval of prod is written differently and means the same");
    insta::assert_snapshot!(two("3 of", "2 of"), @r#"easier | ana bo | prod | approval is "2 of group:sre" instead of "3 of group:sre" (roles/prod.toml:2) approval by cy and dee is enough now"#);
}

#[test]
fn members_of_groups_ease_and_harden() {
    insta::assert_snapshot!(people("sre = [\"cy\", \"dee\"]", "sre = [\"cy\", \"dee\", \"fay\"]"), @"easier | ana bo | prod | fay joined group:sre (people.toml:15) approval by fay is enough now");
    insta::assert_snapshot!(people("sre = [\"cy\", \"dee\"]", "sre = [\"cy\"]"), @"harder | ana bo | prod | dee left group:sre (people.toml:15) approval by dee was enough before");
    // A requester who becomes an approver does not approve their own request.
    insta::assert_snapshot!(people("sre = [\"cy\", \"dee\"]", "sre = [\"cy\", \"dee\", \"ana\"]"), @"easier | bo | prod | ana joined group:sre (people.toml:15) approval by ana is enough now");
}

#[test]
fn signatures_time_and_targets_count() {
    let to = |lines: &str| shown(role(ROLE), role(lines));
    insta::assert_snapshot!(to(&format!("{ROLE}\nsigned = \"account\"")), @r#"easier | ana bo | prod | signed is "account" instead of "key" (roles/prod.toml:3)"#);
    insta::assert_snapshot!(to(&format!("{ROLE}\nsigned = \"touch\"")), @r#"harder | ana bo | prod | signed is "touch" instead of "key" (roles/prod.toml:3) approval by cy was enough before"#);
    insta::assert_snapshot!(to(&format!("{ROLE}\nmax_duration = \"12h\"")), @"longer | ana bo | prod | at most 12h instead of 8h (roles/prod.toml:3)");
    insta::assert_snapshot!(to(&format!("{ROLE}\nmax_duration = \"1h\"")), @"shorter | ana bo | prod | at most 1h instead of 8h (roles/prod.toml:3)");
    insta::assert_snapshot!(to(&format!("{ROLE}\n{}", stage::TARGET.replace("role/thing", "role/root"))), @"gained | ana bo | prod | it opens role root in account 111122223333 (aws) instead of role thing in account 111122223333 (aws) (roles/prod.toml:3)");
    insta::assert_snapshot!(to(&format!("{ROLE}\nreason = \"optional\"\ndescription = \"x\"\nlease = \"2h\"\nnotify = {{ command = [\"/bin/sh\"] }}")), @r#"note: prod: the description is "x" instead of ""; the credentials' life is 2h instead of 1h; the reason is optional instead of required; the places that are told of requests changed; the broker runs ["/bin/sh"]"#);
}

/// The target table of each place but AWS, another target there, a scope, and another document of it.
const PLACES: [[&str; 4]; 4] = [
    [
        "[gcp]\nservice_account = \"reader@shop-123456.iam.gserviceaccount.com\"\nproject = \"shop-123456\"\nprovider = \"projects/42/locations/global/workloadIdentityPools/pool/providers/jit1\"\n",
        "reader@shop => writer@shop",
        "oauth_scopes = [\"devstorage.read_only\"]",
        "oauth_scopes = [\"bigquery\"]",
    ],
    [
        "[kubernetes]\nserver = \"https://k8s.example.com\"\naudience = \"kube\"\ngroups = [\"a\", \"b\"]\n",
        "[\"a\", \"b\"] => [\"a\", \"b\", \"c\"]",
        "groups = [\"a\"]",
        "groups = [\"b\"]",
    ],
    [
        "[vault]\naddress = \"https://vault.example.com\"\nrole = \"r\"\npolicies = [\"a\", \"b\"]\n",
        "role = \"r\" => role = \"w\"",
        "policies = [\"a\"]",
        "policies = [\"b\"]",
    ],
    [
        "[token]\naudience = \"registry\"\n",
        "registry => other",
        "claims = { groups = [\"a\"] }",
        "claims = { groups = [\"b\"] }",
    ],
];

/// A role's target, and what a scope leaves of it, change visibly at each place, and the line is the table's.
#[test]
fn every_places_target_and_scopes_are_compared() {
    let mut said = String::new();
    for [table, change, scope, other] in PLACES {
        let file = |table: &str, scope: &str| {
            let text = format!("{ROLE}\n{table}[scopes.some]\ndescription = \"x\"\n{scope}\n");
            with(role(ROLE), &[("roles/thing.toml", &text)])
        };
        let before = file(table, scope);
        let (from, to) = change.split_once(" => ").unwrap();
        said.push_str(&shown(before.clone(), file(&table.replace(from, to), scope)));
        said.push('\n');
        said.push_str(&shown(before, file(table, other)));
        said.push('\n');
    }
    insta::assert_snapshot!(said, @"
    gained | ana bo | thing, thing/some | it opens service account writer@shop-123456.iam.gserviceaccount.com in project shop-123456 (gcp, by projects/42/locations/global/workloadIdentityPools/pool/providers/jit1) instead of service account reader@shop-123456.iam.gserviceaccount.com in project shop-123456 (gcp, by projects/42/locations/global/workloadIdentityPools/pool/providers/jit1) (roles/thing.toml:3)
    gained perhaps | ana bo | thing/some | the scope's document is another (roles/thing.toml:9)
    gained | ana bo | thing, thing/some | it opens groups a, b, c in cluster https://k8s.example.com (kubernetes, audience kube) instead of groups a, b in cluster https://k8s.example.com (kubernetes, audience kube) (roles/thing.toml:3)
    gained perhaps | ana bo | thing/some | the scope's document is another (roles/thing.toml:9)
    gained | ana bo | thing, thing/some | it opens role w in server https://vault.example.com (vault, by auth/jwt, policies a,b) instead of role r in server https://vault.example.com (vault, by auth/jwt, policies a,b) (roles/thing.toml:3)
    gained perhaps | ana bo | thing/some | the scope's document is another (roles/thing.toml:9)
    gained | ana bo | thing, thing/some | it opens a token for other (token) instead of a token for registry (token) (roles/thing.toml:3)
    gained perhaps | ana bo | thing/some | the scope's document is another (roles/thing.toml:7)
    ");
}

/// A limit that was left out showed as nothing: a list of policies was there before, and no word stood in its place.
#[test]
fn a_limit_that_is_left_out_is_said_with_what_is_open_now() {
    let [[gcp, ..], _, [vault, ..], [token, ..]] = PLACES;
    let token = format!("{token}claims = {{ groups = [\"a\"] }}\n");
    let gcp = format!("{gcp}oauth_scopes = [\"devstorage.read_only\"]\n");
    let mut said = String::new();
    for (table, limit) in [
        (vault, "policies = [\"a\", \"b\"]\n"),
        (&gcp, "oauth_scopes = [\"devstorage.read_only\"]\n"),
        (&token, "claims = { groups = [\"a\"] }\n"),
    ] {
        let file = |table: &str| with(role(ROLE), &[("roles/thing.toml", &format!("{ROLE}\n{table}"))]);
        said.push_str(&shown(file(table), file(&table.replace(limit, ""))));
        said.push('\n');
        let back = shown(file(&table.replace(limit, "")), file(table));
        assert!(!back.contains("any more"), "{back}");
    }
    insta::assert_snapshot!(said, @r#"
    gained | ana bo | thing | it opens role r in server https://vault.example.com (vault, by auth/jwt) instead of role r in server https://vault.example.com (vault, by auth/jwt, policies a,b); no `policies` limit it any more: it opens all that the server's own role has (roles/thing.toml:3)
    gained | ana bo | thing | it opens service account reader@shop-123456.iam.gserviceaccount.com in project shop-123456 (gcp, by projects/42/locations/global/workloadIdentityPools/pool/providers/jit1) instead of service account reader@shop-123456.iam.gserviceaccount.com in project shop-123456 (gcp, by projects/42/locations/global/workloadIdentityPools/pool/providers/jit1, scopes devstorage.read_only); no `oauth_scopes` limit it any more: it opens all that the service account may do (roles/thing.toml:3)
    gained | ana bo | thing | it opens a token for registry (token) instead of a token for registry with {"groups":["a"]} (token); no `claims` limit it any more: it opens what the audience gives to a token without them (roles/thing.toml:3)
    "#);
    // A scope keeps its own limits, and may lose one of two.
    let boundary = r#"{"accessBoundaryRules":[{"availableResource":"//storage.googleapis.com/projects/_/buckets/b",
        "availablePermissions":["inRole:roles/storage.objectViewer"]}]}"#;
    let scoped = |role_scopes: &str, scope: &str| {
        let table = gcp.replace("oauth_scopes = [\"devstorage.read_only\"]\n", role_scopes);
        let text = format!("{ROLE}\n{table}[scopes.some]\ndescription = \"x\"\n{scope}");
        // A document that no scope names is an error of its own.
        let named = [("roles/thing.toml", text.as_str()), ("roles/b.json", boundary)];
        with(role(ROLE), &named[..if scope.contains("b.json") { 2 } else { 1 }])
    };
    let limit = "oauth_scopes = [\"devstorage.read_only\"]\n";
    let (both, one, other) = (format!("{limit}boundary = \"b.json\"\n"), limit, "boundary = \"b.json\"\n");
    let said = [
        shown(scoped("", &both), scoped("", one)),
        shown(scoped("", &both), scoped("", other)),
        shown(scoped(limit, &both), scoped("", &both)),
    ];
    let lost =
        "gained | ana bo | thing/some | the scope's document is another; no `boundary` limits it any more";
    assert!(said[0].starts_with(lost), "{said:?}");
    assert!(said[1].contains("; no `oauth_scopes` limit it any more: those of the role apply"), "{said:?}");
    // The scope has its own, so only the whole role lost its limit.
    assert_eq!(
        (said[2].matches("it opens").count(), said[2].matches("any more").count()),
        (3, 1),
        "{said:?}"
    );
}

/// The two ways into a cluster are two targets.
#[test]
fn a_cluster_by_another_way_is_another_target() {
    let by = |lines: &str| {
        let text = format!("{ROLE}\n[kubernetes]\nserver = \"https://k8s.example.com\"\n{lines}\n");
        with(role(ROLE), &[("roles/thing.toml", &text)])
    };
    let groups = by("audience = \"kube\"\ngroups = [\"a\"]");
    let account = by("namespace = \"apps\"\nservice_account = \"deployer\"");
    insta::assert_snapshot!(shown(groups, account), @"
    gained | ana bo | thing | it opens service account apps/deployer in cluster https://k8s.example.com (kubernetes) instead of groups a in cluster https://k8s.example.com (kubernetes, audience kube) (roles/thing.toml:3)
    note: thing: the credentials' life is 1h instead of 15m
    ");
}

#[test]
fn who_is_told_gives_nobody_access_and_is_shown() {
    let escalated =
        "escalate_after = \"30m\"\nescalate_to = { command = [\"/bin/page\"], people = [\"group:sre\"] }";
    insta::assert_snapshot!(shown(role(ROLE), role(&format!("{ROLE}\n{}\n[notify]\n{escalated}", stage::TARGET))), @r#"note: prod: further people are told of requests after 30m instead of never; the further people who are told of requests changed; the broker runs ["/bin/page"]"#);
    let access = "version = 1\n[notify]\nremind = \"5m\"\n[notify.people]\nslack = { token_env = \"T\" }\n";
    let people = usual_people().replace("[people.cy]\n", "[people.cy]\nslack = \"U024BE7LH\"\n");
    let after = with(role(ROLE), &[("access.toml", access), ("people.toml", &people)]);
    insta::assert_snapshot!(shown(role(ROLE), after), @"
    note: people are reminded of everybody's requests after 5m instead of never
    note: how single people are told changed
    note: cy is told at other addresses
    ");
}

#[test]
fn a_rename_with_an_alias_is_no_gain() {
    let before = role(ROLE);
    let renamed = files(&usual_people(), &[("payments", &format!("{ROLE}\naliases = [\"prod\"]"))]);
    insta::assert_snapshot!(shown(before.clone(), renamed.clone()), @"note: the role prod is called payments now");
    // And back.
    insta::assert_snapshot!(shown(renamed, before.clone()), @"note: the role payments is called prod now");
    let bare = files(&usual_people(), &[("payments", ROLE)]);
    insta::assert_snapshot!(shown(before.clone(), bare), @r#"
    gained | ana bo | payments | the role is new (roles/payments.toml:1)
    lost | ana bo | prod | the role is gone (roles/prod.toml:1)
    "#);
    // An alias hides neither a gain nor another target.
    let wider = format!("{}\naliases = [\"prod\"]", ROLE.replace("group:dev", "group:all"));
    insta::assert_snapshot!(shown(before.clone(), files(&usual_people(), &[("payments", &wider)])), @r#"
    gained | cy dee eve fay | payments | requesters name group:all now (roles/payments.toml:1)
    note: the role prod is called payments now
    "#);
    let elsewhere =
        format!("{ROLE}\naliases = [\"prod\"]\n{}", stage::TARGET.replace("role/thing", "role/root"));
    insta::assert_snapshot!(shown(before, files(&usual_people(), &[("payments", &elsewhere)])), @r#"
    gained | ana bo | payments | it opens role root in account 111122223333 (aws) instead of role thing in account 111122223333 (aws) (roles/payments.toml:4)
    note: the role prod is called payments now
    "#);
}

#[test]
fn two_roles_become_one() {
    let before =
        files(&usual_people(), &[("one", ROLE), ("two", &ROLE.replace("group:dev", "group:security"))]);
    let merged = format!(
        "{}\naliases = [\"one\", \"two\"]",
        ROLE.replace("\"group:dev\"", "\"group:dev\", \"group:security\"")
    );
    insta::assert_snapshot!(shown(before, files(&usual_people(), &[("both", &merged)])), @r#"
    note: the role one is called both now
    note: the role two is called both now
    "#);
}

#[test]
fn whoever_holds_a_new_key_gained() {
    let takeover = people(&stage::key(1), &stage::key(99));
    assert!(takeover.starts_with("ana +[\"SHA256:"), "{takeover}");
    let difference = Difference::between(
        &usual(&[("prod", ROLE)]),
        &policy(files(&usual_people().replace(&stage::key(1), &stage::key(99)), &[("prod", ROLE)])),
    );
    assert!(difference.anybody_gained());
    // One key less is no gain.
    let two = usual_people().replace(
        &format!("\"{}\"", stage::key(1)),
        &format!("\"{}\", \"{}\"", stage::key(1), stage::key(99)),
    );
    let difference = Difference::between(&policy(files(&two, &[("prod", ROLE)])), &usual(&[("prod", ROLE)]));
    assert!(!difference.anybody_gained() && difference.logins.len() == 1);
}

#[test]
fn one_human_under_another_name_is_no_gain() {
    insta::assert_snapshot!(shown(role(ROLE), files(&usual_people().replace("ana", "ann"), &[("prod", ROLE)])), @"note: ana is called ann now: they share a login");
    // A new person under an old name is another person: a new login.
    let swapped =
        usual_people().replace(&stage::key(1), &stage::key(50)).replace(&stage::key(6), &stage::key(1));
    let shown = shown(role(ROLE), files(&swapped, &[("prod", ROLE)]));
    assert!(shown.contains("ana +[\"SHA256:") && shown.contains("fay +[\"SHA256:"), "{shown}");
}

#[test]
fn auditors_and_new_people_count() {
    let access = |auditors: &str| {
        with(role(ROLE), &[("access.toml", &format!("version = 1\nauditors = {auditors}\n"))])
    };
    insta::assert_snapshot!(shown(access("[\"group:security\"]"), access("[\"person:fay\", \"person:eve\"]")), @r#"
    gained | fay | every request and the log | auditors changed (access.toml:2)
    lost | dee | every request and the log | auditors changed (access.toml:2)
    "#);
    let more = usual_people().replace(
        "[groups]\ndev = [",
        &format!("[people.zed]\nkeys = [\"{}\"]\n[groups]\ndev = [\"zed\", ", stage::key(77)),
    );
    insta::assert_snapshot!(shown(role(ROLE), files(&more, &[("prod", ROLE)])), @r#"
    gained | zed | prod | new in group:dev (people.toml:16)
    note: new in the policy: zed
    "#);
    insta::assert_snapshot!(shown(files(&more, &[("prod", ROLE)]), role(ROLE)), @r#"
    lost | zed | prod | no longer in group:dev (people.toml:14)
    note: gone from the policy: zed
    "#);
}

const DOCUMENT: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}"#;

#[test]
fn the_other_ways_count() {
    let lines = |more: &str| format!("{ROLE}\n{more}\n{}", stage::TARGET);
    let documented = |more: &str| with(role(&lines(more)), &[("roles/part.json", DOCUMENT)]);
    let scope = "[scopes.part]\npolicy = \"part.json\"\napproval = \"1 of group:dev\"";
    let glass = "[break_glass]\nrequesters = [\"group:sre\"]\nmax_duration = \"30m\"";
    let extend = "extend = { times = 2, approval = \"none\" }";
    insta::assert_snapshot!(shown(role(ROLE), documented(scope)), @"gained | ana bo | prod/part | the scope is new (roles/prod.toml:1)");
    insta::assert_snapshot!(shown(documented(scope), documented(&scope.replace("1 of group:dev", "none"))), @r#"easier | ana bo | prod/part | approval is "none" instead of "1 of group:dev" (roles/prod.toml:5) nobody's approval is enough now"#);
    let wider = DOCUMENT.replace("GetObject", "*");
    insta::assert_snapshot!(shown(documented(scope), with(documented(scope), &[("roles/part.json", &wider)])), @"gained perhaps | ana bo | prod/part | the scope's document is another (roles/prod.toml:4)");
    insta::assert_snapshot!(shown(role(ROLE), role(&lines(glass))), @"gained | cy dee | prod (emergency) | emergency access is new (roles/prod.toml:4)");
    insta::assert_snapshot!(shown(role(&lines(glass)), role(&lines(&glass.replace("30m", "1h")))), @"longer | cy dee | prod (emergency) | at most 1h instead of 30m (roles/prod.toml:5)");
    insta::assert_snapshot!(shown(role(ROLE), role(&lines(extend))), @"gained | ana bo | prod (more time) | more time is new (roles/prod.toml:1)");
    insta::assert_snapshot!(shown(role(&lines(extend)), role(&lines(&extend.replace("\"none\"", "\"1 of group:sre\"").replace('2', "3")))), @r#"
    longer | ana bo | prod (more time) | more time 3 times instead of 2 (roles/prod.toml:3)
    harder | ana bo | prod (more time) | approval is "1 of group:sre" instead of "none" (roles/prod.toml:3) nobody's approval was enough before
    "#);
}

#[test]
fn conditions_may_ease_and_may_harden() {
    let lines = |when: &str| role(&format!("{ROLE}\n{when}\n{}", stage::TARGET));
    let request = "[when]\nrequest = \"context.hour >= 6\"";
    insta::assert_snapshot!(shown(role(ROLE), lines(request)), @"harder perhaps | ana bo | prod | [when] request is new (roles/prod.toml:4)");
    insta::assert_snapshot!(shown(lines(request), role(ROLE)), @"easier perhaps | ana bo | prod | [when] request is gone (roles/prod.toml:4)");
    insta::assert_snapshot!(shown(lines(request), lines(&request.replace('6', "5"))), @r#"
    easier perhaps | ana bo | prod | [when] request is another (roles/prod.toml:4)
    harder perhaps | ana bo | prod | [when] request is another (roles/prod.toml:4)
    "#);
    // Blanks are no change.
    insta::assert_snapshot!(shown(lines(request), lines(&request.replace(" >= ", "   >=  "))), @"");
    let automatic = "[when]\nauto_approve = \"context.duration <= duration(\\\"1h\\\")\"";
    insta::assert_snapshot!(shown(role(ROLE), lines(automatic)), @"easier perhaps | ana bo | prod | [when] auto_approve is new (roles/prod.toml:4)");
}

#[test]
fn rules_of_the_organisation_count() {
    let ruled = |text: &str| with(role(ROLE), &[("rules/r.cedar", text)]);
    insta::assert_snapshot!(shown(role(ROLE), ruled("permit(principal in Group::\"security\", action == Action::\"request\", resource);")), @"gained | dee eve | prod | a rule of the organisation (rules/r.cedar:1:1)");
    insta::assert_snapshot!(shown(role(ROLE), ruled("forbid(principal == Person::\"bo\", action == Action::\"request\", resource);")), @"lost | bo | prod | a rule forbids it (rules/r.cedar:1:1)");
    insta::assert_snapshot!(shown(ruled("forbid(principal == Person::\"bo\", action == Action::\"request\", resource);"), role(ROLE)), @"gained | bo | prod | no rule forbids it any more (roles/prod.toml:1)");
    insta::assert_snapshot!(shown(ruled("forbid(principal, action == Action::\"request\", resource) when { context.hour < 6 };"), role(ROLE)), @"easier perhaps | ana bo | prod | a rule that may forbid it is gone (rules/r.cedar:1:1)");
    insta::assert_snapshot!(shown(ruled("// night\nforbid(principal, action == Action::\"request\", resource) when { context.hour < 6 };"), ruled("@reason(\"night\")\nforbid(principal, action == Action::\"request\", resource)\nwhen { context.hour < 6 };")), @"");
    insta::assert_snapshot!(shown(role(ROLE), ruled("permit(principal in Group::\"dev\", action == Action::\"auto_approve\", resource) when { context.hour < 6 };")), @"easier perhaps | ana bo | prod | a rule that may approve without a review is new (rules/r.cedar:1:1)");
}

#[test]
fn groups_of_an_identity_provider_count_as_whoever_is_in_them() {
    let access = "version = 1\n[identity.oidc]\nissuer = \"https://login.example.com\"\nclient_id = \"jit\"\ngroups = \"groups\"\n";
    let open = |lines: &str| with(role(lines), &[("access.toml", access)]);
    let before = "requesters = [\"group:ops\"]\napproval = { all = [\"1 of group:leads\", \"1 of group:chiefs\"] }\nsigned = \"account\"";
    insta::assert_snapshot!(shown(open(before), open(&before.replace("[\"group:ops\"]", "[\"group:ops\", \"group:temps\"]"))), @"gained | group:temps | prod | requesters name group:temps now (roles/prod.toml:1)");
    insta::assert_snapshot!(shown(open(before), open(&before.replace("all =", "any ="))), @r#"easier | group:ops | prod | approval is "either 1 of group:leads or 1 of group:chiefs" instead of "1 of group:leads and 1 of group:chiefs" (roles/prod.toml:2) approval by group:leads is enough now"#);
    insta::assert_snapshot!(shown(open(before), open(&before.replace("1 of group:leads", "2 of group:leads"))), @r#"harder | group:ops | prod | approval is "2 of group:leads and 1 of group:chiefs" instead of "1 of group:leads and 1 of group:chiefs" (roles/prod.toml:2) approval by group:chiefs and group:leads was enough before"#);
}

#[test]
fn a_provider_that_is_trusted_and_new_vouchers_are_shown_as_logins() {
    let access = |more: &str| {
        let head =
            "version = 1\n[identity.oidc]\nissuer = \"https://login.example.com\"\nclient_id = \"jit\"\n";
        with(role(ROLE), &[("access.toml", &format!("{head}{more}"))])
    };
    let trusted = shown(access(""), access("enrol = \"trusted\"\n"));
    assert!(trusted.contains("whose administrators can approve in anybody's name"), "{trusted}");
    let vouchers = shown(access(""), access("vouchers = [\"group:security\"]\n"));
    assert!(vouchers.contains("vouchers group:security"), "{vouchers}");
    assert_eq!(shown(access(""), access("enrol = \"confirmed\"\n")), "");
}

#[test]
fn a_comparison_that_grows_too_large_says_perhaps() {
    // Twenty groups, so that there are many kinds of people, and demands that no form proves.
    let names: Vec<String> = (0..40).map(|number| format!("p{number}")).collect();
    let list: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut groups = String::new();
    for group in 0..20 {
        let members: Vec<&str> = list
            .iter()
            .enumerate()
            .filter(|(number, _)| (number * 7 + group * 3) % 5 != 0 || number % 20 == group)
            .map(|(_, name)| *name)
            .collect();
        groups.push_str(&format!("g{group} = {members:?}\n"));
    }
    let people = stage::people(&list, &groups);
    let demands = |count: usize| {
        (0..16).map(|group| format!("\"{count} of group:g{group}\"")).collect::<Vec<_>>().join(", ")
    };
    let before = format!("requesters = [\"person:p0\"]\napproval = {{ all = [{}] }}", demands(1));
    let after = format!(
        "requesters = [\"person:p0\"]\napproval = {{ all = [{}, \"3 of group:g17, group:g18\"] }}",
        (0..14)
            .map(|group| format!("\"1 of group:g{}, group:g{}\"", group, group + 2))
            .collect::<Vec<_>>()
            .join(", ")
    );
    let difference = Difference::between(
        &policy(files(&people, &[("role", &before)])),
        &policy(files(&people, &[("role", &after)])),
    );
    // The difference reports the change, however much the budget can prove.
    assert!(difference.changes.iter().any(|change| change.direction == Direction::Easier));
}
