//! Git over smart HTTP: the repositories as `git http-backend` serves them, to callers that may read their contents.
//!
//! Sources: git, "http-backend" and "protocol-v2". GitHub serves any object that a reference reaches, and filters.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::OnceLock;
use std::sync::PoisonError;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering;

use axum::body::Body;
use axum::http::HeaderMap;
use axum::http::Response;
use data_encoding::BASE64;
use flate2::Compression;
use flate2::write::ZlibEncoder;

use super::GitHub;
use super::access::Level;
use super::access::Role;
use super::access::TokenKind;
use super::answer::Fault;
use super::receive::Received;
use super::server::Listening;
use super::world::World;

/// A fetch that was served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fetched {
    /// Whether the token was a job's.
    pub by_job: bool,
    /// The account that fetched.
    pub account: u64,
}

/// The repositories on disk, and the socket on which they are served.
#[derive(Default)]
pub struct Smart {
    folder: OnceLock<tempfile::TempDir>,
    written: Mutex<BTreeSet<String>>,
    fetched: Mutex<Vec<Fetched>>,
    requests: AtomicU32,
    /// How many fetches are served before the service breaks down. `None` if it does not.
    last_fetches: Mutex<Option<u32>>,
    socket: OnceLock<Listening>,
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// Whether a path is one of git's.
pub fn is_git(path: &str) -> bool {
    path.ends_with(".git/info/refs") || path.ends_with(".git/git-upload-pack")
}

/// What git needs to read one repository, once the caller may.
struct Allowed {
    folder: std::path::PathBuf,
    fetched: Fetched,
}

impl GitHub {
    /// Serves git on a socket of this machine. From now on the variables of [`GitHub::git_variables`] lead there.
    pub fn serve_git(&self) {
        self.smart().socket.get_or_init(|| Listening::start(&[self.router(super::Site::Git)]));
    }

    /// The variables with which git on this machine takes this GitHub for github.com. `None` if it is not served.
    pub fn git_variables(&self) -> Option<Vec<(String, String)>> {
        let socket = self.smart().socket.get()?;
        let web = self.origins().web;
        let path = self.smart().folder().join("gitconfig");
        let settings = format!(
            "[url \"{}/\"]\n\tinsteadOf = {web}/\n[protocol \"http\"]\n\tallow = always\n",
            socket.urls[0]
        );
        std::fs::write(&path, settings).unwrap();
        let text = |text: &str| text.to_owned();
        Some(vec![
            (text("GIT_CONFIG_GLOBAL"), path.display().to_string()),
            (text("GIT_CONFIG_NOSYSTEM"), text("1")),
            (text("PATH"), std::env::var("PATH").unwrap_or_default()),
        ])
    }

    /// The fetches that were served since the last call of this function.
    pub fn fetches(&self) -> Vec<Fetched> {
        std::mem::take(&mut *self.smart().fetched.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// How many requests of git over HTTP were answered since the last call of this function.
    pub fn git_requests(&self) -> u32 {
        self.smart().requests.swap(0, Ordering::Relaxed)
    }

    /// Serves so many fetches more, and answers each later one with an error.
    pub fn break_git_after(&self, fetches: u32) {
        *self.smart().last_fetches.lock().unwrap_or_else(PoisonError::into_inner) = Some(fetches);
    }

    /// Answers one request of git.
    pub async fn answer_git(&self, received: &Received<'_>) -> Response<Body> {
        self.smart().requests.fetch_add(1, Ordering::Relaxed);
        let refused = |fault: Fault| {
            let mut builder = Response::builder().status(fault.status);
            if fault.status == 401 {
                builder = builder.header("www-authenticate", "Basic realm=\"GitHub\"");
            }
            builder.body(Body::from(fault.body["message"].as_str().unwrap_or_default().to_owned())).unwrap()
        };
        let allowed = match self.allow(received) {
            Ok(allowed) => allowed,
            Err(fault) => return refused(fault),
        };
        if received.method == "POST" && received.path.ends_with("/git-upload-pack") && is_fetch(received.body)
        {
            let mut left = self.smart().last_fetches.lock().unwrap_or_else(PoisonError::into_inner);
            if *left == Some(0) {
                return refused(Fault::new(503, "No server is currently available."));
            }
            *left = left.map(|left| left - 1);
            let mut fetched = self.smart().fetched.lock().unwrap_or_else(PoisonError::into_inner);
            fetched.push(allowed.fetched);
        }
        let mut command = Command::new("git");
        command
            .arg("http-backend")
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("GIT_PROJECT_ROOT", &allowed.folder)
            .env("GIT_HTTP_EXPORT_ALL", "1")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_PROTOCOL", header(received.headers, "git-protocol"))
            .env("REQUEST_METHOD", received.method)
            .env("PATH_INFO", format!("/repository.git{}", of_git(received.path)))
            .env("QUERY_STRING", received.query)
            .env("CONTENT_TYPE", header(received.headers, "content-type"))
            .env("CONTENT_LENGTH", received.body.len().to_string())
            .env("HTTP_CONTENT_ENCODING", header(received.headers, "content-encoding"))
            .env("REMOTE_ADDR", "127.0.0.1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let body = received.body.to_vec();
        tokio::task::spawn_blocking(move || backend(command, body)).await.unwrap()
    }

    /// Checks the caller, and brings the repository on disk up to date.
    fn allow(&self, received: &Received<'_>) -> Result<Allowed, Fault> {
        let world = self.world();
        let shown = header(received.headers, "authorization");
        let token = shown.strip_prefix("Basic ").and_then(|basic| BASE64.decode(basic.as_bytes()).ok());
        let token = token.and_then(|text| String::from_utf8(text).ok());
        let token = token.as_deref().and_then(|text| text.split_once(':')).map(|(_, password)| password);
        let token = token.ok_or_else(|| Fault::new(401, "Repository not found."))?;
        let caller = world.caller(&format!("Bearer {token}"))?;
        let (owner, rest) =
            received.path.trim_start_matches('/').split_once('/').ok_or_else(Fault::not_found)?;
        let (name, _) = rest.split_once(".git/").ok_or_else(Fault::not_found)?;
        let id = world.visible(&caller, owner, name)?;
        world.require(&caller, id, "contents", Level::Read, Role::Read)?;
        let kind = caller.token.as_ref().map(|token| &token.kind);
        let by_job = matches!(kind, Some(TokenKind::Job(..)));
        let fetched = Fetched { by_job, account: caller.account().unwrap_or_default() };
        let folder = self.smart().folder().join(id.to_string());
        self.smart().write(&world, id, &folder.join("repository.git"));
        Ok(Allowed { folder, fetched })
    }
}

/// The path behind the repository's name.
fn of_git(path: &str) -> &str {
    path.split_once(".git").map_or("", |(_, rest)| rest)
}

/// Whether a request of protocol 2 fetches, and does not only list. A compressed one is never a list.
fn is_fetch(body: &[u8]) -> bool {
    !body.windows(15).any(|part| part == b"command=ls-refs")
}

fn backend(mut command: Command, body: Vec<u8>) -> Response<Body> {
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let feed = std::thread::spawn(move || {
        // It need not read all of it.
        let _ = stdin.write_all(&body);
    });
    let output = child.wait_with_output().unwrap();
    feed.join().unwrap();
    let end = output.stdout.windows(4).position(|part| part == b"\r\n\r\n").unwrap_or(output.stdout.len());
    let (head, content) = output.stdout.split_at(end);
    let mut builder = Response::builder();
    for line in String::from_utf8_lossy(head).lines() {
        match line.split_once(": ") {
            Some(("Status", status)) => {
                builder = builder.status(status.split(' ').next().unwrap().parse::<u16>().unwrap());
            }
            Some((name, value)) => builder = builder.header(name, value),
            None => {}
        }
    }
    builder.body(Body::from(content.get(4..).unwrap_or_default().to_vec())).unwrap()
}

impl Smart {
    fn folder(&self) -> &Path {
        self.folder.get_or_init(|| tempfile::tempdir().unwrap()).path()
    }

    /// Writes what is new: each object once, and all references.
    fn write(&self, world: &World, id: u64, folder: &Path) {
        let network = world.repository(id).network;
        for inner in ["objects", "refs"] {
            std::fs::create_dir_all(folder.join(inner)).unwrap();
        }
        let settings = "[core]\n\trepositoryformatversion = 0\n\tbare = true\n[uploadpack]\n\tallowFilter = true\n\
             \tallowAnySHA1InWant = true\n";
        std::fs::write(folder.join("config"), settings).unwrap();
        std::fs::write(folder.join("HEAD"), "ref: refs/heads/main\n").unwrap();
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        let store = world.store(id);
        for sha in store.ids() {
            if !written.insert(format!("{id}/{network}/{sha}")) {
                continue;
            }
            let (start, rest) = sha.split_at(2);
            let place = folder.join("objects").join(start);
            std::fs::create_dir_all(&place).unwrap();
            let mut packed = ZlibEncoder::new(Vec::new(), Compression::fast());
            packed.write_all(&store.loose(sha)).unwrap();
            std::fs::write(place.join(rest), packed.finish().unwrap()).unwrap();
        }
        let repository = world.repository(id);
        let heads = repository.refs.iter().map(|(name, sha)| (name.clone(), sha.clone()));
        let pulls = repository.pulls.values();
        let pulls = pulls.map(|pull| (format!("refs/pull/{}/head", pull.number), pull.head_sha.clone()));
        let refs: std::collections::BTreeMap<String, String> = heads.chain(pulls).collect();
        let lines: Vec<String> = refs.into_iter().map(|(name, sha)| format!("{sha} {name}\n")).collect();
        let text = format!("# pack-refs with: sorted \n{}", lines.concat());
        std::fs::write(folder.join("packed-refs"), text).unwrap();
    }
}

/// Shared by all clones of a GitHub.
pub type Shared = Arc<Smart>;
