//! The steps that every call goes through: authentication, version, limits, the route, pages, entity tags, the record.

use std::collections::BTreeMap;

use aws_lc_rs::digest::SHA256;
use aws_lc_rs::digest::digest;
use axum::body::Body;
use axum::http::HeaderMap;
use axum::http::Response;
use data_encoding::HEXLOWER;
use serde_json::Value;
use serde_json::json;

use super::GitHub;
use super::access::Caller;
use super::access::TokenKind;
use super::answer::Answer;
use super::answer::Fault;
use super::call::Call;
use super::faults::When;
use super::graphql;
use super::limits::Resource;
use super::record;
use super::routes::route;
use super::world::World;

/// Supported API versions. The first is the default.
pub const VERSIONS: [&str; 2] = ["2022-11-28", "2026-03-10"];

/// One call to the API and its answer, as recorded.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Exchange {
    /// The method.
    pub method: String,
    /// The path, as sent.
    pub path: String,
    /// The query.
    pub query: BTreeMap<String, String>,
    /// The API version that answered.
    pub version: String,
    /// The request's body.
    pub body: Value,
    /// The HTTP status.
    pub status: u16,
    /// The content type of the answer.
    pub content_type: String,
    /// The answer. Null if it has no JSON.
    pub answer: Value,
}

/// One unparsed call.
pub struct Received<'a> {
    /// The method.
    pub method: &'a str,
    /// The path.
    pub path: &'a str,
    /// The query, without the question mark.
    pub query: &'a str,
    /// The headers.
    pub headers: &'a HeaderMap,
    /// The body.
    pub body: &'a [u8],
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

fn decoded(text: &str) -> String {
    percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// Answers one call to the API.
pub fn receive(github: &GitHub, received: &Received<'_>) -> Response<Body> {
    let mut world = github.world();
    let version = match header(received.headers, "x-github-api-version") {
        "" => VERSIONS[0],
        version => version,
    };
    let mut call = Call {
        method: received.method.to_owned(),
        segments: received.path.trim_matches('/').split('/').map(decoded).collect(),
        path: received.path.to_owned(),
        query: url::form_urlencoded::parse(received.query.as_bytes()).into_owned().collect(),
        body: serde_json::from_slice(received.body).unwrap_or_default(),
        accept: header(received.headers, "accept").to_owned(),
        version: version.to_owned(),
        caller: Caller::default(),
    };
    let outcome = answer(&mut world, &mut call, received);
    let unmodified = header(received.headers, "if-none-match");
    let (mut response, document) = respond(&mut world, &call, outcome, unmodified);
    let resource = resource(&call);
    let budget = world.budget(&call.caller, resource);
    for (name, value) in [
        ("x-ratelimit-limit", budget.limit.to_string()),
        ("x-ratelimit-remaining", budget.remaining().to_string()),
        ("x-ratelimit-used", budget.used.to_string()),
        ("x-ratelimit-reset", budget.reset.as_second().to_string()),
        ("x-ratelimit-resource", resource.name().to_owned()),
        ("x-github-api-version-selected", call.version.clone()),
        ("x-github-request-id", format!("{:04X}:DOUBLE", world.next_id())),
        (
            "date",
            jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&world.now()).unwrap(),
        ),
    ] {
        response.headers_mut().insert(name, value.parse().unwrap());
    }
    // Every answer includes a classic token's scopes.
    if let Some(TokenKind::Classic(scopes)) = call.caller.token.as_ref().map(|token| &token.kind) {
        let scopes = scopes.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        response.headers_mut().insert("x-oauth-scopes", scopes.parse().unwrap());
    }
    let exchange = Exchange {
        method: call.method,
        path: call.path,
        query: call.query,
        version: call.version,
        body: call.body,
        status: response.status().as_u16(),
        content_type: header(response.headers(), "content-type").to_owned(),
        answer: document,
    };
    record::note(&exchange);
    if let Some(exchanges) = &mut world.exchanges {
        exchanges.push(exchange);
    }
    response
}

/// The API that a call is for.
fn resource(call: &Call) -> Resource {
    let is_query = call.method == "POST" && call.segments == ["graphql"];
    if is_query { Resource::GraphQl } else { Resource::Core }
}

fn answer(world: &mut World, call: &mut Call, received: &Received<'_>) -> Result<Answer, Fault> {
    if header(received.headers, "user-agent").is_empty() {
        let message = "Request forbidden by administrative rules. Please make sure your request has a User-Agent header";
        return Err(Fault::new(403, message));
    }
    call.caller = world.caller(header(received.headers, "authorization"))?;
    if !VERSIONS.contains(&call.version.as_str()) {
        let version = std::mem::replace(&mut call.version, VERSIONS[0].to_owned());
        return Err(Fault::new(410, format!("API version {version} is not supported")));
    }
    // A query is counted by its points, when it was parsed.
    if call.segments != ["rate_limit"] && resource(call) == Resource::Core {
        world.spend(&call.caller, Resource::Core, 1)?;
    }
    if !received.body.is_empty() && call.body.is_null() && received.body != b"null" {
        return Err(Fault::new(400, "Problems parsing JSON"));
    }
    let fault = world.faults.take(&call.method, &call.path);
    if let Some((When::Before, fault)) = fault {
        return Err(fault);
    }
    if resource(call) == Resource::GraphQl {
        let outcome = graphql::answer(world, call);
        return fault.map_or(outcome, |(_, fault)| Err(fault));
    }
    let mut outcome = route(world, call);
    // The description of this one route was not changed.
    let left_alone = call.method == "POST" && call.path.ends_with("/requested_reviewers");
    let newer = call.version.as_str() > VERSIONS[0] && !left_alone;
    if let (Ok(answer), true) = (&mut outcome, newer) {
        answer.each(&mut |document| leave_out(document));
    }
    match fault {
        Some((_, fault)) => Err(fault),
        None => outcome,
    }
}

/// Removes the members that the newer version omits. GitHub's description marks each as a breaking change.
fn leave_out(document: &mut Value) {
    match document {
        Value::Array(items) => items.iter_mut().for_each(leave_out),
        Value::Object(members) => {
            members.remove("has_downloads");
            if members.remove("merge_commit_sha").is_some() {
                members.remove("assignee");
            }
            if members.contains_key("resources") {
                members.remove("rate");
            }
            members.values_mut().for_each(leave_out);
        }
        _ => {}
    }
}

/// Builds the response, and the document for the record.
fn respond(
    world: &mut World,
    call: &Call,
    outcome: Result<Answer, Fault>,
    unmodified: &str,
) -> (Response<Body>, Value) {
    let mut builder = Response::builder().header("server", "github.com");
    let mut content_type = "application/json; charset=utf-8";
    let (status, document, bytes) = match outcome {
        Err(fault) => {
            for (name, value) in &fault.headers {
                builder = builder.header(*name, value);
            }
            let bytes = fault.body.to_string().into_bytes();
            (fault.status, fault.body, bytes)
        }
        Ok(Answer::Empty(status)) => (status, Value::Null, Vec::new()),
        Ok(Answer::Redirect(status, place)) => {
            builder = builder.header("location", place);
            (status, Value::Null, Vec::new())
        }
        Ok(Answer::Bytes(kind, bytes)) => {
            content_type = kind;
            (200, Value::Null, bytes)
        }
        Ok(Answer::Json(status, document)) => {
            let bytes = document.to_string().into_bytes();
            (status, document, bytes)
        }
        Ok(Answer::List(name, items)) => {
            let total = items.len();
            let (items, link) = page(world, call, items);
            if !link.is_empty() {
                builder = builder.header("link", link);
            }
            let document = match name {
                Some(name) => json!({"total_count": total, name: items}),
                None => Value::Array(items),
            };
            (200, document.clone(), document.to_string().into_bytes())
        }
        Ok(Answer::Paged(mut document, member)) => {
            let items = document[member].as_array().cloned().unwrap_or_default();
            let (items, link) = page(world, call, items);
            if !link.is_empty() {
                builder = builder.header("link", link);
            }
            document[member] = Value::Array(items);
            let bytes = document.to_string().into_bytes();
            (200, document, bytes)
        }
    };
    if status == 200 && call.method == "GET" {
        let tag = format!("W/\"{}\"", HEXLOWER.encode(digest(&SHA256, &bytes).as_ref()));
        builder =
            builder.header("etag", tag.clone()).header("cache-control", "private, max-age=60, s-maxage=60");
        if unmodified.split(',').any(|known| known.trim() == tag) {
            // Free only for authenticated callers.
            if call.caller.token.is_some() {
                world.refund(&call.caller);
            }
            return (builder.status(304).body(Body::empty()).unwrap(), Value::Null);
        }
    }
    if !bytes.is_empty() {
        builder = builder.header("content-type", content_type);
    }
    (builder.status(status).body(Body::from(bytes)).unwrap(), document)
}

/// One page and its `Link` header.
fn page(world: &World, call: &Call, items: Vec<Value>) -> (Vec<Value>, String) {
    let (page, size) = call.page();
    let last = items.len().div_ceil(size).max(1);
    let link = |number: usize, name: &str| {
        let mut query = call.query.clone();
        query.insert("page".to_owned(), number.to_string());
        let query: String = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
        format!("<{}{}?{query}>; rel=\"{name}\"", world.origins.api, call.path)
    };
    let mut links = Vec::new();
    if page > 1 {
        links.push(link(page - 1, "prev"));
    }
    if page < last {
        links.extend([link(page + 1, "next"), link(last, "last")]);
    }
    if page > 1 {
        links.push(link(1, "first"));
    }
    (items.into_iter().skip((page - 1) * size).take(size).collect(), links.join(", "))
}

impl World {
    /// The caller behind this `Authorization`.
    ///
    /// # Errors
    /// 401 for a token that is unknown or expired.
    pub fn caller(&self, authorization: &str) -> Result<Caller, Fault> {
        if authorization.is_empty() {
            return Ok(Caller::default());
        }
        let bad = || Fault::new(401, "Bad credentials");
        let (scheme, text) = authorization.split_once(' ').ok_or_else(bad)?;
        if !scheme.eq_ignore_ascii_case("bearer") && !scheme.eq_ignore_ascii_case("token") {
            return Err(bad());
        }
        let token = match self.tokens.get(text.trim()) {
            Some(token) => token.clone(),
            None => self.app_token(text.trim()).ok_or_else(bad)?,
        };
        if token.expires_at.is_some_and(|end| end <= self.now()) {
            return Err(bad());
        }
        Ok(Caller { token: Some(token) })
    }
}
