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
use super::actions::artifacts;
use super::actions::issuer;
use super::device;
use super::manifests;
use super::receive::Received;
use super::receive::receive;

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
            Site::Api => receive(self, &received),
            Site::Web if manifests::is_page(received.path) => {
                manifests::receive(&mut self.world(), &received)
            }
            Site::Web => device::receive(&mut self.world(), &received),
            Site::Issuer => issuer::receive(&mut self.world(), &received),
            Site::Storage => artifacts::serve(&self.world(), &received),
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

/// A GitHub on sockets. It stops when dropped.
pub struct Server {
    /// The GitHub that answers. Its origins are the sockets' addresses.
    pub github: GitHub,
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Starts an empty GitHub on four free loopback ports, which are bound when this returns.
    pub fn start(clock: Arc<dyn Clock>) -> Self {
        let bind = || {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            listener.set_nonblocking(true).unwrap();
            let url = format!("http://{}", listener.local_addr().unwrap());
            (listener, url)
        };
        let [api, web, issuer, storage] = [bind(), bind(), bind(), bind()];
        let origins = Origins { api: api.1, web: web.1, issuer: issuer.1, storage: storage.1 };
        let github = GitHub::new(origins, clock);
        let sites =
            [(Site::Api, api.0), (Site::Web, web.0), (Site::Issuer, issuer.0), (Site::Storage, storage.0)];
        let sites = sites.map(|(site, listener)| (listener, github.router(site)));
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
        Self { github, stop, thread: Some(thread) }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.stop.send(true);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
