//! Proposals: an imported policy loads, gives nothing away, and changes nothing.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use jit::policy::Policy;
use jit::system::fake::FakeClock;
use jit::system::fake::FakeHttp;
use jit::system::fake::FakeWorld;
use jit::system::fake::Host;
use jit::system::http::HttpError;
use jit::system::http::Request;
use jit::system::http::Response;

use crate::policy_tools::stage;

const ANSWERS: &str = r#"
{"PermissionSet":{"Name":"AdministratorAccess","PermissionSetArn":"arn:ps/1","Description":"All of it","SessionDuration":"PT4H"}}
{"AccountAssignments":[
  {"AccountId":"111122223333","PermissionSetArn":"arn:ps/1","PrincipalType":"GROUP","PrincipalId":"g-1"},
  {"AccountId":"111122223333","PermissionSetArn":"arn:ps/1","PrincipalType":"USER","PrincipalId":"u-2"},
  {"AccountId":"222233334444","PermissionSetArn":"arn:ps/1","PrincipalType":"GROUP","PrincipalId":"g-9"},
  {"AccountId":"222233334444","PermissionSetArn":"arn:ps/2","PrincipalType":"GROUP","PrincipalId":"g-1"}]}
{"Users":[{"UserName":"Ana.Pires@Example.com","UserId":"u-1","DisplayName":"Ana \"P\"\n[people.evil]"},{"UserName":"bo","UserId":"u-2"}]}
{"Groups":[{"GroupId":"g-1","DisplayName":"Payments Admins"}]}
{"GroupMemberships":[{"GroupId":"g-1","MemberId":{"UserId":"u-1"}}]}
{"Accounts":[{"Id":"111122223333","Name":"Payments Prod"}]}
"#;

fn load(text: &str) -> Policy {
    let files: BTreeMap<String, String> = serde_json::from_str(text).unwrap();
    let bytes = files.into_iter().map(|(path, text)| (path, text.into_bytes())).collect();
    Policy::compile(bytes).unwrap_or_else(|problems| panic!("{problems}"))
}

#[test]
fn permission_sets_become_roles_that_somebody_must_approve() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("aws.json"), ANSWERS).unwrap();
    let ran = stage::jit(
        folder.path(),
        &["policy", "import", "aws", "aws.json", "--region", "eu-west-1", "--json"],
    );
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let policy = load(&ran.stdout);
    let roles: Vec<&str> = policy.roles().map(|role| role.name.as_str()).collect();
    assert_eq!(roles, ["222233334444.administratoraccess", "payments-prod.administratoraccess"]);
    let role = policy.role(&"payments-prod.administratoraccess".parse().unwrap()).unwrap();
    assert_eq!(role.approval.to_string(), "1 of group:approvers");
    assert_eq!(role.max_duration.to_string(), "4h");
    assert_eq!(
        role.requesters.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["group:payments-admins", "person:bo"]
    );
    assert_eq!(policy.members(&"payments-admins".parse().unwrap())[0].as_str(), "ana.pires@example.com");
    assert!(policy.person(&"evil".parse().unwrap()).is_none());
    insta::assert_snapshot!(ran.stderr, @r#"
    left out: group g-9 is not in the file; add `aws identitystore list-users` and `list-groups`
    left out: arn:ps/2 is not described; add `aws sso-admin describe-permission-set`
    "#);
}

/// Permission sets of GovCloud and of China, and people whose names are beyond ASCII.
#[test]
fn permission_sets_stay_in_their_partition() {
    let folder = tempfile::tempdir().unwrap();
    for (partition, region) in
        [("aws-us-gov", "us-gov-west-1"), ("aws-cn", "cn-north-1"), ("aws", "us-east-1")]
    {
        let set = format!("arn:{partition}:sso:::permissionSet/ssoins-1/ps-1");
        let answers = format!(
            r#"{{"PermissionSet":{{"Name":"Admin","PermissionSetArn":"{set}"}}}}
            {{"AccountAssignments":[{{"AccountId":"111122223333","PermissionSetArn":"{set}","PrincipalType":"USER","PrincipalId":"u-1"}},
            {{"AccountId":"111122223333","PermissionSetArn":"{set}","PrincipalType":"USER","PrincipalId":"u-2"}}]}}
            {{"Users":[{{"UserName":"Jürgen","UserId":"u-1"}},{{"UserName":"李雷","UserId":"u-2"}}]}}"#
        );
        fs::write(folder.path().join("aws.json"), answers).unwrap();
        let ran = stage::jit(folder.path(), &["policy", "import", "aws", "aws.json", "--json"]);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        let policy = load(&ran.stdout);
        let role = policy.roles().next().unwrap();
        assert_eq!(
            role.target.to_string(),
            format!("aws:arn:{partition}:iam::111122223333:role/Admin?region={region}")
        );
        let requesters: Vec<String> = role.requesters.iter().map(ToString::to_string).collect();
        assert_eq!(requesters, ["person:jurgen", "person:person"]);
    }
}

#[test]
fn what_is_written_goes_into_a_new_folder_only() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("aws.json"), ANSWERS).unwrap();
    let import = || stage::jit(folder.path(), &["policy", "import", "aws", "aws.json", "--output", "new"]);
    let ran = import();
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    insta::assert_snapshot!(ran.stdout, @r#"
    new/access.toml
    new/accounts.toml
    new/people.toml
    new/roles/222233334444.administratoraccess.toml
    new/roles/payments-prod.administratoraccess.toml
    "#);
    insta::assert_snapshot!(fs::read_to_string(folder.path().join("new/people.toml")).unwrap(), @r#"
    # Add the line of `ssh-add -L` of each person who has no key here.

    [people."ana.pires@example.com"]
    name = 'Ana "P"\u{a}[people.evil]'

    [people."bo"]

    [groups]
    "payments-admins" = ["ana.pires@example.com"]
    # The approvers of all roles below: name them here, or name better ones in each role.
    approvers = []
    "#);
    insta::assert_snapshot!(fs::read_to_string(folder.path().join("new/roles/payments-prod.administratoraccess.toml")).unwrap(), @r#"
    # Create this role in 111122223333: IAM Identity Center keeps the one that it made for AdministratorAccess to itself.
    description = "All of it"
    requesters  = ["group:payments-admins", "person:bo"]
    approval    = "1 of group:approvers"
    max_duration = "4h"

    [aws]
    role_arn = "arn:aws:iam::111122223333:role/AdministratorAccess"
    region   = "us-east-1"
    "#);
    // An empty group of approvers is an error that check reports.
    let checked = stage::jit(folder.path(), &["policy", "check", "new"]);
    assert!(checked.code == 1 && checked.stdout.contains("impossible-gate"), "{}", checked.stdout);
    fs::write(folder.path().join("new/people.toml"), "# mine").unwrap();
    let again = import();
    assert_eq!(again.code, 2);
    assert_eq!(fs::read_to_string(folder.path().join("new/people.toml")).unwrap(), "# mine");
    for wrong in ["not json", "[1]", "{}", "{\"AccountAssignments\": 3}"] {
        fs::write(folder.path().join("wrong.json"), wrong).unwrap();
        let ran = stage::jit(folder.path(), &["policy", "import", "aws", "wrong.json"]);
        assert_eq!(ran.code, 1, "{wrong}: {}", ran.stdout);
    }
}

#[test]
fn profiles_become_roles() {
    let folder = tempfile::tempdir().unwrap();
    let config = "[default]\nregion = eu-west-1\n[profile 'Prod Admin']\nrole_arn = arn:aws:iam::111122223333:role/admin\nsource_profile = default\nregion = eu-central-1\n\
                  [profile sso]\nsso_account_id = 222233334444\nsso_role_name = ReadOnly\n[profile broken]\nrole_arn = nonsense\n\
                  [profile gov]\nsso_session = g\nsso_account_id = 333344445555\nsso_role_name = Admin\n[sso-session g]\nsso_region = us-gov-west-1\n\
                  [profile Not Read]\nrole_arn = x\n";
    fs::write(folder.path().join("config"), config).unwrap();
    let world =
        FakeWorld::new(folder.path(), &FakeClock::at("2026-03-01T10:00:00Z"), &FakeHttp::default(), 1);
    let variables = [("AWS_CONFIG_FILE", "config"), ("USER", "ana")];
    let ran = stage::run(&world, folder.path(), &["policy", "import", "profiles", "--json"], &variables);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let policy = load(&ran.stdout);
    let shown: Vec<String> =
        policy.roles().map(|role| format!("{} {} {}", role.name, role.target, role.requesters[0])).collect();
    insta::assert_snapshot!(shown.join("\n"), @"
    gov aws:arn:aws-us-gov:iam::333344445555:role/Admin?region=us-gov-west-1 person:ana
    prod-admin aws:arn:aws:iam::111122223333:role/admin?region=eu-central-1 person:ana
    sso aws:arn:aws:iam::222233334444:role/ReadOnly?region=us-east-1 person:ana
    ");
    let told = ran.stderr.replace(&folder.path().display().to_string(), "…");
    insta::assert_snapshot!(told, @r#"
    left out: the profile broken: "nonsense" is not the ARN of an IAM role, like arn:aws:iam::111122223333:role/admin
    left out: …/config:18: AWS's CLI does not read [profile Not Read]: a name with spaces needs quotes: write [profile "A NAME"]
    "#);
}

/// Answers as GitHub does, from a table of paths.
struct GitHub(BTreeMap<&'static str, String>);

#[async_trait]
impl Host for GitHub {
    async fn answer(&self, request: Request) -> Result<Response, HttpError> {
        let path = request.url.trim_start_matches("https://api.github.com");
        let found = self.0.get(path);
        Ok(Response {
            status: if found.is_some() { 200 } else { 404 },
            headers: Vec::new(),
            body: found.map_or(b"{\"message\":\"Not Found\"}".to_vec(), |text| text.clone().into_bytes()),
        })
    }
}

fn github(folder: &Path, answers: BTreeMap<&'static str, String>) -> stage::Ran {
    let http = FakeHttp::default();
    http.route("https://api.github.com", Arc::new(GitHub(answers)));
    let world = FakeWorld::new(folder, &FakeClock::at("2026-03-01T10:00:00Z"), &http, 1);
    let ran = stage::run(
        &world,
        folder,
        &["policy", "import", "github", "example", "--json"],
        &[("GITHUB_TOKEN", "t0ken")],
    );
    assert!(
        http.sent().iter().all(|request| request
            .headers
            .contains(&("authorization".to_owned(), "Bearer t0ken".to_owned())))
    );
    assert!(!ran.stdout.contains("t0ken") && !ran.stderr.contains("t0ken"));
    ran
}

#[test]
fn members_become_people_with_their_numbers_and_keys() {
    let folder = tempfile::tempdir().unwrap();
    let members = r#"[{"login":"Ana-P","id":42},{"login":"bo","id":43}]"#.to_owned();
    let keys = format!(r#"[{{"id":1,"key":"{}"}},{{"id":2,"key":"ssh-dss AAAA"}}]"#, stage::key(5));
    let answers = BTreeMap::from([
        ("/orgs/example/members?per_page=100&page=1", members),
        ("/users/Ana-P/keys", keys),
        ("/users/bo/keys", "[]".to_owned()),
    ]);
    let ran = github(folder.path(), answers);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let policy = load(&ran.stdout);
    let ana = policy.person(&"ana-p".parse().unwrap()).unwrap();
    assert_eq!((ana.github, ana.keys.len()), (Some(42), 1));
    assert!(ran.stderr.contains("a key of ana-p is left out"), "{}", ran.stderr);
    let ran = github(folder.path(), BTreeMap::new());
    assert_eq!(ran.code, 1);
    insta::assert_snapshot!(ran.stderr, @r#"
    error: GitHub answers 404 to /orgs/example/members?per_page=100&page=1
      cause: {"message":"Not Found"}
      hint: set GITHUB_TOKEN to a token that may read the organisation's members
    "#);
    let ran = stage::jit(folder.path(), &["policy", "import", "github", "../../x"]);
    assert_eq!(ran.code, 2);
}
