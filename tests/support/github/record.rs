//! Writes down what was asked and answered, where `JIT_GITHUB_RECORD` names a folder: one line for each kind of exchange, so
//! that whatever flow runs through this GitHub can be held against GitHub's own description (tests/real/github/mod.rs).

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::Mutex;
use std::sync::OnceLock;
use std::sync::PoisonError;

use serde_json::Value;

use super::receive::Exchange;

/// The variable that names the folder.
pub const VARIABLE: &str = "JIT_GITHUB_RECORD";

/// The file, and the kinds that it has already.
struct Record(File, BTreeSet<String>);

/// Records an exchange, if it is the first of its kind in this process.
pub fn note(exchange: &Exchange) {
    static RECORD: OnceLock<Option<Mutex<Record>>> = OnceLock::new();
    let begin = || {
        let folder = std::env::var_os(VARIABLE)?;
        let name = format!("{}.jsonl", std::process::id());
        let file = File::create(Path::new(&folder).join(name)).unwrap();
        Some(Mutex::new(Record(file, BTreeSet::new())))
    };
    let Some(record) = RECORD.get_or_init(begin) else { return };
    let mut record = record.lock().unwrap_or_else(PoisonError::into_inner);
    if record.1.insert(kind(exchange)) {
        let line = serde_json::to_string(exchange).unwrap();
        writeln!(record.0, "{line}").unwrap();
    }
}

/// The kind of an exchange: the operation as far as the path shows it, and the shapes of request and answer.
fn kind(exchange: &Exchange) -> String {
    let is_name = |part: &&str| part.bytes().all(|byte| byte.is_ascii_lowercase() || b"-_".contains(&byte));
    let path: Vec<&str> =
        exchange.path.split('/').map(|part| if is_name(&part) { part } else { "*" }).collect();
    let query: Vec<&String> = exchange.query.keys().collect();
    let (body, answer) = (shape(&exchange.body), shape(&exchange.answer));
    // The operation of a query is in its text.
    let asked = exchange.body["query"].as_str().unwrap_or_default();
    let (method, version, status) = (&exchange.method, &exchange.version, exchange.status);
    format!("{method} {path:?} {query:?} {version} {status} {body} {answer} {asked}")
}

/// The members and kinds of a document, whatever their values.
fn shape(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::Bool(_) => "b".to_owned(),
        Value::Number(_) => "n".to_owned(),
        Value::String(_) => "s".to_owned(),
        Value::Array(items) => {
            let shapes: BTreeSet<String> = items.iter().map(shape).collect();
            format!("[{}]", shapes.into_iter().collect::<Vec<_>>().join("|"))
        }
        Value::Object(members) => {
            let members: Vec<String> =
                members.iter().map(|(name, member)| format!("{name}:{}", shape(member))).collect();
            format!("{{{}}}", members.join(","))
        }
    }
}
