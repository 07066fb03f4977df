//! The checks that a request passes before the endpoint answers it.
//!
//! Loopback is open to every user of the machine and, through DNS rebinding, to web pages. The token and the path keep
//! them out. The other checks narrow what an attacker can try.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use http::HeaderMap;
use http::Method;
use http::header;
use http::request::Parts;

use crate::secret::Secret;

/// Headers that only browsers send.
const FROM_A_PAGE: [header::HeaderName; 2] = [header::ORIGIN, header::REFERER];

/// The demands of one endpoint.
pub struct Door {
    /// The bound `Host`, as `127.0.0.1:PORT`.
    pub host: String,
    /// The token, sent as the whole value of `Authorization`, or of the place's own header.
    pub token: Secret<String>,
    /// One path per role, each beginning with `/`.
    pub paths: Vec<Secret<String>>,
}

/// Why the endpoint refuses a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// A method that is not answered at this address.
    #[error("this method is not answered here")]
    Method,
    /// It has a body where none belongs, or one that is too large.
    #[error("a request here has no body, or a small one")]
    Body,
    /// Its `Host` is another name, or it has several.
    #[error("this endpoint answers only to the address that it listens on")]
    Host,
    /// It comes from a web page.
    #[error("web pages are not answered here")]
    Page,
    /// A wrong or missing token, or an unknown path. The response does not say which.
    #[error("the path or the token is wrong")]
    Stranger,
}

impl Refusal {
    /// The HTTP status and the code that the SDKs show.
    pub fn status(self) -> (http::StatusCode, &'static str) {
        match self {
            Self::Method => (http::StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed"),
            Self::Body => (http::StatusCode::BAD_REQUEST, "BadRequest"),
            Self::Host | Self::Page | Self::Stranger => (http::StatusCode::FORBIDDEN, "AccessDenied"),
        }
    }
}

impl Door {
    /// Checks a request. Returns the role that it asks for, as an index into `paths`.
    pub fn check(&self, request: &Parts) -> Result<usize, Refusal> {
        Self::check_bare(request)?;
        let path = request.uri.path_and_query().map_or("", http::uri::PathAndQuery::as_str);
        self.check_shown(request, path, &header::AUTHORIZATION)
    }

    /// Checks a request whose query says what it asks for, and which brings the token in a header of this name.
    pub(in crate::deliver) fn check_query(
        &self,
        request: &Parts,
        name: &header::HeaderName,
    ) -> Result<usize, Refusal> {
        Self::check_bare(request)?;
        self.check_shown(request, request.uri.path(), name)
    }

    /// Whether a request is a `GET` without a body.
    fn check_bare(request: &Parts) -> Result<(), Refusal> {
        if request.method != Method::GET {
            return Err(Refusal::Method);
        }
        let length = only(&request.headers, &header::CONTENT_LENGTH);
        let announces = request.headers.contains_key(header::TRANSFER_ENCODING);
        if announces || !matches!(length, None | Some(Some("0"))) { Err(Refusal::Body) } else { Ok(()) }
    }

    /// Checks where a request comes from, its token, and its path.
    fn check_shown(&self, request: &Parts, path: &str, name: &header::HeaderName) -> Result<usize, Refusal> {
        self.check_sender(request)?;
        let token = only(&request.headers, name).flatten().unwrap_or_default();
        let known = equal(token, self.token.expose());
        // Compares every path, so that the time does not tell which one came close.
        let role =
            self.paths.iter().enumerate().fold(None, |found, (index, one)| {
                if equal(path, one.expose()) { Some(index) } else { found }
            });
        role.filter(|_| known).ok_or(Refusal::Stranger)
    }
}

impl Door {
    /// Checks a request that brings its secret in a body: a `POST` to this path. The body is the caller's to check.
    pub(in crate::deliver) fn check_sent(
        &self,
        request: &Parts,
        path: &Secret<String>,
    ) -> Result<(), Refusal> {
        if request.method != Method::POST {
            return Err(Refusal::Method);
        }
        self.check_sender(request)?;
        let asked = request.uri.path_and_query().map_or("", http::uri::PathAndQuery::as_str);
        if equal(asked, path.expose()) { Ok(()) } else { Err(Refusal::Stranger) }
    }

    /// Checks where a request comes from: its `Host` is the bound address, and no web page sent it.
    pub(in crate::deliver) fn check_sender(&self, request: &Parts) -> Result<(), Refusal> {
        let host = only(&request.headers, &header::HOST).flatten();
        let named = request.uri.authority().is_none_or(|authority| self.is_ours(authority.as_str()));
        if !named || !host.is_some_and(|host| self.is_ours(host)) {
            return Err(Refusal::Host);
        }
        if FROM_A_PAGE.iter().any(|name| request.headers.contains_key(name)) {
            return Err(Refusal::Page);
        }
        Ok(())
    }

    /// Whether a `Host` is the bound address, with its port or without it, as AWS Common Runtime clients send it. Names
    /// are refused, because a page that uses DNS rebinding sends its own name.
    fn is_ours(&self, host: &str) -> bool {
        let address = self.host.rsplit_once(':').map_or(self.host.as_str(), |(address, _)| address);
        host == self.host || host == address
    }
}

/// Compares without telling by the time how much is equal.
pub(in crate::deliver) fn equal(given: &str, wanted: &str) -> bool {
    verify_slices_are_equal(given.as_bytes(), wanted.as_bytes()).is_ok()
}

/// The header's value if it occurs once. `Some(None)` if it occurs several times or is not text.
fn only<'a>(headers: &'a HeaderMap, name: &header::HeaderName) -> Option<Option<&'a str>> {
    let mut values = headers.get_all(name).iter();
    let first = values.next()?;
    Some(if values.next().is_some() { None } else { first.to_str().ok() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn door() -> Door {
        Door {
            host: "127.0.0.1:4000".to_owned(),
            token: "token".into(),
            paths: vec!["/one".into(), "/two".into()],
        }
    }

    fn check(
        change: impl FnOnce(http::request::Builder) -> http::request::Builder,
    ) -> Result<usize, Refusal> {
        let request = http::Request::builder().uri("/two").header("host", "127.0.0.1:4000");
        door().check(&change(request).body(()).unwrap().into_parts().0)
    }

    #[test]
    fn the_right_request_finds_its_role() {
        assert_eq!(check(|request| request.header("authorization", "token")), Ok(1));
        assert_eq!(
            check(|request| request.header("authorization", "token").header("content-length", "0")),
            Ok(1)
        );
    }

    /// AWS Common Runtime clients send the bare address.
    #[test]
    fn the_bare_address_is_the_bound_one_too() {
        for uri in ["/two", "http://127.0.0.1/two", "http://127.0.0.1:4000/two"] {
            let request = http::Request::builder()
                .uri(uri)
                .header("host", "127.0.0.1")
                .header("authorization", "token");
            assert_eq!(door().check(&request.body(()).unwrap().into_parts().0), Ok(1), "{uri}");
        }
    }

    #[test]
    fn everything_else_is_refused() {
        let known = |request: http::request::Builder| request.header("authorization", "token");
        assert_eq!(check(|request| request), Err(Refusal::Stranger));
        assert_eq!(check(|request| request.header("authorization", "toke")), Err(Refusal::Stranger));
        assert_eq!(check(|request| request.header("authorization", "Bearer token")), Err(Refusal::Stranger));
        assert_eq!(check(|request| known(known(request))), Err(Refusal::Stranger));
        assert_eq!(check(|request| known(request).uri("/three")), Err(Refusal::Stranger));
        assert_eq!(check(|request| known(request).uri("/two?x")), Err(Refusal::Stranger));
        assert_eq!(check(|request| known(request).uri("/two/")), Err(Refusal::Stranger));
        assert_eq!(check(|request| known(request).uri("http://evil.example/two")), Err(Refusal::Host));
        assert_eq!(check(|request| known(request).header("host", "127.0.0.1:4000")), Err(Refusal::Host));
        assert_eq!(check(|request| known(request).header("origin", "null")), Err(Refusal::Page));
        assert_eq!(check(|request| known(request).header("referer", "http://x/")), Err(Refusal::Page));
        assert_eq!(check(|request| known(request).header("content-length", "1")), Err(Refusal::Body));
        assert_eq!(
            check(|request| known(request).header("transfer-encoding", "chunked")),
            Err(Refusal::Body)
        );
        for method in ["POST", "PUT", "HEAD", "OPTIONS", "DELETE"] {
            assert_eq!(check(|request| known(request).method(method)), Err(Refusal::Method), "{method}");
        }
        for host in [
            "evil.example:4000",
            "evil.example",
            "localhost:4000",
            "localhost",
            "127.0.0.1:4001",
            "127.0.0.1:",
            "127.0.0.1:4000, evil.example",
            "127.0.0.1.evil.example",
            "user@127.0.0.1:4000",
            "127.0.0.2",
            "127.1",
            "2130706433",
            "0.0.0.0:4000",
            "[::1]:4000",
            "[::ffff:127.0.0.1]:4000",
            "",
        ] {
            let request =
                http::Request::builder().uri("/two").header("host", host).header("authorization", "token");
            let refused = door().check(&request.body(()).unwrap().into_parts().0);
            assert_eq!(refused, Err(Refusal::Host), "{host}");
        }
    }
}
