//! The demonstration's world: two people with fresh keys, a policy, a broker and a sandbox cloud, all on loopback and under
//! one temporary folder.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;

use ssh_key::LineEnding;
use ssh_key::PrivateKey;
use ssh_key::private::Ed25519Keypair;
use ssh_key::private::KeypairData;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::broker::Broker;
use crate::broker::BrokerSettings;
use crate::flow::Failure;
use crate::grant::Name;
use crate::provider;
use crate::sandbox::Sandbox;
use crate::sandbox::SandboxAccount;
use crate::sandbox::SandboxRole;
use crate::sandbox::Settings;
use crate::system::Console;
use crate::system::Environment;
use crate::system::Files;
use crate::system::KernelKeyring;
use crate::system::KeychainSource;
use crate::system::Processes;
use crate::system::System;
use crate::system::files;
use crate::system::keychain::MemoryKeychain;
use crate::system::processes::ChildProcesses;

/// The role that the demonstration requests.
pub const ROLE: &str = "orders-admin";
/// The ARN that it opens, in an account that does not exist.
pub const ROLE_ARN: &str = "arn:aws:iam::000000000042:role/orders-admin";

/// A second role, which opens Google Cloud and needs no approval.
pub const OTHER_ROLE: &str = "warehouse";
/// The service account that it opens, in a project that does not exist.
const ACCOUNT: &str = "warehouse@shop-42.iam.gserviceaccount.com";
/// The provider by which it does.
const PROVIDER: &str = "projects/42/locations/global/workloadIdentityPools/jit-pool/providers/jit-demo";

/// A person in the demonstration.
pub struct Person {
    /// The name in the policy.
    pub name: Name,
    /// That person's terminal, files, key and keychain.
    pub system: System,
}

/// The servers, on a separate thread, because a command that waits for its child must not block the cloud's answer to
/// it.
pub struct World {
    /// The developer.
    pub ana: Person,
    /// Her colleague.
    pub bo: Person,
    /// The address at which the broker listens.
    pub broker_url: String,
    stop: Option<oneshot::Sender<()>>,
    servers: Option<JoinHandle<()>>,
    // Removed with everything in it, after the servers have stopped.
    _root: TempDir,
}

impl World {
    /// Builds everything and logs nobody in. The people's commands and their children print to `shown`.
    pub fn build(system: &System, shown: &Arc<dyn Console>) -> Result<Self, Failure> {
        let root = files::temporary_folder().map_err(|error| failed("a temporary folder", &error))?;
        let broker = listen()?;
        let cloud = listen()?;
        let broker_address = address(&broker)?;
        let broker_url = format!("http://{broker_address}");
        let cloud_url = format!("http://{}", address(&cloud)?);
        let person = |name: &str| person(system, root.path(), name, shown);
        let (ana, ana_key) = person("ana")?;
        let (bo, bo_key) = person("bo")?;
        let policy = root.path().join("access");
        for (path, content) in policy_files(&ana_key, &bo_key, &cloud_url) {
            write(&policy.join(path), &content)?;
        }
        let mut of_broker = system.clone();
        of_broker.files = Files::under(&root.path().join("broker"));
        let settings =
            BrokerSettings::new(policy, root.path().join("broker/data"), broker_url.clone(), broker_address);
        let (stop, stopped) = oneshot::channel();
        let (ready, is_ready) = std::sync::mpsc::channel();
        let servers = std::thread::spawn(move || {
            let serving = serve(settings, of_broker, broker, cloud, &ready, stopped);
            match tokio::runtime::Builder::new_current_thread().enable_all().build() {
                Ok(runtime) => runtime.block_on(serving),
                Err(error) => drop(ready.send(Err(error.into()))),
            }
        });
        let started = is_ready.recv().unwrap_or_else(|_| Err(anyhow::anyhow!("the servers stopped at once")));
        let world = Self { ana, bo, broker_url, stop: Some(stop), servers: Some(servers), _root: root };
        started.map_err(|error| {
            Failure::failed("the demonstration's broker does not start").cause(format!("{error:#}"))
        })?;
        Ok(world)
    }
}

impl Drop for World {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(servers) = self.servers.take() {
            let _ = servers.join();
        }
    }
}

async fn serve(
    settings: BrokerSettings,
    system: System,
    broker: std::net::TcpListener,
    cloud: std::net::TcpListener,
    ready: &std::sync::mpsc::Sender<anyhow::Result<()>>,
    stopped: oneshot::Receiver<()>,
) {
    let issuer = settings.issuer_url().to_owned();
    let opened = async {
        let broker_listener = TcpListener::from_std(broker)?;
        let cloud_listener = TcpListener::from_std(cloud)?;
        let broker = Broker::open(settings, &system).await?;
        let role: Name = ROLE.parse()?;
        let roles = vec![SandboxRole::for_subject(ROLE_ARN.parse()?, provider::subject(&role))];
        let other: Name = OTHER_ROLE.parse()?;
        let account = SandboxAccount::for_subject(ACCOUNT, PROVIDER, provider::subject(&other));
        let sandbox = Sandbox::new(
            Settings::new(issuer, roles),
            Arc::clone(&system.http),
            Arc::clone(&system.clock),
            Arc::clone(&system.entropy),
        )
        .with_accounts(Arc::new(move || vec![account.clone()]));
        anyhow::Ok((broker_listener, broker, cloud_listener, sandbox))
    };
    match opened.await {
        Err(cause) => drop(ready.send(Err(cause))),
        Ok((broker_listener, broker, cloud_listener, sandbox)) => {
            let _ = ready.send(Ok(()));
            let cloud = axum::serve(
                cloud_listener,
                sandbox.router().into_make_service_with_connect_info::<SocketAddr>(),
            );
            let stop = async {
                let _ = stopped.await;
            };
            tokio::select! {
                _ = crate::broker::serve(broker, broker_listener, stop) => {}
                _ = cloud.into_future() => {}
            }
        }
    }
}

fn listen() -> Result<std::net::TcpListener, Failure> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.set_nonblocking(true).map(|()| listener));
    listener.map_err(|error| failed("an address on this machine", &error))
}

fn address(listener: &std::net::TcpListener) -> Result<SocketAddr, Failure> {
    listener.local_addr().map_err(|error| failed("an address on this machine", &error))
}

/// One person's world: separate files, a keychain in memory, a key in a file, and no agent of the machine's real user.
fn person(
    system: &System,
    root: &Path,
    name: &str,
    shown: &Arc<dyn Console>,
) -> Result<(Person, String), Failure> {
    let own = root.join(name);
    let mut system = system.clone();
    let executable = system.files.executable.clone();
    system.files = Files { executable: executable.clone(), ..Files::under(&own) };
    system.console = Arc::clone(shown);
    system.keychain = KeychainSource::Given(Arc::new(MemoryKeychain::default()));
    system.kernel = KernelKeyring::Absent;
    let children = Arc::new(ChildProcesses { console: Arc::clone(shown) });
    system.processes = Arc::clone(&children) as Arc<dyn Processes>;
    system.supervisor = children;
    let programs = programs(&own, &executable)?;
    system.environment = environment(&system.environment, &own, &programs);
    let name: Name = name.parse().map_err(|_| Failure::failed("a name is wrong"))?;
    let key = make_key(&system, &own.join("home/.ssh"), &name)?;
    Ok((Person { name, system }, key))
}

/// The folder in which a person's commands find this program as `jit`: its own, or one with a link if the file has another name.
fn programs(own: &Path, executable: &Path) -> Result<PathBuf, Failure> {
    if let Some(folder) = executable.parent().filter(|_| executable.file_stem() == Some("jit".as_ref())) {
        return Ok(folder.to_path_buf());
    }
    let folder = own.join("bin");
    files::make_private_folder(&folder)
        .and_then(|()| link(executable, &folder.join(NAMED)))
        .map_err(|error| failed("a link to this program", &error))?;
    Ok(folder)
}

/// The name of the program's file.
const NAMED: &str = if cfg!(windows) { "jit.exe" } else { "jit" };

#[cfg(unix)]
fn link(executable: &Path, name: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(executable, name)
}

/// A symbolic link needs a privilege on Windows.
#[cfg(not(unix))]
fn link(executable: &Path, name: &Path) -> io::Result<()> {
    fs::hard_link(executable, name).or_else(|_| fs::copy(executable, name).map(|_| ()))
}

/// The environment of a person's commands: this program first in `PATH`, a separate home, and nothing of any real
/// cloud.
fn environment(inherited: &Environment, own: &Path, programs: &Path) -> Environment {
    let mut environment = Environment::default();
    for kept in ["LANG", "LC_ALL", "TERM", "TZ", "NO_COLOR", "SYSTEMROOT"] {
        if let Some(value) = inherited.get(kept) {
            environment.set(kept, value);
        }
    }
    let mut folders = vec![programs.to_path_buf()];
    folders.extend(std::env::split_paths(inherited.get("PATH").unwrap_or_default()));
    if let Ok(path) = std::env::join_paths(folders) {
        environment.set("PATH", path);
    }
    environment.set("HOME", own.join("home"));
    environment
}

/// Creates an ed25519 key in OpenSSH's format. Returns its public line, which the policy needs.
fn make_key(system: &System, folder: &Path, name: &Name) -> Result<String, Failure> {
    let wrong = |error: ssh_key::Error| Failure::failed("a key cannot be made").cause(error.to_string());
    let pair = Ed25519Keypair::from_seed(&system.entropy.seed());
    let key = PrivateKey::new(KeypairData::Ed25519(pair), name.to_string()).map_err(wrong)?;
    let line = key.public_key().to_openssh().map_err(wrong)?;
    files::make_private_folder(folder).map_err(|error| failed("a key's folder", &error))?;
    let text = key.to_openssh(LineEnding::LF).map_err(wrong)?;
    files::replace_private(&folder.join("id_ed25519"), text.as_bytes())
        .map_err(|error| failed("a key file", &error))?;
    write(&folder.join("id_ed25519.pub"), &format!("{line}\n"))?;
    Ok(line)
}

fn policy_files(ana: &str, bo: &str, cloud_url: &str) -> BTreeMap<String, String> {
    let role = format!(
        "description = \"Administer the orders database\"\n\
         requesters = [\"group:dev\"]\n\
         approval = \"1 of group:sre\"\n\
         duration = \"1h\"\n\
         max_duration = \"4h\"\n\
         reason = {{ pattern = '^(INC|CHG)-\\d+\\b', hint = \"start with a ticket, e.g. INC-42\" }}\n\n\
         [sandbox]\n\
         role_arn = \"{ROLE_ARN}\"\n\
         endpoint_url = \"{cloud_url}\"\n"
    );
    let other = format!(
        "description = \"Read the warehouse\"\n\
         requesters = [\"group:dev\"]\n\
         approval = \"none\"\n\
         duration = \"1h\"\n\
         max_duration = \"4h\"\n\n\
         [gcp]\n\
         service_account = \"{ACCOUNT}\"\n\
         project = \"shop-42\"\n\
         provider = \"{PROVIDER}\"\n\
         endpoint = \"{cloud_url}\"\n"
    );
    let people = format!(
        "[people.ana]\nname = \"Ana Pires\"\nkeys = [\"{ana}\"]\n\n\
         [people.bo]\nname = \"Bo Lind\"\nkeys = [\"{bo}\"]\n\n\
         [groups]\ndev = [\"ana\", \"bo\"]\nsre = [\"ana\", \"bo\"]\n"
    );
    BTreeMap::from([
        ("access.toml".to_owned(), "version = 1\n".to_owned()),
        ("people.toml".to_owned(), people),
        (format!("roles/{ROLE}.toml"), role),
        (format!("roles/{OTHER_ROLE}.toml"), other),
    ])
}

fn write(path: &Path, content: &str) -> Result<(), Failure> {
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(path, content))
        .map_err(|error| failed("a file of the demonstration", &error))
}

fn failed(what: &str, error: &io::Error) -> Failure {
    Failure::failed(format!("the demonstration cannot get {what}")).cause(error.to_string())
}
