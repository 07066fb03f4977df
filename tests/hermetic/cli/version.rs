//! `jit version`: which build this is, whether a release has it, and whether a newer one is published.

use std::fs;
use std::sync::Arc;

use async_trait::async_trait;
use insta::assert_snapshot;
use jit::flow::program::Build;
use jit::flow::program::newer;
use jit::grant::Digest;
use jit::system::fake::Host;
use jit::system::http::HttpError;
use jit::system::http::Request;
use jit::system::http::Response;

use crate::cli::stage::Person;
use crate::cli::stage::Stage;

const PROGRAM: &[u8] = b"\x7fELF, and what a program is made of";
const GITHUB: &str = "https://api.github.com";

/// A person whose program has known bytes.
fn installed(person: &Person) -> String {
    let path = &person.world.system.files.executable;
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, PROGRAM).unwrap();
    Digest::of(PROGRAM).to_string()
}

fn file(person: &Person, name: &str, content: impl AsRef<[u8]>) -> String {
    let path = person.world.system.files.working.join(name);
    fs::write(&path, content).unwrap();
    path.display().to_string()
}

#[tokio::test]
async fn a_build_says_what_it_is() {
    let stage = Stage::new();
    let digest = installed(&stage.ana);
    let shot = stage.ana.run("version --json", &[]).await;
    assert_eq!(shot.code, 0, "{shot}");
    let shown: serde_json::Value = serde_json::from_str(&shot.stdout).unwrap();
    assert_eq!(shown["sha256"], digest);
    assert_eq!(shown["version"], env!("CARGO_PKG_VERSION"));
    assert!(shown["target"].as_str().unwrap().contains(std::env::consts::ARCH), "{shown}");
    assert!(shown.get("listed_as").is_none() && shown.get("newest").is_none(), "nobody asked: {shown}");
    let shot = stage.ana.run("version", &[]).await;
    assert!(shot.stdout.contains(&format!("sha256   {digest}")), "{shot}");
}

#[tokio::test]
async fn a_list_of_checksums_or_another_build_verifies_it() {
    let stage = Stage::new();
    let (ana, digest) = (&stage.ana, installed(&stage.ana));
    let other = Digest::of(b"another").to_string();
    let list = format!("{other}  jit_0.1.0-1_amd64.deb\n{digest}  jit-0.1.0-x86_64-linux\n");
    let list = file(ana, "SHA256SUMS", list);
    let shot = ana.run(&format!("version --verify {list}"), &[]).await;
    assert_eq!(shot.code, 0, "{shot}");
    assert!(shot.stdout.ends_with("verified: it is jit-0.1.0-x86_64-linux of that list\n"), "{shot}");
    let same = file(ana, "same", PROGRAM);
    let shot = ana.run(&format!("version --verify {same}"), &[]).await;
    assert!(shot.code == 0 && shot.stdout.ends_with("verified: the file has the same bytes\n"), "{shot}");
    let foreign = file(ana, "OTHERSUMS", format!("{other} *jit-0.1.0-x86_64-linux\n"));
    let shot = ana.run(&format!("version --verify {foreign}"), &[]).await;
    assert_eq!(shot.code, 1, "{shot}");
    let folder = ana.world.system.files.working.display().to_string();
    assert_snapshot!(shot.to_string().replace(&folder, "…").replace(&digest, "OWN"), @"
    exit 1
    --- stdout
    --- stderr
    error: this program is not in …/OTHERSUMS
      cause: no line has its SHA-256, OWN
      hint: use the list of the release that you installed; a build of your own is in no list
    ");
}

/// A list that was damaged, a file that only begins like one, nothing, and a folder: none of them verifies anything.
#[tokio::test]
async fn nothing_else_verifies_a_program() {
    let stage = Stage::new();
    let (ana, digest) = (&stage.ana, installed(&stage.ana));
    let cases: [(&str, Vec<u8>); 6] = [
        ("empty", Vec::new()),
        ("short", format!("{}  jit\n", &digest[..63]).into_bytes()),
        ("unnamed", format!("{digest}\n").into_bytes()),
        ("one-space", format!("{digest} jit\n").into_bytes()),
        ("longer", [PROGRAM, b"\0"].concat()),
        ("damaged-line", format!("{digest}  jit\nnot a line\n").into_bytes()),
    ];
    for (name, content) in cases {
        let path = file(ana, name, content);
        let shot = ana.run(&format!("version --verify {path}"), &[]).await;
        assert_eq!(shot.code, 1, "{name}: {shot}");
        assert!(!shot.stdout.contains("verified"), "{name}: {shot}");
    }
    for path in ["missing", "."] {
        let path = ana.world.system.files.working.join(path);
        let shot = ana.run(&format!("version --verify {}", path.display()), &[]).await;
        assert!(shot.code == 1 && shot.stderr.contains("the file cannot be read"), "{shot}");
    }
}

/// GitHub, which answers every question with this.
struct Answering(u16, &'static str);

#[async_trait]
impl Host for Answering {
    async fn answer(&self, request: Request) -> Result<Response, HttpError> {
        assert_eq!(request.url, format!("{GITHUB}/repos/acme/jit/releases/latest"));
        assert!(request.headers.iter().all(|(name, _)| name != "authorization"), "nothing tells who asks");
        Ok(Response { status: self.0, headers: Vec::new(), body: self.1.as_bytes().to_vec() })
    }
}

#[tokio::test]
async fn a_newer_release_is_told_when_somebody_asks() {
    let stage = Stage::new();
    let system = &stage.ana.world.system;
    let build = |version, repository| Build { version, commit: None, target: "x", repository };
    for (own, tag, is_newer) in [
        ("0.1.0", r#"{"tag_name": "v0.2.0"}"#, true),
        ("0.9.0", r#"{"tag_name": "v0.10.0", "body": "x"}"#, true),
        ("0.2.0", r#"{"tag_name": "0.2.0"}"#, false),
        ("0.2.0", r#"{"tag_name": "v0.2.0-rc.1"}"#, false),
    ] {
        stage.http.route(GITHUB, Arc::new(Answering(200, tag)));
        let found = newer::newest(system, &build(own, Some("acme/jit"))).await.unwrap();
        assert_eq!(found.is_newer, is_newer, "{own} {tag}");
        assert_eq!(found.page, format!("https://github.com/acme/jit/releases/tag/v{}", found.version));
    }
    for (status, body, words) in [
        (404, "{}", "acme/jit has no release, or is not public"),
        (403, "{}", "GitHub limits how often an address may ask"),
        (200, "<html>", "its answer is not a release"),
        (200, r#"{"tag_name": "../../\u001b[31m"}"#, "is not a version"),
        (502, "", "it answered 502"),
    ] {
        stage.http.route(GITHUB, Arc::new(Answering(status, body)));
        let failure = newer::newest(system, &build("0.1.0", Some("acme/jit"))).await.unwrap_err();
        assert!(failure.in_one_line().contains(words), "{failure:?}");
        assert!(!failure.in_one_line().contains('\u{1b}'), "{failure:?}");
    }
    let failure = newer::newest(system, &build("0.1.0", None)).await.unwrap_err();
    assert!(
        failure.in_one_line().contains("does not know where newer versions are published"),
        "{failure:?}"
    );
}
