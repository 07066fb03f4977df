//! The outside world as one value. Every part has a real and a fake form.
//!
//! May use `secret` and `address`. Invariant: only this folder touches the clock, randomness, the environment, the
//! network, child processes or the terminal. Tests pass a [`fake`] world instead.
#![expect(clippy::disallowed_methods, reason = "this folder is where the outside world is touched")]

pub mod agent;
pub mod aws_files;
#[cfg(unix)]
pub mod broken_pipe;
pub mod captured;
pub mod clock;
#[cfg(any(windows, test))]
mod command_name;
pub mod console;
pub mod contained;
#[cfg(unix)]
mod descendants;
mod desktop;
pub mod entropy;
pub mod environment;
#[cfg(any(test, feature = "testing"))]
pub mod fake;
#[cfg(any(test, feature = "testing"))]
pub mod fake_agent;
#[cfg(any(test, feature = "testing"))]
pub mod fake_clock;
#[cfg(any(test, feature = "testing"))]
mod fake_entropy;
#[cfg(any(test, feature = "testing"))]
pub mod fake_kernel;
#[cfg(all(feature = "broker", any(test, feature = "testing")))]
pub mod fake_mail;
#[cfg(all(feature = "broker", any(test, feature = "testing")))]
pub mod fake_router;
#[cfg(any(test, feature = "testing"))]
pub mod fake_screen;
#[cfg(any(test, feature = "testing"))]
pub mod fake_stdio;
#[cfg(any(test, feature = "testing"))]
pub mod fake_supervisor;
pub mod files;
pub mod fingerprint;
pub mod folding;
#[cfg(unix)]
mod full_screen;
pub mod git;
#[cfg(feature = "broker")]
pub mod guarded_file;
pub mod http;
pub mod keychain;
pub mod line;
#[cfg(feature = "demo")]
mod line_editor;
pub mod loopback;
#[cfg(feature = "broker")]
pub mod mail;
pub mod peer;
pub mod private_folder;
pub mod processes;
pub mod screen;
pub mod shared_file;
#[cfg(feature = "broker")]
pub mod socket;
pub mod stdio;
pub mod supervise;
mod terminal;
pub mod this_program;
pub mod user_file;
mod user_folders;
pub mod working;
pub mod zone;

use std::sync::Arc;

pub use agent::Agent;
pub use clock::Clock;
pub use console::Console;
pub use entropy::Entropy;
pub use environment::Environment;
pub use files::Files;
pub use http::Http;
pub use keychain::KernelKeyring;
pub use keychain::Keychain;
pub use keychain::KeychainSource;
#[cfg(feature = "broker")]
pub use mail::Mail;
pub use processes::Processes;
pub use stdio::Stdio;
pub use supervise::Supervisor;
pub use zone::Zone;

/// The outside world as one value. Cheap to clone.
#[derive(Clone)]
pub struct System {
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The person's time zone. All text for people uses it; `--json` stays in UTC.
    pub zone: Zone,
    /// The source of randomness.
    pub entropy: Arc<dyn Entropy>,
    /// The environment variables that this process was started with.
    pub environment: Environment,
    /// The places of configuration and state.
    pub files: Files,
    /// The network.
    pub http: Arc<dyn Http>,
    /// Mail servers.
    #[cfg(feature = "broker")]
    pub mail: Arc<dyn Mail>,
    /// Child processes and `execve`.
    pub processes: Arc<dyn Processes>,
    /// Commands that run under this process as their parent.
    pub supervisor: Arc<dyn Supervisor>,
    /// Standard input and output, for a protocol.
    pub stdio: Arc<dyn Stdio>,
    /// The person at the terminal.
    pub console: Arc<dyn Console>,
    /// The person's ssh-agent.
    pub agent: Arc<dyn Agent>,
    /// The keychain to use: the recorded choice, or a given one.
    pub keychain: KeychainSource,
    /// The kernel's keyring, for credentials.
    pub kernel: KernelKeyring,
}

impl System {
    /// The path of this program that stays valid after an upgrade, for files that outlive it.
    pub fn program(&self) -> std::path::PathBuf {
        this_program::lasting(&self.environment, &self.files.executable)
    }

    /// Builds the real world of this process.
    pub fn real() -> Self {
        let environment = Environment::of_process();
        Self {
            clock: Arc::new(clock::RealClock),
            zone: Zone::default(),
            entropy: Arc::new(entropy::OsEntropy),
            files: Files::of_user(&environment),
            http: Arc::new(http::Client::default()),
            #[cfg(feature = "broker")]
            mail: Arc::new(mail::Smtp),
            processes: Arc::new(processes::RealProcesses),
            supervisor: Arc::new(supervise::RealSupervisor::of_process()),
            stdio: Arc::new(stdio::ProcessStdio),
            console: Arc::new(terminal::Terminal::new(&environment)),
            agent: Arc::new(agent::SocketAgent::of(&environment)),
            keychain: KeychainSource::Recorded,
            kernel: KernelKeyring::Machine,
            environment,
        }
    }

    /// The same world for an agent of this person, which `JIT_AGENT` names: configuration and state lie in folders of its own, and no
    /// ssh-agent signs.
    #[must_use]
    pub fn as_agent(&self, name: &str) -> Self {
        let own = |folder: &std::path::Path| folder.join("agents").join(name);
        let before = self.files.clone();
        let files = Files {
            config: own(&before.config),
            state: own(&before.state),
            owner_state: before.owner_state.or(Some(before.state)),
            ..self.files.clone()
        };
        let mut environment = self.environment.clone();
        environment.set("JIT_AGENT", name);
        Self { files, environment, agent: Arc::new(agent::NoAgent), ..self.clone() }
    }

    /// The same world without a person at the terminal: messages are dropped, and every question fails.
    #[must_use]
    pub fn unattended(&self) -> Self {
        let output = console::OutputOnly(Arc::clone(&self.console));
        Self { console: Arc::new(console::Unattended(output)), ..self.clone() }
    }
}
