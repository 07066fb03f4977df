//! `[notify]`: how people are notified. A policy says where a secret is, never the secret.

mod further;
mod mail;
mod person;

use std::path::Path;
use std::path::PathBuf;

use url::Url;

use crate::address;
use crate::grant::span::Span;
use crate::grant::text;
use crate::policy::files::document::Field;
use crate::policy::files::document::Section;
use crate::policy::people::roster::People;
pub use further::Further;
pub use person::Addresses;
pub use person::Channels;

/// The location at which the broker finds a secret.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum SecretSource {
    /// In this environment variable.
    Environment(String),
    /// In this file. The path is absolute.
    File(PathBuf),
}

/// An address that receives a signed notice.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Webhook {
    /// https, or http on this machine.
    pub url: String,
    /// The secret that signs the notice.
    pub secret: SecretSource,
}

/// How to connect to a mail server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MailDoor {
    /// TLS from the first byte (`smtps://`, port 465).
    Tls,
    /// STARTTLS before anything else (`smtp://`, port 587).
    StartTls,
    /// Plain text, to this machine only (`smtp://127.0.0.1`, port 25).
    Plain,
}

/// A mail server, and the broker's account there.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct MailServer {
    /// The server's host.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How to connect.
    pub door: MailDoor,
    /// The user for the broker's login, and where the password is. `None` for no login.
    pub login: Option<(String, SecretSource)>,
    /// The sender's address.
    pub from: String,
}

/// A mail server and the recipients.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Mail {
    /// The server.
    pub server: MailServer,
    /// The recipients' addresses.
    pub to: Vec<String>,
}

/// Places that can be notified. Each is optional.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Places {
    /// The location of the address of a Slack channel's incoming webhook. The address itself is the secret.
    pub slack: Option<SecretSource>,
    /// The location of the address of a Microsoft Teams workflow. The address itself is the secret.
    pub teams: Option<SecretSource>,
    /// A webhook.
    pub webhook: Option<Webhook>,
    /// A program by its absolute path, and its arguments. No shell is involved.
    pub command: Option<Vec<String>>,
    /// Mail.
    pub mail: Option<Mail>,
}

impl Places {
    /// Whether nobody would be notified.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn read(section: &Section<'_>) -> Self {
        let table = |key| section.field(key).and_then(|field| field.section());
        Self {
            slack: table("slack").and_then(|section| read_hidden(section, "a Slack webhook")),
            teams: table("teams").and_then(|section| read_hidden(section, "a Teams workflow")),
            webhook: table("webhook").and_then(read_webhook),
            command: section.field("command").and_then(|field| read_command(&field)),
            mail: table("mail").and_then(mail::read),
        }
    }
}

/// Ways of notifying people. Each is optional.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Notify {
    /// The places that are told of every request.
    pub places: Places,
    /// The time after which people are reminded of an undecided request.
    pub remind: Option<Span>,
    /// The time after which further people are told of an undecided request.
    pub escalate_after: Option<Span>,
    /// Those further people and places.
    pub escalate_to: Further,
    /// How single people are reached. Only `access.toml` says it.
    pub channels: Channels,
}

impl Notify {
    /// Parses the `[notify]` table of a role, or of `access.toml`, which alone says how people are reached.
    pub(in crate::policy) fn read(section: Section<'_>, people: Option<&People>, is_role: bool) -> Self {
        let places = Places::read(&section);
        let table = |key| section.field(key).and_then(|field| field.section());
        let further = table("escalate_to").map(|section| Further::read(section, people));
        let channels = if is_role { None } else { table("people").map(Channels::read) };
        let notify = Self {
            places,
            remind: section.field("remind").and_then(|field| field.parse()),
            escalate_after: section.field("escalate_after").and_then(|field| field.parse()),
            escalate_to: further.unwrap_or_default(),
            channels: channels.unwrap_or_default(),
        };
        section.finish(&[]);
        notify
    }
}

/// Parses where an address is that is a secret by itself. `whose` begins the error message.
fn read_hidden(section: Section<'_>, whose: &str) -> Option<SecretSource> {
    let fields = (section.field("url_env"), section.field("url_file"));
    let source = read_secret(&section, ("url_env", "url_file"), fields, whose, "address");
    section.finish(&[]);
    source
}

fn read_webhook(section: Section<'_>) -> Option<Webhook> {
    let url = section
        .required("url", r#"write webhook = { url = "https://…", secret_env = "…" }"#)
        .and_then(|field| read_url(&field));
    let fields = (section.field("secret_env"), section.field("secret_file"));
    let secret = read_secret(&section, ("secret_env", "secret_file"), fields, "a webhook", "secret");
    section.finish(&[]);
    Some(Webhook { url: url?, secret: secret? })
}

/// Parses where a secret is: exactly one of two fields, a variable or a file. `keys` are the fields' names. `whose`
/// begins the error message.
fn read_secret(
    section: &Section<'_>,
    keys: (&'static str, &'static str),
    fields: (Option<Field<'_>>, Option<Field<'_>>),
    whose: &str,
    what: &str,
) -> Option<SecretSource> {
    match fields {
        (Some(variable), None) => read_variable(&variable).map(SecretSource::Environment),
        (None, Some(file)) => read_path(&file).map(SecretSource::File),
        _ => {
            section.document.report_with(
                section.at,
                &format!("{whose} has either `{}` or `{}`", keys.0, keys.1),
                &format!("name the environment variable or the file in which the broker finds the {what}"),
            );
            None
        }
    }
}

/// Whether an address of a policy is one line of text, written as it is called.
pub(in crate::policy) fn is_written_out(url: &Url, text: &str) -> bool {
    text::check(text).is_ok() && address::is_own_form(url, text)
}

/// Whether jit may call an address: https, or http on this machine, without a password.
pub fn is_callable(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| {
        let plain = address::is_anonymous(&url) && url.fragment().is_none();
        is_written_out(&url, text) && plain && address::is_private(&url)
    })
}

pub(in crate::policy) fn read_url(field: &Field<'_>) -> Option<String> {
    let text = field.text()?;
    let fits = is_callable(text);
    if !fits {
        field.report_with(
            "jit cannot call this address",
            "write an https address without a password, or http on 127.0.0.1, exactly as a browser shows it",
        );
    }
    fits.then(|| text.to_owned())
}

pub(in crate::policy) fn read_variable(field: &Field<'_>) -> Option<String> {
    let text = field.text()?;
    let starts_well = text.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_');
    let fits = starts_well
        && text.len() <= 128
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if !fits {
        field.report_with(
            "this is not the name of an environment variable",
            "name the variable that holds the secret; never write the secret itself",
        );
    }
    fits.then(|| text.to_owned())
}

pub(in crate::policy) fn read_path(field: &Field<'_>) -> Option<PathBuf> {
    let text = field.text()?;
    if !Path::new(text).is_absolute() {
        field.report("write the absolute path of a file");
        return None;
    }
    if let Err(error) = text::check(text) {
        field.report(&format!("the path of a file is one line of text: {error}"));
        return None;
    }
    Some(PathBuf::from(text))
}

pub(in crate::policy) fn read_command(field: &Field<'_>) -> Option<Vec<String>> {
    let items = field.list()?;
    let wanted = items.len();
    let words: Vec<String> = items
        .filter_map(|item| {
            let text = item.text()?;
            if let Err(error) = text::check(text) {
                item.report(&format!("a word of a command is one line of text: {error}"));
                return None;
            }
            Some(text.to_owned())
        })
        .collect();
    if words.len() != wanted {
        return None;
    }
    if !words.first().is_some_and(|program| Path::new(program).is_absolute()) {
        field.report_with(
            "a command begins with the absolute path of a program",
            r#"write command = ["/usr/bin/tell", "--room", "ops"]; no shell takes part"#,
        );
        return None;
    }
    Some(words)
}
