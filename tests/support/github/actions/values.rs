//! Values of expressions: how GitHub converts and compares them.
//!
//! Source: <https://docs.github.com/actions/reference/workflows-and-actions/expressions>.

use serde_json::Value;

/// A value as text.
pub fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Number(number) => number
            .as_f64()
            .filter(|float| float.fract() == 0.0)
            .map_or_else(|| number.to_string(), |float| format!("{float:.0}")),
        Value::Bool(flag) => flag.to_string(),
        Value::Array(_) => "Array".to_owned(),
        Value::Object(_) => "Object".to_owned(),
    }
}

/// Whether a value counts as true.
pub fn truthy(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(flag) => *flag,
        Value::Number(number) => number.as_f64().is_some_and(|number| number != 0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(_) | Value::Object(_) => true,
    }
}

fn number(value: &Value) -> f64 {
    match value {
        Value::Null => 0.0,
        Value::Bool(flag) => f64::from(u8::from(*flag)),
        Value::Number(number) => number.as_f64().unwrap_or(f64::NAN),
        Value::String(text) if text.trim().is_empty() => 0.0,
        Value::String(text) => text.trim().parse().unwrap_or(f64::NAN),
        Value::Array(_) | Value::Object(_) => f64::NAN,
    }
}

/// Whether two values are equal: texts case-insensitively, other kinds as numbers.
pub fn equal(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::String(one), Value::String(other)) => one.to_lowercase() == other.to_lowercase(),
        (Value::Object(_) | Value::Array(_), _) | (_, Value::Object(_) | Value::Array(_)) => false,
        _ => (number(one) - number(other)).abs() < f64::EPSILON,
    }
}

/// The order of two values. `None` if they are not comparable.
pub fn compare(one: &Value, other: &Value) -> Option<std::cmp::Ordering> {
    match (one, other) {
        (Value::String(one), Value::String(other)) => Some(one.to_lowercase().cmp(&other.to_lowercase())),
        _ => number(one).partial_cmp(&number(other)),
    }
}

/// Calls a function that depends only on its arguments.
///
/// # Errors
/// There is no such function, or not with these arguments.
pub fn call(name: &str, arguments: &[Value]) -> Result<Value, String> {
    let lower = |index: usize| text(&arguments[index]).to_lowercase();
    Ok(match (name.to_lowercase().as_str(), arguments.len()) {
        ("contains", 2) => match &arguments[0] {
            Value::Array(items) => items.iter().any(|item| equal(item, &arguments[1])).into(),
            _ => lower(0).contains(&lower(1)).into(),
        },
        ("startswith", 2) => lower(0).starts_with(&lower(1)).into(),
        ("endswith", 2) => lower(0).ends_with(&lower(1)).into(),
        ("format", 1..) => {
            let mut formatted = text(&arguments[0]).replace("{{", "\u{1}").replace("}}", "\u{2}");
            for (index, argument) in arguments[1..].iter().enumerate() {
                formatted = formatted.replace(&format!("{{{index}}}"), &text(argument));
            }
            formatted.replace('\u{1}', "{").replace('\u{2}', "}").into()
        }
        ("join", 1 | 2) => {
            let between = arguments.get(1).map_or_else(|| ",".to_owned(), text);
            let items = arguments[0].as_array().cloned().unwrap_or_default();
            items.iter().map(text).collect::<Vec<_>>().join(&between).into()
        }
        ("tojson", 1) => {
            serde_json::to_string_pretty(&arguments[0]).map_err(|error| error.to_string())?.into()
        }
        ("fromjson", 1) => serde_json::from_str(&text(&arguments[0])).map_err(|error| error.to_string())?,
        (name, count) => return Err(format!("there is no function {name} of {count} arguments")),
    })
}
