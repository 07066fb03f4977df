//! Who may ask for what: people × roles, in a text made to be committed and reviewed.

mod grid;
mod list;

use serde::Serialize;

use crate::grant::Name;
use crate::grant::span::Span;

use super::Policy;
use super::decide::Attempt;
use super::people::Person;
use super::principal::Principal;
use super::role::Role;
use super::rule::Rule;

/// The answer for one person and one role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cell {
    /// May not ask.
    No,
    /// May ask, and nobody could approve it.
    Never,
    /// May ask, and so many people must agree.
    Approvals(usize),
    /// May ask, and nobody has to agree.
    Auto,
}

impl Cell {
    fn text(self) -> String {
        match self {
            Self::No => "-".to_owned(),
            Self::Never => "never".to_owned(),
            Self::Approvals(count) => count.to_string(),
            Self::Auto => "auto".to_owned(),
        }
    }
}

/// The people of one role who have the same answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    /// The answer.
    pub cell: Cell,
    /// Whole groups and single people, as the role's file names them.
    pub who: Vec<String>,
    /// Everybody that these mean, in name order.
    pub people: Vec<Name>,
}

/// Everything about one role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RoleRows {
    /// The role.
    pub role: Name,
    /// What it opens, in words.
    pub opens: String,
    /// The rule, in words.
    pub approval: String,
    /// How long at most.
    pub max_duration: Span,
    /// Who may ask; the others may not.
    pub rows: Vec<Row>,
}

/// People × roles.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Matrix {
    /// Everybody, in name order.
    pub people: Vec<Name>,
    /// Every role, in name order.
    pub roles: Vec<RoleRows>,
    /// The groups that roles name, and who is in each.
    pub groups: Vec<(Name, Vec<Name>)>,
}

/// How a matrix is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// A grid where it is small enough to be read, else a list.
    Fitting,
    /// One line a person, one column a role.
    Grid,
    /// A paragraph a role.
    List,
}

/// The widest grid that people read, in roles.
const GRID_ROLES: usize = 16;
/// The longest grid that people read, in people.
const GRID_PEOPLE: usize = 200;

impl Policy {
    /// Works out every cell. People with the same answer for the same reason are not looked at one by one.
    pub fn matrix(&self) -> Matrix {
        let mut named: Vec<&Name> = Vec::new();
        for role in self.roles() {
            let rule = role.approval.demands().into_iter().flat_map(|demand| &demand.from);
            for principal in role.requesters.iter().chain(rule) {
                if let Principal::Group(group) = principal {
                    named.push(group);
                }
            }
        }
        named.sort();
        named.dedup();
        Matrix {
            people: self.people().map(|person| person.name.clone()).collect(),
            roles: self.roles().map(|role| self.rows(role)).collect(),
            groups: named.into_iter().map(|group| (group.clone(), self.members(group).to_vec())).collect(),
        }
    }

    fn rows(&self, role: &Role) -> RoleRows {
        let usual = self.fewest(role, None);
        let mut others: Vec<(Cell, Name)> = Vec::new();
        // Only somebody who is needed to pass the gate can have another answer than everybody else.
        for person in self.needed(role) {
            let cell = self.fewest(role, Some(person));
            if cell != usual && self.may_request(&person.name, role) {
                others.push((cell, person.name.clone()));
            }
        }
        let mut rows: Vec<Row> = Vec::new();
        let people: Vec<Name> = self
            .requesters(role)
            .into_iter()
            .map(|person| person.name.clone())
            .filter(|name| others.iter().all(|(_, other)| other != name))
            .collect();
        if !people.is_empty() {
            let who = role.requesters.iter().map(Principal::to_string).collect();
            rows.push(Row { cell: usual, who, people });
        }
        others.sort();
        for (cell, name) in others {
            match rows.iter_mut().skip(1).find(|row| row.cell == cell) {
                Some(row) => {
                    row.who.push(format!("person:{name}"));
                    row.people.push(name);
                }
                None => rows.push(Row { cell, who: vec![format!("person:{name}")], people: vec![name] }),
            }
        }
        RoleRows {
            role: role.name.clone(),
            opens: role.target.describe(),
            approval: role.approval.to_string(),
            max_duration: role.max_duration,
            rows,
        }
    }

    /// The fewest people who pass a role's gate without `absent`.
    fn fewest(&self, role: &Role, absent: Option<&Person>) -> Cell {
        if role.approval == Rule::None {
            return Cell::Auto;
        }
        let mut people = self.able(role);
        people.retain(|person| absent.is_none_or(|absent| absent.name != person.name));
        let demands = role.approval.demands();
        let attempts = Attempt::all(&role.approval, &demands, &people);
        let complete = attempts.iter().filter(|attempt| attempt.matching.is_complete());
        let fewest = complete.map(|attempt| attempt.matching.humans().len()).min();
        fewest.map_or(Cell::Never, Cell::Approvals)
    }

    /// People without whom one smallest way through the gate would not be.
    fn needed<'a>(&'a self, role: &'a Role) -> Vec<&'a Person> {
        let people = self.able(role);
        let demands = role.approval.demands();
        let attempts = Attempt::all(&role.approval, &demands, &people);
        let complete = attempts.iter().filter(|attempt| attempt.matching.is_complete());
        let smallest = complete.map(|attempt| attempt.matching.humans()).min_by_key(Vec::len);
        smallest.unwrap_or_default().into_iter().map(|human| people[human]).collect()
    }
}

impl Matrix {
    /// The whole text. It depends on the policy alone.
    pub fn text(&self, layout: Layout) -> String {
        let small = self.people.len() <= GRID_PEOPLE && self.roles.len() <= GRID_ROLES;
        match layout {
            Layout::Grid => grid::text(self),
            Layout::List => list::text(self),
            Layout::Fitting if small => grid::text(self),
            Layout::Fitting => list::text(self),
        }
    }
}
