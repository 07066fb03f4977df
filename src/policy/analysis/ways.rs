//! Every way into a role, in the form used by the matrix, differences and lints.

use std::fmt;

use crate::grant::Assurance;
use crate::grant::Name;
use crate::grant::ScopeDocument;
use crate::grant::span::Span;

use crate::policy::conditions::Act;
use crate::policy::people::principal::Principal;
use crate::policy::question::asking::Action;
use crate::policy::roles::narrowing;
use crate::policy::roles::role::Role;
use crate::policy::roles::rule::Rule;

/// The kind of a way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::policy) enum WayKind {
    /// An ordinary request.
    Request,
    /// More time for a grant.
    Extend,
    /// Break-glass.
    BreakGlass,
}

impl WayKind {
    /// Its act in conditions.
    pub(in crate::policy) fn act(self) -> Act {
        match self {
            Self::Request => Act::Request,
            Self::Extend => Act::Extend,
            Self::BreakGlass => Act::BreakGlass,
        }
    }
}

/// One way into a role, or into a scope of it.
#[derive(Debug, Clone, Copy)]
pub(in crate::policy) struct Way<'a> {
    pub(in crate::policy) role: &'a Role,
    pub(in crate::policy) kind: WayKind,
    pub(in crate::policy) scope: Option<&'a Name>,
    pub(in crate::policy) requesters: &'a [Principal],
    pub(in crate::policy) approval: &'a Rule,
    pub(in crate::policy) signed: Assurance,
    pub(in crate::policy) max_duration: Span,
    /// Whether a condition may approve automatically.
    pub(in crate::policy) automatic: bool,
    /// How often it may be used.
    pub(in crate::policy) times: u32,
}

/// The ways into a role: the role itself, its scopes, extensions, and break-glass.
pub(in crate::policy) fn of(role: &Role) -> Vec<Way<'_>> {
    let scopes = std::iter::once(None).chain(role.scopes.keys().map(Some));
    let mut ways: Vec<Way<'_>> = scopes.filter_map(|scope| way(role, WayKind::Request, scope)).collect();
    ways.extend(way(role, WayKind::Extend, None));
    ways.extend(way(role, WayKind::BreakGlass, None));
    ways
}

fn way<'a>(role: &'a Role, kind: WayKind, scope: Option<&'a Name>) -> Option<Way<'a>> {
    let action = match kind {
        WayKind::Request => Action::Request,
        WayKind::Extend => Action::Extend { before: 0 },
        WayKind::BreakGlass => Action::BreakGlass,
    };
    let terms = role.terms(action, scope).ok()?;
    let emergency = role.break_glass.as_ref().filter(|_| kind == WayKind::BreakGlass);
    Some(Way {
        role,
        kind,
        scope,
        requesters: emergency.map_or(&role.requesters, |way| &way.requesters),
        approval: terms.approval,
        signed: terms.signed,
        max_duration: terms.max_duration,
        automatic: terms.automatic,
        times: role.extend.as_ref().filter(|_| kind == WayKind::Extend).map_or(1, |extend| extend.times),
    })
}

impl Way<'_> {
    /// Its scope's document. `None` for the whole role.
    pub(in crate::policy) fn document(&self) -> Option<&ScopeDocument> {
        self.scope.and_then(|scope| self.role.scopes.get(scope)).map(|scope| &scope.document)
    }

    /// The key of its scope's document. `None` for the whole role.
    pub(in crate::policy) fn document_key(&self) -> Option<&'static str> {
        self.document().map(narrowing::key)
    }

    /// The keys of one of its settings in the role's file.
    pub(in crate::policy) fn keys<'k>(&'k self, setting: &'k str) -> Vec<&'k str> {
        match (self.kind, self.scope) {
            (WayKind::Request, Some(scope)) if setting != "requesters" => {
                vec!["scopes", scope.as_str(), setting]
            }
            (WayKind::Extend, _) if setting != "requesters" => vec!["extend", setting],
            (WayKind::BreakGlass, _) => vec!["break_glass", setting],
            _ => vec![setting],
        }
    }

    /// Whether it is the same way, of another role or of an earlier or later form of this one.
    pub(in crate::policy) fn is_like(&self, other: &Way<'_>) -> bool {
        (self.kind, self.scope) == (other.kind, other.scope)
    }
}

impl fmt::Display for Way<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.role.name)?;
        match (self.kind, self.scope) {
            (WayKind::Request, None) => Ok(()),
            (WayKind::Request, Some(scope)) => write!(formatter, "/{scope}"),
            (WayKind::Extend, _) => formatter.write_str(" (more time)"),
            (WayKind::BreakGlass, _) => formatter.write_str(" (emergency)"),
        }
    }
}
