//! Schemas for editors: JSON Schema (draft-07, which taplo and VS Code read) for every TOML file, and the Cedar schema.
//!
//! Invariant: the loader refuses whatever a schema refuses. Only the loader checks rules that need several files.

mod access;
mod cases;
mod parts;
mod people;
mod role;

use serde_json::Value;

use super::conditions::schema_text;

/// A schema file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaFile {
    /// For example `role.schema.json`.
    pub name: &'static str,
    /// The whole text.
    pub text: String,
    /// The policy files that it applies to, as a glob from the policy's folder.
    pub about: &'static str,
}

/// The same value with sorted keys, whatever order this build of `serde_json` keeps.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let mut keys: Vec<&String> = members.keys().collect();
            keys.sort();
            Value::Object(keys.into_iter().map(|key| (key.clone(), sorted(&members[key]))).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(sorted).collect()),
        other => other.clone(),
    }
}

/// Every schema. The Cedar schema is for a policy without facts. Each fact adds one attribute.
pub fn schemas() -> Vec<SchemaFile> {
    let json =
        |name, about, schema: &Value| SchemaFile { name, text: format!("{:#}\n", sorted(schema)), about };
    vec![
        json("access.schema.json", "access.toml", &access::schema()),
        json("accounts.schema.json", "accounts.toml", &people::accounts()),
        json("people.schema.json", "people.toml", &people::schema()),
        json("role.schema.json", "roles/*.toml", &role::schema()),
        json("tests.schema.json", "tests/*.toml", &cases::schema()),
        SchemaFile { name: "jit.cedarschema", text: schema_text(&[]), about: "rules/*.cedar" },
    ]
}
