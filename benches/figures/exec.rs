//! `jit exec` with stored credentials, in both forms and from both places, beside what people write by hand (`secret-tool
//! lookup`, then the command) and `aws-vault exec`, if it is there. Also [`super::credentials`] and `super::mcp`, which need the same session.
//!
//! The keyring is a real one under its own session bus, so the figure runs this program again inside that session. The
//! access is real too: requested, approved and minted over loopback before anything is timed.

use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::sync::mpsc;

use jit::broker::Broker;
use jit::broker::BrokerSettings;
use jit::grant::Name;
use jit::provider::aws;
use jit::sandbox::Sandbox;
use jit::sandbox::SandboxCluster;
use jit::sandbox::SandboxRole;
use jit::sandbox::Settings;
use jit::system::Files;
use jit::system::System;
use ssh_key::LineEnding;
use ssh_key::PrivateKey;
use ssh_key::private::Ed25519Keypair;
use ssh_key::private::KeypairData;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::credentials;
use crate::measure::Contender;
use crate::measure::in_turns;
use crate::measure::output;
use crate::measure::quiet;
use crate::measure::ratio;
use crate::measure::run;
use crate::measure::show;
use crate::place;
use crate::prompt;

/// The argument that runs this program inside the session.
pub const INSIDE: &str = "inside-exec";
const FOLDER: &str = "JIT_FIGURES_FOLDER";
const ROLE: &str = "orders-admin";
const ROLE_ARN: &str = "arn:aws:iam::000000000042:role/orders-admin";
const CLUSTER_ROLE: &str = "prod-k8s";
const CLUSTER_AUDIENCE: &str = "kube-figures";
const ROUNDS: usize = 200;
/// The program that does nothing, in this figure's folder.
const NOTHING: &str = "nothing";

/// Starts the keyring daemon unlocked, waits until it is on the bus, then becomes the rest of the line.
const WITH_DAEMON: &str = "printf figures | gnome-keyring-daemon --unlock --components=secrets > /dev/null \
    && gdbus wait --session --timeout 10 org.freedesktop.secrets && exec \"$@\"";

pub fn figure() {
    let folder = place::folder();
    let (home, runtime) = (folder.path().join("home"), folder.path().join("run"));
    for own in [&home, &runtime] {
        jit::system::files::make_private_folder(own).unwrap();
    }
    let nothing = prompt::build_nothing(folder.path());
    assert_eq!(nothing, folder.path().join(NOTHING));
    let mut command = Command::new("dbus-run-session");
    command.args(["--", "sh", "-c", WITH_DAEMON, "sh"]).arg(std::env::current_exe().unwrap()).arg(INSIDE);
    command.env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin").env("HOME", &home);
    command.env("XDG_RUNTIME_DIR", &runtime).env(FOLDER, folder.path());
    for name in ["JIT_PEERS", place::PROGRAM] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    let status = command.status().unwrap_or_else(|error| {
        panic!("dbus-run-session: {error}; install dbus, gnome-keyring, libglib2.0-bin and libsecret-tools")
    });
    assert!(status.success(), "inside the session: {status}");
}

/// The part that runs inside the session.
pub fn inside() {
    let folder = PathBuf::from(std::env::var_os(FOLDER).unwrap());
    let servers = Servers::start(&folder);
    let bus = std::env::var("DBUS_SESSION_BUS_ADDRESS").unwrap();
    let homes = ["ana", "bo"].map(|name| folder.join(name).to_str().unwrap().to_owned());
    let environment = |home| [("HOME", home), ("PATH", "/usr/bin:/bin"), ("DBUS_SESSION_BUS_ADDRESS", &*bus)];
    let [ana, bo] = [environment(&*homes[0]), environment(&*homes[1])];
    let jit =
        |person: &[(&str, &str)], arguments: &[&str]| output(quiet(place::jit(), person).args(arguments));
    let login = ["login", &servers.broker, "--as", "ana", "--keychain", "os", "--credentials", "keychain"];
    jit(&ana, &login);
    // One keyring has room for one session with a broker, so Bo keeps none.
    jit(&bo, &["login", &servers.broker, "--as", "bo", "--keychain", "none"]);
    let asked = jit(&ana, &["request", ROLE, "--reason", "INC-42 figures", "--no-wait", "-y", "--json"]);
    let asked: serde_json::Value = serde_json::from_str(&asked).unwrap();
    let id = asked["id"].as_str().unwrap();
    jit(&bo, &["approve", id, "-y"]);
    jit(&ana, &["request", CLUSTER_ROLE, "--reason", "INC-42 figures", "--no-wait", "-y"]);
    let token = ["credentials", CLUSTER_ROLE, "--format", "kubernetes"];
    jit(&ana, &["exec", CLUSTER_ROLE, "--", "true"]);
    let exec = ["exec", ROLE, "--", "env"];
    assert!(jit(&ana, &exec).contains("AWS_SESSION_TOKEN="));
    // The same login with other settings, which keep the credentials in the kernel.
    let in_kernel = kernel_settings(&folder, &homes[0]);
    let kernel: Vec<_> = ana.iter().copied().chain([("JIT_CONFIG_DIR", &*in_kernel)]).collect();
    assert!(jit(&kernel, &exec).contains("AWS_SESSION_TOKEN="));
    #[cfg(feature = "mcp")]
    crate::mcp::figure(&ana);
    drop(servers);
    // The broker is gone: from here on everything comes from the keyring.
    assert!(jit(&ana, &exec).contains("AWS_SESSION_TOKEN="));
    assert!(jit(&kernel, &exec).contains("AWS_SESSION_TOKEN="));
    assert!(jit(&ana, &token).contains("ExecCredential"));
    let item = format!("lease:{id}");
    let lookup = ["lookup", "service", "jit", "username", &item];
    assert!(output(quiet("secret-tool", &ana).args(lookup)).len() > 100);

    let aws_vault = aws_vault(&homes[0], &ana);
    let mut contenders: Vec<Contender<'_>> = vec![
        ("jit exec", Box::new(|| run(quiet(place::jit(), &ana).args(["exec", ROLE, "--", "true"])))),
        (
            "secret-tool lookup, then the command",
            Box::new(|| {
                run(quiet("secret-tool", &ana).args(lookup));
                run(&mut quiet("true", &ana));
            }),
        ),
        ("the command alone", Box::new(|| run(&mut quiet("true", &ana)))),
        (
            "jit exec --serve",
            Box::new(|| run(quiet(place::jit(), &ana).args(["exec", ROLE, "--serve", "--", "true"]))),
        ),
        (
            "jit exec, from the kernel",
            Box::new(|| run(quiet(place::jit(), &kernel).args(["exec", ROLE, "--", "true"]))),
        ),
        ("a program that does nothing", Box::new(|| run(&mut quiet(folder.join(NOTHING), &ana)))),
    ];
    if let Some(vault) = &aws_vault {
        let words = ["exec", "figures", "--no-session", "--", "true"];
        contenders.push(("aws-vault exec", Box::new(move || run(quiet("aws-vault", vault).args(words)))));
    }
    let times = in_turns(ROUNDS, &mut contenders);
    println!(
        "exec       jit exec {ROLE} -- true {} | secret-tool lookup, then true {} | ratio {:.2}; true alone {}",
        times[0],
        times[1],
        ratio(times[0].median(), times[1].median()),
        show(times[2].median()),
    );
    println!(
        "exec       jit exec {ROLE} --serve -- true {} | the form that becomes the command {} | ratio {:.2}; over true alone {:.1} and {:.1} times",
        times[3],
        times[0],
        ratio(times[3].median(), times[0].median()),
        ratio(times[3].median(), times[2].median()),
        ratio(times[0].median(), times[2].median()),
    );
    let nothing = times[5].median() + times[2].median();
    println!(
        "exec       jit exec {ROLE} -- true, credentials in the kernel {} | a program that does nothing, then true {} | ratio {:.2}; over the keychain {:.2}",
        times[4],
        show(nothing),
        ratio(times[4].median(), nothing),
        ratio(times[4].median(), times[0].median()),
    );
    match times.get(6) {
        Some(vault) => println!(
            "exec       jit exec {ROLE} -- true, credentials in the kernel {} | aws-vault exec --no-session -- true, from an encrypted file {vault} | ratio {:.2}",
            times[4],
            ratio(times[4].median(), vault.median()),
        ),
        None => println!("exec       aws-vault is not on the path and was left out"),
    }
    credentials::figure(&ana, ROLE, &item);
    credentials::cluster(&ana, CLUSTER_ROLE);
}

/// Settings like those of this home's login, with the credentials in the kernel. Returns their folder.
fn kernel_settings(folder: &Path, home: &str) -> String {
    let (own, other) = (Path::new(home).join(".config/jit"), folder.join("in-kernel"));
    jit::system::files::make_private_folder(&other).unwrap();
    fs::copy(own.join("authority.toml"), other.join("authority.toml")).unwrap();
    fs::write(other.join("config.toml"), "credentials = \"kernel\"\n").unwrap();
    other.to_str().unwrap().to_owned()
}

/// The environment of an `aws-vault` that holds one pair of keys. `None` if it is not installed. Its own keyring is an encrypted
/// file: for the Secret Service it makes a collection of its own, for which the daemon asks a person.
fn aws_vault<'a>(home: &'a str, person: &[(&'a str, &'a str)]) -> Option<Vec<(&'a str, &'a str)>> {
    let settings = [("AWS_VAULT_BACKEND", "file"), ("AWS_VAULT_FILE_PASSPHRASE", "figures")];
    let path = ("PATH", "/usr/local/bin:/usr/bin:/bin");
    let environment: Vec<_> =
        person.iter().copied().filter(|(name, _)| *name != "PATH").chain(settings).chain([path]).collect();
    fs::create_dir_all(Path::new(home).join(".aws")).unwrap();
    let keys = [("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE"), ("AWS_SECRET_ACCESS_KEY", "example")];
    let adding: Vec<_> = environment.iter().copied().chain(keys).collect();
    let added = quiet("aws-vault", &adding).args(["add", "figures", "--env"]).status();
    added.is_ok_and(|status| status.success()).then_some(environment)
}

/// A broker and the sandbox cloud on their own thread, until dropped.
struct Servers {
    broker: String,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Servers {
    fn start(folder: &Path) -> Self {
        let bind = || {
            let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
            listener.set_nonblocking(true).unwrap();
            let address = listener.local_addr().unwrap();
            (listener, address)
        };
        let ((broker, broker_address), (cloud, cloud_address)) = (bind(), bind());
        let issuer = format!("http://{broker_address}");
        let policy = folder.join("access");
        write_policy(&policy, &make_key(&folder.join("ana")), &make_key(&folder.join("bo")), cloud_address);
        let settings =
            BrokerSettings::new(policy, folder.join("broker/data"), issuer.clone(), broker_address);
        let (stop, stopped) = oneshot::channel::<()>();
        let (ready, is_ready) = mpsc::channel();
        let mut system = System::real();
        system.files = Files::under(&folder.join("broker"));
        let sandbox = sandbox(&issuer, &system);
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let broker_listener = TcpListener::from_std(broker).unwrap();
                let cloud_listener = TcpListener::from_std(cloud).unwrap();
                let broker = Broker::open(settings, &system).await.unwrap();
                ready.send(()).unwrap();
                let stop = async { drop(stopped.await) };
                tokio::select! {
                    outcome = jit::broker::serve(broker, broker_listener, stop) => outcome.unwrap(),
                    outcome = async { axum::serve(cloud_listener, sandbox.router()).await } => outcome.unwrap(),
                }
            });
        });
        is_ready.recv().expect("the servers start");
        Self { broker: issuer, stop: Some(stop), thread: Some(thread) }
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

fn sandbox(issuer: &str, system: &System) -> Sandbox {
    let role: Name = ROLE.parse().unwrap();
    let roles = vec![SandboxRole::for_subject(ROLE_ARN.parse().unwrap(), aws::subject(&role))];
    let settings = Settings::new(issuer, roles);
    let cluster = SandboxCluster {
        audience: CLUSTER_AUDIENCE.to_owned(),
        subject: jit::provider::subject(&CLUSTER_ROLE.parse().unwrap()),
        groups: vec!["admins".to_owned()],
        reviews_tokens: false,
    };
    Sandbox::new(settings, Arc::clone(&system.http), Arc::clone(&system.clock), Arc::clone(&system.entropy))
        .with_clusters(Arc::new(move || vec![cluster.clone()]))
}

/// Makes a new key where ssh keeps it. Returns its public line.
fn make_key(home: &Path) -> String {
    let pair = Ed25519Keypair::from_seed(&System::real().entropy.seed());
    let key = PrivateKey::new(KeypairData::Ed25519(pair), "figures").unwrap();
    let line = key.public_key().to_openssh().unwrap();
    let folder = home.join(".ssh");
    jit::system::files::make_private_folder(&folder).unwrap();
    let private = key.to_openssh(LineEnding::LF).unwrap();
    jit::system::files::replace_private(&folder.join("id_ed25519"), private.as_bytes()).unwrap();
    fs::write(folder.join("id_ed25519.pub"), format!("{line}\n")).unwrap();
    line
}

fn write_policy(folder: &Path, ana: &str, bo: &str, cloud: std::net::SocketAddr) {
    let people = format!(
        "[people.ana]\nkeys = [\"{ana}\"]\n[people.bo]\nkeys = [\"{bo}\"]\n\
         [groups]\ndev = [\"ana\", \"bo\"]\nsre = [\"ana\", \"bo\"]\n"
    );
    let role = format!(
        "requesters = [\"group:dev\"]\napproval = \"1 of group:sre\"\nduration = \"1h\"\nmax_duration = \"4h\"\n\
         [sandbox]\nrole_arn = \"{ROLE_ARN}\"\nendpoint_url = \"http://{cloud}\"\n"
    );
    fs::create_dir_all(folder.join("roles")).unwrap();
    fs::write(folder.join("access.toml"), "version = 1\n").unwrap();
    fs::write(folder.join("people.toml"), people).unwrap();
    fs::write(folder.join("roles").join(format!("{ROLE}.toml")), role).unwrap();
    let cluster = format!(
        "requesters = [\"group:dev\"]\napproval = \"none\"\nduration = \"1h\"\n\
         [kubernetes]\nserver = \"http://{cloud}\"\naudience = \"{CLUSTER_AUDIENCE}\"\ngroups = [\"admins\"]\n"
    );
    fs::write(folder.join("roles").join(format!("{CLUSTER_ROLE}.toml")), cluster).unwrap();
}
