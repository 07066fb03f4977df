use clap::Args;
use jiff::Timestamp;
use serde::Serialize;

use super::ui::Ui;
use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::joining::whoami;
use crate::flow::using::cloud;
use crate::flow::using::cloud::Owner;
use crate::grant::Assurance;
use crate::grant::AuthorityAddress;
use crate::grant::Name;
use crate::grant::Place;
use crate::grant::span;
use crate::grant::text::sanitise;
use crate::protocol::PolicyView;
use crate::protocol::ProviderView;

/// Show your identity at the broker or in the cloud
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:
  jit whoami
  jit exec prod-admin -- jit whoami --cloud
  jit whoami --json")]
pub struct Whoami {
    /// Ask the cloud which identity the credentials in the environment have
    #[arg(long)]
    cloud: bool,
    /// Write JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Serialize)]
struct WhoamiJson {
    authority: String,
    person: Name,
    label: String,
    key: String,
    groups: Vec<Name>,
    expires: Timestamp,
    /// The keychain, which has the session and the keys of requests.
    keychain: &'static str,
    /// The place of credentials: `kernel` or `keychain`.
    credentials: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    policy: Option<PolicyView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    provider: Option<ProviderView>,
}

/// The worth of a key whose person an identity provider proved, in words.
pub(super) fn worth(provider: &ProviderView) -> &'static str {
    match provider.worth {
        Assurance::Account => "account: the identity provider's word, until the key is confirmed",
        Assurance::Key => "key: the key is confirmed",
        Assurance::Touch => "touch: the key is confirmed, and each signature needs a touch",
    }
}

#[derive(Debug, Serialize)]
struct CloudJson {
    place: Place,
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<String>,
    /// The cloud's name for whoever has the credentials; for AWS an ARN.
    arn: String,
    /// Whose word it is, where the place itself does not say so.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<&'static str>,
}

impl CloudJson {
    fn of(owner: &Owner) -> Self {
        let identity = &owner.identity;
        let place = Place { kind: identity.place.kind, name: sanitise(&identity.place.name) };
        let account = place.as_account().map(str::to_owned);
        Self { account, place, arn: sanitise(&identity.who), note: owner.hearsay }
    }
}

/// The first cloud's word, and the others' where the command has access to several.
#[derive(Debug, Serialize)]
struct CloudsJson<'a> {
    #[serde(flatten)]
    first: CloudJson,
    #[serde(skip_serializing_if = "<[CloudJson]>::is_empty")]
    others: &'a [CloudJson],
}

impl Whoami {
    pub(super) async fn run(self, client: &Client<'_>, ui: &Ui<'_>) -> Result<(), Failure> {
        if self.cloud {
            let owners = cloud::of_environment(client.system).await?;
            let mut shown: Vec<CloudJson> = owners.iter().map(CloudJson::of).collect();
            if self.json {
                let others = shown.split_off(shown.len().min(1));
                return shown
                    .into_iter()
                    .try_for_each(|first| ui.json(&CloudsJson { first, others: &others }));
            }
            return shown.iter().try_for_each(|one| {
                ui.line(&one.arn)?;
                ui.line(&format!("  {:<9} {}", one.place.kind.as_str(), one.place.name))?;
                one.note.map_or(Ok(()), |note| ui.line(&format!("  note      {note}")))
            });
        }
        let session = whoami::whoami(client).await?;
        let vault = client.vault()?;
        let shown = WhoamiJson {
            authority: client.settings.authority().unwrap_or_default().to_owned(),
            label: sanitise(&session.label),
            key: sanitise(&session.key),
            person: session.person,
            groups: session.groups,
            expires: session.expires,
            keychain: vault.name(),
            credentials: vault.leases_in().as_str(),
            policy: session
                .policy
                .map(|policy| PolicyView { commit: policy.commit.map(|commit| sanitise(&commit)), ..policy }),
            provider: session
                .provider
                .map(|provider| ProviderView { issuer: sanitise(&provider.issuer), ..provider }),
        };
        if self.json {
            return ui.json(&shown);
        }
        let groups: Vec<&str> = shown.groups.iter().map(Name::as_str).collect();
        ui.line(&format!("{} ({})", shown.person, shown.label))?;
        let what = if AuthorityAddress::of(&shown.authority).is_github() { "decides" } else { "broker" };
        ui.line(&format!("  {what:<9} {}", shown.authority))?;
        ui.line(&format!("  key       {}", shown.key))?;
        ui.line(&format!("  groups    {}", groups.join(", ")))?;
        ui.line(&format!("  keychain  {}", vault.described()))?;
        if shown.expires < Timestamp::MAX {
            ui.line(&format!("  session   until {}", ui.until(shown.expires, client.now())))?;
        }
        if let Some(provider) = &shown.provider {
            let unknown = if provider.groups_unknown { "; your groups are unknown" } else { "" };
            let ago = match span::time_left(provider.proved, client.now()).as_str() {
                "now" => "just now".to_owned(),
                passed => format!("{passed} ago"),
            };
            ui.line(&format!("  provider  {}, proved {ago}{unknown}", provider.issuer))?;
            ui.line(&format!("  worth     {}", worth(provider)))?;
        }
        let Some(policy) = shown.policy else { return Ok(()) };
        let short = |id: &str| id.chars().take(12).collect::<String>();
        let commit = policy.commit.map(|commit| format!(", commit {}", short(&commit))).unwrap_or_default();
        ui.line(&format!("  policy    {}{commit}", short(&policy.revision.to_string())))
    }
}
