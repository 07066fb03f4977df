//! The JSON Schema (draft-07, which taplo and VS Code read) of the settings file, made from the table of keys.
//!
//! Invariant: the parser refuses whatever the schema refuses.

use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use super::keys::Form;
use super::keys::KEYS;
use crate::policy::SchemaFile;

/// The schema.
pub fn schema() -> SchemaFile {
    // Object members are sorted, whatever order this build of `serde_json` keeps.
    let mut keys: Vec<_> = KEYS.iter().collect();
    keys.sort_by_key(|key| key.name);
    let properties: Map<String, Value> = keys
        .iter()
        .map(|key| {
            let mut schema = form(key.form);
            schema.insert("description".to_owned(), json!(key.meaning));
            (key.name.to_owned(), Value::Object(sorted(schema)))
        })
        .collect();
    let mut whole = Map::new();
    whole.insert("$schema".to_owned(), json!("http://json-schema.org/draft-07/schema#"));
    whole.insert("additionalProperties".to_owned(), json!(false));
    whole.insert("properties".to_owned(), Value::Object(properties));
    whole.insert("title".to_owned(), json!("the settings of a jit broker"));
    whole.insert("type".to_owned(), json!("object"));
    let text = format!("{:#}\n", Value::Object(whole));
    SchemaFile { name: "broker.schema.json", text, about: "the file of `jit serve --config`" }
}

fn form(form: Form) -> Map<String, Value> {
    let schema = match form {
        Form::Source | Form::Path | Form::Text => {
            json!({ "type": "string", "minLength": 1, "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f]*$" })
        }
        Form::Address => json!({ "type": "string", "pattern": ":[0-9]{1,5}$" }),
        Form::Addresses => {
            json!({ "type": "array", "items": { "type": "string", "pattern": "^[0-9a-fA-F.:]+$" } })
        }
        Form::Clusters => {
            json!({ "type": "array", "items": { "type": "string", "pattern": "^https?://[^=]+=.+$" } })
        }
        Form::Choice(words) => json!({ "enum": words }),
        Form::Switch => json!({ "type": "boolean" }),
        Form::Variable => json!({ "type": "string", "pattern": "^[A-Z_][A-Z0-9_]{0,63}$" }),
        Form::Head => json!({ "type": "string", "pattern": "^[0-9]+\\.[0-9a-f]{64}$" }),
    };
    match schema {
        Value::Object(schema) => schema,
        _ => Map::new(),
    }
}

fn sorted(schema: Map<String, Value>) -> Map<String, Value> {
    let mut members: Vec<_> = schema.into_iter().collect();
    members.sort_by(|(one, _), (other, _)| one.cmp(other));
    members.into_iter().collect()
}
