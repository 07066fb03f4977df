//! The table of people × roles that says who may ask for what, in a text for committing and reviewing.

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
    /// Groups, people and workloads. Later rows are exceptions from the earlier ones.
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
    /// The target, in words.
    pub opens: String,
    /// The approval rule, in words.
    pub approval: String,
    /// The longest duration.
    pub max_duration: Span,
    /// The people who may ask. Others may not.
    pub rows: Vec<Row>,
}

/// People × roles.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Matrix {
    /// Everybody: people in name order, then workloads, then groups of an identity provider.
    pub people: Vec<String>,
    /// Every way into every role, in name order.
    pub columns: Vec<Column>,
    /// The groups that roles name, with their members.
    pub groups: Vec<Membership>,
}

/// The members of a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Membership {
    /// The group.
    pub group: Name,
    /// Everybody in it, including through other groups, in name order.
    pub members: Vec<Name>,
    /// Whether the identity provider may add others.
    pub is_open: bool,
}

/// The layout of a matrix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// A grid if it is small enough to read, else a list.
    Fitting,
    /// One line per person, one column per role.
    Grid,
    /// A paragraph per role.
    List,
}

/// The widest readable grid, in columns.
const GRID_COLUMNS: usize = 16;
/// The longest readable grid, in people.
const GRID_PEOPLE: usize = 200;

impl Policy {
    /// Computes every cell. People with the same answer for the same reason are computed together.
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
    /// The whole text. It depends only on the policy.
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
