//! The issuer's two public documents on loopback, for software that fetches them as a cloud would.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;

use axum::Router;
use axum::http::header;
use axum::routing::get;
use jiff::Timestamp;
use jit::issuer;
use jit::issuer::Issuer;
use tokio::sync::oneshot;

/// A running site. It stops when dropped.
pub struct IssuerSite {
    /// The keys that it publishes.
    pub issuer: Arc<Issuer>,
    /// Its address, which is also the issuer's name unless another was given.
    pub url: String,
    fetched: Arc<AtomicUsize>,
    running: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
}

impl IssuerSite {
    /// Makes keys in this folder and publishes them.
    pub fn start(folder: &Path) -> Self {
        Self::open(folder, None)
    }

    /// The same for an issuer of another name, e.g. that of a server in front of the site.
    pub fn named(folder: &Path, issuer_url: &str) -> Self {
        Self::open(folder, Some(issuer_url))
    }

    fn open(folder: &Path, name: Option<&str>) -> Self {
        let issuer = Arc::new(Issuer::open(folder, Timestamp::now()).unwrap());
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let fetched = Arc::new(AtomicUsize::new(0));
        let discovery = issuer.discovery_json(name.unwrap_or(&url));
        let json = [(header::CONTENT_TYPE, "application/json")];
        let (keys, count) = (Arc::clone(&issuer), Arc::clone(&fetched));
        let site =
            Router::new().route(issuer::DISCOVERY_PATH, get(async move || (json.clone(), discovery))).route(
                issuer::KEY_SET_PATH,
                get(async move || {
                    count.fetch_add(1, Ordering::Relaxed);
                    ([(header::CONTENT_TYPE, "application/json")], keys.key_set_json(Timestamp::now()))
                }),
            );
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                tokio::select! {
                    _ = stopped => {}
                    _ = axum::serve(listener, site) => {}
                }
            });
        });
        Self { issuer, url, fetched, running: Some((stop, thread)) }
    }

    /// How often the key set was fetched.
    pub fn fetched(&self) -> usize {
        self.fetched.load(Ordering::Relaxed)
    }
}

impl Drop for IssuerSite {
    fn drop(&mut self) {
        if let Some((stop, thread)) = self.running.take() {
            let _ = stop.send(());
            let _ = thread.join();
        }
    }
}
