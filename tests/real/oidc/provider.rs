//! The provider, and a browser of plain HTTP that a person signs in with.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use http::Method;
use jit::system::Http;
use jit::system::http::Client;
use jit::system::http::Request;
use jit::system::http::Response;
use serde_json::Value;
use url::Url;
use url::form_urlencoded::Serializer;

use crate::peers::peer::Peer;
use crate::peers::peer::free_ports;
use crate::peers::peer::status_of;
use crate::peers::peers;
use crate::peers::tool;

/// A running provider.
pub struct Provider {
    pub issuer: String,
    _peer: Peer,
}

fn block<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

impl Provider {
    pub fn start(folder: &Path) -> Self {
        let [port] = free_ports();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers/oidc_provider.mjs");
        let mut command = Command::new(tool("node"));
        command.arg(script).arg(port.to_string()).env("JIT_PEERS", peers());
        let peer = Peer::start("oidc-provider", &command, folder);
        peer.wait_until("it answers", || status_of(port, "/.well-known/openid-configuration") == Some(200));
        Self { issuer: format!("http://127.0.0.1:{port}"), _peer: peer }
    }

    fn tell(&self, path: &str, body: String) {
        let request =
            Request::new(Method::POST, format!("{}{path}", self.issuer)).body("application/json", body);
        assert_eq!(block(Client::default().send(request)).unwrap().status, 204);
    }

    /// Replaces the signing keys and withdraws the old ones.
    pub fn rotate(&self) {
        self.tell("/test/rotate", String::new());
    }

    /// Lets the device flow carry the nonce, as Keycloak's does. The package by itself drops it.
    pub fn carry_nonce(&self) {
        self.tell("/test/nonce", String::new());
    }

    /// Sets the groups of each person.
    pub fn set_groups(&self, groups: &Value) {
        self.tell("/test/groups", groups.to_string());
    }
}

/// A browser: cookies, redirects, and the forms of the provider's pages.
pub struct Browser {
    person: String,
    cookies: BTreeMap<String, String>,
    /// How many requests it sent.
    pub requests: usize,
}

impl Browser {
    /// The browser of a person whose name is what they sign in as.
    pub fn of(person: &str) -> Self {
        Self { person: person.to_owned(), cookies: BTreeMap::new(), requests: 0 }
    }

    fn send(&mut self, method: Method, url: &Url, form: &[(&str, &str)]) -> Response {
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut request = Request::new(method.clone(), url.as_str()).header("cookie", cookies.join("; "));
        if method == Method::POST {
            let form = Serializer::new(String::new()).extend_pairs(form).finish();
            request = request.body("application/x-www-form-urlencoded", form);
        }
        self.requests += 1;
        let answer = block(Client::default().send(request)).unwrap();
        for (_, value) in answer.headers.iter().filter(|(name, _)| name == "set-cookie") {
            let (name, value) = value.split(';').next().unwrap().split_once('=').unwrap();
            if value.is_empty() {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        answer
    }

    /// Follows redirects and signs in and agrees wherever a page asks for it. Stops at the first page that asks for
    /// nothing, or before `stop`. Returns the last address and page.
    fn go(&mut self, start: &str, stop: Option<&str>) -> (Url, String) {
        let mut url = Url::parse(start).unwrap();
        let (mut method, mut form) = (Method::GET, Vec::new());
        for _ in 0..30 {
            if stop.is_some_and(|stop| url.as_str().starts_with(stop)) {
                return (url, String::new());
            }
            let answer = self.send(method, &url, &form);
            (method, form) = (Method::GET, Vec::new());
            if let Some(location) = answer.header("location") {
                url = url.join(location).unwrap();
                continue;
            }
            let page = String::from_utf8_lossy(&answer.body).into_owned();
            assert_eq!(answer.status, 200, "{url}: {page}");
            if page.contains("name=\"prompt\" value=\"login\"") {
                form = vec![("prompt", "login"), ("login", "PERSON"), ("password", "any")];
            } else if page.contains("name=\"prompt\" value=\"consent\"") {
                form = vec![("prompt", "consent")];
            } else {
                return (url, page);
            }
            method = Method::POST;
            let person = self.person.clone();
            let answer = {
                let filled: Vec<(&str, &str)> = form
                    .iter()
                    .map(|(name, value)| (*name, if *value == "PERSON" { person.as_str() } else { *value }))
                    .collect();
                self.send(method, &url, &filled)
            };
            (method, form) = (Method::GET, Vec::new());
            url = url.join(answer.header("location").expect("a redirect after the form")).unwrap();
        }
        panic!("the provider redirects in circles, at last to {url}");
    }

    /// Signs in at an authorisation address. Returns where the provider sends the browser back to, unvisited.
    pub fn sign_in(&mut self, address: &str) -> String {
        let url = Url::parse(address).unwrap();
        let redirect = url.query_pairs().find(|(name, _)| name == "redirect_uri").unwrap().1.into_owned();
        self.go(address, Some(&redirect)).0.into()
    }

    /// Visits an address of this machine.
    pub fn visit(&mut self, address: &str) -> Response {
        self.send(Method::GET, &Url::parse(address).unwrap(), &[])
    }

    /// Approves the code on the provider's page for devices.
    pub fn approve_code(&mut self, address: &str, code: &str) {
        let url = Url::parse(address).unwrap();
        let hidden = |page: &str, name: &str| {
            let at = page.find(&format!("name=\"{name}\"")).unwrap_or_else(|| panic!("{name}: {page}"));
            let rest = &page[at..];
            let from = rest.find("value=\"").unwrap() + "value=\"".len();
            rest[from..].split('"').next().unwrap().to_owned()
        };
        let page = String::from_utf8_lossy(&self.send(Method::GET, &url, &[]).body).into_owned();
        let token = hidden(&page, "xsrf");
        let answer = self.send(Method::POST, &url, &[("xsrf", &token), ("user_code", code)]);
        let page = String::from_utf8_lossy(&answer.body).into_owned();
        let token = hidden(&page, "xsrf");
        let form = [("xsrf", token.as_str()), ("user_code", code), ("confirm", "yes")];
        let answer = self.send(Method::POST, &url, &form);
        let next = url.join(answer.header("location").expect("a sign-in")).unwrap();
        let (_, page) = self.go(next.as_str(), None);
        assert!(page.contains("Sign-in Success"), "{page}");
    }
}
