//! The places that a policy names, each with a label that shows no secret.

use super::About;
use crate::grant::Name;
use crate::policy::Mail;
use crate::policy::Policy;
use crate::policy::SecretSource;
use crate::policy::Webhook;

/// A place that the policy notifies.
pub struct Place {
    /// The label shown to people: the kind of place and its host or program, never an address that contains a secret.
    pub label: String,
    pub(super) way: Way,
}

/// How the place is notified.
pub(super) enum Way {
    Slack(SecretSource),
    Webhook(Webhook),
    Command(Vec<String>),
    Mail(Mail),
}

/// The places that the policy names for a role. Their labels differ from each other.
pub fn places(policy: &Policy, role: &Name) -> Vec<Place> {
    let Some(role) = policy.role(role) else { return Vec::new() };
    let mut places: Vec<Place> = Vec::new();
    for notify in policy.notices_for(role) {
        let slack = notify.slack.iter().map(|source| ("slack".to_owned(), Way::Slack(source.clone())));
        let webhook = notify.webhook.iter().map(|webhook| {
            let host = url::Url::parse(&webhook.url).ok().and_then(|url| url.host_str().map(str::to_owned));
            (format!("webhook {}", host.unwrap_or_default()), Way::Webhook(webhook.clone()))
        });
        let command = notify.command.iter().map(|command| {
            let program = command.first().map(String::as_str).unwrap_or_default();
            let name = program.rsplit(['/', '\\']).next().unwrap_or_default();
            (format!("command {name}"), Way::Command(command.clone()))
        });
        let mail = notify.mail.iter().map(|mail| {
            let first = mail.to.first().map(String::as_str).unwrap_or_default();
            let more = mail.to.len().saturating_sub(1);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            (format!("mail to {first}{more}"), Way::Mail(mail.clone()))
        });
        for (label, way) in slack.chain(webhook).chain(command).chain(mail) {
            let twins = places.iter().filter(|place| place.label.starts_with(&label)).count();
            let label = if twins == 0 { label } else { format!("{label} ({})", twins + 1) };
            places.push(Place { label, way });
        }
    }
    places
}

/// The rows to store beside an event so that every place of a role is notified.
pub fn notices(policy: &Policy, role: &Name, about: About) -> Vec<(&'static str, String)> {
    places(policy, role).into_iter().map(|place| (about.word(), place.label)).collect()
}
