//! Parts shared by several schemas.

use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::policy::roles::rule::MAX_COUNT;

/// The schema of a whole file.
pub(super) fn file(title: &str, properties: &Value, required: &[&str]) -> Value {
    let mut schema = table(properties, required);
    schema["$schema"] = json!("http://json-schema.org/draft-07/schema#");
    schema["title"] = json!(title);
    schema
}

/// A table with exactly these keys.
pub(super) fn table(properties: &Value, required: &[&str]) -> Value {
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": required,
        "properties": properties,
    })
}

/// A table whose keys are names.
pub(super) fn named(what: &Value) -> Value {
    let mut patterns = Map::new();
    patterns.insert(format!("^{NAME}$"), what.clone());
    json!({ "type": "object", "additionalProperties": false, "patternProperties": patterns })
}

/// The same schema with a description, which editors show.
pub(super) fn about(mut schema: Value, words: &str) -> Value {
    schema["description"] = json!(words);
    schema
}

const NAME: &str = "[a-z0-9][a-z0-9._@-]{0,62}";

/// A name.
pub(super) fn name() -> Value {
    json!({ "type": "string", "pattern": format!("^{NAME}$") })
}

/// `group:NAME` or `person:NAME`, and `workload:NAME`, `agent:NAME` and `agents-of:…` for requesters.
pub(super) fn principal(kinds: &str) -> Value {
    json!({ "type": "string", "pattern": format!("^({kinds}):{NAME}$") })
}

/// A list of principals.
pub(super) fn principals(kinds: &str) -> Value {
    json!({ "type": "array", "items": principal(kinds) })
}

/// `30m`, `1h30m`, `2d`.
pub(super) fn duration() -> Value {
    json!({ "type": "string", "pattern": "^(?=.)([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?$" })
}

/// One line of text.
pub(super) fn line() -> Value {
    json!({ "type": "string", "maxLength": 1024, "pattern": "^[^\\u0000-\\u001f\\u007f]*$" })
}

/// The assurance of a signature.
pub(super) fn assurance() -> Value {
    json!({ "enum": ["account", "key", "touch"] })
}

/// The schema of a rule of approval. `none` is only allowed as a whole rule.
pub(super) fn approval() -> Value {
    json!({ "anyOf": [{ "const": "none" }, { "$ref": "#/definitions/rule" }] })
}

/// The definitions for [`approval`].
pub(super) fn definitions() -> Value {
    let principal = format!("(group|person):{NAME}");
    // The loader limits the count to MAX_COUNT. A pattern can only limit the digits.
    let digits = MAX_COUNT.to_string().len();
    let demand = format!("^[0-9]{{1,{digits}}} of \\s*{principal}\\s*(,\\s*{principal}\\s*)*$");
    let parts = json!({ "type": "array", "minItems": 1, "items": { "$ref": "#/definitions/rule" } });
    json!({
        "expanded": { "type": "string", "pattern": "\\{(account|id|owner)\\}" },
        "rule": {
            "description": "\"1 of group:NAME\", { all = [\"…\", \"…\"] } or { any = [\"…\", \"…\"] }",
            "anyOf": [
                { "type": "string", "pattern": demand },
                { "$ref": "#/definitions/expanded" },
                table(&json!({ "all": parts }), &["all"]),
                table(&json!({ "any": parts }), &["any"]),
            ],
        },
    })
}

/// `[notify]` of a role.
pub(super) fn notify() -> Value {
    about(table(&notify_keys(), &[]), "How people are told; never write the secret itself here")
}

/// `[notify]` of `access.toml`, which also says how single people are reached.
pub(super) fn notify_everybody() -> Value {
    let mut keys = notify_keys();
    let token = hidden("token_env", "token_file");
    let reach = json!({
        "mail": about(mail_with(&json!({}), &["server", "from"]), "The mail server, for people with `mail`"),
        "slack": about(token, "Where the broker finds the token of a Slack app, for people with `slack`"),
    });
    keys["people"] =
        about(table(&reach, &[]), "How one person is told: the requester, and the people of escalate_to");
    about(table(&keys, &[]), "How people are told; never write the secret itself here")
}

fn notify_keys() -> Value {
    let mut keys = places();
    let mut further = places();
    further["people"] = about(principals("group|person"), "Told at their own addresses in people.toml");
    keys["remind"] = about(duration(), "When reviewers are reminded of an undecided request");
    keys["escalate_after"] = about(duration(), "When further people are told of an undecided request");
    keys["escalate_to"] =
        about(table(&further, &[]), "Those further people and places; they get no say by it");
    keys
}

fn places() -> Value {
    let webhook = json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["url"],
        "properties": { "url": { "type": "string" }, "secret_env": { "type": "string" }, "secret_file": { "type": "string" } },
        "oneOf": [{ "required": ["secret_env"] }, { "required": ["secret_file"] }],
    });
    let url = || hidden("url_env", "url_file");
    let list = json!({ "type": "array", "minItems": 1, "maxItems": 20, "items": address() });
    json!({
        "slack": about(url(), "Where the broker finds the address of a channel's incoming webhook"),
        "teams": about(url(), "Where the broker finds the address of a workflow of Microsoft Teams"),
        "webhook": webhook,
        "command": command(),
        "mail": mail_with(&json!({ "to": list }), &["server", "from", "to"]),
    })
}

/// The place of a secret: a variable or a file, and not both.
fn hidden(variable: &str, file: &str) -> Value {
    json!({
        "type": "object",
        "additionalProperties": false,
        "properties": { variable: { "type": "string" }, file: { "type": "string" } },
        "oneOf": [{ "required": [variable] }, { "required": [file] }],
    })
}

/// A mail address.
pub(super) fn address() -> Value {
    json!({ "type": "string", "pattern": "^[!-~]+@[!-~]+$" })
}

/// A mail server, and these keys besides.
fn mail_with(more: &Value, required: &[&str]) -> Value {
    let mut mail = json!({
        "type": "object",
        "additionalProperties": false,
        "required": required,
        "properties": {
            "server": { "type": "string", "pattern": "^smtps?://" },
            "from": address(),
            "user": { "type": "string" },
            "password_env": { "type": "string" },
            "password_file": { "type": "string" },
        },
        "dependencies": { "user": {
            "oneOf": [{ "required": ["password_env"] }, { "required": ["password_file"] }],
        } },
    });
    for (key, schema) in more.as_object().into_iter().flatten() {
        mail["properties"][key] = schema.clone();
    }
    mail
}

/// A program by its absolute path, and its arguments.
pub(super) fn gate() -> Value {
    json!({ "type": "array", "maxItems": 64, "items": { "type": "string" } })
}

pub(super) fn command() -> Value {
    json!({ "type": "array", "minItems": 1, "items": { "type": "string" } })
}
