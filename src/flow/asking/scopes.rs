//! The scopes of a role: reads a broker's view of one, chooses one, and shows what it allows. The digest of its
//! document is always computed here, so that the signed document is the one shown.

use crate::config::project::Project;
use crate::flow::Client;
use crate::flow::Failure;
use crate::grant::Name;
use crate::grant::ScopeDocument;
use crate::grant::statement::RequestedScope;
use crate::grant::statement::shown;
use crate::grant::text;
use crate::protocol::RoleView;
use crate::protocol::ScopeView;

/// A scope whose document is valid and can be shown.
#[derive(Debug, Clone)]
pub struct Piece {
    /// The authority's view of it.
    pub view: ScopeView,
    /// The session policy document.
    pub document: ScopeDocument,
}

/// How much of a role is requested.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Extent {
    /// Not specified.
    #[default]
    Unsaid,
    /// The whole role, whatever a repository suggests.
    Whole,
    /// One scope.
    Scope(Name),
}

impl Piece {
    /// Reads one of a role's scopes. `None` if the role has none of this name.
    fn read(role: &RoleView, name: &Name) -> Result<Option<Self>, Failure> {
        let Some(view) = role.scopes.iter().find(|view| view.name == *name) else { return Ok(None) };
        let refuse = |cause: &str| {
            Failure::failed(format!("the scope {name} of {} cannot be read", role.name))
                .cause(text::sanitise(cause))
                .hint("do not use it, and tell the broker's administrator")
        };
        let cloud = role.target.cloud();
        if view.cloud.is_some_and(|said| said != cloud) {
            return Err(refuse("it is written for another cloud than the role's"));
        }
        let document = ScopeDocument::parse(cloud, &view.document, str::to_owned)
            .map_err(|error| refuse(&error.to_string()))?;
        Ok(Some(Self { view: view.clone(), document }))
    }

    /// One of a role's scopes, by the name that was typed.
    pub fn of(role: &RoleView, name: &Name) -> Result<Self, Failure> {
        Self::read(role, name)?.ok_or_else(|| {
            let names: Vec<&str> = role.scopes.iter().map(|scope| scope.name.as_str()).collect();
            let failure = Failure::usage(format!("{} has no scope {name}", role.name));
            if names.is_empty() {
                failure.hint("leave `--scope` out: the role has no scopes")
            } else {
                failure.cause(format!("its scopes are {}", names.join(", ")))
            }
        })
    }

    /// The scope that a request names, if the role still has it with the signed document digest.
    pub fn signed(role: &RoleView, asked: &RequestedScope) -> Result<Self, Failure> {
        let changed = || {
            Failure::refused(format!("{} now has another scope {}, or none", role.name, asked.name))
                .cause("the request and the policy differ")
                .hint("the requester has to ask again")
        };
        let piece = Self::read(role, &asked.name)?.ok_or_else(changed)?;
        if piece.document.digest() == asked.document { Ok(piece) } else { Err(changed()) }
    }

    /// The scope's form in a request.
    pub fn named(&self) -> RequestedScope {
        RequestedScope { name: self.view.name.clone(), document: self.document.digest() }
    }

    /// The approval rule, for people.
    pub fn approval(&self) -> String {
        if self.view.automatic { "approved at once".to_owned() } else { text::sanitise(&self.view.approval) }
    }

    /// The name and the description.
    pub fn title(&self) -> String {
        let description = text::sanitise(&self.view.description);
        if description.is_empty() {
            self.view.name.to_string()
        } else {
            format!("{}: {description}", self.view.name)
        }
    }

    /// The signed document in lines. Only the white space differs.
    pub fn lines(&self) -> Vec<String> {
        shown::pretty(&self.document)
    }
}

/// The scope for a new request: the typed one, else the repository's suggestion, else, if the role was picked too, one
/// that is picked. Also returns whether the person was asked.
pub fn choose(
    client: &Client<'_>,
    role: &RoleView,
    extent: &Extent,
    suggested: &Project,
    picking: bool,
) -> Result<(Option<Piece>, bool), Failure> {
    match extent {
        Extent::Scope(name) => return Piece::of(role, name).map(|piece| (Some(piece), false)),
        Extent::Whole => return Ok((None, false)),
        Extent::Unsaid => {}
    }
    if let Some(name) = suggestion(suggested, role) {
        match Piece::read(role, name)? {
            Some(piece) => return Ok((Some(piece), false)),
            None => client.console().say(&format!(
                "note: .jit.toml suggests the scope {name}, which {} does not have; jit asks for the whole role",
                role.name
            )),
        }
    }
    if !picking || role.scopes.is_empty() || !client.console().is_interactive() {
        return Ok((None, false));
    }
    let whole = format!("the whole role  [{}]", crate::flow::asking::plan::approval(role));
    let scopes = role.scopes.iter().map(|view| {
        let approval = if view.automatic { "approved at once" } else { view.approval.as_str() };
        format!("{}  {}  [{}]", view.name, text::sanitise(&view.description), text::sanitise(approval))
    });
    let choices: Vec<String> = std::iter::once(whole).chain(scopes).collect();
    let chosen = client.console().choose("How much of it?", &choices)?;
    match chosen.checked_sub(1).and_then(|place| role.scopes.get(place)) {
        Some(view) => Piece::of(role, &view.name).map(|piece| (Some(piece), true)),
        None => Ok((None, true)),
    }
}

/// The repository's suggested scope for this role. It applies to the suggested role, or to any role if none is
/// suggested.
fn suggestion<'a>(suggested: &'a Project, role: &RoleView) -> Option<&'a Name> {
    let meant = suggested.role.as_ref().is_none_or(|name| *name == role.name || role.aliases.contains(name));
    suggested.scope.as_ref().filter(|_| meant)
}
