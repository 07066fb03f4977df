//! Servers inside the test process: anything that axum can serve, and the sandbox cloud on its own port.

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::Mutex;
use std::thread::JoinHandle;

use axum::Router;
use axum::body::Body;
use axum::body::to_bytes;
use axum::extract::Request;
use axum::middleware;
use axum::middleware::Next;
use jit::provider::aws::subject;
use jit::sandbox::Sandbox;
use jit::sandbox::SandboxRole;
use jit::sandbox::Settings;
use jit::system::Clock;
use jit::system::System;
use tokio::sync::oneshot;

/// A running server. It stops when dropped.
pub struct Site {
    /// Its address.
    pub url: String,
    running: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
}

impl Site {
    /// Serves these routes on a free loopback port.
    pub fn start(routes: Router) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                tokio::select! {
                    _ = stopped => {}
                    _ = axum::serve(listener, routes) => {}
                }
            });
        });
        Self { url, running: Some((stop, thread)) }
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        if let Some((stop, thread)) = self.running.take() {
            let _ = stop.send(());
            let _ = thread.join();
        }
    }
}

/// The account of every role of the cloud.
pub const ACCOUNT: &str = "000000000042";

/// The sandbox cloud over a socket. It records its calls.
pub struct SandboxCloud {
    /// Its address.
    pub url: String,
    calls: Arc<Mutex<Vec<String>>>,
    _site: Site,
}

impl SandboxCloud {
    /// Starts it with these roles, each opened by tokens of this issuer for the role of that name.
    pub fn start(issuer_url: &str, roles: &[&str], clock: Option<Arc<dyn Clock>>) -> Self {
        let roles = roles
            .iter()
            .map(|role| SandboxRole::for_subject(arn(role).parse().unwrap(), subject(&role.parse().unwrap())))
            .collect();
        Self::trusting(issuer_url, roles, clock)
    }

    /// Starts it with roles that name the tokens of this issuer that open them.
    pub fn trusting(issuer_url: &str, roles: Vec<SandboxRole>, clock: Option<Arc<dyn Clock>>) -> Self {
        let system = System::real();
        let sandbox = Sandbox::new(
            Settings::new(issuer_url, roles),
            Arc::clone(&system.http),
            clock.unwrap_or_else(|| Arc::clone(&system.clock)),
            Arc::clone(&system.entropy),
        );
        let calls = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&calls);
        let listen = move |request: Request, next: Next| {
            let heard = Arc::clone(&heard);
            async move {
                let (parts, body) = request.into_parts();
                let body = to_bytes(body, 1 << 20).await.unwrap();
                heard.lock().unwrap().push(String::from_utf8_lossy(&body).into_owned());
                next.run(Request::from_parts(parts, Body::from(body))).await
            }
        };
        let site = Site::start(sandbox.router().layer(middleware::from_fn(listen)));
        Self { url: site.url.clone(), calls, _site: site }
    }

    /// The values of one parameter in all calls.
    pub fn sent(&self, parameter: &str) -> Vec<String> {
        let calls = self.calls.lock().unwrap();
        let pairs = calls.iter().flat_map(|call| url::form_urlencoded::parse(call.as_bytes()));
        pairs.filter(|(name, _)| name == parameter).map(|(_, value)| value.into_owned()).collect()
    }
}

/// The ARN of a role of the sandbox.
pub fn arn(role: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:role/{role}")
}
