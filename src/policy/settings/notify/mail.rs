//! `mail = { … }`: the server, the sender and the recipients.

use email_address::EmailAddress;
use url::Url;

use super::Mail;
use super::MailDoor;
use super::MailServer;
use super::SecretSource;
use super::read_secret;
use crate::address;
use crate::policy::files::document::Field;
use crate::policy::files::document::Section;
use crate::policy::people::roster::read_line;

/// The most addresses in one table. Use a mailing list for more.
const MOST: usize = 20;

pub(super) fn read(section: Section<'_>) -> Option<Mail> {
    let example =
        r#"write mail = { server = "smtps://mail.example.com", from = "jit@example.com", to = ["…"] }"#;
    let to = section.required("to", example).and_then(|field| read_addresses(&field));
    let server = read_account(&section, example);
    section.finish(&[]);
    Some(Mail { server: server?, to: to? })
}

/// Parses a server and the broker's account there, without recipients.
pub(super) fn read_account(section: &Section<'_>, example: &str) -> Option<MailServer> {
    let server = section.required("server", example).and_then(|field| read_server(&field));
    let from = section.required("from", example).and_then(|field| read_address(&field));
    let login = read_login(section);
    let (host, port, door) = server?;
    Some(MailServer { host, port, door, login: login?, from: from? })
}

/// Parses the optional login of the broker. A user and a password belong together.
fn read_login(section: &Section<'_>) -> Option<Option<(String, SecretSource)>> {
    let user = section.field("user");
    let fields = (section.field("password_env"), section.field("password_file"));
    let Some(user) = user else {
        if let (Some(field), _) | (None, Some(field)) = &fields {
            field.report("whose password is it? write `user` too");
        }
        return Some(None);
    };
    let keys = ("password_env", "password_file");
    let secret = read_secret(section, keys, fields, "the user of a mail server", "password");
    read_line(&user).zip(secret).map(Some)
}

/// Parses `smtps://host`, `smtp://host` (which must then speak TLS), or `smtp://127.0.0.1`, each with an optional port.
fn read_server(field: &Field<'_>) -> Option<(String, u16, MailDoor)> {
    let found = Url::parse(field.text()?).ok().and_then(|url| {
        url.host()?;
        let (door, usual) = match (url.scheme(), address::is_this_machine(&url)) {
            ("smtps", _) => (MailDoor::Tls, 465),
            ("smtp", true) => (MailDoor::Plain, 25),
            ("smtp", false) => (MailDoor::StartTls, 587),
            _ => return None,
        };
        let plain = address::is_bare(&url) && matches!(url.path(), "" | "/");
        plain.then(|| (url.host_str().unwrap_or_default().to_owned(), url.port().unwrap_or(usual), door))
    });
    if found.is_none() {
        field.report_with(
            "jit cannot use this mail server",
            "write smtps://HOST, smtp://HOST (TLS is demanded), or smtp://127.0.0.1 for a relay on this machine",
        );
    }
    found
}

/// Whether a text is one mail address.
pub(super) fn is_address(text: &str) -> bool {
    EmailAddress::is_valid(text) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

pub(in crate::policy) fn read_address(field: &Field<'_>) -> Option<String> {
    let text = field.text()?;
    let fits = is_address(text);
    if !fits {
        field.report("this is not a mail address");
    }
    fits.then(|| text.to_owned())
}

fn read_addresses(field: &Field<'_>) -> Option<Vec<String>> {
    let items = field.list()?;
    let wanted = items.len();
    let found: Vec<String> = items.filter_map(|item| read_address(&item)).collect();
    if !(1..=MOST).contains(&wanted) {
        field.report(&format!("write 1 to {MOST} addresses; a mailing list is for more"));
        return None;
    }
    (found.len() == wanted).then_some(found)
}
