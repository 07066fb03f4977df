//! A world for tests: time that moves when told, counted entropy, routed http, scripted answers.
//!
//! Only with the feature `testing`, which the tests and benches enable: the crate as it is published has none of it.

use std::collections::BTreeMap;
use std::collections::VecDeque;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;

use async_trait::async_trait;
use jiff::tz::TimeZone;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::sync::Notify;

use super::Agent;
use super::Console;
use super::Environment;
use super::Files;
use super::Http;
use super::KernelKeyring;
use super::KeychainSource;
use super::Processes;
use super::System;
use super::console::ConsoleError;
use super::console::yes_or_no;
use super::fake_agent::FakeAgent;
pub use super::fake_clock::FakeClock;
pub use super::fake_entropy::CountedEntropy;
use super::fake_screen::FakeScreen;
use super::fake_screen::Scene;
use super::fake_stdio::FakeStdio;
use super::fake_supervisor::FakeSupervisor;
use super::http::HttpError;
use super::http::Request;
use super::http::Response;
use super::keychain::MemoryKeychain;
use super::loopback;
use super::processes::Command;
use super::processes::Output;
use super::screen::Screen;
use crate::secret::Secret;

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A fake host that answers requests.
#[async_trait]
pub trait Host: Send + Sync {
    /// Answers one request.
    async fn answer(&self, request: Request) -> Result<Response, HttpError>;
}

/// A network of routed hosts. An address without a route is unreachable.
#[derive(Default, Clone)]
pub struct FakeHttp {
    hosts: Arc<Mutex<BTreeMap<String, Arc<dyn Host>>>>,
    log: Arc<Mutex<Vec<Request>>>,
}

impl FakeHttp {
    /// Sends all requests whose URL starts with `origin` (scheme, host and port) to this host.
    pub fn route(&self, origin: &str, host: Arc<dyn Host>) {
        locked(&self.hosts).insert(origin.trim_end_matches('/').to_owned(), host);
    }

    /// Makes a host unreachable.
    pub fn unroute(&self, origin: &str) {
        locked(&self.hosts).remove(origin.trim_end_matches('/'));
    }

    /// Every request so far.
    pub fn sent(&self) -> Vec<Request> {
        locked(&self.log).clone()
    }
}

#[async_trait]
impl Http for FakeHttp {
    async fn send(&self, request: Request) -> Result<Response, HttpError> {
        locked(&self.log).push(request.clone());
        let origin = url::Url::parse(&request.url)
            .map(|url| url.origin().ascii_serialization())
            .unwrap_or_else(|_| request.url.clone());
        let host = locked(&self.hosts).get(&origin).cloned();
        match host {
            Some(host) => host.answer(request).await,
            None => Err(HttpError::Connect { host: origin, cause: "connection refused".into() }),
        }
    }
}

/// A console that records its output and answers from a script.
#[derive(Default)]
pub struct FakeConsole {
    /// The text written to standard output.
    pub output: Mutex<String>,
    /// The standard input.
    pub input: Mutex<Vec<u8>>,
    /// The messages, line by line. Progress lines start with `… `, questions with `? `.
    pub messages: Mutex<Vec<String>>,
    /// The next answers. Without any left, there is no terminal.
    pub answers: Mutex<VecDeque<String>>,
    /// The width of the terminal on standard output; 0 if it is no terminal.
    pub columns: AtomicUsize,
    /// How often the bell rang.
    pub bells: AtomicUsize,
    /// The script of the window. Without any step, standard output is no terminal to draw on.
    pub scene: Arc<Mutex<Scene>>,
    /// The texts of the desktop notices that came with it.
    pub rung: Mutex<Vec<String>>,
}

impl FakeConsole {
    /// A console whose person gives these answers.
    pub fn answering(answers: &[&str]) -> Self {
        let console = Self::default();
        locked(&console.answers).extend(answers.iter().map(|answer| (*answer).to_owned()));
        console
    }

    /// All of standard output so far.
    pub fn printed(&self) -> String {
        locked(&self.output).clone()
    }

    /// All messages so far, one per line.
    pub fn said(&self) -> String {
        locked(&self.messages).join("\n")
    }

    fn next(&self, question: &str) -> Result<String, ConsoleError> {
        locked(&self.messages).push(format!("? {question}"));
        match locked(&self.answers).pop_front() {
            Some(answer) if answer == "^C" => Err(ConsoleError::Interrupted),
            Some(answer) => Ok(answer),
            None => Err(ConsoleError::NotInteractive),
        }
    }
}

impl Console for FakeConsole {
    fn print(&self, text: &str) -> io::Result<()> {
        locked(&self.output).push_str(text);
        Ok(())
    }

    fn read_input(&self, most: usize) -> io::Result<Vec<u8>> {
        let input = locked(&self.input).clone();
        if input.len() > most { Err(io::ErrorKind::FileTooLarge.into()) } else { Ok(input) }
    }

    fn line(&self, line: &str) {
        locked(&self.messages).push(line.to_owned());
    }

    fn progress(&self, line: &str) {
        let line = format!("… {line}");
        let mut messages = locked(&self.messages);
        if messages.last() != Some(&line) {
            messages.push(line);
        }
    }

    fn settle(&self) {}

    fn columns(&self) -> Option<usize> {
        Some(self.columns.load(Ordering::Relaxed)).filter(|columns| *columns > 0)
    }

    fn screen(&self, _coloured: bool) -> Result<Box<dyn Screen>, ConsoleError> {
        let screen = FakeScreen::playing(&self.scene).ok_or(ConsoleError::NotInteractive)?;
        Ok(Box::new(screen))
    }

    fn is_interactive(&self) -> bool {
        !locked(&self.answers).is_empty()
    }

    fn is_inherited(&self) -> bool {
        false
    }

    fn colours_output(&self) -> bool {
        false
    }

    fn colours_messages(&self) -> bool {
        false
    }

    fn ring(&self, text: &str) {
        self.bells.fetch_add(1, Ordering::Relaxed);
        locked(&self.rung).push(text.to_owned());
    }

    fn confirm(&self, question: &str, default: bool) -> Result<bool, ConsoleError> {
        loop {
            if let Some(said) = yes_or_no(&self.next(question)?, default) {
                return Ok(said);
            }
        }
    }

    fn ask(&self, question: &str, offered: &[String]) -> Result<String, ConsoleError> {
        let answer = self.next(question)?;
        Ok(if answer.is_empty() { offered.first().cloned().unwrap_or_default() } else { answer })
    }

    fn ask_secret(&self, question: &str) -> Result<Secret<String>, ConsoleError> {
        self.next(question).map(Secret::new)
    }

    fn choose(&self, question: &str, choices: &[String]) -> Result<usize, ConsoleError> {
        let answer = self.next(question)?;
        choices.iter().position(|choice| choice.starts_with(&answer)).ok_or(ConsoleError::Interrupted)
    }
}

/// Children that are only recorded.
#[derive(Default)]
pub struct FakeProcesses {
    /// Every command that was started.
    pub started: Mutex<Vec<Command>>,
    /// The results of the next commands. If empty, a clean exit without output.
    pub outputs: Mutex<VecDeque<Output>>,
    /// Notified once per Ctrl-C.
    pub interrupts: Notify,
    /// The raw responses that a launched browser got from addresses of this machine.
    pub visits: Mutex<Vec<String>>,
    /// Whether a launched browser sends no request.
    pub is_browser_away: AtomicBool,
}

impl FakeProcesses {
    fn finish(&self, command: &Command) -> Output {
        locked(&self.started).push(command.clone());
        locked(&self.outputs).pop_front().unwrap_or(Output {
            code: 0,
            stdout: Vec::new(),
            stderr: Vec::new(),
        })
    }

    /// Sends one request, as a browser does, and reads the response to the end.
    async fn visit(address: &url::Url) -> io::Result<String> {
        let port = address.port().unwrap_or(80);
        let mut stream = loopback::connect(port, Duration::from_secs(5)).await?;
        let request = format!("GET {} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n", address.path());
        stream.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        Ok(answer)
    }
}

#[async_trait]
impl Processes for FakeProcesses {
    fn become_command(&self, command: &Command) -> io::Result<i32> {
        Ok(self.finish(command).code)
    }

    async fn run_attached(&self, command: &Command) -> io::Result<i32> {
        Ok(self.finish(command).code)
    }

    async fn run_collected(&self, command: &Command, _input: &[u8], _limit: Duration) -> io::Result<Output> {
        Ok(self.finish(command))
    }

    async fn launch(&self, command: &Command, _patience: Duration) -> io::Result<Option<i32>> {
        let code = self.finish(command).code;
        let last = command.arguments.last().and_then(|argument| argument.to_str());
        let address = last.and_then(|last| url::Url::parse(last).ok());
        let here = address.filter(|address| address.host_str() == Some("127.0.0.1"));
        if let Some(address) = here.filter(|_| code == 0 && !self.is_browser_away.load(Ordering::Relaxed)) {
            let answer = Self::visit(&address).await?;
            locked(&self.visits).push(answer);
        }
        Ok(Some(code))
    }

    fn protect_memory(&self) {}

    async fn interrupted(&self) {
        self.interrupts.notified().await;
    }
}

/// A whole fake world, with access to its parts.
pub struct FakeWorld {
    /// The system to run with.
    pub system: System,
    /// Its clock.
    pub clock: FakeClock,
    /// Its network.
    pub http: FakeHttp,
    /// Its mail servers.
    #[cfg(feature = "broker")]
    pub mail: Arc<super::fake_mail::FakeMail>,
    /// Its standard input and output.
    pub stdio: Arc<FakeStdio>,
    /// Its console.
    pub console: Arc<FakeConsole>,
    /// Its child processes.
    pub processes: Arc<FakeProcesses>,
    /// Its supervised commands.
    pub supervisor: Arc<FakeSupervisor>,
    /// Its ssh-agent.
    pub agent: Arc<FakeAgent>,
    /// Its keychain.
    pub keychain: Arc<MemoryKeychain>,
}

impl FakeWorld {
    /// A world whose files are under `root`. It shares a clock and a network with others. `seed` makes its entropy
    /// differ.
    pub fn new(root: &Path, clock: &FakeClock, http: &FakeHttp, seed: u32) -> Self {
        let console = Arc::new(FakeConsole::default());
        #[cfg(feature = "broker")]
        let mail = Arc::new(super::fake_mail::FakeMail::default());
        let processes = Arc::new(FakeProcesses::default());
        let supervisor = Arc::new(FakeSupervisor::default());
        let stdio = Arc::new(FakeStdio::default());
        let agent = Arc::new(FakeAgent::default());
        let keychain = Arc::new(MemoryKeychain::default());
        Self {
            system: System {
                clock: Arc::new(clock.clone()),
                zone: TimeZone::UTC.into(),
                entropy: Arc::new(CountedEntropy::seeded(seed)),
                environment: Environment::default(),
                files: Files::under(root),
                http: Arc::new(http.clone()),
                #[cfg(feature = "broker")]
                mail: Arc::clone(&mail) as Arc<dyn super::Mail>,
                processes: Arc::clone(&processes) as Arc<dyn Processes>,
                supervisor: Arc::clone(&supervisor) as Arc<dyn super::Supervisor>,
                stdio: Arc::clone(&stdio) as Arc<dyn super::Stdio>,
                console: Arc::clone(&console) as Arc<dyn Console>,
                agent: Arc::clone(&agent) as Arc<dyn Agent>,
                keychain: KeychainSource::Given(Arc::clone(&keychain) as Arc<dyn super::Keychain>),
                kernel: KernelKeyring::Absent,
            },
            clock: clock.clone(),
            http: http.clone(),
            #[cfg(feature = "broker")]
            mail,
            stdio,
            console,
            processes,
            supervisor,
            agent,
            keychain,
        }
    }
}
