//! `escalate_to`: the people and places that are told when a request stays undecided.

use super::Places;
use crate::policy::files::document::Section;
use crate::policy::people::principal::Principal;
use crate::policy::people::roster::People;
use crate::policy::settings::access::read_principals;

/// Further people and places. Being told gives nobody a say: the rule of approval stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Further {
    /// Places.
    pub places: Places,
    /// People and groups, who are told at their own addresses.
    pub people: Vec<Principal>,
}

impl Further {
    /// Whether nobody would be told.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty() && self.people.is_empty()
    }

    pub(super) fn read(section: Section<'_>, people: Option<&People>) -> Self {
        let places = Places::read(&section);
        let named = section.field("people").and_then(|field| read_principals(&field, people, false));
        section.finish(&[]);
        Self { places, people: named.unwrap_or_default() }
    }
}
