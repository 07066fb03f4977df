//! A broker's settings file: the flags of `jit serve` as keys in TOML, for `jit serve --config`.
//!
//! Invariant: it never holds a secret, only the file or the environment variable that does, and a file that others may
//! write is refused.

pub mod keys;
mod schema;

use std::collections::BTreeMap;
use std::io;
use std::net::IpAddr;
use std::net::SocketAddr;
use std::path::Path;
use std::path::PathBuf;
use std::str::FromStr;

use serde_spanned::Spanned;
use toml::de::DeTable;
use toml::de::DeValue;

use crate::audit::Head;
use crate::broker::settings::ClusterToken;
use crate::config::ConfigError;
use crate::policy::nearest;
use crate::system::guarded_file::read_guarded;

use keys::Form;
use keys::KEYS;
use keys::Key;
pub use schema::schema;

/// The largest settings file, in bytes.
const LARGEST: usize = 64 * 1024;

/// A value that has its key's form.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Value {
    Text(String),
    Switch(bool),
    List(Vec<String>),
}

/// The settings of one file, all of them in their forms.
#[derive(Debug, Clone)]
pub struct SettingsFile {
    path: PathBuf,
    values: BTreeMap<&'static str, Value>,
}

impl SettingsFile {
    /// Reads and checks a file.
    ///
    /// # Errors
    /// The file cannot be read, others may write it, or it has an unknown key or a value that does not fit.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let bytes = read_guarded(path, LARGEST).map_err(|error| {
            let told = ConfigError::of_file(path, &error);
            match error.kind() {
                io::ErrorKind::PermissionDenied => {
                    told.hint("only the broker's user and root may be able to write its settings")
                }
                io::ErrorKind::NotFound => told.hint("name the broker's settings file: --config FILE"),
                _ => told,
            }
        })?;
        let text = String::from_utf8(bytes).map_err(|error| {
            ConfigError::at(path, "", error.utf8_error().valid_up_to(), "it is not UTF-8 text")
        })?;
        Self::parse(path, &text)
    }

    /// Checks the text of a file.
    ///
    /// # Errors
    /// It has an unknown key or a value that does not fit.
    pub fn parse(path: &Path, source: &str) -> Result<Self, ConfigError> {
        let table = DeTable::parse(source).map_err(|error| ConfigError::of_toml(path, source, &error))?;
        let mut values = BTreeMap::new();
        for (name, value) in table.get_ref() {
            let known = KEYS.iter().find(|key| key.name == name.get_ref().as_ref());
            let key = known.ok_or_else(|| unknown(path, source, name.get_ref(), name.span().start))?;
            values.insert(key.name, checked(path, source, key, value)?);
        }
        if values.contains_key(keys::POLICY_HOOK_SECRET_FILE)
            && values.contains_key(keys::POLICY_HOOK_SECRET_ENV)
        {
            let message = "the webhook's secret has two sources: a file and an environment variable";
            return Err(ConfigError::at(path, source, 0, message).hint("keep one of the two keys"));
        }
        Ok(Self { path: path.to_owned(), values })
    }

    /// The file's own path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The folder that relative paths in the file start from.
    pub fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new(""))
    }

    /// A text. `None` if the key is absent.
    pub fn text(&self, key: &str) -> Option<&str> {
        match self.values.get(key)? {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A path, made absolute from the file's folder.
    pub fn place(&self, key: &str) -> Option<PathBuf> {
        self.text(key).map(|text| self.folder().join(text))
    }

    /// A switch.
    pub fn switch(&self, key: &str) -> Option<bool> {
        match self.values.get(key)? {
            Value::Switch(on) => Some(*on),
            _ => None,
        }
    }

    /// A value of this type. Its form was checked when the file was read.
    pub fn parsed<T: FromStr>(&self, key: &str) -> Option<T> {
        self.text(key)?.parse().ok()
    }

    /// A list of values of this type.
    pub fn list<T: FromStr>(&self, key: &str) -> Option<Vec<T>> {
        match self.values.get(key)? {
            Value::List(items) => items.iter().map(|item| item.parse().ok()).collect(),
            _ => None,
        }
    }
}

/// The error for a key that is not in the table.
fn unknown(path: &Path, source: &str, name: &str, at: usize) -> ConfigError {
    let told = ConfigError::at(path, source, at, &format!("there is no key {name:?}"));
    let stem = format!("{}_", name.replace('-', "_"));
    let sources: Vec<&str> = KEYS
        .iter()
        .map(|key| key.name)
        .filter(|known| known.strip_prefix(&stem).is_some_and(is_source))
        .collect();
    if !sources.is_empty() {
        return told
            .hint(format!("a secret is never written here: say where it is, with {}", sources.join(" or ")));
    }
    // A flag's own name is meant too: `--trusted-proxy` is the key `trusted_proxies`.
    let flag =
        KEYS.iter().find(|key| !key.flag.is_empty() && key.flag.replace('-', "_") == name.replace('-', "_"));
    let near = flag.map(|key| key.name).or_else(|| nearest(name, KEYS.iter().map(|key| key.name)));
    match near {
        Some(near) => told.hint(format!("did you mean {near}?")),
        None => told.hint("`jit policy schema broker` lists the keys"),
    }
}

/// Whether a key's last word says where a secret is.
fn is_source(word: &str) -> bool {
    matches!(word, "file" | "env")
}

/// The value, if it has its key's form.
fn checked(path: &Path, source: &str, key: &Key, value: &Spanned<DeValue<'_>>) -> Result<Value, ConfigError> {
    let fail = |at: usize, why: &str| Err(ConfigError::at(path, source, at, &format!("{}: {why}", key.name)));
    let at = value.span().start;
    match (key.form, value.get_ref()) {
        (Form::Switch, DeValue::Boolean(on)) => Ok(Value::Switch(*on)),
        (Form::Switch, _) => fail(at, "write true or false"),
        (Form::Addresses, DeValue::Array(items)) => {
            let mut list = Vec::new();
            for item in items {
                match item.get_ref() {
                    DeValue::String(text) if text.parse::<IpAddr>().is_ok() => list.push(text.to_string()),
                    _ => return fail(item.span().start, "write an IP address in quotes, without a port"),
                }
            }
            Ok(Value::List(list))
        }
        (Form::Addresses, _) => fail(at, "write a list, like [\"127.0.0.1\"]"),
        (Form::Clusters, DeValue::Array(items)) => {
            let mut list = Vec::new();
            for item in items {
                match item.get_ref() {
                    DeValue::String(text) if text.parse::<ClusterToken>().is_ok() => {
                        list.push(text.to_string());
                    }
                    _ => return fail(item.span().start, CLUSTER_FORM),
                }
            }
            Ok(Value::List(list))
        }
        (Form::Clusters, _) => fail(at, "write a list, like [\"https://k8s.example.com=/run/token\"]"),
        (Form::Choice(words), DeValue::String(text)) if !words.contains(&text.as_ref()) => {
            fail(at, &format!("write one of {}", words.join(", ")))
        }
        (form, DeValue::String(text)) => match misfit(form, text) {
            None => Ok(Value::Text(text.to_string())),
            Some(why) => fail(at, why),
        },
        _ => fail(at, "write a text in quotes"),
    }
}

/// How a cluster is written.
const CLUSTER_FORM: &str = "write SERVER=FILE, like \"https://k8s.example.com=/run/token\"";

/// Why a text does not have this form. The text is never repeated: it may be a secret in the wrong place.
fn misfit(form: Form, text: &str) -> Option<&'static str> {
    if text.is_empty() || text.chars().any(char::is_control) {
        return Some("it is empty or has control characters");
    }
    match form {
        Form::Address if text.parse::<SocketAddr>().is_err() => {
            Some("write an address and a port, like \"127.0.0.1:8765\"")
        }
        Form::Head if text.parse::<Head>().is_err() => {
            Some("write SEQUENCE.HASH, as the broker's refusal says it")
        }
        Form::Variable if !is_variable(text) => Some(
            "write the name of an environment variable, like \"JIT_POLICY_HOOK_SECRET\", and never the secret itself",
        ),
        _ => None,
    }
}

/// Whether this can be the name of an environment variable. Small letters are refused, because secrets have them.
fn is_variable(text: &str) -> bool {
    let rest = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    text.len() <= 64 && !text.as_bytes()[0].is_ascii_digit() && text.bytes().all(rest)
}

#[cfg(test)]
mod tests;
