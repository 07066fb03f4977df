//! The two lines of `access.toml` that the setup knows better than a person: the log's keys and its writer. Everything else in the
//! file stays as it is, comments and order included.

use toml_edit::Array;
use toml_edit::DocumentMut;
use toml_edit::Item;
use toml_edit::Table;
use toml_edit::TableLike;
use toml_edit::Value;

use crate::flow::Failure;
use crate::policy::LogWriter;

/// The public halves of the log's keys, the current one first, and the log's only writer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Named {
    /// The public halves, as base64url without padding.
    pub keys: Vec<String>,
    /// The writer. `None` if the file names none.
    pub writer: Option<LogWriter>,
}

impl Named {
    /// The two values in the text of an `access.toml`. Nothing is named in a text that does not parse.
    pub(super) fn of(text: &str) -> Self {
        let Ok(document) = text.parse::<DocumentMut>() else { return Self::default() };
        let forge = document.get("authority").and_then(|authority| authority.get("github"));
        let keys = forge.and_then(|forge| forge.get("log_keys")?.as_array()).into_iter().flatten();
        let writer = forge.and_then(|forge| forge.get("log_writer")?.as_str()?.parse().ok());
        Self { keys: keys.filter_map(Value::as_str).map(str::to_owned).collect(), writer }
    }

    /// The same with a new key in front. The others stay, for the events that they signed.
    pub(super) fn with_key(mut self, key: &str) -> Self {
        self.keys.retain(|known| known != key);
        self.keys.insert(0, key.to_owned());
        self
    }
}

/// The text with these two values in `[authority.github]`. The same text if it has them.
///
/// # Errors
/// The text is not TOML, or something else stands in the place of these tables.
pub(super) fn edited(text: &str, wanted: &Named) -> Result<String, Failure> {
    if Named::of(text) == *wanted {
        return Ok(text.to_owned());
    }
    let mut document: DocumentMut = text.parse().map_err(|error: toml_edit::TomlError| {
        Failure::failed("access.toml is not TOML").cause(error.message())
    })?;
    let root: &mut dyn TableLike = document.as_table_mut();
    let authority = inner(root, "authority", true)?;
    let forge = inner(authority, "github", false)?;
    if !wanted.keys.is_empty() {
        put(forge, "log_keys", Value::Array(wanted.keys.iter().collect::<Array>()));
    }
    if let Some(writer) = wanted.writer {
        put(forge, "log_writer", Value::from(writer.to_string()));
    }
    Ok(document.to_string())
}

/// The table of this name, which is made if it is missing. An implicit one has no header of its own.
fn inner<'a>(
    table: &'a mut dyn TableLike,
    name: &str,
    is_implicit: bool,
) -> Result<&'a mut dyn TableLike, Failure> {
    let made = || {
        let mut table = Table::new();
        table.set_implicit(is_implicit);
        Item::Table(table)
    };
    table.entry(name).or_insert_with(made).as_table_like_mut().ok_or_else(|| {
        Failure::failed(format!("{name} is not a table in access.toml"))
            .hint("the log's keys belong into [authority.github]")
    })
}

fn put(table: &mut dyn TableLike, name: &str, mut value: Value) {
    match table.get_mut(name) {
        // Replaces in place and keeps a comment behind the old value. Inserting would drop the comment before the key.
        Some(item) => {
            if let Some(old) = item.as_value() {
                *value.decor_mut() = old.decor().clone();
            }
            *item = Item::Value(value);
        }
        None => drop(table.insert(name, Item::Value(value))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(keys: &[&str], writer: Option<LogWriter>) -> Named {
        Named { keys: keys.iter().map(|key| (*key).to_owned()).collect(), writer }
    }

    #[test]
    fn comments_and_order_stay() {
        let text = "# ours\nversion = 1 # the format\n\n[defaults]\nduration = \"1h\"\n";
        let wanted = named(&["AAA"], Some(LogWriter::App(7)));
        let once = edited(text, &wanted).unwrap();
        assert_eq!(
            once,
            format!("{text}\n[authority.github]\nlog_keys = [\"AAA\"]\nlog_writer = \"app:7\"\n")
        );
        assert_eq!(Named::of(&once), wanted);
        assert_eq!(edited(&once, &wanted).unwrap(), once);
        let text = "version = 1\n[authority.github]\n# signs\nlog_keys = [\"AAA\"] # of 2026\nissuer = \"https://x\"\n[defaults]\n";
        let twice = edited(text, &named(&["BBB", "AAA"], None)).unwrap();
        assert_eq!(twice, text.replace("[\"AAA\"]", "[\"BBB\", \"AAA\"]"));
    }

    #[test]
    fn inline_tables_are_edited_too_and_other_things_refused() {
        let text = "version = 1\nauthority = { github = { log_keys = [\"AAA\"] } }\n";
        let wanted = named(&["AAA"], Some(LogWriter::Team(9)));
        assert_eq!(Named::of(&edited(text, &wanted).unwrap()), wanted);
        assert!(edited("authority = 7\n", &wanted).is_err());
        assert!(edited("= 7\n", &wanted).is_err());
    }

    #[test]
    fn a_new_key_stands_first() {
        let two = named(&["A", "B"], None);
        assert_eq!(two.clone().with_key("C").keys, ["C", "A", "B"]);
        assert_eq!(two.with_key("B").keys, ["B", "A"]);
    }
}
