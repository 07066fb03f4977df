//! A browser as far as the broker sees one: cookies, an Origin, forms.

use std::cell::RefCell;
use std::collections::BTreeMap;

use jit::protocol::PageAnswer;
use jit::protocol::PageCode;
use jit::protocol::PageEntry;
use jit::system::Http;
use jit::system::http::Request;
use jit::system::http::Response;
use url::form_urlencoded;

use crate::broker::world::AUTHORITY;
use crate::broker::world::Person;
use crate::broker::world::World;

impl World {
    /// A broker with the approval page.
    pub async fn with_page() -> Self {
        let mut world = Self::unstarted();
        world.start_page().await;
        world
    }

    pub async fn start_page(&mut self) {
        let mut settings = self.settings();
        settings.web = true;
        self.start_with(settings).await.unwrap();
    }

    pub async fn page_code(&self, person: &Person) -> PageCode {
        self.post_nothing("/v1/page/code", person).await.read()
    }

    /// Waits for a browser at the terminal and answers about it. Returns what the terminal showed.
    pub async fn answer(&self, person: &Person, allow: bool) -> PageEntry {
        let entry: PageEntry = self.get("/v1/page/code", person).await.read();
        let browser = entry.browser.clone().unwrap().id;
        let answer = self.post("/v1/page/code/answer", person, &PageAnswer { browser, allow }).await;
        assert_eq!(answer.status(), 204);
        entry
    }

    /// A browser that this person signed in.
    pub async fn signed_in(&self, person: &Person) -> Browser<'_> {
        let browser = Browser::new(self);
        let code = self.page_code(person).await.code;
        let (page, _) = tokio::join!(browser.sign_in(&code, ""), self.answer(person, true));
        assert_eq!((page.status(), page.header("location")), (303, Some("/web")), "{}", page.text());
        browser
    }
}

/// An answer to a browser.
pub struct Page(pub Response);

impl Page {
    pub fn status(&self) -> u16 {
        self.0.status
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.0.header(name)
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.0.body.clone()).unwrap()
    }

    /// The address that the page leads on to by itself.
    #[track_caller]
    pub fn onward(&self) -> String {
        let text = self.text();
        let found = text.split_once("http-equiv=\"refresh\" content=\"0; url=");
        let (_, rest) = found.unwrap_or_else(|| panic!("{text}"));
        let address = rest.split('"').next().unwrap().replace("&amp;", "&");
        assert!(
            text.contains(&format!("<a href=\"{}\">", address.replace('&', "&amp;"))),
            "a link too: {text}"
        );
        address
    }

    /// The hidden token of the form with this action.
    #[track_caller]
    pub fn token(&self, action: &str) -> String {
        let text = self.text();
        let (_, form) =
            text.split_once(&format!("action=\"{action}\"")).unwrap_or_else(|| panic!("{action}: {text}"));
        let (_, value) = form.split_once("name=\"token\" value=\"").unwrap();
        value.split('"').next().unwrap().to_owned()
    }
}

pub struct Browser<'a> {
    world: &'a World,
    pub cookies: RefCell<BTreeMap<String, String>>,
}

/// The cookie of a sign-in at the identity provider.
pub const FLOW: &str = "__Host-jit-flow";

/// The headers that a browser sends with a form of the page itself.
pub const OWN: [(&str, &str); 2] = [("origin", AUTHORITY), ("sec-fetch-site", "same-origin")];

impl<'a> Browser<'a> {
    pub fn new(world: &'a World) -> Self {
        Self { world, cookies: RefCell::default() }
    }

    pub async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<(&str, Vec<u8>)>,
    ) -> Page {
        self.send_with(|_| true, method, path, headers, body).await
    }

    /// Sends only the cookies that pass.
    async fn send_with(
        &self,
        passes: impl Fn(&str) -> bool,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<(&str, Vec<u8>)>,
    ) -> Page {
        let mut request = Request::new(method.parse().unwrap(), format!("{AUTHORITY}{path}"));
        let cookies: Vec<String> = {
            let cookies = self.cookies.borrow();
            let sent = cookies.iter().filter(|(name, _)| passes(name));
            sent.map(|(name, value)| format!("{name}={value}")).collect()
        };
        if !cookies.is_empty() {
            request = request.header("cookie", cookies.join("; "));
        }
        for (name, value) in headers {
            request = request.header(name, (*value).to_owned());
        }
        if let Some((kind, bytes)) = body {
            request = request.body(kind, bytes);
        }
        let answer = self.world.http.send(request).await.unwrap();
        for (name, value) in &answer.headers {
            if name == "set-cookie" {
                let (pair, attributes) = value.split_once(';').unwrap();
                let (name, value) = pair.split_once('=').unwrap();
                assert!(name.starts_with("__Host-"), "{name}");
                let site = if name == FLOW { "SameSite=Lax" } else { "SameSite=Strict" };
                for attribute in ["Path=/", "Secure", "HttpOnly", site] {
                    assert!(attributes.contains(attribute), "{attributes}");
                }
                assert!(!attributes.contains("Domain"), "{attributes}");
                if attributes.contains("Max-Age=0") {
                    self.cookies.borrow_mut().remove(name);
                } else {
                    self.cookies.borrow_mut().insert(name.to_owned(), value.to_owned());
                }
            }
        }
        Page(answer)
    }

    pub async fn get(&self, path: &str) -> Page {
        self.send("GET", path, &[], None).await
    }

    /// Goes where a page of another site sends it: with the one cookie that browsers send then.
    pub async fn arrive(&self, address: &str) -> Page {
        let path = address.strip_prefix(AUTHORITY).unwrap_or_else(|| panic!("{address}"));
        let headers = [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-mode", "navigate"),
            ("sec-fetch-dest", "document"),
        ];
        self.send_with(|name| name == FLOW, "GET", path, &headers, None).await
    }

    pub async fn post_from(&self, headers: &[(&str, &str)], path: &str, fields: &[(&str, &str)]) -> Page {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let body = ("application/x-www-form-urlencoded", body.into_bytes());
        self.send("POST", path, headers, Some(body)).await
    }

    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        self.post_from(&OWN, path, fields).await
    }

    /// Opens the sign-in page, and enters a code there.
    pub async fn sign_in(&self, code: &str, next: &str) -> Page {
        let token = self.get("/web").await.token("/web/sign-in");
        self.post("/web/sign-in", &[("token", &token), ("code", code), ("next", next)]).await
    }

    /// Opens a request and denies it there.
    pub async fn deny(&self, id: &str, comment: &str) -> Page {
        let action = format!("/web/r/{id}/deny");
        let token = self.get(&format!("/web/r/{id}")).await.token(&action);
        self.post(&action, &[("token", &token), ("comment", comment)]).await
    }

    pub fn is_signed_in(&self) -> bool {
        self.cookies.borrow().contains_key("__Host-jit")
    }
}
