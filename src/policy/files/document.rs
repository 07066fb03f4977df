//! Parses TOML with positions. Reports every invalid value and unknown key at its position, not only the first.

use std::cell::OnceCell;
use std::cell::RefCell;
use std::fmt::Display;
use std::str::FromStr;

use serde_spanned::Spanned;
use toml::de::DeArray;
use toml::de::DeTable;
use toml::de::DeValue;

use crate::address;
use crate::policy::files::problem::Findings;
use crate::policy::files::problem::Position;
use crate::policy::files::unquoted;
use crate::policy::nearest::nearest;
use crate::policy::settings::notify::is_written_out;

/// The text of one file.
pub(in crate::policy) struct Document<'a> {
    pub(in crate::policy) file: &'a str,
    text: &'a str,
    findings: &'a Findings,
    /// Whether the text may contain a private key. Searched for once, because it takes time in a long text.
    secret: OnceCell<bool>,
}

/// A parsed file. Dropped without recursion, because dotted keys inside inline tables can nest thousands deep.
pub(in crate::policy) struct Tree<'a>(Spanned<DeTable<'a>>);

impl<'a> Tree<'a> {
    /// The whole file's table, for changes before it is read.
    pub(in crate::policy) fn table_mut(&mut self) -> &mut DeTable<'a> {
        self.0.get_mut()
    }
}

impl Drop for Tree<'_> {
    fn drop(&mut self) {
        let table = std::mem::take(self.0.get_mut());
        let mut waiting: Vec<DeValue<'_>> = values(table).collect();
        while let Some(value) = waiting.pop() {
            match value {
                DeValue::Array(items) => waiting.extend(items.into_iter().map(Spanned::into_inner)),
                DeValue::Table(table) => waiting.extend(values(table)),
                _ => {}
            }
        }
    }
}

fn values<'a>(table: DeTable<'a>) -> impl Iterator<Item = DeValue<'a>> {
    table.into_iter().map(|(_, value)| value.into_inner())
}

impl<'a> Document<'a> {
    /// Decodes a file as UTF-8 and removes a byte order mark.
    pub(in crate::policy) fn of(file: &'a str, bytes: &'a [u8], findings: &'a Findings) -> Option<Self> {
        match std::str::from_utf8(bytes) {
            Ok(text) => {
                let text = text.strip_prefix('\u{feff}').unwrap_or(text);
                Some(Self { file, text, findings, secret: OnceCell::new() })
            }
            Err(error) => {
                let valid = bytes.get(..error.valid_up_to()).unwrap_or_default();
                let valid = std::str::from_utf8(valid).unwrap_or_default();
                let hint = "save the file in the encoding UTF-8";
                let read = Self { file, text: valid, findings, secret: OnceCell::new() };
                read.report_with(valid.len(), "the file is not UTF-8 from here on", hint);
                None
            }
        }
    }

    /// Parses the text. Reports every syntax error.
    pub(in crate::policy) fn parse(&self) -> Option<Tree<'a>> {
        let (table, errors) = DeTable::parse_recoverable(self.text);
        let tree = Tree(table);
        for error in &errors {
            let at = error.span().map_or(self.text.len(), |span| span.start);
            let unquoted = if self.findings.is_full() { None } else { unquoted::find(self.text, at) };
            match unquoted {
                Some(found) => self.report_with(found.at, &found.message, &found.hint),
                None => self.report(at, &format!("this is not TOML: {}", error.message())),
            }
        }
        errors.is_empty().then_some(tree)
    }

    /// The table of the whole file.
    pub(in crate::policy) fn root<'b>(&'b self, tree: &'b Tree<'a>) -> Section<'b>
    where
        'a: 'b,
    {
        Section { document: self, table: tree.0.get_ref(), at: 0, known: RefCell::new(Vec::new()) }
    }

    /// The text, without a byte order mark.
    pub(in crate::policy) fn text(&self) -> &'a str {
        self.text
    }

    /// The collected problems.
    pub(in crate::policy) fn findings(&self) -> &'a Findings {
        self.findings
    }

    /// Reports a problem at a line and a byte in it, both from 1, as other parsers count.
    pub(in crate::policy) fn report_line(&self, line: usize, column: usize, message: &str) {
        let start: usize = self.text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
        self.report((start + column.saturating_sub(1)).min(self.text.len()), message);
    }

    pub(in crate::policy) fn report(&self, at: usize, message: &str) {
        self.add(at, message, None);
    }

    pub(in crate::policy) fn report_with(&self, at: usize, message: &str, hint: &str) {
        self.add(at, message, Some(hint));
    }

    fn add(&self, at: usize, message: &str, hint: Option<&str>) {
        if *self.secret.get_or_init(|| self.text.contains("PRIVATE KEY")) {
            self.findings.add_unseen(self.file, self.text, at, message, hint);
        } else {
            self.findings.add_in(self.file, self.text, at, message, hint);
        }
    }

    /// Reports a problem without showing the line, which may contain a secret.
    pub(in crate::policy) fn report_unseen(&self, at: usize, message: &str, hint: &str) {
        self.findings.add_unseen(self.file, self.text, at, message, Some(hint));
    }

    pub(in crate::policy) fn position(&self, at: usize) -> Position {
        Position::of(self.text, at)
    }

    /// The positions of many byte offsets in one pass over the text. The offsets must be sorted.
    pub(in crate::policy) fn positions(&self, sorted: impl Iterator<Item = usize>) -> Vec<Position> {
        let mut position = Position::START;
        let mut done = 0;
        let mut found = Vec::new();
        for at in sorted {
            for character in self.text.get(done..at).unwrap_or_default().chars() {
                if character == '\n' {
                    position = Position { line: position.line + 1, column: 1 };
                } else {
                    position.column += 1;
                }
            }
            done = at.max(done);
            found.push(position);
        }
        found
    }
}

/// One table of a file. It remembers the keys that were read. The others are unknown.
pub(in crate::policy) struct Section<'a> {
    pub(in crate::policy) document: &'a Document<'a>,
    table: &'a DeTable<'a>,
    pub(in crate::policy) at: usize,
    known: RefCell<Vec<&'static str>>,
}

impl<'a> Section<'a> {
    /// The value of a key, if present. Marks the key as known.
    pub(in crate::policy) fn field(&self, key: &'static str) -> Option<Field<'a>> {
        let mut known = self.known.borrow_mut();
        if !known.contains(&key) {
            known.push(key);
        }
        self.table.get(key).map(|value| Field { document: self.document, value })
    }

    /// The value of a required key. Reports a missing one.
    pub(in crate::policy) fn required(&self, key: &'static str, hint: &str) -> Option<Field<'a>> {
        let field = self.field(key);
        if field.is_none() {
            self.document.report_with(self.at, &format!("`{key}` is missing"), hint);
        }
        field
    }

    /// The keys, their byte offsets and the values of a table whose keys are names.
    pub(in crate::policy) fn entries(&self) -> impl Iterator<Item = (&'a str, usize, Field<'a>)> {
        self.table.iter().map(|(key, value)| {
            let field = Field { document: self.document, value };
            (key.get_ref().as_ref(), key.span().start, field)
        })
    }

    /// Reports every key that was not read. `later` are keys of the design that this version does not support yet.
    pub(in crate::policy) fn finish(self, later: &[&str]) {
        let known = self.known.into_inner();
        for (key, _) in self.table {
            let (name, at) = (key.get_ref().as_ref(), key.span().start);
            if later.contains(&name) {
                let hint = "leave it out; this version of jit loads no key that it cannot enforce";
                self.document.report_with(at, &format!("`{name}` is not built yet"), hint);
            } else if !known.contains(&name) {
                let shown: String = name.chars().take(64).collect();
                // Finding the nearest key takes time, and millions of keys may be unknown.
                let full = self.document.findings.is_full();
                let hint = match nearest(name, known.iter().copied().filter(|_| !full)) {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => format!("known here: {}", known.join(", ")),
                };
                self.document.report_with(at, &format!("`{shown}` is not a known key"), &hint);
            }
        }
    }
}

/// A value and its position.
#[derive(Clone, Copy)]
pub(in crate::policy) struct Field<'a> {
    pub(in crate::policy) document: &'a Document<'a>,
    value: &'a Spanned<DeValue<'a>>,
}

impl<'a> Field<'a> {
    /// The byte offset of the value.
    pub(in crate::policy) fn at(&self) -> usize {
        self.value.span().start
    }

    pub(in crate::policy) fn report(&self, message: &str) {
        self.document.report(self.at(), message);
    }

    pub(in crate::policy) fn report_with(&self, message: &str, hint: &str) {
        self.document.report_with(self.at(), message, hint);
    }

    /// Reports a problem without showing the line, which may contain a secret.
    pub(in crate::policy) fn report_unseen(&self, message: &str, hint: &str) {
        self.document.report_unseen(self.at(), message, hint);
    }

    /// Reports what should be here instead.
    pub(in crate::policy) fn expected(&self, what: &str) {
        let found = match self.value.get_ref() {
            DeValue::String(_) => "a text",
            DeValue::Integer(_) => "a number",
            DeValue::Float(_) => "a fraction",
            DeValue::Boolean(_) => "true or false",
            DeValue::Datetime(_) => "a date",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        };
        self.report(&format!("expected {what}, found {found}"));
    }

    /// The string, or `None` for another type. Reports nothing.
    pub(in crate::policy) fn as_text(&self) -> Option<&'a str> {
        match self.value.get_ref() {
            DeValue::String(text) => Some(text.as_ref()),
            _ => None,
        }
    }

    /// The table, or `None` for another type. Reports nothing.
    pub(in crate::policy) fn as_section(&self) -> Option<Section<'a>> {
        match self.value.get_ref() {
            DeValue::Table(table) => Some(Section {
                document: self.document,
                table,
                at: self.at(),
                known: RefCell::new(Vec::new()),
            }),
            _ => None,
        }
    }

    /// The string. Reports another type.
    pub(in crate::policy) fn text(&self) -> Option<&'a str> {
        let text = self.as_text();
        if text.is_none() {
            self.expected("a text in quotes");
        }
        text
    }

    /// The table. Reports another type.
    pub(in crate::policy) fn section(&self) -> Option<Section<'a>> {
        let section = self.as_section();
        if section.is_none() {
            self.expected("a table");
        }
        section
    }

    /// Parses the string as `T`. Reports errors.
    pub(in crate::policy) fn parse<T>(&self) -> Option<T>
    where
        T: FromStr,
        T::Err: Display,
    {
        match self.text()?.parse() {
            Ok(value) => Some(value),
            Err(error) => {
                self.report(&error.to_string());
                None
            }
        }
    }

    /// The literal as in the file, including quotes.
    pub(in crate::policy) fn raw(&self) -> &'a str {
        self.document.text.get(self.value.span()).unwrap_or_default()
    }

    /// The boolean. Reports another type.
    pub(in crate::policy) fn truth(&self) -> Option<bool> {
        if let DeValue::Boolean(truth) = self.value.get_ref() {
            return Some(*truth);
        }
        self.expected("true or false");
        None
    }

    /// The number, from 0. Reports another value.
    pub(in crate::policy) fn number(&self) -> Option<u64> {
        if let DeValue::Integer(integer) = self.value.get_ref() {
            // `DeInteger::as_str` has no underscores and no prefix, but may have a sign.
            let number = u64::from_str_radix(integer.as_str(), integer.radix()).ok();
            if number.is_none() {
                self.report("the number is too large or below 0");
            }
            return number;
        }
        self.expected("a whole number");
        None
    }

    /// The value as JSON, where it is a text, a whole number, a truth value or a list of texts. Reports another value.
    pub(in crate::policy) fn json(&self) -> Option<serde_json::Value> {
        match self.value.get_ref() {
            DeValue::String(text) => Some(text.as_ref().into()),
            DeValue::Boolean(truth) => Some((*truth).into()),
            DeValue::Integer(_) => self.number().map(Into::into),
            DeValue::Array(_) => {
                let texts: Option<Vec<serde_json::Value>> =
                    self.list()?.map(|item| item.text().map(Into::into)).collect();
                texts.map(Into::into)
            }
            DeValue::Float(_) | DeValue::Datetime(_) | DeValue::Table(_) => {
                self.expected("a text, a whole number, true or false, or a list of texts");
                None
            }
        }
    }

    /// The items of a list. Reports another type.
    pub(in crate::policy) fn list(&self) -> Option<impl ExactSizeIterator<Item = Field<'a>> + use<'a>> {
        let document = self.document;
        match self.value.get_ref() {
            DeValue::Array(items) => {
                let items: &'a DeArray<'a> = items;
                Some(items.iter().map(move |value| Field { document, value }))
            }
            _ => {
                self.expected("a list");
                None
            }
        }
    }
}

/// Parses a token issuer: https, or http on this machine. Issuers are compared exactly, so an extra slash is refused.
pub(in crate::policy) fn read_issuer(field: &Field<'_>) -> Option<String> {
    let text = field.text()?;
    let fits = url::Url::parse(text)
        .is_ok_and(|url| is_written_out(&url, text) && address::is_bare(&url) && address::is_private(&url));
    if !fits {
        field.report_with(
            "this is not an issuer of tokens",
            "write its https address, exactly as its tokens name it",
        );
    }
    fits.then(|| text.to_owned())
}
