//! `jit setup trust ROLE --format terraform`: it says what the text form says, for every place that Terraform knows.

use std::path::PathBuf;

use jit::identity::Signer;
use jit::identity::fake::TestSigner;
use jit::provider::hcl;
use jit::system::fake::FakeClock;
use jit::system::fake::FakeHttp;
use serde_json::Value;

use crate::cli::stage::Person;
use crate::cli::stage::Shot;

const HUB: &str = "via = \"arn:aws:iam::999900001111:role/team/jit-hub\"";
const PROVIDER: &str = "projects/42/locations/global/workloadIdentityPools/jit-pool/providers/jit1";
const TENANT: &str = "11111111-2222-4333-8444-555555555555";
const APP: &str = "7c1e2d3f-aaaa-4bbb-8ccc-123456789abc";
const KEYS: &str = r#"{"keys":[{"alg":"RS256","e":"AQAB","kid":"one","kty":"RSA","n":"AQ","use":"sig"}]}"#;

/// A person with a policy folder that has a role of this table.
struct Desk {
    person: Person,
    folder: PathBuf,
}

impl Desk {
    fn with(roles: &[(&str, String)]) -> Self {
        let person = Person::new(1, &FakeClock::at("2026-11-23T10:00:00Z"), &FakeHttp::default());
        let folder = person.world.system.files.working.join("access");
        let key = TestSigner::ed25519(1).public_key().to_owned();
        person.write(&folder.join("access.toml"), "version = 1\n");
        person.write(&folder.join("people.toml"), &format!("[people.ana]\nkeys = [\"{key}\"]\n"));
        for (role, table) in roles {
            let text =
                format!("requesters = [\"person:ana\"]\napproval = \"none\"\nlease = \"15m\"\n{table}");
            let text = if table.starts_with("lease") || table.starts_with("[azure]") {
                text.replacen("lease = \"15m\"\n", "", 1)
            } else {
                text
            };
            person.write(&folder.join(format!("roles/{role}.toml")), &text);
        }
        Self { person, folder }
    }

    async fn run(&self, rest: &str) -> Shot {
        let folder = self.folder.display();
        let line = format!("setup trust {rest} --policy {folder} --issuer https://jit.example.com");
        self.person.run(&line, &[]).await
    }

    async fn both(&self, rest: &str) -> (String, String) {
        let text = self.run(rest).await;
        let terraform = self.run(&format!("{rest} --format terraform")).await;
        assert_eq!((text.code, terraform.code), (0, 0), "{text}{terraform}");
        (text.stdout, terraform.stdout)
    }

    /// A document of AWS that `setup aws-trust` prints.
    async fn document(&self, rest: &str) -> Value {
        let line = format!(
            "setup aws-trust {rest} --policy {} --issuer https://jit.example.com",
            self.folder.display()
        );
        let shot = self.person.run(&line, &[]).await;
        serde_json::from_str(&shot.stdout).unwrap_or_else(|_| panic!("{shot}"))
    }
}

/// The lines of a text without their indentation.
fn flat(text: &str) -> String {
    text.lines().map(str::trim).collect::<Vec<_>>().join("\n")
}

/// Whether a document stands in Terraform's text, as `jsonencode` of the very same values.
fn has(terraform: &str, document: &Value) -> bool {
    flat(terraform).contains(&flat(&hcl::json(document)))
}

fn aws(role: &str, more: &str) -> String {
    format!(
        "[aws]\nrole_arn = \"arn:aws:iam::111122223333:role/team/{role}\"\nregion = \"eu-west-1\"\n{more}\n"
    )
}

#[tokio::test]
async fn a_role_of_aws_has_the_documents_of_its_text_form() {
    let desk = Desk::with(&[
        ("prod.db", aws("db", "")),
        ("long", format!("lease = \"2h\"\n{}", aws("long", "revoke = \"deny\""))),
        ("hubbed", aws("hubbed", HUB)),
        ("near", aws("near", "via = \"arn:aws:iam::111122223333:role/hub\"")),
        ("own", aws("own", "by = \"broker\"")),
    ]);
    let (text, terraform) = desk.both("prod.db").await;
    insta::assert_snapshot!(terraform, @r#"
    # Once for each account and issuer: leave it out where the account has it.
    resource "aws_iam_openid_connect_provider" "jit" {
      url            = "https://jit.example.com"
      client_id_list = ["sts.amazonaws.com"]
    }

    resource "aws_iam_role" "jit_prod_db" {
      name = "db"
      path = "/team/"
      assume_role_policy = jsonencode({
        Version = "2012-10-17"
        Statement = [
          {
            Effect = "Allow"
            Principal = {
              Federated = "arn:aws:iam::111122223333:oidc-provider/jit.example.com"
            }
            Action = ["sts:AssumeRoleWithWebIdentity", "sts:SetSourceIdentity"]
            Condition = {
              StringEquals = {
                "jit.example.com:aud" = "sts.amazonaws.com"
                "jit.example.com:sub" = "jit:role:prod.db"
              }
              StringLike = {
                "sts:SourceIdentity" = "?*"
              }
              Bool = {
                "sts:RoleAuthorizedByIdp" = "true"
              }
            }
          },
        ]
      })
    }
    "#);
    assert!(has(&terraform, &serde_json::from_str(&text).unwrap()));

    let (text, terraform) = desk.both("long").await;
    assert!(has(&terraform, &serde_json::from_str(&text).unwrap()));
    assert!(has(&terraform, &desk.document("long --part broker-permissions").await), "{terraform}");
    assert!(terraform.contains("max_session_duration = 7200"), "{terraform}");
    assert!(terraform.contains("resource \"aws_iam_policy\" \"jit_broker\""), "{terraform}");
    let known = desk.run("long --format terraform --principal arn:aws:iam::111122223333:user/jit").await;
    assert!(known.stdout.contains("resource \"aws_iam_user_policy\" \"jit_broker\""), "{known}");
    assert!(!known.stdout.contains("aws.broker") && known.stderr.contains("jit-revoked"), "{known}");

    for (role, is_elsewhere) in [("hubbed", true), ("near", false)] {
        let (text, terraform) = desk.both(role).await;
        assert!(has(&terraform, &serde_json::from_str(&text).unwrap()));
        for part in ["hub", "hub-permissions"] {
            assert!(has(&terraform, &desk.document(&format!("{role} --part {part}")).await), "{terraform}");
        }
        assert_eq!(terraform.matches("= aws.hub\n").count(), if is_elsewhere { 3 } else { 0 }, "{terraform}");
    }

    let own = "own --principal arn:aws:iam::999988887777:role/jit-broker";
    let (text, terraform) = desk.both(own).await;
    assert!(has(&terraform, &serde_json::from_str(&text).unwrap()));
    assert!(has(&terraform, &desk.document("own --part broker-permissions").await));
    assert!(!terraform.contains("openid_connect"), "no provider where no token is exchanged: {terraform}");
    assert_eq!(terraform.matches("= aws.broker\n").count(), 1, "{terraform}");
    let unnamed = desk.run("own --format terraform").await;
    assert!(unnamed.code == 2 && unnamed.stderr.contains("name it: `--principal ARN`"), "{unnamed}");
    let strange = desk.run("prod.db --format terraform --principal arn:aws:iam::999988887777:role/x").await;
    assert!(strange.code == 2 && strange.stderr.contains("opened with a token"), "{strange}");
}

#[tokio::test]
async fn a_cluster_has_the_objects_of_its_text_form() {
    let desk = Desk::with(&[
        (
            "groups",
            "[kubernetes]\nserver = \"https://k8s.example.com\"\naudience = \"kube-${prod}\"\ngroups = [\"a\", \"b\"]\n"
                .to_owned(),
        ),
        (
            "account",
            "[kubernetes]\nserver = \"https://k8s.example.com\"\nnamespace = \"apps\"\nservice_account = \"deployer\"\n"
                .to_owned(),
        ),
    ]);
    let (text, terraform) = desk.both("groups").await;
    let objects = objects(&text);
    let [configuration, bindings @ ..] = objects.as_slice() else { panic!("{text}") };
    assert!(
        flat(&terraform).contains(&flat(&format!("yamlencode({})", hcl::value(configuration)))),
        "{terraform}"
    );
    assert!(!terraform.contains("\"kube-${"), "nothing of the policy is a template: {terraform}");
    assert_eq!(terraform.matches("kube-$${prod}").count(), 2, "{terraform}");
    for (binding, group) in bindings.iter().zip(["jit:a", "jit:b"]) {
        assert_eq!((&binding["subjects"][0]["name"], &binding["subjects"][1]), (&group.into(), &Value::Null));
        assert_eq!(binding["roleRef"]["name"], group, "a scope without it opens less");
        assert_eq!(terraform.matches(&hcl::quoted(group)).count(), 2, "{terraform}");
    }
    assert_eq!((bindings.len(), terraform.matches("  subject {").count()), (2, 2), "{terraform}");

    let (text, terraform) = desk.both("account").await;
    let objects = self::objects(&text);
    assert_eq!((objects.len(), terraform.matches("resource \"").count()), (5, 5), "{terraform}");
    for policy in &objects[3..] {
        assert!(flat(&terraform).contains(&flat(&hcl::value(policy))), "{terraform}");
    }
    let rules = objects[1]["rules"].as_array().unwrap();
    assert_eq!(terraform.matches("  rule {").count(), rules.len());
    for (names, field) in
        rules.iter().flat_map(|rule| [("resources", &rule["resources"]), ("verbs", &rule["verbs"])])
    {
        let wanted = format!("{names} = {}", hcl::value(field));
        let terraform = terraform.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(terraform.contains(&wanted), "{wanted}: {terraform}");
    }
}

/// The objects of a manifest: JSON after comments.
fn objects(manifest: &str) -> Vec<Value> {
    let kept: Vec<&str> = manifest.lines().filter(|line| !line.starts_with('#') && *line != "---").collect();
    let read =
        serde_json::Deserializer::from_str(&kept.join("\n")).into_iter::<Value>().collect::<Result<_, _>>();
    read.unwrap_or_else(|error| panic!("{error}: {manifest}"))
}

/// The documents of a text that stand between `<<'MARK'` and `MARK`.
fn documents(text: &str, mark: &str) -> Vec<Value> {
    let begin = format!("<<'{mark}'\n");
    let parts = text.split(begin.as_str()).skip(1);
    parts
        .map(|part| serde_json::from_str(part.split(&format!("\n{mark}\n")).next().unwrap()).unwrap())
        .collect()
}

#[tokio::test]
async fn google_azure_and_a_vault_are_told_the_same_and_a_token_has_no_terraform() {
    let gcp = format!(
        "[gcp]\nservice_account = \"db-admin@prod-123456.iam.gserviceaccount.com\"\nproject = \"prod-123456\"\nprovider = \"{PROVIDER}\"\n"
    );
    let desk = Desk::with(&[
        ("google", gcp),
        (
            "secrets",
            "[vault]\naddress = \"https://vault.example.com\"\nrole = \"prod\"\nmount = \"ci\"\nnamespace = \"team\"\npolicies = [\"kv-read\"]\nrevoke_role = \"jit-revoke\"\n"
                .to_owned(),
        ),
        (
            "vm",
            format!("[azure]\ntenant = \"{TENANT}\"\nclient_id = \"{APP}\"\naudiences = [\"https://management.azure.com\"]\noverrun = \"accept\"\n"),
        ),
        ("registry", "[token]\naudience = \"registry\"\n".to_owned()),
        ("db", aws("db", "")),
    ]);
    let (text, terraform) = desk.both("google").await;
    for fact in [
        "assertion.sub == 'jit:role:google'",
        "https://jit.example.com",
        "workloadIdentityPools/jit-pool/subject/jit:role:google",
    ] {
        assert!(text.contains(fact) && terraform.contains(fact), "{fact}");
    }
    let (text, terraform) = desk.both("secrets").await;
    let server_roles: Vec<Value> = documents(&text, "ROLE");
    assert_eq!(server_roles.len(), 2, "the role, and the one by which the broker revokes: {text}");
    for (name, value) in server_roles.iter().flat_map(|facts| facts.as_object().unwrap()) {
        let shown = flat(&hcl::value(value));
        let line = |line: &str| line.trim_start().starts_with(name.as_str());
        assert!(flat(&terraform).contains(&shown) && terraform.lines().any(line), "{name}: {terraform}");
    }
    for fact in ["\"jit:revoke\"", "auth/token/revoke-accessor", "role_name               = \"jit-revoke\""] {
        assert!(terraform.contains(fact), "{fact}: {terraform}");
    }
    assert!(terraform.contains("namespace = \"team\"") && terraform.contains("\"ci\""), "{terraform}");
    let (text, terraform) = desk.both("vm").await;
    let [credential] = documents(&text, "JSON").try_into().unwrap();
    for (name, value) in credential.as_object().unwrap() {
        assert!(terraform.contains(&hcl::value(value)), "{name}: {terraform}");
    }
    assert!(terraform.contains(&format!("client_id = \"{APP}\"")), "{terraform}");
    let refused = desk.run("registry --format terraform").await;
    assert!(refused.code == 2 && refused.stderr.contains("no Terraform for token"), "{refused}");

    let good = desk.folder.join("jwks.json");
    desk.person.write(&good, KEYS);
    let (text, terraform) = desk.both(&format!("google --jwks {}", good.display())).await;
    assert!(text.contains("--jwk-json-path=jit-keys.json") && text.contains("\"kid\":\"one\""), "{text}");
    assert!(terraform.contains("jwks_json         = \"{\\\"keys\\\""), "{terraform}");
    let private = desk.folder.join("private.json");
    desk.person.write(&private, &KEYS.replace("\"use\":\"sig\"", "\"use\":\"sig\",\"d\":\"canary\""));
    let mut said = String::new();
    for rest in [
        format!("google --jwks {}", private.display()),
        "google --jwks nowhere.json".to_owned(),
        "google --jwks broker".to_owned(),
        format!("db --jwks {}", good.display()),
        "google --principal arn:aws:iam::999988887777:role/x".to_owned(),
    ] {
        let refused = desk.run(&rest).await;
        assert_eq!(refused.code, 2, "{refused}");
        assert!(!refused.to_string().contains("canary"));
        said.push_str(&refused.stderr.replace(&desk.folder.display().to_string(), "access"));
    }
    insta::assert_snapshot!(said, @"
    error: access/private.json is not the issuer's key set
      cause: the key set has a key with other members than clouds accept
      hint: name the file `.well-known/jwks.json` that `jit setup issuer` writes, or `--jwks broker`
    error: nowhere.json is not the issuer's key set
      cause: there is no such file
      hint: name the file `.well-known/jwks.json` that `jit setup issuer` writes, or `--jwks broker`
    error: there is no broker to ask for its keys
      hint: name a file: --jwks jwks.json
    error: aws takes no key set by hand: it fetches the issuer's
      hint: leave `--jwks` out
    error: google is not opened by an AWS identity of the broker's
      hint: leave `--principal` out
    ");
}
