//! Terraform's language (HCL), as far as jit writes it: blocks, attributes and values. Every text is quoted so that nothing in it is a
//! template, and the layout is that of `terraform fmt`.
//!
//! Source: HCL's native syntax specification, "Template Expressions" and "String Literals".

use std::fmt::Write;

use serde_json::Value;

use crate::grant::Name;

/// The words of the language, which are no keys of an object without quotes.
const WORDS: [&str; 4] = ["for", "null", "true", "false"];

/// A text as a string of HCL, in which nothing is a template. A `$` or `%` before `{` is doubled; after another of its kind it is
/// written by its number, because `$$${` has two readings.
pub fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    let mut before = None;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let opens = matches!(character, '$' | '%') && characters.peek() == Some(&'{');
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            _ if opens && before == Some(character) => by_number(&mut quoted, character),
            _ if opens => quoted.extend([character, character]),
            other if other.is_control() => by_number(&mut quoted, other),
            other => quoted.push(other),
        }
        before = Some(character);
    }
    quoted.push('"');
    quoted
}

/// A character of at most four hexadecimal digits, as all that come here are.
fn by_number(text: &mut String, character: char) {
    let _ = write!(text, "\\u{:04x}", u32::from(character));
}

/// A name of a resource for a role: `jit_`, then the role's name with `_` for what is no letter or digit.
pub fn label(role: &Name) -> String {
    format!("jit_{}", word(role.as_str()))
}

/// A text with `_` for what is no letter or digit.
pub fn word(text: &str) -> String {
    let plain = |character: char| if character.is_ascii_alphanumeric() { character } else { '_' };
    text.chars().map(plain).collect()
}

/// A value of JSON as an expression.
pub fn value(value: &Value) -> String {
    match value {
        Value::String(text) => quoted(text),
        Value::Array(items) if items.iter().all(is_plain) => {
            format!("[{}]", items.iter().map(self::value).collect::<Vec<_>>().join(", "))
        }
        Value::Array(items) => {
            let items: String = items.iter().map(|item| format!("{},\n", self::value(item))).collect();
            format!("[\n{}]", indented(&items))
        }
        Value::Object(members) if members.is_empty() => "{}".to_owned(),
        Value::Object(members) => {
            let members = members.iter().map(|(name, member)| (key(name), self::value(member)));
            format!("{{\n{}}}", indented(&aligned(&members.collect::<Vec<_>>())))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

/// A value of JSON as the argument of `jsonencode`, so that Terraform compares what it means.
pub fn json(document: &Value) -> String {
    format!("jsonencode({})", value(document))
}

fn is_plain(value: &Value) -> bool {
    !value.is_array() && !value.is_object()
}

fn key(name: &str) -> String {
    let is_word = name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if is_word && !WORDS.contains(&name) { name.to_owned() } else { quoted(name) }
}

/// Lines of `name = expression`, with the signs of neighbours of one line below each other.
fn aligned(members: &[(String, String)]) -> String {
    let mut text = String::new();
    let mut rest = members;
    while let Some((name, expression)) = rest.first() {
        let neighbours = rest.iter().take_while(|(_, expression)| !expression.contains('\n')).count();
        if neighbours == 0 {
            let _ = writeln!(text, "{name} = {expression}");
            rest = &rest[1..];
            continue;
        }
        let width = rest[..neighbours].iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
        for (name, expression) in &rest[..neighbours] {
            let _ = writeln!(text, "{name:width$} = {expression}");
        }
        rest = &rest[neighbours..];
    }
    text
}

/// Lines two columns further right. Empty ones stay empty.
fn indented(text: &str) -> String {
    text.lines().map(|line| if line.is_empty() { "\n".to_owned() } else { format!("  {line}\n") }).collect()
}

/// A block: its type and labels, its attributes, and the blocks in it.
#[derive(Debug, Clone, Default)]
pub struct Block {
    head: String,
    attributes: Vec<(String, String)>,
    blocks: Vec<Block>,
}

impl Block {
    /// A block of this type without labels.
    pub fn new(kind: &str) -> Self {
        Self { head: kind.to_owned(), ..Self::default() }
    }

    /// A resource. The type and the name are jit's own, or [`label`]'s.
    pub fn resource(kind: &str, name: &str) -> Self {
        Self::new(&format!("resource {} {}", quoted(kind), quoted(name)))
    }

    /// A data source, which Terraform reads and does not make. The type and the name are jit's own, or [`label`]'s.
    pub fn data(kind: &str, name: &str) -> Self {
        Self::new(&format!("data {} {}", quoted(kind), quoted(name)))
    }

    /// With an attribute whose value is a text.
    pub fn text(self, name: &str, text: &str) -> Self {
        self.expression(name, quoted(text))
    }

    /// With an attribute whose value is JSON's.
    pub fn value(self, name: &str, value: &Value) -> Self {
        self.expression(name, self::value(value))
    }

    /// With an attribute whose value is an expression of jit's own, in which every foreign text is quoted.
    pub fn expression(mut self, name: &str, expression: impl Into<String>) -> Self {
        self.attributes.push((name.to_owned(), expression.into()));
        self
    }

    /// With a block in it.
    pub fn block(mut self, block: Self) -> Self {
        self.blocks.push(block);
        self
    }
}

impl std::fmt::Display for Block {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let attributes = aligned(&self.attributes);
        let mut parts = if attributes.is_empty() { Vec::new() } else { vec![attributes] };
        parts.extend(self.blocks.iter().map(ToString::to_string));
        write!(formatter, "{} {{\n{}}}\n", self.head, indented(&parts.join("\n")))
    }
}

/// Blocks as a document, each after an empty line.
pub fn document(blocks: &[Block]) -> String {
    blocks.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// Blocks that an operator takes out of their comment to use them.
pub fn commented(blocks: &[Block]) -> String {
    document(blocks)
        .lines()
        .map(|line| if line.is_empty() { "#\n".to_owned() } else { format!("# {line}\n") })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A reader of quoted strings as HCL's specification says, which fails where a template begins.
    fn read(text: &str) -> Option<String> {
        let inner: Vec<char> = text.strip_prefix('"')?.strip_suffix('"')?.chars().collect();
        let (mut out, mut at) = (String::new(), 0);
        while at < inner.len() {
            match (inner[at], inner.get(at + 1), inner.get(at + 2)) {
                (sign @ ('$' | '%'), Some(next), Some('{')) if *next == sign => {
                    out.extend([sign, '{']);
                    at += 3;
                }
                ('$' | '%', Some('{'), _) | ('"' | '\n', ..) => return None,
                ('\\', Some('u'), _) => {
                    let digits: String = inner.get(at + 2..at + 6)?.iter().collect();
                    out.push(char::from_u32(u32::from_str_radix(&digits, 16).ok()?)?);
                    at += 6;
                }
                ('\\', Some(escaped), _) => {
                    out.push(match escaped {
                        'n' => '\n',
                        'r' => '\r',
                        't' => '\t',
                        '"' | '\\' => *escaped,
                        _ => return None,
                    });
                    at += 2;
                }
                (plain, ..) => {
                    out.push(plain);
                    at += 1;
                }
            }
        }
        Some(out)
    }

    #[test]
    fn nothing_in_a_text_is_a_template() {
        for hostile in [
            "${file(\"/etc/passwd\")}",
            "%{if true}x%{endif}",
            "$${x}",
            "$$${x}",
            "$$$${x}",
            "%%{x}",
            "$%{x}%${x}",
            "a\"\n}\nresource \"x\" \"y\" {",
            "\\${x}",
            "\\",
            "\u{0}\u{8}\u{c}\u{1b}\u{7f}\u{85}",
            "$",
            "${",
            "$ {",
            "é ≠ 𝄞",
            "<<EOT",
        ] {
            assert_eq!(read(&quoted(hostile)).as_deref(), Some(hostile), "{}", quoted(hostile));
        }
        assert_eq!(quoted("a ${b} %{c}"), "\"a $${b} %%{c}\"");
        assert_eq!(quoted("$${b}"), "\"$\\u0024{b}\"");
    }

    proptest::proptest! {
        #[test]
        fn every_text_reads_back(text in "[$%{}\"\\\\\na-c\u{0}-\u{20}é]{0,24}") {
            proptest::prop_assert_eq!(read(&quoted(&text)), Some(text));
        }
    }

    #[test]
    fn values_have_the_layout_of_terraform() {
        let document = json!({
            "Version": "2012-10-17", "Id": 7, "for": true, "${x}": null, "None": [], "Empty": {},
            "Statement": [{ "Action": ["a", "b"], "x:y": "z" }],
        });
        let block = Block::resource("aws_iam_role", &label(&"prod.db-1".parse().unwrap()))
            .text("name", "db")
            .text("description", "x")
            .expression("assume_role_policy", json(&document))
            .block(Block::new("oidc").text("issuer", "https://x.example"));
        let text = super::document(&[block, Block::new("locals")]);
        insta::assert_snapshot!(text, @r#"
        resource "aws_iam_role" "jit_prod_db_1" {
          name        = "db"
          description = "x"
          assume_role_policy = jsonencode({
            Version = "2012-10-17"
            Id      = 7
            "for"   = true
            "$${x}" = null
            None    = []
            Empty   = {}
            Statement = [
              {
                Action = ["a", "b"]
                "x:y"  = "z"
              },
            ]
          })

          oidc {
            issuer = "https://x.example"
          }
        }

        locals {
        }
        "#);
        assert_eq!(
            commented(&[Block::new("locals").text("x", "a\nb")]),
            "# locals {\n#   x = \"a\\nb\"\n# }\n"
        );
    }
}
