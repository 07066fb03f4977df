//! The tools, with the schemas of their inputs and results.

use std::sync::Arc;

use rmcp::model::JsonObject;
use rmcp::model::Tool;
use rmcp::model::ToolAnnotations;
use serde_json::Value;
use serde_json::json;

use super::exec;
use super::wait;

/// The client tells its model this about all tools.
pub const INSTRUCTIONS: &str = "jit gives short access to cloud roles, after people have approved it. Call `roles` to see what may be \
requested, `request` with a reason that a reviewer understands, `wait` until it is approved, and `exec` to run one command with the \
access. You never get credentials, and you cannot approve: a person does. Call `end` when you are done.";

/// Every tool.
pub fn all() -> Vec<Tool> {
    vec![
        tool(
            "roles",
            "List the roles that may be requested, who approves each, and for how long",
            ToolAnnotations::new().read_only(true).open_world(false),
            object(&json!({ "filter": text("Only roles whose name or description contains this") }), &[]),
            one_of(&json!({ "roles": { "type": "array", "items": role() } }), &["roles"]),
        ),
        tool(
            "request",
            "Request a role. Returns the request's id at once and does not wait. An equal open request is reused",
            ToolAnnotations::new().read_only(false).destructive(false).idempotent(true).open_world(false),
            object(
                &json!({
                    "role": text("The role's name, as `roles` lists it"),
                    "reason": text("Why: reviewers read it, and it stays in the audit log"),
                    "for": text("For how long, like 30m or 1h; default: the role's duration"),
                    "scope": text("Only this scope of the role"),
                    "argv": {
                        "type": "array",
                        "items": { "type": "string" },
                        "minItems": 1,
                        "description": "Ask for access to exactly this command, once: the program and its arguments. Reviewers read it",
                    },
                    "files": {
                        "type": "array",
                        "items": text("A path"),
                        "description": "With argv: files that belong to the command, like a plan; they may not change",
                    },
                    "plan": text("With argv and files: the output of `terraform show -json` for the plan in files. The reviewer's jit shows it"),
                    "cwd": text("With argv: the folder in which it will run"),
                }),
                &["role"],
            ),
            one_of(&request(), &["state", "id", "role"]),
        ),
        tool(
            "status",
            "List the open requests and active access",
            ToolAnnotations::new().read_only(true).open_world(false),
            object(&json!({}), &[]),
            one_of(
                &json!({
                    "requests": { "type": "array", "items": entry() },
                    "stale": { "type": "boolean", "description": "The broker did not answer: this is what the machine remembers" },
                }),
                &["requests", "stale"],
            ),
        ),
        tool(
            "wait",
            "Wait until a request is decided, or the time is over. Call it again to go on waiting",
            ToolAnnotations::new().read_only(true).idempotent(true).open_world(false),
            object(
                &json!({
                    "request": text("The request's id, or its role"),
                    "timeout_seconds": seconds("How long to wait at most", wait::DEFAULT, wait::MOST),
                }),
                &["request"],
            ),
            one_of(&request(), &["state", "id", "role"]),
        ),
        tool(
            "exec",
            "Run one command with the access of a role, without a shell, and return its exit code and output. Its input is empty. \
             Credentials in its output are replaced. Without access it fails: call `request`, then `wait`",
            ToolAnnotations::new().read_only(false).destructive(true).idempotent(false).open_world(true),
            object(
                &json!({
                    "role": text("The role whose access the command gets"),
                    "argv": {
                        "type": "array",
                        "items": { "type": "string" },
                        "minItems": 1,
                        "description": "The program and its arguments, each as one element",
                    },
                    "cwd": text("The working folder; default: the folder in which `jit mcp` was started"),
                    "timeout_seconds": seconds("After how long the command is killed", exec::DEFAULT, exec::MOST),
                }),
                &["role", "argv"],
            ),
            one_of(
                &json!({
                    "exit_code": {
                        "type": ["integer", "null"],
                        "description": "128 + n after signal n; null if the command was killed because its time was over",
                    },
                    "timed_out": { "type": "boolean" },
                    "stdout": { "type": "string" },
                    "stderr": { "type": "string" },
                    "is_cut": { "type": "boolean", "description": "Whether a part in the middle of either output was left out" },
                    "role": { "type": "string" },
                    "request": { "type": ["string", "null"] },
                    "until": time("When the access ends"),
                }),
                &["exit_code", "timed_out", "stdout", "stderr", "is_cut", "role", "until"],
            ),
        ),
        tool(
            "end",
            "End the access, or cancel the request, because it is not needed any more",
            ToolAnnotations::new().read_only(false).destructive(true).idempotent(true).open_world(false),
            object(&json!({ "request": text("The request's whole id, or its role") }), &["request"]),
            one_of(&request(), &["state", "id", "role"]),
        ),
    ]
}

fn tool(
    name: &'static str,
    description: &'static str,
    annotations: ToolAnnotations,
    input: Value,
    output: Value,
) -> Tool {
    let tool = Tool::new(name, description, members(input)).with_raw_output_schema(members(output));
    tool.with_annotations(annotations)
}

fn members(schema: Value) -> Arc<JsonObject> {
    let Value::Object(members) = schema else { return Arc::default() };
    Arc::new(members)
}

fn text(description: &str) -> Value {
    json!({ "type": "string", "minLength": 1, "description": description })
}

fn time(description: &str) -> Value {
    json!({ "type": "string", "description": description })
}

fn texts(description: &str) -> Value {
    json!({ "type": "array", "items": { "type": "string" }, "description": description })
}

fn seconds(description: &str, default: u64, most: u64) -> Value {
    json!({ "type": "integer", "minimum": 1, "maximum": most, "default": default, "description": description })
}

/// An object with these members and no others.
fn object(properties: &Value, required: &[&str]) -> Value {
    json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
}

/// A result with these members, or an error.
fn one_of(properties: &Value, required: &[&str]) -> Value {
    let mut properties = properties.clone();
    if let Some(properties) = properties.as_object_mut() {
        properties.insert("state".to_owned(), state());
        properties.insert("notes".to_owned(), texts("Messages for people"));
        properties.insert(
            "error".to_owned(),
            object(
                &json!({ "message": text("What happened"), "causes": texts("Why"), "hints": texts("What to do next") }),
                &["message", "causes", "hints"],
            ),
        );
    }
    let mut schema = object(&properties, &[]);
    if let Some(schema) = schema.as_object_mut() {
        schema.insert(
            "anyOf".to_owned(),
            json!([{ "required": required }, { "required": ["state", "error"] }]),
        );
    }
    schema
}

fn state() -> Value {
    json!({
        "type": "string",
        "enum": ["none", "pending", "approved", "active", "denied", "ended", "login", "refused", "usage", "failed"],
        "description": "The state of the request, or of the failure: none (nothing was requested), login (nobody is logged in)",
    })
}

fn role() -> Value {
    object(
        &json!({
            "name": { "type": "string" },
            "aliases": texts("Other names"),
            "description": { "type": "string" },
            "opens": { "type": "string", "description": "What the role opens" },
            "approval": { "type": "string", "description": "Who has to approve" },
            "automatic": { "type": "boolean", "description": "Whether nobody has to approve" },
            "duration": { "type": "string" },
            "max_duration": { "type": "string" },
            "reason_required": { "type": "boolean" },
            "scopes": { "type": "array", "items": object(
                &json!({
                    "name": { "type": "string" },
                    "description": { "type": "string" },
                    "approval": { "type": "string" },
                    "automatic": { "type": "boolean" },
                    "max_duration": { "type": "string" },
                }),
                &["name", "description", "approval", "automatic", "max_duration"],
            ) },
        }),
        &[
            "name",
            "description",
            "opens",
            "approval",
            "automatic",
            "duration",
            "max_duration",
            "reason_required",
            "scopes",
        ],
    )
}

fn entry() -> Value {
    object(
        &json!({
            "id": { "type": "string" },
            "role": { "type": "string" },
            "scope": { "type": ["string", "null"] },
            "state": state(),
            "until": time("When the request or the access ends"),
            "opens": { "type": "string" },
        }),
        &["id", "role", "scope", "state", "until", "opens"],
    )
}

/// A request.
fn request() -> Value {
    json!({
        "id": { "type": "string" },
        "role": { "type": "string" },
        "scope": { "type": ["string", "null"] },
        "duration": { "type": "string" },
        "reason": { "type": "string" },
        "until": time("When the present state ends by itself"),
        "reused": { "type": "boolean", "description": "Whether the request was open before" },
        "missing": texts("Who still has to approve"),
        "approved_by": texts("Who approved"),
        "why": texts("Why it was denied or ended"),
        "review_with": { "type": "string", "description": "What a reviewer types" },
        "page": { "type": "string", "description": "The broker's page of the request, for people" },
        "next": { "type": "string", "description": "What to do next" },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_tool_approves_or_hands_credentials_out() {
        let names: Vec<String> = all().iter().map(|tool| tool.name.to_string()).collect();
        assert_eq!(names, ["roles", "request", "status", "wait", "exec", "end"]);
    }

    #[test]
    fn every_input_is_strict() {
        for tool in all() {
            assert_eq!(tool.input_schema.get("additionalProperties"), Some(&json!(false)), "{}", tool.name);
            assert!(tool.output_schema.is_some() && tool.annotations.is_some(), "{}", tool.name);
        }
    }
}
