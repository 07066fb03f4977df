//! One parsed call.

use std::collections::BTreeMap;

use serde_json::Value;

use super::access::Caller;
use super::answer::Fault;

/// One call to the API.
#[derive(Debug, Clone)]
pub struct Call {
    /// The method, in capitals.
    pub method: String,
    /// The path's segments, decoded.
    pub segments: Vec<String>,
    /// The path as sent.
    pub path: String,
    /// The query's parameters, decoded. The last one of a name counts.
    pub query: BTreeMap<String, String>,
    /// The body. Null if there is none.
    pub body: Value,
    /// The `Accept` header.
    pub accept: String,
    /// The API version that answers.
    pub version: String,
    /// The caller.
    pub caller: Caller,
}

impl Call {
    /// A parameter of the query.
    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.get(name).map(String::as_str)
    }

    /// A text member of the body, if it is there.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.body.get(name).and_then(Value::as_str)
    }

    /// A required text member.
    ///
    /// # Errors
    /// It is missing or not a text: 422.
    pub fn needed(&self, name: &str) -> Result<&str, Fault> {
        self.text(name)
            .ok_or_else(|| Fault::unprocessable(format!("Invalid request.\n\n\"{name}\" wasn't supplied.")))
    }

    /// A boolean member. False if it is absent.
    pub fn flag(&self, name: &str) -> bool {
        self.body.get(name).and_then(Value::as_bool).unwrap_or_default()
    }

    /// The texts of a list in the body. Empty if it is absent.
    pub fn texts(&self, name: &str) -> Vec<String> {
        let list = self.body.get(name).and_then(Value::as_array);
        list.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    }

    /// The page number and size. GitHub's default size is 30, its largest 100.
    pub fn page(&self) -> (usize, usize) {
        let number = |name: &str| self.query(name).and_then(|value| value.parse::<usize>().ok());
        (number("page").unwrap_or(1).max(1), number("per_page").unwrap_or(30).clamp(1, 100))
    }
}
