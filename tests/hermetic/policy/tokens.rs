//! People and workloads by token: the claims of a verified token, and what they cannot do.

use std::collections::BTreeMap;

use jit::grant::Assurance;
use jit::grant::Verdict;
use jit::policy::Asking;
use jit::policy::Claims;
use jit::policy::Decision;
use jit::policy::FactFrom;
use jit::policy::Opinion;
use jit::policy::Policy;

use crate::policy::world;
use crate::policy::world::name;
use crate::policy::world::problems;

const ISSUER: &str = "https://login.example.com";
const ACCESS: &str = "version = 1\n[identity.oidc]\nissuer = \"https://login.example.com\"\nclient_id = \"jit\"\ngroups = \"groups\"\n";
const ROLE: &str = "requesters = [\"group:eng\"]\napproval = \"1 of group:leads\"\nsigned = \"account\"";

fn files(access: &str, people: &str) -> BTreeMap<String, Vec<u8>> {
    let mut files = world::with_role(ROLE);
    files.insert("access.toml".to_owned(), access.as_bytes().to_vec());
    files.insert("people.toml".to_owned(), people.as_bytes().to_vec());
    files
}

fn policy() -> Policy {
    Policy::compile(files(ACCESS, "[people.ana]\noidc = \"00u1\"\n[people.bo]\n[groups]\nleads = [\"bo\"]\n"))
        .unwrap()
}

fn claims(subject: &str, groups: &[&str]) -> Claims {
    Claims {
        issuer: ISSUER.to_owned(),
        subject: subject.to_owned(),
        label: "Ze\u{202e} Silva".to_owned(),
        groups: groups.iter().map(|group| (*group).to_owned()).collect(),
    }
}

#[test]
fn a_subject_is_one_human_for_good() {
    let policy = policy();
    let ze = policy.person_of_claims(&claims("ze@example.com", &["eng", "Not A Name", "eng"])).unwrap();
    assert_eq!(ze.name, name("ze@example.com"));
    assert_eq!(ze.groups, [name("eng")]);
    assert_eq!(ze.label, "Ze\\u{202e} Silva");
    // A subject that is not a valid name gets one from its digest. Nobody can obtain that name by choosing their
    // subject.
    let other = policy.person_of_claims(&claims("Auth0|Zé", &[])).unwrap().name;
    assert!(other.as_str().starts_with("oidc-") && other.as_str().len() == 45, "{other}");
    assert_ne!(policy.person_of_claims(&claims(other.as_str(), &[])).unwrap().name, other);
    // A listed person is the listed one, whatever groups the token names.
    let ana = policy.person_of_claims(&claims("00u1", &["leads", "eng"])).unwrap();
    assert_eq!((ana.name, ana.groups), (name("ana"), vec![]));
    // A subject that equals another person's name here is nobody.
    let said = policy.person_of_claims(&claims("bo", &["eng"])).unwrap_err().to_string();
    assert_eq!(said, "bo is listed in people.toml, so a token cannot name somebody else so");
    let foreign = Claims { issuer: "https://evil.example.com".to_owned(), ..claims("ze", &["eng"]) };
    assert!(policy.person_of_claims(&foreign).is_err());
    assert!(policy.person_of_claims(&claims("", &[])).is_err());
}

#[test]
fn claims_let_people_ask_and_review() {
    let policy = policy();
    let role = name("prod-admin");
    let decide = |who: &str, claims: &[Claims], reviews: &[Opinion]| {
        let who = name(who);
        policy.decide(&Asking {
            reason: "x",
            assurance: Assurance::Account,
            claims,
            reviews,
            ..world::asking(&who, &role, "1h")
        })
    };
    let yes =
        |by: &str| [Opinion { assurance: Assurance::Account, ..Opinion::new(name(by), Verdict::Approve) }];
    let (ze, yan) = (claims("ze", &["eng", "leads"]), claims("yan", &["leads"]));
    assert!(matches!(decide("ze", &[], &[]), Decision::Refused(_)));
    assert!(matches!(decide("ze", std::slice::from_ref(&ze), &[]), Decision::NeedsApproval { .. }));
    assert!(matches!(decide("yan", std::slice::from_ref(&yan), &[]), Decision::Refused(_)));
    assert!(matches!(decide("ze", &[ze.clone(), yan.clone()], &yes("yan")), Decision::Approved { .. }));
    // Without their token's claims a reviewer is nobody, and nobody reviews their own request.
    assert!(matches!(decide("ze", std::slice::from_ref(&ze), &yes("yan")), Decision::NeedsApproval { .. }));
    assert!(matches!(decide("ze", &[ze.clone(), yan], &yes("ze")), Decision::NeedsApproval { .. }));
    // A token cannot add groups to a listed person.
    let posing = claims("ana", &["eng"]);
    assert!(matches!(decide("ana", &[posing, claims("00u1", &["eng"])], &[]), Decision::Refused(_)));
    // If a person has two tokens, only the groups in both count.
    let poorer = claims("ze", &["leads"]);
    assert!(matches!(decide("ze", &[ze, poorer], &[]), Decision::Refused(_)));
    let ze = policy.person_of_claims(&claims("ze", &["eng"])).unwrap();
    let role = policy.role(&role).unwrap();
    assert!(policy.may_request_as(&ze, role) && !policy.may_request(&ze.name, role));
    assert!(policy.is_open(&name("eng")) && !policy.is_open(&name("leads")));
}

#[test]
fn a_workload_is_exactly_one_or_none() {
    let people = |more: &str| {
        format!(
            "[workloads.deploy]\noidc = {{ issuer = \"https://token.actions.githubusercontent.com\", repository_id = \"1234\", environment = \"deploy\" }}\n{more}"
        )
    };
    let policy = Policy::compile(files(ACCESS, &people(""))).unwrap();
    let github = "https://token.actions.githubusercontent.com";
    let token = |id: &str, environment: &str| {
        BTreeMap::from([
            ("repository_id".to_owned(), id.to_owned()),
            ("environment".to_owned(), environment.to_owned()),
            ("ref".to_owned(), "refs/heads/main".to_owned()),
        ])
    };
    let found = |issuer, claims: &BTreeMap<String, String>| {
        policy.workload_of_claims(issuer, claims).map(|workload| workload.name.to_string())
    };
    assert_eq!(found(github, &token("1234", "deploy")).as_deref(), Some("deploy"));
    assert_eq!(found(github, &token("1234", "Deploy")), None);
    assert_eq!(found(github, &token("12345", "deploy")), None);
    assert_eq!(found("https://token.actions.githubusercontent.com/", &token("1234", "deploy")), None);
    assert_eq!(found(github, &BTreeMap::new()), None);
    let of = |more: &str| problems(files(ACCESS, &people(more))).to_string();
    // A token that names both an environment and a workflow would match two.
    insta::assert_snapshot!(of("[workloads.twin]\noidc = { issuer = \"https://token.actions.githubusercontent.com\", repository_id = \"1234\", job_workflow_ref = \"x\" }\n"), @r#"
    people.toml:3:12: one token could be this workload and deploy too
      hint: let both name the same claim with different values
    "#);
    insta::assert_snapshot!(of("[workloads.twin]\noidc = { issuer = \"https://token.actions.githubusercontent.com\", repository_id = \"1234\", job_workflow_ref = \"x\" }\n[people.deploy]\n[workloads.ana]\noidc = { issuer = \"http://example.com\", repository_id = \"a/b\" }\n[workloads.wide]\noidc = { issuer = \"https://token.actions.githubusercontent.com\", repository_id = \"7\" }\n[workloads.any]\noidc = { issuer = \"https://ci.example.com\" }\n[groups]\nx = [\"deploy\"]\ny = [\"workload:deploy\"]"), @r#"
    people.toml:1:12: deploy is a person already: a name means one human or one workload
      hint: give the workload another name
    people.toml:7:19: this is not an issuer of tokens
      hint: write its https address, exactly as its tokens name it
    people.toml:7:41: `repository_id` is a number, as names can change hands
    people.toml:9:8: a workload of GitHub Actions names `repository_id` and `environment` or `job_workflow_ref`
      hint: without them, anybody who can push a branch there could ask as it
    people.toml:11:8: a workload is known by 1 to 16 claims of its tokens
      hint: write oidc = { issuer = "https://…", repository_id = "1234", environment = "deploy" }
    people.toml:14:6: there is no person workload:deploy
      hint: add them as [people.NAME], or write group:NAME for a group
    "#);
}

#[test]
fn identity_facts_and_time_zones_are_checked() {
    let of = |access: &str| problems(files(&format!("version = 1\n{access}"), "")).to_string();
    insta::assert_snapshot!(of("time_zone = \"Europe/Lisbonn\"\n[identity.oidc]\nissuer = \"login.example.com\"\ngroups = 7\n[identity.saml]\n"), @r#"
    access.toml:2:13: there is no such time zone
      hint: write a name of the IANA time zone database: time_zone = "Europe/Lisbon"
    access.toml:3:1: `client_id` is missing
      hint: write client_id = "jit"
    access.toml:4:10: this is not an issuer of tokens
      hint: write its https address, exactly as its tokens name it
    access.toml:5:10: expected a text in quotes, found a number
    access.toml:6:11: `saml` is not a known key
      hint: known here: oidc, github
    roles/prod-admin.toml:1:15: there is no group eng
      hint: add it to [groups] in people.toml
    roles/prod-admin.toml:2:12: there is no group leads
      hint: add it to [groups] in people.toml
    "#);
    insta::assert_snapshot!(of("[facts.On-Call]\nfile = \"/x\"\n[facts.in]\n[facts.a]\nfile = \"x\"\n[facts.b]\nurl = \"http://example.com\"\ncommand = [\"/x\"]\n[facts.c]\ncommand = [\"/x\"]\ntoken_env = \"T\"\nmax_age = \"0m\"\n[facts.d]\nurl = \"http://example.com\"\n"), @r#"
    access.toml:2:8: this cannot be a fact's name
      hint: use a-z, 0-9 and _, starting with a letter, as conditions write principal.NAME
    access.toml:4:8: this cannot be a fact's name
      hint: use a-z, 0-9 and _, starting with a letter, as conditions write principal.NAME
    access.toml:6:8: write the absolute path of a file
    access.toml:7:1: a fact has one source: `file`, `command` or `url`
      hint: write file = "/run/jit/oncall.json"
    access.toml:10:1: only a `url` takes a token
    access.toml:13:11: "0m" is not a duration: write it like 30m, 1h, 1h30m or 2d, at most 31 days
    access.toml:15:7: jit cannot call this address
      hint: write an https address without a password, or http on 127.0.0.1, exactly as a browser shows it
    roles/prod-admin.toml:1:15: there is no group eng
      hint: add it to [groups] in people.toml
    roles/prod-admin.toml:2:12: there is no group leads
      hint: add it to [groups] in people.toml
    "#);
    insta::assert_snapshot!(problems(files("version = 1\n", "[people.ana]\noidc = \"x\"\n")).to_string(), @r#"
    people.toml:2:8: the policy accepts no people from tokens
      hint: add [identity.oidc] to access.toml
    roles/prod-admin.toml:1:15: there is no group eng
      hint: add it to [groups] in people.toml
    roles/prod-admin.toml:2:12: there is no group leads
      hint: add it to [groups] in people.toml
    "#);
    insta::assert_snapshot!(problems(files(ACCESS, "[people.ana]\noidc = \"x\"\n[people.bo]\noidc = \"x\"\n[people.cy]\noidc = \"\"\n")).to_string(), @r#"
    people.toml:4:8: this subject is ana's too: one human would be seen as two
      hint: leave it with the one who holds it
    people.toml:6:8: write the value of the claim that names the person, 1 to 255 characters
    "#);
    let access = format!(
        "{ACCESS}[facts.oncall]\nurl = \"https://example.com/x\"\ntoken_file = \"/run/token\"\nmax_age = \"1m\"\n"
    );
    let policy = Policy::compile(files(&access, "")).unwrap();
    assert!(matches!(&policy.facts()[0].from, FactFrom::Url { token: Some(_), .. }));
    assert_eq!(policy.oidc().unwrap().person, "sub");
}

#[test]
fn the_port_of_the_redirect_is_one_that_a_person_may_listen_on() {
    let with =
        |port: &str| files(&format!("{ACCESS}redirect_port = {port}\n"), "[groups]\nleads = []\neng = []\n");
    let policy = Policy::compile(with("8400")).unwrap();
    assert_eq!(policy.oidc().unwrap().redirect_port, Some(8400));
    assert_eq!(self::policy().oidc().unwrap().redirect_port, None);
    for port in ["0", "80", "1023", "65536", "-1", "\"8400\""] {
        let said = problems(with(port)).to_string();
        assert!(said.starts_with("access.toml:6:17: "), "{port}: {said}");
    }
    let said = problems(with("80")).to_string();
    assert!(said.contains("a program of a person listens on a port from 1024 to 65535"), "{said}");
    assert!(said.contains("hint: write redirect_port = 8400"), "{said}");
}
