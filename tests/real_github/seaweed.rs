//! What `jit ci mint` exchanges, at an STS that is not ours: SeaweedFS fetches the keys of GitHub's issuer over a socket and
//! pins the subject that `jit ci init` printed.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::Value;

use crate::company::Company;
use crate::support::script::Ended;
use crate::support::seaweed::Role;
use crate::support::seaweed::SeaweedFs;
use crate::support::seaweed::role_arn;
use crate::support::tool;

/// The role's own, and one that opens the same target and is not trusted there.
const ROLES: [&str; 2] = ["thief", "writer"];

/// What the cloud must trust for each role, as `jit ci init` printed it: the subject.
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

/// Both roles, with the address where STS is or none.
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
    company.hire_runner();
    for person in [&company.ana, &company.bo] {
        person.run(&["login", "github:acme/access"]).ok();
    }
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

    // The token of another environment, though the policy says that its role opens the same target.
    let other = ana.ask("thief");
    bo.approve(&other);
    let refused = aws(&company, &seaweed, "thief", &["s3", "ls"]);
    println!("REFUSED {refused:?}\n{}", company.logs());
    assert_eq!(refused.code, 125, "{refused:?}");
    let world = company.github().world();
    assert!(world.artifacts.is_empty(), "nothing was handed over");
}
