//! What can be asked for under a role, in the form in which two revisions are compared.

use crate::grant::Name;
use crate::grant::span::Span;

use super::super::principal::Principal;
use super::super::role::Role;
use super::gate::Gate;

/// One thing that can be asked for.
#[derive(Clone, Copy)]
pub(super) struct Access<'a> {
    pub(super) role: &'a Role,
    pub(super) scope: Option<&'a Name>,
    pub(super) requesters: &'a [Principal],
    pub(super) gate: Gate<'a>,
    pub(super) max_duration: Span,
}

/// The role itself, then each of its scopes.
pub(super) fn of(role: &Role) -> Vec<Access<'_>> {
    vec![Access {
        role,
        scope: None,
        requesters: &role.requesters,
        gate: Gate { rule: &role.approval, signed: role.signed },
        max_duration: role.max_duration,
    }]
}

impl Access<'_> {
    /// What it opens, in words; two accesses open the same if this is the same.
    pub(super) fn opens(&self) -> String {
        self.role.target.to_string()
    }
}
