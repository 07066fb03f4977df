//! The result of a route: an answer, or a fault in GitHub's words.

use serde_json::Value;
use serde_json::json;

const DOCUMENTATION: &str = "https://docs.github.com/rest";

/// The result of a route.
pub type Outcome = Result<Answer, Fault>;

/// An answer before paging and entity tags.
#[derive(Debug, Clone)]
pub enum Answer {
    /// A status and a JSON document.
    Json(u16, Value),
    /// A list that is returned page by page; with a name, inside `{"total_count": …, name: […]}`.
    List(Option<&'static str>, Vec<Value>),
    /// A document that is paged by one of its members, as a comparison is by its commits.
    Paged(Value, &'static str),
    /// A status without a body.
    Empty(u16),
    /// A redirect.
    Redirect(u16, String),
    /// Bytes of a content type.
    Bytes(&'static str, Vec<u8>),
}

impl Answer {
    /// Applies a change to every document in it.
    pub fn each(&mut self, change: &mut dyn FnMut(&mut Value)) {
        match self {
            Self::Json(_, document) | Self::Paged(document, _) => change(document),
            Self::List(_, items) => items.iter_mut().for_each(change),
            Self::Empty(_) | Self::Redirect(..) | Self::Bytes(..) => {}
        }
    }

    /// 200 with this document.
    pub fn ok(value: Value) -> Outcome {
        Ok(Self::Json(200, value))
    }

    /// 201 with this document.
    pub fn created(value: Value) -> Outcome {
        Ok(Self::Json(201, value))
    }

    /// 204.
    pub fn nothing() -> Outcome {
        Ok(Self::Empty(204))
    }

    /// 200 with a bare list.
    pub fn list(items: Vec<Value>) -> Outcome {
        Ok(Self::List(None, items))
    }

    /// 200 with a list under this name.
    pub fn named(name: &'static str, items: Vec<Value>) -> Outcome {
        Ok(Self::List(Some(name), items))
    }
}

/// A refusal.
#[derive(Debug, Clone)]
pub struct Fault {
    /// The HTTP status.
    pub status: u16,
    /// The document.
    pub body: Value,
    /// Additional headers.
    pub headers: Vec<(&'static str, String)>,
}

impl Fault {
    /// A refusal with this status and message.
    pub fn new(status: u16, message: impl Into<String>) -> Self {
        let body = json!({
            "message": message.into(), "documentation_url": DOCUMENTATION, "status": status.to_string(),
        });
        Self { status, body, headers: Vec::new() }
    }

    /// 404: it does not exist, or the caller may not see it. The two cases must look the same.
    pub fn not_found() -> Self {
        Self::new(404, "Not Found")
    }

    /// 422 with only a message.
    pub fn unprocessable(message: impl Into<String>) -> Self {
        Self::new(422, message)
    }

    /// 422 with GitHub's list of errors.
    pub fn invalid(resource: &str, field: &str, code: &str, message: &str) -> Self {
        let mut fault = Self::new(422, "Validation Failed");
        let mut error = json!({"resource": resource, "field": field, "code": code});
        if !message.is_empty() {
            error["message"] = json!(message);
        }
        fault.body["errors"] = json!([error]);
        fault
    }

    /// 422 with plain sentences, as reviews answer.
    pub fn sentences(errors: &[&str]) -> Self {
        let mut fault = Self::new(422, "Unprocessable Entity");
        fault.body["errors"] = json!(errors);
        fault
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}
