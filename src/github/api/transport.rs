//! Sends calls: headers, rate limits, pages and retries.

use std::time::Duration;

use http::Method;
use jiff::SignedDuration;
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::GitHub;
use super::GitHubError;
use super::State;
use crate::grant::text::sanitise;
use crate::system::http::HttpError;
use crate::system::http::Request;
use crate::system::http::Response;

/// The version of the API (GitHub, "API Versions").
const VERSION: &str = "2022-11-28";
/// The pause between two writes (GitHub, "Best practices": pause between mutative requests).
const BETWEEN_WRITES: SignedDuration = SignedDuration::from_secs(1);
/// How many writes of a minute need no pause. GitHub limits content-generating calls to 80 a minute ("Rate limits for the
/// REST API"), so a few at once are far from any limit.
const AT_ONCE: usize = 10;
/// The minute of [`AT_ONCE`].
const MINUTE: SignedDuration = SignedDuration::from_mins(1);
/// The longest that one call waits for a rate limit.
const PATIENCE: SignedDuration = SignedDuration::from_secs(90);
/// How often a read is retried after a failure of GitHub.
const REPEATS: u32 = 3;
/// How many rate limits one call may meet.
const LIMITS: u32 = 3;
/// The longest poll interval that is accepted from GitHub, in seconds.
const LONGEST_POLL: u64 = 300;
/// The most pages of one list.
const MAX_PAGES: usize = 50;
/// The most items of a page (GitHub, "Using pagination").
pub(super) const LONGEST_PAGE: usize = 100;
/// How many items of any length fit into an answer: a body has at most 65,536 characters, each of at most six bytes.
const FEW: usize = 2;
/// The most pages of this size.
const MAX_FEW: usize = 150;
/// The most cached reads.
const MAX_REMEMBERED: usize = 256;

/// A cached read, for which GitHub may answer "not modified".
#[derive(Clone)]
pub(super) struct Remembered {
    etag: String,
    response: Response,
}

impl GitHub {
    pub(super) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, GitHubError> {
        decode(&self.fetch(path).await?, &Method::GET, path)
    }

    /// Reads, and returns the raw answer with its headers.
    pub(super) async fn fetch(&self, path: &str) -> Result<Response, GitHubError> {
        self.read(&self.address(path), path).await
    }

    /// Reads. `None` if GitHub answers that it does not exist.
    pub(super) async fn find<T: DeserializeOwned>(&self, path: &str) -> Result<Option<T>, GitHubError> {
        match self.get(path).await {
            Ok(found) => Ok(Some(found)),
            Err(error) if error.is_missing() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Every item of a list, from all its pages (GitHub, "Using pagination": the `next` link).
    pub(super) async fn list<T: DeserializeOwned>(&self, path: &str) -> Result<Vec<T>, GitHubError> {
        self.pages(path, LONGEST_PAGE, |page: Vec<T>| page).await
    }

    /// The same for a list inside an object or with long items, with a page size. An answer has at most a mebibyte, and
    /// anybody who may comment can make items longer, so a page that is too large is fetched in smaller pieces.
    pub(super) async fn pages<P: DeserializeOwned, T>(
        &self,
        path: &str,
        size: usize,
        open: impl Fn(P) -> Vec<T>,
    ) -> Result<Vec<T>, GitHubError> {
        match self.pages_of(path, size, MAX_PAGES, &open).await {
            Err(GitHubError::TooLarge(_)) => self.pages_of(path, FEW, MAX_FEW, &open).await,
            all => all,
        }
    }

    async fn pages_of<P: DeserializeOwned, T>(
        &self,
        path: &str,
        size: usize,
        most: usize,
        open: &impl Fn(P) -> Vec<T>,
    ) -> Result<Vec<T>, GitHubError> {
        let mark = if path.contains('?') { '&' } else { '?' };
        let mut url = format!("{}{path}{mark}per_page={size}", self.api);
        let mut items = Vec::new();
        for _ in 0..most {
            let response = self.read(&url, path).await?;
            items.extend(open(decode(&response, &Method::GET, path)?));
            match next_page(&response) {
                None => return Ok(items),
                // A link to another host would receive the token.
                Some(next) if next.starts_with(&format!("{}/", self.api)) => url = next,
                Some(_) => return Err(unreadable(&Method::GET, path, "its next page is not at this API")),
            }
        }
        Err(GitHubError::TooLong(shown(path)))
    }

    /// Writes, and parses the answer.
    pub(super) async fn write<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, GitHubError> {
        let response = self.change(method.clone(), path, body).await?;
        decode(&response, &method, path)
    }

    /// Writes, and ignores the answer's body.
    pub(super) async fn change(
        &self,
        method: Method,
        path: &str,
        body: &impl Serialize,
    ) -> Result<Response, GitHubError> {
        let body = serde_json::to_vec(body).map_err(|error| unreadable(&method, path, &error.to_string()))?;
        self.mutate(method, path, Some(body)).await
    }

    /// Deletes, without a body and ignoring the answer's body.
    pub(super) async fn remove(&self, path: &str) -> Result<(), GitHubError> {
        self.mutate(Method::DELETE, path, None).await.map(|_| ())
    }

    async fn mutate(
        &self,
        method: Method,
        path: &str,
        body: Option<Vec<u8>>,
    ) -> Result<Response, GitHubError> {
        let mut state = self.state.lock().await;
        let now = self.clock.now();
        // A clock that was set back makes no write older than it is.
        state.wrote.retain(|wrote| now.duration_since(*wrote) < MINUTE);
        if let Some(wrote) = state.wrote.back().filter(|_| state.wrote.len() >= AT_ONCE) {
            let passed = now.duration_since(*wrote);
            if passed < BETWEEN_WRITES {
                self.pause(BETWEEN_WRITES - passed.max(SignedDuration::ZERO)).await;
            }
        }
        let mut request = self.request(method.clone(), &self.address(path));
        if let Some(body) = body {
            request = request.body("application/json", body);
        }
        let response = self.send(&mut state, &request, path, false).await;
        state.wrote.push_back(self.clock.now());
        accept(response?, &method, path)
    }

    /// Fetches the target of a redirect that GitHub returns for a download. The token is not sent there.
    pub(super) async fn download(&self, path: &str) -> Result<Vec<u8>, GitHubError> {
        let mut state = self.state.lock().await;
        let request = self.request(Method::GET, &self.address(path));
        let response = self.send(&mut state, &request, path, true).await?;
        if response.status != 302 {
            let response = accept(response, &Method::GET, path)?;
            return Ok(response.body);
        }
        let aim = response.header("location").unwrap_or_default().to_owned();
        if !aim.starts_with("https://") && !self.api.starts_with("http://") {
            return Err(unreadable(&Method::GET, path, "the address of the download has no TLS"));
        }
        let response = self.http.send(Request::new(Method::GET, aim)).await?;
        Ok(accept(response, &Method::GET, path)?.body)
    }

    async fn read(&self, url: &str, path: &str) -> Result<Response, GitHubError> {
        let mut state = self.state.lock().await;
        let remembered = state.remembered.get(url).cloned();
        let mut request = self.request(Method::GET, url);
        if let Some(remembered) = &remembered {
            request = request.header("if-none-match", &remembered.etag);
        }
        let response = self.send(&mut state, &request, path, true).await?;
        match remembered {
            Some(remembered) if response.status == 304 => return Ok(remembered.response),
            _ => {}
        }
        let response = accept(response, &Method::GET, path)?;
        if let Some(etag) = response.header("etag").map(str::to_owned) {
            if state.remembered.len() >= MAX_REMEMBERED {
                state.remembered.clear();
            }
            state.remembered.insert(url.to_owned(), Remembered { etag, response: response.clone() });
        }
        Ok(response)
    }

    pub(super) fn request(&self, method: Method, url: &str) -> Request {
        Request::new(method, url)
            .header("accept", "application/vnd.github+json")
            .header("authorization", format!("Bearer {}", self.token.expose()))
            .header("user-agent", concat!("jit/", env!("CARGO_PKG_VERSION")))
            .header("x-github-api-version", VERSION)
    }

    /// Sends until there is an answer. Waits for rate limits, and retries calls that GitHub did not process. Retries a
    /// write only if GitHub says that it did nothing.
    pub(super) async fn send(
        &self,
        state: &mut State,
        request: &Request,
        path: &str,
        repeatable: bool,
    ) -> Result<Response, GitHubError> {
        let (mut repeats, mut limits) = (0, 0);
        // A client that goes on calling during a rate limit is locked out for longer.
        if let Some(until) = state.limited {
            let wait = until.duration_since(self.clock.now());
            if wait > PATIENCE {
                return Err(GitHubError::Limited { until });
            }
            if wait > SignedDuration::ZERO {
                self.pause(wait).await;
            }
            state.limited = None;
        }
        loop {
            state.asked += 1;
            let answer = self.http.send(request.clone()).await;
            let status = answer.as_ref().ok().map(|answer| answer.status);
            tracing::debug!(method = %request.method, path = shown(path), status, "asked GitHub");
            let again = repeatable && repeats < REPEATS;
            match answer {
                Err(HttpError::TooLarge { .. }) => {
                    return Err(GitHubError::TooLarge(format!("{} {}", request.method, shown(path))));
                }
                Err(_) if again => {}
                Err(error) => return Err(error.into()),
                Ok(response) if response.status >= 500 && again => {}
                Ok(response) => match limited(&response, self.clock.now()) {
                    None => {
                        let poll =
                            response.header("x-poll-interval").and_then(|text| text.trim().parse().ok());
                        state.poll = poll.unwrap_or(state.poll).min(LONGEST_POLL);
                        return Ok(response);
                    }
                    Some(wait) if wait <= PATIENCE && limits < LIMITS => {
                        limits += 1;
                        self.pause(wait).await;
                        continue;
                    }
                    Some(wait) => {
                        let until = self.clock.now().saturating_add(wait).unwrap_or(Timestamp::MAX);
                        state.limited = Some(until);
                        return Err(GitHubError::Limited { until });
                    }
                },
            }
            self.pause(SignedDuration::from_millis(500 << repeats)).await;
            repeats += 1;
        }
    }

    async fn pause(&self, span: SignedDuration) {
        self.clock.sleep(Duration::try_from(span).unwrap_or_default()).await;
    }
}

/// How long to wait, if the answer is a rate limit (GitHub, "Rate limits for the REST API"): `retry-after` first, else
/// the reset time of an exhausted limit, else a minute if the message says so.
fn limited(response: &Response, now: Timestamp) -> Option<SignedDuration> {
    if !matches!(response.status, 403 | 429) {
        return None;
    }
    let number = |name: &str| response.header(name).and_then(|text| text.trim().parse::<i64>().ok());
    if let Some(seconds) = number("retry-after") {
        return Some(SignedDuration::from_secs(seconds.clamp(1, 86_400)));
    }
    if number("x-ratelimit-remaining") == Some(0)
        && let Some(reset) = number("x-ratelimit-reset")
    {
        return Some(SignedDuration::from_secs(reset.saturating_sub(now.as_second()).clamp(1, 86_400)));
    }
    let secondary = response.status == 429 || words(response).contains("secondary rate limit");
    secondary.then(|| SignedDuration::from_secs(60))
}

pub(super) fn accept(response: Response, method: &Method, path: &str) -> Result<Response, GitHubError> {
    if (200..300).contains(&response.status) {
        return Ok(response);
    }
    let mut message = if (300..400).contains(&response.status) {
        "it has moved: the repository was renamed or transferred".to_owned()
    } else {
        words(&response)
    };
    // The permission that a fine-grained token needs (GitHub, "Permissions required for fine-grained personal access
    // tokens").
    if let Some(needed) = response.header("x-accepted-github-permissions").filter(|needed| !needed.is_empty())
    {
        let needed: String = needed.chars().take(200).collect();
        message.push_str(&format!(" (it takes a token with {})", sanitise(&needed)));
    }
    Err(GitHubError::Refused { status: response.status, asked: format!("{method} {}", shown(path)), message })
}

/// GitHub's error message, truncated and sanitised.
fn words(response: &Response) -> String {
    #[derive(serde::Deserialize)]
    struct Problem {
        message: String,
    }
    let message = serde_json::from_slice::<Problem>(&response.body).map_or_else(
        |_| "its answer has no readable message".to_owned(),
        |problem| problem.message.chars().take(300).collect(),
    );
    sanitise(&message)
}

pub(super) fn decode<T: DeserializeOwned>(
    response: &Response,
    method: &Method,
    path: &str,
) -> Result<T, GitHubError> {
    serde_json::from_slice(&response.body).map_err(|error| unreadable(method, path, &error.to_string()))
}

fn unreadable(method: &Method, path: &str, cause: &str) -> GitHubError {
    GitHubError::Unreadable { asked: format!("{method} {}", shown(path)), cause: sanitise(cause) }
}

/// A path as messages show it: without its query.
fn shown(path: &str) -> String {
    sanitise(path.split('?').next().unwrap_or_default())
}

/// The `next` link (RFC 8288), as GitHub writes it: `<https://…>; rel="next"`.
fn next_page(response: &Response) -> Option<String> {
    let link = response.header("link")?;
    link.split(',').find_map(|part| {
        let (address, parameters) = part.trim().split_once('>')?;
        let is_next = parameters.split(';').any(|parameter| parameter.trim() == "rel=\"next\"");
        is_next.then(|| address.strip_prefix('<').map(str::to_owned)).flatten()
    })
}
