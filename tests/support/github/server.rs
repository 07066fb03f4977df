//! The four sites: as routers for the fake network, or on loopback sockets.

use std::net::TcpListener;
use std::sync::Arc;
use std::thread::JoinHandle;

use axum::Router;
use axum::body::Body;
use axum::body::to_bytes;
use axum::extract::Request;
use axum::http::Method;
use axum::http::Response;
use jit::system::Clock;
use jit::system::fake::FakeHttp;
use jit::system::fake_router::RouterHost;
use tokio::sync::watch;

use super::GitHub;
use super::Origins;
use super::Site;
use super::actions::issuer;
use super::actions::logs;
use super::device;
use super::manifests;
use super::receive::Received;
use super::receive::receive;
use super::smart::is_git;

impl GitHub {
    /// One site as a router.
    pub fn router(&self, site: Site) -> Router {
        let github = self.clone();
        Router::new().fallback(move |request: Request| {
            let github = github.clone();
            async move { github.answer(site, request).await }
        })
    }

    async fn answer(&self, site: Site, request: Request) -> Response<Body> {
        let (parts, body) = request.into_parts();
        let body = to_bytes(body, 64 << 20).await.unwrap_or_default();
        let received = Received {
            method: parts.method.as_str(),
            path: parts.uri.path(),
            query: parts.uri.query().unwrap_or_default(),
            headers: &parts.headers,
            body: &body,
        };
        let answer = match site {
            // An enterprise's server has git beside its API.
            Site::Api | Site::Git if is_git(received.path) => self.answer_git(&received).await,
            Site::Git => Response::builder().status(404).body(Body::empty()).unwrap(),
            Site::Api => receive(self, &received),
            Site::Web if manifests::is_page(received.path) => {
                manifests::receive(&mut self.world(), &received)
            }
            Site::Web => device::receive(&mut self.world(), &received),
            Site::Issuer => issuer::receive(&mut self.world(), &received),
            Site::Storage => logs::serve(&self.world(), &received),
        };
        if parts.method != Method::GET {
            self.ring();
        }
        answer
    }

    /// Puts the four sites on the fake network, at their origins.
    pub fn join(&self, http: &FakeHttp) {
        let origins = self.origins();
        for (site, origin) in [
            (Site::Api, origins.api),
            (Site::Web, origins.web),
            (Site::Issuer, origins.issuer),
            (Site::Storage, origins.storage),
        ] {
            http.route(&origin, Arc::new(RouterHost(self.router(site))));
        }
    }
}

/// Sites on sockets of this machine. They stop when dropped.
pub struct Listening {
    /// Their addresses, in order.
    pub urls: Vec<String>,
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

impl Listening {
    /// Serves each site on a free loopback port, which is bound when this returns.
    pub fn start(sites: &[Router]) -> Self {
        let (listeners, urls) = sites.iter().map(|_| bind()).unzip();
        Self::on(listeners, urls, sites)
    }

    fn on(listeners: Vec<TcpListener>, urls: Vec<String>, sites: &[Router]) -> Self {
        let sites: Vec<_> = listeners.into_iter().zip(sites.to_vec()).collect();
        let (stop, stopped) = watch::channel(false);
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async move {
                for (listener, router) in sites {
                    let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                    tokio::spawn(async move { axum::serve(listener, router).await });
                }
                let mut stopped = stopped;
                let _ = stopped.wait_for(|stop| *stop).await;
            });
        });
        Self { urls, stop, thread: Some(thread) }
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        let _ = self.stop.send(true);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn bind() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    (listener, url)
}

/// A GitHub on sockets. It stops when dropped.
pub struct Server {
    /// The GitHub that answers. Its origins are the sockets' addresses.
    pub github: GitHub,
    _listening: Listening,
}

impl Server {
    /// Starts an empty GitHub on four free loopback ports, which are bound when this returns.
    pub fn start(clock: Arc<dyn Clock>) -> Self {
        let [api, web, issuer, storage] = [bind(), bind(), bind(), bind()];
        let urls = [&api, &web, &issuer, &storage].map(|(_, url)| url.clone());
        let [api_url, web_url, issuer_url, storage_url] = urls.clone();
        let origins = Origins { api: api_url, web: web_url, issuer: issuer_url, storage: storage_url };
        let github = GitHub::new(origins, clock);
        let sites = [Site::Api, Site::Web, Site::Issuer, Site::Storage].map(|site| github.router(site));
        let listeners = vec![api.0, web.0, issuer.0, storage.0];
        let listening = Listening::on(listeners, urls.to_vec(), &sites);
        Self { github, _listening: listening }
    }
}
