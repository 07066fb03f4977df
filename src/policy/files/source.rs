//! Positions in a policy's files. They are looked up only when needed, so that a policy does not carry them.

use std::collections::BTreeMap;

use crate::policy::Policy;
use crate::policy::files::document::Document;
use crate::policy::files::document::Section;
use crate::policy::files::problem::Findings;
use crate::policy::files::problem::Position;

impl Policy {
    /// The position of the value at these keys, or of the nearest table around it. The start of the file if there is
    /// none.
    pub(in crate::policy) fn place(&self, file: &str, keys: &[&str]) -> Position {
        self.in_file(file, |document, root| {
            let mut at = 0;
            let mut section = Some(root);
            for key in keys {
                let found =
                    section.as_ref().and_then(|section| section.entries().find(|(name, ..)| name == key));
                let Some((_, _, field)) = found else { break };
                at = field.at();
                section = field.as_section();
            }
            document.position(at)
        })
        .unwrap_or(Position::START)
    }

    /// The position of each key of a table.
    pub(in crate::policy) fn places_in(&self, file: &str, table: &str) -> BTreeMap<String, Position> {
        self.in_file(file, |document, root| {
            let entries = root.entries().find(|(name, ..)| *name == table);
            let section = entries.and_then(|(_, _, field)| field.as_section());
            let mut keys: Vec<(usize, String)> = section
                .iter()
                .flat_map(Section::entries)
                .map(|(name, at, _)| (at, name.to_owned()))
                .collect();
            keys.sort();
            let positions = document.positions(keys.iter().map(|(at, _)| *at));
            keys.into_iter().map(|(_, name)| name).zip(positions).collect()
        })
        .unwrap_or_default()
    }

    fn in_file<T>(&self, file: &str, look: impl FnOnce(&Document<'_>, Section<'_>) -> T) -> Option<T> {
        let findings = Findings::default();
        let document = Document::of(file, self.files.get(file)?, &findings)?;
        let tree = document.parse()?;
        let root = document.root(&tree);
        Some(look(&document, root))
    }
}
