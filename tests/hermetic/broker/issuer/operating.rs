//! The commands for the operator of an issuer: `jit setup issuer`, `jit doctor`, `jit serve --check` and `jit setup aws-trust`.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::Behaviour;
use super::ISSUER;
use super::Stage;
use crate::broker::world::AUTHORITY;
use crate::cli::stage::Person;

/// An operator of the broker, not logged in. Their settings name it.
fn operator(stage: &Stage) -> Person {
    let person = Person::new(7, &stage.world.clock, &stage.world.http);
    let path = person.world.system.files.config.join("config.toml");
    person.write(&path, &format!("[authority]\nurl = \"{AUTHORITY}\"\n"));
    person
}

fn read(person: &Person, path: &str) -> String {
    fs::read_to_string(person.world.system.files.working.join(path)).unwrap()
}

#[tokio::test]
async fn the_documents_come_from_the_broker_and_are_what_the_host_must_serve() {
    let stage = Stage::start(false).await;
    let person = operator(&stage);
    let shot = person.run("setup issuer site", &[]).await;
    assert_eq!((shot.code, shot.stdout.as_str()), (0, ""), "{shot}");
    insta::assert_snapshot!(shot.stderr, @r"
    site/.well-known/jwks.json is written
    site/.well-known/openid-configuration is written
    Serve site so that everybody can read these, without a login or a redirect:
      https://jit-issuer.example.com/.well-known/openid-configuration
      https://jit-issuer.example.com/.well-known/jwks.json
    both with Content-Type: application/json and Cache-Control: public, max-age=300.
    A bucket:      aws s3 cp site/.well-known s3://BUCKET/.well-known --recursive --content-type application/json --cache-control 'public, max-age=300'
    GitHub Pages:  also publish an empty file .nojekyll beside .well-known, or Pages leaves the folder out. It cannot set the content type, which some clouds may mind.
    Then start the broker with --issuer https://jit-issuer.example.com; `jit doctor` compares what the host serves.
    Do this again when a new key waits, every 90 days: /readyz and the broker's log say so. `jit serve --issuer-dir site` writes the files itself.
    ");
    let (discovery, keys) = stage.originals().await;
    assert_eq!(read(&person, "site/.well-known/openid-configuration"), format!("{discovery}\n"));
    assert_eq!(read(&person, "site/.well-known/jwks.json"), format!("{keys}\n"));
    stage.host_is(Behaviour::Copies(
        read(&person, "site/.well-known/openid-configuration"),
        read(&person, "site/.well-known/jwks.json"),
    ));
    stage.pass(60);
    assert_eq!(stage.mint().await.status(), 201);
    let again = person.run("setup issuer site", &[]).await;
    assert!(again.code == 0 && again.stderr.starts_with("the documents in site need no change\n"), "{again}");
    let printed = person.run("setup issuer --print-keys", &[]).await;
    assert_eq!((printed.code, printed.stdout), (0, format!("{keys}\n")));
    assert_eq!(printed.stderr, "");
}

#[tokio::test]
async fn the_documents_come_from_the_keys_on_the_brokers_machine() {
    let stage = Stage::start(false).await;
    let person = operator(&stage);
    let (discovery, keys) = stage.originals().await;
    let root = stage.world.folder.path().display();
    let settings = format!("keys = \"{root}/keys\"\nurl = \"{AUTHORITY}\"\nissuer = \"{ISSUER}\"\n");
    let file = person.world.system.files.working.join("broker.toml");
    fs::write(&file, settings).unwrap();
    #[cfg(unix)]
    fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    stage.world.http.unroute(AUTHORITY);
    for (folder, flags) in [
        ("a", format!("--keys {root}/keys --issuer {ISSUER}")),
        ("b", "--config broker.toml".to_owned()),
        ("c", format!("--config broker.toml --keys {root}/keys")),
    ] {
        let shot = person.run(&format!("setup issuer {folder} {flags}"), &[]).await;
        assert_eq!(shot.code, 0, "{shot}");
        let at = |name: &str| read(&person, &format!("{folder}/.well-known/{name}"));
        assert_eq!(at("openid-configuration"), format!("{discovery}\n"));
        assert_eq!(at("jwks.json"), format!("{keys}\n"));
    }
    // The private keys stay where they are.
    for entry in ["a", "b", "c"] {
        let names = fs::read_dir(person.world.system.files.working.join(entry)).unwrap().count();
        assert_eq!(names, 1);
    }
    for (flags, told) in [
        (format!("--keys {root}/keys"), "the issuer's address is not known"),
        (format!("--keys {root}/none --issuer {ISSUER}"), "start the broker once"),
        (format!("--data {root}/none --issuer {ISSUER}"), "none/keys/issuer"),
        (format!("--keys {root}/keys --issuer http://jit-issuer.example.com"), "cannot be the issuer"),
        (format!("--keys {root}/keys --url {AUTHORITY}"), "cannot be used with"),
    ] {
        let shot = person.run(&format!("setup issuer d {flags}"), &[]).await;
        assert!(shot.code != 0 && shot.stderr.contains(told), "{flags}: {shot}");
        assert!(!person.world.system.files.working.join("d").exists(), "{flags}");
    }
    assert!(!Path::new(&format!("{root}/none")).exists(), "reading makes no key");
}

#[tokio::test]
async fn what_belongs_to_somebody_else_is_not_written_over() {
    let stage = Stage::start(false).await;
    let person = operator(&stage);
    let path = person.world.system.files.working.join("site/.well-known/openid-configuration");
    person.write(&path, "{\"issuer\":\"https://login.example.com\"}");
    let shot = person.run("setup issuer site", &[]).await;
    assert!(shot.code == 5 && shot.stderr.contains("another issuer: https://login.example.com"), "{shot}");
    assert!(shot.stderr.contains("hint: name another folder"), "{shot}");
    assert!(fs::read_to_string(&path).unwrap().contains("login.example.com"));
    fs::write(&path, "<html>").unwrap();
    let shot = person.run("setup issuer site", &[]).await;
    assert!(shot.code == 1 && shot.stderr.contains("is not replaced"), "{shot}");
    // The operator prepares a move, so the broker's word differs from theirs.
    let shot = person.run("setup issuer moved --issuer https://new.example.com", &[]).await;
    assert!(shot.code == 0 && shot.stderr.contains(&format!("still name the issuer {ISSUER}")), "{shot}");
    assert!(
        read(&person, "moved/.well-known/openid-configuration")
            .contains("https://new.example.com/.well-known/jwks.json")
    );
    // A proxy answers for the broker.
    let html = "<html>sign in</html>";
    stage.host_is(Behaviour::Says(200, "text/html", html));
    let shot = person.run(&format!("setup issuer other --url {ISSUER}"), &[]).await;
    assert!(shot.code == 1 && shot.stderr.contains("the discovery document is not JSON"), "{shot}");
    stage.host_is(Behaviour::Copies(
        stage.originals().await.0,
        "{\"keys\":[{\"kty\":\"RSA\",\"d\":\"canary\"}]}".to_owned(),
    ));
    let shot = person.run(&format!("setup issuer other --url {ISSUER}"), &[]).await;
    assert!(shot.code == 1 && shot.stderr.contains("other members than clouds accept"), "{shot}");
    assert!(!person.world.system.files.working.join("other").exists());
    let shot = person.run("setup issuer", &[]).await;
    assert!(shot.code == 2 && shot.stderr.contains("--print-keys"), "{shot}");
    fs::remove_file(person.world.system.files.config.join("config.toml")).unwrap();
    let shot = person.run("setup issuer site", &[]).await;
    assert!(shot.code == 2 && shot.stderr.contains("no broker is known"), "{shot}");
}

/// The rows of `jit doctor` about the issuer.
async fn rows(person: &Person) -> Vec<String> {
    let shot = person.run("doctor --json", &["n"]).await;
    let findings: Vec<Value> = serde_json::from_str(&shot.stdout).unwrap();
    let own = findings.into_iter().filter(|finding| finding["part"] == "issuer");
    own.map(|finding| {
        let text = |name: &str| finding[name].as_str().unwrap_or_default().to_owned();
        format!("{} {} | {}", text("verdict"), text("found"), text("mend"))
    })
    .collect()
}

#[tokio::test]
async fn doctor_fetches_both_documents_and_says_what_differs() {
    let stage = Stage::start(true).await;
    stage.ready().await;
    let person = operator(&stage);
    assert_eq!(rows(&person).await, [format!("ok {ISSUER} serves the broker's documents, with 1 key | ")]);
    let (discovery, keys) = stage.originals().await;
    let kid = stage.kids().await.remove(0);
    let mend =
        "publish the broker's documents there again: `jit setup issuer DIR`, or `jit serve --issuer-dir DIR`";
    for (behaviour, told) in [
        (
            Behaviour::Says(302, "text/html", ""),
            vec![format!(
                "problem {ISSUER}/.well-known/openid-configuration cannot be read: the host redirects to https://evil.example/, and clouds need not follow | {mend}"
            )],
        ),
        (
            Behaviour::Slow,
            vec![format!(
                "problem {ISSUER}/.well-known/openid-configuration cannot be read: jit-issuer.example.com did not answer in time | {mend}"
            )],
        ),
        (
            Behaviour::Copies(
                discovery.replace(&format!("\"{ISSUER}\""), &format!("\"{ISSUER}/\"")),
                keys.clone(),
            ),
            vec![format!(
                "problem {ISSUER}: its discovery document has issuer \"{ISSUER}/\" instead of \"{ISSUER}\" | {mend}"
            )],
        ),
        (
            Behaviour::Copies(discovery.clone(), "{\"keys\":[{\"kid\":\"evil\"}]}".to_owned()),
            vec![
                format!("problem {ISSUER}: it does not serve the key {kid} | {mend}"),
                format!(
                    "problem {ISSUER}: it serves the key evil, which is not the broker's | remove the key there unless it is an old one of the broker's, and see who can write there: whoever holds it can sign as the broker"
                ),
            ],
        ),
        (
            Behaviour::Copies(discovery.clone(), keys.replace("\"kty\"", "\"x5c\":[],\"kty\"")),
            vec![format!("problem {ISSUER}: it serves another key as {kid}, which differs in x5c | {mend}")],
        ),
    ] {
        stage.host_is(behaviour);
        assert_eq!(rows(&person).await, told);
    }
    stage.host_is(Behaviour::Typed("text/plain"));
    let found = rows(&person).await;
    assert!(found.len() == 3 && found[0].starts_with("ok ") && found[1].starts_with("note "), "{found:?}");
}

#[tokio::test]
async fn serve_says_and_checks_the_issuer() {
    let stage = Stage::start(false).await;
    let person = operator(&stage);
    assert_eq!(person.run("policy init access --as lead", &[]).await.code, 0);
    let serve = format!("serve --check --policy access --url {AUTHORITY}");
    let shot = person.run(&serve, &[]).await;
    assert!(shot.code == 0 && !shot.stderr.contains("issuer"), "{shot}");
    let shot = person.run(&format!("{serve} --issuer {ISSUER}"), &[]).await;
    let line =
        format!("issuer   {ISSUER} (that clouds trust); publish its documents with `jit setup issuer`\n");
    assert!(shot.code == 0 && shot.stderr.contains(&line), "{shot}");
    let shot = person.run(&format!("{serve} --issuer {ISSUER} --issuer-dir /srv/issuer"), &[]).await;
    assert!(shot.code == 0 && shot.stderr.contains("its documents are in /srv/issuer\n"), "{shot}");
    for (flags, told) in [
        ("--issuer-dir /srv/issuer".to_owned(), "the broker serves them itself"),
        (format!("--issuer {AUTHORITY} --issuer-dir /srv/issuer"), "the broker serves them itself"),
        ("--issuer http://jit-issuer.example.com".to_owned(), "plain http is only for this machine"),
        ("--issuer https://a@b.example".to_owned(), "cannot be the issuer"),
        ("--issuer https://JIT.example.com:443/x?y".to_owned(), "cannot be the issuer"),
    ] {
        let shot = person.run(&format!("{serve} {flags}"), &[]).await;
        assert!(shot.code == 2 && shot.stderr.contains(told), "{flags}: {shot}");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let file = person.world.system.files.working.join("access/people.toml");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o666)).unwrap();
        let shot = person.run(&serve, &[]).await;
        let told = "people.toml (mode 0666): `chmod o-w` it";
        assert!(shot.code == 1 && shot.stderr.contains(told), "{shot}");
    }
}

#[tokio::test]
async fn a_trust_policy_names_the_issuer_and_not_the_broker() {
    let stage = Stage::start(false).await;
    let person = operator(&stage);
    let policy = stage.world.folder.path().join("policy");
    let line = format!("setup aws-trust prod --policy {}", policy.display());
    for flags in ["", " --issuer https://jit-issuer.example.com", " --url https://jit-issuer.example.com"] {
        let shot = person.run(&format!("{line}{flags}"), &[]).await;
        assert_eq!(shot.code, 0, "{shot}");
        assert!(shot.stdout.contains("oidc-provider/jit-issuer.example.com\""), "{shot}");
        assert!(
            shot.stdout.contains("jit-issuer.example.com:sub") && !shot.stdout.contains("jit.example.com"),
            "{shot}"
        );
        assert!(shot.stderr.contains(&format!("--url '{ISSUER}'")), "{shot}");
    }
    stage.world.http.unroute(AUTHORITY);
    let shot = person.run(&line, &[]).await;
    assert!(shot.code == 1 && shot.stderr.contains("does not say which issuer clouds must trust"), "{shot}");
    assert!(shot.stderr.contains("--issuer https://"), "{shot}");
    let both = person.run(&format!("{line} --issuer {ISSUER} --url {AUTHORITY}"), &[]).await;
    assert_eq!(both.code, 2, "{both}");
}
