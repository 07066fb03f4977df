//! The other ways into a role: scopes (less power, fewer approvals), extensions, and break-glass.

use std::collections::BTreeMap;

use crate::grant::Assurance;
use crate::grant::Name;
use crate::grant::ScopeDocument;
use crate::grant::Target;
use crate::grant::span::Span;

use crate::policy::files::document::Field;
use crate::policy::files::document::Section;
use crate::policy::people::principal::Principal;
use crate::policy::people::roster::People;
use crate::policy::people::roster::read_line;
use crate::policy::roles::narrowing;
use crate::policy::roles::role::Surroundings;
use crate::policy::roles::role::read_assurance;
use crate::policy::roles::rule::Rule;
use crate::policy::settings::access::read_principals;

/// A named, narrower piece of a role.
#[derive(Debug, Clone)]
pub struct Scope {
    /// Its name.
    pub name: Name,
    /// A description for people. May be empty.
    pub description: String,
    /// The scope's rule of approval. `None` for the role's own rule.
    pub approval: Option<Rule>,
    /// The longest duration. `None` for the role's own.
    pub max_duration: Option<Span>,
    /// The assurance demanded of a review. `None` for the role's own.
    pub signed: Option<Assurance>,
    /// The document that limits the credentials for it.
    pub document: ScopeDocument,
}

/// Extensions of a grant.
#[derive(Debug, Clone)]
pub struct Extend {
    /// The most extensions of one grant.
    pub times: u32,
    /// The rule of approval for an extension. `None` for the rule of the grant itself.
    pub approval: Option<Rule>,
    /// The assurance demanded of a review. `None` for the grant's own.
    pub signed: Option<Assurance>,
}

/// Break-glass.
#[derive(Debug, Clone)]
pub struct BreakGlass {
    /// The principals that may use it.
    pub requesters: Vec<Principal>,
    /// The longest duration, always shorter than that of an ordinary request.
    pub max_duration: Span,
    /// The assurance demanded of the request. `None` for that of the role's reviews.
    pub signed: Option<Assurance>,
}

/// The most extensions that a role may allow for one grant.
const MAX_TIMES: u64 = 100;

fn optional<T>(field: Option<Field<'_>>, read: impl FnOnce(&Field<'_>) -> Option<T>) -> Option<Option<T>> {
    field.map_or(Some(None), |field| read(&field).map(Some))
}

impl Scope {
    /// Reads `[scopes]` of a role with this target. `None` for a target that does not load.
    pub(in crate::policy) fn read_all(
        section: &Section<'_>,
        around: &Surroundings<'_>,
        target: Option<&Target>,
        max_duration: Span,
    ) -> Option<BTreeMap<Name, Self>> {
        let mut scopes = BTreeMap::new();
        let mut wanted = 0;
        for (name, at, field) in section.entries() {
            wanted += 1;
            match name.parse::<Name>() {
                Ok(name) => {
                    let scope = field
                        .section()
                        .and_then(|section| Self::read(name, section, (around, target), max_duration));
                    scopes.extend(scope.map(|scope| (scope.name.clone(), scope)));
                }
                Err(error) => section.document.report(at, &error.to_string()),
            }
        }
        (scopes.len() == wanted).then_some(scopes)
    }

    fn read(
        name: Name,
        section: Section<'_>,
        (around, target): (&Surroundings<'_>, Option<&Target>),
        longest: Span,
    ) -> Option<Self> {
        let description = optional(section.field("description"), read_line);
        let approval = optional(section.field("approval"), |field| Rule::read(field, around.people));
        let max_duration = optional(section.field("max_duration"), |field| {
            let span: Span = field.parse()?;
            if span > longest {
                field.report(&format!("a scope lasts no longer than its role, which is {longest} at most"));
            }
            Some(span)
        });
        let signed = optional(section.field("signed"), read_assurance);
        let document = narrowing::read(&section, around, target);
        section.finish(&[]);
        Some(Self {
            name,
            description: description?.unwrap_or_default(),
            approval: approval?,
            max_duration: max_duration?,
            signed: signed?,
            document: document?,
        })
    }
}

impl Extend {
    /// Parses `extend = { times = 2, approval = "…" }`.
    pub(in crate::policy) fn read(section: Section<'_>, people: Option<&People>) -> Option<Self> {
        let times = section.required("times", "write extend = { times = 2 }");
        let approval = optional(section.field("approval"), |field| Rule::read(field, people));
        let signed = optional(section.field("signed"), read_assurance);
        section.finish(&[]);
        let field = times?;
        let number = field.number()?;
        if !(1..=MAX_TIMES).contains(&number) {
            field.report(&format!("write 1 to {MAX_TIMES}; leave `extend` out where no more time is given"));
        }
        Some(Self { times: u32::try_from(number).ok()?, approval: approval?, signed: signed? })
    }
}

impl BreakGlass {
    /// Parses `[break_glass]`.
    pub(in crate::policy) fn read(
        section: Section<'_>,
        people: Option<&People>,
        longest: Span,
    ) -> Option<Self> {
        let requesters = section.required("requesters", r#"write requesters = ["group:NAME"]"#);
        let requesters = requesters.and_then(|field| read_principals(&field, people, false));
        let max_duration = section.required("max_duration", r#"write max_duration = "30m""#);
        let signed = optional(section.field("signed"), read_assurance);
        section.finish(&[]);
        let max_duration = max_duration.and_then(|field| {
            let span: Span = field.parse()?;
            if span >= longest {
                field.report_with(
                    &format!(
                        "emergency access must be shorter than ordinary access, which is {longest} at most"
                    ),
                    "access without a review beforehand must end soon",
                );
            }
            Some(span)
        });
        Some(Self { requesters: requesters?, max_duration: max_duration?, signed: signed? })
    }
}
