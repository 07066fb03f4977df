//! Roles that open Azure: what loads, what is reported where it stands, and how long access is.

use std::collections::BTreeMap;

use jit::policy::Asking;
use jit::policy::Decision;
use jit::policy::Policy;

use super::world;
use super::world::name;

const LINES: &str = "requesters = [\"group:dev\"]\napproval = \"1 of group:sre\"\nreason = \"optional\"\n";

const TARGET: &str = "[azure]\ntenant = \"0F5A3C1E-4b1d-4c5e-9f00-2a7d1b6c8e90\"\nclient_id = \"7c1e2d3f-aaaa-4bbb-8ccc-123456789abc\"\n\
                      audiences = [\"https://management.azure.com\", \"https://vault.azure.net\"]\n";

fn files(role: &str) -> BTreeMap<String, Vec<u8>> {
    world::files(&[
        ("access.toml", world::ACCESS),
        ("people.toml", &world::people()),
        ("roles/cloud.toml", role),
    ])
}

fn policy(role: &str) -> Policy {
    Policy::compile(files(role)).unwrap()
}

#[test]
fn a_role_and_its_scopes_load() {
    let scopes = "[scopes.secrets]\naudiences = [\"https://vault.azure.net\"]\n";
    let policy =
        policy(&format!("{LINES}{TARGET}authority = \"https://login.microsoftonline.com\"\n{scopes}"));
    let role = policy.role(&name("cloud")).unwrap();
    assert_eq!(
        role.target.to_string(),
        "azure:7c1e2d3f-aaaa-4bbb-8ccc-123456789abc?tenant=0f5a3c1e-4b1d-4c5e-9f00-2a7d1b6c8e90\
         &audiences=https://management.azure.com,https://vault.azure.net"
    );
    let document = &role.scopes[&name("secrets")].document;
    assert_eq!(document.as_str(), r#"{"audiences":["https://vault.azure.net"]}"#);
    // Entra decides the life of a token, and access is no shorter where nobody says how long it is.
    assert_eq!((role.lease.to_string(), role.duration.to_string()), ("1h30m".to_owned(), "1h30m".to_owned()));
    let accepting = self::policy(&format!("{LINES}{TARGET}overrun = \"accept\"\n"));
    let role = accepting.role(&name("cloud")).unwrap();
    assert_eq!((role.lease.to_string(), role.duration.to_string()), ("1h30m".to_owned(), "1h".to_owned()));
}

#[test]
fn what_is_wrong_is_reported_where_it_stands() {
    let of = |from: &str, to: &str, more: &str| {
        let target = TARGET.replace(from, to);
        assert!(from.is_empty() || target != TARGET, "{from}");
        world::problems(files(&format!("{LINES}{target}{more}"))).to_string()
    };
    let mut told = String::new();
    for (from, to, more) in [
        ("0F5A3C1E", "example", ""),
        ("7c1e2d3f", "", ""),
        ("https://vault.azure.net", "vault", ""),
        ("https://vault.azure.net", "https://vault.azure.net/.default", ""),
        ("https://vault.azure.net", "https://management.azure.com/", ""),
        ("https://vault.azure.net", "api://AzureADTokenExchange", ""),
        ("audiences = [", "audience = [", ""),
        ("", "", "authority = \"https://login.example.com\"\n"),
        ("", "", "overrun = true\n"),
        ("", "", "overrun = \"yes\"\n"),
        ("", "", "key = \"x\"\n"),
        ("", "", "[scopes.a]\n"),
        ("", "", "[scopes.a]\naudiences = [\"https://graph.microsoft.com\"]\n"),
        ("", "", "[scopes.a]\npolicy = \"a.json\"\n"),
    ] {
        told.push_str(&of(from, to, more));
        told.push('\n');
    }
    insta::assert_snapshot!(told, @r#"
    roles/cloud.toml:5:10: "example-4b1d-4c5e-9f00-2a7d1b6c8e90" cannot be the tenant id of Azure
      hint: write the tenant's id, a GUID: `az account show --query tenantId`
    roles/cloud.toml:6:13: "-aaaa-4bbb-8ccc-123456789abc" cannot be the application id of Azure
      hint: write the application's (client) id, a GUID: `az ad app list --display-name NAME --query [].appId`
    roles/cloud.toml:7:13: "vault" cannot be the audience of Azure
      hint: write audiences = ["https://management.azure.com"], the resources that tokens are for
    roles/cloud.toml:7:13: "https://vault.azure.net/.default" cannot be the audience of Azure
      hint: write audiences = ["https://management.azure.com"], the resources that tokens are for
    roles/cloud.toml:7:13: "https://management.azure.com/" cannot be the second name of one audience of Azure
      hint: write audiences = ["https://management.azure.com"], the resources that tokens are for
    roles/cloud.toml:7:13: "api://AzureADTokenExchange" is the audience of a cloud's token exchange: a token for it would buy more than the role opens
      hint: write audiences = ["https://management.azure.com"], the resources that tokens are for
    roles/cloud.toml:4:1: `audiences` is missing
      hint: write audiences = ["https://management.azure.com"], the resources that tokens are for
    roles/cloud.toml:7:1: `audience` is not a known key
      hint: did you mean `audiences`?
    roles/cloud.toml:8:13: "https://login.example.com" cannot be the authority of Azure
      hint: leave it out for the public cloud, or write https://login.microsoftonline.us or https://login.chinacloudapi.cn
    roles/cloud.toml:8:11: expected a text in quotes, found true or false
    roles/cloud.toml:8:11: `overrun` says what is meant where a token outlives the access, and knows "accept" alone
      hint: write overrun = "accept", or leave it out: access is then no shorter than a token can live
    roles/cloud.toml:8:1: `key` is not a known key
      hint: known here: tenant, client_id, audiences, authority, overrun
    roles/cloud.toml:8:1: `audiences` is missing
      hint: write audiences = ["https://…"], some of the role's: what a token may do there, the application's own roles decide
    roles/cloud.toml:9:13: a scope has audiences that its role does not have
      hint: the role has https://management.azure.com,https://vault.azure.net; a scope has tokens for some of them
    roles/cloud.toml:8:1: `audiences` is missing
      hint: write audiences = ["https://…"], some of the role's: what a token may do there, the application's own roles decide
    roles/cloud.toml:9:1: `policy` is not a known key
      hint: known here: description, approval, max_duration, signed, audiences
    "#);
    let lease = world::problems(files(&format!("{LINES}lease = \"1h\"\n{TARGET}"))).to_string();
    insta::assert_snapshot!(lease, @r#"
    roles/cloud.toml:4:9: the role has no `lease`: Entra decides how long a token of Azure lives
      hint: take the line out
    "#);
}

/// The lints find a role whose every request would be refused, and one whose tokens outlive their access.
#[test]
fn lints_compare_access_with_the_life_of_a_token() {
    let lints = |role: &str| {
        let found = policy(role).lints();
        let of_azure = |name: &str| name == "never-long-enough" || name == "overrun-accepted";
        let lines = found.iter().filter(|lint| of_azure(lint.name)).map(|lint| {
            let severity = lint.severity.as_str();
            format!(
                "{severity} {} {}:{}: {}\n",
                lint.name, lint.problem.file, lint.problem.line, lint.problem.message
            )
        });
        lines.collect::<String>()
    };
    let break_glass = "[break_glass]\nrequesters = [\"group:sre\"]\nmax_duration = \"30m\"\n";
    let scope = "[scopes.secrets]\naudiences = [\"https://vault.azure.net\"]\nmax_duration = \"1h\"\n";
    insta::assert_snapshot!(
        [
            lints(&format!("{LINES}max_duration = \"1h\"\n{TARGET}")),
            lints(&format!("{LINES}duration = \"1h\"\n{TARGET}{scope}{break_glass}")),
            lints(&format!("{LINES}max_duration = \"1h\"\n{TARGET}overrun = \"accept\"\n{scope}{break_glass}")),
            lints(&format!("{LINES}{TARGET}")),
        ]
        .join("--\n"),
        @"
    error never-long-enough roles/cloud.toml:4: access for cloud lasts 1h at most, and its credentials can live for 1h30m
    --
    error never-long-enough roles/cloud.toml:4: the usual duration is 1h, and credentials can live for 1h30m
    error never-long-enough roles/cloud.toml:11: access for cloud/secrets lasts 1h at most, and its credentials can live for 1h30m
    error never-long-enough roles/cloud.toml:14: access for cloud (emergency) lasts 30m at most, and its credentials can live for 1h30m
    --
    warning overrun-accepted roles/cloud.toml:9: a token can outlive the access by up to 1h30m
    --
    "
    );
    let allowed = format!(
        "{LINES}allow = [{{ lint = \"overrun-accepted\", reason = \"short work\" }}]\n{TARGET}overrun = \"accept\"\n"
    );
    assert_eq!(lints(&allowed), "");
}

#[test]
fn a_request_is_no_shorter_than_a_token_can_live() {
    let (ana, cloud) = (name("ana"), name("cloud"));
    let decide = |role: &str, duration: &str| {
        let policy = policy(role);
        let now = "2026-11-23T12:00:00Z".parse().unwrap();
        policy.decide(&Asking::new(&ana, &cloud, duration.parse().unwrap(), now))
    };
    let open = format!("{LINES}{TARGET}")
        .replace("1 of group:sre", "none")
        .replace("optional\"", "optional\"\nsigned = \"account\"");
    for (duration, fits) in [("30m", false), ("89m", false), ("89m59s", false), ("90m", true), ("4h", true)] {
        let decided = decide(&open, duration);
        assert_eq!(matches!(decided, Decision::Approved { .. }), fits, "{duration}: {decided:?}");
        if let Decision::Refused(refusal) = &decided {
            let said = format!("{refusal}; {}", refusal.hint().unwrap());
            assert!(said.contains("is too short for cloud") && said.contains("--for 1h30m"), "{said}");
        }
        let accepted = decide(&format!("{open}overrun = \"accept\"\n"), duration);
        assert!(matches!(accepted, Decision::Approved { .. }), "{duration}: {accepted:?}");
    }
}
