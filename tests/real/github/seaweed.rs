//! The exchange of `jit ci mint` at an independent STS: SeaweedFS fetches the keys of GitHub's issuer over a socket and
//! pins the subject that `jit ci init` printed.

use std::collections::BTreeMap;
use std::path::PathBuf;

use jiff::SignedDuration;
use jiff::Timestamp;
use jit::grant::Target;
use jit::provider::MintOrder;
use jit::provider::MintedCredentials;
use jit::provider::Provider;
use jit::provider::ProviderError;
use jit::provider::aws::AwsProvider;
use jit::secret::Secret;
use jit::system::System;
use serde_json::Value;
use serde_json::json;

use crate::github::company::Company;
use crate::peers::script::Ended;
use crate::peers::seaweed::Role;
use crate::peers::seaweed::SeaweedFs;
use crate::peers::seaweed::role_arn;
use crate::peers::tool;
use crate::support::github::actions::issuer::sign;

/// The role's own, and one that opens the same target without being trusted there.
const ROLES: [&str; 2] = ["thief", "writer"];

/// The subject that the cloud must trust for each role, as `jit ci init` printed it.
fn subjects(company: &Company) -> BTreeMap<&'static str, String> {
    let documents = serde_json::Deserializer::from_str(&company.prepared.stdout).into_iter::<Value>();
    let subject = |document: Value| {
        let conditions = document["Statement"][0]["Condition"]["StringEquals"].as_object().unwrap().clone();
        let (_, subject) = conditions.into_iter().find(|(name, _)| name.ends_with(":sub")).unwrap();
        subject.as_str().unwrap().to_owned()
    };
    let subjects: Vec<String> = documents.map(|document| subject(document.unwrap())).collect();
    assert_eq!(subjects.len(), ROLES.len(), "{}", company.prepared.stdout);
    ROLES.into_iter().zip(subjects).collect()
}

/// Both roles, with the STS address if there is one.
fn roles(endpoint: Option<&str>) -> Vec<(&'static str, String)> {
    let arn = role_arn("writer");
    let endpoint = endpoint.map_or_else(String::new, |url| format!("endpoint_url = \"{url}\"\n"));
    let target = format!("[aws]\nrole_arn = \"{arn}\"\nregion = \"eu-west-1\"\n{endpoint}");
    ROLES.map(|role| (role, target.clone())).to_vec()
}

fn listed<'a>(roles: &'a [(&'a str, String)]) -> Vec<(&'a str, &'a str)> {
    roles.iter().map(|(role, target)| (*role, target.as_str())).collect()
}

fn company_with_seaweed() -> (Company, SeaweedFs) {
    let mut company = Company::with_app();
    company.set_up(&listed(&roles(None)));
    let subjects = subjects(&company);
    for role in ROLES {
        assert_eq!(subjects[role], company.subject(role), "{subjects:?}");
    }
    let folder: PathBuf = company.folder().join("seaweed");
    std::fs::create_dir_all(&folder).unwrap();
    let issuer = company.github().origins().issuer;
    let writer = Role {
        name: "writer",
        subject: subjects["writer"].clone(),
        actions: &["s3:PutObject", "s3:GetObject"],
    };
    let seaweed = SeaweedFs::trusting(&folder, &issuer, "/.well-known/jwks", &[writer]);
    company.merge(&listed(&roles(Some(&seaweed.endpoint))));
    company.hire_runner(&[]);
    company.log_in();
    (company, seaweed)
}

/// AWS's own command line under `jit exec`.
fn aws(company: &Company, seaweed: &SeaweedFs, role: &str, words: &[&str]) -> Ended {
    let cli = tool("aws1");
    let before = ["exec", role, "--env", "--", cli.to_str().unwrap(), "--endpoint-url", &seaweed.endpoint];
    company.ana.run(&[&before[..], words].concat())
}

#[test]
fn the_token_of_a_run_opens_what_its_subject_is_trusted_with_and_nothing_else() {
    let (company, seaweed) = company_with_seaweed();
    let (ana, bo) = (&company.ana, &company.bo);

    let id = ana.ask("writer");
    bo.approve(&id);
    let order = ana.home.join("order.txt");
    std::fs::write(&order, "another order\n").unwrap();
    let put = aws(&company, &seaweed, "writer", &["s3", "cp", order.to_str().unwrap(), "s3://orders/b.txt"]);
    assert_eq!(put.code, 0, "{put:?}\n{}", company.logs());
    let said = aws(&company, &seaweed, "writer", &["sts", "get-caller-identity", "--output", "json"]).ok();
    assert!(said.contains(&format!("assumed-role/writer/{id}-ana")), "{said}");
    assert_eq!(
        aws(&company, &seaweed, "writer", &["s3", "cp", "s3://orders/b.txt", "-"]).ok(),
        "another order\n"
    );
    let deleted = ["s3api", "delete-object", "--bucket", "orders", "--key", "a.txt"];
    assert!(aws(&company, &seaweed, "writer", &deleted).refused().contains("AccessDenied"));

    // The token of another environment, although the policy says that its role opens the same target.
    let other = ana.ask("thief");
    bo.approve(&other);
    let refused = aws(&company, &seaweed, "thief", &["s3", "ls"]);
    assert_eq!(refused.code, 125, "{refused:?}");
    for words in
        ["the role does not trust this caller (AccessDenied", "the trust policy that `jit ci init` prints"]
    {
        assert!(refused.stderr.contains(words), "{refused:?}");
    }
    assert_eq!(company.handed_over(), 0);
    no_other_token(&company, &seaweed);
}

/// Tokens that GitHub might sign for others, and some that it never would, sent to the cloud by hand.
fn no_other_token(company: &Company, seaweed: &SeaweedFs) {
    let mut world = company.github().world();
    let run = world.runs.values().find(|run| run.path.ends_with("jit.yml")).unwrap();
    let (run, job) = (run.id, run.job("mint").unwrap().id);
    let good = world.claims(run, job, Some("sts.amazonaws.com"));
    drop(world);
    assert_eq!(good["sub"], *company.subject("writer"));
    exchange(seaweed, &sign(&good)).unwrap();
    let workflow = "acme/access/.github/workflows/jit.yml@refs/heads/main";
    let subject = |from: &str, to: &str| {
        let sub = good["sub"].as_str().unwrap();
        assert!(sub.contains(from), "{sub}");
        json!(sub.replace(from, to))
    };
    let past = json!(good["iat"].as_i64().unwrap() - 60);
    for (claim, value) in [
        ("sub", subject("jit-role-writer", "jit-role-writer2")),
        ("sub", subject("environment:jit-role-writer", "ref:refs/heads/main")),
        ("sub", subject("environment:jit-role-writer", "pull_request")),
        ("sub", subject(workflow, "acme/access/.github/workflows/other.yml@refs/heads/main")),
        ("sub", subject("@refs/heads/main", "@refs/heads/evil")),
        ("sub", subject(&format!("access@{}", company.repository), "access@1")),
        ("sub", json!("repo:acme/access:environment:jit-role-writer")),
        ("aud", json!("https://github.com/acme")),
        ("iss", json!("https://token.actions.githubusercontent.com")),
        ("exp", past),
    ] {
        let mut claims = good.clone();
        claims[claim] = value.clone();
        exchange(seaweed, &sign(&claims)).expect_err(&format!("{claim} {value}"));
    }
    let (signed, other) = (sign(&good), sign(&json!({"sub": "x"})));
    let (head, signature) = (signed.rsplit_once('.').unwrap().0, other.rsplit_once('.').unwrap().1);
    exchange(seaweed, &format!("{head}.{signature}")).expect_err("another token's signature");
}

/// Sends a token to the cloud, as `jit ci mint` does.
fn exchange(seaweed: &SeaweedFs, token: &str) -> Result<MintedCredentials, ProviderError> {
    let region = "eu-west-1".to_owned();
    let target =
        Target::aws(role_arn("writer").parse().unwrap(), region, Some(seaweed.endpoint.clone())).unwrap();
    let end = Timestamp::now() + SignedDuration::from_mins(20);
    let order = MintOrder {
        target,
        role: "writer".parse().unwrap(),
        request: "7F3KQ2M8ZD".parse().unwrap(),
        person: "ana".parse().unwrap(),
        until: end,
        grant_until: end,
        scope: None,
        source: None,
    };
    let provider = AwsProvider::with_token(Secret::from(token), &System::real());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(provider.mint(&order))
}
