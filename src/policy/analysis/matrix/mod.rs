//! Who may ask for what: people × roles, in a text made to be committed and reviewed.

pub(in crate::policy) mod answer;
mod grid;
mod list;

use serde::Serialize;

use crate::grant::Name;
use crate::grant::span::Span;

use crate::policy::Policy;
use crate::policy::analysis::difference::Census;
use crate::policy::analysis::difference::Crowd;
use crate::policy::analysis::ways;
use crate::policy::analysis::ways::WayKind;
use crate::policy::people::principal::Principal;
pub use answer::Answer;
pub use answer::Cell;

/// The people of one column who have the same answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    /// The answer.
    #[serde(flatten)]
    pub cell: Cell,
    /// Groups, people and workloads. A later row speaks of exceptions from the earlier ones.
    pub who: Vec<String>,
    #[serde(skip)]
    crowd: Crowd,
}

/// One way into a role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Column {
    /// `prod-admin`, `prod-admin/orders-read` for a scope, `prod-admin (emergency)`.
    pub way: String,
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
    /// Everybody: people in name order, then workloads, then groups of an identity provider.
    pub people: Vec<String>,
    /// Every way into every role, in the order of names.
    pub columns: Vec<Column>,
    /// The groups that roles name, and who is in each.
    pub groups: Vec<Membership>,
}

/// Who is in a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Membership {
    /// The group.
    pub group: Name,
    /// Everybody in it, through other groups too, in name order.
    pub members: Vec<Name>,
    /// Whether the identity provider may put others into it.
    pub is_open: bool,
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

/// The widest grid that people read, in columns.
const GRID_COLUMNS: usize = 16;
/// The longest grid that people read, in people.
const GRID_PEOPLE: usize = 200;

impl Policy {
    /// Works out every cell. People with the same answer for the same reason are not looked at one by one.
    pub fn matrix(&self) -> Matrix {
        let mut named: Vec<&Name> = Vec::new();
        for role in self.roles() {
            for way in ways::of(role) {
                let reviewers = way.approval.demands().into_iter().flat_map(|demand| &demand.from);
                for principal in way.requesters.iter().chain(reviewers) {
                    if let Principal::Group(group) = principal {
                        named.push(group);
                    }
                }
            }
        }
        named.sort();
        named.dedup();
        let (census, side, _) = Census::of(self, self);
        let ways = self.roles().flat_map(ways::of).filter(|way| way.kind != WayKind::Extend);
        Matrix {
            columns: ways.map(|way| answer::column(&way, &census, &side)).collect(),
            people: census.everybody(),
            groups: named
                .into_iter()
                .map(|group| Membership {
                    group: group.clone(),
                    members: self.members(group).to_vec(),
                    is_open: self.is_open(group),
                })
                .collect(),
        }
    }
}

impl Matrix {
    /// The whole text. It depends on the policy alone.
    pub fn text(&self, layout: Layout) -> String {
        let small = self.people.len() <= GRID_PEOPLE && self.columns.len() <= GRID_COLUMNS;
        match layout {
            Layout::Grid => grid::text(self),
            Layout::List => list::text(self),
            Layout::Fitting if small => grid::text(self),
            Layout::Fitting => list::text(self),
        }
    }
}
