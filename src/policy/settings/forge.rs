//! `[authority.github]`: the keys and identities of an access repository on GitHub.

use std::fmt;
use std::str::FromStr;

use data_encoding::BASE64URL_NOPAD;

use crate::policy::files::document::Field;
use crate::policy::files::document::Section;
use crate::policy::files::document::read_issuer;

/// The length of an Ed25519 public key, in bytes (RFC 8032 §5.1.5).
const KEY: usize = 32;
/// The most keys: the current one, and those that signed older events.
const MAX_KEYS: usize = 4;

/// The policy's settings for GitHub as the authority.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forge {
    /// The Ed25519 public keys that may sign events on `jit-log`. The current one comes first.
    pub log_keys: Vec<[u8; KEY]>,
    /// The issuer of its workflows' ID tokens.
    pub issuer: String,
    /// The numeric account id of the GitHub App that opens the pull requests of workloads and dispatches for them.
    pub workload_app: Option<u64>,
    /// The only actor that may write the log. `None` if the policy does not name it.
    pub log_writer: Option<LogWriter>,
}

/// The only actor that may write the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogWriter {
    /// A GitHub App, by its id.
    App(u64),
    /// A team, by its id.
    Team(u64),
}

impl FromStr for LogWriter {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "write app:ID or team:ID, with the numeric id".to_owned();
        let (kind, id) = text.split_once(':').ok_or_else(wrong)?;
        let id = id.parse().map_err(|_| wrong())?;
        match kind {
            "app" => Ok(Self::App(id)),
            "team" => Ok(Self::Team(id)),
            _ => Err(wrong()),
        }
    }
}

impl fmt::Display for LogWriter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::App(id) => write!(formatter, "app:{id}"),
            Self::Team(id) => write!(formatter, "team:{id}"),
        }
    }
}

/// A person's login on GitHub, in one word: their account by its numeric id.
pub(in crate::policy) fn account(number: u64) -> String {
    format!("github:{number}")
}

/// The token issuer of GitHub Actions (GitHub, "OpenID Connect reference").
const ISSUER: &str = "https://token.actions.githubusercontent.com";

impl Default for Forge {
    fn default() -> Self {
        Self { log_keys: Vec::new(), issuer: ISSUER.to_owned(), workload_app: None, log_writer: None }
    }
}

impl Forge {
    /// Parses `[authority]`.
    pub(in crate::policy) fn read(section: Section<'_>) -> Option<Self> {
        let github = section.field("github");
        section.finish(&[]);
        let section = github?.section()?;
        let hint = "`jit ci init --apply` makes the key and writes its public half here: log_keys = [\"…\"]";
        let keys = section.required("log_keys", hint);
        let issuer = section.field("issuer").and_then(|field| read_issuer(&field));
        let workload_app = section.field("workload_app").and_then(|field| read_account(&field));
        let log_writer = section.field("log_writer").and_then(|field| read_writer(&field));
        section.finish(&[]);
        let keys = keys?;
        let mut forge = Self::default();
        forge.issuer = issuer.unwrap_or(forge.issuer);
        forge.workload_app = workload_app;
        forge.log_writer = log_writer;
        for item in keys.list()? {
            let Some(text) = item.text() else { continue };
            let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).ok();
            match bytes.and_then(|bytes| <[u8; KEY]>::try_from(bytes).ok()) {
                Some(key) if forge.log_keys.contains(&key) => item.report("this key is listed twice"),
                Some(key) => forge.log_keys.push(key),
                None => item.report_with("this is not an Ed25519 public key in base64url", hint),
            }
        }
        if forge.log_keys.is_empty() || forge.log_keys.len() > MAX_KEYS {
            keys.report_with(&format!("the log is signed with 1 to {MAX_KEYS} keys"), hint);
        }
        Some(forge)
    }
}

/// Parses the writer of the log.
fn read_writer(field: &Field<'_>) -> Option<LogWriter> {
    let writer = field.text()?.parse::<LogWriter>();
    if let Err(hint) = &writer {
        field.report_with("this names nobody who could write the log", hint);
    }
    writer.ok()
}

/// Parses the numeric id of an account.
fn read_account(field: &Field<'_>) -> Option<u64> {
    let account = Some(field.number()?).filter(|id| *id > 0);
    if account.is_none() {
        field.report_with(
            "this is not the numeric id of an account",
            "`gh api '/users/NAME[bot]' --jq .id` says it for the app NAME",
        );
    }
    account
}
