//! The fixtures of forms that were stored and sent, by path in `tests/fixtures/forms`.

use std::path::PathBuf;

use serde_json::Value;

pub fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/forms").join(name)
}

pub fn text(name: &str) -> String {
    std::fs::read_to_string(path(name)).unwrap()
}

pub fn json(name: &str) -> Value {
    serde_json::from_str(&text(name)).unwrap()
}

/// The parts of `old` that `new` lacks or says differently, one sentence each. Additional members of `new` are allowed.
pub fn lost(old: &Value, new: &Value, at: &str) -> Vec<String> {
    match (old, new) {
        (Value::Object(old), Value::Object(new)) => old
            .iter()
            .flat_map(|(name, value)| {
                let there = new.get(name).unwrap_or(&Value::Null);
                lost(value, there, &format!("{at}.{name}"))
            })
            .collect(),
        (Value::Array(old), Value::Array(new)) if old.len() == new.len() => old
            .iter()
            .zip(new)
            .enumerate()
            .flat_map(|(index, (old, new))| lost(old, new, &format!("{at}[{index}]")))
            .collect(),
        _ if old == new => Vec::new(),
        _ => vec![format!("{at}: {old} became {new}")],
    }
}
