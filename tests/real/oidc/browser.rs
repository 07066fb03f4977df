//! A browser of plain HTTP that a person signs in with, at each of the providers.

use std::collections::BTreeMap;

use http::Method;
use jit::system::Http;
use jit::system::http::Client;
use jit::system::http::Request;
use jit::system::http::Response;
use url::Url;
use url::form_urlencoded::Serializer;

fn block<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
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
        let posts = method == Method::POST;
        let mut request = Request::new(method, url.as_str()).header("cookie", cookies.join("; "));
        if posts {
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

    /// The fields that the person types into the form of a page: of `oidc-provider` or of Canaille. `None` if the page asks for nothing.
    fn fill(&self, page: &str) -> Option<Vec<(&'static str, String)>> {
        let mine = |name, value: &str| (name, value.to_owned());
        if page.contains("name=\"prompt\" value=\"login\"") {
            return Some(vec![mine("prompt", "login"), mine("login", &self.person), mine("password", "any")]);
        }
        if page.contains("name=\"prompt\" value=\"consent\"") {
            return Some(vec![mine("prompt", "consent")]);
        }
        let answer = if page.contains("id=\"loginform\"") && page.contains("name=\"login\"") {
            mine("login", &self.person)
        } else if page.contains("id=\"passwordform\"") || page.contains("type=\"password\"") {
            mine("password", "password")
        } else if page.contains("id=\"authorizeform\"") {
            mine("answer", "accept")
        } else {
            return None;
        };
        Some(vec![mine("csrf_token", &hidden(page, "csrf_token")), answer])
    }

    /// Follows redirects and signs in and agrees wherever a page asks for it. Stops at the first page that asks for
    /// nothing or shows its form again, or before `stop`. Returns the last address and page.
    fn go(&mut self, start: &str, stop: Option<&str>) -> (Url, String) {
        let mut url = Url::parse(start).unwrap();
        for _ in 0..30 {
            if stop.is_some_and(|stop| url.as_str().starts_with(stop)) {
                return (url, String::new());
            }
            let answer = self.send(Method::GET, &url, &[]);
            if let Some(location) = answer.header("location") {
                url = url.join(location).unwrap();
                continue;
            }
            let page = String::from_utf8_lossy(&answer.body).into_owned();
            assert_eq!(answer.status, 200, "{url}: {page}");
            let Some(filled) = self.fill(&page) else { return (url, page) };
            let filled: Vec<(&str, &str)> =
                filled.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let answer = self.send(Method::POST, &url, &filled);
            let Some(location) = answer.header("location") else {
                return (url, String::from_utf8_lossy(&answer.body).into_owned());
            };
            url = url.join(location).unwrap();
        }
        panic!("the provider redirects in circles, at last to {url}");
    }

    /// Signs in at an authorisation address. Returns where the provider sends the browser back to, unvisited.
    pub fn sign_in(&mut self, address: &str) -> String {
        let url = Url::parse(address).unwrap();
        let redirect = url.query_pairs().find(|(name, _)| name == "redirect_uri").unwrap().1.into_owned();
        let (url, page) = self.go(address, Some(&redirect));
        assert!(url.as_str().starts_with(&redirect), "nobody is signed in at {url}: {page}");
        url.into()
    }

    /// Fails to sign in at an authorisation address. Returns the page that says so.
    pub fn is_turned_away(&mut self, address: &str) -> String {
        self.go(address, Some("http://127.0.0.1:1/")).1
    }

    /// Visits an address of this machine.
    pub fn visit(&mut self, address: &str) -> Response {
        self.send(Method::GET, &Url::parse(address).unwrap(), &[])
    }

    /// Approves the code on the provider's page for devices.
    pub fn approve_code(&mut self, address: &str, code: &str) {
        let url = Url::parse(address).unwrap();
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

/// The value of a hidden field.
fn hidden(page: &str, name: &str) -> String {
    let at = page.find(&format!("name=\"{name}\"")).unwrap_or_else(|| panic!("{name}: {page}"));
    let rest = &page[at..];
    let from = rest.find("value=\"").unwrap() + "value=\"".len();
    rest[from..].split('"').next().unwrap().to_owned()
}
