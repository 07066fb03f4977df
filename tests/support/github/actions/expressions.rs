//! Expressions: `${{ … }}` and the values of `if`.

use serde_json::Value;
use serde_json::json;

use super::values::call;
use super::values::compare;
use super::values::equal;
use super::values::text;
use super::values::truthy;

/// The status for `success()`, `failure()`, `cancelled()` and `always()`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Everything succeeded.
    Success,
    /// Something failed.
    Failure,
    /// It was cancelled.
    Cancelled,
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Value(Value),
    Name(String),
    Sign(&'static str),
}

const SIGNS: [&str; 16] =
    ["==", "!=", "&&", "||", "<=", ">=", "<", ">", "!", "(", ")", "[", "]", ".", ",", "*"];

fn tokens(source: &str) -> Result<Vec<Token>, String> {
    let mut found = Vec::new();
    let mut rest = source.trim_start();
    while let Some(first) = rest.chars().next() {
        if let Some(inside) = rest.strip_prefix('\'') {
            let (mut literal, mut left) = (String::new(), inside);
            loop {
                let end = left.find('\'').ok_or_else(|| format!("a text does not end in {source:?}"))?;
                literal.push_str(&left[..end]);
                left = &left[end + 1..];
                // Two quotes stand for one.
                match left.strip_prefix('\'') {
                    Some(more) => {
                        literal.push('\'');
                        left = more;
                    }
                    None => break,
                }
            }
            found.push(Token::Value(json!(literal)));
            rest = left.trim_start();
            continue;
        }
        if first.is_ascii_digit() || (first == '-' && rest[1..].starts_with(|c: char| c.is_ascii_digit())) {
            let end = rest[1..]
                .find(|c: char| !c.is_ascii_alphanumeric() && c != '.')
                .map_or(rest.len(), |at| at + 1);
            let number: f64 = rest[..end].parse().map_err(|_| format!("no number: {:?}", &rest[..end]))?;
            found.push(Token::Value(json!(number)));
            rest = rest[end..].trim_start();
            continue;
        }
        if first.is_ascii_alphabetic() || first == '_' {
            let end =
                rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '-').unwrap_or(rest.len());
            found.push(match &rest[..end] {
                "true" => Token::Value(json!(true)),
                "false" => Token::Value(json!(false)),
                "null" => Token::Value(Value::Null),
                name => Token::Name(name.to_owned()),
            });
            rest = rest[end..].trim_start();
            continue;
        }
        let sign = SIGNS.iter().find(|sign| rest.starts_with(**sign));
        let sign = sign.ok_or_else(|| format!("unexpected {first:?} in {source:?}"))?;
        found.push(Token::Sign(sign));
        rest = rest[sign.len()..].trim_start();
    }
    Ok(found)
}

struct Parser<'a> {
    tokens: Vec<Token>,
    place: usize,
    contexts: &'a Value,
    standing: Standing,
    asked_standing: bool,
}

impl Parser<'_> {
    fn take(&mut self, sign: &str) -> bool {
        let hit = matches!(self.tokens.get(self.place), Some(Token::Sign(found)) if *found == sign);
        self.place += usize::from(hit);
        hit
    }

    fn expect(&mut self, sign: &str) -> Result<(), String> {
        if self.take(sign) { Ok(()) } else { Err(format!("{sign:?} is missing")) }
    }

    fn either(&mut self) -> Result<Value, String> {
        let mut left = self.both()?;
        while self.take("||") {
            let right = self.both()?;
            left = if truthy(&left) { left } else { right };
        }
        Ok(left)
    }

    fn both(&mut self) -> Result<Value, String> {
        let mut left = self.comparison()?;
        while self.take("&&") {
            let right = self.comparison()?;
            left = if truthy(&left) { right } else { left };
        }
        Ok(left)
    }

    fn comparison(&mut self) -> Result<Value, String> {
        let left = self.negation()?;
        for sign in ["==", "!=", "<=", ">=", "<", ">"] {
            if self.take(sign) {
                let right = self.negation()?;
                let order = compare(&left, &right);
                return Ok(json!(match sign {
                    "==" => equal(&left, &right),
                    "!=" => !equal(&left, &right),
                    "<=" => order.is_some_and(std::cmp::Ordering::is_le),
                    ">=" => order.is_some_and(std::cmp::Ordering::is_ge),
                    "<" => order.is_some_and(std::cmp::Ordering::is_lt),
                    _ => order.is_some_and(std::cmp::Ordering::is_gt),
                }));
            }
        }
        Ok(left)
    }

    fn negation(&mut self) -> Result<Value, String> {
        if self.take("!") {
            return Ok(json!(!truthy(&self.negation()?)));
        }
        self.value()
    }

    fn value(&mut self) -> Result<Value, String> {
        let token = self.tokens.get(self.place).cloned().ok_or("an expression ends too soon")?;
        self.place += 1;
        let mut value = match token {
            Token::Value(value) => value,
            Token::Sign("(") => {
                let inside = self.either()?;
                self.expect(")")?;
                inside
            }
            Token::Sign(sign) => return Err(format!("unexpected {sign:?}")),
            Token::Name(name) if self.take("(") => {
                let mut arguments = Vec::new();
                while !self.take(")") {
                    arguments.push(self.either()?);
                    if !self.take(",") {
                        self.expect(")")?;
                        break;
                    }
                }
                self.function(&name, &arguments)?
            }
            Token::Name(name) => {
                // An unknown context is a mistake in the workflow or in this GitHub.
                self.contexts.get(&name).cloned().ok_or_else(|| format!("unknown context {name:?}"))?
            }
        };
        loop {
            let key = if self.take(".") {
                match self.tokens.get(self.place).cloned() {
                    Some(Token::Name(name)) => {
                        self.place += 1;
                        json!(name)
                    }
                    _ => return Err("a name is missing after `.`".to_owned()),
                }
            } else if self.take("[") {
                let key = self.either()?;
                self.expect("]")?;
                key
            } else {
                return Ok(value);
            };
            value = member(&value, &key);
        }
    }

    fn function(&mut self, name: &str, arguments: &[Value]) -> Result<Value, String> {
        let standing = match name {
            "always" => true,
            "success" => self.standing == Standing::Success,
            "failure" => self.standing == Standing::Failure,
            "cancelled" => self.standing == Standing::Cancelled,
            _ => return call(name, arguments),
        };
        self.asked_standing = true;
        Ok(json!(standing))
    }
}

/// A member by name, case-insensitively, or by number. Null if there is none.
fn member(value: &Value, key: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let key = text(key);
            let exact = members.get(&key);
            let found = exact.or_else(|| {
                members.iter().find(|(name, _)| name.eq_ignore_ascii_case(&key)).map(|(_, value)| value)
            });
            found.cloned().unwrap_or_default()
        }
        Value::Array(items) => {
            key.as_f64().and_then(|index| items.get(index as usize)).cloned().unwrap_or_default()
        }
        _ => Value::Null,
    }
}

fn evaluated(source: &str, contexts: &Value, standing: Standing) -> Result<(Value, bool), String> {
    let mut parser = Parser { tokens: tokens(source)?, place: 0, contexts, standing, asked_standing: false };
    let value = parser.either().map_err(|error| format!("{error} in {source:?}"))?;
    if parser.place < parser.tokens.len() {
        return Err(format!("more than an expression in {source:?}"));
    }
    Ok((value, parser.asked_standing))
}

/// The value of an expression.
///
/// # Errors
/// It is invalid, or uses an unknown name.
pub fn evaluate(source: &str, contexts: &Value, standing: Standing) -> Result<Value, String> {
    evaluated(source, contexts, standing).map(|(value, _)| value)
}

/// Whether an `if` holds. Without a status function, success is required too.
///
/// # Errors
/// It is not a valid expression.
pub fn holds(condition: Option<&Value>, contexts: &Value, standing: Standing) -> Result<bool, String> {
    let source = match condition {
        None => "success()".to_owned(),
        Some(value) => text(value),
    };
    let source = source.trim();
    let source = source.strip_prefix("${{").and_then(|inner| inner.strip_suffix("}}")).unwrap_or(source);
    let (value, asked) = evaluated(source, contexts, standing)?;
    Ok(truthy(&value) && (asked || standing == Standing::Success))
}

/// A text with every `${{ … }}` replaced by its value.
///
/// # Errors
/// One of them is not a valid expression.
pub fn fill(template: &str, contexts: &Value, standing: Standing) -> Result<String, String> {
    let (mut filled, mut rest) = (String::new(), template);
    while let Some(start) = rest.find("${{") {
        filled.push_str(&rest[..start]);
        let end = rest[start..].find("}}").ok_or_else(|| format!("`${{{{` does not end in {template:?}"))?;
        filled.push_str(&text(&evaluate(&rest[start + 3..start + end], contexts, standing)?));
        rest = &rest[start + end + 2..];
    }
    Ok(filled + rest)
}
