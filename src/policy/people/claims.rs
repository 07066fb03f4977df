//! People by token: `[identity.oidc]`, and the person behind a verified token's claims.

use std::collections::BTreeMap;

use crate::grant::Digest;
use crate::grant::Name;
use crate::grant::text;

use crate::policy::Policy;
use crate::policy::files::document::Section;
use crate::policy::files::document::read_issuer;
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
}

impl Oidc {
    /// Parses `[identity]`.
    pub(in crate::policy) fn read(section: Section<'_>) -> Option<Self> {
        let oidc = section.required("oidc", "write [identity.oidc] with issuer and client_id");
        section.finish(&[]);
        let section = oidc?.section()?;
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
        section.finish(&[]);
        Some(Self {
            issuer: issuer?,
            client_id: client_id?,
            person: person?,
            label: label?,
            groups: groups.map_or(Some(None), |claim| claim.map(Some))?,
        })
    }
}

/// Parses a claim's name, or an identifier in a claim: 1 to 255 visible characters.
fn read_claim(field: &crate::policy::files::document::Field<'_>) -> Option<String> {
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
            addresses: Addresses::default(),
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
