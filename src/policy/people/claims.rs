//! People by token: `[identity.oidc]`, and the person behind a verified token's claims.

use std::collections::BTreeMap;
use std::str::FromStr;

use crate::address::RETURN_HOSTS;
use crate::grant::Digest;
use crate::grant::Name;
use crate::grant::span::Span;
use crate::grant::text;

use crate::policy::Policy;
use crate::policy::files::document::Field;
use crate::policy::files::document::Section;
use crate::policy::files::document::read_issuer;
use crate::policy::people::github_app::GitHubApp;
use crate::policy::people::principal::Principal;
use crate::policy::people::roster::People;
use crate::policy::people::roster::Person;
use crate::policy::question::asking::Claims;
use crate::policy::settings::notify::Addresses;

/// `[identity.oidc]`: the identity provider whose tokens name people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Oidc {
    /// The issuer, compared exactly.
    pub issuer: String,
    /// The client that the tokens are issued for.
    pub client_id: String,
    /// The claim that never changes for a person. With the issuer it identifies the person.
    pub person: String,
    /// The claim that is shown. Never compared.
    pub label: String,
    /// The claim that lists groups. `None` if tokens name no groups.
    pub groups: Option<String>,
    /// How a key becomes worth more than an account.
    pub enrol: Enrol,
    /// The people whose signed word confirms another person's key.
    pub vouchers: Vec<Principal>,
    /// How old the last proof of a person known only by token may be when something rests on it.
    pub max_age: Span,
    /// The scopes that a client asks for.
    pub scopes: Vec<String>,
    /// The host of the loopback redirect: `127.0.0.1` or `localhost`.
    pub redirect_host: String,
    /// The port of the loopback redirect, for providers that compare it. `None` if any free port will do.
    pub redirect_port: Option<u16>,
    /// The "secret" that some providers demand of installed applications, although it cannot be secret.
    pub public_secret: Option<String>,
    /// Whether people may sign in there on the broker's approval page.
    pub page: bool,
}

/// `[identity]`: the ways to sign in beside the keys of `people.toml`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::policy) struct Identity {
    pub(in crate::policy) oidc: Option<Oidc>,
    pub(in crate::policy) github: Option<GitHubApp>,
}

impl Identity {
    pub(in crate::policy) fn read(section: Section<'_>) -> Self {
        let (oidc, github) = (section.field("oidc"), section.field("github"));
        section.finish(&[]);
        Self {
            oidc: oidc.and_then(|field| field.section()).and_then(Oidc::read),
            github: github.and_then(|field| field.section()).and_then(GitHubApp::read),
        }
    }
}

/// How a key that a token enrolled becomes worth more than an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Enrol {
    /// A signature confirms it: the person's own with a stronger key, or a voucher's.
    #[default]
    Confirmed,
    /// The identity provider's word is enough, so its administrators can approve in anybody's name.
    Trusted,
}

impl Enrol {
    /// The word in the policy.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::Trusted => "trusted",
        }
    }
}

impl FromStr for Enrol {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        [Self::Confirmed, Self::Trusted]
            .into_iter()
            .find(|enrol| enrol.as_str() == text)
            .ok_or_else(|| format!("{text:?} is neither confirmed nor trusted"))
    }
}

/// The default of `max_age`.
pub(in crate::policy) const MAX_AGE: Span = Span::of_minutes(15);
/// The longest `max_age`: nobody keeps access for longer than a session on an old token.
const LONGEST_AGE: u64 = 12 * 3_600;
/// The scopes that a client asks for by default. `offline_access` asks for a refresh token (OpenID Connect Core 1.0 §11).
const SCOPES: [&str; 4] = ["openid", "profile", "email", "offline_access"];

/// The claims that hold a name which people type. Providers give it in whatever case somebody once typed it.
const TYPED: [&str; 3] = ["email", "preferred_username", "upn"];

impl Oidc {
    /// Whether the claim that names people holds a name which people type. A SCIM client sends such a claim as `userName`, and
    /// every other one as `externalId`.
    pub fn is_typed(&self) -> bool {
        TYPED.contains(&self.person.as_str())
    }

    /// A value of the claim that names people, as it is compared. A name which people type has no case: by another spelling
    /// somebody would be a second person, and the end of their account would go unheard.
    pub fn subject(&self, value: &str) -> String {
        if self.is_typed() { value.to_lowercase() } else { value.to_owned() }
    }

    /// Parses `[identity.oidc]`.
    fn read(section: Section<'_>) -> Option<Self> {
        let issuer = section
            .required("issuer", r#"write issuer = "https://login.example.com""#)
            .and_then(|field| read_issuer(&field));
        let client = section.required("client_id", r#"write client_id = "jit""#);
        let client_id = client.and_then(|field| read_claim(&field));
        let claim = |key, otherwise: &str| match section.field(key) {
            Some(field) => read_claim(&field),
            None => Some(otherwise.to_owned()),
        };
        let (person, label) = (claim("person", "sub"), claim("label", "email"));
        let groups = section.field("groups").map(|field| read_claim(&field));
        let enrol = section.field("enrol").and_then(|field| field.parse()).unwrap_or_default();
        let vouchers = section.field("vouchers").and_then(|field| read_vouchers(&field));
        let max_age = section.field("max_age").and_then(|field| read_age(&field));
        let scopes = section.field("scopes").and_then(|field| read_scopes(&field));
        let redirect_host = section.field("redirect_host").and_then(|field| read_host(&field));
        let redirect_port = section.field("redirect_port").and_then(|field| read_port(&field));
        let public_secret = section.field("public_secret").and_then(|field| read_claim(&field));
        let page = section.field("page").is_none_or(|field| field.truth().unwrap_or_default());
        section.finish(&[]);
        Some(Self {
            issuer: issuer?,
            client_id: client_id?,
            person: person?,
            label: label?,
            groups: groups.map_or(Some(None), |claim| claim.map(Some))?,
            enrol,
            vouchers: vouchers.unwrap_or_default(),
            max_age: max_age.unwrap_or(MAX_AGE),
            scopes: scopes.unwrap_or_else(|| SCOPES.map(str::to_owned).to_vec()),
            redirect_host: redirect_host.unwrap_or_else(|| RETURN_HOSTS[0].to_owned()),
            redirect_port,
            public_secret,
            page,
        })
    }

    /// Reports vouchers that the policy does not know.
    pub(in crate::policy) fn check_vouchers(section: &Section<'_>, people: &People) {
        let listed = section.field("oidc").and_then(|field| field.section());
        let vouchers = listed.and_then(|section| section.field("vouchers"));
        for item in vouchers.and_then(|field| field.list()).into_iter().flatten() {
            if let Some(principal) = item.as_text().and_then(|text| text.parse().ok()) {
                people.check(&item, &principal);
            }
        }
    }
}

fn read_vouchers(field: &Field<'_>) -> Option<Vec<Principal>> {
    let mut vouchers = Vec::new();
    for item in field.list()? {
        if let Some(principal) = item.parse::<Principal>() {
            match principal.only_asks() {
                Some(what) => item.report(&format!("{what} vouches for nobody")),
                None => vouchers.push(principal),
            }
        }
    }
    Some(vouchers)
}

fn read_age(field: &Field<'_>) -> Option<Span> {
    let age: Span = field.parse()?;
    if age.seconds() > LONGEST_AGE {
        field.report("at most 12h: a person who left would keep their groups for as long");
    }
    Some(age)
}

fn read_scopes(field: &Field<'_>) -> Option<Vec<String>> {
    let scopes: Vec<String> = field.list()?.filter_map(|item| item.text().map(str::to_owned)).collect();
    // The characters of a scope token (RFC 6749 §3.3).
    let is_scope = |scope: &String| {
        !scope.is_empty()
            && scope.len() <= 255
            && scope.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\')
    };
    if !scopes.iter().all(is_scope) || !scopes.iter().any(|scope| scope == "openid") {
        field
            .report_with("these are not scopes of OpenID Connect", r#"write scopes = ["openid", "profile"]"#);
    }
    Some(scopes)
}

fn read_host(field: &Field<'_>) -> Option<String> {
    let host = field.text()?;
    if !RETURN_HOSTS.contains(&host) {
        field.report_with(
            "a sign-in returns to this machine",
            &format!("write redirect_host = \"{}\"", RETURN_HOSTS.join("\" or \"")),
        );
    }
    Some(host.to_owned())
}

/// Parses a port that a program without privileges may listen on.
fn read_port(field: &Field<'_>) -> Option<u16> {
    let port = u16::try_from(field.number()?).ok().filter(|port| *port >= 1024);
    if port.is_none() {
        field.report_with(
            "a program of a person listens on a port from 1024 to 65535",
            "write redirect_port = 8400",
        );
    }
    port
}

/// Parses a claim's name, or an identifier in a claim: 1 to 255 visible characters.
pub(in crate::policy) fn read_claim(field: &Field<'_>) -> Option<String> {
    let name = field.text()?;
    let fits = !name.is_empty() && name.len() <= 255 && text::check(name).is_ok();
    if !fits {
        field.report("write 1 to 255 visible characters");
    }
    fits.then(|| name.to_owned())
}

/// Why a token's claims name no person of this policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClaimsError {
    /// The policy has no `[identity.oidc]`, or one of another issuer.
    #[error("the policy accepts no people from {0}")]
    Issuer(String),
    /// The claim is empty.
    #[error("the token names nobody")]
    Nobody,
    /// A person in `people.toml` has this name, and the policy does not say that both are the same.
    #[error("{0} is listed in people.toml, so a token cannot name somebody else so")]
    Listed(Name),
}

/// The prefix of names derived from a digest.
const DERIVED: &str = "oidc-";

impl Policy {
    /// Whether tokens can name people whom `people.toml` does not list.
    pub fn takes_people_from_tokens(&self) -> bool {
        self.access.oidc.is_some()
    }

    /// The person behind a verified token's claims. If a person in `people.toml` has the subject as `oidc`, the result
    /// is that person as listed, and the token's groups are ignored: a policy lists a human, or takes them from tokens,
    /// never both. For anyone else the subject is the name if it is a valid one. Otherwise the name is made from the
    /// SHA-256 of issuer and subject.
    ///
    /// # Errors
    /// The token is not from the policy's issuer, or its subject is the name of somebody else in `people.toml`.
    pub fn person_of_claims(&self, claims: &Claims) -> Result<Person, ClaimsError> {
        let shown = |text: &str| text::sanitise(text).chars().take(128).collect();
        let configured = self.access.oidc.as_ref().filter(|oidc| oidc.issuer == claims.issuer);
        let oidc = configured.ok_or_else(|| ClaimsError::Issuer(shown(&claims.issuer)))?;
        if claims.subject.is_empty() {
            return Err(ClaimsError::Nobody);
        }
        if let Some(person) = self.people.of_subject(&claims.subject) {
            return Ok(person.clone());
        }
        let name = name_of(claims);
        if self.people.is_taken(&name) {
            return Err(ClaimsError::Listed(name));
        }
        let named = oidc.groups.as_ref().map_or(&[][..], |_| claims.groups.as_slice());
        let mut groups: Vec<Name> = named.iter().filter_map(|group| group.parse().ok()).collect();
        groups.sort();
        groups.dedup();
        let label = if claims.label.is_empty() { name.to_string() } else { shown(&claims.label) };
        Ok(Person {
            name,
            label,
            keys: Vec::new(),
            github: None,
            oidc: Some(claims.subject.clone()),
            groups,
            proof: None,
            // A provider has verified an address that names people.
            addresses: if oidc.person == "email" {
                Addresses::of_mail(&claims.subject)
            } else {
                Addresses::default()
            },
        })
    }

    /// The people behind these claims whom `people.toml` does not list, by name.
    pub(in crate::policy) fn claimed(&self, claims: &[Claims]) -> BTreeMap<Name, Person> {
        let people = claims.iter().filter_map(|claims| self.person_of_claims(claims).ok());
        let unlisted = people.filter(|person| self.person(&person.name).is_none());
        let mut found: BTreeMap<Name, Person> = BTreeMap::new();
        for person in unlisted {
            // If a person has two tokens, only the groups in both count.
            match found.get_mut(&person.name) {
                Some(known) => known.groups.retain(|group| person.groups.contains(group)),
                None => {
                    found.insert(person.name.clone(), person);
                }
            }
        }
        found
    }
}

/// The subject if it is a valid name, else `oidc-` and 40 hexadecimal characters. No subject can be a name of the
/// second kind.
fn name_of(claims: &Claims) -> Name {
    if let Ok(name) = claims.subject.parse::<Name>()
        && !name.as_str().starts_with(DERIVED)
    {
        return name;
    }
    let digest = Digest::of(format!("{}\n{}", claims.issuer, claims.subject).as_bytes()).to_string();
    let text = format!("{DERIVED}{}", digest.get(..40).unwrap_or_default());
    #[expect(clippy::expect_used, reason = "a constant prefix and hexadecimal characters make a name")]
    text.parse().expect("hexadecimal characters make a name")
}
