//! People by roles.

use jit::policy::Layout;

use crate::policy_tools::stage;
use crate::policy_tools::stage::files;
use crate::policy_tools::stage::with;

#[test]
fn a_small_policy_is_a_grid() {
    let policy = stage::usual(&[
        ("logs", "requesters = [\"group:all\"]\napproval = \"none\""),
        (
            "prod",
            "requesters = [\"group:dev\", \"group:sre\"]\napproval = { all = [\"1 of group:sre\", \"1 of group:security\"] }",
        ),
        (
            "either",
            "requesters = [\"group:sre\"]\napproval = { any = [\"1 of person:cy\", \"2 of group:all\"] }",
        ),
        ("never", "requesters = [\"group:sre\", \"person:ana\"]\napproval = \"2 of group:sre\""),
    ]);
    insta::assert_snapshot!(policy.matrix().text(Layout::Fitting), @r#"
    # Who may ask for what. Written by `jit policy matrix`; change the policy, not this file.
    # auto: no approval needed | a number: so many people must approve | never: nobody could approve | -: may not ask
    # 1/auto: a condition may approve | 1*: a condition may refuse
    # either  either 1 of person:cy or 2 of group:all; at most 8h; role thing in account 111122223333 (aws)
    # logs    none; at most 8h; role thing in account 111122223333 (aws)
    # never   2 of group:sre; at most 8h; role thing in account 111122223333 (aws)
    # prod    1 of group:sre and 1 of group:security; at most 8h; role thing in account 111122223333 (aws)

    person  either  logs   never  prod
    ana     -       auto   2      2
    bo      -       auto   -      2
    cy      2       auto   never  2
    dee     1       auto   never  2
    eve     -       auto   -      -
    fay     -       auto   -      -
    "#);
    insta::assert_snapshot!(policy.matrix().text(Layout::List), @r#"
    # Who may ask for what. Written by `jit policy matrix`; change the policy, not this file.
    # Only people that a role lists may ask for it. Groups are written out below.

    either: role thing in account 111122223333 (aws), at most 8h
      1 approval (either 1 of person:cy or 2 of group:all): dee
      2 approvals (either 1 of person:cy or 2 of group:all): cy

    logs: role thing in account 111122223333 (aws), at most 8h
      auto: group:all

    never: role thing in account 111122223333 (aws), at most 8h
      2 approvals (2 of group:sre): ana
      never approved (2 of group:sre): group:sre

    prod: role thing in account 111122223333 (aws), at most 8h
      2 approvals (1 of group:sre and 1 of group:security): group:dev, group:sre

    group:all
      ana
      bo
      cy
      dee
      eve
      fay

    group:dev
      ana
      bo

    group:security
      dee
      eve

    group:sre
      cy
      dee
    "#);
}

#[test]
fn conditions_and_rules_show() {
    let role = format!(
        "requesters = [\"group:dev\"]\napproval = \"1 of group:sre\"\n[when]\nauto_approve = \"context.duration <= duration(\\\"1h\\\")\"\n\
         [break_glass]\nrequesters = [\"group:sre\"]\nmax_duration = \"30m\"\n[scopes.part]\npolicy = \"part.json\"\napproval = \"none\"\n{}",
        stage::TARGET
    );
    let rules = "permit(principal in Group::\"security\", action == Action::\"request\", resource);\n\
                 forbid(principal == Person::\"bo\", action == Action::\"request\", resource);\n\
                 forbid(principal, action == Action::\"request\", resource == Role::\"prod\") when { context.agent };";
    let document =
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}"#;
    let policy = stage::policy(with(
        files(&stage::usual_people(), &[("prod", &role)]),
        &[("rules/r.cedar", rules), ("roles/part.json", document)],
    ));
    insta::assert_snapshot!(policy.matrix().text(Layout::Grid), @r#"
    # Who may ask for what. Written by `jit policy matrix`; change the policy, not this file.
    # auto: no approval needed | a number: so many people must approve | never: nobody could approve | -: may not ask
    # 1/auto: a condition may approve | 1*: a condition may refuse
    # prod              1 of group:sre; at most 8h; role thing in account 111122223333 (aws)
    # prod/part         none; at most 8h; role thing in account 111122223333 (aws)
    # prod (emergency)  none; at most 30m; role thing in account 111122223333 (aws)

    person  prod     prod/part  prod (emergency)
    ana     1/auto*  auto*      -
    bo      -        -          -
    cy      -        -          auto
    dee     1/auto*  auto*      auto
    eve     1/auto*  auto*      -
    fay     -        -          -
    "#);
    insta::assert_snapshot!(policy.matrix().text(Layout::List), @r#"
    # Who may ask for what. Written by `jit policy matrix`; change the policy, not this file.
    # Only people that a role lists may ask for it. Groups are written out below.

    prod: role thing in account 111122223333 (aws), at most 8h
      1 approval (1 of group:sre), or a condition approves, unless a condition refuses: ana, dee, eve

    prod/part: role thing in account 111122223333 (aws), at most 8h
      auto, unless a condition refuses: ana, dee, eve

    prod (emergency): role thing in account 111122223333 (aws), at most 30m
      auto: group:sre

    group:dev
      ana
      bo

    group:sre
      cy
      dee
    "#);
}

#[test]
fn the_command_writes_it() {
    let folder = tempfile::tempdir().unwrap();
    stage::write(
        folder.path(),
        &files(&stage::usual_people(), &[("logs", "requesters = [\"group:dev\"]\napproval = \"none\"")]),
    );
    let ran = stage::jit(folder.path(), &["policy", "matrix", "--json"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let json: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(json["columns"][0]["rows"][0]["answer"], "auto");
    assert_eq!(json["columns"][0]["rows"][0]["who"][0], "group:dev");
    let again = stage::jit(folder.path(), &["policy", "matrix"]);
    assert_eq!(again.stdout, stage::jit(folder.path(), &["policy", "matrix"]).stdout);
}

/// The matrix names a role's target in the words of its place.
#[test]
fn every_places_target_is_named() {
    let table = |text: &str| format!("requesters = [\"person:ana\"]\napproval = \"none\"\n{text}\n");
    let tables = [
        (
            "roles/google.toml",
            "[gcp]\nservice_account = \"reader@shop-123456.iam.gserviceaccount.com\"\nproject = \"shop-123456\"\nprovider = \"projects/42/locations/global/workloadIdentityPools/pool/providers/jit1\"",
        ),
        (
            "roles/groups.toml",
            "[kubernetes]\nserver = \"https://k8s.example.com\"\naudience = \"kube\"\ngroups = [\"a\", \"b\"]",
        ),
        (
            "roles/account.toml",
            "[kubernetes]\nserver = \"https://k8s.example.com\"\nnamespace = \"apps\"\nservice_account = \"deployer\"",
        ),
        ("roles/secrets.toml", "[vault]\naddress = \"https://vault.example.com\"\nrole = \"r\"\npolicies = [\"a\"]"),
        ("roles/token.toml", "[token]\naudience = \"registry\"\nclaims = { groups = [\"a\"] }"),
    ]
    .map(|(path, text)| (path, table(text)));
    let tables: Vec<(&str, &str)> = tables.iter().map(|(path, text)| (*path, text.as_str())).collect();
    let policy = stage::policy(with(files(&stage::usual_people(), &[]), &tables));
    let opens: Vec<String> =
        policy.matrix().columns.iter().map(|column| format!("{}: {}", column.way, column.opens)).collect();
    insta::assert_snapshot!(opens.join("\n"), @r#"
    account: service account apps/deployer in cluster https://k8s.example.com (kubernetes)
    google: service account reader@shop-123456.iam.gserviceaccount.com in project shop-123456 (gcp, by projects/42/locations/global/workloadIdentityPools/pool/providers/jit1)
    groups: groups a, b in cluster https://k8s.example.com (kubernetes, audience kube)
    secrets: role r in server https://vault.example.com (vault, by auth/jwt, policies a)
    token: a token for registry with {"groups":["a"]} (token)
    "#);
}
