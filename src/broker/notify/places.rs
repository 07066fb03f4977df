//! The places and people that a policy names, each with a label that shows no secret.

use super::About;
use crate::grant::Change;
use crate::grant::Name;
use crate::grant::Request;
use crate::grant::change::Lapse;
use crate::policy::Mail;
use crate::policy::Person;
use crate::policy::Places;
use crate::policy::Policy;
use crate::policy::SecretSource;
use crate::policy::Webhook;

/// A place that the policy notifies, or one person.
pub struct Place {
    /// The label shown to people: the kind of place and its host or program, never an address that contains a secret.
    pub label: String,
    pub(super) way: Way,
}

/// How the place is notified.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Way {
    Slack(SecretSource),
    Teams(SecretSource),
    Webhook(Webhook),
    Command(Vec<String>),
    Mail(Mail),
    /// A member of a Slack workspace: where the app's token is, and the member's id.
    Member(SecretSource, String),
}

impl Way {
    /// Whether people read the notices there. The broker then joins a flood into one. Programs get each
    /// notice singly.
    pub(super) fn is_read_by_people(&self) -> bool {
        !matches!(self, Self::Webhook(_) | Self::Command(_))
    }
}

/// The places that the policy names for a role. Their labels differ from each other.
pub fn places(policy: &Policy, role: &Name) -> Vec<Place> {
    let role = policy.role(role);
    let all = role.map_or_else(Vec::new, |role| policy.notices_for(role));
    let mut places: Vec<Place> = Vec::new();
    for named in all {
        add(&mut places, named, "");
    }
    places
}

/// The further places and people who are told when a request for a role stays undecided. A requester is not told about
/// their own request.
fn further(policy: &Policy, role: &Name, requester: &Name) -> Vec<Place> {
    let role = policy.role(role);
    let all = role.map_or_else(Vec::new, |role| policy.escalations_for(role));
    let mut places: Vec<Place> = Vec::new();
    for further in all {
        add(&mut places, &further.places, ", escalated");
        for person in policy.people_of(further).filter(|person| person.name != *requester) {
            let own = reach(policy, person);
            let new = own.into_iter().filter(|own| places.iter().all(|place| place.way != own.way));
            let new: Vec<Place> = new.collect();
            places.extend(new);
        }
    }
    places
}

/// A person's own addresses, as far as the policy says how to reach them. A comma keeps the labels apart from those of
/// places: no name contains one.
pub(super) fn reach(policy: &Policy, person: &Person) -> Vec<Place> {
    let (channels, own) = (policy.channels(), &person.addresses);
    let mail = channels.mail.as_ref().zip(own.mail.as_ref()).map(|(server, to)| Place {
        label: format!("{}, by mail", person.name),
        way: Way::Mail(Mail { server: server.clone(), to: vec![to.clone()] }),
    });
    let slack = channels.slack.as_ref().zip(own.slack.as_ref()).map(|(token, member)| Place {
        label: format!("{}, by Slack", person.name),
        way: Way::Member(token.clone(), member.clone()),
    });
    mail.into_iter().chain(slack).collect()
}

fn add(places: &mut Vec<Place>, named: &Places, mark: &str) {
    let slack = named.slack.iter().map(|source| ("slack".to_owned(), Way::Slack(source.clone())));
    let teams = named.teams.iter().map(|source| ("teams".to_owned(), Way::Teams(source.clone())));
    let webhook = named.webhook.iter().map(|webhook| {
        let host = url::Url::parse(&webhook.url).ok().and_then(|url| url.host_str().map(str::to_owned));
        (format!("webhook {}", host.unwrap_or_default()), Way::Webhook(webhook.clone()))
    });
    let command = named.command.iter().map(|command| {
        let program = command.first().map(String::as_str).unwrap_or_default();
        let name = program.rsplit(['/', '\\']).next().unwrap_or_default();
        (format!("command {name}"), Way::Command(command.clone()))
    });
    let mail = named.mail.iter().map(|mail| {
        let first = mail.to.first().map(String::as_str).unwrap_or_default();
        let more = mail.to.len().saturating_sub(1);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        (format!("mail to {first}{more}"), Way::Mail(mail.clone()))
    });
    for (label, way) in slack.chain(teams).chain(webhook).chain(command).chain(mail) {
        let label = format!("{label}{mark}");
        let twins = places.iter().filter(|place| place.label.starts_with(&label)).count();
        let label = if twins == 0 { label } else { format!("{label} ({})", twins + 1) };
        places.push(Place { label, way });
    }
}

/// Everybody and every place to notify about this.
pub(super) fn recipients(policy: &Policy, role: &Name, requester: &Name, about: About) -> Vec<Place> {
    let mut found = match about {
        About::Request | About::Reminder | About::Decision | About::BreakGlass => places(policy, role),
        About::Escalation => further(policy, role, requester),
        About::Asked => {
            let owner = policy.owner_of(requester).and_then(|owner| policy.person(owner));
            owner.map_or_else(Vec::new, |owner| reach(policy, owner))
        }
        About::Decided | About::Expiring | About::Ended => Vec::new(),
    };
    if about.is_for_requester()
        && let Some(person) = policy.person(requester)
    {
        found.extend(reach(policy, person));
    }
    found
}

/// The rows to store so that everybody is notified about this: each the kind of notice and its place.
pub fn notices(policy: &Policy, role: &Name, requester: &Name, about: About) -> Vec<(&'static str, String)> {
    let places = recipients(policy, role, requester, about);
    places.into_iter().map(|place| (about.word(), place.label)).collect()
}

/// The same about a new request. The owner of an agent is told of what it asks.
pub fn notices_of_request(
    policy: &Policy,
    role: &Name,
    requester: &Name,
    about: About,
) -> Vec<(&'static str, String)> {
    let abouts = [about, About::Asked];
    abouts.into_iter().flat_map(|about| notices(policy, role, requester, about)).collect()
}

/// The same about a request that a reviewer decided: for the places of its role, and for the requester.
pub fn notices_of_decision(policy: &Policy, request: &Request) -> Vec<(&'static str, String)> {
    let (role, who) = (&request.statement.role, request.requester());
    let abouts = [About::Decision, About::Decided];
    abouts.into_iter().flat_map(|about| notices(policy, role, who, about)).collect()
}

/// The same about a change that ended a request. Requesters are not told what they did themselves.
pub fn notices_of_end(policy: &Policy, request: &Request, change: &Change) -> Vec<(&'static str, String)> {
    let (role, who) = (&request.statement.role, request.requester());
    let about = match change {
        Change::Expired { lapse: Lapse::NobodyDecided } => About::Decided,
        Change::Expired { lapse: Lapse::NeverUsed } | Change::Ended { by: None } => About::Ended,
        Change::Revoked { by, .. } if by.as_ref() != Some(who) => About::Ended,
        _ => return Vec::new(),
    };
    notices(policy, role, who, about)
}
