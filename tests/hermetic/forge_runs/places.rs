//! Places other than AWS, where a repository decides: the job's own ID token opens them. Those that need an issuer of ours say why they
//! cannot be had.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::Mutex;

use jit::forge::log::JournalKey;
use jit::policy::Policy;
use jit::sandbox::Sandbox;
use jit::sandbox::SandboxAccount;
use jit::sandbox::Settings;
use jit::system::fake::CountedEntropy;
use jit::system::fake::Host;
use jit::system::fake_router::RouterHost;
use serde_json::Value;

use super::laptop::Laptop;
use super::whole::approve;
use crate::forge::hub::Hub;
use crate::forge_client::stage::Person;
use crate::places::bao::ADDRESS;
use crate::places::bao::Bao;

const GOOGLE: &str = "http://127.0.0.1:9778";
const ACCOUNT: &str = "warehouse@shop-prod-1.iam.gserviceaccount.com";
const PROVIDER: &str = "projects/42/locations/global/workloadIdentityPools/github/providers/access";

/// The role's file, with another table.
fn role(hub: &Hub, table: &str) -> String {
    let file = hub.policy("account", None).remove("roles/prod-admin.toml").unwrap();
    // Entra alone decides how long a token of Azure lives.
    let file = if table.starts_with("[azure]") { file.replace("lease = \"15m\"\n", "") } else { file };
    file.split("[sandbox]").next().unwrap().to_owned() + table
}

/// Replaces what the role opens.
fn opens(hub: &Hub, table: &str) {
    hub.write_main(&BTreeMap::from([("roles/prod-admin.toml".to_owned(), role(hub, table))]));
}

/// Asked for and approved, and waited for.
fn waited(hub: &Hub, ana: &Person) -> crate::forge_client::stage::Shot {
    let id = ana.ask("INC-42");
    approve(hub, "bo");
    approve(hub, "dee");
    ana.run(&format!("wait {id}"))
}

/// A variable of the last command that a person ran.
fn variable(person: &Person, name: &str) -> Option<String> {
    let started = person.world.processes.started.lock().unwrap();
    started.last().unwrap().environment.get(name).map(str::to_owned)
}

/// Google's side: an account that the role's job may act as, and what the provider makes of the job's subject.
fn google(hub: &Hub, subject: &str) -> Arc<Mutex<SandboxAccount>> {
    let account = Arc::new(Mutex::new(SandboxAccount::for_subject(ACCOUNT, PROVIDER, subject)));
    let listed = Arc::clone(&account);
    let settings = Settings::new(hub.github.origins().issuer, Vec::new());
    let entropy = Arc::new(CountedEntropy::seeded(78));
    let sandbox = Sandbox::new(settings, Arc::new(hub.http.clone()), Arc::new(hub.clock.clone()), entropy)
        .with_accounts(Arc::new(move || vec![listed.lock().unwrap().clone()]));
    hub.http.route(GOOGLE, Arc::new(RouterHost(sandbox.router())));
    account
}

/// The standard output of `jit ci init`, for a policy whose role opens this.
fn printed(hub: &Hub, table: &str) -> String {
    let token = BTreeMap::from([("GITHUB_TOKEN".to_owned(), hub.tokens["olga"].clone())]);
    let world = hub.shell.world(&token);
    let mut files = hub.policy("account", None);
    files.insert("roles/prod-admin.toml".to_owned(), role(hub, table));
    for (path, text) in files {
        let path = world.system.files.working.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let words = "ci init --repository acme/access --owners @acme/security --download https://example.com/jit --sha256 \
                 ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    let code = jit::run(words.split(' ').map(Into::into).collect(), &world.system);
    assert_eq!(code, 0, "{}", world.console.said());
    world.console.printed()
}

/// What stands between two texts.
fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let (_, rest) = text.split_once(before).unwrap_or_else(|| panic!("{before} is not in {text}"));
    rest.split_once(after).unwrap_or_else(|| panic!("{after} is not in {rest}")).0
}

/// The account is set up as `jit ci init` says it.
#[test]
fn google_cloud_is_opened_by_the_jobs_token() {
    let hub = Hub::new();
    let table = format!(
        "[gcp]\nservice_account = \"{ACCOUNT}\"\nproject = \"shop-prod-1\"\nprovider = \"{PROVIDER}\"\nendpoint = \"{GOOGLE}\"\n"
    );
    let told = printed(&hub, &table);
    let issuer = format!("--issuer-uri={} ", hub.github.origins().issuer);
    assert!(told.contains(&issuer) && told.contains("google.subject=assertion.environment "), "{told}");
    let account = google(&hub, between(&told, "assertion.sub == '", "'"));
    account.lock().unwrap().principal = between(&told, "/subject/", "\"").to_owned();
    opens(&hub, &table);
    let _laptop = Laptop::of(&hub, "ana");
    let ana = Person::new(&hub, "ana").logged_in();
    let minted = waited(&hub, &ana);
    assert_eq!(minted.code, 0, "{minted}");
    let used = ana.run("exec prod-admin --env -- true");
    assert_eq!(used.code, 0, "{used}");
    let token = variable(&ana, "CLOUDSDK_AUTH_ACCESS_TOKEN").unwrap();
    assert!(token.starts_with("ya29.sandbox."), "{token}");
    assert_eq!(variable(&ana, "CLOUDSDK_CORE_PROJECT").as_deref(), Some("shop-prod-1"));
    // The cloud says whose it is.
    let status = ana.run("status --verify");
    assert!(status.ok().contains(ACCOUNT), "{status}");
    let ended = ana.run("end prod-admin");
    assert!(ended.code == 0 && ended.stderr.contains("nobody can call them back"), "{ended}");
}

#[test]
fn google_cloud_refuses_the_job_of_another_role_and_a_subject_that_is_too_long() {
    let table = format!(
        "[gcp]\nservice_account = \"{ACCOUNT}\"\nproject = \"shop-prod-1\"\nprovider = \"{PROVIDER}\"\nendpoint = \"{GOOGLE}\"\n"
    );
    for (subject, expected) in [
        ("prod-reader", "attribute condition"),
        // GitHub's subject as it is, where the provider maps it unchanged.
        ("prod-admin", "127 bytes"),
    ] {
        let hub = Hub::new();
        google(&hub, &hub.subject(subject));
        opens(&hub, &table);
        let laptop = Laptop::of(&hub, "ana");
        let ana = Person::new(&hub, "ana").logged_in();
        let minted = waited(&hub, &ana);
        assert_ne!(minted.code, 0, "{minted}");
        let runs = laptop.runs();
        let logs: String = runs.iter().flat_map(|run| &run.jobs).map(|job| job.log.as_str()).collect();
        assert!(format!("{minted}{logs}").contains(expected), "{expected}: {minted}\n{logs}");
        assert_ne!(ana.run("exec prod-admin --env -- true").code, 0);
    }
}

/// Entra takes the workflow's subject as it is.
#[test]
fn the_trust_of_azure_is_the_jobs_subject() {
    let hub = Hub::new();
    let id = "7c1e2d3f-aaaa-4bbb-8ccc-123456789abc";
    let told = printed(
        &hub,
        &format!(
            "[azure]\ntenant = \"{id}\"\nclient_id = \"{id}\"\naudiences = [\"https://graph.microsoft.com\"]\noverrun = \"accept\"\n"
        ),
    );
    let credential: Value = serde_json::from_str(between(&told, "<<'JSON'\n", "\nJSON")).unwrap();
    assert_eq!(credential["subject"], hub.subject("prod-admin").as_str());
    assert_eq!(credential["issuer"], hub.github.origins().issuer.as_str());
}

#[test]
fn openbao_is_opened_by_the_jobs_token() {
    let hub = Hub::new();
    let table = format!("[vault]\naddress = \"{ADDRESS}\"\nrole = \"prod\"\npolicies = [\"kv-read\"]\n");
    let told = printed(&hub, &table);
    let facts: Value = serde_json::from_str(between(&told, "<<'ROLE'\n", "\nROLE")).unwrap();
    // GitHub's tokens have none of jit's own claims, and a sign-in fails where a mapped one is missing.
    assert!(facts.get("claim_mappings").is_none(), "{facts}");
    let bao = Arc::new(Bao::new("prod", facts["bound_subject"].as_str().unwrap()));
    hub.http.route(ADDRESS, Arc::clone(&bao) as Arc<dyn Host>);
    opens(&hub, &table);
    let _laptop = Laptop::of(&hub, "ana");
    let ana = Person::new(&hub, "ana").logged_in();
    let minted = waited(&hub, &ana);
    assert_eq!(minted.code, 0, "{minted}");
    let used = ana.run("exec prod-admin --env -- true");
    assert_eq!(used.code, 0, "{used}");
    let token = variable(&ana, "VAULT_TOKEN").unwrap();
    let child = bao.tokens.lock().unwrap()[&token].clone();
    assert!(child.parent.is_some(), "the requester gets the child, and nobody its parent");
    assert_eq!(child.policies, ["default", "kv-read"]);
    assert_eq!(child.meta["jit_person"], "ana");
    // The job's own token, for this server and no other.
    let claims: Value = bao.claims.lock().unwrap().last().cloned().unwrap();
    assert_eq!(claims["iss"], hub.github.origins().issuer.as_str());
    assert_eq!(
        (claims["aud"].as_str(), claims["sub"].as_str()),
        (Some(ADDRESS), Some(hub.subject("prod-admin").as_str()))
    );
    // The requester's own end takes it back.
    let ended = ana.run("end prod-admin");
    assert!(ended.code == 0 && ended.stderr.contains("the token was revoked at server"), "{ended}");
    assert!(!bao.tokens.lock().unwrap().contains_key(&token));
    // The job of another role signs in to nothing.
    bao.role.lock().unwrap().subject = hub.subject("prod-reader");
    let before = bao.children().len();
    let refused = waited(&hub, &ana);
    assert_ne!(refused.code, 0, "{refused}");
    assert_eq!(bao.children().len(), before);
}

#[test]
fn what_needs_an_issuer_or_an_identity_of_ours_says_why_it_is_not_from_github() {
    for (table, expected) in [
        ("[token]\naudience = \"https://registry.example.com\"\n", "none with a role's claims and end"),
        (
            "[kubernetes]\nserver = \"https://k8s.example.com\"\naudience = \"kube\"\ngroups = [\"admins\"]\n",
            "none with groups of a cluster",
        ),
        (
            "[aws]\nrole_arn = \"arn:aws:iam::111122223333:role/prod\"\nregion = \"eu-west-1\"\nby = \"broker\"\n",
            "a broker's own AWS identity opens it",
        ),
        (
            "[vault]\naddress = \"https://vault.example.com\"\nrole = \"prod\"\nrevoke_role = \"jit-revoke\"\n",
            "GitHub does not revoke tokens when access ends early",
        ),
    ] {
        let hub = Hub::new();
        opens(&hub, table);
        // Whoever checks the policy reads it, and so does whoever looks at the whole set-up.
        let olga = Person::new(&hub, "olga");
        let whole = olga.run("doctor github:acme/access");
        let told = format!("{}{}", whole.stdout, whole.stderr);
        assert!(
            told.split_whitespace().collect::<Vec<_>>().join(" ").contains(expected),
            "{expected}: {whole}"
        );
        let public = JournalKey::read(&hub.key).unwrap().public_text();
        let mut files = hub.policy("account", Some(&public));
        files.insert("roles/prod-admin.toml".to_owned(), role(&hub, table));
        let files = files.into_iter().map(|(path, text)| (path, text.into_bytes())).collect();
        let policy = Policy::compile(files).unwrap();
        let lints: Vec<String> =
            policy.lints().iter().map(|lint| format!("{} {}", lint.name, lint.problem.message)).collect();
        assert!(
            lints.iter().any(|lint| lint.starts_with("not-from-github") && lint.contains(expected)),
            "{lints:?}"
        );
        if table.starts_with("[vault]") {
            continue;
        }
        let ana = Person::new(&hub, "ana").logged_in();
        let asked = ana.words(&["request", "prod-admin", "--reason", "INC-42", "--no-wait", "-y"], &[]);
        asked.failed(5, &[expected]);
    }
}
