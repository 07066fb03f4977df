//! How single people are reached: the broker's ways in `[notify.people]`, and a person's own addresses in `people.toml`.

use super::MailServer;
use super::SecretSource;
use super::mail;
use super::read_secret;
use crate::policy::files::document::Field;
use crate::policy::files::document::Section;

/// The broker's ways to reach one person. Each is optional.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Channels {
    /// The mail server, for people with a mail address.
    pub mail: Option<MailServer>,
    /// The location of the token of a Slack app with the scope `chat:write`, for people with a Slack member id.
    pub slack: Option<SecretSource>,
}

impl Channels {
    /// Whether the broker reaches no single person.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Parses `[notify.people]`.
    pub(super) fn read(section: Section<'_>) -> Self {
        let table = |key| section.field(key).and_then(|field| field.section());
        let mail = table("mail").and_then(|section| {
            let example = r#"write mail = { server = "smtps://mail.example.com", from = "jit@example.com" }"#;
            let server = mail::read_account(&section, example);
            section.finish(&[]);
            server
        });
        let slack = table("slack").and_then(|section| {
            let keys = ("token_env", "token_file");
            let fields = (section.field(keys.0), section.field(keys.1));
            let token = read_secret(&section, keys, fields, "a Slack app", "token");
            section.finish(&[]);
            token
        });
        section.finish(&[]);
        Self { mail, slack }
    }
}

/// A person's own addresses. They only say where notices go: nobody is recognised by them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Addresses {
    /// The mail address.
    pub mail: Option<String>,
    /// The member id in Slack.
    pub slack: Option<String>,
}

impl Addresses {
    /// Whether the broker can reach a person with these addresses.
    pub fn are_reached_by(&self, channels: &Channels) -> bool {
        (self.mail.is_some() && channels.mail.is_some()) || (self.slack.is_some() && channels.slack.is_some())
    }

    /// The addresses of somebody of whom only this mail address is known. A text that is none is left out.
    pub(in crate::policy) fn of_mail(address: &str) -> Self {
        Self { mail: Some(address.to_owned()).filter(|address| mail::is_address(address)), slack: None }
    }

    /// Parses a person's `mail` and `slack`.
    pub(in crate::policy) fn read(section: &Section<'_>) -> Self {
        Self {
            mail: section.field("mail").and_then(|field| mail::read_address(&field)),
            slack: section.field("slack").and_then(|field| read_member(&field)),
        }
    }
}

/// Parses a member id: it is stable, unlike a display name, and cannot name a channel.
fn read_member(field: &Field<'_>) -> Option<String> {
    let text = field.text()?;
    let digits = text.strip_prefix(['U', 'W']).unwrap_or_default();
    let fits = (6..=20).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    if !fits {
        field.report_with(
            "this is not the id of a member in Slack",
            "in Slack, open the person's profile and choose \"Copy member ID\": it looks like U024BE7LH",
        );
    }
    fits.then(|| text.to_owned())
}
