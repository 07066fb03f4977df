//! The hook in the settings of Claude Code, which are JSON. Every byte that is not about the hook stays.
//!
//! Sources: Claude Code, "Hooks reference" and "Settings".

use std::ops::Range;

use serde::Deserialize;
use serde_json::Value;
use serde_json::json;
use serde_json::value::RawValue;

use super::settings::AgentClient;

/// The settings, of which only the hooks matter here. A member that is there twice is an error.
#[derive(Deserialize)]
struct Settings<'a> {
    #[serde(borrow)]
    hooks: Option<&'a RawValue>,
    #[serde(rename = "disableAllHooks", default)]
    disabled: bool,
}

/// The hooks by event.
#[derive(Deserialize)]
struct Hooks<'a> {
    #[serde(borrow, rename = "PreToolUse")]
    before_a_tool: Option<&'a RawValue>,
}

/// The hooks for some tools.
#[derive(Deserialize)]
struct Group<'a> {
    matcher: Option<String>,
    #[serde(borrow)]
    hooks: &'a RawValue,
}

/// The settings with nothing but the hook.
pub(super) fn alone(line: &str) -> String {
    format!("{:#}\n", json!({ "hooks": { "PreToolUse": [entry(line)] } }))
}

fn entry(line: &str) -> Value {
    // A hook that takes too long, or does not start, blocks too (`sdk.d.ts` of @anthropic-ai/claude-agent-sdk 0.3.328).
    let handler = json!({ "type": "command", "command": line, "timeout": 10, "onFailure": "block" });
    json!({ "matcher": "*", "hooks": [handler] })
}

/// The settings with the hook. `None` if they have it already.
///
/// # Errors
/// They have a form in which nothing can be added safely, in a sentence.
pub(super) fn with_hook(before: &str, client: AgentClient) -> Result<Option<String>, String> {
    let line = client.line();
    if before.trim().is_empty() {
        return Ok(Some(alone(&line)));
    }
    let value: Value = serde_json::from_str(before).map_err(|error| not_json(before, &error))?;
    let members = value.as_object().ok_or("it is no JSON object")?;
    let settings: Settings<'_> = serde_json::from_str(before).map_err(|error| other_form(&error))?;
    if settings.disabled {
        return Err("it says `disableAllHooks`, so that no hook would run: take that out first".to_owned());
    }
    let Some(hooks) = settings.hooks else {
        if members.contains_key("hooks") {
            return Err("its `hooks` are null".to_owned());
        }
        let hooks = format!("\"hooks\": {}", indented(&json!({ "PreToolUse": [entry(&line)] }), 1));
        return Ok(Some(first_in(before, within(before, before), &hooks, 1)));
    };
    let events: Hooks<'_> = serde_json::from_str(hooks.get()).map_err(|error| other_form(&error))?;
    let Some(groups) = events.before_a_tool else {
        if value["hooks"].get("PreToolUse").is_some() || !value["hooks"].is_object() {
            return Err("its `hooks` have another form than jit knows".to_owned());
        }
        let event = format!("\"PreToolUse\": {}", indented(&json!([entry(&line)]), 2));
        return Ok(Some(first_in(before, within(before, hooks.get()), &event, 2)));
    };
    in_groups(before, groups.get(), client)
}

/// The settings with the hook in this list of groups.
fn in_groups(before: &str, list: &str, client: AgentClient) -> Result<Option<String>, String> {
    let line = client.line();
    let wanted = entry(&line);
    let groups: Vec<&RawValue> = serde_json::from_str(list).map_err(|error| other_form(&error))?;
    let (mut kept, mut own, mut has_wanted) = (Vec::new(), 0, false);
    for group in groups {
        let read: Group<'_> = serde_json::from_str(group.get()).map_err(|error| other_form(&error))?;
        let handlers: Vec<&RawValue> =
            serde_json::from_str(read.hooks.get()).map_err(|error| other_form(&error))?;
        let mut others = Vec::new();
        for handler in &handlers {
            let value: Value = serde_json::from_str(handler.get()).map_err(|error| other_form(&error))?;
            if !value.is_object() {
                return Err("one of its hooks is no JSON object".to_owned());
            }
            if value["command"].as_str().is_some_and(|command| client.has_written(command)) {
                own += 1;
                let is_for_all = matches!(read.matcher.as_deref(), None | Some("" | "*"));
                has_wanted |= is_for_all && value == wanted["hooks"][0];
            } else {
                others.push(handler.get());
            }
        }
        if others.len() == handlers.len() {
            kept.push(group.get().to_owned());
        } else if !others.is_empty() {
            let place = within(group.get(), read.hooks.get());
            kept.push(replaced(group.get(), place, &format!("[{}]", others.join(", "))));
        }
    }
    if own == 1 && has_wanted {
        return Ok(None);
    }
    let place = within(before, list);
    let wanted = indented(&wanted, 3);
    if own == 0 {
        return Ok(Some(first_in(before, place, &wanted, 3)));
    }
    kept.insert(0, wanted);
    Ok(Some(replaced(before, place, &format!("[\n      {}\n    ]", kept.join(",\n      ")))))
}

/// A JSON text within members of this depth.
fn indented(value: &Value, depth: usize) -> String {
    format!("{value:#}").replace('\n', &format!("\n{}", "  ".repeat(depth)))
}

/// The place of a part that was borrowed from the text.
fn within(text: &str, part: &str) -> Range<usize> {
    let start = part.as_ptr().addr().saturating_sub(text.as_ptr().addr());
    start..start + part.len()
}

fn replaced(text: &str, place: Range<usize>, new: &str) -> String {
    format!("{}{new}{}", &text[..place.start], &text[place.end..])
}

/// The text with a new first member in the object or list at this place.
fn first_in(text: &str, place: Range<usize>, member: &str, depth: usize) -> String {
    let start = place.start + text[place].find(['{', '[']).map_or(0, |bracket| bracket + 1);
    let (head, rest) = text.split_at(start);
    let is_empty = rest.trim_start().starts_with(['}', ']']);
    let comma = if is_empty { "" } else { "," };
    format!("{head}\n{}{member}{comma}{rest}", "  ".repeat(depth))
}

fn other_form(error: &serde_json::Error) -> String {
    format!("its hooks have another form than jit knows: {error}")
}

/// The reason for which a text is no JSON. Editors know a form with comments.
fn not_json(text: &str, error: &serde_json::Error) -> String {
    let line = text.lines().nth(error.line().saturating_sub(1)).unwrap_or_default();
    if line.as_bytes().get(error.column().saturating_sub(1)) == Some(&b'/') {
        return format!(
            "it has a comment in line {}, which JSON has not: take the comments out",
            error.line()
        );
    }
    format!("it is no JSON: {error}")
}
