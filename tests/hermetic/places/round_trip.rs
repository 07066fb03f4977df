//! Asked, approved, used and ended: a token, OpenBao, and both beside the sandbox cloud in one command.

use std::sync::Arc;

use data_encoding::BASE64URL_NOPAD;
use insta::assert_snapshot;
use jit::system::processes::Output;
use serde_json::Value;
use serde_json::json;

use super::bao::ADDRESS;
use super::bao::Bao;
use crate::cli::real::BROKER;
use crate::cli::real::Team;
use crate::cli::stage::Person;
use crate::support::watched_log;

const COMMON: &str =
    "requesters = [\"group:dev\"]\napproval = \"1 of group:sre\"\nreason = \"optional\"\nlease = \"1h\"\n";

/// A team whose policy has a role of each place.
pub async fn team() -> (Team, Arc<Bao>) {
    let registry = format!(
        "{COMMON}[token]\naudience = \"https://registry.example.com\"\nclaims = {{ groups = [\"pushers\"], admin = true }}\n\
         [scopes.pull]\nclaims = {{ groups = [\"pullers\"] }}\n"
    );
    let secrets = format!(
        "{COMMON}[vault]\naddress = \"{ADDRESS}\"\nrole = \"prod\"\npolicies = [\"kv-read\", \"kv-write\"]\n\
         [scopes.read]\npolicies = [\"kv-read\"]\n"
    );
    let team = Team::with(
        "",
        &[("roles/registry.toml", registry.as_str()), ("roles/secrets.toml", secrets.as_str())],
    )
    .await;
    let bao = Arc::new(Bao::new("prod", "jit:role:secrets"));
    team.http.route(ADDRESS, Arc::clone(&bao) as Arc<dyn jit::system::fake::Host>);
    (team, bao)
}

/// Ana gets the role, or a scope of it.
pub async fn get(team: &Team, role: &str, more: &[&str]) {
    let words = [&["request", role, "-y", "--no-wait", "--reason", "INC-1"], more].concat();
    let asked = team.ana.run_words(&words, &[]).await;
    assert_eq!(asked.code, 0, "{asked}");
    let approved = team.bo.approve("").await;
    assert_eq!(approved.code, 0, "{approved}");
}

/// A variable of the last command that a person ran.
pub fn variable(person: &Person, name: &str) -> Option<String> {
    let started = person.world.processes.started.lock().unwrap();
    started.last().unwrap().environment.get(name).map(str::to_owned)
}

/// The claims of a JWT.
pub fn claims(token: &str) -> Value {
    let payload = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&BASE64URL_NOPAD.decode(payload.as_bytes()).unwrap()).unwrap()
}

#[tokio::test]
async fn a_token_is_asked_for_and_used() {
    let (mut team, _) = team().await;
    let asked = team.ana.run("request registry -y --no-wait --reason INC-1", &[]).await;
    assert_snapshot!(asked.stderr, @r#"
    registry: a token for https://registry.example.com with {"admin":true,"groups":["pushers"]} (token)
      for       1h (at most 8h)
      reason  | INC-1
      approval  1 of group:sre (bo)
      less      --scope pull  [1 of group:sre]
    asked for registry: request 5XEBXHRK47
    nobody was told: the policy names no place; ask bo to type: jit approve 5XEBXHRK47
    "#);
    let approved = team.bo.approve("").await;
    assert!(approved.stderr.contains("a token for https://registry.example.com with"), "{approved}");
    let ran = team.ana.run("exec registry -- true", &[]).await;
    assert_eq!(ran.code, 0, "{ran}");
    let token = variable(&team.ana, "JIT_TOKEN").unwrap();
    let mut claims = claims(&token);
    let mut taken = |name: &str| claims.as_object_mut().unwrap().remove(name).unwrap();
    assert!(taken("jti").is_string() && taken("jit_request").is_string());
    assert_eq!(taken("exp").as_i64().unwrap() - taken("iat").as_i64().unwrap(), 3600);
    assert_eq!(
        claims,
        json!({
            "iss": BROKER, "sub": "jit:role:registry", "aud": "https://registry.example.com",
            "jit_person": "ana", "jit_role": "registry", "admin": true, "groups": ["pushers"],
        })
    );
    // Programs get it without a person.
    let printed = team.ana.run("credentials registry --format token", &[]).await;
    assert_eq!(printed.stdout.trim(), token);
    let json: Value =
        serde_json::from_str(&team.ana.run("credentials registry --format json", &[]).await.stdout).unwrap();
    assert_eq!(
        (json["cloud"].as_str(), json["audience"].as_str()),
        (Some("token"), Some("https://registry.example.com"))
    );
    let aws = team.ana.run("credentials registry --format aws", &[]).await;
    assert!(
        aws.code == 2 && aws.stderr.contains("registry opens token, whose credentials have no such form"),
        "{aws}"
    );
    let status = team.ana.run("status --verify", &[]).await;
    assert!(status.stdout.contains("registry") && status.stdout.contains("jit:role:registry"), "{status}");
    let console = team.ana.run("console registry --print", &[]).await;
    assert!(console.code != 0 && console.stderr.contains("a token opens no web page by itself"), "{console}");
    team.stop().await;
}

#[tokio::test]
async fn a_scope_of_a_token_has_its_own_claims() {
    let (mut team, _) = team().await;
    get(&team, "registry", &["--scope", "pull"]).await;
    assert_eq!(team.ana.run("exec registry -- true", &[]).await.code, 0);
    let claims = claims(&variable(&team.ana, "JIT_TOKEN").unwrap());
    assert_eq!((claims["groups"].to_string(), claims.get("admin")), (r#"["pullers"]"#.to_owned(), None));
    team.stop().await;
}

/// A server whose `token_ttl` is shorter than the lease ends the child with its parent: the lease ends then too, and the command is told.
#[tokio::test]
async fn a_server_that_gives_less_time_ends_the_lease() {
    let (mut team, bao) = team().await;
    bao.role.lock().unwrap().ttl = 600;
    get(&team, "secrets", &[]).await;
    let log = watched_log::listen();
    let ran = team.ana.run("exec secrets -- true", &[]).await;
    assert_eq!(ran.code, 0, "{ran}");
    assert!(ran.stderr.contains("keep the first token of secrets, until "), "{ran}");
    assert_eq!(bao.children()[0].1.ttl, 600);
    // Libraries would act as the person without a token in the variables.
    let environment = team.ana.world.supervisor.started.lock().unwrap().last().unwrap().environment.clone();
    for name in ["BAO_TOKEN", "VAULT_TOKEN"] {
        assert_eq!(environment.get(name), Some(bao.children()[0].0.as_str()), "{name}");
    }
    assert!(environment.get("VAULT_TOKEN_FILE").is_some());
    let said = ["auth/jwt/role/prod to the lease", "given_seconds=600"];
    assert!(log.text().lines().any(|line| said.iter().all(|said| line.contains(said))));
    team.stop().await;
}

#[tokio::test]
async fn a_token_of_openbao_is_a_child_that_ends_with_the_lease() {
    let (mut team, bao) = team().await;
    get(&team, "secrets", &["--scope", "read"]).await;
    let ran = team.ana.run("exec secrets -- true", &[]).await;
    assert_eq!(ran.code, 0, "{ran}");
    let token = variable(&team.ana, "VAULT_TOKEN").unwrap();
    assert_eq!(variable(&team.ana, "BAO_TOKEN").as_deref(), Some(token.as_str()));
    assert_eq!(variable(&team.ana, "VAULT_ADDR").as_deref(), Some(ADDRESS));
    let children = bao.children();
    let [(id, child)] = children.as_slice() else { panic!("{children:?}") };
    assert_eq!(*id, token, "the requester gets the child, and nobody its parent");
    assert_eq!((child.ttl, child.renewable), (3600, false));
    assert_eq!(child.policies, ["default", "kv-read"]);
    assert_eq!(
        (child.meta["jit_person"].as_str(), child.meta["jit_role"].as_str()),
        (Some("ana"), Some("secrets"))
    );
    let sent = bao.claims.lock().unwrap()[0].clone();
    assert_eq!((sent["aud"].as_str(), sent["sub"].as_str()), (Some(ADDRESS), Some("jit:role:secrets")));
    assert_eq!(sent["exp"].as_i64().unwrap() - sent["iat"].as_i64().unwrap(), 60);
    // Its end takes it back at the server.
    let ended = team.ana.run("end secrets", &[]).await;
    assert!(ended.stderr.contains("the token was revoked at server https://vault.example.com"), "{ended}");
    assert!(
        ended
            .stderr
            .contains("tokens that were handed out before that one, if there are any, stay valid until"),
        "{ended}"
    );
    assert!(!ended.stderr.contains("AWS"), "{ended}");
    assert!(bao.children().is_empty());
    team.stop().await;
}

#[tokio::test]
async fn one_command_uses_three_places() {
    let (mut team, _) = team().await;
    for role in ["registry", "secrets"] {
        get(&team, role, &[]).await;
    }
    let asked = team.ana.run("request orders-admin -y --no-wait --reason INC-1 --for 30m", &[]).await;
    assert_eq!(asked.code, 0, "{asked}");
    assert_eq!(team.bo.approve("").await.code, 0);
    let ran = team.ana.run("exec orders-admin registry secrets -- true", &[]).await;
    assert_eq!(ran.code, 0, "{ran}");
    for name in ["AWS_ACCESS_KEY_ID", "JIT_TOKEN", "VAULT_TOKEN"] {
        assert!(variable(&team.ana, name).is_some(), "{name}");
    }
    assert_eq!(variable(&team.ana, "JIT_GRANT").as_deref(), Some("orders-admin"));
    team.stop().await;
}

/// `jit doctor` asks the vault who the token is, and says of a token that nobody is asked.
#[tokio::test]
async fn each_place_says_who_the_credentials_are() {
    let (mut team, _) = team().await;
    for role in ["registry", "secrets"] {
        get(&team, role, &[]).await;
    }
    assert_eq!(team.ana.run("exec registry secrets -- true", &[]).await.code, 0);
    let doctor = team.ana.run("doctor --json", &[]).await;
    let findings: Value = serde_json::from_str(&doctor.stdout).unwrap();
    let own = findings.as_array().unwrap().iter().filter(|finding| finding["part"] == "access");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut found: Vec<String> =
        own.map(|finding| format!("{}: {}", text(&finding["verdict"]), text(&finding["found"]))).collect();
    found.sort();
    assert_snapshot!(found.join("\n"), @"
    note: registry: the credentials are jit:role:registry (by the token's own word: its audience is asked nothing)
    ok: secrets: server https://vault.example.com says token-jit-4XA4JCXBJ9 of ana
    ");
    team.stop().await;
}

/// A served command finds its tokens in files, and they were not looked for.
#[tokio::test]
async fn a_served_command_learns_whose_its_tokens_are() {
    let (mut team, _) = team().await;
    for role in ["registry", "secrets"] {
        get(&team, role, &[]).await;
    }
    assert_eq!(team.ana.run("exec registry secrets -- true", &[]).await.code, 0);
    let started = team.ana.world.processes.started.lock().unwrap().pop().unwrap();
    let mut environment = started.environment;
    for name in ["JIT_TOKEN", "BAO_TOKEN"] {
        let file = team.ana.world.system.files.home.join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, format!("{}\n", environment.get(name).unwrap())).unwrap();
        environment.set(format!("{name}_FILE").as_str(), file.as_os_str());
        environment.remove(name);
    }
    environment.remove("VAULT_TOKEN");
    team.ana.world.system.environment = environment.clone();
    let whoami = team.ana.run("whoami --cloud", &[]).await;
    assert_snapshot!(whoami, @"
    exit 0
    --- stdout
    jit:role:registry
      audience  https://registry.example.com
      note      by the token's own word: its audience is asked nothing
    token-jit-4XA4JCXBJ9 of ana
      server    https://vault.example.com
    --- stderr
    ");
    environment.set("VAULT_TOKEN_FILE", environment.get("BAO_TOKEN_FILE").unwrap().to_owned().as_str());
    environment.remove("BAO_TOKEN_FILE");
    environment.set("JIT_TOKEN_FILE", "/nowhere");
    team.ana.world.system.environment = environment;
    let whoami = team.ana.run("whoami --cloud --json", &[]).await;
    assert!(whoami.stdout.contains("token-jit-") && !whoami.stdout.contains("registry"), "{whoami}");
    team.stop().await;
}

/// A provider of Google's that lets in more than the role is found by somebody who may read it, with their own gcloud.
#[tokio::test]
async fn a_wider_provider_is_found_with_the_persons_own_gcloud() {
    let google = format!(
        "{COMMON}[gcp]\nservice_account = \"db-admin@shop-123456.iam.gserviceaccount.com\"\nproject = \"shop-123456\"\n\
         provider = \"projects/42/locations/global/workloadIdentityPools/jit-pool/providers/jit1\"\n"
    );
    let mut team = Team::with("", &[("roles/warehouse.toml", google.as_str())]).await;
    let output =
        |code: i32, stdout: &str, stderr: &str| Output { code, stdout: stdout.into(), stderr: stderr.into() };
    let provider = |condition: &str| {
        json!({ "attributeCondition": condition, "attributeMapping": { "google.subject": "assertion.sub" } })
            .to_string()
    };
    let mut said = String::new();
    for answer in [
        output(0, &provider("assertion.sub == 'jit:role:warehouse'"), ""),
        output(0, &provider(""), ""),
        output(0, &provider("true"), ""),
        output(1, "", "ERROR: (gcloud.iam) PERMISSION_DENIED: Permission 'x' denied"),
    ] {
        // The first child is the one that looks for this machine.
        let outputs = [output(0, "", ""), answer];
        team.ana.world.processes.outputs.lock().unwrap().extend(outputs);
        let doctor = team.ana.run("doctor --json --forbidden-path", &[]).await;
        let findings: Value = serde_json::from_str(&doctor.stdout).unwrap();
        let pool =
            findings.as_array().unwrap().iter().find(|finding| finding["part"] == "pool").unwrap().clone();
        said.push_str(&format!("{} {} | {}\n", pool["verdict"], pool["found"], pool["mend"]));
    }
    assert_snapshot!(said, @r#"
    "ok" "projects/42/locations/global/workloadIdentityPools/jit-pool/providers/jit1 takes its roles and no others" | null
    "problem" "projects/42/locations/global/workloadIdentityPools/jit-pool/providers/jit1: it has no condition, so it takes every subject of its issuer" | "compare it with `jit setup trust warehouse`"
    "note" "projects/42/locations/global/workloadIdentityPools/jit-pool/providers/jit1: jit cannot read its condition: \"true\"" | "compare it with `jit setup trust warehouse`"
    "note" "projects/42/locations/global/workloadIdentityPools/jit-pool/providers/jit1 cannot be read with your own gcloud: ERROR: (gcloud.iam) PERMISSION_DENIED: Permission 'x' denied" | "somebody with iam.workloadIdentityPoolProviders.get can run this"
    "#);
    let started = team.ana.world.processes.started.lock().unwrap().last().unwrap().clone();
    assert_eq!((started.program.to_str(), started.arguments[3].to_str()), (Some("gcloud"), Some("describe")));
    // Nobody's gcloud is started without the flag.
    let before = team.ana.world.processes.started.lock().unwrap().len();
    let doctor = team.ana.run("doctor --json", &[]).await;
    assert!(doctor.stdout.contains("were not read"), "{doctor}");
    assert_eq!(team.ana.world.processes.started.lock().unwrap().len(), before + 1);
    team.stop().await;
}
