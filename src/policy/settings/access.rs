//! `access.toml`: the version, the defaults of all roles, the auditors, the notifications, the time zone, and the
//! sources of people and facts.

use jiff::tz::TimeZone;
use jiff::tz::TimeZoneDatabase;

use crate::grant::span::Span;

use crate::policy::files::document::Document;
use crate::policy::files::document::Field;
use crate::policy::files::document::Section;
use crate::policy::files::document::Tree;
use crate::policy::people::claims::Identity;
use crate::policy::people::claims::Oidc;
use crate::policy::people::github_app::GitHubApp;
use crate::policy::people::principal::Principal;
use crate::policy::people::roster::People;
use crate::policy::settings::facts::FactSource;
use crate::policy::settings::forge::Forge;
use crate::policy::settings::gate;
use crate::policy::settings::notify::Notify;

/// The shortest lifetime of credentials from AWS STS, in seconds (`AssumeRoleWithWebIdentity`, `DurationSeconds`).
const SHORTEST_LEASE: u64 = 900;
/// The longest lifetime, in seconds: a role's `MaxSessionDuration` is at most 12 hours.
const LONGEST_LEASE: u64 = 43_200;

/// The settings of a role that does not set its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Defaults {
    /// The longest grant.
    pub max_duration: Span,
    /// How long a request stays pending.
    pub pending: Span,
    /// How long an approval stays usable.
    pub unused: Span,
    /// The lifetime of the credentials.
    pub lease: Span,
}

impl Default for Defaults {
    fn default() -> Self {
        Self {
            max_duration: Span::of_minutes(8 * 60),
            pending: Span::of_minutes(24 * 60),
            unused: Span::of_minutes(12 * 60),
            lease: Span::of_minutes(60),
        }
    }
}

/// The content of `access.toml`.
#[derive(Debug, Clone, Default)]
pub(in crate::policy) struct Access {
    pub(in crate::policy) defaults: Defaults,
    pub(in crate::policy) auditors: Vec<Principal>,
    pub(in crate::policy) notify: Notify,
    pub(in crate::policy) oidc: Option<Oidc>,
    pub(in crate::policy) github: Option<GitHubApp>,
    pub(in crate::policy) facts: Vec<FactSource>,
    pub(in crate::policy) zone: Zone,
    pub(in crate::policy) forge: Option<Forge>,
    pub(in crate::policy) gate: Vec<String>,
}

/// The time zone in which conditions see `hour` and `weekday`. Its rules are bundled with `jit`, so that a policy gives
/// the same decision everywhere.
#[derive(Debug, Clone)]
pub(in crate::policy) struct Zone(pub(in crate::policy) TimeZone);

impl Default for Zone {
    fn default() -> Self {
        Self(TimeZone::UTC)
    }
}

impl Access {
    /// Parses the file. Reports errors, and uses the default for absent settings.
    pub(in crate::policy) fn read(document: &Document<'_>, tree: &Tree<'_>, people: Option<&People>) -> Self {
        let root = document.root(tree);
        if let Some(version) = root.required("version", "write version = 1")
            && let Some(number) = version.number().filter(|number| *number != 1)
        {
            let hint = if number > 1 { "a newer jit may read it: update jit" } else { "write version = 1" };
            version.report_with("this version of jit reads policies of version 1", hint);
        }
        let defaults = root.field("defaults").and_then(|field| field.section()).map(read_defaults);
        let auditors = root.field("auditors").and_then(|field| read_principals(&field, people, false));
        let notify = root.field("notify").and_then(|field| field.section());
        let notify = notify.map(|section| Notify::read(section, people, false));
        let facts = root.field("facts").and_then(|field| field.section());
        let zone = root.field("time_zone").and_then(|field| read_zone(&field));
        let identity = || root.field("identity").and_then(|field| field.section());
        if let (Some(section), Some(people)) = (identity(), people) {
            Oidc::check_vouchers(&section, people);
        }
        let Identity { oidc, github } = identity().map(Identity::read).unwrap_or_default();
        let forge = root.field("authority").and_then(|field| field.section()).and_then(Forge::read);
        let gate = root.field("gate").and_then(|field| field.section());
        let gate = gate.map_or_else(Vec::new, gate::read);
        root.finish(&[]);
        Self {
            defaults: defaults.unwrap_or_default(),
            auditors: auditors.unwrap_or_default(),
            notify: notify.unwrap_or_default(),
            oidc,
            github,
            facts: facts.map_or_else(Vec::new, |section| FactSource::read_all(&section)),
            zone: zone.unwrap_or_default(),
            forge,
            gate,
        }
    }
}

/// Parses `[identity.oidc]` before the rest of the file, because it decides how people are read.
pub(in crate::policy) fn read_identity(document: &Document<'_>, tree: &Tree<'_>) -> Option<Oidc> {
    Identity::read(document.root(tree).field("identity")?.section()?).oidc
}

fn read_zone(field: &Field<'_>) -> Option<Zone> {
    let name = field.text()?;
    let zone = TimeZoneDatabase::bundled().get(name).ok();
    if zone.is_none() {
        let hint = r#"write a name of the IANA time zone database: time_zone = "Europe/Lisbon""#;
        field.report_with("there is no such time zone", hint);
    }
    zone.map(Zone)
}

fn read_defaults(section: Section<'_>) -> Defaults {
    let built_in = Defaults::default();
    let span = |key, otherwise| section.field(key).and_then(|field| field.parse()).unwrap_or(otherwise);
    let defaults = Defaults {
        max_duration: span("max_duration", built_in.max_duration),
        pending: span("pending", built_in.pending),
        unused: span("unused", built_in.unused),
        lease: read_lease(&section, built_in.lease),
    };
    section.finish(&[]);
    defaults
}

/// Parses the lifetime of the credentials. AWS limits it on both sides, and the sandbox cloud follows AWS.
pub(in crate::policy) fn read_lease(section: &Section<'_>, otherwise: Span) -> Span {
    let Some(field) = section.field("lease") else { return otherwise };
    let Some(lease) = field.parse::<Span>() else { return otherwise };
    if !(SHORTEST_LEASE..=LONGEST_LEASE).contains(&lease.seconds()) {
        field.report_with(
            &format!("credentials live from 15m to 12h, and {lease} is outside"),
            "a shorter access still ends in time: its credentials are made to, or taken back",
        );
    }
    lease
}

/// Parses a list of groups, people and, if `askers`, workloads and agents. Each must exist.
pub(in crate::policy) fn read_principals(
    field: &Field<'_>,
    people: Option<&People>,
    askers: bool,
) -> Option<Vec<Principal>> {
    let mut principals = Vec::new();
    for item in field.list()? {
        let Some(principal) = item.parse::<Principal>() else { continue };
        if let Some(what) = principal.only_asks().filter(|_| !askers) {
            item.report(&format!("{what} cannot be named here: this is for people"));
        } else if people.is_some_and(|people| people.check(&item, &principal).is_some()) {
            principals.push(principal);
        }
    }
    principals.sort();
    principals.dedup();
    Some(principals)
}
