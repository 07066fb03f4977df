//! Credentials in the real kernel's keyring of the user: their end, the other sessions of the user, other users, the quota,
//! and a container without keyrings.
//!
//! The kernel judges by the user and the session of a process, so every case runs this test binary again as a user that has
//! no keys yet (if root runs the tests). The parts that run there are marked `ignored` and called by name.

use std::process::Command;
use std::sync::Arc;

use jiff::SignedDuration;
use jit::keychain::lease_store;
use jit::secret::Secret;
use jit::system::KernelKeyring;
use jit::system::Keychain;
use jit::system::System;
use jit::system::fake::FakeClock;
use jit::system::fake::FakeHttp;
use jit::system::fake::FakeWorld;
use jit::system::keychain::KeychainError;

use crate::keychain::Home;
use crate::keychain::lease;
use crate::keychain::run;
use crate::keychain::state;

/// The environment variables that the outer part sets: the item, and the serial number of its key.
const ITEM: &str = "JIT_TEST_ITEM";
const SERIAL: &str = "JIT_TEST_SERIAL";

/// A user of this machine, with a binary that this user may run.
struct User {
    home: Home,
    /// `None` if the tests may not become another user: then the one who runs them.
    id: Option<u32>,
    item: String,
}

impl User {
    fn new(id: u32) -> Self {
        let home = Home::new();
        home.open_to_all();
        let original = std::env::current_exe().unwrap();
        let exe = home.path("part");
        std::fs::hard_link(&original, &exe).or_else(|_| std::fs::copy(&original, &exe).map(|_| ())).unwrap();
        let id = rustix::process::geteuid().is_root().then_some(id);
        Self { home, id, item: format!("lease:test-{}", std::process::id()) }
    }

    /// A program of this user, after these words.
    fn command(&self, words: &[&str]) -> Command {
        let id = self.id.map(|id| [format!("--reuid={id}"), format!("--regid={id}")]);
        let mut line: Vec<String> = match id {
            Some(id) => [&["setpriv".to_owned()][..], &id[..], &["--clear-groups".to_owned()][..]].concat(),
            None => Vec::new(),
        };
        line.extend(words.iter().map(|word| (*word).to_owned()));
        let mut command = Command::new(&line[0]);
        command.args(&line[1..]);
        self.home.environment(&mut command);
        command.env(ITEM, &self.item);
        command
    }

    /// Runs a part as this user, after these words.
    #[track_caller]
    fn part(&self, words: &[&str], part: &str) {
        let exe = self.home.path("part");
        let command = self.command(&[words, &[exe.to_str().unwrap()]].concat());
        run_part(command, part);
    }

    /// The serial number of the item's key, from the list that the kernel shows to its owner.
    fn serial(&self) -> String {
        let output = self.command(&["cat", "/proc/keys"]).output().unwrap();
        let keys = String::from_utf8(output.stdout).unwrap();
        let description = format!("jit:{}:", self.item);
        // Of a key that was replaced the kernel may not have disposed yet; `i` marks it.
        let is_valid = |line: &&str| line.contains(&description) && !line[..17].contains('i');
        let lines: Vec<&str> = keys.lines().filter(is_valid).collect();
        assert_eq!(lines.len(), 1, "{keys}");
        format!("0x{}", lines[0].split_whitespace().next().unwrap())
    }
}

#[track_caller]
fn run_part(mut command: Command, part: &str) {
    let whole = format!("{}::{part}", module_path!());
    let name = whole.split_once("::").unwrap().1;
    let output = command.args(["--exact", name, "--ignored", "--nocapture"]).output().unwrap();
    let told =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && told.contains("1 passed"), "{part}:\n{told}");
}

/// Inside: this machine's kernel, and a clock that stands.
fn system() -> System {
    let world = FakeWorld::new(&state(), &FakeClock::at("2026-11-23T10:00:00Z"), &FakeHttp::default(), 1);
    System { kernel: KernelKeyring::Machine, ..world.system }
}

/// Inside: the kernel's keyring.
fn kernel() -> Arc<dyn Keychain> {
    lease_store::kernel(&system()).unwrap()
}

fn item() -> String {
    std::env::var(ITEM).unwrap()
}

fn keep(value: &Secret<Vec<u8>>, minutes: i64) {
    let expires = system().clock.now() + SignedDuration::from_mins(minutes);
    kernel().set_until(&item(), value, expires).unwrap();
}

/// Inside: the kernel's own line about the valid key of the item.
fn line() -> String {
    let keys = std::fs::read_to_string("/proc/keys").unwrap();
    let description = format!("jit:{}:", item());
    let is_valid = |line: &&str| line.contains(&description) && !line[..17].contains('i');
    let lines: Vec<&str> = keys.lines().filter(is_valid).collect();
    assert_eq!(lines.len(), 1, "one key, replaced in place: {keys}");
    lines[0].to_owned()
}

/// A new session keyring, as each login and each service of systemd has one. It has no link to the user's keyring.
const OTHER_SESSION: [&str; 3] = ["keyctl", "session", "-"];

#[test]
fn every_session_of_the_user_reads_it_and_nobody_else_does() {
    let user = User::new(65531);
    user.part(&OTHER_SESSION, "inside_keep");
    user.part(&OTHER_SESSION, "inside_read");
    // As after `su` from root, and in cron: the process has no session keyring of its own.
    user.part(&[], "inside_read");
    let serial = user.serial();
    let refused = |mut command: Command| {
        let output = command.output().unwrap();
        assert!(!output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    };
    if user.id.is_some() {
        let other = User { home: Home::new(), id: Some(65530), item: user.item.clone() };
        other.home.open_to_all();
        let mut command = other.command(&[user.home.path("part").to_str().unwrap()]);
        command.env(SERIAL, &serial);
        run_part(command, "inside_nothing_for_another_user");
        // Root too has to become the user first.
        let mut command = Command::new("keyctl");
        command.args(["print", &serial]);
        refused(command);
    }
    // A program of the user reads it, and gives it neither more time nor other rights.
    assert!(user.command(&["keyctl", "print", &serial]).output().unwrap().status.success());
    refused(user.command(&["keyctl", "timeout", &serial, "99999"]));
    refused(user.command(&["keyctl", "setperm", &serial, "0x3f3f3f3f"]));
    refused(user.command(&["keyctl", "update", &serial, "another"]));
    user.part(&OTHER_SESSION, "inside_delete");
    user.part(&[], "inside_nothing_is_there");
    refused(user.command(&["keyctl", "print", &serial]));
}

#[test]
#[ignore = "runs inside a session"]
fn inside_keep() {
    lease_store::prove(kernel().as_ref(), &system()).unwrap();
    let keys = std::fs::read_to_string("/proc/keys").unwrap();
    let is_left = |line: &str| line.contains("jit:probe:") && !line[..17].contains('i');
    assert!(!keys.lines().any(is_left), "{keys}");
    assert_eq!(kernel().get(&item()).unwrap(), None);
    keep(&lease(1), 45);
    let told = line();
    // Its rights, its time in minutes, and that it counts towards the quota.
    assert!(told.contains(" 1b0b0000 ") && (told.contains(" 45m ") || told.contains(" 44m ")), "{told}");
    assert!(told.contains("Q") && told.ends_with(": 4096"), "{told}");
    keep(&lease(2), 5 * 60);
    let told = line();
    assert!(told.contains(" 1b0b0000 ") && (told.contains(" 5h ") || told.contains(" 4h ")), "{told}");
    assert_eq!(kernel().get(&item()).unwrap(), Some(lease(2)));
}

#[test]
#[ignore = "runs inside a session"]
fn inside_read() {
    assert_eq!(kernel().get(&item()).unwrap(), Some(lease(2)));
}

#[test]
#[ignore = "runs inside a session"]
fn inside_nothing_for_another_user() {
    inside_nothing_is_there();
    let told = run("keyctl", &["print", &std::env::var(SERIAL).unwrap()], b"").unwrap_err();
    assert!(told.contains("Permission denied"), "{told}");
}

#[test]
#[ignore = "runs inside a session"]
fn inside_delete() {
    kernel().delete(&item()).unwrap();
    kernel().delete(&item()).unwrap();
    inside_nothing_is_there();
    // One that has ended is not written, because a timeout of 0 would mean none.
    keep(&lease(1), 45);
    keep(&lease(2), 0);
    inside_nothing_is_there();
}

#[test]
#[ignore = "runs inside a session"]
fn inside_nothing_is_there() {
    assert_eq!(kernel().get(&item()).unwrap(), None);
}

#[test]
fn a_key_that_another_program_planted_is_not_read_and_is_replaced() {
    User::new(65527).part(&OTHER_SESSION, "inside_replace");
}

#[test]
#[ignore = "runs inside a session"]
fn inside_replace() {
    let name = format!("jit:{}", item());
    // Another program of the user may only see it, as is usual for a new key, and the kernel keeps it for ever.
    run("keyctl", &["add", "user", &name, "planted", "@u"], b"").unwrap();
    assert!(line().contains(" 3f010000 ") && line().contains(" perm "), "{}", line());
    inside_nothing_is_there();
    kernel().delete(&item()).unwrap();
    keep(&lease(1), 45);
    assert_eq!(kernel().get(&item()).unwrap(), Some(lease(1)));
    let listed = run("keyctl", &["list", "@u"], b"").unwrap();
    assert_eq!(listed.lines().filter(|line| line.ends_with(&name)).count(), 1, "{listed}");
    kernel().delete(&item()).unwrap();
    inside_nothing_is_there();
}

#[test]
fn whoever_reads_during_a_renewal_finds_the_old_or_the_new() {
    User::new(65526).part(&OTHER_SESSION, "inside_renewals");
}

#[test]
#[ignore = "runs inside a session"]
fn inside_renewals() {
    let expires = system().clock.now() + SignedDuration::from_mins(45);
    let values = [Secret::new(vec![1; 32]), Secret::new(vec![2; 32])];
    keep(&values[0], 45);
    let renewals = || {
        for value in values.iter().cycle().take(2000) {
            // The kernel allows 200 keys, and is late to dispose of the replaced ones.
            while let Err(error) = kernel().set_until(&item(), value, expires) {
                assert!(matches!(error, KeychainError::Full(_)), "{error}");
                std::thread::yield_now();
            }
        }
    };
    std::thread::scope(|scope| {
        let renewals = scope.spawn(renewals);
        while !renewals.is_finished() {
            let read = kernel().get(&item()).unwrap();
            assert!(read.is_some_and(|read| values.contains(&read)), "there is one at each moment");
        }
    });
    kernel().delete(&item()).unwrap();
}

#[test]
fn a_full_quota_is_an_error_with_numbers_and_leaves_what_is_there() {
    User::new(65529).part(&OTHER_SESSION, "inside_a_full_quota");
}

#[test]
#[ignore = "runs inside a session"]
fn inside_a_full_quota() {
    let (kernel, system) = (kernel(), system());
    let expires = system.clock.now() + SignedDuration::from_mins(45);
    let before = kernel.room().map_or(0, |room| room.used);
    keep(&lease(1), 45);
    let room = kernel.room().unwrap();
    assert!(room.used >= before + 4096 && room.limit >= 20_000, "{before} {room:?}");
    let numbered = |number: u32| format!("{}-{number}", item());
    let full = (0..1000).find_map(|number| kernel.set_until(&numbered(number), &lease(3), expires).err());
    let full = full.unwrap();
    let limit = format!("the kernel allows you {} bytes in ", room.limit);
    assert!(matches!(&full, KeychainError::Full(cause) if cause.contains(&limit)), "{full}");
    // A renewal needs room for both. The old one stays.
    let renewal = kernel.set_until(&item(), &lease(2), expires);
    assert!(matches!(renewal, Err(KeychainError::Full(_))), "{renewal:?}");
    assert_eq!(kernel.get(&item()).unwrap(), Some(lease(1)));
    (0..1000).for_each(|number| kernel.delete(&numbered(number)).unwrap());
    kernel.delete(&item()).unwrap();
}

/// Runs the rest of the line without the three system calls of keyrings, as Docker's default profile does.
const CONTAINED: &str = r#"
import ctypes, os, platform, struct, sys
calls = {"x86_64": (248, 249, 250), "aarch64": (217, 218, 219)}[platform.machine()]
load, equal, give = 0x20, 0x15, 0x06
code = [(load, 0, 0, 0)]
code += [(equal, len(calls) - at, 0, call) for at, call in enumerate(calls)]
code += [(give, 0, 0, 0x7FFF0000), (give, 0, 0, 0x00050000 | 1)]
program = b"".join(struct.pack("HBBI", *one) for one in code)
class Filter(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("code", ctypes.c_char_p)]
libc = ctypes.CDLL(None, use_errno=True)
assert libc.prctl(38, 1, 0, 0, 0) == 0
assert libc.prctl(22, 2, ctypes.byref(Filter(len(code), program)), 0, 0) == 0, ctypes.get_errno()
os.execvp(sys.argv[1], sys.argv[1:])
"#;

#[test]
fn a_container_without_keyrings_is_said_to_have_none() {
    let user = User::new(65528);
    let inner = user.command(&[user.home.path("part").to_str().unwrap()]);
    let mut command = Command::new("python3");
    command.args(["-c", CONTAINED]).arg(inner.get_program()).args(inner.get_args());
    user.home.environment(&mut command);
    command.env(ITEM, &user.item);
    run_part(command, "inside_a_container");
}

#[test]
#[ignore = "runs inside a session"]
fn inside_a_container() {
    for error in [
        lease_store::prove(kernel().as_ref(), &system()).unwrap_err(),
        kernel().get(&item()).unwrap_err(),
        kernel().delete(&item()).unwrap_err(),
    ] {
        assert!(matches!(&error, KeychainError::Absent(cause) if cause.contains("containers")), "{error}");
    }
}
