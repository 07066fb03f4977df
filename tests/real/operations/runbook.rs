//! docs/runbook.md, followed: its commands are run as they are written, on a broker of this machine, with its paths moved
//! into a folder of the test and a service manager of a few lines.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;
use serde_json::json;
use tempfile::TempDir;

use crate::peers::broker::JIT;
use crate::peers::peer::Peer;
use crate::peers::peer::status_of;
use crate::peers::person::Person;
use crate::peers::person::Signs;
use crate::peers::script::Ended;
use crate::peers::script::ask;
use crate::peers::script::run;
use crate::support::ports::free_ports;

const RUNBOOK: &str = include_str!("../../../docs/runbook.md");

/// Every chapter with commands, and whether a test here follows it.
const CHAPTERS: [&str; 14] = [
    "Look first",
    "Upgrade",
    "Backup",
    "Restore",
    "Verify the log",
    "The policy's repository is away",
    "The policy does not load",
    "The identity provider is away",
    "The identity provider was broken into",
    "The issuer's host",
    "The key folder is lost",
    "The disk is full",
    "The clock is wrong",
    "The certificate or the proxy",
];

/// The service manager: starts and stops the broker when the words arrive, and says when it has.
const MANAGER: &str = r#"pid=
while :; do
    read -r word <control || continue
    case $word in
        start) jit serve --config etc/jit/broker.toml >>service.log 2>&1 & pid=$! ;;
        stop) if [ -n "$pid" ]; then kill -INT "$pid" 2>/dev/null; wait "$pid"; pid=; fi ;;
    esac
    echo done >answer
done
"#;

/// `systemctl` of the test: hands its word to the service manager, and waits.
const SYSTEMCTL: &str = r#"#!/bin/sh
case $1 in
    restart) "$0" stop && "$0" start ;;
    *) echo "$1" >ROOT/control && read -r _ <ROOT/answer ;;
esac
"#;

/// The blocks of one language in a chapter.
pub fn blocks(chapter: &str, language: &str) -> Vec<String> {
    let begin = format!("\n## {chapter}\n");
    let text = RUNBOOK.split(&begin).nth(1).unwrap_or_else(|| panic!("no chapter {chapter}"));
    fenced(text.split("\n## ").next().unwrap(), language)
}

fn fenced(text: &str, language: &str) -> Vec<String> {
    let fence = format!("```{language}\n");
    text.split(fence.as_str()).skip(1).map(|part| part.split("```").next().unwrap().to_owned()).collect()
}

/// A machine with a broker as the runbook assumes it.
pub struct Machine {
    folder: TempDir,
    pub port: u16,
    _manager: Peer,
}

impl Machine {
    /// The service is not started yet, and there is no policy.
    pub fn new(url: Option<&str>) -> Self {
        let folder = tempfile::Builder::new().prefix("jit-runbook-").tempdir().unwrap();
        let root = folder.path();
        for path in ["etc/jit", "var/lib", "srv/backup", "bin"] {
            fs::create_dir_all(root.join(path)).unwrap();
        }
        for path in ["etc", "etc/jit"] {
            fs::set_permissions(root.join(path), fs::Permissions::from_mode(0o755)).unwrap();
        }
        symlink(JIT, root.join("bin/jit")).unwrap();
        let systemctl = root.join("bin/systemctl");
        fs::write(&systemctl, SYSTEMCTL.replace("ROOT", &root.display().to_string())).unwrap();
        fs::set_permissions(&systemctl, fs::Permissions::from_mode(0o755)).unwrap();
        for pipe in ["control", "answer"] {
            run(Command::new("mkfifo").arg(root.join(pipe)), b"").ok();
        }
        let [port] = free_ports();
        let mut manager = Command::new("sh");
        Self::dress(&mut manager, root).args(["-c", MANAGER]);
        let manager = Peer::start("manager", &manager, root);
        let machine = Self { folder, port, _manager: manager };
        let own = format!("http://127.0.0.1:{port}");
        let settings =
            fenced(RUNBOOK, "toml").remove(0).replace("https://jit.example.com", url.unwrap_or(&own));
        machine.write_settings(&machine.moved(&settings));
        machine
    }

    /// The surroundings of a command on this machine.
    fn dress<'a>(command: &'a mut Command, root: &Path) -> &'a mut Command {
        let path = std::env::var("PATH").unwrap();
        command.env_clear().current_dir(root).env("PATH", format!("{}:{path}", root.join("bin").display()));
        command.env("HOME", root).env("JIT_LOG", "info").env("GIT_CONFIG_GLOBAL", "/dev/null")
    }

    fn write_settings(&self, text: &str) {
        let path = self.path("etc/jit/broker.toml");
        fs::write(&path, text).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    /// The runbook's text with this machine's folders and port.
    fn moved(&self, text: &str) -> String {
        let root = self.folder.path().display().to_string();
        ["/etc/jit", "/var/lib/jit", "/srv/"]
            .iter()
            .fold(text.to_owned(), |text, path| text.replace(path, &format!("{root}{path}")))
            .replace("127.0.0.1:8765", &format!("127.0.0.1:{}", self.port))
    }

    /// Types the commands of a block. Every one of them must succeed.
    #[track_caller]
    pub fn types(&self, block: &str) -> String {
        self.shell(block).ok()
    }

    pub fn shell(&self, block: &str) -> Ended {
        let mut command = Command::new("bash");
        Self::dress(&mut command, self.folder.path()).args(["-euo", "pipefail", "-c", &self.moved(block)]);
        run(&mut command, b"")
    }

    /// Follows a whole chapter.
    #[track_caller]
    pub fn follows(&self, chapter: &str) -> String {
        let blocks = blocks(chapter, "sh");
        assert!(!blocks.is_empty(), "{chapter} has commands");
        blocks.iter().map(|block| self.types(block)).collect()
    }

    /// A policy of two people, one of whom asks and the other reviews.
    pub fn write_policy(&self, ana: &Person, bo: &Person) {
        let folder = self.path("srv/access");
        fs::create_dir_all(folder.join("roles")).unwrap();
        fs::write(folder.join("access.toml"), "version = 1\nauditors = [\"person:bo\"]\n").unwrap();
        let people =
            format!("[people.ana]\nkeys = [\"{}\"]\n[people.bo]\nkeys = [\"{}\"]\n", ana.key, bo.key);
        fs::write(folder.join("people.toml"), people).unwrap();
        fs::write(
            folder.join("roles/orders.toml"),
            "requesters = [\"person:ana\"]\napproval = \"1 of person:bo\"\n[aws]\nrole_arn = \
             \"arn:aws:iam::111122223333:role/orders\"\nregion = \"eu-west-1\"\n",
        )
        .unwrap();
    }

    fn is_ready(&self) -> bool {
        status_of(self.port, "/readyz") == Some(200)
    }

    /// The words of every event, from the database itself, whose chain must hold.
    fn events(&self) -> Vec<Value> {
        let log = ask("read_log.py", &json!({ "database": self.path("var/lib/jit/broker.db") }));
        assert_eq!(log["faults"], json!([]), "{log}");
        log["events"].as_array().unwrap().clone()
    }

    pub fn log(&self) -> String {
        fs::read_to_string(self.path("service.log")).unwrap_or_default()
    }
}

/// A machine whose broker runs, with two people who have logged in.
fn team() -> (Machine, Person, Person) {
    let machine = Machine::new(None);
    let ana = Person::new(machine.folder.path(), "ana", Signs::File);
    let bo = Person::new(machine.folder.path(), "bo", Signs::File);
    machine.write_policy(&ana, &bo);
    machine.types("systemctl start jit\n");
    machine.follows("Verify the log");
    let url = format!("http://127.0.0.1:{}", machine.port);
    ana.log_in(&url);
    bo.log_in(&url);
    (machine, ana, bo)
}

#[test]
fn every_chapter_is_followed_by_a_test() {
    let chapters: Vec<&str> = RUNBOOK.lines().filter_map(|line| line.strip_prefix("## ")).collect();
    assert_eq!(chapters, CHAPTERS);
    let source = concat!(include_str!("runbook.rs"), include_str!("provider.rs"), include_str!("issuer.rs"));
    for chapter in chapters {
        let calls = [format!("follows(\"{chapter}\")"), format!("blocks(\"{chapter}\", \"sh\")")];
        assert!(calls.iter().any(|call| source.contains(call)), "no test follows {chapter}");
    }
}

#[test]
fn a_backup_is_restored_into_a_new_folder_and_its_log_verifies() {
    let (machine, ana, bo) = team();
    let id = ana.ask("orders");
    bo.approve(&id);
    machine.follows("Look first");
    let told = machine.follows("Backup");
    assert!(told.contains("ok"), "{told}");
    let before = machine.events();
    let restore = blocks("Restore", "sh");
    machine.types(&restore[0]);
    let told = machine.follows("Verify the log");
    assert!(told.contains("ready") && told.contains(&format!("{} events", before.len())), "{told}");
    assert_eq!(machine.events(), before);
    assert_eq!(ana.state(&id), "approved", "sessions and requests survive");
    assert!(machine.path("var/lib/jit.evidence/broker.db").exists());

    // A copy that lacks events: the refusal names the flag, and the rest of the chapter accepts it.
    ana.run(&["end", "orders"]).ok();
    let lost = ana.ask("orders");
    fs::rename(machine.path("var/lib/jit.evidence"), machine.path("var/lib/first-evidence")).unwrap();
    machine.types(&restore[0]);
    crate::peers::peer::wait_for("the refusal", || machine.log().contains("--accept-gap"));
    assert!(machine.log().contains("the database is older than the key folder"), "{}", machine.log());
    let flag = regex::Regex::new(r"--accept-gap (\d+\.[0-9a-f]{64})").unwrap();
    let ends = flag.captures_iter(&machine.log()).last().unwrap()[1].to_owned();
    let line = flag.replace(&restore[1], format!("--accept-gap {ends}"));
    let mut once = Command::new("bash");
    Machine::dress(&mut once, machine.folder.path())
        .args(["-c", &machine.moved(&format!("exec {}", line.trim()))]);
    let by_hand = Peer::start("by-hand", &once, machine.folder.path());
    by_hand.wait_until("it is ready", || machine.is_ready());
    drop(by_hand);
    machine.types("while curl -s http://127.0.0.1:8765/healthz; do :; done\n");
    machine.types(&restore[2]);
    machine.follows("Verify the log");
    let changes: Vec<Value> = machine.events().into_iter().map(|event| event["change"].clone()).collect();
    assert!(changes.contains(&json!("revoked")), "open requests ended: {changes:?}");
    bo.log_in(&format!("http://127.0.0.1:{}", machine.port));
    assert_eq!(bo.state(&id), "revoked");
    assert!(bo.run(&["show", &lost]).refused().contains("not found"), "what was lost is lost");
}

/// A database that the first version wrote, and its keys.
#[test]
fn an_upgrade_serves_the_database_of_an_older_program() {
    let machine = Machine::new(Some("https://jit.example.com"));
    let forms = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/forms");
    let hexadecimal = |name: &str| {
        let text = fs::read_to_string(forms.join("database").join(name)).unwrap();
        data_encoding::HEXLOWER_PERMISSIVE.decode(text.trim().as_bytes()).unwrap()
    };
    let (data, keys) = (machine.path("var/lib/jit"), machine.path("etc/jit/keys"));
    for folder in [&data, &keys] {
        fs::create_dir_all(folder).unwrap();
        fs::set_permissions(folder, fs::Permissions::from_mode(0o700)).unwrap();
    }
    for (name, content) in [("log.key", hexadecimal("v1.log-key.hex")), ("head", hexadecimal("v1.head.hex"))]
    {
        fs::write(keys.join(name), content).unwrap();
        fs::set_permissions(keys.join(name), fs::Permissions::from_mode(0o600)).unwrap();
    }
    let revision = fs::read_dir(forms.join("policy/v1")).unwrap().next().unwrap().unwrap().path();
    let copy = |to: &Path| run(Command::new("cp").arg("-R").arg(&revision).arg(to), b"").ok();
    copy(&machine.path("srv/access"));
    fs::create_dir_all(data.join("policies")).unwrap();
    copy(&data.join("policies").join(revision.file_name().unwrap()));
    let sql = fs::read(forms.join("database/v1.sql")).unwrap();
    run(Command::new("sqlite3").arg(data.join("broker.db")), &sql).ok();
    let before = machine.events();
    assert!(before.len() > 10);
    let told = machine.follows("Upgrade");
    assert!(told.contains("the settings are good") || told.contains("ready"), "{told}");
    assert!(machine.is_ready(), "{}", machine.log());
    assert_eq!(machine.events()[..before.len()], before, "what was recorded keeps its bytes");
    let copy = ask("read_log.py", &json!({ "database": machine.path("srv/backup/before-upgrade.db") }));
    assert_eq!(copy["events"], json!(before), "the copy from before is whole");
}

#[test]
fn outages_end_as_the_runbook_says() {
    let (machine, ana, _bo) = team();
    machine.follows("The disk is full");
    let told = machine.follows("The clock is wrong");
    assert!(
        told.lines().last().unwrap().parse::<jiff::Timestamp>().is_ok(),
        "the newest event's time: {told}"
    );
    machine.follows("The certificate or the proxy");
    machine.follows("The policy does not load");
    let people = machine.path("srv/access/people.toml");
    let good = fs::read_to_string(&people).unwrap();
    fs::write(&people, "this is not TOML").unwrap();
    let refused = machine.shell(&blocks("The policy does not load", "sh")[0]).refused();
    assert!(refused.contains("people.toml"), "{refused}");
    fs::write(&people, good).unwrap();

    // The repository is away: a clone that is trusted takes its place.
    let git = "git init -q --bare -b main /srv/access.git\ncd /srv/access\ngit init -q -b main\ngit add -A\n\
               git -c user.name=a -c user.email=a@example.com commit -qm policy\ngit push -q /srv/access.git main\n";
    machine.types(git);
    machine.follows("The policy's repository is away");
    machine.follows("Verify the log");
    assert!(machine.log().contains("access.git#main"), "{}", machine.log());
    assert_eq!(ana.run(&["whoami"]).code, 0, "sessions survive");

    // The keys are gone: the broker refuses its own database, and the chapter begins anew.
    machine.types("systemctl stop jit\nrm -rf /etc/jit/keys\nsystemctl start jit\n");
    crate::peers::peer::wait_for("the refusal", || machine.log().contains("log.key is missing"));
    machine.follows("The key folder is lost");
    machine.follows("Verify the log");
    assert!(machine.path("var/lib/jit.evidence-without-keys/broker.db").exists());
    assert_ne!(ana.run(&["whoami"]).code, 1, "people log in again");
}
