//! The policy over HTTP: the program follows a branch that git's own http-backend serves, notified by a webhook that
//! the reference library signed.

use std::fs;
use std::io::Read;
use std::io::Write;
use std::net::TcpStream;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;

use serde_json::json;

use crate::peers::peer::Peer;
use crate::peers::peer::status_of;
use crate::peers::script::ask;
use crate::peers::script::run;
use crate::peers::tool;
use crate::support::ports::free_ports;

/// 24 bytes that belong to nobody.
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

fn git(folder: &Path, arguments: &[&str]) {
    let mut command = Command::new("git");
    command
        .current_dir(folder)
        .args(["-c", "user.name=Ana", "-c", "user.email=ana@example.com", "-c", "init.defaultBranch=main"])
        .args(arguments)
        .env("GIT_CONFIG_GLOBAL", "/dev/null");
    run(&mut command, b"").ok();
}

fn push(work: &Path, hours: u32) {
    fs::create_dir_all(work.join("roles")).unwrap();
    fs::write(work.join("access.toml"), "version = 1\n").unwrap();
    fs::write(work.join("people.toml"), "[people.ana]\ngithub = 1\n").unwrap();
    let role = format!(
        "requesters = [\"person:ana\"]\napproval = \"none\"\nmax_duration = \"{hours}h\"\n[aws]\nrole_arn = \"arn:aws:iam::111122223333:role/x\"\nregion = \"eu-west-1\"\n"
    );
    fs::write(work.join("roles/x.toml"), role).unwrap();
    git(work, &["add", "-A"]);
    git(work, &["commit", "-q", "-m", "x"]);
    git(work, &["push", "-q", "origin", "HEAD:main"]);
}

/// Posts a call of the webhook. Returns the status.
fn call(port: u16, body: &str, signature: &str, time: i64) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    write!(
        stream,
        "POST /v1/hooks/policy HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Length: {}\r\n\
         webhook-id: msg_1\r\nwebhook-timestamp: {time}\r\nwebhook-signature: {signature}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.split(' ').nth(1).unwrap().to_owned()
}

struct Stage {
    folder: tempfile::TempDir,
    _server: Peer,
    forge: u16,
}

impl Stage {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        git(folder.path(), &["init", "-q", "--bare", "access.git"]);
        git(folder.path(), &["clone", "-q", "access.git", "work"]);
        push(&folder.path().join("work"), 4);
        let [forge] = free_ports();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers/git_http.py");
        let mut command = Command::new(tool("python"));
        command.arg(script).arg(forge.to_string()).arg(folder.path()).arg("secret");
        let server = Peer::start("git-http", &command, folder.path());
        server.wait_until("git answers", || status_of(forge, "/access.git/HEAD").is_some());
        Self { folder, _server: server, forge }
    }

    fn serve(&self, port: u16, credentials: bool) -> Command {
        let settings = self.folder.path().join("gitconfig");
        let helper = "[credential]\n\thelper = \"!f() { echo username=reader; echo password=secret; }; f\"\n";
        fs::write(&settings, if credentials { helper } else { "" }).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_jit"));
        let policy = format!("http://127.0.0.1:{}/access.git#main", self.forge);
        command.args(["serve", "--policy", &policy, "--listen", &format!("127.0.0.1:{port}"), "--data"]);
        command.arg(self.data()).env_clear().env("PATH", std::env::var_os("PATH").unwrap());
        command.env("HOME", self.folder.path()).env("GIT_CONFIG_GLOBAL", settings);
        command.env("JIT_POLICY_HOOK_SECRET", SECRET).env("JIT_LOG", "info");
        command
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn revisions(&self) -> usize {
        let kept = fs::read_dir(self.data().join("policies")).map(Iterator::count);
        kept.unwrap_or(0)
    }
}

#[test]
fn a_branch_is_followed_over_http_and_a_signed_call_hurries_it() {
    let stage = Stage::new();
    let [port] = free_ports();
    // If a password is required and nobody has one, git does not prompt and the broker says so.
    let refused = run(&mut stage.serve(port, false), b"").refused();
    assert!(refused.contains("the policy's repository cannot be read"), "{refused}");
    let broker = Peer::start("broker", &stage.serve(port, true), stage.folder.path());
    broker.wait_until("the broker is ready", || status_of(port, "/readyz") == Some(200));
    assert_eq!(stage.revisions(), 1);
    push(&stage.folder.path().join("work"), 2);
    let body = "{\"ref\":\"refs/heads/main\"}";
    let time = jiff::Timestamp::now().as_second();
    let signed =
        ask("sign_webhook.mjs", &json!({ "secret": SECRET, "id": "msg_1", "time": time, "body": body }));
    let signature = signed["signature"].as_str().unwrap();
    assert_eq!(call(port, "{}", signature, time), "401");
    assert_eq!(call(port, body, signature, time - 1), "401");
    assert_eq!(call(port, body, signature, time), "202");
    // Well before the minute is over.
    broker.wait_until("the new policy is in force", || stage.revisions() == 2);
    assert!(!broker.log().contains("secret"), "{}", broker.log());
}
