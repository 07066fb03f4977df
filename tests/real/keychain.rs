//! A real gnome-keyring under its own session bus, and the real kernel keyring.
//!
//! The store is in this process and finds the bus by its environment, so every case runs this test binary again inside
//! a prepared session. The parts that run there are marked `ignored` and called by name.

use std::fs;
use std::io::BufRead;
use std::io::BufReader;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;

use data_encoding::BASE64;
use jit::keychain::Choice;
use jit::keychain::choice;
use jit::keychain::lock;
use jit::secret::Secret;
use jit::system::Keychain;
use jit::system::KeychainSource;
use jit::system::System;
use jit::system::fake::FakeClock;
use jit::system::fake::FakeHttp;
use jit::system::fake::FakeWorld;
use jit::system::keychain::KeychainError;
use tempfile::TempDir;

const ITEM: &str = "lease:7F3KQ2M8ZD";
/// The environment variable for the folder in which the parts inside keep their state. The outer part sets it.
const STATE: &str = "JIT_TEST_ROOT";

/// Starts the daemon with the password in `$PASSWORD`, waits until it is on the bus, then becomes the rest of the line.
const WITH_DAEMON: &str = "printf %s \"$PASSWORD\" | gnome-keyring-daemon --unlock --components=secrets > /dev/null \
    && gdbus wait --session --timeout 10 org.freedesktop.secrets && exec \"$@\"";

/// Its own home, whose keyrings outlive a session.
pub struct Home(TempDir);

impl Home {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["home", "run", "root", "empty"] {
            fs::create_dir(folder.path().join(name)).unwrap();
            fs::set_permissions(folder.path().join(name), fs::Permissions::from_mode(0o700)).unwrap();
        }
        Self(folder)
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Lets another user of this machine in.
    pub fn open_to_all(&self) {
        for folder in [self.0.path(), &self.path("home"), &self.path("root")] {
            fs::set_permissions(folder, fs::Permissions::from_mode(0o777)).unwrap();
        }
    }

    pub fn environment(&self, command: &mut Command) {
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap());
        command.env("HOME", self.path("home")).env("XDG_RUNTIME_DIR", self.path("run"));
        command.env(STATE, self.path("root"));
    }

    /// Runs one of the parts below in a session whose keyring daemon got this password.
    #[track_caller]
    fn with_daemon(&self, password: &str, part: &str) {
        let mut command = Command::new("dbus-run-session");
        command.args(["--", "sh", "-c", WITH_DAEMON, "sh"]).arg(std::env::current_exe().unwrap());
        self.environment(&mut command);
        command.env("PASSWORD", password);
        run_part(command, part);
    }

    /// Runs one of the parts below with this bus, or a substitute for one.
    #[track_caller]
    fn with_bus(&self, address: &str, part: &str) {
        let mut command = Command::new(std::env::current_exe().unwrap());
        self.environment(&mut command);
        command.env("DBUS_SESSION_BUS_ADDRESS", address);
        run_part(command, part);
    }
}

/// The name of a part below in this program, wherever this file's module stands in it.
fn here(part: &str) -> String {
    let whole = format!("{}::{part}", module_path!());
    whole.split_once("::").unwrap().1.to_owned()
}

#[track_caller]
fn run_part(mut command: Command, part: &str) {
    let output = command.args(["--exact", &here(part), "--ignored", "--nocapture"]).output().unwrap();
    let told =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && told.contains("1 passed"), "{part}:\n{told}");
}

/// Inside: the folder of the state.
pub fn state() -> PathBuf {
    PathBuf::from(std::env::var_os(STATE).unwrap())
}

/// Inside: a person's system without a terminal, which uses the real stores.
fn system() -> System {
    let world = FakeWorld::new(&state(), &FakeClock::at("2026-11-23T10:00:00Z"), &FakeHttp::default(), 1);
    System { keychain: KeychainSource::Recorded, ..world.system }
}

/// Inside: the operating system's store.
fn store() -> Arc<dyn Keychain> {
    choice::resolve(&system(), Some(Choice::Os)).unwrap()
}

/// Inside: the output of an independent program.
pub fn run(program: &str, arguments: &[&str], input: &[u8]) -> Result<String, String> {
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) }
}

fn lookup(item: &str) -> Result<String, String> {
    run("secret-tool", &["lookup", "service", "jit", "username", item], b"")
}

fn lock_collection() {
    let call = ["call", "--session", "-d", "org.freedesktop.secrets", "-o", "/org/freedesktop/secrets", "-m"];
    let method = "org.freedesktop.Secret.Service.Lock";
    let argument = "['/org/freedesktop/secrets/collection/login']";
    run("gdbus", &[&call[..], &[method, argument]].concat(), b"").unwrap();
}

/// The process id of the keyring daemon on this bus.
fn daemon() -> String {
    let call = ["call", "--session", "-d", "org.freedesktop.DBus", "-o", "/org/freedesktop/DBus", "-m"];
    let method = "org.freedesktop.DBus.GetConnectionUnixProcessID";
    let answer = run("gdbus", &[&call[..], &[method, "org.freedesktop.secrets"]].concat(), b"").unwrap();
    // Written as `(uint32 1071,)`.
    let process = answer.trim().strip_prefix("(uint32 ").unwrap().strip_suffix(",)").unwrap();
    process.parse::<u32>().unwrap().to_string()
}

pub fn lease(seed: u8) -> Secret<Vec<u8>> {
    Secret::new((0..4096u16).map(|at| seed ^ at.to_le_bytes()[0]).collect())
}

#[track_caller]
fn within<T>(limit: Duration, work: impl FnOnce() -> T) -> T {
    let began = Instant::now();
    let result = work();
    assert!(began.elapsed() < limit, "it took {:?}", began.elapsed());
    result
}

#[test]
fn what_we_store_others_read() {
    Home::new().with_daemon("correct horse", "inside_what_we_store_others_read");
}

#[test]
#[ignore = "runs inside a session"]
fn inside_what_we_store_others_read() {
    choice::probe(&system()).unwrap();
    assert_eq!(
        run("secret-tool", &["search", "--all", "service", "jit"], b"").unwrap(),
        "",
        "a probe is gone"
    );
    let store = store();
    assert_eq!(store.name(), "secret-service");
    assert_eq!(store.get(ITEM).unwrap(), None);
    store.set(ITEM, &lease(1)).unwrap();
    assert_eq!(store.get(ITEM).unwrap(), Some(lease(1)));
    assert_eq!(lookup(ITEM).unwrap(), BASE64.encode(lease(1).expose()));
    store.set(ITEM, &lease(2)).unwrap();
    assert_eq!(lookup(ITEM).unwrap(), BASE64.encode(lease(2).expose()));
    let found = run("secret-tool", &["search", "--all", "service", "jit"], b"").unwrap();
    assert_eq!(found.matches("label = ").count(), 1, "updated in place");
    assert!(found.contains("label = jit lease:7F3KQ2M8ZD"), "{found}");
    let session = "session:https://jit.example.com";
    let arguments = ["store", "--label=x", "service", "jit", "username", session];
    run("secret-tool", &arguments, BASE64.encode(b"token").as_bytes()).unwrap();
    assert_eq!(store.get(session).unwrap().unwrap().expose(), b"token");
    run("secret-tool", &arguments, b"not base64!").unwrap();
    assert!(matches!(store.get(session), Err(KeychainError::Damaged(_))));
    store.delete(ITEM).unwrap();
    store.delete(ITEM).unwrap();
    assert_eq!(store.get(ITEM).unwrap(), None);
    lookup(ITEM).unwrap_err();
    store.set(ITEM, &Secret::new(Vec::new())).unwrap();
    assert_eq!(store.get(ITEM).unwrap().unwrap().expose().len(), 0);
}

#[test]
fn a_locked_keyring_is_said_to_be_locked() {
    Home::new().with_daemon("correct horse", "inside_a_locked_keyring_is_said_to_be_locked");
}

#[test]
#[ignore = "runs inside a session"]
fn inside_a_locked_keyring_is_said_to_be_locked() {
    let store = store();
    store.set(ITEM, &lease(1)).unwrap();
    lock_collection();
    let limit = Duration::from_secs(2);
    assert_eq!(within(limit, || store.get(ITEM)), Err(KeychainError::Locked));
    assert_eq!(within(limit, || store.set(ITEM, &lease(2))), Err(KeychainError::Locked));
    assert_eq!(within(limit, || store.set("lease:new", &lease(2))), Err(KeychainError::Locked));
    assert_eq!(within(limit, || store.delete(ITEM)), Err(KeychainError::Locked));
    let error = within(limit, || choice::probe(&system())).unwrap_err();
    assert_eq!(error, KeychainError::Locked);
    assert!(error.hint().unwrap().contains("--keychain keyutils"), "{:?}", error.hint());
}

#[test]
fn a_keyring_unlocked_with_the_wrong_password_stays_locked_and_whole() {
    let home = Home::new();
    home.with_daemon("correct horse", "inside_write_one");
    home.with_daemon("wrong", "inside_everything_is_locked");
    home.with_daemon("correct horse", "inside_read_one");
}

#[test]
#[ignore = "runs inside a session"]
fn inside_write_one() {
    store().set(ITEM, &lease(1)).unwrap();
}

#[test]
#[ignore = "runs inside a session"]
fn inside_read_one() {
    assert_eq!(store().get(ITEM).unwrap(), Some(lease(1)));
}

#[test]
#[ignore = "runs inside a session"]
fn inside_everything_is_locked() {
    let limit = Duration::from_secs(2);
    assert_eq!(within(limit, || store().get(ITEM)), Err(KeychainError::Locked));
    assert_eq!(within(limit, || choice::probe(&system())), Err(KeychainError::Locked));
}

#[test]
fn without_a_bus_or_a_service_there_is_no_keychain() {
    let home = Home::new();
    home.with_bus("unix:path=/nonexistent/bus", "inside_nothing_is_there");
    // A bus without a keyring: its service folders are empty.
    let configuration = home.path("empty").join("bus.conf");
    let text = "<busconfig><type>session</type><listen>unix:tmpdir=/tmp</listen><policy context='default'>\
        <allow send_destination='*' eavesdrop='true'/><allow eavesdrop='true'/><allow own='*'/></policy></busconfig>";
    fs::write(&configuration, text).unwrap();
    let mut command = Command::new("dbus-run-session");
    command.arg("--config-file").arg(&configuration).arg("--").arg(std::env::current_exe().unwrap());
    home.environment(&mut command);
    run_part(command, "inside_nothing_is_there");
}

#[test]
#[ignore = "runs inside a session"]
fn inside_nothing_is_there() {
    let limit = Duration::from_secs(2);
    let error = within(limit, || choice::probe(&system())).unwrap_err();
    assert!(matches!(error, KeychainError::Absent(_)), "{error}");
    assert!(error.hint().unwrap().contains("`--keychain file`"));
    assert!(matches!(within(limit, || store().get(ITEM)), Err(KeychainError::Absent(_))));
}

#[test]
fn a_bus_that_never_answers_is_given_up() {
    let home = Home::new();
    let path = home.path("silent");
    let _listener = UnixListener::bind(&path).unwrap();
    home.with_bus(&format!("unix:path={}", path.display()), "inside_nothing_answers");
}

#[test]
#[ignore = "runs inside a session"]
fn inside_nothing_answers() {
    let store = store();
    let limit = Duration::from_secs(3);
    assert_eq!(within(limit, || choice::probe(&system())), Err(KeychainError::TimeOut(2)));
    assert_eq!(within(limit, || store.get(ITEM)), Err(KeychainError::TimeOut(2)));
    // After one time-out, it is not waited for again.
    assert_eq!(within(Duration::from_millis(100), || store.get(ITEM)), Err(KeychainError::TimeOut(2)));
}

#[test]
fn a_stopped_daemon_is_given_up_and_a_killed_one_is_an_error() {
    Home::new().with_daemon("correct horse", "inside_a_stopped_daemon_is_given_up");
    Home::new().with_daemon("correct horse", "inside_a_killed_daemon_is_an_error");
}

#[test]
#[ignore = "runs inside a session"]
fn inside_a_stopped_daemon_is_given_up() {
    let store = store();
    store.set(ITEM, &lease(1)).unwrap();
    let daemon = daemon();
    run("kill", &["-STOP", &daemon], b"").unwrap();
    let limit = Duration::from_secs(3);
    assert_eq!(within(limit, || store.get(ITEM)), Err(KeychainError::TimeOut(2)));
    assert_eq!(within(limit, || choice::probe(&system())), Err(KeychainError::TimeOut(2)));
    run("kill", &["-CONT", &daemon], b"").unwrap();
    // The abandoned calls end in their own time. Polling is the only way to know.
    within(Duration::from_secs(30), || while store.get(ITEM) != Ok(Some(lease(1))) {});
}

#[test]
#[ignore = "runs inside a session"]
fn inside_a_killed_daemon_is_an_error() {
    let store = store();
    store.set(ITEM, &lease(1)).unwrap();
    run("kill", &["-KILL", &daemon()], b"").unwrap();
    // The bus starts another daemon, whose keyring is locked and which does not know our session.
    let error = within(Duration::from_secs(4), || store.get(ITEM)).unwrap_err();
    assert_eq!(error, KeychainError::Locked);
}

#[test]
fn a_restarted_daemon_is_found_again() {
    Home::new().with_daemon("correct horse", "inside_a_restarted_daemon_is_found_again");
}

#[test]
#[ignore = "runs inside a session"]
fn inside_a_restarted_daemon_is_found_again() {
    let store = store();
    for seed in 1..4 {
        store.set(ITEM, &lease(seed)).unwrap();
        let before = daemon();
        let replace = ["--replace", "--unlock", "--components=secrets"];
        run("gnome-keyring-daemon", &replace, b"correct horse").unwrap();
        run("gdbus", &["wait", "--session", "--timeout", "10", "org.freedesktop.secrets"], b"").unwrap();
        assert_ne!(daemon(), before);
        assert_eq!(store.get(ITEM).unwrap(), Some(lease(seed)));
    }
}

#[test]
fn two_processes_at_once_lose_nothing() {
    Home::new().with_daemon("correct horse", "inside_two_processes_at_once");
}

#[test]
#[ignore = "runs inside a session"]
fn inside_two_processes_at_once() {
    let daemon_before = daemon();
    let writers: Vec<_> = (0..2)
        .map(|_| {
            Command::new(std::env::current_exe().unwrap())
                .args(["--exact", &here("inside_one_writer"), "--ignored", "--nocapture"])
                .stdout(Stdio::null())
                .spawn()
                .unwrap()
        })
        .collect();
    for mut writer in writers {
        assert!(writer.wait().unwrap().success());
    }
    assert_eq!(daemon(), daemon_before, "the daemon survived");
    let found = run("secret-tool", &["search", "--all", "service", "jit"], b"").unwrap();
    assert_eq!(found.matches("label = ").count(), 3, "one shared item, and one for each process");
}

#[test]
#[ignore = "runs inside a session"]
fn inside_one_writer() {
    let store = store();
    let own = format!("lease:{}", std::process::id());
    for round in 0..40 {
        store.set(&own, &lease(round)).unwrap();
        store.set(ITEM, &lease(round)).unwrap();
        assert_eq!(store.get(&own).unwrap(), Some(lease(round)));
        assert!(store.get(ITEM).unwrap().is_some());
    }
}

/// The load of 60 parallel `jit credentials` on a keychain, each with the limits of a run without a terminal.
#[test]
fn sixty_processes_at_once_all_get_their_turn() {
    Home::new().with_daemon("correct horse", "inside_sixty_processes_at_once");
}

#[test]
#[ignore = "runs inside a session"]
fn inside_sixty_processes_at_once() {
    store().set(ITEM, &lease(1)).unwrap();
    let daemon_before = daemon();
    let readers: Vec<_> = (0..60)
        .map(|_| {
            Command::new(std::env::current_exe().unwrap())
                .args(["--exact", &here("inside_one_reader"), "--ignored", "--nocapture"])
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap()
        })
        .collect();
    for reader in readers {
        let output = reader.wait_with_output().unwrap();
        let told = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{told}{}", String::from_utf8_lossy(&output.stderr));
    }
    assert_eq!(daemon(), daemon_before, "the daemon survived");
}

#[test]
#[ignore = "runs inside a session"]
fn inside_one_reader() {
    // A session and a lease, as `jit credentials` reads them. A renewal also writes.
    for _ in 0..3 {
        assert_eq!(store().get(ITEM).unwrap(), Some(lease(1)));
    }
    store().set(ITEM, &lease(1)).unwrap();
}

#[test]
fn another_programs_twin_is_named() {
    Home::new().with_daemon("correct horse", "inside_another_programs_twin_is_named");
}

#[test]
#[ignore = "runs inside a session"]
fn inside_another_programs_twin_is_named() {
    let store = store();
    store.set(ITEM, &lease(1)).unwrap();
    let twin = ["store", "--label=x", "service", "jit", "username", ITEM, "application", "other"];
    run("secret-tool", &twin, b"theirs").unwrap();
    let error = store.get(ITEM).unwrap_err();
    assert!(error.to_string().contains("another program keeps 2 items"), "{error}");
}

/// Runs a part with its own session keyring, as a user with a small quota.
#[track_caller]
fn with_kernel_keyring(prepare: &str, part: &str) {
    let home = Home::new();
    let exe = home.path("part");
    let original = std::env::current_exe().unwrap();
    fs::hard_link(&original, &exe).or_else(|_| fs::copy(&original, &exe).map(|_| ())).unwrap();
    let mut command = if rustix::process::geteuid().is_root() {
        // Root may hold a thousand times more. uid 65532 holds nothing yet.
        home.open_to_all();
        let mut command = Command::new("setpriv");
        command.args(["--reuid=65532", "--regid=65532", "--clear-groups", "keyctl"]);
        command
    } else {
        Command::new("keyctl")
    };
    command.args(["session", "-", "sh", "-c", &format!("{prepare} && exec \"$@\""), "sh"]).arg(exe);
    home.environment(&mut command);
    run_part(command, part);
}

#[test]
fn the_kernel_keyring_keeps_what_keyctl_reads() {
    with_kernel_keyring("true", "inside_the_kernel_keyring");
}

#[test]
fn a_kernel_keyring_that_is_not_ours_is_said_to_be_absent() {
    with_kernel_keyring("keyctl setperm @s 0", "inside_a_foreign_kernel_keyring");
}

#[test]
#[ignore = "runs inside a session"]
fn inside_a_foreign_kernel_keyring() {
    let system = system();
    let store = choice::resolve(&system, Some(Choice::Keyutils)).unwrap();
    let error = choice::prove(store.as_ref(), &system).unwrap_err();
    assert!(error.to_string().contains("no kernel keyring of its own"), "{error}");
}

#[test]
#[ignore = "runs inside a session"]
fn inside_the_kernel_keyring() {
    let system = system();
    let store = choice::resolve(&system, Some(Choice::Keyutils)).unwrap();
    choice::prove(store.as_ref(), &system).unwrap();
    store.set(ITEM, &lease(1)).unwrap();
    store.set(ITEM, &lease(2)).unwrap();
    assert_eq!(store.get(ITEM).unwrap(), Some(lease(2)));
    let key = run("keyctl", &["search", "@s", "user", &format!("keyring:{ITEM}@jit")], b"").unwrap();
    let printed = run("keyctl", &["print", key.trim()], b"").unwrap();
    let expected: String =
        lease(2).expose().iter().fold(":hex:00".to_owned(), |text, byte| format!("{text}{byte:02x}"));
    assert_eq!(printed.trim(), expected);
    store.set("lease:empty", &Secret::new(Vec::new())).unwrap();
    assert_eq!(store.get("lease:empty").unwrap().unwrap().expose().len(), 0);
    // Until the quota is exceeded: the old values stay, and the error is in words.
    let full = (0..100).find_map(|number| store.set(&format!("lease:{number}"), &lease(3)).err()).unwrap();
    assert!(matches!(&full, KeychainError::Full(cause) if cause.contains("small number of bytes")), "{full}");
    assert_eq!(store.get(ITEM).unwrap(), Some(lease(2)));
    for item in
        (0..100).map(|number| format!("lease:{number}")).chain([ITEM.to_owned(), "lease:empty".to_owned()])
    {
        store.delete(&item).unwrap();
    }
    assert_eq!(store.get(ITEM).unwrap(), None);
}

#[test]
fn a_killed_holder_frees_the_lock_of_a_grant() {
    let home = Home::new();
    let mut command = Command::new(std::env::current_exe().unwrap());
    home.environment(&mut command);
    command.args(["--exact", &here("inside_hold_until_killed"), "--ignored", "--nocapture"]);
    let mut holder = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(holder.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains("lock is held")));
    let clock = FakeClock::at("2026-11-23T10:00:00Z");
    let mut world = FakeWorld::new(&home.path("root"), &clock, &FakeHttp::default(), 1);
    world.system.clock = Arc::new(clock.advancing());
    let mut told = None;
    let error = block_on(lock::hold(&world.system, ITEM, |process| told = process)).unwrap_err();
    assert_eq!(told, Some(holder.id()));
    assert!(error.to_string().contains(&format!("process {}", holder.id())), "{error}");
    holder.kill().unwrap();
    holder.wait().unwrap();
    drop(block_on(lock::hold(&world.system, ITEM, |_| panic!("nobody holds it"))).unwrap());
}

#[test]
#[ignore = "runs inside a session"]
fn inside_hold_until_killed() {
    let _held = block_on(lock::hold(&system(), ITEM, |_| ())).unwrap();
    println!("the lock is held");
    let _ = std::io::stdin().read_line(&mut String::new());
}

fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

#[test]
fn opening_touches_no_bus() {
    let home = Home::new();
    let path = home.path("silent");
    let listener = UnixListener::bind(&path).unwrap();
    listener.set_nonblocking(true).unwrap();
    home.with_bus(&format!("unix:path={}", path.display()), "inside_open_only");
    assert!(listener.accept().is_err(), "somebody connected");
    assert!(!Path::new(&home.path("root")).join("state").exists());
}

#[test]
#[ignore = "runs inside a session"]
fn inside_open_only() {
    assert_eq!(store().name(), "secret-service");
}
